"""Which dimensions are swept, over which alphas, and for which experiment."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]

NARROW, WIDE = ("raw", "sigma"), ("wide", "wide-sigma")
"""The kinds of sweeps; a narrow one and the wide one of its units stand at the same place."""
KINDS = ("raw", "wide", "sigma", "wide-sigma")
"""The four sweeps of a dimension: narrow and wide, each in raw alpha and in standard deviations;
the wide ones of the chosen alone."""


def widened(kind: str) -> str:
    """The wide sweep that belongs to a narrow one."""
    return WIDE[NARROW.index(kind)]


def units(kind: str) -> str:
    """The units in which the alphas of one of `KINDS` are round numbers: raw or sigma."""
    return "sigma" if "sigma" in kind else "raw"


BETWEEN = 1 / 3
"""Where between 0 and the ends of a sweep a glance shows it: at -1 and +1 of -3 to +3."""


@dataclass(frozen=True)
class Plan:
    """What the three experiments and the selection show.

    Attributes
    ----------
    targets : the dimension of each target attribute (experiment 1), its best or, where two targets
        would share one, by the assignment of largest |r| in all; empty without correlations.
    chosen : the four (experiment 2); `default` says that no person has chosen them: they stand
        in, and there are none before all that is swept has been judged.
    explored : the dimensions of highest variance (experiment 3), the highest first.
    found : the best that screening finds, the best first.
    rivals : by target, the dimensions that are tied with its own, the strongest first.
    dims : all of these once, by variance rank.
    steps : [alpha] of each of `KINDS`, in its own units.
    asked : the attributes that experiment 1 is about, those without a dimension among them.
    """

    targets: dict[str, int]
    chosen: tuple[int, ...]
    default: bool
    explored: tuple[int, ...]
    found: tuple[int, ...]
    dims: tuple[int, ...]
    steps: dict[str, Float]
    asked: tuple[str, ...] = ()
    rivals: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def kinds(self, dim: int) -> tuple[str, ...]:
        """The sweeps that a dimension has."""
        return KINDS if dim in self.chosen else NARROW

    def has_sprite(self, dim: int, kind: str) -> bool:
        """Whether the site holds the lossless frames: of the sweeps that an experiment shows."""
        shown = dim in self.explored or dim in self.targets.values()
        return dim in self.chosen or (shown and kind in NARROW)

    def alphas(self, kind: str, std: float) -> tuple[Float, Float]:
        """[alpha] of a dimension of standard deviation `std`: raw, and in standard deviations (0
        where it has collapsed and has none).
        """
        raw = self.steps[kind] * std if units(kind) == "sigma" else self.steps[kind]
        return raw, raw / std if std > 0 else np.zeros_like(raw)

    @property
    def glanced(self) -> tuple[int | None, ...]:
        """The columns of the narrow sweep in standard deviations that a glance shows: an end, one
        between, alpha = 0, another between, the other end; each once, of few steps. None stands
        for the reconstruction, where no column is alpha = 0.
        """
        steps = self.steps["sigma"]
        zero = np.flatnonzero(steps == 0)
        near = [int(np.abs(steps - BETWEEN * end).argmin()) for end in (steps[0], steps[-1])]
        middle = int(zero[0]) if zero.size else None
        return tuple(dict.fromkeys((0, near[0], middle, near[1], len(steps) - 1)))
