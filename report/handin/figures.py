"""The figures to hand in: arrays to the bytes of PNG (300 dpi), PDF and SVG files, the same bytes
every time.

Pictures are laid out in pixels of the 300 dpi PNG. A face keeps its pixels: it is enlarged by a
whole number, and only a face of more pixels than there is room for is reduced. Nothing is
contrast-stretched.
"""

from __future__ import annotations

import io
import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from typing import Any

import matplotlib
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.patches import Patch
from matplotlib.textpath import text_to_path
from matplotlib.transforms import Affine2D
from numpy.typing import NDArray
from PIL import Image

from featamp.measure.sweep import mosaic
from featamp.statistics.correlation import Correlations
from featamp.statistics.variance import ACTIVE_THRESHOLD, VarianceRanking

from .vectors import save_pdf

DPI = 300
POINT = DPI / 72
PAGE = 7 * DPI
"""Text width of a two-column paper: nothing but the sheet is wider."""
COLUMN = 7 * DPI // 2
"""Width of one of its columns."""
LARGEST_FACE = 200
"""Faces are not drawn wider than this, however few there are."""
SMALL, BODY, TITLE = 6.0, 6.5, 7.5
"""Font sizes in points; nothing is smaller than 6 points."""
LINE = round(1.2 * BODY * POINT)
MARK = 20
"""Height of the band between labels and faces, where the zero mark stands."""
NOTE = 40
"""From the last faces to the baseline of the footnote."""
EDGE = 8
"""White around a figure of sweeps."""
GUTTER = 50
"""White between two columns of strips; half of it between two rows."""
A4 = (2481, 3508)
"""210 x 297 mm at 300 dpi, the part of a pixel at the edges counted whole."""
SHEET_EDGE = 50
"""4.2 mm that a printer may not reach."""
SHEET_TITLE = 300
"""Room for the title of a strip beside the footnote."""
SHEET_NAMES = 150
"""Room for the names of samples on a sheet, which has none to spare."""

PAIR = ("original", "recon.")
FOOTNOTE = "α in raw units, and in standard deviations σ"
FOOTNOTE_ZERO = ";  ▼ α = 0, the reconstruction"
FONT = "DejaVu Sans"
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
INK, MUTED, PALE = "#1a1a1a", "#595959", "#d9d9d9"
ACCENTS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")
MARKERS = "osD^vP"
RED_BLUE = (
    "#053061",
    "#2166ac",
    "#4393c3",
    "#92c5de",
    "#ffffff",
    "#f4a582",
    "#d6604d",
    "#b2182b",
    "#67001f",
)

UNDEFINED: dict[str, Any] = {
    "facecolor": PALE,
    "edgecolor": MUTED,
    "hatch": "//////",
    "linewidth": 0,
}

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
METADATA: dict[str, dict[str, Any]] = {
    "pdf": {"Creator": "featamp", "Producer": "matplotlib", "CreationDate": None},
    "svg": {"Date": None, "Creator": None},
}


@dataclass(frozen=True)
class Strip:
    """The sweep of one dimension over one or more samples.

    Attributes
    ----------
    title : drawn as it is, shortened where it does not fit.
    pair : [sample, 2, height, width, 3] the original and its reconstruction.
    frames : [sample, alpha, height, width, 3].
    raw : [alpha] raw units, ascending.
    sigma : [alpha] the same in standard deviations of the dimension.
    note : what both are, at the foot of the figure.
    """

    title: str
    pair: NDArray[np.uint8]
    frames: NDArray[np.uint8]
    raw: NDArray[np.float64]
    sigma: NDArray[np.float64]
    note: str = FOOTNOTE


def strips_figure(
    strips: Sequence[Strip],
    columns: int = 1,
    samples: tuple[str, ...] = (),
    widest: int = PAGE,
    formats: Sequence[str] = ("png", "pdf"),
) -> dict[str, bytes]:
    """An experiment, its strips row by row in `columns` columns, names of samples on the left.

    The figure is at most `widest` pixels wide, and its letters keep their size: `COLUMN` is for
    one column of a paper.
    """
    with style():
        return save(draw_strips(strips, columns, samples, widest), *formats)


def sheet_figure(strips: Sequence[Strip], samples: tuple[str, ...]) -> dict[str, bytes]:
    """Every strip over all samples on one A4 page, upright or on its side as the faces are larger:
    pdf.
    """
    with style():
        return save(draw_sheet(strips, samples), "pdf")


def variance_figure(ranking: VarianceRanking, chosen: Sequence[int]) -> dict[str, bytes]:
    """The variance of every dimension by rank: png, pdf and svg."""
    with style():
        return save(draw_variance(ranking, chosen), "png", "pdf", "svg")


def kl_figure(ranking: VarianceRanking, chosen: Sequence[int]) -> dict[str, bytes]:
    """The KL divergence of every dimension, the largest first: png, pdf and svg."""
    with style():
        return save(draw_kl(ranking, chosen), "png", "pdf", "svg")


def correlations_figure(correlations: Correlations, dims: Sequence[int]) -> dict[str, bytes]:
    """The correlation of every attribute with the dimensions given: png, pdf and svg."""
    with style():
        return save(draw_correlations(correlations, dims), "png", "pdf", "svg")


@contextmanager
def style() -> Iterator[None]:
    """Matplotlib's own defaults and ours, whatever the user's matplotlibrc says: `draw_...`
    belongs inside.
    """
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(STYLE)
        yield


def save(figure: Figure, *suffixes: str) -> dict[str, bytes]:
    """The bytes of a figure in each format, inside `style()`."""
    files = {}
    for suffix in suffixes:
        buffer = io.BytesIO()
        if suffix == "png":
            _save_pixels(figure, buffer)
        elif suffix == "pdf":
            pitches = dict(faces.pitch for faces in figure.findobj(_Faces))
            save_pdf(figure, buffer, METADATA[suffix], pitches)
        else:
            figure.savefig(buffer, format=suffix, dpi=DPI, metadata=METADATA[suffix])
        files[suffix] = buffer.getvalue()
    return files


def _save_pixels(figure: Figure, buffer: io.BytesIO) -> None:
    """A PNG without the transparency that Matplotlib's own has: a quarter less to pack."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # type: ignore[no-untyped-call]
    pixels = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")  # type: ignore[no-untyped-call]
    pixels.save(buffer, "PNG", dpi=(figure.dpi, figure.dpi), compress_level=6)


# Sweeps


def draw_strips(
    strips: Sequence[Strip], columns: int = 1, samples: tuple[str, ...] = (), widest: int = PAGE
) -> Figure:
    """Build the figure of `strips_figure`."""
    names = [shorten(name, SMALL, 0.16 * widest, from_start=True) for name in samples]
    margin = EDGE + math.ceil(max((text_width(name, SMALL) + 16 for name in names), default=0.0))
    room = (widest - margin - EDGE - GUTTER * (columns - 1)) / columns
    grids = [_fit_grid(strip, room) for strip in strips]
    header = _fit_header(strips, min(grid.pitch for grid in grids))
    across = min(math.ceil(max(grid.right for grid in grids)), math.floor(room))
    down = header.height + math.ceil(max(grid.bottom for grid in grids))
    rows = math.ceil(len(strips) / columns)

    zero = any(_zero_column(strip.raw) is not None for strip in strips)
    note = strips[0].note + (FOOTNOTE_ZERO if zero else "")
    under = math.ceil(text_width(note, SMALL))
    width = max(margin + columns * (across + GUTTER) - GUTTER, EDGE + under) + EDGE
    bottom = EDGE + rows * (down + GUTTER // 2) - GUTTER // 2
    figure, axes = canvas(width, bottom + NOTE + EDGE)
    for place, (strip, grid) in enumerate(zip(strips, grids, strict=True)):
        row, column = divmod(place, columns)
        left, top = margin + column * (across + GUTTER), EDGE + row * (down + GUTTER // 2)
        title = shorten(strip.title, TITLE, across if columns > 1 else width - margin - EDGE)
        axes.text(left, top + TITLE * POINT, title, size=TITLE, va="baseline")
        _draw_strip(axes, strip, grid, header, left, top + header.height)
        if column == 0:
            _draw_names(axes, names, grid, left, top + header.height)
    axes.text(
        min(margin, width - EDGE - under),
        bottom + NOTE,
        note,
        size=SMALL,
        color=MUTED,
        va="baseline",
    )
    return figure


def canvas(width: int, height: int) -> tuple[Figure, Axes]:
    """An empty figure whose coordinates are pixels of the PNG, from the top left."""
    figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI)
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set(xlim=(0, width), ylim=(height, 0))
    axes.set_axis_off()
    return figure, axes


@dataclass(frozen=True)
class Grid:
    """Where the faces of a strip lie, in pixels of the PNG from the first face's top left corner.

    Attributes
    ----------
    scale : pixels of the PNG a pixel of a face: a whole number, or a fraction below 1.
    gap : white between faces, in pixels of a face.
    rows, alphas, height, width : samples, alphas and pixels of a face.
    """

    scale: float
    gap: int
    rows: int
    alphas: int
    height: int
    width: int

    @property
    def pitch(self) -> float:
        """From one column to the next."""
        return self.scale * (self.width + self.gap)

    @property
    def start(self) -> float:
        """Left edge of the first alpha: original, reconstruction and a wider gap come before
        it.
        """
        return 2 * self.pitch + 2 * self.scale * self.gap

    @property
    def right(self) -> float:
        """Right edge of the last alpha."""
        return self.start + self.alphas * self.pitch - self.scale * self.gap

    @property
    def bottom(self) -> float:
        """Lower edge of the last sample."""
        return self.scale * (self.rows * (self.height + self.gap) - self.gap)

    def centre(self, column: int) -> float:
        """Middle of an alpha's column; columns -2 and -1 are the original and the
        reconstruction.
        """
        left = self.start + column * self.pitch if column >= 0 else (column + 2) * self.pitch
        return left + self.scale * self.width / 2

    def middle(self, row: int) -> float:
        """Middle of a sample's row."""
        return self.scale * (row * (self.height + self.gap) + self.height / 2)


def _fit_grid(strip: Strip, room: float) -> Grid:
    """The largest faces that fit into `room` pixels of width."""
    rows, alphas, height, width = strip.frames.shape[:4]
    natural = Grid(1.0, max(1, round(width / 12)), rows, alphas, height, width)
    return replace(natural, scale=whole(min(room / natural.right, LARGEST_FACE / width)))


def whole(scale: float) -> float:
    """Faces are enlarged by a whole number only."""
    return math.floor(scale) if scale >= 1 else scale


@dataclass(frozen=True)
class _Header:
    """What stands above the faces of every strip of a figure.

    Attributes
    ----------
    upright : the labels of neighbours fit side by side; else they are turned by 90 degrees.
    every : each how many columns get a label: 1 unless there are very many.
    height : pixels from the top of the title to the faces.
    """

    upright: bool
    every: int
    height: int


def _fit_header(strips: Sequence[Strip], pitch: float, title: float = 1.6) -> _Header:
    """The header above faces `pitch` apart; `title` is the height of the title's line in sizes of
    its letters.
    """
    widest = max(
        text_width(label, BODY)
        for strip in strips
        for label in (*PAIR, *_raw(strip), *_sigma(strip))
    )
    upright = widest + 8 <= pitch
    labels = 2 * LINE if upright else math.ceil(widest)
    every = 1 if upright else math.ceil(2 * LINE / pitch)
    return _Header(upright, every, math.ceil(title * TITLE * POINT) + labels + MARK)


def _draw_strip(
    axes: Axes, strip: Strip, grid: Grid, header: _Header, left: int, top: int
) -> None:
    """The faces of a strip, the first of them at (`left`, `top`), labels and zero mark above
    them.
    """
    draw_faces(axes, strip.pair, grid, left, top)
    draw_faces(axes, strip.frames, grid, left + round(grid.start), top)
    labels = [(-2, PAIR[0], ""), (-1, PAIR[1], "")]
    if grid.pitch < 1.5 * LINE:
        labels.pop()  # there is no room for it between its neighbours
    labels += zip(range(grid.alphas), _raw(strip), _sigma(strip), strict=True)
    for column, raw, sigma in labels:
        if column < 0 or column % header.every == 0:
            _draw_label(axes, raw, sigma, header.upright, left + grid.centre(column), top - MARK)
    zero = _zero_column(strip.raw)
    if zero is not None:
        before, after = zero
        x = left + (grid.centre(before) + grid.centre(after)) / 2
        axes.plot([x], [top - MARK / 2], marker="v", markersize=3.5, color=INK, markeredgewidth=0)
        if before != after:
            axes.plot([x, x], [top - MARK / 2, top + grid.bottom], color=INK, linewidth=0.5)


def draw_faces(axes: Axes, faces: NDArray[np.uint8], grid: Grid, left: int, top: int) -> None:
    """All faces [row, column, height, width, 3] in one picture, with white between them."""
    padding = ((0, 0), (0, 0), (0, grid.gap), (0, grid.gap), (0, 0))
    sheet = mosaic(np.pad(faces, padding, constant_values=255))[: -grid.gap]
    if grid.scale >= 1:
        axes.add_artist(_Faces(sheet, left, top, int(grid.scale), grid.width + grid.gap))
    else:
        sheet = sheet[:, : -grid.gap]
        height, width = (max(1, round(grid.scale * side)) for side in sheet.shape[:2])
        small = Image.fromarray(sheet).resize((width, height), Image.Resampling.HAMMING)
        axes.add_artist(_Faces(np.asarray(small), left, top, 1))


class _Faces(Artist):
    """A picture enlarged by a whole number: what `imshow` draws, without resampling it, for which
    a large one takes ten times its memory. `pitch` is from one face of it to the next; None where
    faces begin between pixels.
    """

    def __init__(
        self,
        picture: NDArray[np.uint8],
        left: int,
        top: int,
        scale: int,
        pitch: int | None = None,
    ) -> None:
        super().__init__()
        self.pitch = picture.shape[:2], pitch
        opaque = np.full((*picture.shape[:2], 1), 255, np.uint8)
        height, width = (scale * side for side in picture.shape[:2])
        self._picture = np.concatenate([picture, opaque], axis=2)[::-1]  # row 0 lies lowest
        self._corners = np.array([[left, top + height], [left + width, top]])

    def draw(self, renderer: RendererBase) -> None:
        """Draw into pixels, or as a picture of its own into a page of vectors."""
        (left, bottom), (right, top) = self.get_transform().transform(self._corners).tolist()
        context = renderer.new_gc()
        if renderer.option_scale_image():
            size = Affine2D().scale(right - left, top - bottom)
            renderer.draw_image(context, left, bottom, self._picture, size)
        else:
            scale = round((right - left) / self._picture.shape[1])  # fewer pixels, smaller faces
            enlarged = self._picture.repeat(scale, axis=0).repeat(scale, axis=1)
            renderer.draw_image(context, round(left), round(bottom), enlarged)
        context.restore()


def _draw_label(axes: Axes, raw: str, sigma: str, upright: bool, x: float, bottom: float) -> None:
    """Alpha in both units (or a word alone) above a column."""
    if upright:
        axes.text(x, bottom - (LINE if sigma else 0), raw, size=BODY, ha="center", va="baseline")
        axes.text(x, bottom, sigma, size=SMALL, color=MUTED, ha="center", va="baseline")
    else:
        aside = LINE / 2 if sigma else 0
        axes.text(x - aside, bottom, raw, size=SMALL, rotation=90, ha="center", va="bottom")
        axes.text(
            x + aside,
            bottom,
            sigma,
            size=SMALL,
            color=MUTED,
            rotation=90,
            ha="center",
            va="bottom",
        )


def _draw_names(axes: Axes, names: Sequence[str], grid: Grid, right: int, top: int) -> None:
    for row, name in enumerate(names):
        axes.text(
            right - 16, top + grid.middle(row), name, size=SMALL, ha="right", va="center_baseline"
        )


def _zero_column(raw: NDArray[np.float64]) -> tuple[int, int] | None:
    """The columns around alpha = 0, twice the same where a column has it, None outside the
    range.
    """
    signs = np.where(np.abs(raw) <= 1e-9 * np.abs(raw).max(), 0.0, np.sign(raw))
    at, between = np.flatnonzero(signs == 0), np.flatnonzero(signs[:-1] * signs[1:] < 0)
    if at.size:
        return int(at[0]), int(at[0])
    return (int(between[0]), int(between[0]) + 1) if between.size else None


# The sheet


@dataclass(frozen=True)
class _Sheet:
    """An A4 page of strips in `columns`: sizes in pixels of the PNG.

    Attributes
    ----------
    across, down : of one strip, its header included.
    left : where the first column starts, after the names of the samples.
    """

    width: int
    height: int
    columns: int
    grid: Grid
    header: _Header
    left: int

    @property
    def across(self) -> int:
        return math.ceil(self.grid.right)

    @property
    def down(self) -> int:
        return self.header.height + math.ceil(self.grid.bottom)


def draw_sheet(strips: Sequence[Strip], samples: tuple[str, ...]) -> Figure:
    """Build the figure of `sheet_figure`."""
    names = [shorten(name, SMALL, SHEET_NAMES, from_start=True) for name in samples]
    pages = (A4[::-1], A4)
    fits = [
        _fit_sheet(strips, names, page, columns)
        for page in pages
        for columns in range(1, len(strips) + 1)
    ]
    sheet = max(fits, key=lambda fit: fit.grid.scale)
    rows = math.ceil(len(strips) / sheet.columns)
    top = (sheet.height - rows * sheet.down - (rows - 1) * GUTTER // 2) // 2

    figure, axes = canvas(sheet.width, sheet.height)
    zero = any(_zero_column(strip.raw) is not None for strip in strips)
    note = FOOTNOTE + FOOTNOTE_ZERO if zero else FOOTNOTE
    beside = math.ceil(text_width(note, SMALL)) + GUTTER
    if beside > sheet.across - SHEET_TITLE:
        beside = 0  # it goes below
    for place, strip in enumerate(strips):
        row, column = divmod(place, sheet.columns)
        left, above = (
            sheet.left + column * (sheet.across + GUTTER),
            top + row * (sheet.down + GUTTER // 2),
        )
        room = sheet.across - (beside if row == 0 else 0)
        axes.text(
            left,
            above + TITLE * POINT,
            shorten(strip.title, TITLE, room),
            size=TITLE,
            va="baseline",
        )
        _draw_strip(axes, strip, sheet.grid, sheet.header, left, above + sheet.header.height)
        if column == 0:
            _draw_names(axes, names, sheet.grid, left, above + sheet.header.height)
    right = sheet.left + sheet.columns * (sheet.across + GUTTER) - GUTTER
    below = top + rows * (sheet.down + GUTTER // 2) - GUTTER // 2 + NOTE
    baseline = top + TITLE * POINT if beside else below
    axes.text(right, baseline, note, size=SMALL, color=MUTED, ha="right", va="baseline")
    return figure


def _fit_sheet(
    strips: Sequence[Strip], names: Sequence[str], page: tuple[int, int], columns: int
) -> _Sheet:
    """The largest faces that `columns` columns of strips leave room for on a page of (width,
    height).
    """
    left = math.ceil(max(text_width(name, SMALL) for name in names)) + 16
    across = (page[0] - 2 * SHEET_EDGE - left - GUTTER * (columns - 1)) / columns
    rows = math.ceil(len(strips) / columns)
    down = (page[1] - 2 * SHEET_EDGE - GUTTER // 2 * (rows - 1)) / rows
    samples, alphas, height, width = strips[0].frames.shape[:4]
    natural = Grid(1.0, max(1, round(width / 32)), samples, alphas, height, width)
    scale = across / natural.right
    grid = replace(natural, scale=whole(scale))
    for _ in range(
        3
    ):  # smaller faces may need their labels turned, which leaves less room for faces
        header = _fit_header(strips, grid.pitch, 1.25)
        grid = replace(natural, scale=whole(min(scale, (down - header.height) / natural.bottom)))
    left += (page[0] - left - columns * (math.ceil(grid.right) + GUTTER) + GUTTER) // 2
    return _Sheet(*page, columns, grid, header, left)


# Words


def _raw(strip: Strip) -> list[str]:
    return _decimals(strip.raw)


def _sigma(strip: Strip) -> list[str]:
    return [f"{label}σ" for label in _decimals(strip.sigma)]


def _decimals(values: NDArray[np.float64]) -> list[str]:
    """Numbers with as many decimals as make neighbours differ, at least one, a plus sign before
    those above zero and a true minus sign before those below.
    """
    largest = float(np.abs(values[np.isfinite(values)]).max(initial=0.0))
    style = "f" if largest == 0 or 1e-2 <= largest < 1e4 else "e"
    attempts = [[_signed(value, decimals, style) for value in values] for decimals in range(1, 5)]
    labels = next(
        (some for some in attempts if all(a != b for a, b in pairwise(some))), attempts[0]
    )
    return [label.replace("-", "−").replace("inf", "∞").replace("nan", "?") for label in labels]


def _signed(value: float, decimals: int, style: str) -> str:
    """What rounds to zero has no sign."""
    label = f"{value:z.{decimals}{style}}"
    return f"+{label}" if float(label) > 0 else label


def _clean(text: str) -> str:
    """One line of characters that the font has; a box stands for any other."""
    font = get_font(findfont(FONT))
    line = " ".join(text.split())
    return "".join(c if c.isprintable() and font.get_char_index(ord(c)) else "□" for c in line)


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


# Plots


def draw_variance(ranking: VarianceRanking, chosen: Sequence[int]) -> Figure:
    """Build the figure of `variance_figure`."""
    lines = {"mean": float(ranking.variance.mean()), "active above": ACTIVE_THRESHOLD}
    return _draw_ranked(ranking.variance, chosen, lines, "variance of the posterior mean")


def draw_kl(ranking: VarianceRanking, chosen: Sequence[int]) -> Figure:
    """Build the figure of `kl_figure`."""
    return _draw_ranked(
        ranking.kl, chosen, {"mean": float(ranking.kl.mean())}, "KL divergence to the prior (nats)"
    )


def _draw_ranked(
    values: NDArray[np.float64], chosen: Sequence[int], lines: dict[str, float], quantity: str
) -> Figure:
    """`values` [dim] from the largest to the smallest, chosen dimensions marked, and lines at
    levels of note.
    """
    order = np.argsort(-values, kind="stable")
    rank = np.argsort(order, kind="stable") + 1
    legend = 0.14 * math.ceil((len(chosen) + len(lines)) / 2)
    width, height = 3.5, 2.2 + legend
    figure = Figure(figsize=(width, height), dpi=DPI)
    axes = figure.add_axes((0.52 / width, 0.36 / height, (width - 0.6) / width, 1.76 / height))
    axes.plot(np.arange(len(values)) + 1, values[order], color=INK, linewidth=0.9)
    handles = [
        axes.plot(
            [rank[dim]],
            [values[dim]],
            MARKERS[i % len(MARKERS)],
            color=ACCENTS[i % len(ACCENTS)],
            markersize=4,
            label=f"dim {dim}, rank {rank[dim]}: {values[dim]:.3g}",
        )[0]
        for i, dim in enumerate(sorted(chosen, key=lambda dim: int(rank[dim])))
    ]
    handles += [
        axes.axhline(
            level, color=MUTED, linewidth=0.7, linestyle=style, label=f"{name} {level:.3g}"
        )
        for (name, level), style in zip(lines.items(), ("--", ":"), strict=False)
    ]
    axes.set(
        xlabel="rank", ylabel=quantity, xticks=np.unique(np.linspace(1, len(values), 5).round())
    )
    axes.margins(x=0.02)
    if spans_decades(values):
        axes.set_yscale("log", nonpositive="mask")
        axes.yaxis.set_major_formatter(powers_of_ten)
        hidden = int((values <= 0).sum())
        axes.set_xlabel(f"rank ({hidden} at zero are off the scale)" if hidden else "rank")
    else:
        axes.set_ylim(bottom=-0.04 * float(values.max()))
    figure.legend(
        handles=handles[0::2] + handles[1::2],  # filled column by column, to be read row by row
        ncols=2,
        loc="upper left",
        bbox_to_anchor=(0.4 / width, 1.0),
        fontsize=SMALL,
        frameon=False,
        handlelength=1.5,
    )
    return figure


def powers_of_ten(value: float, _: float = 0) -> str:
    """What stands at a tick of a logarithmic axis: Matplotlib's own needs its formulas."""
    return "10" + f"{round(math.log10(value))}".translate(RAISED)


def spans_decades(values: NDArray[np.float64]) -> bool:
    """Whether the positive values span more than two decades: on a logarithmic axis of fewer, no
    two powers of ten need stand.
    """
    positive = values[values > 0]
    return positive.size > 0 and bool(positive.max() > 100 * positive.min())


def draw_correlations(correlations: Correlations, dims: Sequence[int]) -> Figure:
    """Build the figure of `correlations_figure`."""
    columns = np.asarray(dims, np.int64)
    r = np.ma.array(correlations.r[:, columns], mask=~correlations.defined[:, columns])
    words = "r (Pearson's of numbers)" if correlations.splits else "point-biserial r"
    return draw_heatmap(r, correlations.names, dims, words)


def draw_heatmap(
    values: np.ma.MaskedArray[Any, np.dtype[np.float64]],
    attributes: Sequence[str],
    dims: Sequence[int],
    quantity: str,
) -> Figure:
    """Values [attribute, dimension] in colour, white at 0, on a symmetric scale as wide as the
    largest.

    What is masked is undefined, and said to be.
    """
    largest = float(np.abs(values).max()) if values.count() else 0.0
    limit = largest or 1.0
    names = [shorten(name, SMALL, 1.2 * DPI) for name in attributes]
    left, right, bottom, top = (
        max(text_width(name, SMALL) for name in names) / DPI + 0.08,
        0.7,
        0.42,
        0.06,
    )
    column = min(0.22, (PAGE / DPI - left - right) / len(dims))
    across, down = column * len(dims), 0.125 * len(names)
    width, height = left + across + right, bottom + down + top
    figure = Figure(figsize=(width, height), dpi=DPI)
    colours = LinearSegmentedColormap.from_list("red_blue", RED_BLUE, N=257)

    axes = figure.add_axes((left / width, bottom / height, across / width, down / height))
    axes.patch.set(**UNDEFINED)
    axes.pcolormesh(
        values, cmap=colours, vmin=-limit, vmax=limit, edgecolors="white", linewidth=0.25
    )
    axes.invert_yaxis()
    every = math.ceil(0.1 / column)
    axes.set_xticks(
        np.arange(0, len(dims), every) + 0.5, [str(dim) for dim in dims[::every]], rotation=90
    )
    axes.set_yticks(np.arange(len(names)) + 0.5, names)
    axes.tick_params(length=0)
    axes.set_xlabel("latent dimension")

    scale = figure.add_axes(
        ((left + across + 0.1) / width, bottom / height, 0.1 / width, down / height)
    )
    ramp = np.linspace(limit, -limit, colours.N)[:, None]
    scale.imshow(
        ramp, cmap=colours, extent=(0, 1, -limit, limit), aspect="auto", interpolation="none"
    )
    scale.yaxis.tick_right()
    scale.yaxis.set_label_position("right")
    scale.set(xticks=[], ylabel=f"{quantity} (largest shown: {largest:.2f})")
    if np.ma.getmaskarray(values).any():
        figure.legend(
            handles=[Patch(**UNDEFINED, label="undefined")],
            loc="lower right",
            fontsize=SMALL,
            frameon=False,
        )
    return figure
