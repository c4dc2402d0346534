"""Blocks of images of any size."""

from collections.abc import Callable
from functools import partial

import pytest


@pytest.fixture
def in_blocks(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Have statistics read so many images at a time."""
    return partial(monkeypatch.setattr, "featamp.statistics.blocks.SIZE")
