"""What the person sees while a build runs: a line a stage, and progress for the long ones."""

from __future__ import annotations

import sys
import time
from typing import TextIO

REDRAW_SECONDS = 0.2
PLAIN_SECONDS = 10.0


def counted(count: int, thing: str) -> str:
    """A count and its noun: 1 file, 2 files."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


class Console:
    """Prints lines; progress is redrawn in place on a terminal and told now and then elsewhere.
    Nothing of it while it is `quiet`: another process tells it.

    Attributes
    ----------
    remarks : notes and warnings, under the name of the model that they are of; they hold for as
        long as nothing changes.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self.quiet = False
        self.remarks: list[str] = []
        self._heading: str | None = None
        self._stream = stream or sys.stdout
        self._live = self._stream.isatty()
        self._stage = ""
        self._start = self._last = 0.0
        self._first = 0

    def line(self, text: str) -> None:
        """Print one line, over the progress that stands there."""
        if not self.quiet:
            print(f"\r\x1b[K{text}" if self._live else text, file=self._stream, flush=True)

    def heading(self, name: str) -> None:
        """Tell which of several models the next lines are of."""
        self._heading = f"{name}:"
        self.line(self._heading)

    def remark(self, text: str) -> None:
        """Tell a note or a warning, to be told again by a build that finds nothing changed."""
        self.line(text)
        self.remarks += [line for line in (self._heading, text) if line]
        self._heading = None

    def stage(self, name: str, seconds: float, cached: bool, detail: str = "") -> None:
        """Tell that a stage is done."""
        state = "cached" if cached else "computed"
        self.line(f"  {name:<16} {seconds:7.2f} s  {state:<8}  {detail}".rstrip())

    def progress(self, stage: str, done: int, total: int) -> None:
        """Tell how far a stage is, and the time left where that can be told."""
        now = time.monotonic()
        if stage != self._stage:
            self._stage, self._start, self._last, self._first = stage, now, now, done
        wait = REDRAW_SECONDS if self._live else PLAIN_SECONDS
        if self.quiet or now - self._last < wait or done >= total:
            return
        self._last = now
        text = f"  {stage:<16} {done} of {total}"
        if done > self._first and now > self._start:
            text += f", {(total - done) * (now - self._start) / (done - self._first):.0f} s left"
        if self._live:
            print(f"\r\x1b[K{text}", end="", file=self._stream, flush=True)
        else:
            print(text, file=self._stream, flush=True)
