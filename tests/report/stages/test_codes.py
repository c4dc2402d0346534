"""Which images are read and encoded, and when they are encoded anew."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from featamp.contract.network import Doubt, Outputs
from featamp.io.celeba.names import SPLITS
from featamp.io.network.encode import Encoded
from featamp.measure.effect import saturated_share
from featamp.measure.shrink import shrink
from featamp.statistics.support import measure_support
from featamp.statistics.variance import rank_by_variance
from report.engine.context import Context
from report.engine.processes import workers
from report.engine.store import STORE
from report.findings.pictures import read_frames
from report.stages.codes import (
    SmallPictures,
    encode_images,
    map_real_codes,
    rank_dimensions,
)
from report.stages.encoding.batches import decoded_batches
from report.stages.encoding.growing import GrowingCodes
from report.stages.images import read_images
from report.stages.sweeps import take_samples
from tests.conftest import context_of, project, stage_context, tiny_celeba
from tests.featamp.measure.test_layout import mean_face
from tests.models.cases import HEAD, LINEAR


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return project(tmp_path)


def edited(config: Path, old: str, new: str) -> Context:
    """The same once a part of the config's text was changed."""
    text = config.read_text()
    assert old in text
    config.write_text(text.replace(old, new, 1))
    return context_of(config)


def test_only_images_of_the_wanted_split_are_read(config: Path) -> None:
    lines = (config.parent / "faces/list_eval_partition.txt").read_text().split("\n")[:-1]
    for split, number in SPLITS.items():
        wanted = tuple(name for name, part in map(str.split, lines) if int(part) == number)
        context = edited(config, "crop = 160", f'split = "{split}"\ncrop = 160')
        dataset, _ = read_images(context)
        assert 0 < len(wanted) < 40 and dataset.folder.names == wanted
        config.write_text(config.read_text().replace(f'split = "{split}"\n', ""))


def test_no_parts_of_a_face_are_named_by_the_names_of_attributes_alone(tmp_path: Path) -> None:
    config = project(tmp_path)
    shutil.rmtree(tmp_path / "faces")
    tiny_celeba(tmp_path / "faces", 40, (16, 16))  # nobody knows what these show
    context = edited(config, "crop = 160", 'preprocess = "none"')
    codes, _ = encode_images(context, read_images(context)[0])
    assert codes.shown is None and not codes.images.faces


@pytest.mark.parametrize(("side", "shown"), [(148, (148, 148)), (150, (128, 128))])
def test_a_size_that_only_a_crop_has_says_which_it_is(
    tmp_path: Path, side: int, shown: tuple[int, int]
) -> None:
    config = project(tmp_path)
    shutil.rmtree(tmp_path / "faces")
    tiny_celeba(tmp_path / "faces", 40, (side, side))
    face = np.rint(200 * mean_face((128, 128), side)).astype(np.uint8)
    for number, path in enumerate(sorted((tmp_path / "faces/img_align_celeba").iterdir())):
        Image.fromarray(face + np.uint8(number)).save(path)
    context = edited(config, "crop = 160", f"crop = {side}")
    assert encode_images(context, read_images(context)[0])[0].shown == shown


def test_a_build_questions_what_check_questions(config: Path) -> None:
    context = context_of(config)
    model = encode_images(context, read_images(context)[0])[0].model
    (doubt,) = model.doubts  # the tiny VAE is not trained
    assert doubt.kind == "sample" and not model.untold
    (config.parent / "mine.py").write_text(
        "def encode(model, images):\n"
        "    mu, logvar = model.encode(images)\n"
        "    return mu, (logvar / 2).exp()\n"
    )
    context = edited(config, "[data]", 'adapter = "mine"\n\n[data]')
    (doubt,) = encode_images(context, read_images(context)[0])[0].model.doubts
    assert doubt.kind == "positive"


def test_what_a_network_leaves_to_doubt_is_kept(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outputs = Outputs((Doubt("wide", {"times": 2.5}),), Doubt("few", {"certain": 5}))
    monkeypatch.setattr("featamp.contract.network.judge_outputs", lambda *_: outputs)
    context = context_of(config)
    model = encode_images(context, read_images(context)[0])[0].model
    assert (model.doubts, model.untold) == (outputs.questions, outputs.untold)


def test_a_part_that_neither_side_calls_is_kept_as_untold(config: Path) -> None:
    source = HEAD + LINEAR + "        self.flow = nn.Linear(6, 6)\n"
    (config.parent / "flowing.py").write_text(source)
    _, old, _ = re.split(r"(checkpoint[^[]*)", config.read_text(), maxsplit=1)
    context = edited(config, old, 'factory = "flowing:VAE"\n')
    model = encode_images(context, read_images(context)[0])[0].model
    assert model.beside == ("flow",)


@pytest.mark.parametrize(
    ("old", "new"),
    [("[data]", "pixels = [-1.0, 1.0]\n\n[data]"), ("crop = 160", "crop = 150")],
)
def test_what_the_network_is_given_decides_whether_codes_are_kept(
    config: Path, old: str, new: str
) -> None:
    def encoded(context: Context) -> tuple[np.ndarray, bool]:
        codes, artifact = encode_images(context, read_images(context)[0])
        return np.array(codes.mu), artifact.cached

    first, _ = encoded(context_of(config))
    again, kept = encoded(context_of(config))
    assert kept and np.array_equal(first, again)
    changed, kept = encoded(edited(config, old, new))
    assert not kept and not np.allclose(first, changed)


def test_processes_decode_what_threads_decode(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = sorted((config.parent / "faces/img_align_celeba").iterdir())[20]
    broken.write_bytes(broken.read_bytes()[:300])
    monkeypatch.setattr(workers, "LINUX", False)  # torch is loaded: no forking
    monkeypatch.setattr(workers, "COUNT", 2)
    context = context_of(config)
    dataset, _ = read_images(context)
    paths = dataset.paths(range(40))

    def decoded() -> list[tuple[int, list[int], bytes, tuple[tuple[int, str], ...]]]:
        batches = decoded_batches(context, paths, context.steps, 16)
        return [(b.stop, b.rows.tolist(), b.images.tobytes(), b.broken) for b in batches]

    by_threads = decoded()
    monkeypatch.setattr("report.stages.encoding.batches.DECODING", 1)
    with context.workers:
        assert decoded() == by_threads
    assert [row for *_, told in by_threads for row, _ in told] == [20]


def test_small_pictures_are_those_of_the_images_to_half_a_step_of_16_bits(
    tmp_path: Path, generator: np.random.Generator
) -> None:
    images = generator.integers(0, 256, (5, 48, 80, 3), np.uint8)
    images[0] = 255
    mu = np.zeros((5, 2), np.float32)
    GrowingCodes(tmp_path, np.ones(5, np.bool_)).add(Encoded(5, np.arange(5), images, (), mu, mu))
    kept = SmallPictures("", np.arange(5), np.load(tmp_path / "pictures.npy")).pixels
    expected = shrink(images.astype(np.float32) / 255.0)
    assert np.abs(kept - expected).max() <= 0.5 / 65535 + 1e-6


def test_where_codes_lie_is_kept_without_the_codes_themselves(config: Path) -> None:
    context = context_of(config)
    codes, _ = encode_images(context, read_images(context)[0])
    ranking, _ = rank_dimensions(context, codes)
    found, artifact = map_real_codes(context, codes, ranking)
    measured = measure_support(codes.mu, ranking.std, context.config.compute.seed)
    for name, value in vars(measured).items():
        np.testing.assert_array_equal(getattr(found, name), value)
    with np.load(artifact.path / "record.npz") as kept:
        assert set(kept.files) == {"rows", "std", "_plain"}


def test_what_has_collapsed_sets_no_real_codes_apart(
    tmp_path: Path, generator: np.random.Generator
) -> None:
    mu = generator.standard_normal((1000, 64), np.float32)
    mu[:, 5:] *= 0.02
    ranking = rank_by_variance(mu, np.zeros_like(mu))
    context = stage_context(tmp_path / STORE, SimpleNamespace(compute=SimpleNamespace(seed=0)))
    given: Any = SimpleNamespace(key="codes", mu=mu)
    found, _ = map_real_codes(context, given, ranking)
    alone = measure_support(mu[:, :5], ranking.std[:5], 0)
    assert found.limit == pytest.approx(alone.limit, rel=1e-5)
    far = np.zeros((20, 1, 64), np.float32)
    far[:, 0, :5] = 2.5 * np.sign(generator.standard_normal((20, 5)))
    assert (found.distance(far, np.full(20, -1)) > found.limit).mean() > 0.9


def test_samples_are_those_of_the_seed_and_the_most_ordinary_comes_first(config: Path) -> None:
    context = context_of(config)
    dataset, _ = read_images(context)
    codes, _ = encode_images(context, dataset)
    samples, _ = take_samples(context, codes, dataset)
    generator = np.random.default_rng(context.config.compute.seed)
    chosen = generator.choice(len(codes.mu), len(samples.rows), replace=False)
    assert set(samples.rows) == set(chosen)
    assert samples.names == tuple(codes.images.names[row] for row in samples.rows)
    pictures = codes.pictures.pixels.astype(np.float64)
    away = np.square(pictures - pictures.mean(axis=0)).mean(axis=(1, 2, 3))[samples.rows]
    assert (np.diff(away) >= 0).all() and away[0] < away[-1]


def test_samples_that_a_person_names_keep_their_order(config: Path) -> None:
    asked = "000009.jpg", "000002.jpg", "000005.jpg"
    text = config.read_text().replace("samples = 3", f"samples = {list(asked)}")
    config.write_text(text)
    context = context_of(config)
    dataset, _ = read_images(context)
    assert take_samples(context, encode_images(context, dataset)[0], dataset)[0].names == asked


def test_saturation_is_that_of_the_samples_reconstructions(config: Path) -> None:
    import torch

    state = torch.load(config.parent / "tiny.pt", weights_only=True)
    state["model_state_dict"]["image.weight"] *= 10  # far from the originals: black and white
    torch.save(state, config.parent / "tiny.pt")
    context = context_of(config)
    dataset, _ = read_images(context)
    samples, _ = take_samples(context, encode_images(context, dataset)[0], dataset)
    pairs = read_frames(samples.frames, (16, 16)).astype(np.float32) / 255
    originals, decoded = pairs.swapaxes(0, 1)
    assert saturated_share(decoded) > saturated_share(originals) + 0.2
    assert samples.reconstruction.saturated == pytest.approx(saturated_share(decoded))
