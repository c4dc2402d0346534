"""Processes that share images, screening and sweeps out write what one writes, also where one of
them has died.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from report.commands.line import main
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
    return several(processes, "-m", "report", "encode", "--config", str(config), **environment)


def several(processes: int, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """So many processes of torchrun that do the same."""
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
    return subprocess.run(
        [sys.executable, *torchrun, *command],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(PROJECT), **environment},
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


def swept(config: Path) -> dict[str, bytes]:
    """What the store holds of screening and sweeps; the keys are of all that they depend on."""
    store = config.parent / ".featamp"
    files = (p for stage in ("screen", "sweeps") for p in (store / stage).glob("*/*"))
    whole = (p for p in files if p.parent.suffix != ".part" and p.name != "done.json")
    return {str(p.relative_to(store)): p.read_bytes() for p in whole}


def test_processes_share_the_sweeps_and_what_one_lost_is_taken_up(
    tmp_path: Path, undrawn: None
) -> None:
    alone, shared, driver = (
        make(tmp_path / "alone"),
        make(tmp_path / "shared"),
        tmp_path / "run.py",
    )
    driver.write_text(DRIVER)
    assert run(alone) == 0
    expected = swept(alone)
    lost = several(3, str(driver), str(shared), DIES_SWEEPING="1")
    assert lost.returncode and len(swept(shared)) < len(expected)
    assert any(name.startswith("screen/") for name in swept(shared))
    done = several(2, str(driver), str(shared))
    assert done.returncode == 0, done.stderr
    assert swept(shared) == expected
    assert run(shared) == 0
    assert swept(shared) == expected
