"""What the person's files hold, and whether they still hold it when they have been read."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from featamp.errors import InputError

from .disk import read_checked, write_checked

Stamp = list[int]
"""Size, times of change, inode and device: what tells one file from another without reading."""
SETTLED_NS = 2_000_000_000
"""A file younger than this when it was hashed may change again without a new time stamp: it is
hashed anew."""


def content_hash(path: Path | str) -> str:
    """Hash of a file's bytes, read now."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


class Files:
    """Content hashes of files, kept between builds; and what each held when this build asked.

    A file is known again by its stamp. One that is as large and as old as the last (unpacked from
    an archive, copied with its times) has another inode, or was changed at another moment: a
    system sets that time by itself.
    """

    def __init__(self, index: Path, kept: bool = True) -> None:
        self._path = index
        self._index: dict[str, tuple[Stamp, str]] = {
            name: (stamp, content)
            for name, (stamp, content) in read_checked(index).get("files", {}).items()
        }
        self._seen: dict[str, tuple[Stamp, str]] = {}
        self._changed = False
        self._kept = kept

    def hash(self, path: Path) -> str:
        """Content hash of a file, read only where its stamp changed."""
        return self._hash(str(path))

    def hash_all(self, folder: Path, names: Iterable[str]) -> Iterator[str]:
        """Those of many files below a folder, named with "/": a `Path` of each takes longer than
        all else.
        """
        begin = f"{folder}{os.sep}"
        return (self._hash(begin + name.replace("/", os.sep)) for name in names)

    def _hash(self, name: str) -> str:
        before = file_stamp(name)
        known = self._index.get(name)
        if known is not None and known[0] == before:
            content = known[1]
        else:
            content = content_hash(name)
            settled = time.time_ns() - max(before[1:3]) > SETTLED_NS and file_stamp(name) == before
            if settled:
                self._index[name] = before, content
            self._changed |= settled
        return self._seen.setdefault(name, (before, content))[1]

    def verify(self, paths: Iterable[Path]) -> None:
        """Raise InputError where a file was written since it was hashed, or no longer holds what
        it held then.

        To be called when they have been read, before anything that was made from them is kept. One
        that was written holds the same again where something else stood in it meanwhile: it may be
        that which was read.
        """
        for path in paths:
            name = str(path)
            stamp, content = seen = self._seen[name]
            try:
                now = file_stamp(path)
                if now == stamp and self._index.get(name) == seen:
                    continue
                if written(now) == written(stamp) and content_hash(path) == content:
                    continue
            except FileNotFoundError:
                pass
            raise changed_meanwhile(name)

    def save(self) -> None:
        """Keep the hashes for the next build, but for those of files that are gone."""
        if not self._kept:
            return
        gone = [name for name in self._index.keys() - self._seen.keys() if not Path(name).exists()]
        for name in gone:
            del self._index[name]
        if self._changed or gone:
            write_checked(self._path, {"files": self._index})
            self._changed = False


def changed_meanwhile(what: str) -> InputError:
    """The error of an input that changed while a build used it."""
    return InputError(
        f"{what} changed while the build read it; nothing that was made from it is kept:"
        f" build again once it is written"
    )


def written(stamp: Stamp) -> Stamp:
    """What of a stamp tells that a file was written: some file systems number one anew."""
    return stamp[:3]


def file_stamp(path: Path | str) -> Stamp:
    """The stamp of a file as it is now."""
    stat = os.stat(path)  # noqa: PTH116  of many files, a Path of each takes longer
    return [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino, stat.st_dev]
