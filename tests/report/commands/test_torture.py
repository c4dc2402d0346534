"""A build that is killed, a store whose bytes are flipped, a disk that fills up: nothing is lost.

Afterwards one more build gives the very site that an undisturbed one gave. `FEATAMP_FUZZ=10` does
ten times as much of it.
"""

from __future__ import annotations

import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from report.engine.places import PROJECT
from tests.conftest import contents
from tests.report.commands.test_build import TIMES, ends_soon

EFFORT = float(os.environ.get("FEATAMP_FUZZ", "1"))
KILLS, FLIPS, FILLS = int(6 * EFFORT), int(40 * EFFORT), int(4 * EFFORT)


def building(config: Path, limit: int | None = None) -> subprocess.Popen[str]:
    """A build in a process of its own, which may write no file larger than `limit` bytes."""
    site = config.parent / "site"

    def full() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return subprocess.Popen(
        [sys.executable, "-m", "report", "build", "--config", str(config), "--site", str(site)],
        cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True, preexec_fn=full,
    )  # fmt: skip


def entries(store: Path) -> list[Path]:
    """Files of finished results."""
    return sorted(p for p in store.glob("*/*/*") if p.is_file())


def results(store: Path) -> list[Path]:
    """Folders of finished results but for the simulations, which take long."""
    found = {p.parent for p in entries(store) if p.parts[-3] != "simulations"}
    return sorted(p for p in found if not p.name.endswith(".part"))


def expected(site: dict[str, bytes]) -> dict[str, bytes]:
    return {name: content for name, content in site.items() if name != TIMES}


def test_nothing_is_lost_when_builds_are_killed_bytes_flipped_and_disks_fill(
    copy: Path, record_property: Callable[[str, object], None]
) -> None:
    chance, store, site = random.Random(0), copy.parent / ".featamp", copy.parent / "site"
    notes = copy.parent / "selection.toml"
    notes.write_text('[dimension.1]\nlabel = "mine"\n')
    mine = site / "mine.txt"
    mine.write_text("a file of my own")
    whole, stderr = building(copy).communicate()
    assert "error" not in stderr, whole
    before = expected(contents(site))
    counts = dict.fromkeys(
        ("builds killed", "builds refused by a full disk", "files flipped", "cut", "emptied"), 0
    )

    def lose_some() -> None:
        """So that the next build has work at many places."""
        for folder in chance.sample(results(store), 8):
            shutil.rmtree(folder)
        shutil.rmtree(store / "codes", ignore_errors=True)

    for _ in range(KILLS):
        lose_some()
        process = building(copy)
        time.sleep(chance.uniform(0.3, 6))
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            counts["builds killed"] += 1
        process.communicate()
        assert ends_soon(process.pid)
        assert notes.read_text() == '[dimension.1]\nlabel = "mine"\n' and mine.exists()
        assert contents(site).keys() >= {"index.html", "mine.txt"}

    for _ in range(FILLS):
        lose_some()
        limit = int(10 ** chance.uniform(2, 4.5))
        _, stderr = (process := building(copy, limit)).communicate()
        assert process.returncode in (0, 2), stderr
        if process.returncode:
            counts["builds refused by a full disk"] += 1
            assert stderr.startswith("error: ") and stderr.count("\n") == 1, stderr

    _, stderr = (process := building(copy)).communicate()
    assert process.returncode == 0, stderr
    damages: dict[str, Callable[[bytes], bytes]] = {
        "files flipped": lambda b: (
            b[: (i := chance.randrange(len(b)))] + bytes([b[i] ^ 1]) + b[i + 1 :]
        ),
        "cut": lambda b: b[: chance.randrange(len(b))],
        "emptied": lambda _: b"",
    }
    for path in chance.sample(entries(store), min(FLIPS, len(entries(store)))):
        how = chance.choice(list(damages))
        if content := path.read_bytes():
            path.write_bytes(damages[how](content))
            counts[how] += 1
    stdout, stderr = (process := building(copy)).communicate()
    assert process.returncode == 0, stderr
    assert stdout.count("it is made again") > 0
    after = expected(contents(site))
    names = before.keys() | after.keys()
    assert [name for name in names if before.get(name) != after.get(name)] == []
    record_property("counted", ", ".join(f"{n} {what}" for what, n in counts.items()))
