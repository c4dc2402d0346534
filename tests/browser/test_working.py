"""Working by hand and eye, in real Chromium from disk: keys, comparing, exploring, naming blind,
printing, access."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, BrowserContext, Dialog, Page

from report.findings.findings import Findings
from report.inputs.selection import Blind, Note, Selection
from report.pages.render import PAGES, render_pages
from report.stages.verdicts import names_tested
from report.view.readings import blind_cards
from tests.conftest import until, url
from tests.sample_findings import person, sample_findings, write_site

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
NAMED = {"label-content-name-mismatch": {"enabled": True}}
"""What can be read on a control is in its name; axe asks this only where it is told to."""
KINDS_OF_PAGE = [*(f"{name}.html" for name, _ in PAGES), "dim/0.html", "dim/7.html"]


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> Findings:
    return sample_findings(tmp_path_factory.mktemp("report"), person(0, 2, 7))


def style(page: Page, selector: str, name: str) -> str:
    return str(page.locator(selector).first.evaluate(f"e => getComputedStyle(e)['{name}']"))


# ---- keys ---------------------------------------------------------------------------------------


def test_keys_step_through_the_dimensions_by_variance(
    page: Page, site: Path, findings: Findings
) -> None:
    first, second = findings.plan.dims[:2]
    page.goto(url(site, f"dim/{first}.html"))
    page.keyboard.press("k")  # the first has none before it
    page.keyboard.press("j")
    page.wait_for_url(f"**/{second}.html")
    page.keyboard.press("k")
    page.wait_for_url(f"**/{first}.html")


def test_arrow_keys_move_the_slider_and_a_held_key_shows_what_was_amplified(
    page: Page, site: Path
) -> None:
    page.goto(url(site, "dim/0.html"))
    page.keyboard.press("ArrowLeft")
    assert page.locator("main [type=range]").input_value() == "9"
    page.locator("main [type=range]").press("ArrowLeft")  # by itself: not twice
    assert page.locator("main [type=range]").input_value() == "8"
    amplified = style(page, "main .frames .frame", "backgroundImage")
    assert "dim000-sigma.webp" in amplified
    for key, place in (("o", "0px"), ("r", "100%")):
        page.keyboard.down(key)
        assert "samples.webp" in style(page, "main .frames .frame", "backgroundImage")
        assert style(page, "main .frames .frame", "backgroundPositionX") == place
        page.keyboard.up(key)
        assert style(page, "main .frames .frame", "backgroundImage") == amplified


def test_a_label_is_tried_on_pairs_of_images(page: Page, site: Path, findings: Findings) -> None:
    page.goto(url(site, "dim/0.html"))
    result = page.locator("#trial-result")
    pairs = findings.swept[0].trial
    for number, (_, _, higher) in enumerate(pairs, 1):
        chosen = "below" if higher else "above"  # the label goes against the code
        page.locator(f"[name=pair-{number}][value={chosen}]").check()
        if number < len(pairs):
            assert f"{len(pairs) - number} of {len(pairs)} to go" in result.inner_text()
    assert "in 4 of 4 pairs" in result.inner_text()
    assert "13\N{NO-BREAK SPACE}% of trials" in result.inner_text()  # 2 of 16
    assert "That may be chance" in result.inner_text()


def test_a_hold_button_works_by_pointer_and_by_its_own_keys(page: Page, site: Path) -> None:
    page.goto(url(site, "dim/0.html"))
    button = page.locator("main [data-hold=original]")
    button.hover()
    page.mouse.down()
    assert "samples.webp" in style(page, "main .frames .frame", "backgroundImage")
    page.mouse.up()
    assert "samples.webp" not in style(page, "main .frames .frame", "backgroundImage")
    button.focus()
    page.keyboard.down("Space")
    assert "samples.webp" in style(page, "main .frames .frame", "backgroundImage")
    page.keyboard.up("Space")
    assert "samples.webp" not in style(page, "main .frames .frame", "backgroundImage")


def test_keys_choose_and_write_on_the_card_in_view(
    page: Page, site: Path, findings: Findings
) -> None:
    page.goto(url(site, "experiment3.html"))
    for key, at in (("j", 0), ("j", 1), ("k", 0), ("j", 1)):
        page.keyboard.press(key)
        assert page.evaluate("document.activeElement.id") == f"dim-{findings.plan.explored[at]}"
    second = f"form[data-dim='{findings.plan.explored[1]}']"
    before = page.locator(f"{second} [name=chosen]").is_checked()
    page.keyboard.press("c")
    assert page.locator(f"{second} [name=chosen]").is_checked() != before
    page.keyboard.press("e")
    assert page.evaluate("document.activeElement.closest('form').dataset.dim") == str(
        findings.plan.explored[1]
    )


def test_no_key_fires_while_a_person_types_or_holds_a_modifier(page: Page, site: Path) -> None:
    page.goto(url(site, "experiment3.html"))
    card = page.locator("#cards .card").first
    chosen = card.locator("[name=chosen]").is_checked()
    keys = page.locator("[data-key]").evaluate_all(
        "all => [...new Set(all.flatMap(e => e.dataset.key.split(' ')))]"
    )
    assert {"?", "j", "k", "c", "e", "b"} <= set(keys)
    fields = ["[name=label]", "[name=notes]", "[name=quality]", "#explore [name=find]"]
    for field in [*(card.locator(name) for name in fields[:3]), page.locator(fields[3])]:
        for key in set(keys) - {"Escape"}:  # which leaves the field
            field.press(key)
            assert field.evaluate("e => e === document.activeElement"), key
    page.locator("h1").click()
    for modifier in ("Control", "Alt", "Meta"):
        for key in ("c", "b", "?"):
            page.keyboard.press(f"{modifier}+{key}")
    assert page.locator("dialog[open]").count() == 0 and page.locator("#blind").is_hidden()
    assert card.locator("[name=chosen]").is_checked() == chosen
    assert page.locator("html[data-shown]").count() == 0
    page.goto(url(site, "dim/0.html"))
    page.locator("main").evaluate("e => { e.contentEditable = true; e.focus() }")
    page.keyboard.press("j")
    assert page.url.endswith("dim/0.html")


def test_no_key_acts_on_a_card_that_is_out_of_view_or_with_shift(page: Page, site: Path) -> None:
    page.goto(url(site, "experiment3.html"))
    chosen = page.locator("#cards [name=chosen]:checked").count()
    for key in ("c", "e"):
        page.keyboard.press(key)
        assert page.evaluate("scrollY") == 0 and page.evaluate(
            "document.activeElement === document.body"
        )
    page.keyboard.press("j")
    page.keyboard.press("Shift+C")
    assert page.locator("#cards [name=chosen]:checked").count() == chosen
    page.keyboard.press("c")
    assert page.locator("#cards [name=chosen]:checked").count() != chosen


def test_a_held_key_is_let_go_with_the_window(page: Page, site: Path) -> None:
    page.goto(url(site, "dim/0.html"))
    page.keyboard.down("o")
    assert page.locator("html[data-shown]").count() == 1
    page.evaluate("dispatchEvent(new Event('blur'))")
    assert page.locator("html[data-shown]").count() == 0


def test_a_finger_that_slides_goes_on_holding(browser: Browser, site: Path) -> None:
    with browser.new_context(has_touch=True, viewport={"width": 360, "height": 740}) as context:
        page = context.new_page()
        page.goto(url(site, "dim/0.html"))
        button = page.locator("main [data-hold=original]")
        button.scroll_into_view_if_needed()
        box = button.bounding_box()
        assert box
        finger = {"x": box["x"] + 9, "y": box["y"] + 9}
        touch = context.new_cdp_session(page)
        touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [finger]})
        for by in range(0, 40, 5):
            moved = {"x": finger["x"], "y": finger["y"] - by}
            touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [moved]})
        assert page.locator("html[data-shown]").count() == 1
        touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        assert page.locator("html[data-shown]").count() == 0


def test_the_question_mark_lists_every_key_of_the_page_once(page: Page, site: Path) -> None:
    page.goto(url(site, "dim/2.html"))
    page.keyboard.press("?")
    listed = page.locator("#keys dt").all_inner_texts()
    visible = "all => all.filter(e => e.checkVisibility()).map(e => e.dataset.key)"
    declared = set(page.locator("body > :not(dialog) [data-key]").evaluate_all(visible))
    assert len(listed) == len(declared) >= 8
    assert all(text.strip() for text in page.locator("#keys dd").all_inner_texts())
    page.keyboard.press("j")
    assert page.url.endswith("dim/2.html")  # keys are for the dialog now
    page.keyboard.press("Escape")
    assert page.locator("#keys").is_hidden()


def test_keys_can_be_turned_off_for_good(page: Page, site: Path) -> None:
    page.goto(url(site, "dim/2.html"))
    page.get_by_role("button", name="Keys").click()
    page.get_by_label("Use these keys").uncheck()
    page.keyboard.press("Escape")
    page.reload()
    page.locator("h1").click()
    page.keyboard.press("?")
    assert page.locator("#keys").is_hidden()


# ---- frames large -------------------------------------------------------------------------------


def test_a_frame_of_the_slider_opens_large_and_closes_by_escape(page: Page, site: Path) -> None:
    page.goto(url(site, "dim/0.html"))
    page.locator("main .frames button.frame").nth(1).click()
    large = page.locator("#large")
    assert large.locator("h2").inner_text() == "000001.jpg · Dimension 0"
    assert re.fullmatch(r"\+[\d.]+ raw, \+3\.00 σ", large.locator("output").inner_text())
    page.keyboard.press("ArrowLeft")
    assert large.locator("output").inner_text().endswith("+2.33 σ")
    page.keyboard.press("ArrowDown")
    assert large.locator("h2").inner_text() == "000002.jpg · Dimension 0"
    page.keyboard.press("?")
    listed = page.locator("#keys dt").all_inner_texts()
    assert [text.strip() for text in listed] == ["← →", "p", "o", "r", "↑", "↓", "?"]
    page.keyboard.press("Escape")
    assert style(page, "#large .frame", "imageRendering") == "auto"
    box = large.locator(".frame").bounding_box()
    assert box and box["width"] > 250
    page.keyboard.press("Escape")
    assert large.is_hidden()


@pytest.mark.parametrize(
    "name", ["selection.html", "experiment2.html", "experiment3.html", "dim/0.html"]
)
def test_the_frame_under_the_pointer_is_the_one_shown(
    page: Page, site: Path, findings: Findings, name: str
) -> None:
    page.goto(url(site, name))
    page.locator("main details").evaluate_all("all => all.forEach(e => { e.open = true })")
    picture = page.locator(".grid .picture[data-of]:visible").first
    picture.scroll_into_view_if_needed()
    single = picture.evaluate("e => e.parentNode.matches('.single')")
    dim = int(str(picture.get_attribute("data-of")).split()[1])
    box = picture.bounding_box()
    assert box
    picture.click(
        position={"x": 0.25 * box["width"], "y": (0.5 if single else 0.9) * box["height"]}
    )
    assert (
        page.locator("#large h2").inner_text()
        == f"{findings.samples.names[0 if single else 2]} · Dimension {dim}"
    )
    assert page.locator("#large-alpha").input_value() == "2"
    assert (
        "raw" in page.locator("#large output").inner_text()
        and "σ" in page.locator("#large output").inner_text()
    )


def test_a_picture_opens_by_keyboard(page: Page, site: Path) -> None:
    page.goto(url(site, "dim/0.html"))
    page.get_by_role("button", name="Enlarge: Sample 000000.jpg along dimension 0").press("Enter")
    assert page.locator("#large").is_visible()


# ---- comparing ----------------------------------------------------------------------------------


def view(page: Page) -> list[str]:
    texts = page.locator(".pane select, #sample").evaluate_all("all => all.map(e => e.value)")
    return [*texts, *page.locator(".pane output").all_inner_texts()]


def test_a_comparison_moves_together_and_its_address_shows_it_again(
    page: Page, site: Path, browser: Browser
) -> None:
    page.goto(url(site, "dim/0.html"))
    page.locator("main a[href*='compare.html']", has_text="a random direction").click()
    page.wait_for_url("**/compare.html?*&k=10&*")
    assert view(page)[:2] == ["dim-0-sigma", "control-random-1"]
    page.locator("#b").select_option("dim-2-wide")
    page.locator("#alpha-b").press("ArrowLeft")
    page.locator("h1").click()
    page.keyboard.press("ArrowLeft")
    assert page.locator(".pane [type=range]").evaluate_all("all => all.map(e => e.value)") == [
        "8",
        "8",
    ]
    assert "dim002-wide.webp" in style(page, "#pane-b .frame", "backgroundImage")
    assert style(page, "#pane-b .frame", "backgroundPositionX") == style(
        page, "#pane-a .frame", "backgroundPositionX"
    )
    page.locator("#sample").select_option("2")
    page.locator("#sample").press("x")  # while a list has the focus: nothing
    shown = view(page)
    assert shown[:3] == ["dim-0-sigma", "dim-2-wide", "2"]
    with browser.new_context() as context:
        other = context.new_page()
        other.goto(page.url)
        assert view(other) == shown
        other.keyboard.press("x")
        assert view(other) == [shown[1], shown[0], shown[2], shown[4], shown[3]]


def test_an_address_of_another_report_shows_what_there_is(page: Page, site: Path) -> None:
    page.goto(url(site, "compare.html") + "?a=dim-999-raw&b=%22%3Cb%3E&k=77&sample=9")
    assert view(page)[:3] == ["dim-0-sigma", "control-random-1", "0"]
    assert page.locator("#alpha-a").input_value() == "10"


def test_one_sample_runs_along_every_chosen_dimension(
    page: Page, site: Path, browser: Browser
) -> None:
    page.goto(url(site, "compare.html"))
    assert page.locator("#across-grid .labels a").all_inner_texts() == ["0", "2", "7"]
    assert style(page, "#across-grid .picture[data-of] img", "objectPosition") == "0px 0%"
    page.locator("#sample").select_option("1")
    assert style(page, "#across-grid .picture[data-of] img", "objectPosition") == "0px 50%"
    page.locator("#across-grid .picture[data-of]").nth(1).click()
    assert page.locator("#large h2").inner_text() == "000001.jpg · Dimension 2"
    with browser.new_context(java_script_enabled=False) as context:
        plain = context.new_page()
        plain.goto(url(site, "compare.html"))
        assert plain.get_by_text("Comparing needs JavaScript").is_visible()
        assert not plain.locator(".pane").first.is_visible()
        assert plain.locator("#across-grid img").nth(1).is_visible()
        assert style(plain, "#across-grid .picture[data-of] img", "objectPosition") == "0px 0%"
        assert plain.locator("main .no-script a[href='dim/0.html']").is_visible()


# ---- exploring ----------------------------------------------------------------------------------


def cards(page: Page) -> list[int]:
    ids = page.locator("#cards > .card:visible").evaluate_all(
        "all => all.map(e => e.getAttribute('aria-labelledby'))"
    )
    return [int(name.removeprefix("dim-")) for name in ids]


def test_filter_and_sort_are_in_the_address(page: Page, site: Path, findings: Findings) -> None:
    page.goto(url(site, "experiment3.html"))
    assert cards(page) == list(findings.plan.explored)
    by_consistency = sorted(
        findings.plan.explored,
        key=lambda dim: -float(findings.swept[dim].quality.consistency or 0),
    )
    page.get_by_label("Sort by").select_option("consistency")
    assert cards(page) == by_consistency
    page.get_by_label("chosen only").check()
    assert cards(page) == [dim for dim in by_consistency if dim in (0, 2)]
    assert page.get_by_text("2 of 5 shown").is_visible()
    shown = page.url
    assert shown.endswith("?sort=consistency&chosen=yes")
    page.goto("about:blank")
    page.goto(shown)
    assert cards(page) == [dim for dim in by_consistency if dim in (0, 2)]
    assert page.get_by_label("Sort by").input_value() == "consistency"


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("noted=yes", {0, 3}),
        ("noted=no", {1, 2, 4}),
        ("find=LIGHT", {3}),
        ("find=smiling", {1}),
        ("find=zzz", set()),
        ("verdict=nameable&noted=no", {1}),
        ("verdict=zzz&sort=zzz&chosen=no", {0, 1, 2, 3, 4}),
        ("find=zzz#dim-1", {0, 1, 2, 3, 4}),
    ],
)
def test_cards_are_found_by_text_verdict_and_notes(
    page: Page, site: Path, query: str, kept: set[int]
) -> None:
    page.goto(url(site, "experiment3.html") + f"?{query}")
    assert set(cards(page)) == kept
    assert page.get_by_text(f"{len(kept)} of 5 shown").is_visible()
    assert page.locator("#explore select").evaluate_all(
        "all => all.every(e => e.selectedIndex >= 0)"
    )
    if "#" in query:
        until(page, "document.querySelector('#dim-1').getBoundingClientRect().top < innerHeight")


def test_a_note_typed_just_now_is_found_and_a_link_to_a_hidden_card_shows_it(
    page: Page, site: Path
) -> None:
    page.goto(url(site, "experiment3.html"))
    page.locator("#label-2").fill("Fringe")
    page.get_by_label("Find").fill("fringe")
    assert cards(page) == [2]
    page.locator(".jump a[href='#dim-1']").click()
    page.locator("#dim-1").wait_for()  # the browser tells of the link when it has time
    assert len(cards(page)) == 5


def test_naming_and_handing_in_begin_near_the_top(page: Page, site: Path) -> None:
    page.goto(url(site, "experiment3.html"))
    first = page.locator("#cards h2").first.bounding_box()
    assert first and first["y"] < 1200
    page.get_by_role("link", name="Start naming").click()
    assert page.locator("#cards h2").first.is_visible() and page.url.endswith("#dim-0")
    assert not page.get_by_role("region", name="Measures of the sweeps").is_visible()
    page.get_by_text("5 sweeps measured").click()
    assert page.get_by_role("region", name="Measures of the sweeps").is_visible()
    page.goto(url(site, "index.html"))
    page.get_by_role("link", name="Hand in").click()
    page.wait_for_url("**/selection.html#hand-in")
    archive, card = (
        page.get_by_role("link", name="One archive to upload").bounding_box(),
        page.locator(".card").first.bounding_box(),
    )
    assert archive and card and archive["y"] < card["y"]


# ---- naming blind -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("counts", "verdict"),
    [
        ((5, 5, 0, 2), "more"),
        ((4, 5, 0, 2), "chance"),
        ((5, 5, 1, 2), "chance"),
        ((0, 5, 0, 2), "chance"),
        ((2, 2, 0, 1), "few"),
        ((4, 5, 0, 0), "few"),
    ],
)
def test_what_a_blind_result_means(
    page: Page, site: Path, counts: tuple[int, int, int, int], verdict: str
) -> None:
    assert names_tested(5, 2, 0, counts).blind == verdict
    page.goto(url(site, "experiment3.html"))
    named, shown, decoys_named, decoys_shown = counts
    page.keyboard.press("b")
    answer(page, "article[data-card]:not([data-card^=random])", named, shown)
    answer(page, "article[data-card^=random]", decoys_named, decoys_shown)
    page.get_by_role("button", name="End and see").click()
    assert page.locator("[data-verdict]:visible").get_attribute("data-verdict") == verdict


def answer(page: Page, selector: str, named: int, shown: int) -> None:
    for at in range(shown):
        card = page.locator(selector).nth(at)
        card.get_by_label("Name", exact=True).fill(
            f"name {at}"
        ) if at < named else card.get_by_role("checkbox").check()


def test_naming_blind_hides_survives_a_reload_and_reveals(
    page: Page, site: Path, findings: Findings
) -> None:
    page.goto(url(site, "experiment3.html"))
    page.get_by_role("button", name="Name blind").click()
    text = page.locator("main").inner_text() + page.locator("body").inner_text()
    kept = text.replace("Experiment 3: the 5 dimensions", "").replace("\nDimensions\n", "\n")
    assert "Dimension" not in kept and "σ" not in text
    assert page.locator("[data-card]").count() == 5 + 2 == len(blind_cards(findings))
    page.locator("[data-card='1'] input").first.fill("grin")
    page.locator("[data-card='3'] input").first.fill("sun")
    page.locator("[data-card='2'] [type=checkbox]").check()
    page.locator("[data-card=random-2] input").first.fill("hat")
    page.reload()
    assert page.locator("#cards").is_hidden()
    assert page.locator("[data-card='1'] input").first.input_value() == "grin"
    page.get_by_role("button", name="End and see").click()
    assert (
        "Named: 2 of 3 dimensions, and 1 of 1 decoys" in page.locator("#blind-result").inner_text()
    )
    assert (
        page.locator("[data-card=random-2] h3")
        .inner_text()
        .endswith("a decoy: random direction 2")
    )
    assert page.locator("[data-card='1'] h3 a").get_attribute("href") == "dim/1.html"
    page.get_by_role(
        "button", name="Take over as labels: grin"
    ).click()  # dimension 3 has a label already
    page.get_by_role("button", name="Back to the table").click()
    assert (
        page.locator("#label-1").input_value() == "grin"
        and page.locator("#label-3").input_value() == "light"
    )
    assert page.locator("#blind").is_hidden() and page.locator("#cards").is_visible()


def test_the_blind_room_is_entered_walked_and_left_by_key(page: Page, site: Path) -> None:
    page.goto(url(site, "experiment3.html"))
    for leave in ("b", "Escape"):
        page.keyboard.press("b")
        assert page.locator("#blind").is_visible()
        assert page.get_by_role("button", name="Back to the table").evaluate(
            "e => e.getBoundingClientRect().top < innerHeight"
        )
        for key, card in (("j", 1), ("j", 2), ("k", 1)):
            page.keyboard.press(key)
            assert page.evaluate("document.activeElement.innerText") == f"Card {card}"
        page.keyboard.press(leave)
        assert page.locator("#blind").is_hidden() and page.locator("#cards").is_visible()


def answer_next_dialog(page: Page, *, accept: bool) -> list[str]:
    """What it asked, or of what kind it was, once it has come."""
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.message or dialog.type)
        dialog.accept() if accept else dialog.dismiss()

    page.once("dialog", answer)
    return asked


def order(page: Page) -> list[str]:
    image = "e.querySelector('[data-of] img').src"
    shown = f"[e.dataset.card, {image}, e.querySelector('small').textContent].join()"
    return page.locator("[data-card]").evaluate_all(f"all => all.map(e => {shown})")  # type: ignore[no-any-return]


def test_a_second_blind_try_is_shuffled_anew_and_replaces_a_result_only_if_the_person_says_so(
    page: Page, site: Path
) -> None:
    page.goto(url(site, "experiment3.html"))
    page.keyboard.press("b")
    assert page.get_by_role("button", name="End and see").is_disabled()
    page.locator("[data-card='1'] input").first.fill("grin")
    page.get_by_role("button", name="End and see").click()
    first = order(page)
    while order(page) == first:  # one in 5,040 is the same
        page.get_by_role("button", name="Start over").click()
    second = order(page)
    assert (
        sorted(second) == sorted(first) and page.locator("[data-card] small:visible").count() == 0
    )
    assert page.locator("[data-card] h3").all_inner_texts() == [f"Card {n}" for n in range(1, 8)]
    page.reload()
    assert order(page) == second
    page.locator("[data-card='2'] input").first.fill("hat")
    asked = answer_next_dialog(page, accept=False)
    page.get_by_role("button", name="End and see").click()
    assert "replace the earlier result" in asked[0] and page.locator("#blind-result").is_hidden()
    answer_next_dialog(page, accept=True)
    page.get_by_role("button", name="End and see").click()
    assert "Named: 1 of 1 dimensions" in page.locator("#blind-result").inner_text()


def test_the_blind_room_tells_nothing_and_fits_on_a_phone(browser: Browser, site: Path) -> None:
    with browser.new_context(viewport={"width": 360, "height": 740}) as context:
        page = context.new_page()
        page.goto(url(site, "experiment3.html"))
        page.keyboard.press("b")
        assert page.locator("#blind small:visible").count() == 0
        assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_two_tabs_keep_the_names_given_in_either(
    page: Page, context: BrowserContext, site: Path
) -> None:
    other = context.new_page()
    for tab in (page, other):
        tab.goto(url(site, "experiment3.html"))
        tab.locator("#blind-start").dispatch_event("click")
    page.locator("[data-card='1'] input").first.fill("grin")
    until(other, "document.querySelector(\"[data-card='1'] input\").value === 'grin'")
    other.locator("[data-card='2'] input").first.fill("hat")
    page.reload()
    assert [page.locator(f"[data-card='{dim}'] input").first.input_value() for dim in (1, 2)] == [
        "grin",
        "hat",
    ]


def test_the_blind_order_is_stable_and_mixes_decoys_in(findings: Findings) -> None:
    order = [name for name, _ in blind_cards(findings)]
    assert order == [name for name, _ in blind_cards(findings)]
    other = replace(findings, model=replace(findings.model, checkpoint="ef" * 32))
    assert sorted(order) == sorted(name for name, _ in blind_cards(other)) and order != [
        n for n, _ in blind_cards(other)
    ]


def test_a_kept_blind_result_is_told_after_a_rebuild(findings: Findings) -> None:
    blind = Blind(9, 20, 1, 8)
    naming = names_tested(20, 8, 4, blind.counts)
    kept = replace(findings, selection=replace(findings.selection, blind=blind), naming=naming)
    page = render_pages(kept)["experiment3.html"].decode()
    text = " ".join(re.sub("<[^>]+>", "", page).split())
    counts = "Named: 9 of 20 dimensions, and 1 of 8 decoys, which are random directions."
    assert f"{counts} Not told from chance" in text


def test_working_goes_on_where_storage_is_blocked(browser: Browser, site: Path) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.add_init_script(
            "Object.defineProperty(window, 'localStorage', { get() { throw new Error('blocked') }"
            " })"
        )
        page.goto(url(site, "experiment3.html"))
        page.keyboard.press("b")
        assert page.get_by_text("your names are lost when you leave this page").is_visible()
        page.locator("[data-card='1'] input").first.fill("grin")
        asked = answer_next_dialog(page, accept=True)
        page.reload()
        assert asked == ["beforeunload"]
        page.keyboard.press("b")
        page.locator("[data-card='1'] input").first.fill("grin")
        page.get_by_role("button", name="End and see").click()
        assert "Named: 1 of 1 dimensions" in page.locator("#blind-result").inner_text()


# ---- every page ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 360)])
def test_every_kind_of_page_is_free_of_wcag_violations(
    browser: Browser, site: Path, scheme: Literal["light", "dark"], width: int
) -> None:
    with browser.new_context(
        color_scheme=scheme, viewport={"width": width, "height": 800}
    ) as context:
        page = context.new_page()
        for name in KINDS_OF_PAGE:
            page.goto(url(site, name))
            assert violations(page) == [], name
        page.goto(url(site, "dim/0.html"))
        page.keyboard.press("?")
        assert violations(page) == []
        page.keyboard.press("Escape")
        page.locator("main .frames button.frame").first.click()
        assert violations(page) == []
        page.goto(url(site, "experiment3.html"))
        page.keyboard.press("b")
        assert violations(page) == []
        page.locator("[data-card] input").first.fill("grin")
        page.get_by_role("button", name="End and see").click()
        assert violations(page) == []


def violations(page: Page) -> list[str]:
    page.add_style_tag(
        content=".tray { position: static !important }"
    )  # it covers what scrolling brings out
    found = (
        Axe()
        .run(page, options={"runOnly": WCAG, "rules": NAMED, "resultTypes": ["violations"]})
        .response["violations"]
    )
    return [f"{item['id']}: {node['html'][:160]}" for item in found for node in item["nodes"][:3]]


def test_no_page_asks_for_anything_outside_its_folder(browser: Browser, site: Path) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        asked: set[str] = set()
        page.on("request", lambda request: asked.add(request.url))
        for path in sorted(site.rglob("*.html")):
            page.goto(path.as_uri())
            page.evaluate(
                "document.querySelectorAll('img').forEach(image => { image.loading = 'eager' })"
            )
            until(page, "[...document.images].every(image => image.complete)")
    assert len(asked) > 60 and [link for link in asked if not link.startswith(site.as_uri())] == []


def test_each_chosen_dimension_is_printed_on_one_page_of_its_own(
    page: Page, tmp_path: Path
) -> None:
    note = Note(
        "a smile",
        "mouth corners rise, cheeks brighten and " * 3,
        "good",
        "partly",
        "One line.\n" * 5,
    )
    dims = (0, 2, 4, 1)  # the raw sweep of the first says that it covers little
    (tmp_path / "site").mkdir()
    findings = sample_findings(tmp_path, Selection(dims, dict.fromkeys(dims, note)))
    samples = replace(findings.samples, names=findings.images.names[:8])
    site = write_site(replace(findings, samples=samples), tmp_path / "site")
    page.goto(url(site, "selection.html"))
    pictures = (
        "[...document.querySelectorAll('.picture img')].filter(image => !image.closest('details'))"
    )
    assert page.evaluate(
        f"{pictures}.every(image => image.complete && image.naturalWidth)"
    )  # also those below
    page.pdf(path=tmp_path / "selection.pdf", format="A4")
    assert pdf_pages(tmp_path / "selection.pdf") == len(dims)


def test_the_printed_title_stands_above_a_dimension_that_is_as_long_as_a_page(
    page: Page, tmp_path: Path
) -> None:
    note = Note("a smile", "mouth corners rise, cheeks brighten", notes="One line.\n" * 45)
    (tmp_path / "site").mkdir()
    findings = sample_findings(tmp_path, Selection((0,), {0: note}))
    page.goto(url(write_site(findings, tmp_path / "site"), "selection.html"))
    page.pdf(path=tmp_path / "selection.pdf", format="A4")
    assert pdf_pages(tmp_path / "selection.pdf") == 2


def pdf_pages(path: Path) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", path.read_bytes()))
