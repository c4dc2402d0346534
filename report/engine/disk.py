"""Files written so that whoever reads them finds the old bytes or the new ones."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def named(path: Path) -> Iterator[None]:
    """Give an error of the disk its place where it has none: a full disk is told by the write,
    which knows no name.
    """
    try:
        yield
    except OSError as error:
        if error.errno and not error.filename:
            error.filename = str(path)
        raise


def write_atomically(path: Path, content: bytes, like: Path | None = None) -> None:
    """Write beside and move over: whoever reads `path` sees the old bytes or the new ones, never a
    part.

    Who may read it is as with the file `like`, where there is one.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.part")
    with named(path):
        beside.write_bytes(content)
    if like and like.exists():
        shutil.copymode(like, beside)
    beside.replace(path)


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from our own file; an empty one where there is none or where it was
    damaged.
    """
    try:
        value = json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError, json.JSONDecodeError, UnicodeDecodeError):
        return {}
    return value if isinstance(value, dict) else {}
