"""What the dimension of each attribute has of what a probe does, beside axes that mean nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featamp.io.files.numbers import Numbers, as_values
from featamp.statistics.auc import REACH
from featamp.statistics.holdout import HeldOut, Holdout, Rows
from featamp.statistics.interval import fewest
from featamp.statistics.labels.probe import Probes, scores

Float = NDArray[np.float64]

NULL_DRAWS = 2000


@dataclass(frozen=True)
class AxisShares:
    """What the dimension of each attribute has of what the probe does, each [attribute].

    Attributes
    ----------
    share : r^2 / R^2 in [0, 1], r on the images that judge, and R as a probe of endless images
        would have it; 0 where r has changed its sign since it was chosen: it explains nothing
        then. nan where the probe itself finds nothing (`Probes.told`), or two probes of images
        apart find nothing in common: there is nothing to have a share of.
    low, high : its 95 % interval; [0, 1] where nothing is known: fewer than two images, or people,
        that have the label or that lack it.
    p : how often the nearest axis of a random direction (`random_axis_shares`) would be measured
        to have as much on these images: with the error of this share; 1 where nothing is known.
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
    beside two probes that were fitted on images apart (`Probes.pair`).

    Parameters
    ----------
    mu, labels : [image, dim] posterior means, raw units, and bool [image, attribute].
    null : [draw] from `random_axis_shares`.
    people : [image] as in `featamp.statistics.interval.robust_intervals`.
    numbers : of the labels that are numbers.

    Notes
    -----
    A probe of few images finds the best direction with an error, which makes its R too small. The
    errors of two have nothing in common, so that R^2 of the best direction is R1 R2 / rho, with
    rho the correlation of both logits (Spearman's correction for attenuation, 1904).
    """
    from scipy.special import ndtr

    judges = holdout.report, holdout.folds[-1][1]  # of either probe
    rows = np.union1d(*judges)
    values = as_values(labels, numbers)[rows].astype(np.float64)
    judging = [np.isin(rows, judge) for judge in judges]
    owner = (
        np.arange(len(rows)) if people is None else np.unique(people[rows], return_inverse=True)[1]
    )
    known = np.flatnonzero(probes.told & held_out.at_dims(held_out.defined))
    logits = [scores(mu, rows, weights[known]) for weights in probes.pair]
    dims = int((probes.weights != 0).any(axis=0).sum())
    chosen = held_out.at_dims(held_out.r_chosen)
    found = np.full((4, len(labels.T)), np.nan)
    for at, row in enumerate(known):
        x = mu[rows, held_out.dims[row]].astype(np.float64) * np.sign(chosen[row])
        pair = logits[0][:, at], logits[1][:, at]
        ratio, error = _ratio(x, pair, values[:, row], judging, owner, dims)
        if np.isnan(ratio):
            continue
        ends = np.clip([ratio, ratio - REACH * error, ratio + REACH * error], 0.0, 1.0)
        as_much = ndtr((np.sqrt(null) - ratio) / max(error, 1e-12))
        found[:, row] = *np.square(ends), as_much.mean() if np.isfinite(error) else 1.0
    return AxisShares(*found)


def _ratio(
    x: Float,
    pair: tuple[Float, Float],
    label: Float,
    judging: list[NDArray[np.bool_]],
    owner: Rows,
    dims: int,
) -> tuple[float, float]:
    """How far x goes with the label over how far the best direction would, r / R, and its standard
    error; nan where the logits of a `pair` say nothing of that, and no end of the error where too
    few have the label, or lack it.

    By the delta method: of each of the four correlations every image has an influence, summed
    over those of a person. That the errors of both probes have nothing in common holds to within
    1 / sqrt(dims) of their size.
    """
    here, there = judging
    r, of_r = _correlate(x, label, here)
    first, of_first = _correlate(pair[0], label, here)
    second, of_second = _correlate(pair[1], label, there)
    alike, of_alike = _correlate(*pair, here | there)
    if min(first, second, alike) <= 0:
        return np.nan, np.inf
    whole = np.sqrt(first * second / alike)
    ratio = r / whole
    if fewest(label[here], owner[here]) < 2:
        return ratio, np.inf
    influence = of_r / whole
    influence -= ratio / 2 * (of_first / first + of_second / second - of_alike / alike)
    apart = ratio / 2 * (1.0 - alike) / alike
    variance = np.square(np.bincount(owner, influence)).sum() + apart**2 / dims
    return ratio, float(np.sqrt(variance))


def _correlate(
    x: Float, y: NDArray[np.bool_] | Float, among: NDArray[np.bool_]
) -> tuple[float, Float]:
    """Correlation among some of the images, and the influence of each image on it; 0 where either
    does not vary.
    """
    influence = np.zeros(len(x))
    spread = [values[among].std() for values in (x, y)]
    if min(spread) <= 0:
        return 0.0, influence
    x, y = (
        (values[among] - values[among].mean()) / size
        for values, size in zip((x, y), spread, strict=True)
    )
    r = float(np.mean(x * y))
    influence[among] = (x * y - r * (x**2 + y**2) / 2) / among.sum()
    return r, influence


def random_axis_shares(dims: int, seed: int) -> Float:
    """[draw] the largest squared coordinate of a random unit vector, ascending.

    What `axis_shares` would be if the axes of the codes meant nothing: the probe's direction is
    then a random one. For 256 dimensions .037 on average, and .053 in one case of twenty (.191 and
    .231 as absolute values).
    """
    squares = np.square(np.random.default_rng(seed).standard_normal((NULL_DRAWS, dims)))
    return np.sort(squares.max(axis=1) / squares.sum(axis=1))
