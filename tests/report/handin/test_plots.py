"""The plots of the evidence: what is drawn is what was measured, in three formats, the same bytes
every time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from report.handin import plots
from report.handin.figures.style import style

DIMS = (7, 3, 11, 0, 5, 2)
STEPS = np.linspace(-3, 3, 10)
CHANGES = [0.01 * (k + 1) * np.abs(STEPS) for k in range(len(DIMS))]
MAPS = [np.full((16, 16, 3), 0.04 * (k - 1), np.float32) for k in range(len(DIMS))]
NAMES = ("Smiling", "Male", "Wearing_Hat")
CHOSEN, REPORTED = np.array([0.3, 0.5, 0.1]), np.array([0.25, 0.52, -0.02])

DRAWINGS: dict[str, Callable[[], dict[str, bytes]]] = {
    "effects": lambda: plots.effects_figure(DIMS, STEPS, CHANGES),
    "maps": lambda: plots.maps_figure(DIMS, MAPS, 4),
    "responses": lambda: plots.responses_figure(
        NAMES, DIMS, np.linspace(-0.4, 0.6, 18).reshape(3, 6)
    ),
    "scores": lambda: plots.scores_figure(DIMS, [0.1, 0.9, 0.5, 0.0, 1.0, 0.3], [5, 3]),
    "held-out": lambda: plots.held_out_figure(
        NAMES, CHOSEN, REPORTED, REPORTED - 0.1, REPORTED + 0.1
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
        axes = plots.draw_effects(DIMS, STEPS, CHANGES).axes
    assert len(axes) == len(DIMS)
    for panel, dim, change in zip(axes, DIMS, CHANGES, strict=True):
        x, y = panel.lines[0].get_data()
        assert panel.get_title() == f"dim {dim}" and panel.get_ylim() == axes[0].get_ylim()
        assert np.interp(0.0, np.asarray(x, float), np.asarray(y, float)) == 0
        assert np.asarray(y, float).max() == pytest.approx(255 * change.max())


def test_maps_share_one_fixed_symmetric_scale() -> None:
    with style():
        panels = plots.draw_maps(DIMS, MAPS, 4).axes[: len(DIMS)]
    shown = [float(np.asarray(panel.images[0].get_array()).mean()) for panel in panels]
    assert shown == pytest.approx([min(0.5 + 4 * 0.04 * (k - 1), 1.0) for k in range(len(DIMS))])


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
