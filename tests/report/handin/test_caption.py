"""The button beside each figure that copies its caption, in real Chromium from disk."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page

from tests.sample_findings import HOSTILE, person, sample_findings, write_site


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The selection page, its first figure's caption made of a hostile note."""
    findings = sample_findings(tmp_path_factory.mktemp("report"), person(0, 2, 1))
    return (write_site(findings, tmp_path_factory.mktemp("site")) / "selection.html").as_uri()


def is_caption(text: str) -> bool:
    held = "; ".join(map(str.strip, HOSTILE.splitlines()))
    return text.startswith(f"Dimension 0, “{held}”: {held}. Rows: 3 samples.") and text.endswith(
        "as seen by eye."
    )


def test_the_caption_is_copied_as_written(browser: Browser, page_file: str) -> None:
    with browser.new_context() as context:
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        page = context.new_page()
        page.goto(page_file)
        page.locator("label[for=s-0-raw]").click()
        page.get_by_role("button", name="Copy caption of dim000-raw").click()
        page.get_by_text("Copied").wait_for()
        assert is_caption(page.evaluate("navigator.clipboard.readText()"))


def test_a_blocked_clipboard_shows_the_caption_selected(browser: Browser, page_file: str) -> None:
    with browser.new_context() as context:
        context.add_init_script(
            "Object.defineProperty(navigator, 'clipboard', { value: undefined })"
        )
        page = context.new_page()
        page.goto(page_file)
        page.locator("label[for=s-0-raw]").click()
        page.get_by_role("button", name="Copy caption of dim000-raw").click()
        box = page.get_by_label("The caption: press Ctrl+C to copy it")
        assert is_caption(box.input_value())
        assert selected(page) == box.input_value()


def selected(page: Page) -> str:
    field = "document.activeElement"
    return str(page.evaluate(f"{field}.value.slice({field}.selectionStart, {field}.selectionEnd)"))


def test_without_javascript_there_is_no_button(browser: Browser, page_file: str) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(page_file)
        assert page.locator(".downloads").first.is_visible()
        assert not page.locator("[data-caption]").first.is_visible()
