"""What the store lacks is computed by a process of its own; whatever ends either is told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from featamp.errors import InputError
from report.engine import ahead
from report.engine.ahead import computed_ahead
from report.engine.console import Console
from report.engine.store import Store

WAITS = """
import os, signal, sys, time
from pathlib import Path
from report.engine.ahead import computed_ahead
from report.engine.console import Console
from report.engine.store import Store

def make(part):
    (Path(sys.argv[1]) / "pid").write_text(str(os.getpid()))
    time.sleep(90)

signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
store = Store(Path(sys.argv[1]))
with computed_ahead(store, Console()):
    store.artifact("codes", "a", make)
"""


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setattr(ahead, "may_fork", lambda: True)  # nothing here uses torch
    return Store(tmp_path)


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    with (tmp_path / "told").open("a") as told:
        yield Console(told)


def sign(part: Path) -> None:
    (part / "pid").write_text(str(os.getpid()))


def fail(part: Path) -> None:
    raise InputError("faces/17.jpg is no image")


def test_another_process_computes_from_the_first_missing_result_on(
    store: Store, console: Console, tmp_path: Path
) -> None:
    kept = store.artifact("codes", "a", sign)
    with computed_ahead(store, console):
        console.line("listed")
        before = store.artifact("codes", "a", sign)
        made = [store.artifact("sweeps", key, sign) for key in "bc"]
        console.line("swept")
        found = store.find("weights", lambda: str(os.getpid()))
    console.line("drawn")
    (pid,) = {(one.path / "pid").read_text() for one in made}
    assert pid == found != str(os.getpid()) == (kept.path / "pid").read_text()
    assert before.cached and all(one.cached for one in made)
    assert (tmp_path / "told").read_text() == "listed\nswept\ndrawn\n"


def test_nothing_missing_takes_no_process(
    store: Store, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.artifact("codes", "a", sign)
    monkeypatch.setattr(os, "fork", lambda: pytest.fail("forked"))
    with computed_ahead(store, console):
        assert store.artifact("codes", "a", sign).cached


def test_where_no_process_can_be_had_this_one_computes(
    store: Store, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> int:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", refuse)
    with computed_ahead(store, console):
        made = store.artifact("codes", "a", sign)
    assert (made.path / "pid").read_text() == str(os.getpid())


def test_an_error_there_is_raised_here_and_says_where_it_arose(
    store: Store, console: Console
) -> None:
    with (
        pytest.raises(InputError, match=r"17\.jpg is no image") as told,
        computed_ahead(store, console),
    ):
        store.artifact("codes", "a", fail)
    assert "in fail" in "".join(told.value.__notes__) and not console.quiet
    assert not store.has("codes", "a")


@pytest.mark.parametrize(
    ("number", "error"), [(signal.SIGKILL, MemoryError), (signal.SIGUSR1, RuntimeError)]
)
def test_what_the_system_ends_is_told(
    number: signal.Signals, error: type[Exception], store: Store, console: Console
) -> None:
    with pytest.raises(error), computed_ahead(store, console):
        store.artifact("codes", "a", lambda part: os.kill(os.getpid(), number))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_process_goes_on_after_the_one_that_waits_for_it(
    number: signal.Signals, tmp_path: Path
) -> None:
    waiting = subprocess.Popen([sys.executable, "-c", WAITS, tmp_path])
    deadline = time.monotonic() + 60
    pid = tmp_path / "pid"
    while not (pid.exists() and pid.read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)
    waiting.send_signal(number)
    waiting.wait(60)
    while _runs(int(pid.read_text())) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _runs(int(pid.read_text()))


def _runs(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"
