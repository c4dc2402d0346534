"""No input is left out of the key of a stage that reads it: each is changed alone, and what
depends on it is asked for anew.

Nothing is computed: where a result is missing, the one of the unchanged project stands for it.
"""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path
from typing import TypeVar

import pytest
import torch
from PIL import Image

from report.commands.build import _compute
from report.commands.opening import Stages, open_report, read
from report.engine import hashing
from report.engine.console import Console
from report.engine.context import Context
from report.engine.processes.workers import Workers
from report.engine.site import Site
from report.engine.store import STORE, Artifact, Store
from report.handin.drawing import start_drawing
from report.inputs.values import VALUES
from report.pages.publish import _site_key
from report.stages.codes import codes_key, encode_images
from report.stages.images import read_images
from tests.conftest import edit_source, load_config

T = TypeVar("T")

IMAGES = {"images", "headers"}
LATER = {"encoded", "responses", "verdicts", "figures"}
CORRELATED = {
    "correlation", "held-out", "stability", "shares", "partials", "probes", "judge", "screen",
    "responses", "agreement", "verdicts", "axes", "faces",
}  # fmt: skip
SWEPT = {"sweeps", "wide", "controls", "agreement", *LATER}
CODED = {
    "codes", "variance", "correlation", "samples", "support", "held-out", "stability", "shares",
    "partials", "probes", "judge", "component", "screen", "axes", "faces", "intruders",
    "originals", "seen", "live", *SWEPT,
}  # fmt: skip
"""What depends on the images: all but what depends on nothing of the person's."""
ANSWERED = CODED - {"judge", "originals", "seen"}
"""What depends on the network's answers: the judges of pixels and faces see the images alone."""
CROPPED = CODED - {"seen"}
"""What depends on how files are cut: what is seen of them depends on the pixels, the same here."""
OPENED = ANSWERED | {"decoder"}
"""What depends on the network: its decoder is exported too."""


QUICK = frozenset({"images"})
"""Stages that take no time."""


class DryStore(Store):
    """Makes next to nothing: the n-th result of a stage stands for the n-th that is missing.

    `asked` holds the stages of which a result was missing; those of `made` make theirs.
    """

    def __init__(self, root: Path, before: dict[str, list[Path]], made: frozenset[str]) -> None:
        super().__init__(root)
        self._made = made
        self.asked: set[str] = set()
        self.given: dict[str, list[Path]] = {}
        self._before = before
        self._count: Counter[str] = Counter()

    def artifacts(
        self,
        stage: str,
        keys: Sequence[str],
        make: Callable[[dict[str, Path]], None],
        *,
        resume: bool = False,
        reads: Iterable[Path] = (),
    ) -> list[Artifact]:
        (key,) = keys
        known, number = self._before.get(stage), self._count[stage]
        self._count[stage] += 1
        if self.has(stage, key):
            (artifact,) = super().artifacts(stage, keys, make)
        else:
            self.asked.add(stage)
            if known is None or stage in self._made:  # a stage that had none, or takes no time
                return super().artifacts(stage, keys, make, resume=resume, reads=reads)
            artifact = Artifact(known[min(number, len(known) - 1)], key, 0.0, cached=False)
        self.given.setdefault(stage, []).append(artifact.path)
        return [artifact]


class NoWorkers(Workers):
    """Draws nothing."""

    def submit(self, job: Callable[[], T]) -> Callable[[], T]:
        return job


@dataclass(frozen=True)
class Dry:
    """What a build asked for: the stages of which something was missing, and the site's key."""

    asked: set[str]
    site: str
    images: str
    given: dict[str, list[Path]]


def dry(
    config_path: Path,
    before: dict[str, list[Path]],
    made: frozenset[str] = QUICK,
) -> Dry:
    config = load_config(config_path)
    store = DryStore(config.folder / STORE, before, made)
    console = Console(StringIO())
    stages, dry_context = Stages(console), Context(config, store, console, NoWorkers())
    dataset = read(dry_context, stages)
    encoded = encode_images(dry_context, dataset)
    computed = _compute(open_report(dry_context, dataset, stages, encoded))
    drawing = start_drawing(dry_context, computed.findings)
    findings = replace(computed.findings, figures=drawing.formats)
    assert drawing.artifacts
    site = _site_key(findings, drawing, stages.done, Site(config.folder / "site"))
    return Dry(store.asked, site, findings.images.content, store.given)


@pytest.fixture
def copy(built: Path, tmp_path: Path) -> Path:
    """A copy of what a person gives, time stamps kept, beside results and a site that nothing here
    changes: only images are listed anew. Its config."""
    folder = tmp_path / "project"
    shutil.copytree(built, folder, ignore=shutil.ignore_patterns(STORE, "site"))
    (folder / "site").symlink_to(built / "site")
    (folder / STORE).mkdir()
    for kept in (built / STORE).iterdir():
        if kept.is_dir() and kept.name != "images":
            (folder / STORE / kept.name).symlink_to(kept)
        else:
            duplicate = shutil.copytree if kept.is_dir() else shutil.copy2
            duplicate(kept, folder / STORE / kept.name)
    return folder / "report.toml"


@pytest.fixture(scope="module")
def unchanged(built: Path) -> Dry:
    found = dry(built / "report.toml", {})
    assert found.asked == set()
    return found


def anew(copy: Path, unchanged: Dry, made: frozenset[str] = QUICK) -> set[str]:
    """What a changed project computes; its site is another one in any case."""
    moved = {
        stage: [copy.parent / STORE / stage / path.name for path in paths]
        for stage, paths in unchanged.given.items()
    }
    found = dry(copy, moved, made)
    assert found.site != unchanged.site
    return found.asked


def listed_anew(copy: Path, unchanged: Dry) -> set[str]:
    """Of a project with fewer images, for whose codes none can stand: it lists others, and the
    codes depend on which.
    """
    store, console = DryStore(copy.parent / STORE, {}, QUICK), Console(StringIO())
    dataset, _ = read_images(Context(load_config(copy), store, console, NoWorkers()))
    assert dataset.content != unchanged.images
    return store.asked


# ---- the config

CONFIG: dict[str, tuple[str, set[str]]] = {
    "model.checkpoint": ('"other.pt"', OPENED),
    "model.factory": ('"other_vae:TinyVAE"', OPENED),
    "model.kwargs": ("{ latent_dim = 8, size = 16 }", OPENED),
    "model.adapter": ('"other_vae"', OPENED),
    "model.ignore_keys": ('["loss.*"]', OPENED),
    "model.state_key": ('"model_state_dict"', OPENED),
    "model.pixels": ("[-1.0, 1.0]", OPENED),
    "model.encode_samples": ("2", ANSWERED),
    "data.root": ('"faces2"', {"headers"} | CODED),
    "data.images": ("30", IMAGES),
    "data.split": ('"test"', IMAGES),
    "data.crop": ("128", {"headers"} | CROPPED),
    "data.size": ("24", OPENED),
    "data.preprocess": ('["crop 128"]', {"headers"} | CROPPED),
    "data.mean": ("[0.4]\nstd = 0.5", OPENED),
    "data.std": ("[0.5]\nmean = 0.4", OPENED),
    "data.labels": ('"other.csv"', {"images"} | CORRELATED),
    "sweep.samples": ("2", {"samples", "screen", "axes", "live"} | SWEPT),
    "sweep.alphas": ("4", SWEPT),
    "sweep.range": ("[-2.0, 3.0]", {"sweeps", "wide", "agreement", "live", *LATER}),
    "sweep.wide": ("[-5.0, 6.0]", {"wide", "live", "figures"}),
    "sweep.sigmas": ("2.0", {"live"} | SWEPT),
    "experiments.targets": ('["Young"]', {"controls", "agreement", "intruders", "wide", *LATER}),
    "experiments.explore": ("8", {"axes", "naming", "verdicts", "live", "figures"}),
    "experiments.found": ("0", set()),
    "score.visible": ("0.5", {"verdicts"}),
    "score.consistent": ("0.5", {"verdicts"}),
    "score.monotone": ("0.5", {"verdicts"}),
    "score.not_photometric": ("0.5", {"verdicts"}),
    "score.specific": ("0.5", {"verdicts"}),
    "score.inside": ("0.5", {"verdicts"}),
    "compute.device": ('"auto"', ANSWERED),
    "compute.batch": ("8", ANSWERED),
    "compute.seed": (
        "1",
        {
            "images", "samples", "support", "screen", "held-out", "stability", "probes", "judge",
            "null", "shares", "partials", "axes", "faces", "intruders", "seen",
            "live", *SWEPT,
        },
    ),
    "compute.store": ("1", set()),
    "compute.memory": ("100", set()),
}  # fmt: skip
"""Another value for every key, and what depends on it."""


def with_value(text: str, key: str, value: str) -> str:
    section, name = key.split(".")
    text = re.sub(rf"^{name} = .*\n", "", text, flags=re.M)
    if f"[{section}]" not in text:
        text += f"\n[{section}]\n"
    return text.replace(f"[{section}]\n", f"[{section}]\n{name} = {value}\n")


def test_every_key_of_the_config_is_tried() -> None:
    assert CONFIG.keys() == VALUES.keys()


def test_the_code_that_prepares_images_is_in_the_keys(copy: Path, unchanged: Dry) -> None:
    text = re.sub(r"^crop = .*\n", "", copy.read_text(), flags=re.M)
    copy.write_text(with_value(text, "data.preprocess", '"mine:prepare"'))
    keys = set()
    for body in ("image.resize((16, 16))", "image.resize((16, 16), 0)"):
        (copy.parent / "mine.py").write_text(f"def prepare(image):\n    return {body}\n")
        store = Store(copy.parent / STORE)
        made = Context(load_config(copy), store, Console(StringIO()), NoWorkers())
        keys.add(codes_key(made, read_images(made)[0]))
    assert len(keys) == 2


@pytest.mark.parametrize("key", CONFIG)
def test_a_key_of_the_config_is_in_the_keys_of_what_reads_it(
    key: str, copy: Path, unchanged: Dry
) -> None:
    value, expected = CONFIG[key]
    folder = copy.parent
    if key == "model.checkpoint":
        state = torch.load(folder / "tiny.pt", weights_only=True)
        state["model_state_dict"]["image.bias"] += 1
        torch.save(state, folder / "other.pt")
    if key == "model.factory":
        text = (folder / "tiny_vae.py").read_text()
        (folder / "other_vae.py").write_text(text + "# another\n")
    if key == "data.labels":
        (folder / "faces/list_attr_celeba.txt").rename(folder / "other.csv")
        swap_labels(folder / "other.csv")
    if key == "data.root":
        (folder / "faces").rename(folder / "faces2")
        repaint(folder / "faces2/img_align_celeba/000040.jpg")
    if key == "data.preprocess":  # takes the place of the crop
        copy.write_text(re.sub(r"^crop = .*\n", "", copy.read_text(), flags=re.M))
    copy.write_text(with_value(copy.read_text(), key, value))
    if expected == IMAGES:
        assert listed_anew(copy, unchanged) == expected
    elif key == "experiments.targets":  # others are swept than those that would be suggested
        assert anew(copy, unchanged, QUICK | {"verdicts"}) == expected
    else:
        assert anew(copy, unchanged) == expected


# ---- files

FACES = "faces/img_align_celeba"


def swap_labels(path: Path) -> None:
    """Turn one label over."""
    *lines, last = path.read_text().splitlines()
    label = last.split()[-1]
    other = {"1": "-1", "-1": "1"}.get(label, "2" if label != "2" else "0")
    path.write_text("\n".join([*lines, last[: -len(label)] + other]) + "\n")


def repaint(path: Path) -> None:
    with Image.open(path) as image:
        image.rotate(180).save(path, quality=92)


def append(path: Path) -> None:
    with path.open("a") as file:
        file.write("\n# another\n")


def edit_site(path: Path) -> None:
    """Of its own: the other tests see the same one."""
    shared = path.parent.readlink()
    path.parent.unlink()
    shutil.copytree(shared, path.parent)
    append(path)


FILES: dict[str, tuple[Callable[[Path], object], set[str]]] = {
    "tiny.pt": (lambda path: torch.save({**torch.load(path), "epoch": 4}, path), OPENED),
    "tiny.json": (lambda path: path.write_text("{}"), OPENED),
    "tiny_vae.py": (append, OPENED),
    f"{FACES}/000007.jpg": (repaint, {"headers"} | CODED),
    f"{FACES}/000040.jpg": (Path.unlink, IMAGES),
    "faces/list_attr_celeba.txt": (swap_labels, {"images"} | CORRELATED),
    "faces/list_eval_partition.txt": (swap_labels, {"images"} | CORRELATED),
    "faces/identity_CelebA.txt": (
        lambda path: path.write_text("".join(f"{n:06d}.jpg {n // 2}\n" for n in range(1, 41))),
        {"images"} | CORRELATED,
    ),
    "faces/factors.csv": (
        lambda path: path.write_text(
            "image_id,smile\n" + "".join(f"{n:06d}.jpg,{n}\n" for n in range(1, 41))
        ),
        {"factors"},
    ),
    "selection.toml": (
        lambda path: path.write_text("".join(f"[dimension.{n}]\nlabel = 'x'\n" for n in range(8))),
        {"figures"},  # a label is their title
    ),
    "site/index.html": (edit_site, set()),
}  # fmt: skip
"""How each file may change, and what depends on it."""


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_in_the_keys_of_what_reads_it(name: str, copy: Path, unchanged: Dry) -> None:
    change, expected = FILES[name]
    change(copy.parent / name)
    ask = listed_anew if expected == IMAGES else anew
    assert ask(copy, unchanged) == expected


def test_a_combination_is_swept_drawn_and_changes_nothing_else(copy: Path, unchanged: Dry) -> None:
    (copy.parent / "selection.toml").write_text("[combination.both]\nmoves = '1 1, 2 -1'\n")
    assert anew(copy, unchanged) == {"controls", "figures"}


RENAMED = {
    "facts may lie beside it": ("tiny.pt", "tiny.safetensors", True),
    "another format": ("tiny.pt", "tiny.onnx", True),
    "another format in a folder": ("weights/tiny.pt", "weights/tiny.safetensors", True),
    "a config in a folder": ("weights/config.json", "weights/model_config.json", True),
    "no more than a name": ("tiny.pt", "best.pt", False),
}
"""A file of the checkpoint, another name for it, and whether it is read otherwise by that."""


@pytest.mark.parametrize("case", RENAMED)
def test_what_the_name_of_a_checkpoint_tells_is_in_its_key(case: str, copy: Path) -> None:
    before, after, otherwise = RENAMED[case]
    folder = copy.parent
    (folder / "weights").mkdir()
    (folder / "weights/config.json").write_text("{}")
    shutil.copy(folder / "tiny.pt", folder / "weights")

    def key(name: str) -> str:
        checkpoint = "weights" if name.startswith("weights") else name
        copy.write_text(with_value(copy.read_text(), "model.checkpoint", f'"{checkpoint}"'))
        made = Context(load_config(copy), Store(folder / STORE), Console(), NoWorkers())
        return codes_key(made, read_images(made)[0])

    first = key(before)
    (folder / before).rename(folder / after)
    assert (key(after) != first) == otherwise


def test_the_name_of_the_config_is_on_the_pages(copy: Path, unchanged: Dry) -> None:
    renamed = dry(copy.rename(copy.with_name("mine.toml")), unchanged.given)
    assert renamed.asked == set() and renamed.site != unchanged.site


# ---- code and packages

CODE = {
    "featamp.io.celeba.folder": {"images"},
    "featamp.io.celeba.lists": {"images"},
    "featamp.io.celeba.places": {"images"},
    "featamp.io.network.discovery": ANSWERED,
    "featamp.io.network.encode": ANSWERED,
    "featamp.io.network.model": ANSWERED,
    "featamp.io.network.opening": ANSWERED,
    "featamp.statistics.variance": {"variance", "correlation"},
    "featamp.statistics.correlation": {"correlation"},
    "featamp.statistics.support": {"support"},
    "featamp.statistics.redraws": {"stability", "partials"},
    "featamp.statistics.interval": {"correlation", "held-out", "partials"},
    "featamp.statistics.labels.probe": {"probes", "null", "shares"},
    "featamp.statistics.labels.logistic": {"probes", "judge"},
    "featamp.statistics.labels.shares": {"null", "shares"},
    "featamp.statistics.holdout": {"held-out", "probes"},
    "featamp.statistics.direction": {"component"},
    "featamp.measure.judge": {"judge"},
    "featamp.measure.sweep": {"samples", "sweeps", "controls"},
    "featamp.measure.effect": {"samples", "sweeps", "controls"},
    "featamp.measure.quality": {"sweeps", "controls"},
    "featamp.measure.response": {"responses"},
    "featamp.proof.simulation": {"simulations"},
    "featamp.proof.truth": {"agreement"},
    "featamp.verdict.verdict": {"verdicts"},
    "featamp.verdict.score": {"verdicts"},
    "report.stages.verdicts": {"verdicts"},
    "report.handin.figures.plots": {"figures"},
    "report.handin.figures.strips": {"figures"},
}
"""Stages that run the code of each module: at least these are made anew when it is edited."""


@pytest.mark.parametrize("module", CODE)
def test_code_is_in_the_keys_of_what_runs_it(
    module: str, copy: Path, unchanged: Dry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit_source(module, "\n\n\n", "\nEDITED = 1\n\n\n", tmp_path, monkeypatch)
    assert anew(copy, unchanged) >= CODE[module]


PACKAGES = {
    "torch": {"codes"},
    "numpy": {"codes", "simulations"},
    "scipy": {"correlation", "stability", "sweeps", "simulations"},
    "scikit-learn": {"probes", "judge", "screen", "responses", "simulations"},
    "pillow": {"codes", "simulations"},
    "matplotlib": {"figures"},
    "jinja2": set(),
}


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_is_in_the_keys_of_what_calls_it(
    package: str, copy: Path, unchanged: Dry, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = hashing._version
    monkeypatch.setattr(
        hashing, "_version", lambda name: "0" if name == package else version(name)
    )
    assert anew(copy, unchanged) >= PACKAGES[package]


def test_words_are_in_the_key_of_the_site_alone(
    copy: Path, unchanged: Dry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (copy.parent / "selection.toml").write_text('[writeup]\ntitle = "another"\n')
    assert anew(copy, unchanged) == set()
    (copy.parent / "selection.toml").unlink()
    templates = tmp_path / "templates"
    templates.mkdir()
    (templates / "index.html").write_text("another")
    monkeypatch.setattr("report.pages.publish.TEMPLATES", templates)
    assert anew(copy, unchanged) == set()
