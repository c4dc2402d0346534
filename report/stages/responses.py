"""What each sweep does to its own direction, to the rest of the code, and to the attributes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from featamp.io.files.steps import Size
from featamp.measure.response import attribute_response, code_response
from featamp.statistics.variance import VarianceRanking

from ..engine.context import Context
from ..engine.hashing import code_hash, digest
from ..engine.store import Artifact
from ..findings.plan import Plan
from ..findings.sweeps import Response, Swept
from .labels import Judges
from .sweeps import encoded_again, frames


def measure_responses(
    context: Context,
    ranking: VarianceRanking,
    judges: Judges | None,
    plan: Plan,
    swept: Iterable[Swept],
) -> tuple[list[Response], list[Artifact]]:
    """Measure each of the swept directions, in their order."""
    code = code_hash(
        "featamp.measure.response", "featamp.measure.judge", "report.stages.responses"
    )
    key = None if judges is None else judges.key
    measurer = _Measurer(context.config.data.size, ranking, judges, plan.steps["sigma"])
    done = [
        context.store.record(
            "responses",
            digest(direction.key, key, code),
            Response,
            partial(measurer.measure, direction),
        )
        for direction in swept
    ]
    return [response for response, _ in done], [artifact for _, artifact in done]


@dataclass(frozen=True)
class _Measurer:
    size: Size
    ranking: VarianceRanking
    judges: Judges | None
    steps: NDArray[np.float64]

    def measure(self, swept: Swept) -> Response:
        """What the encoder and both judges see of a sweep."""
        again, steps = encoded_again(swept), self.steps
        code = code_response(again.codes, again.origins, swept.move, steps, self.ranking.std)
        if self.judges is None:
            return Response(code.self_response, code.leakage)
        probes, judge = self.judges.probes, self.judges.pixels
        seen = attribute_response(probes.logits(again.codes), steps, probes.told)
        pixels = attribute_response(judge.logits(frames(swept, self.size)), steps, judge.told)
        parts = (seen.slope, seen.error, seen.told, pixels.slope, pixels.error, pixels.told)
        return Response(code.self_response, code.leakage, *parts)
