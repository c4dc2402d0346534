"""Where a head looks, from landmarks: known turns are found, and mirrored faces look the other
way."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from featamp.face.pose import (
    EYES,
    MIRROR,
    MODEL,
    eye_opening,
    measure_pose,
    mirrored,
    mouth_opening,
)


def seen(yaw: float, pitch: float, roll: float, scale: float = 0.5) -> NDArray[np.float64]:
    """Landmarks of the generic head, turned by degrees, its eyes' corners `scale` apart."""
    y, p, r = np.radians([yaw, pitch, roll])
    turn = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    nod = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
    tilt = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    landmarks = np.full((68, 2), 0.5)
    points = np.array(list(MODEL.values())) @ (tilt @ nod @ turn).T
    landmarks[list(MODEL)] += points[:, :2] * scale / EYES
    return landmarks


@pytest.mark.parametrize("angles", [(0, 0, 0), (30, 0, 0), (0, 20, 0), (0, 0, 15), (-40, -10, 5)])
def test_a_known_turn_is_found(angles: tuple[float, float, float]) -> None:
    pose = measure_pose(seen(*angles, scale=0.4))
    found = [pose.yaw, pose.pitch, pose.roll, pose.scale]
    assert [float(value) for value in found] == pytest.approx([*angles, 0.4], abs=1e-6)


def test_who_looks_right_shows_the_nose_on_the_right() -> None:
    assert seen(30, 0, 0)[30, 0] > seen(30, 0, 0)[[36, 45], 0].mean()
    assert seen(0, 20, 0)[36, 1] > seen(0, 0, 0)[36, 1]  # up: the eyes come nearer to the nose
    assert seen(0, 0, 15)[45, 1] > seen(0, 0, 15)[36, 1]  # clockwise


def test_a_mirrored_face_looks_the_other_way() -> None:
    poses = [measure_pose(points) for points in (seen(25, 8, -6), mirrored(seen(25, 8, -6)))]
    assert float(poses[1].yaw) == pytest.approx(-25)
    assert float(poses[1].pitch) == pytest.approx(8)
    assert float(poses[1].roll) == pytest.approx(6)


def test_mirroring_twice_changes_nothing(generator: np.random.Generator) -> None:
    points = generator.random((3, 68, 2))
    np.testing.assert_array_equal(np.sort(MIRROR), np.arange(68))
    np.testing.assert_allclose(mirrored(mirrored(points)), points)


def test_openings_are_gaps_over_distances() -> None:
    points = np.zeros((68, 2))
    points[36:42] = [(0, 0), (1, -1), (2, -1), (3, 0), (2, 1), (1, 1)]
    points[42:48] = points[36:42] + np.array([6, 0])
    points[[61, 62, 63]], points[[67, 66, 65]] = (4, 5), (4, 8)
    assert float(mouth_opening(points)) == pytest.approx(3 / 6)
    assert float(eye_opening(points)) == pytest.approx(2 / 3)


def test_unknown_landmarks_give_no_pose() -> None:
    both = np.stack([seen(10, 0, 0), np.full((68, 2), np.nan)])
    np.testing.assert_array_equal(np.isnan(measure_pose(both).yaw), [False, True])
    np.testing.assert_array_equal(np.isnan(measure_pose(both).scale), [False, True])
