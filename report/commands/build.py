"""The whole job, top to bottom: images, codes, statistics, sweeps, verdicts, figures, pages."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..engine.console import Console, counted
from ..engine.context import Context, GivenModel
from ..engine.hashing import run_from_source
from ..engine.locks import lock
from ..engine.site import Site, clear_below
from ..engine.store import STORE, Artifact, Store
from ..engine.threads import one_thread_each
from ..engine.workers import Workers
from ..findings.findings import Findings
from ..findings.models import Comparison
from ..handin.drawing import Drawing, start_drawing
from ..handin.models import draw_models
from ..inputs.config import load_configs
from ..inputs.selection import Selection, load_selection, written_elsewhere
from ..pages.models import publish_models
from ..pages.publish import Outcome, publish
from ..stages.axes import rotate_axes
from ..stages.codes import (
    Codes,
    correlate,
    encode_all,
    encode_images,
    map_real_codes,
    rank_dimensions,
)
from ..stages.controls import sweep_combinations, sweep_controls
from ..stages.faces import judge_faces, look_at_sweeps
from ..stages.images import Dataset, read_images
from ..stages.labels import train_judges, weigh_labels
from ..stages.live import LiveMaker
from ..stages.models.built import Built
from ..stages.models.compare import compare_models
from ..stages.plan import default_choice, make_plan
from ..stages.responses import measure_responses
from ..stages.screen import screen_dimensions
from ..stages.sweeps import Sweeper, take_samples
from ..stages.trust import prove
from ..stages.verdicts import Measured, decide, judge_names, sum_up
from ..view.words import listing
from .unpacked import unpacked


@dataclass(frozen=True)
class _Stages:
    """The artifacts of every stage that is done; the person is told of each."""

    console: Console
    done: dict[str, list[Artifact]] = field(default_factory=dict)

    def tell(self, stage: str, artifacts: list[Artifact], detail: str = "") -> None:
        """Note that a stage is done, and say so."""
        self.done[stage] = artifacts
        seconds = sum(artifact.seconds for artifact in artifacts if not artifact.cached)
        self.console.stage(stage, seconds, all(artifact.cached for artifact in artifacts), detail)

    @property
    def keys(self) -> dict[str, list[str]]:
        """The keys of the artifacts of each stage."""
        return {stage: [artifact.key for artifact in made] for stage, made in self.done.items()}


@one_thread_each()
@run_from_source()
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
    configs, site = load_configs(config_path), Site(site_root)
    root = configs[0].folder / STORE
    root.mkdir(exist_ok=True)
    apart = given is None
    with lock(root / "lock", str(root)), site.claimed(config_path), Workers(apart) as workers:
        store = Store(root, console.line)
        contexts = [
            Context(unpacked(config, store), store, console, workers, given) for config in configs
        ]
        outcome = _build_all(contexts, site) if configs[0].name else _build_one(contexts[0], site)
        clear_below(site_root, config_path, [config.name for config in configs])
        if removed := store.prune(configs[0].compute.store * 1_000_000):
            console.line(f"  {removed / 1e6:.1f} MB of earlier results removed from {root}")
        return outcome


def _build_one(context: Context, site: Site) -> Outcome:
    """The site of a single model."""
    stages = _Stages(context.console)
    dataset = _read(context, stages)
    encoded = encode_images(context, dataset)
    _tell_renamed([context], [encoded])
    return _write(_compute(context, dataset, stages, encoded), site)


def _build_all(contexts: Sequence[Context], site: Site) -> Outcome:
    """The site of each model in a folder of its name, and their comparison above them.

    Nothing is written before all of it is computed: where one model cannot be opened, the site is
    left as it was.
    """
    console = contexts[0].console
    read = _Stages(console)
    dataset = _read(contexts[0], read)
    encoded, made = encode_all(contexts, dataset), []
    _tell_renamed(contexts, encoded)
    for context, codes in zip(contexts, encoded, strict=True):
        console.line(f"{context.config.name}:")
        stages = _Stages(console, dict(read.done))
        with context.told():
            made.append(_compute(context, dataset, stages, codes))
    console.line("side by side:")
    models = [Built(m.context, m.codes, m.findings, m.stages.keys) for m in made]
    comparison, artifacts = compare_models(models, dataset)
    read.tell("comparison", artifacts, counted(len(models), "model"))
    for one in made:
        console.line(f"{one.context.config.name}:")
        below = Site(site.root / one.context.config.name)
        with below.claimed(one.context.config.path):
            _write(one, below)
    keys = [one.stages.keys for one in made], read.keys
    return _write_comparison(contexts[0], comparison, keys, site)


def _write_comparison(
    context: Context, comparison: Comparison, keys: object, site: Site
) -> Outcome:
    """The pages above the models, and their figures."""
    start = time.perf_counter()
    drawing = draw_models(context, comparison)
    outcome = publish_models(comparison, drawing, keys, site)
    context.console.line("side by side:")
    _tell_pages(context.console, outcome, time.perf_counter() - start)
    return outcome


@dataclass(frozen=True)
class _Computed:
    """One model, all of it computed, its figures on their way."""

    context: Context
    stages: _Stages
    codes: Codes
    findings: Findings
    drawing: Drawing


def _read(context: Context, stages: _Stages) -> Dataset:
    """Which images there are."""
    dataset, artifact = read_images(context)
    stages.tell("images", [artifact], dataset.summary)
    return dataset


def _compute(
    context: Context,
    dataset: Dataset,
    stages: _Stages,
    encoded: tuple[Codes, Artifact],
) -> _Computed:
    """Every stage up to the figures, which are begun."""
    config, console, tell = context.config, context.console, stages.tell
    codes, artifact = encoded
    left_out = counted(len(codes.images.broken), "file")
    tell("codes", [artifact], f"{len(codes.mu)} x {codes.dims}, {left_out} left out")
    for name, reason in codes.images.broken:
        console.line(f"warning: {dataset.folder.directory / name} is left out: {reason}")
    for doubt in codes.model.doubts:
        console.line(f"warning: {doubt}")

    selection = load_selection(config.selection, codes.dims, codes.model.mark)
    _tell_models(console, config.selection.name, selection)
    if selection.miscounted:
        found = f"{len(selection.chosen)} dimensions are chosen in {config.selection.name}"
        console.line(f"warning: {found}, the assignment asks for {selection.expected}")

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

    faces, artifacts = judge_faces(context, codes, dataset)
    tell("faces", artifacts, "" if faces else "no attribute file, or no networks")

    screening, artifact = screen_dimensions(
        context, codes, dataset, variance, samples, judges, faces
    )
    tell("screen", [artifact], counted(len(screening.changes), "active dimension"))

    tied = labels.stability.tied if labels else None
    plan = make_plan(config, variance, correlations, selection, screening.best, tied)
    axes, artifacts = rotate_axes(
        context, codes, dataset, variance, samples, judges, faces, screening, plan
    )
    tell("axes", artifacts, "" if axes else "no attribute file")

    sweeper = Sweeper(context, codes, dataset, variance, support, samples, plan)
    swept, artifacts = sweeper.dimensions()
    tell("sweeps", artifacts, counted(len(swept), "dimension"))

    answers, artifacts = measure_responses(context, variance, judges, plan, swept.values())
    responses = dict(zip(swept, answers, strict=True))
    tell("responses", artifacts, counted(len(swept), "dimension"))

    controls, artifacts = sweep_controls(context, codes, variance, judges, sweeper, plan, answers)
    tell("controls", artifacts, counted(len(controls), "direction"))

    directions = [*swept.values(), *(control.swept for control in controls.values())]
    looks, artifacts = look_at_sweeps(context, faces, plan, directions)
    tell("looks", artifacts, counted(len(looks), "direction"))

    measured = Measured(
        codes.model, variance, correlations, labels, plan, samples, swept, responses, controls,
        screening,
    )  # fmt: skip
    verdicts, artifact = decide(context, stages.keys, measured)
    naming, counted_names = judge_names(context, selection.blind, plan, swept, controls)
    tell("verdicts", [artifact, counted_names])

    if plan.default:
        plan = default_choice(plan, [s.score.dim for s in verdicts.suggestions], screening)
        swept, artifacts = replace(sweeper, plan=plan).dimensions()
        tell("wide", artifacts, counted(len(plan.chosen), "default dimension"))

    trust, artifacts = prove(
        context, codes, dataset, variance, correlations, judges, plan, swept, responses,
        verdicts.suggestions,
    )  # fmt: skip
    tell("trust", artifacts)

    combined, artifacts = sweep_combinations(selection.combined, variance, sweeper)
    if combined:
        tell("combinations", artifacts, counted(len(combined), "combination"))

    findings = Findings(
        config, selection, codes.images, codes.model, variance, correlations, labels,
        faces.judge if faces else None, looks, screening, axes, plan, samples, support, swept,
        responses, controls, verdicts, sum_up(correlations, labels, plan, samples, swept), naming,
        trust, figures={}, live=None, combinations=combined,
    )  # fmt: skip
    drawing = start_drawing(context, findings)
    maker = LiveMaker(context, codes, variance, samples, swept)
    live, artifacts = maker.make(judges, controls.values())
    tell("live", artifacts, "" if live.network else "no decoder for the page")
    findings = replace(findings, figures=drawing.formats, live=live)
    return _Computed(context, stages, codes, findings, drawing)


def _tell_renamed(contexts: Sequence[Context], encoded: Sequence[tuple[Codes, Artifact]]) -> None:
    """Say where a person wrote on a model that had another name then: its file is not read."""
    read = [context.config.selection for context in contexts]
    for context, (codes, _) in zip(contexts, encoded, strict=True):
        own = context.config.selection
        for name in written_elsewhere(own, read, codes.model.mark):
            context.console.line(
                f"note: {name} was written on this model under another name;"
                f" rename it to {own.name}, and its choice and notes stand on the site again"
            )


def _tell_models(console: Console, name: str, selection: Selection) -> None:
    """Say what a person wrote on another model than this one, or nobody knows on which."""
    if selection.earlier:
        console.line(
            f"note: {listing(selection.earlier)} in {name} are of an earlier model: the site marks"
            f" them, and the write-up quotes none of them until you confirm them on the site or"
            f' set model = "{selection.here}" there'
        )
    if selection.unmarked:
        console.line(
            f"note: {name} does not say for which model {listing(selection.unmarked)} were"
            f' written; a first line model = "{selection.here}" says that it is this one'
        )


def _write(made: _Computed, site: Site) -> Outcome:
    """Render and write the pages while the figures are drawn, and tell what either took."""
    stages, drawing = made.stages, made.drawing
    start = time.perf_counter()
    outcome = publish(made.findings, drawing, stages.done, site)
    figures = list(drawing.artifacts.values())
    seconds = time.perf_counter() - start
    stages.tell("figures", figures, counted(len(figures), "figure"))
    waited = sum(figure.seconds for figure in figures if not figure.cached)
    _tell_pages(stages.console, outcome, seconds - waited)
    for sentence in site.told():
        stages.console.line(f"note: {sentence}")
    return outcome


def _tell_pages(console: Console, outcome: Outcome, seconds: float) -> None:
    unchanged = outcome.written == outcome.removed == 0
    detail = f"{counted(outcome.written, 'file')} written, {outcome.removed} removed"
    console.stage("pages", seconds, unchanged, detail)
