"""Results kept between builds, each keyed by all that it depends on."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from .disk import named, read_json, write_atomically
from .records import load_record, save_record

T = TypeVar("T")
DONE = "done.json"
RECORD = "record.npz"
SETTLED_NS = 2_000_000_000
"""A file younger than this when it was hashed may change again without a new time stamp: it is
hashed anew."""


@dataclass(frozen=True)
class Artifact:
    """A finished result on disk: its folder, what computing it took, and whether it was there
    already.
    """

    path: Path
    key: str
    seconds: float
    cached: bool


class Store:
    """Results in folders named by stage and key; content hashes of files by their size and time
    stamp.

    A result is made in `<key>.part` and renamed when it is whole, so a build killed at any moment
    leaves only whole results and parts that the next build clears or goes on with.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._index_path = root / "files.json"
        self._index: dict[str, list[Any]] = read_json(self._index_path)
        self._indexed = 0

    def artifact(
        self, stage: str, key: str, make: Callable[[Path], None], *, resume: bool = False
    ) -> Artifact:
        """The result of `stage` under `key`, made in a folder by `make` where it is not there yet.

        With `resume`, `make` is given the unfinished folder that an interrupted build left.
        """
        path = self.root / stage / key
        if (path / DONE).is_file():
            return Artifact(path, key, float(read_json(path / DONE)["seconds"]), cached=True)
        part = path.with_name(f"{key}.part")
        if not resume:
            shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(path, ignore_errors=True)
        start = time.perf_counter()
        with named(part):
            make(part)
        seconds = round(time.perf_counter() - start, 3)
        (part / DONE).write_text(json.dumps({"seconds": seconds}))
        part.rename(path)
        return Artifact(path, key, seconds, cached=False)

    def record(
        self, stage: str, key: str, kind: type[T], compute: Callable[[], T]
    ) -> tuple[T, Artifact]:
        """A result that is one frozen dataclass: computed where it is not there yet, loaded where
        it is.
        """
        artifact = self.artifact(stage, key, lambda part: save_record(part / RECORD, compute()))
        return load_record(artifact.path / RECORD, kind), artifact

    def has(self, stage: str, key: str) -> bool:
        """Whether the result is there."""
        return (self.root / stage / key / DONE).is_file()

    def file_hash(self, path: Path) -> str:
        """Content hash of a file, read only where its size or time stamp changed."""
        stat = path.stat()
        name, stamp = str(path), [stat.st_size, stat.st_mtime_ns]
        known = self._index.get(name)
        if known is not None and known[:2] == stamp:
            return str(known[2])
        content = hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest()
        if time.time_ns() - stat.st_mtime_ns > SETTLED_NS:
            self._index[name] = [*stamp, content]
            self._indexed += 1
        return content

    def save_index(self) -> None:
        """Keep the content hashes for the next build."""
        if self._indexed:
            write_atomically(self._index_path, json.dumps(self._index).encode())
            self._indexed = 0
