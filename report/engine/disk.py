"""Files written so that whoever reads them finds the old bytes or the new ones."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from .hashing import digest

UNSYNCED = (errno.EINVAL, errno.ENOTSUP)
"""What a file system answers that cannot be asked to write a folder through."""


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


def sync(path: Path) -> None:
    """Have the disk hold a file's bytes, or a folder's names, before anything else is done."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        with named(path):
            os.fsync(descriptor)
    except OSError as error:
        if error.errno not in UNSYNCED:
            raise
    finally:
        os.close(descriptor)


def write_atomically(path: Path, content: bytes, like: Path | None = None) -> None:
    """Write beside and move over: whoever reads `path` sees the old bytes or the new ones, never a
    part.

    Who may read it is as with the file `like`, where there is one, from the first byte on.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.part")
    mode = 0o600 if like and like.exists() else 0o666
    with named(path), open(beside, "wb", opener=partial(os.open, mode=mode)) as file:
        file.write(content)
    sync(beside)
    if like and like.exists():
        shutil.copymode(like, beside)
    beside.replace(path)
    sync(path.parent)


def checksum(path: Path) -> str:
    """SHA-256 of a file: of the hashes at hand the quickest that no damage slips through."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from our own file; an empty one where there is none, where a folder stands or
    where it was damaged.
    """
    try:
        value = json.loads(path.read_bytes())
    except (
        FileNotFoundError, IsADirectoryError, NotADirectoryError, ValueError, RecursionError
    ):  # fmt: skip
        return {}
    return value if isinstance(value, dict) else {}


def read_checked(path: Path) -> dict[str, Any]:
    """What `write_checked` wrote; an empty object where one byte of it differs."""
    value = read_json(path)
    return value if value.pop("digest", None) == digest(value) else {}


def write_checked(path: Path, value: Mapping[str, object]) -> None:
    """Write a JSON object with a digest of itself."""
    write_atomically(path, json.dumps({**value, "digest": digest(value)}).encode())
