"""Small things that are asked of arrays everywhere."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from featamp.arrays import divided, mixed_rows, spread_rows, standardised, unit_rows


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_what_has_no_whole_is_0_and_stays_as_exact_as_it_was(kind: type) -> None:
    whole: NDArray[np.float64] = np.array([[2.0], [0.0], [-1.0], [np.nan]], kind)
    found = divided(np.array([1.0, 3.0], kind), whole)
    assert found.dtype == kind and found.tolist() == [[0.5, 1.5], [0, 0], [0, 0], [0, 0]]
    assert divided(1.0, whole)[:, 0].tolist() == [0.5, 0, 0, 0]


def test_rows_of_length_1_and_columns_of_spread_1_leave_nothing_as_it_is() -> None:
    assert unit_rows(np.array([[3.0, 4.0], [0.0, 0.0]])).tolist() == [[0.6, 0.8], [0.0, 0.0]]
    found = standardised(np.array([[1, 5], [3, 5]], np.float32))
    assert found.tolist() == [[-1.0, 0.0], [1.0, 0.0]]


@pytest.mark.parametrize(
    ("count", "most", "rows"), [(9, 3, [0, 4, 8]), (3, 9, [0, 1, 2]), (1, 4, [0]), (5, 1, [0])]
)
def test_rows_are_spread_over_all_and_none_is_there_twice(
    count: int, most: int, rows: list[int]
) -> None:
    assert spread_rows(count, most).tolist() == rows


def test_of_mixed_rows_neighbours_are_of_one_class_as_often_as_any_two() -> None:
    rows = mixed_rows(4000, 400)
    assert sorted(rows) == spread_rows(4000, 400).tolist()
    kinds = rows // 1000  # as a folder a class is listed
    assert (kinds[1:] == kinds[:-1]).mean() == pytest.approx(0.25, abs=0.07)
