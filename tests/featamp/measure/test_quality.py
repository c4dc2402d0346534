"""The measures of a sweep, on planted changes whose numbers are known."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from featamp.measure.layout import REGIONS, face_regions
from featamp.measure.quality import EIGHT_BIT_RMSE, Quality, measure_quality
from report.engine.records import load_record, save_record

Array = NDArray[np.float32]
SAMPLES, SIDE = 4, 40
STEPS = np.linspace(-3, 3, 10)
MOUTH = face_regions(SIDE, SIDE)[REGIONS.index("mouth")]


@pytest.fixture(autouse=True)
def no_warning() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def pictures(samples: int = SAMPLES) -> Array:
    """[sample, height, width, 3] smooth random pictures in [0.2, 0.8], so that no planted change
    is clipped."""
    noise = np.random.default_rng(1).normal(size=(samples, SIDE, SIDE, 3))
    smooth = gaussian_filter(noise, (0, 3, 3, 0))
    return np.asarray(0.2 + 0.6 * (smooth - smooth.min()) / np.ptp(smooth), np.float32)


def noise(seed: int = 2) -> Array:
    """[sample, height, width, 3] changes that have nothing in common."""
    return (0.02 * np.random.default_rng(seed).normal(size=(SAMPLES, SIDE, SIDE, 3))).astype(
        np.float32
    )


def patch(size: float = 0.02) -> Array:
    """[height, width, 3] a checkered change in the mouth alone: no brightness, no blur."""
    sign = np.where(np.add.outer(np.arange(SIDE), np.arange(SIDE)) % 2, 1.0, -1.0)
    return np.repeat((size * sign * MOUTH)[:, :, None], 3, axis=2).astype(np.float32)


def swept(change: Array, steps: NDArray[np.float64] = STEPS, samples: int = SAMPLES) -> Quality:
    """The quality of frames that move by `change`, of one sample or of all, for each sigma."""
    base = pictures(samples)
    change = np.broadcast_to(change, base.shape)
    frames = base[:, None] + steps[:, None, None, None] * change[:, None]
    return measure_quality(frames.astype(np.float32), base, steps, 0.05, 0.2)


def test_effect_and_visibility_are_the_planted_change() -> None:
    quality = swept(np.full((SIDE, SIDE, 3), 0.01, np.float32))
    assert quality.effect == pytest.approx((0.01, 0.02, 0.03), rel=1e-4)
    assert quality.judged_at == 2
    assert quality.over_error == pytest.approx(0.02 / 0.05, rel=1e-4)
    assert quality.over_distance == pytest.approx(0.02 / 0.2, rel=1e-4)
    assert quality.difference == pytest.approx(np.full((SIDE, SIDE, 3), 0.03), rel=1e-4)


def test_the_effect_is_the_mean_of_both_sides_and_none_beyond_the_sweep() -> None:
    base, steps = pictures(), np.array([-2.5, -0.5, 0.5, 2.5])
    sizes = np.array([0.01, 0.002, 0.006, 0.03], np.float32)
    frames = base[:, None] + sizes[:, None, None, None]
    quality = measure_quality(frames, base, steps, 0.05, 0.2)
    assert quality.effect[:2] == pytest.approx((0.02 / 2.5, 0.02 * 2 / 2.5), rel=1e-4)
    assert quality.effect[2] is None
    assert swept(patch(), np.array([-1.0, 1.0])).judged_at == 1
    uneven = swept(np.full((SIDE, SIDE, 3), 0.01, np.float32), np.array([-1.0, 0.0, 3.0]))
    assert uneven.judged_at == 1 and uneven.effect[1:] == (None, None)  # only one side goes on
    assert uneven.effect[0] == pytest.approx(0.01, rel=1e-4)


def test_nothing_is_read_off_a_straight_line_to_the_first_step() -> None:
    base, steps = pictures(), np.array([-2.5, 0.0, 2.5])
    frames = base[:, None] + np.array([0.01, 0.0, 0.03], np.float32)[:, None, None, None]
    quality = measure_quality(frames, base, steps, 0.05, 0.2)
    assert quality.effect == (None, None, None)
    assert quality.judged_at == 2.5
    assert quality.over_distance == pytest.approx(0.02 / 0.2, rel=1e-4)


@pytest.mark.parametrize("alike", [1, -1])
def test_a_change_of_light_is_photometric_and_not_local(alike: int) -> None:
    gain = (0.05 * alike * (pictures() - 0.3) * np.array([1.0, 0.8, 0.5])).astype(np.float32)
    quality = swept(gain)
    assert quality.photometric == pytest.approx(1, abs=1e-3)
    assert swept(np.full((SIDE, SIDE, 3), 0.01, np.float32)).photometric == pytest.approx(
        1, abs=1e-3
    )


def test_an_even_change_is_not_local_and_lies_in_regions_by_their_size() -> None:
    quality = swept(np.full((SIDE, SIDE, 3), 0.01, np.float32))
    assert quality.top == pytest.approx(0.1, abs=1e-3)
    assert quality.regions == pytest.approx(quality.areas, abs=1e-3)


def test_blurring_is_photometric() -> None:
    base = pictures() + 0.1 * np.random.default_rng(3).random((SAMPLES, SIDE, SIDE, 3)).astype(
        np.float32
    )
    softer = gaussian_filter(base, (0, SIDE / 32, SIDE / 32, 0), mode="nearest") - base
    steps = np.array([-0.5, 0.5])
    frames = base[:, None] + steps[:, None, None, None] * softer[:, None]
    quality = measure_quality(frames.astype(np.float32), base, steps, 0.05, 0.2)
    assert quality.photometric == pytest.approx(1, abs=1e-3)


def test_a_patch_in_the_mouth_is_local_and_not_photometric() -> None:
    quality = swept(patch())
    assert quality.photometric < 0.02
    assert quality.top == pytest.approx(1)
    assert dict(zip(REGIONS, quality.regions, strict=True))["mouth"] == pytest.approx(1)
    assert (np.abs(quality.difference[~MOUTH]) < 1e-6).all()
    np.testing.assert_allclose(
        quality.difference[MOUTH], 3 * patch()[MOUTH], rtol=1e-3
    )  # with its sign


def test_consistency_is_of_the_samples_changes() -> None:
    assert swept(patch()).consistency == pytest.approx(1)
    assert swept(noise()).consistency == pytest.approx(0, abs=0.05)
    opposite = noise()
    opposite[1::2] = -opposite[
        ::2
    ]  # 2 of the 6 pairs are opposites, the others have nothing in common
    assert swept(opposite).consistency == pytest.approx(-1 / 3, abs=0.05)


def test_monotonicity_falls_with_each_sample_that_goes_the_other_way() -> None:
    assert swept(patch()).monotonicity == pytest.approx(1)
    assert swept(patch(), STEPS**5 / 81).monotonicity == pytest.approx(
        1
    )  # steady, though far from straight
    one_back = np.array([1, 1, 1, -1], np.float32)[:, None, None, None] * patch()
    assert swept(one_back).monotonicity == pytest.approx(
        0.5
    )  # three rise along the others, one falls
    base = pictures()
    wave = np.sin(np.linspace(0, 2 * np.pi, 10) + 0.4)[:, None, None, None] * patch()
    back_and_forth = measure_quality(
        (base[:, None] + wave).astype(np.float32), base, STEPS, 0.05, 0.2
    )
    assert back_and_forth.monotonicity is not None and abs(back_and_forth.monotonicity) < 0.9


def test_monotonicity_does_not_judge_a_sample_by_its_own_direction() -> None:
    monotonicity = swept(noise(5)).monotonicity
    assert (
        monotonicity is not None and monotonicity < 0.9
    )  # along its own direction each sample has 1


def test_symmetry_tells_a_reversal_from_a_return() -> None:
    assert swept(patch()).symmetry == pytest.approx(1)
    base = pictures()
    both_ways = base[:, None] + np.abs(STEPS)[:, None, None, None] * patch()
    assert measure_quality(
        both_ways.astype(np.float32), base, STEPS, 0.05, 0.2
    ).symmetry == pytest.approx(-1)
    one_side = base[:, None] + np.maximum(STEPS, 0)[:, None, None, None] * patch()
    assert measure_quality(one_side.astype(np.float32), base, STEPS, 0.05, 0.2).symmetry == 0


@pytest.mark.parametrize("rounding", [0.0, 1e-6])
def test_no_change_gives_zero_everywhere(rounding: float) -> None:
    quality = swept(np.full((SIDE, SIDE, 3), rounding, np.float32))
    numbers = [
        getattr(quality, field.name)
        for field in fields(quality)
        if field.name not in ("areas", "judged_at")
    ]
    assert all(np.array_equal(number, np.zeros_like(number)) for number in numbers)


@pytest.mark.parametrize("steps", [np.array([-3.0, 3.0]), np.zeros(2), np.array([-3.0, 0.0, 3.0])])
def test_one_sample_and_two_steps_are_enough(steps: NDArray[np.float64]) -> None:
    quality = swept(patch(), steps, samples=1)
    assert quality.consistency is None and quality.monotonicity is None
    assert all(
        np.isfinite(x)
        for x in (quality.symmetry, quality.photometric, quality.top, quality.over_error)
    )


def test_flat_pictures_perfect_models_and_equal_images_give_finite_numbers() -> None:
    base = np.full((SAMPLES, SIDE, SIDE, 3), 0.5, np.float32)
    frames = base[:, None] + STEPS[:, None, None, None].astype(np.float32) * patch()
    quality = measure_quality(frames, base, STEPS, 0.0, 0.0)
    assert quality.photometric < 0.02 and quality.over_distance == 0
    size = np.sqrt(np.square(2 * patch()).mean())
    assert quality.over_error == pytest.approx(size / EIGHT_BIT_RMSE, rel=1e-4)


def test_a_quality_comes_back_from_the_store_as_it_was(tmp_path: Path) -> None:
    for quality in (
        swept(patch()),
        replace(swept(patch()), effect=(0.1, None, None), consistency=None),
    ):
        save_record(tmp_path / "quality.npz", quality)
        back = load_record(tmp_path / "quality.npz", Quality)
        for field in fields(Quality):
            assert np.array_equal(getattr(back, field.name), getattr(quality, field.name)), (
                field.name
            )


def test_light_from_one_side_is_told_apart_from_even_light_and_from_shape() -> None:
    across = np.linspace(-1, 1, SIDE, dtype=np.float32)[None, None, :, None]
    side_light = swept(0.03 * across * pictures())
    assert side_light.uneven > 0.99 and side_light.photometric < 0.4
    assert swept(patch()).uneven < 0.05
    even = swept(np.full((SIDE, SIDE, 3), 0.01, np.float32))
    assert even.uneven >= even.photometric > 0.99
