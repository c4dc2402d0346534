"""From frames to changes and shares, on pictures painted by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from scipy.ndimage import gaussian_filter, map_coordinates

from featamp.measure.judge import Judge
from featamp.measure.light import light_terms
from featamp.measure.parts import part_masks
from featamp.statistics.labels.probe import Probes
from featamp.verdict.rule import Change, decide
from featamp.verdict.screen import (
    STEPS,
    Yardstick,
    _share,
    measure_change,
    measure_shares,
    measure_yardstick,
    mirrored_share,
)

SIDE = 32
Pictures = NDArray[np.float32]


@pytest.fixture
def images(generator: np.random.Generator) -> Pictures:
    """Pictures whose parts differ, each in brightness and colour."""
    pictures = np.full((64, SIDE, SIDE, 3), 0.4, np.float32)
    for mask in part_masks(SIDE, SIDE, 178):
        pictures[:, mask] += 0.1 * generator.standard_normal((64, 1, 3))
    return (pictures + 0.02 * generator.standard_normal(pictures.shape)).astype(np.float32)


@pytest.fixture
def yardstick(images: Pictures) -> Yardstick:
    return measure_yardstick(images, images, 178)


def swept(images: Pictures, yardstick: Yardstick, change: Pictures | float) -> Change:
    """What eight samples that change by so much for one step are measured to change."""
    steps = STEPS.astype(np.float32)[None, :, None, None, None]
    start = images[:8]
    frames = start[:, None] + steps * np.asarray(change, np.float32)
    return measure_change(frames, start, yardstick, light_terms(start))


def test_a_part_that_changes_alone_is_told_from_all_that_do(
    images: Pictures, yardstick: Yardstick
) -> None:
    around = np.zeros((SIDE, SIDE, 3), np.float32)
    around[part_masks(SIDE, SIDE, 178)[2]] = 0.06
    change = swept(images, yardstick, around)
    assert decide(change, None).reason == "surroundings"
    assert change.part("surroundings brightness") == pytest.approx(
        0.24 / yardstick.spread[2], rel=1e-3
    )
    assert decide(swept(images, yardstick, 0.06), None).reason == "all"
    nothing = swept(images, yardstick, 0.0)
    assert decide(nothing, None).verdict == "nothing"


def test_a_shape_that_changes_is_told_where_pixels_do_not_change_alike(
    yardstick: Yardstick, generator: np.random.Generator
) -> None:
    """The middle of the lower half moves to the right, or on one sample to the left."""
    noise = gaussian_filter(generator.standard_normal((8, SIDE, SIDE, 3)), (0, 2, 2, 0))
    start = np.asarray(0.5 + 0.15 * noise / noise.std(), np.float32)
    moved = np.zeros((SIDE, SIDE))
    moved[20:28, 10:22] = 0.4
    moved = gaussian_filter(moved, 2)
    v, u = np.mgrid[:SIDE, :SIDE].astype(np.float64)

    def at(picture: Pictures, step: float) -> Pictures:
        where = [v, u - step * moved]
        colours = [map_coordinates(picture[..., c], where, mode="nearest") for c in range(3)]
        return np.stack(colours, axis=-1).astype(np.float32)

    frames = np.stack([[at(one, step) for step in STEPS] for one in start])
    change = measure_change(frames, start, yardstick, light_terms(start))
    assert change.consistency is not None and change.consistency < 0.3
    assert (change.unlike, change.against) == ((), ())
    assert decide(change, None).reason == "shape"
    frames[5] = frames[5, ::-1]
    change = measure_change(frames, start, yardstick, light_terms(start))
    assert (change.unlike, change.against) == ((5,), (5,))
    assert decide(change, None).reason == "reverses"


def test_what_comes_on_one_side_and_goes_on_the_other_is_mirrored() -> None:
    left = np.zeros((2, 8, 8, 3), np.float32)
    left[:, :, :4] = 0.2
    assert mirrored_share(left) == pytest.approx(0.5)
    assert mirrored_share(left - left[:, :, ::-1]) == pytest.approx(1.0)
    assert mirrored_share(left + left[:, :, ::-1]) == 0.0


def test_a_share_of_one_goes_as_far_as_from_one_group_to_the_other() -> None:
    """A logit that is the label itself: the groups lie 1 / s apart, in its own deviations."""
    rate = 0.2
    apart = 1 / np.sqrt(rate * (1 - rate))
    one = np.ones(1)
    told = np.ones(1, np.bool_)
    normal = np.array([[1.0, 0.0]])
    probes = Probes(("Smiling",), normal, normal, one, one, told, one, np.array([np.nan]))
    weights = np.full((1, 2 * 2 * 3), 1 / 12, np.float32)
    judge = Judge(("Smiling",), 2, weights, np.zeros((1, 4), np.float32), one, one, told, told)
    codes = np.zeros((3, 2, 2), np.float32)
    codes[:, 1, 0] = apart
    frames = np.zeros((3, 2, 2, 2, 3), np.float32)
    frames[:, 1] = apart / 2
    rates = np.array([rate])
    found = measure_shares(codes, frames, probes, judge, rates)
    assert found.codes == pytest.approx([1.0]) and found.pixels == pytest.approx([0.5])
    assert found.agreed == pytest.approx([0.5]) and found.short == [False]
    poor = replace(judge, correlation=0.3 * one)  # groups .75 apart
    assert measure_shares(codes, frames, probes, poor, rates).short == [True]
    # a judge that tells the attribute badly is asked where it sees more than half of the way, and
    # the probes tell it well
    for auc, by_codes, moved, asked in (
        (0.65, 0.9, 1.0, True), (0.65, 0.9, 0.6, False), (0.65, 0.7, 1.0, False),
        (0.55, 0.9, 1.0, False), (0.75, 0.7, 0.1, True),
    ):  # fmt: skip
        weak, sure = replace(judge, auc=auc * one), replace(probes, auc=by_codes * one)
        frames[:, 1] = moved * apart
        assert measure_shares(codes, frames, sure, weak, rates).seen == [asked]


def test_the_error_of_a_share_is_that_of_a_mean_over_samples() -> None:
    logits = np.array([[[0.0], [1.0]], [[0.0], [2.0]], [[0.0], [3.0]], [[0.0], [4.0]]])
    share, error = _share(logits, np.array([1.0]))
    assert share == pytest.approx([2.5])
    assert error == pytest.approx([stats.t.ppf(0.975, 3) * np.std([1, 2, 3, 4], ddof=1) / 2 / 2])


def test_a_judge_that_hardly_tells_an_attribute_asks_for_as_much_as_images_differ() -> None:
    moved = np.array([[[0.0, 0.0], [0.6, 0.6]]] * 2)
    share, _ = _share(moved, np.array([0.4, 1.8]))
    assert share == pytest.approx([0.6, 0.6 / 1.8])  # not the 1.5 of groups .4 apart
