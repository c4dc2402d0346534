"""One build at a time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from featamp.errors import InputError
from report.engine.locks import lock
from report.engine.places import PROJECT


def test_two_builds_do_not_share_a_store(tmp_path: Path) -> None:
    take = f"held = lock(Path({str(tmp_path)!r})); print(); input()"
    hold = f"from pathlib import Path; from report.engine.locks import lock; {take}"
    with subprocess.Popen([sys.executable, "-c", hold], cwd=PROJECT, stdin=-1, stdout=-1) as other:
        assert other.stdin and other.stdout
        other.stdout.readline()
        with pytest.raises(InputError, match="another build is using this store"):
            lock(tmp_path)
        other.stdin.close()
    lock(tmp_path).close()
