"""Straight directions through the codes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from sklearn.decomposition import PCA

from featamp.statistics.direction import (
    axis_direction,
    first_component,
    probe_direction,
    random_directions,
)


def test_directions_are_one_standard_deviation_long(
    generator: np.random.Generator, in_blocks: Callable[[int], None]
) -> None:
    in_blocks(64)
    mixed = (generator.standard_normal((500, 4)) @ generator.standard_normal((4, 4))).astype(
        np.float32
    )
    pca = PCA(1).fit(mixed.astype(np.float64))
    ours = first_component(mixed, mixed.mean(axis=0, dtype=np.float64))
    assert ours[np.abs(ours).argmax()] > 0
    expected = pca.components_[0] * np.sqrt(pca.explained_variance_[0])
    np.testing.assert_allclose(ours, expected * np.sign(expected @ ours), rtol=1e-4)
    std = np.array([1.0, 2.0, 3.0, 4.0])
    for moves in (
        random_directions(std, 5, 0),
        axis_direction(2, std)[None],
        probe_direction(std, std)[None],
    ):
        np.testing.assert_allclose(np.linalg.norm(moves / std, axis=1), 1)
    weights = generator.standard_normal(4)
    rises = [weights @ move for move in random_directions(std, 1000, 1)]
    assert weights @ probe_direction(weights, std) > max(
        rises
    )  # no straight move of that length raises it more


def test_what_has_collapsed_takes_nothing_of_the_length_of_a_direction() -> None:
    std = np.concatenate([[1.0, 2.0, 3.0], np.zeros(97)])
    moves = np.vstack([random_directions(std, 5, 0), probe_direction(np.ones(100), std)])
    np.testing.assert_allclose(np.linalg.norm(moves[:, :3] / std[:3], axis=1), 1)
    assert not moves[:, 3:].any() and not random_directions(np.zeros(4), 2, 0).any()
