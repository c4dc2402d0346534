"""What is installed: a wheel with everything in it, and versions that are locked."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from report.engine.places import PROJECT
from tests.conftest import contents, project

SOURCES = ("featamp", "report", "templates", "pyproject.toml", "setup.py", "README.md", "LICENSE")
LOCKED = re.compile(
    r"^(\S+)==(\S+)( ; .+)? \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.M
)
TIMES = "data/report.json"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which a copy of the clone was installed, without its dependencies."""
    folder = tmp_path_factory.mktemp("package")
    for name in SOURCES:  # a build leaves folders beside its sources
        source, copy = PROJECT / name, folder / "clone" / name
        if source.is_dir():
            shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(source, copy)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    place = ["--no-index", "--target", str(folder / "site-packages"), str(folder / "clone")]
    environment = {**os.environ, "PIP_USER": "0"}
    subprocess.run([*pip, *place], check=True, cwd=folder, env=environment)
    return folder / "site-packages"


def test_nothing_but_featamp_is_installed_and_all_of_it(installed: Path) -> None:
    assert {p.name.partition("-")[0] for p in installed.iterdir()} == {"featamp", "bin"}
    assert [p.name for p in (installed / "bin").iterdir()] == ["featamp"]
    for house, place in (("featamp", ""), ("report", "report"), ("templates", "templates")):
        files = {p.relative_to(PROJECT / house) for p in (PROJECT / house).rglob("*.*")}
        files = {p for p in files if "__pycache__" not in p.parts}
        wanted = {p for p in files if (PROJECT / house / p).is_file()}
        assert {p for p in wanted if not (installed / "featamp" / place / p).is_file()} == set()


def test_the_site_is_the_same_bytes_whatever_builds_it_and_surrounds_it(
    installed: Path,
    built: Path,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    """Built in this process of the clone, and in one of its own by what is installed: from another
    folder, with another hash seed, other threads of every library, another time zone, another name
    of the folder, and files that were made in another order."""
    config = project(tmp_path / "another project")
    for path in sorted((config.parent / "faces/img_align_celeba").iterdir(), reverse=True):
        content = path.read_bytes()
        path.unlink()
        path.write_bytes(content)
    command = [sys.executable, str(installed / "bin/featamp"), "build", "--config", str(config)]
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "4")
    elsewhere = {"PYTHONPATH": str(installed), "PYTHONHASHSEED": "2", "TZ": "Asia/Kathmandu"}
    done = subprocess.run(
        [*command, "--site", "site"],
        cwd=tmp_path,
        env={**os.environ, **elsewhere, **threads},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    ours, theirs = contents(built / "site"), contents(tmp_path / "site")
    assert ours.keys() == theirs.keys()
    assert [name for name in ours if ours[name] != theirs[name]] in ([], [TIMES])
    record_property("counted", f"{len(ours)} files of two builds compared byte by byte")


def test_installed_results_are_keyed_by_the_same_code(installed: Path) -> None:
    code = "from {}.engine.hashing import code_hash; print(code_hash('report.commands.build'))"

    def key(package: str, folder: Path) -> str:
        command = [sys.executable, "-c", code.format(package)]
        return subprocess.run(
            command, cwd=folder, capture_output=True, text=True, check=True
        ).stdout

    assert key("featamp.report", installed) == key("report", PROJECT) != ""


def test_what_is_installed_advises_its_own_command(installed: Path) -> None:
    code = (
        "from featamp.report.commands.opening import CHECK\n"
        "from featamp.report.findings.live import Checked, Live\n"
        "live = Live(Checked('onnx', missing=True), None, (), None, 0.0, (), None)\n"
        "print(CHECK, live.told)"
    )
    command = [sys.executable, "-c", code]
    told = subprocess.run(command, cwd=installed, capture_output=True, text=True, check=True)
    assert "featamp check tries" in told.stdout and 'pip install "featamp[live]"' in told.stdout
    assert not re.search(r"python -m report|\bmake\b", told.stdout)


def test_a_served_site_that_is_installed_is_built_again_by_what_is_installed(
    installed: Path,
) -> None:
    code = (
        "from pathlib import Path\nfrom featamp.report.commands.serving.building import Builder\n"
        "print(Builder(Path('none.toml'), Path('site')).build())"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=installed, capture_output=True, text=True, check=True
    )
    assert told.stdout.startswith("none.toml: no such file")


def locked(name: str) -> dict[str, set[str]]:
    """Versions of each package in a lock file, each with at least one hash."""
    text = (PROJECT / name).read_text()
    entries = LOCKED.findall(text)
    assert len(entries) == len(re.findall(r"^[^\s#]", text, re.M)), "a line without a hash"
    versions: dict[str, set[str]] = {}
    for package, version, marker, _ in entries:
        versions.setdefault(package, set()).add(version + marker)
    return versions


def test_every_dependency_is_locked_with_hashes_and_tests_run_on_the_same_versions() -> None:
    declared = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    needed, tested = locked("requirements.lock"), locked("requirements-test.lock")
    assert {re.split(r"[>=]", line)[0] for line in declared["dependencies"]} <= needed.keys()
    extra = declared["optional-dependencies"]["test"]
    assert {re.split(r"[>=]", line)[0] for line in extra} <= tested.keys() - needed.keys()
    assert {name: tested.get(name) for name in needed} == needed
    cuda = {name: marks for name, marks in needed.items() if name.startswith(("nvidia", "cuda"))}
    assert cuda and all("linux" in mark for marks in cuda.values() for mark in marks)
