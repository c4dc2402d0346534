"""The judge of pixels, on pictures with a planted attribute."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from featamp.measure.judge import place_mask, train_judge
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


def faces(count: int, generator: np.random.Generator) -> NDArray[np.float32]:
    """[image, 32, 32, 3] grey pictures with some texture."""
    return (0.4 + 0.1 * generator.random((count, 32, 32, 3))).astype(np.float32)


def test_a_hair_colour_is_read_off_the_hair_and_not_off_the_background(
    generator: np.random.Generator,
) -> None:
    label = generator.random(2000) < 0.5
    pictures = faces(2000, generator)
    hair = place_mask("hair", 32, 178)
    pictures[:, hair] += 0.2 * label[:, None, None]
    pictures[:, ~hair] += 0.2 * label[:, None, None]  # the background goes with it
    judge = train_judge(pictures, label[:, None], ("Blond_Hair",), hold_out(2000, None, 0), 0)
    plain, light = faces(8, generator), np.zeros((8, 32, 32, 3), np.float32)
    light[:, ~hair] = 0.2
    assert np.abs(judge.logits(plain + light) - judge.logits(plain)).max() < 1e-6
    light[:, hair] = 0.2
    assert (judge.logits(plain + light) - judge.logits(plain)).min() > 0.5


def test_a_shape_is_not_read_off_light(generator: np.random.Generator) -> None:
    label = generator.random(2000) < 0.5
    pictures = faces(2000, generator)
    pictures[:, 23:26, 12:20] += 0.15 * label[:, None, None, None]  # a mouth that opens
    pictures += (0.2 * generator.random((2000, 1, 1, 1))).astype(np.float32)
    judge = train_judge(pictures, label[:, None], ("Smiling",), hold_out(2000, None, 0), 0)
    plain = faces(8, generator)
    opened = plain.copy()
    opened[:, 23:26, 12:20] += 0.15
    gap = (judge.logits(opened) - judge.logits(plain)).mean()
    assert judge.auc[0] > 0.9 and gap > 1
    assert np.abs(judge.logits(plain * 1.3) - judge.logits(plain)).mean() < 0.1 * gap
