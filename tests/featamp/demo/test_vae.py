"""The reference network and the two terms of its loss, against PyTorch's own distributions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch.distributions import Normal
from torch.distributions import kl_divergence as torch_kl

from featamp.demo.vae import QUANTISATION_VARIANCE, VAE, kl_divergence, reconstruction_nats

MODELS = Path(__file__).parents[3] / "models"


def test_kl_is_that_of_torch_distributions() -> None:
    torch.manual_seed(0)
    mu, logvar = torch.randn(5, 7), torch.randn(5, 7)
    expected = torch_kl(Normal(mu, (logvar / 2).exp()), Normal(torch.zeros(1), torch.ones(1)))
    torch.testing.assert_close(kl_divergence(mu, logvar), expected)


def test_reconstruction_is_the_gaussian_likelihood_at_the_best_variance() -> None:
    torch.manual_seed(0)
    x, image = torch.rand(6, 3, 8, 8), torch.rand(6, 3, 8, 8)
    mse = (image - x).square().mean()

    def nats(sigma: torch.Tensor) -> torch.Tensor:
        nats: torch.Tensor = -Normal(image, sigma).log_prob(x).sum() / len(x)  # type: ignore[no-untyped-call]
        return nats

    ours = reconstruction_nats(mse, x[0].numel())
    torch.testing.assert_close(ours, nats(mse.sqrt()))
    assert ours < nats(mse.sqrt() * 1.02)
    assert ours < nats(mse.sqrt() * 0.98)


def test_reconstruction_stays_finite_for_a_perfect_image() -> None:
    floor = reconstruction_nats(torch.tensor(QUANTISATION_VARIANCE), 12)
    torch.testing.assert_close(reconstruction_nats(torch.tensor(0.0), 12), floor)


@pytest.mark.parametrize(("latent_dim", "image_size"), [(256, 64), (5, 32)])
def test_shapes_and_pixel_range(latent_dim: int, image_size: int) -> None:
    model = VAE(latent_dim, image_size).eval()
    with torch.inference_mode():
        mu, logvar = model.encode(torch.rand(3, 3, image_size, image_size))
        image = model.decode(100 * torch.randn(3, latent_dim))
    assert mu.shape == logvar.shape == (3, latent_dim)
    assert image.shape == (3, 3, image_size, image_size)
    assert image.min() >= 0
    assert image.max() <= 1


def test_an_image_is_coded_the_same_alone_and_in_a_batch() -> None:
    torch.manual_seed(0)
    model = VAE(8, 16)
    model(torch.rand(32, 3, 16, 16))  # in training mode: moves the stored statistics
    model.eval()
    x = torch.rand(4, 3, 16, 16)
    with torch.inference_mode():
        mu, _ = model.encode(x)
        torch.testing.assert_close(model.encode(x[:1])[0], mu[:1], rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(
            model.decode(mu[:1]), model.decode(mu)[:1], rtol=1e-4, atol=1e-5
        )


def test_the_shipped_model_is_what_its_facts_say() -> None:
    weights, facts_file = MODELS / "demo.safetensors", MODELS / "demo.json"
    if not weights.exists():
        pytest.skip("models/demo.safetensors is not there yet (make train)")
    facts = json.loads(facts_file.read_text())
    model = VAE()
    model.load_state_dict(load_file(weights))
    assert weights.stat().st_size <= 16_000_000
    assert facts["settings"]["latent_dim"] == model.latent_dim == 256
    assert facts["parameters"] == sum(p.numel() for p in model.parameters())
    assert len(facts["curves"]) == facts["epochs"] == facts["settings"]["epochs"]
    assert facts["kl_weight"] == facts["curves"][-1]["kl_weight"] == 1
    assert len(facts["final"]["kl_per_dimension"]) == 256
