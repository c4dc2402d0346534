"""Method 2: which latent dimensions go with which attributes (point-biserial correlation;
Pearson's with numbers).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featamp.arrays import divided, standardised
from featamp.io.files.numbers import Numbers, as_values
from featamp.statistics.auc import REACH
from featamp.statistics.blocks import blocks_of
from featamp.statistics.interval import robust_intervals

Float = NDArray[np.float64]

FEW_POSITIVES = 200
"""Below this many images with (or without) an attribute, a correlation with it says little."""
LONG_TAIL = 10.0
"""Excess kurtosis from which the interval of a number's r holds the truth less often than it says:
a few images decide r, and a sample rarely has those that would."""
RANKED = 16
"""Dimensions ranked at a time, which bounds the memory."""


@dataclass(frozen=True)
class Correlations:
    """Every (attribute, dimension) pair.

    Attributes
    ----------
    names : attribute names; axis `attribute`.
    r : [attribute, dim] point-biserial correlation (Pearson's, with a binary label), in [-1, 1]; 0
        where it is undefined (see `defined`). Pearson's of the number itself where the attribute
        is one (see `splits`).
    ci_low, ci_high : [attribute, dim] 95 % interval of r, which asks for no equal spread
        (`featamp.statistics.interval`).
    p : [attribute, dim] two-sided p-value of r = 0 by the same error.
    q : [attribute, dim] Benjamini-Hochberg adjusted p over all defined pairs: for screening only.
    auc : [attribute, dim] probability that an image with the attribute lies higher on the
        dimension than one without it, ties counted half; unlike r it is not capped by the
        attribute's base rate. 0.5 where undefined.
    d : [attribute, dim] Cohen's d, the difference of the two means in pooled standard deviations;
        0 where undefined.
    defined : [attribute, dim] False where the attribute or the dimension is constant; there r = 0,
        p = q = 1 and the interval is [-1, 1]: nothing is known.
    count : number of images.
    positives : [attribute] number of images that have it.
    splits : the attributes that are numbers, each with its median: an image above it counts as one
        that has the attribute, for `auc`, `d` and `positives`.
    long_tailed : those of them of which few images lie so far out that they decide r.
    """

    names: tuple[str, ...]
    r: Float
    ci_low: Float
    ci_high: Float
    p: Float
    q: Float
    auc: Float
    d: Float
    defined: NDArray[np.bool_]
    count: int
    positives: NDArray[np.int64]
    splits: tuple[tuple[str, float], ...] = ()
    long_tailed: tuple[str, ...] = ()

    @property
    def constant(self) -> tuple[str, ...]:
        """Names of attributes that every image has, or none has."""
        return tuple(
            n for n, k in zip(self.names, self.positives, strict=True) if k in (0, self.count)
        )

    def split(self, attribute: str) -> float | None:
        """The median of an attribute that is a number; None of one that is there or not."""
        return dict(self.splits).get(attribute)

    def few(self, attribute: str) -> bool:
        """Whether too few images have the attribute, or lack it, for a number to say much."""
        positives = int(self.positives[self.names.index(attribute)])
        return min(positives, self.count - positives) < FEW_POSITIVES

    def best_dimensions(self, attribute: str, top: int) -> list[int]:
        """The dimensions of largest |r| with `attribute`, the strongest first."""
        strength = np.abs(self.r[self.names.index(attribute)])
        return [int(d) for d in np.argsort(-strength, kind="stable")[:top]]

    def best_attributes(self, dim: int, top: int) -> list[int]:
        """Rows of the attributes of largest |r| with dimension `dim`, the strongest first."""
        return [int(a) for a in np.argsort(-np.abs(self.r[:, dim]), kind="stable")[:top]]


def point_biserial(
    mu: NDArray[np.float32],
    labels: NDArray[np.bool_],
    names: tuple[str, ...],
    people: NDArray[np.int64] | None = None,
    numbers: Numbers | None = None,
) -> Correlations:
    """Correlate all attributes with all dimensions in one matrix product a block of images.

    Parameters
    ----------
    mu : [image, dim] posterior means, raw units.
    labels : bool [image, attribute].
    names : attribute names, one a column of `labels`.
    people : [image] the person that each image shows; None where every image stands for itself.
    numbers : of the labels that are numbers.
    """
    count = len(mu)
    rows = np.arange(count)
    r, defined = correlate_labels(mu, labels, rows, numbers)
    known = robust_intervals(mu, labels, rows, r, people, numbers)
    p = np.where(defined, known.p, 1.0)
    q = np.ones_like(p)
    q[defined] = _benjamini_hochberg(p[defined])
    positives = labels.sum(axis=0, dtype=np.int64)
    split = () if numbers is None else zip(numbers.columns, numbers.splits, strict=True)
    return Correlations(
        names=names,
        r=r,
        ci_low=np.where(defined, known.low, -1.0),
        ci_high=np.where(defined, known.high, 1.0),
        p=p,
        q=q,
        auc=area_under_curve(mu, labels),
        d=cohens_d(_of_groups(r, mu, labels, numbers), count, positives),
        defined=defined,
        count=count,
        positives=positives,
        splits=tuple((names[column], value) for column, value in split),
        long_tailed=_long_tailed(names, numbers),
    )


def _long_tailed(names: tuple[str, ...], numbers: Numbers | None) -> tuple[str, ...]:
    if numbers is None:
        return ()
    excess = (standardised(numbers.values) ** 4).mean(axis=0) - 3.0
    columns = zip(numbers.columns, excess, strict=True)
    return tuple(names[column] for column, own in columns if own >= LONG_TAIL)


def _of_groups(
    r: Float, mu: NDArray[np.float32], labels: NDArray[np.bool_], numbers: Numbers | None
) -> Float:
    """[attribute, dim] r of labels that are groups: that of a number with the groups in its
    place.
    """
    return r if numbers is None else correlate_labels(mu, labels, np.arange(len(mu)))[0]


def correlate_labels(
    mu: NDArray[np.float32],
    labels: NDArray[np.bool_],
    rows: NDArray[np.int64],
    numbers: Numbers | None = None,
) -> tuple[Float, NDArray[np.bool_]]:
    """Pearson's r of each label with each dimension over some of the images, a block of them at a
    time.

    Parameters
    ----------
    mu, labels : [image, dim] posterior means, raw units, and bool [image, attribute].
    rows : the images to use.
    numbers : of the labels that are numbers.

    Returns
    -------
    [attribute, dim] r, 0 where it is undefined, and where it is defined: label and dimension both
    vary.
    """
    values = as_values(labels, numbers)
    rates = values[rows].mean(axis=0, dtype=np.float64)
    spread = len(rows) * rates * (1.0 - rates)
    if numbers is not None:
        own = values[rows][:, numbers.columns]
        varies = np.ptp(own, axis=0) > 0
        spread[list(numbers.columns)] = np.where(varies, len(rows) * own.var(axis=0), 0.0)
    parts = [rows[block] for block in blocks_of(len(rows))]
    centre = sum(mu[part].sum(axis=0, dtype=np.float64) for part in parts) / len(rows)
    products = np.zeros((labels.shape[1], mu.shape[1]))
    squares = np.zeros(mu.shape[1])
    for part in parts:
        centred = mu[part].astype(np.float64) - centre
        products += (values[part] - rates).T @ centred
        squares += np.square(centred).sum(axis=0)
    scale = np.sqrt(np.outer(spread, squares))
    r = divided(products, scale)
    return np.clip(r, -1.0, 1.0), scale > 0


def area_under_curve(
    mu: NDArray[np.float32] | Float,
    labels: NDArray[np.bool_],
    rows: NDArray[np.int64] | None = None,
) -> Float:
    """Area under the ROC curve of every dimension for every attribute, from ranks (Mann and
    Whitney 1947).

    Parameters
    ----------
    mu : [image, dim] posterior means, raw units.
    labels : bool [row, attribute].
    rows : the images that these are of; None for all.

    Returns
    -------
    [attribute, dim] in [0, 1]; 0.5 for an attribute that every image has, or none has.
    """
    from scipy.stats import rankdata

    positives = labels.sum(axis=0, dtype=np.float64)
    pairs = positives * (len(labels) - positives)
    weights = labels.T.astype(np.float64)
    area = np.empty((labels.shape[1], mu.shape[1]))
    for start in range(0, mu.shape[1], RANKED):
        ranks = rankdata(
            mu[:, start : start + RANKED][slice(None) if rows is None else rows], axis=0
        )
        area[:, start : start + RANKED] = (
            weights @ ranks - (positives * (positives + 1) / 2)[:, None]
        )
    half = np.full_like(area, 0.5)
    return np.asarray(
        np.divide(area, pairs[:, None], out=half, where=pairs[:, None] > 0), np.float64
    )


def cohens_d(r: Float, count: int, positives: NDArray[np.int64]) -> Float:
    """Cohen's d of a point-biserial r [attribute, dim]: d = r sqrt(n (n - 2) / (n1 n0 (1 - r^2))).

    The pooled standard deviation has n - 2 degrees of freedom, so this is exact (McGrath and Meyer
    2006, eq. 4). 0 where it cannot be told: one group is empty, or no group has any spread.
    """
    groups = (positives * (count - positives)).astype(np.float64)[:, None]
    spread = groups * (1.0 - np.square(r))
    factor = divided(count * (count - 2.0), spread)
    return np.asarray(r * np.sqrt(np.maximum(factor, 0.0)), np.float64)


def fisher_interval(r: Float, count: int) -> tuple[Float, Float]:
    """The 95 % interval of a correlation of two normal variables over `count` images by Fisher's
    z; [-1, 1] for fewer than four.
    """
    if count < 4:
        return np.full_like(r, -1.0), np.full_like(r, 1.0)
    margin = REACH / np.sqrt(count - 3)
    with np.errstate(divide="ignore"):  # r = 1 has z = infinity, whose tanh is 1 again
        z = np.arctanh(r)
    return np.tanh(z - margin), np.tanh(z + margin)


def _benjamini_hochberg(p: Float) -> Float:
    from scipy.stats import false_discovery_control

    return np.asarray(false_discovery_control(p), np.float64) if p.size else p
