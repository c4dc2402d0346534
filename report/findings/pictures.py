"""Frames as pictures: as the store keeps them, as scripts read them, and to look at."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from featamp.measure.sweep import cells, mosaic

Frames = NDArray[np.uint8]
"""[row, column, height, width, 3]."""
WEBP_SIDE = 16383
"""Pixels on a side that a WebP picture holds."""
QUALITY = 80
"""Of the pictures that are only looked at, as WebP."""


def kept_frames(frames: Frames) -> bytes:
    """Frames as the store keeps them: each as its difference from the one before it in its row,
    which takes little more than half of the bytes.
    """
    return _exact(np.diff(frames, axis=1, prepend=np.uint8(0)), 0)  # bytes wrap around


def read_frames(path: Path, size: tuple[int, int]) -> Frames:
    """What `kept_frames` kept of frames of that height and width, every pixel as it was."""
    from PIL import Image

    with Image.open(path) as picture:
        steps = cells(np.asarray(picture), size)
    return np.cumsum(steps, axis=1, dtype=np.uint8)


def lossless(frames: Frames) -> bytes:
    """Frames as one picture without gaps, to read numbers from.

    A sixth smaller than a PNG; other methods save a fiftieth more in twice the time.
    """
    return _exact(frames, 3)


def lossless_suffix(rows: int, columns: int, size: tuple[int, int]) -> str:
    """How the file of such a picture ends: it is PNG where a WebP cannot hold it."""
    height, width = size
    return "webp" if max(rows * height, columns * width) <= WEBP_SIDE else "png"


def to_look_at(frames: Frames) -> bytes:
    """The same where nobody reads numbers: a tenth of the bytes, and no difference is seen. Frames
    of which a WebP cannot hold so many are reduced.
    """
    from PIL import Image

    rows, columns, height, width = frames.shape[:4]
    most = min(WEBP_SIDE // columns, width * (WEBP_SIDE // rows) // height)
    picture = BytesIO()
    seen = Image.fromarray(mosaic(reduced(frames, max(most, 1))))
    seen.save(picture, "WEBP", quality=QUALITY, method=4)
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


def _exact(frames: Frames, method: int) -> bytes:
    from PIL import Image

    rows, columns, height, width = frames.shape[:4]
    kind = lossless_suffix(rows, columns, (height, width)).upper()
    how = {"lossless": True, "quality": 0, "method": method} if kind == "WEBP" else {}
    picture = BytesIO()
    Image.fromarray(mosaic(frames)).save(picture, kind, **how)
    return picture.getvalue()
