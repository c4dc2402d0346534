"""Models in one number each, and their order."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from featamp.comparison.ranks import Order
from featamp.comparison.recurrence import Recurrence
from featamp.comparison.summary import Span, Strength, count_again, mean_strengths, span
from featamp.statistics.holdout import hold_out, measure_held_out
from featamp.statistics.labels.weigh import OnAll, OnHeldOut, Weighed


def weighed(r: float | None, share: float | None = None, attribute: str = "Smiling") -> Weighed:
    """An attribute whose dimension has this r and share where it is held out; None: it cannot be
    held out."""
    around = (share, share, None if share is None else 0.01)
    held = None if r is None else OnHeldOut(
        3, r, r, r, r, 0.5, 1.0, share, *around, ("Male",), r, r, r
    )  # fmt: skip
    return Weighed(attribute, OnAll(3, 3, 0.9, 1.0, (), "Smiling", 0.9), held, 20, None, None, ())


def test_strength_is_the_mean_over_what_could_be_held_out() -> None:
    attributes = [
        weighed(-0.6, 0.5, "Male"), weighed(0.3, 0.2, "Young"), weighed(0.0), weighed(None)
    ]  # fmt: skip
    found = mean_strengths({"one": attributes})["one"]
    assert found.r == pytest.approx(0.3)  # (.6 + .3 + 0) / 3, by the sign that chose
    assert found.share == pytest.approx(0.35)  # where the probe found something
    none = {"one": [weighed(None)], "other": []}
    assert {*mean_strengths(none).values()} == {Strength(None, None)}


def test_models_are_compared_by_the_attributes_that_all_of_them_tell() -> None:
    models = {
        "one": [weighed(0.4, 0.5, "Male"), weighed(0.2, 0.1, "Young")],
        "other": [weighed(0.6, 0.7, "Male"), weighed(0.1, None, "Young")],
        "collapsed": [weighed(0.0, None, "Male"), weighed(0.0, None, "Young")],
    }
    found = mean_strengths(models)
    assert [found[name].r for name in models] == pytest.approx([0.3, 0.35, 0.0])
    assert [found[name].share for name in models] == [0.5, 0.7, None]


def test_strength_of_codes_that_know_nothing_is_none(generator: np.random.Generator) -> None:
    mu = generator.standard_normal((300, 64)).astype(np.float32)
    labels = generator.random((300, 40)) < 0.3
    held = measure_held_out(mu, labels, hold_out(300, None, 0))
    pairs = zip(held.at_dims(held.r), held.at_dims(held.r_chosen), strict=True)
    blind = [
        replace(one, held_out=replace(one.held_out, r=float(r), r_chosen=float(chosen)))
        for (r, chosen), one in ((p, weighed(0.0, None, str(n))) for n, p in enumerate(pairs))
        if one.held_out
    ]
    assert abs(mean_strengths({"one": blind})["one"].r or 0.0) < 0.04


def test_only_active_dimensions_are_counted_and_enter_the_medians() -> None:
    r = np.diag([0.9, -0.7, 0.2, 0.99])
    half = np.full(4, 0.5)
    found = count_again(
        Recurrence(r, np.arange(4), np.array([0.9, 0.8, 0.7, 0.1]), 0.1, half),
        np.array([True, True, True, False]),
    )
    assert (found.again, found.active) == (2, 3)
    assert (found.strength, found.rotated_r, found.multiple_r) == (0.7, 0.5, 0.8)


def test_nothing_is_found_where_nothing_is_active() -> None:
    none = Recurrence(np.zeros((2, 2)), np.full(2, -1), np.zeros(2), 0.1, np.zeros(2))
    assert count_again(none, np.zeros(2, np.bool_)).active == 0


@pytest.mark.parametrize(
    ("kl", "rmse", "order"),
    [
        ([30.0, 20.0, 10.0], [0.1, 0.2, 0.3], Order(-1.0, 1 / 3)),  # 2 of 6 orders
        ([30.0, 20.0], [0.1, 0.2], None),  # two are always in some order
        ([20.0, 20.0, 20.0], [0.1, 0.2, 0.3], None),
    ],
)
def test_models_are_ranked_by_both_where_there_is_an_order(
    kl: list[float | None], rmse: list[float], order: Order | None
) -> None:
    found = span(kl, rmse)
    assert found.kl == (min(k for k in kl if k), max(k for k in kl if k))
    assert (found.order is None) == (order is None)
    if found.order and order:
        assert (found.order.tau, found.order.p) == pytest.approx((order.tau, order.p))
        assert not found.order.clear


def test_an_encoder_without_kl_takes_the_kl_from_all() -> None:
    assert span([None, 2.0, 3.0], [0.1, 0.2, 0.3]) == Span(None, (0.1, 0.3), None)
