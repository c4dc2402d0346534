"""The judge of faces in a build: kept, measured anew when labels change, and absent without its
weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from featamp.face.judge import FaceJudge
from report.engine.console import Console
from report.engine.context import Context
from report.engine.store import Artifact, Store
from report.engine.workers import Workers
from report.inputs.config import load_config
from report.stages import faces
from report.stages.codes import encode_images
from report.stages.faces import judge_faces
from report.stages.images import read_images
from tests.conftest import project


def judge(config: Path) -> tuple[FaceJudge | None, list[Artifact]]:
    """What a build of `config` finds."""
    with Workers() as workers:
        store = Store(config.parent / ".featamp")
        context = Context(load_config(config), store, Console(), workers)
        dataset, _ = read_images(context)
        codes, _ = encode_images(context, dataset)
        return judge_faces(context, codes, dataset)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return project(tmp_path)


def test_the_judge_is_measured_once_and_anew_for_other_labels(config: Path) -> None:
    first, [artifact] = judge(config)
    assert first is not None and first.images == 40
    assert not artifact.cached
    assert first.plausible < 0.2 and not first.told.any()  # smooth noise is no face
    again, [artifact] = judge(config)
    assert artifact.cached and again is not None
    np.testing.assert_array_equal(again.auc, first.auc)
    labels = config.parent / "faces" / "list_attr_celeba.txt"
    rows = labels.read_text().splitlines()
    labels.write_text("\n".join([*rows[:-1], rows[-1].replace(" 1", "-1")]) + "\n")
    _, [artifact] = judge(config)
    assert not artifact.cached


def test_without_weights_or_labels_there_is_no_judge(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(faces, "WEIGHTS", tmp_path / "none.safetensors")
        assert judge(config) == (None, [])
    (config.parent / "faces" / "list_attr_celeba.txt").unlink()
    assert judge(config) == (None, [])
