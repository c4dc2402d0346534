"""Compare the axes of highest variance with random rotations within their span."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from featamp.statistics.variance import VarianceRanking
from featamp.verdict.axes import (
    FIRST,
    Axes,
    compare_axes,
    may_tell,
    random_moves,
    strength_of,
)
from featamp.verdict.screen import STEPS, measure_shares

from ..engine.context import Context
from ..engine.hashing import code_hash, digest, versions
from ..engine.store import Artifact
from ..findings.images import Samples
from ..findings.plan import Plan
from ..findings.screening import Screening
from .codes import Codes
from .faces import FaceWitness
from .images import Dataset
from .labels import Judges
from .screen import attribute_rates, sweep_moves

ENDS = STEPS[[0, -1]]


def rotate_axes(
    context: Context,
    codes: Codes,
    dataset: Dataset,
    ranking: VarianceRanking,
    samples: Samples,
    judges: Judges | None,
    faces: FaceWitness | None,
    screening: Screening,
    plan: Plan,
) -> tuple[Axes | None, list[Artifact]]:
    """How far random mixtures of the explored dimensions go beside the dimensions themselves; None
    without labels, or with fewer than two active dimensions to mix.
    """
    dims = tuple(dim for dim in plan.explored if dim in screening.shares)
    if judges is None or len(dims) < 2:
        return None, []
    strength = np.array([strength_of(screening.shares[dim]) for dim in dims])
    seed = context.config.compute.seed
    key = digest(
        codes.key, samples.key, judges.key, None if faces is None else faces.key, dims,
        strength.tolist(), seed,
        code_hash("report.stages.axes"), versions("torch", "numpy", "scipy"),
    )  # fmt: skip

    def compute() -> Axes:
        moves, rates = random_moves(ranking.std, dims, seed), attribute_rates(codes, dataset)
        starts = np.array(codes.mu[samples.rows])

        def reach(frames: NDArray[np.float32], again: NDArray[np.float32]) -> float:
            shares = measure_shares(again, frames, judges.probes, judges.pixels, rates)
            return strength_of(faces.second(shares, frames) if faces else shares)

        def draw(some: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.array(list(sweep_moves(context, starts, some, ENDS, reach)))

        drawn = draw(moves[:FIRST])
        if may_tell(dims, strength, drawn):
            drawn = np.concatenate([drawn, draw(moves[FIRST:])])
        return compare_axes(dims, strength, drawn)

    axes, artifact = context.store.record("axes", key, Axes, compute)
    return axes, [artifact]
