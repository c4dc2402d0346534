"""A page of vectors with faces in it, in two thirds of the bytes that Matplotlib needs for it: a
picture of a sweep holds each pixel as the difference from the same pixel of the face on its left,
and of pictures that are the same there is one.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.backends.backend_pdf import Name, PdfFile, PdfPages, Reference
from matplotlib.figure import Figure
from numpy.typing import NDArray

LEFT, ABOVE = 1, 2
"""Predictors of PNG: the pixel before, and the same pixel of the row before."""


def save_pdf(
    figure: Figure,
    buffer: io.BytesIO,
    metadata: dict[str, Any],
    pitches: Mapping[tuple[int, int], int | None],
) -> None:
    """Write a figure as PDF.

    Parameters
    ----------
    pitches : by rows and columns of a picture in it, how far one face is from the next; it divides
        the columns. None where faces begin between pixels.
    """
    with _Pages(buffer, metadata=metadata) as pages:
        pages.pitches = pitches
        figure.savefig(pages, format="pdf", dpi=figure.dpi)


class _Pages(PdfPages):
    """Where Matplotlib calls what follows otherwise one day, it packs the faces itself."""

    pitches: Mapping[tuple[int, int], int | None]

    def _ensure_file(self) -> PdfFile:
        if self._file is None:
            self._file = _File(self._filename, self._metadata)
            self._file.pitches = self.pitches
        return self._file


class _File(PdfFile):
    pitches: Mapping[tuple[int, int], int | None]

    def __init__(self, filename: object, metadata: object) -> None:
        super().__init__(filename, metadata=metadata)  # type: ignore[no-untyped-call]
        self._known: dict[tuple[tuple[int, ...], bytes], NDArray[np.uint8]] = {}

    def imageObject(self, image: NDArray[np.uint8]) -> object:
        """The name of a picture, which is that of the same one where it was drawn before."""
        same = self._known.setdefault((image.shape, image.tobytes()), image)
        return super().imageObject(same)  # type: ignore[no-untyped-call]

    def _writeImg(self, data: NDArray[np.uint8], id: int, smask: object = None) -> None:
        pitch = self.pitches.get(data.shape[:2])
        if pitch is None or data.shape[2] != 3 or not _are_alike(data, pitch):
            super()._writeImg(data, id, smask)  # type: ignore[no-untyped-call]
            return
        grey = bool((data == data[:, :, :1]).all())
        shown = data[:, :, :1] if grey else data
        height, width, colours = shown.shape
        kind, form, space = map(Name, ("XObject", "Image", "DeviceGray" if grey else "DeviceRGB"))
        about = {
            "Type": kind,
            "Subtype": form,
            "Width": width,
            "Height": height,
            "ColorSpace": space,
            "BitsPerComponent": 8,
            "DecodeParms": {"Predictor": 10, "Colors": colours, "Columns": pitch},
        }
        self.outputStream(Reference(id), differences(shown, pitch), extra=about)  # type: ignore[no-untyped-call]


def _are_alike(picture: NDArray[np.uint8], pitch: int) -> bool:
    """Whether faces differ so little from those on their left, less than half as much as the rows
    of a face from those above them, that their differences take less room.
    """
    pixels = picture.astype(np.int16)
    beside = np.abs(pixels[:, pitch:] - pixels[:, :-pitch])
    return bool(beside.size and beside.mean() < np.abs(np.diff(pixels, axis=0)).mean() / 2)


def differences(picture: NDArray[np.uint8], pitch: int) -> bytes:
    """A picture [row, column, colour] for the predictors of PNG, whose row is one of a face: the
    same row of the face on its left comes before it.
    """
    _, width, colours = picture.shape
    rows = picture.reshape(-1, pitch, colours)
    found = np.diff(rows, axis=0, prepend=np.uint8(0))  # bytes wrap around
    predictors = np.full((len(rows), 1), ABOVE, np.uint8)
    first = slice(None, None, width // pitch)  # has no face on its left
    found[first] = np.diff(rows[first], axis=1, prepend=np.uint8(0))
    predictors[first] = LEFT
    return np.hstack([predictors, found.reshape(len(rows), -1)]).tobytes()
