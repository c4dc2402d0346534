"""Whether a sweep moves the picture rather than changing what is in it: rotation, shift, scale,
shear, a turn of the head.

Notation as in `featamp.measure.quality`: D_sk = x_sk - x_s0, pixels in [0, 1]. A picture with
gradients (x_u, x_v), u and v counted in pixels from its centre, changes by a small motion (du, dv)
as x_u du + x_v dv (Horn and Schunck 1981).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featamp.arrays import divided
from featamp.measure.layout import ALIGNED_SIDE, Shown, face_nearness
from featamp.measure.light import BLUR
from featamp.measure.quality import UNCHANGED
from featamp.measure.shrink import soften

Float32 = NDArray[np.float32]
Float = NDArray[np.float64]

MOTIONS = ("shift_x", "shift_y", "scale", "roll", "shear", "stretch")
"""Motions of the whole picture."""
TURNS = ("turn", "nod")
"""Motions of the head in front of a background that stays: across, and up and down."""
TURNED = 0.5
"""A turn so many times as large as the largest motion of the whole picture is no by-product of
it."""


@dataclass(frozen=True)
class Geometry:
    """How much of a sweep is motion.

    Attributes
    ----------
    share : energy that the six `MOTIONS` explain beyond gain, offset and blur, over the energy of
        the change, in [0, 1].
    turning : what the two `TURNS` explain beyond these, over the same, in [0, 1].
    sizes : [motion and turn] mean over samples of each motion for one standard deviation, as the
        root mean squared displacement in pixels (of the face, for turns): to the right, down,
        larger and clockwise where positive.
    alike : [motion and turn] how far the samples agree on it: |mean| over root mean square, in
        [0, 1].
    """

    share: float
    turning: float
    sizes: Float
    alike: Float

    @property
    def largest(self) -> str:
        """The largest motion. Where eyes are aligned a head that turns moves its outline against
        its features, so a turn is named when it is half as large as any motion of the whole.
        """
        whole, turns = np.split(np.abs(self.sizes), [len(MOTIONS)])
        if turns.max() >= TURNED * whole.max():
            return TURNS[int(turns.argmax())]
        return MOTIONS[int(whole.argmax())]


def measure_geometry(
    frames: Float32, reconstructions: Float32, steps: Float, shown: Shown = ALIGNED_SIDE
) -> Geometry:
    """Measure how much of a sweep is motion, from the steps nearest to 0 on either side.

    What is explained is the change from the one to the reconstruction and from there to the other,
    by one motion, so that what is even in alpha is none. Gradients are those of the picture half
    way: exact to second order, so that motions of two or three pixels a step are found whole.

    Parameters
    ----------
    frames : [sample, alpha, height, width, 3], pixels in [0, 1].
    reconstructions : [sample, height, width, 3] the same samples at alpha = 0; they stand in for
        the frame of a side that has no step.
    steps : [alpha] in standard deviations.
    shown : what the pictures show of CelebA's aligned images.
    """
    before, low = nearest_frames(frames, reconstructions, steps, steps < 0)
    after, high = nearest_frames(frames, reconstructions, steps, steps > 0)
    whole, count = len(MOTIONS), len(MOTIONS) + len(TURNS)
    if np.abs(after - before).max() <= UNCHANGED:
        return Geometry(0.0, 0.0, np.zeros(count), np.zeros(count))
    fields = motion_fields(frames.shape[2], frames.shape[3], shown)
    gram = np.zeros((len(frames), 1 + count, 1 + count))
    energy = 0.0
    for first, last, way in ((before, reconstructions, -low), (reconstructions, after, high)):
        if way:
            change, middle = last - first, (first + last) / np.float32(2)
            gram += _beside_light(change, middle, np.float32(way) * fields)
            energy += float(np.square(change, dtype=np.float64).sum())
    terms, products = gram[:, 1:, 1:], gram[:, 1:, 0]
    share = _explained(terms[:, :whole, :whole], products[:, :whole]) / energy
    turning = _explained(terms, products) / energy - share
    amounts = np.einsum("sij,sj->si", _inverse(terms), products)
    mean, spread = amounts.mean(axis=0), np.sqrt(np.square(amounts).mean(axis=0))
    return Geometry(
        share=min(1.0, share),
        turning=min(1.0, max(0.0, turning)),
        sizes=-mean,  # what is fetched from the left comes to the right
        alike=divided(np.abs(mean), spread),
    )


def nearest_frames(
    frames: Float32, reconstructions: Float32, steps: Float, side: NDArray[np.bool_]
) -> tuple[Float32, float]:
    """The frames [sample, height, width, 3] of the step nearest to 0 on a side, and that step."""
    if not side.any():
        return reconstructions, 0.0
    place = int(np.where(side, np.abs(steps), np.inf).argmin())
    return frames[:, place], float(steps[place])


def motion_fields(height: int, width: int, shown: Shown = ALIGNED_SIDE) -> Float32:
    """[motion and turn, 2, height, width] displacement (across, down) of each motion, of a root
    mean square of one pixel; those of the head weigh with its nearness to the camera.
    """
    v, u = np.mgrid[:height, :width].astype(np.float64)
    u, v = u - (width - 1) / 2, v - (height - 1) / 2
    one, none = np.ones_like(u), np.zeros_like(u)
    whole = [(one, none), (none, one), (u, v), (-v, u), (v, u), (u, -v)]
    near = face_nearness(height, width, shown)
    fields = np.array([*whole, (near, none), (none, near)])
    size = np.square(fields).sum(axis=1).mean(axis=(1, 2))
    size[len(whole) :] = np.square(near).sum() / max(1, (near > 0).sum())  # over the face alone
    size[size == 0] = 1.0
    return np.asarray(fields / np.sqrt(size)[:, None, None, None], np.float32)


def _beside_light(changes: Float32, pictures: Float32, fields: Float32) -> Float:
    """[picture, 1 + motion, 1 + motion] scalar products of a change and of what each motion does
    to its picture, to first order, without what light explains of either.

    Light is an offset, a gain and a blur of each channel, as in
    `featamp.measure.light.photometric_shares`.

    Parameters
    ----------
    changes, pictures : [picture, height, width, 3].
    fields : [motion, 2, height, width] from `motion_fields`.
    """
    count, height, width, channels = pictures.shape
    planes = np.ascontiguousarray(pictures.transpose(0, 3, 1, 2))  # whole channels are fast
    across, down = np.gradient(planes, axis=3), np.gradient(planes, axis=2)
    rows = np.empty((count, channels, 4 + len(fields), height, width), np.float32)
    rows[:, :, 0] = 1.0
    rows[:, :, 1] = planes - planes.mean(axis=(2, 3), keepdims=True)
    rows[:, :, 2] = soften(pictures, BLUR * height).transpose(0, 3, 1, 2) - planes
    rows[:, :, 3] = changes.transpose(0, 3, 1, 2)
    for motion, (right, below) in enumerate(fields):
        rows[:, :, 4 + motion] = right * across + below * down
    flat = rows.reshape(count, channels, rows.shape[2], -1)
    gram = (flat @ flat.swapaxes(2, 3)).astype(np.float64)
    light, mixed = gram[:, :, :3, :3], gram[:, :, 3:, :3]
    rest = gram[:, :, 3:, 3:] - mixed @ _inverse(light) @ mixed.swapaxes(2, 3)
    return np.asarray(rest.sum(axis=1), np.float64)


def _inverse(gram: Float) -> Float:
    """Inverses of Gram matrices, of low rank where a picture is flat."""
    return np.asarray(np.linalg.pinv(gram, 1e-6, hermitian=True))


def _explained(gram: Float, products: Float) -> float:
    """Energy that terms explain, over all pictures."""
    return float(np.einsum("bi,bij,bj->", products, _inverse(gram), products))
