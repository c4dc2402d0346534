"""The exported decoder is kept where it gives the pictures of the network, and nowhere else."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

from featamp.io.network.opening import open_model
from featamp.io.portable.export import export_decoder
from featamp.io.portable.run import PortableDecoder
from report.engine.records import load_record
from report.findings.live import Checked
from report.stages.live import DIFFERS, NETWORK, PACKED, RECORD, LiveMaker
from tests.conftest import tiny_vae

SAMPLES, EXPLORED, SIDES = 3, (5, 1), 2


def maker(folder: Path) -> LiveMaker:
    """Of a small network, three samples and two dimensions of highest variance."""
    weights, factory = tiny_vae(folder), "tiny_vae:TinyVAE"
    vae = open_model(weights, factory, {}, None, (0, 1), folder, size=(16, 16))
    codes = np.random.default_rng(0).standard_normal((9, 8)).astype(np.float32)
    parts: list[Any] = [
        SimpleNamespace(model=vae, config=SimpleNamespace(data=SimpleNamespace(size=(16, 16)))),
        SimpleNamespace(mu=codes, dims=8),
        SimpleNamespace(std=np.arange(1.0, 9.0)),
        SimpleNamespace(rows=np.array([0, 4, 8])),
        SimpleNamespace(explored=EXPLORED, steps={"wide-sigma": np.linspace(-5, 4, 6)}),
    ]
    return LiveMaker(*parts)


@pytest.mark.parametrize(("shift", "kept"), [(0.0, True), (0.8 / 255, True), (1.2 / 255, False)])
def test_a_decoder_that_gives_other_pictures_is_refused(
    shift: float, kept: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    live, decode = maker(tmp_path), PortableDecoder.decode
    monkeypatch.setattr(PortableDecoder, "decode", lambda *given: decode(*given) + shift)
    (tmp_path / NETWORK).write_bytes(export_decoder(live.context.model))
    live._check(tmp_path / NETWORK, tmp_path)
    checked = load_record(tmp_path / RECORD, Checked)
    tried = SAMPLES * (1 + SIDES * len(EXPLORED))
    assert (checked.frames, checked.reason) == (tried, "" if kept else DIFFERS)
    assert checked.difference == pytest.approx(shift, abs=0.15 / 255)
    assert (tmp_path / PACKED).exists() == kept


def test_it_is_tried_at_both_ends_of_the_wide_range(tmp_path: Path) -> None:
    live = maker(tmp_path)
    starts = live.codes.mu[live.samples.rows]
    moved = live._tried() - np.concatenate([starts, *[np.repeat(starts, SIDES, axis=0)] * 2])
    ends = {(dim, end * (dim + 1)) for dim in EXPLORED for end in (-5.0, 4.0)}
    most = np.abs(moved).argmax(axis=1)
    found = {(int(dim), round(float(row[dim]), 3)) for dim, row in zip(most, moved, strict=True)}
    assert found == ends | {(0, 0.0)}
    assert ((moved != 0).sum(axis=1) <= 1).all()
