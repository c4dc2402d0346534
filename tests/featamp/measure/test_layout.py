"""What pictures show of aligned faces, on mean faces painted by hand."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from featamp.measure.layout import (
    ALIGNED,
    BOXES,
    EYE,
    LAYOUTS,
    MOUTH,
    REGIONS,
    face_regions,
    find_shown,
)


def mean_face(shown: tuple[int, int], side: int = 64) -> NDArray[np.float32]:
    """A grey picture with two dark eyes and a red mouth where this layout puts them."""
    centre = (side - 1) / 2
    y, x = np.mgrid[:side, :side]
    down, across = (y - centre) * shown[1] / side, (x - centre) * shown[0] / side
    picture = np.full((side, side, 3), 0.5)
    for sign in (-1, 1):
        eye = np.exp(-(((across - sign * EYE[0]) / 6) ** 2 + ((down - EYE[1]) / 4) ** 2) / 2)
        picture -= 0.3 * eye[..., None]
    mouth = np.exp(-((across / 9) ** 2 + ((down - MOUTH) / 4) ** 2) / 2)
    picture[..., 0] += 0.2 * mouth
    return picture.astype(np.float32)


@pytest.mark.parametrize("shown", LAYOUTS)
@pytest.mark.parametrize("side", [32, 64])
def test_what_a_mean_face_shows_is_found(shown: tuple[int, int], side: int) -> None:
    assert find_shown(mean_face(shown, side)) == shown


def test_what_is_no_face_shows_nothing(generator: np.random.Generator) -> None:
    assert find_shown(generator.random((64, 64, 3)).astype(np.float32)) is None
    assert find_shown(np.full((64, 64, 3), 0.5, np.float32)) is None


@pytest.mark.parametrize("wide", [6, 9, 12, 16])
def test_a_thing_in_the_middle_has_no_eyes(wide: float, generator: np.random.Generator) -> None:
    """As the mean of many pictures of one has it, whatever its colours."""
    y, x = np.mgrid[:64, :64] - 31.5
    thing = np.exp(-(x**2 + y**2) / 2 / wide**2)[..., None] * generator.uniform(0.2, 1, 3)
    assert find_shown((0.15 + 0.6 * thing).astype(np.float32)) is None
    assert find_shown((0.85 - 0.6 * thing).astype(np.float32)) is None


@pytest.mark.parametrize("shown", LAYOUTS[:3])
def test_faint_faces_are_placed_where_labels_say_that_they_are_some(
    shown: tuple[int, int],
) -> None:
    """As those of few people, whose surroundings do not average out."""
    across = np.mgrid[:64, :64][1][..., None] / 63 - 0.5
    faint = (mean_face(shown) + 2.0 * across).astype(np.float32)
    assert find_shown(faint) is None
    assert find_shown(faint, labelled=True) == shown
    assert find_shown(-faint, labelled=True) is None  # where eyes belong it is brighter


def test_the_regions_part_the_picture_and_follow_the_crop() -> None:
    wide, narrow = face_regions(178, 178), face_regions(178, 178, shown=148)
    assert (wide.sum(axis=0) == 1).all() and (narrow.sum(axis=0) == 1).all()
    assert wide.any(axis=(1, 2)).all()
    left, right, top, bottom = BOXES["mouth"][0]
    rows, columns = np.nonzero(wide[REGIONS.index("mouth")])
    assert [columns.min(), columns.max() + 1] == pytest.approx([178 * left, 178 * right], abs=1)
    assert [rows.min(), rows.max() + 1] == pytest.approx([178 * top, 178 * bottom], abs=1)
    # the same pixels of the aligned image: 15 of 178 fall away at each side, the other 148 are
    # drawn as 178
    narrow_rows = np.nonzero(narrow[REGIONS.index("mouth")])[0]
    assert narrow_rows.min() == pytest.approx((178 * top - 15) * 178 / 148, abs=1)


def test_a_layout_that_something_speaks_for_is_taken_where_eyes_are_there() -> None:
    mean = mean_face(ALIGNED)
    assert find_shown(mean, likely=(178, 178)) == (178, 178)  # nearly as good
    assert find_shown(mean, likely=(64, 64)) == ALIGNED
    assert find_shown(-mean, likely=(178, 178)) is None
