"""What the attributes say of the codes: held-out correlations, redraws, probes; and a judge of
pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featamp.measure.judge import Judge, train_judge
from featamp.statistics.correlation import Correlations
from featamp.statistics.holdout import HeldOut, Holdout, hold_out, measure_held_out
from featamp.statistics.probe import (
    AxisShares,
    Probes,
    axis_shares,
    fit_probes,
    random_axis_shares,
)
from featamp.statistics.redraws import Partials, Stability, bootstrap, partial_correlations
from featamp.statistics.variance import VarianceRanking
from featamp.statistics.weigh import CHANCE, LabelStatistics

from ..engine.context import Context, versions
from ..engine.hashing import code_hash, digest
from ..engine.store import Artifact
from .codes import Codes
from .images import Dataset


@dataclass(frozen=True)
class _Null:
    """The share that a random axis has of a probe's direction: [draw], ascending."""

    shares: NDArray[np.float64]


@dataclass(frozen=True)
class Judges:
    """Who reads attributes: `probes` from codes, `pixels` from pictures; `key` is of both."""

    key: str
    probes: Probes
    pixels: Judge


def train_judges(
    context: Context, codes: Codes, dataset: Dataset
) -> tuple[Judges | None, list[Artifact]]:
    """Train who judges the attributes of a sweep; None without labels."""
    folder, seed = dataset.folder, context.config.compute.seed
    if folder.attributes is None:
        return None, []
    labels, names = folder.attributes[codes.image_rows], folder.attribute_names
    numbers = folder.numbers(codes.image_rows)
    holdout = divide(context, codes, dataset)
    base = _base_key(context, codes, dataset)
    seen = digest(codes.pictures.key, codes.shown, dataset.labels, names, seed)
    probes, first = context.store.record(
        "probes",
        digest(base, code_hash("featamp.statistics.probe"), versions("scikit-learn")),
        Probes,
        lambda: fit_probes(codes.mu, labels, names, holdout, seed, numbers),
    )
    pixels, second = context.store.record(
        "judge",
        digest(seen, code_hash("featamp.measure.judge"), versions("scikit-learn")),
        Judge,
        lambda: _train_judge(codes, labels, names, holdout, seed),
    )
    return Judges(digest(first.key, second.key), probes, pixels), [first, second]


def _train_judge(
    codes: Codes,
    labels: NDArray[np.bool_],
    names: tuple[str, ...],
    holdout: Holdout,
    seed: int,
) -> Judge:
    """Train on the pictures of the images that choose, and judge on those of the others."""
    pictures, rows = codes.pictures.pixels, codes.pictures.rows
    return train_judge(pictures, labels[rows], names, holdout.among(rows), seed, codes.shown)


def weigh_labels(
    context: Context,
    codes: Codes,
    dataset: Dataset,
    ranking: VarianceRanking,
    correlations: Correlations | None,
    judges: Judges | None,
) -> tuple[LabelStatistics | None, list[Artifact]]:
    """What the attributes' correlations are worth; None without labels."""
    if correlations is None or judges is None or dataset.folder.attributes is None:
        return None, []
    seed, record = context.config.compute.seed, context.store.record
    labels = dataset.folder.attributes[codes.image_rows]
    numbers = dataset.folder.numbers(codes.image_rows)
    base = _base_key(context, codes, dataset)
    names, mu, people = dataset.folder.attribute_names, codes.mu, _people(codes, dataset)
    holdout = divide(context, codes, dataset)
    held_out, first = record(
        "held-out",
        digest(base, code_hash("featamp.statistics.holdout"), versions("scipy")),
        HeldOut,
        lambda: measure_held_out(mu, labels, holdout, people, numbers),
    )
    stability, second = record(
        "stability",
        digest(base, code_hash("featamp.statistics.redraws"), versions("scipy")),
        Stability,
        lambda: bootstrap(mu, labels, correlations.r, ranking, seed, people, numbers),
    )
    null, third = record(
        "null", digest(codes.dims, seed, code_hash("featamp.statistics.probe")), _Null,
        lambda: _Null(random_axis_shares(codes.dims, seed)),
    )  # fmt: skip
    shares, fourth = record(
        "shares",
        digest(first.key, judges.key, third.key, code_hash("featamp.statistics.probe")),
        AxisShares,
        lambda: axis_shares(
            mu, labels, holdout, held_out, judges.probes, null.shares, people, numbers
        ),
    )
    partials, fifth = record(
        "partials",
        digest(first.key, code_hash("featamp.statistics.redraws"), versions("scipy")),
        Partials,
        lambda: partial_correlations(mu, labels, names, holdout, held_out, people, numbers),
    )
    return LabelStatistics(
        held_out=held_out,
        stability=stability,
        probes=judges.probes,
        shares=shares,
        null_share=(float(null.shares.mean()), float(np.quantile(null.shares, 1 - CHANCE))),
        partials=partials,
        judge_auc=judges.pixels.auc,
        people=None if people is None else len(np.unique(people)),
    ), [first, second, third, fourth, fifth]


def divide(context: Context, codes: Codes, dataset: Dataset) -> Holdout:
    """The two parts of the images: by CelebA's own parts, else halves of people or of images."""
    partition = dataset.folder.partition
    known = None if partition is None else partition[codes.image_rows]
    people = _people(codes, dataset)
    return hold_out(len(codes.image_rows), known, context.config.compute.seed, people)


def _people(codes: Codes, dataset: Dataset) -> NDArray[np.int64] | None:
    """[code row] the person of each image; None where nobody knows."""
    people = dataset.folder.people
    return None if people is None else people[codes.image_rows]


def _base_key(context: Context, codes: Codes, dataset: Dataset) -> str:
    """Hash of codes, labels and seed."""
    names, seed = dataset.folder.attribute_names, context.config.compute.seed
    return digest(codes.key, dataset.labels, names, seed)
