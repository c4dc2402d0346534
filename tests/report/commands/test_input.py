"""What people bring, stage by stage: what is noticed when it changes, and what is done again for
it."""

from __future__ import annotations

import errno
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from featamp.errors import InputError
from featamp.io.factory import named_function
from featamp.io.network.model import TrainedVAE
from featamp.statistics.correlation import Correlations
from report.commands.line import main
from report.engine import model_inputs
from report.engine.console import Console, counted
from report.engine.context import Context
from report.engine.hashing import run_from_source
from report.engine.places import PROJECT
from report.engine.records import load_record
from report.engine.store import RECORD
from report.inputs.config import Config
from report.inputs.selection import Selection
from report.stages.codes import (
    Codes,
    codes_key,
    correlate,
    encode_images,
    map_real_codes,
    rank_dimensions,
)
from report.stages.images import Dataset, read_images
from report.stages.labels import Judges, train_judges
from report.stages.live import NETWORK, LiveMaker, _export
from report.stages.plan import make_plan
from report.stages.sweeps import EncodedAgain, Sweeper, take_samples
from tests.conftest import context_of, project, run


@pytest.fixture
def config(tmp_path: Path) -> Iterator[Path]:
    """The config of a small project; modules that its factory imported are forgotten
    afterwards."""
    known = set(sys.modules)
    yield project(tmp_path / "project")
    for name in set(sys.modules) - known:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]


def encoded(config: Path) -> tuple[Context, Dataset, Codes]:
    """The first two stages of a build."""
    begun = context_of(config)
    dataset, _ = read_images(begun)
    return begun, dataset, encode_images(begun, dataset)[0]


def edit(path: Path, old: str, new: str) -> None:
    """Replace a text that must stand in the file."""
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


# ---- the user's own network


def a_package(folder: Path) -> Path:
    (folder / "nets").mkdir()
    (folder / "tiny_vae.py").rename(folder / "nets/__init__.py")
    edit(folder / "report.toml", "tiny_vae:", "nets:")
    return folder / "nets/__init__.py"


def a_part_of_a_package(folder: Path) -> Path:
    init = a_package(folder)
    init.rename(init.with_name("vae.py"))
    init.write_text("from .vae import TinyVAE\n")
    return init.with_name("vae.py")


def a_helper(folder: Path) -> Path:
    (folder / "tiny_vae.py").rename(folder / "helper.py")
    (folder / "tiny_vae.py").write_text("from helper import TinyVAE\n")
    return folder / "helper.py"


@pytest.mark.parametrize("elsewhere", [False, True], ids=["beside the config", "on the path"])
@pytest.mark.parametrize("form", [a_package, a_part_of_a_package, a_helper])
def test_an_edit_of_the_network_is_noticed(
    form: Callable[[Path], Path], elsewhere: bool, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = form(config.parent)
    if elsewhere:
        place = config.parent / "elsewhere"
        place.mkdir()
        for name in ("nets", "tiny_vae.py", "helper.py"):
            if (config.parent / name).exists():
                (config.parent / name).rename(place / name)
        source = place / source.relative_to(config.parent)
        monkeypatch.syspath_prepend(place)
    before = encoded(config)[2].key
    assert encoded(config)[2].key == before
    source.write_text(source.read_text() + "\nLAYERS = 3\n")
    assert encoded(config)[2].key != before


BY_ITS_FOLDER = "import sys\nsys.path.insert(0, {!r})\nfrom net_q2 import TinyVAE\n"
BY_A_NAME = "import importlib\nTinyVAE = importlib.import_module('net_' + 'q2').TinyVAE\n"
BY_ITS_PATH = """
from importlib import util
spec = util.spec_from_file_location("net_q2", {!r} + "/net_q2.py")
spec.loader.exec_module(net := util.module_from_spec(spec))
TinyVAE = net.TinyVAE
"""
BY_ITS_LOADER = """
from importlib import machinery, util
loader = machinery.SourceFileLoader("net_q2", {!r} + "/net_q2.py")
loader.exec_module(net := util.module_from_spec(util.spec_from_loader("net_q2", loader)))
TinyVAE = net.TinyVAE
"""
WHEN_CALLED = """
def TinyVAE(**kwargs):
    from net_q2 import TinyVAE
    return TinyVAE(**kwargs)
"""


@pytest.mark.parametrize(
    ("place", "on_path", "source"),
    [
        ("../src", False, BY_ITS_FOLDER),
        ("../src", True, "from net_q2 import TinyVAE\n"),
        ("../src", True, WHEN_CALLED),
        ("../src", False, BY_ITS_PATH),
        ("../src", False, BY_ITS_LOADER),
        (".", False, BY_A_NAME),
    ],
    ids=[
        "by its folder",
        "on the path",
        "when called",
        "by its path",
        "by its loader",
        "by a name",
    ],
)
def test_code_that_no_import_tells_of_is_noticed_when_it_was_run(
    place: str, on_path: bool, source: str, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = (config.parent / place).resolve()
    folder.mkdir(exist_ok=True)
    network = (config.parent / "tiny_vae.py").rename(folder / "net_q2.py")
    (config.parent / "tiny_vae.py").write_text(source.format(str(folder)))
    monkeypatch.setattr(sys, "path", [*[str(folder)] * on_path, *sys.path])

    def built() -> tuple[Codes, bool]:
        """The codes, and whether the network was opened for them."""
        with run_from_source():
            return encoded(config)[2], "tiny_vae" in sys.modules

    first, again = built(), built()
    assert (first[0].key, first[1], again[1]) == (again[0].key, True, False)
    edit(network, "return tuple(", "return tuple(2.0 * each for each in ")
    for opened in (True, False):
        other = built()
        assert other[1] == opened
        np.testing.assert_allclose(other[0].mu, 2 * first[0].mu, rtol=1e-5)
    edit(network, "2.0 * each for each in ", "")
    assert built()[0].key == first[0].key
    network.unlink()
    assert codes_key(context_of(config), read_images(context_of(config))[0]) != first[0].key


@dataclass(frozen=True)
class Editable:
    """What `pip install -e` adds to `sys.meta_path` for a project whose modules lie flat: it has
    had a function of importlib's since Python started."""

    places: dict[str, Path]

    def find_spec(
        self, name: str, path: object = None, target: object = None
    ) -> ModuleSpec | None:
        place = self.places.get(name)
        return spec_from_file_location(name, place) if place else None


@pytest.mark.parametrize(
    ("source", "factory", "edited"),
    [
        ("net_q7.py", "net_q7", "net_q7.py"),
        ("net_q7/__init__.py", "net_q7", "net_q7/__init__.py"),
        ("net_q7/vae.py", "net_q7.vae", "net_q7/vae.py"),
        ("net_q7/vae.py", "net_q7.vae", "net_q7/__init__.py"),
        ("src/__init__.py", "net_q7", "src/__init__.py"),
    ],
)
def test_an_edit_of_what_is_installed_to_be_edited_is_noticed(
    source: str, factory: str, edited: str, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = config.parent.parent / "installed"
    network, top = folder / source, (folder / source).parent
    top.mkdir(parents=True)
    (config.parent / "tiny_vae.py").rename(network)
    (top / "__init__.py").touch()
    found = network if top == folder else top / "__init__.py"
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, Editable({"net_q7": found})])
    edit(config, "tiny_vae:", f"{factory}:")

    def built() -> Codes:
        with run_from_source():
            return encoded(config)[2]

    first = built()
    assert built().key == first.key
    with (folder / edited).open("a") as file:
        file.write("\nSCALE = 2\n")
    assert built().key != first.key
    edit(network, "return tuple(", "return tuple(2.0 * each for each in ")
    np.testing.assert_allclose(built().mu, 2 * first.mu, rtol=1e-5)


def test_steps_that_no_import_tells_of_are_noticed_when_they_were_run(config: Path) -> None:
    steps = config.parent / "mine_q2.py"
    steps.write_text("def prepare(image):\n    return image.resize((16, 16))\n")
    source = "import importlib\nprepare = importlib.import_module('mine_' + 'q2').prepare\n"
    (config.parent / "mine.py").write_text(source)
    edit(config, "crop = 160", 'preprocess = "mine:prepare"')
    with run_from_source():
        first = np.array(encoded(config)[2].pictures.stored)
    edit(steps, "16))", "16)).rotate(180)")
    with run_from_source():
        turned = encoded(config)[2].pictures.stored
    np.testing.assert_array_equal(turned, first[:, ::-1, ::-1])


def test_threads_may_ask_for_the_steps_of_a_person_at_once(config: Path) -> None:
    (config.parent / "mine.py").write_text("from mine_part import prepare\n")
    (config.parent / "mine_part.py").write_text("def prepare(image):\n    return image\n")
    edit(config, "crop = 160", 'preprocess = "mine:prepare"')
    with run_from_source(), ThreadPoolExecutor(4) as pool:
        begun = context_of(config)
        assert len([*pool.map(lambda _: begun.steps, range(200))]) == 200


def test_what_is_written_for_a_run_alone_makes_nothing_anew(config: Path) -> None:
    network = (config.parent / "tiny_vae.py").read_text()
    (config.parent / "tiny_vae.py").write_text(
        "import sys, tempfile, pathlib\nfolder = tempfile.TemporaryDirectory()\n"
        f"pathlib.Path(folder.name, 'net_q5.py').write_text({network!r})\n"
        "sys.path.insert(0, folder.name)\nfrom net_q5 import TinyVAE\nfolder.cleanup()\n"
    )
    with run_from_source():
        first = encoded(config)[2].key
    assert codes_key(context_of(config), read_images(context_of(config))[0]) == first
    sys.path.pop(0)


def test_a_network_that_asks_for_many_threads_gets_one(config: Path) -> None:
    before = torch.get_num_threads()
    source = config.parent / "tiny_vae.py"
    source.write_text(source.read_text() + "\ntorch.set_num_threads(4)\n")
    try:
        encoded(config)
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(before)


def test_an_unchanged_build_does_not_import_the_network(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = config.parent / "elsewhere/nets"
    place.mkdir(parents=True)
    (place / "__init__.py").write_text("")
    (config.parent / "tiny_vae.py").rename(place / "vae.py")
    edit(config, "tiny_vae:", "nets.vae:")
    monkeypatch.syspath_prepend(place.parent)
    encoded(config)
    assert sys.modules.pop("nets.vae") and sys.modules.pop("nets")
    encoded(config)
    assert "nets" not in sys.modules


KEEPING = """
    def encode(self, x):
        self.found = self.posterior(x.flatten(1)).chunk(2, dim=1)
        time.sleep(0.02)  # another thread is given its turn
        return self.found
"""


@pytest.mark.parametrize("copies", [True, False])
def test_a_network_that_keeps_what_it_computes_is_not_mixed_up_by_threads(
    copies: bool, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def swept() -> list[NDArray[np.float32]]:
        begun, dataset, codes = encoded(config)
        ranking, _ = rank_dimensions(begun, codes)
        samples, _ = take_samples(begun, codes, dataset)
        support, _ = map_real_codes(begun, codes, ranking)
        plan = make_plan(begun.config, ranking, None, Selection())
        sweeper = Sweeper(begun, codes, dataset, ranking, support, samples, plan)
        again = sweeper.encode_again(sweeper.dimensions()[0].values())
        return [load_record(each.path / RECORD, EncodedAgain).codes for each in again]

    before = swept()
    source = config.parent / "tiny_vae.py"
    text = source.read_text().replace("import torch\n", "import time\n\nimport torch\n", 1)
    lock = "" if copies else "\n        self.lock = __import__('threading').Lock()"
    text = text.replace("super().__init__()", f"super().__init__(){lock}")
    source.write_text(
        re.sub(r"\n    def encode.*?(?=\n    def decode)", KEEPING, text, flags=re.S)
    )
    sys.modules.pop("tiny_vae", None)
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    after = swept()
    assert len(before) == len(after) >= 4
    for one, other in zip(before, after, strict=True):
        np.testing.assert_array_equal(one, other)


# ---- the images and their labels


def test_an_image_that_may_not_be_read_is_named_in_one_sentence(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    allowed = Path.open

    def refuse(self: Path, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  as the method
        if self.name == "000007.jpg":  # root may read all, whatever the permissions
            raise PermissionError(errno.EACCES, "Permission denied", str(self))
        return allowed(self, *args, **kwargs)

    monkeypatch.setattr(Path, "open", refuse)
    assert run(config) == 2
    message = capsys.readouterr().err
    assert "000007.jpg: permission denied" in message and message.count("\n") == 1


def test_a_table_that_becomes_the_folders_own_list_is_read_as_one(config: Path) -> None:
    faces = config.parent / "faces"
    rows = "".join(f"{n:06d}.jpg,{n % 2}\n" for n in range(1, 41))
    (config.parent / "labels.csv").write_text(f"image,hat\n{rows}")
    edit(config, "[data]", '[data]\nlabels = "labels.csv"')
    edit(config, 'targets = ["Smiling", "Male"]', 'targets = ["hat"]')
    dataset, _ = read_images(context_of(config))
    assert dataset.folder.attribute_names == ("hat",)
    (faces / "list_attr_celeba.txt").unlink()
    (config.parent / "labels.csv").rename(faces / "list_attr_celeba.csv")
    edit(config, 'labels = "labels.csv"', "")
    with pytest.raises(InputError, match="unknown attribute 'hat'"):
        read_images(context_of(config))


def test_the_folders_own_list_is_read_anew_where_it_is_no_longer_named(config: Path) -> None:
    given = 'root = "faces"'
    edit(config, given, f'{given}\nlabels = "faces/list_attr_celeba.txt"')
    _, as_any_table = read_images(context_of(config))
    edit(config, 'labels = "faces/list_attr_celeba.txt"', "")
    _, as_celebas = read_images(context_of(config))
    assert as_any_table.key != as_celebas.key


def test_a_build_warns_of_labels_that_may_be_those_of_other_images(config: Path) -> None:
    faces = config.parent / "faces"
    (faces / "img_align_celeba").rename(faces / "val")
    rows = "".join(f"train/{n:06d}.jpg,{n % 2}\n" for n in range(1, 41))
    (config.parent / "labels.csv").write_text(f"image,hat\n{rows}")
    edit(config, "[data]", '[data]\nlabels = "labels.csv"')
    edit(config, 'targets = ["Smiling", "Male"]', 'targets = ["hat"]')
    stream = StringIO()
    read_images(replace(context_of(config), console=Console(stream)))
    assert "warning: " in stream.getvalue() and "is taken for the image 'val/" in stream.getvalue()


def test_a_list_that_comes_to_lie_aside_is_told(config: Path) -> None:
    assert read_images(context_of(config))[0].folder.told == ()
    (config.parent / "faces/Anno").mkdir()
    (config.parent / "faces/Anno/identity_CelebA.txt").write_text("000001.jpg 1\n")
    (line,) = read_images(context_of(config))[0].folder.told
    assert "identity_CelebA.txt, lies aside" in line


def test_people_who_become_known_by_other_images_count(config: Path) -> None:
    faces = config.parent / "faces"
    other = faces / "img_align_celeba/000001.png"
    shutil.copy(faces / "img_align_celeba/000002.jpg", other)
    who = "".join(f"{n:06d}.{'png' if n == 1 else 'jpg'} {n // 2}\n" for n in range(1, 41))
    (faces / "identity_CelebA.txt").write_text(who)
    before, _ = read_images(context_of(config))
    other.unlink()
    after, _ = read_images(context_of(config))
    assert before.folder.people is None and after.folder.people is not None
    assert before.folder.names == after.folder.names and before.labels != after.labels


def test_labels_that_come_or_change_decode_and_encode_nothing_again(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = config.parent / "faces/list_attr_celeba.txt"
    text = labels.read_text()

    def stages() -> tuple[Codes, Correlations | None, Judges | None, list[bool]]:
        begun, dataset, codes = encoded(config)
        ranking, _ = rank_dimensions(begun, codes)
        correlations, _ = correlate(begun, codes, dataset)
        samples, taken = take_samples(begun, codes, dataset)
        support, _ = map_real_codes(begun, codes, ranking)
        plan = replace(make_plan(begun.config, ranking, correlations, Selection()), dims=(0, 5))
        sweeper = Sweeper(begun, codes, dataset, ranking, support, samples, plan)
        _, swept = sweeper.dimensions()
        judges, _ = train_judges(begun, codes, dataset)
        return (
            codes,
            correlations,
            judges,
            [taken.cached, *(artifact.cached for artifact in swept)],
        )

    labels.unlink()
    assert stages()[1:] == (None, None, [False, False, False])

    monkeypatch.setattr(TrainedVAE, "encode", None)
    monkeypatch.setattr(TrainedVAE, "decode", None)
    labels.write_text(text)
    codes, correlations, judges, cached = stages()
    assert all(cached) and correlations and judges
    given = np.array(
        [[int(label) for label in line.split()[1:]] for line in text.splitlines()[2:]]
    )
    expected = np.corrcoef(given[:, 31], codes.mu[:, 5])[0, 1]
    assert correlations.r[31, 5] == pytest.approx(expected, abs=1e-6)

    head, rows = text.splitlines()[:2], text.splitlines()[2:]
    turned = [
        " ".join([row.split()[0], *("-1" if label == "1" else "1" for label in row.split()[1:])])
        for row in rows
    ]
    labels.write_text("\n".join([*head, *turned]) + "\n")
    again = stages()
    assert all(again[3]) and again[1] and again[2]
    np.testing.assert_allclose(again[1].r, -correlations.r, atol=1e-9)
    assert again[2].key != judges.key
    assert again[0].images.content == codes.images.content
    assert again[0].images.labels != codes.images.labels


def test_the_console_says_what_was_left_out(config: Path) -> None:
    assert read_images(context_of(config))[0].summary == "40 images"
    labels = config.parent / "faces/list_attr_celeba.txt"
    lines = labels.read_text().splitlines()
    labels.write_text("\n".join(lines[:-2]) + "\n")
    for name in ("000001.jpg", "000002.jpg", "000003.jpg"):
        (config.parent / "faces/img_align_celeba" / name).unlink()
    summary = read_images(context_of(config))[0].summary
    assert summary == "35 images, 2 left out without a label row, 3 label rows without an image"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("samples = 3", "samples = 41", r"sweep\.samples is 41, but there are only 40 images"),
        (
            "samples = 3",
            "samples = ['000001.jpg', 'x.jpg']",
            r"sweep\.samples names 'x\.jpg', which is not among",
        ),
        (
            '"Male"]',
            '"Bald"]',
            r"experiments\.targets names 'Bald', which the labels lack",
        ),
    ],
)
def test_samples_and_targets_that_the_folder_lacks_are_told_before_the_encoding(
    old: str, new: str, message: str, config: Path
) -> None:
    labels = config.parent / "faces/list_attr_celeba.txt"
    rows = (f"{number:06d}.jpg 1 {number % 2}" for number in range(1, 41))
    labels.write_text("\n".join(["Smiling Male", *rows]) + "\n")
    read_images(context_of(config))
    edit(config, old, new)
    with pytest.raises(InputError, match=message):
        read_images(context_of(config))


def test_images_that_are_all_the_same_file_are_told(config: Path) -> None:
    first, *others = sorted((config.parent / "faces/img_align_celeba").iterdir())
    for other in others:
        other.write_bytes(first.read_bytes())
    with pytest.raises(InputError, match="all 40 images are the same file"):
        read_images(context_of(config))


def test_images_that_are_copies_of_others_are_told(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, *others = sorted((config.parent / "faces/img_align_celeba").iterdir())
    for other in others[:3]:
        other.write_bytes(first.read_bytes())
    told = "3 of 40 images are copies of others, such as '000001.jpg' and '000002.jpg': each"
    assert main(["check", "--config", str(config)]) == 0
    assert f"warning: {told}" in capsys.readouterr().out
    stream = StringIO()
    read_images(replace(context_of(config), console=Console(stream)))
    assert f"warning: {told}" in stream.getvalue()


def test_a_folder_in_place_of_the_checkpoint_is_said(config: Path) -> None:
    (config.parent / "tiny.pt").unlink()
    (config.parent / "tiny.pt").mkdir()
    with pytest.raises(InputError, match=r"tiny\.pt: is a folder \(model\.checkpoint"):
        encoded(config)


@pytest.mark.parametrize(("count", "words"), [(0, "0 files"), (1, "1 file"), (2, "2 files")])
def test_one_is_not_counted_as_many(count: int, words: str) -> None:
    assert counted(count, "file") == words


# ---- what changes while a build runs, and what the system gives


@pytest.mark.parametrize(
    ("name", "back"),
    [
        ("tiny.pt", False),
        ("tiny.pt", True),
        ("tiny_vae.py", True),
        ("faces/img_align_celeba/000007.jpg", False),
    ],
)
def test_what_changes_while_a_build_reads_it_is_told_and_nothing_of_it_is_kept(
    name: str,
    back: bool,
    config: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path, opened = config.parent / name, model_inputs.open_vae
    first = path.read_bytes()

    def open_meanwhile(config: Config) -> TrainedVAE:
        if back:  # another one stood there while it was read
            path.write_bytes(first + b"\n")
        vae = opened(config)
        path.write_bytes(first if back else first + b"\n")
        return vae

    monkeypatch.setattr(model_inputs, "open_vae", open_meanwhile)
    assert run(config) == 2
    message = capsys.readouterr().err
    assert f"{Path(name).stem}" in message and "changed while the build read it" in message
    assert message.count("\n") == 1
    assert list((config.parent / ".featamp/codes").glob("*[!t]/mu.npy")) == []


def test_a_decoder_of_other_weights_is_not_exported(config: Path) -> None:
    begun, checkpoint = context_of(config), config.parent / "tiny.pt"
    assert begun.read.hashes
    checkpoint.write_bytes(checkpoint.read_bytes() + b"\n")
    with pytest.raises(InputError, match=r"tiny\.pt changed while the build read it"):
        _export(begun, config.parent)


def test_a_decoder_that_found_no_memory_is_tried_again(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9")

    nothing: list[Any] = [None] * 4
    live = LiveMaker(context_of(config), *nothing)
    with monkeypatch.context() as lacking:
        lacking.setattr("torch.onnx.export", refuse)
        checked, network, kept = live._decoder()
    assert checked.reason.startswith("the memory does not suffice") and (network, kept) == (
        None,
        [],
    )
    assert (live._exported().path / NETWORK).exists()


def test_a_decoder_that_the_name_of_its_folder_hindered_is_tried_again(config: Path) -> None:
    nothing: list[Any] = [None] * 4
    odd = Path(os.fsdecode(bytes(config.parent) + b"-caf\xe9"))
    config.parent.rename(odd)
    checked, _, kept = LiveMaker(context_of(odd / config.name), *nothing)._decoder()
    assert "no text in UTF-8; rename it" in checked.reason and kept == []
    odd.rename(config.parent)
    sys.modules.pop("tiny_vae")
    exported = LiveMaker(context_of(config), *nothing)._exported()
    assert not exported.cached and (exported.path / NETWORK).exists()


def test_an_edit_of_the_same_size_and_second_is_run(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    source = config.parent / "tiny_vae.py"
    edit(source, "return tuple(", "return tuple(1.0 * each for each in ")
    with run_from_source():
        before = np.array(encoded(config)[2].mu)
    named_function("model.factory", "tiny_vae:TinyVAE", config.parent)  # Python keeps byte code
    assert list(config.parent.glob("__pycache__/tiny_vae.*"))
    stat = source.stat()
    edit(source, "1.0 * each", "2.0 * each")
    os.utime(source, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    with run_from_source():
        np.testing.assert_allclose(encoded(config)[2].mu, 2 * before, rtol=1e-5)


def test_a_name_that_is_no_text_is_counted_and_said(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    faces = config.parent / "faces/img_align_celeba"
    (faces / "000001.jpg").rename(faces / os.fsdecode(b"caf\xe9.jpg"))
    assert main(["check", "--config", str(config)]) == 0
    told = capsys.readouterr()
    assert "caf\\udce9.jpg" in told.out + told.err


def test_output_that_nobody_reads_ends_in_a_sentence(config: Path) -> None:
    command = f"{sys.executable} -m report check --store --config {config}"
    for given, status, words in (
        ("| true", 2, "error: nobody reads the output any more; no result was written\n"),
        ("2>&1 | true", 2, ""),
        (">&-", 0, ""),
        ("<&- >&- 2>&-", 0, ""),
        (">/dev/full", 2, "error: writing: no space is left on the disk; no result was written\n"),
    ):
        ended = f"set -o pipefail; {command} {given}"
        done = subprocess.run(
            ["bash", "-c", ended], cwd=PROJECT, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (status, words), given


def test_check_looks_at_the_whole_store(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    encoded(config)
    command = ["check", "--store", "--config", str(config)]
    assert main(command) == 0
    assert "all as they were written" in capsys.readouterr().out
    damaged = next((config.parent / ".featamp/codes").glob("*/mu.npy"))
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"?")
    assert main(command) == 2
    told = capsys.readouterr()
    assert f"{damaged.parent}: mu.npy does not hold what was written" in told.out
    assert "1 of" in told.err


def test_check_tells_all_that_stands_in_the_place_of_results(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    encoded(config)
    store, command = config.parent / ".featamp", ["check", "--store", "--config", str(config)]
    first, second = store / "headers", next((store / "images").iterdir())
    done = next(store.glob("codes/*/done.json"))
    for path in (first, second):
        shutil.rmtree(path)
        path.write_text("no folder")
    done.unlink()
    done.mkdir()
    assert main(command) == 2
    told = capsys.readouterr()
    assert sorted(told.out.splitlines()) == sorted([
        f"{done.parent}: done.json is damaged or missing",
        f"{first}: not a folder, expected one of results; remove it",
        f"{second}: not a folder, expected one of results; remove it",
    ])  # fmt: skip
    assert told.err.startswith(f"error: {store}: 3 of ")
    first.unlink()
    second.unlink()
    encoded(config)
    assert main(command) == 0


def test_check_of_a_store_that_is_none_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    typo, config = tmp_path / "reprot.toml", tmp_path / "report.toml"
    config.touch()
    assert main(["check", "--store", "--config", str(typo)]) == 2
    assert f"{typo}: no such file; did you mean 'report.toml'?" in capsys.readouterr().err
    assert main(["check", "--store", "--config", str(config)]) == 0
    assert "there is no store; nothing was built yet" in capsys.readouterr().out


UNSHARED = ("unshare", "--user", "--map-root-user", "--mount")


def may_mount() -> bool:
    """Whether this system lets a test have a file system of its own."""
    try:
        command = [*UNSHARED, "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


@pytest.mark.skipif(not may_mount(), reason="no file system of its own for a test")
@pytest.mark.parametrize(
    ("options", "words"),
    [("size=96k", "no space is left on the disk"), ("ro", "the file system is read-only")],
)
def test_a_store_that_cannot_be_written_ends_in_a_sentence(
    options: str, words: str, config: Path
) -> None:
    store = config.parent / ".featamp"
    store.mkdir()
    mount = f"mount -t tmpfs -o {options} tmpfs {store}"
    build = f"{sys.executable} -m report build --config {config} --site {config.parent / 'site'}"
    done = subprocess.run(
        [*UNSHARED, "sh", "-c", f"{mount} && exec {build}"],
        cwd=PROJECT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: {store}") and words in done.stderr
    assert done.stderr.count("\n") == 1
