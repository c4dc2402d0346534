"""How far latent dimensions and known factors go one to one: MIG, SAP, DCI and InfoMEC.

They need factors that are known and independent. Labels such as CelebA's 40 correlated attributes
are neither: numbers computed from them are label alignment. Values compare within one
implementation only, so this one is said in full.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from featamp.arrays import divided, standardised
from featamp.statistics.holdout import Holdout

Float = NDArray[np.float64]

BINS = 20
"""Bins of equal width for the mutual information, over the range of each dimension and of each
factor."""
CLEAR = 4.0
"""Information counts as held where it is more than what independent ones have by so many standard
deviations."""
TOLD = 3.0
"""A lasso tells a factor where it is better than the mean by more than a correlation of so many
standard deviations of none."""
BOUND = 0.3
"""Factors are independent enough where no |r| between two of them reaches this."""
PENALTIES = np.geomspace(0.3, 0.005, 12)
"""Weights of the lasso's L1 penalty that are tried for each factor, of standardised codes and
factors."""
ROUNDS = 100_000
"""Rounds of the lasso at most: codes that nearly depend on each other, as those of a first epoch,
take thousands."""


@dataclass(frozen=True)
class Gap:
    """How far the best dimension of each factor is ahead of the second best.

    Attributes
    ----------
    value : the mean over factors, in [0, 1].
    best, gap : [factor] score of the best dimension, and its lead over the second.
    """

    value: float
    best: Float
    gap: Float


@dataclass(frozen=True)
class Importance:
    """DCI (Eastwood and Williams 2018).

    Attributes
    ----------
    disentanglement : mean over dimensions, weighted by their importance, of 1 - entropy of the
        dimension's importance over factors: 1 where each dimension serves one factor.
    completeness : mean over factors of 1 - entropy of the factor's importance over dimensions: 1
        where each factor is held by one dimension.
    informativeness : mean over factors of the held-out R^2 of the regression, not below 0.
    r2 : [factor] that R^2, which is negative where the regression does worse than the mean.
    """

    disentanglement: float
    completeness: float
    informativeness: float
    r2: Float


@dataclass(frozen=True)
class Disentanglement:
    """MIG, SAP, DCI and InfoMEC of codes, beside those of the same codes turned at random.

    Attributes
    ----------
    names : the factors used, those that are `independent` of all others; `left_out` the rest.
    scores : by name ("MIG", "SAP", "disentanglement", "completeness", "informativeness", "InfoM",
        "InfoC", "InfoE"), each 1 at best.
    turned : the same for the codes, in standard deviations, after a random rotation: what axes
        without a meaning have.
    information, predictability, regression : [factor] mutual information with the best dimension
        over the factor's entropy, both less what chance has, R^2 of the best single dimension,
        held-out R^2 of the lasso on all dimensions.
    best : [factor] that best single dimension, by R^2.
    explained : [left out] held-out R^2 of the lasso, which needs no independent factors; 0 of one
        that does not vary.
    """

    names: tuple[str, ...]
    left_out: tuple[str, ...]
    scores: dict[str, float]
    turned: dict[str, float]
    information: Float
    predictability: Float
    regression: Float
    best: NDArray[np.int64]
    explained: Float


def measure_disentanglement(
    codes: Float, factors: Float, names: tuple[str, ...], holdout: Holdout, seed: int
) -> Disentanglement | None:
    """Measure codes by the factors that are independent enough; None where fewer than two are.

    Parameters
    ----------
    codes : [image, dim] at least two dimensions.
    factors, names : [image, factor] and a name for each.
    holdout : which images fit the lasso of DCI and which judge it.
    seed : of the rotation.
    """
    use = independent(factors)
    if use.sum() < 2:
        return None
    known, scaled = factors[:, use], standardised(codes)
    turned = scaled @ random_rotation(codes.shape[1], np.random.default_rng(seed))
    own, other = (_measure(x, known, holdout) for x in (scaled, turned))
    _, explained = _regress(scaled, factors[:, ~use], holdout)
    return Disentanglement(
        names=tuple(name for name, used in zip(names, use, strict=True) if used),
        left_out=tuple(name for name, used in zip(names, use, strict=True) if not used),
        scores=own.scores,
        turned=other.scores,
        information=own.gap.best,
        predictability=own.line.best,
        regression=own.regression.r2,
        best=np.square(scaled.T @ standardised(known)).argmax(axis=0),
        explained=explained,
    )


@dataclass(frozen=True)
class _Measured:
    """What all measures make of one set of codes."""

    gap: Gap
    line: Gap
    regression: Importance
    modularity: float
    compactness: float

    @property
    def scores(self) -> dict[str, float]:
        return {
            "MIG": self.gap.value,
            "SAP": self.line.value,
            "disentanglement": self.regression.disentanglement,
            "completeness": self.regression.completeness,
            "informativeness": self.regression.informativeness,
            "InfoM": self.modularity,
            "InfoC": self.compactness,
            "InfoE": self.regression.informativeness,
        }


def _measure(codes: Float, factors: Float, holdout: Holdout) -> _Measured:
    information, bias, noise = normalised_information(codes, factors)
    excess = information - bias
    held = divided(np.maximum(excess, 0.0), 1.0 - bias)  # Vinh, Epps and Bailey 2010
    return _Measured(
        gap_of(held),
        separated_attribute_predictability(codes, factors),
        disentanglement_completeness_informativeness(codes, factors, holdout),
        *modularity_compactness(np.where(excess > CLEAR * noise, held, 0.0)),
    )


def random_rotation(dims: int, generator: np.random.Generator) -> Float:
    """An orthogonal matrix [dims, dims], every one as likely (Mezzadri 2007)."""
    from scipy.stats import ortho_group

    return np.asarray(ortho_group.rvs(dims, random_state=generator), np.float64)


def independent(factors: Float) -> NDArray[np.bool_]:
    """[factor] which factors [image, factor] vary and correlate with no other by `BOUND` or
    more.
    """
    varied = np.ptp(factors, axis=0) > 0  # the deviation of equal values may be rounding
    r = np.abs(standardised(factors).T @ standardised(factors)) / len(factors)
    np.fill_diagonal(r, 0.0)
    return np.asarray(varied & (r.max(axis=1) < BOUND), np.bool_)


def normalised_information(codes: Float, factors: Float) -> tuple[Float, Float, Float]:
    """Mutual information of each dimension and factor over the factor's entropy, and mean and
    standard deviation of what independent ones would have.

    The mutual information is that of a histogram of `BINS` by `BINS` cells of equal width over
    posterior means. The mean of independent ones is the sum over cells of what chance adds to
    each, by Poisson's counts, since many cells are empty or nearly so. With k = (occupied rows -
    1) (occupied columns - 1), 2n of it spreads at most as chi-squared with k degrees for n images
    (Miller 1955), whose mean would be too high.

    Parameters
    ----------
    codes, factors : [image, dim] and [image, factor], each factor of which varies.

    Returns
    -------
    [dim, factor] each.
    """
    dims, bins = codes.shape[1], BINS
    code_bins, factor_bins = _binned(codes, bins), _binned(factors, bins)
    cells = (
        np.arange(dims) * bins + code_bins
    ) * bins  # [image, dim] first cell of a row of the dim's table
    scores, bias, noise = np.empty((3, dims, factors.shape[1]))
    for factor, column in enumerate(factor_bins.T):
        counts = np.bincount((cells + column[:, None]).ravel(), minlength=dims * bins * bins)
        tables = counts.reshape(dims, bins, bins) / len(codes)
        by_code, by_factor = tables.sum(axis=2), tables[0].sum(axis=0)
        entropy = _entropy(by_factor)
        joint = _entropy(tables.reshape(dims, -1))
        scores[:, factor] = (_entropy(by_code) + entropy - joint) / entropy
        bias[:, factor] = _by_chance(by_code, by_factor, len(codes)) / entropy
        free = ((by_code > 0).sum(axis=1) - 1) * ((by_factor > 0).sum() - 1)
        noise[:, factor] = np.sqrt(2 * free) / (2 * len(codes)) / entropy
    return scores, bias, noise


def _by_chance(by_code: Float, by_factor: Float, count: int) -> Float:
    """[dim] mean mutual information of so many images of independent ones, in nats.

    Parameters
    ----------
    by_code, by_factor : [dim, bin] and [bin] shares of the images.
    """
    expected, surplus = _surplus()
    cells = np.interp(count * by_code[:, :, None] * by_factor, expected, surplus)
    return np.asarray(np.einsum("dcf,dc,f->d", cells, 1 - by_code, 1 - by_factor) / count)


@cache
def _surplus() -> tuple[Float, Float]:
    """Expected counts of a cell, and how far the mean of N log N is above that of the mean count:
    1/2 at most counts, less in cells that are mostly empty.
    """
    from scipy.special import gammaln, xlogy

    expected = np.r_[0.0, np.geomspace(1e-6, 100.0, 400)]
    counts = np.arange(250)
    log_shares = xlogy(counts, expected[:, None]) - expected[:, None] - gammaln(counts + 1)
    return expected, np.exp(log_shares) @ xlogy(counts, counts) - xlogy(expected, expected)


def modularity_compactness(information: Float) -> tuple[float, float]:
    """InfoM and InfoC (Hsu, Dorrell, Whittington, Wu and Finn 2023): how far each dimension holds
    one factor, and each factor lies in one dimension.

    The mean over dimensions of (its largest share of what it holds of all factors - 1 / factors) /
    (1 - 1 / factors), and the same with dimensions and factors exchanged. A dimension that holds
    nothing is not counted; a factor that none holds counts 0. Their third, InfoE, is the share of
    a factor that a linear reader of all dimensions predicts: with squared error R^2, as
    informativeness.

    Parameters
    ----------
    information : [dim, factor] none negative.
    """
    holds = information.sum(axis=1) > 0
    each = _largest_share(information)[holds]
    return float(each.mean()) if each.size else 0.0, float(_largest_share(information.T).mean())


def _largest_share(parts: Float) -> Float:
    """[row] largest share of a row's sum, from 0 where all have the same to 1 where one has
    all.
    """
    even = 1.0 / parts.shape[1]
    largest = divided(parts, parts.sum(axis=1, keepdims=True)).max(axis=1)
    return np.asarray(np.maximum(largest - even, 0.0) / (1.0 - even), np.float64)


def separated_attribute_predictability(codes: Float, factors: Float) -> Gap:
    """SAP for continuous factors (Kumar, Sattigeri and Balakrishnan 2018): R^2 of the line through
    one dimension.

    Parameters
    ----------
    codes : [image, dim] at least two dimensions.
    factors : [image, factor] each of which varies.
    """
    return gap_of(np.square(standardised(codes).T @ standardised(factors) / len(codes)))


def disentanglement_completeness_informativeness(
    codes: Float, factors: Float, holdout: Holdout
) -> Importance:
    """DCI by the lasso: the importance of a dimension for a factor is its |weight|, codes and
    factors standardised.

    Each factor's penalty is the one of `PENALTIES` of smallest error on the second half of
    `holdout.select`, fitted on its first half; `holdout.report` gives R^2. No dimension is of
    importance for a factor that is not `TOLD`: its weights are what noise left.

    Parameters
    ----------
    codes : [image, dim].
    factors : [image, factor] each of which varies.
    """
    weights, r2 = _regress(codes, factors, holdout)
    told = r2 > TOLD**2 / len(holdout.report)
    return importance(np.where(told, np.abs(weights), 0.0), r2)


def _regress(codes: Float, factors: Float, holdout: Holdout) -> tuple[Float, Float]:
    """Weights [dim, factor] of the lasso, and the held-out R^2 of each factor."""
    from sklearn.linear_model import lasso_path

    x, y = standardised(codes), standardised(factors)
    fit, tune = np.array_split(holdout.select, 2)
    gram, products = x[fit].T @ x[fit], y[fit].T @ x[fit]
    weights, r2 = np.zeros((x.shape[1], y.shape[1])), np.zeros(y.shape[1])
    for factor in range(y.shape[1]):
        paths = lasso_path(
            x[fit],
            y[fit, factor],
            alphas=PENALTIES,
            precompute=gram,
            Xy=products[factor],
            max_iter=ROUNDS,
        )[1]
        errors = np.square(y[tune, factor, None] - x[tune] @ paths).mean(axis=0)
        weights[:, factor] = paths[:, int(errors.argmin())]
        rest = y[holdout.report, factor] - x[holdout.report] @ weights[:, factor]
        variance = y[holdout.report, factor].var()
        r2[factor] = 1.0 - np.square(rest).mean() / variance if variance > 0 else 0.0
    return weights, r2


def importance(weights: Float, r2: Float) -> Importance:
    """The three numbers of DCI from an importance matrix.

    Parameters
    ----------
    weights : [dim, factor] importance of each dimension for each factor, none negative.
    r2 : [factor] held-out R^2.
    """
    dims, factors = weights.shape
    served, held = weights.sum(axis=1), weights.sum(axis=0)
    over_factors = 1.0 - _entropy(divided(weights, served[:, None])) / np.log(factors)
    over_dims = 1.0 - _entropy(divided(weights, held).T) / np.log(dims)
    return Importance(
        disentanglement=float(over_factors @ served / served.sum()) if served.any() else 0.0,
        completeness=float(np.where(held > 0, over_dims, 0.0).mean()),
        informativeness=float(np.maximum(r2, 0.0).mean()),
        r2=r2,
    )


def gap_of(scores: Float) -> Gap:
    """From scores [dim, factor] of at least two dimensions; that of mutual information over the
    factor's entropy is MIG (Chen, Li, Grosse and Duvenaud 2018).
    """
    second, best = np.sort(scores, axis=0)[-2:]
    return Gap(float((best - second).mean()), best, best - second)


def _binned(values: Float, bins: int) -> NDArray[np.int64]:
    """[image, column] bin of each value, of equal width between the column's smallest and largest
    value.
    """
    low, span = values.min(axis=0), np.ptp(values, axis=0)
    share = divided(values - low, span)
    return np.asarray(np.minimum(share * bins, bins - 1), np.int64)


def _entropy(probabilities: Float) -> Float:
    """Entropy over the last axis, in nats."""
    from scipy.special import entr

    return np.asarray(entr(probabilities).sum(axis=-1), np.float64)
