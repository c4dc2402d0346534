"""The report's numbers where the answer is known: simulated, planted, worked out by another library or by hand."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from itertools import permutations
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from scipy import stats
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import mutual_info_score, roc_auc_score

from featamp.celeba import SPLITS
from featamp.correlation import correlate_labels
from featamp.direction import axis_direction, first_component, probe_direction, random_directions
from featamp.disentanglement import (
    disentanglement_completeness_informativeness,
    importance,
    independent,
    measure_disentanglement,
    mutual_information_gap,
    random_rotation,
    separated_attribute_predictability,
)
from featamp.errors import InputError
from featamp.holdout import Holdout, hold_out
from featamp.judge import train_judge
from featamp.probe import PENALTY, axis_share, fit_probes, random_axis_share
from featamp.ranking import PARTS, Score, combine, specificity, standing_out, suggest
from featamp.response import attribute_response, code_response
from featamp.shrink import shrink
from featamp.simulation import (
    simulate_axes,
    simulate_choice,
    simulate_coverage,
    simulate_discovery,
    simulate_planted,
    threshold,
    true_point_biserial,
)
from featamp.stability import assign, bootstrap, confounders, label_correlations, measure_stability, partial_r
from featamp.truth import (
    Agreement,
    Truth,
    compare_judges,
    highest,
    judge_four,
    measure_truth,
    random_four,
    random_traits,
    train_reader,
)
from featamp.variance import rank_by_variance
from report.context import Context
from report.pages import make_environment
from report.store import Store
from report.trust import (
    Check,
    Simulations,
    Trust,
    checks,
    disentangle,
    judge_fours,
    read_factors,
    trust_table,
)
from report.workers import Workers
from tests.sample_findings import sample_findings
from tests.test_naming import probes_of

STEPS = np.linspace(-3, 3, 10)


@pytest.fixture
def generator() -> np.random.Generator:
    return np.random.default_rng(7)


@pytest.fixture(scope="module")
def simulations() -> Simulations:
    return Simulations(
        simulate_coverage(), simulate_discovery(), simulate_choice(), simulate_axes(), simulate_planted()
    )


# ---- simulations: what the page states --------------------------------------------------------------------------


def test_every_simulated_figure_lies_where_it_must(simulations: Simulations) -> None:
    tested = checks(simulations)
    assert {name: check for name, check in tested.items() if not check.holds} == {}
    assert len([name for name in tested if name.startswith("coverage")]) == 4
    assert not Check(0.98, 0.93, 0.97).holds and not Check(0.9, 0.93, 0.97).holds


@pytest.mark.parametrize("rate", [0.48, 0.065])
def test_the_closed_form_of_the_true_r_is_that_of_a_huge_sample(rate: float, generator: np.random.Generator) -> None:
    latent, noise = generator.standard_normal((2, 1_000_000))
    r = np.corrcoef(threshold(latent, rate), 0.6 * latent + 0.8 * noise)[0, 1]
    assert true_point_biserial(np.array([0.6]), rate)[0] == pytest.approx(r, abs=0.003)


def test_intervals_cover_the_truth_in_93_to_97_percent_of_200_data_sets(simulations: Simulations) -> None:
    coverage = simulations.coverage
    assert coverage.data_sets == 200
    assert set(zip(coverage.rates, coverage.counts, strict=True)) == {
        (0.48, 5000), (0.48, 300), (0.065, 5000), (0.065, 300),
    }  # fmt: skip
    assert ((coverage.held.mean(axis=1) >= 0.93) & (coverage.held.mean(axis=1) <= 0.97)).all()


def test_q_keeps_the_false_discovery_rate_and_finds_what_is_there(simulations: Simulations) -> None:
    assert 0.02 < simulations.discovery.false <= 0.05
    assert simulations.discovery.found > 0.5


def test_the_held_out_r_is_unbiased_where_the_selected_one_is_not(simulations: Simulations) -> None:
    choice = simulations.choice
    assert abs(choice.bias_reported) < 2 * choice.error_reported < 0.01
    assert choice.bias_selected > 20 * choice.error_selected
    assert choice.held_selected < 0.5 < 0.93 <= choice.held_reported <= 0.97
    assert choice.tied > 0.9


def test_axes_that_are_factors_and_axes_that_mean_nothing(simulations: Simulations) -> None:
    axes = simulations.axes
    assert (axes.share_aligned, axes.own_aligned, axes.self_response) == pytest.approx((1, 1, 1), abs=0.02)
    assert axes.leakage_aligned == pytest.approx(0, abs=1e-6)
    assert axes.leakage_planted == pytest.approx(axes.leakage_expected, abs=1e-4)
    assert axes.share_turned == pytest.approx(axes.null, abs=0.05) and axes.share_turned < axes.null_high
    assert axes.off_aligned < 0.1 < 0.5 < axes.off_turned


def test_a_planted_change_of_light_is_flagged_and_a_planted_smile_is_not(simulations: Simulations) -> None:
    planted = simulations.planted
    share = dict(zip(planted.names, planted.photometric, strict=True))
    assert min(share["exposure"], share["warmth"], share["blur"]) > 0.8
    assert max(share["smile"], share["glasses"]) < 0.2
    regions = dict(zip(planted.names, planted.regions, strict=True))
    assert (regions["smile"], regions["glasses"], regions["hair_darkness"]) == ("mouth", "eyes", "hair")


def test_a_planted_side_effect_shows_its_size(simulations: Simulations) -> None:
    assert simulations.planted.side_effect == pytest.approx(simulations.planted.side_expected, abs=0.05)


# ---- MIG, SAP, DCI ----------------------------------------------------------------------------------------------


def scores_of(codes: NDArray[np.float64], factors: NDArray[np.float64]) -> dict[str, float]:
    dci = disentanglement_completeness_informativeness(codes, factors, hold_out(len(codes), None, 0))
    return {
        "MIG": mutual_information_gap(codes, factors).value,
        "SAP": separated_attribute_predictability(codes, factors).value,
        "disentanglement": dci.disentanglement,
        "completeness": dci.completeness,
        "informativeness": dci.informativeness,
    }


@pytest.fixture
def factors(generator: np.random.Generator) -> NDArray[np.float64]:
    return generator.random((4000, 6))


def test_factors_as_codes_score_one_whatever_their_order_sign_and_scale(
    factors: NDArray[np.float64], generator: np.random.Generator
) -> None:
    unused = generator.standard_normal((len(factors), 3))
    shuffled = np.hstack([factors[:, ::-1] * [1, -5, 0.1, 20, -1, 3] + 7, unused])
    assert scores_of(factors, factors) == pytest.approx(dict.fromkeys(scores_of(factors, factors), 1), abs=0.04)
    assert scores_of(shuffled, factors) == pytest.approx(dict.fromkeys(scores_of(factors, factors), 1), abs=0.04)


def test_turned_codes_score_low_but_hold_as_much(factors: NDArray[np.float64], generator: np.random.Generator) -> None:
    turned = scores_of((factors - 0.5) @ random_rotation(6, generator), factors)
    assert turned.pop("informativeness") > 0.98
    assert max(turned.values()) < 0.45 and turned["MIG"] < 0.1


def test_a_factor_in_two_dimensions_has_no_gap_and_is_not_complete(factors: NDArray[np.float64]) -> None:
    doubled = scores_of(np.hstack([factors, factors]), factors)
    assert (doubled["MIG"], doubled["SAP"]) == pytest.approx((0, 0), abs=1e-9)
    assert doubled["disentanglement"] == pytest.approx(1, abs=0.02)


def test_mutual_information_is_that_of_scikit_learn(factors: NDArray[np.float64]) -> None:
    codes = np.column_stack([factors[:, 0] + 0.3 * factors[:, 1], factors[:, 1], factors[:, 2]])
    bins = [np.digitize(x, np.linspace(x.min(), x.max(), 21)[1:-1]) for x in (*codes.T, factors[:, 0])]
    own = mutual_info_score(bins[3], bins[3])
    information = sorted(mutual_info_score(bins[3], bins[dim]) / own for dim in range(3))
    gap = mutual_information_gap(codes, factors[:, :1])
    assert (gap.best[0], gap.gap[0]) == pytest.approx((information[2], information[2] - information[1]), rel=1e-9)


def test_dci_of_a_matrix_by_hand() -> None:
    # dimension 0 serves both factors alike, dimension 1 the second alone, dimension 2 nothing
    result = importance(np.array([[1.0, 1.0], [0.0, 2.0], [0.0, 0.0]]), np.array([0.5, -0.2]))
    assert result.disentanglement == pytest.approx(0.5 * 0 + 0.5 * 1)
    assert result.completeness == pytest.approx((1 + 1 - stats.entropy([1 / 3, 2 / 3], base=3)) / 2)
    assert result.informativeness == pytest.approx(0.25)
    assert importance(np.zeros((3, 2)), np.zeros(2)).disentanglement == 0


def test_only_independent_factors_are_used_and_the_best_dimension_is_named(
    factors: NDArray[np.float64], generator: np.random.Generator
) -> None:
    constant, copy = np.ones(len(factors)), factors[:, 5] + 0.1 * generator.random(len(factors))
    known = np.column_stack([factors, copy, constant])
    np.testing.assert_array_equal(independent(known), [True] * 5 + [False] * 3)
    names = tuple("abcdefgh")
    result = measure_disentanglement(3 * factors[:, ::-1], known, names, hold_out(len(known), None, 0), 0)
    assert result is not None
    assert (result.names, result.left_out) == (tuple("abcde"), tuple("fgh"))
    np.testing.assert_array_equal(result.best, [5, 4, 3, 2, 1])
    assert result.scores["MIG"] > 0.95 > 0.3 > result.turned["MIG"]
    assert measure_disentanglement(factors, known[:, 5:], names[5:], hold_out(len(known), None, 0), 0) is None


# ---- the pure modules against other libraries -------------------------------------------------------------------


def test_slopes_and_their_errors_are_numpys(generator: np.random.Generator) -> None:
    logits = generator.standard_normal((5, 10, 3)) + STEPS[:, None] * [0.5, -1, 0]
    response = attribute_response(logits, STEPS)
    slopes = np.array([[np.polyfit(STEPS, logits[s, :, a], 1)[0] for a in range(3)] for s in range(5)])
    assert response.error is not None
    np.testing.assert_allclose(response.slope, slopes.mean(axis=0))
    np.testing.assert_allclose(response.error, stats.sem(slopes))
    assert response.strongest == 1 and response.clear(1)
    assert attribute_response(logits[:1], STEPS).error is None


def test_off_target_is_the_others_over_the_target() -> None:
    response = replace(attribute_response(np.zeros((2, 10, 3)), STEPS), slope=np.array([-0.5, 2.0, 0.1]))
    assert response.off_target(1) == pytest.approx((0.15, 0.25))
    assert replace(response, slope=np.array([0.0, 1.0, 0.0])).off_target(0) == (np.inf, np.inf)
    assert replace(response, slope=np.zeros(3)).off_target(0) == (0, 0)


@pytest.mark.parametrize("found", [1.0, 0.4])
def test_self_response_is_what_the_encoder_finds_of_a_turned_direction(
    found: float, generator: np.random.Generator
) -> None:
    std = np.array([2.0, 0.5, 3.0, 0.0])  # the last dimension has collapsed
    move = random_directions(std, 1, 0)[0]
    origins = generator.standard_normal((6, 4)).astype(np.float32)
    codes = (origins[:, None] + found * STEPS[:, None] * move).astype(np.float32)
    response = code_response(codes, origins, move, STEPS, std)
    assert (response.self_response, response.leakage) == pytest.approx((found, 0), abs=1e-6)
    assert code_response(codes, origins, np.zeros(4), STEPS, std).self_response == 0


def test_partial_r_is_that_of_regression_residuals(generator: np.random.Generator) -> None:
    common = generator.standard_normal((3000, 1))
    codes = (common * [0.8, 0.3, 0.0] + generator.standard_normal((3000, 3))).astype(np.float32)
    labels = (common + generator.standard_normal((3000, 3))) > [0, 0.5, -0.3]
    r, _ = correlate_labels(codes, labels, np.arange(3000))
    phi = label_correlations(labels)
    np.testing.assert_allclose(phi, np.corrcoef(labels.T), atol=1e-12)
    ours = partial_r(r[0], r[1:], phi[0, 1:], phi[1:, 1:])
    design = np.column_stack([np.ones(3000), labels[:, 1:]])
    rest = [y - design @ np.linalg.lstsq(design, y, rcond=None)[0] for y in (labels[:, 0].astype(float), *codes.T)]
    np.testing.assert_allclose(ours, [np.corrcoef(rest[0], rest[1 + dim])[0, 1] for dim in range(3)], atol=1e-6)
    assert abs(ours[0]) < abs(r[0, 0])
    assert partial_r(r[0], r[:1], phi[0, :1], phi[:1, :1]) == pytest.approx(np.zeros(3))  # nothing is left of it


def test_confounders_are_the_known_ones_or_those_it_goes_with_most() -> None:
    names = ("Male", "Wearing_Lipstick", "Bald", "Young")
    phi = np.array([[1, -0.8, 0.2, 0.1], [-0.8, 1, -0.3, 0], [0.2, -0.3, 1, 0.05], [0.1, 0, 0.05, 1]])
    assert confounders("Male", names, phi) == ("Wearing_Lipstick",)
    assert confounders("Bald", names, phi) == ("Wearing_Lipstick", "Male")


def test_assignment_is_the_best_of_all(generator: np.random.Generator) -> None:
    for _ in range(20):
        r = generator.uniform(-1, 1, (3, 5))
        best = max(permutations(range(5), 3), key=lambda dims: np.abs(r[range(3), dims]).sum())
        assert tuple(assign(r)) == best
    assert tuple(assign(np.array([[0.9, 0.8], [0.9, 0.1]]))) == (1, 0)  # one dimension does not win both


def test_poisson_redraws_choose_as_an_ordinary_bootstrap_does(generator: np.random.Generator) -> None:
    latent = generator.standard_normal((500, 1))
    spread = np.array([1, 2, 3, 40])
    codes = (spread * (latent * [0.5, 0.45, 0.3, 0] + generator.standard_normal((500, 4)))).astype(np.float32)
    labels = latent > 0.2
    r, _ = correlate_labels(codes, labels, np.arange(500))
    frequency, tied, low, high = bootstrap(codes, labels, r, rank_by_variance(codes, codes * 0), 0, redraws=1000)
    redrawn = [correlate_labels(codes, labels, generator.integers(0, 500, 500))[0][0] for _ in range(1000)]
    winners = np.abs(redrawn).argmax(axis=1)
    np.testing.assert_allclose(frequency[0], np.bincount(winners, minlength=4) / 1000, atol=0.06)
    gaps = np.abs(redrawn)[:, [np.abs(r[0]).argmax()]] - np.abs(redrawn)
    apart = np.abs(r[0]).max() - np.abs(r[0])
    np.testing.assert_array_equal(tied[0], apart <= 2 * gaps.std(axis=0))
    assert tied[0, 0] and tied[0, 1] and not tied[0, 3]
    assert (low[3], high[3]) == (1, 1) and (low[0], high[0]) == (4, 4)


def test_block_size_of_the_bootstrap_only_deals_other_redraws(generator: np.random.Generator) -> None:
    codes = generator.standard_normal((300, 3)).astype(np.float32)
    labels = codes[:, :1] > 0
    r, _ = correlate_labels(codes, labels, np.arange(300))
    for block in (300, 64):
        frequency = bootstrap(codes, labels, r, rank_by_variance(codes, codes * 0), 0, block=block)[0]
        np.testing.assert_array_equal(frequency, [[1, 0, 0]])


def test_a_rank_interval_spans_dimensions_of_equal_variance(generator: np.random.Generator) -> None:
    codes = (generator.standard_normal((400, 5)) * [9, 1, 1, 1, 0]).astype(np.float32)
    labels = generator.random((400, 1)) < 0.5
    ranking = rank_by_variance(codes, codes * 0)
    r, _ = correlate_labels(codes, labels, np.arange(400))
    result = measure_stability(codes, labels, r, ranking, hold_out(400, None, 0), 0)
    assert (result.rank_low[0], result.rank_high[0]) == (1, 1) and (result.rank_low[4], result.rank_high[4]) == (5, 5)
    assert result.rank_low[1:4].max() <= 3 and result.rank_high[1:4].min() >= 3


def test_stability_of_constant_and_one_sided_attributes_is_undefined_without_nan(
    generator: np.random.Generator,
) -> None:
    codes = generator.standard_normal((100, 4)).astype(np.float32)
    holdout = hold_out(100, None, 0)
    labels = np.zeros((100, 3), bool)
    labels[holdout.select[0], 1] = True  # nobody in the other half has it
    labels[::2, 2] = True
    r, _ = correlate_labels(codes, labels, np.arange(100))
    result = measure_stability(codes, labels, r, rank_by_variance(codes, codes * 0), holdout, 0)
    np.testing.assert_array_equal(result.defined, [False, False, True])
    assert all(np.isfinite(x).all() for x in vars(result).values() if isinstance(x, np.ndarray))
    probes = fit_probes(codes, labels, ("a", "b", "c"), holdout, 0)
    np.testing.assert_array_equal(probes.defined, [False, False, True])
    assert probes.auc[0] == 0.5 and not probes.weights[:2].any() and probes.spread[0] == 0


@pytest.mark.parametrize("test_images", [250, 50, 0])
def test_images_are_held_out_by_celebas_test_split_or_by_halves(test_images: int) -> None:
    partition = np.zeros(1000, np.int8)
    partition[:test_images] = SPLITS["test"]
    holdout = hold_out(1000, partition, 0)
    assert holdout.split == (test_images >= 200)
    np.testing.assert_array_equal(np.sort(np.concatenate([holdout.select, holdout.report])), np.arange(1000))
    assert len(holdout.report) == (250 if holdout.split else 500)
    assert len(holdout.folds) == (1 if holdout.split else 2)


def test_a_probe_is_scikit_learns_on_the_same_fold(generator: np.random.Generator) -> None:
    codes = (generator.standard_normal((800, 6)) * [1, 5, 0.2, 1, 1, 1]).astype(np.float32)
    labels = (codes[:, 0] + codes[:, 1] / 5 + generator.standard_normal(800) > 1)[:, None]
    fit, report = np.arange(500), np.arange(500, 800)
    probes = fit_probes(codes, labels, ("a",), Holdout(fit, report, split=True), 0)
    scaled = (codes - codes[fit].mean(axis=0)) / codes[fit].std(axis=0)
    model = LogisticRegression(C=PENALTY, tol=1e-8).fit(scaled[fit], labels[fit, 0])
    logits = model.decision_function(scaled[report])
    assert probes.auc[0] == pytest.approx(roc_auc_score(labels[report, 0], logits), abs=1e-3)
    assert probes.correlation[0] == pytest.approx(np.corrcoef(logits, labels[report, 0])[0, 1], abs=1e-3)
    np.testing.assert_allclose(probes.weights[0], model.coef_[0] / codes[fit].std(axis=0), atol=2e-3)
    assert probes.spread[0] == pytest.approx((codes.astype(float) @ probes.weights[0]).std())


def test_axis_share_is_at_most_one_and_its_null_is_that_of_random_vectors(generator: np.random.Generator) -> None:
    probes = probes_of(correlation=[0.6, 0.4, 0.5, 0.02])
    share = axis_share(np.array([0.4, 0.6, -0.2, 0.1]), np.array([0.3, 0.5, 0.2, 0.1]), probes)
    assert share[:3] == pytest.approx([0.25, 1, 0])  # the third has changed its sign: it explains nothing
    assert np.isnan(share[3])  # what the probe finds is no more than chance
    mean, high = random_axis_share(256, 0)
    assert (mean, high) == pytest.approx((0.037, 0.053), abs=0.001)
    vectors = generator.standard_normal((2000, 8))
    largest = (np.square(vectors) / np.square(vectors).sum(axis=1, keepdims=True)).max(axis=1)
    assert random_axis_share(8, 0) == pytest.approx((largest.mean(), np.quantile(largest, 0.95)), abs=0.02)


def test_directions_are_one_standard_deviation_long(generator: np.random.Generator) -> None:
    mixed = (generator.standard_normal((500, 4)) @ generator.standard_normal((4, 4))).astype(np.float32)
    pca = PCA(1).fit(mixed.astype(np.float64))
    ours = first_component(mixed, mixed.mean(axis=0, dtype=np.float64), block=64)
    expected = pca.components_[0] * np.sqrt(pca.explained_variance_[0])
    np.testing.assert_allclose(ours, expected * np.sign(expected @ ours), rtol=1e-4)
    std = np.array([1.0, 2.0, 3.0, 4.0])
    for moves in (random_directions(std, 5, 0), axis_direction(2, std)[None], probe_direction(std, std)[None]):
        np.testing.assert_allclose(np.linalg.norm(moves / std, axis=1), 1)
    weights = generator.standard_normal(4)
    rises = [weights @ move for move in random_directions(std, 1000, 1)]
    assert weights @ probe_direction(weights, std) > max(rises)  # no straight move of that length raises it more


@pytest.mark.parametrize(("size", "side"), [((64, 64), 32), ((48, 96), 16), ((12, 12), 12)])
def test_shrinking_by_a_whole_factor_is_pillows_box(size: tuple[int, int], side: int) -> None:
    picture = np.random.default_rng(0).random((2, *size, 3), np.float32)
    for ours, whole in zip(shrink(picture, side), picture, strict=True):
        for channel in range(3):
            box = Image.fromarray(whole[:, :, channel]).resize((side, side), Image.Resampling.BOX)
            np.testing.assert_allclose(ours[:, :, channel], np.asarray(box), atol=1e-6)


@pytest.mark.parametrize("length", [45, 20])
def test_shrinking_keeps_the_mean_of_any_size(length: int) -> None:
    picture = np.random.default_rng(0).random((1, length, length, 3), np.float32)
    assert shrink(picture, 32).mean() == pytest.approx(picture.mean(), abs=1e-6)


def planted_pictures(generator: np.random.Generator, strength: NDArray[np.float64]) -> NDArray[np.float32]:
    """[image, 16, 16, 3] noise in which a patch grows lighter with `strength` [image]."""
    pictures = 0.4 + 0.1 * generator.random((len(strength), 16, 16, 3))
    pictures[:, 2:6, 8:14] += 0.1 * strength[:, None, None, None]
    return pictures.astype(np.float32)


def test_the_judge_of_pixels_finds_a_planted_attribute_and_no_other(generator: np.random.Generator) -> None:
    strength = generator.standard_normal(3000)
    labels = np.column_stack([strength > 0, generator.random(3000) < 0.5, np.zeros(3000, bool)])
    pictures = planted_pictures(generator, strength)
    judge = train_judge(pictures, labels, ("patch", "noise", "constant"), hold_out(3000, None, 0), 0)
    assert judge.auc[0] > 0.95 and judge.auc[1] == pytest.approx(0.5, abs=0.05)
    np.testing.assert_array_equal(judge.defined, [True, True, False])
    frames = planted_pictures(generator, np.tile(STEPS, 4)).reshape(4, 10, 16, 16, 3)
    response = attribute_response(judge.logits(frames), STEPS)
    assert response.slope[0] == pytest.approx(1, abs=0.15)  # one deviation of the strength is one of its logit
    assert response.clear(0) and response.strongest == 0 and response.off_target(0)[1] < 0.3


# ---- ranking ----------------------------------------------------------------------------------------------------


def score(dim: int, value: float, attribute: str = "Smiling", region: str = "mouth") -> Score:
    return Score(dim, dict.fromkeys(PARTS), value, attribute, region)


def test_suggestions_differ_in_attribute_or_region_and_say_where_they_do_not() -> None:
    scores = [score(0, 0.5), score(1, 0.9), score(2, 0.8, region="eyes"), score(3, 0.7), score(5, 0.1, "Male")]
    chosen = [(s.score.dim, s.differs) for s in suggest([*scores, score(4, 0.0, "Young")], 6)]
    # another attribute first, then another region, then what repeats both; the one of score 0 never
    assert chosen == [(1, True), (5, True), (2, True), (3, False), (0, False)]
    assert [s.score.dim for s in suggest(scores, 1)] == [1]
    assert [s.score.dim for s in suggest([score(5, 0.3), score(2, 0.3, "Male")], 2)] == [2, 5]


def test_an_attribute_is_specific_above_the_others_and_above_random_directions() -> None:
    response = attribute_response(np.zeros((2, 10, 3)), STEPS)
    response = replace(response, slope=np.array([-0.5, 2.0, 0.1]), error=np.full(3, 0.1))
    able = np.ones(3, np.bool_)
    assert specificity(response, able, 0.0) == specificity(response, able, 1.0) == pytest.approx(0.85)
    assert specificity(response, able, 2.0) == pytest.approx(0.425)
    assert standing_out(response, able, 1.9) == 1 and standing_out(response, able, 2.1) is None
    unclear = replace(response, error=np.full(3, 1.1))
    assert specificity(unclear, able, 0.0) == 0 and standing_out(unclear, able, 0.0) is None


def test_a_score_is_the_weighted_geometric_mean_of_its_known_parts() -> None:
    weights: dict[str, float] = dict.fromkeys(PARTS, 1.0) | {"visible": 2.0, "inside": 0.0}
    parts = dict.fromkeys(PARTS, 1.0) | {"visible": 0.5, "monotone": 0.25, "specific": None, "inside": 0.0}
    assert combine(parts, weights) == pytest.approx(stats.gmean([0.5, 0.5, 0.25, 1, 1]))
    assert combine(parts | {"consistent": 0.0}, weights) == 0


# ---- known factors and the two judges ---------------------------------------------------------------------------


def test_a_reader_reads_planted_factors_and_leaves_out_the_others(generator: np.random.Generator) -> None:
    factors = np.column_stack([generator.standard_normal(800), generator.random(800), np.full(800, 0.3)])
    pictures = planted_pictures(generator, factors[:, 0])
    reader = train_reader(pictures, factors, ("patch", "noise", "constant"), hold_out(800, None, 0), 0)
    assert (reader.names, reader.left_out) == (("patch",), ("noise", "constant"))
    assert reader.r2[0] > 0.9
    sweeps = [planted_pictures(generator, np.tile(size * STEPS, 4)).reshape(4, 10, 16, 16, 3) for size in (0.5, -1.0)]
    truth = measure_truth(reader, (3, 8), sweeps, STEPS)
    assert truth.slope[:, 0] == pytest.approx([0.5, -1.0], rel=0.1)  # in standard deviations of the factor, per sigma
    assert (np.abs(truth.slope) > 10 * truth.error).all()


@pytest.fixture
def truth() -> Truth:
    slope = np.array([[0.8, 0.0, 0.6], [-0.3, 0.1, 0.0], [0.1, 0.0, 0.5], [0.4, 0.1, 0.1], [0.0, 0.0, 0.0]])
    return Truth(
        ("smile", "exposure", "glasses"), np.array([0.9, 0.8, 0.7]), ("hat",), (7, 1, 4, 9, 2), slope, slope / 9
    )


def test_a_four_is_judged_by_what_its_dimensions_really_do(truth: Truth) -> None:
    four = judge_four(truth, "suggested", (7, 4, 9), np.array([1, 2, 3, 2]))
    assert [(r.dim, r.factor) for r in four.readings] == [(7, "smile"), (4, "glasses"), (9, "smile")]
    assert four.readings[0].specificity == pytest.approx(0.64)
    assert four.by_chance == 0.75  # of random choices that name two traits or more
    assert four.traits == 2 and four.response == pytest.approx((0.8 + 0.5 + 0.4) / 3)
    light, draws = replace(truth, names=("smile", "exposure", "warmth")), random_traits(truth, 5, 0)
    assert light.reading(4).nuisance and judge_four(light, "suggested", (7, 4, 9), draws).traits == 1
    assert truth.reading(2).specificity == 0
    assert random_four(truth, "random", draws).traits == judge_four(truth, "all", truth.dims, draws).traits
    assert highest((7, 1, 4), np.array([0.1, 0.9, 0.5]), 2) == (1, 4)


def test_fours_are_compared_whatever_comes_out(truth: Truth) -> None:
    variance, r = np.zeros(10), np.zeros((2, 10))
    variance[[1, 2, 5]], r[1, [9, 4]] = [3, 2, 9], [-0.5, 0.4]  # dimension 5 was not swept
    fours = judge_fours(truth, (7, 4), variance, r, 2, 0)
    dims = {four.rule: tuple(reading.dim for reading in four.readings) for four in fours}
    assert dims == {"suggested": (7, 4), "variance": (1, 2), "correlation": (9, 4), "random": ()}
    assert [four.rule for four in judge_fours(truth, (), variance, None, 2, 0)] == ["variance", "random"]
    assert judge_fours(None, (7,), variance, r, 2, 0) == ()


def test_judges_that_agree_and_judges_that_do_not(generator: np.random.Generator) -> None:
    names, dims = ("a", "b", "c"), (5, 6, 7, 8)
    slopes = generator.standard_normal((4, 3))
    known = np.array([True, False, True])

    def compare(pixels: NDArray[np.float64], error: float = 1e-9) -> Agreement:
        return compare_judges(dims, names, np.stack([slopes, pixels]), np.full((2, 4, 3), error), known)

    same = compare(3 * slopes)  # another scale is no disagreement
    assert (same.names, same.same_strongest, same.clear, same.same_sign) == (("a", "c"), 4, 8, 8)
    assert same.overall == pytest.approx(1) and same.by_attribute == pytest.approx([1, 1])
    opposite = compare(-slopes)
    assert opposite.overall == pytest.approx(-1) and opposite.same_sign == 0
    one_off = slopes.copy()
    one_off[2, 2] = -5 * np.sign(slopes[2, 2])
    for scale in (1, 0.01):
        assert compare(scale * one_off).disagreements[0] == (7, "c", slopes[2, 2], scale * one_off[2, 2])
    spearman = stats.spearmanr(slopes[:, [0, 2]].ravel(), one_off[:, [0, 2]].ravel()).statistic
    assert compare(one_off).overall == pytest.approx(spearman)
    silent = compare(np.zeros((4, 3)), np.inf)
    assert (silent.overall, silent.clear) == (0, 0) and not silent.by_attribute.any()


# ---- the build and the page -------------------------------------------------------------------------------------


@pytest.fixture
def context(tmp_path: Path) -> Context:
    config = SimpleNamespace(data=SimpleNamespace(root=tmp_path), compute=SimpleNamespace(seed=0))
    return Context(config, Store(tmp_path / ".featamp"), SimpleNamespace(), Workers())  # type: ignore[arg-type]


def codes_of(mu: NDArray[np.float32], names: tuple[str, ...]) -> Any:  # noqa: ANN401  what the stages read of the codes
    return SimpleNamespace(
        key="codes", mu=mu, rows=np.arange(len(mu)), dims=mu.shape[1], images=SimpleNamespace(names=names)
    )


def test_known_factors_are_matched_by_image_and_measured(context: Context, generator: np.random.Generator) -> None:
    names = tuple(f"{i:06d}.jpg" for i in range(400))
    values = generator.random((400, 3)).round(6)
    lines = [f"{n},{a},{b},{c}" for n, (a, b, c) in zip(names, values, strict=True)]
    (context.config.data.root / "factors.csv").write_text("\n".join(["image_id,smile,yaw,hat", *lines[::-1]]) + "\n")
    codes = codes_of(values[:, ::-1].astype(np.float32), names)
    factors, _ = read_factors(context, codes)
    assert factors is not None and factors.names == ("smile", "yaw", "hat")
    np.testing.assert_array_equal(factors.values, values)
    result, _ = disentangle(context, codes, factors)
    again, artifacts = disentangle(context, codes, factors)
    assert result is not None and again is not None and artifacts[0].cached
    np.testing.assert_array_equal(result.best, [2, 1, 0])
    assert again.scores == result.scores
    assert disentangle(context, codes_of(codes.mu[:50], names[:50]), factors) == (None, [])


def test_without_known_factors_there_is_nothing_to_read(context: Context) -> None:
    assert read_factors(context, codes_of(np.zeros((2, 2), np.float32), ("1.jpg", "2.jpg"))) == (None, [])


@pytest.mark.parametrize(
    ("text", "words_of_it"),
    [
        ("smile,yaw\n1,2\n", "found columns smile, yaw"),
        ("image_id,smile\n1.jpg,0.5\n", "no row for 2.jpg"),
        ("image_id,smile\n1.jpg,0.5\n1.jpg,0.5\n2.jpg,0.5\n", "1.jpg has two rows"),
        ("image_id,smile\n1.jpg,0.5\n2.jpg,much\n", "smile of 2.jpg is much, expected a number"),
        ("image_id,smile\n1.jpg,0.5\n2.jpg,\n", "smile of 2.jpg is nan, expected a number"),
        ('image_id,smile\n1.jpg,"0.5\n', "not a CSV table"),
        ("", "not a CSV table"),
    ],
)
def test_a_malformed_table_of_factors_is_told_in_one_sentence(context: Context, text: str, words_of_it: str) -> None:
    path = context.config.data.root / "factors.csv"
    path.write_text(text)
    with pytest.raises(InputError) as error:
        read_factors(context, codes_of(np.zeros((2, 2), np.float32), ("1.jpg", "2.jpg")))
    assert words_of_it in str(error.value) and str(path) in str(error.value) and "\n" not in str(error.value)


@pytest.fixture
def trust(simulations: Simulations, truth: Truth, generator: np.random.Generator) -> Trust:
    slopes = generator.standard_normal((2, 5, 2))
    agreement = compare_judges(truth.dims, ("Smiling", "Male"), slopes, np.ones_like(slopes), np.ones(2, bool))
    known = generator.random((600, 3))
    measured = measure_disentanglement(known, known, ("yaw", "hat", "smile"), hold_out(600, None, 0), 0)
    fours = judge_fours(truth, (7, 4), np.arange(10.0), generator.random((2, 10)), 2, 0)
    return Trust(simulations, agreement, True, measured, truth, fours)


Page = Callable[[Trust | None], str]


@pytest.fixture
def page(tmp_path: Path) -> Page:
    """The page of `trust`, its white space made single."""

    findings = sample_findings(tmp_path)

    def render(trust: Trust | None) -> str:
        template = make_environment(replace(findings, trust=trust), None).get_template("trust.html")
        return re.sub("[ \n]+", " ", template.render(page="trust", root=""))

    return render


def test_the_page_states_what_came_out(page: Page, trust: Trust) -> None:
    text = page(trust)
    held = trust.simulations.coverage.held[0].mean()
    assert f"{100 * held:.1f}\N{NO-BREAK SPACE}%" in text
    assert f"All {len(trust.checks)} simulated figures lie where they must" in text
    assert "the model judges itself" in text and "Where they disagree most" in text
    assert "label alignment" not in text and "Codes turned at random" in text
    assert text.count('class="warn"') == (trust.suggestion == "chance")


def test_the_page_says_so_where_a_figure_is_not_what_it_should_be(page: Page, trust: Trust) -> None:
    discovery = replace(trust.simulations.discovery, false=0.3)
    text = page(replace(trust, simulations=replace(trust.simulations, discovery=discovery)))
    assert f"1 of {len(trust.checks)} simulated figures do not lie where they must" in text
    assert '<td><span class="warn">no</span></td>' in text and "30.0\N{NO-BREAK SPACE}% false" in text


def test_without_known_factors_the_page_claims_no_mig(page: Page, trust: Trust) -> None:
    text = page(replace(trust, known=False, disentanglement=None, truth=None, fours=()))
    assert "MIG, SAP and DCI cannot be computed here" in text and "<strong>label alignment</strong>" in text
    assert "suggested by the score" not in text
    bare = page(replace(trust, agreement=None, disentanglement=None, truth=None, fours=()))
    assert "There are no attribute labels" in bare and "too few images" in bare
    assert "Nothing was tested" in page(None)


@pytest.mark.parametrize(
    ("suggested", "other", "by_chance", "verdict", "sentence"),
    [
        (3, 2, 0.01, "most", "as many traits of the person as the best"),
        (2, 3, 0.05, "fewer", "more traits of the person than chance does, and fewer"),
        (
            2,
            1,
            0.59,
            "chance",
            "no more traits of the person than chance does",
        ),
    ],
)
def test_the_page_says_what_the_suggestion_is_worth(
    page: Page, trust: Trust, suggested: int, other: int, by_chance: float, verdict: str, sentence: str
) -> None:
    traits = {"suggested": suggested, "correlation": other, "random": 1.5}
    shown = (four for four in trust.fours if four.rule in traits)
    fours = tuple(replace(four, traits=traits[four.rule], by_chance=by_chance) for four in shown)
    changed = replace(trust, fours=fours)
    assert changed.suggestion == verdict and sentence in page(changed)


def test_the_page_says_how_many_of_the_dimensions_called_nameable_move_a_trait(page: Page, trust: Trust) -> None:
    assert trust.truth is not None
    assert "calls 1 dimension nameable; 1 of them moves a trait of the person most" in page(trust)
    light = replace(trust, truth=replace(trust.truth, names=("exposure", "warmth", "glasses")))
    assert "0 of them move a trait" in page(light)
    assert "a factor of the photograph responds more: 1 exposure" in re.sub("<[^>]*>", "", page(light))


def test_the_table_is_exact(trust: Trust) -> None:
    table = json.loads(trust_table(trust))
    assert table["checks"]["false discoveries"]["value"] == trust.simulations.discovery.false
    assert all(check["holds"] for check in table["checks"].values())
    assert table["simulations"]["coverage"]["held"] == trust.simulations.coverage.held.tolist()
    assert trust.truth is not None and table["truth"]["slope"] == trust.truth.slope.tolist()
    assert [four["rule"] for four in table["fours"]] == ["suggested", "variance", "correlation", "random"]
