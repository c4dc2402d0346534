"""Whether samples move alike, on pictures that have nothing in common."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, map_coordinates

from featamp.measure.motion.flow import shared_motion
from featamp.measure.quality import consistency

Float32 = NDArray[np.float32]
STEPS = np.array([-2.0, -1.0, 1.0, 2.0])
SIDE, SAMPLES = 64, 6


@pytest.fixture(scope="module")
def pictures() -> Float32:
    """Smooth pictures, each of its own."""
    noise = np.random.default_rng(0).random((SAMPLES, SIDE, SIDE, 3))
    smooth = gaussian_filter(noise, (0, 3, 3, 0))
    return np.asarray(0.5 + 0.15 * (smooth - 0.5) / smooth.std(), np.float32)


def widened(picture: Float32, by: float) -> Float32:
    """A picture whose lower half is wider by a share of itself, more so in the middle."""
    v, u = np.mgrid[:SIDE, :SIDE].astype(np.float64)
    below = np.clip((v - SIDE / 2) / (SIDE / 2), 0, 1)
    fetched = (u - SIDE / 2) * (1 - by * below) + SIDE / 2
    channels = [
        map_coordinates(picture[..., c], [v, fetched], order=1, mode="nearest") for c in range(3)
    ]
    return np.stack(channels, axis=-1).astype(np.float32)


def test_a_shape_that_widens_in_all_samples_is_one_motion(pictures: Float32) -> None:
    """Though no pixel changes alike in two of them; a sample that narrows goes against it."""
    frames = np.stack([[widened(picture, 0.04 * s) for s in STEPS] for picture in pictures])
    mean = consistency((frames - pictures[:, None])[:, [0, -1]])
    assert mean is not None and mean < 0.1
    assert shared_motion(frames, pictures, STEPS).min() > 0.8
    frames[2] = frames[2, ::-1]
    found = shared_motion(frames, pictures, STEPS)
    assert found[2] < -0.6 and np.delete(found, 2).min() > 0.5


def test_what_moves_nothing_alike_shares_no_motion(pictures: Float32) -> None:
    others = np.random.default_rng(1).permutation(pictures[::-1])
    to_others = pictures[:, None] + 0.1 * STEPS[:, None, None, None] * (others - pictures)[:, None]
    spot = np.zeros((SIDE, SIDE, 3), np.float32)
    spot[20:30, 20:44] = 0.05
    painted = pictures[:, None] + STEPS[:, None, None, None] * spot
    brighter = pictures[:, None] * np.exp(0.1 * STEPS)[:, None, None, None]
    for frames in (to_others, painted, brighter):
        assert np.abs(shared_motion(frames.astype(np.float32), pictures, STEPS).mean()) < 0.3
    still = np.repeat(pictures[:, None], len(STEPS), axis=1)
    assert not shared_motion(still, pictures, STEPS).any()
