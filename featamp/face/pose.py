"""What 68 landmarks of a face say: how the head is turned, how large it is, mouth and eyes.

The landmarks are those of the 300-W annotation: 0 to 16 the jaw, 17 to 26 the brows, 27 to 35 the
nose, 36 to 47 the eyes, 48 to 59 the outer and 60 to 67 the inner lips; "first" is the picture's
left.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]

MODEL = {
    30: (0.0, 0.0, 0.0),
    36: (-225.0, -170.0, -135.0),
    45: (225.0, -170.0, -135.0),
    48: (-150.0, 150.0, -125.0),
    54: (150.0, 150.0, -125.0),
}
"""Tip of the nose, outer corners of the eyes and corners of the mouth of a generic head (Mallick
2016), its chin left out, which the mouth moves: right, down and towards the viewer, in units of
which the corners of the eyes are `EYES` apart."""
EYES = 450.0
_JAW = [*range(16, -1, -1)]
_BROWS = [*range(26, 16, -1)]
_NOSE = [27, 28, 29, 30, 35, 34, 33, 32, 31]
_EYES = [45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40]
_LIPS = [54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55, 64, 63, 62, 61, 60, 67, 66, 65]
MIRROR = np.array([*_JAW, *_BROWS, *_NOSE, *_EYES, *_LIPS])
"""The landmark that each becomes in a mirrored picture."""


@dataclass(frozen=True)
class Pose:
    """How heads are turned; each [...].

    The zero of `pitch` is the generic head's: what counts is how much an angle changes. A smile
    moves the corners of the mouth, and so pitch (down) and scale (up): on rendered faces pitch
    follows the smile more than the nod, so alone it is no evidence of one.

    Attributes
    ----------
    yaw : degrees, positive where the face looks to the right of the picture.
    pitch : degrees, positive where it looks up.
    roll : degrees, positive where the head is tilted clockwise, as seen.
    scale : distance of the outer corners of the eyes, were the head seen from the front, as a
        share of the width of the face's box.
    """

    yaw: Float
    pitch: Float
    roll: Float
    scale: Float


def measure_pose(landmarks: Float) -> Pose:
    """The turned, scaled and shifted generic head that lies nearest to the landmarks.

    Seen from afar (weak perspective): the least-squares affine map of the head's points to the
    picture, then the nearest scaled rotation (DeMenthon and Davis 1995, without iterations).

    Parameters
    ----------
    landmarks : [..., 68, 2] x to the right and y down, in one unit; NaN gives NaN.
    """
    points = np.array(list(MODEL.values()))
    seen = landmarks[..., list(MODEL), :].astype(np.float64)
    seen = seen - seen.mean(axis=-2, keepdims=True)
    affine = np.swapaxes(np.linalg.pinv(points - points.mean(axis=0)) @ seen, -1, -2)
    known = np.isfinite(affine).all(axis=(-2, -1))
    left, sizes, right = np.linalg.svd(np.where(known[..., None, None], affine, 0.0), False)
    rotation = np.where(known[..., None, None], left @ right, np.nan)
    x, y = np.moveaxis(rotation, -2, 0)
    facing = np.cross(x, y)  # where the picture's axis lies in the head
    # rotation = roll (in the picture) after pitch after yaw
    return Pose(
        yaw=np.degrees(np.arctan2(-facing[..., 0], facing[..., 2])),
        pitch=np.degrees(np.arcsin(np.clip(facing[..., 1], -1.0, 1.0))),
        roll=np.degrees(np.arctan2(-x[..., 1], y[..., 1])),
        scale=np.where(known, sizes.mean(axis=-1) * EYES, np.nan),
    )


def mirrored(landmarks: Float) -> Float:
    """The landmarks [..., 68, 2] that a mirrored picture has, in shares of its width."""
    return landmarks[..., MIRROR, :] * (-1.0, 1.0) + (1.0, 0.0)


def mouth_opening(landmarks: Float) -> Float:
    """[...] gap between the inner lips, the mean of three places, in distances of the eyes'
    centres.
    """
    upper, lower = landmarks[..., [61, 62, 63], :], landmarks[..., [67, 66, 65], :]
    return np.asarray(_length(upper - lower).mean(-1) / _eye_distance(landmarks), np.float64)


def eye_opening(landmarks: Float) -> Float:
    """[...] height of the eyes over their width, the mean of both (the eye aspect ratio of
    Soukupova and Cech 2016).
    """
    upper, lower = landmarks[..., [37, 38, 43, 44], :], landmarks[..., [41, 40, 47, 46], :]
    width = _length(landmarks[..., [36, 42], :] - landmarks[..., [39, 45], :])
    height = _length(upper - lower).reshape(*width.shape, 2).mean(-1)
    return np.asarray((height / width).mean(-1), np.float64)


def _eye_distance(landmarks: Float) -> Float:
    first, second = landmarks[..., 36:42, :], landmarks[..., 42:48, :]
    return _length(first.mean(-2) - second.mean(-2))


def _length(vectors: Float) -> Float:
    return np.asarray(np.linalg.norm(vectors, axis=-1), np.float64)
