"""The output folder: which of its files are ours, and how new ones take their place."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from featamp.errors import InputError
from featamp.io.files.listing import OURS

from .disk import checksum, named, read_json, sync, write_atomically
from .files import Stamp, file_stamp
from .locks import lock

FORMAT = 3
"""Of the manifest; the first one, which had no number, held no digests, and it and the second one
sizes and times alone of a stamp."""
MANIFEST, LOCK, STAGING, MAKING = OURS, ".featamp.lock", ".featamp.part", ".featamp.made"
Source = bytes | Path
"""The content of a file, or a file whose content it is."""


@dataclass(frozen=True)
class _Written:
    """What we last wrote under a name: its stamp (the first two parts of one in an older
    manifest), and its content's digest (empty where a manifest of the first format did not say).
    """

    stamp: Stamp
    content: str


def beside(name: str) -> str:
    """Where the new version of a file goes that a person edited."""
    path = PurePosixPath(name)
    return str(path.with_name(f"{path.stem}.new{path.suffix}"))


def sites_below(root: Path, config: Path) -> dict[str, Site]:
    """The sites in folders of the folder `root` that were made for a config, by the folder's
    name: those of several models.
    """
    sites = {path.parent.name: Site(path.parent) for path in sorted(root.glob(f"*/{MANIFEST}"))}
    return {name: site for name, site in sites.items() if site.belongs_to(config)}


def clear_below(root: Path, config: Path, keep: Collection[str] = ()) -> int:
    """Remove the files of these sites but for those named, and say how many."""
    removed = 0
    for name, site in sites_below(root, config).items():
        if name not in keep:
            with site.claimed(config):
                removed += site.clear()
            with suppress(OSError):  # a file of somebody else is in it
                site.root.rmdir()
    return removed


class Site:
    """The output folder. Its own manifest says which files are ours; others are never touched, nor
    is one of ours that somebody edited since.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._manifest_path = root / MANIFEST
        self._key: str | None = None
        self._asked: list[Any] = []
        self._owner: str | None = None
        self._files: dict[str, _Written] = {}
        self._made: dict[str, str] = {}
        self._read_manifest()

    @contextmanager
    def claimed(self, config: Path) -> Iterator[None]:
        """Hold the site for the build of one config.

        Raises
        ------
        InputError
            Another build is writing it, or it holds the report of another config.
        """
        self.require(config)
        made = not self.root.exists()
        self.root.mkdir(parents=True, exist_ok=True)
        try:
            with lock(self.root / LOCK, str(self.root)):
                for left in (STAGING, MAKING):  # by a build that was killed
                    shutil.rmtree(self.root / left, ignore_errors=True)
                self._read_manifest()
                self.require(config)
                self._owner = os.path.relpath(config.resolve(), self.root.resolve())
                yield
        finally:
            if made:
                with suppress(OSError):  # there is a site in it now
                    self.root.rmdir()

    def require(self, config: Path) -> None:
        """Raise InputError where this is no folder, or holds the report of another config.

        Both may be moved together: the manifest says where the config lies from the site.
        """
        if self.root.exists() and not self.root.is_dir():
            raise InputError(f"{self.root} is a file, expected a folder (--site)")
        if self._owner is None:
            return
        other = (self.root / self._owner).resolve()
        if other.is_file() and other != config.resolve():
            raise InputError(
                f"{self.root} holds the report of {other}, and this is that of {config}; choose"
                f" another --site, or run `clean` with the other config first"
            )

    def belongs_to(self, config: Path) -> bool:
        """Whether it was made for this config."""
        owner = self._owner
        return owner is not None and (self.root / owner).resolve() == config.resolve()

    def is_current(self, key: str) -> bool:
        """Whether the site was made for `key` and every file of it is still as it was written, or
        as a person left it.
        """
        return self._key == key and all(
            self._untouched(name) or self._edited(name) for name in self._files
        )

    def is_whole(self) -> bool:
        """Whether it was made, and every file of it is still as it was written."""
        return self._key is not None and all(self._untouched(name) for name in self._files)

    @property
    def key(self) -> str | None:
        """Hash of what it was made of; None where it is not whole."""
        return self._key

    def note_asked(self, asked: str | None, remarks: Sequence[str]) -> None:
        """Keep what the site as it stands was asked for, and what was remarked then; nothing where
        somebody edited it, since what was made beside the edit holds only as long as that stands.
        """
        self._asked = [self._key, asked, list(remarks)] if asked and self.is_whole() else []
        self._write_manifest()

    def remarks_on(self, asked: str) -> list[str] | None:
        """What was remarked when the site as it stands was made, as it is asked for; None where
        it was made for anything else, or is no longer whole.
        """
        match self._asked:
            case [self._key, str(same), [*remarks]] if same == asked and self.is_whole():
                return [str(remark) for remark in remarks]
        return None

    @contextmanager
    def workplace(self) -> Iterator[Path]:
        """A folder for files that are made to be published, and are large."""
        folder = self.root / MAKING
        folder.mkdir(parents=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def stands(self, name: str, made: str) -> bool:
        """Whether a file is there as it was published, and was `made` of the same."""
        return self._made.get(name) == made and name in self._files and self._untouched(name)

    def publish(
        self, key: str, files: Mapping[str, Source], made: Mapping[str, str] | None = None
    ) -> tuple[int, int]:
        """Make the site hold `files` (name to content), and no old file of ours.

        Only files whose bytes differ are written: first beside, all of them, then moved over, so
        that a full disk leaves the old site whole. A file that a person edited stays; where there
        is something new to say, the new version goes beside it.

        Parameters
        ----------
        made : what some of the files were made of, for `stands` to be asked next time.

        Returns
        -------
        How many files were written, how many removed.

        Raises
        ------
        InputError
            A file that a person made stands where one of ours must go.
        """
        placed = dict(p for name, source in files.items() for p in self._placed(name, source))
        kept = {n: w for n, w in self._files.items() if n not in placed and self._edited(n)}
        changed = {name: source for name, source in placed.items() if self._differs(name, source)}
        contents = {
            name: self._files[name].content
            if name not in changed and self._known(name)
            else _content(source)
            for name, source in placed.items()
        }
        self._write(changed, contents)
        orphans = [name for name in self._files if name not in placed and name not in kept]
        removed = sum(self._remove(name) for name in orphans)
        self._files, self._made = kept, dict(made or {})
        self._settle(key, contents)
        return len(changed), removed

    def add(self, name: str, content: bytes) -> None:
        """Put one more file beside those of the last `publish`; the next one that changes anything
        removes it.
        """
        key, placed = self._key, dict(self._placed(name, content))
        contents = {place: _content(source) for place, source in placed.items()}
        self._write({p: s for p, s in placed.items() if self._differs(p, s)}, contents)
        self._settle(key, contents)

    def clear(self) -> int:
        """Remove every file of ours that nobody edited since, and say how many."""
        kept = {name: written for name, written in self._files.items() if self._edited(name)}
        removed = sum(self._remove(name) for name in self._files.keys() - kept.keys())
        self._files, self._key = kept, None
        if kept:
            self._write_manifest()
        else:
            self._manifest_path.unlink(missing_ok=True)
        return removed

    def edited(self) -> dict[str, str]:
        """Digest of each file of ours that somebody edited since, by name."""
        return {n: checksum(self.root / n) for n in sorted(self._files) if self._edited(n)}

    def told(self) -> Iterator[str]:
        """A sentence for each file that somebody edited."""
        for name in self.edited():
            new = beside(name)
            there = f"; the new version is {self.root / new}" if new in self._files else ""
            yield f"{self.root / name} was edited since it was written, and is kept{there}"

    def versions(self, name: str, source: Source) -> dict[str, Source]:
        """What stands in the site where `source` is published as `name`: the file itself, or what
        a person made of it, and of the new version beside, and that of now.
        """
        placed = dict(self._placed(name, source))
        kept: dict[str, Source] = {}
        while name not in placed and self._edited(name):
            kept[name] = self.root / name
            name = beside(name)
        return {**kept, **placed}

    def _placed(self, name: str, source: Source) -> Iterator[tuple[str, Source]]:
        """Where a file goes: nowhere where a person edited the very version that it is."""
        while self._edited(name) and not _same(self.root / name, source):
            if self._files[name].content == _content(source):
                return
            name = beside(name)
        yield name, source

    def _write(self, changed: Mapping[str, Source], contents: Mapping[str, str]) -> None:
        """Write beside, all of them, then move over; what is being moved is told before, so that
        a build that is cut short here is no person's edit.
        """
        if not changed:
            return
        staging = self.root / STAGING
        put: dict[int | Path, Path] = {}
        try:
            for name, source in changed.items():
                with named(self.root / name):
                    _put(staging / name, source, put)
            for name in changed:
                sync(staging / name)
            self._key = None
            self._made = {n: of for n, of in self._made.items() if n not in changed}
            self._write_manifest({name: contents[name] for name in changed})
            for name in changed:
                (self.root / name).parent.mkdir(parents=True, exist_ok=True)
                _move(staging / name, self.root / name)
            for folder in {(self.root / name).parent for name in changed}:
                sync(folder)
        finally:
            shutil.rmtree(staging, ignore_errors=True)

    def _settle(self, key: str | None, contents: Mapping[str, str]) -> None:
        """Say that the files that were written stand there, and what the site is made for."""
        for name, content in contents.items():
            self._files[name] = _Written(file_stamp(self.root / name), content)
        self._key = key
        self._write_manifest()

    def _differs(self, name: str, source: Source) -> bool:
        path = self.root / name
        if path.is_file() and _same(path, source):
            return False
        if path.is_file() and name in self._files:
            return True
        in_the_way = [place for place in (path, *path.parents) if place.is_file()] or [
            path
        ] * path.exists()
        if in_the_way:
            message = (
                f"{in_the_way[0]} was not made by featamp and is in the way;"
                " move it, or choose another --site"
            )
            if not self._files:
                message += (
                    f" (the list of featamp's files, {self._manifest_path}, is missing or damaged:"
                    f" where nothing in"
                    f" {self.root} is yours, you may delete that folder)"
                )
            raise InputError(message)
        return True

    def _remove(self, name: str) -> int:
        """Remove an orphan, and the folders that it leaves empty."""
        path = self.root / name
        if not path.is_file():
            return 0
        path.unlink()
        for folder in path.parents[: len(Path(name).parts) - 1]:
            if any(folder.iterdir()):
                break
            folder.rmdir()
        return 1

    def _untouched(self, name: str) -> bool:
        """Whether a file of ours is there as we wrote it: by its stamp, or by what it holds where
        that is another, as of one that was touched, or copied with its times.
        """
        path, written = self.root / name, self._files[name]
        if not path.is_file():
            return False
        stamp = file_stamp(path)
        if f"{stamp} ".startswith(f"{written.stamp} "):
            return True
        same = checksum(path) == written.content
        if same:
            self._files[name] = _Written(stamp, written.content)  # not to be read again
        return same

    def _edited(self, name: str) -> bool:
        """Whether a file of ours holds what we did not write; one that is empty holds nobody's
        words.
        """
        path = self.root / name
        if name not in self._files or not path.is_file() or self._untouched(name):
            return False
        return path.stat().st_size > 0

    def _known(self, name: str) -> bool:
        """Whether the digest of what stands there is that of the manifest."""
        return name in self._files and self._files[name].content != "" and self._untouched(name)

    def _read_manifest(self) -> None:
        manifest = read_json(self._manifest_path)
        if isinstance(number := manifest.get("format"), int) and number > FORMAT:
            raise InputError(
                f"{self.root} was made by a later featamp (its manifest has format {number}, this"
                f" one knows {FORMAT}); choose another --site"
            )
        self._key, self._asked = manifest.get("key"), manifest.get("asked", [])
        owner = manifest.get("owner")
        self._owner = owner if isinstance(owner, str) else None
        files, moving, made = (manifest.get(part) for part in ("files", "moving", "made"))
        self._made = made if isinstance(made, dict) else {}
        self._files = dict(_entries(files)) if isinstance(files, dict) else {}
        for name, content in moving.items() if isinstance(moving, dict) else ():
            path = self.root / name
            if path.is_file() and checksum(path) == content:
                self._files[name] = _Written(file_stamp(path), content)

    def _write_manifest(self, moving: Mapping[str, str] | None = None) -> None:
        manifest = {
            "format": FORMAT,
            "owner": self._owner,
            "key": self._key,
            "files": {n: [w.stamp, w.content] for n, w in sorted(self._files.items())},
            **({"moving": moving} if moving else {}),
            **({"made": self._made} if self._made else {}),
            **({"asked": self._asked} if self._asked else {}),
        }
        content = json.dumps(manifest, indent=0).encode()
        if not self._manifest_path.exists() or self._manifest_path.read_bytes() != content:
            write_atomically(self._manifest_path, content)


def _entries(files: Mapping[str, object]) -> Iterator[tuple[str, _Written]]:
    """What a manifest says of each file; an entry that is none is left out."""
    for name, entry in files.items():
        match entry:
            case [int(size), int(time)]:
                yield name, _Written(f"{size} {time}", "")
            case [int(size), int(time), str(content)]:
                yield name, _Written(f"{size} {time}", content)
            case [str(stamp), str(content)]:
                yield name, _Written(stamp, content)


def _content(source: Source) -> str:
    return hashlib.sha256(source).hexdigest() if isinstance(source, bytes) else checksum(source)


def _same(path: Path, source: Source) -> bool:
    size = len(source) if isinstance(source, bytes) else source.stat().st_size
    if path.stat().st_size != size:
        return False
    return path.read_bytes() == (source if isinstance(source, bytes) else source.read_bytes())


def _move(source: Path, path: Path) -> None:
    """Move a file to its place, whole or not at all, also where its folder is a link to another
    disk.
    """
    try:
        source.replace(path)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        part = path.with_name(STAGING)
        shutil.copyfile(source, part)
        sync(part)
        part.replace(path)


def _put(path: Path, source: Source, put: dict[int | Path, Path]) -> None:
    """Write a file; one that stands in the site under two names is one file with two names, where
    the disk can do that. `put` says where each source was written before.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    key: int | Path = id(source) if isinstance(source, bytes) else source
    try:
        os.link(put[key], path)
    except (KeyError, OSError):
        if isinstance(source, bytes):
            path.write_bytes(source)
        else:
            shutil.copyfile(source, path)
    put[key] = path
