"""The sample site on disk, to be opened in a browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page

from report.findings.findings import Findings
from tests.sample_findings import person, sample_findings, write_site


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> Findings:
    """A person has chosen three; a module may show others."""
    return sample_findings(tmp_path_factory.mktemp("report"), person(0, 2, 1))


@pytest.fixture(scope="module")
def site(findings: Findings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of the findings."""
    return write_site(findings, tmp_path_factory.mktemp("site"))


def tray(page: Page) -> list[str]:
    """The chosen dimensions as the tray shows them."""
    return page.locator("#tray-dims span").all_inner_texts()
