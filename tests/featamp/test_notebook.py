"""What a notebook is told in place of the words of a config."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import featamp
from featamp.notebook import WORDS, in_its_words

CODE = Path(featamp.__file__).parent


def texts() -> Iterator[str]:
    """Every text in featamp's code but that of the notebook, 1 for each value put into one."""
    for path in CODE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if path.name == "notebook.py":
                continue
            if isinstance(node, ast.JoinedStr):
                parts = [p.value if isinstance(p, ast.Constant) else "1" for p in node.values]
                yield "".join(map(str, parts))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


@pytest.mark.parametrize("pattern", [pattern for pattern in WORDS if " " in pattern])
def test_what_is_said_otherwise_in_a_notebook_is_said_somewhere(pattern: str) -> None:
    """An edit of the one sentence without the other would bring the config's words back."""
    assert any(re.search(pattern, text) for text in texts())


def test_a_key_of_the_config_is_called_as_the_argument() -> None:
    told = in_its_words('set model.pixels = [-1, 1] and data.size = "48x64"')
    assert told == "set pixels = [-1, 1] and size = (64, 48)"
