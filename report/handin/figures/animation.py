"""A sweep as a short animation for slides: alpha runs there and back, the same bytes every
time.
"""

from __future__ import annotations

import io
import math
from itertools import pairwise
from pathlib import Path

import matplotlib
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from featamp.measure.sweep import mosaic

from ...findings.pictures import reduced
from ...view.words import alpha
from .strips import Strip
from .style import POINT, shorten

COLUMNS = 4
"""Faces side by side."""
CELL = 128
"""A face is enlarged by a whole number, up to this width in pixels."""
LARGEST = 96
"""A face of more pixels is reduced to this width: its pixels do not repeat, so they take more
bytes."""
BAND, TEXT = 36, 17
"""Height of the band above the faces, and of its letters, in pixels."""
TITLE = 160
"""Room for the title at least, in pixels, however few faces there are."""
STEP, REST = 140, 700
"""How long a frame stands, and how long those at the ends do, in milliseconds."""
LIMIT = 400_000
COLOURS = (192, 96, 48)
"""Colours of the faces: the most with which the file has no more than `LIMIT` bytes."""
GREYS = 8
"""Colours of the band, from white to black."""
CLEAR = 255
"""Where a frame shows what the one before it does: most of it, which takes half of the bytes."""


def animate(strip: Strip) -> dict[str, bytes]:
    """One dimension over its samples, alpha printed above them in both units: gif."""
    faces = reduced(strip.frames, LARGEST)
    for colours in COLOURS:
        content = _encode(strip, faces, colours)
        if len(content) <= LIMIT:
            break
    return {"gif": content}


def _encode(strip: Strip, faces: NDArray[np.uint8], colours: int) -> bytes:
    """The animation with one palette for all its frames."""
    samples, alphas, height, width = faces.shape[:4]
    every = Image.fromarray(mosaic(faces))
    few = every.resize(
        (every.width // 3, every.height // 3), Image.Resampling.NEAREST
    )  # a palette needs no more
    palette = few.quantize(colours, method=Image.Quantize.MEDIANCUT)
    indices = np.asarray(every.quantize(palette=palette, dither=Image.Dither.NONE))
    cells = indices.reshape(samples, height, alphas, width).transpose(
        2, 0, 1, 3
    )  # [alpha, sample, height, width]
    table = np.zeros((colours + GREYS, 3), int)
    used = np.reshape(palette.getpalette() or [], (-1, 3))[:colours]
    table[: len(used)] = used
    table[colours:] = np.linspace(255, 0, GREYS).round()[:, None]
    labels = _labels(strip)
    across = math.ceil(max(map(_font().getlength, labels))) + 16
    steps = [_frame(*step, colours, across) for step in zip(cells, labels, strict=True)]
    path = [*range(alphas), *range(alphas - 2, 0, -1)]
    changes = [np.where(steps[k] == steps[j], CLEAR, steps[k]) for j, k in pairwise(path)]
    first, *others = (_picture(step, table) for step in (steps[0], *changes))
    rests = [REST if k in (0, alphas - 1) else STEP for k in path]
    buffer = io.BytesIO()
    first.save(
        buffer, "GIF", save_all=True, append_images=others, duration=rests, loop=0,
        optimize=False, disposal=1, transparency=CLEAR,
    )  # fmt: skip
    return buffer.getvalue()


def _picture(step: NDArray[np.uint8], table: NDArray[np.int64]) -> Image.Image:
    picture = Image.fromarray(step.astype(np.uint8))
    picture.putpalette(table.ravel().tolist())
    return picture


def _labels(strip: Strip) -> list[str]:
    """What stands in the band above each step: the title, as much of it as there is room for, and
    alpha in both units.
    """
    steps = [
        f"    α = {alpha(raw)} raw, {alpha(sigma)} σ"
        for raw, sigma in zip(strip.raw, strip.sigma, strict=True)
    ]
    faces = min(COLUMNS, len(strip.frames)) * CELL
    room = max(faces - 16 - max(map(_font().getlength, steps)), TITLE)
    title = shorten(strip.title, TEXT / POINT, room)
    return [title + step for step in steps]


def _font() -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(
        str(Path(matplotlib.get_data_path(), "fonts/ttf/DejaVuSans.ttf")), TEXT
    )


def _frame(block: NDArray[np.uint8], label: str, colours: int, across: int) -> NDArray[np.uint8]:
    """Faces [sample, height, width] in a block under a band that holds `label`, `across` pixels
    wide at least; all as indices of the palette.
    """
    samples, height, width = block.shape
    columns, rows = min(COLUMNS, samples), math.ceil(samples / COLUMNS)
    scale = max(1, CELL // width)
    blank = np.full((columns * rows - samples, height, width), colours, np.uint8)
    cells = np.concatenate([block, blank]).reshape(rows, columns, height, width).swapaxes(1, 2)
    sheet = (
        cells.reshape(rows * height, columns * width).repeat(scale, axis=0).repeat(scale, axis=1)
    )
    font = _font()
    across = max(sheet.shape[1], across)
    band = Image.new("L", (across, BAND))
    ImageDraw.Draw(band).text((8, BAND // 2), label, fill=255, font=font, anchor="lm")
    ink = colours + np.rint(np.asarray(band) / 255 * (GREYS - 1)).astype(np.uint8)
    return np.vstack(
        [ink, np.pad(sheet, ((0, 0), (0, across - sheet.shape[1])), constant_values=colours)]
    )
