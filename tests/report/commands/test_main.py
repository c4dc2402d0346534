"""The command line: what it says where a command cannot end."""

from __future__ import annotations

import argparse
import errno
import multiprocessing
import os
import signal
import time
from pathlib import Path

import pytest

from report.commands.line import main

STOPPED = {
    "build": "the next build goes on from here",
    "serve": "the next build goes on from here",
    "check": "nothing was written",
    "train": "the next run goes on from the last whole epoch",
    "demo": "the folder is left as it was",
    "clean": "run it again to remove what is left",
}


@pytest.mark.parametrize("command", STOPPED)
def test_each_command_says_what_is_left_of_it(
    command: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    raised: BaseException = KeyboardInterrupt()

    def fail(_: argparse.Namespace) -> None:
        raise raised

    monkeypatch.setattr(f"report.commands.line._{command}", fail)
    assert main([command]) == 130
    assert capsys.readouterr().err == f"interrupted; {STOPPED[command]}\n"

    raised = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(tmp_path))
    left = "the site is left as it was" if command in ("build", "serve") else STOPPED[command]
    assert main([command]) == 2
    assert capsys.readouterr().err == f"error: {tmp_path}: no space is left on the disk; {left}\n"


@pytest.mark.parametrize("command", STOPPED)
def test_a_command_that_sigterm_ends_says_what_is_left_of_it(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def be_ended(_: argparse.Namespace) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(10)

    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(f"report.commands.line._{command}", be_ended)
    assert main([command]) == 143
    assert capsys.readouterr().err == f"ended; {STOPPED[command]}\n"
    assert signal.getsignal(signal.SIGTERM) is before


def test_sigterm_ends_the_other_processes_of_a_command_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = multiprocessing.get_context("spawn").Process(target=time.sleep, args=(300,))

    def be_ended(_: argparse.Namespace) -> None:
        other.start()
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(10)

    monkeypatch.setattr("report.commands.line._build", be_ended)
    assert main(["build"]) == 143
    other.join(30)
    ended = other.exitcode
    other.kill()
    assert ended == -signal.SIGTERM
