"""Feature amplification: z' = z + alpha e_i, decoded."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]
Decoder = Callable[[Float32], Float32]
"""Codes [batch, dim], raw units, to images [batch, height, width, 3], pixels in [0, 1]."""
MAP_GAIN = 4
"""Small differences of pixels are shown so many times as large."""
FAR = 10.0
"""A sweep that reaches more standard deviations than this is far beyond any real code."""


def amplify(codes: Float32, direction: NDArray[np.float64], steps: NDArray[np.float64]) -> Float32:
    """Move every code along one direction: z' = z + step * direction. The codes given are left as
    they are.

    Parameters
    ----------
    codes : [sample, dim] posterior means, raw units.
    direction : [dim], a row of `np.eye(dim)` for a single latent dimension.
    steps : [alpha] raw units.

    Returns
    -------
    [sample, alpha, dim] amplified codes, raw units.
    """
    moves = (steps[:, None] * direction[None, :]).astype(np.float32)
    return codes[:, None, :] + moves[None, :, :]


def decode_sweep(decode: Decoder, codes: Float32) -> Float32:
    """Decode amplified codes in one batch.

    Parameters
    ----------
    decode : the decoder.
    codes : [sample, alpha, dim] raw units.

    Returns
    -------
    [sample, alpha, height, width, 3] frames, pixels in [0, 1].
    """
    samples, alphas, dims = codes.shape
    frames = decode(codes.reshape(-1, dims))
    return frames.reshape(samples, alphas, *frames.shape[1:])


def to_bytes(frames: Float32) -> NDArray[np.uint8]:
    """Pixels in [0, 1] to 0..255, rounded, the same scale for every picture: nothing is
    stretched.
    """
    levels = np.empty(frames.shape, np.uint8)
    for at, part in enumerate(frames):  # all at once would take four times as much
        levels[at] = np.rint(part * 255.0)
    return levels


def around_grey(differences: Float32) -> Float32:
    """Differences of pixels as pixels in [0, 1]: `MAP_GAIN` times as large around mid-grey, and
    less where they are large, so that none is clipped; one scale for all pictures.

    Parameters
    ----------
    differences : of any shape, pixels in [0, 1].
    """
    return np.asarray(0.5 + np.arctan(np.pi * MAP_GAIN * differences) / np.pi, np.float32)


def mosaic(frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """[row, column, height, width, 3] frames as one picture without gaps: [row * height, column *
    width, 3].
    """
    rows, columns, height, width, channels = frames.shape
    return frames.transpose(0, 2, 1, 3, 4).reshape(rows * height, columns * width, channels)


def cells(picture: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """The frames of a `mosaic` of frames of that height and width: [row, column, height, width, 3]
    from [row * height, column * width, 3].
    """
    height, width = size
    rows, columns = picture.shape[0] // height, picture.shape[1] // width
    return picture.reshape(rows, height, columns, width, 3).swapaxes(1, 2)
