"""Pictures made small, for judges that look at pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]

SIDE = 32
"""Pictures are averaged down to this side, pixels."""


def shrink(pictures: Float32, side: int = SIDE) -> Float32:
    """Average [picture, height, width, 3] down to [picture, side, side, 3], each pixel weighed by its overlap.

    Pictures that are smaller already are given `side` pixels too, without detail that they do not have.
    """
    rows, columns = _overlaps(pictures.shape[1], side), _overlaps(pictures.shape[2], side)
    return np.asarray(np.einsum("ih,nhwc,jw->nijc", rows, pictures, columns, optimize=True), np.float32)


def _overlaps(length: int, side: int) -> Float32:
    """[side, length] share of each new pixel that each old one covers."""
    edges = np.arange(side + 1) * length / side
    left, right = np.arange(length), np.arange(length) + 1
    overlap = np.minimum(edges[1:, None], right) - np.maximum(edges[:-1, None], left)
    return np.asarray(np.maximum(overlap, 0.0) * side / length, np.float32)
