"""Sweep every active dimension at a few steps, and decide what each is called."""

from __future__ import annotations

import json
import shutil
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import asdict, dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from featamp.arrays import mixed_rows
from featamp.io.files.steps import Size
from featamp.measure.light import light_terms
from featamp.measure.sweep import amplify, to_bytes
from featamp.records import from_plain
from featamp.statistics.variance import VarianceRanking
from featamp.verdict.rule import COLLAPSED, Change, Shares, decide
from featamp.verdict.screen import (
    STEPS,
    Yardstick,
    measure_change,
    measure_shares,
    measure_yardstick,
)

from ..engine.context import Context
from ..engine.hashing import code_hash, digest, versions
from ..engine.memory import COMPARED, screen_memory
from ..engine.processes.threads import give_back
from ..engine.store import Artifact
from ..findings.images import CodeRows, Samples
from ..findings.pictures import to_look_at
from ..findings.screening import THUMBNAILS, Screening, thumbnail
from .codes import Codes
from .encoding.ranks import ALONE, Ranks
from .faces import FaceWitness
from .images import Dataset
from .labels import Judges

T = TypeVar("T")
Float32 = NDArray[np.float32]
_Measured = tuple[Change, Shares | None, bytes]
MEASURED = "measured.json"
PIXELS = 128 * 64 * 64
"""Decoded in one task, of one direction at least: few frames are in memory, however many samples,
and however large."""
SHARED = "screened"
"""The stage of what one of several processes has screened."""
AHEAD = 8
"""Such tasks that are begun before the first is asked for: few results wait in memory."""
BATCHES = 8
"""Such tasks in what a process takes at a time."""


def attribute_rates(codes: Codes, dataset: Dataset) -> NDArray[np.float64]:
    """[attribute] share of the images that have it; none without labels."""
    labels = dataset.folder.attributes
    return np.zeros(0) if labels is None else labels[codes.image_rows].mean(axis=0)


@dataclass(frozen=True)
class Screener:
    """Decodes, encodes again, measures: a few dimensions at a time, so that the memory is bounded
    whatever their number.
    """

    context: Context
    codes: Codes
    dataset: Dataset
    ranking: VarianceRanking
    samples: Samples
    judges: Judges | None
    faces: FaceWitness | None

    def dimensions(self) -> tuple[Screening, Artifact]:
        """Screen every active dimension: a collapsed one does nothing, and needs no sweep."""
        artifact = self.context.store.artifact("screen", self.key, self._write_all)
        measured = json.loads((artifact.path / MEASURED).read_text(encoding="utf-8"))
        changes = {int(dim): from_plain(Change, told) for dim, told in measured["changes"].items()}
        shares = {int(dim): from_plain(Shares, told) for dim, told in measured["shares"].items()}
        decisions = {
            dim: decide(changes[dim], shares.get(dim)) if dim in changes else COLLAPSED
            for dim in range(self.codes.dims)
        }
        steps = tuple(float(step) for step in np.insert(STEPS, len(STEPS) // 2, 0.0))
        height, width = measured["cell"]
        found = Screening(decisions, changes, shares, steps, artifact.path, (height, width))
        return found, artifact

    @cached_property
    def _rates(self) -> NDArray[np.float64]:
        return attribute_rates(self.codes, self.dataset)

    @cached_property
    def key(self) -> str:
        """Hash of all that the screening depends on."""
        return digest(
            self.codes.key,
            self.samples.key,
            self.codes.shown,
            None if self.judges is None else self.judges.key,
            None if self.faces is None else self.faces.key,
            code_hash("report.stages.screen"),
            versions("torch", "numpy", "scipy", "pillow"),
        )

    @property
    def _dims(self) -> tuple[int, ...]:
        return tuple(int(dim) for dim in np.flatnonzero(self.ranking.active))

    @property
    def _parts(self) -> dict[str, tuple[int, ...]]:
        """The dimensions that processes share out, by the key of what is found of them: whole
        batches, so that each is decoded beside the same others.
        """
        size, samples = self.context.config.data.size, len(self.samples.rows)
        dims, count = self._dims, BATCHES * batched(samples, len(STEPS), size)
        firsts = range(0, len(dims), count)
        return {digest(self.key, n, count): dims[n : n + count] for n in firsts}

    def share(self, ranks: Ranks) -> None:
        """Screen this process's share of what nobody has screened yet, for `dimensions` to
        join.
        """
        store = self.context.store
        if store.has("screen", self.key):
            return
        missing = [item for item in self._parts.items() if not store.has(SHARED, item[0])]
        ranks.wait()  # all look before any of them adds one
        for key, dims in missing[ranks.rank :: ranks.count]:
            store.artifact(SHARED, key, partial(self._write, dims))

    def _write_all(self, part: Path) -> None:
        """Write the picture of each dimension, and what was measured of all of them; where
        processes have shared them out, what they have found.
        """
        store, parts = self.context.store, self._parts
        if not any(store.has(SHARED, key) for key in parts):
            self._write(self._dims, part)
            return
        self.share(ALONE)
        told: dict[str, Any] = {"changes": {}, "shares": {}}
        for key, dims in parts.items():
            folder = store.root / SHARED / key
            for dim in dims:
                shutil.copyfile(folder / thumbnail(dim), part / thumbnail(dim))
            found = json.loads((folder / MEASURED).read_text(encoding="utf-8"))
            for name in ("changes", "shares"):
                told[name] |= found[name]
            told["cell"] = found["cell"]
        (part / MEASURED).write_text(json.dumps(told))

    def _write(self, dims: tuple[int, ...], part: Path) -> None:
        """Write what is found of some dimensions."""
        starts = np.array(self.codes.mu[self.samples.rows])
        reconstructions = self.context.model.decode(starts)
        yardstick, light = self._yardstick(), light_terms(reconstructions)
        changes: dict[str, Any] = {}
        shares: dict[str, Any] = {}

        def measure(frames: Float32, again: Float32) -> _Measured:
            change = measure_change(frames, reconstructions, yardstick, light)
            return self._measure(change, frames, again, reconstructions)

        moves = np.diag(self.ranking.std)[list(dims)]
        measured = sweep_moves(self.context, starts, moves, STEPS, measure)
        for number, (dim, (change, share, picture)) in enumerate(
            zip(dims, measured, strict=True), 1
        ):
            (part / thumbnail(dim)).write_bytes(picture)
            changes[str(dim)] = asdict(change)
            if share is not None:
                shares[str(dim)] = asdict(share)
            self.context.console.progress("screen", number, len(dims))
        cell = reconstructions.shape[1:3]
        told = {"changes": changes, "shares": shares, "cell": cell}
        (part / MEASURED).write_text(json.dumps(told, default=np.ndarray.tolist))

    def _yardstick(self) -> Yardstick:
        count = len(self.codes.mu)
        rows: CodeRows = mixed_rows(count, COMPARED)
        images = self.context.model.decode(np.array(self.codes.mu[rows]))
        return measure_yardstick(images, self.codes.pictures.pixels, self.codes.shown)

    def _measure(
        self, change: Change, frames: Float32, again: Float32, reconstructions: Float32
    ) -> _Measured:
        if self.codes.shown is None:
            # only what is as symmetric as a face turns where the mirror turns the sign
            change = replace(change, region="", mirrored=0.0)
        shares = None
        if self.judges is not None:
            probes, pixels = self.judges.probes, self.judges.pixels
            ends = frames[:, [0, -1]]
            shares = measure_shares(again, ends, probes, pixels, self._rates)
            if self.faces is not None:
                shares = self.faces.second(shares, ends)
        shown = np.insert(frames, len(STEPS) // 2, reconstructions, axis=1)[:THUMBNAILS]
        row = to_bytes(shown.reshape(1, -1, *shown.shape[2:]))
        return change, shares, to_look_at(row)


def sweep_moves(
    context: Context,
    starts: Float32,
    moves: NDArray[np.float64],
    steps: NDArray[np.float64],
    measure: Callable[[Float32, Float32], T],
) -> Iterator[T]:
    """Sweep directions side by side, a few in one batch, and measure each.

    Parameters
    ----------
    starts : [sample, dim] codes that the sweeps start from.
    moves : [direction, dim] the move of one standard deviation, raw units.
    steps : [step] in standard deviations, ascending.
    measure : of the frames [sample, step, height, width, 3] of a direction, and of the codes
        [sample, 2, dim] of the first and the last of them, encoded again.

    Yields
    ------
    What is measured of each direction, in their order.
    """
    samples = len(starts)
    context.model.encode(to_bytes(context.model.decode(starts[:1])))  # before threads copy it

    def sweep(some: NDArray[np.float64]) -> list[T]:
        codes = np.stack([amplify(starts, move, steps) for move in some])
        with context.own_model() as vae:
            decoded = vae.decode(codes.reshape(-1, starts.shape[1]))
            frames = decoded.reshape(len(some), samples, len(steps), *decoded.shape[1:])
            ends = to_bytes(frames[:, :, [0, -1]].reshape(-1, *decoded.shape[1:]))
            again = vae.encode(ends)[0].reshape(len(some), samples, 2, -1)
        return [measure(*pair) for pair in zip(frames, again, strict=True)]

    size = context.config.data.size
    few = batched(samples, len(steps), size)
    parts = [moves[first : first + few] for first in range(0, len(moves), few)]
    each = screen_memory(few * samples * len(steps), size)
    with context.side_by_side(len(parts), each) as pool:
        jobs: deque[Future[list[T]]] = deque()
        for number, part in enumerate(parts):
            jobs.append(pool.submit(sweep, part))
            if number >= AHEAD:
                yield from jobs.popleft().result()
            if number % AHEAD == 0:
                give_back()
        while jobs:
            yield from jobs.popleft().result()


def batched(samples: int, steps: int, size: Size) -> int:
    """How many directions are swept in one batch."""
    return max(1, PIXELS // (samples * steps * size[0] * size[1]))
