"""What each model costs and gives: its scores, which models they keep, and how far they spread."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from featamp.comparison.ranks import Kept
from featamp.comparison.summary import Strength
from featamp.verdict.rule import VERDICTS

from ...findings.findings import Findings
from ...findings.models import UNSEEN, Comparison

NAMEABLE, SEEN = "nameable dimensions", "dimensions that are seen"
GAINS = {"MIG": "MIG", "nameable": NAMEABLE, "seen": SEEN}
"""The score that tells each gain by which models are kept."""


@dataclass(frozen=True)
class Dot:
    """A score of one model.

    Attributes
    ----------
    error : of its reconstructions (RMSE).
    null : what a random rotation of its codes has; None where there is no such null.
    """

    model: str
    error: float
    value: float
    null: float | None


@dataclass(frozen=True)
class ScoreDots:
    """A score of every model that has it; `name` is what people read."""

    name: str
    dots: tuple[Dot, ...]

    @property
    def whole(self) -> bool:
        """Whether it is a count."""
        return all(dot.value == round(dot.value) and dot.null is None for dot in self.dots)

    def of(self, model: str) -> Dot | None:
        """The score of one model; None where it has none."""
        return next((dot for dot in self.dots if dot.model == model), None)


def scores_of(comparison: Comparison) -> list[ScoreDots]:
    """The scores that some model has, in one order."""
    found: dict[str, list[Dot]] = {}
    for name, f in comparison.models.items():
        for score, value, null in _scores(f, comparison.strengths[name]):
            dot = Dot(name, f.samples.reconstruction.rmse, value, null)
            found.setdefault(score, []).append(dot)
    return [ScoreDots(score, tuple(dots)) for score, dots in found.items()]


def _scores(f: Findings, strength: Strength) -> Iterator[tuple[str, float, float | None]]:
    """Name, value and null of every score of one model."""
    yield "active dimensions", float(f.variance.active.sum()), None
    told = counts(f)
    yield SEEN, float(sum(told.values()) - unseen(told)), None
    if f.labels is None:
        return
    yield NAMEABLE, float(told["nameable"]), None
    if f.axes is not None:
        yield "axes that beat rotations", float(len(f.axes.better)), None
    if strength.r is not None:
        yield "best r, mean over attributes", strength.r, None
    if strength.share is not None:
        yield "share of the probe, mean over attributes", strength.share, f.labels.null_share[0]
    known = f.trust.disentanglement if f.trust else None
    if known is not None:
        yield from ((name, value, known.turned.get(name)) for name, value in known.scores.items())


def counts(f: Findings) -> dict[str, int]:
    """How many of all dimensions have each verdict."""
    verdicts = [decision.verdict for decision in f.screening.decisions.values()]
    return {verdict: verdicts.count(verdict) for verdict in VERDICTS}


def unseen(told: dict[str, int]) -> int:
    """How many dimensions show nothing."""
    return sum(told[verdict] for verdict in UNSEEN)


@dataclass(frozen=True)
class Keep:
    """Which models to keep, by the error of their reconstructions and one score."""

    score: ScoreDots
    models: list[Kept]


def keep(comparison: Comparison) -> Keep:
    """Which models to keep, with the score of every one."""
    name = GAINS[comparison.keeping.by]
    score = next(line for line in scores_of(comparison) if line.name == name)
    return Keep(score, comparison.keeping.models)


def groups(comparison: Comparison) -> dict[str, int]:
    """The tables of report.toml that name several models, and how many."""
    of = [f.config.group for f in comparison.models.values()]
    return {name: of.count(name) for name in dict.fromkeys(of) if of.count(name) > 1}


def spreads(comparison: Comparison) -> dict[str, dict[str, tuple[float, float]]]:
    """By score and group, the lowest and the highest value of its models."""
    several = groups(comparison)
    table: dict[str, dict[str, tuple[float, float]]] = {}
    for line in scores_of(comparison) if several else ():
        for name in several:
            models = comparison.models
            values = [d.value for d in line.dots if models[d.model].config.group == name]
            if values:
                table.setdefault(line.name, {})[name] = min(values), max(values)
    return table
