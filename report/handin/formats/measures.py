"""What the formats have in common: how wide a picture stands, which words may be split."""

from __future__ import annotations

import io
import re
from pathlib import Path

INDEXED = re.compile("([^\\W\\d_]′?)ᵢ")
"""A letter with the index i, in plain characters."""
WIDTH, HEIGHT = 16.0, 20.0
"""Width of the text in cm, and the most that a picture may be high."""
UNBROKEN, UNBROKEN_CELL = 30, 10
"""A word of more letters than these may be split, in the text and in a cell: whatever is written
stays on the page."""


def fitted_width(picture: Path | bytes) -> float:
    """How wide a picture stands in the text, in cm: as the text, or less where it would be too
    high.
    """
    from PIL import Image

    with Image.open(io.BytesIO(picture) if isinstance(picture, bytes) else picture) as image:
        return min(WIDTH, HEIGHT * image.width / image.height)
