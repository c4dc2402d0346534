"""Combinations of dimensions that a person picked, swept: the last column is what was picked."""

from __future__ import annotations

import shutil
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from report.commands.build import _compute
from report.commands.opening import Stages, open_report, read
from report.engine.console import Console
from report.engine.context import Context
from report.engine.processes.workers import Workers
from report.engine.store import STORE, Store
from report.findings.findings import Findings
from report.findings.pictures import read_frames
from report.findings.sweeps import SweptCombination
from report.stages.codes import encode_images
from tests.conftest import load_config

TEXT = """
[combination."both, at once"]
moves = "1 +1.5, 6 -2"
[combination.other]
moves = "6 -2, 1 +1.5"
[combination.small]
moves = "3 0.05"
[combination.old]
moves = "999 1"
model = "of another model"
"""


@pytest.fixture(scope="module")
def made(built: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Context, Findings]:
    folder = shutil.copytree(built, tmp_path_factory.mktemp("combined") / "project")
    (folder / "selection.toml").write_text(TEXT)
    console = Console(StringIO())
    config = load_config(folder / "report.toml")
    context, stages = Context(config, Store(folder / STORE), console, Workers()), Stages(console)
    dataset = read(context, stages)
    encoded = encode_images(context, dataset)
    return context, _compute(open_report(context, dataset, stages, encoded)).findings


def columns(context: Context, swept: SweptCombination) -> NDArray[np.float64]:
    """[sample, alpha, height, width, 3], pixels in [0, 1]."""
    return read_frames(swept.frames("sigma"), context.config.data.size) / 255.0


def test_the_last_column_is_what_was_picked_and_the_first_its_opposite(
    made: tuple[Context, Findings],
) -> None:
    context, findings = made
    dataset = read(context, Stages(context.console))
    codes, _ = encode_images(context, dataset)
    starts = np.array(codes.mu[findings.samples.rows])
    frames = columns(context, findings.combinations["both, at once"])
    for at, sign in ((-1, 1), (0, -1)):
        moved = starts.copy()
        moved[:, 1] += sign * 1.5 * findings.variance.std[1]
        moved[:, 6] -= sign * 2 * findings.variance.std[6]
        assert np.abs(frames[:, at] - context.model.decode(moved)).max() <= 1 / 255
    assert np.abs(frames[:, -1] - frames[:, 0]).max() > 10 / 255


def test_its_alphas_end_at_its_own_length(made: tuple[Context, Findings]) -> None:
    _, findings = made
    swept = findings.combinations["both, at once"]
    assert swept.sweep.sigma[[0, -1]].tolist() == pytest.approx([-2.5, 2.5])
    assert np.linalg.norm(swept.move / findings.variance.std) == pytest.approx(1)
    assert findings.combinations["small"].sweep.sigma[-1] == pytest.approx(0.05)


def test_each_of_this_model_is_swept_and_none_is_a_control(
    made: tuple[Context, Findings],
) -> None:
    _, findings = made
    assert list(findings.combinations) == ["both, at once", "other", "small"]
    assert [swept.number for swept in findings.combinations.values()] == [1, 2, 3]
    assert not [name for name in findings.controls if "combination" in name]
