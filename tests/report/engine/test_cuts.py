"""A build that ends at any of its file operations: killed there, or the disk full from then on.

The build is one in small: results, a site made of them, and a save. `FEATAMP_FUZZ=10` cuts ten
times as often.
"""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from featamp.errors import InputError
from report.commands.serving.backups import keep_copy
from report.engine.disk import write_atomically
from report.engine.locks import lock
from report.engine.places import PROJECT
from report.engine.site import MANIFEST, Site
from report.engine.store import STORE, Store, damage

EFFORT = float(os.environ.get("FEATAMP_FUZZ", "1"))
CUTS = int(100 * EFFORT)
"""Of each kind, at most: one at each operation, or evenly among them."""
CHANGING = ("os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.link", "os.truncate")
CREATING = ("os.mkdir", "os.link")
WORDS = b"an hour of my own words"

Contents = dict[str, bytes]


def build(root: Path, version: str) -> None:
    """Some results, of which other versions have half; a site of them; then a save."""
    config, site = root / "report.toml", Site(root / "site")
    (root / STORE).mkdir(exist_ok=True)
    with lock(root / STORE / "lock", "store"), site.claimed(config):
        store = Store(root / STORE, lambda told: None)

        def make(part: Path) -> None:
            for name in ("a.npy", "b.json"):
                (part / name).write_bytes(f"{part.name}/{name}".encode() * 300)

        keys = [f"{n}-{version if n % 2 else 'any'}" for n in range(6)]
        made = [store.artifact("stage", key, make).path for key in keys]
        pages = {f"page{n}.html": f"{version} {n}".encode() * 400 for n in range(8)}
        drawn = {f"figures/{version}-{path.name}.npy": path / "a.npy" for path in made}
        site.publish(version, {**pages, **drawn, "twice.html": pages["page0.html"]})
        site.add("all.html", version.encode() * 500)
        store.prune(10**9)
    keep_copy(root / "selection.toml", datetime.now(UTC))
    write_atomically(root / "selection.toml", version.encode() * 500)


def contents(folder: Path) -> Contents:
    """What stands in the site but for its manifest, which holds times."""
    files = {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    return {name: content for name, content in files.items() if name != MANIFEST}


def operations(stop: Callable[[str, tuple[Any, ...]], None]) -> None:
    """Have `stop` asked before each operation on files that changes anything."""

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        writing = os.O_WRONLY | os.O_RDWR | os.O_CREAT
        if event in CHANGING or (event == "open" and int(arguments[2] or 0) & writing):
            stop(event, arguments)

    sys.addaudithook(hook)


def apart(job: Callable[[], None]) -> int:
    """Do it in a process of its own; how that ended."""
    if child := os.fork():
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    try:
        job()
    except (OSError, InputError):
        os._exit(2)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        os._exit(1)
    os._exit(0)


def killed(root: Path, at: int) -> None:
    """A build that is killed before its operation `at`."""
    count = Counter[str]()

    def stop(event: str, arguments: tuple[Any, ...]) -> None:
        count["done"] += 1
        if count["done"] > at:
            os.kill(os.getpid(), signal.SIGKILL)

    operations(stop)
    build(root, "new")


def filled(root: Path, at: int) -> None:
    """A build that has no space from its operation `at` on."""
    count = Counter[str]()

    def stop(event: str, arguments: tuple[Any, ...]) -> None:
        count["done"] += 1
        creates = event in CREATING or (event == "open" and int(arguments[2]) & os.O_CREAT)
        if count["done"] > at and creates and not str(arguments[0]).endswith("lock"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), arguments[0])

    operations(stop)
    build(root, "new")


def counted(root: Path, counts: Path) -> None:
    """A whole build: how many operations it has, which file moved unsynced into its place, and
    which folder's names were not synced after it."""
    events, synced, unsynced, moved = Counter[str](), set[int](), list[str](), set[int]()
    sync = os.fsync

    def fsync(descriptor: int) -> None:
        sync(descriptor)
        synced.add(number := os.fstat(descriptor).st_ino)
        moved.discard(number)

    def stop(event: str, arguments: tuple[Any, ...]) -> None:
        events[event] += 1
        if event == "os.rename" and not str(arguments[1]).endswith(".gone"):
            source = Path(arguments[0])
            files = [source] if source.is_file() else list(source.iterdir())
            unsynced.extend(str(f) for f in files if f.stat().st_ino not in synced)
            moved.add(Path(arguments[1]).parent.stat().st_ino)

    os.fsync = fsync  # type: ignore[assignment]
    operations(stop)
    build(root, "new")
    total = events.total()  # before this file is opened
    unsynced.extend(str(p) for p in root.rglob("*") if p.stat().st_ino in moved)
    counts.write_text("\n".join([str(total), *unsynced]))


def torture(folder: Path) -> str:
    """Cut builds everywhere; what was counted."""
    before, wanted = folder / "before", folder / "wanted"
    (before / "site").mkdir(parents=True)
    for name in ("report.toml", "selection.toml", "site/mine.txt"):
        (before / name).write_bytes(WORDS)
    assert apart(lambda: build(before, "old")) == 0
    (before / "site/page1.html").write_bytes(WORDS)  # edited by a person
    old = contents(before / "site")

    shutil.copytree(before, wanted)
    assert apart(lambda: counted(wanted, folder / "counts")) == 0
    total, *unsynced = (folder / "counts").read_text().splitlines()
    assert unsynced == []
    new = contents(wanted / "site")
    assert new["page1.html"] == WORDS and "page1.new.html" in new
    shutil.copytree(before, folder / "last")
    build(folder / "last", "last")
    ends = {"new": new, "last": contents(folder / "last/site")}

    counts = Counter[str]()
    for cut, kind in ((killed, "killed"), (filled, "without space")):
        for at in sorted({round(n * int(total) / CUTS) for n in range(CUTS)}):
            root = folder / f"{kind}-{at}"
            shutil.copytree(before, root)
            code = apart(lambda cut=cut, root=root, at=at: cut(root, at))  # type: ignore[misc]
            assert code in ((-signal.SIGKILL,) if cut is killed else (0, 2)), (kind, at, code)
            counts[kind] += code != 0
            counts["while publishing"] += (root / "site/.featamp.part").exists()
            nothing_lost(root, old, new)
            version = "last" if at % 2 else "new"
            build(root, version)
            assert contents(root / "site") == ends[version], (kind, at)
            assert version == "last" or not list((root / STORE).glob("*/*.part"))
            shutil.rmtree(root)
    return ", ".join(f"{count} {what}" for what, count in counts.items())


def nothing_lost(root: Path, old: Contents, new: Contents) -> None:
    """Each file is the old one or the new one, the person's are untouched, results are whole."""
    found = {n: c for n, c in contents(root / "site").items() if not n.startswith(".")}
    for name in (old.keys() & new.keys()) - {"all.html"}:  # each build takes it away, and adds it
        assert found[name] in (old[name], new[name]), name
    assert found["mine.txt"] == found["page1.html"] == WORDS
    assert found.keys() <= old.keys() | new.keys()
    for result in Store(root / STORE).entries():
        assert damage(result) is None, result
    saved = (root / "selection.toml").read_bytes()
    copies = [p.read_bytes() for p in root.glob("selection.backups/*.toml")]
    assert saved == b"old" * 500 or (saved == b"new" * 500 and b"old" * 500 in copies)


def test_a_build_that_is_cut_at_any_operation_loses_nothing(
    record_property: Callable[[str, object], None],
) -> None:
    # in a process of its own: of this one, with its threads, no other can be forked
    command = [sys.executable, "-m", "tests.report.engine.test_cuts"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    record_property("counted", f"builds in small: {done.stdout.strip()}")


if __name__ == "__main__":
    memory = Path("/dev/shm")  # where it takes no time to sync
    with TemporaryDirectory(dir=memory if memory.is_dir() else None) as place:
        print(torture(Path(place)))
