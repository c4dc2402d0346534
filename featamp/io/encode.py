"""From image files to posterior means, a batch at a time, decoding JPEGs while the network
works.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from featamp.errors import InputError
from featamp.io.files.decode import load_image
from featamp.io.model import TrainedVAE

PREFETCH = 4
"""Batches of images decoded side by side before the one that the network works on, each in a
thread of its own: Pillow lets go of the interpreter while it decodes."""


@dataclass(frozen=True)
class Encoded:
    """The codes of one batch of image files.

    Attributes
    ----------
    stop : files done so far, this batch included.
    rows : [good] index of each file that could be decoded.
    images : uint8 [good, size, size, 3] what was decoded.
    mu, logvar : [good, dim] posterior means and log-variances, raw units.
    broken : index and reason of each file that could not be decoded.
    """

    stop: int
    rows: NDArray[np.int64]
    images: NDArray[np.uint8]
    mu: NDArray[np.float32]
    logvar: NDArray[np.float32]
    broken: tuple[tuple[int, str], ...]


def encode_files(
    model: TrainedVAE,
    paths: Sequence[Path],
    crop: int | None,
    size: int,
    batch: int,
    start: int = 0,
) -> Iterator[Encoded]:
    """Encode image files from index `start` on, in order; a file that cannot be decoded is told,
    not raised.

    Raises
    ------
    InputError
        A code is not a finite number, or the network cannot take the images.
    """
    for first, decoded in decoded_batches(paths, crop, size, batch, start):
        rows = [first + i for i, image in enumerate(decoded) if not isinstance(image, str)]
        good = [image for image in decoded if not isinstance(image, str)]
        broken = tuple(
            (first + i, reason) for i, reason in enumerate(decoded) if isinstance(reason, str)
        )
        if not good:
            empty, none = np.empty((0, 0), np.float32), np.empty((0, size, size, 3), np.uint8)
            yield Encoded(first + len(decoded), np.empty(0, np.int64), none, empty, empty, broken)
            continue
        images = np.stack(good)
        mu, logvar = model.encode(images)
        check_finite([paths[row] for row in rows], mu, logvar)
        yield Encoded(first + len(decoded), np.array(rows, np.int64), images, mu, logvar, broken)


def check_finite(
    paths: Sequence[Path], mu: NDArray[np.float32], logvar: NDArray[np.float32]
) -> None:
    """Raise InputError where a number of the codes [image, dim] is not finite, naming the image
    and which of the two.

    Parameters
    ----------
    paths : file of each image.
    """
    for name, finite in (("mu", np.isfinite(mu).all(axis=1)), ("logvar", has_spread(logvar))):
        if not finite.all():
            raise InputError(
                f"{paths[int(np.argmin(finite))]}: its code is not finite ({int((~finite).sum())}"
                f" of {len(paths)} in"
                f" its batch, in {name}); the checkpoint or model.pixels is wrong"
            )


def has_spread(logvar: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Whether each row of log-variances [image, dim] is finite; -inf throughout is what a network
    without any has.
    """
    return np.asarray(np.isfinite(logvar).all(axis=1) | np.isneginf(logvar).all(axis=1))


def decoded_batches(
    paths: Sequence[Path], crop: int | None, size: int, batch: int, start: int = 0
) -> Iterator[tuple[int, list[NDArray[np.uint8] | str]]]:
    """Decode files in threads, `PREFETCH` batches ahead: index of the first file, and an image or
    a reason each.
    """
    waiting: deque[tuple[int, Future[list[NDArray[np.uint8] | str]]]] = deque()
    with ThreadPoolExecutor(PREFETCH) as pool:
        load = partial(_load_all, crop=crop, size=size)
        for first in range(start, len(paths), batch):
            waiting.append((first, pool.submit(load, paths[first : first + batch])))
            if len(waiting) > PREFETCH:
                index, future = waiting.popleft()
                yield index, future.result()
        while waiting:
            index, future = waiting.popleft()
            yield index, future.result()


def load_images(paths: Sequence[Path], crop: int | None, size: int) -> NDArray[np.uint8]:
    """Decode a few image files that are known to be good: uint8 [image, size, size, 3]."""
    return np.stack([load_image(path, crop, size) for path in paths])


def _load_all(paths: Sequence[Path], crop: int | None, size: int) -> list[NDArray[np.uint8] | str]:
    return [_load(path, crop, size) for path in paths]


def _load(path: Path, crop: int | None, size: int) -> NDArray[np.uint8] | str:
    try:
        return load_image(path, crop, size)
    except OSError as error:
        return f"{type(error).__name__}: {error}"
