"""Results made once, and the files that they were made from."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from report.engine.store import Store


def writing(text: str, calls: list[Path]) -> Callable[[Path], None]:
    def make(part: Path) -> None:
        calls.append(part)
        (part / "result.txt").write_text(text)

    return make


def test_an_artifact_is_computed_once(tmp_path: Path) -> None:
    calls: list[Path] = []
    first = Store(tmp_path).artifact("stage", "key", writing("one", calls))
    second = Store(tmp_path).artifact("stage", "key", writing("two", calls))
    assert len(calls) == 1
    assert (first.cached, second.cached) == (False, True)
    assert first.path == second.path
    assert first.seconds == second.seconds
    assert (second.path / "result.txt").read_text() == "one"
    assert not Store(tmp_path).artifact("stage", "other", writing("two", calls)).cached


def failing(part: Path) -> None:
    (part / "half.txt").write_text("half")
    raise KeyboardInterrupt


def test_a_make_that_raises_leaves_nothing_that_counts_as_done(tmp_path: Path) -> None:
    store, calls = Store(tmp_path), list[Path]()
    with pytest.raises(KeyboardInterrupt):
        store.artifact("stage", "key", failing)
    assert not store.has("stage", "key")
    artifact = store.artifact("stage", "key", writing("whole", calls))
    assert not artifact.cached and store.has("stage", "key")
    assert sorted(p.name for p in artifact.path.iterdir()) == ["done.json", "result.txt"]
    assert [p.name for p in (tmp_path / "stage").iterdir()] == ["key"]


def test_with_resume_the_unfinished_folder_is_given_back(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        store.artifact("stage", "key", failing, resume=True)
    seen: list[str] = []
    artifact = store.artifact(
        "stage", "key", lambda part: seen.append((part / "half.txt").read_text()), resume=True
    )
    assert seen == ["half"]
    assert (artifact.path / "half.txt").is_file()


# ---- records


# ---- hashes


def age(path: Path, seconds: float) -> None:
    then = time.time_ns() - int(seconds * 1e9)
    os.utime(path, ns=(then, then))


def test_a_file_is_read_again_when_its_size_or_time_changes(tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    path.write_bytes(b"one")
    age(path, 100)
    store = Store(tmp_path / "store")
    first, stat = store.file_hash(path), path.stat()
    store.save_index()
    path.write_bytes(b"two")
    age(path, 50)
    assert Store(tmp_path / "store").file_hash(path) != first
    path.write_bytes(b"three")
    os.utime(path, ns=(stat.st_mtime_ns, stat.st_mtime_ns))
    assert Store(tmp_path / "store").file_hash(path) != first


def test_a_settled_file_is_not_read_again_and_the_index_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    path.write_bytes(b"one")
    age(path, 100)
    store = Store(tmp_path / "store")
    first, stat = store.file_hash(path), path.stat()
    store.save_index()
    path.write_bytes(b"two")
    os.utime(path, ns=(stat.st_mtime_ns, stat.st_mtime_ns))  # only reading could tell
    assert Store(tmp_path / "store").file_hash(path) == first


def test_a_very_young_file_is_not_trusted(tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    path.write_bytes(b"one")
    stat, store = path.stat(), Store(tmp_path / "store")
    first = store.file_hash(path)
    path.write_bytes(b"two")
    os.utime(path, ns=(stat.st_mtime_ns, stat.st_mtime_ns))  # written within one tick of the clock
    assert store.file_hash(path) != first


@pytest.mark.parametrize("damage", [b"", b'{"a": [1', b"[1, 2]", b"\xff\xfe"])
def test_a_damaged_index_only_costs_reading_again(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "files.json").write_bytes(damage)
    path = tmp_path / "a"
    path.write_bytes(b"one")
    age(path, 100)
    assert len(Store(tmp_path).file_hash(path)) == 32
