"""Which sweep is shown first: the same answer for pages and figures."""

from __future__ import annotations

import pytest

from report.stages.plan import FAR, shared_kind


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
