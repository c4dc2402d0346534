"""The one error that a person can mend."""

from __future__ import annotations

import re
import sysconfig
import traceback
from pathlib import Path


class InputError(ValueError):
    """The user's input is wrong; one sentence names the place, what was found, and what was
    expected.
    """


LONGEST = 80
"""Letters of a value in an error."""
ADDRESS = re.compile(r" at 0x[0-9A-Fa-f]+(?=>)")
"""Where in memory an object lies, as Python shows it."""
INSTALLED = {"site-packages", "dist-packages"}
"""Folders of packages, in whichever environment."""


def shown(value: object) -> str:
    """A value as an error names it, on one line of at most `LONGEST` letters."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # thousands of digits, or tables as deep
        return f"a value of type {type(value).__name__} that is too long to show"
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} …"


def first_line(error: BaseException | None) -> str:
    """The first line of what an error says; its type where it says nothing. Of an object that it
    shows, the place in memory is left out: another one each time, it tells nobody anything.
    """
    line = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return ADDRESS.sub("", line)[:200]


def in_own_code(error: BaseException | None) -> str:
    """Where in the person's own code an error arose, such as ", in your user_vae.py, line 12"; ""
    where none of it ran.
    """
    here = Path(__file__).parent
    ours = (f"{here}/", f"{here.with_name('report')}/", sysconfig.get_path("stdlib"))
    frames = traceback.extract_tb(error.__traceback__ if error else None)
    named = [f for f in frames if f.filename.endswith(".py") and not f.filename.startswith(ours)]
    own = [f for f in named if INSTALLED.isdisjoint(Path(f.filename).parts)]
    return f", in your {Path(own[-1].filename).name}, line {own[-1].lineno}" if own else ""
