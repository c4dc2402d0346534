"""Faces of one person that differ in eight independent ways: what a small disentangled code can
hold.

The faces of `draw_factors` differ in 67 dependent factors, which no ten axes can tell apart. Here
eight are drawn, each uniform and independent of the others, and all else stands still; each has
pixels enough to pay for a dimension, and the changes that they make are nearly at right angles.
"""

from __future__ import annotations

import numpy as np

from featamp.demo.faces.factors import CONTINUOUS, Factors, Floats, attributes_of, normals

VARIED: dict[str, tuple[float, float]] = {
    "background_value": (0.25, 0.75),
    "hair_darkness": (0.1, 0.9),
    "glasses": (0.1, 0.9),
    "light_side": (0.15, 0.85),
    "warmth": (0.0, 1.0),
    "yaw": (0.1, 0.9),
    "skin_tone": (0.1, 0.85),
    "smile": (0.05, 0.95),
}
"""The factors that vary, in the order of the change they make, and the range of each."""

_ABSENT = (
    "masculinity", "age", "earrings", "necklace", "hair_gray", "baldness", "receding", "bangs",
    "beard", "stubble", "goatee", "mustache", "sideburns", "eye_bags", "eye_narrowness",
    "nose_size", "chubbiness", "double_chin", "face_length", "blush", "hat", "necktie", "blur",
    "background_chroma", "background_detail",
)  # fmt: skip
_STILL = {name: 0.5 for name in CONTINUOUS} | {name: 0.05 for name in _ABSENT} | {
    "lipstick": 0.9,  # a mouth that is seen
    "lip_fullness": 0.9,
    "cheekbones": 0.3,
    "scale": 1.0,
    "hair_length": 0.45,
    "light_strength": 0.8,
    "texture": 0.37,
    "glasses_style": 0.9,  # dark ones
    "accent_hue": 0.3,
    "cloth_value": 0.9,
}  # fmt: skip


def draw_few(count: int, seed: int) -> Factors:
    """Draw the factors of `count` faces that differ in `VARIED` alone; glasses are there or not.

    Face k depends on (seed, k) only, as for `draw_factors`.
    """
    from scipy.special import ndtr

    shares: Floats = ndtr(normals(count, seed, len(VARIED)))
    continuous = {name: np.full(count, value) for name, value in _STILL.items()}
    for (name, (low, high)), share in zip(VARIED.items(), shares.T, strict=True):
        continuous[name] = low + (high - low) * (share > 0.5 if name == "glasses" else share)
    # a smile opens the mouth
    continuous["mouth_opening"] = continuous["smile"] - 0.05
    return Factors(continuous, attributes_of(continuous))
