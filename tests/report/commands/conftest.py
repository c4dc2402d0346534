"""One small built project for all tests of the commands."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.conftest import made_once, project, run


@pytest.fixture(scope="session")
def built() -> Path:
    """A built project; tests that change something work on a copy."""
    with made_once("built") as (folder, made):
        assert made or run(project(folder)) == 0
    return folder


@pytest.fixture
def copy(built: Path, tmp_path: Path) -> Path:
    """A copy of the built project, time stamps kept, that a test may change; its config."""
    return copied(built, tmp_path)


def copied(project: Path, folder: Path) -> Path:
    """Copy a whole project into `folder`, time stamps kept; its config."""
    return Path(shutil.copytree(project, folder / "project")) / "report.toml"
