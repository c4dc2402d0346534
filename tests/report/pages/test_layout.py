"""Templates hold words and layout: no arithmetic, no line too long to read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from jinja2 import nodes

from report.engine.places import TEMPLATES
from report.view.environment import strict_environment

WIDE = 140
"""Characters in a line of a template."""
ARITHMETIC = (nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Pow)
COMPUTING = ("abs", "min", "max", "sum", "round", "int", "float")
PAGES = sorted(TEMPLATES.rglob("*.html"))
LOOKS = sorted(path for kind in ("js", "css") for path in TEMPLATES.rglob(f"*.{kind}"))


def name_of(path: Path) -> str:
    return path.relative_to(TEMPLATES).as_posix()


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_no_template_computes(path: Path) -> None:
    parsed = strict_environment().parse(path.read_text(encoding="utf-8"))
    assert [node.lineno for node in parsed.find_all(ARITHMETIC)] == []
    of_variables = [
        *(n for n in parsed.find_all(nodes.Neg) if not isinstance(n.node, nodes.Const)),
        *(n for n in parsed.find_all(nodes.Mod) if not isinstance(n.left, nodes.Const)),
        *(n for n in parsed.find_all(nodes.Filter) if n.name in COMPUTING),
        *(n for n in parsed.find_all(nodes.Call) if getattr(n.node, "name", "") in COMPUTING),
    ]
    assert [node.lineno for node in of_variables] == []


@pytest.mark.parametrize("path", [*PAGES, *LOOKS], ids=name_of)
def test_every_line_can_be_read(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").split("\n")
    assert [n for n, line in enumerate(lines, 1) if len(line) > WIDE] == []


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_what_may_be_one_is_counted(path: Path) -> None:
    """A model may have a single dimension, and be swept from a single sample."""
    text = path.read_text(encoding="utf-8")
    assert re.findall(r"\| length \}\}\s+(?:dimensions|samples)\b.*", text) == []
