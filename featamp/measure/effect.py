"""What a sweep changes in the pictures, how far its codes are from real ones, and what the model
loses by itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featamp.measure.quality import changes_of
from featamp.statistics.support import Support

SATURATION_RISE = 0.02
"""A sweep saturates when this share of pixel values more than in the reconstructions does."""
OUTSIDE = 0.5
"""A step is out of the real codes when it takes a larger share of the samples out of them."""
EARLY = 2.0
"""Standard deviations within which that says something of a dimension: beyond them hardly a code
lies.
"""
SATURATION_MARGIN = 0.5 / 255
"""A pixel value this close to 0 or 1 is saturated: no darker or lighter value can be shown."""


@dataclass(frozen=True)
class Effect:
    """One sweep in numbers, each array of shape [alpha].

    Attributes
    ----------
    change : mean absolute difference from the reconstruction over samples, pixels and channels;
        pixels in [0, 1].
    saturated : share of pixel values that are saturated.
    distance : mean over samples of the distance of z' to its nearest real code, in standard
        deviations.
    outside : share of samples whose z' has left the real codes: it is farther from its nearest one
        than `Support.limit`, or farther out along the swept direction than they are
        (`Support.beyond`).
    left : the same share of those samples alone that are inside at alpha = 0; 0 where none is.
    before : share of samples that are outside at alpha = 0.
    """

    change: NDArray[np.float64]
    saturated: NDArray[np.float64]
    distance: NDArray[np.float64]
    outside: NDArray[np.float64]
    left: NDArray[np.float64]
    before: float

    @property
    def outside_share(self) -> float:
        """Share of the frames that lie outside the real codes."""
        return float(self.outside.mean())

    @property
    def end(self) -> float:
        """Mean change of a pixel at the two ends of the sweep, pixels in [0, 1]."""
        return float(self.change[0] + self.change[-1]) / 2


def measure_effect(
    frames: NDArray[np.float32],
    reconstructions: NDArray[np.float32],
    starts: NDArray[np.float32],
    codes: NDArray[np.float32],
    move: NDArray[np.float64],
    sample_rows: NDArray[np.int64],
    support: Support,
) -> Effect:
    """Measure one sweep.

    Parameters
    ----------
    frames : [sample, alpha, height, width, 3] decoded frames, pixels in [0, 1].
    reconstructions : [sample, height, width, 3] the same samples at alpha = 0.
    starts : [sample, dim] the codes at alpha = 0, raw units.
    codes : [sample, alpha, dim] the codes behind the frames, raw units.
    move : [dim] the direction in which they were swept, raw units.
    sample_rows : [sample] which image each sample is, so that no code is compared with itself.
    support : the real codes.
    """
    change = np.mean(
        [
            np.abs(change).mean(axis=(1, 2, 3), dtype=np.float64)
            for change in changes_of(frames, reconstructions)
        ],
        axis=0,
    )
    every = np.concatenate([starts[:, None], codes], axis=1)
    distance = support.distance(every, sample_rows)
    outside = (distance > support.limit) | support.beyond(every, move)
    inside = outside[~outside[:, 0], 1:]
    return Effect(
        change=change,
        saturated=np.array([saturated_share(frames[:, k]) for k in range(frames.shape[1])]),
        distance=distance[:, 1:].mean(axis=0),
        outside=outside[:, 1:].mean(axis=0, dtype=np.float64),
        left=inside.sum(axis=0) / max(len(inside), 1),
        before=float(outside[:, 0].mean()),
    )


@dataclass(frozen=True)
class Departure:
    """Where a sweep leaves what the model knows: index of the smallest such |alpha|, None where it
    never does.

    Attributes
    ----------
    outside : most of the samples that are among the real codes at alpha = 0 have left them, as in
        `Effect.left`.
    saturated : the share of saturated pixel values has risen by `SATURATION_RISE`.
    from_start : most samples are outside at alpha = 0, so that `outside` is the first step: it is
        the samples, not the sweep.
    early : `outside` begins within `EARLY` standard deviations, though not at the start.
    """

    outside: int | None
    saturated: int | None
    from_start: bool
    early: bool


def measure_departure(
    effect: Effect, raw: NDArray[np.float64], sigma: NDArray[np.float64], saturated: float
) -> Departure:
    """Where the pictures of a sweep leave what the model knows.

    Parameters
    ----------
    raw, sigma : [alpha] the same alphas, raw units and standard deviations.
    saturated : share of the pixel values of the reconstructions that are saturated.
    """
    # a step and its opposite are as near, whatever rounding left of them
    nearest = np.argsort(np.abs(raw).astype(np.float32), kind="stable")
    from_start = effect.before > OUTSIDE
    outside = _first(nearest, (effect.left > OUTSIDE) | from_start)
    rises = effect.saturated > saturated + SATURATION_RISE
    early = outside is not None and not from_start and abs(float(sigma[outside])) < EARLY
    return Departure(outside, _first(nearest, rises), from_start, early)


def _first(order: NDArray[np.int64], holds: NDArray[np.bool_]) -> int | None:
    return next((int(i) for i in order if holds[i]), None)


@dataclass(frozen=True)
class Reconstruction:
    """How well the model gives images back, over `count` images; pixels in [0, 1].

    Attributes
    ----------
    rmse : root mean squared error of the reconstruction.
    psnr : peak signal-to-noise ratio, -20 log10(rmse), in dB.
    change_between_images : mean absolute difference between two different images: the yardstick
        for a sweep's change.
    saturated : share of the pixel values of the reconstructions that are saturated, as in
        `Effect`.
    of_mean : RMSE of answering each image with the mean of all.
    """

    rmse: float
    psnr: float
    change_between_images: float
    count: int
    saturated: float
    of_mean: float

    def share_of_distance(self, change: float) -> float:
        """A change as a share of the mean difference between two images; 0 where all images are
        the same.
        """
        between = self.change_between_images
        return change / between if between > 0 else 0.0


def measure_reconstruction(
    pairs: Iterable[tuple[NDArray[np.float32], NDArray[np.float32]]],
) -> Reconstruction:
    """Measure how well a model gives images back, one after another: few are in memory.

    Parameters
    ----------
    pairs : each image [height, width, 3] and its reconstruction, pixels in [0, 1]; at least one.
    """
    squares, saturated, distances = [], [], []
    first = before = None
    total: NDArray[np.float64] | float = 0.0
    power = 0.0
    for original, decoded in pairs:
        total = total + original.astype(np.float64)
        power += float(np.square(original).mean(dtype=np.float64))
        squares.append(np.square(decoded - original).mean(dtype=np.float64))
        saturated.append(saturated_share(decoded))
        if before is not None:
            distances.append(_distance(original, before))
        first, before = original if first is None else first, original
    assert first is not None and before is not None
    distances.append(_distance(first, before))
    rmse = float(np.sqrt(np.mean(squares)))
    psnr = float(-20.0 * np.log10(max(rmse, 1e-12)))
    between, count = float(np.mean(distances)), len(squares)
    variance = power / count - float(np.square(total / count).mean())
    of_mean = float(np.sqrt(max(variance, 0.0)))
    return Reconstruction(rmse, psnr, between, count, float(np.mean(saturated)), of_mean)


def _distance(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    return float(np.abs(one - other).mean(dtype=np.float64))


def saturated_share(pixels: NDArray[np.float32]) -> float:
    """Share of pixel values, in [0, 1], that lie at either end of the range."""
    return float(
        ((pixels <= SATURATION_MARGIN) | (pixels >= 1.0 - SATURATION_MARGIN)).mean(
            dtype=np.float64
        )
    )
