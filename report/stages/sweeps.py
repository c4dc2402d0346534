"""Decoding: the samples and their reconstructions, the sweeps, the real images at the ends of a
dimension.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import cached_property, partial
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from featamp.arrays import mixed_rows
from featamp.errors import InputError
from featamp.io.files.steps import Size, wrong_size
from featamp.measure.effect import (
    Effect,
    Reconstruction,
    measure_departure,
    measure_effect,
    measure_reconstruction,
    saturated_share,
)
from featamp.measure.ends import extreme_rows, label_pairs
from featamp.measure.quality import Quality, measure_quality
from featamp.measure.shrink import shrink
from featamp.measure.sweep import amplify, around_grey, decode_sweep, to_bytes
from featamp.statistics.direction import axis_direction
from featamp.statistics.support import Support, covered_share
from featamp.statistics.variance import VarianceRanking

from ..engine.context import Context
from ..engine.hashing import code_hash, digest, versions
from ..engine.memory import sweep_memory
from ..engine.records import load_record, record_bytes, save_record
from ..engine.store import RECORD, Artifact
from ..findings.figures import dimension_stem
from ..findings.images import CodeRows, Samples
from ..findings.pictures import kept_frames, lossless, lossless_suffix, read_frames, to_look_at
from ..findings.plan import NARROW, WIDE, Plan
from ..findings.sweeps import Sweep, Swept, SweptDimension
from ..inputs.config import Config
from .codes import Codes
from .images import Dataset, check_samples

Files = dict[str, bytes]
"""Content by file name."""

EXTREMES = 8
"""Real images shown at each end of a dimension."""
PAIRS = 8
"""Pairs of real images on which a label is tried."""
MEASURED = 256
"""Images over which the reconstruction error is measured."""
AT_ONCE = 16
"""Of these, held in memory."""


def take_samples(context: Context, codes: Codes, dataset: Dataset) -> tuple[Samples, Artifact]:
    """Choose the samples, reconstruct them, and measure the reconstruction error over more
    images.

    Of samples that nobody named the most ordinary come first, whatever the model: where a page
    shows one or two, a hat or a turned head would hide what a dimension does.
    """
    chosen, named = _chosen_rows(context.config, codes)
    key = digest(
        codes.key,
        chosen.tolist(),
        named,
        code_hash(
            "featamp.io.network.encode", "featamp.measure.sweep", "featamp.measure.shrink",
            "report.stages.sweeps",
        ),
    )  # fmt: skip

    def make(part: Path) -> None:
        pairs, rows = _original_and_reconstruction(context, codes, dataset, chosen), chosen
        if not named:
            order = _ordinary_first(pairs[:, 0], codes.pictures.mean)
            pairs, rows = pairs[order], chosen[order]
        np.save(part / "rows.npy", rows)
        (part / "samples.frames").write_bytes(kept_frames(to_bytes(pairs)))
        (part / "samples-shown.webp").write_bytes(to_look_at(to_bytes(pairs)))
        measured = _measure_reconstruction(context, codes, dataset)
        # of the samples, since it is from them that a sweep's share of saturated pixels rises
        save_record(part / RECORD, replace(measured, saturated=saturated_share(pairs[:, 1])))

    artifact = context.store.artifact("samples", key, make)
    reconstruction = load_record(artifact.path / RECORD, Reconstruction)
    rows = np.load(artifact.path / "rows.npy")
    names = tuple(codes.images.names[row] for row in rows)
    return Samples(key, rows, names, reconstruction, artifact.path), artifact


def _chosen_rows(config: Config, codes: Codes) -> tuple[CodeRows, bool]:
    """The samples that the person names, in this order, else as many at random; and whether they
    are named.
    """
    names, wanted = codes.images.names, config.sweep.samples
    check_samples(config, names)  # of those that could be decoded
    if isinstance(wanted, int):
        generator = np.random.default_rng(config.compute.seed)
        return np.sort(generator.choice(len(names), wanted, replace=False)), False
    return np.array([names.index(name) for name in wanted], np.int64), True


def _ordinary_first(images: NDArray[np.float32], mean: NDArray[np.float32]) -> NDArray[np.int64]:
    """Images [image, height, width, 3], the nearest to the small mean picture first."""
    away = shrink(images, len(mean)) - mean
    return np.argsort(np.square(away).mean(axis=(1, 2, 3)), kind="stable")


def _original_and_reconstruction(
    context: Context, codes: Codes, dataset: Dataset, rows: CodeRows
) -> NDArray[np.float32]:
    """[image, 2, height, width, 3], pixels in [0, 1]."""
    originals = _load_images(context, codes, dataset, rows).astype(np.float32) / 255.0
    decoded = context.model.decode(codes.mu[rows])
    if decoded.shape != originals.shape:
        wrong = wrong_size(originals.shape[1:3], decoded.shape[1:3])
        raise InputError(f"{context.config.path}: {wrong}")
    return np.stack([originals, decoded], axis=1)


def _load_images(
    context: Context, codes: Codes, dataset: Dataset, rows: CodeRows
) -> NDArray[np.uint8]:
    """The images of these rows of the codes, of which each is the one that was encoded."""
    from featamp.io.batches import load_images

    paths = dataset.paths(codes.image_rows[rows])
    images = load_images(paths, context.steps)
    context.store.files.verify(paths)
    return images


def _measure_reconstruction(context: Context, codes: Codes, dataset: Dataset) -> Reconstruction:
    rows: CodeRows = mixed_rows(len(codes.mu), MEASURED)
    parts = np.array_split(rows, -(-len(rows) // AT_ONCE))
    return measure_reconstruction(
        (original, decoded)
        for part in parts
        for original, decoded in _original_and_reconstruction(context, codes, dataset, part)
    )


@dataclass(frozen=True)
class EncodedAgain:
    """Posterior means of a sweep's frames, raw units.

    Attributes
    ----------
    codes : [sample, alpha, dim] of the frames.
    origins : [sample, dim] of the reconstructions.
    """

    codes: NDArray[np.float32]
    origins: NDArray[np.float32]


def frames(swept: Swept, size: Size, samples: int | None = None) -> NDArray[np.float32]:
    """[sample, alpha, height, width, 3] of the narrow sweep in standard deviations, pixels in [0,
    1]: of the first samples, or of all for None.
    """
    return read_frames(swept.frames("sigma"), size, samples).astype(np.float32) / 255.0


@dataclass(frozen=True)
class Sweeper:
    """Sweeps directions one after another; one that was swept before is not decoded again."""

    context: Context
    codes: Codes
    dataset: Dataset
    ranking: VarianceRanking
    support: Support
    samples: Samples
    plan: Plan

    def dimensions(self) -> tuple[dict[int, SweptDimension], list[Artifact]]:
        """Sweep each dimension of the plan over the narrow range, and the chosen over the wide
        one.
        """
        sweep = self.context.config.sweep
        dims, chosen = self.plan.dims, self.plan.chosen
        narrow = {
            digest(self._key, dim, list(sweep.range)): partial(self._sweep_dimension, dim)
            for dim in dims
        }
        wide = {
            digest(self._key, dim, list(sweep.range), list(sweep.wide)): partial(
                self._sweep_kinds, dim, WIDE
            )
            for dim in chosen
        }
        first, second = self._artifacts("sweeps", narrow), self._artifacts("wide", wide)
        beside = dict(zip(chosen, second, strict=True))
        return {
            dim: self._swept_dimension(dim, artifact, beside.get(dim))
            for dim, artifact in zip(dims, first, strict=True)
        }, [*first, *second]

    def controls(
        self, moves: Mapping[str, NDArray[np.float64]]
    ) -> tuple[list[Swept], list[Artifact]]:
        """Sweep other directions over the narrow range in standard deviations.

        Parameters
        ----------
        moves : by name, [dim] the move of one standard deviation, raw units.
        """
        jobs = {
            digest(self._key, name, move.tolist()): partial(self._sweep_control, move)
            for name, move in moves.items()
        }
        artifacts = self._artifacts("controls", jobs)
        swept = zip(moves.items(), artifacts, strict=True)
        return [self._swept_control(*item, artifact) for item, artifact in swept], artifacts

    def encode_again(self, swept: Iterable[Swept]) -> list[Artifact]:
        """Encode the frames of narrow sweeps in standard deviations: an `EncodedAgain` each."""
        jobs = {direction.key: partial(self._encode_again, direction) for direction in swept}
        return self._artifacts("encoded", jobs)

    def _swept_dimension(
        self, dim: int, artifact: Artifact, wide: Artifact | None
    ) -> SweptDimension:
        folder, std, names = artifact.path, self.ranking.std, self.codes.images.names
        stem, values = dimension_stem(dim), self.codes.mu[:, dim]
        places = dict.fromkeys(NARROW, folder)
        if wide:
            places |= dict.fromkeys(WIDE, wide.path)
        ends = np.load(folder / "extremes.npy").tolist()
        pairs = np.load(folder / "trial.npy").tolist()
        return SweptDimension(
            stem=stem,
            key=artifact.key,
            folder=folder,
            move=axis_direction(dim, std),
            sweeps={
                kind: self._read(
                    places[kind],
                    dim,
                    kind,
                    *self.plan.alphas(kind, float(std[dim])),
                    f"{stem}-{kind}",
                    json.loads((places[kind] / "covered.json").read_text())[kind],
                )
                for kind in self.plan.kinds(dim)
            },
            quality=load_record(folder / "quality.npz", Quality),
            dim=dim,
            lowest=tuple(names[row] for row in ends[0]),
            highest=tuple(names[row] for row in ends[1]),
            wide=wide.path if wide else None,
            wide_key=wide.key if wide else "",
            trial=tuple(
                (names[upper], names[lower], bool(values[upper] > values[lower]))
                for upper, lower in pairs
            ),
        )

    def _swept_control(self, name: str, move: NDArray[np.float64], artifact: Artifact) -> Swept:
        """Along a control, a raw unit is a standard deviation."""
        folder, stem, steps = artifact.path, f"control-{name}", self._steps
        sweep = self._read(folder, -1, "sigma", steps, steps, stem)
        quality = load_record(folder / "quality.npz", Quality)
        return Swept(stem, artifact.key, folder, move, {"sigma": sweep}, quality)

    def _read(
        self,
        folder: Path,
        dim: int,
        kind: str,
        raw: NDArray[np.float64],
        sigma: NDArray[np.float64],
        name: str,
        covered: float | None = None,
    ) -> Sweep:
        """One sweep, from its folder in the store."""
        effect = load_record(folder / f"{kind}.npz", Effect)
        departure = measure_departure(effect, raw, sigma, self.samples.reconstruction.saturated)
        size = self.context.config.data.size
        suffix = lossless_suffix(len(self.samples.names), len(raw), size)
        return Sweep(dim, kind, raw, sigma, effect, departure, name, covered, suffix)

    def _artifacts(self, stage: str, jobs: Mapping[str, Callable[[], Files]]) -> list[Artifact]:
        """The files of each job, by key; those that are not in the store are made side by side, in
        threads.

        One thread a sweep and one core a thread: half of the work is pictures and measures, which
        use one core anyway.
        """
        store, artifacts = self.context.store, []
        missing = {key: job for key, job in jobs.items() if not store.has(stage, key)}
        waiting: dict[str, Future[Files]] = {}
        each = sweep_memory(self.context.config)
        with self.context.side_by_side(len(missing), each) as pool:

            def make(key: str, part: Path) -> None:
                if missing:
                    _ = self._origins  # the network is called both ways before threads copy it
                    waiting.update({key: pool.submit(job) for key, job in missing.items()})
                    missing.clear()
                for name, content in waiting.pop(key).result().items():
                    (part / name).write_bytes(content)

            for number, key in enumerate(jobs, 1):
                artifacts.append(store.artifact(stage, key, partial(make, key)))
                self.context.console.progress(stage, number, len(jobs))
        return artifacts

    @cached_property
    def _key(self) -> str:
        """Hash of all that a sweep depends on but its direction; the seed is the one that
        `support` was drawn with.
        """
        code = code_hash(
            "featamp.measure.sweep",
            "featamp.measure.effect",
            "featamp.io.network.opening",
            "report.stages.plan",
            "report.stages.sweeps",
        )
        sweep, seed = self.context.config.sweep, self.context.config.compute.seed
        shown = self.codes.shown
        return digest(
            self.samples.key, shown, sweep.sigmas, sweep.alphas, seed, code, versions("scipy")
        )

    @cached_property
    def _steps(self) -> NDArray[np.float64]:
        return self.plan.steps["sigma"]

    @cached_property
    def _starts(self) -> NDArray[np.float32]:
        return np.array(self.codes.mu[self.samples.rows])

    @cached_property
    def _reconstructions(self) -> NDArray[np.float32]:
        return self.context.model.decode(self._starts)

    @cached_property
    def _origins(self) -> NDArray[np.float32]:
        return self.context.model.encode(to_bytes(self._reconstructions))[0]

    def _sweep_dimension(self, dim: int) -> Files:
        """One picture and one record a kind of narrow sweep, and the picture of the extremes."""
        return self._sweep_kinds(dim, NARROW) | self._extremes(dim) | self._trial(dim)

    def _sweep_kinds(self, dim: int, kinds: tuple[str, ...]) -> Files:
        std = float(self.ranking.std[dim])
        alphas = {kind: self.plan.alphas(kind, std)[0] for kind in kinds}
        values, starts = self.codes.mu[:, dim], self._starts[:, dim].astype(np.float64)
        covered = {
            kind: covered_share(values, starts + a[0], starts + a[-1])
            for kind, a in alphas.items()
        }
        files = self._sweep(np.eye(self.codes.dims)[dim], alphas)
        return files | {"covered.json": json.dumps(covered).encode()}

    def _sweep_control(self, move: NDArray[np.float64]) -> Files:
        return self._sweep(move, {"sigma": self._steps})

    def _sweep(
        self, direction: NDArray[np.float64], alphas: dict[str, NDArray[np.float64]]
    ) -> Files:
        files: Files = {}
        for kind, steps in alphas.items():  # one after the other: the frames of one are in memory
            measured, frames = self._measured(kind, direction, steps)
            shown = {
                f"{kind}.frames": kept_frames(frames),
                f"{kind}-shown.webp": to_look_at(frames),
            }
            files |= measured | shown
        return files

    def _measured(
        self, kind: str, direction: NDArray[np.float64], steps: NDArray[np.float64]
    ) -> tuple[Files, NDArray[np.uint8]]:
        """The records of one kind of sweep, and its frames [sample, alpha, height, width, 3]."""
        codes, before = amplify(self._starts, direction, steps), self._reconstructions
        with self.context.own_model() as vae:
            frames = decode_sweep(vae.decode, codes)
        effect = measure_effect(
            frames, before, self._starts, codes, direction, self.samples.rows, self.support
        )
        files = {f"{kind}.npz": record_bytes(effect)}
        if kind == "sigma":
            files |= self._judged(frames)
        return files, to_bytes(frames)

    def _judged(self, frames: NDArray[np.float32]) -> Files:
        """Measure the narrow sweep in standard deviations, draw where it changes the pictures."""
        reconstruction = self.samples.reconstruction
        quality = measure_quality(
            frames,
            self._reconstructions,
            self._steps,
            reconstruction.rmse,
            reconstruction.change_between_images,
            self.codes.shown,
        )
        shown = to_bytes(around_grey(quality.difference)[None, None])
        return {
            "quality.npz": record_bytes(quality),
            "map-shown.webp": lossless(shown),
        }

    def _encode_again(self, swept: Swept) -> Files:
        frames = read_frames(swept.frames("sigma"), self.context.config.data.size)
        samples, alphas = frames.shape[:2]
        with self.context.own_model() as vae:
            codes = vae.encode(frames.reshape(-1, *frames.shape[2:]))[0]
        again = EncodedAgain(codes.reshape(samples, alphas, -1), self._origins)
        return {RECORD: record_bytes(again)}

    def _extremes(self, dim: int) -> Files:
        """The real images lowest and highest on a dimension, the most extreme first."""
        rows = extreme_rows(self.codes.mu[:, dim], EXTREMES)
        return {"extremes.npy": _npy(rows), "extremes-shown.webp": self._beside(rows)}

    def _trial(self, dim: int) -> Files:
        """Pairs of real images for a person's label, one over the other."""
        seed = (self.context.config.compute.seed, dim)
        pairs = label_pairs(self.codes.mu[:, dim], EXTREMES, PAIRS, seed)
        shown = {"trial-shown.webp": self._beside(pairs.T)} if len(pairs) else {}
        return shown | {"trial.npy": _npy(pairs)}

    def _beside(self, rows: CodeRows) -> bytes:
        """The real images of [row, column] rows of the codes, as one picture."""
        images = _load_images(self.context, self.codes, self.dataset, rows.ravel())
        return to_look_at(images.reshape(*rows.shape, *images.shape[1:]))


def _npy(rows: CodeRows) -> bytes:
    kept = BytesIO()
    np.save(kept, rows)
    return kept.getvalue()
