"""The names of figures, which people and write-ups know."""

from __future__ import annotations

import pytest

from report.findings.figures import Figure


@pytest.mark.parametrize(
    ("figure", "name"),
    [
        (Figure("dimension", 94, "raw"), "dim094-raw"),
        (Figure("dimension", 1234, "wide-sigma"), "dim1234-wide-sigma"),
        (Figure("column", 94, "sigma"), "dim094-sigma-column"),
        (Figure("animation", 7), "dim007-animation"),
        (Figure("map", 7), "dim007-map"),
        (Figure("experiment1", units="raw"), "experiment1-raw"),
        (Figure("experiment2", 94, "sigma"), "experiment2-dim094-sigma"),
        (Figure("experiment3", units="raw", page=2), "experiment3-raw-2"),
        (Figure("held-out"), "held-out"),
    ],
)
def test_a_figure_is_named_after_what_it_shows(figure: Figure, name: str) -> None:
    assert figure.name == name
