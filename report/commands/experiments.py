"""`build --only experiments`: what the assignment asks for, and nothing that judges it."""

from __future__ import annotations

from ..engine.console import counted
from ..engine.context import Context
from ..engine.site import Site
from ..findings.experiments import Experiments
from ..handin.drawing import start_experiments
from ..pages.experiments import publish_experiments
from ..pages.publish import Outcome
from ..stages.plan import make_plan, unjudged_choice
from ..stages.sweeps import Sweeper
from .opening import Opened, Stages, write_site


def sweep_experiments(opened: Opened) -> Experiments:
    """Sweep what the three experiments show."""
    context, stages, codes = opened.context, opened.stages, opened.codes
    plan = make_plan(context.config, opened.variance, opened.correlations, opened.selection)
    if plan.default:
        plan = unjudged_choice(plan)
    sweeper = Sweeper(
        context, codes, opened.dataset, opened.variance, opened.support, opened.samples, plan
    )
    swept, artifacts = sweeper.dimensions()
    stages.tell("sweeps", artifacts, counted(len(swept), "dimension"))
    return Experiments(
        config=context.config,
        selection=opened.selection,
        images=codes.images,
        model=codes.model,
        variance=opened.variance,
        correlations=opened.correlations,
        labels=None,
        plan=plan,
        samples=opened.samples,
        swept=swept,
        combinations={},
        figures={},
    )


def write_experiments(context: Context, stages: Stages, asked: Experiments, site: Site) -> Outcome:
    """Their figures and their site."""
    drawing = start_experiments(context, asked)
    return write_site(
        stages, drawing, site, lambda: publish_experiments(asked, drawing, stages.done, site)
    )
