"""An encoder that gives no log-variance: pages, tables and figures say so, and none shows a KL."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import numpy as np
import pytest

from report.findings.figures import Figure
from report.findings.findings import Findings
from report.handin.drafts.numbers import plots
from report.pages.render import render_pages
from tests.conftest import words
from tests.sample_findings import decided, sample_findings


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> Findings:
    found = sample_findings(tmp_path_factory.mktemp("report"))
    none = np.zeros_like(found.variance.kl)
    return decided(
        found, variance=replace(found.variance, kl=none + np.inf, posterior_variance=none)
    )


def test_the_pages_say_so_and_the_tables_leave_it_out(findings: Findings) -> None:
    site = render_pages(findings)
    for page in ("index", "variance", "method"):
        assert "deterministic" in words(site, f"{page}.html"), page
    rows = csv.DictReader(io.StringIO(site["data/dimensions.csv"].decode()))
    assert {row["kl"] for row in rows} == {""}
    assert b"inf" not in site["data/health.csv"]


def test_no_plot_of_it_is_drawn(findings: Findings) -> None:
    assert Figure("kl") not in {draft.shows for draft in plots(findings)}


def test_a_checkpoint_is_not_said_to_be_of_a_rising_weight(findings: Findings) -> None:
    assert (findings.verdicts.health.kl, findings.verdicts.health.checkpoint) == ("none", "untold")
