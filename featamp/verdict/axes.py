"""Are the axes of a model better than random mixtures of them? A question about the model, and no
condition for a name.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featamp.io.attributes import NAMELESS_HERE
from featamp.verdict.rule import Shares

Float = NDArray[np.float64]

ROTATIONS = 199
"""Random rotations: so many that the smallest p is .005."""
FIRST = 100
"""Of these, drawn before it is asked whether the others could tell any axis."""
LEVEL = 0.05
"""False discovery rate at which an axis is called better than mixtures."""


@dataclass(frozen=True)
class Axes:
    """The axes of some dimensions against random rotations within their span.

    Attributes
    ----------
    dims : the dimensions that are compared.
    strength : [dim] how far each goes: the largest share of an attribute (`strength_of`).
    drawn : [rotation] the same of a direction of each rotation.
    p : [dim] (1 + rotations at least as strong) / (1 + rotations).
    q : [dim] false discovery rate among the dimensions (Benjamini and Hochberg 1995).
    """

    dims: tuple[int, ...]
    strength: Float
    drawn: Float
    p: Float
    q: Float

    @property
    def better(self) -> tuple[int, ...]:
        """The dimensions that go farther than mixtures of them do."""
        return tuple(dim for dim, q in zip(self.dims, self.q, strict=True) if q <= LEVEL)

    @property
    def beyond(self) -> int:
        """How many have a p of at most the level, each asked alone."""
        return int((self.p <= LEVEL).sum())

    @property
    def beyond_by_chance(self) -> float:
        """And how many would have, were they mixtures themselves."""
        return len(self.dims) * LEVEL

    @property
    def undrawn(self) -> int:
        """Rotations that were left out, since with them no axis could have been told either."""
        return max(ROTATIONS - len(self.drawn), 0)

    @property
    def least(self) -> int:
        """How many must go beyond every rotation for any of them to be told: one more than there
        are where so few rotations tell none.
        """
        count, smallest = len(self.dims), 1 / (1 + len(self.drawn))
        told = (k for k in range(1, count + 1) if smallest * (count / k) <= LEVEL)
        return next(told, count + 1)


def random_moves(std: Float, dims: tuple[int, ...], seed: int) -> Float:
    """[rotation, dim] the move of one unit along a direction of each random rotation of `dims`.

    A column Q of a random orthogonal matrix moves the code by sum_j Q_j sigma_j e_j: it spends the
    variance that an axis of the same span does on average.

    Parameters
    ----------
    std : [dim] standard deviation of every dimension, raw units.
    dims : those that are rotated.
    """
    directions = np.random.default_rng(seed).standard_normal((ROTATIONS, len(dims)))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    moves = np.zeros((ROTATIONS, len(std)))
    moves[:, list(dims)] = directions * std[list(dims)]
    return moves


def strength_of(shares: Shares) -> float:
    """How far a direction goes: the largest share, by both judges, of an attribute that may give a
    name.
    """
    may = ~np.isin(shares.names, list(NAMELESS_HERE))
    return float(np.abs(shares.agreed[may]).max(initial=0.0))


def compare_axes(dims: tuple[int, ...], strength: Float, drawn: Float) -> Axes:
    """Compare each axis with the rotations.

    Parameters
    ----------
    strength, drawn : [dim] and [rotation], from `strength_of`.
    """
    from scipy.stats import false_discovery_control

    reached = (drawn[None, :] >= strength[:, None]).sum(axis=1)
    p = (1 + reached) / (1 + len(drawn))
    return Axes(dims, strength, drawn, p, np.asarray(false_discovery_control(p), np.float64))


def may_tell(dims: tuple[int, ...], strength: Float, drawn: Float) -> bool:
    """Whether any axis would be told if none of the rotations that are still to be drawn went as
    far: where not, all `ROTATIONS` tell none, and need not be drawn.

    Parameters
    ----------
    dims, strength, drawn : as in `compare_axes`, of the rotations drawn so far.
    """
    rest = np.full(ROTATIONS - len(drawn), -np.inf)
    return bool(compare_axes(dims, strength, np.concatenate([drawn, rest])).better)
