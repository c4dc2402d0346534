"""From images to codes, and what the codes say: variance, correlation, where real codes lie."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from featamp.errors import InputError
from featamp.io.celeba.names import ATTRIBUTES, IMAGE_FOLDER
from featamp.io.checkpoint import read_by
from featamp.io.files.steps import Size
from featamp.measure.layout import ALIGNED, Shown, find_shown
from featamp.records import from_plain
from featamp.statistics.correlation import Correlations, point_biserial
from featamp.statistics.support import Support, measure_support, references_of
from featamp.statistics.variance import VarianceRanking, rank_by_variance

from ..engine.console import counted
from ..engine.context import Context
from ..engine.disk import read_checked
from ..engine.hashing import code_hash, digest, versions
from ..engine.model_inputs import mark_of
from ..engine.store import Artifact
from ..findings.images import CodeRows, ImageRows, Images, Model
from .encoding.batches import batches_of
from .encoding.encode import FACTS, encode_into, write_facts
from .encoding.growing import ARRAYS, MOST, PROGRESS, pictured
from .encoding.shards import join_shards
from .images import Dataset

MEAN_OF = 500
"""Pictures whose mean tells where eyes and mouth lie, and what is ordinary."""
CROPPED = ((178, 178), (148, 148), (108, 108))
"""Sizes of files that speak for a crop of the aligned images: nobody resizes to them."""


@dataclass(frozen=True)
class SmallPictures:
    """Small pictures of some images: the code row of each, and [picture, side, side, 3] in 16
    bits, memory-mapped; `key` is of both, the same for every model of the same images.

    In 8 bits what a judge sees differs enough to tell an attribute that it did not tell before.
    """

    key: str
    rows: CodeRows
    stored: NDArray[np.uint16]

    @cached_property
    def pixels(self) -> NDArray[np.float32]:
        """[picture, side, side, 3] in [0, 1]."""
        return self.stored.astype(np.float32) / MOST

    @cached_property
    def mean(self) -> NDArray[np.float32]:
        """[side, side, 3] in [0, 1], of `MEAN_OF` of them."""
        mean = self.stored[:MEAN_OF].mean(axis=0, dtype=np.float32) / MOST
        return np.asarray(mean, np.float32)


@dataclass(frozen=True)
class Codes:
    """Posterior means and log-variances, memory-mapped: [image, dim] raw units.

    `image_rows` maps a code row to its image row; they differ where files were broken. `shown` is
    what the pictures show of CelebA's aligned images, None where they are no faces.
    """

    key: str
    mu: NDArray[np.float32]
    logvar: NDArray[np.float32]
    image_rows: ImageRows
    pictures: SmallPictures
    shown: Shown
    images: Images
    model: Model

    @property
    def dims(self) -> int:
        """Number of latent dimensions."""
        return int(self.mu.shape[1])


def encode_images(context: Context, dataset: Dataset) -> tuple[Codes, Artifact]:
    """Encode every image once; an interrupted run goes on where it stopped."""
    (encoded,) = encode_all([context], dataset)
    return encoded


def encode_all(contexts: Sequence[Context], dataset: Dataset) -> list[tuple[Codes, Artifact]]:
    """Encode every image by each of several models; each image is decoded once for all of them."""
    keys = [codes_key(context, dataset) for context in contexts]
    by_key = dict(zip(keys, contexts, strict=True))

    def make(parts: Mapping[str, Path]) -> None:
        paths = dataset.paths(range(len(dataset.folder.names)))
        alone = {
            part: by_key[key]
            for key, part in parts.items()
            if not join_shards(by_key[key], key, paths, part)
        }
        if alone:
            batches = batches_of(contexts[0], len(paths))
            encode_into(alone, paths, pictured(len(paths)), batches)
        for key, part in parts.items():
            write_facts(part, by_key[key], _require_codes(part, dataset))

    artifacts = contexts[0].store.artifacts("codes", keys, make, resume=True)
    made = zip(contexts, keys, artifacts, strict=True)
    return [(_load_codes(*one, dataset), one[2]) for one in made]


def _require_codes(part: Path, dataset: Dataset) -> int:
    """How many images were encoded; raise InputError where hardly any could be decoded."""
    count = int(read_checked(part / PROGRESS)["codes"])
    if count < 2:
        raise InputError(
            f"{dataset.folder.directory}: {counted(count, 'image')} could be decoded, expected at"
            f" least 2"
        )
    return count


def codes_key(context: Context, dataset: Dataset) -> str:
    """Hash of all that the codes of a model depend on."""
    config, model = context.config, context.config.model
    return digest(
        dataset.content,
        context.weights,
        list(context.model_inputs.values()),
        model.checkpoint and read_by(model.checkpoint),
        [model.factory, model.adapter, model.kwargs, model.state_key, model.ignore_keys],
        [model.pixels, model.encode_samples],
        [config.data.crop, config.data.size, config.data.preprocess],
        [config.data.mean, config.data.std, config.compute.device, config.compute.batch],
        code_hash(
            "featamp.io.network.encode",
            "featamp.io.network.opening",
            "featamp.contract.network",
            "featamp.measure.shrink",
            "featamp.demo.vae",
            "report.stages.codes",
        ),
        versions("torch", "pillow", "simplejpeg", "numpy"),
    )


def _load_codes(context: Context, key: str, artifact: Artifact, dataset: Dataset) -> Codes:
    facts = json.loads((artifact.path / FACTS).read_text(encoding="utf-8"))
    progress = read_checked(artifact.path / PROGRESS)
    broken = {int(row): reason for row, reason in progress["broken"]}
    names = dataset.folder.names
    rows: ImageRows = np.array([n for n in range(len(names)) if n not in broken], np.int64)
    mu, logvar, stored = (np.load(artifact.path / f"{name}.npy", mmap_mode="r") for name in ARRAYS)
    shown_rows: CodeRows = np.flatnonzero(pictured(len(names))[rows])
    images = Images(
        names=tuple(names[row] for row in rows),
        broken=tuple((names[row], reason) for row, reason in sorted(broken.items())),
        unlabelled=dataset.folder.unlabelled,
        missing=dataset.folder.missing,
        content=dataset.content,
        labels=dataset.labels,
    )
    picture_key = digest(dataset.content, progress["broken"], progress["written"]["pictures"])
    pictures = SmallPictures(picture_key, shown_rows, stored[: len(shown_rows)])
    shown = _shown(context, dataset, dataset.paths(rows[:1])[0], pictures)
    images = replace(images, faces=shown is not None)
    facts["mark"] = mark_of(context.config, context.weights, int(mu.shape[1]))
    model = from_plain(Model, facts)
    return Codes(key, mu[: len(rows)], logvar[: len(rows)], rows, pictures, shown, images, model)


def _shown(context: Context, dataset: Dataset, first: Path, pictures: SmallPictures) -> Shown:
    """What the pictures show of CelebA's aligned images: told by the config where the files have
    their size, else found in the mean picture; None where it is not found there, whatever the
    attributes are called: parts would be named where they are not.
    """
    from featamp.io.files.decode import open_image

    data = context.config.data
    celeba = bool(set(dataset.folder.attribute_names) & set(ATTRIBUTES)) or (
        context.given is None and (data.root / IMAGE_FOLDER).is_dir()
    )
    with open_image(first) as image:
        size = image.size
    told = size == ALIGNED and not data.function
    kept = data.steps.shows(size[::-1])[::-1] if size in CROPPED and not data.function else None
    found = None if celeba and told else find_shown(pictures.mean, celeba, kept)
    if told and (celeba or found):
        return _whole_or_square(data.steps.shows(ALIGNED[::-1]))
    return found


def _whole_or_square(size: Size) -> Shown:
    height, width = size
    return width if width == height else (width, height)


def rank_dimensions(context: Context, codes: Codes) -> tuple[VarianceRanking, Artifact]:
    """Method 1."""
    key = digest(codes.key, code_hash("featamp.statistics.variance"))
    return context.store.record(
        "variance", key, VarianceRanking, lambda: rank_by_variance(codes.mu, codes.logvar)
    )


def correlate(
    context: Context, codes: Codes, dataset: Dataset
) -> tuple[Correlations | None, list[Artifact]]:
    """Method 2; None where the folder has no attribute file."""
    labels = dataset.folder.attributes
    if labels is None:
        return None, []
    names, people = dataset.folder.attribute_names, dataset.folder.people
    people = None if people is None else people[codes.image_rows]
    numbers = dataset.folder.numbers(codes.image_rows)
    key = digest(
        codes.key,
        dataset.labels,
        names,
        code_hash("featamp.statistics.correlation"),
        versions("scipy"),
    )
    correlations, artifact = context.store.record(
        "correlation",
        key,
        Correlations,
        lambda: point_biserial(codes.mu, labels[codes.image_rows], names, people, numbers=numbers),
    )
    return correlations, [artifact]


def map_real_codes(
    context: Context, codes: Codes, ranking: VarianceRanking
) -> tuple[Support, Artifact]:
    """Where real codes lie, so that a sweep can be told when it leaves them."""
    seed = context.config.compute.seed
    key = digest(codes.key, seed, code_hash("report.stages.codes"))

    def measure() -> _Reach:
        found = measure_support(codes.mu, ranking.active_std, seed)
        return _Reach(found.rows, found.std, found.limit)

    reach, artifact = context.store.record("support", key, _Reach, measure)
    references = references_of(codes.mu, reach.rows, reach.std)
    return Support(references, reach.rows, reach.std, reach.limit), artifact


@dataclass(frozen=True)
class _Reach:
    """What is kept of a `Support`: its references are codes, which are kept already."""

    rows: CodeRows
    std: NDArray[np.float64]
    limit: float
