"""The contact sheet: every dimension worth showing in one line each, and the frames of it that
stand for its sweep.

As in `report.view.readings`, numbers and plain keys; templates turn the keys into words.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from featamp.verdict.rule import VERDICTS

from ..findings.figures import Figure
from ..findings.findings import GLANCED_SAMPLES, Findings
from ..findings.screening import thumbnail
from .layout import at_most
from .words import CHANGES

ON_A_PAGE = 24
"""Dimensions in the sheet that is handed in: more could not be told apart, and weigh too much."""


@dataclass(frozen=True)
class SheetLine:
    """One dimension of the sheet.

    Attributes
    ----------
    dim : the dimension.
    order : of its verdict among `featamp.verdict.rule.VERDICTS`.
    verdict, place : what it is called, and the part of the face that the change is in more
        than in others: None of one that has collapsed, and empty where it is in none.
    attribute, sign : the attribute that names it, else the one that responds most by both
        judges, and whether raising alpha gives more (+1) or less (-1) of it; None and 0 without.
    named : it has its name by that attribute.
    told : what is seen of it, where it has no name and that can be told; else empty.
    effect : how much there is to see, as `featamp.verdict.rule.Change.amount`.
    rank : by variance.
    """

    dim: int
    order: int
    verdict: str
    place: str | None
    attribute: str | None
    sign: int
    named: bool
    told: str
    effect: float
    rank: int


def sheet_lines(findings: Findings) -> list[SheetLine]:
    """Every swept dimension: first those that have a name, which go farthest first, then by
    verdict, and of one verdict those that show most.
    """
    decisions = findings.screening.decisions
    lines = [_line(findings, dim) for dim in findings.swept]
    return sorted(lines, key=lambda line: (line.order, -decisions[line.dim].share, -line.effect))


def handed_in_lines(findings: Findings) -> list[SheetLine]:
    """The first of them, as many as one page shows, and every dimension of the choice."""
    lines = sheet_lines(findings)
    chosen = [line for line in lines if line.dim in findings.plan.chosen]
    others = [line for line in lines if line not in chosen]
    shown = {*chosen, *others[: max(0, ON_A_PAGE - len(chosen))]}
    return [line for line in lines if line in shown]


def _line(findings: Findings, dim: int) -> SheetLine:
    decision, change = findings.screening.decisions[dim], findings.screening.changes.get(dim)
    attribute, sign = decision.attribute, decision.direction
    if attribute is None:
        attribute, sign = _strongest(findings, dim)
    return SheetLine(
        dim=dim,
        order=VERDICTS.index(decision.verdict),
        verdict=decision.verdict,
        place=_place(findings, dim) if change else None,
        attribute=attribute,
        sign=sign,
        named=decision.attribute is not None,
        told="" if decision.attribute else CHANGES.get(decision.reason, ""),
        effect=change.amount if change else 0.0,
        rank=int(findings.variance.rank[dim]),
    )


def _place(findings: Findings, dim: int) -> str:
    """Where a change is, as the page of the dimension has it; of one that an attribute names, only
    where that is no background, which most of a picture may be.
    """
    place = findings.verdicts.dimensions[dim].levels.place
    around = place == "background" and findings.screening.decisions[dim].attribute
    if not place or around or not findings.images.faces:
        return ""
    return "rest of the face" if place == "face" else place


def _strongest(findings: Findings, dim: int) -> tuple[str | None, int]:
    """The attribute that responds most to a dimension without a name, and the sign, where both
    judges see it respond.
    """
    attribute = findings.verdicts.strongest[dim]
    told = findings.verdicts.responses.get((dim, attribute)) if attribute else None
    if told is None or not told.agreed:
        return None, 0
    return attribute, 1 if told.slope > 0 else -1


def sheet_steps(findings: Findings) -> list[float]:
    """Alpha in standard deviations at each frame of a line, in three figures."""
    steps = findings.plan.steps["sigma"]
    return [0.0 if at is None else float(f"{steps[at]:.3g}") for at in findings.plan.glanced]


def glance(findings: Findings, kind: str, dim: int) -> str:
    """The path in the site of a small picture of a swept dimension.

    Parameters
    ----------
    kind : "strip", a few samples beside each other, each over `sheet_steps`; "ends", the same at
        both ends alone; "compact", every sample at one end, at alpha = 0 and at the other end, one
        below another.
    """
    return Figure(kind, dim).file("webp")


def dim_place(findings: Findings, dim: int) -> str:
    """Where a mention of a dimension leads: to its page, or to its row where it was not swept."""
    return f"dim/{dim}.html" if dim in findings.swept else f"dimensions.html#dim-{dim}"


def known(findings: Findings, dim: int) -> dict[str, object]:
    """What scripts show of a dimension where it is mentioned or chosen.

    `place` is its page or row and `page` whether it has a page; `picture` is a row of `cells`
    frames, that of the first sample at the positive end being number `shown`; none of a collapsed
    one without a page. Then its verdict, and what names it.
    """
    decision, steps = findings.screening.decisions[dim], len(findings.screening.steps)
    told: dict[str, object] = {
        "place": dim_place(findings, dim),
        "page": dim in findings.swept,
        "verdict": decision.verdict,
        "attribute": decision.attribute,
        "sign": decision.direction,
    }
    few = at_most(findings, GLANCED_SAMPLES)
    if dim in findings.swept:
        return told | {"picture": glance(findings, "strip", dim), "cells": 5 * few, "shown": 4}
    if dim in findings.screening.changes:
        picture = f"screen/{thumbnail(dim)}"
        return told | {"picture": picture, "cells": steps * few, "shown": steps - 1}
    return told


def glance_size(findings: Findings, kind: str) -> tuple[int, int]:
    """Width and height of such a picture in cells."""
    count = len(findings.samples.names)
    few = at_most(findings, GLANCED_SAMPLES)
    return {"strip": (5 * few, 1), "ends": (2 * few, 1), "compact": (count, 3)}[kind]


def contact(findings: Findings) -> dict[str, Callable[..., Any]]:
    """The sheet as templates call it, by name, the findings already given."""
    functions = (sheet_lines, handed_in_lines, sheet_steps, glance, glance_size, dim_place)
    return {function.__name__: partial(function, findings) for function in functions}
