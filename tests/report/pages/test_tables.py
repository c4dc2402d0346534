"""Which number stands in which column, where two of them would be mixed up unseen."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from featamp.verdict.rule import Decision
from report.findings.findings import Findings
from report.pages.render import render_pages
from report.pages.tables import data_files, to_csv
from tests.sample_findings import (
    ATTRIBUTES,
    decided,
    sample_change,
    sample_findings,
    sample_shares,
    with_quality,
)


@pytest.fixture
def findings(tmp_path: Path) -> Findings:
    return sample_findings(tmp_path)


def rows(findings: Findings, name: str) -> dict[str, dict[str, str]]:
    """The rows of a table by their first column."""
    text = data_files(findings)[f"data/{name}.csv"].decode()
    return {next(iter(row.values())): row for row in csv.DictReader(io.StringIO(text))}


def test_a_verdict_says_which_way_who_saw_it_and_which_samples_do_not_follow(
    findings: Findings,
) -> None:
    screening = findings.screening
    told = rows(
        replace(
            findings,
            screening=replace(
                screening,
                decisions=screening.decisions
                | {
                    1: Decision("nameable", "Smiling", -1, 0.9),
                    2: Decision("nameable", "Male", 1, 0.8),
                    3: Decision("visible"),
                },
                changes=screening.changes | {1: sample_change(unlike=(0, 1, 2), against=(1,))},
                shares=screening.shares | {2: replace(sample_shares(0.9), by_faces=("Male",))},
            ),
        ),
        "verdicts",
    )
    said = [(told[dim]["direction"], told[dim]["second_judge"]) for dim in "123"]
    assert said == [("-", "pixels"), ("+", "faces"), ("", "")]
    assert (told["1"]["samples_unlike"], told["1"]["samples_against"]) == ("3", "1")


def test_the_images_that_choose_are_told_from_those_that_judge(findings: Findings) -> None:
    assert findings.labels is not None
    labels = findings.labels
    stability = replace(
        labels.stability,
        rank_low=np.full_like(labels.stability.rank_low, 1.0),
        rank_high=np.full_like(labels.stability.rank_high, 9.0),
    )
    held_out = replace(labels.held_out, chosen_on=17)
    made = decided(findings, labels=replace(labels, held_out=held_out, stability=stability))
    smile, effect = rows(made, "attributes")["Smiling"], rows(made, "effects")["1"]
    assert (smile["n_select"], smile["n_report"]) == ("17", "20")
    assert (effect["rank_low"], effect["rank_high"]) == ("1.0", "9.0")


def test_what_no_frame_shows_is_told_as_not_measured(findings: Findings) -> None:
    coarse = with_quality(findings, 1, effect=(None, None, 0.04), judged_at=3.0)
    row = rows(coarse, "effects")["1"]
    effects = [row[f"effect_{sigmas}_sigma"] for sigmas in (1, 2, 3)]
    assert (effects, row["judged_at_sigma"]) == (["", "", "0.04"], "3.0")
    text = " ".join(render_pages(coarse)["dim/1.html"].decode().split())
    assert "no frame is so near, or so far" in text and "at ±3 σ" in text
    assert "not measured" not in render_pages(findings)["dim/1.html"].decode()
    measured = rows(findings, "effects")["1"]
    assert measured["effect_1_sigma"] and measured["over_image_distance"]


def test_a_number_tells_how_many_images_lie_above_its_split(findings: Findings) -> None:
    assert findings.correlations is not None
    positives = findings.correlations.positives.copy()
    positives[ATTRIBUTES.index("Young")] = 11
    correlations = replace(findings.correlations, positives=positives, splits=(("Young", 0.3),))
    young = rows(decided(findings, correlations=correlations), "numbers")["Young"]
    assert (young["split"], young["n_above"], young["n_not_above"]) == ("0.3", "11", "29")


def test_a_cell_of_a_table_is_empty_for_none_and_says_true_or_false() -> None:
    rows = [("a", True, None), ("b", np.bool_(False), 0)]
    assert to_csv(("name", "known", "count"), rows) == b"name,known,count\na,true,\nb,false,0\n"
