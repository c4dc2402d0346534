"""The numbers that the overview says first."""

from dataclasses import replace

import numpy as np
import pytest

from featamp.measure.effect import Reconstruction
from featamp.measure.sweep import FAR
from featamp.statistics.correlation import point_biserial
from featamp.statistics.holdout import hold_out, measure_held_out
from featamp.verdict.headline import headline

RECONSTRUCTION = Reconstruction(0.05, 26.0, 0.25, 10, 0.0, 0.3)


def test_raw_sweeps_are_sorted_by_their_reach() -> None:
    told = headline(None, None, [0.0, 0.5, 0.99, 1.0, 4.0, FAR, FAR + 1], [0.1], RECONSTRUCTION)
    assert (told.collapsed, told.below, told.telling, told.beyond) == (1, 2, 3, 1)
    assert (told.reach_low, told.reach_high) == (0.5, FAR)
    alone = headline(None, None, [0.0], [0.1], RECONSTRUCTION)
    assert (alone.reach_low, alone.reach_high) == (0.0, 0.0)


@pytest.mark.parametrize(("change", "masked"), [(0.099, True), (0.101, False)])
def test_twice_the_error_of_the_reconstruction_hides_a_change(change: float, masked: bool) -> None:
    told = headline(None, None, [1.0], [change - 0.01, change + 0.01], RECONSTRUCTION)
    assert told.masked is masked
    assert (told.change, told.share) == pytest.approx((change, 4 * change))


def test_the_strongest_attribute_and_the_count_that_passes() -> None:
    generator = np.random.default_rng(3)
    labels = generator.random((400, 3)) < [0.5, 0.5, 0.0]
    mu = generator.normal(size=(400, 3)).astype(np.float32)
    mu[:, 2] -= 3 * labels[:, 1]
    held_out = measure_held_out(mu, labels, hold_out(400, None, 0))
    correlations = point_biserial(mu, labels, ("smile", "hat", "constant"))
    told = headline(correlations, held_out, [1.0], [0.1], RECONSTRUCTION)
    assert told.strongest == "hat" and (told.passed, told.pairs) == (1, 6)  # one is constant
    assert not told.most_pass and replace(told, passed=4).most_pass
    correlations = replace(correlations, q=np.where(correlations.r > 0.1, 0.051, 0.049))
    far = replace(held_out, r=np.array([[0.9], [0.1], [0.0]]).repeat(3, axis=1))  # when judged
    told = headline(correlations, far, [1.0], [0.1], RECONSTRUCTION)
    assert (told.strongest, told.passed) == ("hat", int((correlations.r <= 0.1).sum()))
