"""The answer at a glance, in real Chromium from disk: the contact sheet, any dimension from
wherever it is mentioned, the slider, undo, and what a page weighs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from featamp.measure.sweep import cells
from report.findings.figures import GLANCES
from report.findings.findings import Findings
from report.handin.figures.glances import glance_picture
from report.view.contact import sheet_lines
from tests.browser.conftest import tray
from tests.conftest import until, url

SIZES = {1440: 900, 1024: 768, 360: 740}
OVERVIEW_BYTES = 2_000_000
MANY = 24
"""Dimensions that fit on the first screen."""


def rows(page: Page) -> list[int]:
    shown = page.locator("#sheet > li:visible [data-tick]")
    return [int(dim) for dim in shown.evaluate_all("all => all.map(e => e.dataset.tick)")]


# ---- the contact sheet --------------------------------------------------------------------------


def test_the_sheet_begins_with_what_has_a_name_and_sorts_by_each_measure(
    page: Page, site: Path, findings: Findings
) -> None:
    page.goto(url(site, "index.html"))
    lines = sheet_lines(findings)
    assert lines[0].dim == 1 and lines[0].named and lines[0].attribute == "Smiling"
    assert rows(page) == [line.dim for line in lines]
    page.get_by_label("Sort by").select_option("variance")
    assert rows(page) == list(findings.plan.dims)
    page.get_by_label("Sort by").select_option("attribute")
    by_name = sorted(lines, key=lambda line: (not line.attribute, line.attribute or ""))
    assert rows(page) == [line.dim for line in by_name]
    assert page.url.endswith("?sort=attribute")
    page.reload()
    assert page.get_by_label("Sort by").input_value() == "attribute"


@pytest.mark.parametrize("shape", ["", "178 / 218", "3 / 1"])
def test_frames_of_the_sheet_have_the_shape_of_the_images(
    page: Page, site: Path, shape: str
) -> None:
    across, _, down = shape.partition(" / ")
    page.goto(url(site, "index.html"))
    page.evaluate("shape => document.documentElement.style.setProperty('--shape', shape)", shape)
    for width, frames in ((1440, 10), (1024, 5), (360, 4)):
        page.set_viewport_size({"width": width, "height": 800})
        box = page.locator("#sheet .glance").first.bounding_box()
        assert box and box["width"] <= 400 and box["height"] <= 41
        found = box["width"] / frames / box["height"]
        assert found == pytest.approx(int(across or 1) / int(down or 1), rel=0.02)


def test_a_search_without_hits_says_so_and_leads_on(page: Page, site: Path) -> None:
    page.goto(url(site, "index.html"))
    page.get_by_label("Find").fill("smiling nameable")
    assert rows(page) == [1]
    page.get_by_label("Find").fill("faint zebra")
    assert rows(page) == [] and page.get_by_text("Nothing here fits.").is_visible()
    link = page.get_by_role("link", name="Search all 8 dimensions")
    assert str(link.get_attribute("href")).endswith("dimensions.html?find=faint+zebra")
    page.get_by_role("button", name="Show all").click()
    until(page, "document.querySelectorAll('#sheet > li:not([hidden])').length > 1")
    page.get_by_label("Find").fill("6")
    page.get_by_role("link", name="Search all 8 dimensions").click()
    page.wait_for_url("**/dimensions.html?find=6")
    assert page.locator("#dim-6").is_visible() and page.locator("#dim-1").is_hidden()


def test_a_tick_chooses_everywhere_and_a_click_opens_the_dimension(page: Page, site: Path) -> None:
    page.goto(url(site, "index.html"))
    page.get_by_role("checkbox", name="Choose dimension 4").check()
    assert tray(page) == ["0", "2", "1", "4"]
    page.locator("#sheet a[href='dim/4.html']").click()
    page.wait_for_url("**/dim/4.html")
    assert page.locator("form[data-dim='4'] [name=chosen]").is_checked()
    page.locator("#label-4").fill("dawn")
    page.goto(url(site, "index.html"))
    assert page.locator("#sheet [data-label='4']").inner_text() == "dawn"
    page.get_by_label("Find").fill("dawn")
    assert rows(page) == [4]


def open_overview(page: Page, site: Path, width: int) -> None:
    page.set_viewport_size({"width": width, "height": SIZES[width]})
    page.goto(url(site, "index.html"))


@pytest.mark.parametrize("width", SIZES)
def test_the_sheet_fills_the_first_screen_and_no_more(page: Page, site: Path, width: int) -> None:
    open_overview(page, site, width)
    page.evaluate(
        f"""() => {{
        const sheet = document.querySelector("#sheet");
        while (sheet.children.length < {MANY}) sheet.append(sheet.children[0].cloneNode(true));
        sheet.querySelectorAll(".own").forEach(e => e.textContent = "mouth opens a little");
        }}"""
    )
    lefts = "new Set([...document.querySelectorAll('#sheet > li')].map(e => e.offsetLeft)).size"
    assert page.evaluate(lefts) == (1 if width == 360 else 2)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    shown = page.locator("#sheet img").first.evaluate("e => e.currentSrc")
    assert shown.endswith("ends.webp" if width == 360 else "strip.webp")
    sheet, kept = (
        page.locator("#sheet").bounding_box(),
        page.locator("aside.tray").bounding_box(),
    )
    assert sheet and kept and sheet["y"] < SIZES[width] / 2
    if width == 1440:
        assert sheet["y"] + sheet["height"] <= kept["y"]


@pytest.mark.parametrize("width", SIZES)
def test_a_label_of_a_word_or_two_is_read_whole_beside_the_verdict(
    page: Page, site: Path, width: int
) -> None:
    open_overview(page, site, width)
    cut = page.locator("#sheet .own").evaluate_all(
        """all => all.filter(own => {
        own.textContent = "rosy cheeks";
        own.previousElementSibling.textContent = "139";
        own.nextElementSibling.textContent = "nameable";
        return own.scrollWidth > own.clientWidth;
        }).length"""
    )
    assert cut == 0


@pytest.mark.parametrize("width", SIZES)
def test_the_sign_of_an_attribute_is_seen_where_its_name_is_cut(
    page: Page, site: Path, width: int
) -> None:
    open_overview(page, site, width)
    page.evaluate(
        "document.querySelectorAll('.said span').forEach(e => e.textContent += ' and more'"
        ".repeat(6))"
    )
    beyond = page.locator("#sheet .said b").evaluate_all(
        """all => all.filter(sign => sign.getBoundingClientRect().right
        > sign.closest("li").getBoundingClientRect().right).length"""
    )
    assert beyond == 0 and page.locator("#sheet .said b").count() > 0


def test_the_finding_comes_before_the_health_which_opens(page: Page, site: Path) -> None:
    page.goto(url(site, "index.html"))
    order = page.locator("main :is(#sheet, #finding, #health, #suggested)")
    assert order.evaluate_all("all => all.map(e => e.id)") == [
        "sheet", "finding", "health", "suggested",
    ]  # fmt: skip
    table = page.get_by_role("region", name="Measures of health")
    assert table.is_hidden()
    page.get_by_text("Health of the model:").click()
    assert table.is_visible()


@pytest.mark.parametrize("width", [1440, 360])
def test_what_is_pressed_is_at_least_24_pixels_high_and_wide(
    browser: Browser, site: Path, width: int
) -> None:
    """But for links in running text, which WCAG excepts."""
    with browser.new_context(viewport={"width": width, "height": SIZES[width]}) as context:
        page = context.new_page()
        for file in (*sorted(site.glob("*.html")), site / "dim/1.html"):
            page.goto(file.as_uri())
            small = page.locator("a, button, input, select, summary").evaluate_all(
                """all => all.filter(e => {
                const {width, height} = e.getBoundingClientRect();
                return width && height && Math.min(width, height) < 24
                  && getComputedStyle(e).display !== "inline";
                }).map(e => e.outerHTML)"""
            )
            assert small == [], file.name


# ---- any dimension, wherever it is mentioned ----------------------------------------------------


def test_a_mention_shows_the_dimension_and_can_be_ticked(page: Page, site: Path) -> None:
    page.goto(url(site, "attributes.html"))
    mention = page.locator("main a[data-dim='3']:visible").first
    mention.hover()
    card = page.locator(".mention")
    card.wait_for()
    assert "visible" in card.inner_text()
    card.get_by_label("Choose dimension 3").check()
    assert tray(page) == ["0", "2", "1", "3"]
    page.keyboard.press("Escape")
    assert card.count() == 0
    page.locator("h1").click()
    mention.focus()
    page.keyboard.press("Shift+Tab")
    for _ in range(3):  # by keyboard: out of the card before, to the mention, and into its card
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.dataset.tick") == "3":
            break
    page.keyboard.press("Space")
    assert tray(page) == ["0", "2", "1"]


def test_one_that_was_never_swept_is_ticked_in_its_row(
    page: Page, site: Path, findings: Findings
) -> None:
    assert 6 not in findings.swept
    page.goto(url(site, "variance.html"))
    page.locator("main a[data-dim='6']").click()
    page.wait_for_url("**/dimensions.html#dim-6")
    row = page.locator("#dim-6")
    assert row.locator("img").is_visible()
    row.get_by_role("checkbox").check()
    assert tray(page)[-1] == "6"
    assert "screen/dim006" in page.get_by_role("link", name="Dimension 6").evaluate(
        "e => getComputedStyle(e).backgroundImage"
    )
    assert page.get_by_text("One without a page is swept by the next build").is_visible()


def test_every_row_of_every_dimension_can_be_ticked(page: Page, site: Path) -> None:
    for name in ("dimensions.html", "variance.html"):
        page.goto(url(site, name))
        assert page.locator("tbody [data-tick]").count() == 8


# ---- undo ---------------------------------------------------------------------------------------


def test_a_choice_and_a_cleared_note_are_undone_one_by_one(page: Page, site: Path) -> None:
    page.goto(url(site, "experiment3.html"))
    label = page.locator("#label-3")
    assert page.locator("#undo").is_hidden() and label.input_value() == "light"
    label.fill("")
    page.locator("#notes-3").press_sequentially("two words")
    page.locator("form[data-dim='3'] [name=chosen]").check()
    page.locator("h1").click()
    page.keyboard.press("z")
    assert tray(page) == ["0", "2", "1"]
    page.get_by_role("button", name="Undo").click()
    assert page.locator("#notes-3").input_value() == ""
    page.keyboard.press("z")
    assert label.input_value() == "light" and page.locator("#undo").is_hidden()
    assert "not saved" not in page.locator("#save-state").inner_text()


# ---- the slider ---------------------------------------------------------------------------------


def test_the_slider_stands_at_zero_takes_a_number_and_plays(page: Page, site: Path) -> None:
    page.goto(url(site, "dim/0.html"))
    section = page.locator("main .slider")
    number, output = section.locator("[type=number]"), section.locator("output")
    frame = section.locator(".frames .frame").first
    for typed, said in (("0.1", "0, the reconstruction"), ("-2.2", "−2.33 σ"), ("99", "+3.00 σ")):
        number.fill(typed)
        number.press("Enter")
        assert output.inner_text().endswith(said), typed
        at_zero = "samples.webp" in frame.evaluate("e => getComputedStyle(e).backgroundImage")
        assert at_zero == (typed == "0.1")
    play = section.get_by_role("button", name="Play")
    play.click()
    until(page, "document.querySelector('#alpha').value < 9")
    assert play.get_attribute("aria-pressed") == "true"
    play.click()
    stood = section.locator("[type=range]").input_value()
    page.wait_for_timeout(500)
    assert section.locator("[type=range]").input_value() == stood


def test_two_sweeps_move_together_or_apart(
    page: Page, site: Path, context: BrowserContext
) -> None:
    page.goto(url(site, "compare.html"))
    page.locator("#alpha-a").press("Home")
    assert page.locator("#alpha-b").input_value() == "0"
    page.get_by_label("Move both together").uncheck()
    page.locator("#alpha-b").press("End")
    assert page.locator("#alpha-a").input_value() == "0"
    other = context.new_page()
    other.goto(page.url)
    assert other.locator("#alpha-b").input_value() == "10"
    assert other.locator("#alpha-a").input_value() == "0"


def test_on_a_phone_both_ends_come_first_and_the_pages_fold(browser: Browser, site: Path) -> None:
    with browser.new_context(viewport={"width": 360, "height": 740}) as context:
        page = context.new_page()
        page.goto(url(site, "dim/2.html"))
        ends = page.locator(".both .frame")
        boxes = [ends.nth(i).bounding_box() for i in range(3)]
        assert all(box and box["y"] + box["height"] < 740 for box in boxes)
        assert len({box["y"] for box in boxes if box}) == 1
        places = ends.evaluate_all("all => all.map(e => getComputedStyle(e).backgroundPositionX)")
        assert places == ["0%", "100%", "100%"]
        header = page.locator("header.top").bounding_box()
        assert header and header["height"] < 60
        page.get_by_role("button", name="Menu").click()
        page.get_by_role("link", name="Experiment 3").click()
        page.wait_for_url("**/experiment3.html")


# ---- experiment 3 as a place to work ------------------------------------------------------------


def test_pictures_and_fields_are_on_the_screen_together(browser: Browser, site: Path) -> None:
    with browser.new_context(viewport={"width": 1440, "height": 900}) as context:
        page = context.new_page()
        page.goto(url(site, "experiment3.html"))
        card = page.locator("#cards > .card").nth(1)
        box = card.bounding_box()
        assert box and box["height"] < 450
        picture, fields = (
            card.locator(".compact").bounding_box(),
            card.locator("form").bounding_box(),
        )
        assert picture and fields and picture["x"] + picture["width"] <= fields["x"]
        assert card.locator(".tabs").is_hidden()


def test_a_few_presses_of_tab_lead_to_the_first_choice(page: Page, site: Path) -> None:
    page.goto(url(site, "experiment3.html"))
    for key in ("Tab", "Tab", "Enter"):
        page.keyboard.press(key)
    for _ in range(7):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == "chosen":
            break
    assert page.evaluate("document.activeElement.dataset.tick") == "0"


def test_one_dimension_at_a_time_is_worked_by_keys_alone(
    page: Page, site: Path, findings: Findings
) -> None:
    page.goto(url(site, "experiment3.html"))
    cards = page.locator("#cards > .card:visible")
    second = findings.plan.explored[1]
    page.keyboard.press("v")
    assert cards.count() == 1
    page.keyboard.press("j")
    assert cards.locator(f"#dim-{second}").is_visible()
    progress = page.locator("#progress")
    assert progress.inner_text().startswith("2 of 5 · ")
    for key in ("c", "2", "y", "d", "e"):
        page.keyboard.press(key)
    page.keyboard.type("jaw")
    page.keyboard.press("Escape")
    form = page.locator(f"form[data-dim='{second}']")
    values = "e => Object.fromEntries(new FormData(e))"
    assert form.evaluate(values) | {"chosen": ""} == {
        "chosen": "", "label": "jaw", "quality": "medium", "consistent": "yes", "effect": "",
        "notes": "",
    }  # fmt: skip
    assert cards.locator(".tabs").is_visible()
    page.keyboard.press("j")
    assert cards.count() == 1 and cards.locator(".tabs").is_visible()
    page.keyboard.press("v")
    assert cards.count() == 5


def test_a_filter_without_hits_offers_a_way_back(page: Page, site: Path) -> None:
    page.goto(url(site, "experiment3.html"))
    page.get_by_label("Find").fill("zebra")
    page.get_by_text("No dimension fits.").wait_for()
    page.get_by_role("button", name="Show all 5").click()
    until(page, "document.querySelectorAll('#cards > .card:not([hidden])').length === 5")


def test_a_press_on_a_compact_picture_shows_that_frame(page: Page, site: Path) -> None:
    page.goto(url(site, "experiment3.html"))
    picture = page.locator(".picture.turned").first
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()
    assert box
    for y, said in ((0.1, "−3.00 σ"), (0.5, "0, the reconstruction"), (0.9, "+3.00 σ")):
        picture.click(position={"x": 0.5 * box["width"], "y": y * box["height"]})
        assert page.locator("#large h2").inner_text().startswith("000001.jpg")
        assert page.locator("#large output").inner_text().endswith(said)
        page.keyboard.press("Escape")


# ---- weight -------------------------------------------------------------------------------------


def test_the_overview_loads_small_pictures_alone(page: Page, site: Path) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(url(site, "index.html"))
    page.evaluate("document.querySelectorAll('img').forEach(i => { i.loading = 'eager' })")
    until(page, "[...document.images].every(image => image.complete)")
    pictures = {
        link.rpartition(".")[2] for link in asked if "/sprites/" in link or "/shown/" in link
    }
    assert pictures == set() and len(asked) > 10
    code = sum(
        (site / link.removeprefix(site.as_uri() + "/").partition("?")[0]).stat().st_size
        for link in asked
        if link.endswith((".js", ".css", ".html"))
    )
    assert code < 300_000


def test_the_pictures_of_a_sheet_of_noise_stay_below_the_limit() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (8 * 64, 12 * 64, 3), np.uint8)
    faces = cells(noise, (64, 64))
    sizes = {
        kind: len(glance_picture(kind, faces[:, :2], faces[:, 2:], (0, 3, None, 6, 9), 2)["webp"])
        for kind in GLANCES
    }
    assert MANY * sizes["strip"] < OVERVIEW_BYTES - 300_000
    assert sizes["ends"] < sizes["strip"] < sizes["compact"]
