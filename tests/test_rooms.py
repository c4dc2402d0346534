"""The rooms: imports point down only, no circle, no folder that is crowded."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from report.engine.places import PROJECT

FLOORS = {
    "featamp": (
        "errors",
        "arrays",
        "records",
        "io",
        "contract",
        "statistics",
        "measure",
        "verdict",
        "face",
        "comparison",
        "demo",
        "proof",
    ),
    "report": ("inputs", "engine", "findings", "stages", "view", "handin", "pages", "commands"),
}
"""The floors of each house, the lowest first."""
CROWDED = 13
"""A folder of more files than this is hard to find one's way in."""
MODULES = sorted(p for house in FLOORS for p in (PROJECT / house).rglob("*.py"))


def name_of(path: Path) -> str:
    parts = path.relative_to(PROJECT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


NAMES = {name_of(path): path for path in MODULES}


def imports(path: Path) -> set[str]:
    """Modules of ours that a file imports, also inside functions and for types alone."""
    package = name_of(path).split(".")
    if path.stem != "__init__":
        package = package[:-1]
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*start, *filter(None, [node.module])])
            found |= {f"{base}.{alias.name}" for alias in node.names} | {base}
    return {name for name in found if name in NAMES}


def floor(name: str) -> tuple[int, int]:
    """House and floor of a module; what stands beside the floors is the door, above all."""
    house, _, rest = name.partition(".")
    floors = FLOORS[house]
    inside = rest.partition(".")[0]
    number = floors.index(inside) if inside in floors else len(floors)
    return list(FLOORS).index(house), number


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_import_points_up(path: Path) -> None:
    up = {name for name in imports(path) if floor(name) > floor(name_of(path))}
    assert not up


PICTURED = {"around_grey", "cells", "mosaic"}
"""Functions that cut and join frames, or give differences a grey: how a picture is laid out."""
WORDED = ("report/view", "report/pages", "report/handin", "report/findings")


@pytest.mark.parametrize("room", WORDED)
def test_what_is_rendered_was_computed_before(room: str) -> None:
    asked = {
        alias.name
        for path in (PROJECT / room).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("featamp.")
        for alias in node.names
    }
    assert {name for name in asked if name.islower()} <= PICTURED


RENDERING = ("report.view.", "report.pages.", "report.handin.")
COMPUTING = ("featamp", "report/inputs", "report/engine", "report/stages")


@pytest.mark.parametrize("room", COMPUTING)
def test_no_test_of_what_is_computed_renders_it(room: str) -> None:
    tests = (PROJECT / "tests" / room).rglob("*.py")
    up = {path.name: {n for n in imports(path) if n.startswith(RENDERING)} for path in tests}
    assert {name: found for name, found in up.items() if found} == {}


STATISTICS = {"mean", "std", "var", "median", "quantile", "percentile", "corrcoef"}
PACKED = "vectors.py"
"""Which bytes pack a picture best is asked of its pixels."""


@pytest.mark.parametrize("room", WORDED)
def test_nothing_that_is_rendered_takes_a_statistic(room: str) -> None:
    taken = [
        f"{path.name}:{node.lineno}"
        for path in (PROJECT / room).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if node.func.attr in STATISTICS and path.name != PACKED
    ]
    assert taken == []


def test_modules_import_each_other_in_no_circle() -> None:
    graph = {
        name: imports(path) - {name} for name, path in NAMES.items() if path.stem != "__init__"
    }
    tuple(TopologicalSorter(graph).static_order())  # a CycleError names the circle


@pytest.mark.parametrize("house", [*FLOORS, "templates", "tests"])
def test_no_folder_is_crowded(house: str) -> None:
    folders = [PROJECT / house, *(p for p in (PROJECT / house).rglob("*") if p.is_dir())]
    counts = {
        str(folder.relative_to(PROJECT)): sum(
            p.is_file() and p.name != "__init__.py" for p in folder.iterdir()
        )
        for folder in folders
        if "__pycache__" not in folder.parts  # what was compiled is nobody's room
    }
    assert {name: count for name, count in counts.items() if count > CROWDED} == {}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_every_file_says_first_what_it_knows(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


def test_folders_import_each_other_in_no_circle() -> None:
    graph: dict[Path, set[Path]] = {}
    for path in MODULES:
        graph.setdefault(path.parent, set()).update(NAMES[other].parent for other in imports(path))
    houses = {PROJECT / house for house in FLOORS}  # they hold the door above and errors below
    inside = {folder: others - {folder} - houses for folder, others in graph.items()}
    tuple(TopologicalSorter({f: inside[f] for f in inside.keys() - houses}).static_order())


def test_the_name_of_a_dimension_is_spelt_in_one_place() -> None:
    spelt = [name_of(path) for path in MODULES if ":03d}" in path.read_text(encoding="utf-8")]
    assert spelt == ["report.findings.figures"]
