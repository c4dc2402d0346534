"""Hashes tell a change, in a value or in code however far away."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from report.engine import hashing
from report.engine.hashing import code_hash, digest
from report.engine.places import PROJECT


def test_digest_tells_values_apart_and_not_the_order_of_keys() -> None:
    assert digest({"a": 1, "b": [2.5, None]}) == digest({"b": [2.5, None], "a": 1})
    assert len({digest(v) for v in (1, "1", 1.5, None, [1], [[1]], {"1": 1}, True)}) == 8
    assert digest("a", "b") != digest("ab")


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


def test_what_is_imported_for_types_alone_changes_no_result(package: Path) -> None:
    (package / "pack/top.py").write_text(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from pack import apart\n"
        "else:\n    from pack import middle\n"
    )
    before = code_hash("pack.top", root=package)
    (package / "pack/apart.py").write_text("Y = 2\n")
    assert code_hash("pack.top", root=package) == before
    (package / "pack/middle.py").write_text("Y = 2\n")
    assert code_hash("pack.top", root=package) != before


@pytest.mark.parametrize("damage", [b"", b"{}", b"[1]", b"\xff", b'{"imports": {}, "digest": ""}'])
def test_what_is_kept_of_imports_changes_no_hash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: bytes
) -> None:
    monkeypatch.setattr(hashing, "KEPT", tmp_path / "new/imports.json")

    def anew() -> str:
        monkeypatch.setattr(hashing, "_met", {})
        hashing._kept.cache_clear()
        hashing._imports.cache_clear()
        return code_hash("report.stages.codes")

    read = anew()
    whole = hashing.KEPT.read_bytes()
    monkeypatch.setattr(ast, "parse", None)  # nothing is left to read
    assert anew() == read
    monkeypatch.undo()
    monkeypatch.setattr(hashing, "KEPT", tmp_path / "new/imports.json")
    hashing.KEPT.write_bytes(damage)
    assert anew() == read and hashing.KEPT.read_bytes() == whole


def test_installed_the_code_has_the_same_hash_and_is_followed_as_far(tmp_path: Path) -> None:
    module = "report.stages.codes"
    package = tmp_path / "featamp"
    shutil.copytree(PROJECT / "featamp", package)
    shutil.copytree(PROJECT / "report", package / "report")
    ask = f"from featamp.report.engine.hashing import code_hash; print(code_hash({module!r}))"

    def installed() -> str:
        return subprocess.run(
            [sys.executable, "-c", ask], cwd=tmp_path, check=True, capture_output=True, text=True
        ).stdout.strip()

    assert installed() == code_hash(module)
    for name in ("report/engine/disk.py", "statistics/variance.py"):
        before = installed()
        with (package / name).open("a") as file:
            file.write("Z = 2\n")
        assert installed() != before


def test_python_is_asked_for_its_own_folders_before_any_import_waits_for_them(
    tmp_path: Path,
) -> None:
    """Python 3.13 imports what it answers with, and would wait for the answer meanwhile."""
    (tmp_path / "mine_q9.py").write_text("said = 'run'\n")
    script = (
        "import sys, sysconfig\nfrom report.engine.hashing import run_from_source\n"
        "with run_from_source():\n    sysconfig.get_path = None\n"
        f"    sys.path.insert(0, {str(tmp_path)!r})\n    print(__import__('mine_q9').said)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("run\n", "")
