"""What every build begins with: images, codes, both methods, the samples, who judges; and how it
tells of it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from featamp.contract.trials import tells_more
from featamp.statistics.correlation import Correlations
from featamp.statistics.labels.weigh import LabelStatistics
from featamp.statistics.support import Support
from featamp.statistics.variance import VarianceRanking

from ..engine.console import Console, counted
from ..engine.context import Context
from ..engine.places import PROGRAM
from ..engine.processes.threads import give_back
from ..engine.site import Site
from ..engine.store import Artifact
from ..findings.images import Samples
from ..findings.plan import Plan
from ..findings.screening import Screening
from ..handin.drafts.draft import Drawing
from ..inputs.config import selection_name
from ..inputs.selection import (
    Selection,
    load_selection,
    written_elsewhere,
    written_for_nobody,
)
from ..pages.publish import Outcome
from ..stages.codes import Codes, correlate, map_real_codes, rank_dimensions
from ..stages.faces import FaceWitness, judge_faces
from ..stages.images import Dataset, read_images
from ..stages.labels import Judges, train_judges, weigh_labels
from ..stages.plan import make_plan
from ..stages.sweeps import take_samples
from ..view.environment import worded
from ..view.words import listing

CHECK = f"{PROGRAM} check tries other settings."


@dataclass(frozen=True)
class Stages:
    """The artifacts of every stage that is done; the person is told of each."""

    console: Console
    done: dict[str, list[Artifact]] = field(default_factory=dict)

    def tell(
        self, stage: str, artifacts: list[Artifact], detail: str = "", seconds: float | None = None
    ) -> None:
        """Note that a stage is done, and say so; what it held goes back to the system. `seconds`:
        what it took, where that is more than making its artifacts.
        """
        give_back()
        self.done[stage] = artifacts
        if seconds is None:
            seconds = sum(artifact.seconds for artifact in artifacts if not artifact.cached)
        self.console.stage(stage, seconds, all(artifact.cached for artifact in artifacts), detail)

    @property
    def keys(self) -> dict[str, list[str]]:
        """The keys of the artifacts of each stage."""
        return {stage: [artifact.key for artifact in made] for stage, made in self.done.items()}


@dataclass(frozen=True)
class Opened:
    """What is known before anything is swept."""

    context: Context
    stages: Stages
    dataset: Dataset
    codes: Codes
    selection: Selection
    variance: VarianceRanking
    correlations: Correlations | None
    samples: Samples
    support: Support


def read(context: Context, stages: Stages, screened: bool = True) -> Dataset:
    """Which images there are."""
    start = time.perf_counter()
    dataset, artifact = read_images(context, screened)
    stages.tell("images", [artifact], dataset.summary, time.perf_counter() - start)
    return dataset


def open_report(
    context: Context, dataset: Dataset, stages: Stages, encoded: tuple[Codes, Artifact]
) -> Opened:
    """The stages that need no sweep."""
    config, console, tell = context.config, stages.console, stages.tell
    codes, artifact = encoded
    left_out = counted(len(codes.images.broken), "file")
    tell("codes", [artifact], f"{len(codes.mu)} x {codes.dims}, {left_out} left out")
    for name, reason in codes.images.broken:
        console.remark(f"warning: {dataset.folder.directory / name} is left out: {reason}")
    for doubt in codes.model.doubts:
        console.remark(f"warning: {worded(doubt)}")

    selection = load_selection(config.selection, codes.dims, codes.model.mark)
    _tell_models(console, config.selection.name, selection)
    if selection.miscounted:
        chosen = counted(len(selection.chosen), "dimension")
        console.remark(
            f"warning: {config.selection.name} chooses {chosen}, the assignment asks for"
            f" {selection.expected}"
        )

    variance, artifact = rank_dimensions(context, codes)
    tell("variance", [artifact])

    correlations, artifacts = correlate(context, codes, dataset)
    tell("correlation", artifacts, "" if correlations else "no attribute file")

    samples, artifact = take_samples(context, codes, dataset)
    tell("samples", [artifact], counted(len(samples.rows), "sample"))
    error, of_mean = samples.reconstruction.rmse, samples.reconstruction.of_mean
    if not tells_more(error, of_mean):
        tried = f" {CHECK}" if context.given is None else ""
        console.remark(f"warning: {no_better(error, of_mean)}{tried}")

    support, artifact = map_real_codes(context, codes, variance)
    tell("support", [artifact])
    return Opened(
        context, stages, dataset, codes, selection, variance, correlations, samples, support
    )


def no_better(error: float, of_mean: float) -> str:
    """That a network gives images back no better than their mean would; both RMSE."""
    return (
        f"RMSE {error:.4f} is no better than the {of_mean:.4f} of the images' mean: wrong weights,"
        f" model.pixels or data.crop, or a network that has hardly learnt?"
    )


def find_judges(
    opened: Opened,
) -> tuple[Judges | None, LabelStatistics | None, FaceWitness | None]:
    """Who reads attributes, what the correlations with them are worth, and who reads faces."""
    context, codes, dataset = opened.context, opened.codes, opened.dataset
    judges, trained = train_judges(context, codes, dataset)
    labels, weighed = weigh_labels(
        context, codes, dataset, opened.variance, opened.correlations, judges
    )
    opened.stages.tell("labels", [*trained, *weighed], "" if labels else "no attribute file")

    faces, artifacts = judge_faces(context, codes, dataset)
    opened.stages.tell("faces", artifacts, "" if faces else "no attribute file, or no networks")
    return judges, labels, faces


def plan_sweeps(opened: Opened, labels: LabelStatistics | None, screening: Screening) -> Plan:
    """What is swept."""
    config, selection = opened.context.config, opened.selection
    tied = labels.stability.tied if labels else None
    return make_plan(config, opened.variance, opened.correlations, selection, screening.best, tied)


def tell_renamed(contexts: Sequence[Context], encoded: Sequence[tuple[Codes, Artifact]]) -> None:
    """Say where a person wrote on a model that had another name then: its file is not read."""
    selections = [context.config.selection for context in contexts]
    for context, (codes, _) in zip(contexts, encoded, strict=True):
        own = context.config.selection
        for name in written_elsewhere(own, selections, codes.model.mark):
            context.console.remark(
                f"note: {name} was written on this model under another name;"
                f" rename it to {own.name}, and its choice and notes stand on the site again"
            )
    alone = selections[0].with_name(selection_name(""))
    if alone not in selections and written_for_nobody(alone):
        free = [path.name for path in selections if not path.exists()]
        mend = (
            f"rename it after it, such as {free[0]}"
            if free
            else "move what it holds into its file"
        )
        contexts[0].console.remark(
            f"note: {alone.name} names no model and is read for none of these; where it is of one,"
            f" {mend}"
        )


def _tell_models(console: Console, name: str, selection: Selection) -> None:
    """Say what a person wrote on another model than this one, or nobody knows on which."""
    if selection.earlier:
        console.remark(
            f"note: {name} has, of an earlier model, {listing(selection.earlier)}: the site marks"
            f" that, and the write-up quotes none of it until you confirm it on the site or"
            f' set model = "{selection.here}" there'
        )
    if selection.unmarked:
        console.remark(
            f"note: {name} names no model for {listing(selection.unmarked)};"
            f' a first line model = "{selection.here}" says that it is this one'
        )


def write_site(
    stages: Stages, drawing: Drawing, site: Site, publish: Callable[[], Outcome]
) -> Outcome:
    """Render and write the pages while the figures are drawn, and tell what either took."""
    start = time.perf_counter()
    outcome = publish()
    figures = list(drawing.artifacts.values())
    seconds = time.perf_counter() - start
    stages.tell("figures", figures, counted(len(figures), "figure"))
    waited = sum(figure.seconds for figure in figures if not figure.cached)
    tell_pages(stages.console, outcome, seconds - waited)
    tell_edited(stages.console, site)
    return outcome


def tell_edited(console: Console, site: Site) -> None:
    """Tell which files of the site a person edited, which are kept."""
    edited = site.edited().keys()
    if not edited:
        return
    from ..handin.writeup import told_of_edits

    for sentence in (*site.told(), *told_of_edits(edited)):
        console.line(f"note: {sentence}")


def tell_pages(console: Console, outcome: Outcome, seconds: float) -> None:
    """Tell what was written."""
    unchanged = outcome.written == outcome.removed == 0
    detail = f"{counted(outcome.written, 'file')} written, {outcome.removed} removed"
    console.stage("pages", seconds, unchanged, detail)
