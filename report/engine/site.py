"""The output folder: which of its files are ours, and how new ones take their place."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from featamp.errors import InputError

from .disk import named, read_json, write_atomically


class Site:
    """The output folder. Its own manifest says which files are ours; others are never touched."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._manifest_path = root / ".featamp.json"
        manifest = read_json(self._manifest_path)
        self._key = manifest.get("key")
        files = manifest.get("files")
        self._files: dict[str, list[int]] = files if isinstance(files, dict) else {}

    def is_current(self, key: str) -> bool:
        """Whether the site was made for `key` and every file of it is still as it was written."""
        return self._key == key and all(self._untouched(name) for name in self._files)

    def publish(self, key: str, files: Mapping[str, bytes | Path]) -> tuple[int, int]:
        """Make the site hold `files` (name to content, or to a file whose content it is), and no
        old file of ours.

        Only files whose bytes differ are written: first beside, all of them, then moved over, so
        that a full disk leaves the old site whole.

        Returns
        -------
        How many files were written, how many removed.

        Raises
        ------
        InputError
            A file that a person made stands where one of ours must go.
        """
        changed = {name: source for name, source in files.items() if self._differs(name, source)}
        staging = self.root / ".featamp.part"
        shutil.rmtree(staging, ignore_errors=True)
        try:
            for name, source in changed.items():
                with named(self.root / name):
                    _put(staging / name, source)
            ours = {name: [0, 0] for name in changed} | self._files
            self._write_manifest(None, ours)  # even if the moving is cut short
            for name in changed:
                (self.root / name).parent.mkdir(parents=True, exist_ok=True)
                (staging / name).replace(self.root / name)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
        orphans = [name for name in self._files if name not in files]
        removed = sum(self._remove(name) for name in orphans)
        self._write_manifest(key, {name: _stamp(self.root / name) for name in files})
        return len(changed), removed

    def add(self, name: str, content: bytes) -> None:
        """Put one more file beside those of the last `publish`; the next one that changes anything
        removes it.
        """
        if self._differs(name, content):
            write_atomically(self.root / name, content)
        self._files[name] = _stamp(self.root / name)
        self._write_manifest(self._key, self._files)

    def clear(self) -> int:
        """Remove every file of ours that nobody edited since, and say how many."""
        removed = sum(self._remove(name) for name in list(self._files))
        self._manifest_path.unlink(missing_ok=True)
        return removed

    def _differs(self, name: str, source: bytes | Path) -> bool:
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
        """Remove an orphan, and the folders that it leaves empty; a file that was edited since is
        left.
        """
        path = self.root / name
        if not self._untouched(name):
            return 0
        path.unlink()
        for folder in path.parents[: len(Path(name).parts) - 1]:
            if any(folder.iterdir()):
                break
            folder.rmdir()
        return 1

    def _untouched(self, name: str) -> bool:
        try:
            return self._files[name] == _stamp(self.root / name)
        except FileNotFoundError:
            return False

    def _write_manifest(self, key: str | None, stamps: Mapping[str, list[int]]) -> None:
        content = json.dumps(
            {"key": key, "files": dict(sorted(stamps.items()))}, indent=0
        ).encode()
        if not self._manifest_path.exists() or self._manifest_path.read_bytes() != content:
            write_atomically(self._manifest_path, content)


def _stamp(path: Path) -> list[int]:
    stat = path.stat()
    return [stat.st_size, stat.st_mtime_ns]


def _same(path: Path, source: bytes | Path) -> bool:
    size = len(source) if isinstance(source, bytes) else source.stat().st_size
    if path.stat().st_size != size:
        return False
    return path.read_bytes() == (source if isinstance(source, bytes) else source.read_bytes())


def _put(path: Path, source: bytes | Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(source, bytes):
        path.write_bytes(source)
    else:
        shutil.copyfile(source, path)
