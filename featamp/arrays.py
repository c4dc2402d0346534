"""Small things that are asked of arrays everywhere."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]
Real = TypeVar("Real", np.float32, np.float64)


def divided(part: NDArray[Real] | float, whole: NDArray[Real]) -> NDArray[Real]:
    """A part over its whole, value by value; 0 where there is no whole, or one below 0."""
    shape = np.broadcast_shapes(np.shape(part), whole.shape)
    quotient: NDArray[Real] = np.zeros(shape, np.result_type(part, whole))
    np.divide(part, whole, out=quotient, where=whole > 0)
    return quotient


def unit_rows(rows: Float) -> Float:
    """Rows [row, value] divided by their lengths; a row of zeros stays one."""
    return divided(rows, np.linalg.norm(rows, axis=1, keepdims=True))


def standardised(values: NDArray[np.float32] | Float) -> Float:
    """Columns [image, column] with mean 0 and standard deviation 1; a constant column is 0."""
    centred = values - values.mean(axis=0, dtype=np.float64)
    return divided(centred, centred.std(axis=0))


def spread_rows(count: int, most: int) -> NDArray[np.int64]:
    """At most so many rows, evenly spread over `count`, the first and the last among them."""
    return np.unique(np.linspace(0, count - 1, most).astype(np.int64))


def mixed_rows(count: int, most: int) -> NDArray[np.int64]:
    """The same rows in no order: images that lie by person, or by class, are then as unlike the
    next as any two.
    """
    return np.random.default_rng(0).permutation(spread_rows(count, most))
