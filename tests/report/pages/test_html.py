"""Every kind of page is HTML: it parses without an error, and conforms where a validator is
installed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import html5lib  # type: ignore[import-untyped]
import pytest

from report.inputs.selection import Blind, Combination, Selection
from report.pages.render import render_pages
from tests.sample_findings import person, sample_findings

CONFORMING = (
    '{"root": true, "extends": ["html-validate:standard"], "rules": {"void-style": "off"}}'
)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Of a report that a person chose in, of one with labels alone, and of one without either."""
    folder = tmp_path_factory.mktemp("report")
    chosen = person(0, 2, 7)
    together = {"<both>": Combination("0 1, 2 -1"), "old": Combination("300 1", model="old")}
    blind = Selection(
        chosen.chosen, chosen.notes, blind=Blind(3, 5, 0, 2), here="new", combinations=together
    )
    made = {
        "chosen": sample_findings(folder, blind),
        "nobody": sample_findings(folder),
        "bare": sample_findings(folder, labels=False),
    }
    return {
        f"{name}/{path}": content
        for name, findings in made.items()
        for path, content in render_pages(findings).items()
        if path.endswith(".html")
    }


def test_every_page_parses_without_an_error(pages: dict[str, bytes]) -> None:
    wrong = {}
    for path, content in pages.items():
        parser = html5lib.HTMLParser()
        parser.parse(content.decode())
        if parser.errors:
            wrong[path] = parser.errors[:3]
    assert wrong == {} and len(pages) > 40


@pytest.mark.skipif(not shutil.which("html-validate"), reason="npm install -g html-validate")
def test_every_page_conforms(pages: dict[str, bytes], tmp_path: Path) -> None:
    (tmp_path / ".htmlvalidate.json").write_text(CONFORMING)
    for path, content in pages.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    command = ["html-validate", "-c", ".htmlvalidate.json", "-f", "text", "."]
    told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (told.returncode, told.stdout.splitlines()[:10]) == (0, [])
