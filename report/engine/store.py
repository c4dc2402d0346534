"""Results kept between builds, each keyed by all that it depends on."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from .disk import checksum, named, read_checked, sync, write_checked
from .files import Files, file_stamp
from .hashing import digest, module_hash, run_besides
from .records import load_record, save_record

T = TypeVar("T")
STORE = ".featamp"
"""The store's folder, beside the config."""
DONE = "done.json"
RECORD = "record.npz"
INDEX, BUILDS, MODULES = "files.json", "builds.json", "modules.json"
OWN = (INDEX, BUILDS, MODULES, "lock")
"""The store's own files: hashes of the person's, what the last builds used, and who builds now."""
PART, BEGUN, GONE = ".part", ".begun", ".gone"
"""How a result's folder ends that is not whole yet; that is not either, but that a later build
goes on with; and that is being removed."""
UNPACKED = "unpacked"
"""Folder of the images that commands unpack: no results, and never removed by a build."""
GIVEN = "given"
"""Folder of what a notebook gave: no results either."""
FONTS = "fonts"
"""Folder of matplotlib's list of fonts, where it may keep nothing at home: no results either."""
BESIDES = (UNPACKED, GIVEN, FONTS)
SPARE = "shrunk"
"""The stage of what only spares another build some work: it is kept without being used, as long as
there is room."""
KEPT_BUILDS = 3
"""Results of so many builds are kept, each of which used others than the one before."""
ABANDONED_SECONDS = 30 * 86_400
"""An interrupted result that nobody went on with for so long is removed."""


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
    """Results in folders named by stage and key, and the hashes of the person's files.

    A result is made in `<key>.part` (`.begun` where another build may go on with it) and renamed
    when it is whole, so a build killed at any moment leaves only whole results and parts that the
    next build clears or goes on with. It says what its files hold, and is made again where they
    no longer hold it.

    Parameters
    ----------
    keeps_index : whether it writes down what files hold; one process alone may.

    Attributes
    ----------
    missing : asked before a result is made; says whether another process has made it meanwhile.
    lacking : set where one could not be made that the next build tries again.
    """

    def __init__(
        self, root: Path, tell: Callable[[str], None] = print, *, keeps_index: bool = True
    ) -> None:
        self.root = root
        self.files = Files(root / INDEX, keeps_index)
        self._modules = root / MODULES
        self._keeps = keeps_index
        self._tell = tell
        self.missing: Callable[[], bool] | None = None
        self.lacking = False
        self.found: dict[str, str] = {}
        self._whole: set[Path] = set()
        self._used: set[str] = set()

    def artifact(
        self,
        stage: str,
        key: str,
        make: Callable[[Path], None],
        *,
        resume: bool = False,
        reads: Iterable[Path] = (),
    ) -> Artifact:
        """The result of `stage` under `key`, made in a folder by `make` where it is not there yet.

        With `resume`, `make` is given the unfinished folder that an interrupted build left. Files
        that `make` `reads` must still hold afterwards what they held when they were hashed.
        """
        (artifact,) = self.artifacts(
            stage, [key], lambda parts: make(parts[key]), resume=resume, reads=reads
        )
        return artifact

    def artifacts(
        self,
        stage: str,
        keys: Sequence[str],
        make: Callable[[dict[str, Path]], None],
        *,
        resume: bool = False,
        reads: Iterable[Path] = (),
    ) -> list[Artifact]:
        """The results of `stage` under several keys, those that are not there yet made side by
        side: `make` is given the folder of each by its key. As `artifact` in all else.
        """
        self._used.update(f"{stage}/{key}" for key in keys)
        lacking = self._lacking(stage, keys)
        if lacking and self.missing and self.missing():
            lacking = self._lacking(stage, keys)
        parts = {key: self._part(stage, key, resume) for key in lacking}
        start = time.perf_counter()
        if parts:
            with named(next(iter(parts.values()))):
                make(parts)
            self.files.verify(reads)
        seconds = round((time.perf_counter() - start) / max(len(parts), 1), 3)
        for key, part in parts.items():
            path = self.root / stage / key
            _seal(part, seconds)
            part.rename(path)
            sync(path.parent)
            self._whole.add(path)
        return [self._artifact(stage, key, key not in parts) for key in keys]

    def _lacking(self, stage: str, keys: Sequence[str]) -> list[str]:
        return [key for key in keys if not self.has(stage, key)]

    def _part(self, stage: str, key: str, resume: bool) -> Path:
        """The folder in which a result is made."""
        part = self.root / stage / f"{key}{BEGUN if resume else PART}"
        if not resume:
            shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True, exist_ok=True)
        return part

    def _artifact(self, stage: str, key: str, cached: bool) -> Artifact:
        path = self.root / stage / key
        return Artifact(path, key, float(read_checked(path / DONE)["seconds"]), cached)

    def record(
        self,
        stage: str,
        key: str,
        kind: type[T],
        compute: Callable[[], T],
        reads: Iterable[Path] = (),
    ) -> tuple[T, Artifact]:
        """A result that is one frozen dataclass: computed where it is not there yet, loaded where
        it is.
        """
        artifact = self.artifact(
            stage, key, lambda part: save_record(part / RECORD, compute()), reads=reads
        )
        return load_record(artifact.path / RECORD, kind), artifact

    def find(self, name: str, compute: Callable[[], str]) -> str:
        """What each build finds out anew, once."""
        if name not in self.found and self.missing:
            self.missing()
        if name not in self.found:
            self.found[name] = compute()
        return self.found[name]

    def note_modules(self) -> None:
        """Note what was run of a person's and stands in no hash of code, as it was when it was
        first run here: before anything that was made by it is kept.
        """
        place = self.root.parent.resolve()  # that and they may move together
        run = {os.path.relpath(file, place): content for file, content in run_besides().items()}
        noted = self._noted()
        if self._keeps and not run.keys() <= noted.keys():
            write_checked(self._modules, {"first": {**run, **noted}})

    def edited_modules(self) -> str | None:
        """Hash of those of them that are no longer as they were first; None where all are: what
        was made before anybody knew of them counts as made by those.
        """
        place = self.root.parent.resolve()
        now = {name: (first, module_hash(place / name)) for name, first in self._noted().items()}
        edited = {name: found for name, (first, found) in now.items() if found != first}
        return digest(edited) if edited else None

    def _noted(self) -> dict[str, str]:
        """Hash of each of them, by its path from the folder of the config."""
        return dict(read_checked(self._modules).get("first", {}))

    def has(self, stage: str, key: str) -> bool:
        """Whether the result is there and whole; one that was damaged is told and removed."""
        path = self.root / stage / key
        if path not in self._whole and path.is_dir():
            if fault := damage(path):
                self._tell(f"warning: {path}: {fault}; it is made again")
                shutil.rmtree(path)
            else:
                self._whole.add(path)
        return path in self._whole

    def entries(self) -> Iterator[Path]:
        """Every finished result, used or not."""
        stages = (stage for stage in sorted(self.root.glob("*")) if stage.name not in BESIDES)
        folders = (folder for stage in stages for folder in stage.glob("*"))
        yield from (p for p in folders if p.is_dir() and p.suffix not in (PART, BEGUN, GONE))

    def misplaced(self) -> Iterator[Path]:
        """What stands where only folders do: those of the stages, and of their results."""
        stages = [path for path in sorted(self.root.glob("*")) if path.name not in OWN]
        results = (p for s in stages if s.name not in BESIDES for p in s.glob("*"))
        for path in (*stages, *results):
            if not path.is_dir() and not path.name.startswith("."):  # a file system's own
                yield path

    def stamp(self) -> str:
        """Hash of which results there are, and of the stamp of each file of them."""
        files = (os.scandir(folder) for folder in sorted(self.entries()))
        return digest(sorted((file.path, file_stamp(file)) for folder in files for file in folder))

    def prune(self, limit: int) -> int:
        """Remove what neither this build used nor the last ones; those give way, the oldest first,
        where the store would be larger than `limit` bytes. What only spares work goes before them,
        what was read longest ago first. The bytes removed.
        """
        self._clear_parts()
        record = self.root / BUILDS
        before = read_checked(record)
        used = sorted(name for name in self._used if not name.startswith(f"{SPARE}/"))
        builds = [used, *(past for past in before.get("builds", []) if past != used)][:KEPT_BUILDS]
        after = {"limit": limit, "builds": builds}
        if after == before:
            return 0
        sizes = {f"{p.parent.name}/{p.name}": _size(p) for p in self.entries()}
        while len(builds) > 1 and sum(sizes.get(n, 0) for n in set().union(*builds)) > limit:
            builds.pop()
        spare = [name for name in sizes if name.startswith(f"{SPARE}/")]
        kept = set(spare).union(*builds)
        for name in sorted(spare, key=lambda name: (self.root / name).stat().st_mtime_ns):
            if sum(sizes.get(n, 0) for n in kept) > limit:
                kept.remove(name)
        gone = sizes.keys() - kept
        for name in gone:
            path = self.root / name
            path.rename(path.with_name(path.name + GONE))  # a kill leaves no half of a result
        self._clear_parts()
        write_checked(record, after)
        return sum(sizes[name] for name in gone)

    def _clear_parts(self) -> None:
        """Remove what builds that were killed have left, and none goes on with."""
        gone, parts, begun = (self.root.glob(f"*/*{end}") for end in (GONE, PART, BEGUN))
        killed = (path for path in parts if path.parent.name != UNPACKED)  # a command may be at it
        for path in (*gone, *killed, *filter(_is_abandoned, begun)):
            path.unlink() if path.is_symlink() else shutil.rmtree(path)


def damage(path: Path) -> str | None:
    """What is wrong with a finished result, in words; None where its files are as they were
    written.
    """
    done = read_checked(path / DONE)
    files, key = done.get("files"), done.get("key", path.name)
    if files is None:
        return f"{DONE} is damaged or missing"
    if key != path.name:
        return f"it holds the result {key}"
    for name, (size, content) in files.items():
        file = path / name
        if not file.is_file():
            return f"{name} is missing"
        if (found := file.stat().st_size) != size:
            return f"{name} has {found} bytes, expected {size}"
        if checksum(file) != content:
            return f"{name} does not hold what was written"
    return None


def _seal(part: Path, seconds: float) -> None:
    """Say what the files of a result hold, and have the disk hold it before it counts."""
    files = {}
    for file in sorted(part.iterdir()):
        if file.name != DONE:
            sync(file)
            files[file.name] = [file.stat().st_size, checksum(file)]
    key = part.stem
    write_checked(part / DONE, {"key": key, "seconds": seconds, "files": files})


def _is_abandoned(begun: Path) -> bool:
    newest = max(path.stat().st_mtime for path in (begun, *begun.iterdir()))
    return time.time() - newest > ABANDONED_SECONDS


def _size(path: Path) -> int:
    return sum(file.stat().st_size for file in path.iterdir())
