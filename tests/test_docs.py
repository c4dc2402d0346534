"""The pages for people say what is there: the layout, the commands, the habits."""

from __future__ import annotations

import argparse
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import featamp
from featamp.demo.settings import Settings
from report.commands.line import SETTINGS, _parser
from report.engine.places import PROJECT

README = (PROJECT / "README.md").read_text(encoding="utf-8")
COMMANDS = (PROJECT / "docs/commands.md").read_text(encoding="utf-8")
PAGES = [*PROJECT.glob("*.md"), *PROJECT.glob("docs/*.md")]


def layout() -> set[str]:
    """The places that the README's table of the layout names."""
    table = README.partition("## Layout")[2].partition("\n## ")[0]
    return set(re.findall(r"^\| `([^`]+)`", table, re.M))


def test_the_layout_names_every_room_and_no_other() -> None:
    houses = {"docs", "models", "site", "templates", "tests"}
    rooms = {
        f"{house}/{place.name}"
        for house in ("featamp", "report")
        for place in (PROJECT / house).iterdir()
        if place.is_dir() and any(place.glob("*.py"))
    }
    doors = {"featamp/api.py", "report/api.py"}
    assert layout() == {f"{name}/" for name in houses | rooms} | doors


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_place_that_a_page_names_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#:]+)\)", text)
    assert [link for link in links if not (page.parent / link).exists()] == []
    sources = re.findall(r"`((?:featamp|report|templates|tests|docs)/[\w./]*)`", text)
    assert [source for source in sources if not (PROJECT / source).exists()] == []


def options() -> Iterator[tuple[str, argparse.Action]]:
    """Each command with each of its options."""
    for action in _parser()._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, command in action.choices.items():
                yield from ((name, option) for option in command._actions)


def test_every_command_and_option_is_documented_and_no_other() -> None:
    found = {
        (command, option)
        for section in re.split(r"^## ", COMMANDS, flags=re.M)[1:]
        for command in [section.split("\n", 1)[0].strip("`")]
        for option in re.findall(r"^\| `(--[\w-]+)", section, re.M)
    }
    wanted = {(name, option.option_strings[-1]) for name, option in options()}
    assert found == {pair for pair in wanted if pair[1] != "--help"}
    headings = set(re.findall(r"^## `(\w+)`", COMMANDS, re.M))
    assert headings == {name for name, _ in options()}


def test_defaults_are_those_of_the_command_line() -> None:
    for name, option in options():
        if option.default not in (None, False, argparse.SUPPRESS):
            section = COMMANDS.partition(f"## `{name}`")[2].partition("\n## ")[0]
            line = next(x for x in section.split("\n") if f"`{option.option_strings[-1]}" in x)
            assert f"`{option.default}`" in line, line


def test_defaults_of_a_training_are_those_of_its_settings() -> None:
    told = {
        name: default[1]
        for name, (_, text) in SETTINGS.items()
        if (default := re.search(r"\(default: (\S+)\)", text))
    }
    assert len(told) == 9
    section = COMMANDS.partition("## `train`")[2].partition("\n## ")[0]
    for name, said in told.items():
        value = getattr(Settings(), name)
        assert said == (value if isinstance(value, str) else f"{value:g}"), name
        line = next(x for x in section.split("\n") if f"`--{name.replace('_', '-')}`" in x)
        assert f"`{said}`" in line, line


def test_every_target_of_make_is_documented() -> None:
    targets = re.search(r"^\.PHONY: (.+)$", (PROJECT / "Makefile").read_text(), re.M)
    assert targets is not None
    assert [t for t in targets[1].split() if f"`make {t}`" not in README] == []


def test_one_version_stands_everywhere() -> None:
    version = featamp.__version__
    assert f'version: "{version}"' in (PROJECT / "CITATION.cff").read_text()
    assert re.search(rf"^## {re.escape(version)}", (PROJECT / "CHANGELOG.md").read_text(), re.M)


def test_every_public_name_is_documented() -> None:
    text = (PROJECT / "docs/notebook.md").read_text(encoding="utf-8")
    assert [name for name in featamp.__all__ if f"`{name}`" not in text] == []


def test_the_pythons_that_are_said_to_be_tried_are_allowed() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    assert project["requires-python"] == ">=3.11"
    assert "3.11" in README


def numbered(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def test_no_package_is_allowed_with_a_weakness_that_is_known() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    allowed = dict(need.split(">=") for need in project["dependencies"])
    text = (PROJECT / "docs/reliability.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([\w-]+) \|.*\| ([\d.]+) \| ([\d.]+) \|$", text, re.M)
    assert len(rows) >= 5
    for package, fixed, least in rows:
        assert allowed[package.lower()] == least, package
        assert numbered(least) >= numbered(fixed), package
