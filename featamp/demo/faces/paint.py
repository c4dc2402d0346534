"""The painter's tools: the canvas and its coordinates, soft masks, compositing and a bank of
noise.

The portrait is painted upright in float32 planes `[3, HEIGHT, WIDTH]` (RGB in [0, 1]) with a
margin around CelebA's 178 x 218 frame; roll, scale and shift are applied to the finished painting.
Upright coordinates are separable (u depends on the column, v on the row only), which is what makes
a face cost milliseconds.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from featamp.measure.layout import ALIGNED

Array = NDArray[
    np.floating[Any]
]  # float32 in fact; the stubs lose track of it beside Python floats

FRAME_WIDTH, FRAME_HEIGHT = ALIGNED
MARGIN = 12
WIDTH, HEIGHT = FRAME_WIDTH + 2 * MARGIN, FRAME_HEIGHT + 2 * MARGIN
CENTRE = 88.5  # between the eyes of an aligned CelebA face
BANK = 512


class Window(NamedTuple):
    """A rectangle of the canvas: `u` [1, w], pixels right of the face's axis, `v` [h, 1], the
    frame's row.
    """

    rows: slice
    columns: slice
    u: Array
    v: Array

    def of(self, planes: Array) -> Array:
        """The view of `planes` [..., HEIGHT, WIDTH] in this window."""
        return planes[..., self.rows, self.columns]


@lru_cache(maxsize=512)
def window(left: int, right: int, top: int, bottom: int) -> Window:
    """The window with `left <= u <= right` and `top <= v <= bottom`, cut off at the canvas."""
    x0, x1 = max(int(left + CENTRE + MARGIN), 0), min(int(right + CENTRE + MARGIN) + 1, WIDTH)
    y0, y1 = max(top + MARGIN, 0), min(bottom + MARGIN + 1, HEIGHT)
    u = np.arange(x0, x1, dtype=np.float32)[None, :] - np.float32(CENTRE + MARGIN)
    v = np.arange(y0, y1, dtype=np.float32)[:, None] - np.float32(MARGIN)
    return Window(slice(y0, y1), slice(x0, x1), u, v)


WHOLE = window(-120, 120, -20, 260)


def unit(x: Array) -> Array:
    """`x` clipped to [0, 1] (on small arrays quicker than `np.clip`)."""
    return np.minimum(np.maximum(x, np.float32(0.0)), np.float32(1.0))


def soft(distance: Array, width: float = 1.0) -> Array:
    """Coverage in [0, 1] of a signed distance in pixels (inside positive), its edge `width` pixels
    wide.
    """
    return unit(distance * np.float32(1.0 / width) + np.float32(0.5))


def bell(x: Array, centre: float, width: float) -> Array:
    """exp(-((x - centre) / width)^2), in float32."""
    scaled = (x - np.float32(centre)) * np.float32(1.0 / width)
    return np.exp(-scaled * scaled)


def smoothstep(x: Array | float, low: float, high: float) -> Array:
    """0 below `low`, 1 above `high`, smooth between."""
    t: Array = unit(
        (np.asarray(x, dtype=np.float32) - np.float32(low)) * np.float32(1.0 / (high - low))
    )
    return np.asarray(t * t * (np.float32(3.0) - np.float32(2.0) * t))


def rise(x: float, low: float, high: float) -> float:
    """`smoothstep` of one number."""
    t = min(max((x - low) / (high - low), 0.0), 1.0)
    return t * t * (3.0 - 2.0 * t)


def colour(red: float, green: float, blue: float) -> Array:
    """A colour given in 0..255, as `[3, 1, 1]` in [0, 1]."""
    return np.array([red, green, blue], dtype=np.float32).reshape(3, 1, 1) / np.float32(255.0)


def palette(stops: Array, position: float) -> Array:
    """The colour `[3, 1, 1]` at `position` in [0, 1] along `stops` [k, 3], given in 0..255."""
    place = position * (len(stops) - 1)
    below = min(int(place), len(stops) - 2)
    return colour(*(stops[below] + (place - below) * (stops[below + 1] - stops[below])))


def over(planes: Array, mask: Array, paint: Array) -> None:
    """Paint `paint` ([3, 1, 1] or [3, h, w]) over `planes` [3, h, w] in place, as opaque as `mask`
    [h, w].
    """
    planes += mask * (paint - planes)


def darken(planes: Array, mask: Array, amount: float, tint: Array | None = None) -> None:
    """Multiply `planes` in place by 1 where `mask` is 0, down to 1 - amount (times `tint`) where
    it is 1.
    """
    if tint is None:
        planes *= np.float32(1.0) - np.float32(amount) * mask
    else:
        planes *= np.float32(1.0) - (np.float32(amount) * (np.float32(1.0) - tint)) * mask


def _normalised(field: NDArray[np.float64]) -> Array:
    field = (field - field.mean()) / field.std()
    return field.astype(np.float32)


@lru_cache(maxsize=1)
def noise_bank() -> dict[str, Array]:
    """Periodic noise fields `[BANK, BANK]` of mean 0 and deviation 1: grain, mottle, curl, cloud,
    strands.
    """
    white = np.random.Generator(np.random.Philox(key=20150101)).standard_normal((4, BANK, BANK))

    frequency = np.fft.fftfreq(BANK)

    def smooth(layer: int, across: float, along: float | None = None) -> NDArray[np.float64]:
        """Periodic Gaussian blur, deviation 1."""
        rows = np.exp(-2.0 * (np.pi * across * frequency) ** 2)
        columns = np.exp(-2.0 * (np.pi * (across if along is None else along) * frequency) ** 2)
        blurred = np.fft.ifft2(np.fft.fft2(white[layer]) * rows[:, None] * columns).real
        return np.asarray(blurred / blurred.std())

    strands = 0.6 * smooth(3, 1.2, 30.0) + 0.8 * smooth(2, 2.5, 40.0) + 0.5 * smooth(1, 9.0, 60.0)
    return {
        "grain": _normalised(smooth(0, 0.6)),
        "mottle": _normalised(smooth(1, 1.1) + 0.7 * smooth(0, 3.0)),
        "curl": _normalised(smooth(3, 2.2) + 0.5 * smooth(2, 1.0)),
        "cloud": _normalised(smooth(2, 28.0)),
        "strands": _normalised(strands),  # [across, along]
    }


def noise(kind: str, area: Window, offset: tuple[int, int]) -> Array:
    """A view `[h, w]` into the bank, shifted by `offset` (rows, columns)."""
    height, width = area.v.shape[0], area.u.shape[1]
    top, left = offset[0] % (BANK - height), offset[1] % (BANK - width)
    return noise_bank()[kind][top : top + height, left : left + width]
