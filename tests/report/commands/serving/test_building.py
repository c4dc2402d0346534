"""The build that follows a Save finds what the first one found."""

from __future__ import annotations

from pathlib import Path

import pytest

from report.commands.serving.building import Builder
from tests.conftest import project


def test_it_has_the_folder_and_the_modules_of_the_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = project(tmp_path / "project")
    network = config.parent / "tiny_vae.py"
    (tmp_path / "lib").mkdir()
    network.rename(tmp_path / "lib/net_q11.py")
    network.write_text("from net_q11 import TinyVAE\nassert open('scale.txt').read() == '1'\n")
    (tmp_path / "scale.txt").write_text("1")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend("lib")
    site = config.parent / "site"
    assert Builder(config, site).build() is None and (site / "index.html").is_file()
