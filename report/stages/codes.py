"""From images to codes, and what the codes say: variance, correlation, where real codes lie."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from featamp.errors import InputError
from featamp.io.celeba import ATTRIBUTES, IMAGE_FOLDER
from featamp.io.device import ahead
from featamp.io.files.steps import Size, Steps, drawn_anew
from featamp.measure.layout import find_shown
from featamp.measure.quality import ALIGNED_SIDE, Shown
from featamp.measure.shrink import shrink
from featamp.statistics.correlation import Correlations, point_biserial
from featamp.statistics.support import Support, measure_support
from featamp.statistics.variance import VarianceRanking, rank_by_variance

from ..engine.console import counted
from ..engine.context import Context, versions
from ..engine.disk import read_checked, write_checked
from ..engine.hashing import code_hash, digest
from ..engine.store import Artifact
from ..findings.images import CodeRows, ImageRows, Images, Model
from .images import Dataset

if TYPE_CHECKING:
    from featamp.io.encode import Decoded, Encoded


PICTURES = 4000
"""Images that are kept small for judges that look at pixels, at most."""
MOST = 65535.0
"""What stands for 1 in 16 bits."""
MARK = 12
"""Letters of the mark of a model."""
MEAN_OF = 500
"""Pictures whose mean tells where eyes and mouth lie."""
ALIGNED = (178, 218)
"""Width and height of CelebA's aligned images, pixels."""
ARRAYS = ("mu", "logvar", "pictures")
PROGRESS = "progress.json"
SAVED_EVERY = 2.0
"""Seconds of work that are lost at most where the power is cut."""


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
    keys = [_codes_key(context, dataset) for context in contexts]
    by_key = dict(zip(keys, contexts, strict=True))

    def make(parts: Mapping[str, Path]) -> None:
        _encode_into({part: by_key[key] for key, part in parts.items()}, dataset)

    artifacts = contexts[0].store.artifacts("codes", keys, make, resume=True)
    made = zip(contexts, keys, artifacts, strict=True)
    return [(_load_codes(*one, dataset), one[2]) for one in made]


def _codes_key(context: Context, dataset: Dataset) -> str:
    config, model = context.config, context.config.model
    return digest(
        dataset.content,
        context.weights,
        list(context.model_inputs.values()),
        [model.factory, model.adapter, model.kwargs, model.state_key, model.ignore_keys],
        [model.pixels, model.encode_samples],
        [config.data.crop, config.data.size, config.data.preprocess],
        [config.data.mean, config.data.std, config.compute.device, config.compute.batch],
        code_hash(
            "featamp.io.encode",
            "featamp.measure.contract",
            "featamp.measure.shrink",
            "featamp.demo.vae",
            "report.stages.codes",
        ),
        versions("torch", "pillow", "simplejpeg", "numpy"),
    )


def _load_codes(context: Context, key: str, artifact: Artifact, dataset: Dataset) -> Codes:
    facts = json.loads((artifact.path / "model.json").read_text(encoding="utf-8"))
    progress = read_checked(artifact.path / PROGRESS)
    broken = {int(row): reason for row, reason in progress["broken"]}
    names = dataset.folder.names
    rows: ImageRows = np.array([n for n in range(len(names)) if n not in broken], np.int64)
    mu, logvar, stored = (np.load(artifact.path / f"{name}.npy", mmap_mode="r") for name in ARRAYS)
    pictured: CodeRows = np.flatnonzero(np.isin(rows, _pictured(len(names))))
    images = Images(
        names=tuple(names[row] for row in rows),
        broken=tuple((names[row], reason) for row, reason in sorted(broken.items())),
        unlabelled=dataset.folder.unlabelled,
        missing=dataset.folder.missing,
        content=dataset.content,
        labels=dataset.labels,
    )
    picture_key = digest(dataset.content, progress["broken"], progress["written"]["pictures"])
    pictures = SmallPictures(picture_key, pictured, stored[: len(pictured)])
    shown = _shown(context, dataset, dataset.paths(rows[:1])[0], pictures)
    images = replace(images, faces=shown is not None)
    model = context.config.model
    made_by = [context.weights, model.factory, model.adapter, model.kwargs, mu.shape[1]]
    facts["mark"] = digest(made_by)[:MARK]
    return Codes(
        key, mu[: len(rows)], logvar[: len(rows)], rows, pictures, shown, images, Model(**facts)
    )


def _shown(context: Context, dataset: Dataset, first: Path, pictures: SmallPictures) -> Shown:
    """What the pictures show of CelebA's aligned images: told by the config where the files have
    their size, else found in the mean picture; the usual crop where a folder of CelebA's says that
    they are faces, and None where nothing does.
    """
    from featamp.io.files.decode import open_image

    data = context.config.data
    mean = pictures.stored[:MEAN_OF].mean(axis=0, dtype=np.float32) / MOST
    celeba = set(dataset.folder.attribute_names) & set(ATTRIBUTES) or (
        context.given is None and (data.root / IMAGE_FOLDER).is_dir()
    )
    with open_image(first) as image:
        told = image.size == ALIGNED and not data.function
    found = None if celeba and told else find_shown(mean)
    if told and (celeba or found):
        return _whole_or_square(data.steps.shows(ALIGNED[::-1]))
    return found or (ALIGNED_SIDE if celeba else None)


def _whole_or_square(size: Size) -> Shown:
    height, width = size
    return width if width == height else (width, height)


def _pictured(files: int) -> ImageRows:
    """Index of each file whose picture is kept, drawn at random: an even stride can miss all of a
    part that comes at the same stride.
    """
    return np.sort(np.random.default_rng(0).permutation(files)[:PICTURES])


def _encode_into(parts: Mapping[Path, Context], dataset: Dataset) -> None:
    """Encode what interrupted runs have not, into a folder a model, and say which model did it."""
    paths = dataset.paths(range(len(dataset.folder.names)))
    for context in parts.values():
        with context.told():
            _ = context.model
    growing = {part: _GrowingCodes.resume(part, len(paths)) for part in parts}
    first = next(iter(parts.values()))
    try:
        for batch, encoding in ahead(_begun(parts, growing, paths)):
            for part, codes in encoding.items():
                with parts[part].told():
                    encoded = codes()
                    _check_contract(parts[part], growing[part], encoded)
                growing[part].add(encoded)
            first.console.progress("codes", batch.stop, len(paths))
    finally:
        for one in growing.values():
            one.save()
    for part, context in parts.items():
        if growing[part].codes < 2:
            raise InputError(
                f"{dataset.folder.directory}: {counted(growing[part].codes, 'image')} could be"
                f" decoded, expected at least 2"
            )
        _write_facts(part, context)


def _begun(
    parts: Mapping[Path, Context], growing: Mapping[Path, _GrowingCodes], paths: Sequence[Path]
) -> Iterator[tuple[Decoded, dict[Path, Callable[[], Encoded]]]]:
    """Have each batch encoded by the models that have not; how to wait for the codes."""
    from featamp.io.encode import begin_encoding

    first = next(iter(parts.values()))
    steps = first.steps
    done = min(one.files for one in growing.values())
    for batch in decoded_batches(first, paths, steps, done):
        _check_steps(steps, paths, batch)
        first.store.files.verify(paths[done : batch.stop])
        encoding = {}
        for part, context in parts.items():
            if growing[part].files <= done:  # another one was interrupted earlier
                with context.told():
                    encoding[part] = begin_encoding(context.model, paths, batch)
        done = batch.stop
        yield batch, encoding


def decoded_batches(
    context: Context, paths: Sequence[Path], steps: Steps, start: int
) -> Iterator[Decoded]:
    """The files from `start` on; by processes where there are more than threads are good for."""
    from featamp.io import encode

    workers, batch = context.workers, context.config.compute.batch
    if steps.own or workers.processes <= encode.PREFETCH:
        return encode.decoded_batches(paths, steps, batch, start)
    return encode.decode_ahead(paths, steps, batch, start, workers.submit, 2 * workers.processes)


def _check_steps(steps: Steps, paths: Sequence[Path], batch: Decoded) -> None:
    """Raise InputError where a person's function gives the first image of a batch otherwise."""
    from featamp.io.files.decode import read_image

    if steps.own and len(batch.rows):
        again = read_image(paths[int(batch.rows[0])], steps)
        if not np.array_equal(again, batch.images[0]):
            raise InputError(drawn_anew(steps.name))


def _check_contract(context: Context, growing: _GrowingCodes, batch: Encoded) -> None:
    """Raise InputError where the first images that a network encodes show that it breaks what is
    asked of it.
    """
    from featamp.measure.contract import breaches

    if growing.codes or not len(batch.images):
        return
    if breach := breaches(context.model, batch.images):
        raise InputError(breach[0])


def _write_facts(part: Path, context: Context) -> None:
    model = context.model
    facts = Model(
        name=context.config.model.factory or type(model.module).__name__,
        parameters=sum(p.numel() for p in model.module.parameters()),
        device=str(model.device),
        checkpoint=context.weights,
        facts=model.facts,
        pixels=model.range,
        logits=model.pixels == "logits",
        told=model.told,
    )
    (part / "model.json").write_text(json.dumps(asdict(facts), sort_keys=True), encoding="utf-8")


@dataclass
class _GrowingCodes:
    """Codes on their way to disk: an .npy for each of `ARRAYS`, and progress.json, which says how
    far they are good: at each `save`, since a disk takes its time.

    Attributes
    ----------
    files, codes, pictures : image files done, codes written (fewer where files were broken), and
        pictures kept.
    broken : index and reason of each broken file.
    written : a running hash of what each array holds so far.
    """

    part: Path
    count: int
    files: int = 0
    codes: int = 0
    pictures: int = 0
    broken: list[tuple[int, str]] = field(default_factory=list)
    written: dict[str, Any] = field(default_factory=lambda: {n: sha256() for n in ARRAYS})
    saved: float = field(default_factory=time.monotonic)

    @cached_property
    def _is_pictured(self) -> NDArray[np.bool_]:
        """[file] whether its picture is kept."""
        return np.isin(np.arange(self.count), _pictured(self.count))

    @classmethod
    def resume(cls, part: Path, count: int) -> _GrowingCodes:
        """Go on from what an interrupted run left in `part`, or start: also where a power cut left
        less than it said.
        """
        state = read_checked(part / PROGRESS)
        if not state:
            return cls(part, count)
        told = state.pop("written")
        growing = cls(part, count, **state)
        try:
            for name in ARRAYS if growing.codes else ():
                rows = growing.pictures if name == "pictures" else growing.codes
                array = np.load(part / f"{name}.npy", mmap_mode="r")
                growing.written[name].update(np.ascontiguousarray(array[:rows]))
        except (OSError, ValueError, EOFError):
            return cls(part, count)
        found = {name: hashed.hexdigest() for name, hashed in growing.written.items()}
        return growing if found == told else cls(part, count)

    def add(self, batch: Encoded) -> None:
        """Write a batch's codes and pictures; `save` them where that is long ago."""
        if len(batch.rows):
            images = batch.images[self._is_pictured[batch.rows]].astype(np.float32) / 255.0
            kept = (MOST * shrink(images)).round().astype(np.uint16)
            pictures = int(self._is_pictured.sum())
            self._write("mu", batch.mu, self.codes, self.count)
            self._write("logvar", batch.logvar, self.codes, self.count)
            self._write("pictures", kept, self.pictures, pictures)
            self.codes, self.pictures = self.codes + len(batch.rows), self.pictures + len(kept)
        self.files = batch.stop
        self.broken += batch.broken
        if time.monotonic() - self.saved > SAVED_EVERY:
            self.save()

    def save(self) -> None:
        """Have the disk hold what was added, and only then say that it is there."""
        for name in ARRAYS if self.codes else ():
            with (self.part / f"{name}.npy").open("rb") as file:
                os.fsync(file.fileno())
        state = {
            "files": self.files,
            "codes": self.codes,
            "pictures": self.pictures,
            "broken": self.broken,
            "written": {name: hashed.hexdigest() for name, hashed in self.written.items()},
        }
        write_checked(self.part / PROGRESS, state)
        self.saved = time.monotonic()

    def _write(self, name: str, values: NDArray[Any], start: int, count: int) -> None:
        """Write values from `start` on into an array of `count`, made with the first batch of
        codes.
        """
        values = np.ascontiguousarray(values)
        shape = (count, *values.shape[1:])
        with (self.part / f"{name}.npy").open("r+b" if self.codes else "w+b") as file:
            # not through a memory map, which a full disk ends with a signal in place of an error
            header = {"descr": values.dtype.str, "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(file, header)
            first, row = file.tell(), values[:1].nbytes
            file.truncate(first + count * row)
            file.seek(first + start * row)
            file.write(values.tobytes())
        self.written[name].update(values)


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
    key = digest(
        codes.key, seed, code_hash("featamp.statistics.support", "featamp.statistics.variance")
    )
    return context.store.record(
        "support", key, Support, lambda: measure_support(codes.mu, ranking.std, seed)
    )
