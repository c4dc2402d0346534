"""What the attributes say of the codes: held-out correlations, redraws, probes; and a judge of
pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from featamp.io.files.numbers import Numbers
from featamp.measure.judge import Judge, train_judge
from featamp.statistics.correlation import Correlations
from featamp.statistics.holdout import HeldOut, Holdout, hold_out, measure_held_out
from featamp.statistics.labels.probe import Probes, fit_probes
from featamp.statistics.labels.shares import AxisShares, axis_shares, random_axis_shares
from featamp.statistics.labels.weigh import LabelStatistics, share_by_chance
from featamp.statistics.redraws import Partials, Stability, bootstrap, partial_correlations
from featamp.statistics.variance import VarianceRanking

from ..engine.context import Context
from ..engine.hashing import code_hash, digest, versions
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
        digest(base, code_hash("featamp.statistics.labels.probe"), versions("scikit-learn")),
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
    weigher = _Weigher.of(context, codes, dataset)
    held_out, first = weigher.held_out()
    stability, second = weigher.stability(correlations, ranking)
    null, third = weigher.null(ranking)
    shares, fourth = weigher.shares(held_out, judges, null, (first, third))
    partials, fifth = weigher.partials(held_out, first)
    people = weigher.people
    return LabelStatistics(
        held_out=held_out,
        stability=stability,
        probes=judges.probes,
        shares=shares,
        null_share=share_by_chance(null.shares),
        partials=partials,
        judge_auc=np.where(judges.pixels.defined, judges.pixels.auc, np.nan),
        people=None if people is None else len(np.unique(people)),
    ), [first, second, third, fourth, fifth]


@dataclass(frozen=True)
class _Weigher:
    """Codes and labels of the same images, and the parts that choose and judge; `base` is the hash
    of both.
    """

    context: Context
    codes: Codes
    names: tuple[str, ...]
    labels: NDArray[np.bool_]
    numbers: Numbers | None
    people: NDArray[np.int64] | None
    holdout: Holdout
    base: str

    @classmethod
    def of(cls, context: Context, codes: Codes, dataset: Dataset) -> _Weigher:
        """The labels of these codes."""
        folder, rows = dataset.folder, codes.image_rows
        assert folder.attributes is not None  # else nothing is weighed
        return cls(
            context,
            codes,
            folder.attribute_names,
            folder.attributes[rows],
            folder.numbers(rows),
            _people(codes, dataset),
            divide(context, codes, dataset),
            _base_key(context, codes, dataset),
        )

    def held_out(self) -> tuple[HeldOut, Artifact]:
        """What one part chooses, judged on the other."""
        key = digest(self.base, code_hash("featamp.statistics.holdout"), versions("scipy"))
        compute = partial(
            measure_held_out, self.codes.mu, self.labels, self.holdout, self.people, self.numbers
        )
        return self.context.store.record("held-out", key, HeldOut, compute)

    def stability(
        self, correlations: Correlations, ranking: VarianceRanking
    ) -> tuple[Stability, Artifact]:
        """Which dimension redraws of the images choose."""
        key = digest(self.base, code_hash("featamp.statistics.redraws"), versions("scipy"))
        compute = partial(
            bootstrap, self.codes.mu, self.labels, correlations.r, ranking,
            self.context.config.compute.seed, self.people, self.numbers,
        )  # fmt: skip
        return self.context.store.record("stability", key, Stability, compute)

    def null(self, ranking: VarianceRanking) -> tuple[_Null, Artifact]:
        """The shares that random axes have among the active dimensions: with others, which add
        nothing to turn, a random axis would have less.
        """
        dims, seed = max(1, int(ranking.active.sum())), self.context.config.compute.seed
        key = digest(dims, seed, code_hash("featamp.statistics.labels.shares"))
        return self.context.store.record(
            "null", key, _Null, lambda: _Null(random_axis_shares(dims, seed))
        )

    def shares(
        self, held_out: HeldOut, judges: Judges, null: _Null, of: tuple[Artifact, Artifact]
    ) -> tuple[AxisShares, Artifact]:
        """What each attribute's dimension has of what the probe does; `of` are what is held out
        and the null.
        """
        first, third = of
        key = digest(
            first.key, judges.key, third.key, code_hash("featamp.statistics.labels.shares")
        )
        compute = partial(
            axis_shares, self.codes.mu, self.labels, self.holdout, held_out, judges.probes,
            null.shares, self.people, self.numbers,
        )  # fmt: skip
        return self.context.store.record("shares", key, AxisShares, compute)

    def partials(self, held_out: HeldOut, first: Artifact) -> tuple[Partials, Artifact]:
        """What is left of each correlation with others held fixed; `first` is what is held
        out.
        """
        key = digest(first.key, code_hash("featamp.statistics.redraws"), versions("scipy"))
        compute = partial(
            partial_correlations, self.codes.mu, self.labels, self.names, self.holdout, held_out,
            self.people, self.numbers,
        )  # fmt: skip
        return self.context.store.record("partials", key, Partials, compute)


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
