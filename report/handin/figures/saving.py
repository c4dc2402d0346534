"""A figure to the bytes of PNG (300 dpi), PDF and SVG files, the same bytes every time."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from .faces import Enlarged
from .style import DPI
from .vectors import save_pdf

METADATA: dict[str, dict[str, Any]] = {
    "pdf": {"Creator": "featamp", "Producer": "matplotlib", "CreationDate": None},
    "svg": {"Date": None, "Creator": None},
}


def save(figure: Figure, *suffixes: str) -> dict[str, bytes]:
    """The bytes of a figure in each format, inside `style()`."""
    files = {}
    for suffix in suffixes:
        buffer = io.BytesIO()
        if suffix == "png":
            _save_pixels(figure, buffer)
        elif suffix == "pdf":
            pitches = dict(faces.pitch for faces in figure.findobj(Enlarged))
            save_pdf(figure, buffer, METADATA[suffix], pitches)
        else:
            figure.savefig(buffer, format=suffix, dpi=DPI, metadata=METADATA[suffix])
        files[suffix] = buffer.getvalue()
    return files


def _save_pixels(figure: Figure, buffer: io.BytesIO) -> None:
    """A PNG without the transparency that Matplotlib's own has: a quarter less to pack. One level
    more packs 2 % smaller, and takes 1.6 times as long.
    """
    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # type: ignore[no-untyped-call]
    pixels = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")  # type: ignore[no-untyped-call]
    pixels.save(buffer, "PNG", dpi=(figure.dpi, figure.dpi), compress_level=5)
