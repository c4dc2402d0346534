"""Compare several models: dimensions found again, and dimensions that do the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from featamp.comparison.recurrence import Overlap, Recurrence, find_again
from featamp.comparison.rows import Moves, Rows, match_rows
from featamp.io.attributes import FAMILIES
from featamp.statistics.auc import compare_areas
from featamp.verdict.rule import NAMED

from ..engine.context import Context, versions
from ..engine.hashing import code_hash, digest
from ..engine.store import Artifact
from ..findings.findings import Findings
from ..findings.models import Comparison, TargetAreas
from .codes import Codes
from .images import Dataset
from .labels import divide

Float = NDArray[np.float64]

HALVES = 2 * np.sqrt(2 / np.pi)
"""Standard deviations between the means of the lower and the upper half of a normal factor."""
ENDS = 4
"""Standard deviations of a dimension between the ends of a sweep that is judged."""
CLEAR = 2
"""A response of fewer standard errors than this is none."""


@dataclass(frozen=True)
class Built:
    """One of the models: its codes, and what was found; `keys` of all that was."""

    context: Context
    codes: Codes
    findings: Findings
    keys: Mapping[str, Sequence[str]]

    @property
    def name(self) -> str:
        """What report.toml calls it."""
        return self.findings.config.name


def compare_models(models: Sequence[Built], dataset: Dataset) -> tuple[Comparison, list[Artifact]]:
    """Compare models that encoded the same images."""
    recurrences, first = _find_again(models)
    rows, second = _match(models)
    areas = [_measure_areas(built, dataset) for built in models]
    comparison = Comparison(
        models={built.name: built.findings for built in models},
        recurrences=recurrences,
        rows=rows,
        areas={built.name: area for built, (area, _) in zip(models, areas, strict=True)},
    )
    return comparison, [*first, second, *(a for _, artifacts in areas for a in artifacts)]


def _find_again(
    models: Sequence[Built],
) -> tuple[dict[tuple[str, str], Recurrence], list[Artifact]]:
    """Each model in each other one."""
    store, seed = models[0].context.store, models[0].context.config.compute.seed
    code = code_hash("featamp.comparison.recurrence", "report.stages.models")
    found, artifacts = {}, []
    for one, other in combinations(models, 2):
        key = digest(one.codes.key, other.codes.key, seed, code, versions("numpy", "scipy"))
        active, others = one.findings.variance.active, other.findings.variance.active
        compute = partial(find_again, one.codes.mu, other.codes.mu, active, others, seed)
        overlap, artifact = store.record("overlap", key, Overlap, compute)
        found[one.name, other.name] = overlap.first
        found[other.name, one.name] = overlap.second
        artifacts.append(artifact)
    return found, artifacts


# ---- rows that do the same ----------------------------------------------------------------------


def _match(models: Sequence[Built]) -> tuple[Rows, Artifact]:
    """Match the swept dimensions: by the factor that they move, where factors are known, else by
    the family of the attribute that names them; then by the pictures.
    """
    code = code_hash("featamp.comparison.rows", "report.stages.models")
    key = digest([dict(built.keys) for built in models], code, versions("scipy"))
    by_factor = all(b.findings.trust and b.findings.trust.truth for b in models)

    def compute() -> Rows:
        return match_rows([_moves(built.findings, by_factor) for built in models])

    return models[0].context.store.record("rows", key, Rows, compute)


def _moves(findings: Findings, by_factor: bool) -> Moves:
    """What the swept dimensions of a model do that have not collapsed."""
    dims = tuple(dim for dim in findings.swept if dim in findings.screening.changes)
    told = [_factor(findings, d) if by_factor else _named(findings, d) for d in dims]
    changes = [findings.swept[dim].quality.difference.ravel() for dim in dims]
    return Moves(
        dims,
        tuple(thing for thing, _ in told),
        np.array([share for _, share in told], np.float64),
        np.asarray(changes, np.float64).reshape(len(dims), -1),
    )


def _named(findings: Findings, dim: int) -> tuple[str, float]:
    """The family of the attribute that names a dimension, or that attribute, and how far it goes.
    What it moves besides goes along with many names, and matches nothing.
    """
    decision = findings.screening.decisions[dim]
    if decision.attribute is None:
        return "", 0.0
    families = (f for f, members in FAMILIES.items() if decision.attribute in members)
    return next(families, decision.attribute), decision.share


def _factor(findings: Findings, dim: int) -> tuple[str, float]:
    """The known factor that a dimension moves most, where it moves it as far as a name takes, as a
    share of the way from the lower half of the images to the upper.
    """
    truth = findings.trust.truth if findings.trust else None
    assert truth is not None  # else no factor is known
    row = truth.dims.index(dim)
    slope, error = np.abs(truth.slope[row]), truth.error[row]
    most = int(slope.argmax())
    share = float(slope[most] * ENDS / HALVES)
    clear = slope[most] > CLEAR * error[most] and share >= NAMED
    return (truth.names[most], share) if clear else ("", 0.0)


# ---- targets ------------------------------------------------------------------------------------


def _measure_areas(built: Built, dataset: Dataset) -> tuple[TargetAreas | None, list[Artifact]]:
    """The AUC of each target's dimension, with its interval; None without labels."""
    labels, targets = built.findings.labels, tuple(built.findings.plan.targets)
    if labels is None or dataset.folder.attributes is None:
        return None, []
    seed = built.context.config.compute.seed
    key = digest(
        built.codes.key, dataset.labels, targets, seed,
        code_hash("featamp.statistics.auc", "report.stages.models"), versions("scipy"),
    )  # fmt: skip
    compute = partial(_target_areas, built, dataset, targets)
    areas, artifact = built.context.store.record("areas", key, TargetAreas, compute)
    return areas, [artifact]


def _target_areas(built: Built, dataset: Dataset, targets: tuple[str, ...]) -> TargetAreas:
    codes, labels = built.codes, built.findings.labels
    attributes, names = dataset.folder.attributes, dataset.folder.attribute_names
    assert labels is not None and attributes is not None  # else there are no areas
    held, report = labels.held_out, divide(built.context, codes, dataset).report
    told, values = [], []
    for name in targets:
        row = names.index(name)
        dim, label = int(held.dims[row]), attributes[codes.image_rows][report, row]
        if held.defined[row, dim] and min(label.sum(), (~label).sum()) > 1:
            sign = -1.0 if held.r_chosen[row, dim] < 0 else 1.0
            areas = compare_areas(sign * codes.mu[report, dim][None].astype(np.float64), label)
            told.append(name)
            values.append((float(areas.area[0]), *areas.interval(0)))
    table = np.array(values).reshape(len(told), 3)
    return TargetAreas(tuple(told), table[:, 0], table[:, 1], table[:, 2])
