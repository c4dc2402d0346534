"""The report's statistics on simulated data whose answer is known."""

from __future__ import annotations

from dataclasses import asdict, replace

import numpy as np
import pytest

from featamp.proof.checks import Check, Simulations
from featamp.proof.kept import read_kept
from featamp.proof.simulation import threshold, true_point_biserial
from report.stages.trust import SIMULATIONS, simulating_code


def test_what_is_kept_of_the_simulations_is_what_they_come_out_as(
    simulations: Simulations,
) -> None:
    kinds = {name: kind for name, (kind, _) in SIMULATIONS.items()}
    assert read_kept(simulating_code(), kinds), (
        "the code is another: python -m tests.featamp.proof.simulations"
    )
    for name, (_, run) in SIMULATIONS.items():
        kept, made = asdict(getattr(simulations, name)), asdict(run())  # type: ignore[call-overload]
        for field, value in made.items():
            if isinstance(value, float | np.ndarray):
                np.testing.assert_allclose(kept[field], value, rtol=1e-6, err_msg=field)
            else:
                assert kept[field] == pytest.approx(value)


def test_every_simulated_figure_lies_where_it_must(simulations: Simulations) -> None:
    tested = simulations.checks
    assert {name: check for name, check in tested.items() if not check.holds} == {}
    assert len([name for name in tested if name.startswith("coverage")]) == 12
    assert set(simulations.coverage.rates) == {0.48, 0.065, 0.02}
    assert not Check(0.98, 0.93, 0.97).holds and not Check(0.9, 0.93, 0.97).holds


@pytest.mark.parametrize(("rate", "spread"), [(0.48, 1.0), (0.065, 1.0), (0.065, 2.0)])
def test_the_closed_form_of_the_true_r_is_that_of_a_huge_sample(
    rate: float, spread: float, generator: np.random.Generator
) -> None:
    latent, noise = generator.standard_normal((2, 1_000_000))
    labels = threshold(latent, rate)
    noise *= np.where(labels, spread, 1.0)
    r = np.corrcoef(labels, 0.6 * latent + 0.8 * noise)[0, 1]
    assert true_point_biserial(np.array([0.6]), rate, spread)[0] == pytest.approx(r, abs=0.003)


def test_one_strength_whose_intervals_fail_is_enough(simulations: Simulations) -> None:
    held = simulations.coverage.held.copy()
    held[3, 2] = 0.8
    coverage = replace(simulations.coverage, held=held)
    tested = replace(simulations, coverage=coverage).checks
    assert [name for name, check in tested.items() if not check.holds] == ["coverage 0.48 300 2"]


def test_what_must_go_wrong_goes_wrong_and_what_is_there_is_found(
    simulations: Simulations,
) -> None:
    choice, axes, planted = simulations.choice, simulations.axes, simulations.planted
    assert simulations.discovery.found > 0.5
    assert (
        choice.bias_selected > 20 * choice.error_selected
        and choice.held_selected < 0.5
        and choice.tied > 0.9
    )
    assert axes.share_turned == pytest.approx(axes.null, abs=0.05) and axes.off_turned > 0.5
    regions = dict(zip(planted.names, planted.regions, strict=True))
    assert (regions["smile"], regions["glasses"], regions["hair_darkness"]) == (
        "mouth",
        "eyes",
        "hair",
    )
