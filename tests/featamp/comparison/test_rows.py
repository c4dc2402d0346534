"""Rows of dimensions that do the same: by what they move, then by the pictures."""

from __future__ import annotations

import numpy as np

from featamp.comparison.rows import Moves, match_rows

THINGS = ("sex", "skin")


def moves(order: list[int], responses: dict[int, tuple[float, float]], sign: float = 1.0) -> Moves:
    """A model whose dimension i makes the change number `order[i]`, an axis of its own each."""
    changes = sign * np.eye(6)[order]
    told = np.array([responses.get(change, (0.0, 0.0)) for change in order])
    return Moves(tuple(range(10, 10 + len(order))), told, changes)


def test_what_moves_the_same_thing_stands_in_one_row_whatever_the_pictures_say() -> None:
    one = moves([0, 1], {0: (0.9, 0.1), 1: (0.8, 0.7)})
    other = moves([2, 3], {2: (0.2, 0.9), 3: (0.9, 0.0)})
    rows = match_rows([one, other], THINGS)
    assert rows.things == THINGS
    assert rows.dims.tolist() == [[10, 11], [11, 10]]
    assert rows.response.tolist() == [[0.9, 0.9], [0.7, 0.9]]


def test_what_moves_nothing_is_matched_by_the_pictures_and_turned() -> None:
    one, other = moves([4, 5, 0], {0: (0.9, 0.0)}), moves([5, 0, 4], {0: (0.9, 0.0)}, sign=-1.0)
    rows = match_rows([one, other], THINGS)
    pairs = {tuple(row) for row in rows.dims.tolist()}
    assert pairs == {(10, 12), (11, 10), (12, 11)}
    assert rows.things == ("sex", "", "")
    assert (rows.turned == [[1, -1]] * 3).all()
    np.testing.assert_allclose(rows.alike, 1.0)


def test_what_no_other_model_has_stands_in_no_row() -> None:
    rows = match_rows([moves([0, 1, 2], {}), moves([2, 3, 4], {})], ())
    assert rows.dims.tolist() == [[12, 10]]


def test_a_third_model_joins_the_rows_of_the_others() -> None:
    rows = match_rows([moves([0, 1], {}), moves([1, 2], {}), moves([2, 1, 0], {})], ())
    assert sorted(map(tuple, rows.dims.tolist())) == [(-1, 11, 10), (10, -1, 12), (11, 10, 11)]


def test_changes_no_more_alike_than_those_of_one_model_do_not_match() -> None:
    skew = np.array([[1.0, 0.0], [0.8, 0.6]])  # two dimensions of one model, cosine .8
    one = Moves((0, 1), np.zeros((2, 0)), skew)
    other = Moves((0,), np.zeros((1, 0)), np.array([[0.6, -0.8]]))
    rows = match_rows([one, other], ())
    assert rows.things == () and rows.bound > 0.6
