"""One face from its factors: background, body, head, features, hair and what is worn, then the
camera.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from featamp.demo.faces import features, hair, skin, wear
from featamp.demo.faces.factors import Factors
from featamp.demo.faces.paint import (
    CENTRE,
    FRAME_HEIGHT,
    FRAME_WIDTH,
    MARGIN,
    WHOLE,
    Array,
    bell,
    noise,
    rise,
)

_HEADROOM = 1.3  # brightest painted light that the film can tell from brighter


def render(factors: Factors, index: int) -> NDArray[np.uint8]:
    """Face `index`, uint8 `[218, 178, 3]`, in CelebA's aligned layout (eyes at x 69 and 108, y
    112).
    """
    f = factors.row(index)
    return _photograph(_paint(f), f)


def _offsets(f: dict[str, float]) -> list[tuple[int, int]]:
    """Places in the noise bank that belong to this face."""
    draws = np.random.Generator(np.random.Philox(key=int(f["texture"] * 2**52))).integers(
        0, 1 << 16, (8, 2)
    )
    return [(int(row), int(column)) for row, column in draws]


def _paint(f: dict[str, float]) -> Array:
    """The upright painting `[3, HEIGHT, WIDTH]`, back to front."""
    at = _offsets(f)
    light, head = skin.make_light(f), skin.make_head(f)
    locks = hair.make_hair(f, head, light, at[0])
    tone = hair.hair_colour(f)
    planes = _background(f, at[1])
    hair.paint_back(planes, locks)
    skin.paint_neck(planes, f, head, light)
    skin.paint_double_chin(planes, f, head)
    wear.paint_necklace(planes, f, head, light)
    wear.paint_clothes(planes, f, head, light, at[2])
    skin.paint_ears(planes, head, light)
    skin.paint_head(planes, f, head, light, at[3])
    features.paint_eyes(planes, f, head, light)
    features.paint_brows(planes, f, head, tone, at[4])
    features.paint_nostrils(planes, f, head)
    features.paint_beard(planes, f, head, tone, at[5])
    features.paint_mouth(planes, f, head, light)
    hair.paint_front(planes, locks, head)
    wear.paint_earrings(planes, f, head, light)
    wear.paint_glasses(planes, f, head, light)
    wear.paint_hat(planes, f, head, light, at[6])
    planes += np.float32(0.008) * noise("grain", WHOLE, at[7])
    return planes


def _background(f: dict[str, float], offset: tuple[int, int]) -> Array:
    """A wall or a blurred scene: a gradient, two soft blobs and clouds."""
    chroma, value = 0.5 * f["background_chroma"] ** 2, 0.08 + 0.84 * f["background_value"]
    base = wear.hsv(f["background_hue"], chroma, value)
    slope = np.float32(0.006 * (f["background_slope"] - 0.5))
    ramp = 1.0 + slope * WHOLE.u - np.float32(0.0012) * (WHOLE.v - 110.0)
    ramp = ramp + np.float32(0.05 + 0.10 * f["background_detail"]) * noise("cloud", WHOLE, offset)
    planes = base * ramp
    detail = f["background_detail"]
    for number, (u0, v0) in enumerate(
        ((offset[0] % 200 - 100, offset[1] % 130 + 20), (offset[1] % 200 - 100, offset[0] % 150))
    ):
        blob = wear.hsv(
            f["background_hue"] + 0.08 + 0.42 * number, 0.5 * chroma + 0.15, 0.95 - 0.7 * value
        )
        mask = bell(WHOLE.u, float(u0), 34.0) * bell(WHOLE.v, float(v0), 40.0)
        planes += (np.float32(0.8 * detail) * mask) * (blob - base)
    return np.asarray(planes, dtype=np.float32)


def _exposure(f: dict[str, float]) -> list[int]:
    """The film: a table from painted to photographed bytes, for red, green and blue (256 each)."""
    warm = 0.30 * (f["warmth"] - 0.5)
    gain = _HEADROOM * (0.74 + 0.36 * f["exposure"])
    light = np.linspace(0.0, gain, 256) * np.array(
        [[1.0 + warm], [1.0 + 0.15 * warm], [1.0 - warm]]
    )
    light -= 0.35 * np.maximum(light - 0.70, 0.0)  # the film's shoulder
    table: list[int] = np.clip(255.0 * light + 0.5, 0.0, 255.0).astype(int).ravel().tolist()
    return table


def _photograph(planes: Array, f: dict[str, float]) -> NDArray[np.uint8]:
    """Roll, scale and shift the painting into CelebA's frame, expose it, blur it where the factor
    says.
    """
    planes *= np.float32(255.0 / _HEADROOM)
    np.clip(planes, 0.0, 255.0, out=planes)
    painting = Image.merge("RGB", [Image.fromarray(plane) for plane in planes.astype(np.uint8)])
    angle, zoom = np.deg2rad(5.0 * (f["roll"] - 0.5)), 1.0 / (0.96 + 0.10 * f["scale"])
    cosine, sine = float(np.cos(angle)) * zoom, float(np.sin(angle)) * zoom
    centre_x, centre_y = CENTRE + 4.0 * (f["shift_x"] - 0.5), 118.0 + 4.0 * (f["shift_y"] - 0.5)
    matrix = (
        cosine, sine, CENTRE + MARGIN - cosine * centre_x - sine * centre_y,
        -sine, cosine, 118.0 + MARGIN + sine * centre_x - cosine * centre_y,
    )  # fmt: skip
    image = painting.transform(
        (FRAME_WIDTH, FRAME_HEIGHT), Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR
    )
    image = image.point(_exposure(f))
    blur = rise(f["blur"], 0.3, 0.9)
    if blur > 0.02:
        image = image.filter(ImageFilter.GaussianBlur(3.6 * blur))
    return np.asarray(image)
