"""Linear probes against scikit-learn, and the share of one dimension."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy import stats
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from featamp.statistics.holdout import HeldOut, Holdout
from featamp.statistics.probe import PENALTY, Probes, axis_share, fit_probes, random_axis_share


def probes_of(correlation: list[float], auc: float = 0.9) -> Probes:
    """Probes of attributes a, b, ... that find so much of them on 1,000 images."""
    count = len(correlation)
    names, blank = tuple("abcdefgh"[:count]), np.zeros((count, 3))
    known = np.ones(count, np.bool_)
    return Probes(
        names, blank, np.ones(count), np.full(count, auc), np.array(correlation), known, 1000
    )


def held_out(chosen: list[float], others: list[float]) -> HeldOut:
    """One dimension, its r on the images that chose it and on the others, an attribute each."""
    (r_chosen, r), none = (np.array(x)[:, None] for x in (chosen, others)), np.zeros(len(others))
    dims, empty = none.astype(np.int64), none[:, None]
    known = np.ones_like(empty, np.bool_)
    return HeldOut(dims, r_chosen, r, r, r, empty, known, dims, 500, 500, False)


def test_a_probe_is_scikit_learns_on_the_same_fold(generator: np.random.Generator) -> None:
    codes = (generator.standard_normal((800, 6)) * [1, 5, 0.2, 1, 1, 1]).astype(np.float32)
    labels = (codes[:, 0] + codes[:, 1] / 5 + generator.standard_normal(800) > 1)[:, None]
    fit, report = np.arange(500), np.arange(500, 800)
    probes = fit_probes(codes, labels, ("a",), Holdout(fit, report, split=True), 0)
    scaled = (codes - codes[fit].mean(axis=0)) / codes[fit].std(axis=0)
    model = LogisticRegression(C=PENALTY, tol=1e-8).fit(scaled[fit], labels[fit, 0])
    logits = model.decision_function(scaled[report])
    assert probes.auc[0] == pytest.approx(roc_auc_score(labels[report, 0], logits), abs=1e-3)
    assert probes.correlation[0] == pytest.approx(
        np.corrcoef(logits, labels[report, 0])[0, 1], abs=1e-3
    )
    np.testing.assert_allclose(
        probes.weights[0], model.coef_[0] / codes[fit].std(axis=0), atol=2e-3
    )
    assert probes.spread[0] == pytest.approx((codes.astype(float) @ probes.weights[0]).std())


def test_a_probe_tells_what_it_finds_and_names_only_what_it_finds_well() -> None:
    assert probes_of([0.5, 0.02, -0.5]).told.tolist() == [True, False, False]
    limit = np.tanh(stats.norm.ppf(0.975) / np.sqrt(1000 - 3))  # of 1,000 images
    assert probes_of([1.01 * limit, 0.99 * limit]).told.tolist() == [True, False]
    assert probes_of([0.5], auc=0.69).told.all() and not probes_of([0.5], auc=0.69).able.any()
    assert probes_of([0.5], auc=0.7).able.all()


def test_axis_share_is_at_most_one_and_its_null_is_that_of_random_vectors(
    generator: np.random.Generator,
) -> None:
    probes = probes_of(correlation=[0.6, 0.4, 0.5, 0.02])
    share = axis_share(held_out([0.4, 0.6, -0.2, 0.1], [0.3, 0.5, 0.2, 0.1]), probes)
    assert share[:3] == pytest.approx(
        [0.25, 1, 0]
    )  # the third has changed its sign: it explains nothing
    assert np.isnan(share[3])  # what the probe finds is no more than chance
    mean, high = random_axis_share(256, 0)
    assert (mean, high) == pytest.approx((0.037, 0.053), abs=0.001)
    vectors = generator.standard_normal((2000, 8))
    largest = (np.square(vectors) / np.square(vectors).sum(axis=1, keepdims=True)).max(axis=1)
    assert random_axis_share(8, 0) == pytest.approx(
        (largest.mean(), np.quantile(largest, 0.95)), abs=0.02
    )


def test_codes_that_have_collapsed_tell_nothing_and_raise_no_warning(
    generator: np.random.Generator,
) -> None:
    labels = generator.random((100, 1)) < 0.5
    halves = Holdout(np.arange(50), np.arange(50, 100), split=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        probes = fit_probes(np.zeros((100, 4), np.float32), labels, ("a",), halves, 0)
    assert not probes.defined.any() and not probes.told.any()


def test_a_probe_counts_each_image_that_it_was_judged_on_once(
    generator: np.random.Generator,
) -> None:
    codes = generator.standard_normal((90, 2)).astype(np.float32)
    labels = codes[:, :1] > 0
    fit, judge = np.arange(60), np.arange(60, 90)
    split, halves = (
        fit_probes(codes, labels, ("a",), Holdout(fit, judge, split), 0) for split in (True, False)
    )
    assert (split.judged, halves.judged) == (30, 90)  # halves judge each other
