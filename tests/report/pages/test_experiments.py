"""`build --only experiments`: what the assignment asks for is there, nothing that judges it is."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import html5lib  # type: ignore[import-untyped]
import pytest

from report.commands.line import main
from tests.conftest import contents, project, run, words

TABLES = {
    "config.toml", "dimensions.csv", "curves.csv", "correlations.csv", "sweeps.json",
    "report.json",
}  # fmt: skip


def run_only(config: Path, *more: str) -> int:
    site = str(config.parent / "site")
    return main(["build", "--config", str(config), "--site", site, "--only", "experiments", *more])


def results(config: Path) -> dict[str, int]:
    """When each result of the store was made."""
    store = config.parent / ".featamp"
    return {
        str(path.parent.relative_to(store)): path.stat().st_mtime_ns
        for path in store.glob("*/*/done.json")
    }


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of which the experiments were built."""
    config = project(tmp_path_factory.mktemp("only"))
    assert run_only(config) == 0
    return config


def test_the_experiments_are_there_and_nothing_that_judges(config: Path) -> None:
    site = contents(config.parent / "site")
    assert {n.removeprefix("data/") for n in site if n.startswith("data/")} == TABLES
    assert [name for name in site if name.endswith(".html")] == ["index.html"]
    told = words(site, "index.html")
    assert "The network is in doubt: a sample of the posterior" in told
    assert "Nothing here was judged" in told and "stand in, those of the targets first" in told
    stages = json.loads(site["data/report.json"])["stage_seconds"]
    assert not {"labels", "screen", "controls", "verdicts", "trust", "live"} & stages.keys()
    entries = json.loads(site["data/sweeps.json"])
    assert {entry["experiment"] for entry in entries} == {"1", "2", "3", "selection"}
    assert {entry["units"] for entry in entries} == {"raw", "sigma"}
    assert {entry["sprite"] for entry in entries} <= site.keys()
    rows = [*csv.DictReader(site["data/correlations.csv"].decode().splitlines())]
    assert len(rows) == 40 * 8 and {row["heldout_r"] for row in rows} == {""}


def test_the_page_parses_and_what_it_names_is_there(config: Path) -> None:
    site = contents(config.parent / "site")
    page = site["index.html"].decode()
    parser = html5lib.HTMLParser()
    parser.parse(page)
    assert parser.errors == []
    links = {path for path in re.findall(r'(?:src|href)="([^"#]+)"', page)}
    assert links and links <= site.keys()
    places = set(re.findall(r'href="#([^"]+)"', page))
    assert places <= set(re.findall(r'id="([^"]+)"', page))


def test_the_whole_build_that_follows_takes_it_up_and_is_as_if_it_came_first(
    config: Path, built: Path
) -> None:
    before = results(config)
    assert run(config) == 0
    assert before.items() <= results(config).items()
    now, first = contents(config.parent / "site"), contents(built / "site")
    times = now.pop("data/report.json"), first.pop("data/report.json")
    assert all(times)
    assert now.keys() == first.keys()
    assert [name for name, content in now.items() if content != first[name]] == []


def test_what_a_person_chose_is_shown_and_drawn(tmp_path: Path, undrawn: None) -> None:
    config = project(tmp_path)
    chosen = "chosen = [0, 3, 5, 7]\n[dimension.3]\nlabel = 'a <smile>'\n"
    (tmp_path / "selection.toml").write_text(chosen)
    (tmp_path / "faces/list_attr_celeba.txt").unlink()
    assert run_only(config) == 0
    site = contents(tmp_path / "site")
    told = words(site, "index.html")
    assert "0, 3, 5 and 7 are chosen" in told and "Dimension 3: a <smile>" in told
    assert "No labels, so no targets." in told
    assert "figures/sheet.pdf" in site and "data/correlations.csv" not in site
    wide = {e["dim"] for e in json.loads(site["data/sweeps.json"]) if e["experiment"] == "2"}
    assert wide == {0, 3, 5, 7}


def test_what_it_cannot_do_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = project(tmp_path)
    assert run_only(config, "--single-file") == 2
    assert "--single-file needs the whole report" in capsys.readouterr().err
    config.write_text(config.read_text().replace("[model]", "[models.one]"))
    assert run_only(config) == 2
    assert "--only experiments builds the site of one model" in capsys.readouterr().err
    assert not (tmp_path / "site").exists()
    with pytest.raises(SystemExit, match="2"):
        main(["build", "--only", "pictures"])
