"""The report as one file: it opens alone, shows every picture, leads nowhere that is not inside,
and says its size."""

from __future__ import annotations

import html
import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Page

from report.commands.line import main
from report.pages.singlefile import INCLUDED, NAME, single_file
from tests.conftest import project, until

HOSTILE = (
    '</textarea><script>document.title = "hacked"</script>'
    "<img src=x onerror=\"document.title = 'hacked'\"> 😀"
)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A config whose site was built with the single file, and a hostile note in it."""
    config = project(tmp_path_factory.mktemp("built"))
    note = HOSTILE.replace('"', '\\"')
    words = f'chosen = [1, 2]\n[dimension.1]\nlabel = "{note}"\neffect = "{note}"\n'
    (config.parent / "selection.toml").write_text(words)
    assert build(config, "--single-file") == 0
    return config


def build(config: Path, *options: str) -> int:
    return main(
        ["build", "--config", str(config), "--site", str(config.parent / "site"), *options]
    )


@pytest.fixture(scope="module")
def alone(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file as it arrives by mail: nothing beside it."""
    return Path(shutil.copy(built.parent / "site" / NAME, tmp_path_factory.mktemp("mail")))


def see(page: Page, file: Path) -> tuple[list[str], list[str]]:
    """Open the file with all its pictures: what it asked for, and what failed."""
    asked: list[str] = []
    failed: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("requestfailed", lambda request: failed.append(request.url))
    page.goto(file.as_uri())
    page.evaluate("document.querySelectorAll('img').forEach(image => { image.loading = 'eager' })")
    until(page, "[...document.images].every(image => image.complete && image.naturalWidth)")
    page.evaluate(
        "Promise.all([...document.querySelectorAll('image')].map(image => image.decode()))"
    )
    return asked, failed


@pytest.mark.parametrize("width", [1280, 360])
def test_it_opens_alone_and_every_link_leads_somewhere(
    page: Page, alone: Path, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    asked, failed = see(page, alone)
    assert failed == [] and [url for url in asked if not url.startswith("data:")] == [
        alone.as_uri()
    ]
    shown = page.evaluate(
        "[...document.querySelectorAll('use')].map(use => use.getAttribute('href').slice(1))"
    )
    inside = page.evaluate("[...document.querySelectorAll('image')].map(image => image.id)")
    assert len(shown) > 20 and set(shown) == set(inside)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(element => element.id)")
    assert len(ids) == len(set(ids))
    links = page.evaluate(
        "[...document.querySelectorAll('a[href]')].map(link => link.getAttribute('href'))"
    )
    assert len(links) > 20 and all(
        link.startswith("https://") or link[1:] in ids for link in links
    )
    labels = page.evaluate("[...document.querySelectorAll('label')].map(label => label.htmlFor)")
    sections = page.evaluate(
        "[...document.querySelectorAll('[aria-labelledby]')].map(e => e.ariaLabelledByElements)"
    )
    assert labels and set(labels) <= set(ids) and sections and all(sections)


def test_a_hostile_note_is_shown_and_runs_nothing(page: Page, alone: Path) -> None:
    see(page, alone)
    assert "hacked" not in page.title()
    assert page.get_by_text(HOSTILE, exact=True).first.is_visible()
    assert page.locator("script, form, iframe, button").count() == 0
    tab = page.locator(".tabs label").nth(1)
    tab.click()
    assert page.locator(".tabs .panel").nth(1).is_visible()


def test_it_holds_the_pages_and_says_its_size(built: Path) -> None:
    site = built.parent / "site"
    content = (site / NAME).read_bytes()
    text = content.decode()
    assert re.findall(r'<section class="page" id="(\w+)"', text) == list(INCLUDED)
    said = re.search(r"one file of ([\d.]+) MB", text)
    assert said and float(said[1]) == pytest.approx(len(content) / 1e6, abs=0.06)
    assert "sprites/" not in text
    assert single_file(site) == content


def test_a_picture_is_inside_once_however_often_it_is_shown(built: Path) -> None:
    text = (built.parent / "site" / NAME).read_text()
    pictures = re.findall(r"data:image/webp;base64,[^\"]+", text)
    assert len(pictures) == len(set(pictures)) < text.count("<use ")


@pytest.mark.parametrize("row", [0, 1])
def test_a_strip_of_one_sample_shows_that_sample(page: Page, alone: Path, row: int) -> None:
    see(page, alone)
    strip = page.locator(".single .picture").nth(1)
    strip.evaluate(f"strip => strip.parentElement.style.setProperty('--row', {row})")
    box, whole = strip.bounding_box(), strip.locator("svg").bounding_box()
    assert box and whole
    samples = int(strip.evaluate("strip => getComputedStyle(strip).getPropertyValue('--samples')"))
    assert box["height"] == pytest.approx(whole["height"] / samples, abs=0.5)
    assert box["y"] - whole["y"] == pytest.approx(row * box["height"], abs=0.5)


def test_it_tells_of_nothing_that_needs_a_script(built: Path) -> None:
    assert "to sort" in (built.parent / "site/experiment3.html").read_text()
    assert "to sort" not in (built.parent / "site" / NAME).read_text()


def test_the_command_says_where_it_is_and_how_large(
    built: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert build(built, "--single-file") == 0
    last = capsys.readouterr().out.splitlines()[-1]
    size = (built.parent / "site" / NAME).stat().st_size
    assert last == f"{built.parent / 'site' / NAME}: {size / 1e6:.1f} MB"


def test_an_old_one_goes_with_the_site_that_it_shows(built: Path, tmp_path: Path) -> None:
    shutil.copytree(built.parent, tmp_path / "project")
    config = tmp_path / "project" / built.name
    file = config.parent / "site" / NAME
    assert build(config) == 0
    (config.parent / "selection.toml").write_text("chosen = [3]\n")
    assert build(config) == 0
    assert not file.exists()
    assert build(config, "--single-file") == 0 and build(config) == 0
    assert file.exists()
    assert main(["clean", "--config", str(config), "--site", str(config.parent / "site")]) == 0
    assert not file.exists()


def test_what_a_picture_is_said_to_show_stays_text(built: Path, tmp_path: Path) -> None:
    site = Path(shutil.copytree(built.parent / "site", tmp_path / "site"))
    for name in ("experiment3.html", "variance.html"):  # pictures of pixels, and drawings
        page = (site / name).read_text()
        (site / name).write_text(re.sub(r'alt="[^"]*"', f'alt="{html.escape(HOSTILE)}"', page))
    text = single_file(site).decode()
    assert "<script" not in text and "<img src=x" not in text
    said = re.findall(r'(aria-label|alt)="([^"]*)"', text)
    assert {name for name, value in said if html.unescape(value) == HOSTILE} == {
        "aria-label",
        "alt",
    }


def test_with_live_it_decodes_alone_and_still_runs_no_note(
    built: Path, page: Page, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("onnx")
    assert build(built, "--live") == 2
    assert "--live goes with --single-file" in capsys.readouterr().err
    config = Path(shutil.copytree(built.parent, tmp_path / "project")) / built.name
    assert build(config, "--single-file", "--live") == 0
    alone = shutil.copy(config.parent / "site" / NAME, tmp_path)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(Path(alone).as_uri())
    page.click("#live-open")
    until(page, "document.getElementById('live-of').textContent")
    page.locator("[data-row='1'] [type=range]").fill("2")
    until(page, "document.getElementById('live-of').textContent.includes('+2.00')")
    assert HOSTILE in page.locator("#live-of").inner_text()
    assert "hacked" not in page.title() and page.locator("#live-rows a").count() == 0
    site = config.parent / "site"
    selection = (site / "selection.html").read_text(encoding="utf-8")
    for link, target in (("live.html", "live"), ("live.html#live-of", "live-of")):
        linked = selection.replace("</main>", f'<a href="{link}">Decode</a></main>')
        (site / "selection.html").write_text(linked, encoding="utf-8")
        assert f'<a href="#{target}">Decode</a>' in single_file(site, live=True).decode()
        assert "Decode</a>" not in single_file(site).decode()
    assert {url.partition(":")[0] for url in asked} <= {"file", "blob", "data"}
    assert len([url for url in asked if url.startswith("file")]) == 1
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
