"""Known factors read off pixels, choices judged by them, and two judges compared."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from featamp.proof.truth import (
    Agreement,
    Four,
    Suggested,
    Truth,
    compare_judges,
    highest,
    judge_four,
    measure_truth,
    random_four,
    random_traits,
    train_reader,
)
from featamp.statistics.holdout import hold_out
from tests.conftest import STEPS, planted_pictures


def test_a_reader_reads_planted_factors_and_leaves_out_the_others(
    generator: np.random.Generator,
) -> None:
    factors = np.column_stack(
        [generator.standard_normal(800), generator.random(800), np.full(800, 0.3)]
    )
    pictures = planted_pictures(generator, factors[:, 0])
    reader = train_reader(
        pictures, factors, ("patch", "noise", "constant"), hold_out(800, None, 0), 0
    )
    assert (reader.names, reader.left_out) == (("patch",), ("noise", "constant"))
    assert reader.r2[0] > 0.9
    sweeps = [
        planted_pictures(generator, np.tile(size * STEPS, 4)).reshape(4, 10, 16, 16, 3)
        for size in (0.5, -1.0)
    ]
    truth = measure_truth(reader, (3, 8), sweeps, STEPS)
    assert truth.slope[:, 0] == pytest.approx(
        [0.5, -1.0], rel=0.1
    )  # in standard deviations of the factor, per sigma
    assert (np.abs(truth.slope) > 10 * truth.error).all()


def test_a_factor_that_is_hardly_read_moves_as_far_as_it_is_moved(
    generator: np.random.Generator,
) -> None:
    tall = np.zeros(16)
    tall[:8], names = 1.0, ("clear", "blurred")
    patterns = np.stack([np.outer(tall, 1 - tall), np.outer(1 - tall, tall)])
    factors = generator.standard_normal((2000, 2))
    shown = factors + generator.standard_normal((2000, 2)) * [0.1, 1.2]  # R^2 of .99 and .41

    def drawn(amounts: NDArray[np.float64]) -> NDArray[np.float32]:
        pictures = 0.5 + 0.05 * np.tensordot(amounts, patterns, 1)
        return np.repeat(pictures[..., None], 3, axis=-1).astype(np.float32)

    reader = train_reader(drawn(shown), factors, names, hold_out(2000, None, 0), 0)
    assert reader.r2 == pytest.approx([0.99, 0.41], abs=0.06)
    sweep = drawn(np.tile(STEPS[:, None] * [0.6, 1.0], (4, 1, 1)))
    truth = measure_truth(reader, (0,), [sweep], STEPS)
    assert truth.slope[0] == pytest.approx([0.6, 1.0], abs=0.1)
    assert truth.reading(0).factor == "blurred"  # by 1, where the clear one moves by .6
    assert truth.named_rightly(0, "blurred", 1) and truth.named_rightly(0, "clear", 1)


def test_a_four_is_judged_by_what_its_dimensions_really_do(truth: Truth) -> None:
    four = judge_four(truth, "suggested", (7, 4, 9), np.array([1, 2, 3, 2]))
    assert [(r.dim, r.factor) for r in four.readings] == [
        (7, "smile"),
        (4, "glasses"),
        (9, "smile"),
    ]
    assert four.readings[0].specificity == pytest.approx(0.64)
    assert four.by_chance == 0.75  # of random choices that name two traits or more
    assert four.traits == 2 and four.response == pytest.approx((0.8 + 0.5 + 0.4) / 3)
    light, draws = (
        replace(truth, names=("smile", "exposure", "warmth")),
        random_traits(truth, 5, 0),
    )
    assert (
        light.reading(4).nuisance and judge_four(light, "suggested", (7, 4, 9), draws).traits == 1
    )
    assert truth.reading(2).specificity == 0
    assert (
        random_four(truth, "random", draws).traits
        == judge_four(truth, "all", truth.dims, draws).traits
    )
    assert highest((7, 1, 4), np.array([0.1, 0.9, 0.5]), 2) == (1, 4)


def test_judges_that_agree_and_judges_that_do_not(generator: np.random.Generator) -> None:
    names, dims = ("a", "b", "c"), (5, 6, 7, 8)
    slopes = generator.standard_normal((4, 3))
    known = np.array([True, False, True])

    def compare(pixels: NDArray[np.float64], error: float = 1e-9) -> Agreement:
        return compare_judges(
            dims, names, np.stack([slopes, pixels]), np.full((2, 4, 3), error), known
        )

    same = compare(3 * slopes)  # another scale is no disagreement
    assert (same.names, same.same_strongest, same.clear, same.same_sign) == (("a", "c"), 4, 8, 8)
    assert same.overall == pytest.approx(1) and same.by_attribute == pytest.approx([1, 1])
    opposite = compare(-slopes)
    assert opposite.overall == pytest.approx(-1) and opposite.same_sign == 0
    one_off = slopes.copy()
    one_off[2, 2] = -5 * np.sign(slopes[2, 2])
    for scale in (1, 0.01):
        assert compare(scale * one_off).disagreements[0] == (
            7,
            "c",
            slopes[2, 2],
            scale * one_off[2, 2],
        )
    spearman = stats.spearmanr(slopes[:, [0, 2]].ravel(), one_off[:, [0, 2]].ravel()).statistic
    assert compare(one_off).overall == pytest.approx(spearman)
    silent = compare(np.zeros((4, 3)), np.inf)
    assert (silent.overall, silent.clear) == (0, 0) and not silent.by_attribute.any()


@pytest.mark.parametrize(
    ("traits", "by_chance", "others", "worth", "ahead"),
    [
        (3.0, 0.05, (3.0, 2.0), "most", []),
        (2.0, 0.05, (3.0, 4.0), "fewer", [4.0, 3.0]),
        (4.0, 0.06, (3.0, 1.0), "chance", []),
    ],
)
def test_a_suggestion_is_worth_what_it_names_beyond_chance_and_other_choices(
    traits: float, by_chance: float, others: tuple[float, ...], worth: str, ahead: list[float]
) -> None:
    beside = tuple(Four("variance", (), other, 0.5, 1.0, 1.0) for other in others)
    suggested = Suggested((Four("suggested", (), traits, by_chance, 1.0, 1.0), *beside))
    assert suggested.worth == worth
    assert [four.traits for four in suggested.ahead] == ahead
    assert Suggested(beside).worth is None
