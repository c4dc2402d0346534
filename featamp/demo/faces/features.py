"""What sits on the face: eyes, brows, nostrils, mouth and beard."""

from __future__ import annotations

import numpy as np

from featamp.demo.faces.paint import (
    Array,
    bell,
    colour,
    darken,
    noise,
    over,
    palette,
    rise,
    smoothstep,
    soft,
    unit,
    window,
)
from featamp.demo.faces.skin import Head, Light

_IRIS = np.array(
    [[88, 122, 150], [110, 132, 120], [120, 92, 58], [82, 54, 36], [52, 34, 26]], dtype=np.float64
)
_EYE_SHADOW = np.array(
    [[96, 70, 80], [120, 78, 60], [70, 78, 100], [110, 60, 90]], dtype=np.float64
)
_LIPSTICK = np.array(
    [[186, 40, 58], [206, 70, 92], [150, 32, 62], [214, 92, 88], [176, 58, 96]], dtype=np.float64
)
EYE_U, EYE_V = 19.5, 112.0
_MOUTH = window(-32, 32, 138, 178)


def paint_eyes(planes: Array, f: dict[str, float], head: Head, light: Light) -> None:
    """Both eyes with lids, lashes and eye shadow."""
    for side in (-1.0, 1.0):
        _eye(planes, f, head, light, side)


def _eye(planes: Array, f: dict[str, float], head: Head, light: Light, side: float) -> None:
    centre = side * EYE_U
    area = window(round(centre) - 19, round(centre) + 19, 94, 126)
    part = area.of(planes)
    outward = side * (area.u - np.float32(centre))  # positive to the temple
    y = area.v - np.float32(EYE_V)
    makeup, narrow = rise(f["makeup"], 0.15, 0.9), rise(f["eye_narrowness"], 0.1, 0.9)
    smile, size = rise(f["smile"], 0.2, 0.9), f["eye_size"] + 0.35 * rise(f["appeal"], 0.1, 0.9)
    half = np.float32(10.6 + 0.9 * size + 0.4 * makeup - 0.7 * head.masculine)
    x = outward / half
    arch = np.clip(1.0 - x * x, 0.0, 1.0)
    tilt = -0.07 * outward
    upper = tilt - (
        5.3 + 1.1 * size - 2.5 * narrow - 0.7 * head.masculine - 0.9 * head.old - 0.4 * smile
    ) * arch ** np.float32(0.72)
    lower = tilt + (3.1 + 0.5 * size - 1.5 * narrow - 1.0 * smile) * arch
    shadow = bell(outward, 1.0, 12.0) * smoothstep(y, -12.5, -7.0) * soft(upper - y + 1.0, 2.0)
    hue = palette(_EYE_SHADOW, f["accent_hue"])
    over(part, shadow * np.float32(0.55 * makeup), hue * head.skin * 1.3)
    crease = np.exp(-(((y - upper + 3.4) / 1.1) ** 2)) * np.clip(1.15 - x * x, 0.0, 1.0)
    darken(part, crease, 0.30 * (1.0 - 0.5 * narrow) + 0.15 * makeup + 0.1 * head.old)
    _eyeball(part, f, light, outward * side, y, x, upper, lower)
    lash = 1.0 + 0.95 * makeup + 0.5 * (1.0 - head.masculine)
    reach = np.clip((1.06 + np.float32(0.16 * makeup) * (x > 0.0) - np.abs(x)) * 6.0, 0.0, 1.0)
    wing = np.float32(-0.8 * makeup) * np.maximum(outward - np.float32(0.9) * half, 0.0)
    line = np.clip(1.25 - np.abs(y - upper - wing + 0.5) / lash, 0.0, 1.0) * reach
    over(part, line * np.float32(0.72 + 0.2 * makeup), colour(28, 18, 16))
    under = np.clip(1.0 - np.abs(y - lower - 0.2) / (0.9 + 0.4 * makeup), 0.0, 1.0) * np.clip(
        (1.0 - np.abs(x)) * 5, 0, 1
    )
    over(part, under * np.float32(0.32 + 0.38 * makeup), colour(70, 42, 36))


def _eyeball(
    part: Array,
    f: dict[str, float],
    light: Light,
    u: Array,
    y: Array,
    x: Array,
    upper: Array,
    lower: Array,
) -> None:
    """White, iris, pupil and the light's reflection between the lids."""
    open_eye = np.minimum(soft(y - upper), soft(lower - y)) * np.clip(
        (1.0 - np.abs(x)) * 6.0, 0.0, 1.0
    )
    gaze = np.float32(2.4 * (f["gaze"] - 0.5))
    white = colour(232, 226, 220) * np.float32(0.80 + 0.2 * light.strength)
    ball = white * (1.0 - 0.42 * np.exp(-np.maximum(y - upper, 0.0) / 1.8) - 0.22 * x**4)
    distance = np.sqrt((u - gaze) ** 2 + (y + 0.7) ** 2)
    iris = palette(_IRIS, f["eye_colour"])
    over(
        ball,
        soft(5.1 - distance, 1.4),
        iris * (1.15 - 0.55 * smoothstep(distance, 3.0, 5.2) + 0.06 * y),
    )
    over(ball, soft(2.3 - distance, 1.2), colour(12, 9, 9))
    spark = np.exp(-((u - gaze - np.float32(3.0 * light.x)) ** 2 + (y + 2.6) ** 2) / 1.3)
    ball += np.float32(0.95) * spark
    over(part, open_eye, ball)


def paint_brows(
    planes: Array, f: dict[str, float], head: Head, hair: Array, offset: tuple[int, int]
) -> None:
    """Eyebrows in a darker tone of the hair."""
    thick, arch = rise(f["brow_thickness"], 0.1, 0.9), rise(f["brow_arch"], 0.1, 0.9)
    tone = hair * np.float32(0.62) + colour(24, 15, 10)
    for side in (-1.0, 1.0):
        area = window(round(side * EYE_U) - 20, round(side * EYE_U) + 20, 86, 108)
        x = side * area.u - np.float32(EYE_U) - np.float32(0.8 * head.yaw * side)
        middle = (
            97.8 + 2.6 * head.masculine - 4.6 * arch * bell(x, 6.0, 9.0) - 1.2 * bell(x, 2.0, 11.0)
        )
        middle = middle + np.maximum(x - 6.0, 0.0) * (0.12 + 0.22 * arch)
        along = np.clip((x + 14.5 + 1.5 * thick) / 30.0, 0.0, 1.0)
        half = (
            (1.25 + 1.15 * head.masculine + 1.75 * thick)
            * (1.0 - along**2.4)
            * np.clip(along * 9.0, 0.0, 1.0)
        )
        rough = 0.55 + 0.5 * thick
        hairs = rough * noise("mottle", area, offset)
        mask = soft(half - np.abs(area.v - middle) + 0.6 * hairs - 0.2, 2.2)
        mask = mask * np.clip((15.0 - x) * 0.4, 0.0, 1.0) * np.clip(along * 8.0, 0.0, 1.0)
        over(area.of(planes), mask * np.float32(0.70 + 0.18 * thick + 0.10 * f["makeup"]), tone)


def paint_nostrils(planes: Array, f: dict[str, float], head: Head) -> None:
    """The underside of the nose and both nostrils."""
    big, point = rise(f["nose_size"], 0.1, 0.95), rise(f["nose_point"], 0.1, 0.95)
    area = window(-20, 20, 128, 148)
    part, v = area.of(planes), area.v
    u = area.u - np.float32(3.0 * head.yaw)
    base = 139.6 + 1.5 * head.pitch + 1.5 * big
    holes = bell(np.abs(u), 4.2 + 1.6 * big - 0.7 * point, 2.2 + 0.6 * big) * bell(
        v, base, 1.5 + 0.3 * big
    )
    darken(part, holes, 0.72, colour(95, 40, 35))
    wing = 9.3 + 3.0 * big - 1.3 * point
    sides = bell(np.abs(u), wing, 1.5) * bell(v, base - 3.0, 3.8)
    darken(part, sides, 0.26 + 0.08 * big)


def paint_mouth(planes: Array, f: dict[str, float], head: Head, light: Light) -> None:
    """Lips, and teeth or the dark between them."""
    smile, opening = rise(f["smile"], 0.12, 0.92), rise(f["mouth_opening"], 0.3, 0.92)
    full, painted = rise(f["lip_fullness"], 0.1, 0.95), rise(f["lipstick"], 0.2, 0.9)
    part = _MOUTH.of(planes)
    u, y = _MOUTH.u - np.float32(1.6 * head.yaw), _MOUTH.v - np.float32(153.0 + 0.8 * head.pitch)
    half = np.float32(15.0 + 5.0 * smile + 0.8 * head.masculine - 1.2 * opening * (1.0 - smile))
    t = np.clip(u / half, -1.3, 1.3)
    round_off = np.clip(1.0 - t * t, 0.0, 1.0)
    middle = (1.0 - 5.2 * smile) * np.minimum(t * t, 1.0) + 1.6 * smile - 0.3
    gap = opening * (7.0 + 2.0 * smile)
    in_top = middle - np.float32(0.32 * gap) * round_off ** np.float32(0.8)
    in_low = middle + np.float32(0.68 * gap) * round_off ** np.float32(0.8)
    thin = 1.08 - 0.22 * smile - 0.26 * head.masculine - 0.22 * head.old
    bow = 1.0 - 0.26 * bell(t, 0.0, 0.13) - 0.12 * t * t
    top = in_top - np.float32((3.9 + 2.7 * full) * thin) * bow * round_off ** np.float32(0.75)
    low = in_low + np.float32((5.2 + 3.3 * full) * thin) * round_off ** np.float32(0.62)
    lips = np.minimum(soft(y - top, 1.5), soft(low - y, 1.5)) * np.clip(
        (1.0 - np.abs(t)) * 7.0, 0.0, 1.0
    )
    over(part, lips, _lips(f, head, light, painted, y, top, in_top, in_low, low))
    if gap > 0.3:
        _inside(part, smile, t, y, in_top, in_low)
    seam = np.exp(-(((y - in_top) / 0.95) ** 2)) * np.clip((1.03 - np.abs(t)) * 8.0, 0.0, 1.0)
    darken(part, seam, 0.62 * (1.0 - 0.6 * opening), colour(70, 20, 20))
    corner = bell(np.abs(u), float(half), 2.3) * np.exp(-(((y - middle) / 2.4) ** 2))
    darken(part, corner, 0.28 + 0.18 * smile)


def _lips(
    f: dict[str, float],
    head: Head,
    light: Light,
    painted: float,
    y: Array,
    top: Array,
    in_top: Array,
    in_low: Array,
    low: Array,
) -> Array:
    """The lips' colour: the upper turned from the light from above, the lower with a gloss."""
    red = palette(_LIPSTICK, f["accent_hue"])
    natural = head.skin * (colour(222, 150, 146) + np.float32(head.masculine) * colour(-8, 22, 16))
    tone = natural + np.float32(0.88 * painted) * (red * (0.55 + 0.45 * head.skin) - natural)
    upper = np.clip((y - top) / np.maximum(in_top - top, 0.8), 0.0, 1.0)
    lower = np.clip((low - y) / np.maximum(low - in_low, 0.8), 0.0, 1.0)
    bright = np.float32(0.98 - 0.1 * light.strength) - 0.16 * upper + 0.22 * lower * (y > in_low)
    lips: Array = tone * bright
    gloss = np.exp(-(((lower - 0.55) / 0.22) ** 2)) * (y > in_low)
    lips += np.float32(0.08 + 0.10 * painted) * gloss * np.float32(light.strength)
    return lips


def _inside(part: Array, smile: float, t: Array, y: Array, in_top: Array, in_low: Array) -> None:
    hollow = np.minimum(soft(y - in_top), soft(in_low - y)) * np.clip(
        (0.99 - np.abs(t)) * 9.0, 0.0, 1.0
    )
    dark = colour(58, 18, 20) * (1.0 + 0.8 * np.clip((y - in_low + 3.0) / 3.0, 0.0, 1.0))
    edge = in_top + (in_low - in_top) * np.float32(0.45 + 0.40 * smile)
    gaps = 0.06 * np.cos(t * 34.0) ** 8
    teeth = colour(244, 238, 226) * (
        0.98 - gaps - 0.45 * t**4 - 0.18 * np.exp(-np.maximum(y - in_top, 0.0) / 0.9)
    )
    over(dark, soft(edge - y, 1.4) * np.clip((0.93 - np.abs(t)) * 9.0, 0.0, 1.0), teeth)
    over(part, hollow, dark)


def paint_beard(
    planes: Array, f: dict[str, float], head: Head, hair: Array, offset: tuple[int, int]
) -> None:
    """Shadow of stubble, goatee, mustache and sideburns, under the mouth in painting order."""
    stubble = max(
        rise(f["stubble"], 0.2, 0.85), 0.20 * head.masculine
    )  # a shaved beard still shades the jaw
    goatee = rise(f["goatee"], 0.3, 0.8)
    mustache, burns = rise(f["mustache"], 0.3, 0.8), rise(f["sideburns"], 0.3, 0.8)
    if max(stubble, goatee, mustache, burns) < 0.02:
        return
    area = window(-50, 50, 96, 192)
    u, v = area.u, area.v
    inside = np.maximum(head.half_width[area.rows] - np.abs(u - np.float32(head.shift)), 0.0)
    x = u - np.float32(1.6 * head.yaw)
    mask = np.zeros(inside.shape, dtype=np.float32)
    hairs = noise("mottle", area, offset)
    if stubble > 0.02:
        line = (
            147.0
            - 0.034 * np.maximum(np.abs(x) - 12.0, 0.0) ** 2
            + 7.0 * bell(np.abs(x), 22.0, 9.0)
        )
        jaw = smoothstep(v - line, -5.0, 9.0) * smoothstep(v, 108.0, 128.0)
        lip = bell(x, 0.0, 20.0) * bell(v, 146.0, 4.0)
        mask = np.maximum(
            mask,
            np.float32(0.50 * stubble)
            * np.maximum(jaw, 0.9 * lip)
            * (0.95 + 0.14 * noise("grain", area, offset)),
        )
    if goatee > 0.02:
        chin = 1.0 - ((x / 15.0) ** 2 + ((v - head.chin + 8.0) / 13.0) ** 2)
        sides = (
            2.2
            - np.abs(np.abs(x) - 18.5) * 0.5
            - np.maximum(150.0 - v, 0.0)
            - np.maximum(v - 176.0, 0.0)
        )
        patch = np.maximum(soft(5.0 * chin + hairs, 3.0), 0.85 * soft(sides + 0.8 * hairs, 2.5))
        mask = np.maximum(mask, np.float32(0.86 * goatee) * patch)
    if mustache > 0.02:
        droop = 145.6 + 0.007 * x * x + 0.5 * bell(x, 0.0, 2.0)
        ends = unit((21.0 - np.abs(x)) * 0.4)
        band = (3.4 + 0.5 * bell(np.abs(x), 8.0, 6.0)) * np.clip(
            1.0 - (np.abs(x) / 21.0) ** 3, 0.0, 1.0
        )
        mask = np.maximum(
            mask,
            np.float32(0.88 * mustache) * ends * soft(band - np.abs(v - droop) + 0.7 * hairs, 2.2),
        )
    if burns > 0.02:
        strip = 10.0 - inside - 0.3 * np.maximum(v - 134.0, 0.0)
        down = np.minimum(soft(strip + 1.2 * hairs, 3.5), soft(150.0 - v + 2.0 * hairs, 8.0))
        mask = np.maximum(mask, np.float32(0.82 * burns) * down)
    mask = mask * np.clip(inside * 0.5, 0.0, 1.0)
    tone = (hair * np.float32(0.68) + np.float32(0.02)) * (
        1.0 + 0.16 * noise("grain", area, (offset[1], offset[0]))
    )
    over(area.of(planes), mask, tone)
