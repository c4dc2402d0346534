"""The whole build, from files to site: what is computed, what is cached, what is left alone."""

from __future__ import annotations

import csv
import errno
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from featamp.io.files.decode import load_image
from featamp.io.network.opening import open_model
from report.commands.line import main
from report.commands.opening import Stages, read
from report.engine import hashing
from report.engine.console import Console
from report.engine.places import PROJECT
from report.engine.store import STORE
from report.stages import images
from report.stages.codes import encode_images
from report.stages.images import read_images
from tests.conftest import (
    contents,
    context_of,
    edit_source,
    load_config,
    project,
    run,
    stage_context,
    undrawing,
)
from tests.report.commands.conftest import copied

REFERENCES = 20
"""Real codes that sweeps are compared with, of 40 images, so that the seed says which."""
TIMES = "data/report.json"
"""The one file that holds times."""


def run_apart(
    config: Path, site: Path, code: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    """Build in a process of its own; `code` runs after it."""
    build = f"main(['build', '--config', {str(config)!r}, '--site', {str(site)!r}])"
    start = "import sys; from report.commands.line import main"
    program = f"{start}; status = {build}; {code}\nsys.exit(status)"
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=PROJECT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )


def test_without_a_home_nothing_is_left_beside_the_store(copy: Path, tmp_path: Path) -> None:
    store, beside = copy.parent / STORE, tmp_path / "tmp"
    shutil.rmtree(next((store / "figures").iterdir()))  # which is drawn anew
    beside.mkdir()
    given = {"HOME": "/dev/null", "XDG_CONFIG_HOME": "", "XDG_CACHE_HOME": "", "MPLCONFIGDIR": ""}
    done = run_apart(copy, copy.parent / "site", TMPDIR=str(beside), **given)
    assert (done.returncode, done.stderr, [*beside.iterdir()]) == (0, "", [])
    assert [*store.glob("fonts/fontlist-*.json")]
    assert main(["check", "--store", "--config", str(copy)]) == 0


def ends_soon(group: int) -> bool:
    """Whether every process of the group is gone within five seconds."""
    for _ in range(50):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


def written_since(site: Path, moment: int) -> set[str]:
    return {
        str(p.relative_to(site))
        for p in site.rglob("*")
        if p.is_file() and p.stat().st_mtime_ns > moment
    }


@pytest.fixture(scope="module")
def named(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project built with every setting said, its samples named: no seed chooses them, but the
    real codes."""
    config = copied(built, tmp_path_factory.mktemp("named"))
    text = config.read_text().replace(
        "samples = 3", 'samples = ["000003.jpg", "000011.jpg", "000020.jpg"]'
    )
    text = text.replace("[experiments]", "wide = [-5.0, 5.0]\nsigmas = 3.0\n\n[experiments]")
    config.write_text(text + "seed = 2\n\n[score]\nvisible = 1.0\n")
    with undrawing(), pytest.MonkeyPatch.context() as patch:
        patch.setattr("featamp.statistics.support.REFERENCES", REFERENCES)
        assert run(config) == 0
    return config.parent


def sweeps(site: Path) -> list[dict[str, object]]:
    entries: list[dict[str, object]] = json.loads((site / "data/sweeps.json").read_text())
    return entries


def frames(path: Path, size: int = 16) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """[sample, column, height, width, 3] of a sprite."""
    pixels = np.asarray(Image.open(path))
    rows, columns = pixels.shape[0] // size, pixels.shape[1] // size
    return pixels.reshape(rows, size, columns, size, 3).swapaxes(1, 2)


def test_sprites_are_the_codes_moved_and_decoded_by_hand(built: Path) -> None:
    site = built / "site"
    vae = open_model(
        built / "tiny.pt", "tiny_vae:TinyVAE", {"latent_dim": 8}, None, (0.0, 1.0), built, "cpu"
    )
    with (site / "data/dimensions.csv").open() as file:
        std = {int(row["dim"]): float(row["std"]) for row in csv.DictReader(file)}
    checked = 0
    for entry in sweeps(site):
        dim, alphas = int(str(entry["dim"])), np.array(entry["alphas"], np.float64)
        raw = alphas * std[dim] if entry["units"] == "sigma" else alphas
        names = entry["samples"]
        assert isinstance(names, list)
        images = np.stack(
            [load_image(built / "faces/img_align_celeba" / name, 160, 16) for name in names]
        )
        mu, _ = vae.encode(images)
        sprite = frames(site / str(entry["sprite"]))
        for k, alpha in enumerate(raw):
            moved = mu.copy()
            moved[:, dim] += np.float32(alpha)
            assert np.abs(sprite[:, k].astype(int) - np.rint(vae.decode(moved) * 255)).max() <= 1
            checked += 1
    assert checked >= 4 * 5


def test_alpha_zero_is_the_reconstruction(built: Path) -> None:
    pairs = frames(built / "site/sprites/samples.webp")
    middle = [frames(path)[:, 2] for path in (built / "site/sprites").glob("dim*raw.webp")]
    assert middle
    for column in middle:
        assert np.abs(column.astype(int) - pairs[:, 1]).max() <= 1


@pytest.mark.usefixtures("undrawn")
def test_sprites_are_made_once_and_as_png_where_a_webp_is_too_small(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = copy.parent / "site"
    webp = {str(e["sprite"]): frames(site / str(e["sprite"])) for e in sweeps(site)}
    (copy.parent / "selection.toml").write_text('[dimension.1]\nlabel = "new words"\n')
    with monkeypatch.context() as patch:
        patch.setattr("report.pages.publish.lossless", None)
        assert run(copy) == 0
    (copy.parent / "selection.toml").write_text('[dimension.1]\nlabel = "newer words"\n')
    monkeypatch.setattr("report.findings.pictures.WEBP_SIDE", 79)
    assert run(copy) == 0
    png = {str(e["sprite"]): frames(site / str(e["sprite"])) for e in sweeps(site)}
    assert png.keys() == {name.replace(".webp", ".png") for name in webp}
    for name, pixels in webp.items():
        np.testing.assert_array_equal(png[name.replace(".webp", ".png")], pixels)
    wide = {e["dim"] for e in sweeps(site) if "-wide" in str(e["sprite"])}  # these are shown then
    dim = next(int(str(e["dim"])) for e in sweeps(site) if e["dim"] not in wide)
    assert f"sprites/dim{dim:03d}-raw.png" in (site / f"dim/{dim}.html").read_text()


def test_measures_and_maps_are_those_of_the_sprites(built: Path) -> None:
    site = built / "site"
    start = frames(site / "sprites/samples.webp")[:, 1] / 255
    with (site / "data/effects.csv").open() as file:
        effects = {int(row["dim"]): float(row["effect_3_sigma"]) for row in csv.DictReader(file)}
    kept = {int(str(e["dim"])) for e in sweeps(site) if "-sigma" in str(e["sprite"])}
    assert kept and set(effects) >= kept
    for dim, effect in ((dim, effects[dim]) for dim in kept):
        ends = frames(site / f"sprites/dim{dim:03d}-sigma.webp")[:, [0, -1]] / 255
        change = np.abs(ends - start[:, None])
        assert effect == pytest.approx(change.mean(), abs=0.5 / 255)
        half = (ends[:, 1] - ends[:, 0]).mean(axis=0) / 2
        shown = 255 * (0.5 + np.arctan(np.pi * 4 * half) / np.pi)
        assert np.abs(frames(site / f"shown/dim{dim:03d}-map.webp")[0, 0] - shown).max() <= 3


def test_nothing_changed_writes_nothing_and_imports_no_heavy_package(copy: Path) -> None:
    run(copy)
    before = time.time_ns()
    names = ("torch", "matplotlib", "pandas", "sklearn", "scipy")
    heavy = f"print([m for m in {names} if m in sys.modules])"
    result = run_apart(copy, copy.parent / "site", heavy)
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[-1] == "[]"
    # what is settled by now, since it was copied a moment ago
    assert written_since(copy.parent, before) <= {".featamp/files.json", "site/.featamp.json"}


def test_images_are_told_with_the_time_that_hashing_them_took(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hash_all = images.hash_all

    def slow(*given: Any) -> Any:  # noqa: ANN401  as the function in whose place it stands
        time.sleep(0.2)
        return hash_all(*given)

    monkeypatch.setattr(images, "hash_all", slow)
    told = StringIO()
    read(stage_context(copy.parent / STORE, load_config(copy)), Stages(Console(told)))
    assert float(told.getvalue().split()[1]) >= 0.2, told.getvalue()


def test_notes_rewrite_only_the_pages_that_show_them(copy: Path) -> None:
    run(copy)
    dim = sweeps(copy.parent / "site")[-1]["dim"]
    before = time.time_ns()
    (copy.parent / "selection.toml").write_text(f'[dimension.{dim}]\nlabel = "a crooked grin"\n')
    result = run_apart(copy, copy.parent / "site", "print('torch' in sys.modules)")
    assert result.stdout.splitlines()[-1] == "False"
    written = written_since(copy.parent / "site", before) - {".featamp.json"}
    packed = {"writeup.zip", "writeup/feature_amplification.docx"}
    assert written >= {f"dim/{dim}.html", "writeup/feature_amplification.md", *packed}
    drawn = {name for name in written if "figures/" in name}
    assert any(name.startswith(f"figures/dim{dim:03d}") for name in drawn)  # it is their title
    of_all = ("experiment1", "experiment3", "sheet", "contact")
    assert all(f"dim{dim:03d}" in name or any(k in name for k in of_all) for name in drawn)
    for name in written - packed - drawn - {"writeup/feature_amplification.pdf", TIMES}:
        assert "a crooked grin" in (copy.parent / "site" / name).read_text()


def test_a_chosen_dimension_that_was_swept_before_decodes_nothing(copy: Path) -> None:
    wide = (e for e in sweeps(copy.parent / "site") if "wide" in str(e["sprite"]))
    swept = sorted({int(str(entry["dim"])) for entry in wide})
    (copy.parent / "selection.toml").write_text(f"chosen = {swept[:4]}\n")
    result = run_apart(copy, copy.parent / "site", "print('torch' in sys.modules)")
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[-1] == "False"
    assert (copy.parent / f"site/figures/dim{swept[0]:03d}-raw.pdf").is_file()


@pytest.mark.usefixtures("undrawn")
def test_a_new_chosen_dimension_decodes_only_its_own_sweeps(copy: Path) -> None:
    swept = {int(str(entry["dim"])) for entry in sweeps(copy.parent / "site")}
    new = next(dim for dim in range(8) if dim not in swept)
    store = copy.parent / ".featamp"
    before = {stage: set((store / stage).iterdir()) for stage in ("sweeps", "wide")}
    (copy.parent / "selection.toml").write_text(f"chosen = [{new}]\n")
    assert run(copy) == 0
    added = {stage: len(set((store / stage).iterdir()) - before[stage]) for stage in before}
    assert added == {"sweeps": 0, "wide": 1}  # tied with a target, it was swept narrowly before
    assert (copy.parent / f"site/dim/{new}.html").is_file()


def test_a_build_knows_what_the_process_that_computed_has_run(copy: Path) -> None:
    network = (copy.parent / "tiny_vae.py").rename(copy.parent.parent / "net_q2.py")
    shim = f"import sys\nsys.path.insert(0, {str(network.parent)!r})\nfrom net_q2 import TinyVAE\n"
    (copy.parent / "tiny_vae.py").write_text(shim)
    command = [sys.executable, "-m", "report", "build", "--only", "experiments"]
    command += ["--config", str(copy), "--site", str(copy.parent / "assigned")]

    def told() -> str:
        done = subprocess.run(
            command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        telling = ("  codes ", "  nothing to do ", "error: ")
        return next(line for line in done.stdout.splitlines() if line.startswith(telling))

    assert "computed" in told()
    assert "nothing to do" in told()
    network.write_text("raise ValueError('edited')\n")
    assert "ValueError: edited" in told()


def test_outputs_that_vanished_come_back_and_orphans_go(copy: Path) -> None:
    site = copy.parent / "site"
    whole = contents(site)
    (site / "variance.html").unlink()
    (site / "notes-of-mine.txt").write_text("keep me")
    run(copy)
    assert contents(site) == {**whole, "notes-of-mine.txt": b"keep me"}

    (copy.parent / "selection.toml").write_text("chosen = [0]\n")
    run(copy)
    assert (site / "figures/dim000-raw.pdf").exists()
    (copy.parent / "selection.toml").write_text("chosen = [1]\n")
    run(copy)
    assert not (site / "figures/dim000-raw.pdf").exists()
    assert (site / "notes-of-mine.txt").read_text() == "keep me"


def test_an_interrupted_encoding_goes_on_where_it_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from featamp.io.network.model import TrainedVAE

    config = project(tmp_path / "project")
    begin, batches = TrainedVAE.begin_encoding, list[int]()
    interrupted = list[int]()

    def counted(self: TrainedVAE, images: np.ndarray) -> Callable[[], object]:
        batches.append(len(images))
        if batches.count(16) == 2 and len(images) < 16:
            interrupted.append(len(images))
            if len(interrupted) == 1:
                raise KeyboardInterrupt
        return begin(self, images)

    monkeypatch.setattr(TrainedVAE, "begin_encoding", counted)
    assert run(config) == 130
    context = context_of(config)
    codes, _ = encode_images(context, read_images(context)[0])
    assert len(codes.mu) == 40
    # 40 images: two batches of 16 once, the interrupted one of 8, and that one again
    assert batches.count(16) == 2 and batches[-1] == 8 == interrupted[-1]


@pytest.mark.usefixtures("undrawn")
def test_no_attribute_file_leaves_out_only_the_correlations(copy: Path) -> None:
    (copy.parent / "faces/list_attr_celeba.txt").unlink()
    assert run(copy) == 0
    site = copy.parent / "site"
    assert "list_attr_celeba" in (site / "attributes.html").read_text()
    assert not (site / "data/correlations.csv").exists()
    assert (site / "experiment3.html").is_file()


@pytest.mark.usefixtures("undrawn")
def test_a_build_tells_what_the_network_leaves_to_doubt_as_check_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = project(tmp_path / "project")
    assert run(config) == 0
    told = capsys.readouterr().out.splitlines()
    built = [line for line in told if "sample of the" in line]
    assert any("is no better than the" in line and "report check" in line for line in told)
    assert "reconstruction no better" in (config.parent / "site/index.html").read_text()
    assert main(["check", "--config", str(config)]) == 0
    assert built and built[0] in capsys.readouterr().out.splitlines()


@pytest.mark.usefixtures("undrawn")
def test_a_truncated_image_is_named_counted_and_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = project(tmp_path / "project")
    image = config.parent / "faces/img_align_celeba/000007.jpg"
    image.write_bytes(image.read_bytes()[:600])
    assert run(config) == 0
    output = capsys.readouterr().out
    assert "000007.jpg" in output and "1 file left out" in output
    assert "000007.jpg" in (config.parent / "site/index.html").read_text()
    with (config.parent / "site/data/correlations.csv").open() as file:
        assert {row["n"] for row in csv.DictReader(file)} == {"39"}


BAD = {
    "checkpoint missing": ("tiny.pt", None, "tiny.pt"),
    "checkpoint is text": ("tiny.pt", b"not weights", "tiny.pt"),
    "config key unknown": ("report.toml", (b"batch", b"batchsize"), "batch"),
    "config not TOML": ("report.toml", (b"[model]", b"[model"), "report.toml"),
    "alphas below 2": ("report.toml", (b"alphas = 5", b"alphas = 1"), "sweep.alphas"),
    "latent size wrong": ("report.toml", (b"latent_dim = 8", b"latent_dim = 9"), "wrong shapes"),
    "factory missing": ("report.toml", (b"tiny_vae:TinyVAE", b"tiny_vae:Nothing"), "Nothing"),
    "factory raises": ("report.toml", (b"latent_dim = 8", b"nonsense = 8"), "nonsense"),
    "size wrong": ("report.toml", (b"size = 16", b"size = 24"), "data.size"),
    "crop too large": ("report.toml", (b"crop = 160", b"crop = 500"), "data.crop"),
    "sample unknown": ("report.toml", (b"samples = 3", b'samples = ["x.jpg"]'), "x.jpg"),
    "attribute row short": ("faces/list_attr_celeba.txt", (b" 1\n", b"\n"), "line"),
    "attribute name unknown": (
        "faces/list_attr_celeba.txt",
        (b"Smiling", b"Smirking"),
        "Smirking",
    ),
    "no images": ("faces/img_align_celeba", None, "no images in it or below"),
    "chosen out of range": ("selection.toml", b"chosen = [8]", "0 to 7"),
    "chosen twice": ("selection.toml", b"chosen = [1, 1]", "twice"),
    "selection key unknown": ("selection.toml", b"[dimension.1]\nlable = 'x'", "label"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_sentence_exit_2_and_leaves_the_site(
    case: str, copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name, change, named = BAD[case]
    path, site = copy.parent / name, copy.parent / "site"
    before = contents(site)
    if isinstance(change, bytes):
        path.write_bytes(change)
    elif isinstance(change, tuple):
        content = path.read_bytes()
        assert change[0] in content
        path.write_bytes(content.replace(change[0], change[1], 1))
    elif path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
    assert run(copy) == 2
    message = capsys.readouterr().err
    assert (
        message.startswith("error: ") and message.count("\n") == 1 and "Traceback" not in message
    )
    assert named in message
    assert contents(site) == before


def test_an_image_of_another_size_is_named(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Image.new("RGB", (200, 218)).save(copy.parent / "faces/img_align_celeba/000009.jpg")
    assert run(copy) == 2
    message = capsys.readouterr().err
    assert "000009.jpg" in message and "200 x 218" in message


def test_codes_that_are_not_numbers_are_refused(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = torch.load(copy.parent / "tiny.pt", weights_only=True)
    weights = state.get("model_state_dict", state)
    for value in weights.values():
        value.fill_(float("nan"))
    torch.save(state, copy.parent / "tiny.pt")
    assert run(copy) == 2
    assert "not finite" in capsys.readouterr().err


def test_without_what_exports_a_decoder_the_build_says_how_to_have_it(
    copy: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("report.stages.live.PACKAGES", ("onnx", "of_nobody"))
    with undrawing():
        assert run(copy) == 0
    assert "make live installs of_nobody" in capsys.readouterr().out
    page = (copy.parent / "site/live.html").read_text()
    assert "of_nobody not" in page and "make live" in page


def test_not_four_chosen_is_a_warning(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (copy.parent / "selection.toml").write_text("chosen = [0, 1]\n")
    assert run(copy) == 0
    assert "warning: selection.toml chooses 2 dimensions" in capsys.readouterr().out


@pytest.mark.usefixtures("undrawn")
def test_a_constant_attribute_is_told_in_words(copy: Path) -> None:
    labels = copy.parent / "faces/list_attr_celeba.txt"
    lines = labels.read_text().splitlines()
    column = lines[1].split().index("Smiling") + 1
    rows = [line.split() for line in lines[2:]]
    for row in rows:
        row[column] = "-1"
    labels.write_text("\n".join([*lines[:2], *(" ".join(row) for row in rows)]) + "\n")
    assert run(copy) == 0
    page = (copy.parent / "site/attributes.html").read_text()
    assert "Smiling" in page and "nan" not in page.lower()


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        (errno.ENOSPC, "no space is left"),
        (errno.EFBIG, "larger than the system allows"),
        (errno.EACCES, "permission denied"),
    ],
)
def test_a_disk_that_refuses_leaves_the_old_site_whole(
    refusal: int,
    words: str,
    copy: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    site = copy.parent / "site"
    before = contents(site)
    (copy.parent / "selection.toml").write_text('[dimension.1]\nlabel = "new words"\n')
    write, count = Path.write_bytes, [0]

    def full(self: Path, data: bytes) -> int:
        count[0] += self.suffix == ".html"
        if count[0] > 2:
            raise OSError(refusal, os.strerror(refusal), str(self))
        return write(self, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    assert run(copy) == 2
    assert words in capsys.readouterr().err
    assert contents(site) == before


@pytest.mark.usefixtures("undrawn")  # that each figure, each stage is asked for anew, test_keys
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("seed = 2", "seed = 1"),
        ("alphas = 5", "alphas = 4"),
        ("wide = [-5.0, 5.0]", "wide = [-9.0, 5.0]"),
        ("visible = 1.0", "visible = 0.0"),
    ],
)
def test_an_incremental_build_is_a_fresh_one_after_each_change_of_the_config(
    old: str, new: str, named: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("featamp.statistics.support.REFERENCES", REFERENCES)
    config = copied(named, tmp_path)
    text = config.read_text()
    assert old in text
    config.write_text(text.replace(old, new))
    assert run(config) == 0
    incremental = contents(config.parent / "site")
    for stage in (config.parent / ".featamp").iterdir():
        if stage.is_dir() and stage.name not in ("simulations", "decoder"):  # of no config
            shutil.rmtree(stage)
    assert run(config, tmp_path / "fresh") == 0
    fresh = contents(tmp_path / "fresh")
    assert [name for name in fresh if incremental.get(name) != fresh[name]] in ([], [TIMES])


@pytest.mark.usefixtures("undrawn")
def test_a_stage_that_was_edited_is_made_anew(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit_source(
        "report.stages.encoding.growing", "PICTURES = 4000", "PICTURES = 20", tmp_path, monkeypatch
    )
    monkeypatch.setattr("report.stages.encoding.growing.PICTURES", 20)
    assert run(copy) == 0
    kept = [len(np.load(path)) for path in (copy.parent / ".featamp/codes").glob("*/pictures.npy")]
    assert sorted(kept) == [20, 40]


@pytest.mark.usefixtures("undrawn")
def test_another_scipy_measures_the_sweeps_anew(
    copy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    version = hashing._version
    monkeypatch.setattr(
        hashing, "_version", lambda package: "0" if package == "scipy" else version(package)
    )
    assert run(copy) == 0
    told = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert "computed" in told["sweeps"] and "cached" in told["codes"]


@pytest.mark.usefixtures("undrawn")
def test_three_images_build_and_say_that_they_tell_little(copy: Path) -> None:
    few = (
        copy.read_text()
        .replace("crop = 160", "crop = 160\nimages = 3")
        .replace("samples = 3", "samples = 2")
    )
    copy.write_text(few)
    assert run(copy) == 0
    site = copy.parent / "site"
    text = re.sub("<[^>]+>", "", (site / "attributes.html").read_text())
    assert "With 3 images no correlation, probe or response is worth much" in text
    files = [path for suffix in ("html", "csv") for path in site.rglob(f"*.{suffix}")]
    assert [path.name for path in files if re.search(r"\b(nan|inf)\b", path.read_text())] == []
