"""How surely: held-out correlations, probes and a judge of pixels; what sweeps do to the
attributes; scores.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from featamp.io.celeba import NAMELESS
from featamp.measure.judge import Judge, train_judge
from featamp.measure.response import attribute_response, code_response, largest_response
from featamp.measure.score import Score, score_dimension
from featamp.statistics.correlation import Correlations
from featamp.statistics.holdout import hold_out
from featamp.statistics.probe import Probes, axis_share, fit_probes, random_axis_share
from featamp.statistics.redraws import Stability, label_correlations, measure_stability
from featamp.statistics.variance import VarianceRanking

from ..engine.context import Context, versions
from ..engine.hashing import code_hash, digest
from ..engine.store import Artifact
from ..findings.findings import LabelEvidence, Response
from ..inputs.config import Config
from .codes import Codes, SmallPictures
from .controls import Control, plain_controls, probe_controls
from .images import Dataset
from .plan import Plan, sigma_steps
from .sweeps import Sweeper, SweptDimension, SweptDirection


@dataclass(frozen=True)
class _Null:
    """The share that a random axis has of a probe's direction: mean and 95th percentile."""

    mean: float
    high: float


@dataclass(frozen=True)
class Judges:
    """What weighs the labels: `judge` knows pixels only; the rest is of the codes."""

    key: str
    labels: LabelEvidence
    judge: Judge


def weigh_labels(
    context: Context,
    codes: Codes,
    dataset: Dataset,
    ranking: VarianceRanking,
    correlations: Correlations | None,
) -> tuple[Judges | None, list[Artifact]]:
    """What the attributes' correlations are worth, and who judges a sweep's attributes; None
    without labels.
    """
    if correlations is None or dataset.folder.attributes is None:
        return None, []
    folder, seed = dataset.folder, context.config.compute.seed
    labels, names = dataset.folder.attributes[codes.rows], folder.attribute_names
    partition = None if folder.partition is None else folder.partition[codes.rows]
    holdout = hold_out(len(codes.rows), partition, seed)
    base = digest(codes.key, dataset.labels, names, seed)
    record = context.store.record
    stability, first = record(
        "stability",
        digest(base, code_hash("featamp.statistics.redraws"), versions("scipy")),
        Stability,
        lambda: measure_stability(codes.mu, labels, correlations.r, ranking, holdout, seed),
    )
    probes, second = record(
        "probes",
        digest(base, code_hash("featamp.statistics.probe"), versions("scikit-learn")),
        Probes,
        lambda: fit_probes(codes.mu, labels, names, holdout, seed),
    )
    null, third = record(
        "null", digest(codes.dims, seed, code_hash("featamp.statistics.probe")), _Null,
        lambda: _Null(*random_axis_share(codes.dims, seed)),
    )  # fmt: skip
    judge, fourth = record(
        "judge",
        digest(base, code_hash("featamp.measure.judge"), versions("scikit-learn")),
        Judge,
        lambda: _train_judge(codes.pictures, labels, names, partition, seed),
    )
    evidence = LabelEvidence(
        stability=stability,
        probes=probes,
        share=axis_share(stability.r_selected, stability.r_reported, probes),
        null_share=(null.mean, null.high),
        phi=label_correlations(labels),
        test_split=holdout.split,
        judge_auc=judge.auc,
    )
    return Judges(digest(second.key, fourth.key), evidence, judge), [first, second, third, fourth]


def _train_judge(
    pictures: SmallPictures, labels: NDArray[np.bool_], names: tuple[str, ...],
    partition: NDArray[np.int8] | None, seed: int,
) -> Judge:  # fmt: skip
    rows = pictures.rows
    holdout = hold_out(len(rows), None if partition is None else partition[rows], seed)
    return train_judge(pictures.pixels, labels[rows], names, holdout, seed)


def measure_responses(
    context: Context,
    ranking: VarianceRanking,
    judges: Judges | None,
    swept: Sequence[SweptDirection],
) -> tuple[list[Response], list[Artifact]]:
    """What each sweep does to its own direction, to the rest of the code, and to the attributes by
    both judges.
    """
    code = code_hash("featamp.measure.response", "featamp.measure.judge", "report.stages.evidence")
    key = None if judges is None else judges.key
    measurer = _Measurer(context, ranking, judges)
    done = [
        context.store.record(
            "responses",
            digest(direction.artifact.key, key, code),
            Response,
            partial(measurer.measure, direction),
        )
        for direction in swept
    ]
    return [response for response, _ in done], [artifact for _, artifact in done]


@dataclass(frozen=True)
class _Measurer:
    context: Context
    ranking: VarianceRanking
    judges: Judges | None

    def measure(self, direction: SweptDirection) -> Response:
        """What the encoder and both judges see of a sweep."""
        steps = sigma_steps(self.context.config)
        again = direction.encoded_again()
        code = code_response(again.codes, again.origins, direction.move, steps, self.ranking.std)
        if self.judges is None:
            return Response(code.self_response, code.leakage)
        probes, judge = self.judges.labels.probes, self.judges.judge
        seen = attribute_response(probes.logits(again.codes), steps, probes.told)
        frames = direction.frames(self.context.config.data.size)
        pixels = attribute_response(judge.logits(frames), steps, judge.told)
        parts = (seen.slope, seen.error, seen.told, pixels.slope, pixels.error, pixels.told)
        return Response(code.self_response, code.leakage, *parts)


@dataclass(frozen=True)
class Evidence:
    """What the sweeps do, and who says so; `responses` by dimension."""

    judges: Judges | None
    responses: dict[int, Response]
    controls: list[SweptControl]

    @cached_property
    def key(self) -> str:
        """Hash of all that a score depends on but the sweeps and the config."""
        arrays = [None if r.slope is None else r.slope.tolist() for r in self.responses.values()]
        judges = None if self.judges is None else self.judges.key
        return digest(
            list(self.responses), arrays, judges, self.null, code_hash("featamp.measure.score")
        )

    @property
    def null(self) -> float:
        """What an answer must exceed to be more than chance."""
        return largest_by_chance(self.controls)

    def scores(self, config: Config, swept: Sequence[SweptDimension]) -> list[Score]:
        """How much each dimension is worth a look."""
        probes = self.judges.labels.probes if self.judges else None
        names = probes.names if probes else ()
        able = probes.able & ~np.isin(names, NAMELESS) if probes else np.zeros(0, np.bool_)
        weights = asdict(config.ranking)
        return [
            score_dimension(
                d.dim,
                d.quality(),
                d.effect("sigma").outside,
                self.responses[d.dim].attributes,
                self.null,
                names,
                able,
                weights,
            )
            for d in swept
        ]


@dataclass(frozen=True)
class SweptControl:
    """A control, its sweep in the store, and what it does."""

    control: Control
    swept: SweptDirection
    response: Response


def sweep_controls(
    context: Context,
    codes: Codes,
    ranking: VarianceRanking,
    judges: Judges | None,
    sweeper: Sweeper,
    plan: Plan,
    responses: Sequence[Response],
) -> tuple[Evidence, list[Artifact]]:
    """Sweep and measure what the dimensions are compared with.

    The probes are those of the targets, and of what answers most to a dimension where that is more
    than any attribute answers to a random direction: beside an answer that is chance, the best
    edit says nothing.
    """
    plain, artifact = plain_controls(context, codes, ranking)
    swept = sweeper.controls(plain)
    answers, artifacts = measure_responses(context, ranking, judges, swept)
    done = [SweptControl(*parts) for parts in zip(plain, swept, answers, strict=True)]
    if judges is not None:
        probes, null = judges.labels.probes, largest_by_chance(done)
        answered = [
            a
            for response in responses
            if (a := response.attributes) and a.size[a.strongest] > null
        ]
        named = {*plan.targets, *(probes.names[a.strongest] for a in answered)}
        directed = probe_controls(probes, named, ranking)
        swept += sweeper.controls(directed)
        answers, more = measure_responses(context, ranking, judges, swept[len(plain) :])
        done += [
            SweptControl(*parts)
            for parts in zip(directed, swept[len(plain) :], answers, strict=True)
        ]
        artifacts += more
    evidence = Evidence(judges, dict(zip(plan.swept, responses, strict=True)), done)
    return evidence, [artifact, *(direction.artifact for direction in swept), *artifacts]


def largest_by_chance(controls: Sequence[SweptControl]) -> float:
    """The largest |response| of any attribute to a random direction; 0 without labels."""
    return largest_response(c.response.attributes for c in controls if c.control.kind == "random")
