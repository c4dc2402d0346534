"""The judge of faces that never saw the VAE: how far it is to be believed here, and what the VAE
lost.
"""

from __future__ import annotations

import numpy as np

from featamp.face.crop import FaceBox
from featamp.face.judge import READ, FaceJudge, measure_judge, read_faces
from featamp.face.reader import FaceReader
from featamp.face.weights import WEIGHTS
from featamp.io.encode import load_images
from featamp.measure.quality import Shown

from ..engine.context import Context, versions
from ..engine.hashing import code_hash, digest
from ..engine.store import Artifact
from ..findings.images import CodeRows
from .codes import Codes
from .images import Dataset

PICTURES = 200
"""Images that it is measured on at most, with as many reconstructions: an AUC of .86 is known to
within .06 then, and each picture takes a core about 20 ms."""


def judge_faces(
    context: Context, codes: Codes, dataset: Dataset
) -> tuple[FaceJudge | None, list[Artifact]]:
    """Measure the judge on the user's own pictures, labels and reconstructions; None without
    its weights, and without labels that it reads.
    """
    labels, config = dataset.folder.attributes, context.config
    if (
        labels is None
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
    judge, artifact = context.store.record(
        "faces", key, FaceJudge, lambda: _measure(context, codes, dataset, rows)
    )
    return judge, [artifact]


def _drawn(count: int, seed: int) -> CodeRows:
    """Code rows drawn by seed: the first by name would be those of one part of CelebA."""
    drawn = np.random.default_rng(seed).permutation(count)[:PICTURES]
    return np.sort(drawn).astype(np.int64)


def _measure(context: Context, codes: Codes, dataset: Dataset, rows: CodeRows) -> FaceJudge:
    data, model = context.config.data, context.model
    images = codes.image_rows[rows]
    assert dataset.folder.attributes is not None  # else nobody is asked
    paths = dataset.paths(images)
    originals = load_images(paths, data.crop, data.size)
    context.store.files.verify(paths)
    reader = FaceReader.open(_box(codes.shown), model.device)
    return measure_judge(
        read_faces(reader, np.asarray(originals / 255.0, np.float32)),
        read_faces(reader, model.decode(codes.mu[rows])),
        dataset.folder.attributes[images],
        dataset.folder.attribute_names,
    )


def _box(shown: Shown) -> FaceBox:
    """Where the face lies in pictures that show so much of the aligned images."""
    if isinstance(shown, tuple) and shown[0] != shown[1]:
        return FaceBox.in_whole_frame()
    return FaceBox.in_centre_crop(shown[0] if isinstance(shown, tuple) else shown)
