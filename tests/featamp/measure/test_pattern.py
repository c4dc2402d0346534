"""How a change is laid out over samples, alpha and the picture: patterns whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from featamp.measure.layout import REGIONS, face_regions
from featamp.measure.pattern import (
    AGAINST,
    EVEN,
    FOLLOWS,
    agreement,
    evenness,
    measure_pattern,
    measure_way,
)
from tests.featamp.measure.conftest import Sweep

Float = NDArray[np.float64]
Float32 = NDArray[np.float32]
STEPS = np.array([-2.0, -1.0, 1.0, 2.0])
SAMPLES = 8


@pytest.fixture(scope="module")
def faces() -> Float32:
    return np.random.default_rng(0).uniform(0.3, 0.7, (SAMPLES, 32, 32, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def spot() -> Float32:
    """A change of the mouth."""
    mouth = face_regions(32, 32)[REGIONS.index("mouth")]
    return np.repeat(mouth[:, :, None], 3, axis=2).astype(np.float32)


def swept(faces: Float32, change: Float32, curves: Float) -> Float32:
    """[sample, alpha, ...] faces plus a change times each sample's curve [sample, alpha]."""
    amounts = np.broadcast_to(curves, (len(faces), len(STEPS)))[:, :, None, None, None]
    return np.asarray(faces[:, None] + 0.1 * amounts * change, np.float32)


def test_a_straight_change_of_all_samples_has_nothing_to_say(
    faces: Float32, spot: Float32
) -> None:
    found = measure_pattern(swept(faces, spot, STEPS / 2), faces, STEPS)
    assert found.bend == "" and not (found.agreement <= AGAINST).any()
    np.testing.assert_allclose(found.agreement, 1.0, atol=1e-4)
    assert found.even == pytest.approx(0.0, abs=1e-6)
    assert found.steepest == pytest.approx(0.25, abs=1e-4)
    assert found.outer == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize("against", [1, 2, 4])
def test_samples_that_go_against_the_others_are_told_by_number(
    faces: Float32, spot: Float32, against: int
) -> None:
    curves = np.tile(STEPS / 2, (SAMPLES, 1))
    curves[:against] *= -1
    found = measure_pattern(swept(faces, spot, curves), faces, STEPS)
    assert (found.agreement <= AGAINST).sum() == against
    assert (found.agreement >= FOLLOWS).sum() == SAMPLES - against
    if against < SAMPLES / 2:
        assert (found.agreement[:against] <= AGAINST).all()


def test_one_sample_that_does_something_else_is_not_alike_and_not_reversed(
    faces: Float32, spot: Float32
) -> None:
    frames = swept(faces, spot, STEPS / 2)
    frames[3] = swept(faces[3:4], np.roll(spot, 12, axis=0), STEPS / 2)[0]
    found = measure_pattern(frames, faces, STEPS)
    assert not (found.agreement <= AGAINST).any()
    assert list(np.flatnonzero(found.agreement < FOLLOWS)) == [3]


def test_a_single_sample_has_no_others() -> None:
    assert np.isnan(agreement(np.ones((1, 4, 4, 3), np.float32))).all()
    assert not agreement(np.zeros((3, 4, 4, 3), np.float32)).any()


def test_even_is_told_and_its_samples_are_still_compared(faces: Float32, spot: Float32) -> None:
    found = measure_pattern(swept(faces, spot, np.abs(STEPS)), faces, STEPS)
    assert found.bend == "" and found.even == pytest.approx(1.0)
    assert (found.agreement >= FOLLOWS).all()


def test_evenness_of_one_sided_change_is_half() -> None:
    ends = np.zeros((2, 2, 4, 4, 3), np.float32)
    ends[:, 1] = 1.0
    assert evenness(ends) == pytest.approx(0.5)
    assert evenness(np.zeros_like(ends)) == 0.0


def test_a_switch_is_told_wherever_each_sample_has_it(faces: Float32, spot: Float32) -> None:
    places = np.resize([-1.5, -0.5, 0.5, 1.5], SAMPLES)
    curves = (places[:, None] < STEPS).astype(np.float64) - (places[:, None] < 0)
    found = measure_pattern(swept(faces, spot, curves), faces, STEPS)
    assert found.bend == "switches" and found.steepest == pytest.approx(1.0, abs=1e-3)


def test_a_change_that_levels_off_saturates(faces: Float32, spot: Float32) -> None:
    found = measure_pattern(swept(faces, spot, np.clip(STEPS, -2.0, 1.0)), faces, STEPS)
    assert found.bend == "saturates" and found.outer < 0.01


def test_the_way_counts_alpha_0_once_whether_it_is_swept_or_not() -> None:
    steps = np.array([-2.0, 0.0, 2.0])
    changes = steps[None, :, None, None, None] * np.ones((1, 1, 2, 2, 3))
    assert measure_way(changes.astype(np.float32), steps) == pytest.approx((0.5, 1.0))
    assert measure_way(changes[:, [0, 2]].astype(np.float32), steps[[0, 2]]) == pytest.approx(
        (0.5, 1.0)
    )


def test_nothing_has_nothing_to_say(faces: Float32) -> None:
    found = measure_pattern(np.repeat(faces[:, None], 4, axis=1), faces, STEPS)
    assert found.bend == "" and not found.agreement.any()


@pytest.mark.parametrize("factor", ["smile", "skin_tone", "exposure", "hair_darkness", "yaw"])
def test_rendered_traits_go_one_way_in_all_samples(rendered: Sweep, factor: str) -> None:
    found = measure_pattern(*rendered(factor))
    assert found.even < EVEN and not (found.agreement <= AGAINST).any()


def test_the_even_share_is_one_of_energy() -> None:
    ends = np.array([1.0, 3.0], np.float32).reshape(1, 2, 1, 1, 1)
    assert evenness(ends) == pytest.approx(16 / 20)
