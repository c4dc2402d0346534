"""Images as networks are given them, a batch at a time: decoded, and kept between builds, so that
another checkpoint decodes no file.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from featamp.io.files.steps import Steps

from ...engine.context import Context, versions
from ...engine.hashing import code_hash, digest
from ...engine.records import load_record, save_record
from ...engine.store import RECORD, SPARE, Artifact

if TYPE_CHECKING:
    from featamp.io.encode import Decoded

Batches = Callable[[Context, Sequence[Path], Steps, int], "Iterator[Decoded]"]
"""Gives the files from an index on, a batch at a time."""
PIECE = 16_000_000
"""Bytes of images that are gathered before they are written, at most."""
IMAGES = "images.npy"
"""The pixels of a piece, by themselves: an archive would copy and count each byte once more."""
WRITTEN_AT_ONCE = 3
"""Pieces that are held while they are written: one at a time keeps 16 cores waiting."""
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
    if steps.own or workers.processes <= encode.PREFETCH:
        return encode.decoded_batches(paths, steps, batch, start)
    return encode.decode_ahead(paths, steps, batch, start, workers.submit, 2 * workers.processes)


def kept_batches(
    context: Context, paths: Sequence[Path], steps: Steps, start: int
) -> Iterator[Decoded]:
    """The same, of files that were decoded in an earlier run without decoding them again; the
    others are kept for the next one.
    """
    pieces = [piece for piece in _pieces(context, paths, steps) if piece.stop > start]
    for there, group in groupby(pieces, lambda piece: context.store.has(SPARE, piece.key)):
        run = [*group]
        if there:
            for piece in run:
                yield from _read(context, piece, start)
        else:
            first = max(start, run[0].first)
            decoded = decoded_batches(context, paths[: run[-1].stop], steps, first)
            yield from _keep(context, paths, run, first, decoded)


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


def _keep(
    context: Context,
    paths: Sequence[Path],
    pieces: Iterable[_Piece],
    start: int,
    batches: Iterator[Decoded],
) -> Iterator[Decoded]:
    """Hand batches through, and keep the pieces of which all come by: some are written while the
    next are read.
    """
    writing: deque[Future[Artifact]] = deque()
    with ThreadPoolExecutor(WRITTEN_AT_ONCE) as writer:
        for piece in pieces:
            held: list[Decoded] = []
            for batch in batches:
                if piece.first >= start:
                    held.append(batch)
                yield batch
                if batch.stop == piece.stop:
                    break
            if len(writing) == WRITTEN_AT_ONCE:
                writing.popleft().result()
            if held:
                save = partial(_save, held, piece.first)
                reads = paths[piece.first : piece.stop]
                keep = partial(context.store.artifact, SPARE, piece.key, save, reads=reads)
                writing.append(writer.submit(keep))
        for last in writing:
            last.result()


def _save(batches: Sequence[Decoded], first: int, part: Path) -> None:
    """Write what some batches hold, files counted from `first` on."""
    kept = _Kept(
        np.concatenate([batch.rows for batch in batches]) - first,
        tuple((row - first, reason) for batch in batches for row, reason in batch.broken),
    )
    save_record(part / RECORD, kept)
    np.save(part / IMAGES, np.concatenate([batch.images for batch in batches]))
