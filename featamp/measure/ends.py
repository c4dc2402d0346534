"""Which real images stand at the two ends of a dimension: to be shown, and to try a label on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def extreme_rows(values: NDArray[np.float32], count: int) -> NDArray[np.int64]:
    """[2, count] rows of the lowest and of the highest values, the most extreme first.

    Parameters
    ----------
    values : [image] codes of one dimension.
    """
    order = np.argsort(values, kind="stable")
    return np.stack([order[:count], order[::-1][:count]])


def label_pairs(
    values: NDArray[np.float32], beyond: int, count: int, seed: int | Sequence[int]
) -> NDArray[np.int64]:
    """[count, 2] rows of a value of the lower quarter and of one of the upper quarter, in either
    order; [0, 2] where the quarters are too small.

    Parameters
    ----------
    values : [image] codes of one dimension.
    beyond : as many at each end are left out: what is shown there would give the answer.
    """
    order = np.argsort(values, kind="stable")
    quarter = len(order) // 4
    if quarter < beyond + count:
        return np.zeros((0, 2), np.int64)
    generator = np.random.default_rng(seed)
    sides = order[beyond:quarter], order[::-1][beyond:quarter]
    drawn = [generator.choice(side, count, replace=False) for side in sides]
    return generator.permuted(np.stack(drawn, axis=1), axis=1)
