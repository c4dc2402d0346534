"""The contact sheet as a figure: every swept dimension in a few frames, with what it is called."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from .faces import Grid, draw_faces, whole
from .saving import save
from .sheet import A4, SHEET_EDGE
from .strips import EDGE, GUTTER, NOTE
from .style import (
    BODY,
    DPI,
    LINE,
    MUTED,
    PAGE,
    POINT,
    SMALL,
    TITLE,
    canvas,
    shorten,
    style,
)

HEIGHT = A4[1] - 2 * SHEET_EDGE
"""Pixels of the PNG that the sheet may be high."""
GAP = 12
"""White between two rows."""
TEXT = 330
"""Room for the words beside the faces."""
FEW = 6
"""Up to so many dimensions stand in one column."""


@dataclass(frozen=True)
class Entry:
    """One dimension of the sheet.

    Attributes
    ----------
    title, words : its number and label, and lines on what it is called; shortened to fit.
    faces : [sample, step, height, width, 3].
    """

    title: str
    words: tuple[str, ...]
    faces: NDArray[np.uint8]


def contact_figure(entries: Sequence[Entry], steps: Sequence[str], note: str) -> dict[str, bytes]:
    """Every dimension in a few frames: png and pdf; the png has half as many pixels a side where
    its faces lose none by it.

    Parameters
    ----------
    steps : what stands above the faces, alpha of each step.
    note : what stands below the sheet.
    """
    with style():
        figure, scale = draw_contact(entries, steps, note)
        pdf = save(figure, "pdf")
        figure.set_dpi(DPI if scale % 2 else DPI / 2)
        return save(figure, "png") | pdf


def draw_contact(
    entries: Sequence[Entry], steps: Sequence[str], note: str
) -> tuple[Figure, float]:
    """The figure of `contact_figure`, inside `style()`, and how much its faces are enlarged."""
    columns = 1 if len(entries) <= FEW else 2
    rows = math.ceil(len(entries) / columns)
    across = (PAGE - 2 * EDGE - GUTTER * (columns - 1)) // columns
    head, foot = EDGE + LINE, NOTE + EDGE
    grid = _fit(entries[0].faces, across - TEXT, (HEIGHT - head - foot) / rows - GAP)
    down = math.ceil(max(grid.bottom, 3.4 * LINE)) + GAP
    figure, axes = canvas(PAGE, head + rows * down + foot)
    for place, entry in enumerate(entries):
        column, row = divmod(place, rows)
        left, top = EDGE + column * (across + GUTTER), head + row * down
        if row == 0:
            for step, words in enumerate(steps):
                x = left + TEXT + step * grid.pitch + grid.scale * grid.width / 2
                axes.text(x, top - EDGE, words, size=SMALL, color=MUTED, ha="center")
        title = shorten(entry.title, TITLE, TEXT - EDGE)
        axes.text(left, top + TITLE * POINT, title, size=TITLE, va="baseline")
        for number, words in enumerate(entry.words, 1):
            said = shorten(words, BODY, TEXT - EDGE)
            y = top + TITLE * POINT + number * LINE
            axes.text(left, y, said, size=BODY, color=MUTED, va="baseline")
        draw_faces(axes, entry.faces, grid, left + TEXT, top)
    below = shorten(note, SMALL, PAGE - 2 * EDGE)
    axes.text(EDGE, head + rows * down + NOTE / 2, below, size=SMALL, color=MUTED, va="baseline")
    return figure, grid.scale


def _fit(faces: NDArray[np.uint8], across: float, down: float) -> Grid:
    """The largest faces for which there is room, enlarged by a whole number."""
    samples, steps, height, width = faces.shape[:4]
    gap = max(1, round(width / 32))
    wide, high = steps * (width + gap) - gap, samples * (height + gap) - gap
    return Grid(whole(min(across / wide, down / high)), gap, samples, steps, height, width)
