"""Visible where it happens: a change against what two images differ by in the same place.

A smile moves half a per cent of what the whole of two pictures differs by, and is plain to see. So
the amount is taken where the change is: in a region of the face, and in the pixels that change
most. Notation as in `featamp.measure.quality`, pixels in [0, 1].
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featamp.arrays import divided
from featamp.measure.layout import ALIGNED_SIDE, REGIONS, Shown, face_regions
from featamp.measure.quality import VISIBILITY_AT, at_step
from featamp.measure.shrink import soften

Float32 = NDArray[np.float32]
Float = NDArray[np.float64]

SEEN = 1 / 64
"""Standard deviation of the Gaussian through which a change is seen, as a share of the picture's
height: grain and JPEG's noise change sign from pixel to pixel and nearly vanish, a trait stays."""
MOST = 0.01
"""Share of the pixels, those that change most, in which an amount is taken."""
AT_ONCE = 32
"""Images of which the differences are in memory."""

PLAIN = 0.08
"""A change of this amount is plain to see: half the range of a smile, an open mouth, makeup,
glasses or a fringe is above it, grain of .03 and JPEG of quality 90 well below.
`tests.featamp.proof.visibility` has the table; in a VAE of CelebA's faces two readers saw hardly
anything between .06 and .1."""
HARDLY = 0.02
"""A change below this amount is not to be seen; a grain of .01 is below."""


@dataclass(frozen=True)
class Amounts:
    """Mean absolute change of pixels in [0, 1].

    Attributes
    ----------
    regions : [region, ...] over the pixels of each of `featamp.measure.layout.REGIONS`; 0 for a
        region without a pixel.
    top : [...] over the `MOST` pixels that change most, on the mean over samples.
    """

    regions: Float
    top: Float


@dataclass(frozen=True)
class Visible:
    """How much of a change there is to see, as shares of what two images of the yardstick differ
    by.

    Attributes
    ----------
    regions : [region] share in each region.
    top : share in the pixels that change most.
    """

    regions: Float
    top: float

    @property
    def region(self) -> str:
        """The region of the largest share."""
        return REGIONS[int(self.regions.argmax())]

    @property
    def regional(self) -> float:
        """The share in that region."""
        return float(self.regions.max())

    @property
    def amount(self) -> float:
        """The largest share, of a region or of the pixels that change most."""
        return max(self.regional, self.top)


def image_amounts(images: Float32, shown: Shown = ALIGNED_SIDE) -> Amounts:
    """What two images differ by: the yardstick, from each image and the next.

    Parameters
    ----------
    images : [image, height, width, 3] at least two, in no order, pixels in [0, 1].
    shown : what they show of CelebA's aligned images.
    """
    parts = np.array_split(np.arange(len(images)), -(-len(images) // AT_ONCE))
    sums = [len(p) * _seen((images[p] - images[p - 1])[:, None]) for p in parts]
    return _amounts(np.sum(sums, axis=0) / len(images), shown)


def measure_visible(
    frames: Float32,
    reconstructions: Float32,
    steps: Float,
    yardstick: Amounts,
    shown: Shown = ALIGNED_SIDE,
) -> Visible:
    """Measure what there is to see of a sweep at 2 standard deviations, or at the end of a shorter
    one.

    Parameters
    ----------
    frames : [sample, alpha, height, width, 3].
    reconstructions : [sample, height, width, 3] the same samples at alpha = 0.
    steps : [alpha] in standard deviations, ascending.
    yardstick : from `image_amounts`.
    shown : what the pictures show of CelebA's aligned images.
    """
    curves = _amounts(_seen(frames - reconstructions[:, None]), shown)
    step = min(VISIBILITY_AT, max(0.0, float(min(steps[-1], -steps[0]))))
    here = np.array([at_step(curve, steps, step) for curve in curves.regions])
    there = yardstick.regions[:, 0]
    return Visible(
        regions=divided(here, there),
        top=at_step(curves.top, steps, step) / float(yardstick.top[0])
        if yardstick.top[0] > 0
        else 0.0,
    )


def _seen(changes: Float32) -> Float32:
    """[alpha, height, width] mean size of what is seen of changes [sample, alpha, height, width,
    3].
    """
    seen: Float32 = np.abs(soften(changes, SEEN * changes.shape[2])).mean(axis=(0, 4))
    return seen


def _amounts(mean: Float32, shown: Shown) -> Amounts:
    """Amounts [region, alpha] and [alpha] of the mean size of changes [alpha, height, width]."""
    alphas, height, width = mean.shape
    masks = face_regions(height, width, shown).reshape(len(REGIONS), -1).astype(np.float64)
    flat = mean.reshape(alphas, -1).astype(np.float64)
    count = max(1, round(MOST * flat.shape[1]))
    most = np.partition(flat, -count, axis=1)[:, -count:]
    return Amounts(
        regions=masks @ flat.T / np.maximum(masks.sum(axis=1), 1.0)[:, None],
        top=most.mean(axis=1),
    )
