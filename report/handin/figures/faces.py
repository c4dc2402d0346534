"""Faces in a figure: a face keeps its pixels. It is enlarged by a whole number, and only a face of
more pixels than there is room for is reduced. Nothing is contrast-stretched.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.transforms import Affine2D
from numpy.typing import NDArray
from PIL import Image

from featamp.measure.sweep import mosaic

LARGEST_FACE = 200
"""Faces are not drawn wider than this, however few there are."""


@dataclass(frozen=True)
class Grid:
    """Where the faces of a strip lie, in pixels of the PNG from the first face's top left corner.

    Attributes
    ----------
    scale : pixels of the PNG a pixel of a face: a whole number, or a fraction below 1.
    gap : white between faces, in pixels of a face.
    rows, alphas, height, width : samples, alphas and pixels of a face.
    """

    scale: float
    gap: int
    rows: int
    alphas: int
    height: int
    width: int

    @property
    def pitch(self) -> float:
        """From one column to the next."""
        return self.scale * (self.width + self.gap)

    @property
    def start(self) -> float:
        """Left edge of the first alpha: original, reconstruction and a wider gap come before
        it.
        """
        return 2 * self.pitch + 2 * self.scale * self.gap

    @property
    def right(self) -> float:
        """Right edge of the last alpha."""
        return self.start + self.alphas * self.pitch - self.scale * self.gap

    @property
    def bottom(self) -> float:
        """Lower edge of the last sample."""
        return self.scale * (self.rows * (self.height + self.gap) - self.gap)

    def centre(self, column: int) -> float:
        """Middle of an alpha's column; columns -2 and -1 are the original and the
        reconstruction.
        """
        left = self.start + column * self.pitch if column >= 0 else (column + 2) * self.pitch
        return left + self.scale * self.width / 2

    def middle(self, row: int) -> float:
        """Middle of a sample's row."""
        return self.scale * (row * (self.height + self.gap) + self.height / 2)


def whole(scale: float) -> float:
    """Faces are enlarged by a whole number only."""
    return math.floor(scale) if scale >= 1 else scale


def draw_faces(axes: Axes, faces: NDArray[np.uint8], grid: Grid, left: int, top: int) -> None:
    """All faces [row, column, height, width, 3] in one picture, with white between them."""
    padding = ((0, 0), (0, 0), (0, grid.gap), (0, grid.gap), (0, 0))
    sheet = mosaic(np.pad(faces, padding, constant_values=255))[: -grid.gap]
    if grid.scale >= 1:
        axes.add_artist(Enlarged(sheet, left, top, int(grid.scale), grid.width + grid.gap))
    else:
        sheet = sheet[:, : -grid.gap]
        height, width = (max(1, round(grid.scale * side)) for side in sheet.shape[:2])
        small = Image.fromarray(sheet).resize((width, height), Image.Resampling.HAMMING)
        axes.add_artist(Enlarged(np.asarray(small), left, top, 1))


class Enlarged(Artist):
    """A picture enlarged by a whole number: what `imshow` draws, without resampling it, for which
    a large one takes ten times its memory. `pitch` is from one face of it to the next; None where
    faces begin between pixels.
    """

    def __init__(
        self,
        picture: NDArray[np.uint8],
        left: int,
        top: int,
        scale: int,
        pitch: int | None = None,
    ) -> None:
        super().__init__()
        self.pitch = picture.shape[:2], pitch
        opaque = np.full((*picture.shape[:2], 1), 255, np.uint8)
        height, width = (scale * side for side in picture.shape[:2])
        self._picture = np.concatenate([picture, opaque], axis=2)[::-1]  # row 0 lies lowest
        self._corners = np.array([[left, top + height], [left + width, top]])

    def draw(self, renderer: RendererBase) -> None:
        """Draw into pixels, or as a picture of its own into a page of vectors."""
        (left, bottom), (right, top) = self.get_transform().transform(self._corners).tolist()
        context = renderer.new_gc()
        if renderer.option_scale_image():
            size = Affine2D().scale(right - left, top - bottom)
            renderer.draw_image(context, left, bottom, self._picture, size)
        else:
            scale = round((right - left) / self._picture.shape[1])  # fewer pixels, smaller faces
            enlarged = self._picture.repeat(scale, axis=0).repeat(scale, axis=1)
            renderer.draw_image(context, round(left), round(bottom), enlarged)
        context.restore()
