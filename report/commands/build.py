"""The whole job, top to bottom: images, codes, statistics, sweeps, verdicts, figures, pages."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from featamp.errors import InputError
from featamp.face.judge import FaceResponse
from featamp.statistics.labels.weigh import LabelStatistics
from featamp.verdict.axes import Axes

from ..engine.ahead import computed_ahead
from ..engine.console import Console, counted
from ..engine.context import Context
from ..engine.hashing import run_from_source
from ..engine.locks import lock
from ..engine.model_inputs import GivenModel
from ..engine.processes.threads import one_thread_each
from ..engine.processes.workers import Workers
from ..engine.site import Site, clear_below
from ..engine.store import FONTS, STORE, Store
from ..findings.findings import Findings
from ..findings.models import Comparison
from ..findings.plan import Plan
from ..findings.screening import Screening
from ..handin.drafts.draft import Drawing
from ..handin.drawing import start_drawing
from ..handin.models import draw_models
from ..inputs.config import Config, load_configs
from ..pages.models import publish_models
from ..pages.publish import Outcome, publish
from ..stages.axes import rotate_axes
from ..stages.codes import Codes, encode_all, encode_images
from ..stages.controls import sweep_combinations, sweep_controls
from ..stages.faces import FaceWitness, look_at_sweeps
from ..stages.labels import Judges
from ..stages.live import LiveMaker
from ..stages.models.built import Built
from ..stages.models.compare import compare_models
from ..stages.plan import default_choice
from ..stages.responses import measure_responses
from ..stages.screen import Screener
from ..stages.sweeps import Sweeper
from ..stages.trust import prove
from ..stages.verdicts import Measured, decide_verdicts, judge_names, sum_up
from .experiments import sweep_experiments, write_experiments
from .opening import (
    Opened,
    Stages,
    find_judges,
    open_report,
    plan_sweeps,
    read,
    tell_edited,
    tell_pages,
    tell_renamed,
    write_site,
)
from .unchanged import Read, all_read, asked_of, known_again
from .unpacked import unpacked


@one_thread_each()
@run_from_source()
def build(
    config_path: Path,
    site_root: Path,
    console: Console,
    given: GivenModel | None = None,
    only: str | None = None,
    ahead: bool = False,
) -> Outcome:
    """Build the site for a config file; what was computed before is not computed again.

    Parameters
    ----------
    config_path, site_root : the config file, and the folder of the site.
    console : where the person is told of it.
    given : a network in memory, in place of the one that the config names.
    only : "experiments" for what the assignment itself asks for; None for all.
    ahead : whether a process of its own may compute, so that what it loads is gone when it ends:
        not for a program that goes on afterwards with what it finds in memory.

    Raises
    ------
    InputError
        The config, the selection, the data or the model is wrong; the site is left as it was.
    """
    configs, site = open_asked(config_path, site_root, only)
    root = configs[0].folder / STORE
    root.mkdir(exist_ok=True)
    _keep_fonts(root)
    apart = given is None
    with lock(root / "lock", str(root)), site.claimed(config_path), Workers(apart) as workers:
        store = Store(root, console.line)
        contexts = [
            Context(unpacked(config, store), store, console, workers, given) for config in configs
        ]
        reading = partial(_read, configs, contexts, only)
        read = None if given else reading()  # before anything of it is used
        computing = computed_ahead(store, console) if ahead else nullcontext()
        if configs[0].name:
            outcome = _build_all(contexts, site, computing)
        else:
            outcome = _build_one(contexts[0], site, computing, only)
        clear_below(site_root, config_path, [config.name for config in configs])
        if removed := store.prune(configs[0].compute.store * 1_000_000):
            console.line(f"  {removed / 1e6:.1f} MB of earlier results removed from {root}")
        known = None if store.lacking else known_again(read, reading)
        asked = known and asked_of(known, store, site_root, configs)
        site.note_asked(asked, console.remarks)
        return outcome


def _read(configs: Sequence[Config], contexts: Sequence[Context], only: str | None) -> Read | None:
    """What the build reads, where nothing is wrong with it; else the stage tells that it is of."""
    with suppress(InputError, OSError):
        return all_read(configs, [context.read for context in contexts], only)
    return None


def _keep_fonts(root: Path) -> None:
    """Have matplotlib keep its list of fonts in the store where it may keep nothing at home: else
    each build lists them anew, and leaves that in a folder of the system's own.
    """
    home = os.path.expanduser("~")  # noqa: PTH111  which Path refuses where nobody has one
    if not os.access(home, os.W_OK | os.X_OK):
        os.environ["MPLCONFIGDIR"] = os.getenv("MPLCONFIGDIR") or str(root.absolute() / FONTS)


def open_asked(
    config_path: Path, site_root: Path, only: str | None
) -> tuple[tuple[Config, ...], Site]:
    """The configs of the models and the site that a build is asked for, before any work.

    Raises
    ------
    InputError
        The config is wrong, or the site is another's or the folder of the images, or `only` goes
        with one model alone.
    """
    configs, site = load_configs(config_path), Site(site_root)
    if only and configs[0].name:
        raise InputError(
            f"{config_path}: --only {only} builds the site of one model, and [models] names"
            f" {len(configs)}; build without it, or give a config with [model]"
        )
    if configs[0].data.root.resolve() == site_root.resolve():
        raise InputError(
            f"--site {site_root} is the folder of the images, whose pictures it would mix with its"
            f" own; give another"
        )
    store = (configs[0].folder / STORE).resolve()
    if site_root.resolve().is_relative_to(store):
        raise InputError(
            f"--site {site_root} is the store of results or lies in it, where a build removes what"
            f" it does not know; give another"
        )
    site.require(config_path)
    return configs, site


def _build_one(
    context: Context, site: Site, computing: AbstractContextManager[None], only: str | None
) -> Outcome:
    """The site of a single model."""
    stages = Stages(context.console)
    with computing:
        dataset = read(context, stages, screened=not only)
        encoded = encode_images(context, dataset)
        tell_renamed([context], [encoded])
        opened = open_report(context, dataset, stages, encoded)
        if only:
            asked = sweep_experiments(opened)
        else:
            made = _compute(opened)
    if only:
        return write_experiments(context, stages, asked, site)
    return _write(made, start_drawing(context, made.findings), site)


def _build_all(
    contexts: Sequence[Context], site: Site, computing: AbstractContextManager[None]
) -> Outcome:
    """The site of each model in a folder of its name, and their comparison above them.

    Nothing is written before all of it is computed: where one model cannot be opened, the site is
    left as it was.
    """
    above = Stages(contexts[0].console)
    with computing:
        made, comparison = _compute_all(contexts, above)
    drawings = [start_drawing(one.context, one.findings) for one in made]
    for one, drawing in zip(made, drawings, strict=True):
        name = one.context.config.name
        one.context.console.heading(name)
        below = Site(site.root / name)
        with below.claimed(one.context.config.path):
            _write(one, drawing, below)
    keys = [one.stages.keys for one in made], above.keys
    return _write_comparison(contexts[0], comparison, keys, site)


def _compute_all(contexts: Sequence[Context], above: Stages) -> tuple[list[_Computed], Comparison]:
    """What is found of each model, and of all side by side."""
    console = above.console
    dataset = read(contexts[0], above)
    encoded, made = encode_all(contexts, dataset), []
    tell_renamed(contexts, encoded)
    for context, codes in zip(contexts, encoded, strict=True):
        console.heading(context.config.name)
        stages = Stages(console, dict(above.done))
        with context.told():
            made.append(_compute(open_report(context, dataset, stages, codes)))
    console.heading("side by side")
    models = [Built(m.context, m.codes, m.findings, m.stages.keys) for m in made]
    comparison, artifacts = compare_models(models, dataset)
    above.tell("comparison", artifacts, counted(len(models), "model"))
    return made, comparison


def _write_comparison(
    context: Context, comparison: Comparison, keys: object, site: Site
) -> Outcome:
    """The pages above the models, and their figures."""
    start = time.perf_counter()
    drawing = draw_models(context, comparison)
    outcome = publish_models(comparison, drawing, keys, site)
    context.console.heading("side by side")
    tell_pages(context.console, outcome, time.perf_counter() - start)
    tell_edited(context.console, site)
    return outcome


@dataclass(frozen=True)
class _Screened:
    """What is known of a model before its dimensions are swept at length."""

    judges: Judges | None
    labels: LabelStatistics | None
    faces: FaceWitness | None
    screening: Screening
    plan: Plan
    axes: Axes | None


@dataclass(frozen=True)
class _Swept:
    """What its sweeps are, and what was measured of them."""

    sweeper: Sweeper
    measured: Measured
    looks: dict[str, FaceResponse]


@dataclass(frozen=True)
class _Computed:
    """One model, all of it computed."""

    context: Context
    stages: Stages
    codes: Codes
    findings: Findings


def _compute(opened: Opened) -> _Computed:
    """Every stage up to the figures."""
    screened = _screen(opened)
    swept = _sweep(opened, screened)
    findings = _conclude(opened, screened, swept)
    maker = LiveMaker(opened.context, opened.codes, opened.variance, opened.samples, findings.plan)
    live, artifacts = maker.make(screened.judges, findings.controls.values())
    opened.stages.tell("live", artifacts, live.told)
    return _Computed(opened.context, opened.stages, opened.codes, replace(findings, live=live))


def _screen(opened: Opened) -> _Screened:
    """What each dimension is called, and what is swept of them."""
    context, codes, dataset, tell = (
        opened.context, opened.codes, opened.dataset, opened.stages.tell
    )  # fmt: skip
    judges, labels, faces = find_judges(opened)

    screening, artifact = Screener(
        context, codes, dataset, opened.variance, opened.samples, judges, faces
    ).dimensions()
    tell("screen", [artifact], counted(len(screening.changes), "active dimension"))

    plan = plan_sweeps(opened, labels, screening)
    axes, artifacts = rotate_axes(
        context, codes, dataset, opened.variance, opened.samples, judges, faces, screening, plan
    )
    why = "fewer than two dimensions to mix" if judges else "no attribute file"
    tell("axes", artifacts, "" if axes else why)
    return _Screened(judges, labels, faces, screening, plan, axes)


def _sweep(opened: Opened, screened: _Screened) -> _Swept:
    """Dimensions and controls, swept and measured."""
    context, codes, variance = opened.context, opened.codes, opened.variance
    plan, judges, tell = screened.plan, screened.judges, opened.stages.tell
    sweeper = Sweeper(
        context, codes, opened.dataset, variance, opened.support, opened.samples, plan
    )
    swept, artifacts = sweeper.dimensions()
    tell("sweeps", artifacts, counted(len(swept), "dimension"))

    answers, artifacts = measure_responses(context, variance, judges, sweeper, [*swept.values()])
    responses = dict(zip(swept, answers, strict=True))
    tell("responses", artifacts, counted(len(swept), "dimension"))

    controls, artifacts = sweep_controls(context, codes, variance, judges, sweeper, plan, answers)
    tell("controls", artifacts, counted(len(controls), "direction"))

    directions = [*swept.values(), *(control.swept for control in controls.values())]
    looks, artifacts = look_at_sweeps(context, screened.faces, plan, directions)
    tell("looks", artifacts, counted(len(looks), "direction"))

    measured = Measured(
        model=codes.model,
        variance=variance,
        correlations=opened.correlations,
        labels=screened.labels,
        plan=plan,
        samples=opened.samples,
        swept=swept,
        responses=responses,
        controls=controls,
        screening=screened.screening,
    )
    return _Swept(sweeper, measured, looks)


def _conclude(opened: Opened, screened: _Screened, done: _Swept) -> Findings:
    """What all of it amounts to, and whether the report's own claims hold."""
    context, selection, codes, stages = (
        opened.context, opened.selection, opened.codes, opened.stages
    )  # fmt: skip
    variance, correlations, samples = opened.variance, opened.correlations, opened.samples
    plan, swept, measured, tell = screened.plan, done.measured.swept, done.measured, stages.tell
    verdicts, artifact = decide_verdicts(context, stages.keys, measured)
    naming, counted_names = judge_names(
        context, selection.blind, plan, measured.swept, measured.controls
    )
    tell("verdicts", [artifact, counted_names])

    if plan.default:
        suggested = [s.score.dim for s in verdicts.suggestions]
        plan = default_choice(plan, suggested, screened.screening)
        swept, artifacts = replace(done.sweeper, plan=plan).dimensions()
        tell("wide", artifacts, counted(len(plan.chosen), "default dimension"))

    trust, artifacts = prove(
        context, codes, opened.dataset, variance, correlations, screened.judges, plan, swept,
        measured.responses, verdicts.suggestions,
    )  # fmt: skip
    tell("trust", artifacts)

    combined, artifacts = sweep_combinations(selection.combined, variance, done.sweeper)
    if combined:
        tell("combinations", artifacts, counted(len(combined), "combination"))

    faces, labels = screened.faces, screened.labels
    return Findings(
        config=context.config,
        selection=selection,
        images=codes.images,
        model=codes.model,
        variance=variance,
        correlations=correlations,
        labels=labels,
        plan=plan,
        samples=samples,
        swept=swept,
        combinations=combined,
        figures={},
        faces=faces.judge if faces else None,
        looks=done.looks,
        screening=screened.screening,
        axes=screened.axes,
        support=opened.support,
        responses=measured.responses,
        controls=measured.controls,
        verdicts=verdicts,
        headline=sum_up(correlations, labels, plan, samples, swept),
        naming=naming,
        trust=trust,
    )


def _write(made: _Computed, drawing: Drawing, site: Site) -> Outcome:
    """The pages of one model, and its figures."""
    shown, done = replace(made.findings, figures=drawing.formats), made.stages.done
    return write_site(made.stages, drawing, site, partial(publish, shown, drawing, done, site))
