"""What templates are given, by known numbers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from featamp.measure.sweep import FAR
from featamp.verdict.headline import headline
from report.findings.findings import Findings
from report.view.environment import make_environment
from report.view.pairs import held_top
from report.view.readings import (
    blind_cards,
    curve,
    raw_reaching,
    shared_units,
    unit_sweeps,
    without_their_best,
    zero_after,
)
from tests.sample_findings import ATTRIBUTES, sample_findings, with_sweep


@pytest.fixture
def findings(tmp_path: Path) -> Findings:
    return sample_findings(tmp_path)


def test_the_attribute_held_out_is_the_one_that_goes_most_on_the_images_that_choose(
    findings: Findings,
) -> None:
    assert findings.labels is not None
    held = findings.labels.held_out
    chosen, judged = np.zeros_like(held.r), np.zeros_like(held.r)
    smile, male = ATTRIBUTES.index("Smiling"), ATTRIBUTES.index("Male")
    chosen[smile, 2], chosen[male, 2] = -0.5, 0.4
    judged[smile, 2], judged[male, 2] = 0.1, 0.9
    held = replace(held, r_chosen=chosen, r=judged, defined=np.ones_like(held.defined))
    made = replace(findings, labels=replace(findings.labels, held_out=held))
    top = held_top(made, 2)
    assert top is not None and top.held_out is not None
    assert (top.attribute, top.held_out.r) == ("Smiling", 0.1)


def test_the_first_step_out_of_the_real_codes_is_the_smallest_of_all_sweeps(
    findings: Findings,
) -> None:
    dimension = findings.swept[0]
    outside = {"raw": -2.13, "sigma": -2.33, "wide-sigma": -1.67}
    sweeps = {
        kind: replace(
            dimension.sweeps[kind],
            sigma=np.array([step, -step]),
            departure=replace(dimension.sweeps[kind].departure, outside=0, saturated=1),
        )
        for kind, step in outside.items()
    }
    for kinds, first in ((outside, "wide-sigma"), (("sigma", "raw"), "raw")):
        some = replace(dimension, sweeps={kind: sweeps[kind] for kind in kinds})
        assert some.leaving is some.saturating is sweeps[first]
    none = replace(dimension, sweeps={})
    assert none.leaving is none.saturating is None


def test_a_target_whose_best_dimension_serves_another_is_told(findings: Findings) -> None:
    assert findings.correlations is not None
    best = {name: findings.correlations.best_dimensions(name, 2) for name in ATTRIBUTES[:2]}
    for place, expected in ((0, []), (1, [*best])):
        targets = {name: dims[place] for name, dims in best.items()}
        plan = replace(findings.plan, targets=targets)
        assert without_their_best(replace(findings, plan=plan)) == expected


def test_one_sample_tells_of_no_dimension_that_it_bears_no_name(findings: Findings) -> None:
    decisions = {
        dim: replace(decision, verdict="visible", attribute=None)
        for dim, decision in findings.screening.decisions.items()
    }
    unnamed = replace(findings.screening, decisions=decisions)
    one = replace(findings.samples, names=findings.samples.names[:1])
    for samples, said in ((findings.samples, "None of 8 dimensions"), (one, "A single sample")):
        made = replace(findings, screening=unnamed, samples=samples)
        macros = make_environment(made).get_template("parts/verdict.html")
        words = str(macros.make_module({"root": ""}).names_said())  # type: ignore[attr-defined]
        assert words.startswith(said)


def test_the_cards_of_another_model_lie_in_another_order(findings: Findings) -> None:
    other = replace(findings, model=replace(findings.model, checkpoint="ef" * 32))
    one, same, shuffled = (
        [name for name, _ in blind_cards(made)] for made in (findings, findings, other)
    )
    assert one == same and sorted(one) == sorted(shuffled) and one != shuffled


def test_zero_lies_after_the_negative_columns(findings: Findings) -> None:
    sweep = findings.swept[1].sweeps["raw"]
    assert zero_after(replace(sweep, raw=np.array([-3.0, 1.0, 2.0]))) == 1
    assert zero_after(replace(sweep, raw=np.array([-3.0, 0.0, 2.0]))) is None


@pytest.mark.parametrize(
    ("reaches", "units"),
    [
        ((1.0, FAR), "raw"),
        ((0.9, 2.5), "sigma"),
        ((2.5, 1.01 * FAR), "sigma"),
        ((2.5, 0.0), "sigma"),
    ],
)
def test_raw_sweeps_stand_side_by_side_where_none_is_too_near_or_too_far(
    findings: Findings, reaches: tuple[float, ...], units: str
) -> None:
    dims = tuple(findings.swept)[: len(reaches)]
    for dim, reach in zip(dims, reaches, strict=True):
        raw = findings.swept[dim].sweeps["raw"]
        findings = with_sweep(findings, replace(raw, sigma=raw.sigma / raw.reach * reach))
    assert shared_units(findings, dims) == units


def test_one_bound_decides_everywhere_whether_a_raw_sweep_stays_too_near(
    findings: Findings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told() -> tuple[object, ...]:
        reach = findings.swept[1].sweeps["raw"].reach
        summed = headline(None, None, [reach], [0.1], findings.samples.reconstruction)
        macros = make_environment(findings).get_template("parts/macros.html")
        note = str(macros.make_module({"root": ""}).why_sigma(1))  # type: ignore[attr-defined]
        first = unit_sweeps(findings, 1)[0].units
        units = shared_units(findings, (1,))
        return summed.below, raw_reaching(findings, "near", (1,)), units, first, "only" in note

    assert told() == (0, 0, "raw", "raw", False)
    monkeypatch.setattr("featamp.verdict.reach.NEAR", 9.0)
    assert told() == (1, 1, "sigma", "sigma", True)


def test_the_raw_range_is_a_band_of_the_curve(findings: Findings) -> None:
    sigma, raw = (findings.swept[1].sweeps[kind] for kind in ("sigma", "raw"))
    steps = np.linspace(-1.5, 0.75, len(raw.sigma))
    made = with_sweep(findings, replace(raw, sigma=steps))
    assert sigma.sigma[[0, -1]].tolist() == [-3.0, 3.0]
    told = curve(made, 1)
    assert told is not None and told.band == pytest.approx((25.0, 37.5))
