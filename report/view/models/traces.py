"""Where the dimensions of the last model are in the others."""

from __future__ import annotations

from dataclasses import dataclass

from ...findings.models import Comparison


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
