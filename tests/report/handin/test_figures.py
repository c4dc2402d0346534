"""Figures to hand in: the pictures are the model's own, the labels are legible and true, the bytes
repeat."""

from __future__ import annotations

import hashlib
import io
import os
import re
import shutil
import struct
import subprocess
import sys
import zlib
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure
from matplotlib.text import Text
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from featamp.statistics.correlation import Correlations, point_biserial
from featamp.statistics.variance import VarianceRanking, rank_by_variance
from report.handin.drafts.draft import plotted
from report.handin.figures.charts import (
    draw_correlations,
    draw_kl,
    draw_variance,
)
from report.handin.figures.saving import save
from report.handin.figures.sheet import draw_sheet, sheet_figure
from report.handin.figures.strips import (
    Strip,
    _decimals,
    draw_strips,
    strips_figure,
    zero_column,
)
from report.handin.figures.style import COLUMN, PAGE, style

ROOT = Path(__file__).resolve().parents[3]
HOSTILE = "$x^2$ <b>bold</b> \\alpha_{2} 50% & {0} 😀"


def a_strip(faces: NDArray[np.uint8], title: str = "Dimension 94", std: float = 20.7) -> Strip:
    """The sweep [-3, 3] whose original, reconstruction and frames are `faces` [sample, 2 + alpha,
    h, w, 3]."""
    raw = np.linspace(-3.0, 3.0, faces.shape[1] - 2)
    return Strip(title, faces[:, :2], faces[:, 2:], raw, raw / std)


def noise(samples: int = 2, alphas: int = 10, size: int = 64) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(
        0, 250, (samples, 2 + alphas, size, size, 3), dtype=np.uint8
    )


def decode(png: bytes) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def some_codes() -> NDArray[np.float32]:
    """Twelve dimensions: ten whose variances span eight decades, two that are constant."""
    codes = np.random.default_rng(1).normal(size=(200, 12)) * np.logspace(0, -4, 12)
    codes[:, 10:] = 0.5
    return codes.astype(np.float32)


def some_ranking(codes: NDArray[np.float32] | None = None) -> VarianceRanking:
    codes = some_codes() if codes is None else codes
    return rank_by_variance(codes, np.full_like(codes, -1.0))


def some_correlations() -> Correlations:
    """Three attributes, the second of which nobody has."""
    labels = np.random.default_rng(2).random((200, 3)) < 0.4
    labels[:, 1] = False
    return point_biserial(some_codes(), labels, ("Smiling", "Bald", "Young"))


def texts(figure: Figure) -> list[Text]:
    return [text for text in figure.findobj(Text) if text.get_text() and text.get_visible()]


def assert_legible(figure: Figure, edge: float) -> None:
    """No label is smaller than 6 points, nearer to the edge than `edge`, or on another; pixels of
    300 to the inch."""
    labels = texts(figure)
    FigureCanvasAgg(figure)  # one renderer for all
    boxes = [text.get_window_extent() for text in labels]
    assert min(float(text.get_fontsize()) for text in labels) >= 6
    for text, box in zip(labels, boxes, strict=True):
        assert min(box.x0, box.y0, figure.bbox.x1 - box.x1, figure.bbox.y1 - box.y1) >= edge, (
            text.get_text()
        )
    for (one, a), (other, b) in combinations(zip(labels, boxes, strict=True), 2):
        common = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
        assert min(common) <= 2, (one.get_text(), other.get_text())


def test_the_foot_says_what_the_numbers_above_the_columns_are() -> None:
    with style():
        combined = replace(a_strip(noise(1)), note="times the combination")
        said = [text.get_text() for text in texts(draw_strips([combined]))]
    assert said[-1] == "times the combination;  ▼ 0, the reconstruction"


@pytest.mark.parametrize(("columns", "scale"), [(1, 2), (2, 1)])
def test_faces_stand_in_order_with_every_pixel_as_it_was(columns: int, scale: int) -> None:
    # dim, close colours, one a face: any stretch of contrast would change them; where each lies is
    # then known
    codes = np.arange(2 * 12, dtype=np.uint8).reshape(2, 12)
    colours = np.stack([100 + codes, np.full_like(codes, 100), np.full_like(codes, 90)], axis=-1)
    plain = np.broadcast_to(colours[:, :, None, None, :], (2, 12, 64, 64, 3)).copy()
    twin = [a_strip(plain), a_strip(255 - plain)][:columns]
    picture = decode(strips_figure(twin, columns)["png"])

    pictured = noise()
    noisy = decode(
        strips_figure([a_strip(pictured), a_strip(255 - plain)][:columns], columns)["png"]
    )
    lefts = np.zeros((2, 12), int)
    for row, column in np.ndindex(2, 12):
        found = np.argwhere((picture == colours[row, column]).all(axis=-1))
        (top, left), (bottom, right) = found.min(axis=0), found.max(axis=0) + 1
        assert (bottom - top, right - left, len(found)) == (
            64 * scale,
            64 * scale,
            (64 * scale) ** 2,
        )
        enlarged = pictured[row, column].repeat(scale, axis=0).repeat(scale, axis=1)
        np.testing.assert_array_equal(noisy[top:bottom, left:right], enlarged)
        lefts[row, column] = left
    assert (np.diff(lefts, axis=1) > 64 * scale).all()


@pytest.mark.parametrize(
    ("samples", "alphas", "size"), [(8, 10, 64), (1, 11, 64), (3, 10, 128), (2, 24, 28)]
)
def test_a_figure_for_one_column_fits_it_with_letters_as_large_as_elsewhere(
    samples: int, alphas: int, size: int
) -> None:
    names = tuple(f"a/long/way/to/{i:06d}.jpg" for i in range(samples))
    with style():
        figure = draw_strips(
            [a_strip(noise(samples, alphas, size), HOSTILE * 9)], 1, names, COLUMN
        )
        assert_legible(figure, edge=0)
    assert 0.8 * 3.5 < figure.get_figwidth() <= 3.5


def test_faces_in_one_column_keep_every_pixel() -> None:
    faces = noise(8)
    names = tuple(f"{i:06d}.jpg" for i in range(8))
    picture = decode(strips_figure([a_strip(faces)], 1, names, COLUMN)["png"])
    windows = np.lib.stride_tricks.sliding_window_view(picture[:, :, 0], 64, axis=1)
    for face in faces[0]:  # a face's first line stands in the picture as it is
        assert (windows == face[0, :, 0]).all(axis=-1).sum() == 1


def test_the_pdf_holds_the_faces_upright_and_with_every_pixel_as_it_was() -> None:
    faces = noise(samples=1)
    shifted = faces[:, :1] + np.arange(12, dtype=np.uint8)[:, None, None, None] // 3
    for drawn in (faces, shifted, shifted[..., :1].repeat(3, axis=-1)):  # a sweep, and a grey one
        page = strips_figure([a_strip(drawn)])["pdf"]
        pair, swept = pictures_of(page)
        pitch = swept.shape[1] // 10
        np.testing.assert_array_equal(pair[:, :64], drawn[0, 0])
        np.testing.assert_array_equal(swept[:, -pitch:][:, :64], drawn[0, -1])


def test_the_pdf_holds_a_sweep_as_differences_and_each_picture_once() -> None:
    one, other = ndimage.gaussian_filter(noise(2, 0).astype(float), (0, 0, 1.5, 1.5, 0))[:, 0]
    steps = np.linspace(-0.5, 0.5, 12)[:, None, None, None]
    swept = (one + steps * (other - 125))[None].astype(np.uint8)
    strips = [a_strip(swept), replace(a_strip(swept + np.uint8(9)), pair=swept[:, :2])]
    page = sheet_figure(strips, ("1",))["pdf"]
    *_, pair, first, second = sorted(pictures_of(page), key=lambda picture: picture.size)
    assert (page.count(b"/Subtype /Image"), first.shape) == (3, second.shape)
    assert len(page) < 0.8 * (2 * packed(first) + packed(pair)) + 20_000


def packed(picture: NDArray[np.uint8]) -> int:
    """Bytes of a picture as PNG."""
    content = io.BytesIO()
    Image.fromarray(picture).save(content, "PNG")
    return len(content.getvalue())


def pictures_of(page: bytes) -> list[NDArray[np.uint8]]:
    """The pictures in a PDF, each of which is packed as a PNG as wide as a face is."""
    head = rb"/Width (\d+) /Height (\d+)\n/ColorSpace /(\w+) .*?/Columns (\d+).*?>>\nstream\n"
    found = []
    for match in re.finditer(head, page, re.DOTALL):
        width, height, columns = (int(match[group]) for group in (1, 2, 4))
        kind = {b"DeviceGray": 0, b"DeviceRGB": 2}[match[3]]
        packed = page[match.end() : page.index(b"\nendstream", match.end())]
        size = columns, width * height // columns
        kinds = {b"IHDR": struct.pack(">IIBBBBB", *size, 8, kind, 0, 0, 0), b"IDAT": packed}
        chunks = b"".join(
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
            for kind, body in (kinds | {b"IEND": b""}).items()
        )
        found.append(decode(b"\x89PNG\r\n\x1a\n" + chunks).reshape(height, width, 3))
    return found


def test_pictures_too_large_for_the_page_are_reduced_to_it() -> None:
    picture = decode(strips_figure([a_strip(np.full((1, 12, 256, 256, 3), 100, np.uint8))])["png"])
    assert picture.shape[1] <= PAGE
    assert ((picture == 100).all(axis=-1).sum(axis=1) > 0.8 * PAGE).any()


def test_png_has_300_dpi_and_pdf_the_same_size() -> None:
    files = strips_figure([a_strip(noise())], samples=("000001.jpg", "000002.jpg"))
    with Image.open(io.BytesIO(files["png"])) as image:
        assert image.info["dpi"] == pytest.approx((300, 300), abs=0.01)
        width, height = image.size
    assert 5.5 * 300 < width <= 7 * 300
    box = files["pdf"].split(b"/MediaBox")[1].split(b"[")[1].split(b"]")[0].split()
    assert [float(side) for side in box] == pytest.approx(
        [0, 0, width * 72 / 300, height * 72 / 300], abs=0.01
    )


@pytest.mark.parametrize(
    ("samples", "alphas", "size", "columns"),
    [
        (8, 10, 64, 1),
        (2, 10, 64, 2),
        (1, 2, 64, 1),
        (1, 5, 28, 3),
        (2, 11, 128, 2),
        (1, 40, 64, 1),
    ],
)
def test_no_text_is_too_small_or_cut_off_or_on_another(
    samples: int, alphas: int, size: int, columns: int
) -> None:
    faces = noise(samples, alphas, size)
    strips = [
        a_strip(faces, title) for title in (HOSTILE * 9, "Dimension 7", "W" * 5000)[:columns]
    ]
    names = tuple(f"a/long/way/to/{i:06d}.jpg" for i in range(samples))
    with style():
        figure = draw_strips(strips, columns, names)
        assert_legible(figure, edge=0)


def test_labels_from_outside_are_drawn_letter_by_letter() -> None:
    with style():
        drawn = texts(draw_strips([a_strip(noise(1), HOSTILE)], samples=("$1$\n.jpg",)))
    literal = {text.get_text() for text in drawn if not text.get_parse_math()}
    assert {HOSTILE, "$1$ .jpg"} <= literal


@pytest.mark.skipif(
    shutil.which("pdftotext") is None, reason="pdftotext (poppler-utils) is not installed"
)
def test_pdf_carries_its_labels_as_text(tmp_path: Path) -> None:
    file = tmp_path / "figure.pdf"
    title = "Dimension 94: $x^2$ <b>"
    file.write_bytes(strips_figure([a_strip(noise(1), title)], samples=("000001.jpg",))["pdf"])
    words = subprocess.run(
        ["pdftotext", "-layout", file, "-"], capture_output=True, text=True, check=True
    ).stdout
    for label in (title, "−3.0", "−0.14σ", "original", "000001.jpg"):
        assert label in words


def test_characters_that_the_font_lacks_become_boxes_not_warnings(
    recwarn: pytest.WarningsRecorder,
) -> None:
    strips_figure([a_strip(noise(1), "名 \udcff \x00 smile")])
    assert [str(warning.message) for warning in recwarn] == []


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ([-3, -7 / 3, -1 / 3, 1 / 3, 3], ["−3.0", "−2.3", "−0.3", "+0.3", "+3.0"]),
        ([-0.145, -0.113, -0.001, 0.113], ["−0.14", "−0.11", "0.00", "+0.11"]),
        ([-64, -7.1, 64], ["−64.0", "−7.1", "+64.0"]),
        ([-0.5, -0.25, 0], ["−0.50", "−0.25", "0.00"]),  # -0.2 would look nearer to 0
        ([-3e7, 3e7], ["−3.0e+07", "+3.0e+07"]),
        ([0, 0], ["0.0", "0.0"]),
        ([-np.inf, np.inf], ["−∞", "+∞"]),
    ],
)
def test_alpha_labels_differ_from_their_neighbours(values: list[float], labels: list[str]) -> None:
    assert _decimals(np.array(values, float)) == labels


@pytest.mark.parametrize(
    ("low", "high", "count", "columns"),
    [
        (-3, 3, 10, (4, 5)),
        (-3, 3, 11, (5, 5)),
        (0, 3, 4, (0, 0)),
        (-3, -0.1, 4, None),
        (-1, 3, 2, (0, 1)),
    ],
)
def test_zero_is_marked_where_alpha_changes_sign(
    low: float, high: float, count: int, columns: tuple[int, int] | None
) -> None:
    assert zero_column(np.linspace(low, high, count)) == columns


def test_heatmap_leaves_undefined_pairs_blank_and_zero_white() -> None:
    correlations, dims = some_correlations(), [11, 3, 0]
    with style():
        figure = draw_correlations(correlations, dims)
        figure.draw_without_rendering()
    mesh = next(artist for artist in figure.axes[0].collections if isinstance(artist, QuadMesh))
    shown: np.ma.MaskedArray[Any, Any] = np.ma.asarray(mesh.get_array())
    undefined = np.array([[True, False, False], [True, True, True], [True, False, False]])
    np.testing.assert_array_equal(np.ma.getmaskarray(shown), undefined)
    np.testing.assert_array_equal(shown[0, 1:], correlations.r[0, [3, 0]])
    low, high = mesh.get_clim()
    assert -low == high == np.abs(correlations.r[:, [3, 0]]).max()
    assert tuple(mesh.to_rgba(np.zeros(1))[0]) == (1, 1, 1, 1)
    words = [text.get_text() for text in texts(figure)]
    assert "undefined" in words
    assert any(f"largest shown: {high:.2f}" in word for word in words)


def test_heatmap_without_one_defined_pair() -> None:
    nothing = point_biserial(
        np.zeros((9, 4), np.float32), np.zeros((9, 2), bool), ("Bald", "Young")
    )
    assert plotted(draw_correlations, nothing, [0, 3]).keys() == {"png", "pdf", "svg"}


def test_plots_rank_and_mark_the_chosen_on_a_fitting_scale() -> None:
    ranking = some_ranking()
    flat = some_ranking(np.random.default_rng(3).normal(size=(50, 6)).astype(np.float32))
    with style():
        wide = draw_variance(ranking, [7, 11]).axes[0]
        kl = draw_kl(ranking, [7]).axes[0]
        narrow = draw_variance(flat, [0]).axes[0]
    assert (wide.get_yscale(), narrow.get_yscale()) == ("log", "linear")
    assert "2 at zero" in wide.get_xlabel()
    curve, marked = wide.lines[0], wide.lines[1]
    np.testing.assert_array_equal(curve.get_ydata(), np.sort(ranking.variance)[::-1])
    assert (marked.get_xdata(), marked.get_ydata()) == ([ranking.rank[7]], [ranking.variance[7]])
    assert f"dim 7, rank {ranking.rank[7]}" in str(marked.get_label())
    assert [np.asarray(line.get_ydata())[0] for line in wide.lines[3:]] == [
        ranking.variance.mean(),
        0.01,
    ]
    np.testing.assert_array_equal(kl.lines[0].get_ydata(), np.sort(ranking.kl)[::-1])


@pytest.mark.parametrize(
    ("logvar", "said"),
    [(-1.0, "active above 0.01"), (-99.0, "active above 0.01, and 9 below it")],
)
def test_the_line_of_what_is_active_says_who_is_so_below_it(logvar: float, said: str) -> None:
    codes = some_codes() / np.float32(10)
    ranking = rank_by_variance(codes, np.full_like(codes, logvar))
    with style():
        figure = draw_variance(ranking, [7, 1])
        figure.draw_without_rendering()
    assert_legible(figure, edge=0)
    assert said in [text.get_text() for text in texts(figure)]


def all_bytes() -> str:
    """One hash over every file of a figure of each kind."""
    strip = a_strip(noise(2, 4, 16), HOSTILE)
    drawn = [
        strips_figure([strip] * 2, 2, ("a", "b")),
        plotted(draw_variance, some_ranking(), [7, 1]),
        plotted(draw_correlations, some_correlations(), range(12)),
    ]
    names = [sorted(files) for files in drawn]
    assert names == [["pdf", "png"], ["pdf", "png", "svg"], ["pdf", "png", "svg"]]
    return hashlib.sha256(
        b"".join(files[name] for files in drawn for name in sorted(files))
    ).hexdigest()


def test_the_same_bytes_whatever_the_hash_seed_and_the_users_settings(tmp_path: Path) -> None:
    settings = tmp_path / "matplotlibrc"
    settings.write_text(
        "font.size: 20\nimage.interpolation: bilinear\nsvg.hashsalt: other\nlines.linewidth: 5\n"
    )
    source = "from tests.report.handin.test_figures import all_bytes; print(all_bytes())"
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", source],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **own},
        )
        for own in (
            {"PYTHONHASHSEED": "1"},
            {"PYTHONHASHSEED": "2", "MATPLOTLIBRC": str(settings)},
        )
    ]
    hashes = [
        all_bytes(),
        all_bytes(),
        *(process.communicate()[0].strip() for process in processes),
    ]
    assert len(set(hashes)) == 1, hashes


# ---- the sheet ----


@pytest.mark.parametrize(
    ("count", "samples", "alphas", "size"),
    [(4, 8, 10, 64), (4, 8, 10, 128), (1, 3, 5, 16), (7, 8, 11, 64)],
)
def test_a_sheet_is_one_a4_page_with_legible_labels(
    count: int, samples: int, alphas: int, size: int
) -> None:
    strips = [a_strip(noise(samples, alphas, size), HOSTILE * 9) for _ in range(count)]
    with style():
        figure = draw_sheet(strips, tuple(f"a/long/way/to/{i:06d}.jpg" for i in range(samples)))
        assert_legible(figure, edge=20)
    assert sorted(figure.bbox.size) == pytest.approx([2481, 3508])


def test_a_title_gives_way_to_the_note_beside_it_alone() -> None:
    names = ["a long name of what it does that fits a column and no more"] * 4
    strips = [a_strip(noise(8, 10, 64), name) for name in names]
    with style():
        shown = [t.get_text() for t in texts(draw_sheet(strips, tuple("12345678")))]
    left, right = [t for t in shown if t.startswith("a long name")][:2]
    assert left == names[0] and right.endswith("…")


def test_a_sheet_of_four_shows_every_face_at_twice_its_size() -> None:
    codes = np.arange(4 * 8 * 12).reshape(4, 8, 12)
    colours = np.stack(
        [50 + codes // 100, 100 + codes % 100, np.full_like(codes, 90)], axis=-1
    ).astype(np.uint8)
    faces = np.broadcast_to(colours[:, :, :, None, None, :], (4, 8, 12, 64, 64, 3)).copy()
    with style():
        names = tuple(f"{i:06d}.jpg" for i in range(8))
        sheet = draw_sheet([a_strip(block) for block in faces], names)
        picture = decode(save(sheet, "png")["png"])
    assert picture.shape == (2481, 3508, 3)
    lefts = np.zeros((4, 8, 12), int)
    red, green, blue = picture.astype(int).transpose(2, 0, 1)
    shown = np.where(
        (blue == 90) & (red < 54), (red - 50) * 100 + green - 100 + 1, 0
    )  # 0 where no face is
    for (block, row, column), place in zip(
        np.ndindex(4, 8, 12), ndimage.find_objects(shown), strict=True
    ):
        (top, bottom), (left, right) = ((side.start, side.stop) for side in place)
        assert (bottom - top, right - left) == (128, 128)
        assert (picture[place] == colours[block, row, column]).all()
        assert min(top, left, 2481 - bottom, 3508 - right) >= 50  # 4.2 mm
        lefts[block, row, column] = left
    assert (np.diff(lefts, axis=2) > 128).all()
