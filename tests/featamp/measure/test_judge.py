"""The judge of pixels, on pictures with a planted attribute."""

from __future__ import annotations

import numpy as np
import pytest

from featamp.measure.judge import train_judge
from featamp.measure.response import attribute_response
from featamp.statistics.holdout import hold_out
from tests.conftest import STEPS, planted_pictures


def test_the_judge_of_pixels_finds_a_planted_attribute_and_no_other(
    generator: np.random.Generator,
) -> None:
    strength = generator.standard_normal(3000)
    labels = np.column_stack([strength > 0, generator.random(3000) < 0.5, np.zeros(3000, bool)])
    pictures = planted_pictures(generator, strength)
    judge = train_judge(
        pictures, labels, ("patch", "noise", "constant"), hold_out(3000, None, 0), 0
    )
    assert judge.auc[0] > 0.95 and judge.auc[1] == pytest.approx(0.5, abs=0.05)
    np.testing.assert_array_equal(judge.defined, [True, True, False])
    frames = planted_pictures(generator, np.tile(STEPS, 4)).reshape(4, 10, 16, 16, 3)
    response = attribute_response(judge.logits(frames), STEPS)
    assert response.slope[0] == pytest.approx(
        1, abs=0.15
    )  # one deviation of the strength is one of its logit
    assert response.clear(0) and response.strongest == 0 and response.off_target(0)[1] < 0.3
