"""What all figures have in common: sizes, letters, colours.

Pictures are laid out in pixels of the 300 dpi PNG.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.textpath import text_to_path

DPI = 300
POINT = DPI / 72
PAGE = 7 * DPI
"""Text width of a two-column paper: nothing but the sheet is wider."""
COLUMN = 7 * DPI // 2
"""Width of one of its columns."""
SMALL, BODY, TITLE = 6.0, 6.5, 7.5
"""Font sizes in points; nothing is smaller than 6 points."""
LINE = round(1.2 * BODY * POINT)
FONT = "DejaVu Sans"
INK, MUTED, PALE = "#1a1a1a", "#595959", "#d9d9d9"
ACCENTS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")
STYLE: dict[Any, Any] = {
    "font.family": [FONT],
    "font.size": BODY,
    "text.color": INK,
    "text.parse_math": False,
    "axes.labelsize": BODY,
    "axes.edgecolor": MUTED,
    "axes.linewidth": 0.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "xtick.major.width": 0.5,
    "ytick.major.width": 0.5,
    "hatch.linewidth": 0.5,
    "image.composite_image": False,
    "pdf.compression": 6,  # with the predictors of PNG
    # still vectors; cutting a TrueType font down takes five times as long as all else in a PDF
    "pdf.fonttype": 3,
    "svg.fonttype": "path",
    "svg.hashsalt": "featamp",
}


@contextmanager
def style() -> Iterator[None]:
    """Matplotlib's own defaults and ours, whatever the user's matplotlibrc says: `draw_...`
    belongs inside.
    """
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(STYLE)
        yield


def canvas(width: int, height: int) -> tuple[Figure, Axes]:
    """An empty figure whose coordinates are pixels of the PNG, from the top left."""
    figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI)
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set(xlim=(0, width), ylim=(height, 0))
    axes.set_axis_off()
    return figure, axes


@lru_cache(1024)
def text_width(text: str, size: float) -> float:
    """Width in pixels of `text` drawn at `size` points."""
    width, _, _ = text_to_path.get_text_width_height_descent(
        text, FontProperties(size=size), ismath=False
    )
    return float(width) * POINT


def shorten(text: str, size: float, room: float, from_start: bool = False) -> str:
    """`text` on one line, cut to `room` pixels with an ellipsis at its end, or at its start; what
    the font lacks is a box.
    """
    line = _clean(text)
    if text_width(line, size) <= room:
        return line

    def cut(kept: int) -> str:
        return f"…{line[len(line) - kept :]}" if from_start else f"{line[:kept]}…"

    fitting = bisect_right(range(len(line)), room, key=lambda kept: text_width(cut(kept), size))
    return cut(max(fitting - 1, 0))


def unlettered(texts: Iterable[str]) -> str:
    """The characters, each once, that the font lacks: of a script without letters here, emoji."""
    font = get_font(findfont(FONT))
    seen = dict.fromkeys(c for text in texts for c in " ".join(text.split()))
    return "".join(c for c in seen if not (c.isprintable() and font.get_char_index(ord(c))))


def _clean(text: str) -> str:
    """One line of characters that the font has; a box stands for any other."""
    line = " ".join(text.split())
    return line.translate(dict.fromkeys(map(ord, unlettered([line])), "□"))
