"""Codes on their way to disk: an interrupted run goes on, and never from what a power cut left."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from featamp.io.network.encode import Encoded
from featamp.measure.shrink import shrink
from report.stages.encoding import growing
from report.stages.encoding.growing import ARRAYS, GrowingCodes

ALL = np.ones(6, np.bool_)


def batch(first: int) -> Encoded:
    """Two images; the value of each number is the row."""
    rows = np.arange(first, first + 2)
    codes = np.repeat(rows[:, None], 3, axis=1).astype(np.float32)
    return Encoded(first + 2, rows, np.full((2, 16, 16, 3), first, np.uint8), (), codes, -codes)


def half(part: Path) -> None:
    growing = GrowingCodes.resume(part, ALL)
    for first in (0, 2):
        growing.add(batch(first))
    growing.save()
    growing.add(batch(4))  # and no more: the power is cut


def test_an_interrupted_run_goes_on_and_ends_with_the_same_bytes(tmp_path: Path) -> None:
    at_once, resumed = tmp_path / "at once", tmp_path / "resumed"
    for part in (at_once, resumed):
        part.mkdir()
        half(part)
    whole = GrowingCodes.resume(at_once, ALL)
    whole.add(batch(4))
    again = GrowingCodes.resume(resumed, ALL)
    assert (again.files, again.codes, again.pictures) == (4, 4, 4)
    again.add(batch(4))
    for name in ARRAYS:
        assert (at_once / f"{name}.npy").read_bytes() == (resumed / f"{name}.npy").read_bytes()
    assert np.load(resumed / "mu.npy")[:, 0].tolist() == [0, 1, 2, 3, 4, 5]
    assert np.load(resumed / "logvar.npy")[:, 2].tolist() == [0, -1, -2, -3, -4, -5]


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[140] ^= 1  # the first number of an array, the digest of the progress
    path.write_bytes(content)


DAMAGES: tuple[Callable[[Path], object], ...] = (flip, Path.unlink, lambda p: p.write_bytes(b""))


@pytest.mark.parametrize("name", ["progress.json", *(f"{array}.npy" for array in ARRAYS)])
@pytest.mark.parametrize("damage", DAMAGES, ids=["flipped", "gone", "emptied"])
def test_what_a_power_cut_left_is_not_gone_on_with(
    damage: Callable[[Path], object], name: str, tmp_path: Path
) -> None:
    half(tmp_path)
    damage(tmp_path / name)
    growing = GrowingCodes.resume(tmp_path, ALL)
    assert (growing.files, growing.codes, growing.pictures) == (0, 0, 0)
    for first in (0, 2, 4):
        growing.add(batch(first))
    assert np.load(tmp_path / "mu.npy")[:, 0].tolist() == [0, 1, 2, 3, 4, 5]


def test_a_batch_without_pictures_takes_none_away(tmp_path: Path) -> None:
    growing = GrowingCodes.resume(tmp_path, np.array([True, True, False, False, True, True]))
    for first in (0, 2, 4):
        growing.add(batch(first))
    shown = np.load(tmp_path / "pictures.npy")[:, 0, 0, 0]
    assert (shown * 255.0 / 65535.0).round().tolist() == [0, 0, 4, 4]


def test_pictures_are_made_small_a_few_at_a_time_with_the_same_values(
    tmp_path: Path, generator: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = generator.integers(0, 256, (6, 50, 40, 3), np.uint8)
    at_once: list[int] = []

    def counting(pictures: NDArray[np.float32]) -> NDArray[np.float32]:
        at_once.append(len(pictures))
        return shrink(pictures)

    monkeypatch.setattr(growing, "shrink", counting)
    monkeypatch.setattr(growing, "AT_ONCE", 2 * 50 * 40 + 1)
    codes = np.zeros((6, 3), np.float32)
    kept = np.array([True, True, False, True, True, True])
    GrowingCodes(tmp_path, kept).add(Encoded(6, np.arange(6), images, (), codes, codes))
    assert at_once == [2, 2, 1]
    pixels, made = images[kept].astype(np.float32) / 255.0, np.load(tmp_path / "pictures.npy")
    # on some processors the sums of few pictures are rounded otherwise than those of many
    few = np.concatenate([shrink(pixels[first : first + 2]) for first in (0, 2, 4)])
    assert np.array_equal(made, (growing.MOST * few).round().astype(np.uint16))
    np.testing.assert_allclose(made, growing.MOST * shrink(pixels), atol=0.51)
