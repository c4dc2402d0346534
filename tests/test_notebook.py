"""The notebook of docs/, run cell by cell on a few faces."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from report.engine.places import PROJECT

FEW = {"FACES": 60, "EXPLORE": 4, "SAMPLES": 2}
"""In place of what its first cell says."""


def cells() -> list[str]:
    """The code of each cell."""
    notebook = json.loads((PROJECT / "docs/assignment.ipynb").read_text(encoding="utf-8"))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert all(cell["outputs"] == [] for cell in code), "pictures are not kept in the repository"
    return ["".join(cell["source"]) for cell in code]


@pytest.mark.usefixtures("undrawn")
def test_the_notebook_does_the_assignment_in_ten_cells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "models").symlink_to(PROJECT / "models")
    monkeypatch.chdir(tmp_path / "docs")
    parameters, *others = cells()
    assert len(others) == 9
    names: dict[str, Any] = {}
    exec(parameters, names)
    names |= FEW
    for code in others:
        exec(code, names)
    report = names["report"]
    selection = report.tables["scores"]
    assert set(names["chosen"]) <= set(selection["dim"])
    assert "selection" in {p.stem for p in report.folder.glob("*.html")}
    assert "data:image/png" in report._repr_html_()
