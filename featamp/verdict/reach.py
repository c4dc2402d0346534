"""How far a sweep goes, in standard deviations of its dimension."""

from __future__ import annotations

from dataclasses import dataclass

from featamp.measure.sweep import FAR

NEAR = 1.0
"""A sweep that stays below so many standard deviations hardly leaves the images it starts from."""


@dataclass(frozen=True)
class Reach:
    """The largest |alpha| of a sweep, in standard deviations; 0 where the dimension has collapsed.

    Attributes
    ----------
    sigmas : that number.
    """

    sigmas: float

    @property
    def kind(self) -> str:
        """Whether the sweep shows what its dimension does, "telling"; else why not: it stays too
        "near", goes too "far", beyond any real code, or the dimension has "collapsed".
        """
        if self.sigmas == 0:
            return "collapsed"
        return "near" if self.sigmas < NEAR else "far" if self.sigmas > FAR else "telling"
