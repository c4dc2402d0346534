"""Which figures are drawn for the write-up; each is kept and drawn once."""

from __future__ import annotations

from ..engine.context import Context
from ..findings.experiments import Experiments
from ..findings.findings import Findings
from .drafts.draft import Drawing
from .drafts.numbers import measures, plots
from .drafts.pictures import Asked, Pictures


def start_drawing(context: Context, findings: Findings) -> Drawing:
    """Begin to draw every figure that is not in the store."""
    figures = [*plots(findings), *measures(findings), *Pictures(findings).figures()]
    return Drawing(context, figures, __name__)


def start_experiments(context: Context, asked: Experiments) -> Drawing:
    """Begin to draw those of the experiments themselves."""
    return Drawing(context, [*plots(asked), *Asked(asked).figures()], __name__)
