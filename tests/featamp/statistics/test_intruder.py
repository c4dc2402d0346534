"""Intruders among images whose features are known."""

from __future__ import annotations

import numpy as np
import pytest

from featamp.arrays import standardised
from featamp.statistics.intruder import CHANCE, detect_intruders


def test_what_the_ends_share_gives_the_intruder_away(generator: np.random.Generator) -> None:
    codes = generator.standard_normal((2000, 3)).astype(np.float32)
    features = generator.standard_normal((2000, 10))
    features[:, :4] = 0.3 * features[:, :4] + codes[:, :1]  # dimension 0 is what can be seen
    features /= features.std(axis=0)
    found = detect_intruders(features, codes, (0, 1), 0)
    assert found is not None
    assert min(found.of(0)) > 0.8
    assert found.of(1) == pytest.approx((CHANCE, CHANCE), abs=0.12)
    assert detect_intruders(features[:20], codes[:20], (0,), 0) is None


def test_features_count_alike_however_large_they_are() -> None:
    features = np.array([[1.0, 100.0, 7.0], [3.0, 300.0, 7.0]])
    assert standardised(features).tolist() == [[-1.0, -1.0, 0.0], [1.0, 1.0, 0.0]]


def test_an_intruder_comes_from_the_middle_and_either_end_is_looked_at(
    generator: np.random.Generator,
) -> None:
    codes = np.linspace(-1, 1, 400, dtype=np.float32)[:, None]
    features = 0.01 * generator.standard_normal((400, 3))
    features[:, 0] += np.where(np.abs(codes[:, 0]) > 0.5, 5.0, 0.0)  # both outer quarters
    both = detect_intruders(features, codes, (0,), 0)
    assert both is not None and min(both.of(0)) > 0.95
    features[200:] = generator.standard_normal((200, 3))  # the upper half shares nothing
    one = detect_intruders(features, codes, (0,), 0)
    assert one is not None and one.of(0)[0] > 0.9 and one.of(0)[1] < 0.5
