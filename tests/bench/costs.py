"""What a process costs: CPU seconds and the most memory, with all that it starts."""

from __future__ import annotations

import resource
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from report.engine.places import PROJECT

SAMPLED = 0.1
"""Seconds between two looks at the memory."""


@dataclass(frozen=True)
class Cost:
    """What one command took.

    Attributes
    ----------
    cpu : seconds of all cores together, of the process and of those that it started.
    memory : the most that they held together at a time, bytes; what several share counts once.
    """

    cpu: float
    memory: int


def run(command: Sequence[str | Path]) -> Cost:
    """Run a command in a process of its own, which must succeed."""
    before, memory = _children(), 0
    process = subprocess.Popen(
        [str(part) for part in command], cwd=PROJECT, stdout=subprocess.DEVNULL
    )
    while process.poll() is None:
        memory = max(memory, sum(map(_held, _family(process.pid))))
        with suppress(subprocess.TimeoutExpired):
            process.wait(SAMPLED)
    if process.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}: exit code {process.returncode}")
    return Cost(_children() - before, memory)


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _family(process: int) -> Iterator[int]:
    """A process and all that it started, as Linux tells them."""
    yield process
    for children in Path(f"/proc/{process}/task").glob("*/children"):
        with suppress(OSError):  # it has ended meanwhile
            for child in children.read_text().split():
                yield from _family(int(child))


def _held(process: int) -> int:
    """Proportional set size, bytes: what it shares with others counts in part."""
    with suppress(OSError):
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return 1024 * int(line.split()[1])
    return 0
