"""What is kept between builds: results made once, hashes that tell a change, a site of which only
our part moves."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from featamp.errors import InputError
from report.engine.store import (
    PROJECT,
    Site,
    Store,
    code_hash,
    digest,
    load_record,
    lock,
    named,
    save_record,
    write_atomically,
)
from tests.conftest import contents, started

# ---- artifacts


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


def test_digest_tells_values_apart_and_not_the_order_of_keys() -> None:
    assert digest({"a": 1, "b": [2.5, None]}) == digest({"b": [2.5, None], "a": 1})
    assert len({digest(v) for v in (1, "1", 1.5, None, [1], [[1]], {"1": 1}, True)}) == 8
    assert digest("a", "b") != digest("ab")


# ---- records


@dataclass(frozen=True)
class Record:
    values: NDArray[np.float32]
    flags: NDArray[np.bool_] | None
    pairs: tuple[tuple[str, tuple[int, ...]], ...]
    number: object
    facts: dict[str, Any]


@pytest.mark.parametrize("flags", [None, np.array([[True], [False]])])
def test_a_record_comes_back_as_it_was(tmp_path: Path, flags: NDArray[np.bool_] | None) -> None:
    record = Record(
        np.array([[0.1, -2.0]], np.float32),
        flags,
        (("ü<b>", (1, 2)), ("", ())),
        0.1,
        {"a": (None, 1), "b": "x"},
    )
    save_record(tmp_path / "record.npz", record)
    loaded = load_record(tmp_path / "record.npz", Record)
    assert (loaded.pairs, loaded.number, loaded.facts) == (
        record.pairs,
        record.number,
        record.facts,
    )
    assert loaded.values.dtype == np.float32
    np.testing.assert_array_equal(loaded.values, record.values)
    np.testing.assert_array_equal(loaded.flags, flags)


def test_a_value_that_would_change_its_kind_is_not_saved(tmp_path: Path) -> None:
    record = Record(np.zeros(1, np.float32), None, (), np.int64(3), {})
    with pytest.raises(TypeError):
        save_record(tmp_path / "record.npz", record)


# ---- hashes


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """pack.top imports pack.middle, which imports pack.sub.low inside a function; pack.apart
    stands alone."""
    (tmp_path / "pack/sub").mkdir(parents=True)
    for name, source in {
        "pack/__init__.py": "",
        "pack/top.py": "import json\nfrom pack import middle\n",
        "pack/middle.py": "def f():\n    from .sub import low\n    return low\n",
        "pack/sub/__init__.py": "",
        "pack/sub/low.py": "from pack.top import nothing\nX = 1\n",
        "pack/apart.py": "Y = 1\n",
        "user.py": "from helper import Block\n",
        "helper.py": "class Block: pass\n",
    }.items():
        (tmp_path / name).write_text(source)
    return tmp_path


@pytest.mark.parametrize(
    "name", ["top.py", "middle.py", "sub/low.py", "sub/__init__.py", "__init__.py"]
)
def test_code_hash_follows_imports_however_indirect(package: Path, name: str) -> None:
    before = code_hash("pack.top", root=package)
    with (package / "pack" / name).open("a") as file:
        file.write("Z = 2\n")
    assert code_hash("pack.top", root=package) != before


def test_code_hash_does_not_follow_what_is_not_imported(package: Path) -> None:
    before = code_hash("pack.top", root=package)
    (package / "pack/apart.py").write_text("Y = 2\n")
    (package / "helper.py").write_text("class Block: x = 1\n")
    assert code_hash("pack.top", root=package) == before


def test_code_hash_covers_the_users_helpers(package: Path) -> None:
    before = code_hash("user", root=package)
    (package / "helper.py").write_text("class Block: x = 1\n")
    assert code_hash("user", root=package) != before


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


def test_two_builds_do_not_share_a_store(tmp_path: Path) -> None:
    take = f"held = lock(Path({str(tmp_path)!r})); print(); input()"
    hold = f"from pathlib import Path; from report.engine.store import lock; {take}"
    with started([sys.executable, "-c", hold], cwd=PROJECT, stdin=subprocess.PIPE) as other:
        assert other.stdin and other.stdout
        other.stdout.readline()
        with pytest.raises(InputError, match="another build is using this store"):
            lock(tmp_path)
        other.stdin.close()
    lock(tmp_path).close()


# ---- the site

FILES: dict[str, bytes | Path] = {
    "index.html": b"index",
    "dim/1.html": b"one",
    "dim/2.html": b"two",
}


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A published site, a person's file beside ours, all of it old."""
    root = tmp_path / "site"
    root.mkdir()
    (root / "mine.txt").write_text("a person's")
    assert Site(root).publish("first", FILES) == (3, 0)
    return root


def test_only_files_that_differ_are_written(site: Path, tmp_path: Path) -> None:
    before = {name: (site / name).stat() for name in FILES}
    (tmp_path / "source").write_bytes(b"two")
    changed = FILES | {"dim/1.html": b"another", "dim/2.html": tmp_path / "source"}
    assert Site(site).publish("second", changed) == (1, 0)
    assert (site / "dim/1.html").read_bytes() == b"another"
    for name in ("index.html", "dim/2.html"):
        after = (site / name).stat()
        assert (after.st_mtime_ns, after.st_ino) == (before[name].st_mtime_ns, before[name].st_ino)
    assert Site(site).publish("second", changed) == (0, 0)


def test_a_file_may_come_from_another(site: Path, tmp_path: Path) -> None:
    (tmp_path / "sprite").write_bytes(b"pixels")
    assert Site(site).publish("second", FILES | {"sprites/1.png": tmp_path / "sprite"}) == (1, 0)
    assert (site / "sprites/1.png").read_bytes() == b"pixels"
    assert (tmp_path / "sprite").read_bytes() == b"pixels"


def test_a_site_is_current_until_the_key_or_a_file_changes(site: Path) -> None:
    assert Site(site).is_current("first")
    assert not Site(site).is_current("second")
    (site / "mine.txt").write_text("edited")
    assert Site(site).is_current("first")
    (site / "dim/1.html").write_bytes(b"edited")
    assert not Site(site).is_current("first")
    (site / "dim/1.html").unlink()
    assert not Site(site).is_current("first")


def test_what_vanished_is_made_again_and_what_was_edited_is_mended(site: Path) -> None:
    (site / "dim/1.html").unlink()
    (site / "index.html").write_bytes(b"edited")
    assert Site(site).publish("first", FILES) == (2, 0)
    assert contents(site) == {**FILES, "mine.txt": b"a person's"}
    assert Site(site).is_current("first")


def test_orphans_go_with_the_folder_that_they_leave_empty(site: Path) -> None:
    assert Site(site).publish("second", {"index.html": b"index"}) == (0, 2)
    assert contents(site) == {"index.html": b"index", "mine.txt": b"a person's"}
    assert not (site / "dim").exists()


def test_an_orphan_that_a_person_edited_stays(site: Path) -> None:
    (site / "dim/1.html").write_bytes(b"my own words")
    assert Site(site).publish("second", {"index.html": b"index"}) == (0, 1)
    assert (site / "dim/1.html").read_bytes() == b"my own words"
    assert not (site / "dim/2.html").exists()


def test_an_edited_orphan_stays_even_after_a_publication_was_cut_short(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (site / "dim/1.html").write_bytes(b"my own words")
    replace = Path.replace

    def cut(self: Path, target: Path) -> Path:
        if ".featamp.part" in self.parts:
            raise KeyboardInterrupt
        return replace(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", cut)
        with pytest.raises(KeyboardInterrupt):
            Site(site).publish("second", {"index.html": b"new"})
    Site(site).publish("second", {"index.html": b"new"})
    assert (site / "dim/1.html").read_bytes() == b"my own words"
    assert (site / "index.html").read_bytes() == b"new"


@pytest.mark.parametrize("name", ["mine.txt", "mine.txt/inside.html", "dim"])
def test_what_stands_in_the_way_is_named_before_anything_is_written(site: Path, name: str) -> None:
    before = contents(site)
    with pytest.raises(InputError, match=rf"site/({name.split('/')[0]}) was not made by featamp"):
        Site(site).publish("second", {"index.html": b"new", name: b"ours"})
    assert contents(site) == before
    assert Site(site).is_current("first")


def test_a_failure_while_writing_leaves_the_old_site_whole(site: Path, tmp_path: Path) -> None:
    before = contents(site)
    with pytest.raises(FileNotFoundError):
        Site(site).publish("second", {"index.html": b"new", "a.png": tmp_path / "nothing"})
    assert contents(site) == before
    assert not (site / ".featamp.part").exists()
    assert Site(site).is_current("first")


@pytest.mark.parametrize(
    "damage", [b"", b'{"key": "first", "fil', b'{"key": "first", "files": [1]}', b"null"]
)
def test_a_damaged_manifest_is_survived(site: Path, damage: bytes) -> None:
    (site / ".featamp.json").write_bytes(damage)
    Site(site).publish("first", FILES)
    assert contents(site) == {**FILES, "mine.txt": b"a person's"}
    assert Site(site).is_current("first")


def test_clearing_takes_our_files_only(site: Path) -> None:
    (site / "dim/1.html").write_bytes(b"my own words")
    assert Site(site).clear() == 2
    assert contents(site) == {"mine.txt": b"a person's", "dim/1.html": b"my own words"}


@pytest.mark.parametrize(
    "source", [b"def VAE(:\n", b"x = '\xe9'\n", b"x = 1\0\n"], ids=["syntax", "latin-1", "nul"]
)
def test_what_is_no_python_is_hashed_by_its_bytes(tmp_path: Path, source: bytes) -> None:
    (tmp_path / "user.py").write_bytes(source)
    before = code_hash("user", root=tmp_path)
    (tmp_path / "user.py").write_bytes(source + b"#")
    assert code_hash("user", root=tmp_path) != before


def test_code_hash_follows_a_package_inside_a_package(package: Path) -> None:
    (package / "pack/sub/__init__.py").write_text("from .beside import X\nfrom ..apart import Y\n")
    (package / "pack/sub/beside.py").write_text("X = 1\n")
    hashes = {code_hash("pack.sub", root=package)}
    for name in ("sub/beside.py", "apart.py"):
        (package / "pack" / name).write_text("X = Y = 2\n")
        hashes.add(code_hash("pack.sub", root=package))
    assert len(hashes) == 3


def test_folders_in_folders_go_when_they_are_left_empty(site: Path) -> None:
    Site(site).publish(
        "second", FILES | {"writeup/figures/1.png": b"1", "writeup/tables/1.csv": b"2"}
    )
    (site / "writeup/tables/mine.csv").write_text("a person's")
    Site(site).clear()
    assert sorted(str(path.relative_to(site)) for path in site.rglob("*")) == [
        "mine.txt",
        "writeup",
        "writeup/tables",
        "writeup/tables/mine.csv",
    ]
    (site / "writeup/tables/mine.csv").unlink()
    (site / "writeup/tables").rmdir()
    (site / "writeup").rmdir()
    Site(site).publish("third", {"writeup/figures/1.png": b"1"})
    assert Site(site).clear() == 1
    assert [path.name for path in site.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("damage", [None, b"", b"{"])
def test_a_lost_manifest_is_said_where_files_are_in_the_way(
    site: Path, damage: bytes | None
) -> None:
    manifest = site / ".featamp.json"
    with pytest.raises(InputError) as with_manifest:
        Site(site).publish("second", {"mine.txt": b"ours"})
    assert "missing" not in str(with_manifest.value)
    manifest.unlink() if damage is None else manifest.write_bytes(damage)
    with pytest.raises(
        InputError, match=r"index\.html was not made by featamp and is in the way"
    ) as error:
        Site(site).publish("second", {"index.html": b"new"})
    assert (
        f"{manifest}, is missing or damaged: where nothing in {site} is yours, you may delete"
        in str(error.value)
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_full_disk_is_told_with_the_file_that_did_not_fit(site: Path, tmp_path: Path) -> None:
    def fill(path: Path) -> None:
        path.write_bytes(b"x")

    full = Path("/dev/full")
    with pytest.raises(OSError, match="No space left") as alone:
        fill(full)
    assert alone.value.filename is None
    with pytest.raises(OSError, match="No space left") as stage:
        Store(tmp_path).artifact("codes", "key", lambda part: fill(full))
    assert stage.value.filename == str(tmp_path / "codes/key.part")
    (tmp_path / ".index.html.part").symlink_to(full)
    with pytest.raises(OSError, match="No space left") as file:
        write_atomically(tmp_path / "index.html", b"x")
    assert file.value.filename == str(tmp_path / "index.html")
    with pytest.raises(FileNotFoundError) as other:  # an error that has a place keeps it
        Store(tmp_path).artifact("codes", "key", lambda part: fill(tmp_path / "no/folder"))
    assert other.value.filename == str(tmp_path / "no/folder")
    with (
        pytest.raises(OSError, match=r"^truncated$"),
        named(tmp_path),
    ):  # and one that is not the system's its words
        raise OSError("truncated")


def test_a_full_disk_names_the_page_that_did_not_fit(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, data: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left") as page:
        Site(site).publish("second", {"index.html": b"new"})
    assert page.value.filename == str(site / "index.html")
