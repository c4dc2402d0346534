"""The head: its outline, its relief, and skin shaded under the scene's light."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from featamp.demo.faces.paint import (
    WHOLE,
    Array,
    Window,
    bell,
    darken,
    noise,
    over,
    palette,
    rise,
    smoothstep,
    soft,
    window,
)

_TONES = np.array(
    [
        [253, 226, 212],
        [247, 209, 186],
        [238, 192, 163],
        [226, 172, 138],
        [196, 138, 101],
        [142, 92, 63],
        [92, 60, 45],
    ],
    dtype=np.float64,
)
_TONE_AT = np.array([0.0, 0.12, 0.4, 0.62, 0.8, 0.93, 1.0])
HEAD = window(-62, 62, 34, 200)
_FACE = window(-46, 46, 78, 192)
_NOSE = window(-22, 22, 98, 150)


@dataclass(frozen=True)
class Light:
    """Direction of the light (x right, y down, z to the viewer) and its strength beside ambient
    light.
    """

    x: float
    y: float
    z: float
    strength: float


@dataclass(frozen=True)
class Head:
    """One head's geometry in pixels of the upright frame."""

    half_width: Array  # [HEIGHT, 1], the outline's half width at each row
    width: float
    top: float
    chin: float
    shift: (
        float  # the outline's centre: the eyes stay in place, so a turned head moves behind them
    )
    yaw: float
    pitch: float
    old: float
    masculine: float
    skin: Array  # [3, 1, 1]


def make_light(f: dict[str, float]) -> Light:
    """The light on the face that the factors name: direction and strength."""
    side, up = 2.2 * (f["light_side"] - 0.5), -0.15 - 0.6 * f["light_height"]
    length = (side * side + up * up + 1.0) ** 0.5
    return Light(side / length, up / length, 1.0 / length, 0.32 + 0.48 * f["light_strength"])


def _skin_colour(tone: float) -> Array:
    return palette(_TONES, float(np.interp(tone, _TONE_AT, np.linspace(0.0, 1.0, len(_TONES)))))


def make_head(f: dict[str, float]) -> Head:
    """The outline: half an ellipse for the skull, a superellipse for the jaw."""
    masculine = rise(f["masculinity"], 0.1, 0.9)
    heavy, longer = rise(f["chubbiness"], 0.1, 0.9), rise(f["face_length"], 0.1, 0.9)
    width = 40.8 + 3.2 * masculine + 6.0 * heavy - 3.2 * longer + 2.0 * (f["jaw_width"] - 0.5)
    chin = (
        179.5
        + 4.5 * masculine
        + 3.5 * longer
        + 2.5 * rise(f["mouth_opening"], 0.3, 0.9)
        + 1.0 * heavy
    )
    top, middle = 43.0, 108.0
    jaw = 2.1 + 1.15 * masculine + 0.8 * heavy - 0.35 * longer + 0.5 * (f["jaw_width"] - 0.5)
    v = WHOLE.v
    skull = 1.0 - np.clip((middle - v) / (middle - top), 0.0, 1.0) ** 2.5
    cheek = 1.0 - np.clip((v - middle) / (chin - middle), 0.0, 1.0) ** jaw
    half_width = width * skull ** np.float32(0.44) * cheek ** np.float32(0.54)
    yaw = 2.0 * f["yaw"] - 1.0
    return Head(
        half_width=half_width.astype(np.float32),
        width=width,
        top=top,
        chin=chin,
        shift=-5.0 * yaw,
        yaw=yaw,
        pitch=2.0 * f["pitch"] - 1.0,
        old=rise(f["age"], 0.3, 0.9),
        masculine=masculine,
        skin=_skin_colour(f["skin_tone"]) * (1.0 - np.float32(0.05) * np.float32(masculine)),
    )


def outline_distance(head: Head, area: Window) -> Array:
    """Signed distance `[h, w]` to the head's outline, inside positive."""
    half = head.half_width[area.rows]
    slope = np.gradient(half[:, 0])[:, None].astype(np.float32)
    sides = (half - np.abs(area.u - np.float32(head.shift))) / np.sqrt(
        1.0 + np.minimum(slope * slope, 9.0)
    )
    ends = np.minimum(area.v - np.float32(head.top), np.float32(head.chin) - area.v)
    return np.asarray(np.minimum(sides, ends))


def _add(
    relief: Array, inside: Window, u0: float, du: float, v0: float, dv: float, height: float
) -> None:
    relief += (np.float32(height) * bell(inside.v, v0, dv)) * bell(inside.u, u0, du)


def _relief(f: dict[str, float], head: Head) -> Array:
    """Height of the features over the plain head, in pixels, over `HEAD`."""
    relief = np.zeros((HEAD.v.shape[0], HEAD.u.shape[1]), dtype=np.float32)
    m, turn, nod = head.masculine, head.yaw, head.pitch
    smile, bone = rise(f["smile"], 0.2, 0.9), rise(f["cheekbones"], 0.15, 0.9)
    heavy = rise(f["chubbiness"], 0.1, 0.9)
    for side in (-1.0, 1.0):
        _add(relief, HEAD, side * 18.5, 12.0, 109.5, 8.5, -5.5 - 2.5 * m)  # sockets
        _add(relief, HEAD, side * 16.0 + turn, 15.0, 96.0, 6.5, 1.0 + 4.0 * m)  # brow ridge
        _add(
            relief,
            HEAD,
            side * 27.5,
            11.0,
            134.0 - 4.0 * bone,
            9.0,
            1.5 + 4.5 * bone + 3.0 * smile + 2.0 * heavy,
        )
        _add(
            relief,
            HEAD,
            side * 30.0,
            9.0,
            155.0,
            13.0,
            -4.5 * bone + 5.0 * heavy - 1.5 * m - 2.0 * head.old,
        )  # hollow or full
        _add(relief, HEAD, side * 27.0, 7.0, 170.0, 7.0, 3.5 * head.old + 2.0 * heavy)  # jowls
        _add(
            relief,
            HEAD,
            side * 7.5 + 2.5 * turn,
            4.5,
            136.0 + nod,
            4.5,
            2.5 + 1.5 * rise(f["nose_size"], 0.1, 0.9),
        )
    _add(relief, HEAD, turn, 23.0, 154.0, 13.0, 5.0)  # the mouth's mound
    _add(relief, HEAD, turn, 9.0, 166.5, 3.5, -2.0)  # under the lip
    _add(relief, HEAD, turn, 10.0 + 4.0 * m, head.chin - 8.5, 7.5, 3.2 + 2.6 * m)
    _add(relief, HEAD, turn, 2.6, 145.0, 4.0, -1.0)  # philtrum
    _nose(relief[_inner(_NOSE)], f, head)
    return relief


def _inner(area: Window) -> tuple[slice, slice]:
    """The slices of `area` inside `HEAD`."""
    top, left = HEAD.rows.start, HEAD.columns.start
    return (
        slice(area.rows.start - top, area.rows.stop - top),
        slice(area.columns.start - left, area.columns.stop - left),
    )


def _nose(relief: Array, f: dict[str, float], head: Head) -> None:
    big, point = rise(f["nose_size"], 0.1, 0.95), rise(f["nose_point"], 0.1, 0.95)
    tip = 134.0 + 2.0 * head.pitch + 1.5 * big + 1.0 * point + 1.0 * head.masculine
    along = np.clip((_NOSE.v - 100.0) / (tip - 100.0), 0.0, 1.0)
    fall = 1.0 - smoothstep(_NOSE.v, tip + 1.0, tip + 7.5)
    ridge = (
        (3.0 + (7.5 + 2.0 * big + 2.0 * point) * along**1.6)
        * smoothstep(_NOSE.v, 98.0, 106.0)
        * fall
    )
    half = (
        4.4 + 0.8 * head.masculine + (2.2 + 1.0 * head.masculine + 2.6 * big - 1.6 * point) * along
    )
    across = (_NOSE.u - np.float32(3.5 * head.yaw) * along) / half.astype(np.float32)
    relief += ridge * np.exp(-across * across)
    ball = 2.0 + 2.0 * big - 0.6 * point
    relief += (ball * bell(_NOSE.v, tip, 4.5)) * bell(
        _NOSE.u, 3.5 * head.yaw, 5.2 + 2.5 * big - 1.8 * point
    )


def _slopes(f: dict[str, float], head: Head) -> tuple[Array, Array]:
    """Slopes of the surface to the right and downward, over `HEAD`."""
    relief = _relief(f, head)
    half = np.maximum(head.half_width[HEAD.rows], 1.0)
    across = np.clip((HEAD.u - np.float32(head.shift)) / half, -1.0, 1.0)
    right = across * np.float32(0.95) / np.sqrt(np.float32(1.12) - across * across)
    lean = (HEAD.v - np.float32(116.0)) / np.where(
        HEAD.v < 116.0, 116.0 - head.top, head.chin - 116.0
    )
    lean = np.clip(lean, -1.0, 1.0).astype(np.float32)
    down = np.repeat(
        0.9 * np.sign(lean) * np.abs(lean) ** 2.4 / np.sqrt(1.15 - lean * lean),
        right.shape[1],
        axis=1,
    )
    right[:, 1:-1] -= np.float32(0.5) * (relief[:, 2:] - relief[:, :-2])
    down = down.astype(np.float32)
    down[1:-1] -= np.float32(0.5) * (relief[2:] - relief[:-2])
    return right, down


def lit(light: Light, right: Array, down: Array) -> tuple[Array, Array]:
    """Shading `[3, h, w]` of a matt, slightly translucent surface, and its soft gloss `[h, w]`."""
    inverse = 1.0 / np.sqrt(1.0 + right * right + down * down)
    facing = (
        right * np.float32(light.x) + down * np.float32(light.y) + np.float32(light.z)
    ) * inverse
    shade = np.empty((3, *right.shape), dtype=np.float32)
    # Light that wanders under the skin comes out red: the red channel's terminator lies further
    # round.
    for channel, wrap in enumerate((0.42, 0.26, 0.20)):
        scale = 1.22 * light.strength / (1.0 + wrap)
        np.multiply(facing, scale, out=shade[channel])
        shade[channel] += wrap * scale
        np.maximum(shade[channel], 0.0, out=shade[channel])
        shade[channel] += 1.0 - 0.92 * light.strength
    half_x, half_y, half_z = light.x, light.y, light.z + 1.0
    norm = (half_x**2 + half_y**2 + half_z**2) ** 0.5
    gloss = (
        right * np.float32(half_x / norm)
        + down * np.float32(half_y / norm)
        + np.float32(half_z / norm)
    ) * inverse
    gloss = np.maximum(gloss, 0.0)
    for _ in range(4):
        gloss *= gloss
    return shade, gloss * np.float32(light.strength)


def paint_head(
    planes: Array, f: dict[str, float], head: Head, light: Light, offset: tuple[int, int]
) -> None:
    """Paint the bare head."""
    right, down = _slopes(f, head)
    shade, gloss = lit(light, right, down)
    appeal, old = rise(f["appeal"], 0.1, 0.9), head.old
    skin = head.skin * shade
    skin *= np.float32(1.0) + np.float32(0.012 - 0.006 * appeal + 0.008 * old) * noise(
        "mottle", HEAD, offset
    )
    skin += gloss * np.float32(0.10 - 0.03 * f["makeup"])
    _tint(skin, f, head)
    _wrinkle(skin, f, head, offset)
    over(HEAD.of(planes), soft(outline_distance(head, HEAD), 1.6), skin)


def _tint(skin: Array, f: dict[str, float], head: Head) -> None:
    """Warm cheeks, nose and chin; rouge."""
    u, v = HEAD.u, HEAD.v
    rouge = 0.16 + 0.75 * rise(f["blush"], 0.2, 0.9) + 0.12 * rise(f["makeup"], 0.3, 0.9)
    smile = rise(f["smile"], 0.2, 0.9)
    cheeks = (bell(u, -27.0, 12.0) + bell(u, 27.0, 12.0)) * bell(v, 136.0 - 2.0 * smile, 10.0)
    red = np.array([1.02, 0.80, 0.80], dtype=np.float32).reshape(3, 1, 1)
    darken(skin, cheeks, rouge, red)
    darken(skin, bell(u, 2.5 * head.yaw, 9.0) * bell(v, 136.0, 7.0), 0.35, red)
    sockets = (bell(u, -17.0, 11.0) + bell(u, 17.0, 11.0)) * bell(v, 109.0, 8.0)
    darken(skin, sockets, 0.12 + 0.10 * head.masculine + 0.06 * head.old)
    darken(skin, bell(u, 2.0 * head.yaw, 8.0) * bell(v, 143.0, 2.6), 0.17)  # under the nose
    darken(skin, bell(u, head.yaw, 10.0) * bell(v, 166.0, 2.8), 0.12)


def _wrinkle(skin: Array, f: dict[str, float], head: Head, offset: tuple[int, int]) -> None:
    """Nasolabial folds, bags, crow's feet and lines on the forehead."""
    u, v, old = _FACE.u, _FACE.v, head.old
    face = skin[(slice(None), *_inner(_FACE))]
    smile = rise(f["smile"], 0.2, 0.9)
    below = np.clip((v - 137.0) / 22.0, 0.0, 1.0)
    reach = bell(v, 147.0, 10.0)
    fold = 11.0 + (9.0 + 4.0 * smile) * below**0.8
    off = np.abs(u - np.float32(1.5 * head.yaw)) - fold
    darken(face, (np.exp(-(off**2) / 3.6) * reach), 0.03 + 0.13 * smile + 0.42 * old)
    bags = rise(f["eye_bags"], 0.15, 0.9)
    if bags > 0.02 or old > 0.05:
        off_u = (np.abs(u) - 18.5) / 12.0
        arc = 120.5 + 1.5 * bags - 4.0 * off_u**2
        across = np.clip(1.0 - off_u**2, 0.0, 1.0)
        darken(face, np.exp(-(((v - arc) / 2.3) ** 2)) * across, 0.36 * bags + 0.20 * old)
        puff = np.exp(-(((v - arc + 3.6) / 1.8) ** 2)) * across
        face += np.float32(0.05 * bags) * puff
    if old > 0.05:
        fan = np.abs(np.sin((v - 112.0) * 0.62 - (np.abs(u) - 32.0) * 0.1 * np.sign(v - 112.0)))
        feet = bell(np.abs(u), 35.0, 4.5) * bell(v, 112.0, 8.0) * fan**4
        darken(face, feet, (0.15 + 0.25 * smile) * old)
        darken(face, bell(np.abs(u), 17.0, 4.0) * bell(v, 168.0, 8.0), 0.30 * old)
        darken(
            face, bell(np.abs(u), 30.0, 8.0) * bell(v, 152.0, 16.0), 0.16 * old
        )  # sunken cheeks
        _forehead(skin, old)


_BROW_LINES = window(-30, 30, 70, 98)


def _forehead(skin: Array, old: float) -> None:
    area = skin[(slice(None), *_inner(_BROW_LINES))]
    u, v = _BROW_LINES.u, _BROW_LINES.v
    lines = np.maximum(np.sin((v - 78.0 + 0.0022 * u * u) * 0.98), 0.0) ** 4
    darken(area, lines * bell(u, 0.0, 22.0) * bell(v, 84.0, 8.5), 0.34 * old)


def paint_ears(planes: Array, head: Head, light: Light) -> None:
    """Ears stand out behind the head's outline; paint them before it."""
    for side in (-1.0, 1.0):
        centre = head.shift + side * (head.width + 1.0)
        area = window(round(centre) - 11, round(centre) + 11, 98, 143)
        x = side * (area.u - np.float32(centre))
        y = area.v - 119.0
        shape = 1.0 - np.sqrt(((x + 0.10 * y) / 6.0) ** 2 + (y / 14.0) ** 2)
        bright = 0.86 + 0.22 * light.strength * side * light.x
        inner = np.exp(-(((x - 1.5) / 2.4) ** 2) - ((y + 2.0) / 7.5) ** 2)
        red = np.array([1.0, 0.9, 0.88], dtype=np.float32).reshape(3, 1, 1)
        over(area.of(planes), soft(shape * 8.0, 1.6), head.skin * red * (bright - 0.28 * inner))


def paint_neck(planes: Array, f: dict[str, float], head: Head, light: Light) -> None:
    """Neck and chest, in the head's shadow."""
    area = window(-88, 88, 150, 225)
    u, v = area.u - np.float32(0.7 * head.shift), area.v
    half = 21.5 + 9.0 * head.masculine + 3.5 * rise(f["chubbiness"], 0.1, 0.9)
    flare = np.clip((v - 186.0) / 30.0, 0.0, 1.0)
    edge = half + 0.0025 * (v - 175.0) ** 2 + 60.0 * flare**1.7
    across = np.clip(u / edge, -1.0, 1.0)
    facing = across * np.float32(light.x) + np.sqrt(1.0 - 0.9 * across * across) * np.float32(
        light.z
    )
    shade = (1.0 - light.strength) + 1.25 * light.strength * np.maximum(facing, 0.0)
    under = 1.0 - smoothstep(v, head.chin + 1.0, head.chin + 20.0)
    shade *= 1.0 - (0.40 * under * bell(u - np.float32(9.0 * light.x * -1.0), 0.0, 46.0)).astype(
        np.float32
    )
    cords = bell(np.abs(u) + 0.35 * (v - 205.0), 9.0, 4.0) * smoothstep(v, 186.0, 200.0)
    shade *= 1.0 - 0.10 * cords
    over(area.of(planes), soft(edge - np.abs(u), 1.8), head.skin * (shade * np.float32(0.95)))


def paint_double_chin(planes: Array, f: dict[str, float], head: Head) -> None:
    """A second roll under the chin: a lighter fold with a dark crease above and below."""
    amount = rise(f["double_chin"], 0.15, 0.9)
    if amount < 0.02:
        return
    area = window(-40, 40, 165, 205)
    u = area.u - np.float32(0.5 * head.shift)
    for sag, width, sign in ((2.0, 2.2, -0.30), (8.0, 4.0, 0.10), (15.0, 2.4, -0.40)):
        arc = head.chin + sag - 0.011 * u * u
        fold = np.exp(-(((area.v - arc) / width) ** 2)) * bell(u, 0.0, 24.0 + sag * 0.5)
        part = area.of(planes)
        part += np.float32(sign * amount) * fold * part
