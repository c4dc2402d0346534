"""The small built project, to be changed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest


@pytest.fixture
def copy(built: Path, tmp_path: Path) -> Path:
    """A copy of the built project, time stamps kept, that a test may change; its config."""
    return copied(built, tmp_path)


def copied(project: Path, folder: Path) -> Path:
    """Copy a whole project into `folder`, time stamps kept; its config."""
    return Path(shutil.copytree(project, folder / "project")) / "report.toml"
