"""The stages of a build: each takes what it depends on, says its key, and keeps its result in the store."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from featamp.celeba import Folder, image_directory, image_names, label_files, open_folder
from featamp.correlation import Correlations, point_biserial
from featamp.effect import Effect, measure_effect, saturated_share
from featamp.errors import InputError
from featamp.support import Support, measure_support
from featamp.sweep import amplify, axis, decode_sweep, mosaic, to_bytes
from featamp.variance import VarianceRanking, rank_by_variance
from report.config import Config
from report.console import Console
from report.experiments import sweep_alphas
from report.findings import KINDS, Images, Model, Reconstruction, Sweep
from report.store import Artifact, Store, code_hash, digest, load_record, save_record

if TYPE_CHECKING:
    from featamp.model import TrainedVAE

EXTREMES = 8
"""Real images shown at each end of a dimension."""
MEASURED = 256
"""Images over which the reconstruction error is measured."""


@dataclass(frozen=True)
class Context:
    """What every stage may use; `model` opens the network on first use and keeps it."""

    config: Config
    store: Store
    console: Console

    @cached_property
    def model(self) -> TrainedVAE:
        """The trained VAE, opened on first use: a rebuild that needs no network never imports torch."""
        from featamp.model import open_model

        model = self.config.model
        return open_model(
            model.checkpoint,
            model.factory,
            model.kwargs,
            model.state_key,
            model.pixels,
            self.config.folder,
            self.config.compute.device,
        )


@dataclass(frozen=True)
class Dataset:
    """The folder's images that are used, and a hash of their content and labels."""

    folder: Folder
    content: str

    def paths(self, rows: Sequence[int] | NDArray[np.int64]) -> list[Path]:
        """Files of the images in these rows."""
        return [self.folder.directory / self.folder.names[int(row)] for row in rows]


def read_images(context: Context) -> tuple[Dataset, Artifact]:
    """List the images, read their labels, and hash everything; files that did not change are not read again."""
    config, store = context.config, context.store
    data = config.data
    present = image_names(image_directory(data.root))
    labels = [store.file_hash(path) if path else None for path in label_files(data.root)]
    key = digest(present, labels, str(data.root), data.images, data.split, code_hash("featamp.celeba"))

    def make(part: Path) -> None:
        save_record(part / "folder.npz", _portable(open_folder(data.root, data.images, data.split)))

    artifact = store.artifact("images", key, make)
    saved = load_record(artifact.path / "folder.npz", _SavedFolder)
    folder = Folder(image_directory(data.root), saved.names, saved.attribute_names, saved.attributes, saved.partition,
                    saved.unlabelled, saved.missing)  # fmt: skip
    hashes = []
    for number, name in enumerate(folder.names):
        hashes.append(store.file_hash(folder.directory / name))
        context.console.progress("images", number, len(folder.names))
    store.save_index()
    _check_sizes(context, folder, hashes)
    return Dataset(folder, digest(folder.names, hashes, labels)), artifact


@dataclass(frozen=True)
class _SavedFolder:
    names: tuple[str, ...]
    attribute_names: tuple[str, ...]
    attributes: NDArray[np.bool_] | None
    partition: NDArray[np.int8] | None
    unlabelled: int
    missing: int


def _portable(folder: Folder) -> _SavedFolder:
    return _SavedFolder(
        folder.names, folder.attribute_names, folder.attributes, folder.partition, folder.unlabelled, folder.missing
    )


def _check_sizes(context: Context, folder: Folder, hashes: list[str]) -> None:
    """All images have the size of the first, at least the crop: another size would be cropped elsewhere, unseen."""
    from PIL import Image

    crop = context.config.data.crop
    key = digest(hashes, crop)

    def make(part: Path) -> None:
        expected = None
        for name in folder.names:
            path = folder.directory / name
            try:
                with Image.open(path) as image:
                    size = image.size
            except OSError:
                continue  # not an image at all: the codes stage names it, counts it and leaves it out
            expected = expected or size
            if min(size) < crop:
                raise InputError(f"{path} is {size[0]} x {size[1]} pixels, smaller than data.crop = {crop}")
            if size != expected:
                raise InputError(
                    f"{path} is {size[0]} x {size[1]} pixels, the images before it are {expected[0]} x {expected[1]};"
                    " expected all of one size, as in CelebA's aligned folder"
                )

    context.store.artifact("sizes", key, make)


@dataclass(frozen=True)
class Codes:
    """Posterior means and log-variances, memory-mapped: [image, dim] raw units.

    `rows` maps an image of the codes to its row in the dataset; they differ where files were broken.
    """

    key: str
    mu: NDArray[np.float32]
    logvar: NDArray[np.float32]
    rows: NDArray[np.int64]
    images: Images
    model: Model

    @property
    def dims(self) -> int:
        """Number of latent dimensions."""
        return int(self.mu.shape[1])


def encode_images(context: Context, dataset: Dataset) -> tuple[Codes, Artifact]:
    """Encode every image once; an interrupted run goes on where it stopped."""
    config, store = context.config, context.store
    model = config.model
    if not model.checkpoint.is_file():
        raise InputError(f"{model.checkpoint}: no such file (model.checkpoint in {config.path})")
    checkpoint = store.file_hash(model.checkpoint)
    store.save_index()
    key = digest(
        dataset.content,
        checkpoint,
        [model.factory, model.kwargs, model.state_key, model.pixels, _factory_code(config)],
        [config.data.crop, config.data.size, asdict(config.compute)],
        code_hash("featamp.encode", "featamp.vae"),
        versions("torch", "pillow", "numpy"),
    )
    artifact = store.artifact("codes", key, lambda part: _encode_into(part, context, dataset, checkpoint), resume=True)
    facts = json.loads((artifact.path / "model.json").read_text(encoding="utf-8"))
    broken = {int(row): reason for row, reason in json.loads((artifact.path / "progress.json").read_text())["broken"]}
    names = dataset.folder.names
    rows = np.array([row for row in range(len(names)) if row not in broken], np.int64)
    mu, logvar = (np.load(artifact.path / f"{name}.npy", mmap_mode="r") for name in ("mu", "logvar"))
    images = Images(
        names=tuple(names[row] for row in rows),
        broken=tuple((names[row], reason) for row, reason in sorted(broken.items())),
        unlabelled=dataset.folder.unlabelled,
        missing=dataset.folder.missing,
        content=dataset.content,
    )
    return Codes(key, mu[: len(rows)], logvar[: len(rows)], rows, images, Model(**facts)), artifact


def _encode_into(part: Path, context: Context, dataset: Dataset, checkpoint: str) -> None:
    """Fill mu.npy and logvar.npy row by row; progress.json says how far they are good."""
    from featamp.encode import encode_files

    config, count = context.config, len(dataset.folder.names)
    model = context.model
    paths = dataset.paths(range(count))
    state: dict[str, Any] = {"files": 0, "codes": 0, "broken": []}
    if (part / "progress.json").is_file() and (part / "logvar.npy").is_file():
        state = json.loads((part / "progress.json").read_text())
    arrays: list[NDArray[np.float32]] = []
    if state["codes"]:
        arrays = [np.load(part / f"{name}.npy", mmap_mode="r+") for name in ("mu", "logvar")]
    data, compute = config.data, config.compute
    for batch in encode_files(model, paths, data.crop, data.size, compute.batch, state["files"]):
        if not arrays and len(batch.rows):
            shape = (count, batch.mu.shape[1])
            arrays = [
                np.lib.format.open_memmap(part / f"{name}.npy", "w+", np.float32, shape) for name in ("mu", "logvar")
            ]
        for array, values in zip(arrays, (batch.mu, batch.logvar), strict=False):
            if len(values):
                array[state["codes"] : state["codes"] + len(values)] = values
                array.flush()  # type: ignore[attr-defined]
        state["codes"] += len(batch.rows)
        state["files"] = batch.stop
        state["broken"] += [list(pair) for pair in batch.broken]
        beside = part / "progress.part"
        beside.write_text(json.dumps(state))
        beside.replace(part / "progress.json")
        context.console.progress("codes", batch.stop, count)
    if state["codes"] < 2:
        raise InputError(f"{dataset.folder.directory}: {state['codes']} images could be decoded, expected at least 2")
    facts = Model(
        name=config.model.factory or "featamp.vae:VAE",
        parameters=sum(p.numel() for p in model.module.parameters()),
        device=str(model.device),
        checkpoint=checkpoint,
        facts=model.facts,
    )
    (part / "model.json").write_text(json.dumps(asdict(facts), sort_keys=True), encoding="utf-8")


def _factory_code(config: Config) -> str | None:
    """Hash of the user's own network code, and of what it imports from beside it."""
    if config.model.factory is None:
        return None
    module = config.model.factory.partition(":")[0]
    if (config.folder / Path(*module.split("."))).with_suffix(".py").is_file():
        return code_hash(module, root=config.folder)
    try:
        spec = importlib.util.find_spec(module)
    except (ImportError, ValueError):
        return None  # opening the model says so in its own words
    if spec is None or spec.origin is None or not Path(spec.origin).is_file():
        return None
    return digest(Path(spec.origin).read_text(encoding="utf-8"))


def versions(*packages: str) -> dict[str, str]:
    """Installed versions, read without importing the packages."""
    return {package: importlib.metadata.version(package) for package in packages}


def rank_dimensions(context: Context, codes: Codes) -> tuple[VarianceRanking, Artifact]:
    """Method 1."""
    key = digest(codes.key, code_hash("featamp.variance"))
    return _record(context, "variance", key, VarianceRanking, lambda: rank_by_variance(codes.mu, codes.logvar))


def correlate(context: Context, codes: Codes, dataset: Dataset) -> tuple[Correlations | None, list[Artifact]]:
    """Method 2; None where the folder has no attribute file."""
    labels = dataset.folder.attributes
    if labels is None:
        return None, []
    names = dataset.folder.attribute_names
    key = digest(codes.key, names, code_hash("featamp.correlation"), versions("scipy"))
    correlations, artifact = _record(
        context, "correlation", key, Correlations, lambda: point_biserial(codes.mu, labels[codes.rows], names)
    )
    return correlations, [artifact]


def _record(
    context: Context, stage: str, key: str, kind: type[Any], compute: Callable[[], object]
) -> tuple[Any, Artifact]:
    artifact = context.store.artifact(stage, key, lambda part: save_record(part / "record.npz", compute()))
    return load_record(artifact.path / "record.npz", kind), artifact


def map_real_codes(context: Context, codes: Codes, ranking: VarianceRanking) -> tuple[Support, Artifact]:
    """Where real codes lie, so that a sweep can be told when it leaves them."""
    seed = context.config.compute.seed
    key = digest(codes.key, seed, code_hash("featamp.support", "featamp.variance"))
    return _record(context, "support", key, Support, lambda: measure_support(codes.mu, ranking.std, seed))


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
    key = digest(codes.key, rows.tolist(), code_hash("featamp.encode", "featamp.sweep", "report.stages"))

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
        """The sprite of a sweep, or "extremes"."""
        return self.artifact.path / f"{kind}.png"

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
    code = code_hash("featamp.sweep", "featamp.effect", "featamp.model", "report.experiments", "report.stages")
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
        self._save_extremes(part / "extremes.png", dim)

    def _save_extremes(self, path: Path, dim: int) -> None:
        from featamp.encode import load_images

        data = self.context.config.data
        rows = np.stack(extreme_rows(self.codes, dim))
        images = load_images(self.dataset.paths(self.codes.rows[rows.ravel()]), data.crop, data.size)
        _save_picture(path, images.reshape(*rows.shape, *images.shape[1:]))


def extreme_rows(codes: Codes, dim: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows of the images lowest and highest on a dimension, the most extreme first."""
    order = np.argsort(codes.mu[:, dim], kind="stable")
    count = min(EXTREMES, len(order))
    return order[:count], order[::-1][:count]


def _save_picture(path: Path, frames: NDArray[np.uint8]) -> None:
    """[row, column, height, width, 3] frames as one lossless picture without gaps."""
    from PIL import Image

    Image.fromarray(mosaic(frames)).save(path, compress_level=4)
