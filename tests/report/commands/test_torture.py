"""Whole builds that are killed, refused by a full disk, started at once, or given a damaged store:
nothing is lost.

Afterwards one more build gives the very site that an undisturbed one gave. `FEATAMP_FUZZ=10` does
ten times as much of it. Cuts at every operation on files: `tests/report/engine/test_cuts.py`.
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
from collections import Counter
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path

from report.engine.places import PROJECT
from report.engine.site import LOCK, STAGING
from tests.conftest import contents
from tests.report.commands.test_build import TIMES, ends_soon

EFFORT = float(os.environ.get("FEATAMP_FUZZ", "1"))
KILLS, FLIPS, FILLS, RACERS = int(3 * EFFORT), int(40 * EFFORT), int(2 * EFFORT), 2
NOTE = '[dimension.1]\nlabel = "mine"\n'


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


def kill(process: subprocess.Popen[str]) -> bool:
    """Kill a build and its workers, of which none lives on; whether it was still under way."""
    if under_way := process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert ends_soon(process.pid), "workers outlive a killed build"
    return under_way


def entries(store: Path) -> list[Path]:
    """Files of finished results."""
    return sorted(p for p in store.glob("*/*/*") if p.is_file())


def lose_some(store: Path, chance: random.Random) -> None:
    """So that the next build has work at many places."""
    results = {p.parent for p in entries(store) if p.parent.suffix not in (".part", ".begun")}
    for folder in chance.sample(sorted(results), 8):
        shutil.rmtree(folder)
    shutil.rmtree(store / "codes", ignore_errors=True)


def published(site: Path) -> dict[str, bytes]:
    """What a person sees: neither times nor the lock of a build that was killed."""
    files = contents(site).items()
    return {name: content for name, content in files if name not in (TIMES, LOCK)}


def test_nothing_is_lost_whatever_ends_a_build_or_damages_its_store(
    copy: Path, record_property: Callable[[str, object], None]
) -> None:
    chance, store, site = random.Random(0), copy.parent / ".featamp", copy.parent / "site"
    (site / "mine.txt").write_text("a file of my own")
    before, counts = published(site), Counter[str]()

    for stage in islice(cycle(["images", "codes", "sweeps"]), KILLS):
        lose_some(store, chance)
        process = building(copy)
        assert process.stdout and any(line.split()[0] == stage for line in process.stdout)
        time.sleep(chance.uniform(0, 0.5))
        counts["killed"] += kill(process)
        assert published(site) == before

    notes = copy.parent / "selection.toml"
    notes.write_text(NOTE)
    process = building(copy)
    while process.poll() is None and not (site / STAGING).exists():
        time.sleep(0.002)
    counts["killed while publishing"] += kill(process)
    assert notes.read_text() == NOTE and published(site).keys() >= before.keys()
    notes.unlink()

    for _ in range(FILLS):
        lose_some(store, chance)
        _, stderr = (process := building(copy, int(10 ** chance.uniform(2, 4)))).communicate()
        assert process.returncode == 2 and stderr.startswith("error: "), stderr
        assert stderr.count("\n") == 1, stderr
        counts["refused by a full disk"] += 1

    damages: dict[str, Callable[[bytes], bytes]] = {
        "files flipped": lambda b: (
            b[: (i := chance.randrange(len(b)))] + bytes([b[i] ^ 1]) + b[i + 1 :]
        ),
        "cut": lambda b: b[: chance.randrange(len(b))],
        "emptied": lambda _: b"",
    }
    for path in chance.sample(files := entries(store), min(FLIPS, len(files))):
        how = chance.choice(list(damages))
        if content := path.read_bytes():
            path.write_bytes(damages[how](content))
            counts[how] += 1

    racing = [building(copy) for _ in range(RACERS)]
    ends = [(*process.communicate(), process.returncode) for process in racing]
    for _, stderr, code in ends:
        assert code == 0 or (code == 2 and "another build is using it" in stderr), stderr
        counts["raced" if code == 0 else "sent away by another build"] += 1
    assert counts["raced"] and any("it is made again" in stdout for stdout, *_ in ends)
    assert published(site) == before
    record_property("counted", "builds: " + ", ".join(f"{n} {what}" for what, n in counts.items()))
