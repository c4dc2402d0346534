"""The figures to hand in: arrays to the bytes of PNG (300 dpi), PDF and SVG files, the same bytes every time.

Pictures are laid out in pixels of the 300 dpi PNG. A face keeps its pixels: it is enlarged by a whole number, and only
a face of more pixels than there is room for is reduced. Nothing is contrast-stretched.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Patch
from matplotlib.textpath import text_to_path
from numpy.typing import NDArray

from featamp.correlation import Correlations
from featamp.sweep import mosaic
from featamp.variance import ACTIVE_THRESHOLD, VarianceRanking

DPI = 300
PAGE = 7 * DPI
"""Text width of a two-column paper: no figure is wider."""
COLUMN = 1000
"""Width of one column of it: no figure is narrower."""
LARGEST_FACE = 200
"""Faces are not drawn larger than this, however few there are."""
POINT = DPI / 72
SMALL, BODY, TITLE = 6.0, 6.5, 7.5
"""Font sizes in points; nothing is smaller than 6 points."""

INK, MUTED, PALE = "#1a1a1a", "#595959", "#d9d9d9"
ACCENTS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")
MARKERS = "osD^vP"
RED_BLUE = ("#053061", "#2166ac", "#4393c3", "#92c5de", "#ffffff", "#f4a582", "#d6604d", "#b2182b", "#67001f")

STYLE: dict[Any, Any] = {
    "font.family": ["DejaVu Sans"],
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
    "pdf.fonttype": 42,
    "svg.fonttype": "path",
    "svg.hashsalt": "featamp",
}
SAVING: dict[str, dict[str, Any]] = {
    "png": {"metadata": {"Software": None}, "pil_kwargs": {"compress_level": 4}},
    "pdf": {"metadata": {"Creator": "featamp", "Producer": "matplotlib", "CreationDate": None}},
    "svg": {"metadata": {"Date": None, "Creator": None}},
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
    """

    title: str
    pair: NDArray[np.uint8]
    frames: NDArray[np.uint8]
    raw: NDArray[np.float64]
    sigma: NDArray[np.float64]


def sweep_figure(strip: Strip, samples: tuple[str, ...]) -> dict[str, bytes]:
    """One dimension over all samples, whose names stand on the left: png and pdf."""
    with _style():
        return _save(draw_sweep(strip, samples), "png", "pdf")


def strips_figure(strips: Sequence[Strip], columns: int = 1) -> dict[str, bytes]:
    """An experiment, strips of equal shape row by row in `columns` columns: png and pdf."""
    with _style():
        return _save(draw_strips(strips, columns), "png", "pdf")


def variance_figure(ranking: VarianceRanking, chosen: Sequence[int]) -> dict[str, bytes]:
    """The variance of every dimension by rank: png, pdf and svg."""
    with _style():
        return _save(draw_variance(ranking, chosen), "png", "pdf", "svg")


def kl_figure(ranking: VarianceRanking, chosen: Sequence[int]) -> dict[str, bytes]:
    """The KL divergence of every dimension, the largest first: png, pdf and svg."""
    with _style():
        return _save(draw_kl(ranking, chosen), "png", "pdf", "svg")


def correlations_figure(correlations: Correlations, dims: Sequence[int]) -> dict[str, bytes]:
    """The correlation of every attribute with the dimensions given: png, pdf and svg."""
    with _style():
        return _save(draw_correlations(correlations, dims), "png", "pdf", "svg")


@contextmanager
def _style() -> Iterator[None]:
    """Matplotlib's own defaults and ours, whatever the user's matplotlibrc says."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(STYLE)
        yield


def _save(figure: Figure, *suffixes: str) -> dict[str, bytes]:
    files = {}
    for suffix in suffixes:
        buffer = io.BytesIO()
        figure.savefig(buffer, format=suffix, dpi=DPI, **SAVING[suffix])
        files[suffix] = buffer.getvalue()
    return files


# Sweeps


@dataclass(frozen=True)
class _Grid:
    """Where the faces of a strip lie, in pixels of the PNG from the strip's left and top.

    Attributes
    ----------
    scale : pixels a pixel of a face: a whole number, or a fraction below 1.
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
        """Left edge of the first alpha: original, reconstruction and a wide gap before it."""
        return 2 * self.pitch + 2 * self.scale * self.gap

    @property
    def right(self) -> float:
        return self.start + self.alphas * self.pitch - self.scale * self.gap

    @property
    def bottom(self) -> float:
        return self.scale * (self.rows * (self.height + self.gap) - self.gap)

    def centre(self, column: float) -> float:
        """Middle of an alpha's column; -2 and -1 are the original and the reconstruction."""
        left = self.start + column * self.pitch if column >= 0 else (column + 2) * self.pitch
        return left + self.scale * self.width / 2


def _fit_grid(strip: Strip, room: float) -> _Grid:
    """The largest faces that fit into `room` pixels of width."""
    rows, alphas, height, width = strip.frames.shape[:4]
    gap = max(1, round(width / 12))
    natural = _Grid(1.0, gap, rows, alphas, height, width)
    scale = min(room / natural.right, LARGEST_FACE / width)
    return _Grid(math.floor(scale) if scale >= 1 else scale, gap, rows, alphas, height, width)


@dataclass(frozen=True)
class _Header:
    """What stands above the faces of every strip of a figure.

    Attributes
    ----------
    upright : labels fit side by side; else they are turned by 90 degrees.
    every : each how many columns get a label, 1 unless there are very many.
    labels, height : pixels that the labels, and the whole header, take.
    """

    upright: bool
    every: int
    labels: float
    height: float


LINE = 1.2 * BODY * POINT
MARK = 4 * POINT
"""Height of the band between labels and faces, where the zero mark stands."""
PAIR = ("original", "recon.")


def _fit_header(strips: Sequence[Strip], pitch: float) -> _Header:
    widest = max(_width(label, BODY) for s in strips for label in (*PAIR, *_decimals(s.raw), *_sigmas(s)))
    upright = widest + 2 * POINT <= pitch
    labels = 2 * LINE if upright else widest
    every = 1 if upright else math.ceil(2 * LINE / pitch)
    return _Header(upright, every, labels, 1.5 * TITLE * POINT + labels + MARK)


def draw_sweep(strip: Strip, samples: tuple[str, ...]) -> Figure:
    """Build the figure of `sweep_figure`."""
    names = [_shorten(name, SMALL, 0.16 * PAGE, from_start=True) for name in samples]
    margin = math.ceil(max((_width(name, SMALL) for name in names), default=0.0) + 4 * POINT)
    grid = _fit_grid(strip, PAGE - margin)
    header = _fit_header([strip], grid.pitch)
    figure, axes = _canvas(margin + grid.right, header.height + grid.bottom + FOOTER)
    _draw_strip(axes, strip, grid, header, margin, 0)
    for row, name in enumerate(names):
        y = header.height + grid.scale * (row * (grid.height + grid.gap) + grid.height / 2)
        axes.text(margin - 4 * POINT, y, name, size=SMALL, ha="right", va="center_baseline")
    _draw_footer(axes, margin, header.height + grid.bottom)
    return figure


def draw_strips(strips: Sequence[Strip], columns: int = 1) -> Figure:
    """Build the figure of `strips_figure`."""
    gutter = 12 * POINT
    room = (PAGE - gutter * (columns - 1)) / columns
    grids = [_fit_grid(strip, room) for strip in strips]
    header = _fit_header(strips, min(grid.pitch for grid in grids))
    across = math.ceil(max(grid.right for grid in grids) + gutter)
    down = math.ceil(header.height + max(grid.bottom for grid in grids) + 6 * POINT)
    rows = math.ceil(len(strips) / columns)
    figure, axes = _canvas(columns * across - gutter, rows * down - 6 * POINT + FOOTER)
    for place, (strip, grid) in enumerate(zip(strips, grids, strict=True)):
        row, column = divmod(place, columns)
        _draw_strip(axes, strip, grid, header, column * across, row * down)
    _draw_footer(axes, 0, rows * down - 6 * POINT)
    return figure


FOOTER = 2 * SMALL * POINT
FOOTNOTE = "Above the columns: \N{GREEK SMALL LETTER ALPHA}, and \N{GREEK SMALL LETTER ALPHA} in standard deviations σ.  ▼ α = 0"


def _canvas(width: float, height: float) -> tuple[Figure, Axes]:
    """An empty figure whose coordinates are pixels of the PNG, from the top left."""
    width, height = max(math.ceil(width), COLUMN), math.ceil(height)
    figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI)
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set(xlim=(0, width), ylim=(height, 0))
    axes.set_axis_off()
    return figure, axes


def _draw_strip(axes: Axes, strip: Strip, grid: _Grid, header: _Header, left: int, top: int) -> None:
    """One strip with its title, labels and zero mark, its top left corner at (`left`, `top`)."""
    title = _shorten(strip.title, TITLE, max(grid.right, COLUMN - left))
    axes.text(left, top + TITLE * POINT, title, size=TITLE, va="baseline")
    faces = top + math.ceil(header.height)
    _draw_labels(axes, strip, grid, header, left, faces - MARK)
    _draw_faces(axes, strip.pair, grid, left, faces)
    _draw_faces(axes, strip.frames, grid, left + round(grid.start), faces)
    zero = _zero_column(strip.raw)
    if zero is not None:
        x = left + (grid.centre(math.floor(zero)) + grid.centre(math.ceil(zero))) / 2
        axes.plot([x], [faces - MARK / 2], marker="v", markersize=3, color=INK, markeredgewidth=0)


def _draw_faces(axes: Axes, faces: NDArray[np.uint8], grid: _Grid, left: int, top: int) -> None:
    """All faces [row, column, height, width, 3] in one picture, with white between them."""
    padding = ((0, 0), (0, 0), (0, grid.gap), (0, grid.gap), (0, 0))
    sheet = mosaic(np.pad(faces, padding, constant_values=255))[: -grid.gap, : -grid.gap]
    height, width = (grid.scale * side for side in sheet.shape[:2])
    axes.imshow(
        sheet,
        extent=(left, left + width, top + height, top),
        aspect="auto",
        interpolation="none" if grid.scale >= 1 else "antialiased",
    )


def _draw_labels(axes: Axes, strip: Strip, grid: _Grid, header: _Header, left: int, bottom: float) -> None:
    """Alpha in both units above every column, and what the first two columns are."""
    columns = [(-2, PAIR[0], ""), (-1, PAIR[1], "")]
    columns += zip(range(grid.alphas), _decimals(strip.raw), _sigmas(strip), strict=True)
    for column, raw, sigma in columns:
        if column > 0 and column % header.every:
            continue
        x = left + grid.centre(column)
        if header.upright:
            lift = LINE if sigma else 0
            axes.text(x, bottom - lift - 1.5 * POINT, raw, size=BODY, ha="center", va="baseline")
            axes.text(x, bottom - 1.5 * POINT, sigma, size=SMALL, ha="center", va="baseline", color=MUTED)
        else:
            shift = LINE / 2 if sigma else 0
            turned: dict[str, Any] = {"rotation": 90, "ha": "center", "va": "bottom"}
            axes.text(x - shift, bottom, raw, size=SMALL, **turned)
            axes.text(x + shift, bottom, sigma, size=SMALL, color=MUTED, **turned)


def _draw_footer(axes: Axes, left: float, top: float) -> None:
    axes.text(left, top + FOOTER - 2 * POINT, FOOTNOTE, size=SMALL, color=MUTED, va="baseline")


def _zero_column(raw: NDArray[np.float64]) -> float | None:
    """Column where alpha is 0, a half between two columns, None outside the range."""
    near = np.flatnonzero(np.isclose(raw, 0.0, atol=1e-9 * float(np.abs(raw).max(initial=0.0))))
    if near.size:
        return float(near[0])
    between = np.flatnonzero(np.diff(np.sign(raw)))
    return float(between[0]) + 0.5 if between.size else None


# Words


def _sigmas(strip: Strip) -> list[str]:
    return [f"{label}σ" for label in _decimals(strip.sigma)]


def _decimals(values: NDArray[np.float64]) -> list[str]:
    """Numbers with as many decimals as make neighbours differ, at least one, and a true minus sign."""
    largest = float(np.abs(values[np.isfinite(values)]).max(initial=0.0))
    plain = largest == 0 or 1e-2 <= largest < 1e4
    for decimals in range(1, 5):
        labels = [f"{v:.{decimals}{'f' if plain else 'e'}}" for v in values + 0.0]
        if all(a != b for a, b in zip(labels, labels[1:], strict=False)):
            break
    return [label.replace("e-0", "e-").replace("e+0", "e").replace("-", "−") for label in labels]


def _clean(text: str) -> str:
    """One line of drawable characters."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in " ".join(text.split()))


def _width(text: str, size: float) -> float:
    """Width in pixels of `text` drawn at `size` points."""
    width, _, _ = text_to_path.get_text_width_height_descent(text, FontProperties(size=size), ismath=False)
    return float(width) * POINT


def _shorten(text: str, size: float, room: float, from_start: bool = False) -> str:
    """`text` on one line, cut to `room` pixels with an ellipsis at its end (or at its start)."""
    text = _clean(text)
    if _width(text, size) <= room:
        return text
    while text and _width(text + "…", size) > room:
        text = text[1:] if from_start else text[:-1]
    return "…" + text if from_start else text.rstrip() + "…"


# Plots


def draw_variance(ranking: VarianceRanking, chosen: Sequence[int]) -> Figure:
    """Build the figure of `variance_figure`."""
    lines = {
        f"mean {ranking.variance.mean():.3g}": float(ranking.variance.mean()),
        f"active above {ACTIVE_THRESHOLD:g}": ACTIVE_THRESHOLD,
    }
    return _draw_ranked(ranking.variance, chosen, "variance of the posterior mean", lines)


def draw_kl(ranking: VarianceRanking, chosen: Sequence[int]) -> Figure:
    """Build the figure of `kl_figure`."""
    return _draw_ranked(
        ranking.kl, chosen, "KL divergence (nats)", {f"mean {ranking.kl.mean():.3g}": float(ranking.kl.mean())}
    )


def _draw_ranked(values: NDArray[np.float64], chosen: Sequence[int], quantity: str, lines: dict[str, float]) -> Figure:
    """`values` [dim] from the largest to the smallest, horizontal lines, and the chosen dimensions marked."""
    order = np.argsort(-values, kind="stable")
    place = np.argsort(order, kind="stable") + 1
    entries = len(chosen) + len(lines)
    legend = math.ceil(entries / 2) * 0.13
    width, height = 3.5, 2.2 + legend
    figure = Figure(figsize=(width, height), dpi=DPI)
    axes = figure.add_axes((0.5 / width, 0.36 / height, (width - 0.58) / width, 1.78 / height))
    positive = values[values > 0]
    logarithmic = positive.size > 0 and positive.max() > 100 * positive.min()
    ranks = np.arange(1, len(values) + 1)
    axes.plot(ranks, values[order], color=INK, linewidth=0.9)
    for (label, level), style in zip(lines.items(), ("--", ":"), strict=False):
        axes.axhline(level, color=MUTED, linewidth=0.7, linestyle=style, label=label)
    for i, dim in enumerate(sorted(chosen, key=lambda dim: int(place[dim]))):
        axes.plot(
            [place[dim]],
            [values[dim]],
            linestyle="none",
            marker=MARKERS[i % len(MARKERS)],
            color=ACCENTS[i % len(ACCENTS)],
            markersize=4,
            label=f"dimension {dim}: rank {place[dim]}, {values[dim]:.3g}",
        )
    axes.set(xlabel="rank", ylabel=quantity, xlim=(0, len(values) + 1))
    if logarithmic:
        axes.set_yscale("log", nonpositive="mask")
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
        axes.yaxis.set_minor_formatter(lambda value, _: "")
    figure.legend(
        loc="upper left", bbox_to_anchor=(0.4 / width, 1.0), ncols=2, fontsize=SMALL, frameon=False, handlelength=1.5
    )
    return figure


def draw_correlations(correlations: Correlations, dims: Sequence[int]) -> Figure:
    """Build the figure of `correlations_figure`."""
    chosen = np.asarray(dims, np.int64)
    shown = np.ma.array(correlations.r[:, chosen], mask=~correlations.defined[:, chosen])
    largest = float(np.abs(shown).max()) if shown.count() else 0.0
    attributes = [_shorten(name, SMALL, 1.1 * DPI) for name in correlations.names]
    left = max(_width(name, SMALL) for name in attributes) / DPI + 0.08
    right, top, bottom = 0.75, 0.06, 0.42
    column = min(0.22, (PAGE / DPI - left - right) / len(dims))
    inner_width, inner_height = column * len(dims), 0.125 * len(attributes)
    width, height = left + inner_width + right, top + inner_height + bottom
    figure = Figure(figsize=(width, height), dpi=DPI)
    axes = figure.add_axes((left / width, bottom / height, inner_width / width, inner_height / height))
    axes.patch.set(facecolor=PALE, hatch="//////", edgecolor=MUTED)
    colours = LinearSegmentedColormap.from_list("red_blue", RED_BLUE, N=257)
    mesh = axes.pcolormesh(
        shown, cmap=colours, vmin=-(largest or 1), vmax=largest or 1, edgecolors="white", linewidth=0.25
    )
    every = math.ceil(0.1 / column)
    axes.set_xticks(np.arange(0, len(dims), every) + 0.5, [str(d) for d in dims[::every]], rotation=90)
    axes.set_yticks(np.arange(len(attributes)) + 0.5, attributes)
    axes.tick_params(length=0)
    axes.invert_yaxis()
    axes.set_xlabel("latent dimension")
    scale = figure.add_axes(((left + inner_width + 0.1) / width, bottom / height, 0.1 / width, inner_height / height))
    figure.colorbar(mesh, cax=scale, label=f"point-biserial r (largest |r| shown: {largest:.2f})")
    if shown.mask.any():
        figure.legend(
            handles=[Patch(facecolor=PALE, hatch="//////", edgecolor=MUTED, label="undefined")],
            loc="lower left",
            fontsize=SMALL,
            frameon=False,
        )
    return figure
