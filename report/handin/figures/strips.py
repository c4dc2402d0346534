"""Sweeps over samples, strip by strip, with alphas above them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from .faces import LARGEST_FACE, Grid, draw_faces, whole
from .saving import save
from .style import (
    BODY,
    INK,
    LINE,
    MUTED,
    PAGE,
    POINT,
    SMALL,
    TITLE,
    canvas,
    shorten,
    style,
    text_width,
)

MARK = 20
"""Height of the band between labels and faces, where the zero mark stands."""
NOTE = 40
"""From the last faces to the baseline of the footnote."""
EDGE = 8
"""White around a figure of sweeps."""
GUTTER = 50
"""White between two columns of strips; half of it between two rows."""
PAIR = ("original", "recon.")
FOOTNOTE = "α in raw units, and in standard deviations σ"
ZERO = ";  ▼ {}0, the reconstruction"
UNEVEN = 1 / 6
"""Share of the least step by which a label may be off its value: more looks like uneven steps."""


@dataclass(frozen=True)
class Strip:
    """The sweep of one dimension over one or more samples.

    Attributes
    ----------
    title : drawn as it is, shortened where it does not fit.
    pair : [sample, 2, height, width, 3] the original and its reconstruction.
    frames : [sample, alpha, height, width, 3].
    raw : [alpha] raw units, ascending.
    sigma : [alpha] the same in standard deviations of the dimension.
    note : what both are, at the foot of the figure.
    """

    title: str
    pair: NDArray[np.uint8]
    frames: NDArray[np.uint8]
    raw: NDArray[np.float64]
    sigma: NDArray[np.float64]
    note: str = FOOTNOTE


def strips_figure(
    strips: Sequence[Strip],
    columns: int = 1,
    samples: tuple[str, ...] = (),
    widest: int = PAGE,
    formats: Sequence[str] = ("png", "pdf"),
) -> dict[str, bytes]:
    """An experiment, its strips row by row in `columns` columns, names of samples on the left.

    The figure is at most `widest` pixels wide, and its letters keep their size: `COLUMN` is for
    one column of a paper.
    """
    with style():
        return save(draw_strips(strips, columns, samples, widest), *formats)


def draw_strips(
    strips: Sequence[Strip], columns: int = 1, samples: tuple[str, ...] = (), widest: int = PAGE
) -> Figure:
    """Build the figure of `strips_figure`."""
    names = [shorten(name, SMALL, 0.16 * widest, from_start=True) for name in samples]
    margin = EDGE + math.ceil(max((text_width(name, SMALL) + 16 for name in names), default=0.0))
    room = (widest - margin - EDGE - GUTTER * (columns - 1)) / columns
    grids = [_fit_grid(strip, room) for strip in strips]
    header = fit_header(strips, min(grid.pitch for grid in grids))
    across = min(math.ceil(max(grid.right for grid in grids)), math.floor(room))
    down = header.height + math.ceil(max(grid.bottom for grid in grids))
    rows = math.ceil(len(strips) / columns)

    zero = any(zero_column(strip.raw) is not None for strip in strips)
    note = with_zero(strips[0].note) if zero else strips[0].note
    under = math.ceil(text_width(note, SMALL))
    width = max(margin + columns * (across + GUTTER) - GUTTER, EDGE + under) + EDGE
    bottom = EDGE + rows * (down + GUTTER // 2) - GUTTER // 2
    figure, axes = canvas(width, bottom + NOTE + EDGE)
    for place, (strip, grid) in enumerate(zip(strips, grids, strict=True)):
        row, column = divmod(place, columns)
        left, top = margin + column * (across + GUTTER), EDGE + row * (down + GUTTER // 2)
        title = shorten(strip.title, TITLE, across if columns > 1 else width - margin - EDGE)
        axes.text(left, top + TITLE * POINT, title, size=TITLE, va="baseline")
        draw_strip(axes, strip, grid, header, left, top + header.height)
        if column == 0:
            draw_names(axes, names, grid, left, top + header.height)
    axes.text(
        min(margin, width - EDGE - under),
        bottom + NOTE,
        note,
        size=SMALL,
        color=MUTED,
        va="baseline",
    )
    return figure


def with_zero(note: str) -> str:
    """A footnote, and what the mark at zero is."""
    return note + ZERO.format("α = " if note == FOOTNOTE else "")


def _fit_grid(strip: Strip, room: float) -> Grid:
    """The largest faces that fit into `room` pixels of width."""
    rows, alphas, height, width = strip.frames.shape[:4]
    natural = Grid(1.0, max(1, round(width / 12)), rows, alphas, height, width)
    return replace(natural, scale=whole(min(room / natural.right, LARGEST_FACE / width)))


@dataclass(frozen=True)
class Header:
    """What stands above the faces of every strip of a figure.

    Attributes
    ----------
    upright : the labels of neighbours fit side by side; else they are turned by 90 degrees.
    every : each how many columns get a label: 1 unless there are very many.
    height : pixels from the top of the title to the faces.
    """

    upright: bool
    every: int
    height: int


def fit_header(strips: Sequence[Strip], pitch: float, title: float = 1.6) -> Header:
    """The header above faces `pitch` apart; `title` is the height of the title's line in sizes of
    its letters.
    """
    widest = max(
        text_width(label, BODY)
        for strip in strips
        for label in (*PAIR, *_raw(strip), *_sigma(strip))
    )
    upright = widest + 8 <= pitch
    labels = 2 * LINE if upright else math.ceil(widest)
    every = 1 if upright else math.ceil(2 * LINE / pitch)
    return Header(upright, every, math.ceil(title * TITLE * POINT) + labels + MARK)


def draw_strip(axes: Axes, strip: Strip, grid: Grid, header: Header, left: int, top: int) -> None:
    """The faces of a strip, the first of them at (`left`, `top`), labels and zero mark above
    them.
    """
    draw_faces(axes, strip.pair, grid, left, top)
    draw_faces(axes, strip.frames, grid, left + round(grid.start), top)
    labels = [(-2, PAIR[0], ""), (-1, PAIR[1], "")]
    if grid.pitch < 1.5 * LINE:
        labels.pop()  # there is no room for it between its neighbours
    labels += zip(range(grid.alphas), _raw(strip), _sigma(strip), strict=True)
    for column, raw, sigma in labels:
        if column < 0 or column % header.every == 0:
            _draw_label(axes, raw, sigma, header.upright, left + grid.centre(column), top - MARK)
    zero = zero_column(strip.raw)
    if zero is not None:
        before, after = zero
        x = left + (grid.centre(before) + grid.centre(after)) / 2
        axes.plot([x], [top - MARK / 2], marker="v", markersize=3.5, color=INK, markeredgewidth=0)
        if before != after:
            axes.plot([x, x], [top - MARK / 2, top + grid.bottom], color=INK, linewidth=0.5)


def _draw_label(axes: Axes, raw: str, sigma: str, upright: bool, x: float, bottom: float) -> None:
    """Alpha in both units (or a word alone) above a column."""
    if upright:
        axes.text(x, bottom - (LINE if sigma else 0), raw, size=BODY, ha="center", va="baseline")
        axes.text(x, bottom, sigma, size=SMALL, color=MUTED, ha="center", va="baseline")
    else:
        aside = LINE / 2 if sigma else 0
        axes.text(x - aside, bottom, raw, size=SMALL, rotation=90, ha="center", va="bottom")
        axes.text(
            x + aside,
            bottom,
            sigma,
            size=SMALL,
            color=MUTED,
            rotation=90,
            ha="center",
            va="bottom",
        )


def draw_names(axes: Axes, names: Sequence[str], grid: Grid, right: int, top: int) -> None:
    """The names of the samples, each at the middle of its row."""
    for row, name in enumerate(names):
        axes.text(
            right - 16, top + grid.middle(row), name, size=SMALL, ha="right", va="center_baseline"
        )


def zero_column(raw: NDArray[np.float64]) -> tuple[int, int] | None:
    """The columns around alpha = 0, twice the same where a column has it, None outside the
    range.
    """
    signs = np.sign(raw)
    at, between = np.flatnonzero(signs == 0), np.flatnonzero(signs[:-1] * signs[1:] < 0)
    if at.size:
        return int(at[0]), int(at[0])
    return (int(between[0]), int(between[0]) + 1) if between.size else None


def _raw(strip: Strip) -> list[str]:
    return _decimals(strip.raw)


def _sigma(strip: Strip) -> list[str]:
    return [f"{label}σ" for label in _decimals(strip.sigma)]


def _decimals(values: NDArray[np.float64]) -> list[str]:
    """Numbers with as many decimals as tell neighbours apart evenly, at least one, a plus sign
    before those above zero and a true minus sign before those below.
    """
    finite = values[np.isfinite(values)]
    largest = float(np.abs(finite).max(initial=0.0))
    style = "f" if largest == 0 or 1e-2 <= largest < 1e4 else "e"
    attempts = [[_signed(value, decimals, style) for value in values] for decimals in range(1, 5)]
    labels = next((some for some in attempts if _are_even(some, values)), attempts[0])
    return [label.replace("-", "−").replace("inf", "∞").replace("nan", "?") for label in labels]


def _are_even(labels: list[str], values: NDArray[np.float64]) -> bool:
    """Whether labels are nearer to their values than `UNEVEN` of the least step."""
    finite = np.isfinite(values)
    read, known = np.array(labels, float)[finite], values[finite]
    least = float(np.abs(np.diff(known)).min(initial=np.inf))
    return bool(np.all(np.abs(read - known) < UNEVEN * least))


def _signed(value: float, decimals: int, style: str) -> str:
    """What rounds to zero has no sign."""
    label = f"{value:z.{decimals}{style}}"
    return f"+{label}" if float(label) > 0 else label
