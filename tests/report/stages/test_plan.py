"""Which sweep is shown first: the same answer for pages and figures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from featamp.statistics.correlation import point_biserial
from featamp.statistics.variance import rank_by_variance
from report.findings.plan import KINDS, NARROW, Plan
from report.inputs.selection import Selection
from report.stages.plan import (
    RIVALS,
    default_choice,
    make_plan,
    sweep_steps,
)
from tests.conftest import load_config
from tests.sample_findings import CONFIG, sample_screening


@pytest.mark.parametrize(
    ("alphas", "columns"),
    [
        (10, (0, 3, None, 6, 9)),
        (7, (0, 2, 3, 4, 6)),
        (5, (0, 1, 2, 3, 4)),
        (3, (0, 1, 2)),
        (2, (0, None, 1)),
    ],
)
def test_a_glance_shows_both_ends_and_zero_between(
    alphas: int, columns: tuple[int | None, ...]
) -> None:
    steps = {"sigma": np.linspace(-3, 3, alphas)}
    assert Plan({}, (), True, (), (), (), steps).glanced == columns


def test_each_end_of_the_wide_sweep_is_as_much_wider_in_sigma_as_in_raw_units(
    tmp_path: Path,
) -> None:
    uneven = "[sweep]\nrange = [-2.0, 4.0]\nwide = [-6.0, 8.0]\nsigmas = 3.0\n"
    (tmp_path / "report.toml").write_text(CONFIG + uneven)
    steps = sweep_steps(load_config(tmp_path / "report.toml").sweep)
    plan = Plan({}, (), True, (), (), (), steps)
    alphas = {kind: plan.alphas(kind, 2.0) for kind in KINDS}
    ends = {kind: (float(raw[0]), float(raw[-1])) for kind, (raw, _) in alphas.items()}
    assert all(np.array_equal(sigma, raw / 2.0) for raw, sigma in alphas.values())
    assert not plan.alphas("raw", 0.0)[1].any()  # collapsed: there is no sigma to count in
    assert ends == {
        "raw": (-2, 4),
        "wide": (-6, 8),  # three times as far down, twice as far up
        "sigma": (-6, 6),
        "wide-sigma": (-18, 12),
    }


def test_dimensions_tied_with_a_target_are_swept_and_wide_ranges_of_the_chosen_alone(
    tmp_path: Path, generator: np.random.Generator
) -> None:
    (tmp_path / "report.toml").write_text(CONFIG + 'targets = ["Smiling"]\n')
    config = load_config(tmp_path / "report.toml")
    codes = (generator.standard_normal((400, 12)) * np.arange(12, 0, -1)).astype(np.float32)
    labels = codes[:, 6:12] @ np.array([1, 1, 1, 1, 1, 9]) + generator.standard_normal(400) > 0
    correlations = point_biserial(codes, labels[:, None], ("Smiling",))
    tied = np.zeros((1, 12), bool)
    tied[0, 5:] = True
    ranking = rank_by_variance(codes, codes * 0)
    plan = make_plan(config, ranking, correlations, Selection((2,), {}), (), tied)
    own, (rivals, *_) = plan.targets["Smiling"], plan.rivals.values()
    strongest = [dim for dim in correlations.best_dimensions("Smiling", 12) if dim >= 5]
    assert own == strongest[0] and rivals == tuple(strongest[1 : 1 + RIVALS])
    assert set(rivals) <= set(plan.dims)
    assert plan.kinds(2) == KINDS and plan.kinds(own) == NARROW
    assert make_plan(config, ranking, correlations, Selection()).rivals == {}
    tied[0, own] = False
    apart = make_plan(config, ranking, correlations, Selection((2,), {}), (), tied)
    assert apart.rivals == {"Smiling": ()}


def test_where_nobody_has_chosen_the_four_are_those_with_names_then_the_suggested(
    tmp_path: Path,
) -> None:
    screening = sample_screening(tmp_path, np.ones(8), labels=True)
    light, smile = screening.decisions[0], screening.decisions[1]
    names = {2: "Male", 3: None, 4: "Smiling", 5: "Young", 6: None}
    decisions = {dim: replace(smile, attribute=name) for dim, name in names.items()}
    screening = replace(screening, decisions={0: light, 1: smile, **decisions})
    plan = Plan({}, (), True, (0, 6, 3, 1), (1, 5, 4), tuple(range(8)), {})
    made = default_choice(plan, (3, 2, 4), screening)
    assert made.chosen == (2, 4, 5, 3)  # two of one name would be one too many
    assert made.default


def test_no_dimension_serves_two_targets(tmp_path: Path) -> None:
    (tmp_path / "two.toml").write_text(CONFIG + 'targets = ["Smiling", "Male"]\n')
    generator = np.random.default_rng(0)
    codes = generator.normal(size=(300, 4)).astype(np.float32)
    labels = np.stack([codes[:, 2] > 0, codes[:, 2] + 0.3 * codes[:, 0] > 0], axis=1)
    correlations = point_biserial(codes, labels, ("Smiling", "Male"))
    assert [correlations.best_dimensions(name, 1) for name in correlations.names] == [[2], [2]]
    ranking = rank_by_variance(codes, codes * 0)
    plan = make_plan(load_config(tmp_path / "two.toml"), ranking, correlations, Selection())
    assert plan.targets == {"Smiling": 2, "Male": 0}


def test_a_step_that_is_zero_is_exactly_so(tmp_path: Path) -> None:
    """Rounding makes 1.4e-17 of it, and of 23 steps to 7.5 another one."""
    (tmp_path / "report.toml").write_text(CONFIG)
    config = load_config(tmp_path / "report.toml").sweep
    for ends, count, at in (((-0.1, 0.2), 4, 1), ((-7.5, 7.5), 23, 11)):
        steps = sweep_steps(replace(config, range=ends, wide=ends, alphas=count))
        assert steps["raw"][at] == steps["wide"][at] == 0.0
