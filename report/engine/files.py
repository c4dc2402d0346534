"""What the person's files hold, and whether they still hold it when they have been read."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from featamp.errors import InputError

from .disk import read_checked, write_checked

Stamp = str
"""Size, times of change, inode and device: what tells one file from another without reading. As
text it is read from the index several times faster than as numbers.
"""
SETTLED_NS = 2_000_000_000
"""A file younger than this when it was hashed may change again without a new time stamp: it is
hashed anew."""


def content_hash(path: Path | str) -> str:
    """Hash of a file's bytes, read now, a part of them at a time."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, _hasher).hexdigest()


def _hasher(content: bytes = b"") -> hashlib.blake2b:
    return hashlib.blake2b(content, digest_size=16)


class Files:
    """Content hashes of files, kept between builds; and what each held when this build asked.

    A file is known again by its stamp. One that is as large and as old as the last (unpacked from
    an archive, copied with its times) has another inode, or was changed at another moment: a
    system sets that time by itself.
    """

    def __init__(self, index: Path, kept: bool = True) -> None:
        self._path = index
        self._seen: dict[str, tuple[Stamp, str]] = {}
        self._changed = False
        self._kept = kept

    @cached_property
    def _index(self) -> dict[str, tuple[Stamp, str]]:
        """Stamp and content hash of each file that is known, by its path."""
        names, stamps, hashes = read_checked(self._path).get("known", ((), (), ()))
        return dict(zip(names, zip(stamps, hashes, strict=True), strict=True))

    def hash(self, path: Path) -> str:
        """Content hash of a file, read only where its stamp changed."""
        return self._hash(str(path), content_hash)

    def hash_all(
        self, folder: Path, names: Iterable[str], see: Callable[[str, bytes], None]
    ) -> Iterator[str]:
        """Content hashes of many files below a folder, named with "/": a `Path` of each takes
        longer than all else. `see` is given the path and the bytes of each that is read, to need
        no other reading.
        """
        begin = str(folder / "_")[:-1]

        def read(name: str) -> str:
            content = Path(name).read_bytes()
            see(name, content)
            return _hasher(content).hexdigest()

        return (self._hash(begin + name.replace("/", os.sep), read) for name in names)

    def _hash(self, name: str, read: Callable[[str], str]) -> str:
        before = file_stamp(name)
        known = self._index.get(name)
        if known is not None and known[0] == before:
            content = known[1]
        else:
            content = read(name)
            settled = time.time_ns() - last_change(before) > SETTLED_NS
            settled = settled and file_stamp(name) == before
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
            stamps, hashes = zip(*self._index.values(), strict=True) if self._index else ((), ())
            write_checked(self._path, {"known": [[*self._index], stamps, hashes]})
            self._changed = False


def changed_meanwhile(what: str) -> InputError:
    """The error of an input that changed while a build used it."""
    return InputError(
        f"{what} changed while the build read it; nothing that was made from it is kept:"
        f" build again once it is written"
    )


def written(stamp: Stamp) -> Stamp:
    """What of a stamp tells that a file was written: some file systems number one anew."""
    return stamp.rsplit(" ", 2)[0]


def last_change(stamp: Stamp) -> int:
    """When a file was last changed, nanoseconds."""
    return max(map(int, stamp.split(" ")[1:3]))


@dataclass(frozen=True)
class Stamps:
    """What tells many files from others without reading.

    Attributes
    ----------
    hash : of the stamps, and of which files are not there.
    young : what those hold that may change again without a new stamp, by their paths.
    """

    hash: str
    young: dict[str, str]

    def hold(self, later: Stamps) -> bool:
        """Whether no file was written from these to later ones, of which none is young."""
        same = self.hash == later.hash and not later.young
        return same and all(content_hash(p) == content for p, content in self.young.items())


def stamp_all(paths: Iterable[Path | str]) -> Stamps:
    """The stamps of files as they are now."""
    found, young, settled = [], {}, time.time_ns() - SETTLED_NS
    for path in paths:
        try:
            stat = os.stat(path)  # noqa: PTH116  as in `file_stamp`
        except OSError:
            found.append(f"{path}\n")
            continue
        if stat.st_ctime_ns > settled:  # a person may set the other, to a year to come
            young[str(path)] = content_hash(path)
        found.append(f"{path}\n{_stamp(stat)}\n")
    content = "".join(found).encode(errors="surrogateescape")
    return Stamps(_hasher(content).hexdigest(), young)


def file_stamp(path: os.PathLike[str] | str) -> Stamp:
    """The stamp of a file as it is now."""
    return _stamp(os.stat(path))  # noqa: PTH116  of many files, a Path of each takes longer


def _stamp(stat: os.stat_result) -> Stamp:
    return f"{stat.st_size} {stat.st_mtime_ns} {stat.st_ctime_ns} {stat.st_ino} {stat.st_dev}"
