"""What the pages above several models show: numbers and plain keys, in the order of the config."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from featamp.comparison.ranks import Kept
from featamp.comparison.summary import Found, Strength
from featamp.verdict.rule import VERDICTS, Decision

from ..findings.findings import Findings
from ..findings.models import UNSEEN, Comparison
from .judgements import label_noise
from .layout import across, columns, down, shape

NAMEABLE, SEEN = "nameable dimensions", "dimensions that are seen"
GAINS = {"MIG": "MIG", "nameable": NAMEABLE, "seen": SEEN}
"""The score that tells each gain by which models are kept."""

# ---- what each costs and gives ------------------------------------------------------------------


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
    yield SEEN, float(sum(told.values()) - _unseen(told)), None
    if f.labels is None:
        return
    yield NAMEABLE, float(told["nameable"]), None
    if f.axes is not None:
        yield "axes that beat rotations", float(len(f.axes.better)), None
    if strength.r is not None:
        yield "best |r|, mean over attributes", strength.r, None
    if strength.share is not None:
        yield "share of the probe, mean over attributes", strength.share, f.labels.null_share[0]
    known = f.trust.disentanglement if f.trust else None
    if known is not None:
        yield from ((name, value, known.turned.get(name)) for name, value in known.scores.items())


def counts(f: Findings) -> dict[str, int]:
    """How many of all dimensions have each verdict."""
    verdicts = [decision.verdict for decision in f.screening.decisions.values()]
    return {verdict: verdicts.count(verdict) for verdict in VERDICTS}


def _unseen(told: dict[str, int]) -> int:
    """How many dimensions show nothing."""
    return sum(told[verdict] for verdict in UNSEEN)


@dataclass(frozen=True)
class TargetCell:
    """A target attribute in one model, on images held out.

    Attributes
    ----------
    dim : the dimension that the other images chose.
    sign : of its correlation on the images that chose it.
    r, low, high : its correlation and 95 % interval.
    area, area_low, area_high : its AUC and 95 % interval; None where it could not be measured.
    share : of what a probe on all dimensions explains, what this one does; None where the probe
        finds nothing. `by_chance` is what a random axis has in one case of twenty.
    """

    dim: int
    sign: int
    r: float
    low: float
    high: float
    area: float | None
    area_low: float | None
    area_high: float | None
    share: float | None
    by_chance: float

    @property
    def size(self) -> float:
        """r, turned to rise as where it was chosen: below 0 it did not hold."""
        return self.sign * self.r

    @property
    def least(self) -> float:
        """The lower end of its interval."""
        return min(self.sign * self.low, self.sign * self.high)

    @property
    def most(self) -> float:
        """The upper end of its interval."""
        return max(self.sign * self.low, self.sign * self.high)


def targets_of(comparison: Comparison) -> dict[str, dict[str, TargetCell]]:
    """By attribute and model; without labels none."""
    asked = dict.fromkeys(t for f in comparison.models.values() for t in f.plan.targets)
    cells = {a: {n: _target(comparison, n, a) for n in comparison.models} for a in asked}
    return {a: {n: cell for n, cell in row.items() if cell} for a, row in cells.items()}


def _target(comparison: Comparison, model: str, attribute: str) -> TargetCell | None:
    f, areas = comparison.models[model], comparison.areas[model]
    weighed = f.verdicts.attributes.get(attribute)
    if f.labels is None or weighed is None or (h := weighed.held_out) is None:
        return None
    area: tuple[float | None, float | None, float | None] = (None, None, None)
    if areas is not None and attribute in areas.names:
        at = areas.names.index(attribute)
        area = float(areas.area[at]), float(areas.low[at]), float(areas.high[at])
    sign, chance = -1 if h.r_chosen < 0 else 1, f.labels.null_share[1]
    return TargetCell(h.dim, sign, h.r, h.low, h.high, *area, h.share, chance)


@dataclass(frozen=True)
class Loss:
    """AUC of the judge of faces on originals, on reconstructions, the difference and its 95 %
    interval.
    """

    auc: float
    rebuilt: float
    lost: float
    low: float
    high: float


def lost(comparison: Comparison) -> dict[str, dict[str, Loss]]:
    """What each model lost, by attribute that the judge of faces is believed on."""
    table: dict[str, dict[str, Loss]] = {}
    for name, f in comparison.models.items():
        for attribute in f.faces.believed if f.faces else ():
            assert f.faces is not None
            row = f.faces.names.index(attribute)
            auc, rebuilt, change = (
                float(v[row]) for v in (f.faces.auc, f.faces.rebuilt, f.faces.lost)
            )
            low, high = f.faces.lost_interval[row].tolist()
            table.setdefault(attribute, {})[name] = Loss(auc, rebuilt, change, low, high)
    return table


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


# ---- dimensions that do the same ----------------------------------------------------------------


@dataclass(frozen=True)
class RowCell:
    """A dimension of one model in a row of dimensions that do the same.

    Attributes
    ----------
    turned : its alpha runs the other way.
    sprite : its sweep, so turned: path in the site.
    response : how far it moves the thing of the row; None where only pictures matched it.
    alike : cosine of its change of the pictures with that of the others.
    r : correlation of its codes, so turned, with those of the row's first; None for that one.
    called : what its own report calls it; label : what a person wrote.
    """

    model: str
    dim: int
    turned: bool
    sprite: str
    response: float | None
    alike: float
    r: float | None
    called: Decision
    label: str


@dataclass(frozen=True)
class MatchedRow:
    """Dimensions that do the same; `thing` is what most of them move, "" where pictures matched
    them.
    """

    thing: str
    cells: tuple[RowCell, ...]

    @property
    def keys(self) -> dict[str, tuple[str, int]]:
        """Of each model, what its page Live calls its dimension, and the sign of its alpha."""
        return {cell.model: (str(cell.dim), -1 if cell.turned else 1) for cell in self.cells}

    @property
    def reason(self) -> str:
        """What is seen of most of them, that have no name; else empty."""
        reasons = Counter(cell.called.reason for cell in self.cells if not cell.called.attribute)
        reason, count = next(iter(reasons.most_common(1)), ("", 0))
        return reason if 2 * count > len(self.cells) else ""


def matched_rows(comparison: Comparison) -> list[MatchedRow]:
    """The rows, those that most models have first."""
    rows = [_row(comparison, number) for number in range(len(comparison.rows.things))]
    return sorted(rows, key=lambda row: -len(row.cells))


def _row(comparison: Comparison, number: int) -> MatchedRow:
    there = np.flatnonzero(comparison.rows.dims[number] >= 0).tolist()
    cells = (_row_cell(comparison, number, at, there[0]) for at in there)
    return MatchedRow(comparison.rows.things[number], tuple(cells))


def _row_cell(comparison: Comparison, row: int, at: int, first: int) -> RowCell:
    rows, names = comparison.rows, list(comparison.models)
    f, dim = comparison.models[names[at]], int(rows.dims[row, at])
    sign, r = int(rows.turned[row, at]), None
    if at != first:
        found = comparison.recurrences[names[at], names[first]].r
        r = sign * float(found[dim, int(rows.dims[row, first])])
    return RowCell(
        model=names[at],
        dim=dim,
        turned=sign < 0,
        sprite=_sprite(names[at], f, dim, sign < 0),
        response=float(rows.share[row, at]) or None,
        alike=float(rows.alike[row, at]),
        r=r,
        called=f.screening.decisions[dim],
        label=f.selection.note(dim).label,
    )


def _sprite(model: str, f: Findings, dim: int, turned: bool) -> str:
    """The sweep in the model's own report; one that is turned lies above."""
    sweep = f.swept[dim].sweeps["sigma"]
    return f"shown/{model}-{f.swept[dim].stem}.webp" if turned else f"{model}/{sweep.shown}"


def probed(comparison: Comparison) -> dict[str, dict[str, tuple[str, int]]]:
    """By attribute, of each model whose page Live moves along its probe, the same as the `keys` of
    a row.
    """
    found: dict[str, dict[str, tuple[str, int]]] = {}
    for name, f in comparison.models.items():
        for direction in f.live.directions if f.live else ():
            if direction.attribute is not None:
                found.setdefault(direction.attribute, {})[name] = direction.name, 1
    return {attribute: keys for attribute, keys in found.items() if len(keys) > 1}


def unmatched(comparison: Comparison) -> dict[str, list[int]]:
    """The swept dimensions of each model that stand in no row, collapsed ones left out."""
    left = {}
    for at, (name, f) in enumerate(comparison.models.items()):
        used = set(comparison.rows.dims[:, at].tolist())
        left[name] = [dim for dim in f.swept if dim in f.screening.changes and dim not in used]
    return left


# ---- dimensions found again ---------------------------------------------------------------------


@dataclass(frozen=True)
class TraceCell:
    """Where a dimension of the last model is in another one.

    Attributes
    ----------
    dim : the dimension that it is assigned to; None where none is left or active.
    r : their correlation.
    again : it is found again, and there.
    kl : nats of that dimension.
    """

    dim: int | None
    r: float
    again: bool
    kl: float


def traces(comparison: Comparison) -> list[tuple[int, list[TraceCell]]]:
    """Of each dimension that the last model sweeps, by variance, where it is in every model."""
    *_, last = comparison.models
    f = comparison.models[last]
    return [
        (dim, [_trace(comparison, last, name, dim) for name in comparison.models])
        for dim in f.swept
        if f.variance.active[dim]
    ]


def _trace(comparison: Comparison, last: str, name: str, dim: int) -> TraceCell:
    kl = comparison.models[name].variance.kl
    if name == last:
        return TraceCell(dim, 1.0, True, float(kl[dim]))
    found = comparison.recurrences[last, name]
    other = int(found.matched[dim])
    if other < 0:
        return TraceCell(None, 0.0, False, 0.0)
    again = bool(found.again[dim]) and other == int(found.best[dim])
    return TraceCell(other, float(found.r[dim, other]), again, float(kl[other]))


# ---- the words on method ------------------------------------------------------------------------


@dataclass(frozen=True)
class Contrast:
    """A model set against the first.

    Attributes
    ----------
    kl : None of a deterministic encoder.
    kl_ratio, rmse_ratio : over the first's; None for the first itself, or where that has none.
    better : axes that beat rotations; None without labels. share : as `Strength.share`.
    mig : None where no factors are known.
    objective : what the checkpoint says was asked of it; "" where it says nothing.
    again : its dimensions in the first; None for the first itself.
    """

    model: str
    kl: float | None
    kl_ratio: float | None
    rmse: float
    rmse_ratio: float | None
    active: int
    nameable: int
    better: int | None
    share: float | None
    mig: float | None
    objective: str
    again: Found | None


def contrasts(comparison: Comparison) -> list[Contrast]:
    """Each model set against the first; nothing for a single one."""
    first, *others = comparison.models
    return [_contrast(comparison, name, first) for name in (first, *others) if others]


def _kl(f: Findings) -> float | None:
    return None if f.variance.deterministic else f.variance.kl_total


def _contrast(comparison: Comparison, name: str, first: str) -> Contrast:
    f, base = comparison.models[name], comparison.models[first]
    kl, rmse = _kl(f), f.samples.reconstruction.rmse
    kl_base, rmse_base = _kl(base), base.samples.reconstruction.rmse
    known = f.trust.disentanglement if f.trust else None
    return Contrast(
        model=name,
        kl=kl,
        kl_ratio=None if name == first or not kl or not kl_base else kl / kl_base,
        rmse=rmse,
        rmse_ratio=None if name == first or rmse_base <= 0 else rmse / rmse_base,
        active=f.verdicts.health.active,
        nameable=counts(f)["nameable"],
        better=len(f.axes.better) if f.axes else None,
        share=comparison.strengths[name].share,
        mig=known.scores["MIG"] if known else None,
        objective=str(f.model.facts.get("objective", "")),
        again=comparison.found.get((name, first)),
    )


def facts(comparison: Comparison) -> list[str]:
    """What some checkpoint says of itself, by name, in the order in which it is met."""
    return list(dict.fromkeys(k for f in comparison.models.values() for k in f.model.facts))


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


def models_reader(comparison: Comparison) -> dict[str, Any]:
    """These readings as templates take them, by name."""
    first = next(iter(comparison.models.values()))
    told = {name: counts(f) for name, f in comparison.models.items()}
    return {
        "keep": keep(comparison),
        "unseen": {name: _unseen(verdicts) for name, verdicts in told.items()},
        "known": any(f.trust and f.trust.disentanglement for f in comparison.models.values()),
        "factors": all(f.trust and f.trust.truth for f in comparison.models.values()),
        "held_out": first.labels.held_out.count if first.labels else 0,
        "images": first.images,
        "samples": first.samples.names,
        "across": partial(across, first),
        "down": partial(down, first),
        "shape": partial(shape, first),
        "label_noise": partial(label_noise, first),
        "steps": first.plan.steps["sigma"].tolist(),
        "cells": columns([first.swept[first.plan.dims[0]].sweeps["sigma"]]),
        "scores": scores_of(comparison),
        "targets": targets_of(comparison),
        "losses": lost(comparison),
        "rows": matched_rows(comparison),
        "left": unmatched(comparison),
        "probed": probed(comparison),
        "found": comparison.found,
        "traced": traces(comparison),
        "counts": told,
        "contrasts": contrasts(comparison),
        "span": comparison.span,
        "facts": facts(comparison),
        "groups": groups(comparison),
        "spreads": spreads(comparison),
    }
