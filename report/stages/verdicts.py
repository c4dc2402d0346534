"""What all findings amount to: health, verdicts, scores, suggestions; decided once and kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from featamp.measure.response import TargetResponse, target_response
from featamp.records import from_plain
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
from featamp.verdict.health import Health, judge_health
from featamp.verdict.score import Score, Suggestion, score_dimension, suggest
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
    plain, artifact = context.store.record(
        "verdicts", key, _Plain, lambda: _to_plain(measured.verdicts(weights))
    )
    return _from_plain(plain), artifact


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
        scores = {dim: self._score(dim, weights) for dim in self.swept}
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

    def _score(self, dim: int, weights: ScoreWeights) -> Score:
        swept, change = self.swept[dim], self.screening.changes.get(dim)
        return score_dimension(
            dim,
            swept.quality,
            swept.sweeps["sigma"].effect.outside,
            self.screening.decisions[dim],
            change.amount if change else 0.0,
            self.labels is not None,
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
        sweep, change = swept.sweeps["sigma"], self.screening.changes.get(dim)
        over = OverImages(
            targets=tuple(name for name, best in self.plan.targets.items() if best == dim),
            top_attribute=c.names[top] if c is not None and top is not None and known else None,
            weighed=attributes,
            leaves_codes=sweep.departure.early,
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


# ---- kept as plain values -----------------------------------------------------------------------


@dataclass(frozen=True)
class _Plain:
    """`Verdicts` in lists and dictionaries of text and numbers, as the store keeps them."""

    health: dict[str, Any]
    null: float
    dimensions: tuple[dict[str, Any], ...]
    alike: tuple[int, ...]
    scores: tuple[dict[str, Any], ...]
    suggestions: tuple[tuple[int, bool], ...]
    strongest: tuple[tuple[int, str | None], ...]
    compared: tuple[tuple[int, str | None], ...]
    responses: tuple[tuple[int, str, dict[str, Any]], ...]
    bars: tuple[tuple[int, tuple[dict[str, Any], ...]], ...]
    comparisons: tuple[tuple[int, str | None, tuple[dict[str, Any], ...]], ...]
    controls: tuple[tuple[str, tuple[str, float] | None], ...]
    attributes: tuple[dict[str, Any], ...]
    targets: tuple[tuple[str, dict[str, Any]], ...]


def _to_plain(v: Verdicts) -> _Plain:
    return _Plain(
        health=asdict(v.health),
        null=v.null,
        dimensions=tuple(asdict(verdict) for verdict in v.dimensions.values()),
        alike=v.alike,
        scores=tuple(asdict(score) for score in v.scores.values()),
        suggestions=tuple((s.score.dim, s.differs) for s in v.suggestions),
        strongest=tuple(v.strongest.items()),
        compared=tuple(v.compared.items()),
        responses=tuple((*pair, asdict(told)) for pair, told in v.responses.items()),
        bars=tuple((dim, tuple(map(asdict, bars))) for dim, bars in v.bars.items()),
        comparisons=tuple((*p, tuple(map(asdict, lines))) for p, lines in v.comparisons.items()),
        controls=tuple(v.controls.items()),
        attributes=tuple(asdict(weighed) for weighed in v.attributes.values()),
        targets=tuple((name, asdict(told)) for name, told in v.targets.items()),
    )


def _from_plain(plain: _Plain) -> Verdicts:
    scores = {score["dim"]: from_plain(Score, score) for score in plain.scores}
    verdicts = [from_plain(Verdict, v) for v in plain.dimensions]
    return Verdicts(
        health=from_plain(Health, plain.health),
        null=plain.null,
        dimensions={verdict.dim: verdict for verdict in verdicts},
        alike=plain.alike,
        scores=scores,
        suggestions=tuple(Suggestion(scores[dim], differs) for dim, differs in plain.suggestions),
        strongest=dict(plain.strongest),
        compared=dict(plain.compared),
        responses={
            (dim, name): from_plain(TargetResponse, told) for dim, name, told in plain.responses
        },
        bars={
            dim: tuple(from_plain(AttributeBar, bar) for bar in bars) for dim, bars in plain.bars
        },
        comparisons={
            (dim, name): tuple(from_plain(Compared, line) for line in lines)
            for dim, name, lines in plain.comparisons
        },
        controls=dict(plain.controls),
        attributes={w["attribute"]: from_plain(Weighed, w) for w in plain.attributes},
        targets={name: from_plain(TargetVerdict, told) for name, told in plain.targets},
    )
