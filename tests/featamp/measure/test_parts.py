"""Skin, hair, surroundings and light from one side, on pictures painted by hand."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from featamp.measure.parts import PARTS, READINGS, part_masks, read_parts

SIDE = 64


def grey(value: float = 0.4) -> NDArray[np.float32]:
    return np.full((SIDE, SIDE, 3), value, np.float32)


@pytest.mark.parametrize("part", range(len(PARTS)), ids=PARTS)
def test_a_part_painted_lighter_and_redder_is_read_there_alone(part: int) -> None:
    picture = grey()
    picture[part_masks(SIDE, SIDE, 178)[part]] += [0.2, 0.1, 0.0]
    change = dict(zip(READINGS, read_parts(picture, 178) - read_parts(grey(), 178), strict=True))
    expected = {f"{PARTS[part]} brightness": 0.1, f"{PARTS[part]} warmth": 0.2}
    assert change == pytest.approx({name: expected.get(name, 0.0) for name in READINGS}, abs=1e-6)


def test_light_from_the_right_is_read_as_such_and_light_on_all_is_not() -> None:
    falling = np.linspace(-0.2, 0.2, SIDE, dtype=np.float32)[None, :, None] + grey()
    side = READINGS.index("side")
    assert read_parts(falling, 178)[side] > 0.05
    assert read_parts(falling[:, ::-1], 178)[side] < -0.05
    assert read_parts(grey(0.8), 178)[side] == pytest.approx(0.0, abs=1e-6)


def test_parts_stretch_with_what_the_pictures_show() -> None:
    crop, frame = (part_masks(SIDE, SIDE, shown)[0] for shown in (178, (178, 218)))
    assert frame.any(axis=1).sum() < crop.any(axis=1).sum()
    assert frame.any(axis=0).sum() == crop.any(axis=0).sum()


def test_many_pictures_are_read_as_each_alone() -> None:
    pictures = np.random.default_rng(0).random((2, 3, SIDE, SIDE, 3), np.float32)
    np.testing.assert_allclose(read_parts(pictures, 178)[1, 2], read_parts(pictures[1, 2], 178))


def test_of_pictures_that_are_no_faces_every_part_is_the_whole() -> None:
    picture = grey()
    picture[:, 20:] = (0.9, 0.5, 0.1)
    read = dict(zip(READINGS, read_parts(picture, None), strict=True))
    for part in PARTS:
        assert read[f"{part} brightness"] == pytest.approx(picture.mean(), abs=1e-6)
        assert read[f"{part} warmth"] == 0
    assert read["side"] > 0


def test_surroundings_lie_on_both_sides() -> None:
    around = part_masks(64, 64, 178)[2]
    assert around.any() and np.array_equal(around, around[:, ::-1])
