"""What several test files need: a small CelebA folder, a small trained VAE, a project of both, one
Chromium."""

from __future__ import annotations

import html
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from fcntl import LOCK_EX, flock
from functools import cache
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from featamp.face.reader import FaceReader, Readings
from featamp.face.weights import NETWORKS
from featamp.io.celeba.names import ATTRIBUTES
from featamp.proof.checks import Simulations
from featamp.proof.truth import Truth
from report.commands.line import main
from report.engine import hashing
from report.engine.console import Console
from report.engine.context import Context
from report.engine.places import PROJECT
from report.engine.processes.workers import Workers
from report.engine.store import Store, _seal
from report.findings.figures import Figure
from report.handin.drafts.draft import Draft, Drawing
from report.inputs.config import Config, load_configs
from report.stages.trust import simulate

SHARED = "FEATAMP_TESTS"
"""The variable of the environment that names the folder of `made_once`."""
STEPS = np.linspace(-3, 3, 10)
"""Steps of a sweep, in standard deviations."""
REAL = PROJECT.parent / "shared" / "real"
"""A real checkpoint and 600 images of CelebA, where they lie beside this clone."""
OPTIONS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
)
TINY_VAE = '''\
"""A linear VAE for 16 x 16 pictures."""

import torch
from torch import nn


class TinyVAE(nn.Module):
    def __init__(self, latent_dim=8, size=16):
        super().__init__()
        self.size = size
        self.posterior = nn.Linear(3 * size * size, 2 * latent_dim)
        self.image = nn.Linear(latent_dim, 3 * size * size)

    def encode(self, x):
        return tuple(self.posterior(x.flatten(1)).chunk(2, dim=1))

    def decode(self, z):
        return torch.sigmoid(self.image(z)).view(-1, 3, self.size, self.size)
'''
CONFIG = """
[model]
checkpoint = "tiny.pt"
factory = "tiny_vae:TinyVAE"
kwargs = {{ latent_dim = 8 }}

[data]
root = "faces"
crop = 160
size = 16

[sweep]
samples = 3
alphas = {alphas}

[experiments]
explore = 4
targets = ["Smiling", "Male"]

[compute]
device = "cpu"
batch = 16
"""


def pytest_configure(config: pytest.Config) -> None:
    """Have one folder for what the processes of this run make once."""
    if not hasattr(config, "workerinput"):
        os.environ[SHARED] = tempfile.mkdtemp(prefix="featamp-tests-")


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ.pop(SHARED))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell what tests counted that try things by chance (`record_property("counted", ...)`)."""
    reports = {id(r): r for stat in terminalreporter.stats.values() for r in stat}.values()
    told = [getattr(report, "user_properties", ()) for report in reports]
    for line in sorted(
        {str(text) for told_here in told for key, text in told_here if key == "counted"}
    ):
        terminalreporter.write_line(line)


@pytest.fixture(scope="session", autouse=True)
def without_waiting() -> Iterator[None]:
    """No power fails during the tests: what they write need not have reached the disk."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda descriptor: None)
        yield


@pytest.fixture(scope="session", autouse=True)
def read_once() -> Iterator[None]:
    """The networks look at the same pictures once for all tests: most builds have the same."""
    kept: dict[bytes, Readings] = {}
    read = FaceReader.read

    def remembered(
        reader: FaceReader, pictures: NDArray[np.float32], networks: Collection[str] = NETWORKS
    ) -> Readings:
        asked = repr((reader.box, sorted(networks), pictures.shape)).encode()
        key = sha256(asked + np.ascontiguousarray(pictures).tobytes()).digest()
        if key not in kept:
            kept[key] = read(reader, pictures, networks)
        return kept[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FaceReader, "read", remembered)
        yield


@pytest.fixture(scope="session", autouse=True)
def drawn_once() -> Iterator[None]:
    """A figure is drawn once for all tests: what it shows and the code that draws it are in its
    key, and half the time of a small build is matplotlib's."""
    kept = Path(os.environ[SHARED]) / "figures"
    has, save = Store.has, Drawing._save

    def known(store: Store, stage: str, key: str) -> bool:
        place = store.root / stage / key
        if stage == "figures" and (kept / key).is_dir() and not place.exists():
            shutil.copytree(kept / key, place)
            _seal(place, seconds=0.0)
        return has(store, stage, key)

    def saved(drawing: Drawing, figure: Figure, part: Path) -> None:
        save(drawing, figure, part)
        key = drawing.keys[figure]
        beside = Path(shutil.copytree(part, kept / f"{key}.{os.getpid()}", dirs_exist_ok=True))
        with suppress(OSError):  # another process has kept it
            beside.rename(kept / key)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Store, "has", known)
        patch.setattr(Drawing, "_save", saved)
        yield


@cache
def blank(suffix: str) -> bytes:
    """A picture without anything in it, made once: a PDF holds the time."""
    if suffix == "svg":
        return b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"/>'
    content = BytesIO()
    Image.new("RGB", (8, 8)).save(content, suffix)
    return content.getvalue()


@contextmanager
def undrawing() -> Iterator[None]:
    """A blank stands for each figure, in tests that look at none."""
    start = Drawing.__init__

    def begin(drawing: Drawing, context: Context, drafts: list[Draft], *modules: str) -> None:
        start(drawing, context, [replace(draft, draw=dict) for draft in drafts], *modules)

    def save(drawing: Drawing, figure: Figure, part: Path) -> None:
        for suffix in drawing.formats[figure]:
            (part / f"figure.{suffix}").write_bytes(blank(suffix))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Drawing, "__init__", begin)
        patch.setattr(Drawing, "_save", save)
        yield


@pytest.fixture
def undrawn() -> Iterator[None]:
    """No figure is drawn."""
    with undrawing():
        yield


def chromium_path() -> str | None:
    """The Chromium of this machine; the one without windows takes half the time."""
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests: without one on this machine they are skipped."""
    if (chromium := chromium_path()) is None:
        pytest.skip("no Chromium on the path (apt-get install chromium-headless-shell)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=OPTIONS.split())
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser without a past."""
    with browser.new_context(viewport={"width": 1280, "height": 800}) as context:
        yield context


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page on which an error of a script fails the test."""
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    assert errors == []


def until(page: Page, expression: str, seconds: float = 20.0) -> None:
    """Wait until an expression holds in the page. Playwright's own wait evaluates it inside the
    page, where the pages' Content-Security-Policy forbids that.
    """
    end = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < end, expression
        page.wait_for_timeout(25)


def tiny_celeba(root: Path, count: int, size: tuple[int, int] = (178, 218), seed: int = 0) -> Path:
    """Write a CelebA folder of `count` smooth random JPEGs of `size` (width, height), labels and
    partition; `root`. Every other one is dark, hair and all: that a probe tells."""
    generator = np.random.default_rng(seed)
    images = root / "img_align_celeba"
    images.mkdir(parents=True)
    names = [f"{number:06d}.jpg" for number in range(1, count + 1)]
    pictures = generator.integers(0, 256, (count, 5, 4, 3), np.uint8)
    pictures[1::2] //= 4
    for name, colours in zip(names, pictures, strict=True):
        Image.fromarray(colours).resize(size, Image.Resampling.BICUBIC).save(
            images / name, quality=92
        )
    labels = generator.choice([-1, 1], (count, len(ATTRIBUTES)))
    labels[:2] = [[-1], [1]]  # no attribute is constant
    labels[:, ATTRIBUTES.index("Black_Hair")] = np.resize([-1, 1], count)
    rows = (
        f"{n} " + " ".join(f"{label:2d}" for label in row)
        for n, row in zip(names, labels, strict=True)
    )
    (root / "list_attr_celeba.txt").write_text(
        "\n".join([str(count), " ".join(ATTRIBUTES), *rows]) + "\n"
    )
    parts = (f"{name} {number % 3}\n" for number, name in enumerate(names))
    (root / "list_eval_partition.txt").write_text("".join(parts))
    return root


def damaged_png(path: Path) -> None:
    """Write a PNG of 178 x 218 pixels whose second piece is damaged: Pillow finds out while it
    decodes."""
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (218, 178, 3), np.uint8)).save(
        path, "PNG"
    )
    start, first, second = path.read_bytes().split(b"IDAT", 2)
    path.write_bytes(b"IDAT".join([start, first]) + b"\0\0\0\0" + second)


def tiny_vae(root: Path) -> Path:
    """Write `tiny_vae.py` (TinyVAE, latent_dim 8, 16 x 16 pixels in [0, 1]) and its weights
    `tiny.pt`; the latter."""
    import torch

    root.mkdir(parents=True, exist_ok=True)
    (root / "tiny_vae.py").write_text(TINY_VAE)
    generator = torch.Generator().manual_seed(0)
    state = {
        "posterior.weight": torch.randn(16, 768, generator=generator) * 0.1,
        "posterior.bias": torch.randn(16, generator=generator) * 0.1,
        "image.weight": torch.randn(768, 8, generator=generator) * 0.5,
        "image.bias": torch.zeros(768),
    }
    torch.save({"model_state_dict": state, "epoch": 3}, root / "tiny.pt")
    return root / "tiny.pt"


def project(folder: Path, alphas: int = 5) -> Path:
    """A whole small project in `folder`: images, labels, model, config; the config's path."""
    folder.mkdir(parents=True, exist_ok=True)
    tiny_celeba(folder / "faces", 40)
    tiny_vae(folder)
    (folder / "report.toml").write_text(CONFIG.format(alphas=alphas))
    return folder / "report.toml"


@pytest.fixture(scope="session")
def built() -> Path:
    """A built project; tests that change something work on a copy."""
    with made_once("built") as (folder, made):
        assert made or run(project(folder)) == 0
    return folder


@contextmanager
def made_once(name: str) -> Iterator[tuple[Path, bool]]:
    """A folder that all processes of this run share, and whether the block was here before: one
    process at a time."""
    folder = Path(os.environ[SHARED]) / name
    with folder.with_suffix(".lock").open("a") as lock:
        flock(lock, LOCK_EX)
        made = folder.is_dir()
        folder.mkdir(exist_ok=True)
        yield folder, made


def stage_context(store: Path, config: Any = None) -> Context:  # noqa: ANN401  a config, or what a stage reads of one
    """What a stage may use, when it is called alone."""
    return Context(config, Store(store), Console(), Workers())


def load_config(path: Path) -> Config:
    """The config of a single model."""
    (config,) = load_configs(path)
    return config


def context_of(config: Path) -> Context:
    """What the stages of a build use that begins now, its store beside the config."""
    return stage_context(config.parent / ".featamp", load_config(config))


def run(config: Path, site: Path | None = None) -> int:
    """Build; the exit code."""
    return main(["build", "--config", str(config), "--site", str(site or config.parent / "site")])


def contents(site: Path) -> dict[str, bytes]:
    """Every file of the site by name, but for the manifest of time stamps."""
    files = {
        str(p.relative_to(site)): p.read_bytes() for p in sorted(site.rglob("*")) if p.is_file()
    }
    return {name: content for name, content in files.items() if name != ".featamp.json"}


def edit_source(
    module: str, old: str, new: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Have `code_hash` see a module of ours as if its file had been edited; what it does is for
    the test to change."""
    find = hashing.source_file
    path = find(PROJECT, module)
    assert path is not None and old in path.read_text()
    edited = folder / "edited.py"
    edited.write_text(path.read_text().replace(old, new, 1))
    monkeypatch.setattr(
        hashing, "source_file", lambda root, name: edited if name == module else find(root, name)
    )


@contextmanager
def started(command: list[str], **options: Any) -> Iterator[subprocess.Popen[str]]:  # noqa: ANN401  of Popen
    """A process whose output is read; it ends with the block, whatever happens there."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **options) as process:
        try:
            yield process
        finally:
            process.kill()


def url(site: Path, name: str) -> str:
    """The address of a page on disk."""
    return (site / name).as_uri()


def words(site: dict[str, bytes], path: str) -> str:
    """The text of a page, tags taken off."""
    text = re.sub(r"<script.*?</script>", "", site[path].decode(), flags=re.S)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


@pytest.fixture
def generator() -> np.random.Generator:
    """The same numbers for each test."""
    return np.random.default_rng(7)


@pytest.fixture(scope="session")
def simulations(tmp_path_factory: pytest.TempPathFactory) -> Simulations:
    """What the simulations of the trust page come out as."""
    return simulate(stage_context(tmp_path_factory.mktemp("simulations")))[0]


def planted_pictures(
    generator: np.random.Generator, strength: NDArray[np.float64]
) -> NDArray[np.float32]:
    """[image, 16, 16, 3] noise in which a patch grows lighter with `strength` [image]."""
    pictures = 0.4 + 0.1 * generator.random((len(strength), 16, 16, 3))
    pictures[:, 2:6, 8:14] += 0.1 * strength[:, None, None, None]
    return pictures.astype(np.float32)


@pytest.fixture
def truth() -> Truth:
    """What three known factors do in the sweeps of five dimensions."""
    slope = np.array(
        [[0.8, 0.0, 0.6], [-0.3, 0.1, 0.0], [0.1, 0.0, 0.5], [0.4, 0.1, 0.1], [0.0, 0.0, 0.0]]
    )
    return Truth(
        ("smile", "exposure", "glasses"),
        np.array([0.9, 0.8, 0.7]),
        ("hat",),
        (7, 1, 4, 9, 2),
        slope,
        slope / 9,
    )
