"""A site of which only our part moves."""

from __future__ import annotations

import errno
import json
import os
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from featamp.errors import InputError
from report.engine.disk import named, write_atomically
from report.engine.site import Site
from report.engine.store import Store
from tests.conftest import contents

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


def test_a_folder_may_lie_on_another_disk(site: Path) -> None:
    shm = Path("/dev/shm")
    if not shm.is_dir() or shm.stat().st_dev == site.stat().st_dev:
        pytest.skip("needs a second disk")
    with TemporaryDirectory(dir=shm) as other:
        shutil.move(site / "dim", Path(other, "dim"))
        (site / "dim").symlink_to(Path(other, "dim"))
        assert Site(site).publish("second", FILES | {"dim/1.html": b"another"}) == (1, 0)
        assert (site / "dim/1.html").read_bytes() == b"another"
        assert sorted(path.name for path in Path(other, "dim").iterdir()) == ["1.html", "2.html"]


def test_an_edit_that_is_taken_back_leaves_nothing_to_say_of_the_site(site: Path) -> None:
    built = Site(site)
    built.note_asked("the same", ["a remark"])
    assert Site(site).remarks_on("the same") == ["a remark"]
    (site / "index.html").write_bytes(b"mine")
    edited = Site(site)
    edited.publish("second", FILES | {"index.html": b"new"})
    edited.note_asked("another", [])
    (site / "index.html").write_bytes(b"index")
    assert Site(site).remarks_on("another") is None


def test_what_was_made_of_the_same_is_not_made_again(site: Path) -> None:
    files = FILES | {"sprites/1.webp": b"of one", "sprites/2.webp": b"two of one"}
    made = {"sprites/1.webp": "one", "sprites/2.webp": "one"}
    Site(site).publish("second", files, made)
    Site(site).add("report.html", b"one more")
    (site / "sprites/2.webp").write_bytes(b"a person's")
    assert Site(site).stands("sprites/1.webp", "one")
    assert not Site(site).stands("sprites/1.webp", "another")
    assert not Site(site).stands("sprites/2.webp", "one") and not Site(site).stands("3", "one")
    files["sprites/1.webp"] = site / "sprites/1.webp"
    Site(site).publish("third", files, made)
    assert (site / "sprites/1.webp").read_bytes() == b"of one"
    assert (site / "sprites/2.webp").read_bytes() == b"a person's"


def test_a_cut_leaves_nothing_that_counts_as_made(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Site(site).publish("second", FILES | {"a.webp": b"of one"}, {"a.webp": "one"})
    move = Path.replace

    def cut(self: Path, target: Path) -> Path:
        moved = move(self, target)
        if target.suffix == ".webp":
            raise OSError("cut")
        return moved

    with monkeypatch.context() as patch, pytest.raises(OSError, match="cut"):
        patch.setattr(Path, "replace", cut)
        Site(site).publish("third", FILES | {"a.webp": b"of two"}, {"a.webp": "two"})
    assert not Site(site).stands("a.webp", "one") and not Site(site).stands("a.webp", "two")


def test_a_site_is_current_until_the_key_or_a_file_changes(site: Path) -> None:
    assert Site(site).is_current("first")
    assert not Site(site).is_current("second")
    (site / "mine.txt").write_text("edited")
    assert Site(site).is_current("first")
    (site / "dim/1.html").write_bytes(b"edited")
    assert Site(site).is_current("first") and list(Site(site).edited()) == ["dim/1.html"]
    (site / "dim/1.html").write_bytes(b"")  # nobody's words: a disk lost them
    assert not Site(site).is_current("first")
    (site / "dim/1.html").unlink()
    assert not Site(site).is_current("first")


def test_what_vanished_is_made_again(site: Path) -> None:
    (site / "dim/1.html").unlink()
    (site / "index.html").write_bytes(b"")
    assert Site(site).publish("first", FILES) == (2, 0)
    assert contents(site) == {**FILES, "mine.txt": b"a person's"}
    assert Site(site).is_current("first")


def test_what_a_person_edited_stays_and_the_new_version_goes_beside(site: Path) -> None:
    words = site / "dim/1.html"
    words.write_bytes(b"my own words")
    assert Site(site).publish("first", FILES) == (0, 0)  # nothing new to say
    assert words.read_bytes() == b"my own words" and not (site / "dim/1.new.html").exists()
    newer = FILES | {"dim/1.html": b"newer"}
    assert Site(site).publish("second", newer) == (1, 0)
    assert words.read_bytes() == b"my own words"
    assert (site / "dim/1.new.html").read_bytes() == b"newer"
    (told,) = Site(site).told()
    assert told.startswith(f"{words} was edited") and str(site / "dim/1.new.html") in told
    assert Site(site).is_current("second")
    assert Site(site).versions("dim/1.html", b"newer") == {
        "dim/1.html": words,
        "dim/1.new.html": b"newer",
    }
    words.unlink()  # and so it is ours again
    assert Site(site).publish("second", newer) == (1, 1)
    assert words.read_bytes() == b"newer" and not (site / "dim/1.new.html").exists()


def test_a_new_version_that_was_edited_too_stays(site: Path) -> None:
    (site / "dim/1.html").write_bytes(b"my own words")
    Site(site).publish("second", FILES | {"dim/1.html": b"second"})
    (site / "dim/1.new.html").write_bytes(b"more words")
    Site(site).publish("third", FILES | {"dim/1.html": b"third"})
    texts = [(site / f"dim/1{middle}.html").read_bytes() for middle in ("", ".new", ".new.new")]
    assert texts == [b"my own words", b"more words", b"third"]
    assert list(Site(site).versions("dim/1.html", b"third").values()) == [
        site / "dim/1.html",
        site / "dim/1.new.html",
        b"third",
    ]


def test_a_file_with_two_names_is_one_on_the_disk_and_edited_under_both(tmp_path: Path) -> None:
    source = tmp_path / "figure.pdf"
    source.write_bytes(b"pixels")
    root, table = tmp_path / "both", b"1,2"
    files: dict[str, bytes | Path] = {"figures/a.pdf": source, "writeup/a.pdf": source}
    Site(root).publish("first", {**files, "data/t.csv": table, "tables/t.csv": table})
    assert (root / "figures/a.pdf").samefile(root / "writeup/a.pdf")
    assert (root / "data/t.csv").samefile(root / "tables/t.csv")
    assert not source.samefile(root / "figures/a.pdf")  # the store is nobody's to edit
    (root / "writeup/a.pdf").write_bytes(b"mine")
    assert set(Site(root).edited()) == set(files)


def test_a_file_that_was_only_touched_is_ours(site: Path) -> None:
    os.utime(site / "dim/1.html")
    assert Site(site).edited() == {}
    assert Site(site).publish("second", FILES | {"dim/1.html": b"newer"}) == (1, 0)
    assert (site / "dim/1.html").read_bytes() == b"newer"


def test_an_edit_that_keeps_size_and_time_is_one(site: Path) -> None:
    page = site / "dim/1.html"
    before = page.stat()
    page.write_bytes(b"his")
    os.utime(page, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert list(Site(site).edited()) == ["dim/1.html"]
    Site(site).publish("second", FILES | {"dim/1.html": b"newer"})
    assert page.read_bytes() == b"his"
    assert (site / "dim/1.new.html").read_bytes() == b"newer"


def test_a_copy_with_its_times_is_current_and_read_once(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(site, tmp_path / "copy")
    copy = Site(tmp_path / "copy")
    assert copy.is_current("first") and copy.is_whole() and copy.edited() == {}
    monkeypatch.setattr("report.engine.site.checksum", lambda _: "read again")
    assert copy.is_whole()


def test_an_edited_page_whose_dimension_went_and_came_back_is_kept(site: Path) -> None:
    (site / "dim/1.html").write_bytes(b"my own words")
    Site(site).publish("second", {"index.html": b"index"})
    Site(site).publish("third", FILES | {"dim/1.html": b"newer"})
    assert (site / "dim/1.html").read_bytes() == b"my own words"
    assert (site / "dim/1.new.html").read_bytes() == b"newer"


@pytest.mark.parametrize("format", [1, 2])
def test_an_older_manifest_is_read_and_a_later_one_refused(site: Path, format: int) -> None:
    manifest = site / ".featamp.json"
    files = {
        name: [*map(int, stamp.split(" ")[:2]), *[content][: format - 1]]
        for name, (stamp, content) in json.loads(manifest.read_text())["files"].items()
    }
    numbered = {"format": format} if format > 1 else {}
    manifest.write_text(json.dumps({"key": "first", "files": files, **numbered}))
    assert Site(site).is_current("first")
    assert Site(site).publish("second", FILES | {"index.html": b"new"}) == (1, 0)
    assert json.loads(manifest.read_text())["format"] == 3
    manifest.write_text('{"format": 4}')
    with pytest.raises(InputError, match="was made by a later featamp"):
        Site(site)


def test_what_was_moved_before_a_cut_is_no_persons_edit(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace, moved = Path.replace, []

    def cut(self: Path, target: Path) -> Path:
        if ".featamp.part" in self.parts:
            moved.append(self.name)
            if len(moved) == 3:
                raise KeyboardInterrupt
        return replace(self, target)

    new = {name: b"new" for name in [*FILES, "dim/3.html"]}
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", cut)
        with pytest.raises(KeyboardInterrupt):
            Site(site).publish("second", new)
    assert Site(site).edited() == {}
    newest = {name: b"newest" for name in new}
    Site(site).publish("third", newest)
    assert contents(site) == {**newest, "mine.txt": b"a person's"}


def test_a_site_knows_whose_it_is(site: Path, tmp_path: Path) -> None:
    mine, other = tmp_path / "mine.toml", tmp_path / "other.toml"
    for config in (mine, other):
        config.touch()
    with Site(site).claimed(mine):
        pass  # it belongs to nobody yet, and nothing was published
    published = Site(site)
    with published.claimed(mine):
        published.publish("second", FILES)
    with (
        pytest.raises(InputError, match=r"holds the report of .*mine\.toml"),
        Site(site).claimed(other),
    ):
        pass
    mine.rename(tmp_path / "renamed.toml")
    with Site(site).claimed(other):
        pass
    assert not (site / ".featamp.lock").exists()


def test_a_build_that_fails_leaves_no_empty_site(tmp_path: Path) -> None:
    with pytest.raises(InputError), Site(tmp_path / "a/site").claimed(tmp_path / "x.toml"):
        raise InputError("no images")
    assert not (tmp_path / "a/site").exists()


def test_orphans_go_with_the_folder_that_they_leave_empty(site: Path) -> None:
    assert Site(site).publish("second", {"index.html": b"index"}) == (0, 2)
    assert contents(site) == {"index.html": b"index", "mine.txt": b"a person's"}
    assert not (site / "dim").exists()


def test_an_orphan_that_a_person_edited_stays(site: Path) -> None:
    (site / "dim/1.html").write_bytes(b"my own words")
    assert Site(site).publish("second", {"index.html": b"index"}) == (0, 1)
    assert (site / "dim/1.html").read_bytes() == b"my own words"
    assert not (site / "dim/2.html").exists()


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
    Site(site).publish("second", FILES | {"dim/1.html": b"newer"})  # it is still known as edited
    assert (site / "dim/1.html").read_bytes() == b"my own words"


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
