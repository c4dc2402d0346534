"""Small pictures of a dimension for the pages, only looked at: cut from its sweep, as WebP."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from featamp.measure.sweep import mosaic

from .animation import reduce_faces

Faces = NDArray[np.uint8]

QUALITY = 80
"""Of the pictures, as WebP."""


def glance_picture(
    kind: str, pair: Faces, frames: Faces, columns: Sequence[int | None], few: int
) -> dict[str, bytes]:
    """One glance: webp.

    Parameters
    ----------
    kind : one of `report.findings.figures.GLANCES`.
    pair : [sample, 2, height, width, 3] the original and its reconstruction.
    frames : [sample, alpha, height, width, 3] of the narrow sweep in standard deviations.
    columns : what a line of the contact sheet shows, as `report.findings.plan.Plan.glanced`.
    few : samples in such a line.
    """
    shown = take_columns(pair, frames, columns)
    if kind == "compact":
        return {"webp": _webp(shown[:, [0, len(columns) // 2, -1]].swapaxes(0, 1))}
    some = shown[:few] if kind == "strip" else shown[:few, [0, -1]]
    return {"webp": _webp(some.reshape(1, -1, *some.shape[2:]))}


def take_columns(pair: Faces, frames: Faces, columns: Sequence[int | None]) -> Faces:
    """[sample, column, height, width, 3] some columns of a sweep, the reconstruction for None."""
    taken = [pair[:, 1] if at is None else frames[:, at] for at in columns]
    return np.stack(taken, axis=1)


def _webp(faces: Faces) -> bytes:
    picture = io.BytesIO()
    Image.fromarray(mosaic(reduce_faces(faces))).save(picture, "WEBP", quality=QUALITY, method=4)
    return picture.getvalue()
