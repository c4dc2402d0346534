"""Dimensions of several models that do the same, and those without such a one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from featamp.verdict.rule import Decision

from ...findings.findings import Findings
from ...findings.models import Comparison


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
