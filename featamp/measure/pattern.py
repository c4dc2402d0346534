"""The pattern of a change: over samples, over alpha, over the picture.

Do all samples follow, or which does not; does the change switch, saturate, or go the same way on
both sides of 0; is it light from one side, or in the surroundings alone. Notation as in
`featamp.measure.quality`: D_sk = x_sk - x_s0, pixels in [0, 1].
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featamp.measure.quality import ALIGNED_SIDE, REGIONS, UNCHANGED, Shown, face_regions

Float32 = NDArray[np.float32]
Float = NDArray[np.float64]
Bools = NDArray[np.bool_]

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
"""Share of the energy that is the same on both sides of 0, from which on a change is even."""
SIDED = 0.5
"""Share of the energy in the face that slopes across it, from which on light comes from a
side."""
AROUND = 0.25
"""Change of the face over that of the background, up to which it is the surroundings' alone."""
SIDES = ("right", "left", "below", "above")


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
    sided : share of the energy in the face that slopes across it, beyond brighter and darker.
    side : where the light comes from for positive alpha, one of `SIDES`.
    around : change of the face over that of the background, root mean squares; infinite where the
        background does not change.
    lighter, colour : mean change of the background for one standard deviation, in value, and the
        largest departure of a channel from it.
    """

    agreement: Float
    even: float
    steepest: float
    outer: float
    sided: float
    side: str
    around: float
    lighter: float
    colour: float

    @property
    def following(self) -> Bools:
        """[sample] which change as the others do."""
        return np.asarray(self.agreement >= FOLLOWS, np.bool_)

    @property
    def reversed(self) -> Bools:
        """[sample] which go against the others."""
        return np.asarray(self.agreement <= AGAINST, np.bool_)

    @property
    def alike(self) -> bool:
        """Whether the worst sample follows too."""
        return bool(self.following.all())

    @property
    def words(self) -> tuple[str, ...]:
        """What is worth saying: "reverses", "even", "switches" or "saturates", "side",
        "background".
        """
        switched = self.steepest >= SWITCHED
        told = {
            "reverses": bool(self.reversed.any()),
            "even": self.even >= EVEN,
            "switches": self.even < EVEN and switched,
            "saturates": self.even < EVEN and self.outer < LEVEL and not switched,
            "side": self.sided >= SIDED,
            "background": self.around <= AROUND,
        }
        return tuple(word for word, holds in told.items() if holds)


def measure_pattern(
    frames: Float32, reconstructions: Float32, steps: Float, crop: Shown = ALIGNED_SIDE
) -> Pattern:
    """Measure how a sweep's change is laid out.

    Parameters
    ----------
    frames : [sample, alpha, height, width, 3], pixels in [0, 1].
    reconstructions : [sample, height, width, 3] the same samples at alpha = 0.
    steps : [alpha] in standard deviations, ascending, on both sides of 0.
    crop : side of the centre crop that the pictures show of CelebA's aligned images, pixels.
    """
    changes = frames - reconstructions[:, None]
    if np.abs(changes).max() <= UNCHANGED:
        changes = np.zeros_like(changes)
    ends = changes[:, [0, -1]]
    span = ends[:, 1] - ends[:, 0]
    slope = np.asarray(span / (steps[-1] - steps[0]), np.float32)
    even = evenness(ends)
    steepest, outer = bend(changes, steps)
    sided, side = light_from_side(span, reconstructions, crop)
    around, lighter, colour = surroundings(slope, crop)
    return Pattern(
        agreement=agreement(ends.sum(axis=1) if even >= EVEN else span),
        even=even,
        steepest=steepest,
        outer=outer,
        sided=sided,
        side=side,
        around=around,
        lighter=lighter,
        colour=colour,
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
    scale = np.divide(1.0, length, out=np.zeros_like(length), where=length > 0)
    cosines = gram * scale[:, None] * scale[None, :]
    axis = np.linalg.eigh(cosines)[1][:, -1]
    signs = np.where(axis < 0, -1.0, 1.0)
    if signs.sum() < 0 or (signs.sum() == 0 and axis.sum() < 0):
        signs = -signs
    signed = cosines * signs[:, None] * signs[None, :]
    along = signed.sum(axis=1) - np.diagonal(signed)
    others = signed.sum() - 2 * signed.sum(axis=1) + np.diagonal(signed)  # their sum's square
    size = np.sqrt(np.maximum(others, 0.0))
    together = np.divide(along, size, out=np.zeros_like(along), where=size > 0)
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


def bend(changes: Float32, steps: Float) -> tuple[float, float]:
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


def light_from_side(
    spans: Float32, reconstructions: Float32, crop: Shown = ALIGNED_SIDE
) -> tuple[float, str]:
    """Share of the energy of the change in the face that is light sloping across it, and from
    where it comes.

    In the face, the change of the grey picture is fitted with x (a + b u + c v): brighter and
    darker, and a slope across and down, of what is lit (Basri and Jacobs 2003). The share is what
    the slopes add, over all samples; only where the slopes of the samples agree is it light from
    one side.

    Parameters
    ----------
    spans : [sample, height, width, 3] changes from the first to the last step.
    reconstructions : [sample, height, width, 3].
    """
    height, width = spans.shape[1:3]
    face = _face(height, width, crop)
    v, u = (line[face] for line in np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j])
    lit = reconstructions[:, face].mean(axis=2).astype(np.float64)
    target = spans[:, face].mean(axis=2).astype(np.float64)
    u, v = u - u.mean(), v - v.mean()
    terms = np.stack([np.ones_like(lit), lit, lit * u, lit * v], axis=1)
    energy = np.square(target).sum()
    if energy == 0:
        return 0.0, SIDES[0]
    gram = terms @ terms.swapaxes(1, 2)
    products = (terms @ target[:, :, None])[:, :, 0]
    weights = np.einsum("sij,sj->si", np.linalg.pinv(gram, 1e-9, hermitian=True), products)
    even = np.einsum(
        "si,sij,sj->", products[:, :2], np.linalg.pinv(gram[:, :2, :2], 1e-9, hermitian=True),
        products[:, :2],
    )  # fmt: skip
    slopes = weights[:, 2:]
    mean = slopes.mean(axis=0)
    agreed = float(np.square(mean).sum() / max(np.square(slopes).sum(axis=1).mean(), 1e-30))
    share = max(0.0, float(((weights * products).sum() - even) / energy)) * agreed
    across = abs(mean[0]) >= abs(mean[1])
    side = SIDES[(0 if mean[0] > 0 else 1) if across else (2 if mean[1] > 0 else 3)]
    return share, side


def surroundings(slope: Float32, crop: Shown = ALIGNED_SIDE) -> tuple[float, float, float]:
    """How the background changes beside the face.

    Parameters
    ----------
    slope : [sample, height, width, 3] change for one standard deviation.

    Returns
    -------
    Change of the face over that of the background (root mean squares), and of the background the
    mean change in value and the largest departure of a channel from it.
    """
    height, width = slope.shape[1:3]
    background = face_regions(height, width, crop)[REGIONS.index("background")]
    around = slope[:, background]
    if not around.size or not around.any():
        return np.inf, 0.0, 0.0
    inside = slope[:, _face(height, width, crop)]
    size, beside = (np.sqrt(np.square(p).mean(dtype=np.float64)) for p in (inside, around))
    channels = around.mean(axis=(0, 1), dtype=np.float64)
    value = float(channels.mean())
    return float(size / beside), value, float(np.abs(channels - value).max())


def _face(height: int, width: int, crop: Shown) -> Bools:
    """[height, width] the face without hair and background."""
    regions = face_regions(height, width, crop)
    left_out = [REGIONS.index("hair"), REGIONS.index("background")]
    return np.asarray(~regions[left_out].any(axis=0), np.bool_)
