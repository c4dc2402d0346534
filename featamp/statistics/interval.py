"""How sure a correlation is where Fisher's z does not hold: groups of unequal spread, few images
in one of them, several images of one person.

By the influence function of r (Devlin, Gnanadesikan and Kettenring 1975): for an image with the
standardised values x and y it is psi = x y - r (x^2 + y^2) / 2. The variance of r is that of the
mean of psi, whatever the distribution; Fisher's is the special case of two normal variables.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featamp.arrays import divided
from featamp.io.files.numbers import Numbers, as_values
from featamp.statistics import blocks
from featamp.statistics.blocks import blocks_of

Float = NDArray[np.float64]
Rows = NDArray[np.int64]

CONFIDENCE = 0.95
LEAST = 4
"""Fewer images than this say nothing of a correlation."""


@dataclass(frozen=True)
class Intervals:
    """What is known of correlations, each [attribute, dim].

    Attributes
    ----------
    low, high : 95 % interval; [-1, 1] where nothing is known: fewer than `LEAST` images, or a
        group of fewer than two images, or people.
    p : two-sided p-value of r = 0 by the same error.
    """

    low: Float
    high: Float
    p: Float


def robust_intervals(
    mu: NDArray[np.float32],
    labels: NDArray[np.bool_],
    rows: Rows,
    r: Float,
    people: NDArray[np.int64] | None = None,
    numbers: Numbers | None = None,
) -> Intervals:
    """Intervals on the scale of arctanh r, with Student's t for the degrees of freedom that the
    variance is estimated on (Welch 1947; Satterthwaite 1946).

    Parameters
    ----------
    mu, labels : [image, dim] posterior means, raw units, and bool [image, attribute].
    rows : the images to use.
    r : [attribute, dim] point-biserial correlation over them.
    people : [image] the person that each image shows, so that people are the units and not images;
        None where every image stands for itself.
    numbers : of the labels that are numbers: no groups, so their variance has as many degrees of
        freedom as there are images, or people, less those of two means.
    """
    rates = labels[rows].mean(axis=0, dtype=np.float64)
    spread = np.sqrt(rates * (1.0 - rates))
    scale = divided(1.0, spread)
    values = np.stack([-rates * scale, (1.0 - rates) * scale])  # of a standardised label
    codes = _Standardised.measure(mu, rows)
    if len(rows) < LEAST:
        variance, freedom = np.full_like(r, np.nan), np.ones_like(r)
    elif people is None:
        variance, freedom = _of_images(codes, labels, r, values)
    else:
        variance, freedom = _of_people(codes, labels, r, values, people)
    if numbers is not None and len(rows) >= LEAST:
        own = list(numbers.columns)
        y = as_values(labels, numbers)[:, own]
        variance[own], freedom[own] = _of_numbers(codes, y, r[own], people)
    return _intervals(r, variance, freedom)


def residual_interval(
    x: Float, y: Float, given: NDArray[Any], people: NDArray[np.int64] | None = None
) -> tuple[float, float, float]:
    """Correlation of two variables with others held fixed, and its 95 % interval.

    The correlation of what least squares leaves of both (Pearson 1896); to first order its
    influence function is that of r of the residuals.

    Parameters
    ----------
    x, y : [image].
    given : [image, control] the labels that are held fixed, bool or numbers.
    people : as in `robust_intervals`.

    Returns
    -------
    r, low, high; 0, -1 and 1 where nothing is left of either, and -1 and 1 where nothing is known:
    fewer than two images, or people, that have the label or that lack it.
    """
    design = np.column_stack([np.ones(len(x)), given])
    both = np.column_stack([x, y]).astype(np.float64)
    rest = both - design @ np.linalg.lstsq(design, both, rcond=None)[0]
    size = rest.std(axis=0)
    freedom = len(x) - design.shape[1] - 1
    if freedom < 1 or (size <= 1e-6 * np.maximum(both.std(axis=0), 1e-30)).any():
        return 0.0, -1.0, 1.0
    first, second = (rest / size).T
    r = float(np.clip(np.mean(first * second), -1.0, 1.0))
    psi = first * second - r * (np.square(first) + np.square(second)) / 2
    owner = np.arange(len(x)) if people is None else np.unique(people, return_inverse=True)[1]
    variance = np.square(np.bincount(owner, psi)).sum() / len(x) / freedom
    least = min(freedom, fewest(y, owner) - 1)
    if least < 1:
        return r, -1.0, 1.0
    told = _intervals(np.array([[r]]), np.array([[variance]]), np.array([[least]]))
    return r, float(told.low[0, 0]), float(told.high[0, 0])


def fewest(y: Float | NDArray[np.bool_], people: Rows | None = None) -> int:
    """How many people there are, or images where nobody knows them; of a label, in the group that
    has fewer of them, 0 where all images are of one.

    With a single one nothing is known: the influences of all images add up to 0.
    """
    owner, values = np.arange(len(y)) if people is None else people, np.unique(y)
    if len(values) > 2:
        return len(np.unique(owner))
    return 0 if len(values) < 2 else min(len(np.unique(owner[y == value])) for value in values)


@dataclass(frozen=True)
class _Standardised:
    """Codes of some images, standardised over them, a block at a time."""

    mu: NDArray[np.float32]
    rows: Rows
    centre: Float
    scale: Float

    @classmethod
    def measure(cls, mu: NDArray[np.float32], rows: Rows) -> _Standardised:
        parts = [rows[block] for block in blocks_of(len(rows))]
        centre = sum(mu[part].sum(axis=0, dtype=np.float64) for part in parts) / len(rows)
        squares = sum(np.square(mu[part] - centre).sum(axis=0) for part in parts)
        spread = np.sqrt(squares / len(rows))
        scale = divided(1.0, spread)
        return cls(mu, rows, np.asarray(centre), scale)

    def take(self, rows: Rows) -> Float:
        """[image, dim]."""
        return np.asarray((self.mu[rows] - self.centre) * self.scale, np.float64)


def _of_images(
    codes: _Standardised, labels: NDArray[np.bool_], r: Float, values: Float
) -> tuple[Float, Float]:
    """Variance of the mean of psi, and its degrees of freedom, from the first four moments of the
    codes in either group.
    """
    powers = range(1, 5)
    having = [np.zeros_like(r) for _ in powers]
    all_of_them = [np.zeros(r.shape[1]) for _ in powers]
    for block in blocks_of(len(codes.rows)):
        part = codes.rows[block]
        x, has = codes.take(part), labels[part].astype(np.float64)
        power = np.ones_like(x)
        for k in range(4):
            power = power * x
            having[k] += has.T @ power
            all_of_them[k] += power.sum(axis=0)
    count = len(codes.rows)
    positives = labels[codes.rows].sum(axis=0, dtype=np.float64)
    variance, within, shares = np.zeros_like(r), np.zeros_like(r), np.zeros_like(r)
    for group, size in ((0, count - positives), (1, positives)):
        sums = having if group else [a - b for a, b in zip(all_of_them, having, strict=True)]
        few = np.maximum(size, 1.0)[:, None]
        first, second, third, fourth = (total / few for total in sums)
        y = values[group][:, None]
        mean = y * first - r * (second + y**2) / 2
        square = (
            y**2 * second
            - y * r * (third + y**2 * first)
            + np.square(r) * (fourth + 2 * y**2 * second + y**4) / 4
        )
        free = np.maximum(few - 1.0, 1.0)
        own = np.maximum(square - np.square(mean), 0.0) * few / free
        part = (few / count) ** 2 * own / few
        variance += part + (few / count) * np.square(mean) / count
        within += part
        shares += np.square(part) / free
        variance[size < 2] = np.nan
    freedom = np.divide(
        np.square(variance), shares, out=np.full_like(r, float(count)), where=shares > 0
    )
    return variance, np.clip(freedom, 1.0, None)


def _of_people(
    codes: _Standardised,
    labels: NDArray[np.bool_],
    r: Float,
    values: Float,
    people: NDArray[np.int64],
) -> tuple[Float, Float]:
    """Variance of the mean of psi, summed over the images of each person (Liang and Zeger 1986);
    as many degrees of freedom as the group of fewer people has, less one.
    """
    variance = np.zeros_like(r)
    members = np.zeros((2, len(r)))
    persons = 0
    for rows, at in _by_person(codes.rows, people):
        x, has = codes.take(rows), labels[rows]
        total, squares = (np.add.reduceat(v, at, axis=0) for v in (x, np.square(x)))
        sizes = np.diff(np.r_[at, len(rows)])[:, None]
        owner = np.repeat(np.arange(len(at)), sizes[:, 0])
        for row in range(len(r)):
            no, yes = values[:, row]
            mine, positives = _sums_of_some(x, has[:, row], owner, len(at))
            ys = yes**2 * positives + no**2 * (sizes - positives)
            psi = yes * mine + no * (total - mine) - r[row] * (squares + ys) / 2
            variance[row] += np.square(psi).sum(axis=0)
            members[0, row] += (positives < sizes).sum()
            members[1, row] += (positives > 0).sum()
        persons += len(at)
    fewest = members.min(axis=0)
    variance[fewest < 2] = np.nan
    variance *= persons / max(persons - 1, 1) / len(codes.rows) ** 2
    return variance, np.repeat(np.maximum(fewest - 1.0, 1.0)[:, None], r.shape[1], axis=1)


def _of_numbers(
    codes: _Standardised, values: Float, r: Float, people: NDArray[np.int64] | None
) -> tuple[Float, Float]:
    """Variance of the mean of psi, and its degrees of freedom, for labels [image, number] that
    have no groups.
    """
    count = len(codes.rows)
    own = values[codes.rows]
    centre, spread = own.mean(axis=0), np.where(np.ptp(own, axis=0) > 0, own.std(axis=0), 0.0)
    scale = divided(1.0, spread)
    units, variance = 0, np.zeros_like(r)
    whose = np.arange(len(values)) if people is None else people
    for rows, at in _by_person(codes.rows, whose):
        x, y = codes.take(rows), (values[rows] - centre) * scale
        for row in range(len(r)):
            one = y[:, row, None]
            psi = x * one - r[row] * (np.square(x) + np.square(one)) / 2
            variance[row] += np.square(np.add.reduceat(psi, at, axis=0)).sum(axis=0)
        units += len(at)
    variance *= 1.0 / count / (count - 2)
    variance[(spread == 0) | (units < 2)] = np.nan
    return variance, np.full_like(r, max(min(count - 2, units - 1), 1))


def _by_person(rows: Rows, people: NDArray[np.int64]) -> Iterator[tuple[Rows, Rows]]:
    """Images, those of a person one after the other and about a block at a time, and where among
    them each person begins.
    """
    order = rows[np.argsort(people[rows], kind="stable")]
    whose = people[order]
    begins = np.flatnonzero(np.r_[True, whose[1:] != whose[:-1]])
    ends = np.r_[begins[1:], len(order)]
    first = 0
    while first < len(begins):
        last = max(
            first + 1, int(np.searchsorted(ends, begins[first] + blocks.SIZE, side="right"))
        )
        yield order[begins[first] : ends[last - 1]], begins[first:last] - begins[first]
        first = last


def _sums_of_some(
    x: Float, some: NDArray[np.bool_], owner: Rows, people: int
) -> tuple[Float, Float]:
    """[person, dim] the sum over some images of each person, and [person, 1] how many they are.

    Parameters
    ----------
    x, owner : [image, dim], and [image] the person of each image, ascending.
    """
    whose = owner[some]
    sums = np.zeros((people, x.shape[1]))
    begins = np.flatnonzero(np.r_[True, whose[1:] != whose[:-1]][: len(whose)])
    if len(whose):
        sums[whose[begins]] = np.add.reduceat(x[some], begins, axis=0)
    return sums, np.bincount(whose, minlength=people).astype(np.float64)[:, None]


def _intervals(r: Float, variance: Float, freedom: Float) -> Intervals:
    """By Student's t on the scale of arctanh r; nothing is known where the variance is nan."""
    from scipy.special import stdtr, stdtrit

    rest = 1.0 - np.square(r)
    sure = rest <= 1e-12  # r = 1 has no error, and arctanh r no end
    error = np.divide(np.sqrt(variance), rest, out=np.zeros_like(r), where=~sure)
    z = np.arctanh(np.where(sure, 0.0, r))
    reach = stdtrit(freedom, 0.5 + CONFIDENCE / 2) * error
    low, high = (np.where(sure, r, np.tanh(z + side * reach)) for side in (-1, 1))
    ratio = np.divide(np.abs(z), error, out=np.full_like(r, np.inf), where=error > 0)
    p = np.where(sure, 0.0, 2 * stdtr(freedom, -ratio))
    unknown = np.isnan(variance) | (~sure & ~(variance > 0))
    low[unknown], high[unknown], p[unknown] = -1.0, 1.0, 1.0
    return Intervals(low, high, p)
