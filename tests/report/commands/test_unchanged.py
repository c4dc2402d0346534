"""A build that finds all as it was does nothing, and one that does not is never taken for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from report.commands import unchanged
from report.commands.unchanged import Read, all_read, asked_of, known_again, remarks_before
from report.engine import files
from report.engine.places import PROJECT
from report.engine.site import Site
from report.engine.store import STORE, Store
from report.inputs.config import load_configs
from tests.conftest import CONFIG, run

FACES = "faces/img_align_celeba"


def remarks(config: Path, only: str | None = None) -> list[str] | None:
    return remarks_before(config, config.parent / "site", only)


@pytest.fixture
def known(copy: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project that was built where it lies; its network gives no image back."""
    monkeypatch.setattr(files, "SETTLED_NS", 0)
    assert run(copy) == 0
    assert remarks(copy) is not None
    return copy


def test_what_was_remarked_is_said_again(known: Path) -> None:
    build = (
        "from report.commands.line import main; from report.engine import files;"
        f" files.SETTLED_NS = 0; main(['build', '--config', {str(known)!r},"
        f" '--site', {str(known.parent / 'site')!r}])"
    )
    told = subprocess.run(
        [sys.executable, "-c", build], capture_output=True, text=True, check=True, cwd=PROJECT
    )
    posterior, error, done, index = told.stdout.splitlines()
    assert posterior.startswith("warning: a sample") and error.startswith("warning: RMSE")
    assert "nothing to do" in done and index == str(known.parent / "site" / "index.html")


def test_what_could_not_be_made_is_work_for_the_next_build(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(files, "SETTLED_NS", 0)
    monkeypatch.setattr("torch.onnx.export", refuse)
    shutil.rmtree(copy.parent / STORE / "decoder", ignore_errors=True)
    assert run(copy) == 0
    assert remarks(copy) is None
    monkeypatch.undo()
    assert run(copy) == 0
    assert (copy.parent / "site/live/network.js").exists()


def test_a_config_that_changes_before_its_time_is_asked_for_is_not_the_one_that_was_read(
    known: Path,
) -> None:
    (before,) = load_configs(known)
    known.write_text(CONFIG.format(alphas=6))
    (after,) = load_configs(known)
    first, second = (all_read([config], [], None) for config in (before, after))
    assert first and second and first.files == second.files and first.hash != second.hash


def test_a_site_that_lies_beside_another_config_is_left_to_the_build(
    known: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (known.parent / "site").rename(other / "site")
    assert remarks_before(known, other / "site", None) is None
    (other / "report.toml").write_text("")
    assert remarks_before(known, other / "site", None) is None


def test_the_site_of_each_model_is_that_which_was_made(known: Path, tmp_path: Path) -> None:
    (config,) = load_configs(known)
    site = known.parent / "site"
    store, several = Store(known.parent / STORE), [replace(config, name=site.name)]
    before = asked_of("", store, known.parent, several)
    Site(site).publish("another key", {"index.html": b"new"})
    assert asked_of("", store, known.parent, several) != before


def rewritten(path: Path) -> None:
    """Other bytes, as many and as old as before."""
    before, content = path.stat(), bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def list_aside(folder: Path) -> None:
    """Write a list of people that nobody reads there."""
    folder.mkdir()
    (folder / "identity_CelebA.txt").write_text("000001.jpg 1\n")


def result(folder: Path) -> Path:
    return next((folder / STORE / "variance").iterdir()) / "record.npz"


CHANGES: dict[str, Callable[[Path], object]] = {
    "the config": lambda f: (f / "report.toml").write_text(CONFIG.format(alphas=4)),
    "the choice": lambda f: (f / "selection.toml").write_text("chosen = [0, 1, 2, 4]\n"),
    "words on another model": lambda f: (f / "selection-other.toml").write_text("chosen = [1]\n"),
    "the weights": lambda f: rewritten(f / "tiny.pt"),
    "the facts beside them": lambda f: (f / "tiny.json").write_text("{}"),
    "the person's code": lambda f: rewritten(f / "tiny_vae.py"),
    "an image": lambda f: rewritten(f / FACES / "000001.jpg"),
    "one image less": lambda f: (f / FACES / "000001.jpg").unlink(),
    "one image more": lambda f: (f / FACES / "000041.jpg").write_bytes(b"no image"),
    "the labels": lambda f: rewritten(f / "faces" / "list_attr_celeba.txt"),
    "the parts": lambda f: (f / "faces" / "list_eval_partition.txt").unlink(),
    "the people": lambda f: (f / "faces" / "identity_CelebA.txt").write_text("000001.jpg 1\n"),
    "a list of people in another folder": lambda f: list_aside(f / "faces/Anno"),
    "the known factors": lambda f: (f / "faces" / "factors.csv").write_text("image,hat\n"),
    "a list that is a link to nowhere": lambda f: (f / "faces" / "identity_CelebA.txt").symlink_to(
        "nowhere"
    ),
    "a page": lambda f: (f / "site" / "index.html").write_text("mine"),
    "a page less": lambda f: (f / "site" / "index.html").unlink(),
    "a result": lambda f: result(f).write_bytes(b""),
    "a result of the same size and time": lambda f: rewritten(result(f)),
    "a result less": lambda f: result(f).parent.rename(f / "elsewhere"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_changes_is_work_for_a_build(change: str, known: Path) -> None:
    CHANGES[change](known.parent)
    assert remarks(known) is None


def test_so_is_another_wish_another_site_and_another_program(
    known: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert remarks(known, "experiments") is None
    assert remarks_before(known, tmp_path / "elsewhere", None) is None
    for name, value in (("TEMPLATES", tmp_path), ("HOUSES", {"report": tmp_path})):
        with monkeypatch.context() as patch:
            patch.setattr(unchanged, name, value)
            assert remarks(known) is None
    (tmp_path / "more-1.0.dist-info").mkdir()
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    assert remarks(known) is None


def test_what_is_too_young_to_be_known_by_its_time_is_built(
    known: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "SETTLED_NS", 10**18)
    assert remarks(known) is None


def test_what_was_young_is_known_when_it_is_not_and_holds_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "selection.toml"
    path.write_text("one")
    same, rest = files.stamp_all([path]), "as before"
    assert same.young and known_again(Read(same, rest), lambda: Read(same, rest)) is None
    monkeypatch.setattr(files, "SETTLED_NS", 0)
    after = Read(files.stamp_all([path]), rest)
    assert known_again(Read(same, rest), lambda: after) == after.hash
    assert known_again(Read(same, "other"), lambda: after) is None
    path.write_text("two")  # no sign of it, as on a disk that tells whole seconds
    assert known_again(Read(same, rest), lambda: after) is None
    assert known_again(after, lambda: None) == after.hash
