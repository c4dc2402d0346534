"""Frames as pictures: as the store keeps them, as scripts read them, and to look at."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from zipfile import ZipFile, ZipInfo

import numpy as np
from numpy.typing import NDArray

from featamp.measure.sweep import cells, mosaic

Frames = NDArray[np.uint8]
"""[row, column, height, width, 3]."""
WEBP_SIDE = 16383
"""Pixels on a side that a WebP picture holds."""
WEBP_PIXELS = 6_000_000
"""Pixels that are packed without loss as WebP, which takes 22 bytes of memory for each of them
meanwhile; a PNG takes none."""
QUALITY = 80
"""Of the pictures that are only looked at, as WebP."""
METHOD = 2
"""In half of the time that the methods after it take, for a twentieth more bytes."""


def kept_frames(frames: Frames) -> bytes:
    """Frames as the store keeps them: a picture a row, so that a few can be read alone, each frame
    as its difference from the one before it, which takes little more than half of the bytes.
    """
    kept = BytesIO()
    with ZipFile(kept, "w") as archive:
        for number, row in enumerate(frames):
            changes = np.diff(row, axis=0, prepend=np.uint8(0))  # bytes wrap around
            archive.writestr(ZipInfo(str(number)), lossless(changes[None]))
    return kept.getvalue()


def read_frames(path: Path, size: tuple[int, int], count: int | None = None) -> Frames:
    """What `kept_frames` kept of frames of that height and width, every pixel as it was: the first
    `count` rows, all of them for None.
    """
    with ZipFile(path) as archive:
        names = archive.namelist()[:count]
        return np.stack([_read_row(archive.read(name), size) for name in names])


def _read_row(content: bytes, size: tuple[int, int]) -> NDArray[np.uint8]:
    """[column, height, width, 3] one row of them."""
    from PIL import Image

    with Image.open(BytesIO(content)) as picture:
        changes = cells(np.asarray(picture), size)[0]
    return np.cumsum(changes, axis=0, dtype=np.uint8)


def lossless(frames: Frames) -> bytes:
    """Frames as one picture without gaps, to read numbers from.

    A WebP is a twentieth smaller than a PNG, and packed in a sixth of the time; its slower methods
    save another sixteenth and take seven times as long. So do those of a PNG save a tenth in three
    times as long.
    """
    from PIL import Image

    rows, columns, height, width = frames.shape[:4]
    kind = lossless_suffix(rows, columns, (height, width)).upper()
    fast = {"compress_level": 1}
    how = {"lossless": True, "quality": 0, "method": 0} if kind == "WEBP" else fast
    picture = BytesIO()
    Image.fromarray(mosaic(frames)).save(picture, kind, **how)
    return picture.getvalue()


def lossless_suffix(rows: int, columns: int, size: tuple[int, int]) -> str:
    """How the file of a picture by `lossless` ends: it is PNG where a WebP cannot hold it, or
    would take much memory.
    """
    height, width = rows * size[0], columns * size[1]
    holds = max(height, width) <= WEBP_SIDE and height * width <= WEBP_PIXELS
    return "webp" if holds else "png"


def to_look_at(frames: Frames) -> bytes:
    """A picture of frames where nobody reads numbers: a tenth of the bytes of `lossless`, and no
    difference is seen. Frames of which a WebP cannot hold so many are reduced.
    """
    from PIL import Image

    rows, columns, height, width = frames.shape[:4]
    most = min(WEBP_SIDE // columns, width * (WEBP_SIDE // rows) // height)
    picture = BytesIO()
    seen = Image.fromarray(mosaic(reduced(frames, max(most, 1))))
    seen.save(picture, "WEBP", quality=QUALITY, method=METHOD)
    return picture.getvalue()


def reduced(frames: Frames, most: int) -> Frames:
    """Each frame made smaller where it is wider than `most` pixels."""
    from PIL import Image

    rows, columns, height, width = frames.shape[:4]
    if width <= most:
        return frames
    size = (most, max(1, height * most // width))
    small = [
        np.asarray(Image.fromarray(frame).resize(size, Image.Resampling.LANCZOS))
        for frame in frames.reshape(-1, height, width, 3)
    ]
    return np.stack(small).reshape(rows, columns, *size[::-1], 3)
