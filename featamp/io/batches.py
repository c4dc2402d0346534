"""Image files decoded a batch at a time, ahead of what takes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from featamp.errors import first_line
from featamp.io.device import ahead
from featamp.io.files.decode import read_image
from featamp.io.files.steps import Steps

PREFETCH = 4
"""Batches of images decoded side by side before the one that the network works on, where threads
do it: Pillow lets go of the interpreter while it decodes, but more threads get in each other's
way."""


@dataclass(frozen=True)
class Decoded:
    """One batch of image files.

    Attributes
    ----------
    stop : files done so far, this batch included.
    rows : [good] index of each file that could be decoded.
    images : uint8 [good, height, width, 3] what was decoded.
    broken : index and reason of each file that could not be decoded.
    """

    stop: int
    rows: NDArray[np.int64]
    images: NDArray[np.uint8]
    broken: tuple[tuple[int, str], ...]


Submit = Callable[[Callable[[], Decoded]], Callable[[], Decoded]]
"""Have a batch decoded elsewhere; what is returned waits for it."""


def decoded_batches(
    paths: Sequence[Path], steps: Steps, batch: int, start: int = 0
) -> Iterator[Decoded]:
    """Decode files from index `start` on in threads, `PREFETCH` batches ahead; one that cannot be
    decoded is told, not raised.
    """
    with ThreadPoolExecutor(PREFETCH) as pool:
        yield from decode_ahead(
            paths, steps, batch, start, lambda job: pool.submit(job).result, PREFETCH
        )


def decode_ahead(
    paths: Sequence[Path], steps: Steps, batch: int, start: int, submit: Submit, count: int
) -> Iterator[Decoded]:
    """The same by anybody's workers, `count` batches before the one that is taken."""
    firsts = range(start, len(paths), batch)
    begun = (submit(partial(decode_batch, paths[n : n + batch], steps, n)) for n in firsts)
    for decoded in ahead(begun, count):
        yield decoded()


def decode_batch(paths: Sequence[Path], steps: Steps, first: int) -> Decoded:
    """Decode one batch of files, of which the first has the index `first`."""
    decoded = [_load(path, steps) for path in paths]
    rows = [first + i for i, image in enumerate(decoded) if not isinstance(image, str)]
    good = [image for image in decoded if not isinstance(image, str)]
    broken = ((first + i, reason) for i, reason in enumerate(decoded) if isinstance(reason, str))
    images = np.stack(good) if good else np.empty((0, *steps.size, 3), np.uint8)
    return Decoded(first + len(decoded), np.array(rows, np.int64), images, tuple(broken))


def load_images(paths: Sequence[Path], steps: Steps) -> NDArray[np.uint8]:
    """Decode a few image files that are known to be good: uint8 [image, height, width, 3]."""
    return np.stack([read_image(path, steps) for path in paths])


def _load(path: Path, steps: Steps) -> NDArray[np.uint8] | str:
    try:
        return read_image(path, steps)
    except OSError as error:
        return unread(error)


def unread(error: OSError) -> str:
    """Why an image file cannot be decoded."""
    return error.strerror or first_line(error)
