"""What is kept between builds: results keyed by all that they depend on, and the list of files
that are ours.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any, TextIO, TypeVar

import numpy as np

from featamp.errors import InputError

T = TypeVar("T")
PROJECT = Path(__file__).resolve().parents[2]
TEMPLATES = PROJECT / "templates"
DONE = "done.json"
RECORD = "record.npz"
SETTLED_NS = 2_000_000_000
"""A file younger than this when it was hashed may change again without a new time stamp: it is
hashed anew."""


def digest(*parts: object) -> str:
    """Short hash of plain values (text, numbers, lists, dicts, None), the same in every
    process.
    """
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


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
        self._index: dict[str, list[Any]] = _read_json(self._index_path)
        self._indexed = 0

    def artifact(
        self, stage: str, key: str, make: Callable[[Path], None], *, resume: bool = False
    ) -> Artifact:
        """The result of `stage` under `key`, made in a folder by `make` where it is not there yet.

        With `resume`, `make` is given the unfinished folder that an interrupted build left.
        """
        path = self.root / stage / key
        if (path / DONE).is_file():
            return Artifact(path, key, float(_read_json(path / DONE)["seconds"]), cached=True)
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


def save_record(path: Path, record: object) -> None:
    """Save a frozen dataclass of arrays and plain values as .npz (a path as text); loading it runs
    nothing.
    """
    path.write_bytes(record_bytes(record))


def record_bytes(record: object) -> bytes:
    """What `save_record` saves."""
    values = {field.name: getattr(record, field.name) for field in fields(record)}  # type: ignore[arg-type]
    arrays = {name: value for name, value in values.items() if isinstance(value, np.ndarray)}
    plain = {name: value for name, value in values.items() if name not in arrays}
    content = BytesIO()
    np.savez(
        content,
        allow_pickle=False,
        **arrays,
        _plain=np.array(json.dumps(plain, default=os.fspath)),
    )
    return content.getvalue()


def load_record(path: Path, kind: type[T]) -> T:
    """Load what `save_record` saved; JSON's lists become tuples again."""
    with np.load(path, allow_pickle=False) as archive:
        plain = _tuples(json.loads(str(archive["_plain"])))
        arrays = {name: archive[name] for name in archive.files if name != "_plain"}
    return kind(**plain, **arrays)


def _tuples(value: Any) -> Any:  # noqa: ANN401  any JSON value
    if isinstance(value, list):
        return tuple(_tuples(item) for item in value)
    if isinstance(value, dict):
        return {key: _tuples(item) for key, item in value.items()}
    return value


def code_hash(*modules: str, root: Path = PROJECT) -> str:
    """Hash of the source of `modules` and of every module below `root` that they import, directly
    or not.

    The imports are read, not run: torch stays unloaded, and no list of dependencies has to be kept
    by hand.
    """
    sources: dict[str, bytes] = {}
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        path = source_file(root, name)
        if name in sources or path is None:
            continue
        sources[name] = path.read_bytes()
        waiting += _imports(name, path.stem == "__init__", sources[name])
    return digest({name: hashlib.blake2b(source).hexdigest() for name, source in sources.items()})


@cache
def source_file(root: Path, module: str) -> Path | None:
    """The file of a module or of a package below `root`; None where there is none."""
    place = root.joinpath(*module.split("."))
    return next(
        (p for p in (place.with_suffix(".py"), place / "__init__.py") if p.is_file()), None
    )


@cache
def _imports(module: str, is_package: bool, source: bytes) -> list[str]:
    """Names that may be modules; a name that is not one simply has no file.

    What is no Python (a user's slip) imports nothing: its bytes are hashed all the same, and
    whoever runs it says so.
    """
    outer = module.rpartition(".")[0]
    names, package = [outer] if outer else [], module if is_package else outer
    try:
        waiting: list[ast.AST] = [ast.parse(source)]
    except (SyntaxError, ValueError):
        return names
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            start = package.rsplit(".", node.level - 1)[0] if node.level else ""
            base = ".".join(part for part in (start, node.module or "") if part)
            names += [base, *(f"{base}.{alias.name}" for alias in node.names)]
        for block in (
            "body",
            "orelse",
            "finalbody",
            "handlers",
            "cases",
        ):  # statements stand nowhere else
            inside = getattr(node, block, ())
            waiting += inside if isinstance(inside, list) else ()
    return names


class Site:
    """The output folder. Its own manifest says which files are ours; others are never touched."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._manifest_path = root / ".featamp.json"
        manifest = _read_json(self._manifest_path)
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


def _read_json(path: Path) -> dict[str, Any]:
    """A JSON object from our own file; an empty one where there is none or where it was
    damaged.
    """
    try:
        value = json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError, json.JSONDecodeError, UnicodeDecodeError):
        return {}
    return value if isinstance(value, dict) else {}


def lock(root: Path) -> TextIO:
    """Hold the store for this build, as long as the file is open; InputError where another build
    holds it.
    """
    import fcntl

    root.mkdir(parents=True, exist_ok=True)
    file = (root / "lock").open("w")
    try:
        fcntl.lockf(
            file, fcntl.LOCK_EX | fcntl.LOCK_NB
        )  # unlike flock, not held on by forked workers
    except (BlockingIOError, PermissionError):
        file.close()
        raise InputError(
            f"{root}: another build is using this store; wait for it to end"
        ) from None
    return file
