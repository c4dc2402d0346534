"""How far to trust the report: its statistics on simulated data, its two judges, its choices by
known factors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from featamp.arrays import standardised
from featamp.errors import InputError, first_line, shown
from featamp.measure.shrink import principal_components
from featamp.proof import verdicts
from featamp.proof.checks import Simulations
from featamp.proof.disentanglement import Disentanglement, measure_disentanglement
from featamp.proof.kept import read_kept
from featamp.proof.simulation import (
    Alignment,
    Choice,
    Coverage,
    Discovery,
    Planted,
    simulate_alignment,
    simulate_choice,
    simulate_coverage,
    simulate_discovery,
    simulate_planted,
)
from featamp.proof.truth import (
    Agreement,
    Four,
    Reader,
    Truth,
    compare_judges,
    factors_of_labels,
    highest,
    judge_four,
    measure_truth,
    random_four,
    random_traits,
    train_reader,
)
from featamp.proof.verdicts import PlantedTruth
from featamp.statistics.correlation import Correlations
from featamp.statistics.holdout import hold_out
from featamp.statistics.intruder import Intruders, detect_intruders
from featamp.statistics.variance import VarianceRanking
from featamp.verdict.score import Suggestion

from ..engine.context import Context
from ..engine.hashing import code_hash, digest, versions
from ..engine.records import load_record, save_record
from ..engine.store import RECORD, Artifact
from ..findings.plan import Plan
from ..findings.sweeps import Response, SweptDimension
from ..findings.trust import Trust
from ..inputs.selection import EXPECTED
from .codes import Codes
from .images import Dataset
from .labels import Judges
from .sweeps import frames

T = TypeVar("T")
SIMULATIONS: dict[str, tuple[type, Callable[[], object]]] = {
    "coverage": (Coverage, simulate_coverage),
    "discovery": (Discovery, simulate_discovery),
    "choice": (Choice, simulate_choice),
    "axes": (Alignment, simulate_alignment),
    "planted": (Planted, simulate_planted),
}
FACTORS = "factors.csv"
LEAST_IMAGES = 200
"""Known factors of fewer images than this judge nothing."""
SEEN = 48
"""Principal components of the small pictures in which intruders are looked for."""
MOST_IMAGES = 20_000
"""MIG, SAP and DCI use at most so many images, drawn at random: more no longer change them."""


@dataclass(frozen=True)
class KnownFactors:
    """The factors behind the images of the codes: `values` [image, factor], a name for each; `key`
    is of both.
    """

    key: str
    names: tuple[str, ...]
    values: NDArray[np.float64]


# ---- stages -------------------------------------------------------------------------------------


def prove(
    context: Context,
    codes: Codes,
    dataset: Dataset,
    ranking: VarianceRanking,
    correlations: Correlations | None,
    judges: Judges | None,
    plan: Plan,
    swept: Mapping[int, SweptDimension],
    responses: Mapping[int, Response],
    suggestions: Iterable[Suggestion],
) -> tuple[Trust, list[Artifact]]:
    """Put the report's claims to the test."""
    simulations, artifact = simulate(context)
    planted, kept = recall_verdicts(context)
    agreement, first = weigh_judges(context, swept, responses, judges)
    factors, second = read_factors(context, codes)
    disentanglement, third = disentangle(context, codes, ranking, factors)
    pictures = (frames(direction, context.config.data.size) for direction in swept.values())
    truth, fourth = read_sweeps(context, factors, codes, plan.steps["sigma"], swept, pictures)
    r = None if correlations is None else correlations.r
    suggested = [suggestion.score.dim for suggestion in suggestions]
    seed = context.config.compute.seed
    fours = judge_fours(truth, suggested, ranking.variance, r, EXPECTED, seed)
    intruders, fifth = find_intruders(context, codes, tuple(swept))
    behind = {} if truth is None else behind_labels(dataset, codes, factors)
    trust = Trust(
        simulations, planted, judging_code(), agreement, intruders, factors is not None,
        disentanglement, truth, fours, behind,
    )  # fmt: skip
    return trust, [artifact, kept, *first, *second, *third, *fourth, *fifth]


def simulate(context: Context) -> tuple[Simulations, Artifact]:
    """What the simulations come out as: run only where the code that they test is not the one
    whose results are kept beside it.
    """
    kinds = {name: kind for name, (kind, _) in SIMULATIONS.items()}

    def make(part: Path) -> None:
        kept = read_kept(simulating_code(), kinds)
        for name, (_, run) in SIMULATIONS.items():
            save_record(part / f"{name}.npz", kept[name] if kept else run())

    packages = versions("numpy", "scipy", "scikit-learn", "pillow")
    key = digest(simulating_code(), list(kinds), packages)
    artifact = context.store.artifact("simulations", key, make)
    return Simulations(
        **{name: load_record(artifact.path / f"{name}.npz", kind) for name, kind in kinds.items()}
    ), artifact


def simulating_code() -> str:
    """Hash of the simulations, and of what they test."""
    return code_hash("featamp.proof.simulation")


def recall_verdicts(context: Context) -> tuple[PlantedTruth, Artifact]:
    """The verdicts on planted truth that are kept beside the code."""
    kept = verdicts.RESULTS.read_bytes()
    name = verdicts.RESULTS.name

    def make(part: Path) -> None:
        (part / name).write_bytes(kept)

    key = digest(kept.decode(), judging_code(), code_hash("featamp.proof.verdicts"))
    artifact = context.store.artifact("planted", key, make)
    return verdicts.read_results(artifact.path / name), artifact


def weigh_judges(
    context: Context,
    swept: Mapping[int, SweptDimension],
    responses: Mapping[int, Response],
    judges: Judges | None,
) -> tuple[Agreement | None, list[Artifact]]:
    """Compare what the encoder and the pixels say of the same sweeps; None without labels."""
    judged = [
        (r.attributes, r.pixels)
        for r in responses.values()
        if r.attributes is not None and r.pixels is not None
    ]
    if judges is None or not judged:
        return None, []
    names, known = judges.pixels.names, judges.pixels.told & judges.probes.told
    if not known.any():
        return None, []
    views = list(zip(*judged, strict=True))
    slopes = np.array([[response.slope for response in view] for view in views])
    errors = np.array(
        [
            [np.full_like(r.slope, np.inf) if r.error is None else r.error for r in view]
            for view in views
        ]
    )
    compare = partial(compare_judges, tuple(swept), names, slopes, errors, known)
    key = digest(
        [d.key for d in swept.values()],
        judges.key,
        code_hash("report.stages.trust", "report.stages.responses"),
    )
    agreement, artifact = context.store.record("agreement", key, Agreement, compare)
    return agreement, [artifact]


@dataclass(frozen=True)
class PictureFeatures:
    """What can be seen in the small pictures of real images.

    Attributes
    ----------
    features : [picture, component] in standard deviations.
    """

    features: NDArray[np.float64]


def find_intruders(
    context: Context, codes: Codes, dims: tuple[int, ...]
) -> tuple[Intruders | None, list[Artifact]]:
    """Whether the real images at the ends of the swept dimensions share what can be seen; None for
    too few images.
    """
    seed, pictures = context.config.compute.seed, codes.pictures

    def see() -> PictureFeatures:
        pixels = pictures.pixels.reshape(len(pictures.rows), -1)
        components = principal_components(pixels, np.arange(len(pixels)), SEEN, seed)
        return PictureFeatures(standardised(np.asarray(pixels @ components.T, np.float64)))

    code = code_hash("report.stages.trust")
    key = digest(pictures.key, seed, code, versions("scikit-learn"))
    seen, first = context.store.record("seen", key, PictureFeatures, see)
    intruders, found = _perhaps(
        context,
        "intruders",
        digest(key, codes.key, dims),
        Intruders,
        lambda: detect_intruders(seen.features, codes.mu[pictures.rows], dims, seed),
    )
    return intruders, [first, *found]


def read_factors(context: Context, codes: Codes) -> tuple[KnownFactors | None, list[Artifact]]:
    """The known factors of the codes' images; None where the data folder has none."""
    path = context.config.data.root / FACTORS
    if not path.is_file():
        return None, []
    content = context.store.files.hash(path)
    context.store.files.save()
    key = digest(content, codes.images.names, code_hash("report.stages.trust"), versions("pandas"))
    factors, artifact = context.store.record(
        "factors",
        key,
        KnownFactors,
        lambda: factors_of(path, codes.images.names, key),
        reads=[path],
    )
    return factors, [artifact]


def factors_of(path: Path, images: tuple[str, ...], key: str = "") -> KnownFactors:
    """The known factors of images, as a table tells them.

    Raises
    ------
    InputError
        It is no table of numbers with a row for each.
    """
    import pandas as pd

    try:
        table = pd.read_csv(path)
    except (ValueError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not a CSV table ({first_line(error)})") from None
    if "image_id" not in table.columns:
        found = ", ".join(map(shown, table.columns[:3]))
        raise InputError(f"{path}: found columns {found}, ..., expected image_id first")
    if twice := table["image_id"][table["image_id"].duplicated()].tolist():
        raise InputError(f"{path}: {shown(twice[0])} has two rows, expected one")
    table = table.set_index("image_id")
    if missing := [name for name in images if name not in table.index]:
        raise InputError(f"{path}: no row for {missing[0]}, expected one for every image")
    for name in table.columns:
        numbers = pd.to_numeric(table[name], errors="coerce")
        if wrong := table.index[~np.isfinite(numbers.to_numpy(np.float64))].tolist():
            raise InputError(
                f"{path}: {shown(name)} of {shown(wrong[0])} is"
                f" {shown(str(table.at[wrong[0], name]))}, expected a number"
            )
        table[name] = numbers
    rows = table.loc[list(images)].to_numpy(np.float64)
    return KnownFactors(key, tuple(str(name) for name in table.columns), rows)


def behind_labels(
    dataset: Dataset, codes: Codes, factors: KnownFactors | None
) -> dict[str, tuple[str, int]]:
    """The known factor behind each attribute, and the sign; none without labels."""
    folder = dataset.folder
    if factors is None or folder.attributes is None:
        return {}
    labels = folder.attributes[codes.image_rows]
    return factors_of_labels(labels, folder.attribute_names, factors.values, factors.names)


def disentangle(
    context: Context, codes: Codes, ranking: VarianceRanking, factors: KnownFactors | None
) -> tuple[Disentanglement | None, list[Artifact]]:
    """MIG, SAP and DCI by the factors that are independent enough, of the dimensions that have not
    collapsed.
    """
    dims = np.flatnonzero(ranking.active)
    if factors is None or len(codes.mu) < LEAST_IMAGES or len(dims) < 2:
        return None, []
    seed = context.config.compute.seed

    def compute() -> Disentanglement | None:
        count = len(codes.mu)
        rows = np.sort(
            np.random.default_rng(seed).choice(count, min(count, MOST_IMAGES), replace=False)
        )
        holdout = hold_out(len(rows), None, seed)
        mu = codes.mu[rows][:, dims].astype(np.float64)
        found = measure_disentanglement(mu, factors.values[rows], factors.names, holdout, seed)
        return replace(found, best=dims[found.best]) if found else None

    code = code_hash("featamp.proof.disentanglement", "report.stages.trust")
    key = digest(codes.key, factors.key, seed, code, versions("scikit-learn", "scipy"))
    return _perhaps(context, "disentanglement", key, Disentanglement, compute)


def read_sweeps(
    context: Context,
    factors: KnownFactors | None,
    codes: Codes,
    steps: NDArray[np.float64],
    swept: Mapping[int, SweptDimension],
    pictures: Iterable[NDArray[np.float32]],
) -> tuple[Truth | None, list[Artifact]]:
    """What the known factors do in the narrow sweeps in standard deviations; None where too little
    is known.

    Parameters
    ----------
    steps : [alpha] in standard deviations.
    swept, pictures : the dimensions, and the frames of each [sample, alpha, height, width, 3],
        which are loaded one after another and only where they are needed.
    """
    known, seed = codes.pictures, context.config.compute.seed
    if factors is None or len(known.rows) < LEAST_IMAGES:
        return None, []
    values, names = factors.values[known.rows], factors.names
    holdout = hold_out(len(known.rows), None, seed)
    code = code_hash("featamp.proof.truth")
    key = digest(factors.key, known.key, seed, code, versions("scikit-learn"))
    reader, first = context.store.record(
        "reader", key, Reader, lambda: train_reader(known.pixels, values, names, holdout, seed)
    )
    if not reader.names:
        return None, [first]
    dims = tuple(swept)
    truth, second = context.store.record(
        "truth",
        digest(key, [d.key for d in swept.values()]),
        Truth,
        lambda: measure_truth(reader, dims, pictures, steps),
    )
    return truth, [first, second]


def _perhaps(
    context: Context, stage: str, key: str, kind: type[T], compute: Callable[[], T | None]
) -> tuple[T | None, list[Artifact]]:
    """A record that may turn out not to exist."""

    def make(part: Path) -> None:
        if (record := compute()) is not None:
            save_record(part / RECORD, record)

    artifact = context.store.artifact(stage, key, make)
    path = artifact.path / RECORD
    return (load_record(path, kind) if path.is_file() else None), [artifact]


def judging_code() -> str:
    """Hash of the code that makes planted networks, and of what decides on their dimensions."""
    return code_hash("featamp.proof.planted", "featamp.verdict.screen", "featamp.verdict.score")


# ---- what it amounts to -------------------------------------------------------------------------


def judge_fours(
    truth: Truth | None, suggested: Iterable[int], variance: NDArray[np.float64],
    r: NDArray[np.float64] | None,
    count: int, seed: int,
) -> tuple[Four, ...]:  # fmt: skip
    """The suggested dimensions against those of highest variance, those of highest |r|, and random
    ones.

    Parameters
    ----------
    suggested : dimensions in the order of the suggestion; none without labels or where none
        scores.
    variance, r : [dim], and [attribute, dim] (None without labels).
    count : dimensions of a choice where none are suggested; else there are as many of each.
    """
    if truth is None:
        return ()

    def drawn(number: int) -> NDArray[np.int64]:
        return random_traits(truth, number, seed)

    first = tuple(suggested)
    swept, count = list(truth.dims), min(len(first) or count, len(truth.dims))
    choices = {
        "suggested": first,
        "variance": highest(truth.dims, variance[swept], count),
    }
    if r is not None and r.size:
        choices["correlation"] = highest(truth.dims, np.abs(r[:, swept]).max(axis=0), count)
    fours = [
        judge_four(truth, rule, dims, drawn(len(dims))) for rule, dims in choices.items() if dims
    ]
    return (*fours, random_four(truth, "random", drawn(count)))
