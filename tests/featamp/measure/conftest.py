"""Rendered sweeps that several measures of pictures are tested on, each rendered once."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.featamp.proof.rendered import rendered_sweep

Sweep = Callable[[str], tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float64]]]


@pytest.fixture(scope="session")
def rendered() -> Sweep:
    """Frames, reconstructions and steps of a sweep of one factor over half of its range."""

    @lru_cache
    def sweep(
        factor: str,
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float64]]:
        frames = rendered_sweep(factor, people=4, seed=21, steps=np.array([-2.0, 0.0, 2.0]))
        return frames[:, [0, 2]], frames[:, 1], np.array([-2.0, 2.0])

    return sweep
