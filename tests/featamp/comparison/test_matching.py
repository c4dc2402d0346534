"""MatchedDimensions of dimensions that do the same: by what they move, then by the pictures."""

from __future__ import annotations

import numpy as np
import pytest

from featamp.comparison.matching import Move, SweptModel, match_dimensions, move_factors


def moves(order: list[int], things: dict[int, str] | None = None, sign: float = 1.0) -> SweptModel:
    """A model whose i-th dimension (10 + i) makes the change number `order[i]`, an axis of its own
    each; by the change, what it moves."""
    names = [(things or {}).get(change, "") for change in order]
    told = tuple(
        {name: Move(name, 0.5 + 0.1 * change, int(sign))} if name else {}
        for change, name in zip(order, names, strict=True)
    )
    return SweptModel(tuple(range(10, 10 + len(order))), told, sign * np.eye(6)[order])


def test_what_moves_the_same_thing_stands_in_one_row_whatever_the_pictures_say() -> None:
    rows = match_dimensions(
        [moves([0, 1], {0: "sex", 1: "skin"}), moves([2, 3], {2: "skin", 3: "sex"})]
    )
    assert rows.things == ("sex", "skin")
    assert rows.dims.tolist() == [[10, 11], [11, 10]]
    np.testing.assert_allclose(rows.share, [[0.5, 0.8], [0.6, 0.7]])


def test_several_that_move_one_thing_are_told_apart_by_the_pictures() -> None:
    hair = dict.fromkeys(range(6), "hair")
    rows = match_dimensions([moves([0, 1, 2], hair), moves([2, 0], hair), moves([1], hair)])
    assert sorted(map(tuple, rows.dims.tolist())) == [(10, 11, -1), (11, -1, 10), (12, 10, -1)]


def test_what_moves_nothing_is_matched_by_the_pictures_and_turned() -> None:
    one, other = moves([4, 5, 0], {0: "sex"}), moves([5, 0, 4], {0: "sex"}, sign=-1.0)
    rows = match_dimensions([one, other])
    assert {tuple(row) for row in rows.dims.tolist()} == {(10, 12), (11, 10), (12, 11)}
    assert sorted(rows.things) == ["", "", "sex"]
    assert (rows.turned == [[1, -1]] * 3).all()
    np.testing.assert_allclose(rows.alike, 1.0)


def test_what_no_other_model_has_stands_in_no_row() -> None:
    rows = match_dimensions([moves([0, 1, 2], {0: "hat"}), moves([2, 3, 4], {3: "sex"})])
    assert rows.dims.tolist() == [[12, 10]]


def test_a_third_model_joins_the_rows_of_the_others() -> None:
    rows = match_dimensions([moves([0, 1]), moves([1, 2]), moves([2, 1, 0])])
    assert sorted(map(tuple, rows.dims.tolist())) == [(-1, 11, 10), (10, -1, 12), (11, 10, 11)]


def test_changes_no_more_alike_than_those_of_one_model_do_not_match() -> None:
    skew = np.array([[1.0, 0.0], [0.8, 0.6]])  # two dimensions of one model, cosine .8
    one, other = (
        SweptModel((0, 1), ({}, {}), skew),
        SweptModel((0,), ({},), np.array([[0.6, -0.8]])),
    )
    rows = match_dimensions([one, other])
    assert rows.things == () and rows.dims.shape == (0, 2) and rows.bound > 0.6


def test_a_row_bears_the_name_that_most_of_its_dimensions_have() -> None:
    smile, background = ({0: thing} for thing in ("smile", "background"))
    two, three = [moves([0], smile), moves([0], background)], moves([0], background)
    assert match_dimensions(two).things == ("",)
    named = match_dimensions([*two, three])
    assert named.things == ("background",) and named.share.tolist() == [[0.0, 0.5, 0.5]]


def test_dimensions_of_one_name_are_turned_by_it_and_of_one_family_by_the_pictures() -> None:
    def hair(name: str, sign: int, change: list[float]) -> SweptModel:
        return SweptModel((0,), ({"hair": Move(name, 1.0, sign)},), np.array([change]))

    black = hair("black", 1, [1.0, 0.0])
    same, opposite = hair("black", 1, [-0.1, 1.0]), hair("black", -1, [0.1, 1.0])
    blond = hair("blond", 1, [-0.9, 0.1])
    assert match_dimensions([black, same, opposite, blond]).turned.tolist() == [[1, 1, -1, -1]]


def test_what_moves_several_things_goes_to_the_row_of_the_one_that_its_code_tells() -> None:
    def model(pictures: list[int], *things: dict[str, tuple[float, float]]) -> SweptModel:
        told = tuple({n: Move(n, share, 1, r) for n, (share, r) in s.items()} for s in things)
        return SweptModel(tuple(range(len(things))), told, np.eye(6)[pictures])

    one = model([0, 1], {"skin": (1.1, 0.3), "glasses": (1.0, 0.8)}, {"skin": (1.6, 0.7)})
    other = model([2, 3], {"skin": (1.9, 0.8)}, {"smile": (2.6, 0.4), "glasses": (1.1, 0.9)})
    mixed = model([4], {"skin": (1.5, 0.5), "smile": (1.8, 0.4)})
    rows = match_dimensions([one, other, mixed])
    assert rows.things == ("glasses", "skin")
    assert rows.dims.tolist() == [[0, 1, -1], [1, 0, 0]]
    np.testing.assert_allclose(rows.share, [[1.0, 1.1, 0.0], [1.6, 1.9, 1.5]])


def test_a_row_that_pictures_matched_takes_no_name_that_looks_otherwise() -> None:
    models = [moves([0], {0: "hair"}), moves([0]), moves([4, 0], {4: "hair"}), moves([0])]
    rows = match_dimensions(models)
    assert rows.dims.tolist() == [[10, 10, 11, 10]]
    assert rows.things == ("",)


def test_what_half_of_a_row_moves_is_no_name_for_it() -> None:
    hair, other = moves([0], {0: "hair"}), moves([0])
    assert match_dimensions([hair, other]).things == ("",)
    assert match_dimensions([hair, other, hair, other]).things == ("",)
    assert match_dimensions([hair, other, hair]).things == ("hair",)


def test_a_factor_is_moved_as_far_as_from_its_lower_half_to_its_upper(
    generator: np.random.Generator,
) -> None:
    values = generator.standard_normal((1000, 2))
    codes = np.stack([values[:, 0], -values[:, 1]], axis=1).astype(np.float32)
    slope, error = np.array([[0.5, -0.01], [0.4, -0.3]]), np.array([[0.1, 0.1], [0.3, 0.1]])
    hat, sex = move_factors(("hat", "sex"), slope, error, codes, values)
    apart = 2 * np.abs(values).mean(axis=0)  # between the means of the halves
    assert hat.keys() == {"hat"} and sex.keys() == {"sex"}  # the others are within their errors
    assert (hat["hat"].sign, sex["sex"].sign) == (1, -1)
    assert [hat["hat"].share, sex["sex"].share] == pytest.approx(
        [2 / apart[0], 1.2 / apart[1]], 0.1
    )
    assert [hat["hat"].known, sex["sex"].known] == pytest.approx([1, 1])
