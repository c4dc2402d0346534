"""The site in real Chromium, opened from disk as a person opens it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page

from report.findings.findings import Findings
from tests.conftest import until, url
from tests.sample_findings import DIMS, HOSTILE, person, sample_findings, write_site


def column(page: Page, index: int) -> list[str]:
    cells = page.locator(f"table.sortable tbody tr:not([hidden]) td:nth-child({index})")
    return [text.strip() for text in cells.all_inner_texts()]


def test_a_table_sorts_by_number_and_by_word(page: Page, site: Path, findings: Findings) -> None:
    page.goto(url(site, "variance.html"))
    by_variance = [str(dim) for dim in findings.variance.order]
    assert column(page, 3) == by_variance
    page.get_by_role("button", name="dim", exact=True).click()
    assert column(page, 3) == [str(dim) for dim in reversed(range(DIMS))]
    assert page.locator("th[aria-sort=descending]").inner_text().strip() == "dim"
    page.get_by_role("button", name="dim", exact=True).press("Enter")
    assert column(page, 3) == [str(dim) for dim in range(DIMS)]
    page.get_by_role(
        "button", name="variance", exact=True
    ).click()  # 20 before 9: as numbers, not as words
    assert column(page, 3) == by_variance
    blank = page.locator("table.sortable tbody tr:last-child td:nth-child(10)")
    blank.evaluate("cell => (cell.textContent = '–')")
    head = page.get_by_role("button", name="top attribute")
    for _ in range(2):
        head.click()
        *told, last = column(page, 10)
        assert last == "–"  # what says nothing comes last, whichever way
    assert told == sorted(told, key=str.lower, reverse=True)


def test_rows_of_which_nothing_is_known_stand_last_in_either_order(page: Page, site: Path) -> None:
    page.goto(url(site, "variance.html"))
    for _ in range(2):
        page.get_by_role("button", name="label", exact=True).click()
        labels = column(page, len(page.locator("table.sortable thead th").all()))
        known = [label for label in labels if label]
        assert known and labels == known + [""] * (len(labels) - len(known))


def test_a_word_that_heads_a_column_is_explained_beside_the_button_that_sorts(
    page: Page, site: Path
) -> None:
    page.goto(url(site, "controls.html"))
    head = page.locator("th", has=page.get_by_role("button", name="leakage", exact=True)).first
    assert head.locator("button a").count() == 0
    head.get_by_role("link", name="What leakage means").click()
    assert page.url.endswith("method.html#word-leakage")


def test_searching_leaves_the_rows_that_match(page: Page, site: Path) -> None:
    page.goto(url(site, "attributes.html"))
    page.get_by_label("Search attributes", exact=True).fill("wearing HAT")
    first = page.get_by_role("region", name="Best dimension of each attribute", exact=True)
    assert first.locator("tbody tr:not([hidden]) td:first-child").all_inner_texts() == [
        "Wearing Hat"
    ]
    assert page.get_by_text("1 of 6 rows").is_visible()


def test_the_slider_moves_the_picture_and_says_alpha(
    page: Page, site: Path, findings: Findings
) -> None:
    page.goto(url(site, "dim/0.html"))
    slider, frame = page.get_by_role("slider"), page.locator(".frames .frame").nth(1)
    sweep = findings.swept[0].sweeps["sigma"]
    before = frame.screenshot()
    slider.press("Home")
    assert slider.get_attribute("aria-valuetext") == f"−{-sweep.raw[0]:.1f} raw, −3.00 σ"
    assert frame.evaluate("e => getComputedStyle(e).backgroundPosition") == "0% 50%"
    assert frame.screenshot() != before
    slider.press("ArrowRight")
    assert (
        page.locator("main .control output").inner_text() == f"−{-sweep.raw[1]:.1f} raw, −2.33 σ"
    )


def test_without_javascript_strips_and_notes_can_be_read(browser: Browser, site: Path) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(url(site, "dim/0.html"))
        assert page.locator(".grid.single img").nth(1).is_visible()
        assert not page.get_by_role("slider").is_visible()
        page.locator("label[for=grid-raw]").click()
        assert page.locator(".panel:visible img[src$='dim000-raw.webp']").is_visible()
        page.goto(url(site, "selection.html"))
        assert not page.locator("form.note").first.is_visible()
        assert page.locator(".note-words").first.is_visible()
        assert page.get_by_text("The note fields need JavaScript").is_visible()


def test_dark_and_light_differ(browser: Browser, site: Path) -> None:
    colours = set()
    schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    for scheme in schemes:
        with browser.new_context(color_scheme=scheme) as context:
            page = context.new_page()
            page.goto(url(site, "index.html"))
            colours.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert len(colours) == 2


def test_no_page_scrolls_sideways_on_a_phone(browser: Browser, site: Path) -> None:
    with browser.new_context(viewport={"width": 360, "height": 740}) as context:
        page = context.new_page()
        for path in sorted(site.rglob("*.html")):
            page.goto(path.as_uri())
            assert page.evaluate("document.documentElement.scrollWidth") == 360, path.name


OVERLAP = """e => [...document.querySelectorAll('.top, #explore')]
    .filter(bar => getComputedStyle(bar).position === 'sticky' && !bar.contains(e))
    .map(bar => [bar.getBoundingClientRect(), e.getBoundingClientRect()])
    .map(([bar, box]) => Math.min(bar.bottom, box.bottom) - Math.max(bar.top, box.top))
    .reduce((most, height) => Math.max(most, height), 0)"""
"""How many pixels of an element's height lie under what stays in view."""


@pytest.mark.parametrize("width", [1280, 1440])
def test_what_stays_in_view_hides_nothing_that_is_jumped_to(
    browser: Browser, site: Path, width: int
) -> None:
    with browser.new_context(
        viewport={"width": width, "height": 800}, reduced_motion="reduce"
    ) as context:
        page = context.new_page()
        for name in ("selection.html", "experiment3.html", "attributes.html"):
            page.goto(url(site, name))
            header = page.locator(".top").bounding_box()
            assert header and header["height"] < 60, "one row"
            for id in page.locator("main h2[id]:visible").evaluate_all(
                "all => all.map(e => e.id)"
            ):
                page.goto(f"{url(site, name)}#{id}")
                assert page.locator(f"#{id}").evaluate(OVERLAP) == 0, (name, id)
        explore = (
            page.goto(url(site, "experiment3.html")) and page.locator("#explore").bounding_box()
        )
        assert explore and explore["height"] < 60, "one row"
        page.locator("#cards [name=notes]").last.focus()
        for _ in range(60):
            page.keyboard.press("Shift+Tab")
            shown = page.locator(":focus")
            assert shown.evaluate(OVERLAP) < shown.evaluate(
                "e => e.getBoundingClientRect().height"
            )


@pytest.mark.parametrize("name", ["controls.html", "compare.html", "dim/0.html"])
def test_the_zero_over_its_line_is_not_cut_off(page: Page, site: Path, name: str) -> None:
    page.goto(url(site, name))
    zero = page.locator(".head .zero:visible").first
    above = """e => e.getBoundingClientRect().top - parseFloat(getComputedStyle(e,
    '::before').height)
        - e.closest('.scroll').getBoundingClientRect().top"""
    assert zero.evaluate(above) >= 0


@pytest.mark.parametrize("name", ["experiment1.html", "experiment2.html"])
def test_original_and_reconstruction_are_as_wide_as_the_steps(
    page: Page, site: Path, name: str
) -> None:
    page.goto(url(site, name))
    shares = page.locator(".grid:visible").evaluate_all(
        "all => all.map(grid => grid.querySelector('.head.pair').offsetWidth"
        " / grid.querySelector('.head span:has(i)').offsetWidth)"
    )
    assert shares == pytest.approx([2.0] * len(shares), abs=0.1)
    assert shares


def test_the_tray_leaves_room_to_read(browser: Browser, tmp_path: Path) -> None:
    site = write_site(sample_findings(tmp_path, person(*range(DIMS))), tmp_path)
    with browser.new_context(
        viewport={"width": 320, "height": 256}
    ) as context:  # 1280 x 1024 at 400 %
        page = context.new_page()
        page.goto(url(site, "index.html"))
        box = page.locator("aside.tray").bounding_box()
        assert box and box["y"] > 256
        page.set_viewport_size({"width": 360, "height": 740})
        thumbnails, tray = (
            page.locator("#tray-dims").bounding_box(),
            page.locator("aside.tray").bounding_box(),
        )
        assert (
            thumbnails and tray and thumbnails["height"] < 50 and tray["y"] + tray["height"] == 740
        )
        assert page.locator("#tray-dims li").count() == DIMS


def test_every_picture_loads(page: Page, site: Path) -> None:
    for name in ("index.html", "experiment2.html", "dim/0.html"):
        page.goto(url(site, name))
        page.evaluate("document.querySelectorAll('img').forEach(i => { i.loading = 'eager' })")
        broken = (
            "[...document.images].filter(i => i.offsetParent && !i.naturalWidth).map(i => i.src)"
        )
        until(page, f"{broken}.length === 0", 5.0)


def test_a_hostile_note_arrives_as_typed_and_runs_nothing(page: Page, site: Path) -> None:
    for name in ("selection.html", "experiment3.html", "dim/0.html"):
        page.goto(url(site, name))
        assert "hacked" not in page.title()
    page.goto(url(site, "selection.html"))
    assert page.locator("#notes-0").input_value() == HOSTILE


TARGETS = """
[...document.querySelectorAll("button, input, select, summary, textarea")]
  .filter((e) => e.checkVisibility({ opacityProperty: true }))
  .map((e) => [e.outerHTML.slice(0, 80), e.getBoundingClientRect()])
  .filter(([, box]) => box.width < 23.9 || box.height < 23.9)
  .map(([words]) => words)
"""


@pytest.mark.parametrize("width", [1280, 360])
def test_whatever_is_pressed_is_large_enough(browser: Browser, site: Path, width: int) -> None:
    with browser.new_context(viewport={"width": width, "height": 800}) as context:
        page = context.new_page()
        for name in ("index", "variance", "attributes", "experiment3", "selection", "dim/1"):
            page.goto((site / f"{name}.html").as_uri())
            page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
            assert page.evaluate(TARGETS) == [], name
        page.goto((site / "experiment3.html").as_uri())
        page.keyboard.press("b")
        assert page.evaluate(TARGETS) == []


def test_a_script_or_a_picture_from_elsewhere_is_refused(page: Page, site: Path) -> None:
    page.goto((site / "index.html").as_uri())
    refused = """source => new Promise((done) => {
      document.addEventListener("securitypolicyviolation", (e) => done(e.violatedDirective));
      const element = document.createElement(source[0]);
      document.body.append(Object.assign(element, source[1]));
    })"""
    inline = ["script", {"textContent": "window.ran = true"}]
    assert page.evaluate(refused, inline) == "script-src-elem"
    assert page.evaluate("window.ran") is None
    assert page.evaluate(refused, ["img", {"src": "https://example.org/x.png"}]) == "img-src"
    assert page.locator("html.js").count() == 1  # our own ran


def test_a_badge_is_as_wide_as_its_word_on_a_narrow_screen(page: Page, site: Path) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(url(site, "index.html"))
    shown = page.locator("h3 .badge:visible").all()
    assert shown and all(badge.bounding_box()["width"] < 250 for badge in shown)  # type: ignore[index]
