"""Verdicts as the pages group them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from featamp.verdict.rule import VERDICTS

from ..findings.findings import Findings
from ..findings.screening import THUMBNAILS, thumbnail

FEW_IMAGES = 100
"""Below this many images no interval, probe or bootstrap is worth much."""


def random_count(findings: Findings) -> int:
    """How many random directions were measured."""
    return sum(control.kind == "random" for control in findings.controls.values())


def random_leakage(findings: Findings) -> tuple[float, float]:
    """Lowest and highest leakage of the random directions."""
    controls = findings.controls.values()
    leakage = [c.response.leakage for c in controls if c.kind == "random"]
    return min(leakage), max(leakage)


def by_verdict(findings: Findings, dims: tuple[int, ...]) -> dict[str, list[int]]:
    """The dimensions of each verdict, in the order given."""
    groups: dict[str, list[int]] = {key: [] for key in VERDICTS}
    for dim in dims:
        groups[findings.screening.decisions[dim].verdict].append(dim)
    return groups


def screened(findings: Findings, dim: int) -> str:
    """The path in the site of the small picture of a screened dimension."""
    return f"screen/{thumbnail(dim)}"


def screened_size(findings: Findings) -> tuple[int, int]:
    """Width and height of such a picture, pixels."""
    height, width = findings.screening.cell
    count = min(THUMBNAILS, len(findings.samples.names)) * len(findings.screening.steps)
    return count * width, height


def named_rightly(findings: Findings) -> dict[bool, list[int]] | None:
    """The dimensions called nameable, by whether a trait of the person is the known factor that
    responds most.

    None where no factor is known.
    """
    if findings.trust is None or findings.trust.truth is None:
        return None
    called = by_verdict(findings, findings.plan.dims)["nameable"]
    read = {dim: findings.trust.truth.reading(dim) for dim in called}
    return {
        right: [dim for dim in called if read[dim].nuisance is not right]
        for right in (True, False)
    }


def judger(findings: Findings) -> dict[str, Callable[..., Any]]:
    """The judgements as templates call them, by name, the findings already given."""
    functions = (
        random_count, random_leakage, by_verdict, screened, screened_size, named_rightly,
    )  # fmt: skip
    return {function.__name__: partial(function, findings) for function in functions}
