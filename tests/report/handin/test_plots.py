"""The plots of the write-up: what is drawn is what was measured, in three formats, the same bytes
every time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from matplotlib.collections import LineCollection

from featamp.measure.sweep import around_grey
from report.handin.drafts.draft import plotted
from report.handin.figures import plots
from report.handin.figures.style import style

DIMS = (7, 3, 11, 0, 5, 2)
STEPS = np.linspace(-3, 3, 10)
CHANGES = [0.01 * (k + 1) * np.abs(STEPS) for k in range(len(DIMS))]
MAPS = [np.full((16, 16, 3), 0.04 * (k - 1), np.float32) for k in range(len(DIMS))]
NAMES = ("Smiling", "Male", "Wearing_Hat")
CHOSEN, REPORTED = np.array([0.3, 0.5, 0.1]), np.array([0.25, 0.52, -0.02])

DRAWINGS: dict[str, Callable[[], dict[str, bytes]]] = {
    "effects": lambda: plotted(plots.draw_effects, DIMS, STEPS, CHANGES),
    "maps": lambda: plotted(plots.draw_maps, DIMS, MAPS),
    "responses": lambda: plotted(
        plots.draw_responses, NAMES, DIMS, np.linspace(-0.4, 0.6, 18).reshape(3, 6)
    ),
    "scores": lambda: plotted(plots.draw_scores, DIMS, [0.1, 0.9, 0.5, 0.0, 1.0, 0.3], [5, 3]),
    "held-out": lambda: plotted(
        plots.draw_held_out, NAMES, CHOSEN, REPORTED, REPORTED - 0.1, REPORTED + 0.1
    ),
}


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_plot_comes_in_three_formats_the_same_bytes_every_time(name: str) -> None:
    first, second = DRAWINGS[name](), DRAWINGS[name]()
    assert set(first) == {"png", "pdf", "svg"} and first == second
    assert (
        first["png"].startswith(b"\x89PNG")
        and first["pdf"].startswith(b"%PDF")
        and b"<svg" in first["svg"]
    )


def test_curves_pass_through_nothing_at_zero_and_share_one_scale() -> None:
    with style():
        (axes,) = plots.draw_effects(DIMS, STEPS, CHANGES).axes
    drawn = [lines for lines in axes.collections if isinstance(lines, LineCollection)]
    curves, zeros = (lines.get_segments() for lines in drawn[:2])
    assert len(curves) == len(zeros) == len(DIMS)
    heights = []
    for (x, y), zero in zip((np.asarray(curve).T for curve in curves), zeros, strict=True):
        at, ground = float(zero[0, 0]), float(zero[:, 1].max())  # pixels: the largest lies lowest
        assert np.interp(at, x, y) == pytest.approx(ground)
        heights.append(ground - float(y.min()))
    assert np.array(heights) / heights[-1] == pytest.approx((np.arange(6) + 1) / 6)
    words = [text.get_text() for text in axes.texts]
    assert [w for w in words if w.startswith("dim")] == [f"dim {dim}" for dim in DIMS]
    assert words.count("−2") == 5  # below the last panel of each column
    assert "40" in words  # the largest change: 18 % of 255 at 3 standard deviations


def test_maps_share_one_fixed_symmetric_scale(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[np.ndarray] = []
    monkeypatch.setattr(plots, "draw_faces", lambda _axes, faces, *_: drawn.extend(faces[0]))
    with style():
        plots.draw_maps(DIMS, MAPS)
    expected = [float(around_grey(values).mean()) for values in MAPS]
    assert [face.mean() / 255 for face in drawn] == pytest.approx(expected, abs=0.5 / 255)


def test_scores_stand_in_order_and_the_suggested_are_coloured() -> None:
    with style():
        axes = plots.draw_scores(DIMS, [0.1, 0.9, 0.5, 0.0, 1.0, 0.3], [5, 3]).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        "5",
        "3",
        "11",
        "2",
        "7",
        "0",
    ]
    colours = [bar.get_facecolor() for bar in axes.patches]
    assert colours[0] == colours[1] != colours[2] == colours[5]


def test_held_out_r_stands_beside_the_r_that_chose() -> None:
    with style():
        axes = plots.draw_held_out(NAMES, CHOSEN, REPORTED, REPORTED - 0.1, REPORTED + 0.1).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        "Male",
        "Smiling",
        "Wearing Hat",
    ]
    reported, chosen = (np.asarray(line.get_xdata(), float) for line in axes.lines[:2])
    assert reported.tolist() == [0.52, 0.25, -0.02] and chosen.tolist() == [0.5, 0.3, 0.1]
