"""The plots of several models: what stands at their axes."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.text import Text

from report.handin.figures.style import style
from report.handin.models import NULL, apart, differing, draw_costs, draw_spectra
from report.view.models.scores import Dot, ScoreDots


def ticks(figure: Figure) -> list[list[str]]:
    """What is written at the vertical axis of each panel."""
    return [[label.get_text() for label in axes.get_yticklabels()] for axes in figure.axes]


def test_powers_of_ten_are_written_as_such() -> None:
    with style():
        figure = draw_spectra({"one": (np.array([2.0, 0.003]), np.array([3.0, 0.1]))})
        assert {"10⁻²", "10⁰"} <= set(ticks(figure)[0])


def test_dimensions_are_counted_in_whole_numbers() -> None:
    dots = (Dot("one", 0.01, 1.0, None), Dot("two", 0.02, 3.0, None))
    with style():
        (labels,) = ticks(draw_costs([ScoreDots("nameable dimensions", dots)]))
    assert {"1", "2", "3"} <= set(labels) and not any("." in label for label in labels)


def test_less_than_two_decades_are_on_a_plain_axis() -> None:
    with style():
        figure = draw_spectra({"one": (np.array([1.3, 0.2]), np.array([3.0, 0.1]))})
        labels = ticks(figure)[0]
    assert not any("$" in label or "10" in label for label in labels) and "0.4" in labels


def test_models_of_one_count_are_counted_in_whole_numbers() -> None:
    dots = tuple(Dot(name, 0.01 * n, 10.0, None) for n, name in enumerate("abc"))
    with style():
        (labels,) = ticks(draw_costs([ScoreDots("active dimensions", dots)]))
    assert "10" in labels and not any("." in label for label in labels)


def test_no_name_lies_on_another_where_ten_models_have_one_score() -> None:
    dots = tuple(Dot(f"capacity-seed{n}", 0.1 + 0.001 * (n % 2), 1.0, None) for n in range(10))
    with style():
        figure = draw_costs([ScoreDots("nameable dimensions", dots)])
        figure.draw_without_rendering()
        boxes = [Text.get_window_extent(text) for text in figure.axes[0].texts]
        room = figure.axes[0].get_window_extent()
    assert len(boxes) == 10
    for n, box in enumerate(boxes):
        assert room.y0 - 2 <= box.y0 and box.y1 <= room.y1 + 2
        assert not any(box.overlaps(other) for other in boxes[:n])


def test_heights_are_moved_apart_no_farther_than_they_must() -> None:
    places = np.array([5.0, 1.0, 5.0, 9.0])
    np.testing.assert_allclose(apart(places, 2, 0, 12), [4, 1, 6, 9])
    np.testing.assert_allclose(np.sort(apart(np.zeros(4), 2, 0, 12)), [1, 3, 5, 7])
    np.testing.assert_allclose(np.diff(apart(np.full(4, 3.0), 5, 0, 12)), 3)


def test_a_score_that_all_models_share_has_no_plot_beside_one_in_which_they_differ() -> None:
    same = ScoreDots("axes", (Dot("a", 0.1, 0.0, None), Dot("b", 0.2, 0.0, None)))
    other = ScoreDots("MIG", (Dot("a", 0.1, 0.1, None), Dot("b", 0.2, 0.3, None)))
    assert list(differing([same, other])) == [other] and list(differing([same])) == [same]


def test_a_dash_that_stands_for_chance_has_a_legend_where_there_is_one() -> None:
    known = ScoreDots("MIG", (Dot("a", 0.1, 0.1, 0.02), Dot("b", 0.2, 0.3, 0.01)))
    counted = ScoreDots("axes", (Dot("a", 0.1, 0.0, None), Dot("b", 0.2, 1.0, None)))
    with style():
        (legend,) = draw_costs([counted, known]).legends
        assert [text.get_text() for text in legend.get_texts()] == [NULL]
        assert draw_costs([counted]).legends == []
