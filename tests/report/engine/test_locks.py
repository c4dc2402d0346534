"""One build at a time, in a store and in a site."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from featamp.errors import InputError
from report.engine.locks import lock
from report.engine.places import PROJECT


def test_two_builds_do_not_share_a_folder(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    start = "from pathlib import Path; from report.engine.locks import lock"
    hold = f"{start}\nwith lock(Path({str(path)!r}), 'x'): print(); input()"
    with subprocess.Popen([sys.executable, "-c", hold], cwd=PROJECT, stdin=-1, stdout=-1) as other:
        assert other.stdin and other.stdout
        other.stdout.readline()
        with (
            pytest.raises(
                InputError, match=f"a run: another training run is using it .process {other.pid}"
            ),
            lock(path, "a run", "training run"),
        ):
            pass
        other.stdin.write(b"\n")
        other.stdin.close()
    with lock(path, "store"):
        pass
    assert not path.exists()


def test_a_lock_that_a_killed_process_left_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    path.write_text("12345678901234567890")
    with lock(path, "store"):
        assert path.read_text() == str(os.getpid())
    assert not path.exists()


def test_a_file_system_without_locks_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(descriptor: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "lockf", refuse)
    with (
        pytest.raises(
            InputError, match=r"^the-store: its file system has no locks .* two at once"
        ),
        lock(tmp_path / "lock", "the-store"),
    ):
        pass
