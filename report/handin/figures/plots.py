"""The plots of the write-up: effect curves, difference maps, responses, scores, held-out r."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from featamp.measure.sweep import around_grey

from .charts import draw_heatmap
from .faces import Grid, draw_faces, whole
from .strips import EDGE
from .style import (
    ACCENTS,
    BODY,
    DPI,
    INK,
    LINE,
    MUTED,
    PAGE,
    PALE,
    SMALL,
    canvas,
)

Float = NDArray[np.float64]

COLUMNS = 5
"""Panels side by side; what follows is in pixels of the PNG."""
PANEL = 250
"""Height of a panel."""
BESIDE, UNDER = 190, 126
"""Room for the numbers and the words on the left of all panels, and below them."""
ABOVE, BELOW = 60, 35
"""For the title of a panel, and white below it."""
APART, INNER, TICK = 40, 14, 10
"""White between columns, within a panel's edges, and the length of a tick."""
TITLED = 51
"""For the title above a map."""


def draw_effects(dims: Sequence[int], steps: Float, changes: Sequence[Float]) -> Figure:
    """Mean change of a pixel over alpha for each dimension, on one scale. Its panels are lines of
    one plot, since as many plots take six times as long to draw.

    Parameters
    ----------
    steps : [alpha] in standard deviations.
    changes : [alpha] of each dimension, pixels in [0, 1].
    """
    x = np.append(steps, 0.0)
    order = np.argsort(x, kind="stable")
    curves = [255 * np.append(change, 0.0)[order] for change in changes]
    highest = max(float(curve.max()) for curve in curves) or 1.0
    panels = _Panels((float(x.min()), float(x.max())), (0.0, highest))
    places = range(len(dims))
    figure, axes = canvas(PAGE, panels.top(len(dims) - 1) + PANEL + UNDER)
    lines = [panels.points(place, x[order], curves[place]) for place in places]
    axes.add_collection(LineCollection(lines, colors=ACCENTS[0], linewidths=0.9))
    zeros = [panels.points(place, np.zeros(2), np.array([0.0, highest])) for place in places]
    axes.add_collection(LineCollection(zeros, colors=MUTED, linewidths=0.4, linestyles=":"))
    _draw_frames(axes, panels, len(dims))
    for place, dim in enumerate(dims):
        middle = panels.left(place) + panels.width / 2
        axes.text(middle, panels.top(place) - 8, f"dim {dim}", size=BODY, ha="center")
    bottom = panels.top(len(dims) - 1) + PANEL + UNDER
    axes.text(PAGE / 2, bottom - 14, "α in standard deviations", size=BODY, ha="center")
    words = "mean change of a pixel (grey levels of 255)"
    axes.text(40, bottom / 2, words, size=BODY, rotation=90, ha="center", va="center")
    return figure


@dataclass(frozen=True)
class _Panels:
    """Small plots on one scale, row by row, in pixels of the PNG.

    Attributes
    ----------
    across, up : lowest and highest value of each axis.
    """

    across: tuple[float, float]
    up: tuple[float, float]

    @property
    def width(self) -> int:
        """Of one."""
        return (PAGE - BESIDE - EDGE - (COLUMNS - 1) * APART) // COLUMNS

    def left(self, place: int) -> int:
        """Its left edge."""
        return BESIDE + place % COLUMNS * (self.width + APART)

    def top(self, place: int) -> int:
        """Its upper edge."""
        return ABOVE + place // COLUMNS * (PANEL + ABOVE + BELOW)

    def points(self, place: int, x: Float, y: Float) -> Float:
        """[point, 2] where values stand, within a margin of the panel."""
        across, up = (
            (values - low) / (high - low)
            for values, (low, high) in ((x, self.across), (y, self.up))
        )
        left = self.left(place) + INNER + across * (self.width - 2 * INNER)
        bottom = self.top(place) + PANEL - INNER - up * (PANEL - 2 * INNER)
        return np.column_stack([left, bottom])


def _draw_frames(axes: Axes, panels: _Panels, count: int) -> None:
    """The axes of so many panels: numbers beside the first of each row, and below the last of
    each column.
    """
    x, y = (_ticks(*span) for span in (panels.across, panels.up))
    edges, ticks = [], []
    for place in range(count):
        left, top = panels.left(place), panels.top(place)
        bottom, right = top + PANEL, left + panels.width
        edges.append([(left, top), (left, bottom), (right, bottom)])
        across = panels.points(place, x, np.zeros(len(x)))[:, 0]
        up = panels.points(place, np.full(len(y), panels.across[0]), y)[:, 1]
        ticks += [[(at, bottom), (at, bottom + TICK)] for at in across]
        ticks += [[(left - TICK, at), (left, at)] for at in up]
        if place % COLUMNS == 0:
            for value, at in zip(y, up, strict=True):
                words = _number(value)
                axes.text(left - 2 * TICK, at, words, size=SMALL, ha="right", va="center_baseline")
        if place + COLUMNS >= count:
            for value, at in zip(x, across, strict=True):
                axes.text(at, bottom + LINE + TICK, _number(value), size=SMALL, ha="center")
    axes.add_collection(LineCollection(edges + ticks, colors=MUTED, linewidths=0.5))


def _ticks(low: float, high: float) -> Float:
    """Round numbers within a range."""
    ticks = np.asarray(MaxNLocator(4, steps=[1, 2, 5, 10]).tick_values(low, high))
    return ticks[(ticks >= low) & (ticks <= high)]


def _number(value: float) -> str:
    return f"{value:g}".replace("-", "−")


def draw_maps(dims: Sequence[int], maps: Sequence[NDArray[np.float32]]) -> Figure:
    """Where each dimension changes the pictures, on the scale of `around_grey`.

    Parameters
    ----------
    maps : [height, width, 3] of each dimension, as `Quality.difference`, pixels in [0, 1].
    """
    shown = [np.rint(255 * around_grey(values)).astype(np.uint8) for values in maps]
    height, width = shown[0].shape[:2]
    gap = max(1, round(width / 16))
    room = 0.88 * PAGE / (COLUMNS * (width + gap))
    grid = Grid(whole(room), gap, 1, COLUMNS, height, width)
    rows = math.ceil(len(dims) / COLUMNS)
    down = math.ceil(grid.bottom) + TITLED
    figure, axes = canvas(PAGE, rows * down + EDGE)
    for row in range(rows):
        first, top = row * COLUMNS, row * down + TITLED
        some = shown[first : first + COLUMNS]
        draw_faces(axes, np.stack(some)[None], grid, EDGE, top)
        for column, dim in enumerate(dims[first : first + COLUMNS]):
            middle = EDGE + column * grid.pitch + grid.scale * width / 2
            axes.text(middle, top - 8, f"dim {dim}", size=BODY, ha="center")
    bar = figure.add_axes((0.91, 0.1, 0.015, 0.8))
    greys = np.linspace(0, 1, 256)[:, None]
    bar.imshow(greys, "gray", origin="lower", aspect="auto", extent=(0, 1, 0, 1))
    bar.set_xticks([])
    bar.yaxis.tick_right()
    bar.yaxis.set_label_position("right")
    levels = np.array([-128, -64, -32, -16, 0, 16, 32, 64, 128], np.float32)
    bar.set_yticks(around_grey(levels / np.float32(255)), [_number(level) for level in levels])
    bar.set_ylabel("mean change (of 255)", size=SMALL)
    bar.spines[:].set_visible(False)
    return figure


def draw_responses(names: Sequence[str], dims: Sequence[int], slopes: Float) -> Figure:
    """Response [attribute, dimension] of every attribute to the dimensions given."""
    label = "response for one σ (standard deviations of the logit)"
    return draw_heatmap(np.ma.masked_invalid(slopes), names, dims, label)


def draw_scores(dims: Sequence[int], scores: Sequence[float], suggested: Sequence[int]) -> Figure:
    """The score of every dimension, the highest first, those suggested marked."""
    order = sorted(range(len(dims)), key=lambda i: (-scores[i], dims[i]))
    figure = Figure(figsize=(3.5, 0.13 * len(dims) + 0.55), dpi=DPI)
    axes = figure.add_axes(
        (0.14, 0.35 / (0.13 * len(dims) + 0.55), 0.8, 1 - 0.55 / (0.13 * len(dims) + 0.55))
    )
    colours = [ACCENTS[1] if dims[i] in suggested else PALE for i in order]
    axes.barh(
        range(len(order)),
        [scores[i] for i in order],
        color=colours,
        edgecolor=MUTED,
        linewidth=0.4,
        height=0.7,
    )
    axes.set_yticks(range(len(order)), [str(dims[i]) for i in order])
    axes.invert_yaxis()
    axes.set(xlim=(0, 1), xlabel="score (coloured: suggested)", ylabel="latent dimension")
    axes.tick_params(axis="y", length=0)
    return figure


def draw_held_out(
    names: Sequence[str], chosen: Float, reported: Float, low: Float, high: Float
) -> Figure:
    """|r| of each attribute's dimension where it was chosen and where it is reported.

    Parameters
    ----------
    chosen, reported, low, high : [attribute], signs turned so that `chosen` is not negative.
    """
    order = np.argsort(-chosen, kind="stable")
    height = 0.13 * len(names) + 0.75
    figure = Figure(figsize=(3.5, height), dpi=DPI)
    axes = figure.add_axes((0.38, 0.35 / height, 0.59, 1 - 0.75 / height))
    y = np.arange(len(names))
    axes.hlines(y, low[order], high[order], color=MUTED, linewidth=0.7)
    axes.plot(
        reported[order], y, "o", color=ACCENTS[0], markersize=2.6, label="reported, 95 % interval"
    )
    axes.plot(chosen[order], y, "|", color=ACCENTS[1], markersize=5, label="where it was chosen")
    axes.axvline(0, color=INK, linewidth=0.4)
    axes.set_yticks(y, [names[i].replace("_", " ") for i in order], size=SMALL)
    axes.invert_yaxis()
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("r of the selected dimension, turned positive")
    figure.legend(
        loc="upper right",
        fontsize=SMALL,
        frameon=False,
        ncols=2,
        handletextpad=0.3,
        columnspacing=1.0,
    )
    return figure
