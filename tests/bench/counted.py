"""A build that counts what its network takes: `python -m tests.bench.counted FILE build ...`
writes the CPU seconds of all calls, and of screening, to FILE."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

import report.commands.build as build
from featamp.io.network.model import TrainedVAE
from report.commands.line import main
from report.engine.ahead import computed_ahead
from report.stages.screen import Screener

LOCK = Lock()
AHEAD = "computed_ahead"
network, screening = [0.0], [0.0, 0.0]
"""CPU seconds of the network; of the screening, and of the network in it."""


def counted(call: Callable[..., Any]) -> Callable[..., Any]:
    """A call of the network, whose time its own thread counts."""

    def timed(*arguments: object, **named: object) -> object:
        start = time.thread_time()
        try:
            return call(*arguments, **named)
        finally:
            with LOCK:
                network[0] += time.thread_time() - start

    return timed


def watched(stage: Callable[..., Any]) -> Callable[..., Any]:
    """The screening, with what the process and the network take meanwhile."""

    def timed(*arguments: object, **named: object) -> object:
        start, before = time.process_time(), network[0]
        result = stage(*arguments, **named)
        screening[:] = time.process_time() - start, network[0] - before
        return result

    return timed


@contextmanager
def told(*arguments: Any) -> Iterator[None]:  # noqa: ANN401
    """The block that is computed ahead; the process that computes writes what it has counted."""
    with computed_ahead(*arguments):
        yield
        if network[0]:
            counts = {"network": network[0], "screening": screening}
            Path(sys.argv[1]).write_text(json.dumps(counts), encoding="utf-8")


if __name__ == "__main__":
    for owner, method, watch in (
        (TrainedVAE, "encode", counted),
        (TrainedVAE, "decode", counted),
        (Screener, "dimensions", watched),
    ):
        setattr(owner, method, watch(getattr(owner, method)))
    setattr(build, AHEAD, told)
    sys.exit(main(sys.argv[2:]))
