"""What the dimension of each attribute has of what a probe does, beside axes that mean nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featamp.io.files.numbers import Numbers, as_values
from featamp.statistics.blocks import blocks_of
from featamp.statistics.holdout import HeldOut, Holdout, Rows
from featamp.statistics.interval import fewest
from featamp.statistics.labels.probe import Probes

Float = NDArray[np.float64]

NULL_DRAWS = 2000
REACH = 1.96
"""Standard errors to either end of a 95 % interval."""


@dataclass(frozen=True)
class AxisShares:
    """What the dimension of each attribute has of what the probe does, each [attribute].

    Attributes
    ----------
    share : r^2 / R^2 in [0, 1], both on the images that judge; 0 where r has changed its sign
        since it was chosen: it explains nothing then. nan where the probe itself finds nothing
        (`Probes.told`): there is nothing to have a share of.
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
        found[:, row] = *np.square(ends), as_much.mean() if np.isfinite(error) else 1.0
    return AxisShares(*found)


def _logits(mu: NDArray[np.float32], rows: Rows, weights: Float) -> Float:
    parts = (rows[block] for block in blocks_of(len(rows)))
    return np.concatenate([mu[part].astype(np.float64) @ weights for part in parts])


def _ratio(
    x: Float, logit: Float, label: NDArray[np.bool_] | Float, people: NDArray[np.int64] | None
) -> tuple[float, float]:
    """How far x goes with the label over how far the logit does, r / R, and its standard error; 0
    and 1 where R says nothing, and no end of it where too few have the label, or lack it.
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
    owner = np.arange(len(x)) if people is None else np.unique(people, return_inverse=True)[1]
    if fewest(y, owner) < 2:
        return ratio, np.inf
    influence = x * y - r * (x**2 + y**2) / 2
    influence -= ratio * (logit * y - whole * (logit**2 + y**2) / 2)
    influence = np.bincount(owner, influence)
    return ratio, float(np.sqrt(np.square(influence).sum()) / len(x) / whole)


def random_axis_shares(dims: int, seed: int) -> Float:
    """[draw] the largest squared coordinate of a random unit vector, ascending.

    What `axis_shares` would be if the axes of the codes meant nothing: the probe's direction is
    then a random one. For 256 dimensions .037 on average, and .053 in one case of twenty (.191 and
    .231 as absolute values).
    """
    squares = np.square(np.random.default_rng(seed).standard_normal((NULL_DRAWS, dims)))
    return np.sort(squares.max(axis=1) / squares.sum(axis=1))
