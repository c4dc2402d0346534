"""Motion of pictures: how much, which, and that traits are none."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, rotate, shift

from featamp.measure.motion.geometry import MOTIONS, measure_geometry, motion_fields
from tests.featamp.measure.conftest import Sweep

Float32 = NDArray[np.float32]
STEPS = np.array([-3.0, -1.0, 1.0, 3.0])


@pytest.fixture(scope="module")
def pictures() -> Float32:
    """Smooth pictures without a direction of their own."""
    noise = np.random.default_rng(0).random((3, 64, 64, 3))
    smooth = gaussian_filter(noise, (0, 3, 3, 0))
    return np.asarray(0.5 + 0.2 * (smooth - 0.5) / smooth.std(), np.float32)


def moved(pictures: Float32, right: float, down: float) -> Float32:
    return np.stack(
        [shift(pictures, (0, s * down, s * right, 0), order=3, mode="nearest") for s in STEPS],
        axis=1,
    ).astype(np.float32)


def test_a_shift_is_found_whole_with_its_size_and_sign(pictures: Float32) -> None:
    found = measure_geometry(moved(pictures, 0.5, 0.0), pictures, STEPS)
    assert found.share > 0.9 and found.largest == "shift_x"
    np.testing.assert_allclose(found.sizes[:2], (0.5, 0.0), atol=0.05)
    assert found.alike[0] > 0.99
    up = measure_geometry(moved(pictures, 0.0, -0.4), pictures, STEPS)
    assert up.largest == "shift_y" and up.sizes[1] == pytest.approx(-0.4, abs=0.05)


def test_a_large_motion_is_found_too(pictures: Float32) -> None:
    found = measure_geometry(moved(pictures, 3.0, 0.0), pictures, STEPS)
    assert found.share > 0.8 and found.largest == "shift_x"


def test_a_roll_is_clockwise_where_positive(pictures: Float32) -> None:
    frames = np.stack(
        [rotate(pictures, -s, axes=(2, 1), reshape=False, mode="nearest") for s in STEPS], axis=1
    ).astype(np.float32)
    found = measure_geometry(frames, pictures, STEPS)
    assert found.largest == "roll" and found.share > 0.85
    radius = np.sqrt(2 * (64**2 - 1) / 12)  # root mean square distance from the centre
    assert abs(found.sizes[3]) == pytest.approx(np.deg2rad(1) * radius, rel=0.1)


def test_light_is_no_motion(pictures: Float32) -> None:
    gains = 1 + 0.1 * STEPS[:, None, None, None]
    frames = (pictures[:, None] * gains + 0.02 * STEPS[:, None, None, None]).astype(np.float32)
    found = measure_geometry(frames, pictures, STEPS)
    assert found.share + found.turning < 1e-3


def test_noise_and_nothing_are_no_motion(pictures: Float32) -> None:
    noise = 0.02 * np.random.default_rng(1).standard_normal((3, 4, 64, 64, 3))
    found = measure_geometry((pictures[:, None] + noise).astype(np.float32), pictures, STEPS)
    assert found.share + found.turning < 0.05
    still = measure_geometry(np.repeat(pictures[:, None], 4, axis=1), pictures, STEPS)
    assert still.share == still.turning == 0.0 and not still.sizes.any()


def test_a_sweep_to_one_side_is_measured_too(pictures: Float32) -> None:
    found = measure_geometry(moved(pictures, 0.5, 0.0)[:, 2:], pictures, STEPS[2:])
    assert found.largest == "shift_x" and found.sizes[0] == pytest.approx(0.5, abs=0.05)


def test_samples_that_move_apart_do_not_agree(pictures: Float32) -> None:
    frames = moved(pictures[:2], 0.5, 0.0)
    frames[1] = frames[1, ::-1]
    found = measure_geometry(frames, pictures[:2], STEPS)
    assert found.share > 0.9 and found.alike[0] < 0.1


@pytest.mark.parametrize(
    ("factor", "name"),
    [
        ("roll", "roll"), ("scale", "scale"), ("shift_x", "shift_x"), ("shift_y", "shift_y"),
        ("yaw", "turn"), ("pitch", "nod"),
    ],
)  # fmt: skip
def test_rendered_motions_are_told(rendered: Sweep, factor: str, name: str) -> None:
    found = measure_geometry(*rendered(factor))
    assert found.share + found.turning > 0.3
    assert found.largest == name


@pytest.mark.parametrize(
    "factor", ["smile", "glasses", "bangs", "hair_darkness", "skin_tone", "exposure"]
)
def test_rendered_traits_are_no_motion(rendered: Sweep, factor: str) -> None:
    found = measure_geometry(*rendered(factor))
    assert found.share + found.turning < 0.2


def test_without_a_face_nothing_turns_and_the_whole_still_moves() -> None:
    fields = motion_fields(20, 30, None)
    assert np.isfinite(fields).all()
    assert not fields[len(MOTIONS) :].any() and fields[: len(MOTIONS)].any(axis=(1, 2, 3)).all()


def test_a_picture_grows_and_turns_about_its_middle() -> None:
    assert np.abs(motion_fields(8, 6)[2:6].sum(axis=(2, 3))).max() < 1e-4
