"""What a sweep does to the code and the attributes, against NumPy and SciPy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from featamp.measure.response import AttributeResponse, attribute_response, code_response
from featamp.statistics.direction import random_directions
from tests.conftest import STEPS


def test_slopes_and_their_errors_are_numpys(generator: np.random.Generator) -> None:
    logits = generator.standard_normal((5, 10, 3)) + STEPS[:, None] * [0.5, -1, 0]
    response = attribute_response(logits, STEPS)
    slopes = np.array(
        [[np.polyfit(STEPS, logits[s, :, a], 1)[0] for a in range(3)] for s in range(5)]
    )
    assert response.error is not None
    np.testing.assert_allclose(response.slope, slopes.mean(axis=0))
    np.testing.assert_allclose(2 * response.error, stats.t.ppf(0.975, 4) * stats.sem(slopes))
    assert response.strongest == 1 and response.clear(1)
    assert attribute_response(logits[:1], STEPS).error is None


def test_off_target_is_the_others_over_the_target() -> None:
    response = replace(
        attribute_response(np.zeros((2, 10, 3)), STEPS), slope=np.array([-0.5, 2.0, 0.1])
    )
    assert response.off_target(1) == pytest.approx((0.15, 0.25))
    assert replace(response, slope=np.array([0.0, 1.0, 0.0])).off_target(0) == (np.inf, np.inf)
    assert replace(response, slope=np.zeros(3)).off_target(0) == (0, 0)


def test_what_cannot_be_told_is_neither_strongest_nor_clear_nor_off_target() -> None:
    response = AttributeResponse(
        np.array([-0.5, 0.6, 0.1]), np.full(3, 0.1), np.array([True, False, True])
    )
    assert response.strongest == 0 and not response.clear(1)
    assert response.off_target(0) == pytest.approx((0.2, 0.2))


def test_a_rival_responds_as_much_within_two_errors() -> None:
    response = AttributeResponse(np.array([-0.5, 0.6, 0.1]), np.full(3, 0.1), np.ones(3, np.bool_))
    assert response.rival(1) == 0
    assert replace(response, error=np.full(3, 0.01)).rival(1) is None
    assert replace(response, told=np.array([False, True, True])).rival(1) is None


@pytest.mark.parametrize("found", [1.0, 0.4])
def test_self_response_is_what_the_encoder_finds_of_a_turned_direction(
    found: float, generator: np.random.Generator
) -> None:
    std = np.array([2.0, 0.5, 3.0, 0.0])  # the last dimension has collapsed
    move = random_directions(std, 1, 0)[0]
    origins = generator.standard_normal((6, 4)).astype(np.float32)
    codes = (origins[:, None] + found * STEPS[:, None] * move).astype(np.float32)
    response = code_response(codes, origins, move, STEPS, std)
    assert (response.self_response, response.leakage) == pytest.approx((found, 0), abs=1e-6)
    unmoved = code_response(codes, origins, np.zeros(4), STEPS, std)
    assert (unmoved.self_response, unmoved.leakage) == (0, 1 if found else 0)


def test_half_of_what_is_off_the_direction_is_leakage() -> None:
    steps = np.array([-1.0, 1.0])
    codes = np.tile(steps.astype(np.float32)[None, :, None], (1, 1, 2))
    along = np.array([1.0, 0.0])
    found = code_response(codes, np.zeros((1, 2), np.float32), along, steps, np.ones(2))
    assert found.leakage == pytest.approx(0.5)
