"""One small built project for all tests of the commands."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.conftest import project, run


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A built project; tests that change something work on a copy."""
    config = project(tmp_path_factory.mktemp("built"))
    assert run(config) == 0
    return config.parent


@pytest.fixture
def copy(built: Path, tmp_path: Path) -> Path:
    """A copy of the built project, time stamps kept, that a test may change; its config."""
    return copied(built, tmp_path)


def copied(project: Path, folder: Path) -> Path:
    """Copy a whole project into `folder`, time stamps kept; its config."""
    return Path(shutil.copytree(project, folder / "project")) / "report.toml"
