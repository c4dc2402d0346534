"""How far the best dimension of an attribute can be trusted."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest

from featamp.statistics.correlation import correlate_labels, point_biserial
from featamp.statistics.holdout import hold_out, measure_held_out
from featamp.statistics.labels.probe import fit_probes
from featamp.statistics.labels.shares import axis_shares
from featamp.statistics.labels.weigh import LabelStatistics, share_by_chance, weigh_attributes
from featamp.statistics.redraws import (
    assign,
    bootstrap,
    confounders,
    label_correlations,
    partial_correlations,
)
from featamp.statistics.variance import rank_by_variance


def test_partial_r_is_that_of_regression_residuals_of_the_images_that_judge(
    generator: np.random.Generator,
) -> None:
    common = generator.standard_normal((3000, 1))
    codes = (common * [0.8, 0.3, 0.0] + generator.standard_normal((3000, 3))).astype(np.float32)
    labels = (common + generator.standard_normal((3000, 3))) > [0, 0.5, -0.3]
    np.testing.assert_allclose(label_correlations(labels), np.corrcoef(labels.T), atol=1e-12)
    holdout = hold_out(3000, None, 0)
    held_out = measure_held_out(codes, labels, holdout)
    ours = partial_correlations(codes, labels, ("a", "b", "c"), holdout, held_out)
    rows = holdout.report
    for a, fixed in enumerate(ours.held_fixed):
        given = labels[rows][:, ["abc".index(name) for name in fixed]]
        design = np.column_stack([np.ones(len(rows)), given])
        rest = [
            y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
            for y in (labels[rows, a].astype(float), codes[rows, held_out.dims[a]].astype(float))
        ]
        assert len(fixed) == 2 and ours.r[a] == pytest.approx(np.corrcoef(rest)[0, 1], abs=1e-9)
        assert ours.low[a] < ours.r[a] < ours.high[a]
        assert abs(ours.r[a]) < abs(held_out.at_dims(held_out.r)[a])


def test_partial_intervals_of_shuffled_labels_leave_out_zero_as_seldom_as_they_say(
    generator: np.random.Generator,
) -> None:
    names = tuple("abcdefghij")
    common = generator.standard_normal((600, 1))
    labels = common + generator.standard_normal((600, 10)) > 0.5
    missed = []
    for _ in range(20):
        codes = generator.standard_normal((600, 64)).astype(np.float32)
        holdout = hold_out(600, None, 0)
        held_out = measure_held_out(codes, labels, holdout)
        told = partial_correlations(codes, labels, names, holdout, held_out)
        missed.append(np.mean((told.low > 0) | (told.high < 0)))
    assert np.mean(missed) < 0.1  # on the images that choose it would be 4 of 5


def test_confounders_are_the_known_ones_or_those_it_goes_with_most() -> None:
    names = ("Male", "Wearing_Lipstick", "Bald", "Young")
    phi = np.array(
        [[1, -0.8, 0.2, 0.1], [-0.8, 1, -0.3, 0], [0.2, -0.3, 1, 0.05], [0.1, 0, 0.05, 1]]
    )
    assert confounders("Male", names, phi) == ("Wearing_Lipstick",)
    assert confounders("Bald", names, phi) == ("Wearing_Lipstick", "Male")
    phi[0, 1] = phi[1, 0] = 0.0  # a label that never varies
    assert confounders("Male", names, phi) == ("Bald", "Young")


def test_assignment_is_the_best_of_all(generator: np.random.Generator) -> None:
    for _ in range(20):
        r = generator.uniform(-1, 1, (3, 5))
        best = max(permutations(range(5), 3), key=lambda dims: np.abs(r[range(3), dims]).sum())
        assert tuple(assign(r)) == best
    assert tuple(assign(np.array([[0.9, 0.8], [0.9, 0.1]]))) == (
        1,
        0,
    )  # one dimension does not win both


def test_poisson_redraws_choose_as_an_ordinary_bootstrap_does(
    generator: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    latent = generator.standard_normal((500, 1))
    spread = np.array([1, 2, 3, 40])
    codes = (
        spread * (latent * [0.5, 0.45, 0.22, 0] + generator.standard_normal((500, 4)))
    ).astype(np.float32)
    labels = latent > 0.2
    r, _ = correlate_labels(codes, labels, np.arange(500))
    monkeypatch.setattr("featamp.statistics.redraws.REDRAWS", 1000)
    result = bootstrap(codes, labels, r, rank_by_variance(codes, codes * 0), 0)
    frequency, tied, low, high = vars(result).values()
    redrawn = [
        correlate_labels(codes, labels, generator.integers(0, 500, 500))[0][0] for _ in range(1000)
    ]
    winners = np.abs(redrawn).argmax(axis=1)
    np.testing.assert_allclose(frequency[0], np.bincount(winners, minlength=4) / 1000, atol=0.06)
    gaps = np.abs(redrawn)[:, [np.abs(r[0]).argmax()]] - np.abs(redrawn)
    apart = np.abs(r[0]).max() - np.abs(r[0])
    np.testing.assert_array_equal(tied[0], apart <= 2 * gaps.std(axis=0))
    assert 2 < apart[2] / gaps[:, 2].std() < 3  # a limit of 3 errors would take it in
    assert tied[0].tolist() == [True, True, False, False]
    assert (low[3], high[3]) == (1, 1) and (low[0], high[0]) == (4, 4)


def test_block_size_of_the_bootstrap_only_deals_other_redraws(
    generator: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = generator.standard_normal((300, 3)).astype(np.float32)
    labels = codes[:, :1] > 0
    r, _ = correlate_labels(codes, labels, np.arange(300))
    for block in (300, 64):
        ranking = rank_by_variance(codes, codes * 0)
        monkeypatch.setattr("featamp.statistics.redraws.BLOCK", block)
        frequency = bootstrap(codes, labels, r, ranking, 0).frequency
        np.testing.assert_array_equal(frequency, [[1, 0, 0]])


def test_a_rank_interval_spans_dimensions_of_equal_variance(
    generator: np.random.Generator,
) -> None:
    codes = (generator.standard_normal((400, 5)) * [9, 1, 1, 1, 0]).astype(np.float32)
    labels = generator.random((400, 1)) < 0.5
    ranking = rank_by_variance(codes, codes * 0)
    r, _ = correlate_labels(codes, labels, np.arange(400))
    result = bootstrap(codes, labels, r, ranking, 0)
    assert (result.rank_low[0], result.rank_high[0]) == (1, 1) and (
        result.rank_low[4],
        result.rank_high[4],
    ) == (5, 5)
    assert result.rank_low[1:4].max() <= 3 and result.rank_high[1:4].min() >= 3


def test_what_is_held_out_of_constant_and_one_sided_attributes_is_undefined_without_nan(
    generator: np.random.Generator,
) -> None:
    codes = generator.standard_normal((100, 4)).astype(np.float32)
    holdout = hold_out(100, None, 0)
    labels = np.zeros((100, 3), bool)
    labels[holdout.select[0], 1] = True  # nobody in the other half has it
    labels[::2, 2] = True
    r, _ = correlate_labels(codes, labels, np.arange(100))
    result = measure_held_out(codes, labels, holdout)
    np.testing.assert_array_equal(result.at_dims(result.defined), [False, False, True])
    redrawn = bootstrap(codes, labels, r, rank_by_variance(codes, codes * 0), 0)
    numbers = [*vars(result).values(), *vars(redrawn).values()]
    assert all(np.isfinite(x).all() for x in numbers if isinstance(x, np.ndarray))
    probes = fit_probes(codes, labels, ("a", "b", "c"), holdout, 0)
    np.testing.assert_array_equal(probes.defined, [False, False, True])
    assert probes.auc[0] == 0.5 and not probes.weights[:2].any()


def test_a_bootstrap_reads_every_block(
    generator: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("featamp.statistics.redraws.BLOCK", 100)
    labels = generator.random((400, 1)) < 0.5
    codes = generator.standard_normal((400, 2)).astype(np.float32)
    codes[:100, 0] = labels[:100, 0]  # the relation turns over after the first block
    codes[100:, 1] = labels[100:, 0]
    r, _ = correlate_labels(codes, labels, np.arange(400))
    ranking = rank_by_variance(codes, codes * 0)
    frequency = bootstrap(codes, labels, r, ranking, 0).frequency
    np.testing.assert_array_equal(frequency, [[0, 1]])


def test_the_reported_auc_is_turned_as_the_selected_r_is(generator: np.random.Generator) -> None:
    codes = generator.standard_normal((400, 3)).astype(np.float32)
    labels = np.stack([codes[:, 0] > 0, codes[:, 1] < 0], axis=1)
    result = measure_held_out(codes, labels, hold_out(400, None, 0))
    assert result.dims.tolist() == [0, 1]
    chosen = result.at_dims(result.r_chosen)
    assert (chosen[0] > 0.5, chosen[1] < -0.5) == (True, True)
    np.testing.assert_allclose(result.at_dims(result.auc), 1)


def test_every_pair_is_held_out_on_the_other_half_alone(generator: np.random.Generator) -> None:
    codes = generator.standard_normal((301, 19)).astype(np.float32)
    labels = codes[:, :2] + generator.standard_normal((301, 2)) > [0.2, -0.5]
    holdout = hold_out(301, None, 0)
    result, others = measure_held_out(codes, labels, holdout), holdout.report
    assert (result.chosen_on, result.count) == (150, 151)
    for attribute, dim in ((0, 0), (1, 18), (0, 17)):
        x, y = codes[others, dim], labels[others, attribute]
        r = np.corrcoef(x, y)[0, 1]
        assert result.r[attribute, dim] == pytest.approx(r, abs=1e-6)
        ends = np.tanh(np.arctanh(r) + np.array([-1, 1]) * 1.959964 / np.sqrt(148))
        found = result.low[attribute, dim], result.high[attribute, dim]
        assert found == pytest.approx(ends, abs=0.03)  # near Fisher's: the codes are normal
        auc = (x[y][:, None] > x[~y][None, :]).mean()
        turned = auc if result.r_chosen[attribute, dim] >= 0 else 1 - auc
        assert result.auc[attribute, dim] == pytest.approx(turned)


def test_positives_are_counted_on_the_images_that_judge(generator: np.random.Generator) -> None:
    codes = generator.standard_normal((200, 2)).astype(np.float32)
    holdout = hold_out(200, None, 0)
    labels = np.zeros((200, 1), bool)
    labels[holdout.select[:50]] = labels[holdout.report[:7]] = True
    result = measure_held_out(codes, labels, holdout)
    assert result.positives.tolist() == [7]
    assert (result.chosen_on, result.count) == (100, 100)


def test_people_are_drawn_whole(generator: np.random.Generator) -> None:
    codes = generator.standard_normal((30, 6)).astype(np.float32)
    labels = codes[:, :2] + generator.standard_normal((30, 2)) > 0
    people = np.repeat(np.arange(30), 10)  # ten images of each, all the same, tell no more
    ranking = rank_by_variance(codes, codes * 0)
    r, _ = correlate_labels(codes, labels, np.arange(30))
    one = bootstrap(codes, labels, r, ranking, 0)
    ten = bootstrap(codes[people], labels[people], r, ranking, 0, people)
    np.testing.assert_array_equal(ten.frequency, one.frequency)
    np.testing.assert_array_equal(ten.rank_high, one.rank_high)
    np.testing.assert_array_equal(ten.tied, one.tied)


def test_each_attribute_has_its_own_row_of_frequencies(generator: np.random.Generator) -> None:
    codes = generator.standard_normal((300, 3)).astype(np.float32)
    labels = codes[:, [2, 0]] > 0
    r, _ = correlate_labels(codes, labels, np.arange(300))
    frequency = bootstrap(codes, labels, r, rank_by_variance(codes, codes * 0), 0).frequency
    np.testing.assert_array_equal(frequency, [[0, 0, 1], [1, 0, 0]])


def test_a_random_axis_has_the_mean_share_and_one_in_twenty_more_than_the_next() -> None:
    assert share_by_chance(np.arange(101.0) ** 2) == pytest.approx((3350.0, 95.0**2))


def test_a_target_that_left_its_best_dimension_to_another_is_not_unstable(
    generator: np.random.Generator,
) -> None:
    codes = generator.standard_normal((600, 3)).astype(np.float32)
    labels = np.stack([codes[:, 0] > 0, codes[:, 1] + codes[:, 2] > 0], axis=1)
    names, holdout = ("a", "b"), hold_out(600, None, 0)
    held_out = measure_held_out(codes, labels, holdout)
    correlations = point_biserial(codes, labels, names)
    probes = fit_probes(codes, labels, names, holdout, 0)
    statistics = LabelStatistics(
        held_out=held_out,
        stability=bootstrap(codes, labels, correlations.r, rank_by_variance(codes, codes), 0),
        probes=probes,
        shares=axis_shares(codes, labels, holdout, held_out, probes, np.zeros(1)),
        null_share=(0.0, 0.0),
        partials=partial_correlations(codes, labels, names, holdout, held_out),
        judge_auc=np.full(2, 0.5),
    )
    weighed = weigh_attributes(correlations, statistics, {"a": 1})["a"]
    assert (weighed.on_all.dim, weighed.on_all.best) == (1, 0)
    assert weighed.held_out is not None and weighed.held_out.dim == 0
    assert "unstable" not in weighed.doubts
    assert weighed.on_all.tied == () and "tied" not in weighed.doubts
    other = replace(statistics, held_out=replace(held_out, dims=np.array([2, 1])))
    assert "unstable" in weigh_attributes(correlations, other, {"a": 1})["a"].doubts


def test_rank_intervals_hold_the_ranks_at_the_ends(generator: np.random.Generator) -> None:
    true, sigma, held = np.arange(1, 65), np.exp(np.linspace(0.3, 0.0, 64)), []
    for seed in range(12):
        mu = (generator.standard_normal((300, 64)) * sigma).astype(np.float32)
        ranking = rank_by_variance(mu, np.zeros_like(mu))
        found = bootstrap(mu, np.zeros((300, 1), np.bool_), np.zeros((1, 64)), ranking, seed)
        held.append((found.rank_low <= true) & (true <= found.rank_high))
    ends = np.array(held)[:, [*range(5), *range(-5, 0)]]
    assert ends.mean() >= 0.92
