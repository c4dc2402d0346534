"""How many cells and pixels pictures take on a page: the arithmetic that templates leave alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Sized
from functools import partial
from typing import Any

from ..findings.experiments import Experiments
from ..findings.sweeps import Sweep


def across(findings: Experiments, cells: int) -> int:
    """Width of a picture of so many cells beside each other, each as large as an image."""
    return cells * findings.config.data.size[1]


def down(findings: Experiments, cells: int) -> int:
    """Height of a picture of so many cells above each other."""
    return cells * findings.config.data.size[0]


def at_most(findings: Experiments, count: int) -> int:
    """How many samples a picture of so many shows where there may be fewer."""
    return min(count, len(findings.samples.names))


def shape(findings: Experiments) -> str:
    """Width over height of an image, as a style sheet takes it; empty of a square."""
    height, width = findings.config.data.size
    return "" if height == width else f"{width} / {height}"


def called(findings: Experiments) -> dict[str, str]:
    """What one image, and what several are called."""
    faces = findings.images.faces
    return {"face": "face" if faces else "picture", "faces": "faces" if faces else "pictures"}


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


def laid_out(findings: Experiments) -> dict[str, Callable[..., Any]]:
    """The layout as templates call it, by name, the findings already given."""
    alone = (columns, last_step, together, axis_ends)
    about = (across, down, at_most, shape)
    given = {function.__name__: partial(function, findings) for function in about}
    return given | {function.__name__: function for function in alone}
