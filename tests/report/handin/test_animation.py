"""Animations for slides: there and back, small, the pictures unstretched, the same bytes every
time."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageSequence

from report.handin.figures.animation import BAND, LIMIT, REST, STEP, animate
from report.handin.figures.strips import Strip


def a_strip(samples: int = 8, alphas: int = 10, size: int = 64, noise: bool = False) -> Strip:
    """Each face one grey, lighter by sample and by alpha; or noise."""
    greys = 20 * np.arange(samples)[:, None] + 6 * np.arange(alphas)[None] + 10
    shape = (samples, alphas, size, size, 3)
    frames: NDArray[np.uint8] = np.broadcast_to(greys[:, :, None, None, None], shape).astype(
        np.uint8
    )
    if noise:
        frames = np.random.default_rng(0).integers(0, 255, shape, dtype=np.uint8)
    raw = np.linspace(-3, 3, alphas)
    return Strip("Dimension 94", frames[:, :2], frames, raw, raw / 20.7)


def test_it_runs_there_and_back_and_rests_at_the_ends() -> None:
    strip = a_strip()
    with Image.open(io.BytesIO(animate(strip)["gif"])) as image:
        assert image.info["loop"] == 0
        shown = [
            (np.asarray(frame.convert("RGB")), frame.info["duration"])
            for frame in ImageSequence.Iterator(image)
        ]
    frames, rests = [frame for frame, _ in shown], [rest for _, rest in shown]
    path = [*range(10), *range(8, 0, -1)]
    assert len(frames) == len(path)
    assert rests == [REST if k in (0, 9) else STEP for k in path]
    for frame, k in zip(frames, path, strict=True):
        faces = frame[BAND:].reshape(2, 128, 4, 128, 3).swapaxes(1, 2).reshape(8, 128, 128, 3)
        assert (
            np.abs(faces.astype(int) - strip.frames[:, k, :1, :1].astype(int)).max() <= 8
        )  # one palette for all
    bands = {frame[:BAND].tobytes() for frame in frames}
    assert len(bands) == 10  # alpha is printed on each
    assert all((frame[:BAND] < 100).any() for frame in frames)


@pytest.mark.parametrize(
    ("samples", "alphas", "size", "shape"),
    [(8, 10, 64, (256, 512)), (3, 2, 16, (128, 384)), (6, 5, 128, (192, 384))],
)
def test_faces_are_whole_and_square(
    samples: int, alphas: int, size: int, shape: tuple[int, int]
) -> None:
    with Image.open(io.BytesIO(animate(a_strip(samples, alphas, size))["gif"])) as image:
        assert image.height == BAND + shape[0] and image.width >= shape[1]


def test_fewer_colours_where_the_file_would_be_large() -> None:
    assert len(animate(a_strip())["gif"]) < LIMIT
    rich = animate(a_strip(size=96, noise=True))["gif"]
    with Image.open(io.BytesIO(rich)) as image:
        assert (
            len(image.convert("RGB").getcolors(100_000) or []) <= 48 + 8
        )  # the fewest that it tries


def test_every_frame_is_as_wide_as_the_longest_words() -> None:
    strip = replace(a_strip(3, 5, 16), title="Dimension 1: a crooked grin")
    with Image.open(io.BytesIO(animate(strip)["gif"])) as image:
        assert image.width > 3 * 128 and image.n_frames == 8  # type: ignore[attr-defined]


def test_what_does_not_change_takes_no_bytes_again() -> None:
    still = a_strip(noise=True)
    still.frames[:] = still.frames[:, :1]
    assert len(animate(still)["gif"]) < 1.5 * len(animate(a_strip(alphas=2, noise=True))["gif"])


def test_the_same_bytes_twice() -> None:
    assert animate(a_strip(noise=True)) == animate(a_strip(noise=True))
