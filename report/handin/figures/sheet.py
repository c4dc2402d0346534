"""All strips on one A4 page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from matplotlib.figure import Figure

from .faces import Grid, whole
from .saving import save
from .strips import (
    FOOTNOTE,
    GUTTER,
    NOTE,
    Header,
    Strip,
    draw_names,
    draw_strip,
    fit_header,
    with_zero,
    zero_column,
)
from .style import MUTED, POINT, SMALL, TITLE, canvas, shorten, style, text_width

A4 = (2481, 3508)
"""210 x 297 mm at 300 dpi, the part of a pixel at the edges counted whole."""
SHEET_EDGE = 50
"""4.2 mm that a printer may not reach."""
SHEET_TITLE = 300
"""Room for the title of a strip beside the footnote."""
SHEET_NAMES = 150
"""Room for the names of samples on a sheet, which has none to spare."""


def sheet_figure(strips: Sequence[Strip], samples: tuple[str, ...]) -> dict[str, bytes]:
    """Every strip over all samples on one A4 page, upright or on its side as the faces are larger:
    pdf.
    """
    with style():
        return save(draw_sheet(strips, samples), "pdf")


@dataclass(frozen=True)
class _Sheet:
    """An A4 page of strips in `columns`: sizes in pixels of the PNG.

    Attributes
    ----------
    across, down : of one strip, its header included.
    left : where the first column starts, after the names of the samples.
    """

    width: int
    height: int
    columns: int
    grid: Grid
    header: Header
    left: int

    @property
    def across(self) -> int:
        return math.ceil(self.grid.right)

    @property
    def down(self) -> int:
        return self.header.height + math.ceil(self.grid.bottom)


def draw_sheet(strips: Sequence[Strip], samples: tuple[str, ...]) -> Figure:
    """Build the figure of `sheet_figure`."""
    names = [shorten(name, SMALL, SHEET_NAMES, from_start=True) for name in samples]
    pages = (A4[::-1], A4)
    fits = [
        _fit_sheet(strips, names, page, columns)
        for page in pages
        for columns in range(1, len(strips) + 1)
    ]
    sheet = max(fits, key=lambda fit: fit.grid.scale)
    rows = math.ceil(len(strips) / sheet.columns)
    top = (sheet.height - rows * sheet.down - (rows - 1) * GUTTER // 2) // 2

    figure, axes = canvas(sheet.width, sheet.height)
    zero = any(zero_column(strip.raw) is not None for strip in strips)
    note = with_zero(FOOTNOTE) if zero else FOOTNOTE
    beside = math.ceil(text_width(note, SMALL)) + GUTTER
    if beside > sheet.across - SHEET_TITLE:
        beside = 0  # it goes below
    for place, strip in enumerate(strips):
        row, column = divmod(place, sheet.columns)
        left, above = (
            sheet.left + column * (sheet.across + GUTTER),
            top + row * (sheet.down + GUTTER // 2),
        )
        under_note = row == 0 and column == sheet.columns - 1
        room = sheet.across - (beside if under_note else 0)
        axes.text(
            left,
            above + TITLE * POINT,
            shorten(strip.title, TITLE, room),
            size=TITLE,
            va="baseline",
        )
        draw_strip(axes, strip, sheet.grid, sheet.header, left, above + sheet.header.height)
        if column == 0:
            draw_names(axes, names, sheet.grid, left, above + sheet.header.height)
    right = sheet.left + sheet.columns * (sheet.across + GUTTER) - GUTTER
    below = top + rows * (sheet.down + GUTTER // 2) - GUTTER // 2 + NOTE
    baseline = top + TITLE * POINT if beside else below
    axes.text(right, baseline, note, size=SMALL, color=MUTED, ha="right", va="baseline")
    return figure


def _fit_sheet(
    strips: Sequence[Strip], names: Sequence[str], page: tuple[int, int], columns: int
) -> _Sheet:
    """The largest faces that `columns` columns of strips leave room for on a page of (width,
    height).
    """
    left = math.ceil(max(text_width(name, SMALL) for name in names)) + 16
    across = (page[0] - 2 * SHEET_EDGE - left - GUTTER * (columns - 1)) / columns
    rows = math.ceil(len(strips) / columns)
    down = (page[1] - 2 * SHEET_EDGE - GUTTER // 2 * (rows - 1)) / rows
    samples, alphas, height, width = strips[0].frames.shape[:4]
    natural = Grid(1.0, max(1, round(width / 32)), samples, alphas, height, width)
    scale = across / natural.right
    grid = replace(natural, scale=whole(scale))
    for _ in range(
        3
    ):  # smaller faces may need their labels turned, which leaves less room for faces
        header = fit_header(strips, grid.pitch, 1.25)
        grid = replace(natural, scale=whole(min(scale, (down - header.height) / natural.bottom)))
    left += (page[0] - left - columns * (math.ceil(grid.right) + GUTTER) + GUTTER) // 2
    return _Sheet(*page, columns, grid, header, left)
