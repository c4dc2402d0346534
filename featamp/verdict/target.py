"""The dimension of a target attribute, and what over images speaks against it."""

from __future__ import annotations

from dataclasses import dataclass

from featamp.statistics.correlation import Correlations


@dataclass(frozen=True)
class TargetVerdict:
    """What is said of a target's dimension.

    Attributes
    ----------
    dim : the dimension of the target.
    runner_up : the dimension of largest |r| but that one; None where there is no other.
    stronger : the runner-up has the larger |r|, and serves another target.
    tied : the intervals of |r| of the two overlap.
    rival : an attribute that goes with the dimension more strongly than the target does; None
        where there is none.
    """

    dim: int
    runner_up: int | None
    stronger: bool
    tied: bool
    rival: str | None


def judge_target(c: Correlations, attribute: str, dim: int) -> TargetVerdict:
    """Judge the dimension of a target attribute by its correlations on all images."""
    row = c.names.index(attribute)
    others = (other for other in c.best_dimensions(attribute, 2) if other != dim)
    runner_up, top = next(others, None), c.best_attributes(dim, 1)[0]
    outdone = c.defined[row, dim] and c.defined[top, dim] and top != row
    stronger = tied = False
    if runner_up is not None:
        stronger = bool(abs(c.r[row, runner_up]) > abs(c.r[row, dim]))
        (low, high), (other_low, other_high) = _size(c, row, dim), _size(c, row, runner_up)
        tied = other_high >= low and high >= other_low
    return TargetVerdict(
        dim=dim,
        runner_up=runner_up,
        stronger=stronger,
        tied=tied,
        rival=c.names[top] if outdone else None,
    )


def _size(c: Correlations, row: int, dim: int) -> tuple[float, float]:
    """The interval of |r|."""
    low, high = float(c.ci_low[row, dim]), float(c.ci_high[row, dim])
    return (low, high) if c.r[row, dim] >= 0 else (-high, -low)
