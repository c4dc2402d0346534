"""Every dimension, screened: what each is called, and a small picture of what it does."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from featamp.verdict.rule import Change, Decision, Shares

from .figures import dimension_stem

THUMBNAILS = 2
"""Samples in the picture of a screened dimension."""


@dataclass(frozen=True)
class Screening:
    """What a few steps along every dimension show.

    Attributes
    ----------
    decisions : of each dimension, the collapsed ones too.
    changes : what each active dimension does; `shares` how far it goes, empty without labels.
    steps : in standard deviations, those of the pictures with the reconstruction amid them.
    folder : of the pictures in the store: `THUMBNAILS` samples beside each other, each over the
        steps.
    cell : height and width of one frame of them, pixels.
    """

    decisions: dict[int, Decision]
    changes: dict[int, Change]
    shares: dict[int, Shares]
    steps: tuple[float, ...]
    folder: Path
    cell: tuple[int, int]

    @property
    def best(self) -> tuple[int, ...]:
        """The dimensions that have a name, those that go farthest first."""
        named = [(d.share, -dim) for dim, d in self.decisions.items() if d.attribute]
        return tuple(-dim for _, dim in sorted(named, reverse=True))


def thumbnail(dim: int) -> str:
    """The file name of the picture of a dimension."""
    return f"{dimension_stem(dim)}.webp"
