"""How sure a mean over samples is, by simulation."""

from __future__ import annotations

import numpy as np
import pytest

from featamp.statistics.samples import error_of_mean


@pytest.mark.parametrize("samples", [2, 4, 8])
def test_twice_the_error_holds_the_mean_in_95_of_100_cases_however_few_samples(
    samples: int, generator: np.random.Generator
) -> None:
    values = generator.standard_normal((samples, 20_000))
    held = np.abs(values.mean(axis=0)) <= 2 * error_of_mean(values)
    assert held.mean() == pytest.approx(0.95, abs=0.01)


def test_a_single_sample_is_not_sure_of_anything() -> None:
    np.testing.assert_array_equal(error_of_mean(np.ones((1, 3))), np.inf)
