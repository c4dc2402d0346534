"""What each figure shows, as a record; files are named after it, and no name is read again."""

from __future__ import annotations

from dataclasses import dataclass

GLANCES = ("strip", "ends", "compact")
"""Kinds that are small and only looked at: they lie apart from the figures to hand in."""
LAST = ("column", "animation", "map", "extremes", *GLANCES)
"""Kinds that stand at the end of a name, not at its beginning."""


def dimension_stem(dim: int) -> str:
    """How every file of a dimension begins: dim094."""
    return f"dim{dim:03d}"


@dataclass(frozen=True)
class Figure:
    """What a figure shows.

    Attributes
    ----------
    kind : "dimension", over all samples; "column", the same for one column of a paper;
        "animation", "map" or "extremes" of a dimension, or one of `GLANCES`; "experiment1" to
        "experiment3"; "combination", over all samples; or what a plot or a sheet is called:
        "variance", "sheet", "contact".
    dim, units, page : None where it is not of one dimension, in one of the units (of
        `findings.KINDS`), or one of several.
    """

    kind: str
    dim: int | None = None
    units: str | None = None
    page: int | None = None

    @property
    def name(self) -> str:
        """How its files are named: dim094-raw-column, experiment3-sigma-2."""
        kind = () if self.kind == "dimension" else (self.kind,)
        of = None if self.dim is None else dimension_stem(self.dim)
        rest = [part for part in (of, self.units, self.page) if part is not None]
        parts = [*rest, *kind] if self.kind in LAST else [*kind, *rest]
        return "-".join(map(str, parts))

    def file(self, suffix: str) -> str:
        """The path in the site of one of its files."""
        folder = "glances" if self.kind in GLANCES else "figures"
        return f"{folder}/{self.name}.{suffix}"
