"""The plots of several models: what stands at their axes."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from report.handin.figures import style
from report.handin.models import draw_costs, draw_spectra
from report.view.models import Dot, Line


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
        (labels,) = ticks(draw_costs([Line("nameable dimensions", dots)]))
    assert {"1", "2", "3"} <= set(labels) and not any("." in label for label in labels)
