"""Images as networks are given them, a batch at a time: decoded, and kept between builds, so that
another checkpoint decodes no file.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from featamp.io.device import ahead
from featamp.io.files.steps import Steps

from ...engine.context import Context
from ...engine.hashing import code_hash, digest, versions
from ...engine.processes.workers import DECODING
from ...engine.records import load_record, save_record
from ...engine.store import RECORD, SPARE

if TYPE_CHECKING:
    from featamp.io.batches import Decoded

Batches = Callable[[Context, Sequence[Path], Steps, int], "Iterator[Decoded]"]
"""Gives the files from an index on, a batch at a time."""
PIECE = 16_000_000
"""Bytes of images that are kept together, at most."""
IMAGES = "images.npy"
"""The pixels of a piece, by themselves: an archive would copy and count each byte once more."""
WORTH = 10_000
"""Of fewer images none is kept: they are decoded in seconds, and would be half of a store."""
BATCHES = 16
"""Batches of a shard: whole ones, so that each image is encoded beside the same others as by one
process. A piece has as many at most, or a half, a quarter, ...: a shard holds whole pieces."""


@dataclass(frozen=True)
class _Kept:
    """What a piece of `count` files holds beside its pixels, as in
    `featamp.io.batches.Decoded`; they are counted from its first one.
    """

    count: int
    rows: NDArray[np.int64]
    broken: tuple[tuple[int, str], ...]


def decoded_batches(
    context: Context, paths: Sequence[Path], steps: Steps, start: int
) -> Iterator[Decoded]:
    """The files from `start` on; by processes where there are more than threads are good for."""
    from featamp.io import batches

    workers, batch = context.workers, context.config.batch
    if not _by_processes(context, steps):
        return batches.decoded_batches(paths, steps, batch, start)
    count = _side_by_side(context, steps)
    return batches.decode_ahead(paths, steps, batch, start, workers.submit, count)


def _by_processes(context: Context, steps: Steps) -> bool:
    """Whether processes decode: threads get in each other's way, and a person's own function is
    known in this process alone.
    """
    return not steps.own and context.workers.processes > DECODING


def _side_by_side(context: Context, steps: Steps) -> int:
    """How many batches, or pieces, are decoded before the one that is taken."""
    from featamp.io.batches import PREFETCH

    return 2 * context.workers.processes if _by_processes(context, steps) else PREFETCH


def kept_batches(
    context: Context, paths: Sequence[Path], steps: Steps, start: int
) -> Iterator[Decoded]:
    """The files from `start` on, those that an earlier run decoded without decoding them again;
    the others are kept for the next one.
    """
    size, made_by = _files_a_piece(context, steps), _made_by(context)
    firsts = range(start - start % size, len(paths), size)
    count = _side_by_side(context, steps)
    with ThreadPoolExecutor(count) as pool:
        begun = (
            pool.submit(_keep, context, paths[first : first + size], steps, made_by)
            for first in firsts
        )
        for first, kept in zip(firsts, ahead(begun, count), strict=True):
            yield from _read(kept.result(), context.config.batch, first, start)


def batches_of(context: Context, count: int) -> Batches:
    """How so many images in all are read: kept where it pays and the store has room for them."""
    height, width = context.config.data.size
    fits = count * height * width * 3 <= context.config.compute.store * 1_000_000
    return kept_batches if count >= WORTH and fits else decoded_batches


def _files_a_piece(context: Context, steps: Steps) -> int:
    """How many files are kept together."""
    height, width = steps.size
    count = context.config.batch * BATCHES
    while count * height * width * 3 > PIECE and count > context.config.batch:
        count //= 2
    return count


def _made_by(context: Context) -> str:
    """Hash of what makes the pixels of files."""
    config = context.config
    return digest(
        [config.data.crop, config.data.size, config.data.preprocess],
        context.model_inputs.get(f"the code of {config.data.function}"),
        code_hash("featamp.io.files.decode", "report.stages.encoding.batches"),
        versions("pillow", "simplejpeg", "numpy"),
    )


def _keep(context: Context, paths: Sequence[Path], steps: Steps, made_by: str) -> Path:
    """Where the pixels of some files are kept, now or since an earlier run; what decodes them
    writes them, so that none passes through this process before it is asked for.
    """

    def make(part: Path) -> None:
        save = partial(_save, paths, steps, part)
        context.workers.submit(save)() if _by_processes(context, steps) else save()

    key = digest([context.store.files.hash(path) for path in paths], made_by)
    return context.store.artifact(SPARE, key, make, reads=paths).path


def _read(folder: Path, batch: int, first: int, start: int) -> Iterator[Decoded]:
    """The batches, from file `start` on, of a piece that begins with the file `first`."""
    from featamp.io.batches import Decoded

    os.utime(folder)  # what was read last is removed last
    kept = load_record(folder / RECORD, _Kept)
    images = np.load(folder / IMAGES, mmap_mode="c")  # read where it is needed, and once
    for at in range(max(0, start - first), kept.count, batch):
        stop = min(at + batch, kept.count)
        some = slice(*np.searchsorted(kept.rows, (at, stop)))
        told = tuple((first + row, reason) for row, reason in kept.broken if at <= row < stop)
        yield Decoded(first + stop, first + kept.rows[some], images[some], told)


def _save(paths: Sequence[Path], steps: Steps, part: Path) -> None:
    """Write what some files hold."""
    from featamp.io.batches import decode_batch

    decoded = decode_batch(paths, steps, 0)
    save_record(part / RECORD, _Kept(len(paths), decoded.rows, decoded.broken))
    np.save(part / IMAGES, decoded.images)
