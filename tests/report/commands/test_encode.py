"""Processes that share the images out write what one writes, also where one of them has died."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from report.commands.line import main
from report.engine.places import PROJECT
from tests.conftest import project

DIES = """
import os
import signal

_encode = TinyVAE.encode


def _dying(self, x):
    if os.environ.get("RANK") == os.environ.get("DIES"):
        os.kill(os.getpid(), signal.SIGKILL)
    return _encode(self, x)


if "DIES" in os.environ:
    TinyVAE.encode = _dying
"""


def make(folder: Path) -> Path:
    """A project of three shards, one of its files broken; its network dies where it is told to."""
    config = project(folder)
    config.write_text(config.read_text().replace("batch = 16", "batch = 1"))
    with (folder / "tiny_vae.py").open("a") as file:
        file.write(DIES)
    broken = sorted((folder / "faces/img_align_celeba").iterdir())[20]
    broken.write_bytes(broken.read_bytes()[:300])
    return config


def encode(config: Path, processes: int, **environment: str) -> subprocess.CompletedProcess[str]:
    """By so many processes of torchrun."""
    several = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
    command = [sys.executable, *several, "-m", "report", "encode", "--config", str(config)]
    return subprocess.run(
        command, cwd=PROJECT, capture_output=True, text=True, env={**os.environ, **environment}
    )


def arrays(config: Path) -> dict[str, bytes]:
    [codes] = (config.parent / ".featamp/codes").iterdir()
    return {p.name: p.read_bytes() for p in codes.iterdir() if p.name != "done.json"}


def finished(config: Path) -> dict[Path, int]:
    whole = (config.parent / ".featamp/shards").glob("*/done.json")
    return {p: p.stat().st_mtime_ns for p in whole if p.parent.suffix != ".part"}


def test_a_share_that_was_lost_is_taken_up_and_the_bytes_are_those_of_one_process(
    tmp_path: Path,
) -> None:
    alone, shared = make(tmp_path / "alone"), make(tmp_path / "shared")
    assert main(["encode", "--config", str(alone)]) == 0
    lost = encode(shared, 3, DIES="1")
    assert lost.returncode
    told = {line for line in lost.stderr.splitlines() if line.startswith("error: ")}
    assert all("waited for another that has ended" in line for line in told), lost.stderr
    kept = finished(shared)
    assert len(kept) < 3
    done = encode(shared, 2)
    assert done.returncode == 0, done.stderr
    assert "39 x 8" in done.stdout
    assert kept.items() <= finished(shared).items() and len(finished(shared)) == 3
    assert arrays(shared) == arrays(alone)
