"""How far a sweep stays among the codes of real images."""

from __future__ import annotations

import numpy as np
import pytest

from featamp.statistics.support import covered_share


def test_the_share_of_real_codes_in_a_sweep_is_counted() -> None:
    values = np.array([0, 1, 2, 3, 10], np.float32)
    assert covered_share(values, np.array([1.0, -5.0]), np.array([3.0, -1.0])) == pytest.approx(
        (3 / 5 + 0) / 2
    )
