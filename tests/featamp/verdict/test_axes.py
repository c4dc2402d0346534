"""Axes against rotations of them, with the answer known."""

from __future__ import annotations

import numpy as np
import pytest

from featamp.verdict.axes import (
    FIRST,
    LEVEL,
    ROTATIONS,
    compare_axes,
    may_tell,
    random_moves,
    strength_of,
)
from tests.sample_findings import sample_shares


def test_a_rotation_spends_the_variance_of_an_axis_and_stays_in_the_span() -> None:
    std = np.array([5.0, 1.0, 3.0, 2.0])
    moves = random_moves(std, (0, 2), seed=0)
    assert moves.shape == (ROTATIONS, 4) and not moves[:, [1, 3]].any()
    units = moves[:, [0, 2]] / std[[0, 2]]
    np.testing.assert_allclose(np.square(units).sum(axis=1), 1.0)
    assert np.square(moves).sum(axis=1).mean() == pytest.approx((25 + 9) / 2, rel=0.1)


def test_p_counts_the_rotations_that_go_as_far() -> None:
    axes = compare_axes((4, 7), np.array([2.0, 0.5]), np.linspace(0, 1, ROTATIONS))
    assert axes.p == pytest.approx([1 / 200, 101 / 200])
    assert axes.q == pytest.approx([2 / 200, 101 / 200])
    assert axes.better == (4,)
    assert (axes.beyond, axes.beyond_by_chance) == (1, 0.1)


def test_one_of_twenty_beyond_every_rotation_is_counted_and_not_called_better() -> None:
    axes = compare_axes(tuple(range(20)), np.r_[9.0, np.zeros(19)], np.linspace(0, 1, ROTATIONS))
    assert (axes.beyond, axes.beyond_by_chance, axes.better) == (1, 1.0, ())


def test_axes_that_are_mixtures_themselves_pass_no_more_often_than_the_level() -> None:
    generator = np.random.default_rng(0)
    passed = [
        len(
            compare_axes(
                tuple(range(20)), *np.split(generator.random(20 + ROTATIONS), [20])
            ).better
        )
        for _ in range(200)
    ]
    assert np.mean(np.array(passed) > 0) <= 2 * LEVEL


def test_the_strength_is_of_what_can_give_a_name() -> None:
    assert strength_of(sample_shares(0.9)) == pytest.approx(0.9)
    assert strength_of(sample_shares(0.0)) == 0.0  # nothing is clear of its error


def test_an_axis_is_better_up_to_the_level() -> None:
    drawn = np.arange(ROTATIONS, dtype=float)
    found = [compare_axes((4,), np.array([ROTATIONS - n]), drawn) for n in (8.0, 9.0, 10.0)]
    assert [(axes.q.item(), axes.better) for axes in found] == [
        (0.045, (4,)), (0.05, (4,)), (0.055, ()),
    ]  # fmt: skip
    assert [axes.beyond for axes in found] == [1, 1, 0]


@pytest.mark.parametrize(("count", "least"), [(1, 1), (10, 1), (11, 2), (20, 2), (21, 3), (60, 6)])
def test_so_few_axes_beyond_every_rotation_are_told_and_no_fewer(count: int, least: int) -> None:
    drawn = np.linspace(0, 1, ROTATIONS)
    found = [
        compare_axes(tuple(range(count)), np.where(np.arange(count) < beyond, 9.0, 0.0), drawn)
        for beyond in (least - 1, least)
    ]
    assert [len(axes.better) for axes in found] == [0, least]
    assert {axes.least for axes in found} == {least}


def test_rotations_are_left_out_only_where_all_of_them_tell_no_axis() -> None:
    generator, dims = np.random.default_rng(1), tuple(range(4))
    told = []
    for _ in range(300):
        strength, drawn = np.split(generator.random(4 + ROTATIONS), [4])
        strength += generator.random() * 0.1
        first = compare_axes(dims, strength, drawn[:FIRST])
        told.append(bool(compare_axes(dims, strength, drawn).better))
        assert may_tell(dims, strength, first.drawn) or not told[-1]
        assert first.undrawn == ROTATIONS - FIRST
    assert 0 < sum(told) < len(told)
    assert not may_tell(dims, np.zeros(4), drawn[:FIRST])


def test_few_rotations_tell_no_axis() -> None:
    assert compare_axes((0, 1), np.ones(2), np.zeros(9)).least == 3


def test_an_axis_that_takes_an_attribute_away_is_as_strong() -> None:
    assert strength_of(sample_shares(-0.8)) == pytest.approx(0.8)
