"""Small pictures of a dimension for the pages, only looked at: cut from its sweep, as WebP."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...findings.pictures import reduced, to_look_at
from .animation import LARGEST

Faces = NDArray[np.uint8]


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
        some = shown[:, [0, len(columns) // 2, -1]].swapaxes(0, 1)
    else:
        first = shown[:few] if kind == "strip" else shown[:few, [0, -1]]
        some = first.reshape(1, -1, *shown.shape[2:])
    return {"webp": to_look_at(reduced(some, LARGEST))}


def take_columns(pair: Faces, frames: Faces, columns: Sequence[int | None]) -> Faces:
    """[sample, column, height, width, 3] some columns of a sweep, the reconstruction for None."""
    taken = [pair[:, 1] if at is None else frames[:, at] for at in columns]
    return np.stack(taken, axis=1)
