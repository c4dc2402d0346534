"""What is worn: clothes, necktie, jewellery, glasses and hats."""

from __future__ import annotations

import colorsys

import numpy as np

from featamp.demo.faces.paint import (
    Array,
    Window,
    bell,
    colour,
    darken,
    noise,
    over,
    rise,
    soft,
    window,
)
from featamp.demo.faces.skin import Head, Light

_CHEST = window(-110, 110, 168, 240)


def hsv(hue: float, saturation: float, value: float) -> Array:
    """The colour of this hue (which wraps at 1), saturation and value: red, green and blue, 0 to
    255.
    """
    red, green, blue = colorsys.hsv_to_rgb(hue % 1.0, saturation, value)
    return colour(255 * red, 255 * green, 255 * blue)


def _cloth_colour(f: dict[str, float]) -> Array:
    return hsv(
        f["cloth_hue"],
        0.08 + 0.62 * abs(2.0 * f["accent_hue"] - 1.0) ** 1.5,
        0.10 + 0.78 * f["cloth_value"],
    )


def paint_clothes(
    planes: Array, f: dict[str, float], head: Head, light: Light, offset: tuple[int, int]
) -> None:
    """Shoulders with a round or deep neckline, or a shirt with collar, jacket and necktie."""
    u, v = _CHEST.u - np.float32(0.5 * head.shift), _CHEST.v
    part = _CHEST.of(planes)
    side = np.abs(u)
    neck = 24.0 + 7.0 * head.masculine
    shoulder = (
        188.0 + 0.10 * np.maximum(side - neck, 0.0) + 0.0042 * np.maximum(side - neck, 0.0) ** 2
    )
    style = f["cloth_style"]
    formal = rise(f["necktie"], 0.45, 0.55)
    depth = (14.0 + 30.0 * style) * (1.0 - 0.55 * head.masculine)
    scoop = 190.0 + depth * np.clip(
        1.0 - (side / (neck + 6.0)) ** (1.0 + 2.0 * f["accent_hue"]), 0.0, 1.0
    )
    edge = np.where(side < neck + 6.0, np.maximum(scoop, shoulder), shoulder)
    folds = noise("cloud", _CHEST, offset)
    fall = (1.0 - light.strength) + light.strength * (1.0 + 0.006 * light.x * u)
    shade = fall * (1.0 + 0.07 * folds) * (1.0 - 0.25 * bell(v - edge, 0.0, 3.0))
    cloth = _cloth_colour(f)
    over(part, soft(v - edge, 1.5) * np.float32(1.0 - formal), cloth * shade)
    if formal > 0.0:
        _suit(part, f, u, v, side, shoulder, shade, neck)


def _suit(
    part: Array,
    f: dict[str, float],
    u: Array,
    v: Array,
    side: Array,
    shoulder: Array,
    shade: Array,
    neck: float,
) -> None:
    """White shirt, dark jacket, coloured tie with a knot under the chin."""
    jacket = hsv(f["cloth_hue"], 0.25, 0.10 + 0.22 * f["cloth_value"])
    over(part, soft(v - shoulder + 2.0, 1.5), jacket * shade)
    lapel = neck - 1.0 - 0.62 * np.maximum(v - 186.0, 0.0)
    shirt = np.minimum(lapel - side, v - 190.0 - 5.0 + side * 0.42)
    over(part, soft(shirt, 1.5), colour(236, 238, 242) * shade)
    collar_top = 183.0 + 9.0 * np.clip(1.0 - side / neck, 0.0, 1.0)
    collar = np.minimum(
        np.minimum(v - collar_top, neck + 1.5 - side),
        196.0 + 7.0 * (1.0 - np.abs(side - 12.0) / 12.0) - v,
    )
    collar = np.minimum(collar, side - 4.0 - 0.25 * (v - 190.0))
    darken(part, soft(collar + 1.5, 3.0), 0.25)
    over(part, soft(collar, 1.3), colour(246, 247, 250) * shade)
    tie_colour = hsv(f["accent_hue"], 0.78, 0.30 + 0.45 * f["background_value"])
    knot = np.minimum(7.6 - 0.26 * (v - 188.0) - side, np.minimum(v - 188.5, 201.0 - v))
    blade = np.minimum(4.0 + 0.28 * (v - 200.0) - side, v - 200.0)
    stripes = 1.0 + 0.22 * np.sign(np.sin((u + v) * 0.9)) * (f["cloth_style"] > 0.5)
    round_tie = 1.08 - 0.006 * side * side
    over(part, soft(np.maximum(knot, blade), 1.2), tie_colour * (stripes * round_tie * shade))


def paint_necklace(planes: Array, f: dict[str, float], head: Head, light: Light) -> None:
    """A chain or beads round the base of the neck."""
    if f["necklace"] <= 0.5:
        return
    area = window(-40, 40, 174, 212)
    u, v = area.u - np.float32(0.6 * head.shift), area.v
    wide = 25.0 + 5.0 * head.masculine
    drop = 195.0 + 5.0 * f["cloth_style"]
    arc = drop - (drop - 182.0) * (np.abs(u) / wide) ** 2
    inside = np.clip(wide + 1.0 - np.abs(u), 0.0, 1.0)
    beads = f["accent_hue"] > 0.5
    thick = 2.5 if beads else 1.6
    along = 0.80 + 0.20 * np.cos(u * (1.35 if beads else 2.6))
    metal = colour(244, 236, 222) if beads else colour(226, 186, 92)
    off = v - arc
    darken(area.of(planes), soft(thick + 1.0 - np.abs(off - 1.8), 2.0) * inside, 0.35)
    over(
        area.of(planes),
        soft(thick - np.abs(off), 1.2) * inside,
        metal * (along * (0.95 - 0.12 * off)),
    )
    pendant = 4.2 - np.sqrt(u * u + (v - drop - 3.0) ** 2)
    over(area.of(planes), soft(pendant, 1.2), metal * (1.05 - 0.05 * (u + v - drop)))


def paint_earrings(planes: Array, f: dict[str, float], head: Head, light: Light) -> None:
    """Studs, drops or hoops below the ears, bright enough to show beside hair."""
    if f["earrings"] <= 0.5:
        return
    metal = colour(246, 238, 226) if f["accent_hue"] > 0.5 else colour(236, 196, 96)
    length = 3.0 + 11.0 * f["glasses_style"]
    for side in (-1.0, 1.0):
        centre = head.shift + side * (head.width + 0.5)
        area = window(round(centre) - 10, round(centre) + 10, 128, 166)
        u, v = area.u - np.float32(centre), area.v
        if f["jaw_width"] > 0.6:
            ring = 2.6 - np.abs(np.sqrt(u * u + ((v - 144.0) / 1.15) ** 2) - 6.2)
            shape = ring
        else:
            stud = 2.9 - np.sqrt(u * u + (v - 136.0) ** 2)
            drop = 3.6 - np.sqrt(u * u + ((v - 140.0 - length) / 1.5) ** 2)
            wire = np.minimum(1.0 - np.abs(u), np.minimum(v - 136.0, 140.0 + length - v))
            shape = np.maximum(np.maximum(stud, drop), wire)
        darken(area.of(planes), soft(shape + 1.5, 3.0), 0.45)
        over(area.of(planes), soft(shape, 1.2), metal * (1.0 - 0.045 * u - 0.02 * (v - 142.0)))


def paint_glasses(planes: Array, f: dict[str, float], head: Head, light: Light) -> None:
    """Frames with a slight tint, a glare and a shadow on the cheek; some are sunglasses."""
    if f["glasses"] <= 0.5:
        return
    area = window(-56, 56, 92, 138)
    part = area.of(planes)
    style = f["glasses_style"]
    u, v = area.u - np.float32(1.2 * head.yaw), area.v - np.float32(114.0)
    side = np.abs(u)
    power = 2.0 + 2.4 * f["accent_hue"]
    x, y = np.abs(side - 20.0) / 16.2, np.abs(v) / (11.2 + 2.0 * f["jaw_width"])
    lens = (1.0 - (x**power + y**power) ** np.float32(1.0 / power)) * 12.5
    thick = np.float32(1.25 + 0.95 * f["cloth_value"])
    frame = thick - np.abs(lens)
    bridge = np.minimum(1.3 - np.abs(v + 2.5 - 0.10 * u * u * 0.3), 6.0 - side)
    arm = np.minimum(
        1.5 - np.abs(v + 4.0),
        np.minimum(side - 35.0, head.width + 1.0 - np.abs(area.u - np.float32(head.shift))),
    )
    rim = np.maximum(np.maximum(frame, bridge), arm)
    inside = soft(lens)
    dark = style > 0.74
    tint = 0.88 if dark else 0.06
    over(part, inside * np.float32(tint), colour(26, 24, 28) if dark else colour(205, 215, 225))
    glare = bell(u + 0.9 * v + np.sign(u) * -16.0, 0.0, 3.4) * inside
    part += np.float32((0.10 if dark else 0.13) * (0.6 + light.strength)) * glare
    shadow = np.zeros_like(rim)
    shadow[3:] = soft(rim[:-3] + 1.0, 3.0)
    darken(part, shadow, 0.26)
    metal = colour(28, 24, 24) if f["accent_hue"] < 0.6 else hsv(f["cloth_hue"], 0.45, 0.28)
    over(part, soft(rim, 1.2), metal * (1.0 - 0.03 * v))


def paint_hat(
    planes: Array, f: dict[str, float], head: Head, light: Light, offset: tuple[int, int]
) -> None:
    """A knitted cap, or a hat with a brim, and the shadow it casts."""
    if f["hat"] <= 0.5:
        return
    area = window(-100, 100, -8, 120)
    u, v = area.u - np.float32(head.shift), area.v
    tint = hsv(f["accent_hue"], 0.2 + 0.6 * f["hat_style"], 0.16 + 0.68 * f["cloth_hue"])
    across = np.clip(u / (head.width + 10.0), -1.0, 1.0)
    facing = across * np.float32(light.x) + np.sqrt(1.0 - 0.9 * across * across) * np.float32(
        light.z
    )
    shade = (1.0 - light.strength) + 1.2 * light.strength * np.maximum(facing, 0.0)
    if f["hat_style"] < 0.5:
        _beanie(area, planes, tint, shade, u, v, head, offset)
    else:
        _brimmed(area, planes, tint, shade, u, v, head, offset)


def _crown(u: Array, v: Array, width: float, top: float, base: float, power: float) -> Array:
    up = np.clip((base - v) / (base - top), 0.0, 1.0)
    half = width * (1.0 - up**power) ** np.float32(1.0 / power)
    return np.asarray(np.minimum(np.minimum(half - np.abs(u), v - top), base - v))


def _cast(
    planes: Array, area: Window, u: Array, depth: Array, head: Head, amount: float, reach: float
) -> None:
    shade = (
        np.clip(1.0 - depth / reach, 0.0, 1.0)
        * (depth > 0.0)
        * soft(head.width + 2.0 - np.abs(u), 4.0)
    )
    darken(area.of(planes), shade, amount, colour(60, 35, 30))


def _beanie(
    area: Window,
    planes: Array,
    tint: Array,
    shade: Array,
    u: Array,
    v: Array,
    head: Head,
    offset: tuple[int, int],
) -> None:
    brim = 86.0 + 0.0035 * u * u
    _cast(planes, area, u, v - brim, head, 0.42, 13.0)
    knit = (
        1.0
        + 0.10 * np.sin(u / np.maximum(1.0 - 0.00022 * u * u, 0.4) * 1.25)
        + 0.04 * noise("mottle", area, offset)
    )
    shape = np.minimum(_crown(u, v, head.width + 7.0, 24.0, 130.0, 2.6), brim - v)
    over(area.of(planes), soft(shape, 1.8), tint * (shade * knit))
    band = np.minimum(np.minimum(v - brim + 19.0, brim - v), head.width + 8.5 - np.abs(u))
    seam = 1.0 - 0.35 * bell(v - brim, -19.0, 2.0)
    darken(area.of(planes), soft(shape, 1.8) * bell(v - brim, -20.5, 2.5), 0.30)
    over(area.of(planes), soft(band, 1.8), tint * (shade * knit * seam * 1.08))


def _brimmed(
    area: Window,
    planes: Array,
    tint: Array,
    shade: Array,
    u: Array,
    v: Array,
    head: Head,
    offset: tuple[int, int],
) -> None:
    base = 80.0 + 0.001 * u * u
    wide = head.width + 32.0
    middle = 74.0 - 0.0022 * u * u
    _cast(planes, area, u, v - base - 3.0, head, 0.62, 26.0)
    weave = 1.0 + 0.05 * noise("mottle", area, offset)
    crown = _crown(u, v, head.width + 3.0, 20.0, 78.0, 3.4)
    over(area.of(planes), soft(crown, 1.8), tint * (shade * weave))
    ribbon = np.minimum(crown, np.minimum(v - 60.0, 76.0 - v))
    over(area.of(planes), soft(ribbon, 1.5), tint * (shade * 0.42))
    brim = (1.0 - np.sqrt((u / wide) ** 2 + ((v - middle) / 10.5) ** 2)) * 16.0
    over(area.of(planes), soft(brim, 1.8), tint * (shade * weave * (1.06 - 0.030 * (v - middle))))
