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
from featamp.io.files.decode import read_image
from featamp.io.files.steps import Size, Steps
from featamp.io.model import TrainedVAE

PREFETCH = 4
"""Batches of images decoded side by side before the one that the network works on, each in a
thread of its own: Pillow lets go of the interpreter while it decodes."""


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


@dataclass(frozen=True)
class Encoded(Decoded):
    """The codes of one batch.

    Attributes
    ----------
    mu, logvar : [good, dim] posterior means and log-variances, raw units.
    """

    mu: NDArray[np.float32]
    logvar: NDArray[np.float32]


def encode_batch(model: TrainedVAE, paths: Sequence[Path], batch: Decoded) -> Encoded:
    """Encode a batch of the files `paths`; several models can be given the same one.

    Raises
    ------
    InputError
        A code is not a finite number, or the network cannot take the images.
    """
    if not len(batch.rows):
        none = np.empty((0, 0), np.float32)
        return Encoded(**vars(batch), mu=none, logvar=none)
    mu, logvar = model.encode(batch.images)
    check_finite([paths[row] for row in batch.rows], mu, logvar)
    return Encoded(**vars(batch), mu=mu, logvar=logvar)


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
    paths: Sequence[Path], steps: Steps, batch: int, start: int = 0
) -> Iterator[Decoded]:
    """Decode files from index `start` on in threads, `PREFETCH` batches ahead; one that cannot be
    decoded is told, not raised.
    """
    waiting: deque[tuple[int, Future[list[NDArray[np.uint8] | str]]]] = deque()
    with ThreadPoolExecutor(PREFETCH) as pool:
        load = partial(_load_all, steps=steps)
        for first in range(start, len(paths), batch):
            waiting.append((first, pool.submit(load, paths[first : first + batch])))
            if len(waiting) > PREFETCH:
                index, future = waiting.popleft()
                yield _sorted(index, future.result(), steps.size)
        while waiting:
            index, future = waiting.popleft()
            yield _sorted(index, future.result(), steps.size)


def _sorted(first: int, decoded: list[NDArray[np.uint8] | str], size: Size) -> Decoded:
    """The images and the reasons of a batch that begins with file `first`."""
    rows = [first + i for i, image in enumerate(decoded) if not isinstance(image, str)]
    good = [image for image in decoded if not isinstance(image, str)]
    broken = ((first + i, reason) for i, reason in enumerate(decoded) if isinstance(reason, str))
    images = np.stack(good) if good else np.empty((0, *size, 3), np.uint8)
    return Decoded(first + len(decoded), np.array(rows, np.int64), images, tuple(broken))


def load_images(paths: Sequence[Path], steps: Steps) -> NDArray[np.uint8]:
    """Decode a few image files that are known to be good: uint8 [image, height, width, 3]."""
    return np.stack([read_image(path, steps) for path in paths])


def _load_all(paths: Sequence[Path], steps: Steps) -> list[NDArray[np.uint8] | str]:
    return [_load(path, steps) for path in paths]


def _load(path: Path, steps: Steps) -> NDArray[np.uint8] | str:
    try:
        return read_image(path, steps)
    except OSError as error:
        return f"{type(error).__name__}: {error}"
