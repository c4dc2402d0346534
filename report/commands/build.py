"""The whole job, top to bottom: images, codes, statistics, sweeps, verdicts, figures, pages."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..engine.console import Console, counted
from ..engine.context import Context, GivenModel
from ..engine.locks import lock
from ..engine.site import Site
from ..engine.store import STORE, Artifact, Store
from ..engine.workers import Workers
from ..findings.findings import Findings
from ..handin.drawing import start_drawing
from ..inputs.config import load_config
from ..inputs.selection import EXPECTED, load_selection
from ..pages.publish import Outcome, publish
from ..stages.axes import rotate_axes
from ..stages.codes import correlate, encode_images, map_real_codes, rank_dimensions
from ..stages.controls import sweep_controls
from ..stages.faces import judge_faces
from ..stages.images import read_images
from ..stages.labels import train_judges, weigh_labels
from ..stages.live import LiveMaker, start_exporting
from ..stages.plan import make_plan
from ..stages.responses import measure_responses
from ..stages.screen import screen_dimensions
from ..stages.sweeps import Sweeper, take_samples
from ..stages.trust import prove
from ..stages.verdicts import Measured, decide, sum_up

SELECTION = "selection.toml"


@dataclass(frozen=True)
class _Stages:
    """The artifacts of every stage that is done; the person is told of each."""

    console: Console
    done: dict[str, list[Artifact]] = field(default_factory=dict)

    def tell(self, stage: str, artifacts: list[Artifact], detail: str = "") -> None:
        self.done[stage] = artifacts
        seconds = sum(artifact.seconds for artifact in artifacts if not artifact.cached)
        self.console.stage(stage, seconds, all(artifact.cached for artifact in artifacts), detail)

    @property
    def keys(self) -> dict[str, list[str]]:
        return {stage: [artifact.key for artifact in made] for stage, made in self.done.items()}


def build(
    config_path: Path, site_root: Path, console: Console, given: GivenModel | None = None
) -> Outcome:
    """Build the site for a config file; what was computed before is not computed again.

    Parameters
    ----------
    config_path, site_root : the config file, and the folder of the site.
    console : where the person is told of it.
    given : a network in memory, in place of the one that the config names.

    Raises
    ------
    InputError
        The config, the selection, the data or the model is wrong; the site is left as it was.
    """
    config, site = load_config(config_path), Site(site_root)
    root = config.folder / STORE
    root.mkdir(exist_ok=True)
    apart = given is None
    with lock(root / "lock", str(root)), site.claimed(config.path), Workers(apart) as workers:
        store = Store(root, console.line)
        stages = _Stages(console)
        context = Context(config, store, console, workers, given)
        outcome = _write(context, _compute(context, stages), stages, site)
        if removed := store.prune(config.compute.store * 1_000_000):
            console.line(f"  {removed / 1e6:.1f} MB of earlier results removed from {root}")
        return outcome


def _compute(context: Context, stages: _Stages) -> Findings:
    """Every stage up to the figures."""
    config, console, tell = context.config, context.console, stages.tell
    dataset, artifact = read_images(context)
    tell("images", [artifact], dataset.summary)

    codes, artifact = encode_images(context, dataset)
    left_out = counted(len(codes.images.broken), "file")
    tell("codes", [artifact], f"{len(codes.mu)} x {codes.dims}, {left_out} left out")
    for name, reason in codes.images.broken:
        console.line(f"warning: {dataset.folder.directory / name} is left out: {reason}")

    selection = load_selection(config.folder / SELECTION, codes.dims)
    if selection.miscounted:
        found = f"{len(selection.chosen)} dimensions are chosen in {SELECTION}"
        console.line(f"warning: {found}, the assignment asks for {EXPECTED}")

    exporting = start_exporting(context)
    variance, artifact = rank_dimensions(context, codes)
    tell("variance", [artifact])

    correlations, artifacts = correlate(context, codes, dataset)
    tell("correlation", artifacts, "" if correlations else "no attribute file")

    samples, artifact = take_samples(context, codes, dataset)
    tell("samples", [artifact], counted(len(samples.rows), "sample"))

    support, artifact = map_real_codes(context, codes, variance)
    tell("support", [artifact])

    judges, trained = train_judges(context, codes, dataset)
    labels, weighed = weigh_labels(context, codes, dataset, variance, correlations, judges)
    tell("labels", [*trained, *weighed], "" if labels else "no attribute file")

    screening, artifact = screen_dimensions(context, codes, dataset, variance, samples, judges)
    tell("screen", [artifact], counted(len(screening.changes), "active dimension"))

    tied = labels.stability.tied if labels else None
    plan = make_plan(config, variance, correlations, selection, screening.best, tied)
    axes, artifacts = rotate_axes(
        context, codes, dataset, variance, samples, judges, screening, plan
    )
    tell("axes", artifacts, "" if axes else "no attribute file")

    sweeper = Sweeper(context, codes, dataset, variance, support, samples, plan)
    swept, artifacts = sweeper.dimensions()
    tell("sweeps", artifacts, counted(len(swept), "dimension"))

    faces, artifacts = judge_faces(context, codes, dataset)
    tell("faces", artifacts, "" if faces else "no attribute file, or no networks")

    answers, artifacts = measure_responses(context, variance, judges, plan, swept.values())
    responses = dict(zip(swept, answers, strict=True))
    tell("responses", artifacts, counted(len(swept), "dimension"))

    controls, artifacts = sweep_controls(context, codes, variance, judges, sweeper, plan, answers)
    tell("controls", artifacts, counted(len(controls), "direction"))

    measured = Measured(
        codes.model, variance, correlations, labels, plan, samples, swept, responses, controls,
        screening,
    )  # fmt: skip
    verdicts, artifact = decide(context, stages.keys, measured)
    tell("verdicts", [artifact])

    trust, artifacts = prove(
        context, codes, dataset, variance, correlations, judges, plan, swept, responses,
        verdicts.suggestions,
    )  # fmt: skip
    tell("trust", artifacts)

    maker = LiveMaker(context, codes, variance, samples, swept)
    live, artifacts = maker.make(exporting, judges, controls.values())
    tell("live", artifacts, "" if live.network else "no decoder for the page")
    return Findings(
        config, selection, codes.images, codes.model, variance, correlations, labels,
        faces, screening, axes, plan, samples, support, swept, responses, controls, verdicts,
        sum_up(correlations, labels, plan, samples, swept), trust, figures={},
        live=live,
    )  # fmt: skip


def _write(context: Context, findings: Findings, stages: _Stages, site: Site) -> Outcome:
    """Render and write the pages while the figures are drawn, and tell what either took."""
    drawing = start_drawing(context, findings)
    findings = replace(findings, figures=drawing.formats)
    start = time.perf_counter()
    outcome = publish(
        findings, drawing, stages.done, site, context.config.folder / STORE / "templates"
    )
    figures = list(drawing.artifacts.values())
    seconds = time.perf_counter() - start
    stages.tell("figures", figures, counted(len(figures), "figure"))
    waited = sum(figure.seconds for figure in figures if not figure.cached)
    unchanged = outcome.written == outcome.removed == 0
    detail = f"{counted(outcome.written, 'file')} written, {outcome.removed} removed"
    stages.console.stage("pages", seconds - waited, unchanged, detail)
    for sentence in site.told():
        stages.console.line(f"note: {sentence}")
    return outcome
