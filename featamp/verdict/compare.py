"""A sweep beside controls, and its attributes one beside the other: what stands in the tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from featamp.measure.quality import Quality
from featamp.measure.response import AttributeResponse, judges_agree

Range = tuple[float, float]
"""The lowest and the highest of some values."""
Member = tuple[Quality, AttributeResponse | None]
"""A direction: what its sweep is worth, and how the attributes respond to it."""


@dataclass(frozen=True)
class AttributeBar:
    """The response of one attribute: `slope` by the probes with a `margin` of 2 standard errors,
    `pixels` beside.

    `margin` is None for a single sample, `pixels` where that judge cannot tell the attribute.
    `clear` says that the interval leaves out 0, `seen` that the one by the pixels does; `agrees`
    that both judges give the same sign, beyond 2 errors each.
    """

    attribute: str
    slope: float
    margin: float | None
    pixels: float | None
    clear: bool
    seen: bool
    agrees: bool

    @property
    def low(self) -> float:
        """The lower end of the interval; the slope itself where there is none."""
        return self.slope - (self.margin or 0.0)

    @property
    def high(self) -> float:
        """The upper end."""
        return self.slope + (self.margin or 0.0)


def attribute_bars(
    seen: AttributeResponse | None,
    pixels: AttributeResponse | None,
    names: Sequence[str],
    top: int,
) -> tuple[AttributeBar, ...]:
    """The attributes that respond most, by the probes; none where a judge can tell none.

    Parameters
    ----------
    seen, pixels : by the probes, and by the judge of pixels.
    names : of the attributes.
    top : how many at most.
    """
    if seen is None or pixels is None:
        return ()
    order = np.argsort(-seen.size, kind="stable")[:top]
    return tuple(
        AttributeBar(
            attribute=names[row],
            slope=float(seen.slope[row]),
            margin=None if seen.error is None else 2 * float(seen.error[row]),
            pixels=float(pixels.slope[row]) if pixels.told[row] else None,
            clear=seen.clear(row),
            seen=pixels.clear(row),
            agrees=judges_agree(seen, pixels, row),
        )
        for row in (int(a) for a in order)
        if seen.told[row]
    )


@dataclass(frozen=True)
class Compared:
    """One line of the comparison with controls; ranges are those of the random directions, else
    both ends are equal.

    Attributes
    ----------
    kind : "dimension", "random", "component" or "probe".
    name : of the control to show; empty for the dimension itself.
    visible, consistent, photometric, target, off_target : lowest and highest value; `target` is
        the response of the attribute in question; None where it cannot be told.
    """

    kind: str
    name: str
    visible: Range
    consistent: Range | None
    photometric: Range
    target: Range | None
    off_target: Range | None


def compare(kind: str, name: str, members: Sequence[Member], attribute: int | None) -> Compared:
    """One line, of one direction or of several of a kind.

    Parameters
    ----------
    attribute : in question; None for none.
    """
    seen = [a for _, a in members if a is not None and (attribute is None or a.told[attribute])]
    consistent = [q.consistency for q, _ in members if q.consistency is not None]
    return Compared(
        kind=kind,
        name=name,
        visible=_range(quality.over_distance for quality, _ in members),
        consistent=_range(consistent) if consistent else None,
        photometric=_range(quality.photometric for quality, _ in members),
        target=None
        if attribute is None or not seen
        else _range(float(s.slope[attribute]) for s in seen),
        off_target=None
        if attribute is None or not seen
        else _range(s.off_target(attribute)[0] for s in seen),
    )


def _range(values: Iterable[float]) -> Range:
    known = list(values)
    return min(known), max(known)
