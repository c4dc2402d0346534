"""Processes that share images, screening and sweeps out write what one writes, also where one of
them has died.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from report.engine.places import PROJECT
from tests.conftest import project, run

SWEPT = 15
"""Codes of a sweep in either units: three samples, five steps."""
DIES = f"""
import os
import signal


def _dying(method, count):
    def called(self, x):
        if count is None or len(x) == count:
            os.kill(os.getpid(), signal.SIGKILL)
        return method(self, x)

    return called


if os.environ.get("RANK") == os.environ.get("DIES", "none"):
    TinyVAE.encode = _dying(TinyVAE.encode, None)
if os.environ.get("RANK") == os.environ.get("DIES_SWEEPING", "none"):
    TinyVAE.decode = _dying(TinyVAE.decode, {SWEPT})
"""
DRIVER = """
import sys
from pathlib import Path

from report.commands.encode import encode
from report.engine.console import Console

encode(Path(sys.argv[1]), Console(), sweeps=True)
"""
"""What `build` does before the first process goes on alone."""


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
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
    return subprocess.run(
        [sys.executable, *torchrun, "-m", "report", "encode", "--config", str(config)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    )


def side_by_side(config: Path, count: int, program: str, **environment: str) -> list[str]:
    """What so many processes tell that do the same, each started as torchrun starts it; "" of one
    that was killed."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    shared = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "WORLD_SIZE": str(count)}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(config)],
            cwd=PROJECT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, **shared, **environment, "RANK": str(rank), "LOCAL_RANK": "0"},
        )
        for rank in range(count)
    ]
    told = [process.communicate()[0] for process in processes]
    return ["" if p.returncode < 0 else text for p, text in zip(processes, told, strict=True)]


def arrays(config: Path) -> dict[str, bytes]:
    [codes] = (config.parent / ".featamp/codes").iterdir()
    return {p.name: p.read_bytes() for p in codes.iterdir() if p.name != "done.json"}


def finished(config: Path) -> dict[Path, int]:
    whole = (config.parent / ".featamp/shards").glob("*/done.json")
    return {p: p.stat().st_mtime_ns for p in whole if p.parent.suffix != ".begun"}


def swept(config: Path) -> dict[str, bytes]:
    """What the store holds of screening and sweeps; the keys are of all that they depend on."""
    store = config.parent / ".featamp"
    files = (p for stage in ("screen", "sweeps") for p in (store / stage).glob("*/*"))
    whole = (p for p in files if p.parent.suffix != ".begun" and p.name != "done.json")
    return {str(p.relative_to(store)): p.read_bytes() for p in whole}


@pytest.mark.usefixtures("undrawn")
def test_what_processes_lose_is_taken_up_and_the_bytes_are_those_of_one(tmp_path: Path) -> None:
    alone, shared = make(tmp_path / "alone"), make(tmp_path / "shared")
    assert run(alone) == 0
    codes, sweeps = arrays(alone), swept(alone)

    lost = encode(shared, 2, DIES="1")
    assert lost.returncode
    told = {line for line in lost.stderr.splitlines() if line.startswith("error: ")}
    assert all("waited for another that has ended" in line for line in told), lost.stderr
    kept = finished(shared)
    assert len(kept) < 3

    first, second = side_by_side(shared, 2, DRIVER, DIES_SWEEPING="1")
    assert second == "" and "39 x 8" in first and "waited for another that has ended" in first
    assert kept.items() <= finished(shared).items() and len(finished(shared)) == 3
    assert arrays(shared) == codes
    assert len(swept(shared)) < len(sweeps)
    assert any(name.startswith("screen/") for name in swept(shared))

    side_by_side(shared, 2, DRIVER)
    assert swept(shared) == sweeps
    assert run(shared) == 0
    assert swept(shared) == sweeps
