"""The whole job, top to bottom: images, codes, statistics, sweeps, figures, pages."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

from ..engine.console import Console, counted
from ..engine.context import Context
from ..engine.locks import lock
from ..engine.site import Site
from ..engine.store import STORE, Artifact, Store
from ..engine.workers import Workers
from ..handin.drawing import start_drawing
from ..inputs.config import load_config
from ..inputs.selection import EXPECTED, load_selection
from ..pages.publish import Outcome, Results, publish
from ..stages.codes import correlate, encode_images, map_real_codes, rank_dimensions
from ..stages.evidence import measure_responses, sweep_controls, weigh_labels
from ..stages.images import read_images
from ..stages.plan import make_plan
from ..stages.sweeps import Sweeper, take_samples
from ..stages.trust import prove

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


def build(config_path: Path, site_root: Path, console: Console) -> Outcome:
    """Build the site for a config file; what was computed before is not computed again.

    Raises
    ------
    InputError
        The config, the selection, the data or the model is wrong; the site is left as it was.
    """
    config, site = load_config(config_path), Site(site_root)
    root = config.folder / STORE
    root.mkdir(exist_ok=True)
    with lock(root / "lock", str(root)), site.claimed(config.path), Workers() as workers:
        store = Store(root, console.line)
        stages = _Stages(console)
        outcome = _write(_compute(Context(config, store, console, workers), stages), stages, site)
        if removed := store.prune(config.compute.store * 1_000_000):
            console.line(f"  {removed / 1e6:.0f} MB of earlier results removed from {root}")
        return outcome


def _compute(context: Context, stages: _Stages) -> Results:
    """Every stage up to the figures, which are being drawn when this returns."""
    config, console, tell = context.config, context.console, stages.tell
    dataset, artifact = read_images(context)
    tell("images", [artifact], dataset.summary)

    codes, artifact = encode_images(context, dataset)
    left_out = counted(len(codes.images.broken), "file")
    tell("codes", [artifact], f"{len(codes.rows)} x {codes.dims}, {left_out} left out")
    for name, reason in codes.images.broken:
        console.line(f"warning: {dataset.folder.directory / name} is left out: {reason}")

    selection = load_selection(config.folder / SELECTION, codes.dims)
    if selection.miscounted:
        found = f"{len(selection.chosen)} dimensions are chosen in {SELECTION}"
        console.line(f"warning: {found}, the assignment asks for {EXPECTED}")

    ranking, artifact = rank_dimensions(context, codes)
    tell("variance", [artifact])

    correlations, artifacts = correlate(context, codes, dataset)
    tell("correlation", artifacts, "" if correlations else "no attribute file")

    samples, artifact = take_samples(context, codes, dataset)
    tell("samples", [artifact], counted(len(samples.rows), "sample"))

    support, artifact = map_real_codes(context, codes, ranking)
    tell("support", [artifact])

    plan = make_plan(config, ranking, correlations, selection)
    sweeper = Sweeper(context, codes, dataset, ranking, support, samples)
    swept = sweeper.dimensions(plan.swept)
    tell("sweeps", [dimension.artifact for dimension in swept], counted(len(swept), "dimension"))

    judges, artifacts = weigh_labels(context, codes, dataset, ranking, correlations)
    tell("evidence", artifacts, "" if judges else "no attribute file")

    responses, artifacts = measure_responses(context, ranking, judges, swept)
    tell("responses", artifacts, counted(len(swept), "dimension"))

    evidence, artifacts = sweep_controls(context, codes, ranking, judges, sweeper, plan, responses)
    tell("controls", artifacts, counted(len(evidence.controls), "direction"))

    frames = (dimension.frames(config.data.size) for dimension in swept)
    trust, artifacts = prove(context, codes, swept, frames, responses, judges)
    tell("trust", artifacts)

    drawing = start_drawing(context, ranking, correlations, samples, plan, swept, evidence)
    return Results(
        config=config,
        selection=selection,
        codes=codes,
        ranking=ranking,
        correlations=correlations,
        support=support,
        samples=samples,
        plan=plan,
        swept=swept,
        evidence=evidence,
        trust=trust,
        drawing=drawing,
        done=stages.done,
    )


def _write(results: Results, stages: _Stages, site: Site) -> Outcome:
    """Render and write the pages while the figures are drawn, and tell what either took."""
    start = time.perf_counter()
    outcome = publish(results, site, results.config.folder / STORE / "templates")
    figures = list(results.drawing.artifacts.values())
    seconds = time.perf_counter() - start
    stages.tell("figures", figures, counted(len(figures), "figure"))
    waited = sum(figure.seconds for figure in figures if not figure.cached)
    unchanged = outcome.written == outcome.removed == 0
    detail = f"{counted(outcome.written, 'file')} written, {outcome.removed} removed"
    stages.console.stage("pages", seconds - waited, unchanged, detail)
    for sentence in site.told():
        stages.console.line(f"note: {sentence}")
    return outcome
