"""Where a network runs: parts as large as the memory takes, numbers of full precision, and on CUDA
what a CPU computes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.backends import cudnn

from featamp.errors import InputError
from featamp.io.batches import load_images
from featamp.io.device import IN_FLIGHT, ahead, full_precision
from featamp.io.files.steps import Steps
from featamp.io.network.model import TrainedVAE
from featamp.io.network.opening import open_model
from tests.conftest import REAL, tiny_vae

GREY_LEVEL = 1 / 255
cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA here")
Opened = Callable[[str], TrainedVAE]


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    path = tiny_vae(tmp_path)
    return lambda device: open_model(
        path, "tiny_vae:TinyVAE", {}, None, (0.0, 1.0), tmp_path, device
    )


def noise(count: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.random.default_rng(0).integers(0, 256, (count, 16, 16, 3), np.uint8)


def test_work_is_begun_ahead_and_given_out_in_order() -> None:
    begun: list[int] = []

    def works() -> Iterator[int]:
        for number in range(6):
            begun.append(number)
            yield number

    given = [(work, len(begun)) for work in ahead(works())]
    assert [work for work, _ in given] == list(range(6))
    assert given[0] == (0, 1 + IN_FLIGHT)


class Hungry(nn.Module):
    """Runs out of memory on more than `most` images at a time."""

    def __init__(self, network: nn.Module, most: int) -> None:
        super().__init__()
        self.network, self.most = network, most

    def _served(self, batch: Tensor) -> Tensor:
        if len(batch) > self.most:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return batch

    def encode(self, x: Tensor) -> object:
        return self.network.encode(self._served(x))  # type: ignore[operator]

    def decode(self, z: Tensor) -> object:
        return self.network.decode(self._served(z))  # type: ignore[operator]


def test_where_the_memory_takes_less_the_parts_are_smaller(opened: Opened) -> None:
    vae = opened("cpu")
    hungry = replace(vae, module=Hungry(vae.module, 5))
    images = noise(23)
    mu, logvar = vae.encode(images)
    np.testing.assert_allclose(hungry.encode(images), (mu, logvar), atol=1e-5)
    np.testing.assert_allclose(hungry.decode(mu), vae.decode(mu), atol=1e-5)


def test_an_image_that_no_memory_takes_is_said(opened: Opened) -> None:
    vae = opened("cpu")
    with pytest.raises(InputError, match=r"more memory for a single image .* device = \"cpu\""):
        replace(vae, module=Hungry(vae.module, 0)).encode(noise(3))


def test_tf32_is_off_while_any_thread_computes_and_what_was_set_holds_again() -> None:
    def set_now() -> tuple[str, str, bool]:
        conv: object = cudnn.conv  # type: ignore[attr-defined]
        matmul = torch.backends.cuda.matmul
        return conv.fp32_precision, matmul.fp32_precision, cudnn.deterministic  # type: ignore[attr-defined]

    before = set_now()
    assert before[0] == "tf32"  # as torch has it
    with full_precision():
        with full_precision():
            pass
        assert set_now() == ("ieee", "ieee", True)
    assert set_now() == before


@cuda
def test_cuda_gives_the_codes_and_images_of_a_cpu(opened: Opened) -> None:
    here, there = opened("cpu"), opened("cuda")
    images = noise(1500)  # more than are in flight
    (mu, logvar), found = here.encode(images), there.encode(images)
    np.testing.assert_allclose(found[0], mu, atol=1e-4 * mu.std())
    np.testing.assert_allclose(found[1], logvar, atol=1e-4)
    np.testing.assert_allclose(there.decode(mu), here.decode(mu), atol=0.01 * GREY_LEVEL)


@cuda
@pytest.mark.skipif(not REAL.is_dir(), reason="no ../shared/real")
def test_cuda_gives_the_codes_and_images_of_a_real_network_the_same_each_time() -> None:
    def at(device: str) -> TrainedVAE:
        kwargs = {"latent_dim": 256}
        path = REAL / "best_model.pt"
        return open_model(path, "user_vae:VAE", kwargs, None, (-1.0, 1.0), REAL, device)

    paths = sorted((REAL / "celeba" / "img_align_celeba").iterdir())
    images = load_images(paths, Steps.usual(178, 64))
    here, there = at("cpu"), at("cuda")
    mu, found = here.encode(images)[0], there.encode(images)[0]
    assert (np.abs(found - mu) / mu.std(axis=0)).max() < 1e-3
    frames = there.decode(mu)
    assert np.abs(frames[:64] - here.decode(mu[:64])).max() < GREY_LEVEL / 4
    np.testing.assert_array_equal(there.encode(images)[0], found)
    np.testing.assert_array_equal(there.decode(mu), frames)
