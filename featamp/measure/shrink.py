"""Pictures made small or soft, and what linear judges of pixels see of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]

SIDE = 32
"""Pictures are averaged down to this side, pixels."""


def shrink(pictures: Float32, side: int = SIDE) -> Float32:
    """Average [picture, height, width, 3] down to [picture, side, side, 3], each pixel weighed by
    its overlap.

    Pictures that are smaller already are given `side` pixels too, without detail that they do not
    have.
    """
    rows, columns = _overlaps(pictures.shape[1], side), _overlaps(pictures.shape[2], side)
    return np.asarray(
        np.einsum("ih,nhwc,jw->nijc", rows, pictures, columns, optimize=True), np.float32
    )


def soften(pictures: Float32, sigma: float) -> Float32:
    """Pictures [..., height, width, 3] after a Gaussian blur of `sigma` pixels, edges repeated.

    By matrices, not by passes: many small pictures are done at once.
    """
    from scipy.ndimage import gaussian_filter1d

    height, width, channels = pictures.shape[-3:]
    down, across = (
        gaussian_filter1d(np.eye(n, dtype=np.float32), sigma, axis=0, mode="nearest")
        for n in (height, width)
    )
    planes = np.moveaxis(down @ pictures.reshape(-1, height, width * channels), 2, 1)
    planes = planes.reshape(-1, width, channels * height)  # each column of a picture as one row
    soft = (across @ planes).reshape(-1, width, channels, height)
    return np.asarray(soft.transpose(0, 3, 1, 2).reshape(pictures.shape), np.float32)


def principal_components(
    pixels: Float32, rows: NDArray[np.int64], most: int, seed: int
) -> Float32:
    """[component, pixel] principal components of some pictures (Turk and Pentland 1991), at most
    `most`.

    Parameters
    ----------
    pixels : [picture, pixel] values of all pictures, or of a part of each.
    rows : the pictures to use.
    seed : of the randomised decomposition.
    """
    from sklearn.decomposition import PCA

    count = min(most, len(rows) - 1, pixels.shape[1])
    if count < 1:  # a single picture
        return np.zeros((0, pixels.shape[1]), np.float32)
    pca = PCA(count, svd_solver="randomized", random_state=seed).fit(pixels[rows])
    return np.asarray(pca.components_, np.float32)


def read_linearly(pictures: Float32, weights: Float32, side: int) -> NDArray[np.float64]:
    """What linear readers see: [..., reader] for pictures [..., height, width, 3], made small
    first.

    Parameters
    ----------
    weights : [reader, side * side * 3].
    """
    lead = pictures.shape[:-3]
    small = shrink(pictures.reshape(-1, *pictures.shape[-3:]), side)
    return np.asarray((small.reshape(len(small), -1) @ weights.T).reshape(*lead, -1), np.float64)


def _overlaps(length: int, side: int) -> Float32:
    """[side, length] share of each new pixel that each old one covers."""
    edges = np.arange(side + 1) * length / side
    left, right = np.arange(length), np.arange(length) + 1
    overlap = np.minimum(edges[1:, None], right) - np.maximum(edges[:-1, None], left)
    return np.asarray(np.maximum(overlap, 0.0) * side / length, np.float32)
