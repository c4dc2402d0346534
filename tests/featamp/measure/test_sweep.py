"""Feature amplification, z' = z + alpha e_i, against the same by hand."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from featamp.measure.sweep import (
    MAP_GAIN,
    amplify,
    around_grey,
    cells,
    decode_sweep,
    mosaic,
    to_bytes,
)

Floats = NDArray[np.float32]
WEIGHTS = np.random.default_rng(0).normal(size=(5, 2 * 3 * 3)).astype(np.float32)


def decode(codes: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-(codes @ WEIGHTS))), np.float32).reshape(-1, 2, 3, 3)


@pytest.fixture
def codes() -> Floats:
    return np.random.default_rng(1).normal(0, 3, (4, 5)).astype(np.float32)


def test_only_the_amplified_component_moves_and_the_codes_given_stay(codes: Floats) -> None:
    before = codes.copy()
    steps = np.array([-2.0, 0.0, 0.5, 7.0])
    swept = amplify(codes, np.eye(5)[3], steps)
    assert swept.shape == (4, 4, 5)
    for sample in range(4):
        for k, alpha in enumerate(steps):
            expected = before[sample].copy()
            expected[3] += np.float32(alpha)
            np.testing.assert_array_equal(swept[sample, k], expected)
    swept[:] = 0
    np.testing.assert_array_equal(codes, before)


def test_a_direction_moves_every_component_by_its_share(codes: Floats) -> None:
    direction = np.array([0.6, 0.0, -0.8, 0.0, 0.0])
    np.testing.assert_allclose(amplify(codes, direction, np.array([2.0]))[:, 0] - codes, [[1.2,
    0, -1.6, 0, 0]] * 4,
                               atol=1e-6)  # fmt: skip


def test_alpha_zero_is_the_reconstruction_exactly(codes: Floats) -> None:
    frames = decode_sweep(decode, amplify(codes, np.eye(5)[2], np.zeros(1)))
    np.testing.assert_array_equal(frames[:, 0], decode(codes))


def test_a_sweep_is_its_frames_decoded_one_by_one(codes: Floats) -> None:
    swept = amplify(codes, np.eye(5)[1], np.linspace(-3, 3, 6))
    frames = decode_sweep(decode, swept)
    assert frames.shape == (4, 6, 2, 3, 3)
    for sample in range(4):
        for k in range(6):
            np.testing.assert_allclose(
                frames[sample, k], decode(swept[sample, k][None])[0], rtol=1e-5
            )


def test_mosaic_puts_samples_in_rows_and_alphas_in_columns() -> None:
    frames = np.random.default_rng(2).integers(0, 256, (2, 3, 4, 5, 3), np.uint8)
    picture = mosaic(frames)
    assert picture.shape == (8, 15, 3)
    for row in range(2):
        for column in range(3):
            cell = picture[4 * row : 4 * row + 4, 5 * column : 5 * column + 5]
            np.testing.assert_array_equal(cell, frames[row, column])


def test_bytes_are_rounded_on_a_fixed_scale() -> None:
    pixels = np.array(
        [0.0, 1.0, 0.49 / 255, 0.51 / 255, 100.4 / 255, 100.6 / 255, 254.6 / 255], np.float32
    )
    assert to_bytes(pixels).tolist() == [0, 255, 0, 1, 100, 101, 255]
    dull = np.linspace(0.4, 0.6, 9, dtype=np.float32)
    assert to_bytes(dull).min() == 102, "a picture of low contrast must stay so"
    levels = np.arange(256, dtype=np.uint8)
    np.testing.assert_array_equal(to_bytes((levels / 255).astype(np.float32)), levels)


def test_the_cells_of_a_mosaic_are_its_frames() -> None:
    frames = np.random.default_rng(0).integers(0, 256, (2, 5, 4, 4, 3), np.uint8)
    np.testing.assert_array_equal(cells(mosaic(frames), (4, 4)), frames)


def test_a_map_shows_small_differences_many_times_as_large_and_clips_none() -> None:
    small = np.array([-1e-4, 0.0, 1e-4], np.float32)
    large = np.array([-0.6, -0.5, 0.3, 0.4], np.float32)
    np.testing.assert_allclose(around_grey(small), 0.5 + MAP_GAIN * small, atol=1e-7)
    levels = np.rint(255 * around_grey(large))
    assert (np.diff(levels) > 0).all() and levels.min() > 0 and levels.max() < 255
