"""The network on principal components: its error in coordinates is that in pixels."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from featamp.demo.components import VAE
from report.engine.places import PROJECT


@pytest.fixture(scope="module")
def images() -> NDArray[np.uint8]:
    """Forty images of three changes and a little noise, uint8 [image, 16, 16, 3]."""
    random = np.random.default_rng(0)
    changes = random.normal(0, 12, (3, 16, 16, 3))
    amounts = random.normal(0, 1, (40, 3))
    values = 128 + np.tensordot(amounts, changes, 1) + random.normal(0, 2, (40, 16, 16, 3))
    return values.clip(0, 255).astype(np.uint8)


@pytest.fixture
def network(images: NDArray[np.uint8]) -> Iterator[VAE]:
    with torch.random.fork_rng(), torch.inference_mode():
        torch.manual_seed(0)
        network = VAE(latent_dim=4, image_size=16, components=6, width=8).eval()
        network.fit(images, np.arange(40))
        yield network


def test_the_first_components_hold_the_changes(network: VAE, images: NDArray[np.uint8]) -> None:
    part, rest = network.project(images)
    whole = part.square().sum(1) + rest
    assert (rest / whole).mean() < 0.1
    shares = part.square().mean(0) / part.square().mean(0).sum()
    assert shares[:3].sum() > 0.97
    basis = network.basis.float()
    torch.testing.assert_close(basis @ basis.T, torch.eye(6), atol=2e-3, rtol=0)


def test_the_error_of_coordinates_and_what_is_outside_is_the_error_of_pixels(
    network: VAE, images: NDArray[np.uint8]
) -> None:
    pixels = torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255
    part, rest = network.project(images)
    mu, logvar = network.encode(pixels)
    for found, expected in zip((mu, logvar), network.core.encode(part), strict=True):
        torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)
    in_coordinates = (network.core.decode(mu) - part).square().sum(1) + rest
    in_pixels = (network.decode(mu) - pixels).square().flatten(1).sum(1)
    torch.testing.assert_close(in_pixels, in_coordinates, rtol=2e-3, atol=1e-3)


def test_the_shipped_models_are_small_and_say_what_was_asked_of_them() -> None:
    asked = {"standard": "standard", "capacity": "capacity, weight 100, 16 nats",
             "factor": "factor, weight 25"}  # fmt: skip
    files = [PROJECT / f"models/{name}.safetensors" for name in asked]
    assert sum(file.stat().st_size for file in files) <= 10_000_000
    facts = [json.loads(file.with_suffix(".json").read_text()) for file in files]
    assert [f["objective"] for f in facts] == list(asked.values())
    assert [f["kl_weight"] for f in facts] == [1.0, None, None]


def test_images_stay_in_their_range(network: VAE) -> None:
    image = network.decode(1000 * torch.randn(3, 4, generator=torch.Generator().manual_seed(0)))
    assert image.shape == (3, 3, 16, 16)
    assert image.min() >= 0 and image.max() <= 1
