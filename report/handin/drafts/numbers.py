"""The plots of what was computed."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from featamp.statistics.holdout import HeldOut

from ...findings.experiments import Experiments
from ...findings.figures import Figure
from ...findings.findings import Findings
from .draft import PLOT_FORMATS, Draft, Files, plotted

LABELLED = 4
"""Dimensions named in the plots of variance and KL: those of highest variance, so that a new
choice redraws nothing."""


def plots(asked: Experiments) -> list[Draft]:
    """The plots of the codes and their correlations."""
    ranking, correlations, plan = asked.variance, asked.correlations, asked.plan
    labelled = plan.explored[:LABELLED]
    plots = [
        Draft(
            Figure("variance"),
            PLOT_FORMATS,
            [labelled, ranking.variance.tolist()],
            partial(_draw, "draw_variance", ranking, labelled),
        )
    ]
    if not ranking.deterministic:
        depends = [labelled, ranking.kl.tolist()]
        draw = partial(_draw, "draw_kl", ranking, labelled)
        plots.append(Draft(Figure("kl"), PLOT_FORMATS, depends, draw))
    if correlations is not None:
        dims = tuple(dict.fromkeys([*plan.targets.values(), *plan.explored]))
        r = correlations.r[:, list(dims)].tolist()
        depends = [dims, correlations.names, correlations.splits, r]
        plots.append(
            Draft(
                Figure("correlations"),
                PLOT_FORMATS,
                depends,
                partial(_draw, "draw_correlations", correlations, dims),
            )
        )
    return plots


def measures(findings: Findings) -> list[Draft]:
    """The plots of the measures, of every swept dimension: a new choice among them redraws
    none.
    """
    swept, dims = findings.swept, list(findings.swept)
    keys = [dimension.key for dimension in swept.values()]
    steps = findings.plan.steps["sigma"]
    changes = [dimension.sweeps["sigma"].effect.change for dimension in swept.values()]
    maps = [dimension.quality.difference for dimension in swept.values()]
    scores = [score.score for score in findings.verdicts.scores.values()]
    suggested = [suggestion.score.dim for suggestion in findings.verdicts.suggestions]
    figures = [
        Draft(
            Figure("effects"),
            PLOT_FORMATS,
            keys,
            partial(_draw, "draw_effects", dims, steps, changes),
        ),
        Draft(Figure("maps"), PLOT_FORMATS, keys, partial(_draw, "draw_maps", dims, maps)),
        Draft(
            Figure("scores"),
            PLOT_FORMATS,
            [dims, scores, suggested],
            partial(_draw, "draw_scores", dims, scores, suggested),
        ),
    ]
    if findings.correlations is not None and findings.labels is not None:
        names, held_out = findings.correlations.names, findings.labels.held_out
        slopes = np.full((len(names), len(dims)), np.nan)
        for column, dim in enumerate(dims):
            if seen := findings.responses[dim].attributes:
                slopes[seen.told, column] = seen.slope[seen.told]
        responses = partial(_draw, "draw_responses", names, tuple(dims), slopes)
        depends = [names, dims, slopes.tolist()]
        figures.append(Draft(Figure("responses"), PLOT_FORMATS, depends, responses))
        known = held_out.at_dims(held_out.defined)
        if known.any():
            named = [name for name, ok in zip(names, known, strict=True) if ok]
            columns = [column[known] for column in _turned(held_out)]
            depends = [named, [column.tolist() for column in columns]]
            draw = partial(_draw, "draw_held_out", named, *columns)
            figures.append(Draft(Figure("held-out"), PLOT_FORMATS, depends, draw))
    return figures


def _turned(held: HeldOut) -> list[NDArray[np.float64]]:
    """[attribute] r on the images that chose the dimension, r held out, and its lower and upper
    end, turned so that the first is positive.
    """
    chosen, r, low, high = (held.at_dims(x) for x in (held.r_chosen, held.r, held.low, held.high))
    sign = np.where(chosen < 0, -1.0, 1.0)
    ends = sign * low, sign * high
    return [sign * chosen, sign * r, np.minimum(*ends), np.maximum(*ends)]


def _draw(name: str, *shown: object) -> Files:
    """A plot by the name of what draws it, loaded by whoever draws it."""
    from ..figures import charts, plots

    draw = getattr(plots, name, None) or getattr(charts, name)
    return plotted(draw, *shown)
