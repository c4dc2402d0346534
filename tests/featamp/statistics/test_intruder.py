"""Intruders among images whose features are known."""

from __future__ import annotations

import numpy as np
import pytest

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
