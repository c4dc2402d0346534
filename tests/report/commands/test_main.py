"""The command line: what it says where a command cannot end."""

from __future__ import annotations

import argparse
import errno
import json
import multiprocessing
import os
import signal
import time
from pathlib import Path

import pytest

from report.commands.line import main
from report.engine.locks import lock
from report.engine.site import Site
from tests.conftest import contents, project

STOPPED = {
    "build": "the next build goes on from here",
    "serve": "the next build goes on from here",
    "check": "no result was written",
    "train": "the next run goes on from the last whole epoch",
    "demo": "the folder is left as it was",
    "clean": "run it again to remove what is left",
}


@pytest.mark.parametrize("command", STOPPED)
def test_each_command_says_what_is_left_of_it(
    command: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    raised: BaseException = KeyboardInterrupt()

    def fail(_: argparse.Namespace) -> None:
        raise raised

    monkeypatch.setattr(f"report.commands.line._{command}", fail)
    assert main([command]) == 130
    assert capsys.readouterr().err == f"interrupted; {STOPPED[command]}\n"

    raised = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(tmp_path))
    left = "the site is left as it was" if command in ("build", "serve") else STOPPED[command]
    assert main([command]) == 2
    assert capsys.readouterr().err == f"error: {tmp_path}: no space is left on the disk; {left}\n"


@pytest.mark.parametrize("command", STOPPED)
def test_a_command_that_sigterm_ends_says_what_is_left_of_it(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def be_ended(_: argparse.Namespace) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(10)

    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(f"report.commands.line._{command}", be_ended)
    assert main([command]) == 143
    assert capsys.readouterr().err == f"ended; {STOPPED[command]}\n"
    assert signal.getsignal(signal.SIGTERM) is before


def test_sigterm_ends_the_other_processes_of_a_command_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = multiprocessing.get_context("spawn").Process(target=time.sleep, args=(300,))

    def be_ended(_: argparse.Namespace) -> None:
        other.start()
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(10)

    monkeypatch.setattr("report.commands.line._build", be_ended)
    assert main(["build"]) == 143
    other.join(30)
    ended = other.exitcode
    other.kill()
    assert ended == -signal.SIGTERM


def train(config: Path, *options: str) -> int:
    """Train for an epoch, in a folder beside the config; the exit code."""
    short = ("--epochs", "1", "--network", "components", "--latent-dim", "3")
    run = ("--run", str(config.parent / "run"))
    return main(["train", "--config", str(config), *run, *short, *options])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--out facts.json", "--out is facts.json, expected a name that ends in .safetensors"),
        ("--out faces.safetensors", "but faces.safetensors is a folder; choose another name"),
        ("--out file/a.safetensors", "file: this folder cannot be made (File exists)"),
        ("--run file/run", "file/run: this folder cannot be made (Not a directory); give another"),
        ("--cache file", "file: this folder cannot be made (File exists); give another"),
        ("--seed 99999999999999999999", "--seed is 99999999999999999999, expected 0 to"),
        ("--latent-dim 100000000", "--latent-dim is 100000000, expected at most 768"),
        ("--network convolutional --batch 1", "data.size is 16 with 1 image a batch"),
    ],
)
def test_a_training_that_cannot_be_is_refused_before_any_work(
    options: str,
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    config = project(tmp_path)
    (tmp_path / "faces.safetensors").mkdir()
    (tmp_path / "file").touch()
    monkeypatch.chdir(tmp_path)
    assert train(config, *options.split()) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1
    assert not [*tmp_path.glob("run/*")]


def test_the_weights_may_stay_in_the_folder_of_the_run(tmp_path: Path) -> None:
    config, best = project(tmp_path), tmp_path / "run/best.safetensors"
    other = tmp_path / "other/weights.safetensors"
    assert train(config, "--out", str(best)) == train(config, "--out", str(other)) == 0
    assert best.read_bytes() == other.read_bytes()
    assert json.loads(best.with_suffix(".json").read_text())["epochs"] == 1


def test_decoded_images_that_were_damaged_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config, out = project(tmp_path), str(tmp_path / "weights.safetensors")
    kept = tmp_path / "run/pixels.json"
    assert train(config, "--out", out) == 0
    kept.write_bytes(b"")
    assert train(config, "--out", out) == 0
    assert f"warning: {kept} was damaged; the images were decoded anew" in capsys.readouterr().out


@pytest.mark.parametrize(("folder", "held"), [("run", "lock"), ("cache", "pixels.lock")])
def test_a_folder_that_another_training_holds_is_left_to_it(
    folder: str, held: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config, place = project(tmp_path), tmp_path / folder
    options = ("--out", str(tmp_path / "a.safetensors"), "--cache", str(tmp_path / "cache"))
    place.mkdir()
    child = os.fork()
    if not child:
        with lock(place / held, str(place)):
            time.sleep(60)
    try:
        while not (place / held).exists() or not (place / held).read_text():
            time.sleep(0.01)
        assert train(config, *options) == 2
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    told = f"error: {place}: another training run is using it (process {child})"
    assert capsys.readouterr().err == f"{told}; wait for it to end\n"
    assert [path.name for path in place.iterdir()] == [held]
    assert train(config, *options) == 0


@pytest.mark.parametrize("seed", ["-1", "99999999999999999999"])
def test_faces_of_a_seed_that_is_none_are_refused(
    seed: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo", "--seed", seed, "--root", str(tmp_path / "demo")]) == 2
    error = f"error: --seed is {seed}, expected 0 to 4294967295\n"
    assert capsys.readouterr().err == error and not [*tmp_path.iterdir()]


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A config with a result in its store, and its site of one file."""
    config, site = project(tmp_path / "mine"), Site(tmp_path / "mine/site")
    with site.claimed(config):
        site.publish("key", {"index.html": b"mine"})
    result = config.parent / ".featamp/codes/0"
    result.mkdir(parents=True)
    (result / "mu.npy").touch()
    return config


def clean(config: Path, site: Path) -> int:
    return main(["clean", "--config", str(config), "--site", str(site)])


def test_clean_removes_nothing_where_it_is_told_wrong(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site, typo = made.parent / "site", made.with_name("reprot.toml")
    other, before = project(tmp_path / "other"), contents(tmp_path)
    store = made.parent / ".featamp"
    for config, folder, words in (
        (typo, site, f"{typo}: no such file; did you mean 'report.toml'?"),
        (typo, tmp_path / "none", f"{typo}: no such file"),
        (other, site, f"{site} holds the report of {made}"),
        (made, made, f"{made} is a file, expected a folder (--site)"),
    ):
        assert clean(config, folder) == 2 and words in capsys.readouterr().err
        assert contents(tmp_path) == before and not (tmp_path / "none").exists()
    for said in ("and the store of results", "and there is no store of results"):
        assert clean(made, site) == 0
        assert capsys.readouterr().out.endswith(f"removed from {site}, {said}\n")
    assert not store.exists() and not [*site.iterdir()]


def test_clean_leaves_a_store_that_is_a_link(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store, place = made.parent / ".featamp", tmp_path / "large disk"
    store.rename(place)
    store.symlink_to(place)
    before = contents(tmp_path)
    assert clean(made, made.parent / "site") == 2
    assert f"{store} is a link to {place}" in capsys.readouterr().err
    assert contents(tmp_path) == before
    store.unlink()
    assert clean(made, made.parent / "site") == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("--live", "--live goes with --single-file"),
        ("--only experiments --single-file", "--single-file needs the whole report"),
        ("--site other", "other holds the report of "),
        ("--site mine/../mine/faces", "mine/faces is the folder of the images, whose pictures"),
    ],
)
def test_one_of_several_processes_refuses_wrong_options_before_it_shares_work(
    options: str,
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    config, other = project(tmp_path / "mine"), tmp_path / "report.toml"
    other.touch()
    with Site(tmp_path / "other").claimed(other):
        (tmp_path / "other/.featamp.json").write_text('{"owner": "../report.toml"}')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert main(["build", "--config", str(config), *options.split()]) == 2
    assert words in capsys.readouterr().err
    assert not (config.parent / ".featamp").exists()
