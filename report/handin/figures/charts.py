"""Variance, KL and correlations of dimensions: ranked lines and heat maps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import NDArray

from featamp.statistics.correlation import Correlations
from featamp.statistics.variance import VarianceRanking

from .style import ACCENTS, DPI, INK, MUTED, PAGE, PALE, SMALL, shorten, text_width

RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
MARKERS = "osD^vP"
RED_BLUE = (
    "#053061",
    "#2166ac",
    "#4393c3",
    "#92c5de",
    "#ffffff",
    "#f4a582",
    "#d6604d",
    "#b2182b",
    "#67001f",
)
UNDEFINED: dict[str, Any] = {
    "facecolor": PALE,
    "edgecolor": MUTED,
    "hatch": "//////",
    "linewidth": 0,
}


def draw_variance(ranking: VarianceRanking, chosen: Sequence[int]) -> Figure:
    """The variance of every dimension by rank."""
    above = ranking.active_above
    below = int((ranking.active & (ranking.variance <= above)).sum())
    bound = f"active above {above:.3g}{f', and {below} below it' if below else ''}"
    lines = {_mean(ranking.variance_mean): ranking.variance_mean, bound: above}
    return _draw_ranked(ranking.variance, chosen, lines, "variance of the posterior mean")


def draw_kl(ranking: VarianceRanking, chosen: Sequence[int]) -> Figure:
    """The KL divergence of every dimension, the largest first."""
    lines = {_mean(ranking.kl_mean): ranking.kl_mean}
    return _draw_ranked(ranking.kl, chosen, lines, "KL divergence to the prior (nats)")


def _mean(value: float) -> str:
    return f"mean {value:.3g}"


def _draw_ranked(
    values: NDArray[np.float64], chosen: Sequence[int], lines: dict[str, float], quantity: str
) -> Figure:
    """`values` [dim] from the largest to the smallest, chosen dimensions marked, and lines at
    levels of note.
    """
    order = np.argsort(-values, kind="stable")
    rank = np.argsort(order, kind="stable") + 1
    legend = 0.14 * math.ceil((len(chosen) + len(lines)) / 2)
    width, height = 3.5, 2.2 + legend
    figure = Figure(figsize=(width, height), dpi=DPI)
    axes = figure.add_axes((0.52 / width, 0.36 / height, (width - 0.6) / width, 1.76 / height))
    axes.plot(np.arange(len(values)) + 1, values[order], color=INK, linewidth=0.9)
    handles = [
        axes.plot(
            [rank[dim]],
            [values[dim]],
            MARKERS[i % len(MARKERS)],
            color=ACCENTS[i % len(ACCENTS)],
            markersize=4,
            label=f"dim {dim}, rank {rank[dim]}: {values[dim]:.3g}",
        )[0]
        for i, dim in enumerate(sorted(chosen, key=lambda dim: int(rank[dim])))
    ]
    handles += [
        axes.axhline(level, color=MUTED, linewidth=0.7, linestyle=style, label=name)
        for (name, level), style in zip(lines.items(), ("--", ":"), strict=False)
    ]
    axes.set(
        xlabel="rank", ylabel=quantity, xticks=np.unique(np.linspace(1, len(values), 5).round())
    )
    axes.margins(x=0.02)
    if spans_decades(values):
        axes.set_yscale("log", nonpositive="mask")
        axes.yaxis.set_major_formatter(powers_of_ten)
        hidden = int((values <= 0).sum())
        axes.set_xlabel(f"rank ({hidden} at zero are off the scale)" if hidden else "rank")
    else:
        axes.set_ylim(bottom=-0.04 * float(values.max()))
    figure.legend(
        handles=handles[0::2] + handles[1::2],  # filled column by column, to be read row by row
        ncols=2,
        loc="upper left",
        bbox_to_anchor=(0.4 / width, 1.0),
        fontsize=SMALL,
        frameon=False,
        handlelength=1.5,
    )
    return figure


def powers_of_ten(value: float, _: float = 0) -> str:
    """What stands at a tick of a logarithmic axis: Matplotlib's own needs its formulas."""
    return "10" + f"{round(math.log10(value))}".translate(RAISED)


def spans_decades(values: NDArray[np.float64]) -> bool:
    """Whether the positive values span more than two decades: on a logarithmic axis of fewer, no
    two powers of ten need stand.
    """
    positive = values[values > 0]
    return positive.size > 0 and bool(positive.max() > 100 * positive.min())


def draw_correlations(correlations: Correlations, dims: Sequence[int]) -> Figure:
    """The correlation of every attribute with the dimensions given."""
    columns = np.asarray(dims, np.int64)
    r = np.ma.array(correlations.r[:, columns], mask=~correlations.defined[:, columns])
    words = "r (Pearson's of numbers)" if correlations.splits else "point-biserial r"
    return draw_heatmap(r, correlations.names, dims, words)


def draw_heatmap(
    values: np.ma.MaskedArray[Any, np.dtype[np.float64]],
    attributes: Sequence[str],
    dims: Sequence[int],
    quantity: str,
) -> Figure:
    """Values [attribute, dimension] in colour, white at 0, on a symmetric scale as wide as the
    largest.

    What is masked is undefined, and said to be.
    """
    largest = float(np.abs(values).max()) if values.count() else 0.0
    limit = largest or 1.0
    names = [shorten(name.replace("_", " "), SMALL, 1.2 * DPI) for name in attributes]
    left, right, bottom, top = (
        max(text_width(name, SMALL) for name in names) / DPI + 0.08,
        0.7,
        0.42,
        0.06,
    )
    column = min(0.22, (PAGE / DPI - left - right) / len(dims))
    across, down = column * len(dims), 0.125 * len(names)
    width, height = left + across + right, bottom + down + top
    figure = Figure(figsize=(width, height), dpi=DPI)
    colours = LinearSegmentedColormap.from_list("red_blue", RED_BLUE, N=257)

    axes = figure.add_axes((left / width, bottom / height, across / width, down / height))
    axes.patch.set(**UNDEFINED)
    axes.pcolormesh(
        values, cmap=colours, vmin=-limit, vmax=limit, edgecolors="white", linewidth=0.25
    )
    axes.invert_yaxis()
    every = math.ceil(0.1 / column)
    axes.set_xticks(
        np.arange(0, len(dims), every) + 0.5, [str(dim) for dim in dims[::every]], rotation=90
    )
    axes.set_yticks(np.arange(len(names)) + 0.5, names)
    axes.tick_params(length=0)
    axes.set_xlabel("latent dimension")

    scale = figure.add_axes(
        ((left + across + 0.1) / width, bottom / height, 0.1 / width, down / height)
    )
    _draw_scale(scale, colours, limit, f"{quantity} (largest shown: {largest:.2f})")
    if np.ma.getmaskarray(values).any():
        figure.legend(
            handles=[Patch(**UNDEFINED, label="undefined")],
            loc="lower right",
            fontsize=SMALL,
            frameon=False,
        )
    return figure


def _draw_scale(axes: Axes, colours: Colormap, limit: float, quantity: str) -> None:
    """What the colours from -`limit` to `limit` stand for."""
    ramp = np.linspace(limit, -limit, colours.N)[:, None]
    axes.imshow(
        ramp, cmap=colours, extent=(0, 1, -limit, limit), aspect="auto", interpolation="none"
    )
    axes.yaxis.tick_right()
    axes.yaxis.set_label_position("right")
    axes.set(xticks=[], ylabel=quantity)
