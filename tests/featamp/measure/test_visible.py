"""What there is to see, where it happens."""

from __future__ import annotations

import numpy as np
import pytest

from featamp.measure.layout import REGIONS, face_regions
from featamp.measure.visible import PLAIN, image_amounts, measure_visible
from tests.featamp.proof.visibility import Seen, visibility_table

STEPS = np.array([-2.0, 2.0])


def test_a_change_of_one_region_counts_in_that_region_alone() -> None:
    images = np.zeros((2, 64, 64, 3), np.float32)
    images[1] = 0.8  # two images differ by .8 everywhere
    mouth = face_regions(64, 64)[REGIONS.index("mouth")]
    frames = np.zeros((3, 2, 64, 64, 3), np.float32)
    frames[:, 1, mouth] = 0.4
    seen = measure_visible(
        frames, np.zeros((3, 64, 64, 3), np.float32), STEPS, image_amounts(images)
    )
    # half of the difference on one side of 0, nothing on the other; edges are seen softly
    assert seen.region == "mouth"
    assert seen.regions[REGIONS.index("mouth")] == pytest.approx(0.25, abs=0.05)
    assert seen.regions[REGIONS.index("hair")] < 0.01
    assert seen.top == pytest.approx(0.25, abs=0.02)
    assert (seen.region, seen.regional) == ("mouth", seen.regions.max())


def test_the_same_change_everywhere_is_its_share_of_two_images() -> None:
    images = np.zeros((2, 32, 32, 3), np.float32)
    images[1] = 0.5
    frames = np.full((1, 2, 32, 32, 3), 0.1, np.float32)
    seen = measure_visible(
        frames, np.zeros((1, 32, 32, 3), np.float32), STEPS, image_amounts(images)
    )
    np.testing.assert_allclose(seen.regions, 0.2, rtol=1e-5)
    assert seen.amount == pytest.approx(0.2, rel=1e-5)


def test_images_that_are_all_alike_measure_nothing() -> None:
    images = np.full((3, 32, 32, 3), 0.5, np.float32)
    seen = measure_visible(
        images[:, None] + np.float32(0.1), images, np.array([2.0]), image_amounts(images)
    )
    assert seen.amount == 0.0


@pytest.fixture(scope="module")
def table() -> tuple[Seen, ...]:
    return visibility_table(people=5, seed=303)


def test_half_the_range_of_a_trait_is_plain_and_noise_is_not(table: tuple[Seen, ...]) -> None:
    wrong = [(line.name, line.amount) for line in table if (line.amount >= PLAIN) != line.trait]
    assert wrong == []


def test_traits_are_seen_where_they_are(table: tuple[Seen, ...]) -> None:
    places = {line.name: line.region for line in table}
    assert places["smile"] == places["mouth_opening"] == "mouth"
    assert places["glasses"] == "eyes"
