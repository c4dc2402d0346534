"""What all findings amount to: health, verdicts, scores, suggestions; decided once and kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from featamp.measure.response import TargetResponse, target_response
from featamp.statistics.correlation import Correlations
from featamp.statistics.labels.weigh import (
    LabelStatistics,
    Weighed,
    weigh_attributes,
)
from featamp.statistics.naming import guess_p_values, least_named, naming_verdict
from featamp.statistics.variance import VarianceRanking
from featamp.verdict.compare import AttributeBar, Compared, attribute_bars, compare
from featamp.verdict.headline import Headline, headline
from featamp.verdict.health import judge_health
from featamp.verdict.score import Score, score_dimension, suggest
from featamp.verdict.target import TargetVerdict, judge_target
from featamp.verdict.verdict import OverImages, Verdict, judge_dimension, samples_alike

from ..engine.context import Context
from ..engine.hashing import code_hash, digest
from ..engine.store import Artifact
from ..findings.images import Model, Samples
from ..findings.naming import Naming
from ..findings.plan import Plan
from ..findings.screening import Screening
from ..findings.sweeps import Control, Response, SweptDimension
from ..findings.verdicts import Verdicts
from ..inputs.config import ScoreWeights
from ..inputs.selection import EXPECTED, Blind
from .controls import largest_by_chance

SHOWN = 12
"""Attributes in the chart of responses of a dimension."""


def decide_verdicts(
    context: Context, keys: Mapping[str, Sequence[str]], measured: Measured
) -> tuple[Verdicts, Artifact]:
    """Decide everything that the pages call by a name.

    Parameters
    ----------
    keys : of the artifacts of every stage before, which is all that the verdicts depend on beside
        the config and the targets.
    """
    weights, targets = context.config.score, measured.plan.targets
    code = code_hash("report.stages.verdicts")
    key = digest(dict(keys), asdict(weights), targets, code)
    return context.store.record("verdicts", key, Verdicts, lambda: measured.verdicts(weights))


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What the verdicts are made of."""

    model: Model
    variance: VarianceRanking
    correlations: Correlations | None
    labels: LabelStatistics | None
    plan: Plan
    samples: Samples
    swept: dict[int, SweptDimension]
    responses: dict[int, Response]
    controls: dict[str, Control]
    screening: Screening

    def verdicts(self, weights: ScoreWeights) -> Verdicts:
        """Decide; see `Verdicts`."""
        null = largest_by_chance(self.controls)
        named = any(self.screening.decisions[dim].attribute for dim in self.swept)
        scores = {dim: self._score(dim, named, weights) for dim in self.swept}
        attributes = (
            {}
            if self.correlations is None or self.labels is None
            else weigh_attributes(self.correlations, self.labels, self.plan.targets)
        )
        ordered = {dim: self._told(dim) for dim in self.swept}
        strongest = {dim: names[0] if names else None for dim, names in ordered.items()}
        compared = {
            dim: next((n for n in names if f"probe-{n}" in self.controls), strongest[dim])
            for dim, names in ordered.items()
        }
        targets = [(dim, name) for name, dim in self.plan.targets.items()]
        asked = {(dim, name) for dim, name in (*strongest.items(), *compared.items()) if name}
        asked |= set(targets)
        asked |= {(score.dim, score.attribute) for score in scores.values() if score.attribute}
        responses = {pair: self._response(*pair, null) for pair in sorted(asked)}
        dimensions = {dim: self._verdict(dim, attributes) for dim in self.swept}
        return Verdicts(
            health=judge_health(self.variance, self.samples.reconstruction, self.model.facts),
            null=null,
            dimensions=dimensions,
            alike=tuple(self._alike(dimensions)),
            scores=scores,
            suggestions=tuple(suggest(list(scores.values()), EXPECTED)),
            strongest=strongest,
            compared=compared,
            responses={pair: told for pair, told in responses.items() if told},
            bars={dim: self._bars(dim) for dim in self.swept},
            comparisons={
                pair: tuple(self._compared(*pair))
                for pair in dict.fromkeys([*compared.items(), *targets])
            },
            controls={name: self._judged(control) for name, control in self.controls.items()},
            attributes=attributes,
            targets=self._targets(),
        )

    def _alike(self, told: Mapping[int, Verdict]) -> Iterator[int]:
        for dim, change in self.screening.changes.items():
            if samples_alike(change, told[dim].levels if dim in told else None):
                yield dim

    def _score(self, dim: int, named: bool, weights: ScoreWeights) -> Score:
        swept = self.swept[dim]
        return score_dimension(
            dim,
            swept.quality,
            swept.sweeps["sigma"].effect.outside,
            self.screening.decisions[dim],
            self.screening.changes.get(dim),
            named,
            asdict(weights),
        )

    def _targets(self) -> dict[str, TargetVerdict]:
        c, targets = self.correlations, self.plan.targets
        if c is None:
            return {}
        return {name: judge_target(c, name, dim) for name, dim in targets.items()}

    def _told(self, dim: int) -> list[str]:
        """The attributes that a probe can tell, by the size of their response."""
        seen = self.responses[dim].attributes
        if self.correlations is None or seen is None:
            return []
        order = np.argsort(-seen.size, kind="stable")
        return [self.correlations.names[row] for row in order if seen.told[row]]

    def _response(self, dim: int, attribute: str, null: float) -> TargetResponse | None:
        assert self.correlations is not None  # else no attribute is asked for
        row, response = self.correlations.names.index(attribute), self.responses[dim]
        probe = self.controls.get(f"probe-{attribute}")
        ceiling = (
            None
            if probe is None or probe.response.slope is None
            else float(probe.response.slope[row])
        )
        return target_response(response.attributes, response.pixels, row, null, ceiling)

    def _bars(self, dim: int) -> tuple[AttributeBar, ...]:
        if self.correlations is None:
            return ()
        response = self.responses[dim]
        return attribute_bars(response.attributes, response.pixels, self.correlations.names, SHOWN)

    def _compared(self, dim: int, attribute: str | None) -> Iterator[Compared]:
        c, controls = self.correlations, self.controls
        row = None if c is None or attribute is None else c.names.index(attribute)
        own = self.swept[dim].quality, self.responses[dim].attributes
        yield compare("dimension", "", [own], row)
        random = [control for control in controls.values() if control.kind == "random"]
        shown = [controls[n] for n in ("pc-1", f"probe-{attribute}") if n in controls]
        for members in (random, *([control] for control in shown)):
            measured = [(m.quality, m.response.attributes) for m in members]
            yield compare(members[0].kind, members[0].name, measured, row)

    def _judged(self, control: Control) -> tuple[str, float] | None:
        c, seen = self.correlations, control.response.attributes
        if c is None or seen is None:
            return None
        row = c.names.index(control.attribute) if control.attribute else seen.strongest
        return (c.names[row], float(seen.slope[row])) if seen.told[row] else None

    def _verdict(self, dim: int, attributes: Mapping[str, Weighed]) -> Verdict:
        c, swept, response = self.correlations, self.swept[dim], self.responses[dim]
        top = None if c is None or not c.names else c.best_attributes(dim, 1)[0]
        known = c is not None and top is not None and bool(c.defined[top, dim])
        leaving, change = swept.leaving, self.screening.changes.get(dim)
        over = OverImages(
            targets=tuple(name for name, best in self.plan.targets.items() if best == dim),
            top_attribute=c.names[top] if c is not None and top is not None and known else None,
            weighed=attributes,
            leaves_codes=leaving is not None and leaving.departure.early,
        )
        names = () if c is None else c.names
        return judge_dimension(
            dim,
            swept.quality,
            self.screening.decisions[dim],
            response.attributes,
            response.pixels,
            names,
            over,
            change,
        )


def sum_up(
    correlations: Correlations | None,
    labels: LabelStatistics | None,
    plan: Plan,
    samples: Samples,
    swept: Mapping[int, SweptDimension],
) -> Headline:
    """What the overview says first."""
    return headline(
        correlations,
        labels.held_out if labels else None,
        [dimension.sweeps["raw"].reach for dimension in swept.values()],
        [swept[dim].sweeps["sigma"].effect.end for dim in plan.chosen],
        samples.reconstruction,
    )


def judge_names(
    context: Context,
    blind: Blind | None,
    plan: Plan,
    swept: Mapping[int, SweptDimension],
    controls: Mapping[str, Control],
) -> tuple[Naming, Artifact]:
    """What a person's names are tested by, and what naming blind has shown.

    Parameters
    ----------
    blind : what a person counted; None where nobody has named blind.
    """
    decoys = sum(control.kind == "random" for control in controls.values())
    pairs = max((len(dimension.trial) for dimension in swept.values()), default=0)
    counts = blind.counts if blind else None
    about = len(plan.explored), decoys, pairs, counts
    key = digest(about, code_hash("report.stages.verdicts"))
    return context.store.record("naming", key, Naming, lambda: names_tested(*about))


def names_tested(
    dims: int, decoys: int, pairs: int, blind: tuple[int, int, int, int] | None
) -> Naming:
    """The tests of so many dimensions among so many decoys, and of so many pairs at most.

    Parameters
    ----------
    blind : as `naming_verdict` takes it; None where nobody
        has named blind.
    """
    return Naming(
        least=tuple(
            tuple(
                tuple(least_named(shown, among, named) for named in range(among + 1))
                for among in range(decoys + 1)
            )
            for shown in range(dims + 1)
        ),
        guesses=tuple(tuple(guess_p_values(count)) for count in range(pairs + 1)),
        blind=None if blind is None else naming_verdict(*blind),
    )
