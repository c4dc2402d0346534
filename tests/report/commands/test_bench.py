"""`bench` tells what a build reaches of what decoding and the network allow; it leaves nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from report.commands.line import main
from tests.conftest import project


def test_bench_tells_rates_and_shares_and_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("report.commands.bench.TIMED", 0.01)
    config = project(tmp_path / "project")
    before = sorted(path for path in config.parent.rglob("*"))
    assert main(["bench", "--config", str(config), "--device", "cpu"]) == 0
    told = capsys.readouterr().out
    rates = {
        name: float(rate.replace(",", ""))
        for name, rate in re.findall(r"^([a-z ]+?) {2,}([\d,]+) (?:images|frames)/s", told, re.M)
    }
    assert list(rates) == [
        "decoding alone", "encoder alone", "encoding", "decoder alone", "sweeps",
    ]  # fmt: skip
    share = float(re.findall(r"(\d+)% of the slower", told)[0]) / 100
    slower = min(rates["decoding alone"], rates["encoder alone"])
    assert share == pytest.approx(rates["encoding"] / slower, abs=0.01)
    assert re.search(r"^peak memory +\d+\.\d GB$", told, re.M)
    assert sorted(path for path in config.parent.rglob("*")) == before


def test_bench_leaves_an_image_out_that_cannot_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("report.commands.bench.TIMED", 0.01)
    config = project(tmp_path / "project")
    faces = sorted((config.parent / "faces/img_align_celeba").iterdir())
    faces[2].write_bytes(b"")
    assert main(["bench", "--config", str(config), "--device", "cpu"]) == 0
    assert "frames/s" in capsys.readouterr().out


def test_bench_of_a_device_that_is_not_there_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    config = project(tmp_path / "project")
    assert main(["bench", "--config", str(config), "--device", "cuda"]) == 2
    assert "compute.device is 'cuda', but this machine has no such device" in (
        capsys.readouterr().err
    )
