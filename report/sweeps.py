"""Decoding: the samples and their reconstructions, the sweeps, the real images at the ends of a dimension."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from featamp.effect import Effect, measure_effect, saturated_share
from featamp.errors import InputError
from featamp.quality import Quality, measure_quality
from featamp.support import Support
from featamp.sweep import alphas_between, amplify, axis, decode_sweep, mosaic, to_bytes
from featamp.variance import VarianceRanking
from report.codes import Codes
from report.config import Config
from report.context import Context
from report.experiments import sweep_alphas
from report.findings import KINDS, MAP_GAIN, Reconstruction, Sweep
from report.images import Dataset
from report.store import Artifact, code_hash, digest, load_record, save_record

EXTREMES = 8
"""Real images shown at each end of a dimension."""
MEASURED = 256
"""Images over which the reconstruction error is measured."""


@dataclass(frozen=True)
class Samples:
    """The images that every sweep starts from; `rows` index the codes."""

    key: str
    rows: NDArray[np.int64]
    names: tuple[str, ...]
    reconstruction: Reconstruction
    picture: Path


def take_samples(context: Context, codes: Codes, dataset: Dataset) -> tuple[Samples, Artifact]:
    """Choose the samples, reconstruct them, and measure the reconstruction error over more images."""
    rows = _sample_rows(context.config, codes)
    key = digest(codes.key, rows.tolist(), code_hash("featamp.encode", "featamp.sweep", "report.sweeps"))

    def make(part: Path) -> None:
        pairs = _original_and_reconstruction(context, codes, dataset, rows)
        _save_picture(part / "samples.png", to_bytes(pairs))
        saturated = saturated_share(pairs[:, 1])
        save_record(part / "record.npz", _measure_reconstruction(context, codes, dataset, saturated))

    artifact = context.store.artifact("samples", key, make)
    reconstruction = load_record(artifact.path / "record.npz", Reconstruction)
    names = tuple(codes.images.names[row] for row in rows)
    return Samples(key, rows, names, reconstruction, artifact.path / "samples.png"), artifact


def _sample_rows(config: Config, codes: Codes) -> NDArray[np.int64]:
    names, wanted = codes.images.names, config.sweep.samples
    if isinstance(wanted, int):
        if wanted > len(names):
            raise InputError(f"{config.path}: sweep.samples is {wanted}, but there are only {len(names)} images")
        return np.sort(np.random.default_rng(config.compute.seed).choice(len(names), wanted, replace=False))
    if missing := [name for name in wanted if name not in names]:
        raise InputError(f"{config.path}: sweep.samples names {missing[0]!r}, which is not among the images used")
    return np.array([names.index(name) for name in wanted], np.int64)


def _original_and_reconstruction(
    context: Context, codes: Codes, dataset: Dataset, rows: NDArray[np.int64]
) -> NDArray[np.float32]:
    """[image, 2, height, width, 3], pixels in [0, 1]."""
    from featamp.encode import load_images

    data = context.config.data
    originals = load_images(dataset.paths(codes.rows[rows]), data.crop, data.size).astype(np.float32) / 255.0
    decoded = context.model.decode(codes.mu[rows])
    if decoded.shape != originals.shape:
        height, width = decoded.shape[1:3]
        raise InputError(
            f"{context.config.path}: data.size is {data.size}, but the model decodes images of {height} x {width}"
        )
    return np.stack([originals, decoded], axis=1)


def _measure_reconstruction(context: Context, codes: Codes, dataset: Dataset, saturated: float) -> Reconstruction:
    rows = np.unique(np.linspace(0, len(codes.rows) - 1, MEASURED).astype(np.int64))
    pairs = _original_and_reconstruction(context, codes, dataset, rows)
    originals = pairs[:, 0]
    rmse = float(np.sqrt(np.square(pairs[:, 1] - originals).mean(dtype=np.float64)))
    between = float(np.abs(originals - np.roll(originals, 1, axis=0)).mean(dtype=np.float64))
    psnr = float(-20.0 * np.log10(max(rmse, 1e-12)))
    return Reconstruction(rmse, psnr, between, len(rows), saturated)


@dataclass(frozen=True)
class SweptDimension:
    """The pictures and numbers of one dimension, in the store."""

    dim: int
    artifact: Artifact

    def picture(self, kind: str) -> Path:
        """The sprite of a sweep, "extremes" or "map"."""
        return self.artifact.path / f"{kind}.png"

    def extremes(self) -> NDArray[np.int64]:
        """[2, image] rows of the codes lowest and highest on the dimension, the most extreme first."""
        return np.asarray(np.load(self.artifact.path / "extremes.npy"), np.int64)

    def quality(self) -> Quality:
        """What the narrow sweep in standard deviations is worth."""
        return load_record(self.artifact.path / "quality.npz", Quality)

    def sweep(self, config: Config, kind: str, std: float) -> Sweep:
        """The sweep's alphas and effect."""
        raw = sweep_alphas(config, std)[kind]
        effect = load_record(self.artifact.path / f"{kind}.npz", Effect)
        sigma = raw / std if std > 0 else np.zeros_like(raw)
        return Sweep(self.dim, kind, raw, sigma, effect, f"sprites/dim{self.dim:03d}-{kind}.png")


def sweep_dimensions(
    context: Context,
    codes: Codes,
    dataset: Dataset,
    ranking: VarianceRanking,
    support: Support,
    samples: Samples,
    dims: tuple[int, ...],
) -> list[SweptDimension]:
    """Sweep each dimension over all its ranges; dimensions that were swept before are not decoded again."""
    sweeper = _Sweeper(context, codes, dataset, ranking, support, samples)
    config = context.config
    code = code_hash("featamp.sweep", "featamp.effect", "featamp.model", "report.experiments", "report.sweeps")
    swept = []
    for number, dim in enumerate(dims):
        key = digest(samples.key, dim, [list(config.sweep.range), list(config.sweep.wide)],
                     config.sweep.sigmas, config.sweep.alphas, code)  # fmt: skip
        artifact = context.store.artifact("sweeps", key, lambda part, dim=dim: sweeper.sweep(part, dim))  # type: ignore[misc]
        swept.append(SweptDimension(dim, artifact))
        context.console.progress("sweeps", number + 1, len(dims))
    return swept


@dataclass(frozen=True)
class _Sweeper:
    """Sweeps dimensions one after another; what they share is made on first use."""

    context: Context
    codes: Codes
    dataset: Dataset
    ranking: VarianceRanking
    support: Support
    samples: Samples

    @cached_property
    def _starts(self) -> NDArray[np.float32]:
        return np.array(self.codes.mu[self.samples.rows])

    @cached_property
    def _reconstructions(self) -> NDArray[np.float32]:
        return self.context.model.decode(self._starts)

    def sweep(self, part: Path, dim: int) -> None:
        """Write one picture and one record a kind of sweep, and the picture of the extremes."""
        alphas = sweep_alphas(self.context.config, float(self.ranking.std[dim]))
        direction = axis(dim, self.codes.dims)
        codes = {kind: amplify(self._starts, direction, alphas[kind]) for kind in KINDS}
        frames = decode_sweep(self.context.model.decode, np.concatenate(list(codes.values()), axis=1))
        for kind, swept in zip(KINDS, np.split(frames, len(KINDS), axis=1), strict=True):
            effect = measure_effect(swept, self._reconstructions, codes[kind], self.samples.rows, self.support)
            save_record(part / f"{kind}.npz", effect)
            _save_picture(part / f"{kind}.png", to_bytes(swept))
            if kind == "sigma":
                self._judge(part, swept)
        self._save_extremes(part, dim)

    def _judge(self, part: Path, frames: NDArray[np.float32]) -> None:
        """Measure the narrow sweep in standard deviations, and draw where it changes the pictures."""
        sweep, reconstruction = self.context.config.sweep, self.samples.reconstruction
        quality = measure_quality(
            frames,
            self._reconstructions,
            alphas_between(-sweep.sigmas, sweep.sigmas, sweep.alphas),
            reconstruction.rmse,
            reconstruction.change_between_images,
            self.context.config.data.crop,
        )
        save_record(part / "quality.npz", quality)
        grey = np.repeat(quality.difference[:, :, None], 3, axis=2)
        _save_picture(part / "map.png", to_bytes(np.minimum(MAP_GAIN * grey, 1))[None, None])

    def _save_extremes(self, part: Path, dim: int) -> None:
        """The real images lowest and highest on a dimension, the most extreme first."""
        from featamp.encode import load_images

        data = self.context.config.data
        order = np.argsort(self.codes.mu[:, dim], kind="stable")
        rows = np.stack([order[:EXTREMES], order[::-1][:EXTREMES]])
        images = load_images(self.dataset.paths(self.codes.rows[rows.ravel()]), data.crop, data.size)
        np.save(part / "extremes.npy", rows)
        _save_picture(part / "extremes.png", images.reshape(*rows.shape, *images.shape[1:]))


def _save_picture(path: Path, frames: NDArray[np.uint8]) -> None:
    """[row, column, height, width, 3] frames as one lossless picture without gaps."""
    from PIL import Image

    Image.fromarray(mosaic(frames)).save(path, compress_level=2)
