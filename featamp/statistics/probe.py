"""The best straight line through the codes for each attribute: a ceiling for any single dimension,
and a direction.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featamp.io.files.numbers import Numbers, as_values
from featamp.statistics.blocks import blocks_of
from featamp.statistics.correlation import area_under_curve, fisher_interval
from featamp.statistics.holdout import HeldOut, Holdout, Rows

Float = NDArray[np.float64]

PENALTY = 0.01
"""Inverse strength of the L2 penalty on weights of standardised features (scikit-learn's C)."""
RIDGES = np.logspace(-1.0, 4.0, 11)
"""L2 penalties of a regression, of which the images that it is fitted on choose one, each left out
in turn (generalised cross-validation)."""
MOST = 20_000
"""Images a fit uses at most: more no longer change it, and the memory stays bounded."""
NULL_DRAWS = 2000
REACH = 1.96
"""Standard errors to either end of a 95 % interval."""


@dataclass(frozen=True)
class Probes:
    """One linear probe an attribute, logit = weights . features + constant: a logistic regression
    where the attribute is there or not, a ridge regression where it is a number. Then the logit is
    what is predicted of the number, and those that have the attribute are those above its median.

    Attributes
    ----------
    names : attribute names.
    weights : [attribute, feature] change of the logit for a change of one raw unit of the feature,
        the mean over folds; 0 where undefined.
    chosen : [attribute, feature] the same of the fold that was fitted on the images that choose.
    spread : [attribute] standard deviation of the logit over images; 0 where undefined.
    auc : [attribute] held-out AUC, the mean over folds; 0.5 where undefined.
    correlation : [attribute] held-out correlation R of the logit with the label, the mean over
        folds.
    defined : [attribute] False where either label is missing in a part of a fold, or no feature
        varies in it.
    judged : images that they were judged on.
    r_squared : [attribute] held-out R^2 of the regressions, the mean over folds; nan of a logistic
        one and where undefined.
    """

    names: tuple[str, ...]
    weights: Float
    chosen: Float
    spread: Float
    auc: Float
    correlation: Float
    defined: NDArray[np.bool_]
    judged: int
    r_squared: Float

    @property
    def told(self) -> NDArray[np.bool_]:
        """[attribute] whether the probe finds the attribute at all: the 95 % interval of its R
        lies above 0.
        """
        return np.asarray(
            self.defined & (fisher_interval(self.correlation, self.judged)[0] > 0), np.bool_
        )

    @property
    def scaled(self) -> Float:
        """[attribute, feature] the weights in standard deviations of the logit over images."""
        scale = np.divide(1.0, self.spread, out=np.zeros_like(self.spread), where=self.spread > 0)
        return self.weights * scale[:, None]

    def logits(self, features: NDArray[np.float32]) -> Float:
        """Logits [..., attribute] of features [..., feature], up to a constant, in their own
        standard deviations.
        """
        return np.asarray(features.astype(np.float64) @ self.scaled.T, np.float64)


def fit_probes(
    features: NDArray[np.float32],
    labels: NDArray[np.bool_],
    names: tuple[str, ...],
    holdout: Holdout,
    seed: int,
    numbers: Numbers | None = None,
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
    """
    values = as_values(labels, numbers)
    known_numbers = () if numbers is None else numbers.columns
    folds = [(_few(fit, seed), _few(judge, seed)) for fit, judge in holdout.folds]
    results = [
        [
            _fit(features, labels[:, a], fold, values[:, a] if a in known_numbers else None)
            for fold in folds
        ]
        for a in range(len(names))
    ]
    defined = np.array([all(result is not None for result in row) for row in results], np.bool_)
    known = [
        [result for result in row if result is not None] if ok else []
        for row, ok in zip(results, defined, strict=True)
    ]
    explained = [np.mean([r.r_squared for r in row]) if row else np.nan for row in known]
    blank = np.zeros(features.shape[1])
    weights = np.array(
        [np.mean([r.weights for r in row], axis=0) if row else blank for row in known]
    )
    some = features[_few(np.arange(len(features)), seed)].astype(np.float64)
    return Probes(
        names=names,
        weights=weights,
        chosen=np.array([row[0].weights if row else blank for row in known]),
        spread=(some @ weights.T).std(axis=0),
        auc=np.array([np.mean([r.auc for r in row]) if row else 0.5 for row in known]),
        correlation=np.array(
            [np.mean([r.correlation for r in row]) if row else 0.0 for row in known]
        ),
        defined=defined,
        judged=sum(len(judge) for _, judge in folds),
        r_squared=np.array(explained),
    )


@dataclass(frozen=True)
class _Fitted:
    weights: Float
    auc: float
    correlation: float
    r_squared: float


def _fit(
    features: NDArray[np.float32],
    label: NDArray[np.bool_],
    fold: tuple[Rows, Rows],
    number: Float | None,
) -> _Fitted | None:
    fit, judge = fold
    if any(label[rows].all() or not label[rows].any() for rows in fold):
        return None
    x = features[fit].astype(np.float64)
    centre, spread = x.mean(axis=0), x.std(axis=0)
    if not spread.any():
        return None
    scale = np.divide(1.0, spread, out=np.zeros_like(spread), where=spread > 0)
    standardised = (x - centre) * scale
    if number is None:
        weights = _classify(standardised, label[fit]) * scale
    else:
        weights = _regress(standardised, number[fit]) * scale
    scores = features[judge].astype(np.float64) @ weights
    auc = area_under_curve(scores[:, None], label[judge][:, None])[0, 0]
    correlation = np.corrcoef(scores, label[judge])[0, 1] if scores.std() > 0 else 0.0
    r_squared = np.nan
    if number is not None:
        rest = number[judge] - number[fit].mean() - (scores - centre @ weights)
        r_squared = 1.0 - np.square(rest).mean() / number[judge].var()
    return _Fitted(weights, float(auc), float(correlation), float(r_squared))


def _classify(features: Float, label: NDArray[np.bool_]) -> Float:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=PENALTY, solver="newton-cholesky")
    # twice as fast as in double precision
    return np.asarray(model.fit(features.astype(np.float32), label).coef_[0], np.float64)


def _regress(features: Float, number: Float) -> Float:
    from sklearn.linear_model import RidgeCV

    return np.asarray(RidgeCV(RIDGES).fit(features, number).coef_, np.float64)


def _few(rows: Rows, seed: int) -> Rows:
    if len(rows) <= MOST:
        return rows
    return np.sort(np.random.default_rng(seed).choice(rows, MOST, replace=False))


@dataclass(frozen=True)
class AxisShares:
    """What the dimension of each attribute has of what the probe does, each [attribute].

    Attributes
    ----------
    share : r^2 / R^2 in [0, 1], both on the images that judge; 0 where r has changed its sign
        since it was chosen: it explains nothing then. nan where the probe itself finds nothing
        (`Probes.told`): there is nothing to have a share of.
    low, high : its 95 % interval.
    p : how often the nearest axis of a random direction (`random_axis_shares`) would be measured
        to have as much on these images: with the error of this share.
    """

    share: Float
    low: Float
    high: Float
    p: Float


def axis_shares(
    mu: NDArray[np.float32],
    labels: NDArray[np.bool_],
    holdout: Holdout,
    held_out: HeldOut,
    probes: Probes,
    null: Float,
    people: NDArray[np.int64] | None = None,
    numbers: Numbers | None = None,
) -> AxisShares:
    """Measure the share of the dimension that was chosen for each attribute (`HeldOut.dims`),
    beside the probe that was fitted on the images that chose it.

    Parameters
    ----------
    mu, labels : [image, dim] posterior means, raw units, and bool [image, attribute].
    null : [draw] from `random_axis_shares`.
    people : [image] as in `featamp.statistics.interval.robust_intervals`.
    numbers : of the labels that are numbers.

    Notes
    -----
    By the delta method on t = r / R of the same images: the influence of t is
    (psi_r - t psi_R) / R.
    """
    from scipy.special import ndtr

    rows, values = holdout.report, as_values(labels, numbers)
    chosen = held_out.at_dims(held_out.r_chosen)
    found = np.full((4, len(labels.T)), np.nan)
    for row in np.flatnonzero(probes.told & held_out.at_dims(held_out.defined)):
        x = mu[rows, held_out.dims[row]] * np.sign(chosen[row])
        logit = _logits(mu, rows, probes.chosen[row])
        whose = None if people is None else people[rows]
        ratio, error = _ratio(x.astype(np.float64), logit, values[rows, row], whose)
        ends = np.clip([ratio, ratio - REACH * error, ratio + REACH * error], 0.0, 1.0)
        as_much = ndtr((np.sqrt(null) - ratio) / max(error, 1e-12))
        found[:, row] = *np.square(ends), as_much.mean()
    return AxisShares(*found)


def _logits(mu: NDArray[np.float32], rows: Rows, weights: Float) -> Float:
    parts = (rows[block] for block in blocks_of(len(rows)))
    return np.concatenate([mu[part].astype(np.float64) @ weights for part in parts])


def _ratio(
    x: Float, logit: Float, label: NDArray[np.bool_] | Float, people: NDArray[np.int64] | None
) -> tuple[float, float]:
    """How far x goes with the label over how far the logit does, r / R, and its standard error; 0
    and 1 where R says nothing.
    """
    spread = [values.std() for values in (x, logit, label)]
    if min(spread) <= 0:
        return 0.0, 1.0
    x, logit, y = (
        (values - values.mean()) / size
        for values, size in zip((x, logit, label), spread, strict=True)
    )
    r, whole = float(np.mean(x * y)), float(np.mean(logit * y))
    if whole <= 0:
        return 0.0, 1.0
    ratio = r / whole
    influence = x * y - r * (x**2 + y**2) / 2
    influence -= ratio * (logit * y - whole * (logit**2 + y**2) / 2)
    if people is not None:
        influence = np.bincount(np.unique(people, return_inverse=True)[1], influence)
    return ratio, float(np.sqrt(np.square(influence).sum()) / len(x) / whole)


def random_axis_shares(dims: int, seed: int) -> Float:
    """[draw] the largest squared coordinate of a random unit vector, ascending.

    What `axis_shares` would be if the axes of the codes meant nothing: the probe's direction is
    then a random one. For 256 dimensions .037 on average, and .053 in one case of twenty (.191 and
    .231 as absolute values).
    """
    squares = np.square(np.random.default_rng(seed).standard_normal((NULL_DRAWS, dims)))
    return np.sort(squares.max(axis=1) / squares.sum(axis=1))
