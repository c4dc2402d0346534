"""The commands that people type."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from report.engine.places import PROJECT


def make(*arguments: str) -> list[str]:
    """The lines that make prints."""
    command = ["make", "--silent", "--assume-old=.venv/.installed", *arguments]
    return subprocess.run(
        command, cwd=PROJECT, capture_output=True, text=True, check=True
    ).stdout.splitlines()


@pytest.mark.parametrize("target", ["report", "serve", "clean"])
def test_a_config_and_a_site_may_have_a_space_in_their_paths(target: str, tmp_path: Path) -> None:
    config, site, python = (
        tmp_path / "my cfg/report.toml",
        tmp_path / "my site",
        tmp_path / "python",
    )
    python.write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\n")
    python.chmod(0o755)
    told = make(target, f"CONFIG={config}", f"SITE={site}", f"PYTHON={python}")
    assert told[told.index("--config") + 1] == str(config)
    assert told[told.index("--site") + 1] == str(site)


@pytest.mark.parametrize(
    ("line", "rendered"),
    [
        ('root = "data/demo"', True),
        ("  root='data/demo'  # the faces", True),
        ('root = "/data/celeba"  # not "data/demo"', False),
        ('# root = "data/demo"', False),
        ('root = "data/demo2"', False),
    ],
)
def test_the_demo_is_rendered_only_for_a_config_that_reads_it(
    line: str, rendered: bool, tmp_path: Path
) -> None:
    (tmp_path / "my cfg.toml").write_text(f"[data]\n{line}\n")
    told = make(f"CONFIG={tmp_path / 'my cfg.toml'}", "--eval=told: ; @echo demo: $(DEMO)", "told")
    assert told == ["demo: data/demo/faces.json" if rendered else "demo:"]


def test_the_demo_is_rendered_again_by_a_changed_renderer() -> None:
    told = make("--eval=told: ; @echo $(RENDERER)", "told")
    assert "featamp/demo/faces/paint.py" in told[0].split()


def test_packages_go_into_the_environment_where_pip_installs_for_the_user(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\necho "PIP_USER=$PIP_USER $*"\n')
    python.chmod(0o755)
    told = make("--eval=told: $(READY)", "told",
                f"PYTHON={python}", f"READY={tmp_path / 'ready'}")  # fmt: skip
    assert told == [
        "PIP_USER=0 -m pip install --quiet --require-hashes --requirement requirements.lock"
    ]


def test_models_are_trained_by_every_objective_with_the_same_seeds_and_budget(
    tmp_path: Path,
) -> None:
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\necho "$*"\n')
    python.chmod(0o755)
    runs = [line for line in make("models", f"PYTHON={python}") if " train " in line]
    told = [dict(re.findall(r"--([\w-]+) (\S+)", line)) for line in runs]
    rows = {(run["objective"], run["seed"]) for run in told}
    assert len(rows) == len(runs) == 9
    assert {objective for objective, _ in rows} == {"standard", "capacity", "factor"}
    shared = ("network", "latent-dim", "decoder-variance", "epochs", "learning-rate", "cache")
    assert len({tuple(run[name] for name in shared) for run in told}) == 1
    assert len({run["run"] for run in told}) == 9
