"""How sure a mean over the samples of a sweep is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]


def error_of_mean(values: Float) -> Float:
    """Standard error of the mean over the first axis, as much larger as Student's t asks for of so
    few values: the mean plus and minus twice this is a 95 % interval. Infinite for a single value.

    Parameters
    ----------
    values : [sample, ...].
    """
    from scipy.special import stdtrit

    count = len(values)
    if count < 2:
        return np.full(values.shape[1:], np.inf)
    half = stdtrit(count - 1, 0.975) * values.std(axis=0, ddof=1) / np.sqrt(count)
    return np.asarray(half / 2, np.float64)
