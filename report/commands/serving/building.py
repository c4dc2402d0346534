"""The build that follows a Save, in a process of its own, which can take nothing down with it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path

PACKAGE = __package__.rsplit(".", 2)[0]
"""What `python -m` runs: `report` in a clone, `featamp.report` where it is installed."""
PATIENCE = 10.0
"""Seconds that a build is given to end by itself."""


@dataclass
class Builder:
    """Builds one site, one build after another, until it is ended."""

    config: Path
    site: Path
    _starting: threading.Lock = field(default_factory=threading.Lock)
    _process: subprocess.Popen[str] | None = None
    _ended: bool = False

    def build(self) -> str | None:
        """Build, in the folder and with the modules of this process; the error in a sentence."""
        command = [sys.executable, "-P", "-m", PACKAGE, "build"]
        modules = {"PYTHONPATH": os.pathsep.join(place or "." for place in sys.path)}
        command += ["--config", str(self.config), "--site", str(self.site)]
        with self._starting:
            if self._ended:
                return "the server was ended"
            self._process = process = subprocess.Popen(
                command, env=os.environ | modules, stderr=subprocess.PIPE, text=True
            )
        told = process.communicate()[1]
        sys.stderr.write(told)
        if process.returncode == 0:
            return None
        last = told.strip().split("\n")[-1]
        return (
            last.removeprefix("error: ") or f"the build ended with exit code {process.returncode}"
        )

    def end(self) -> None:
        """End the build that is under way, and begin none: what is started next finds no lock."""
        with self._starting:
            self._ended = True
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
