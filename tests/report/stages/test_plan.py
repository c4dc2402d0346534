"""Which sweep is shown first: the same answer for pages and figures."""

from __future__ import annotations

from pathlib import Path

import pytest

from report.inputs.config import load_config
from report.stages.plan import FAR, shared_kind, sweep_alphas
from tests.sample_findings import CONFIG


@pytest.mark.parametrize(
    ("reaches", "kind"),
    [
        ((1.0, 2.5, FAR), "raw"),
        ((0.9, 2.5), "sigma"),
        ((2.5, 1.01 * FAR), "sigma"),
        ((2.5, 0.0), "sigma"),
    ],
)
def test_raw_sweeps_stand_side_by_side_where_none_is_too_near_or_too_far(
    reaches: tuple[float, ...], kind: str
) -> None:
    assert shared_kind(reaches) == kind


def test_each_end_of_the_wide_sweep_is_as_much_wider_in_sigma_as_in_raw_units(
    tmp_path: Path,
) -> None:
    uneven = "[sweep]\nrange = [-2.0, 4.0]\nwide = [-6.0, 8.0]\nsigmas = 3.0\n"
    (tmp_path / "report.toml").write_text(CONFIG + uneven)
    alphas = sweep_alphas(load_config(tmp_path / "report.toml"), std=2.0)
    ends = {kind: (float(steps[0]), float(steps[-1])) for kind, steps in alphas.items()}
    assert ends == {
        "raw": (-2, 4),
        "wide": (-6, 8),  # three times as far down, twice as far up
        "sigma": (-6, 6),
        "wide-sigma": (-18, 12),
    }
