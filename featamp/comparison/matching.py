"""Dimensions of several models that do the same: first those that move the same thing, then those
that change pictures alike.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featamp.arrays import unit_rows
from featamp.verdict.rule import NAMED

Float = NDArray[np.float64]
Int = NDArray[np.int64]

HALVES_APART = 2 * np.sqrt(2 / np.pi)
"""Standard deviations between the means of the lower and the upper half of a normal factor."""
ENDS_APART = 4
"""Standard deviations of a dimension between the ends of a sweep that is judged."""
CLEAR_ERRORS = 2
"""A response of fewer standard errors than this is none."""
UNLIKE_SHARE = 0.95
"""Share of the pairs of different dimensions of one model whose changes are less alike than those
that are matched by their pictures."""


@dataclass(frozen=True)
class Move:
    """How a dimension moves a thing.

    Attributes
    ----------
    name : the attribute or factor itself, of which the thing may be the family.
    share : of the way, 1 as far as from images without it to images with it.
    sign : 1 where it rises with alpha, -1 where it falls.
    known : how much of it the code tells, |r| over images: of several that a dimension moves, it
        stands for the one that it tells.
    """

    name: str
    share: float
    sign: int
    known: float = 1.0

    @property
    def weight(self) -> float:
        """How much it says that a dimension has it in common with another."""
        return min(self.share, 1.0) * self.known


@dataclass(frozen=True)
class SweptModel:
    """What the dimensions of one model do, all on the same samples.

    Attributes
    ----------
    dims : the dimensions.
    things : of each, what it moves far enough (attributes or their families, factors), and how.
    changes : [dim, value] mean change of the pictures as alpha rises, flat.
    """

    dims: tuple[int, ...]
    things: tuple[Mapping[str, Move], ...]
    changes: Float


@dataclass(frozen=True)
class MatchedDimensions:
    """Dimensions that do the same, a row each.

    Attributes
    ----------
    things : of each row, the thing that most of its dimensions move, of several that of most
        weight; "" where fewer than half of them do, or no two of several agree, so that pictures
        matched it.
    dims : [row, model] the dimension; -1 where a model has none.
    share : [row, model] how far it moves the thing of the row; 0 where only its pictures match.
    turned : [row, model] -1 where the dimension does the opposite of the row's first, else 1: by
        the attribute or factor where it is the same, else by the pictures.
    alike : [row, model] cosine of its change of the pictures with the mean change of the others
        of the row, so turned; 0 where there is none.
    bound : cosine that changes must exceed to match: what `UNLIKE_SHARE` of the pairs of different
        dimensions of one model have at most.
    """

    things: tuple[str, ...]
    dims: Int
    share: Float
    turned: Int
    alike: Float
    bound: float


def move_factors(
    names: Sequence[str], slope: Float, error: Float, codes: NDArray[np.float32], values: Float
) -> tuple[dict[str, Move], ...]:
    """The known factors that each dimension moves as far as a name takes, as a share of the way
    from the lower half of the images to the upper.

    Parameters
    ----------
    names : of the factors, all of which vary.
    slope, error : [dim, factor] the response to one standard deviation of a dimension, in standard
        deviations of the factor, and its standard error.
    codes, values : [image, dim] and [image, factor].
    """
    share, known = np.abs(slope) * ENDS_APART / HALVES_APART, _correlations(codes, values)
    far = (np.abs(slope) > CLEAR_ERRORS * error) & (share >= NAMED)

    def move(row: int, f: int) -> Move:
        sign = 1 if slope[row, f] > 0 else -1
        return Move(names[f], float(share[row, f]), sign, float(known[row, f]))

    return tuple(
        {names[f]: move(row, f) for f in np.flatnonzero(far[row]).tolist()}
        for row in range(len(slope))
    )


def _correlations(codes: NDArray[np.float32], values: Float) -> Float:
    """[dim, factor] |r| of codes [image, dim] with factors [image, factor]; all of them vary."""
    dims = codes.shape[1]
    both = np.concatenate([codes, values], axis=1)
    return np.asarray(np.abs(np.corrcoef(both, rowvar=False)[:dims, dims:]), np.float64)


def match_dimensions(models: Sequence[SweptModel]) -> MatchedDimensions:
    """Match the dimensions of models.

    Model by model, dimensions are assigned to the rows so far by the largest sum of scores: the
    |cosine| of the change of the pictures with the row's mean change, where it is above the bound;
    and where both move the same thing, whatever the pictures, 1 more and the smaller weight of
    the two. So things come first, and pictures tell several dimensions apart that move one thing.
    A row moves what more than half of it move: one that pictures matched takes in none whose
    pictures are others. What matches none begins a row; rows of a single model are dropped.
    """
    units = [unit_rows(model.changes) for model in models]
    bound = _bound(units)
    rows: list[list[int]] = []
    for at, model in enumerate(models):
        cosines = np.zeros((len(model.dims), len(rows)))
        felt = np.zeros_like(cosines)
        for number, row in enumerate(rows):
            cosines[:, number] = np.abs(units[at] @ _mean(units, row))
            members = _members(models, row)
            felt[:, number] = [_together(own, members) for own in model.things]
        alike = np.where(cosines > bound, cosines, 0.0)
        matches = _assigned(np.where(felt > 0, 1 + felt + cosines, alike))
        for dim in range(len(model.dims)):
            if dim in matches:
                rows[matches[dim]][at] = dim
            else:
                rows.append([dim if other == at else -1 for other in range(len(models))])
    return _matched(models, units, [row for row in rows if sum(d >= 0 for d in row) > 1], bound)


def _members(models: Sequence[SweptModel], row: Sequence[int]) -> list[Mapping[str, Move]]:
    """What each dimension of a row moves."""
    return [models[at].things[dim] for at, dim in enumerate(row) if dim >= 0]


def _together(own: Mapping[str, Move], members: Sequence[Mapping[str, Move]]) -> float:
    """How much a dimension and any of a row have in common of what more than half of the row move;
    0 where they move nothing alike.
    """
    held = Counter(thing for things in members for thing in things)
    shared = [
        min(own[thing].weight, things[thing].weight)
        for things in members
        for thing in own.keys() & things.keys()
        if 2 * held[thing] > len(members)
    ]
    return max(shared, default=0.0)


def _thing(models: Sequence[SweptModel], row: Sequence[int]) -> str:
    """What more than half of them move; "" where nothing is."""
    members = _members(models, row)
    weights: dict[str, list[float]] = {}
    for things in members:
        for thing, move in things.items():
            weights.setdefault(thing, []).append(move.weight)
    agreed = {thing: w for thing, w in weights.items() if 2 * len(w) > len(members)}
    return max(agreed, key=lambda thing: (len(agreed[thing]), sum(agreed[thing])), default="")


def _matched(
    models: Sequence[SweptModel],
    units: Sequence[Float],
    kept: Sequence[Sequence[int]],
    bound: float,
) -> MatchedDimensions:
    things = tuple(_thing(models, row) for row in kept)
    shape = len(kept), len(models)
    dims, turned = np.full(shape, -1, np.int64), np.ones(shape, np.int64)
    alike, share = np.zeros(shape), np.zeros(shape)
    for number, row in enumerate(kept):
        for at, dim in enumerate(row):
            if dim < 0:
                continue
            model, unit = models[at], units[at][dim]
            others = [d if other != at else -1 for other, d in enumerate(row)]
            dims[number, at] = model.dims[dim]
            turned[number, at] = _turned(models, units, row, at, things[number])
            alike[number, at] = min(abs(float(unit @ _mean(units, others))), 1.0)
            if things[number] in model.things[dim]:
                share[number, at] = model.things[dim][things[number]].share
    return MatchedDimensions(things, dims, share, turned, alike, bound)


def _turned(
    models: Sequence[SweptModel], units: Sequence[Float], row: Sequence[int], at: int, thing: str
) -> int:
    """1 where a row's dimension of the model `at` does as its first, -1 where the opposite."""
    first = next(n for n, dim in enumerate(row) if dim >= 0)
    one, own = (models[n].things[row[n]].get(thing) for n in (first, at))
    if one and own and one.name == own.name:
        return one.sign * own.sign
    return -1 if units[at][row[at]] @ _first(units, row) < 0 else 1


def _bound(units: Sequence[Float]) -> float:
    """The |cosine| that `UNLIKE_SHARE` of the pairs of different dimensions of one model do not
    exceed.
    """
    pairs = [np.abs(unit @ unit.T)[np.triu_indices(len(unit), 1)] for unit in units]
    together = np.concatenate([*pairs, np.zeros(1)])
    return float(np.quantile(together, UNLIKE_SHARE))


def _first(units: Sequence[Float], row: Sequence[int]) -> Float:
    """The change of the first model that a row has."""
    return next(unit[dim] for unit, dim in zip(units, row, strict=True) if dim >= 0)


def _mean(units: Sequence[Float], row: Sequence[int]) -> Float:
    """The mean change of a row's dimensions, each turned as the first, of length 1."""
    first = _first(units, row)
    members = [unit[dim] for unit, dim in zip(units, row, strict=True) if dim >= 0]
    mean = sum((member if member @ first >= 0 else -member) for member in members)
    return np.asarray(unit_rows(np.atleast_2d(mean))[0], np.float64)


def _assigned(scores: Float) -> dict[int, int]:
    """Row to column of the assignment of the largest sum of scores, pairs of score 0 left out."""
    from scipy.optimize import linear_sum_assignment

    pairs = zip(*linear_sum_assignment(-scores), strict=True)
    return {int(row): int(column) for row, column in pairs if scores[row, column] > 0}
