"""Which attributes may name a dimension, and which cannot be told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from featamp.probe import Probes
from featamp.ranking import specificity, standing_out
from featamp.response import AttributeResponse

ABLE = np.ones(3, np.bool_)


def probes_of(correlation: list[float], auc: float = 0.9) -> Probes:
    """Probes of attributes a, b, ... that find so much of them on 1,000 images."""
    count = len(correlation)
    names, blank = tuple("abcdefgh"[:count]), np.zeros((count, 3))
    known = np.ones(count, np.bool_)
    return Probes(names, blank, np.ones(count), np.full(count, auc), np.array(correlation), known, 1000, 1000)


@pytest.fixture
def response() -> AttributeResponse:
    return AttributeResponse(np.array([-0.5, 0.6, 0.1]), np.full(3, 0.1), ABLE)


def test_a_probe_tells_what_it_finds_and_names_only_what_it_finds_well() -> None:
    assert probes_of([0.5, 0.02, -0.5]).told.tolist() == [True, False, False]
    assert probes_of([0.5], auc=0.69).told.all() and not probes_of([0.5], auc=0.69).able.any()
    assert probes_of([0.5], auc=0.7).able.all()


def test_what_may_not_name_a_dimension_is_passed_over(response: AttributeResponse) -> None:
    assert standing_out(response, ABLE, 0.0) == 1
    assert standing_out(response, np.array([True, False, True]), 0.0) == 0
    assert standing_out(response, ~ABLE, 0.0) is None


def test_what_cannot_be_told_is_neither_strongest_nor_clear_nor_off_target(response: AttributeResponse) -> None:
    untold = replace(response, told=np.array([True, False, True]))
    assert untold.strongest == 0 and not untold.clear(1)
    assert untold.off_target(0) == pytest.approx((0.2, 0.2))


def test_a_rival_responds_as_much_within_two_errors(response: AttributeResponse) -> None:
    assert response.rival(1) == 0
    assert replace(response, error=np.full(3, 0.01)).rival(1) is None
    assert replace(response, told=np.array([False, True, True])).rival(1) is None


def test_a_single_sample_cannot_say_how_specific_a_response_is(response: AttributeResponse) -> None:
    assert specificity(replace(response, error=None), ABLE, 0.0) is None
