"""How far the best dimension of an attribute can be trusted: on redrawn images, given
confounders.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featamp.arrays import divided
from featamp.io.files.numbers import Numbers, as_values
from featamp.statistics.correlation import correlate_labels
from featamp.statistics.holdout import HeldOut, Holdout
from featamp.statistics.interval import residual_interval
from featamp.statistics.variance import VarianceRanking

Float = NDArray[np.float64]

REDRAWS = 200
"""Bootstrap samples."""
BLOCK = 4096
"""Images at a time; another size deals other redraws."""
TIE_ERRORS = 2.0
"""A dimension is tied with the best one when |r| differs by less than so many standard errors of
the difference."""
CONFOUNDERS: Mapping[str, tuple[str, ...]] = {
    "Male": ("Wearing_Lipstick", "Heavy_Makeup"),
    "Smiling": ("High_Cheekbones", "Mouth_Slightly_Open"),
    "Young": ("Attractive", "Gray_Hair"),
    "Eyeglasses": ("Young",),
}
"""Attributes of CelebA that are known to go with another one."""
NAMED = 2
"""Confounders taken from the labels themselves for an attribute that `CONFOUNDERS` does not
know."""


@dataclass(frozen=True)
class Stability:
    """What redrawing all images changes.

    Attributes
    ----------
    frequency : [attribute, dim] share of the bootstrap samples in which the dimension has the
        largest |r|.
    tied : [attribute, dim] |r| is within 2 standard errors of the best one's on all images; the
        best is tied with itself.
    rank_low, rank_high : [dim] 95 % interval of the variance rank: below all that vary clearly
        more, above all that vary clearly less.
    """

    frequency: Float
    tied: NDArray[np.bool_]
    rank_low: Float
    rank_high: Float


def bootstrap(
    mu: NDArray[np.float32],
    labels: NDArray[np.bool_],
    r: Float,
    ranking: VarianceRanking,
    seed: int,
    people: NDArray[np.int64] | None = None,
    numbers: Numbers | None = None,
) -> Stability:
    """Redraw the images, or the people.

    An image's count in a redraw is a Poisson(1) number of its own (Chamandy, Muralidharan, Najmi
    and Naidu 2012, "Estimating uncertainty for massive data streams"), so that images stream by in
    blocks and memory does not grow with their number.

    Parameters
    ----------
    mu : [image, dim] posterior means, raw units.
    labels : bool [image, attribute].
    r : [attribute, dim] correlation over all images.
    ranking : mean and standard deviation of each dimension.
    seed : of the bootstrap.
    people : [image] the person that each image shows, whose images are drawn together; None where
        nobody knows.
    numbers : of the labels that are numbers.
    """
    spread = np.where(ranking.std > 0, ranking.std, 1.0)
    deal = _dealer(seed, people)
    values = as_values(labels, numbers)
    sums = _redrawn_sums(mu, values, ranking.mean, spread, deal)
    redrawn = np.abs(_weighted_r(*sums))
    best = np.abs(r).argmax(axis=1)
    attributes = np.arange(len(r))
    winners = redrawn.argmax(axis=2)  # [redraw, attribute]
    frequency = np.stack([np.bincount(w, minlength=r.shape[1]) for w in winners.T]) / REDRAWS
    gaps = redrawn[:, attributes, best][:, :, None] - redrawn
    gap = np.abs(r)[attributes, best][:, None] - np.abs(r)
    tied = gap <= TIE_ERRORS * gaps.std(axis=0)
    weight, moved, squared = sums[0], sums[1], sums[2]
    number = np.maximum(weight, 1.0)[:, None]  # a redraw of few images may have none
    variance = squared / number - np.square(moved / number)
    low, high = _rank_ends(variance * np.square(spread), np.square(ranking.std))
    return Stability(frequency, tied, low, high)


def _rank_ends(redrawn: Float, variance: Float) -> tuple[Float, Float]:
    """[dim] both ends of the rank, from variances [redraw, dim] and [dim]: a dimension varies
    clearly more where its log-variance differs by more than the largest error of any of the
    differences is in 95 % of the redraws. Ranks in redraws themselves drift to the middle.
    """
    least = np.finfo(np.float64).tiny
    logs, own = (np.log(np.maximum(values, least)) for values in (redrawn, variance))
    low, high = np.empty_like(own), np.empty_like(own)
    for dim in range(len(own)):
        gap = own - own[dim]
        moved = logs - logs[:, [dim]] - gap
        error = moved.std(axis=0)
        reach = np.quantile(np.abs(divided(moved, error)).max(axis=1), 0.95) * error
        low[dim] = 1 + (gap > reach).sum()
        high[dim] = len(own) - (gap < -reach).sum()
    return low, high


def _dealer(seed: int, people: NDArray[np.int64] | None) -> Callable[[slice], NDArray[np.float32]]:
    """How often each image of a block is in each redraw: [redraw, image]."""
    generator = np.random.default_rng(seed)
    if people is None:
        return lambda part: generator.poisson(
            1.0, (REDRAWS, part.stop - part.start)
        ).astype(np.float32)  # fmt: skip
    whose = np.unique(people, return_inverse=True)[1]
    drawn = generator.poisson(1.0, (REDRAWS, int(whose.max()) + 1)).astype(np.float32)
    return lambda part: drawn[:, whose[part]]


def _redrawn_sums(
    mu: NDArray[np.float32],
    labels: NDArray[np.bool_] | Float,
    centre: Float,
    spread: Float,
    deal: Callable[[slice], NDArray[np.float32]],
) -> tuple[Float, Float, Float, Float, Float, Float]:
    """Sums over each redraw: of 1, x, x^2, y, y^2 and x y, with x standardised and y the label."""
    attributes, dims = labels.shape[1], mu.shape[1]
    count, x_sum, square_sum = (
        np.zeros(REDRAWS),
        np.zeros((REDRAWS, dims)),
        np.zeros((REDRAWS, dims)),
    )
    y_sum, y_square_sum = np.zeros((REDRAWS, attributes)), np.zeros((REDRAWS, attributes))
    product_sum = np.zeros((REDRAWS, attributes, dims))
    for start in range(0, len(mu), BLOCK):
        part = slice(start, min(start + BLOCK, len(mu)))
        x = ((mu[part] - centre) / spread).astype(np.float32)
        y, weights = labels[part].astype(np.float32), deal(part)
        count += weights.sum(axis=1)
        x_sum += weights @ x
        square_sum += weights @ np.square(x)
        y_sum += weights @ y
        y_square_sum += weights @ np.square(y)
        for redraw, weight in enumerate(weights):
            product_sum[redraw] += (y * weight[:, None]).T @ x
    return count, x_sum, square_sum, y_sum, y_square_sum, product_sum


def _weighted_r(
    count: Float, x: Float, squares: Float, y: Float, y_squares: Float, products: Float
) -> Float:
    """[redraw, attribute, dim] correlation from sums; 0 where it is undefined."""
    number = np.maximum(count, 1.0)
    covariance = products - y[:, :, None] * x[:, None, :] / number[:, None, None]
    x_spread = np.maximum(squares - np.square(x) / number[:, None], 0.0)
    y_spread = np.maximum(y_squares - np.square(y) / number[:, None], 0.0)
    scale = np.sqrt(y_spread[:, :, None] * x_spread[:, None, :])
    return divided(covariance, scale)


@dataclass(frozen=True)
class Partials:
    """r of the dimension of each attribute with other attributes held fixed, on the images that
    judge (`HeldOut.dims`).

    Attributes
    ----------
    held_fixed : [attribute] the names of those; none where there is none.
    r, low, high : [attribute] the partial r and its 95 % interval; 0, -1 and 1 where nothing is
        left of either.
    """

    held_fixed: tuple[tuple[str, ...], ...]
    r: Float
    low: Float
    high: Float


def partial_correlations(
    mu: NDArray[np.float32],
    labels: NDArray[np.bool_],
    names: Sequence[str],
    holdout: Holdout,
    held_out: HeldOut,
    people: NDArray[np.int64] | None = None,
    numbers: Numbers | None = None,
) -> Partials:
    """Hold the confounders of each attribute fixed, on images that did not choose its dimension:
    on those that did, an interval leaves out 0 in 4 cases of 5 where there is nothing.

    Parameters
    ----------
    mu, labels : [image, dim] posterior means, raw units, and bool [image, attribute].
    people : [image] as in `featamp.statistics.interval.robust_intervals`.
    numbers : of the labels that are numbers.
    """
    rows, phi = holdout.report, label_correlations(labels, numbers)
    values = as_values(labels, numbers)
    whose = None if people is None else people[rows]
    fixed = tuple(confounders(name, names, phi) for name in names)
    told = []
    for row, others in enumerate(fixed):
        x = mu[rows, held_out.dims[row]].astype(np.float64)
        given = values[rows][:, [list(names).index(name) for name in others]]
        told.append(residual_interval(x, values[rows, row].astype(np.float64), given, whose))
    return Partials(fixed, *np.array(told).reshape(-1, 3).T)


def assign(r: Float) -> NDArray[np.int64]:
    """A dimension for each attribute, no dimension twice, the sum of |r| as large as it can be
    (Kuhn 1955).

    Parameters
    ----------
    r : [attribute, dim], no more attributes than dimensions.

    Returns
    -------
    [attribute] the dimension of each.
    """
    from scipy.optimize import linear_sum_assignment

    return np.asarray(linear_sum_assignment(np.abs(r), maximize=True)[1], np.int64)


def label_correlations(labels: NDArray[np.bool_], numbers: Numbers | None = None) -> Float:
    """[attribute, attribute] correlation (phi, where neither is a number) between labels; 0 with a
    constant one, 1 with itself.
    """
    values, rows = as_values(labels, numbers).astype(np.float32), np.arange(len(labels))
    phi, _ = correlate_labels(values, labels, rows, numbers=numbers)
    np.fill_diagonal(phi, 1.0)
    return phi


def confounders(attribute: str, names: Sequence[str], phi: Float) -> tuple[str, ...]:
    """The attributes to hold fixed for `attribute`: the known ones, else those it goes with most
    in the labels.

    Parameters
    ----------
    names, phi : attribute names, and [attribute, attribute] the correlations between their labels.
    """
    row = list(names).index(attribute)
    known = [
        name
        for name in CONFOUNDERS.get(attribute, ())
        if name in names and phi[row][list(names).index(name)]
    ]
    if known:
        return tuple(known)
    order = [
        int(other)
        for other in np.argsort(-np.abs(phi[row]), kind="stable")
        if other != row and phi[row, other]
    ]
    return tuple(names[other] for other in order[:NAMED])
