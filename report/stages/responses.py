"""What each sweep does to its own direction, to the rest of the code, and to the attributes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from featamp.io.files.steps import Size
from featamp.measure.response import attribute_response, code_response
from featamp.statistics.variance import VarianceRanking

from ..engine.context import Context
from ..engine.hashing import code_hash, digest
from ..engine.records import load_record
from ..engine.store import RECORD, Artifact
from ..findings.sweeps import Response, Swept
from .labels import Judges
from .sweeps import EncodedAgain, Sweeper, frames


def measure_responses(
    context: Context,
    ranking: VarianceRanking,
    judges: Judges | None,
    sweeper: Sweeper,
    swept: Sequence[Swept],
) -> tuple[list[Response], list[Artifact]]:
    """Measure each of the swept directions, in their order, by encoding its frames again."""
    code = code_hash(
        "featamp.measure.response", "featamp.measure.judge", "report.stages.responses"
    )
    key = None if judges is None else judges.key
    steps = sweeper.plan.steps["sigma"]
    measurer = _Measurer(context.config.data.size, ranking, judges, steps)
    encoded = sweeper.encode_again(swept)
    done = [
        context.store.record(
            "responses",
            digest(direction.key, key, code),
            Response,
            partial(measurer.measure, direction, again.path / RECORD),
        )
        for direction, again in zip(swept, encoded, strict=True)
    ]
    return [response for response, _ in done], [*encoded, *(artifact for _, artifact in done)]


@dataclass(frozen=True)
class _Measurer:
    size: Size
    ranking: VarianceRanking
    judges: Judges | None
    steps: NDArray[np.float64]

    def measure(self, swept: Swept, encoded: Path) -> Response:
        """What the encoder, by the record `encoded`, and both judges see of a sweep."""
        again, steps = load_record(encoded, EncodedAgain), self.steps
        std = self.ranking.active_std
        code = code_response(again.codes, again.origins, swept.move, steps, std)
        if self.judges is None:
            return Response(code.self_response, code.leakage)
        probes, judge = self.judges.probes, self.judges.pixels
        seen = attribute_response(probes.logits(again.codes), steps, probes.told)
        pixels = attribute_response(judge.logits(frames(swept, self.size)), steps, judge.told)
        parts = (seen.slope, seen.error, seen.told, pixels.slope, pixels.error, pixels.told)
        return Response(code.self_response, code.leakage, *parts)
