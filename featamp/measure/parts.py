"""What a change does to skin, hair and surroundings, and whether light falls from one side: read
off pixels, without labels.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from featamp.measure.layout import REGIONS, Shown, face_regions

Float32 = NDArray[np.float32]
Float = NDArray[np.float64]

PARTS = ("skin", "hair", "surroundings")
"""Parts of a picture that have a colour of their own."""
READINGS = (
    *(f"{part} brightness" for part in PARTS),
    *(f"{part} warmth" for part in PARTS),
    "side",
)
"""What `read_parts` reads: the mean brightness of each part; its warmth, red minus blue; and how
much brighter the right half of the skin is than the left."""
SKIN = ("cheeks", "face")
EDGE, SHOULDERS = 0.13, 0.6
"""Surroundings are the outer columns of a picture, so wide on either side, down to this height:
below stand shoulders and clothes. Shares of the picture."""


def read_parts(pictures: Float32, shown: Shown) -> Float:
    """Brightness and warmth of skin, hair and surroundings, and light from one side.

    Parameters
    ----------
    pictures : [..., height, width, 3] in [0, 1].
    shown : what the pictures show of CelebA's aligned images.

    Returns
    -------
    [..., reading] in the order of `READINGS`, pixels in [0, 1]. Of pictures that are no faces
    every part is the whole, so that none changes alone, and none has a warmth.
    """
    height, width = pictures.shape[-3:-1]
    masks = part_masks(height, width, shown)
    skin = masks[0]
    right = np.arange(width)[None, :] >= width / 2
    weights = np.stack([_mean_over(mask) for mask in masks])
    side = _mean_over(skin & right) - _mean_over(skin & ~right)
    brightness = pictures.mean(axis=-1, dtype=np.float64)
    warmth = (pictures[..., 0] - pictures[..., 2]).astype(np.float64)
    if shown is None:
        weights, warmth = np.stack([_mean_over(skin)] * len(masks)), np.zeros_like(warmth)
    return np.concatenate(
        [
            np.tensordot(brightness, weights, axes=((-2, -1), (1, 2))),
            np.tensordot(warmth, weights, axes=((-2, -1), (1, 2))),
            np.tensordot(brightness, side[None], axes=((-2, -1), (1, 2))),
        ],
        axis=-1,
    )


def part_masks(height: int, width: int, shown: Shown) -> NDArray[np.bool_]:
    """[part, height, width] which pixels each of `PARTS` is read from."""
    regions = face_regions(height, width, shown)
    named = dict(zip(REGIONS, regions, strict=True))
    y = (np.arange(height)[:, None] + 0.5) / height
    x = (np.arange(width)[None, :] + 0.5) / width
    outer = (np.minimum(x, 1 - x) < EDGE) & (y < SHOULDERS)
    skin = np.logical_or.reduce([named[region] for region in SKIN])
    return np.stack([skin, named["hair"], outer & named["background"]])


def _mean_over(mask: NDArray[np.bool_]) -> Float:
    """[height, width] weights that take the mean over a mask; all 0 for an empty one."""
    count = mask.sum()
    return mask / count if count else np.zeros(mask.shape)
