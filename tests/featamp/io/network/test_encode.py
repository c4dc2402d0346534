"""Encoding files in batches and threads: the same codes as one image at a time, and nothing lost
in silence."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from featamp.errors import InputError
from featamp.io.batches import decoded_batches, load_images
from featamp.io.files.decode import load_image
from featamp.io.files.steps import Steps
from featamp.io.network.encode import Encoded, begin_encoding
from featamp.io.network.model import TrainedVAE
from featamp.io.network.opening import open_model
from tests.conftest import tiny_celeba, tiny_vae

COUNT = 23


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> TrainedVAE:
    root = tmp_path_factory.mktemp("model")
    return open_model(tiny_vae(root), "tiny_vae:TinyVAE", {}, None, (0.0, 1.0), root, "cpu")


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    return sorted((tiny_celeba(tmp_path, COUNT, size=(20, 24)) / "img_align_celeba").iterdir())


def encode(
    model: TrainedVAE, paths: Sequence[Path], batch: int = 4, start: int = 0
) -> list[Encoded]:
    batches = decoded_batches(paths, Steps.usual(20, 16), batch, start)
    return [begin_encoding(model, paths, decoded)() for decoded in batches]


def one_by_one(
    model: TrainedVAE, paths: Sequence[Path]
) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    return np.concatenate(
        [model.encode(load_images([path], Steps.usual(20, 16)))[0] for path in paths]
    )


@pytest.mark.parametrize("batch", [1, 4, COUNT, 100])
def test_codes_are_those_of_one_image_at_a_time_in_order(
    model: TrainedVAE, paths: list[Path], batch: int
) -> None:
    batches = encode(model, paths, batch)
    np.testing.assert_array_equal(np.concatenate([b.rows for b in batches]), np.arange(COUNT))
    np.testing.assert_allclose(
        np.concatenate([b.mu for b in batches]), one_by_one(model, paths), atol=1e-4
    )
    assert [b.stop for b in batches] == [*range(batch, COUNT, batch), COUNT]
    assert not any(b.broken for b in batches)


def test_a_run_goes_on_from_where_it_stopped(model: TrainedVAE, paths: list[Path]) -> None:
    whole, rest = encode(model, paths), encode(model, paths, start=8)
    assert [b.stop for b in rest] == [12, 16, 20, COUNT]
    for ours, expected in zip(rest, whole[2:], strict=True):
        np.testing.assert_array_equal(ours.rows, expected.rows)
        np.testing.assert_array_equal(ours.mu, expected.mu)
        np.testing.assert_array_equal(ours.logvar, expected.logvar)


def test_damaged_files_are_told_with_index_and_reason_and_the_others_are_right(
    model: TrainedVAE, paths: list[Path]
) -> None:
    paths[5].write_bytes(paths[5].read_bytes()[:-60])
    paths[6].write_text("not an image")
    paths[10].write_bytes(b"")
    batches = encode(model, paths)
    broken = dict(pair for b in batches for pair in b.broken)
    assert sorted(broken) == [5, 6, 10]
    assert "truncated" in broken[5]
    assert broken[6].startswith("it is no image of a known kind (JPEG, PNG")
    good = [i for i in range(COUNT) if i not in broken]
    np.testing.assert_array_equal(np.concatenate([b.rows for b in batches]), good)
    expected = one_by_one(model, [paths[i] for i in good])
    np.testing.assert_allclose(np.concatenate([b.mu for b in batches]), expected, atol=1e-4)


def test_a_batch_without_one_good_file_does_not_stop_the_run(
    model: TrainedVAE, paths: list[Path]
) -> None:
    for path in paths[4:8]:
        path.write_bytes(b"")
    batches = encode(model, paths)
    assert len(batches[1].rows) == 0 and len(batches[1].broken) == 4
    assert batches[2].rows.tolist() == [8, 9, 10, 11]


def test_a_code_that_is_not_a_number_names_its_file(model: TrainedVAE, paths: list[Path]) -> None:
    class Sick(torch.nn.Module):
        """Gives NaN for one picture of the batch that starts at file 8."""

        calls = 0

        def encode(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            self.calls += 1
            mu = x.flatten(1)[:, :2].clone()
            if self.calls == 3:
                mu[1] = float("nan")
            return mu, mu * 0

    sick = TrainedVAE(Sick(), torch.device("cpu"), (0.0, 1.0), {})
    with pytest.raises(InputError, match=r"000010.jpg: its code is not finite \(1 of 4"):
        encode(sick, paths)


def test_a_crop_larger_than_the_images_stops_the_run(model: TrainedVAE, paths: list[Path]) -> None:
    with pytest.raises(
        InputError, match=r"000001\.jpg: the image is 20 x 24 pixels, smaller than data.crop = 21"
    ):
        list(decoded_batches(paths, Steps.usual(21, 16), 4))


def test_a_few_images_are_loaded_in_order(paths: list[Path]) -> None:
    images = load_images(paths[2:5], Steps.usual(20, 16))
    assert images.shape == (3, 16, 16, 3)
    np.testing.assert_array_equal(images[1], load_image(paths[3], 20, 16))
