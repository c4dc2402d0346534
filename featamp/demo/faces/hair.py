"""Hair as soft masses of strands: one behind head and neck, one in front with hairline and
fringe.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from featamp.demo.faces.paint import (
    BANK,
    MARGIN,
    Array,
    Window,
    bell,
    colour,
    darken,
    noise,
    noise_bank,
    over,
    palette,
    rise,
    smoothstep,
    soft,
    unit,
    window,
)
from featamp.demo.faces.skin import Head, Light, outline_distance

_DARKNESS = np.array(
    [
        [238, 208, 148],
        [218, 178, 112],
        [178, 132, 80],
        [132, 88, 52],
        [104, 66, 40],
        [66, 43, 30],
        [36, 26, 22],
        [22, 18, 18],
    ],
    dtype=np.float64,
)
_DARKNESS_AT = (0.0, 0.13, 0.24, 0.36, 0.54, 0.66, 0.78, 1.0)
EAR = 112.0
_JAW = 150 + MARGIN  # the canvas row from which side hair falls straight


@dataclass(frozen=True)
class Hair:
    """Where in `area` the hair lies, as signed distances in pixels `[h, w]`, and its picture `[3,
    h, w]`.
    """

    area: Window
    back: Array
    front: Array
    picture: Array
    opacity: float


def hair_colour(f: dict[str, float]) -> Array:
    """The colour of the hair, its darkness and its share of gray mixed: [3], 0 to 255."""
    natural = palette(
        _DARKNESS, float(np.interp(f["hair_darkness"], _DARKNESS_AT, np.linspace(0.0, 1.0, 8)))
    )
    gray = rise(f["hair_gray"], 0.25, 0.85)
    gray = max(gray, 0.24 * rise(f["age"], 0.5, 0.95))
    return natural + np.float32(gray) * (colour(196, 194, 194) - natural)


def make_hair(f: dict[str, float], head: Head, light: Light, offset: tuple[int, int]) -> Hair:
    """The masses and their strands."""
    length, bald = f["hair_length"], rise(f["baldness"], 0.3, 0.7)
    wavy = rise(f["hair_wave"], 0.25, 0.95)
    end = 104.0 + 150.0 * max(length - 0.30, 0.0) ** 0.8 + 18.0 * length
    long = rise(length, 0.36, 0.5)
    area = window(-106, 106, 24, 8 * round(end / 8.0) + 16)
    u, v = area.u - np.float32(head.shift), area.v
    side = np.abs(u)
    outer = _outer(v, f, head, end, long, bald, wavy)
    strands = _strands(u, v, f, outer, wavy, offset)
    curly = np.float32(wavy * (1.0 - long))
    strands = (1.0 - curly) * strands + 1.5 * curly * noise("curl", area, offset)
    rough = np.float32(0.6 + 0.5 * wavy) * strands * unit(outer * np.float32(0.06))
    edge = np.minimum(outer - side, v - _crown(f, head, bald))
    back = np.minimum(edge, np.float32(end) + 4.0 - v) + rough
    front = np.maximum(_hairline(f, u, strands, bald) - v, side - _inner_edge(area, f, head, long))
    front = np.minimum(np.minimum(front, edge), np.float32(end) - v) + rough
    picture = _shaded(f, light, u, v, outer, strands)
    return Hair(area, back, front, picture, 1.0 - 0.35 * bald)


def _crown(f: dict[str, float], head: Head, bald: float) -> float:
    """The hair's highest row."""
    return head.top - (2.0 + 8.0 * f["hair_volume"] + 3.0 * rise(f["hair_wave"], 0.25, 0.95)) * (
        1.0 - bald
    )


def _outer(
    v: Array, f: dict[str, float], head: Head, end: float, long: float, bald: float, wavy: float
) -> Array:
    """The silhouette's half width at each row `[h, 1]`."""
    volume, crown = f["hair_volume"], _crown(f, head, bald)
    wide = (
        head.width + (2.0 + 3.0 * volume) * (1.0 - bald) + long * (4.0 + 7.0 * volume + 5.0 * wavy)
    )
    up = np.clip((EAR - v) / (EAR - crown), 0.0, 1.0)
    outer: Array = wide * (1.0 - up ** np.float32(2.5)) ** np.float32(0.43)
    down = np.clip((v - EAR) / 70.0, 0.0, 1.2)
    outer += long * (
        (2.0 + 9.0 * wavy + 5.0 * volume) * down
        + 2.6 * wavy * np.sin((v - 100.0) * 0.17 + 6.0 * f["texture"])
    )
    outer -= (1.0 - long) * 3.0 * down * 8.0
    tail = np.clip((v - (end - 34.0)) / 38.0, 0.0, 1.0)
    outer = outer - 14.0 * long * tail**2
    return outer.astype(np.float32, copy=False)


def _inner_edge(area: Window, f: dict[str, float], head: Head, long: float) -> Array:
    """Half width of the face that the side hair leaves free `[h, 1]`."""
    v = area.v
    half = np.where(v > 150.0, head.half_width[_JAW], head.half_width[area.rows])
    cover = long * (1.5 + 5.0 * f["hair_volume"] + 3.0 * bell(v, 140.0, 30.0)) + (1.0 - long) * (
        3.0 - 9.0 * smoothstep(v, 104.0, 124.0)
    )
    return (half - cover).astype(np.float32)


def _hairline(f: dict[str, float], u: Array, strands: Array, bald: float) -> Array:
    """The row above which the forehead is covered `[h, w]`."""
    bangs, receding = rise(f["bangs"], 0.25, 0.8), rise(f["receding"], 0.25, 0.85)
    part = np.float32(34.0 * (f["hair_part"] - 0.5))
    off = np.abs(u - part)
    long = rise(f["hair_length"], 0.3, 0.5)
    curtain = 24.0 * (off / 40.0) ** np.float32(1.5) + 2.0 * np.minimum(off * 0.2, 1.0)
    short = (
        20.0 * np.clip(np.abs(u) / 41.0, 0.0, 1.2) ** 4
        + 0.25 * part * u / 41.0
        - 3.0 * bell(u, float(part), 12.0)
    )
    line = 69.5 + long * curtain + (1.0 - long) * short
    line = line - receding * (9.0 + 11.0 * bell(np.abs(u), 21.0, 10.0)) - 40.0 * bald
    fringe = 96.0 + 5.0 * (np.abs(u) / 40.0) ** 2 - 5.0 * bell(u, float(part), 7.0)
    covered: Array = line + np.float32(bangs) * (np.maximum(fringe - line, 0.0) + 2.2 * strands)
    return covered


def _strands(
    u: Array, v: Array, f: dict[str, float], outer: Array, wavy: float, offset: tuple[int, int]
) -> Array:
    """Noise of deviation 1 along the strands: meridians from the parting that wave as they
    fall.
    """
    part = np.float32(20.0 * (f["hair_part"] - 0.5)) * np.clip((105.0 - v) / 60.0, 0.0, 1.0)
    across = (u - part) / np.maximum(outer + 5.0, 12.0)
    fall = np.clip((v - 60.0) / 80.0, 0.0, 1.0)
    phase = 6.28 * f["texture"]
    sway = (0.09 * wavy) * fall * np.sin(v * np.float32(0.15 + 0.05 * f["cloth_style"]) + phase)
    swing = across + sway * (1.0 + 0.5 * np.sin(across * 7.0 + phase))
    rows = (swing * np.float32(58.0) + np.float32(256 + offset[0])).astype(np.int32) & (BANK - 1)
    columns = (v * np.float32(0.8) + np.float32(offset[1])).astype(np.int32) & (BANK - 1)
    along: Array = noise_bank()["strands"].ravel()[rows * BANK + columns]
    return along


def _shaded(
    f: dict[str, float], light: Light, u: Array, v: Array, outer: Array, strands: Array
) -> Array:
    """Strands under the light: round mass, a band of gloss along the crown, dark depths."""
    tone = hair_colour(f)
    across = np.clip(u / np.maximum(outer, 4.0), -1.0, 1.0)
    round_mass = across * np.float32(0.9 * light.x) + np.sqrt(
        1.0 - 0.85 * across * across
    ) * np.float32(light.z)
    bright = (1.0 - light.strength) + 1.2 * light.strength * np.maximum(round_mass, 0.0)
    bright *= 1.0 + (0.10 * smoothstep(v, 110.0, 40.0) - 0.14 * smoothstep(v, 110.0, 190.0))
    bright *= 1.0 + np.float32(0.12) * strands
    picture: Array = tone * bright
    band = bell(v + 10.0 * across * across - 2.5 * strands, 58.0, 9.0) + 0.5 * bell(v, 150.0, 26.0)
    shine = (
        np.float32(light.strength)
        * band
        * (0.75 + 0.4 * strands)
        * np.maximum(0.35 + round_mass * 0.6, 0.0)
    )
    picture += shine * (0.35 * tone + np.float32(0.045))
    return picture


def paint_back(planes: Array, hair: Hair) -> None:
    """The mass behind head and neck, in the shade of the head."""
    u, v = hair.area.u, hair.area.v
    mask = soft(hair.back, 3.0) * np.float32(hair.opacity)
    depth = np.float32(1.0) - 0.5 * bell(u, 0.0, 40.0) * smoothstep(v, 120.0, 170.0)
    over(hair.area.of(planes), mask, hair.picture * depth)


def paint_front(planes: Array, hair: Hair, head: Head) -> None:
    """The mass in front, with its shadow on the skin."""
    inside = unit(outline_distance(head, hair.area))
    shade = unit((hair.front + np.float32(7.0)) * np.float32(1.0 / 8.0))
    darken(hair.area.of(planes), shade * shade * inside, 0.30 * hair.opacity, colour(60, 30, 20))
    over(hair.area.of(planes), soft(hair.front, 2.6) * np.float32(hair.opacity), hair.picture)
