"""The plots of the evidence, for the write-up: effect curves, difference maps, responses, scores,
held-out r.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from numpy.typing import NDArray

from .figures.charts import draw_heatmap
from .figures.saving import save
from .figures.style import ACCENTS, BODY, DPI, INK, MUTED, PALE, SMALL, style

Float = NDArray[np.float64]

COLUMNS = 5
WIDTH = 7.0
"""Text width of a two-column paper, inches."""


def effects_figure(
    dims: Sequence[int], steps: Float, changes: Sequence[Float]
) -> dict[str, bytes]:
    """Mean change of a pixel over alpha for each dimension, on one scale: png, pdf and svg.

    Parameters
    ----------
    steps : [alpha] in standard deviations.
    changes : [alpha] of each dimension, pixels in [0, 1].
    """
    with style():
        return save(draw_effects(dims, steps, changes), "png", "pdf", "svg")


def maps_figure(
    dims: Sequence[int], maps: Sequence[NDArray[np.float32]], gain: float
) -> dict[str, bytes]:
    """Where each dimension changes the pictures, `gain` times, around mid-grey: png, pdf and svg.

    Parameters
    ----------
    maps : [height, width, 3] of each dimension, as `Quality.difference`, pixels in [0, 1].
    """
    with style():
        return save(draw_maps(dims, maps, gain), "png", "pdf", "svg")


def responses_figure(names: Sequence[str], dims: Sequence[int], slopes: Float) -> dict[str, bytes]:
    """Response [attribute, dimension] of every attribute to the dimensions given: png, pdf and
    svg.
    """
    with style():
        label = "response for one σ (standard deviations of the logit)"
        return save(
            draw_heatmap(np.ma.masked_invalid(slopes), names, dims, label), "png", "pdf", "svg"
        )


def scores_figure(
    dims: Sequence[int], scores: Sequence[float], suggested: Sequence[int]
) -> dict[str, bytes]:
    """The score of every dimension, the highest first, those suggested marked: png, pdf and
    svg.
    """
    with style():
        return save(draw_scores(dims, scores, suggested), "png", "pdf", "svg")


def held_out_figure(
    names: Sequence[str], chosen: Float, reported: Float, low: Float, high: Float
) -> dict[str, bytes]:
    """|r| of each attribute's dimension where it was chosen and where it is reported: png, pdf and
    svg.

    Parameters
    ----------
    chosen, reported, low, high : [attribute], signs turned so that `chosen` is not negative.
    """
    with style():
        return save(draw_held_out(names, chosen, reported, low, high), "png", "pdf", "svg")


def draw_effects(dims: Sequence[int], steps: Float, changes: Sequence[Float]) -> Figure:
    """Build the figure of `effects_figure`."""
    rows = math.ceil(len(dims) / COLUMNS)
    figure = Figure(figsize=(WIDTH, 1.15 * rows + 0.45), dpi=DPI)
    grid = figure.subplots(rows, COLUMNS, sharex=True, sharey=True, squeeze=False)
    for axes, dim, change in zip(grid.flat, dims, changes, strict=False):
        order = np.argsort(np.append(steps, 0.0), kind="stable")
        x, y = np.append(steps, 0.0)[order], 255 * np.append(change, 0.0)[order]
        axes.plot(x, y, color=ACCENTS[0], linewidth=0.9)
        axes.axvline(0, color=MUTED, linewidth=0.4, linestyle=":")
        axes.set_title(f"dim {dim}", size=BODY, pad=2)
    _hide_rest(grid, len(dims))
    figure.supxlabel("α in standard deviations", size=BODY)
    figure.supylabel("mean change of a pixel (grey levels of 255)", size=BODY)
    figure.subplots_adjust(
        left=0.09,
        right=0.99,
        top=0.95,
        bottom=0.42 / (1.15 * rows + 0.45),
        hspace=0.35,
        wspace=0.12,
    )
    return figure


def draw_maps(dims: Sequence[int], maps: Sequence[NDArray[np.float32]], gain: float) -> Figure:
    """Build the figure of `maps_figure`."""
    rows, side = math.ceil(len(dims) / COLUMNS), 1.15
    height = (side + 0.17) * rows
    figure = Figure(figsize=(WIDTH, height), dpi=DPI)
    grid = figure.subplots(rows, COLUMNS, squeeze=False)
    for axes, dim, values in zip(grid.flat, dims, maps, strict=False):
        axes.imshow(np.clip(0.5 + gain * values, 0, 1), interpolation="none")
        axes.set_title(f"dim {dim}", size=BODY, pad=2)
        axes.set_axis_off()
    _hide_rest(grid, len(dims))
    figure.subplots_adjust(
        left=0.01, right=0.88, top=1 - 0.17 / height, bottom=0.01, hspace=0.16, wspace=0.02
    )
    scale = ScalarMappable(Normalize(-127.5 / gain, 127.5 / gain), "gray")
    bar = figure.colorbar(scale, cax=figure.add_axes((0.91, 0.1, 0.015, 0.8)), extend="both")
    bar.set_label("mean change of a channel towards the + end (grey levels of 255)", size=SMALL)
    return figure


def draw_scores(dims: Sequence[int], scores: Sequence[float], suggested: Sequence[int]) -> Figure:
    """Build the figure of `scores_figure`."""
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
    """Build the figure of `held_out_figure`."""
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


def _hide_rest(grid: NDArray[np.object_], used: int) -> None:
    """Take away the axes that no dimension fills."""
    for axes in grid.flat[used:]:
        assert isinstance(axes, Axes)
        axes.remove()
