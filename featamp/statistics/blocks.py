"""Images a block at a time, so that memory-mapped codes stay on the disk."""

from __future__ import annotations

from collections.abc import Iterator

SIZE = 8192
"""Images of a block."""


def blocks_of(count: int) -> Iterator[slice]:
    """The blocks of so many images, one after another."""
    for start in range(0, count, SIZE):
        yield slice(start, min(start + SIZE, count))
