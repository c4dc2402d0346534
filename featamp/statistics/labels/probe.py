"""A straight line through the codes for each attribute: what all dimensions tell together, as well
as these images teach it, and a direction.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featamp.arrays import divided
from featamp.io.files.numbers import Numbers, as_values
from featamp.statistics.blocks import blocks_of
from featamp.statistics.correlation import area_under_curve
from featamp.statistics.holdout import Holdout, Rows, hold_out
from featamp.statistics.interval import residual_interval
from featamp.statistics.labels.logistic import fit_logistic

Float32 = NDArray[np.float32]
Float = NDArray[np.float64]

PENALTY = 100.0
"""Strength of the L2 penalty on weights of standardised features (1 / scikit-learn's C)."""
RIDGES = np.logspace(-1.0, 4.0, 11)
"""L2 penalties of a regression, of which the images that it is fitted on choose one, each left out
in turn (generalised cross-validation)."""
MOST = 20_000
"""Images a fit uses at most: more no longer change it, and the memory stays bounded."""


@dataclass(frozen=True)
class Probes:
    """One linear probe an attribute, logit = weights . features + constant: a logistic regression
    where the attribute is there or not, a ridge regression where it is a number. Then the logit is
    what is predicted of the number, and those that have the attribute are those above its median.

    Attributes
    ----------
    names : attribute names.
    weights : [attribute, feature] change of the logit for a change of one raw unit of the feature,
        in standard deviations of the logit; 0 where undefined. The mean over folds, each in those
        of its own logit on the images that judge it, as its R is: the mean of two logits that
        disagree varies less than either, while groups lie as far apart in it.
    pair : [2, attribute, feature] the same of two probes that were fitted on images, and people,
        apart: of both folds; beside a test split, on halves of the other images.
    auc : [attribute] held-out AUC, the mean over folds; 0.5 where undefined.
    correlation : [attribute] held-out correlation R of the logit with the label, the mean over
        folds.
    defined : [attribute] False where either label is missing in a part of a fold, or no feature
        varies in it.
    low : [attribute] lower end of the 95 % interval of R, the mean over folds; -1 where nothing is
        known. With no signal two folds have nearly the same R, since both ask whether the halves
        go with the label in the same way: their mean is no surer than either.
    r_squared : [attribute] held-out R^2 of the regressions, the mean over folds; nan of a logistic
        one and where undefined.
    """

    names: tuple[str, ...]
    weights: Float
    pair: Float
    auc: Float
    correlation: Float
    defined: NDArray[np.bool_]
    low: Float
    r_squared: Float

    @property
    def told(self) -> NDArray[np.bool_]:
        """[attribute] whether the probe finds the attribute at all: the 95 % interval of its R
        lies above 0.
        """
        return np.asarray(self.defined & (self.low > 0), np.bool_)

    def logits(self, features: NDArray[np.float32]) -> Float:
        """Logits [..., attribute] of features [..., feature], up to a constant, in the standard
        deviations of `weights`.
        """
        return np.asarray(features.astype(np.float64) @ self.weights.T, np.float64)


def fit_probes(
    features: NDArray[np.float32],
    labels: NDArray[np.bool_],
    names: tuple[str, ...],
    holdout: Holdout,
    seed: int,
    numbers: Numbers | None = None,
    people: NDArray[np.int64] | None = None,
) -> Probes:
    """Fit an L2 logistic regression for each attribute, a ridge regression for one that is a
    number, and judge it on images that it has not seen.

    Parameters
    ----------
    features : [image, feature] posterior means, raw units (or other features of the images).
    labels : bool [image, attribute].
    holdout : the two parts; halves are cross-fitted.
    seed : of the choice of images where there are more than `MOST` in a part.
    numbers : of the labels that are numbers; all others, and where there are none, are classified.
    people : [image] as in `featamp.statistics.interval.robust_intervals`.
    """
    values = as_values(labels, numbers)
    known_numbers = () if numbers is None else numbers.columns

    def fit(folds: list[tuple[Rows, Rows]]) -> list[_Fitted]:
        few = [(_few(fit, seed), _few(judge, seed)) for fit, judge in folds]
        return [_fit(features, labels, values, fold, known_numbers, people) for fold in few]

    fitted = fit(holdout.folds)
    pair = fit(_apart(holdout, seed, people)) if holdout.split else fitted
    defined = np.all([one.defined for one in fitted], axis=0)

    def mean(of: str, blank: float) -> Float:
        found = np.mean([getattr(one, of) for one in fitted], axis=0)
        return np.where(defined, found.T, blank).T

    return Probes(
        names=names,
        weights=mean("weights", 0.0),
        pair=np.stack([one.weights for one in pair]),
        auc=mean("auc", 0.5),
        correlation=mean("correlation", 0.0),
        defined=defined,
        low=mean("low", -1.0),
        r_squared=mean("r_squared", np.nan),
    )


@dataclass(frozen=True)
class _Fitted:
    """Of one fold, as in `Probes`: 0 where undefined, and `r_squared` nan where no number is
    told.
    """

    weights: Float
    auc: Float
    correlation: Float
    low: Float
    r_squared: Float
    defined: NDArray[np.bool_]


def _fit(
    features: Float32,
    labels: NDArray[np.bool_],
    values: NDArray[np.bool_] | Float,
    fold: tuple[Rows, Rows],
    numbers: tuple[int, ...],
    people: NDArray[np.int64] | None,
) -> _Fitted:
    """Fit the columns of `numbers` to their `values`, all others to their labels."""
    fit, judge = fold
    x, scale = _standardised(features[fit])
    defined = _varies(labels[fit]) & _varies(labels[judge]) & scale.any()
    weights = np.zeros((len(defined), len(scale)))
    regressed = np.isin(np.arange(len(defined)), numbers)
    if (classified := defined & ~regressed).any():
        weights[classified] = fit_logistic(x, labels[fit][:, classified], PENALTY)
    for a in np.flatnonzero(defined & regressed):
        weights[a] = _regress(x, values[fit, a])
    weights *= scale
    read = scores(features, judge, weights)
    whose, alone = None if people is None else people[judge], np.empty((len(judge), 0))
    auc, correlation, low, r_squared, spread = np.zeros((5, len(defined)))
    r_squared[~regressed] = np.nan
    for a in np.flatnonzero(defined):
        label, score = labels[judge, a], read[:, a]
        auc[a] = area_under_curve(score[:, None], label[:, None])[0, 0]
        spread[a] = score.std()
        correlation[a], low[a], _ = residual_interval(score, label, alone, whose)
        if regressed[a]:
            constant = features[fit].mean(axis=0, dtype=np.float64) @ weights[a]
            rest = values[judge, a] - values[fit, a].mean() - (score - constant)
            r_squared[a] = 1.0 - np.square(rest).mean() / values[judge, a].var()
    weights *= divided(1.0, spread)[:, None]
    return _Fitted(weights, auc, correlation, low, r_squared, defined)


def _apart(
    holdout: Holdout, seed: int, people: NDArray[np.int64] | None
) -> list[tuple[Rows, Rows]]:
    """(fit, judge) pairs of two halves of the images that choose."""
    select = holdout.select
    halves = hold_out(len(select), None, seed, None if people is None else people[select])
    return [(select[half], holdout.report) for half in (halves.select, halves.report)]


def _varies(labels: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """[attribute] whether some images have it, and some do not."""
    return np.asarray(labels.any(axis=0) & ~labels.all(axis=0))


def _standardised(features: Float32) -> tuple[Float32, Float]:
    """Features less their means, over their standard deviations, and one over these; 0 for one
    that does not vary.
    """
    count = max(1, len(features))
    x = features - (features.sum(axis=0, dtype=np.float64) / count).astype(np.float32)
    spread = np.sqrt(np.square(x).sum(axis=0, dtype=np.float64) / count)
    scale = divided(1.0, spread)
    x *= scale.astype(np.float32)
    return x, scale


def scores(features: Float32, rows: Rows, weights: Float) -> Float:
    """[row, attribute] what the weights [attribute, feature] give of some images, up to
    constants.
    """
    found = np.empty((len(rows), len(weights)))
    for block in blocks_of(len(rows)):
        found[block] = features[rows[block]].astype(np.float64) @ weights.T
    return found


def _regress(features: Float32, number: Float) -> Float:
    from sklearn.linear_model import RidgeCV

    ridge = RidgeCV(RIDGES).fit(features.astype(np.float64), number)
    return np.asarray(ridge.coef_, np.float64)


def _few(rows: Rows, seed: int) -> Rows:
    if len(rows) <= MOST:
        return rows
    return np.sort(np.random.default_rng(seed).choice(rows, MOST, replace=False))
