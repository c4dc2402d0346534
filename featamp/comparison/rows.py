"""Dimensions of several models that do the same: first those that move the same thing, then those
that change pictures alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featamp.verdict.rule import NAMED

Float = NDArray[np.float64]
Int = NDArray[np.int64]

MOVES = NAMED / 2
"""A dimension goes with a thing where it moves it at least half as far as a name takes."""
UNLIKE = 0.95
"""Share of the pairs of different dimensions of one model whose changes are less alike than those
that are matched."""


@dataclass(frozen=True)
class Moves:
    """What the dimensions of one model do, all on the same samples.

    Attributes
    ----------
    dims : the dimensions.
    responses : [dim, thing] how far each moves each thing, without a sign; the same things in the
        same order for every model.
    changes : [dim, value] mean change of the pictures as alpha rises, flat.
    """

    dims: tuple[int, ...]
    responses: Float
    changes: Float


@dataclass(frozen=True)
class Rows:
    """Dimensions that do the same, a row each.

    Attributes
    ----------
    things : of each row, the thing that all of it moves; "" where only pictures matched it.
    dims : [row, model] the dimension; -1 where a model has none.
    response : [row, model] how far it moves the thing of the row; 0 where only pictures matched
        it.
    turned : [row, model] -1 where the dimension does the opposite of the row's first, else 1.
    alike : [row, model] cosine of its change of the pictures with the mean change of the others
        of the row, so turned; 0 where there is none.
    bound : cosine that changes must exceed to match: what `UNLIKE` of the pairs of different
        dimensions of one model have at most.
    """

    things: tuple[str, ...]
    dims: Int
    response: Float
    turned: Int
    alike: Float
    bound: float


def match_rows(models: Sequence[Moves], things: Sequence[str]) -> Rows:
    """Match the dimensions of models.

    A model's dimensions are assigned to the things by the largest sum of responses, and kept where
    they move them far enough. What is left is taken model by model, and assigned to the rows so
    far that lack this model by the largest sum of |cosine| of the changes; what matches none
    begins a row. Rows of a single model are dropped.

    Parameters
    ----------
    models : in an order; `things` names the columns of their responses.
    """
    units = [_unit(model.changes) for model in models]
    bound = _bound(units)
    rows = [[-1] * len(models) for _ in things]
    for at, model in enumerate(models):
        for thing, row in _assigned(model.responses.T, MOVES):
            rows[thing][at] = row
    kept = [(name, row) for name, row in zip(things, rows, strict=True) if max(row) >= 0]
    for at in range(len(models)):
        used = {row[at] for _, row in kept}
        left = [row for row in range(len(models[at].dims)) if row not in used]
        open_ = [row for _, row in kept if row[at] < 0]
        means = np.array([_mean(units, row) for row in open_]).reshape(-1, units[at].shape[1])
        matches = dict(_assigned(np.abs(units[at][left] @ means.T), bound))
        for number, dim in enumerate(left):
            if number in matches:
                open_[matches[number]][at] = dim
            else:
                kept.append(("", [dim if other == at else -1 for other in range(len(models))]))
    kept = [(name, row) for name, row in kept if sum(dim >= 0 for dim in row) > 1]
    return _rows(models, units, things, kept, bound)


def _rows(
    models: Sequence[Moves],
    units: list[Float],
    things: Sequence[str],
    kept: list[tuple[str, list[int]]],
    bound: float,
) -> Rows:
    shape = len(kept), len(models)
    dims, turned = np.full(shape, -1, np.int64), np.ones(shape, np.int64)
    alike, response = np.zeros(shape), np.zeros(shape)
    for number, (thing, row) in enumerate(kept):
        for at, dim in enumerate(row):
            if dim >= 0:
                if thing:
                    response[number, at] = models[at].responses[dim, things.index(thing)]
                dims[number, at] = models[at].dims[dim]
                others = [d if other != at else -1 for other, d in enumerate(row)]
                cosine = float(units[at][dim] @ _mean(units, others))
                turned[number, at] = -1 if units[at][dim] @ _first(units, row) < 0 else 1
                alike[number, at] = min(abs(cosine), 1.0)
    return Rows(tuple(name for name, _ in kept), dims, response, turned, alike, bound)


def _unit(changes: Float) -> Float:
    """[dim, value] of length 1; nothing stays nothing."""
    length = np.linalg.norm(changes, axis=1, keepdims=True)
    unit = np.divide(changes, length, out=np.zeros_like(changes), where=length > 0)
    return np.asarray(unit, np.float64)


def _bound(units: Sequence[Float]) -> float:
    """The |cosine| that `UNLIKE` of the pairs of different dimensions of one model do not
    exceed.
    """
    pairs = [np.abs(unit @ unit.T)[np.triu_indices(len(unit), 1)] for unit in units]
    together = np.concatenate([*pairs, np.zeros(1)])
    return float(np.quantile(together, UNLIKE))


def _first(units: Sequence[Float], row: Sequence[int]) -> Float:
    """The change of the first model that a row has."""
    return next(unit[dim] for unit, dim in zip(units, row, strict=True) if dim >= 0)


def _mean(units: Sequence[Float], row: Sequence[int]) -> Float:
    """The mean change of a row's dimensions, each turned as the first, of length 1."""
    first = _first(units, row)
    members = [unit[dim] for unit, dim in zip(units, row, strict=True) if dim >= 0]
    mean = sum((member if member @ first >= 0 else -member) for member in members)
    return np.asarray(_unit(np.atleast_2d(mean))[0], np.float64)


def _assigned(scores: Float, least: float) -> list[tuple[int, int]]:
    """(row, column) pairs of the assignment of the largest sum of scores, those above `least`."""
    from scipy.optimize import linear_sum_assignment

    scores = np.where(scores > least, scores, 0.0)
    pairs = zip(*linear_sum_assignment(-scores), strict=True)
    return [(int(row), int(column)) for row, column in pairs if scores[row, column] > least]
