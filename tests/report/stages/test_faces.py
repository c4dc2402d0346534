"""The judge of faces in a build: kept, measured anew when labels change, and absent without its
weights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from featamp.face.crop import FaceBox
from featamp.face.judge import READ, FaceJudge, Faces
from report.engine.console import Console
from report.engine.context import Context
from report.engine.processes.workers import Workers
from report.engine.store import Artifact, Store
from report.stages import faces
from report.stages.codes import encode_images
from report.stages.faces import LOOKED, FaceWitness, judge_faces
from report.stages.images import read_images
from tests.conftest import load_config, project, stage_context
from tests.sample_findings import ATTRIBUTES, sample_faces, sample_shares


def judge(config: Path) -> tuple[FaceJudge | None, list[Artifact]]:
    """What a build of `config` finds."""
    with Workers() as workers:
        store = Store(config.parent / ".featamp")
        context = Context(load_config(config), store, Console(), workers)
        dataset, _ = read_images(context)
        codes, _ = encode_images(context, dataset)
        witness, artifacts = judge_faces(context, codes, dataset)
        return witness.judge if witness else None, artifacts


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return project(tmp_path)


def test_the_judge_is_measured_once_and_anew_for_other_labels(config: Path) -> None:
    first, [read, artifact] = judge(config)
    assert not read.cached and first is not None and first.images == 40
    assert not artifact.cached
    assert first.plausible < 0.2 and not first.told.any()  # smooth noise is no face
    again, [_, artifact] = judge(config)
    assert artifact.cached and again is not None
    np.testing.assert_array_equal(again.auc, first.auc)
    labels = config.parent / "faces" / "list_attr_celeba.txt"
    rows = labels.read_text().splitlines()
    labels.write_text("\n".join([*rows[:-1], rows[-1].replace(" 1", "-1")]) + "\n")
    _, [read, artifact] = judge(config)
    assert read.cached and not artifact.cached  # the images are the same


def test_without_weights_or_labels_there_is_no_judge(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(faces, "WEIGHTS", tmp_path / "none.safetensors")
        assert judge(config) == (None, [])
    (config.parent / "faces" / "list_attr_celeba.txt").unlink()
    assert judge(config) == (None, [])


def test_it_is_asked_where_the_codes_go_and_nowhere_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader that stands for the networks finds the last frames to be of men."""
    judge = replace(sample_faces(), rebuilt=np.array([0.9, 0.9, 0.5]))
    witness = FaceWitness("", judge, FaceBox.in_whole_frame(), stage_context(tmp_path))
    smile, ends = sample_shares(0.9), np.zeros((5, 2, 4, 4, 3), np.float32)
    assert witness.second(smile, ends) is smile  # the VAE has lost the smile: nobody is asked
    scores = np.zeros((LOOKED, 2, len(READ)))
    scores[:, 1, list(READ).index("Male")] = 2.0
    zero = np.zeros(scores.shape[:-1])
    seen = Faces(scores, zero, zero, zero, zero, zero, np.ones(zero.shape, np.bool_))
    monkeypatch.setattr(faces, "read_faces", lambda reader, frames, networks: seen)
    monkeypatch.setattr(FaceWitness, "reader", None)
    codes = smile.codes.copy()
    codes[ATTRIBUTES.index("Male")] = 1.5
    told = witness.second(replace(smile, codes=codes), ends)
    assert told.by_faces == ("Male",)
    assert told.agreed[ATTRIBUTES.index("Male")] == 1.5  # 2 of what lies between the groups
