"""Compare several models: dimensions found again, and dimensions that do the same."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from featamp.comparison.matching import MatchedDimensions
from featamp.comparison.ranks import undominated
from featamp.comparison.recurrence import Overlap, Recurrence, find_again
from featamp.comparison.summary import count_again, mean_strengths, span
from featamp.statistics.auc import compare_areas
from featamp.statistics.interval import fewest
from featamp.verdict.rule import VERDICTS

from ...engine.hashing import code_hash, digest, versions
from ...engine.store import Artifact
from ...findings.findings import Findings
from ...findings.models import UNSEEN, Comparison, Keeping, TargetAreas
from ..codes import people_of
from ..images import Dataset
from ..labels import divide
from .built import Built
from .rows import match_models

Float = NDArray[np.float64]


def compare_models(models: Sequence[Built], dataset: Dataset) -> tuple[Comparison, list[Artifact]]:
    """Compare models that encoded the same images."""
    recurrences, first = _find_again(models, dataset)
    rows, second = match_models(models)
    areas = [_measure_areas(built, dataset) for built in models]
    comparison = comparison_of(
        {built.name: built.findings for built in models},
        recurrences,
        rows,
        {built.name: area for built, (area, _) in zip(models, areas, strict=True)},
    )
    return comparison, [*first, second, *(a for _, artifacts in areas for a in artifacts)]


def comparison_of(
    models: dict[str, Findings],
    recurrences: dict[tuple[str, str], Recurrence],
    rows: MatchedDimensions,
    areas: dict[str, TargetAreas | None],
) -> Comparison:
    """The comparison, with what is said of each model and of all in one number."""
    variances = [f.variance for f in models.values()]
    return Comparison(
        models, recurrences, rows, areas,
        found={
            pair: count_again(recurrence, models[pair[0]].variance.active)
            for pair, recurrence in recurrences.items()
        },
        strengths=mean_strengths(
            {name: f.verdicts.attributes.values() for name, f in models.items()}
        ),
        span=span(
            [None if v.deterministic else v.kl_total for v in variances],
            [f.samples.reconstruction.rmse for f in models.values()],
        ),
        keeping=_keep(models),
    )  # fmt: skip


def _keep(models: dict[str, Findings]) -> Keeping:
    """Which models to keep, by the most telling gain that every one has."""
    errors = {name: f.samples.reconstruction.rmse for name, f in models.items()}
    by = "MIG"
    gains = {
        name: f.trust.disentanglement.scores["MIG"]
        for name, f in models.items()
        if f.trust and f.trust.disentanglement
    }
    if len(gains) < len(models):
        labelled = all(f.labels for f in models.values())
        by = "nameable" if labelled else "seen"
        wanted = {"nameable"} if labelled else set(VERDICTS) - set(UNSEEN)
        gains = {
            name: float(sum(d.verdict in wanted for d in f.screening.decisions.values()))
            for name, f in models.items()
        }
    return Keeping(by, undominated(errors, gains))


def _find_again(
    models: Sequence[Built], dataset: Dataset
) -> tuple[dict[tuple[str, str], Recurrence], list[Artifact]]:
    """Each model in each other one."""
    store, seed = models[0].context.store, models[0].context.config.compute.seed
    code = code_hash("report.stages.models.compare")
    people = people_of(models[0].codes, dataset)
    found, artifacts = {}, []
    for one, other in combinations(models, 2):
        key = digest(
            one.codes.key, other.codes.key, dataset.labels, seed, code, versions("numpy", "scipy")
        )
        active, others = one.findings.variance.active, other.findings.variance.active
        compute = partial(find_again, one.codes.mu, other.codes.mu, active, others, seed, people)
        overlap, artifact = store.record("overlap", key, Overlap, compute)
        found[one.name, other.name] = overlap.first
        found[other.name, one.name] = overlap.second
        artifacts.append(artifact)
    return found, artifacts


def _measure_areas(built: Built, dataset: Dataset) -> tuple[TargetAreas | None, list[Artifact]]:
    """The AUC of each target's dimension, with its interval; None without labels."""
    labels, targets = built.findings.labels, tuple(built.findings.plan.targets)
    if labels is None or dataset.folder.attributes is None:
        return None, []
    seed = built.context.config.compute.seed
    key = digest(
        built.codes.key, dataset.labels, targets, seed,
        code_hash("report.stages.models.compare"), versions("scipy"),
    )  # fmt: skip
    compute = partial(_target_areas, built, dataset, targets)
    areas, artifact = built.context.store.record("areas", key, TargetAreas, compute)
    return areas, [artifact]


def _target_areas(built: Built, dataset: Dataset, targets: tuple[str, ...]) -> TargetAreas:
    codes, labels = built.codes, built.findings.labels
    attributes, names = dataset.folder.attributes, dataset.folder.attribute_names
    assert labels is not None and attributes is not None  # else there are no areas
    held, report = labels.held_out, divide(built.context, codes, dataset).report
    people = people_of(codes, dataset)
    whose = None if people is None else people[report]
    told, values = [], []
    for name in targets:
        row = names.index(name)
        dim, label = int(held.dims[row]), attributes[codes.image_rows][report, row]
        if held.defined[row, dim] and fewest(label, whose) > 1:
            sign = -1.0 if held.r_chosen[row, dim] < 0 else 1.0
            scores = sign * codes.mu[report, dim][None].astype(np.float64)
            areas = compare_areas(scores, label, whose)
            told.append(name)
            values.append((float(areas.area[0]), *areas.interval(0)))
    table = np.array(values).reshape(len(told), 3)
    return TargetAreas(tuple(told), table[:, 0], table[:, 1], table[:, 2])
