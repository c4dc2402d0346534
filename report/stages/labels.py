"""What the attributes say of the codes: held-out correlations, redraws, probes; and a judge of
pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featamp.measure.judge import Judge, train_judge
from featamp.statistics.correlation import Correlations
from featamp.statistics.holdout import HeldOut, hold_out, measure_held_out
from featamp.statistics.probe import Probes, axis_share, fit_probes, random_axis_share
from featamp.statistics.redraws import Stability, bootstrap, label_correlations
from featamp.statistics.variance import VarianceRanking
from featamp.statistics.weigh import LabelStatistics

from ..engine.context import Context, versions
from ..engine.hashing import code_hash, digest
from ..engine.store import Artifact
from .codes import Codes
from .images import Dataset


@dataclass(frozen=True)
class _Null:
    """The share that a random axis has of a probe's direction: mean and 95th percentile."""

    mean: float
    high: float


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
    partition = partition_of(codes, dataset)
    base = _base_key(context, codes, dataset)
    seen = digest(codes.pictures.key, codes.shown, dataset.labels, names, seed)
    probes, first = context.store.record(
        "probes",
        digest(base, code_hash("featamp.statistics.probe"), versions("scikit-learn")),
        Probes,
        lambda: fit_probes(codes.mu, labels, names, hold_out(len(labels), partition, seed), seed),
    )
    pixels, second = context.store.record(
        "judge",
        digest(seen, code_hash("featamp.measure.judge"), versions("scikit-learn")),
        Judge,
        lambda: _train_judge(codes, labels, names, partition, seed),
    )
    return Judges(digest(first.key, second.key), probes, pixels), [first, second]


def _train_judge(
    codes: Codes, labels: NDArray[np.bool_], names: tuple[str, ...],
    partition: NDArray[np.int8] | None, seed: int,
) -> Judge:  # fmt: skip
    pictures, rows = codes.pictures.pixels, codes.pictures.rows
    holdout = hold_out(len(rows), None if partition is None else partition[rows], seed)
    return train_judge(pictures, labels[rows], names, holdout, seed, codes.shown)


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
    base = _base_key(context, codes, dataset)
    holdout = hold_out(len(labels), partition_of(codes, dataset), seed)
    held_out, first = record(
        "held-out",
        digest(base, code_hash("featamp.statistics.holdout"), versions("scipy")),
        HeldOut,
        lambda: measure_held_out(codes.mu, labels, holdout),
    )
    stability, second = record(
        "stability",
        digest(base, code_hash("featamp.statistics.redraws"), versions("scipy")),
        Stability,
        lambda: bootstrap(codes.mu, labels, correlations.r, ranking, seed),
    )
    null, third = record(
        "null", digest(codes.dims, seed, code_hash("featamp.statistics.probe")), _Null,
        lambda: _Null(*random_axis_share(codes.dims, seed)),
    )  # fmt: skip
    return LabelStatistics(
        held_out=held_out,
        stability=stability,
        probes=judges.probes,
        share=axis_share(held_out, judges.probes),
        null_share=(null.mean, null.high),
        phi=label_correlations(labels),
        judge_auc=judges.pixels.auc,
    ), [first, second, third]


def partition_of(codes: Codes, dataset: Dataset) -> NDArray[np.int8] | None:
    """[code row] CelebA's own parts; None where the folder has none."""
    partition = dataset.folder.partition
    return None if partition is None else partition[codes.image_rows]


def _base_key(context: Context, codes: Codes, dataset: Dataset) -> str:
    """Hash of codes, labels and seed."""
    names, seed = dataset.folder.attribute_names, context.config.compute.seed
    return digest(codes.key, dataset.labels, names, seed)
