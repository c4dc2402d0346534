"""Linear probes against scikit-learn, and the share of one dimension."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from featamp.statistics.holdout import Holdout, hold_out, measure_held_out
from featamp.statistics.labels.probe import PENALTY, fit_probes
from featamp.statistics.labels.shares import axis_shares, random_axis_shares


def test_a_probe_is_scikit_learns_on_the_same_fold(generator: np.random.Generator) -> None:
    codes = (generator.standard_normal((800, 6)) * [1, 5, 0.2, 1, 1, 1]).astype(np.float32)
    labels = (codes[:, 0] + codes[:, 1] / 5 + generator.standard_normal(800) > 1)[:, None]
    fit, report = np.arange(500), np.arange(500, 800)
    probes = fit_probes(codes, labels, ("a",), Holdout(fit, report, split=True), 0)
    scaled = (codes - codes[fit].mean(axis=0)) / codes[fit].std(axis=0)
    model = LogisticRegression(C=1 / PENALTY, tol=1e-8).fit(scaled[fit], labels[fit, 0])
    logits = model.decision_function(scaled[report])
    assert probes.auc[0] == pytest.approx(roc_auc_score(labels[report, 0], logits), abs=1e-3)
    assert probes.correlation[0] == pytest.approx(
        np.corrcoef(logits, labels[report, 0])[0, 1], abs=1e-3
    )
    np.testing.assert_allclose(
        probes.weights[0], model.coef_[0] / codes[fit].std(axis=0) / logits.std(), atol=2e-3
    )
    assert probes.logits(codes[report]).std() == pytest.approx(1.0)


def test_groups_lie_as_far_apart_in_a_logit_as_its_r_says_on_images_never_seen(
    generator: np.random.Generator,
) -> None:
    """Of few images the two folds fit much noise, each its own, which their mean has half of."""
    ratios = []
    for _ in range(20):
        codes = generator.standard_normal((4300, 80)).astype(np.float32)
        labels = (codes[:, :1] + 2 * generator.standard_normal((4300, 1)) > 1.5).astype(bool)
        probes = fit_probes(codes[:300], labels[:300], ("a",), hold_out(300, None, 0), 0)
        logits, has = probes.logits(codes[300:])[:, 0], labels[300:, 0]
        spread = labels[:300].std()
        apart = logits[has].mean() - logits[~has].mean()
        ratios.append((apart, probes.correlation[0] / spread))
    apart, told = np.mean(ratios, axis=0)
    assert apart == pytest.approx(told, rel=0.1)


@pytest.mark.parametrize("images", [1, 10])
def test_a_probe_tells_what_is_no_chance(images: int, generator: np.random.Generator) -> None:
    """Of labels that go with nothing one in 40 is told, of people with many images no more."""
    told = []
    for seed in range(8):
        whose = np.repeat(np.arange(1000 // images), images)
        people = None if images == 1 else whose
        own, noise = generator.standard_normal((2, 1000, 16))
        codes = (own[whose] + 0.5 * noise).astype(np.float32)
        labels = (generator.random((1000, 40)) < 0.3)[whose]
        labels[:, 39] = codes[:, 0] > 0
        holdout, names = hold_out(1000, None, seed, people), tuple(map(str, range(40)))
        told.append(fit_probes(codes, labels, names, holdout, seed, people=people).told)
    assert np.mean(np.array(told)[:, :39]) < 0.05 and np.all(np.array(told)[:, 39])


def test_the_null_of_a_share_is_that_of_random_vectors(generator: np.random.Generator) -> None:
    shares = random_axis_shares(256, 0)
    assert (shares.mean(), np.quantile(shares, 0.95)) == pytest.approx((0.037, 0.053), abs=0.001)
    vectors = generator.standard_normal((2000, 8))
    largest = (np.square(vectors) / np.square(vectors).sum(axis=1, keepdims=True)).max(axis=1)
    assert np.median(random_axis_shares(8, 0)) == pytest.approx(np.median(largest), abs=0.02)


def test_the_share_of_an_axis_and_its_interval_are_those_of_the_images_that_judge(
    generator: np.random.Generator,
) -> None:
    weights = np.array([0.8, 0.6, 0.0])  # dimension 0 has .64 of what a perfect probe finds
    found = []
    for _ in range(40):
        codes = generator.standard_normal((1200, 3)).astype(np.float32)
        noise = generator.standard_normal((2, 1200))
        labels = np.stack([codes @ weights + 0.5 * noise[0] > 0, noise[1] > 0], axis=1)
        holdout = hold_out(1200, None, 0)
        held_out = measure_held_out(codes, labels, holdout)
        probes = fit_probes(codes, labels, ("a", "noise"), holdout, 0)
        null = random_axis_shares(3, 0)
        shares = axis_shares(codes, labels, holdout, held_out, probes, null)
        found.append((shares.share[0], shares.low[0], shares.high[0]))
        assert not probes.told[1] or 0 <= shares.share[1] <= 1
        assert probes.told[1] or np.isnan(shares.share[1])  # nothing to have a share of
    share, low, high = np.array(found).T
    assert share.mean() == pytest.approx(0.64, abs=0.02)
    assert ((low <= 0.64) & (high >= 0.64)).sum() >= 35


def test_a_share_on_the_images_of_one_person_is_of_no_certainty(
    generator: np.random.Generator,
) -> None:
    codes = generator.standard_normal((400, 3)).astype(np.float32)
    labels = (codes[:, 0] + generator.standard_normal(400) > 0)[:, None]
    people = np.arange(400) % 2  # each of the halves is one of the two
    holdout = hold_out(400, None, 0, people)
    held_out = measure_held_out(codes, labels, holdout, people)
    probes = fit_probes(codes, labels, ("a",), holdout, 0)
    null = random_axis_shares(3, 0)
    found = axis_shares(codes, labels, holdout, held_out, probes, null, people)
    assert [found.low[0], found.high[0], found.p[0]] == [0, 1, 1] and found.share[0] > 0.5


def test_axes_that_mean_nothing_seldom_have_more_than_a_random_one(
    generator: np.random.Generator,
) -> None:
    """On few images a share is far from exact: half of them would beat the exact null."""
    codes = generator.standard_normal((600, 64)).astype(np.float32)
    turned = generator.standard_normal((64, 60)) / 8
    labels = codes @ turned + generator.standard_normal((600, 60)) > 0
    holdout = hold_out(600, None, 0)
    held_out = measure_held_out(codes, labels, holdout)
    probes = fit_probes(codes, labels, tuple(map(str, range(60))), holdout, 0)
    null = random_axis_shares(64, 0)
    shares = axis_shares(codes, labels, holdout, held_out, probes, null)
    told = ~np.isnan(shares.share)
    assert told.sum() > 50 and (shares.p[told] < 0.05).mean() < 0.1
    assert (null < np.nanmax(shares.share)).mean() > 0.99  # by the exact null it would pass


def test_where_no_image_is_left_to_judge_nothing_is_defined(
    generator: np.random.Generator,
) -> None:
    codes = generator.standard_normal((20, 3)).astype(np.float32)
    none = Holdout(np.arange(20), np.arange(0), split=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for holdout in (none, replace(none, select=none.report, report=none.select)):
            probes = fit_probes(codes, codes[:, :1] > 0, ("a",), holdout, 0)
            assert not probes.defined.any() and not probes.weights.any()


def test_codes_that_have_collapsed_tell_nothing_and_raise_no_warning(
    generator: np.random.Generator,
) -> None:
    labels = generator.random((100, 1)) < 0.5
    halves = Holdout(np.arange(50), np.arange(50, 100), split=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        probes = fit_probes(np.zeros((100, 4), np.float32), labels, ("a",), halves, 0)
    assert not probes.defined.any() and not probes.told.any()


def test_a_dimension_that_turned_explains_nothing_and_one_that_falls_as_much(
    generator: np.random.Generator,
) -> None:
    codes = generator.standard_normal((800, 3)).astype(np.float32)
    labels = codes[:, :1] + generator.standard_normal((800, 1)) > 0
    holdout, null = hold_out(800, None, 0), random_axis_shares(3, 0)
    found = []
    for x in (codes, codes * np.array([-1, 1, 1], np.float32)):
        held_out = measure_held_out(x, labels, holdout)
        probes = fit_probes(x, labels, ("a",), holdout, 0)
        for held in (held_out, replace(held_out, r_chosen=-held_out.r_chosen)):
            found.append(axis_shares(x, labels, holdout, held, probes, null).share[0])
    assert found == pytest.approx([found[0], 0, found[0], 0], abs=1e-5) and found[0] > 0.9


@pytest.mark.parametrize("split", [True, False])
def test_the_probes_beside_a_dimension_were_fitted_on_people_apart(
    split: bool, generator: np.random.Generator
) -> None:
    """Each is one of a half: what changes there changes it alone."""
    people = np.repeat(np.arange(100), 3)
    codes = generator.standard_normal((300, 3)).astype(np.float32)
    labels = codes[:, :1] + generator.standard_normal((300, 1)) > 0
    holdout = Holdout(np.arange(198), np.arange(198, 300), split=split)

    def pair(labels: NDArray[np.bool_]) -> NDArray[np.float64]:
        weights = fit_probes(codes, labels, ("a",), holdout, 0, people=people).pair[:, 0]
        return np.asarray(weights / np.linalg.norm(weights, axis=1, keepdims=True))

    other, before = labels.copy(), pair(labels)
    other[people == 20] ^= True
    changed = np.abs(pair(other) - before).max(axis=1) > 1e-6
    assert changed.sum() == 1


@pytest.mark.parametrize(("count", "dims", "split"), [(1000, 64, False), (3000, 256, True)])
def test_a_share_is_beside_the_best_direction_however_few_images_a_probe_learns_on(
    count: int, dims: int, split: bool, generator: np.random.Generator
) -> None:
    """Half of what can be told is in dimension 0; beside the probe's own R it would have .7."""
    rest = generator.standard_normal((dims, 30))
    rest[0] = 0
    weights = rest / np.linalg.norm(rest, axis=0)
    weights[0] = 1
    codes = generator.standard_normal((count, dims)).astype(np.float32)
    labels = codes @ weights + 1.5 * generator.standard_normal((count, 30)) > 0.8
    holdout = hold_out(count, None, 0)
    if split:
        holdout = replace(holdout, split=True)
    held_out = measure_held_out(codes, labels, holdout)
    probes = fit_probes(codes, labels, tuple(map(str, range(30))), holdout, 0)
    found = axis_shares(codes, labels, holdout, held_out, probes, random_axis_shares(dims, 0))
    assert probes.told.all() and np.nanmean(found.share) == pytest.approx(0.5, abs=0.08)
    assert np.mean((found.low <= 0.5) & (found.high >= 0.5)) >= 0.9
