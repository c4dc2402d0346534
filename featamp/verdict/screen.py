"""From the frames of one dimension to what the rule asks for: its change, and how far it goes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featamp.arrays import divided
from featamp.measure.judge import Judge
from featamp.measure.layout import Shown
from featamp.measure.light import LightTerms, photometric_shares
from featamp.measure.motion.flow import shared_motion
from featamp.measure.motion.geometry import measure_geometry
from featamp.measure.parts import read_parts
from featamp.measure.pattern import AGAINST, FOLLOWS, measure_pattern
from featamp.measure.quality import consistency
from featamp.measure.visible import Amounts, image_amounts, measure_visible
from featamp.statistics.labels.probe import Probes
from featamp.statistics.samples import error_of_mean
from featamp.verdict.rule import (
    ABLE_CODES,
    ABLE_PIXELS,
    ALIKE,
    FLOWS,
    HALF_ABLE,
    NAMED,
    SURE,
    Change,
    Shares,
)

Float32 = NDArray[np.float32]
Float = NDArray[np.float64]

STEPS = np.array([-2.0, -1.0, 1.0, 2.0])
"""Steps of the screening, in standard deviations."""


@dataclass(frozen=True)
class Yardstick:
    """What images differ by.

    Attributes
    ----------
    amounts : by region and in the pixels that differ most.
    spread : [reading] standard deviation over images of `featamp.measure.parts.READINGS`.
    shown : what the pictures show of CelebA's aligned images.
    """

    amounts: Amounts
    spread: Float
    shown: Shown


def measure_yardstick(images: Float32, small: Float32, shown: Shown) -> Yardstick:
    """Measure what changes are compared with.

    Parameters
    ----------
    images : [image, height, width, 3] at least two, of the size of the frames, in no order.
    small : [image, side, side, 3] many more, made small.
    """
    return Yardstick(image_amounts(images, shown), read_parts(small, shown).std(axis=0), shown)


def measure_change(
    frames: Float32, reconstructions: Float32, yardstick: Yardstick, light: LightTerms
) -> Change:
    """Measure what a dimension does to pictures.

    Parameters
    ----------
    frames : [sample, step, height, width, 3] at `STEPS`, pixels in [0, 1].
    reconstructions : [sample, height, width, 3] the same samples at alpha = 0.
    light : `featamp.measure.light.light_terms` of these.
    """
    shown = yardstick.shown
    changes = frames - reconstructions[:, None]
    ends = changes[:, [0, -1]]
    visible = measure_visible(frames, reconstructions, STEPS, yardstick.amounts, shown)
    geometry = measure_geometry(frames, reconstructions, STEPS, shown)
    pattern = measure_pattern(frames, reconstructions, STEPS)
    photometric, uneven = photometric_shares(ends, light)
    parts = read_parts(frames[:, [0, -1]], shown)
    moved = (parts[:, 1] - parts[:, 0]).mean(axis=0)
    spread = yardstick.spread
    same, follow, shared = consistency(ends), pattern.agreement, None
    if same is not None and same < ALIKE:
        motion = shared_motion(frames, reconstructions, STEPS)
        shared = float(motion.mean())
        follow = motion if shared >= FLOWS else follow
    return Change(
        amount=visible.amount,
        region=visible.region,
        regional=visible.regional,
        consistency=same,
        shared=shared,
        agreement=float(follow.min()) if len(frames) > 1 else None,
        even=pattern.even,
        photometric=photometric,
        uneven=uneven,
        moved=geometry.share + geometry.turning,
        motion=geometry.largest,
        mirrored=mirrored_share(ends[:, 1] - ends[:, 0]),
        parts=divided(moved, spread),
        unlike=_samples(follow < FOLLOWS),
        against=_samples(follow <= AGAINST),
        bend=pattern.bend,
    )


def _samples(chosen: NDArray[np.bool_]) -> tuple[int, ...]:
    return tuple(int(sample) for sample in np.flatnonzero(chosen))


def mirrored_share(spans: Float32) -> float:
    """Mean over samples of the share of a change's energy that turns its sign when the picture is
    mirrored: 1 where what appears on the left goes on the right, 0 for a change of a face that
    looks straight ahead.

    Parameters
    ----------
    spans : [sample, height, width, 3] changes from the first to the last step.
    """
    odd = np.square((spans - spans[:, :, ::-1]) / 2).sum(axis=(1, 2, 3), dtype=np.float64)
    energy = np.square(spans).sum(axis=(1, 2, 3), dtype=np.float64)
    return float(divided(odd, energy).mean())


def measure_shares(
    codes: Float32, frames: Float32, probes: Probes, judge: Judge, rates: Float
) -> Shares:
    """Measure how far a dimension goes from images without each attribute to images with it.

    Two groups whose labels have a standard deviation s and a correlation R with the logit lie
    R / s apart, in standard deviations of the logit. Where this is less than one, the way is one:
    what moves a logit by less than images differ in it anyway would pass from group to group of a
    judge that hardly tells them.

    Parameters
    ----------
    codes : [sample, 2, dim] of the first and the last frame, encoded again.
    frames : [sample, 2, height, width, 3] these two frames.
    rates : [attribute] share of the images that have it.
    """
    spread = np.sqrt(rates * (1 - rates))
    ways = [divided(one.correlation, spread) for one in (probes, judge)]
    by_codes = _share(probes.logits(codes), ways[0])
    by_pixels = _share(judge.logits(frames), ways[1])
    share, error = by_pixels
    plain = (probes.auc >= SURE) & (judge.auc >= HALF_ABLE) & (np.abs(share) - 2 * error >= NAMED)
    return Shares(
        probes.names,
        *by_codes,
        *by_pixels,
        coded=probes.told & (probes.auc >= ABLE_CODES),
        seen=judge.told & ((judge.auc >= ABLE_PIXELS) | plain),
        short=np.min(ways, axis=0) < 1.0,
    )


def _share(logits: Float, way: Float) -> tuple[Float, Float]:
    """Mean over samples of the change of each logit [sample, 2, attribute] over the way from one
    group to the other [attribute], and its standard error.
    """
    shares = (logits[:, 1] - logits[:, 0]) / np.maximum(way, 1.0)
    return shares.mean(axis=0), error_of_mean(shares)
