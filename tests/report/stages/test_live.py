"""The exported decoder is kept where it gives the frames of the sweeps, and nowhere else."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

from featamp.io.model import open_model
from featamp.io.portable.export import export_decoder
from report.engine.records import load_record
from report.findings.live import Checked
from report.stages.live import DIFFERS, NETWORK, PACKED, RECORD, LiveMaker
from tests.conftest import tiny_vae

NOTHING: Any = SimpleNamespace()


@pytest.mark.parametrize(("shift", "kept"), [(0.0, True), (0.8 / 255, True), (1.2 / 255, False)])
def test_a_decoder_that_gives_other_pictures_is_refused(
    shift: float, kept: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights, factory = tiny_vae(tmp_path), "tiny_vae:TinyVAE"
    vae = open_model(weights, factory, {}, None, (0, 1), tmp_path, size=(16, 16))
    codes = np.random.default_rng(0).standard_normal((3, 8)).astype(np.float32)
    monkeypatch.setattr(LiveMaker, "_frames", lambda _: iter([(codes, vae.decode(codes) + shift)]))
    (tmp_path / NETWORK).write_bytes(export_decoder(vae))
    LiveMaker(*[NOTHING] * 5)._check(tmp_path / NETWORK, tmp_path)
    checked = load_record(tmp_path / RECORD, Checked)
    assert (checked.frames, checked.reason) == (3, "" if kept else DIFFERS)
    assert checked.difference == pytest.approx(shift, abs=0.1 / 255)
    assert (tmp_path / PACKED).exists() == kept
