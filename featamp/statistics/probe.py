"""The best straight line through the codes for each attribute: a ceiling for any single dimension,
and a direction.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featamp.statistics.correlation import area_under_curve, fisher_interval
from featamp.statistics.holdout import HeldOut, Holdout, Rows

Float = NDArray[np.float64]

PENALTY = 0.01
"""Inverse strength of the L2 penalty on weights of standardised features (scikit-learn's C)."""
ABLE_AUC = 0.7
"""A probe of a smaller held-out AUC discriminates poorly (Hosmer, Lemeshow and Sturdivant 2013):
it names nothing."""
MOST = 20_000
"""Images a fit uses at most: more no longer change it, and the memory stays bounded."""
NULL_DRAWS = 2000


@dataclass(frozen=True)
class Probes:
    """One logistic probe an attribute: logit = weights . features + constant.

    Attributes
    ----------
    names : attribute names.
    weights : [attribute, feature] change of the logit for a change of one raw unit of the feature,
        the mean over folds; 0 where undefined.
    spread : [attribute] standard deviation of the logit over images; 0 where undefined.
    auc : [attribute] held-out AUC, the mean over folds; 0.5 where undefined.
    correlation : [attribute] held-out correlation R of the logit with the label, the mean over
        folds.
    defined : [attribute] False where either label is missing in a part of a fold, or no feature
        varies in it.
    judged : images that they were judged on.
    """

    names: tuple[str, ...]
    weights: Float
    spread: Float
    auc: Float
    correlation: Float
    defined: NDArray[np.bool_]
    judged: int

    @property
    def told(self) -> NDArray[np.bool_]:
        """[attribute] whether the probe finds the attribute at all: the 95 % interval of its R
        lies above 0.
        """
        return np.asarray(
            self.defined & (fisher_interval(self.correlation, self.judged)[0] > 0), np.bool_
        )

    @property
    def able(self) -> NDArray[np.bool_]:
        """[attribute] whether it finds it well enough to name what it sees: an AUC of `ABLE_AUC`
        or more.
        """
        return np.asarray(self.told & (self.auc >= ABLE_AUC), np.bool_)

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
) -> Probes:
    """Fit an L2 logistic regression for each attribute and judge it on images that it has not
    seen.

    Parameters
    ----------
    features : [image, feature] posterior means, raw units (or other features of the images).
    labels : bool [image, attribute].
    holdout : the two parts; halves are cross-fitted.
    seed : of the choice of images where there are more than `MOST` in a part.
    """
    folds = [(_few(fit, seed), _few(judge, seed)) for fit, judge in holdout.folds]
    results = [[_fit(features, labels[:, a], fold) for fold in folds] for a in range(len(names))]
    defined = np.array([all(result is not None for result in row) for row in results], np.bool_)
    known = [
        [result for result in row if result is not None] if ok else []
        for row, ok in zip(results, defined, strict=True)
    ]
    blank = np.zeros(features.shape[1])
    weights = np.array(
        [np.mean([r.weights for r in row], axis=0) if row else blank for row in known]
    )
    some = features[_few(np.arange(len(features)), seed)].astype(np.float64)
    return Probes(
        names=names,
        weights=weights,
        spread=(some @ weights.T).std(axis=0),
        auc=np.array([np.mean([r.auc for r in row]) if row else 0.5 for row in known]),
        correlation=np.array(
            [np.mean([r.correlation for r in row]) if row else 0.0 for row in known]
        ),
        defined=defined,
        judged=sum(len(judge) for _, judge in folds),
    )


@dataclass(frozen=True)
class _Fitted:
    weights: Float
    auc: float
    correlation: float


def _fit(
    features: NDArray[np.float32], label: NDArray[np.bool_], fold: tuple[Rows, Rows]
) -> _Fitted | None:
    from sklearn.linear_model import LogisticRegression

    fit, judge = fold
    if any(label[rows].all() or not label[rows].any() for rows in fold):
        return None
    x = features[fit].astype(np.float64)
    centre, spread = x.mean(axis=0), x.std(axis=0)
    if not spread.any():
        return None
    scale = np.divide(1.0, spread, out=np.zeros_like(spread), where=spread > 0)
    standardised = ((x - centre) * scale).astype(
        np.float32
    )  # twice as fast as in double precision
    model = LogisticRegression(C=PENALTY, solver="newton-cholesky").fit(standardised, label[fit])
    weights = model.coef_[0].astype(np.float64) * scale
    scores = features[judge].astype(np.float64) @ weights
    auc = area_under_curve(scores[:, None], label[judge][:, None])[0, 0]
    correlation = np.corrcoef(scores, label[judge])[0, 1] if scores.std() > 0 else 0.0
    return _Fitted(weights, float(auc), float(correlation))


def _few(rows: Rows, seed: int) -> Rows:
    if len(rows) <= MOST:
        return rows
    return np.sort(np.random.default_rng(seed).choice(rows, MOST, replace=False))


def axis_share(held_out: HeldOut, probes: Probes) -> Float:
    """[attribute] share r^2 / R^2 of what the probe explains that the dimension chosen for the
    attribute does (`HeldOut.dims`), both held out; in [0, 1].

    0 where r has changed its sign since it was chosen: it explains nothing then. NaN where the
    probe itself finds nothing (`Probes.told`): there is nothing to have a share of.
    """
    chosen, held = held_out.at_dims(held_out.r_chosen), held_out.at_dims(held_out.r)
    kept = np.maximum(held * np.sign(chosen), 0.0)
    share = np.full_like(kept, np.nan)
    np.divide(np.square(kept), np.square(probes.correlation), out=share, where=probes.told)
    return np.minimum(share, 1.0)


def random_axis_share(dims: int, seed: int) -> tuple[float, float]:
    """Mean and 95th percentile of the largest squared coordinate of a random unit vector.

    What `axis_share` would be if the axes of the codes meant nothing: the probe's direction is
    then a random one. For 256 dimensions .037 and .053 (.191 and .231 as absolute values).
    """
    squares = np.square(np.random.default_rng(seed).standard_normal((NULL_DRAWS, dims)))
    largest = squares.max(axis=1) / squares.sum(axis=1)
    return float(largest.mean()), float(np.quantile(largest, 0.95))
