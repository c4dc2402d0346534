"""What a dimension is called, and how healthy a model is, where the answer is known."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from featamp.measure.effect import Effect, Reconstruction, measure_departure
from featamp.measure.quality import Quality
from featamp.measure.response import AttributeResponse, target_response
from featamp.statistics.labels.weigh import OnAll, Weighed
from featamp.statistics.variance import VarianceRanking, rank_by_variance
from featamp.verdict.compare import attribute_bars
from featamp.verdict.health import judge_health
from featamp.verdict.rule import Decision
from featamp.verdict.verdict import (
    OverImages,
    Verdict,
    judge_dimension,
    judge_sweep,
    samples_alike,
)
from tests.sample_findings import sample_change

NAMES = ("Smiling", "Male", "Young")
TOLD = np.ones(3, np.bool_)
SHARES = np.array([0.1, 0.2, 0.1, 0.1, 0.1, 0.4])
PLAIN = Quality(
    (0.02, 0.04, 0.06), 2.0, 1.5, 0.16, 0.75, 0.97, 0.85, 0.1, 0.2, 0.35,
    SHARES, SHARES, np.zeros((2, 2, 3), np.float32),
)  # fmt: skip
"""A change that is plain to see, alike in all samples, steady, and no light."""


def response(*slope: float, error: float = 0.02) -> AttributeResponse:
    return AttributeResponse(np.array(slope), np.full(3, error), TOLD)


def judged(
    attribute: str | None,
    pixels: float = 0.5,
    over: OverImages | None = None,
    **changes: Any,  # noqa: ANN401
) -> Verdict:
    quality = replace(PLAIN, **changes)
    seen, other = response(0.6, 0.1, 0.1), response(pixels, 0.1, 0.1)
    decision = called(attribute)
    return judge_dimension(3, quality, decision, seen, other, NAMES, over or OverImages())


def called(attribute: str | None) -> Decision:
    return Decision("nameable", attribute, 1) if attribute else Decision("visible")


def test_what_speaks_against_a_name_is_told_with_it() -> None:
    assert judged("Smiling").cautions == ()
    assert judged("Smiling", -0.5).cautions == (("judges", "Smiling"),)
    over = OverImages(("Male",), "Young", {}, leaves_codes=True)
    found = judged("Smiling", over=over).cautions
    assert found == (("correlation", "Smiling"), ("support", ""))
    assert judged(None, over=over).cautions == (("correlation", "Male"), ("support", ""))
    seen = response(0.6, -0.57, 0.1)
    rival = judge_dimension(3, PLAIN, called("Smiling"), seen, seen, NAMES, OverImages())
    assert (rival.rival, rival.cautions) == ("Male", (("rival", "Male"),))


@pytest.mark.parametrize(
    ("changes", "doubts"),
    [
        ({}, ()),
        ({"consistency": 0.24}, ("differs",)),
        ({"consistency": 0.26, "monotonicity": 0.89}, ("partly", "unsteady")),
        ({"photometric": 0.6, "uneven": 0.7}, ("photometric",)),
        ({"uneven": 0.5}, ("uneven",)),
        ({"over_distance": 0.01, "consistency": 0.1}, ("nothing",)),
    ],
)
def test_a_sweep_is_doubted_by_its_measures(
    changes: dict[str, Any], doubts: tuple[str, ...]
) -> None:
    assert judged(None, **changes).levels.doubts == doubts


def test_a_target_is_told_beside_the_others_the_null_and_the_ceiling() -> None:
    seen, pixels = response(0.3, -0.6, 0.0), response(0.2, 0.1, 0.0)
    told = target_response(seen, replace(pixels, told=~TOLD), 0, null=0.2, ceiling=1.2)
    assert told is not None
    assert (told.slope, told.margin, told.pixels, told.ahead) == (0.3, 0.04, None, 1)
    assert (told.mean_off, told.max_off) == pytest.approx((1.0, 2.0))
    assert told.above and told.of_ceiling == pytest.approx(0.25)
    again = target_response(seen, pixels, 0, null=0.3, ceiling=None)
    assert again is not None and not again.above and again.of_ceiling is None
    assert target_response(replace(seen, told=~TOLD), pixels, 0, 0.2, None) is None


def test_a_sweep_leaves_what_the_model_knows_at_its_smallest_such_step() -> None:
    alphas = np.array([-3.0, -1.0, 1.0, 3.0])
    left, saturated = np.array([1.0, 0.5, 0.2, 0.6]), np.array([0.1, 0.029, 0.031, 0.05])
    effect = Effect(alphas, saturated, alphas, np.ones(4), left, before=0.5)
    found = measure_departure(effect, alphas, alphas, 0.01)
    assert (found.outside, found.saturated, found.from_start) == (0, 2, False)
    found = measure_departure(replace(effect, before=0.6), alphas, alphas, 0.01)
    assert (found.outside, found.from_start) == (1, True)


def test_of_a_step_and_its_opposite_rounding_chooses_none() -> None:
    alphas = np.linspace(-3, 3, 10)  # whose steps next to 0 differ by 4e-16
    effect = Effect(alphas, np.zeros(10), alphas, np.ones(10), np.ones(10), before=0.0)
    assert measure_departure(effect, alphas, alphas, 0.0).outside == 4
    assert measure_departure(effect, -alphas, -alphas, 0.0).outside == 4


@pytest.mark.parametrize(
    ("left", "before", "widths", "early"),
    [
        ([0.0, 0.0, 0.0, 1.0], 0.0, 0.6, True),  # from 1.8 standard deviations on
        ([0.0, 0.0, 0.0, 1.0], 0.0, 0.7, False),  # from 2.1, as along any dimension
        ([0.0, 0.0, 0.0, 0.0], 1.0, 0.6, False),  # the samples, not the sweep
        ([0.0, 0.0, 0.0, 0.0], 0.0, 0.6, False),
    ],
)
def test_a_sweep_leaves_early_within_two_standard_deviations(
    left: list[float], before: float, widths: float, early: bool
) -> None:
    raw = np.array([-3.0, -1.0, 1.0, 3.0])
    effect = Effect(raw, np.zeros(4), raw, np.ones(4), np.array(left), before)
    assert measure_departure(effect, raw, widths * raw, 0.0).early is early


def of_kl(each: float) -> VarianceRanking:
    codes = np.random.default_rng(0).standard_normal((50, 4)).astype(np.float32)
    return replace(rank_by_variance(codes, codes * 0), kl=np.full(4, each))


@pytest.mark.parametrize(
    ("facts", "each", "kl", "checkpoint"),
    [
        ({}, 0.2, "collapse", "silent"),
        ({"epoch": 1}, 0.9, "low", "untold"),
        ({"epoch": 1}, 3.0, "usual", "untold"),
        ({"epoch": 1}, 50.0, "ignored", "rising"),
        ({"Beta": 0.1}, 20.0, "ignored", "rising"),
        ({"kl_weight": 0.1}, 19.0, "high", "other"),
        ({"kl_weight": 1}, 3.0, "usual", "standard"),
    ],
)
def test_a_model_is_as_healthy_as_its_numbers(
    facts: dict[str, Any], each: float, kl: str, checkpoint: str
) -> None:
    health = judge_health(of_kl(each), Reconstruction(0.1, 20.0, 0.2, 50, 0.0, 0.3), facts)
    assert (health.kl, health.checkpoint) == (kl, checkpoint)
    assert (health.active, health.activity, health.reconstruction) == (4, "all", "fair")


@pytest.mark.parametrize(
    ("measure", "bound", "said"),
    [
        ("top", 0.5, "local"),
        ("symmetry", 0.7, "symmetric"),
        ("over_error", 1.0, "visible"),
    ],
)
def test_a_measure_is_said_from_its_bound_on(measure: str, bound: float, said: str) -> None:
    changes: list[dict[str, Any]] = [{measure: bound + more} for more in (-0.01, 0.01)]
    levels = [judged(None, **change).levels for change in changes]
    assert [getattr(level, said) for level in levels] == [False, True]


@pytest.mark.parametrize(("dim", "cautions"), [(3, (("tied", "Smiling"),)), (5, ())])
def test_a_tie_speaks_against_the_dimension_that_is_tied(
    dim: int, cautions: tuple[tuple[str, str], ...]
) -> None:
    on_all = OnAll(dim, dim, 0.3, 0.9, (7,), "Smiling", 0.3)
    weighed = Weighed("Smiling", on_all, None, 300, 0.8, 0.8, ("tied",))
    over = OverImages((), "Smiling", {"Smiling": weighed})
    assert judged("Smiling", over=over).cautions == cautions


def test_both_judges_must_be_clear_of_their_errors_to_agree() -> None:
    assert judged("Smiling", 0.05).cautions == ()
    assert judged("Smiling", 0.03).cautions == (("judges", "Smiling"),)


@pytest.mark.parametrize(
    ("measure", "values", "said"),
    [
        ("psnr", (17.9, 18.0, 23.9, 24.0), ("poor", "fair", "fair", "good")),
        ("variance", (0.49, 0.5, 1.9, 2, 9.9, 10), (
            "narrow", "match", "match", "wide", "wide", "far",
        )),
        ("active", (0, 24, 25, 99, 100), ("none", "few", "most", "most", "all")),
    ],
)  # fmt: skip
def test_health_turns_at_its_bounds(
    measure: str, values: tuple[float, ...], said: tuple[str, ...]
) -> None:
    codes = np.zeros((2, 100), np.float32)
    ranking = replace(
        rank_by_variance(codes, codes), kl=np.full(100, 3.0), posterior_variance=np.zeros(100)
    )
    told = []
    for value in values:
        active = np.arange(100) < (value if measure == "active" else 50)
        variance = np.full(100, value if measure == "variance" else 1.0)
        psnr = value if measure == "psnr" else 20.0
        health = judge_health(
            replace(ranking, active=active, variance=variance),
            Reconstruction(0.1, psnr, 0.2, 50, 0.0, 0.3),
            {},
        )
        told.append(
            {"psnr": health.reconstruction, "variance": health.mismatch}.get(
                measure, health.activity
            )
        )
    assert (*told,) == said


def test_a_reconstruction_that_tells_no_more_than_the_images_mean_is_none() -> None:
    codes = np.zeros((2, 3), np.float32)
    for rmse, said in ((0.1, "good"), (0.19, "good"), (0.191, "none")):
        found = Reconstruction(rmse, 30.0, 0.2, 50, 0.0, of_mean=0.2)
        assert judge_health(rank_by_variance(codes, codes), found, {}).reconstruction == said


def test_bars_are_of_what_responds_most_and_can_be_told() -> None:
    seen = replace(response(0.1, -0.6, 0.9), told=np.array([True, True, False]))
    bars = attribute_bars(seen, response(0.1, -0.5, 0.9), NAMES, 3)
    assert [(bar.attribute, bar.slope) for bar in bars] == [("Male", -0.6), ("Smiling", 0.1)]
    assert [bar.attribute for bar in attribute_bars(seen, seen, NAMES, 1)] == ["Male"]


def test_samples_that_move_alike_are_not_doubted_for_pixels_that_do_not() -> None:
    """Nor for a change that along those pixels does not grow steadily, or could be light."""
    unlike = replace(PLAIN, consistency=0.1, monotonicity=0.3, uneven=0.6)
    assert judge_sweep(unlike).doubts == ("differs", "uneven", "unsteady")
    moving = sample_change(consistency=0.1, shared=0.8)
    found = judge_sweep(unlike, moving)
    assert (found.consistency, found.monotone, found.doubts) == ("moves", None, ())
    assert samples_alike(moving, found) and samples_alike(moving, None)
    but_one = replace(moving, unlike=(1,))
    found = judge_sweep(unlike, but_one)
    assert (found.consistency, found.doubts) == ("most move", ("most",))
    assert not samples_alike(but_one, found) and not samples_alike(but_one, None)


def test_samples_are_alike_as_the_sweep_has_it_and_unswept_by_all_of_the_screened_ones() -> None:
    levels = judged("Smiling").levels
    assert samples_alike(sample_change(consistency=0.4), levels)
    assert not samples_alike(sample_change(), replace(levels, consistency="most"))
    change = sample_change(consistency=0.5)
    assert samples_alike(change, None)
    others = sample_change(consistency=0.49), replace(change, unlike=(1,))
    assert not any(samples_alike(other, None) for other in others)
    assert not samples_alike(sample_change(consistency=None), None)
