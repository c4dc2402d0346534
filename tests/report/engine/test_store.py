"""Results made once, and the files that they were made from."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from featamp.errors import InputError
from report.engine.store import GIVEN, GONE, SPARE, Store


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


# ---- damage


@pytest.fixture
def told() -> list[str]:
    return []


def make_three(part: Path) -> None:
    for name in "abc":
        (part / name).write_bytes(name.encode() * 100)


def flip(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place % len(content)] ^= 1
    path.write_bytes(content)


def age(path: Path, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(path, (then, then))


def test_whatever_is_damaged_is_made_again_and_told(tmp_path: Path, told: list[str]) -> None:
    path = Store(tmp_path).artifact("stage", "key", make_three).path
    whole = {p.name: p.read_bytes() for p in path.iterdir()}
    seconds = re.compile(rb'"seconds": [\d.e-]+|"digest": "\w+"')  # of done.json: another time
    cases = 0
    for name, content in whole.items():
        damages: list[Callable[[Path], object]] = [
            *(partial(flip, place=place) for place in range(0, len(content), 7)),
            Path.unlink,
            lambda file: file.write_bytes(b""),
            lambda file: file.write_bytes(file.read_bytes() + b"x"),
        ]
        for damaging in damages:
            damaging(path / name)
            assert not Store(tmp_path, told.append).artifact("stage", "key", make_three).cached
            cases += 1
            assert len(told) == cases and f"{name} " in told[-1] and str(path) in told[-1]
            for n, c in whole.items():
                assert seconds.sub(b"", (path / n).read_bytes()) == seconds.sub(b"", c)
    assert cases > 90


def test_has_is_no_for_what_was_damaged(tmp_path: Path, told: list[str]) -> None:
    path = Store(tmp_path).artifact("stage", "key", make_three).path
    flip(path / "b", 5)
    store = Store(tmp_path, told.append)
    assert not store.has("stage", "key") and not store.has("stage", "key") and len(told) == 1


def test_a_result_under_the_key_of_another_is_made_again(tmp_path: Path, told: list[str]) -> None:
    paths = [Store(tmp_path).artifact("stage", key, make_three).path for key in ("one", "two")]
    paths[0].rename(tmp_path / "aside")
    paths[1].rename(paths[0])
    store = Store(tmp_path, told.append)
    assert not store.artifact("stage", "one", make_three).cached
    assert f"{paths[0]}: it holds the result two" in told[0]


def test_what_was_read_must_not_have_changed_meanwhile(tmp_path: Path) -> None:
    image = tmp_path / "image.jpg"
    image.write_bytes(b"one")
    store = Store(tmp_path / "store")
    store.files.hash(image)

    def make(part: Path) -> None:
        (part / "made").write_bytes(image.read_bytes())
        image.write_bytes(b"two")

    with pytest.raises(InputError, match=r"image\.jpg changed while"):
        store.artifact("stage", "key", make, reads=[image])
    assert not store.has("stage", "key")


# ---- pruning


def builds(root: Path, *keys: str, limit: int = 10**9) -> int:
    """A build that uses these results; the bytes that it removed."""
    store = Store(root)
    for key in keys:
        store.artifact("stage", key, make_three)
    return store.prune(limit)


def kept(root: Path) -> set[str]:
    return {path.name for path in Store(root).entries()}


def test_what_the_last_builds_did_not_use_goes(tmp_path: Path) -> None:
    assert [builds(tmp_path, "all", key) for key in "1234"][:3] == [0, 0, 0]
    assert kept(tmp_path) == {"all", "2", "3", "4"}
    before = (tmp_path / "builds.json").stat().st_mtime_ns
    assert builds(tmp_path, "all", "4") == 0  # nothing new
    assert (tmp_path / "builds.json").stat().st_mtime_ns == before
    assert builds(tmp_path, "all", "3") == 0  # back and forth loses nothing
    assert kept(tmp_path) == {"all", "2", "3", "4"}


def test_earlier_builds_give_way_to_the_limit_but_this_one_never(tmp_path: Path) -> None:
    for key in "12":
        builds(tmp_path, key)
    assert builds(tmp_path, "3", limit=1500) > 300
    assert kept(tmp_path) == {"2", "3"}
    builds(tmp_path, "4", "5", "6", limit=0)
    assert kept(tmp_path) == {"4", "5", "6"}


def test_what_only_spares_work_is_kept_unused_and_goes_first(tmp_path: Path) -> None:
    for hours, key in enumerate("ab"):
        age(Store(tmp_path).artifact(SPARE, key, make_three).path, 3600 * (9 - hours))
    for key in "1234":
        assert builds(tmp_path, key) == 0 or key == "4"
    assert kept(tmp_path) == {"a", "b", "2", "3", "4"}
    size = sum(file.stat().st_size for file in (tmp_path / "stage/4").iterdir())
    builds(tmp_path, "4", limit=4 * size + size // 2)
    assert kept(tmp_path) == {"b", "2", "3", "4"}  # what was read longest ago
    builds(tmp_path, "4", limit=0)
    assert kept(tmp_path) == {"4"}


def test_an_interrupted_result_is_kept_until_it_is_abandoned(tmp_path: Path) -> None:
    def interrupted(part: Path) -> None:
        failing(part)
        raise KeyboardInterrupt

    for stage, resume in (("codes", True), ("sweeps", False)):
        with pytest.raises(KeyboardInterrupt):
            Store(tmp_path).artifact(stage, "key", interrupted, resume=resume)
    begun = tmp_path / "codes/key.begun"
    assert (begun / "half.txt").exists() and (tmp_path / "sweeps/key.part").exists()
    builds(tmp_path, "1")
    assert begun.exists() and not (tmp_path / "sweeps/key.part").exists()
    for path in (begun / "half.txt", begun):
        age(path, 40 * 86_400)
    builds(tmp_path, "1")
    assert not begun.exists()


def test_a_link_that_an_earlier_version_put_out_of_the_way_goes_and_its_folder_stays(
    tmp_path: Path,
) -> None:
    images, store = tmp_path / "images", Store(tmp_path / "store")
    images.mkdir()
    (images / "1.png").touch()
    (store.root / GIVEN).mkdir(parents=True)
    link = store.root / GIVEN / f"images{GONE}"
    link.symlink_to(images, target_is_directory=True)
    store.prune(0)
    assert not link.is_symlink() and (images / "1.png").exists()
