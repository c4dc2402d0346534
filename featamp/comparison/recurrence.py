"""Which dimensions of one model are found again in another: two seeds of a recipe, two epochs of a
run, two objectives.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featamp.arrays import divided, spread_rows, standardised

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]

MOST = 5000
"""Images that are used at most: a correlation is known to within .03 then."""
CHANCE_LEVEL = 0.05
"""Share of the dimensions that pass either null by chance."""
ROTATIONS = 100
"""Random rotations of the other's codes, whose axes mean nothing."""
SHUFFLES = 10
"""Orders of the images in which nothing goes together but by chance."""


@dataclass(frozen=True)
class Recurrence:
    """The dimensions of one model in the codes of another, of the same images.

    Attributes
    ----------
    r : [dim, other] correlation of their posterior means, 0 where either is not active.
    matched : [dim] the other's dimension where no two share one: the assignment of largest |r| in
        all; -1 for what is left over or not active.
    multiple_r : [dim] multiple correlation with all of the other's dimensions, adjusted for their
        number (Ezekiel 1930): how much of the dimension the other model knows at all.
    shuffled : the |r| that the best of the other's dimensions exceeds on one dimension of twenty
        when the images, or the people, are put in another order.
    rotated_r : [dim] the |r| that the best axis exceeds in one of twenty random rotations of the
        other's codes, each of variance 1, on the same images: the same knowledge and the same
        noise in axes that mean nothing.
    """

    r: Float
    matched: Int
    multiple_r: Float
    shuffled: float
    rotated_r: Float

    @property
    def best(self) -> Int:
        """[dim] the other's dimension of largest |r|."""
        return np.asarray(np.abs(self.r).argmax(axis=1), np.int64)

    @property
    def strength(self) -> Float:
        """[dim] that |r|."""
        return np.asarray(np.abs(self.r).max(axis=1), np.float64)

    @property
    def again(self) -> Bool:
        """[dim] found again: one axis of the other model goes with it more than chance does, by
        both nulls.
        """
        return np.asarray(self.strength > np.maximum(self.rotated_r, self.shuffled), np.bool_)


@dataclass(frozen=True)
class Overlap:
    """Two models in each other.

    Attributes
    ----------
    r : [dim, other] as in `Recurrence`.
    pairs : [pair, 2] the assignment, a dimension of either.
    multiple_r, others_multiple_r : [dim] and [other].
    shuffled, others_shuffled : of each in the other.
    rotated, others_rotated : [dim] and [other], `Recurrence.rotated_r` of either.
    """

    r: Float
    pairs: Int
    multiple_r: Float
    others_multiple_r: Float
    shuffled: float
    others_shuffled: float
    rotated: Float
    others_rotated: Float

    @property
    def first(self) -> Recurrence:
        """The first model's dimensions in the second."""
        matched = _pointing(self.pairs, len(self.multiple_r))
        return Recurrence(self.r, matched, self.multiple_r, self.shuffled, self.rotated)

    @property
    def second(self) -> Recurrence:
        """The second model's dimensions in the first."""
        matched = _pointing(self.pairs[:, ::-1], len(self.others_multiple_r))
        known, chance = self.others_multiple_r, self.others_shuffled
        return Recurrence(self.r.T, matched, known, chance, self.others_rotated)


def find_again(
    mu: NDArray[np.float32],
    others: NDArray[np.float32],
    active: Bool,
    others_active: Bool,
    seed: int,
    people: Int | None = None,
) -> Overlap:
    """Look for the active dimensions of each of two models in the other.

    Parameters
    ----------
    mu, others : [image, dim] and [image, other] posterior means of the same images, in one order.
    active, others_active : [dim] and [other] those that are looked for, and looked among.
    seed : of the rotations and of the orders of the images.
    people : [image] the person that each image shows, whose images stay together in any order;
        None where every image stands for itself.
    """
    rows = spread_rows(len(mu), MOST)
    if people is not None:  # each person's images one after the other
        rows = rows[np.argsort(people[rows], kind="stable")]
    first = np.where(active, standardised(mu[rows]), 0.0)
    second = np.where(others_active, standardised(others[rows]), 0.0)
    count = len(rows)
    r = np.clip(first.T @ second / count, -1.0, 1.0)
    generator = np.random.default_rng(seed)
    whose = rows if people is None else people[rows]
    orders = [_shuffled(whose, generator) for _ in range(SHUFFLES)]
    chance = np.abs([first.T @ second[order] / count for order in orders])
    among, others_among = first.T @ first / count, second.T @ second / count
    return Overlap(
        r=r,
        pairs=_pairs(r, np.flatnonzero(active), np.flatnonzero(others_active)),
        multiple_r=_multiple(r, others_among, count, int(others_active.sum())),
        others_multiple_r=_multiple(r.T, among, count, int(active.sum())),
        shuffled=_high(chance.max(axis=2)[:, active]),
        others_shuffled=_high(chance.max(axis=1)[:, others_active]),
        rotated=_rotated(r, others_among, others_active, generator),
        others_rotated=_rotated(r.T, among, active, generator),
    )


def _high(values: Float) -> float:
    return float(np.quantile(values, 1 - CHANCE_LEVEL)) if values.size else 0.0


def _shuffled(whose: Int, generator: np.random.Generator) -> Int:
    """[image] another order of the people [image], who stand one after the other."""
    begins = np.flatnonzero(np.r_[True, whose[1:] != whose[:-1]])
    people = np.split(np.arange(len(whose)), begins[1:])
    return np.concatenate([people[person] for person in generator.permutation(len(people))])


def _rotated(r: Float, among: Float, active: Bool, generator: np.random.Generator) -> Float:
    """[dim] the largest |r| with any axis that one random rotation of twenty exceeds, from
    correlations with, and among, the other's dimensions.
    """
    dims = int(active.sum())
    if not dims:
        return np.zeros(len(r))
    r, among = r[:, active], among[np.ix_(active, active)]
    best = np.empty((ROTATIONS, len(r)))
    for rotation in range(ROTATIONS):
        turn = np.linalg.qr(generator.standard_normal((dims, dims)))[0]
        spread = np.sqrt(np.einsum("io,io->o", turn, among @ turn))
        best[rotation] = np.abs(divided(r @ turn, spread)).max(axis=1)
    return np.asarray(np.quantile(best, 1 - CHANCE_LEVEL, axis=0), np.float64)


def _multiple(r: Float, among: Float, count: int, free: int) -> Float:
    """[dim] multiple correlation from correlations with, and among, the other's dimensions; never
    below the largest |r|, nor above 1.
    """
    explained = np.einsum("di,di->d", r @ np.linalg.pinv(among, hermitian=True), r)
    adjusted = 1.0 - (1.0 - explained) * (count - 1) / max(count - free - 1, 1)
    return np.asarray(np.sqrt(np.clip(adjusted, np.square(r).max(axis=1), 1.0)), np.float64)


def _pairs(r: Float, dims: Int, others: Int) -> Int:
    """[pair, 2] of the assignment of the largest sum of |r|."""
    from scipy.optimize import linear_sum_assignment

    rows, columns = linear_sum_assignment(-np.abs(r[np.ix_(dims, others)]))
    return np.stack([dims[rows], others[columns]], axis=1).astype(np.int64)


def _pointing(pairs: Int, count: int) -> Int:
    matched = np.full(count, -1, np.int64)
    matched[pairs[:, 0]] = pairs[:, 1]
    return matched
