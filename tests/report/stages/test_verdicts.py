"""What is decided of dimensions, attributes and targets, and whom it is decided by."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from featamp.statistics.holdout import Holdout
from report.findings.findings import Findings
from report.stages import labels
from report.stages.labels import _train_judge
from report.stages.verdicts import judge_names, names_tested
from tests.conftest import load_config, stage_context
from tests.sample_findings import (
    ATTRIBUTES,
    CONFIG,
    by_chance,
    decided,
    sample_findings,
    with_labels,
    with_sweep,
)


@pytest.fixture
def findings(tmp_path: Path) -> Findings:
    return sample_findings(tmp_path)


def test_a_target_is_told_by_its_response_its_place_and_its_ceiling(findings: Findings) -> None:
    told = findings.verdicts.responses[1, "Smiling"]
    assert (told.slope, told.place, told.above) == (0.6, 1, True) and told.pixels == pytest.approx(
        0.48
    )
    assert told.ceiling == 0.6  # the sample's probe direction does what dimension 1 does
    assert told.mean_off == pytest.approx((0.1 + 0.05 + 0.01 + 0.0 + 0.03) / 5 / 0.6)
    faint = findings.verdicts.responses[0, "Eyeglasses"]
    assert faint.place == 1 and not faint.above  # -0.1 is what a random direction does too
    assert findings.verdicts.null == 0.1


def test_weights_of_the_config_change_the_score(tmp_path: Path, findings: Findings) -> None:
    weights = {"consistent": 3, "not_photometric": 1} | dict.fromkeys(
        ("visible", "monotone", "specific", "inside"), 0
    )
    table = "\n".join(f"{part} = {value}" for part, value in weights.items())
    (tmp_path / "report.toml").write_text(f"{CONFIG}[score]\n{table}\n")
    findings = replace(findings, config=load_config(tmp_path / "report.toml"))
    score = decided(findings).verdicts.scores[1]
    assert score.score == pytest.approx(0.75**0.75 * (1 - 0.1) ** 0.25)


def turned_when_held_out(findings: Findings) -> Findings:
    """Every r has another sign on the images that were held out."""
    assert findings.labels is not None
    held_out = findings.labels.held_out
    return with_labels(findings, held_out=replace(held_out, r=-held_out.r_chosen))


def male_with_dimension_1(findings: Findings, share: float) -> Findings:
    """Male goes with dimension 1 by `share` of what Smiling does."""
    assert findings.correlations is not None
    r = findings.correlations.r.copy()
    r[ATTRIBUTES.index("Male"), 1] = share * r[0, 1]
    return decided(findings, correlations=replace(findings.correlations, r=r))


def males_smile(findings: Findings) -> Findings:
    """Of the smile less than half is left with others held fixed."""
    assert findings.labels is not None
    partials = findings.labels.partials
    return with_labels(findings, partials=replace(partials, r=0.1 * partials.r))


@pytest.mark.parametrize(
    ("warning", "change"),
    [
        ("reciprocal", lambda f: male_with_dimension_1(f, 1.1)),
        ("confounded", males_smile),
        ("faded", turned_when_held_out),
        ("chance", by_chance),
    ],
)
def test_an_attribute_is_doubted_where_its_numbers_are_doubtful(
    findings: Findings, warning: str, change: Callable[[Findings], Findings]
) -> None:
    plain, doubtful = (f.verdicts.attributes["Smiling"] for f in (findings, change(findings)))
    assert set(doubtful.doubts) - set(plain.doubts) == {warning}


def test_a_sweep_that_leaves_the_real_codes_is_a_caution(findings: Findings) -> None:
    sweep = findings.swept[1].sweeps["sigma"]
    for outside, early in (
        ([1, 1, 1, 0, 0, 0, 0, 0, 1, 1], True),  # from -1.67 sigma on
        ([1, 1, 0, 0, 0, 0, 0, 0, 1, 1], False),  # from -2.33 on, as along any dimension
    ):
        left = replace(sweep, effect=replace(sweep.effect, left=np.array(outside, float)))
        found = with_sweep(findings, left).verdicts.dimensions[1].cautions
        assert (("support", "") in found) is early


def test_a_partial_r_is_of_the_dimension_and_the_images_that_are_reported(
    findings: Findings,
) -> None:
    assert findings.labels is not None
    held = findings.verdicts.attributes["Smiling"].held_out
    assert held is not None and len(held.held_fixed) == 2
    partials, row = findings.labels.partials, ATTRIBUTES.index("Smiling")
    assert held.dim == findings.labels.held_out.dims[row]
    assert (held.partial_r, held.partial_low) == (partials.r[row], partials.low[row])
    assert held.frequency == findings.labels.stability.frequency[row, held.dim]


def test_the_change_of_the_sweeps_is_of_those_in_standard_deviations(
    findings: Findings,
) -> None:
    expected = [findings.swept[dim].sweeps["sigma"].effect.end for dim in findings.plan.chosen]
    made = findings
    for dim in findings.plan.chosen:
        raw = made.swept[dim].sweeps["raw"]
        made = with_sweep(
            made, replace(raw, effect=replace(raw.effect, change=3 * raw.effect.change))
        )
    assert made.headline.change == pytest.approx(np.mean(expected))


def test_the_ceiling_of_an_attribute_is_what_its_own_probe_moves(findings: Findings) -> None:
    probe = findings.controls["probe-Smiling"]
    slope = probe.response.slope
    assert slope is not None
    other = replace(probe, response=replace(probe.response, slope=9 * slope))
    made = decided(findings, controls={"probe-Male": other, **findings.controls})
    for found in (findings, made):
        told = found.verdicts.responses[1, "Smiling"]
        assert told.of_ceiling == findings.verdicts.responses[1, "Smiling"].of_ceiling
        assert told.of_ceiling == pytest.approx(told.slope / slope[0])


def test_decoys_of_a_blind_naming_are_the_random_directions(
    findings: Findings, tmp_path: Path
) -> None:
    naming, _ = judge_names(
        stage_context(tmp_path), None, findings.plan, findings.swept, findings.controls
    )
    assert [c.kind for c in findings.controls.values()].count("random") == 2
    assert {len(among) for among in naming.least} == {2 + 1}


def test_the_judge_of_pixels_learns_and_is_judged_on_the_parts_of_all_images(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(labels, "train_judge", lambda *given: given)
    holdout = Holdout(np.arange(4), np.arange(4, 8), split=True)
    codes: Any = SimpleNamespace(
        pictures=SimpleNamespace(pixels=None, rows=np.array([1, 4, 6])), shown=None
    )
    blank = np.zeros((8, 1), np.bool_)
    given: Any = _train_judge(codes, blank, ("a",), holdout, 0, np.arange(8) * 10)
    assert (given[3].select.tolist(), given[3].report.tolist()) == ([0], [1, 2])
    assert given[6].tolist() == [10, 40, 60]


def test_the_tests_of_names_are_no_long_work_where_all_dimensions_are_explored() -> None:
    start = time.process_time()
    naming = names_tested(500, 8, 8, None)
    assert time.process_time() - start < 3
    assert len(naming.least) == 501 and naming.least[500][8][0] is not None
