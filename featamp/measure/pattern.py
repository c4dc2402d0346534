"""The pattern of a change: over samples and over alpha.

Do all samples follow, or which does not; does the change switch, saturate, or go the same way on
both sides of 0. Notation as in `featamp.measure.quality`: D_sk = x_sk - x_s0, pixels in [0, 1].
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featamp.arrays import divided
from featamp.measure.quality import UNCHANGED

Float32 = NDArray[np.float32]
Float = NDArray[np.float64]

FOLLOWS = 0.25
"""A sample follows when its change has at least this cosine with that of the others."""
AGAINST = -0.6
"""It goes against them at this cosine or less: a fringe that is darker than the skin on one face
and lighter on another has -.4, a trait that comes where it goes on others -.9."""
SWITCHED = 0.7
"""Share of the way in a single step, from which on a change switches."""
LEVEL = 0.35
"""A change saturates when the more level of its outer steps goes less than this share of the even
way."""
EVEN = 0.8
"""Share of the energy that is the same on both sides of 0, from which on a change is even, and
names no direction."""


@dataclass(frozen=True)
class Pattern:
    """How a change is laid out.

    Attributes
    ----------
    agreement : [sample] cosine between the change of a sample, first to last, and that which the
        others share, in [-1, 1]; where it is even, of what both ends share; nan for a single
        sample.
    even : share of the energy at the ends that is the same on both sides of 0, in [0, 1]: .5 where
        a change to one side is unlike that to the other, 0 where one undoes the other.
    steepest : mean over samples of the largest share of the way that one step goes, in [0, 1].
    outer : mean over samples of the share of the way in the first or the last step, whichever is
        smaller, over what it were if the way were even; 1 where it is, 0 where an end is level.
    """

    agreement: Float
    even: float
    steepest: float
    outer: float

    @property
    def bend(self) -> str:
        """How a change that is not even departs from an even way: "switches" or "saturates"; empty
        where it does not.
        """
        if self.even >= EVEN:
            return ""
        if self.steepest >= SWITCHED:
            return "switches"
        return "saturates" if self.outer < LEVEL else ""


def measure_pattern(frames: Float32, reconstructions: Float32, steps: Float) -> Pattern:
    """Measure how a sweep's change is laid out.

    Parameters
    ----------
    frames : [sample, alpha, height, width, 3], pixels in [0, 1].
    reconstructions : [sample, height, width, 3] the same samples at alpha = 0.
    steps : [alpha] in standard deviations, ascending, on both sides of 0.
    """
    changes = frames - reconstructions[:, None]
    if np.abs(changes).max() <= UNCHANGED:
        changes = np.zeros_like(changes)
    ends = changes[:, [0, -1]]
    span = ends[:, 1] - ends[:, 0]
    even = evenness(ends)
    steepest, outer = measure_way(changes, steps)
    return Pattern(
        agreement=agreement(ends.sum(axis=1) if even >= EVEN else span),
        even=even,
        steepest=steepest,
        outer=outer,
    )


def agreement(spans: Float32) -> Float:
    """[sample] cosine of each sample's change with what the others share, in [-1, 1].

    What they share is their common axis, the first principal one of their directions, signed as
    most of the samples go: where half go one way and half the other, the ones that go against the
    sign have -1, not all of them 0.

    Parameters
    ----------
    spans : [sample, height, width, 3] changes from the first to the last step.

    Returns
    -------
    nan for a single sample; 0 for one that does not change.
    """
    if len(spans) < 2:
        return np.full(len(spans), np.nan)
    flat = spans.reshape(len(spans), -1)
    gram = (flat @ flat.T).astype(np.float64)
    length = np.sqrt(np.diagonal(gram))
    scale = divided(1.0, length)
    cosines = gram * scale[:, None] * scale[None, :]
    axis = np.linalg.eigh(cosines)[1][:, -1]
    signs = np.where(axis < 0, -1.0, 1.0)
    if signs.sum() < 0 or (signs.sum() == 0 and axis.sum() < 0):
        signs = -signs
    signed = cosines * signs[:, None] * signs[None, :]
    along = signed.sum(axis=1) - np.diagonal(signed)
    others = signed.sum() - 2 * signed.sum(axis=1) + np.diagonal(signed)  # their sum's square
    size = np.sqrt(np.maximum(others, 0.0))
    together = divided(along, size)
    return np.asarray(signs * together, np.float64)


def evenness(ends: Float32) -> float:
    """Share of the energy of the changes at both ends that is the same on either side of 0.

    D+ = E + O and D- = E - O, an even and an odd part: |E|^2 / (|E|^2 + |O|^2), over all samples.

    Parameters
    ----------
    ends : [sample, 2, height, width, 3] changes at the first and the last step.
    """
    even = np.square(ends[:, 1] + ends[:, 0]).sum(dtype=np.float64)
    odd = np.square(ends[:, 1] - ends[:, 0]).sum(dtype=np.float64)
    return float(even / (even + odd)) if even + odd > 0 else 0.0


def measure_way(changes: Float32, steps: Float) -> tuple[float, float]:
    """How the way from the first step to the last is spread over the steps, alpha = 0 among them.

    Parameters
    ----------
    changes : [sample, alpha, height, width, 3].
    steps : [alpha] ascending.

    Returns
    -------
    Mean over samples of the largest share that one step goes, and of the smaller share of the two
    outer steps over their share of alpha; a sample that does not change has the even way.
    """
    zero = int(np.searchsorted(steps, 0.0))
    flat = changes.reshape(*changes.shape[:2], -1)
    span = flat[:, -1] - flat[:, 0]
    along = (flat @ span[:, :, None])[:, :, 0].astype(np.float64)
    if zero == len(steps) or steps[zero] != 0.0:
        steps, along = np.insert(steps, zero, 0.0), np.insert(along, zero, 0.0, axis=1)
    rises = np.maximum(np.diff(along, axis=1), 0.0)
    fair = np.diff(steps) / (steps[-1] - steps[0])
    total = rises.sum(axis=1, keepdims=True)
    shares = np.divide(rises, total, out=np.tile(fair, (len(rises), 1)), where=total > 0)
    ends = [0, len(fair) - 1]
    outer = (shares[:, ends] / fair[ends]).min(axis=1)
    return float(shares.max(axis=1).mean()), float(outer.mean())
