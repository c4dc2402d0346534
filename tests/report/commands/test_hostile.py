"""Paths that are none, files that never end, names that no terminal can print: one sentence, exit
2."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from report.commands.line import main
from report.engine.places import PROJECT
from report.inputs.config import load_configs
from tests.conftest import CONFIG, tiny_celeba, tiny_vae

Spoil = Callable[[Path], object]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A small project that nothing was computed of."""
    tiny_celeba(tmp_path / "faces", 6)
    tiny_vae(tmp_path)
    (tmp_path / "report.toml").write_text(CONFIG.format(alphas=3))
    return tmp_path / "report.toml"


def loop(path: Path) -> None:
    path.symlink_to(path.name)


def remove(path: Path) -> None:
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


KINDS: dict[str, Spoil] = {
    "a link that leads back": loop,
    "a pipe": os.mkfifo,
    "a link to nothing": lambda path: path.symlink_to("nothing"),
    "a link to what never ends": lambda path: path.symlink_to("/dev/zero"),
    "a file without rights or sense": lambda path: path.write_bytes(b"\0" * 100),
}
PLACES = {
    "the config": "report.toml", "the checkpoint": "tiny.pt", "the images": "faces",
    "an image": "faces/img_align_celeba/000001.jpg", "the labels": "labels.csv",
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("place", PLACES)
def test_what_is_no_file_or_folder_ends_in_a_sentence(
    place: str, kind: str, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if place == "the labels":
        config.write_text(config.read_text().replace("[data]", '[data]\nlabels = "labels.csv"'))
    path = config.parent / PLACES[place]
    remove(path)
    KINDS[kind](path)
    status = main(["check", "--config", str(config)])
    message = capsys.readouterr().err
    if status == 0:
        assert place == "an image" or (place == "the labels" and kind == "a link to nothing")
        return
    assert status == 2 and message.startswith("error: ") and message.count("\n") == 1
    assert path.name in message and len(message) < 1000


@pytest.mark.parametrize("option", ["--config", "--site"])
@pytest.mark.parametrize("name", ["a" * 5000, "a/" * 2500, "a" * 300, "~nobody/x"])
def test_a_path_that_no_system_has_ends_in_a_sentence(
    option: str, name: str, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = {"--config": str(config), "--site": str(config.parent / "site")}
    given[option] = str(config.parent / name)
    if option == "--site" and name == "~nobody/x":
        return  # a folder like any other
    assert main(["build", *(word for pair in given.items() for word in pair)]) == 2
    message = capsys.readouterr().err
    assert message.startswith("error: ") and message.count("\n") == 1


@pytest.mark.parametrize("spoil", [loop, os.mkfifo, lambda path: path.write_text("mine")])
def test_a_site_that_is_no_folder_ends_in_a_sentence(
    spoil: Spoil, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil(config.parent / "site")
    assert main(["build", "--config", str(config), "--site", str(config.parent / "site")]) == 2
    message = capsys.readouterr().err
    assert message.startswith("error: ") and message.count("\n") == 1 and "site" in message


def test_the_folder_of_the_images_is_no_place_for_the_site(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = load_configs(config)[0].data.root
    before = sorted(root.rglob("*"))
    assert main(["build", "--config", str(config), "--site", f"{root}/."]) == 2
    told = (
        f"error: --site {root} is the folder of the images, whose pictures it would mix with its"
    )
    assert capsys.readouterr().err == f"{told} own; give another\n"
    assert sorted(root.rglob("*")) == before and not (config.parent / ".featamp").exists()


@pytest.mark.parametrize("below", ["", "site"])
def test_the_store_is_no_place_for_the_site(
    below: str, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site = config.parent / ".featamp" / below
    assert main(["build", "--config", str(config), "--site", str(site)]) == 2
    assert f"--site {site} is the store of results or lies in it" in capsys.readouterr().err
    assert not (config.parent / ".featamp").exists()


def limited(command: str, config: Path, *before: str) -> str:
    """What a command says that a shell runs, after something else, and that ends with 2."""
    line = f"{sys.executable} -m report {command} --config {config}"
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    done = subprocess.run(
        ["sh", "-c", "; ".join([*before, line])], cwd=config.parent, env=environment,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    return done.stderr


@pytest.mark.parametrize("command", ["build", "check"])
def test_a_working_folder_that_is_gone_is_said(command: str, config: Path) -> None:
    said = limited(command, config, "mkdir gone", "cd gone", "rmdir ../gone")
    assert said == "error: the working folder is not there any more; change to another\n"


@pytest.mark.skipif(sys.platform != "linux", reason="others limit no addresses")
@pytest.mark.parametrize("command", ["build", "check"])
def test_memory_that_does_not_suffice_to_load_torch_is_said(command: str, config: Path) -> None:
    said = limited(command, config, "ulimit -v 1000000")
    assert said.startswith("error: the memory does not suffice; ") and said.count("\n") == 1


def test_a_folder_of_images_that_nobody_may_look_into_is_named_once(config: Path) -> None:
    if not shutil.which("setpriv"):
        pytest.skip("no setpriv")
    images = config.parent / "faces/img_align_celeba"
    images.chmod(0)
    capable = "-dac_override,-dac_read_search"
    command = ["setpriv", f"--bounding-set={capable}", f"--inh-caps={capable}", sys.executable]
    command += ["-m", "report", "check", "--config", str(config)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    images.chmod(0o755)
    assert done.stderr == f"error: {images}: permission denied; no result was written\n"


def test_a_folder_that_the_terminal_cannot_print_is_named_all_the_same(config: Path) -> None:
    folder = Path(os.fsdecode(bytes(config.parent) + b"/caf\xe9 \xe2\x98\xba"))
    folder.mkdir()
    for path in list(config.parent.iterdir()):
        if path != folder:
            shutil.move(path, folder / path.name)
    command = [sys.executable, "-m", "report", "check", "--config", str(folder / "nothing.toml")]
    environment = {**os.environ, "LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = subprocess.run(
        command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2 and "nothing.toml: no such file" in done.stderr
    command[-1] = str(folder / "report.toml")
    done = subprocess.run(
        command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0 and "error       RMSE" in done.stdout, done.stderr
