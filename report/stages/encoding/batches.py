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

from ...engine.context import Context, versions
from ...engine.hashing import code_hash, digest
from ...engine.records import load_record, save_record
from ...engine.store import RECORD, SPARE

if TYPE_CHECKING:
    from featamp.io.encode import Decoded

Batches = Callable[[Context, Sequence[Path], Steps, int], "Iterator[Decoded]"]
"""Gives the files from an index on, a batch at a time."""
PIECE = 16_000_000
"""Bytes of images that are kept together, at most."""
IMAGES = "images.npy"
"""The pixels of a piece, by themselves: an archive would copy and count each byte once more."""
WORTH = 10_000
"""Of fewer images none is kept: they are decoded in seconds, and would be half of a store."""
BATCHES = 16
"""Batches of a piece at most, or a half of it, a quarter, ...: a shard holds whole pieces."""


@dataclass(frozen=True)
class _Piece:
    """Files `first` to `stop`, and the key of their pixels in the store."""

    first: int
    stop: int
    key: str


@dataclass(frozen=True)
class _Kept:
    """What a piece holds beside its pixels, as in `featamp.io.encode.Decoded`; files are counted
    from its first one.
    """

    rows: NDArray[np.int64]
    broken: tuple[tuple[int, str], ...]


def decoded_batches(
    context: Context, paths: Sequence[Path], steps: Steps, start: int
) -> Iterator[Decoded]:
    """The files from `start` on; by processes where there are more than threads are good for."""
    from featamp.io import encode

    workers, batch = context.workers, context.config.batch
    if not _by_processes(context, steps):
        return encode.decoded_batches(paths, steps, batch, start)
    count = _side_by_side(context, steps)
    return encode.decode_ahead(paths, steps, batch, start, workers.submit, count)


def _by_processes(context: Context, steps: Steps) -> bool:
    """Whether processes decode: threads get in each other's way, and a person's own function is
    known in this process alone.
    """
    from featamp.io.encode import PREFETCH

    return not steps.own and context.workers.processes > PREFETCH


def _side_by_side(context: Context, steps: Steps) -> int:
    """How many batches, or pieces, are decoded before the one that is taken."""
    from featamp.io.encode import PREFETCH

    return 2 * context.workers.processes if _by_processes(context, steps) else PREFETCH


def kept_batches(
    context: Context, paths: Sequence[Path], steps: Steps, start: int
) -> Iterator[Decoded]:
    """The same, of files that were decoded in an earlier run without decoding them again; the
    others are kept for the next one.
    """
    pieces = [piece for piece in _pieces(context, paths, steps) if piece.stop > start]
    count = _side_by_side(context, steps)
    with ThreadPoolExecutor(count) as pool:
        begun = (pool.submit(_keep, context, piece, paths, steps) for piece in pieces)
        for piece, kept in zip(pieces, ahead(begun, count), strict=True):
            kept.result()
            yield from _read(context, piece, start)


def batches_of(context: Context, count: int) -> Batches:
    """How so many images in all are read: kept where it pays and the store has room for them."""
    height, width = context.config.data.size
    fits = count * height * width * 3 <= context.config.compute.store * 1_000_000
    return kept_batches if count >= WORTH and fits else decoded_batches


def _pieces(context: Context, paths: Sequence[Path], steps: Steps) -> list[_Piece]:
    """The pieces of some files."""
    config, files = context.config, context.store.files
    height, width = steps.size
    each = height * width * 3
    count = config.batch * BATCHES
    while count * each > PIECE and count > config.batch:
        count //= 2
    spans = [(n, min(n + count, len(paths))) for n in range(0, len(paths), count)]
    made_by = [
        [config.data.crop, config.data.size, config.data.preprocess],
        context.model_inputs.get(f"the code of {config.data.function}"),
        code_hash("featamp.io.files.decode", "report.stages.encoding.batches"),
        versions("pillow", "simplejpeg", "numpy"),
    ]
    return [
        _Piece(first, stop, digest([files.hash(p) for p in paths[first:stop]], made_by))
        for first, stop in spans
    ]


def _read(context: Context, piece: _Piece, start: int) -> Iterator[Decoded]:
    """The batches of a piece that was kept."""
    from featamp.io.encode import Decoded

    folder, batch = context.store.root / SPARE / piece.key, context.config.batch
    os.utime(folder)  # what was read last is removed last
    kept, images = load_record(folder / RECORD, _Kept), np.load(folder / IMAGES)
    rows = kept.rows + piece.first
    broken = [(piece.first + row, reason) for row, reason in kept.broken]
    for first in range(max(piece.first, start), piece.stop, batch):
        stop = min(first + batch, piece.stop)
        some = slice(*np.searchsorted(rows, (first, stop)))
        told = tuple((row, reason) for row, reason in broken if first <= row < stop)
        yield Decoded(stop, rows[some], images[some], told)


def _keep(context: Context, piece: _Piece, paths: Sequence[Path], steps: Steps) -> None:
    """Have a piece kept, where it is not yet; what decodes it writes it, so that no pixel passes
    through this process before it is asked for.
    """
    reads = paths[piece.first : piece.stop]

    def make(part: Path) -> None:
        save = partial(_save, reads, steps, part)
        context.workers.submit(save)() if _by_processes(context, steps) else save()

    context.store.artifact(SPARE, piece.key, make, reads=reads)


def _save(paths: Sequence[Path], steps: Steps, part: Path) -> None:
    """Write what some files hold."""
    from featamp.io.encode import decode_batch

    decoded = decode_batch(paths, steps, 0)
    save_record(part / RECORD, _Kept(decoded.rows, decoded.broken))
    np.save(part / IMAGES, decoded.images)
