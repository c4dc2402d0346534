"""Where the face lies in a picture, and the part of it that the networks look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from featamp.measure.layout import ALIGNED

if TYPE_CHECKING:
    from torch import Tensor

Float32 = NDArray[np.float32]

BOX = (39, 70, 139, 170)
"""Left, top, right and bottom of the face in CelebA's aligned images, pixels."""


@dataclass(frozen=True)
class FaceBox:
    """The face's place in a picture, in shares of its width and height."""

    left: float
    top: float
    right: float
    bottom: float

    @classmethod
    def in_centre_crop(cls, crop: int) -> FaceBox:
        """In a picture that is the centre crop of `crop` x `crop` pixels of an aligned image, at
        any size.
        """
        left, top = ((side - crop) / 2 for side in ALIGNED)
        return cls(
            *((edge - start) / crop for edge, start in zip(BOX, (left, top) * 2, strict=True))
        )

    @classmethod
    def in_whole_frame(cls) -> FaceBox:
        """In a picture that is the whole aligned image, at any size, squashed or not."""
        return cls(*(edge / side for edge, side in zip(BOX, ALIGNED * 2, strict=True)))


def cut_out(pictures: Tensor, box: FaceBox, size: int) -> Tensor:
    """The box, resized bilinearly and antialiased: [n, 3, size, size] of [n, 3, height, width].

    As Pillow's `resize(box=...)`, which takes parts of pixels too; where the box leaves the
    picture, its edge is repeated.
    """
    height, width = pictures.shape[2:]
    rows = pictures.new_tensor(_resampling(height, box.top, box.bottom, size))
    columns = pictures.new_tensor(_resampling(width, box.left, box.right, size))
    return rows @ pictures @ columns.T


def _resampling(length: int, start: float, stop: float, size: int) -> Float32:
    """[size, length] weights of a line's pixels in each of `size` new ones between two shares."""
    step = (stop - start) * length / size
    reach = max(step, 1.0)
    centres = start * length + (np.arange(size) + 0.5) * step
    pixels = np.arange(np.floor(centres[0] - reach), np.ceil(centres[-1] + reach) + 1)
    weights = np.maximum(1.0 - np.abs(pixels + 0.5 - centres[:, None]) / reach, 0.0)
    inside = np.clip(pixels, 0, length - 1).astype(np.int64)
    shares = weights / weights.sum(axis=1, keepdims=True)
    return np.asarray(shares @ np.eye(length)[inside], np.float32)
