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
from ..view.models.scores import Dot, ScoreDots, scores_of
from .drafts.draft import PLOT_FORMATS, Draft, Drawing, plotted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Drawn

Float = NDArray[np.float64]
WIDTH = 7.0
"""Text width of a two-column paper, inches."""
COLUMNS = 3
STYLES = ("-", "--", ":", "-.")
NULL = "axes without a meaning, of the same codes"


def draw_models(context: Context, comparison: Comparison) -> Drawing:
    """Begin to draw what is not in the store."""
    spectra = {
        name: (np.sort(f.variance.variance)[::-1], np.sort(f.variance.kl)[::-1])
        for name, f in comparison.models.items()
    }
    scores = differing(scores_of(comparison))
    plain = [[name, *(values.tolist() for values in pair)] for name, pair in spectra.items()]
    told = [[score.name, score.dots] for score in scores]
    drafts = [
        Draft(Figure("spectra"), PLOT_FORMATS, plain, partial(plotted, draw_spectra, spectra)),
        Draft(Figure("costs"), PLOT_FORMATS, told, partial(plotted, draw_costs, scores)),
    ]
    return Drawing(context, drafts, __name__)


def differing(scores: Sequence[ScoreDots]) -> Sequence[ScoreDots]:
    """The scores in which models differ; all of them where they differ in none."""
    return [s for s in scores if len({dot.value for dot in s.dots}) > 1] or scores


def draw_spectra(spectra: Mapping[str, tuple[Float, Float]]) -> Drawn:
    """Variance and KL of the dimensions of each model, the highest first."""
    from matplotlib.figure import Figure as New

    from .figures.charts import powers_of_ten, spans_decades
    from .figures.style import ACCENTS, BODY, DPI, SMALL

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
        axes.locator_params(axis="x", integer=True)
        axes.set_title(title, size=BODY)
    if spans_decades(np.concatenate([variance for variance, _ in spectra.values()])):
        panels[0].set_yscale("log")
        panels[0].yaxis.set_major_formatter(powers_of_ten)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncols=4, fontsize=SMALL, frameon=False)
    bottom = (0.42 + 0.16 * rows) / height
    figure.subplots_adjust(left=0.08, right=0.99, top=0.92, bottom=bottom, wspace=0.2)
    return figure


def draw_costs(scores: Sequence[ScoreDots]) -> Drawn:
    """Each score over the reconstruction error, a dot a model."""
    from matplotlib.figure import Figure as New

    from .figures.style import BODY, DPI, SMALL

    rows = -(-len(scores) // COLUMNS)
    most = max((len(score.dots) for score in scores), default=0)
    height = max(1.9, 0.8 + 0.1 * most) * rows + 0.3
    figure = New(figsize=(WIDTH, height), dpi=DPI)
    grid = figure.subplots(rows, COLUMNS, squeeze=False)
    figure.supxlabel("error of the reconstruction (RMSE, pixels in [0, 1])", size=BODY)
    figure.subplots_adjust(
        left=0.06, right=0.99, top=1 - 0.2 / height, bottom=0.5 / height, hspace=0.45, wspace=0.25
    )
    for axes, score in zip(grid.flat, scores, strict=False):
        _draw_dots(axes, score)
    for axes in grid.flat[len(scores) :]:
        axes.remove()
    if nulls := [axes for axes in figure.axes if axes.get_legend_handles_labels()[0]]:
        handles, labels = nulls[0].get_legend_handles_labels()
        figure.legend(handles[:1], labels[:1], loc="lower right", fontsize=SMALL, frameon=False)
    return figure


def _draw_dots(axes: Axes, score: ScoreDots) -> None:
    """One score: a dot a model with its name, and what a random rotation of its codes has, as a
    bar.
    """
    from .figures.style import ACCENTS, BODY, MUTED

    for dot in score.dots:
        axes.plot([dot.error], [dot.value], "o", color=ACCENTS[0], markersize=3)
        if dot.null is not None:
            axes.plot([dot.error], [dot.null], "_", color=MUTED, markersize=6, label=NULL)
    axes.margins(x=0.12, y=0.18)
    axes.locator_params(axis="x", nbins=4)
    if score.whole:
        values = [dot.value for dot in score.dots]
        room = max(0.6, 0.18 * (max(values) - min(values)))
        axes.set_ylim(min(values) - room, max(values) + room)
        axes.locator_params(axis="y", integer=True, min_n_ticks=1)
    axes.set_title(score.name, size=BODY)
    _name_dots(axes, score.dots)


def _name_dots(axes: Axes, dots: Sequence[Dot]) -> None:
    """The name of each dot beside it, towards the middle; where names would lie on each other they
    are moved up or down, with a line to the dot.
    """
    from .figures.style import MUTED, POINT, SMALL

    errors = [dot.error for dot in dots]
    middle = (min(errors) + max(errors)) / 2
    axes.autoscale_view()
    places = axes.transData.transform([(dot.error, dot.value) for dot in dots])[:, 1] / POINT
    low, high = axes.transAxes.transform([(0, 0), (0, 1)])[:, 1] / POINT
    line = {"arrowstyle": "-", "color": MUTED, "linewidth": 0.3, "shrinkA": 0}
    for dot, move in zip(dots, apart(places, 1.2 * SMALL, low, high) - places, strict=True):
        side = 1 if dot.error <= middle else -1
        far = abs(move) > 0.3 * SMALL
        axes.annotate(
            dot.model,
            (dot.error, dot.value),
            size=SMALL,
            xytext=(side * (9 if far else 4), move),
            textcoords="offset points",
            ha="left" if side > 0 else "right",
            va="center",
            arrowprops={**line, "relpos": (0 if side > 0 else 1, 0.5)} if far else None,
        )


def apart(places: Float, step: float, low: float, high: float) -> Float:
    """Heights [label] at least `step` apart, in the order of `places`, with the least squares of
    all moves; within `low` and `high`, closer together where there is no room.
    """
    from scipy.optimize import isotonic_regression

    order = np.argsort(places, kind="stable")
    count = len(places)
    step = min(step, (high - low) / count)
    steps = step * np.arange(count)
    spread = isotonic_regression(places[order] - steps).x
    moved = np.empty(count)
    moved[order] = np.clip(spread, low + step / 2, high - step * (count - 0.5)) + steps
    return moved
