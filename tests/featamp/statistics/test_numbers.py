"""Labels that are numbers: Pearson's r of the numbers themselves, and a regression."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score, roc_auc_score

from featamp.io.files.numbers import Numbers, as_values, split_at
from featamp.statistics.correlation import correlate_labels, point_biserial
from featamp.statistics.holdout import Holdout, measure_held_out
from featamp.statistics.interval import residual_interval, robust_intervals
from featamp.statistics.labels.probe import fit_probes
from featamp.statistics.labels.shares import axis_shares
from featamp.statistics.redraws import bootstrap, label_correlations, partial_correlations
from featamp.statistics.variance import rank_by_variance

COUNT = 1200
NAMES = ("smile", "age", "hat")


@dataclass(frozen=True)
class Sample:
    """Codes, of which the first holds an age and the second a smile."""

    mu: NDArray[np.float32]
    labels: NDArray[np.bool_]
    numbers: Numbers
    people: NDArray[np.int64]

    @property
    def age(self) -> NDArray[np.float64]:
        return self.numbers.values[:, 0]


@pytest.fixture
def sample(generator: np.random.Generator) -> Sample:
    mu = (generator.standard_normal((COUNT, 4)) * [3, 1, 0.1, 1] + 5).astype(np.float32)
    age = np.exp(0.2 * (mu[:, 0] - 5) + 0.5 * generator.standard_normal(COUNT)) * 30 + 1e4
    smile = mu[:, 1] + generator.standard_normal(COUNT) > 5
    hat = age + 20 * generator.standard_normal(COUNT) > 10040
    split = split_at(age)
    labels = np.stack([smile, age > split, hat], axis=1)
    people = generator.integers(0, 300, COUNT)
    return Sample(mu, labels, Numbers((1,), age[:, None], (split,)), people)


def test_a_number_that_few_images_decide_is_told(generator: np.random.Generator) -> None:
    normal = generator.standard_normal((COUNT, 3))
    values = np.column_stack(
        [normal[:, 0], np.exp(0.3 * normal[:, 1]), np.exp(1.5 * normal[:, 2])]
    )
    splits = tuple(split_at(column) for column in values.T)
    known = Numbers((0, 1, 2), values, splits)
    told = point_biserial(normal.astype(np.float32), values > splits, NAMES, None, known)
    assert told.long_tailed == ("hat",)
    assert point_biserial(normal.astype(np.float32), values > splits, NAMES).long_tailed == ()


def pearson(x: NDArray[np.float32], y: NDArray[np.float64]) -> float:
    return float(np.corrcoef(x.astype(np.float64), y)[0, 1])


def test_r_of_a_number_is_pearsons_and_groups_are_those_above_its_median(
    sample: Sample, in_blocks: Callable[[int], None]
) -> None:
    plain = point_biserial(sample.mu, sample.labels, NAMES)
    in_blocks(500)
    ours = point_biserial(sample.mu, sample.labels, NAMES, numbers=sample.numbers)
    known = [pearson(column, sample.age) for column in sample.mu.T]
    np.testing.assert_allclose(ours.r[1], known, atol=1e-9)
    assert abs(ours.r[1, 0] - plain.r[1, 0]) > 0.01
    auc = roc_auc_score(sample.age > np.median(sample.age), sample.mu[:, 0])
    assert ours.auc[1, 0] == pytest.approx(auc)
    assert ours.positives[1] == COUNT / 2
    assert (ours.split("age"), ours.split("hat")) == (np.median(sample.age), None)
    np.testing.assert_allclose(ours.d, plain.d)
    plain = point_biserial(sample.mu, sample.labels, NAMES)
    others = point_biserial(sample.mu, sample.labels, NAMES, numbers=sample.numbers)
    for name in ("r", "ci_low", "ci_high", "p"):  # other labels do not see the number
        np.testing.assert_array_equal(getattr(others, name)[::2], getattr(plain, name)[::2])


@pytest.mark.parametrize("by_people", [False, True])
def test_its_interval_is_that_of_the_residuals_of_nothing(
    sample: Sample, by_people: bool, in_blocks: Callable[[int], None]
) -> None:
    in_blocks(64)
    rows, people = np.arange(100, COUNT), sample.people if by_people else None
    r, _ = correlate_labels(sample.mu, sample.labels, rows, numbers=sample.numbers)
    told = robust_intervals(sample.mu, sample.labels, rows, r, people, sample.numbers)
    whose = None if people is None else people[rows]
    for dim, x in enumerate(sample.mu[rows].astype(np.float64).T):
        alone = residual_interval(x, sample.age[rows], np.zeros((len(rows), 0)), whose)
        assert (r[1, dim], told.low[1, dim], told.high[1, dim]) == pytest.approx(alone, abs=1e-6)


def test_held_out_redrawn_and_partial_r_are_of_the_numbers(sample: Sample) -> None:
    holdout = Holdout(np.arange(500), np.arange(500, COUNT), split=True)
    held = measure_held_out(sample.mu, sample.labels, holdout, numbers=sample.numbers)
    rows = holdout.report
    assert held.dims[1] == 0
    assert held.r[1, 0] == pytest.approx(pearson(sample.mu[rows, 0], sample.age[rows]))
    phi = label_correlations(sample.labels, sample.numbers)
    assert phi[1, 2] == pytest.approx(np.corrcoef(sample.age, sample.labels[:, 2])[0, 1], abs=1e-6)
    partials = partial_correlations(
        sample.mu, sample.labels, NAMES, holdout, held, numbers=sample.numbers
    )
    assert partials.held_fixed[2][0] == "age"
    design = np.column_stack([np.ones(len(rows)), sample.age[rows]])
    x, y = sample.mu[rows, held.dims[2]].astype(np.float64), sample.labels[rows, 2].astype(float)
    only = residual_interval(x, y, design[:, 1:])[0]
    given = [as_values(sample.labels, sample.numbers)[rows][:, NAMES.index(n)] for n in NAMES[:2]]
    both = residual_interval(x, y, np.stack(given, axis=1))[0]
    assert partials.r[2] == pytest.approx(both if len(partials.held_fixed[2]) == 2 else only)
    ranking = rank_by_variance(sample.mu, sample.mu * 0)
    r, _ = correlate_labels(sample.mu, sample.labels, np.arange(COUNT), numbers=sample.numbers)
    stability = bootstrap(sample.mu, sample.labels, r, ranking, 0, numbers=sample.numbers)
    assert stability.frequency[1, 0] == 1.0
    assert stability.tied[1].tolist() == [True, False, False, False]


def test_the_probe_of_a_number_is_a_linear_regression(sample: Sample) -> None:
    holdout = Holdout(np.arange(600), np.arange(600, COUNT), split=True)
    plain = fit_probes(sample.mu, sample.labels, NAMES, holdout, 0)
    probes = fit_probes(sample.mu, sample.labels, NAMES, holdout, 0, sample.numbers)
    known = LinearRegression().fit(sample.mu[:600], sample.age[:600])
    predicted, true = known.predict(sample.mu[600:]), sample.age[600:]
    assert probes.r_squared[1] == pytest.approx(r2_score(true, predicted), abs=0.01)
    assert probes.auc[1] == pytest.approx(
        roc_auc_score(true > sample.numbers.splits[0], predicted), abs=0.005
    )
    assert np.isnan(probes.r_squared[[0, 2]]).all()
    np.testing.assert_array_equal(probes.weights[::2], plain.weights[::2])
    held = measure_held_out(sample.mu, sample.labels, holdout, numbers=sample.numbers)
    shares = axis_shares(
        sample.mu, sample.labels, holdout, held, probes, np.linspace(0, 1, 9), None, sample.numbers
    )
    whole = np.corrcoef(predicted, true)[0, 1]
    r = pearson(sample.mu[600:, 0], true)
    assert shares.share[1] == pytest.approx(min(1.0, (r / whole) ** 2), abs=0.02)


@pytest.mark.parametrize(
    ("values", "split"), [([1, 2, 3, 4], 2.5), ([1, 2, 3, 3, 3], 2.0), ([7, 7], 7.0)]
)
def test_the_split_leaves_some_above_it_where_any_can_lie_there(
    values: list[float], split: float
) -> None:
    assert split_at(np.array(values, np.float64)) == split


def test_a_number_that_does_not_vary_says_nothing(sample: Sample) -> None:
    same = Numbers((1,), np.full((COUNT, 1), 0.1), (0.1,))
    labels = sample.labels & np.array([True, False, True])
    ours = point_biserial(sample.mu, labels, NAMES, numbers=same)
    assert not ours.defined[1].any()
    assert ours.constant == ("age",)


def test_r_squared_counts_a_mean_that_has_moved_since_the_fit(
    generator: np.random.Generator,
) -> None:
    mu = generator.standard_normal((1000, 2)).astype(np.float32)
    age = mu[:, 0].astype(np.float64) + np.where(np.arange(1000) < 500, 0.0, 2.0)
    numbers = Numbers((0,), age[:, None], (1.0,))
    holdout = Holdout(np.arange(500), np.arange(500, 1000), split=True)
    found = fit_probes(mu, age[:, None] > 1, ("age",), holdout, 0, numbers).r_squared[0]
    assert found == pytest.approx(1 - 4 / age[500:].var(), rel=0.02)
