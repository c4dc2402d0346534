"""Several models in one build: a report each, their comparison above, notes that belong to one."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Page

from featamp.io.batches import _load as load
from featamp.io.files.steps import Steps
from report.commands.line import main
from report.commands.opening import _tell_models as tell_models
from report.commands.serve import SiteServer
from report.commands.serving.building import Builder
from report.commands.serving.door import Door
from report.engine.console import Console
from report.engine.places import PROJECT
from report.inputs.selection import Combination, Selection
from tests.conftest import contents, project, run, undrawing, until, url, words
from tests.report.commands.conftest import copied

TIMES = "data/report.json"
NAMES = ("plain", "turned")


def several(folder: Path) -> Path:
    """A project of two models: the second has the dimensions of the first in reverse, with other
    signs."""
    config = project(folder)
    saved = torch.load(folder / "tiny.pt", weights_only=True)
    state = saved["model_state_dict"]
    order = torch.arange(7, -1, -1)
    for name in ("posterior.weight", "posterior.bias"):
        means, logs = state[name].chunk(2)
        state[name] = torch.cat([-means[order], logs[order]])
    state["image.weight"] = -state["image.weight"][:, order]
    torch.save(saved, folder / "turned.pt")
    text = config.read_text()
    model, rest = text[: text.index("[data]")], text[text.index("[data]") :]
    tables = [
        model.replace("[model]", f"[models.{name}]").replace("tiny.pt", file)
        for name, file in zip(NAMES, ("tiny.pt", "turned.pt"), strict=True)
    ]
    config.write_text("".join([*tables, rest]))
    return config


def table(site: Path, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((site / f"data/{name}.csv").read_text())))


@pytest.fixture(scope="module")
def models(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A built project of two models; tests that change something work on a copy. The figures of
    the one are those of `built`, the other's are blank."""
    decoded: list[Path] = []

    def counted(path: Path, steps: Steps) -> NDArray[np.uint8] | str:
        decoded.append(path)
        return load(path, steps)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("featamp.io.batches._load", counted)
        config = several(tmp_path_factory.mktemp("models"))
        with undrawing():
            assert run(config) == 0
    (config.parent / "decoded").write_text(str(len(decoded)))
    return config.parent


@pytest.fixture
def copy(models: Path, tmp_path: Path) -> Path:
    return copied(models, tmp_path)


def test_each_model_has_its_whole_report_below_their_comparison(models: Path) -> None:
    site = models / "site"
    assert [row["model"] for row in table(site, "models")] == list(NAMES)
    for name in NAMES:
        for file in ("index.html", "data/dimensions.csv", "data/report.json", "writeup.zip"):
            assert (site / name / file).is_file()
        assert 'href="../index.html"' in (site / name / "index.html").read_text()
        assert f'href="{name}/index.html"' in (site / "index.html").read_text()
    assert "selection-plain.toml" in (site / "plain/index.html").read_text()


def test_its_report_is_that_of_the_model_alone(models: Path, built: Path) -> None:
    one = contents(built / "site")
    among = contents(models / "site/plain")
    named = {n for n in one if n.endswith((".html", ".js"))} | {TIMES, "data/config.toml"}
    packed = {n for n in one if n.startswith("writeup")}
    differing = {n for n in one.keys() | among.keys() if one.get(n) != among.get(n)}
    assert differing <= named | packed


def test_images_are_decoded_once_for_all_models(models: Path) -> None:
    images = len(list((models / "faces/img_align_celeba").iterdir()))
    assert int((models / "decoded").read_text()) == images


def test_what_only_images_and_labels_decide_is_made_once(models: Path) -> None:
    store = models / ".featamp"
    made = {stage: len(list((store / stage).iterdir())) for stage in ("judge", "codes", "screen")}
    assert made == {"judge": 1, "codes": 2, "screen": 2}


def test_the_same_dimensions_in_another_order_find_each_other(models: Path) -> None:
    site = models / "site"
    again = [row for row in table(site, "model_dimensions") if row["model"] == "plain"]
    assert len(again) == 8
    assert all(int(row["best"]) == 7 - int(row["dim"]) for row in again)
    assert all(float(row["best_r"]) < -0.999 and row["again"] == "true" for row in again)
    rows: dict[str, dict[str, dict[str, str]]] = {}
    for row in table(site, "model_rows"):
        rows.setdefault(row["row"], {})[row["model"]] = row
    both = [row for row in rows.values() if row.keys() == set(NAMES)]
    assert len(both) >= 3  # swept in both
    assert all(int(r["plain"]["dim"]) == 7 - int(r["turned"]["dim"]) for r in both)
    assert all(float(r["turned"]["code_r"]) > 0.999 for r in both)


def test_a_sweep_that_runs_the_other_way_is_shown_turned(models: Path) -> None:
    site = models / "site"
    row = next(r for r in table(site, "model_rows") if r["turned"] == "true")
    stem = f"dim{int(row['dim']):03d}"
    own = np.asarray(Image.open(site / f"{row['model']}/shown/{stem}-sigma.webp"))
    shown = np.asarray(Image.open(site / f"shown/{row['model']}-{stem}.webp"))
    for here, there in ((shown[:, :16], own[:, -16:]), (shown[:, -16:], own[:, :16])):
        assert np.abs(here.astype(int) - there).mean() < 8  # of 255: what is looked at is lossy


def test_a_page_above_the_models_that_somebody_edited_is_kept_and_told(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = copy.parent / "site/again.html"
    page.write_text(page.read_text() + "mine")
    assert run(copy) == 0
    assert "again.html was edited since it was written, and is kept" in capsys.readouterr().out


def test_building_again_writes_nothing(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = contents(copy.parent / "site")
    assert run(copy) == 0
    told = capsys.readouterr().out
    assert "computed" not in told and told.count("0 files written") == 3
    assert contents(copy.parent / "site") == before


def test_models_in_another_order_are_drawn_in_that_order(copy: Path) -> None:
    spectra = copy.parent / "site/figures/spectra.svg"
    before = spectra.read_bytes()
    first, second, rest = re.split(r"(?=\[models\.turned\]|\[data\])", copy.read_text())
    copy.write_text(f"{second}\n{first}{rest}")
    assert run(copy) == 0
    assert spectra.read_bytes() != before


def test_notes_belong_to_one_model(copy: Path) -> None:
    site = copy.parent / "site"
    before = contents(site)
    (copy.parent / "selection-turned.toml").write_text(
        'chosen = [0, 1, 2, 3]\n[dimension.0]\nlabel = "a smile"\n'
    )
    assert run(copy) == 0
    after = contents(site)
    changed = {n for n in before.keys() | after.keys() if before.get(n) != after.get(n)}
    assert not [name for name in changed if name.startswith("plain/")]
    assert "a smile" in words(after, "turned/index.html")
    assert "a smile" not in words(after, "plain/index.html")


def test_notes_of_a_single_model_are_pointed_at_where_there_are_several(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (copy.parent / "selection.toml").write_text("chosen = [0, 1, 2, 3]\n")
    assert run(copy) == 0
    told = capsys.readouterr().out
    assert told.count("selection.toml names no model and is read for none of these;") == 1
    assert "rename it after it, such as selection-plain.toml" in told
    for name in NAMES:
        (copy.parent / f"selection-{name}.toml").touch()
    assert run(copy) == 0
    assert "move what it holds into its file" in capsys.readouterr().out


def test_notes_on_a_model_that_was_renamed_are_pointed_at(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = json.loads((copy.parent / "site/turned/data/report.json").read_text())
    mark = report["checkpoint"]["mark"]
    notes = copy.parent / "selection-turned.toml"
    notes.write_text(f'model = "{mark}"\nchosen = [0, 1, 2, 3]\n')
    copy.write_text(copy.read_text().replace("[models.turned]", "[models.other]"))
    assert run(copy) == 0
    told = capsys.readouterr().out
    assert "note: selection-turned.toml was written on this model under another name;" in told
    assert "rename it to selection-other.toml, and its choice" in told
    assert notes.is_file()
    notes.rename(copy.parent / "selection-other.toml")
    assert run(copy) == 0
    assert "rename it" not in capsys.readouterr().out


def test_a_note_for_a_dimension_that_a_model_lacks_names_its_file(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (copy.parent / "selection-turned.toml").write_text("chosen = [8]\n")
    assert run(copy) == 2
    told = capsys.readouterr().err
    assert "selection-turned.toml: chosen names dimension 8" in told


def test_a_model_that_cannot_be_opened_leaves_the_site_as_it_was(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(copy.parent / "site")
    (copy.parent / "turned.pt").write_bytes(b"no checkpoint")
    assert run(copy) == 2
    assert "models.turned: " in capsys.readouterr().err
    assert contents(copy.parent / "site") == before


def test_a_model_that_is_taken_out_takes_its_folder_along_but_no_file_of_others(
    copy: Path,
) -> None:
    site, text = copy.parent / "site", copy.read_text()
    (site / "turned/mine.txt").write_text("mine")
    (site / "else").mkdir()
    (site / "else/mine.txt").write_text("mine")
    start, end = text.index("[models.turned]"), text.index("[data]")
    copy.write_text(text[:start] + text[end:])
    assert run(copy) == 0
    assert [p.name for p in (site / "turned").iterdir()] == ["mine.txt"]
    assert (site / "else/mine.txt").is_file()
    assert [row["model"] for row in table(site, "models")] == ["plain"]
    copy.write_text(text[: text.index("[models")] + "[model]" + text[text.index("]") + 1 : start]
                    + text[end:])  # fmt: skip
    assert run(copy) == 0
    assert not (site / "plain").exists() and (site / "data/dimensions.csv").is_file()


def test_clean_removes_the_reports_of_all_models(copy: Path) -> None:
    site = copy.parent / "site"
    assert main(["clean", "--config", str(copy), "--site", str(site)]) == 0
    assert not [p for p in site.rglob("*") if p.is_file()]


@pytest.mark.parametrize("files", [("turned.pt",), ("tiny.pt", "turned.pt")])
def test_models_that_have_collapsed_stand_beside_the_others(
    files: tuple[str, ...], copy: Path
) -> None:
    for file in files:
        saved = torch.load(copy.parent / file, weights_only=True)
        for name in ("posterior.weight", "posterior.bias"):
            saved["model_state_dict"][name].zero_()
        torch.save(saved, copy.parent / file)
    with undrawing():
        assert run(copy) == 0
    site, both = copy.parent / "site", len(files) == 2
    active = {row["model"]: int(row["active"]) for row in table(site, "models")}
    assert active == {"plain": 0 if both else 8, "turned": 0}
    assert ('id="targets"' in (site / "index.html").read_text()) != both


def test_check_tries_every_model(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--config", str(copy)]) == 0
    told = capsys.readouterr().out
    assert told.index("plain:") < told.index("turned:")
    assert told.count("RMSE") >= 2


def test_check_goes_on_after_a_model_that_cannot_be_used(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (copy.parent / "tiny.pt").write_bytes(b"no checkpoint")
    assert main(["check", "--config", str(copy)]) == 2
    told = capsys.readouterr()
    assert "tiny.pt" in told.out and "RMSE" in told.out[told.out.index("turned:") :]
    assert told.err.endswith("1 of 2 models cannot be used (plain), as said above\n")


def test_each_model_has_its_single_file(copy: Path) -> None:
    command = ["build", "--single-file", "--config", str(copy), "--site"]
    assert main([*command, str(copy.parent / "site")]) == 0
    for name in NAMES:
        assert (copy.parent / f"site/{name}/featamp-report.html").stat().st_size > 10_000


def test_the_server_saves_to_the_file_of_the_page_s_model(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from werkzeug.test import Client

    monkeypatch.setattr(Builder, "build", lambda self: None)
    door = Door(8000)
    client = Client(SiteServer(copy, copy.parent / "site", door), use_cookies=False)
    headers = {
        "Host": "127.0.0.1:8000", "Origin": "http://127.0.0.1:8000", "If-Match": "none",
        "Cookie": f"{door.cookie}={door.token}",
    }  # fmt: skip
    answer = client.put("/turned/api/selection", data="chosen = [1]\n", headers=headers)
    assert answer.status_code == 200
    assert (copy.parent / "selection-turned.toml").read_text() == "chosen = [1]\n"
    assert not (copy.parent / "selection.toml").exists()
    assert not (copy.parent / "selection-plain.toml").exists()
    there = client.get("/turned/api/selection", headers=headers)
    assert json.loads(there.data)["text"] == "chosen = [1]\n"
    for name in ("other", "..", ""):
        place = f"/{name}/api/selection" if name else "/api/selection"
        answer = client.put(place, data="chosen = [1]\n", headers=headers)
        assert answer.status_code in (404, 405)
    del headers["If-Match"]
    assert client.get("/plain/", headers=headers).status_code == 200


def test_the_data_dictionary_has_every_table_and_column_and_no_other(models: Path) -> None:
    text = (PROJECT / "docs/comparison.md").read_text(encoding="utf-8")
    sections = re.findall(r"^## `data/(.+?)`\n(.*?)(?=^## |\Z)", text, re.M | re.S)
    told = {name: re.findall(r"^\| `([^`]+)`", section, re.M) for name, section in sections}
    files = {p.name: p for p in (models / "site/data").iterdir()}
    heads = {n: p.read_text().partition("\n")[0].split(",") for n, p in files.items()}
    assert heads == told


@pytest.mark.parametrize("name", ["index", "faces", "live", "again", "method"])
def test_every_link_and_picture_of_the_pages_above_is_there(name: str, models: Path) -> None:
    page = (models / f"site/{name}.html").read_text()
    places = re.findall(r'(?:href|src)="([^":#]+?)(?:#[^"]*)?"', page)
    assert [place for place in places if not (models / "site" / place).is_file()] == []


def test_one_sample_is_shown_in_every_strip(models: Path, page: Page) -> None:
    page.goto(url(models / "site", "faces.html"))
    page.select_option("#sample", "2")
    until(page, "location.search === '?sample=2'")
    rows = page.eval_on_selector_all(
        ".grid.single", "grids => grids.map((g) => g.style.getPropertyValue('--row'))"
    )
    assert rows and set(rows) == {"2"}


def test_the_models_not_to_keep_are_read_in_lines_on_a_telephone(models: Path, page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto((models / "site/index.html").as_uri())
    widths = page.locator("td.words").evaluate_all("cells => cells.map(c => c.offsetWidth)")
    assert widths and min(widths) >= 240


def test_a_single_thing_of_an_earlier_model_is_told_as_one() -> None:
    told = io.StringIO()
    wide = {"wide": Combination("1 +1, 2 -1", model="old")}
    tell_models(Console(told), "selection.toml", Selection(combinations=wide, here="new"))
    assert "of an earlier model, the combination “wide”: the site marks that" in told.getvalue()
