"""The judge of faces that never saw the VAE: how far it is to be believed here, what the VAE lost,
and what it reads in sweeps.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from featamp.face.crop import FaceBox
from featamp.face.judge import (
    READ,
    FaceJudge,
    FaceResponse,
    Faces,
    face_response,
    face_shares,
    measure_judge,
    read_faces,
)
from featamp.face.reader import FaceReader
from featamp.face.weights import WEIGHTS
from featamp.io.batches import load_images
from featamp.io.files.steps import Size
from featamp.measure.layout import Shown
from featamp.verdict.rule import Shares

from ..engine.context import Context
from ..engine.hashing import code_hash, digest, versions
from ..engine.processes.threads import side_by_side
from ..engine.store import Artifact
from ..findings.images import CodeRows
from ..findings.plan import Plan
from ..findings.sweeps import Swept
from .codes import Codes, people_of
from .images import Dataset
from .sweeps import frames

PICTURES = 200
"""Images that it is measured on at most, with as many reconstructions: an AUC of .86 is known to
within .06 then, and each picture takes a core about 20 ms."""
AT_ONCE = 32
"""Pictures that one thread reads before another may."""
LOOKED, LOOKED_AT = 4, 2.0
"""Samples of a sweep that it looks at, and at which steps on either side, in standard deviations:
each picture takes its time."""


@dataclass(frozen=True)
class FaceWitness:
    """The judge of faces, ready to look at frames.

    Attributes
    ----------
    key : of what it was measured on.
    judge : what it is worth there.
    box : where the face lies in the frames.
    context : whose workers are started before torch is loaded.
    """

    key: str
    judge: FaceJudge
    box: FaceBox
    context: Context

    @cached_property
    def reader(self) -> FaceReader:
        """The networks; loaded when somebody asks."""
        self.context.workers.prepare()
        return FaceReader.open(self.box)

    def second(self, shares: Shares, ends: NDArray[np.float32]) -> Shares:
        """The judge of faces in the place of the judge of pixels, for the attributes to which the
        codes go: for a name both must, so of others nothing is asked.

        Parameters
        ----------
        ends : [sample, 2, height, width, 3] the first and the last step of a sweep.
        """
        asked = [name for name in self.judge.telling if name in shares.reached]
        if not asked:
            return shares
        seen = read_faces(self.reader, ends[:LOOKED], {READ[name] for name in asked})
        return shares.seconded(face_shares(seen, self.judge, asked))

    def look(self, swept: Swept, steps: NDArray[np.float64], size: Size) -> FaceResponse:
        """What it reads near both ends of a narrow sweep in standard deviations, its steps
        [alpha].
        """
        ends = [int(np.abs(steps - step).argmin()) for step in (-LOOKED_AT, LOOKED_AT)]
        asked = {READ[name] for name in self.judge.telling}
        seen = read_faces(self.reader, frames(swept, size, LOOKED)[:, ends], asked)
        return face_response(seen, self.judge, float(steps[ends[1]] - steps[ends[0]]))


def look_at_sweeps(
    context: Context, witness: FaceWitness | None, plan: Plan, swept: Iterable[Swept]
) -> tuple[dict[str, FaceResponse], list[Artifact]]:
    """What the judge of faces reads in sweeps, by their stems; nothing where it tells nothing."""
    if witness is None or not witness.judge.telling:
        return {}, []
    steps, size = plan.steps["sigma"], context.config.data.size
    code = code_hash("report.stages.faces")
    directions = {direction.stem: direction for direction in swept}
    keys = {stem: digest(d.key, witness.key, code) for stem, d in directions.items()}
    missing = [stem for stem, key in keys.items() if not context.store.has("looks", key)]
    with side_by_side(len(missing)) as pool:
        jobs = {stem: pool.submit(witness.look, directions[stem], steps, size) for stem in missing}

        def seen(stem: str) -> FaceResponse:
            return jobs[stem].result()

        kept = {
            stem: context.store.record("looks", key, FaceResponse, partial(seen, stem))
            for stem, key in keys.items()
        }
    return {stem: look for stem, (look, _) in kept.items()}, [made for _, made in kept.values()]


def judge_faces(
    context: Context, codes: Codes, dataset: Dataset
) -> tuple[FaceWitness | None, list[Artifact]]:
    """Measure the judge on the user's own pictures, labels and reconstructions; None without
    its weights, and without labels that it reads.
    """
    labels, config = dataset.folder.attributes, context.config
    if (
        labels is None
        or codes.shown is None
        or not WEIGHTS.is_file()
        or not set(READ) & set(dataset.folder.attribute_names)
    ):
        return None, []
    rows = _drawn(len(codes.mu), config.compute.seed)
    key = digest(
        codes.key,
        dataset.labels,
        dataset.folder.attribute_names,
        context.store.files.hash(WEIGHTS),
        config.compute.seed,
        code_hash("report.stages.faces"),
        versions("torch", "numpy", "scipy", "safetensors"),
    )
    originals, read = _read_originals(context, codes, dataset, rows)

    def measure() -> FaceJudge:
        reader = FaceReader.open(_box(codes.shown))
        rebuilt = _read(reader, context.model.decode(codes.mu[rows]))
        known, names = labels[codes.image_rows[rows]], dataset.folder.attribute_names
        people = people_of(codes, dataset)
        whose = None if people is None else people[rows]
        return measure_judge(originals, rebuilt, known, names, whose)

    judge, artifact = context.store.record("faces", key, FaceJudge, measure)
    return FaceWitness(artifact.key, judge, _box(codes.shown), context), [read, artifact]


def _drawn(count: int, seed: int) -> CodeRows:
    """Code rows drawn by seed: the first by name would be those of one part of CelebA."""
    drawn = np.random.default_rng(seed).permutation(count)[:PICTURES]
    return np.sort(drawn).astype(np.int64)


def _read_originals(
    context: Context, codes: Codes, dataset: Dataset, rows: CodeRows
) -> tuple[Faces, Artifact]:
    """What it reads in the images themselves: once for every model of them."""
    key = digest(
        codes.pictures.key,
        rows.tolist(),
        codes.shown,
        context.store.files.hash(WEIGHTS),
        code_hash("report.stages.faces"),
        versions("torch", "numpy", "safetensors"),
    )

    def read() -> Faces:
        paths = dataset.paths(codes.image_rows[rows])
        originals = load_images(paths, context.steps)
        context.store.files.verify(paths)
        reader = FaceReader.open(_box(codes.shown))
        return _read(reader, np.asarray(originals / 255.0, np.float32))

    return context.store.record("originals", key, Faces, read)


def _read(reader: FaceReader, pictures: NDArray[np.float32]) -> Faces:
    """Read pictures [picture, height, width, 3], a few at a time side by side."""
    parts = [pictures[first : first + AT_ONCE] for first in range(0, len(pictures), AT_ONCE)]
    with side_by_side(len(parts)) as pool:
        seen = list(pool.map(partial(read_faces, reader), parts))
    names = [field.name for field in fields(Faces)]
    return Faces(*(np.concatenate([getattr(part, name) for part in seen]) for name in names))


def _box(shown: Shown) -> FaceBox:
    """Where the face lies in pictures that show so much of the aligned images."""
    assert shown is not None  # nobody is asked about other pictures
    if isinstance(shown, tuple) and shown[0] != shown[1]:
        return FaceBox.in_whole_frame()
    return FaceBox.in_centre_crop(shown[0] if isinstance(shown, tuple) else shown)
