"""The plots of several models: their spectra, and what each costs and gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..engine.context import Context
from ..findings.figures import Figure
from ..findings.models import Comparison
from ..view.models import Line, scores_of
from .drawing import PLOT_FORMATS, Draft, Drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Drawn

Float = NDArray[np.float64]
WIDTH = 7.0
"""Text width of a two-column paper, inches."""
COLUMNS = 3
STYLES = ("-", "--", ":", "-.")


def draw_models(context: Context, comparison: Comparison) -> Drawing:
    """Begin to draw what is not in the store."""
    spectra = {
        name: (np.sort(f.variance.variance)[::-1], np.sort(f.variance.kl)[::-1])
        for name, f in comparison.models.items()
    }
    scores = scores_of(comparison)
    plain = {name: [values.tolist() for values in pair] for name, pair in spectra.items()}
    told = [[score.name, score.dots] for score in scores]
    drafts = [
        Draft(Figure("spectra"), PLOT_FORMATS, plain, partial(spectra_figure, spectra)),
        Draft(Figure("costs"), PLOT_FORMATS, told, partial(costs_figure, scores)),
    ]
    return Drawing(context, drafts, "report.handin.models")


def spectra_figure(spectra: Mapping[str, tuple[Float, Float]]) -> dict[str, bytes]:
    """Variance and KL of the dimensions of each model, the highest first: png, pdf and svg."""
    from .figures import save, style

    with style():
        return save(draw_spectra(spectra), "png", "pdf", "svg")


def costs_figure(scores: Sequence[Line]) -> dict[str, bytes]:
    """Each score over the reconstruction error, a dot a model: png, pdf and svg."""
    from .figures import save, style

    with style():
        return save(draw_costs(scores), "png", "pdf", "svg")


def draw_spectra(spectra: Mapping[str, tuple[Float, Float]]) -> Drawn:
    """Build the figure of `spectra_figure`."""
    from matplotlib.figure import Figure as New

    from .figures import ACCENTS, BODY, DPI, SMALL, powers_of_ten

    rows = -(-len(spectra) // 4)
    height = 2.6 + 0.16 * rows
    figure = New(figsize=(WIDTH, height), dpi=DPI)
    panels = figure.subplots(1, 2)
    titles = ("variance of the posterior mean", "KL (nats)")
    for panel, (axes, title) in enumerate(zip(panels, titles, strict=True)):
        for number, (name, pair) in enumerate(spectra.items()):
            values = pair[panel]
            line = {"color": ACCENTS[number % 4], "linestyle": STYLES[number // 4 % 4]}
            axes.plot(range(1, len(values) + 1), values, linewidth=0.9, label=name, **line)
        axes.set_xlabel("dimension, the highest first", size=BODY)
        axes.set_title(title, size=BODY)
    panels[0].set_yscale("log")
    panels[0].yaxis.set_major_formatter(powers_of_ten)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncols=4, fontsize=SMALL, frameon=False)
    bottom = (0.42 + 0.16 * rows) / height
    figure.subplots_adjust(left=0.08, right=0.99, top=0.92, bottom=bottom, wspace=0.2)
    return figure


def draw_costs(scores: Sequence[Line]) -> Drawn:
    """Build the figure of `costs_figure`."""
    from matplotlib.figure import Figure as New

    from .figures import BODY, DPI

    rows = -(-len(scores) // COLUMNS)
    height = 1.9 * rows + 0.3
    figure = New(figsize=(WIDTH, height), dpi=DPI)
    grid = figure.subplots(rows, COLUMNS, squeeze=False)
    for axes, score in zip(grid.flat, scores, strict=False):
        _draw_dots(axes, score)
    for axes in grid.flat[len(scores) :]:
        axes.remove()
    figure.supxlabel("error of the reconstruction (RMSE, pixels in [0, 1])", size=BODY)
    figure.subplots_adjust(
        left=0.06, right=0.99, top=1 - 0.2 / height, bottom=0.5 / height, hspace=0.45, wspace=0.25
    )
    return figure


def _draw_dots(axes: Axes, score: Line) -> None:
    """One score: a dot a model with its name towards the middle; what a random rotation of its
    codes has, as a bar.
    """
    from .figures import ACCENTS, BODY, MUTED, SMALL

    errors = [dot.error for dot in score.dots]
    middle = (min(errors) + max(errors)) / 2
    for dot in score.dots:
        axes.plot([dot.error], [dot.value], "o", color=ACCENTS[0], markersize=3)
        if dot.null is not None:
            axes.plot([dot.error], [dot.null], "_", color=MUTED, markersize=6)
        left = dot.error <= middle
        axes.annotate(
            dot.model,
            (dot.error, dot.value),
            size=SMALL,
            xytext=(4 if left else -4, 2),
            textcoords="offset points",
            ha="left" if left else "right",
        )
    axes.margins(x=0.12, y=0.18)
    if score.whole:
        axes.locator_params(axis="y", integer=True)
    axes.set_title(score.name, size=BODY)
