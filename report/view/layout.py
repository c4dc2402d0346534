"""How many cells and pixels pictures take on a page: the arithmetic that templates leave alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Sized
from functools import partial
from typing import Any

from ..findings.findings import Findings
from ..findings.sweeps import Sweep


def pixels(findings: Findings, cells: int) -> int:
    """Width or height of a picture of so many cells, each as large as an image."""
    return cells * findings.config.data.size


def columns(sweeps: Sequence[Sweep]) -> int:
    """How many cells stand beside each other: original, reconstruction, then every sweep."""
    return 2 + sum(len(sweep.raw) for sweep in sweeps)


def last_step(sweep: Sweep) -> int:
    """Index of the last alpha of a sweep."""
    return len(sweep.raw) - 1


def together(*groups: Sized) -> int:
    """How many things several groups hold."""
    return sum(map(len, groups))


def axis_ends(limit: float) -> tuple[float, float]:
    """Both ends of an axis around zero."""
    return -limit, limit


def laid_out(findings: Findings) -> dict[str, Callable[..., Any]]:
    """The layout as templates call it, by name, the findings already given."""
    alone = (columns, last_step, together, axis_ends)
    given = {pixels.__name__: partial(pixels, findings)}
    return given | {function.__name__: function for function in alone}
