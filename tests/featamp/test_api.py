"""What a notebook calls, by the examples of its documentation and by what a person gets wrong."""

from __future__ import annotations

import copy
import doctest
import importlib
import re
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from torch.utils.data import (
    BatchSampler,
    DataLoader,
    IterableDataset,
    RandomSampler,
    SequentialSampler,
    SubsetRandomSampler,
    TensorDataset,
    WeightedRandomSampler,
)

import featamp
from featamp.api import label_table
from featamp.contract.reasons import REASONS
from featamp.io.factory import make_module
from featamp.io.files.decode import load_image
from report.engine.places import PROJECT
from tests.conftest import tiny_celeba, tiny_vae

World = dict[str, Any]
COUNT, SIDE = 40, 64


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """What the examples have at hand: a network in memory, a CelebA folder, codes of it."""
    folder = tmp_path_factory.mktemp("world")
    tiny_vae(folder)
    torch.manual_seed(0)
    vae = make_module("tiny_vae:TinyVAE", {"size": SIDE}, folder)
    root = tiny_celeba(folder / "faces", COUNT)
    model = featamp.open_model(vae)
    codes = featamp.encode(model, root)
    labels = featamp.read_labels(root, codes.names)
    return {
        "featamp": featamp,
        "vae": vae,
        "root": root,
        "images": root,
        "folder": folder / "report",
        "model": model,
        "codes": codes,
        "labels": labels,
        "swept": featamp.sweep(model, codes, 3),
        "yardstick": featamp.reconstruct(model, root),
        "probes": featamp.fit_probes(codes, labels),
    }


@pytest.fixture(scope="module")
def pixels(world: World) -> NDArray[np.uint8]:
    """The images of the folder as uint8 [image, side, side, 3]."""
    folder = world["root"] / "img_align_celeba"
    return np.stack([load_image(path, 178, SIDE) for path in sorted(folder.iterdir())])


def documented() -> list[doctest.DocTest]:
    """The examples of the package and of every public function."""
    found = [doctest.DocTestFinder(recurse=False).find(featamp, "featamp")[0]]
    for name in featamp.__all__:
        public = getattr(featamp, name)
        module = importlib.import_module(public.__module__)
        found += doctest.DocTestFinder(recurse=False).find(public, name, module)
    return [test for test in found if test.examples]


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("example", documented(), ids=lambda test: test.name)
def test_the_example_runs(example: doctest.DocTest, world: World) -> None:
    example.globs = dict(world)
    failed, _ = doctest.DocTestRunner().run(example)
    assert failed == 0


def test_every_public_function_has_an_example() -> None:
    functions = {name for name in featamp.__all__ if name[0].islower()}
    assert functions <= {test.name for test in documented()}


def test_importing_it_loads_nothing_heavy() -> None:
    code = "import featamp, sys; print({'torch', 'numpy', 'pandas'} & sys.modules.keys())"
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True
    )
    assert told.stdout == "set()\n"


def test_images_are_the_same_however_they_come(world: World, pixels: NDArray[np.uint8]) -> None:
    vae, expected = world["vae"], world["codes"].mu
    floats = torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255
    tensors = TensorDataset(2 * floats - 1, torch.zeros(COUNT))
    twice = featamp.open_model(vae, pixels=(-1, 1))
    shown = featamp.encode(twice, pixels).mu
    np.testing.assert_array_equal(featamp.encode(vae, pixels).mu, expected)
    np.testing.assert_array_equal(featamp.encode(vae, floats).mu, expected)
    # a batch of another size is multiplied by another kernel, which may round otherwise
    np.testing.assert_allclose(
        featamp.encode(vae, floats.numpy(), batch=7).mu, expected, atol=1e-5
    )
    np.testing.assert_allclose(
        featamp.encode(twice, DataLoader(tensors, batch_size=9)).mu, shown, atol=1e-6
    )


@pytest.mark.parametrize(
    "order",
    [
        {"shuffle": True},
        {"sampler": SubsetRandomSampler(range(COUNT))},
        {"sampler": WeightedRandomSampler([1.0] * COUNT, COUNT)},
        {"batch_sampler": BatchSampler(RandomSampler(range(COUNT)), 9, drop_last=False)},
        {"in_order": False, "num_workers": 2},
    ],
    ids=["shuffled", "subset", "weighted", "batches", "workers"],
)
def test_a_loader_in_no_known_order_is_refused(
    order: dict[str, Any], world: World, pixels: NDArray[np.uint8]
) -> None:
    loader: DataLoader[Any] = DataLoader(TensorDataset(torch.from_numpy(pixels)), **order)
    with pytest.raises(featamp.InputError, match="nobody knows which code is of which image; "):
        featamp.encode(world["vae"], loader)


def test_a_loader_in_a_known_order_is_read(world: World, pixels: NDArray[np.uint8]) -> None:
    class Stream(IterableDataset[Any]):
        def __iter__(self) -> Iterator[NDArray[np.uint8]]:
            return iter(pixels)

    images, backwards = TensorDataset(torch.from_numpy(pixels)), range(COUNT)[::-1]
    in_turn = BatchSampler(SequentialSampler(images), 9, drop_last=False)
    loaders = (
        DataLoader(images, batch_sampler=in_turn),
        DataLoader(Stream(), batch_size=9),
        iter(DataLoader(Stream(), batch_size=9)),
        iter(DataLoader(images, batch_size=9)),
    )
    expected = featamp.encode(world["vae"], pixels).mu
    for loader in loaders:
        np.testing.assert_allclose(featamp.encode(world["vae"], loader).mu, expected, atol=1e-5)
    own = DataLoader(images, batch_size=9, sampler=backwards)
    np.testing.assert_allclose(featamp.encode(world["vae"], own).mu, expected[::-1], atol=1e-5)


def test_images_of_half_precision_are_read(world: World, pixels: NDArray[np.uint8]) -> None:
    floats = torch.from_numpy(pixels) / 255
    for kind in (torch.float16, torch.bfloat16):
        once = floats.to(kind)
        expected = featamp.encode(world["vae"], once.float()).mu
        np.testing.assert_array_equal(featamp.encode(world["vae"], once).mu, expected)


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float64])
def test_a_network_of_another_precision_is_run_in_float32_and_left_as_it_is(
    kind: torch.dtype, world: World, pixels: NDArray[np.uint8]
) -> None:
    vae = copy.deepcopy(world["vae"]).to(kind)
    opened = featamp.open_model(vae)
    np.testing.assert_allclose(
        featamp.encode(opened, pixels).mu, world["codes"].mu, rtol=0.05, atol=0.2
    )
    assert opened.told[-1] == f"copied into float32: its weights are {str(kind)[6:]}"
    assert {weight.dtype for weight in vae.parameters()} == {kind}


def test_a_network_that_trains_on_is_asked_in_evaluation_mode(pixels: NDArray[np.uint8]) -> None:
    class Normed(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.norm, self.drop = torch.nn.BatchNorm2d(3), torch.nn.Dropout()

        def encode(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            means = torch.nn.functional.avg_pool2d(self.norm(x), SIDE).flatten(1)
            return means, torch.zeros(len(x), 3) - 9

        def decode(self, z: torch.Tensor) -> torch.Tensor:
            return torch.sigmoid(self.drop(z[:, :, None, None].expand(-1, -1, SIDE, SIDE)))

    network = Normed()
    model = featamp.open_model(network)
    codes, before = featamp.encode(model, pixels), copy.deepcopy(network.state_dict())
    frames = featamp.sweep(model, codes, 0).frames
    network.train()
    np.testing.assert_array_equal(featamp.encode(model, pixels).mu, codes.mu)
    torch.testing.assert_close(network.state_dict(), before, rtol=0, atol=0)
    network.train()
    np.testing.assert_array_equal(featamp.sweep(model, codes, 0).frames, frames)


class Flat(torch.nn.Module):
    """Pictures as rows of numbers, of which nobody says how high and how wide they are."""

    def encode(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        means = x.flatten(1)[:, :4]
        return means, torch.zeros_like(means) - 3

    def decode(self, z: torch.Tensor) -> torch.Tensor:
        return z.repeat(1, 48 * 64 // 4).sigmoid()


class Spatial(torch.nn.Module):
    """Codes that keep the places of a picture."""

    def encode(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        means = torch.nn.functional.avg_pool2d(x, 8)
        return means, torch.zeros_like(means) - 3

    def decode(self, z: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.interpolate(z, scale_factor=8)


class BatchNormed(Spatial):
    """A network that centres by the batch in any mode."""

    def encode(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        means, logvar = super().encode(x)
        return means - means.mean(dim=0), logvar


class Drawing(torch.nn.Module):
    """A network whose `encode` returns what is asked for of mean, log-variance and a sample."""

    def __init__(self, answer: Callable[..., object]) -> None:
        super().__init__()
        self.answer = answer

    def encode(self, x: torch.Tensor) -> object:
        means = 4 * torch.nn.functional.avg_pool2d(x, SIDE // 2).flatten(1) - 2
        return self.answer(means, torch.zeros_like(means) - 4, torch.randn_like(means))

    def decode(self, z: torch.Tensor) -> torch.Tensor:
        squares = ((z + 2) / 4).view(-1, 3, 2, 2)
        return torch.nn.functional.interpolate(squares, scale_factor=SIDE // 2)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda mu, log, noise: (mu, log), None),
        (lambda mu, log, noise: (log, mu), "changes the picture more than another image"),
        (lambda mu, log, noise: (mu, (log / 2).exp()), "positive everywhere"),
        (lambda mu, log, noise: (mu, mu), "both are the same"),
        (lambda mu, log, noise: (mu, mu + 0.1 * mu.flip(0)), "as a sample"),
    ],
    ids=["right", "turned", "std", "same", "sample"],
)
def test_one_is_warned_of_outputs_that_are_no_mean_and_log_variance(
    answer: Callable[..., object], told: str | None
) -> None:
    images = np.random.default_rng(0).integers(0, 256, (40, 2, 2, 3), np.uint8)
    images = images.repeat(SIDE // 2, axis=1).repeat(SIDE // 2, axis=2)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        featamp.encode(Drawing(answer), images)
    assert [bool(re.search(told or "", str(w.message))) for w in caught] == [True] * bool(told)


def test_one_is_not_warned_of_parts_that_codes_do_not_pass_through(
    pixels: NDArray[np.uint8],
) -> None:
    class Beside(torch.nn.Module):
        """An autoencoder, and what its training had beside it."""

        def __init__(self) -> None:
            super().__init__()
            self.encoder, self.decoder = torch.nn.AvgPool2d(8), torch.nn.Upsample(scale_factor=8)
            self.critic = torch.nn.Linear(4, 4)

        def forward(self, x: torch.Tensor) -> object:
            return self.decoder(self.encoder(x))

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        featamp.encode(Beside(), pixels)


def test_a_sample_is_not_taken_for_a_mean(pixels: NDArray[np.uint8]) -> None:
    network = Drawing(lambda mu, log, noise: mu + (log / 2).exp() * noise)
    with pytest.raises(featamp.InputError, match="gives the same image another code each time"):
        featamp.encode(network, pixels)


KEYS = re.compile(r"\b(model|data|compute|sweep)\.[a-z]+|\[(model|data|compute|sweep)\]")


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (
            lambda w, p: featamp.encode(w["model"], w["small"]),
            "smaller than crop = 178; set a smaller one, or crop = None for the whole frame",
        ),
        (
            lambda w, p: featamp.encode(Drawing(lambda *_: "text"), p),
            "returns one into a class that you give as adapter to featamp.open_model",
        ),
        (lambda w, p: featamp.encode(w["vae"], p[:, :8]), "check the size of the images, and"),
        (
            lambda w, p: featamp.encode(Drawing(lambda *o: o[2]), p),
            "return mu, or give featamp.open_model as adapter a class with .* encode_samples = 16",
        ),
        (
            lambda w, p: featamp.open_model(torch.nn.Linear(1, 1)),
            r"images\) into a class that y",
        ),
        (
            lambda w, p: featamp.encode(BatchNormed(), p),
            r"track_running_stats=False\), .*; have its eval\(\) end that",
        ),
        (
            lambda w, p: featamp.open_model(w["vae"], device="mps"),
            "^device is 'mps', but this mac",
        ),
    ],
)
def test_a_notebook_is_told_what_it_can_change(
    call: Callable[..., object],
    told: str,
    world: World,
    pixels: NDArray[np.uint8],
    tmp_path: Path,
) -> None:
    Image.fromarray(pixels[0]).save(tmp_path / "1.png")
    with pytest.raises(featamp.InputError, match=told) as error:
        call({**world, "small": tmp_path}, pixels)
    assert not KEYS.search(str(error.value))


def test_a_notebook_has_words_for_every_question_that_the_site_has_words_for() -> None:
    template = PROJECT / "templates/parts/findings/network.html"
    kinds = set(re.findall(r'doubt\.kind == "(\w+)"', template.read_text(encoding="utf-8")))
    assert kinds - {"few", "scaled", "unordered", "either"} == REASONS.keys()  # these are no doubt


@pytest.mark.parametrize("network", [Flat(), Spatial()], ids=["flat", "spatial"])
def test_a_sweep_has_the_size_of_the_images_whose_codes_it_starts_from(
    network: torch.nn.Module,
) -> None:
    images = np.random.default_rng(0).integers(0, 256, (20, 48, 64, 3), np.uint8)
    model = featamp.open_model(network)
    codes = featamp.encode(model, images)
    expected = featamp.sweep(model, codes, 1).frames
    assert expected.shape[2:4] == codes.size == (48, 64)
    featamp.encode(model, images.transpose(0, 2, 1, 3))
    for other in (model, network, featamp.open_model(network)):
        np.testing.assert_array_equal(featamp.sweep(other, codes, 1).frames, expected)


def test_labels_are_those_of_codes_or_of_names(world: World) -> None:
    codes = world["codes"]
    for names in (codes, iter(codes.names)):
        labels = featamp.read_labels(world["root"], names)
        np.testing.assert_array_equal(labels["Male"], world["labels"]["Male"])


def test_labels_are_read_in_every_form_that_a_build_reads(world: World, tmp_path: Path) -> None:
    images, male = list(world["codes"].names), world["labels"]["Male"]
    frame = pd.DataFrame({"Male": np.where(male, 1.0, -1.0), "partition": 0}, index=images)
    frame.to_csv(tmp_path / "list_attr_celeba.csv", sep=";", decimal=",")
    found = featamp.read_labels(tmp_path, images)
    assert {*found} == {"Male"}
    np.testing.assert_array_equal(found["Male"], male)
    frame["age"] = np.linspace(20, 60, len(images))
    frame.to_csv(tmp_path / "mine.csv")
    found = featamp.read_labels(tmp_path / "mine.csv", images[::-1])
    np.testing.assert_array_equal(found["Male"], male[::-1])
    np.testing.assert_allclose(found["age"], frame["age"][::-1])
    folders = [
        f"{'men' if is_male else 'women'}/{n}" for n, is_male in zip(images, male, strict=True)
    ]
    (tmp_path / "list_attr_celeba.csv").unlink()
    np.testing.assert_array_equal(featamp.read_labels(tmp_path, folders)["men"], male)


@pytest.mark.parametrize(
    ("pixels", "low", "kind", "told"),
    [
        ((-1, 1), 0, "float32", r"read as \[-1, 1\] .* give 2 \* images - 1$"),
        ((0, 255), 0, "float32", r"read as \[0, 255\] .* give 255 \* images$"),
        ((0, 1), 0, "uint8", r"read as \[0, 255\] .* give 255 \* images$"),
        ((-1, 1), -1, "float32", None),
        ((0, 1), 0, "float32", None),
        ((0, 1), 0, "bool", None),
    ],
)
def test_images_in_0_to_1_are_not_read_as_more(
    pixels: tuple[int, int], low: int, kind: str, told: str | None, world: World
) -> None:
    """A batch alone may be of dark images, or of bright ones."""
    bright = np.random.default_rng(0).integers(0, 2, (18, SIDE, SIDE, 3))
    images = [bright, np.full((22, SIDE, SIDE, 3), low)]
    model = featamp.open_model(world["vae"], pixels=pixels)
    for call in (featamp.encode, partial(featamp.reconstruct, count=20)):
        with pytest.raises(featamp.InputError, match=told) if told else nullcontext():
            call(model, [batch.astype(kind) for batch in images])


def test_a_module_is_opened_with_what_a_config_says_of_one(
    world: World, pixels: NDArray[np.uint8], tmp_path: Path
) -> None:
    mean, std = torch.tensor([0.5, 0.4, 0.3]), torch.tensor([0.2, 0.3, 0.4])
    floats = torch.from_numpy(pixels) / 255
    with torch.no_grad():
        by_hand = world["vae"].encode(((floats - mean) / std).permute(0, 3, 1, 2))[0]
        written = world["vae"].decode(by_hand) * std[:, None, None] + mean[:, None, None]
    normed = featamp.open_model(world["vae"], mean=wrong(mean), std=wrong(std))
    np.testing.assert_allclose(featamp.encode(normed, floats).mu, by_hand, rtol=1e-4, atol=1e-4)
    shown = written.clamp(0, 1).permute(0, 2, 3, 1)
    np.testing.assert_allclose(normed.decode(by_hand.numpy()), shown, atol=1e-4)
    (tmp_path / "net_k3.py").write_text("def encode(model, x): return -model.encode(x)[0]\n")

    class Turned:
        @staticmethod
        def encode(model: Any, x: torch.Tensor) -> object:  # noqa: ANN401
            return -model.encode(x)[0]

    for adapter in ("net_k3", Turned):
        turned = featamp.open_model(world["vae"], adapter=adapter, folder=tmp_path)
        np.testing.assert_array_equal(featamp.encode(turned, pixels).mu, -world["codes"].mu)
    drawn = Drawing(lambda mu, log, noise: mu + (log / 2).exp() * noise)
    many, alone = featamp.open_model(drawn, encode_samples=64), Drawing(lambda mu, *_: mu)
    expected = featamp.encode(alone, pixels).mu
    np.testing.assert_allclose(featamp.encode(many, pixels).mu, expected, atol=0.1)


def test_grey_images_are_read_as_files_of_them_are(world: World) -> None:
    grey = np.random.default_rng(0).integers(0, 256, (5, SIDE, SIDE, 1), np.uint8)
    expected = featamp.encode(world["vae"], grey.repeat(3, axis=-1)).mu
    np.testing.assert_array_equal(featamp.encode(world["vae"], grey).mu, expected)
    one = torch.from_numpy(grey).permute(0, 3, 1, 2)
    np.testing.assert_array_equal(featamp.encode(world["vae"], one).mu, expected)


def test_what_torch_holds_is_taken_as_it_is(world: World, pixels: NDArray[np.uint8]) -> None:
    codes, trained = world["codes"], torch.linspace(-1, 1, COUNT, requires_grad=True)
    assert featamp.correlate(codes, {"age": trained}).names == ("age",)
    alphas = torch.linspace(-3, 3, 5, requires_grad=True)
    swept = featamp.sweep(world["model"], codes, wrong(torch.tensor(3)), alphas=wrong(alphas))
    assert swept.dim == 3
    assert swept.sigma.tolist() == alphas.tolist()
    place = torch.device("cpu")
    opened = featamp.open_model(world["vae"], pixels=wrong(np.array([0, 1])), device=place)
    assert (opened.pixels, opened.device) == ((0, 1), place)
    batches = [pixels[:0] / 255.0, pixels / 255.0, pixels[:0]]
    np.testing.assert_array_equal(featamp.encode(opened, batches).mu, codes.mu)


def test_a_label_that_no_image_has_is_one_all_the_same(world: World) -> None:
    found = featamp.correlate(world["codes"], {"Bald": [False] * COUNT, "Male": [0, 1] * 20})
    assert found.names == ("Bald", "Male")


def test_a_table_that_has_the_images_names_as_its_index_may_have_any_order(world: World) -> None:
    codes, male = world["codes"], world["labels"]["Male"]
    table = pd.DataFrame({"Male": male}, index=list(codes.names))
    shuffled, expected = table.sample(frac=1, random_state=0), featamp.correlate(codes, table)
    for labels in (shuffled, shuffled["Male"]):
        found = featamp.correlate(codes, labels)
        assert found.names == ("Male",)
        np.testing.assert_array_equal(found.r, expected.r)


def test_labels_in_memory_are_those_of_the_same_column_in_a_file(
    world: World, tmp_path: Path
) -> None:
    codes = world["codes"]
    for values in ([-1, 0, 1, 1], [0, 1, 1, 0], [-1, 1, 1, -1], [2, 3, 3, 2]):
        table = pd.DataFrame({"file": codes.names, "mood": values * 10, "Male": [0, 1] * 20})
        table.to_csv(tmp_path / "mood.csv", index=False)
        filed = featamp.read_labels(tmp_path / "mood.csv", codes)
        kept, held, _ = label_table(table.drop(columns="file"), codes.names)
        assert dict(zip(kept, held.T.tolist(), strict=True)) == {
            name: column.tolist() for name, column in filed.items()
        }


@pytest.mark.parametrize(
    "missing",
    [
        ["red", None, "grey", "red"],
        ["red", np.nan, "grey", "red"],
        [True, None, False, True],
        [-1, np.nan, 1, 1],
        pd.array([True, None, False, True], dtype="boolean"),
        pd.array([0, None, 1, 2], dtype="Int64"),
        pd.Categorical(["red", None, "grey", "red"]),
    ],
    ids=lambda values: type(values).__name__,
)
def test_a_label_that_is_missing_in_memory_is_no_class(missing: object, world: World) -> None:
    table = pd.DataFrame({"a": pd.concat([pd.Series(missing)] * 10, ignore_index=True)})
    with pytest.raises(featamp.InputError, match="'a': no label for 'image 1', nor for"):
        featamp.correlate(world["codes"], table)


def test_people_are_the_units_of_an_interval_where_they_are_given(world: World) -> None:
    codes, male = world["codes"], world["labels"]["Male"]
    twice = replace(codes, mu=np.repeat(codes.mu, 5, axis=0), names=codes.names * 5)
    once, again = (
        featamp.correlate(c, {"Male": m}, people=np.arange(COUNT).repeat(len(c) // COUNT))
        for c, m in ((codes, male), (twice, np.repeat(male, 5)))
    )
    np.testing.assert_allclose(again.ci_low, once.ci_low, atol=1e-6)  # copies tell no more


def test_nobodys_images_fit_a_probe_and_judge_it() -> None:
    """Sixty people with twenty images each, and labels that a coin has dealt to people."""
    generator = np.random.default_rng(0)
    own = generator.standard_normal((60, 24)).repeat(20, axis=0)
    mu = (own + 0.3 * generator.standard_normal(own.shape)).astype(np.float32)
    codes = featamp.Codes(mu, np.zeros_like(mu), tuple(map(str, range(len(mu)))))
    coin = {name: (generator.random(60) < 0.5).repeat(20) for name in "abcdef"}
    blind = featamp.fit_probes(codes, coin)
    known = featamp.fit_probes(codes, coin, people=np.arange(60).repeat(20))
    assert blind.auc.min() > 0.7 and blind.told.all()
    assert known.auc.mean() < 0.6 and known.told.sum() <= 1


def test_a_sweep_moves_one_dimension_in_its_own_units(world: World) -> None:
    model, codes = world["model"], world["codes"]
    std = codes.mu[:, 3].std(ddof=1)
    swept = featamp.sweep(model, codes, 3, alphas=[-1, 0, 2], samples=[5, 7])
    np.testing.assert_allclose(swept.raw, np.array([-1, 0, 2]) * std, rtol=1e-6)
    np.testing.assert_allclose(swept.frames[:, 1], swept.reconstructions, atol=1e-6)
    moved = np.array(codes.mu[7:8])
    moved[:, 3] += 2 * std
    np.testing.assert_allclose(swept.frames[1, 2], model.decode(moved)[0], atol=1e-6)
    raw = featamp.sweep(model, codes, 3, alphas=[-1, 0, 2], samples=[5, 7], units="raw")
    np.testing.assert_allclose(raw.sigma, np.array([-1, 0, 2]) / std, rtol=1e-6)


def test_the_judge_finds_a_move_that_decoder_and_encoder_agree_on(world: World) -> None:
    class Mirror(torch.nn.Module):
        """Dimension i is ten times the mean of the i-th channel; nine more have collapsed, and
        hear a little of all."""

        def encode(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            means = 10 * x.mean(dim=(2, 3))
            heard = 0.02 * means.sum(dim=1, keepdim=True).expand(-1, 9)
            return torch.cat([means, heard], dim=1), torch.zeros(len(x), 12)

        def decode(self, z: torch.Tensor) -> torch.Tensor:
            return z[:, :3, None, None].expand(-1, -1, 16, 16) / 10

    images = np.random.default_rng(0).integers(100, 150, (20, 1, 1, 3)).astype(np.uint8)
    images = np.tile(images, (1, 16, 16, 1))
    codes = featamp.encode(Mirror(), images)
    swept = featamp.sweep(Mirror(), codes, 1)
    judged = featamp.judge(Mirror(), swept, featamp.reconstruct(Mirror(), images))
    assert judged.self_response == pytest.approx(1, abs=0.05)
    assert judged.leakage < 0.01
    assert judged.quality.consistency == pytest.approx(1)


@pytest.mark.parametrize("batch", [1, 9, 40])
def test_the_yardstick_is_that_of_all_images_however_they_are_batched(
    batch: int, world: World, pixels: NDArray[np.uint8]
) -> None:
    model = world["model"]
    known = featamp.reconstruct(model, pixels[:25])
    loader = DataLoader(TensorDataset(torch.from_numpy(pixels)), batch_size=batch)
    found = featamp.reconstruct(model, loader, count=25)
    assert found.count == 25
    np.testing.assert_allclose(list(vars(found).values()), list(vars(known).values()), rtol=1e-4)


@pytest.mark.parametrize("units", ["sigma", "raw"])
@pytest.mark.parametrize("scale", [0.0, 0.001])
def test_a_collapsed_dimension_is_not_judged(scale: float, units: str, world: World) -> None:
    codes, mu = world["codes"], world["codes"].mu.copy()
    mu[:, 3] = 0.5 + scale * mu[:, 3] / mu[:, 3].std()
    swept = featamp.sweep(world["model"], replace(codes, mu=mu), 3, units=units)
    with pytest.raises(featamp.InputError, match="dimension 3 has collapsed"):
        featamp.judge(world["model"], swept, world["yardstick"])


@pytest.mark.parametrize("alphas", [(0, 1, 2, 3), (-3, -2, -1), (1, 2)])
def test_a_sweep_that_goes_one_way_is_not_judged(alphas: tuple[int, ...], world: World) -> None:
    swept = featamp.sweep(world["model"], world["codes"], 3, alphas=alphas, units="raw")
    with pytest.raises(featamp.InputError, match=rf"alpha {alphas[0]} to {alphas[-1]}, expected"):
        featamp.judge(world["model"], swept, world["yardstick"])


def test_a_crop_means_the_same_to_the_judge_as_to_the_codes(world: World) -> None:
    places = {
        crop: featamp.judge(world["model"], world["swept"], world["yardstick"], crop=crop)
        for crop in (178, (178, 178), (218, 178), None)
    }
    areas = {crop: judged.quality.areas.tolist() for crop, judged in places.items()}
    assert areas[178] == areas[178, 178] != areas[218, 178] == areas[None]


def wrong(value: object) -> Any:  # noqa: ANN401  what the types would refuse
    return value


def test_columns_of_numbers_are_correlated_as_they_are(world: World) -> None:
    codes = world["codes"]
    age = 20 + 5 * codes.mu[:, 2].astype(np.float64)
    table = pd.DataFrame({"age": age, "my round one": codes.mu[:, 0] > 0, "kind": list("ab") * 20})
    found = featamp.correlate(codes, table)
    assert found.names == ("age", "my round one", "kind_a", "kind_b")
    assert found.split("age") == pytest.approx(np.median(age))
    assert found.split("kind_a") is None
    assert found.r[0, 2] == pytest.approx(1)
    known = np.corrcoef(codes.mu[:, 1], age)[0, 1]
    assert found.r[0, 1] == pytest.approx(known, abs=1e-6)
    assert featamp.fit_probes(codes, table).r_squared[0] > 0.9
    with pytest.raises(featamp.InputError, match="'age': no number for 'image 3'"):
        featamp.correlate(codes, table.assign(age=[*age[:3], np.nan, *age[4:]]))


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda w, p: featamp.open_model(w["root"] / "x.pt"), "no such file"),
        (lambda w, p: featamp.encode(w["root"], p), "is a folder (model.checkpoint"),
        (lambda w, p: featamp.open_model(torch.nn.Linear(1, 1)), "has no method 'encode'"),
        (lambda w, p: featamp.open_model(w["vae"], kwargs={}), "of a file"),
        (lambda w, p: featamp.open_model(w["vae"], ignore_keys=["a"]), "of a file"),
        (lambda w, p: featamp.open_model(w["vae"], mean=0.5), "expected both or neither"),
        (lambda w, p: featamp.open_model(w["vae"], mean=0.5, std=0), "a std above 0"),
        (lambda w, p: featamp.open_model(w["vae"], adapter=wrong(3)), "adapter 3: expected func"),
        (lambda w, p: featamp.open_model(w["vae"], encode_samples=0), "encode_samples is 0"),
        (
            lambda w, p: featamp.open_model("best.pt", factory=wrong(type(w["vae"]))),
            "expected \"module:name\", such as 'user_vae:VAE'; or make the network",
        ),
        (
            lambda w, p: featamp.open_model(w["vae"].state_dict(), factory="user_vae:VAE"),
            "expected a file or a torch.nn.Module; of weights, load them into their network",
        ),
        (lambda w, p: featamp.encode(w["model"], 3), "expected a folder, an array"),
        (
            lambda w, p: featamp.open_model(wrong(type(w["vae"]))),
            "the class TinyVAE, expected a file or a torch.nn.Module; make it, TinyVAE(...), and",
        ),
        (lambda w, p: featamp.encode(wrong((1, 2)), p), "of parts make one, such as torch"),
        (
            lambda w, p: featamp.encode(w["vae"], TensorDataset(torch.from_numpy(p))),
            "of a data set, torch.utils.data.DataLoader(images, batch_size=256)",
        ),
        (
            lambda w, p: featamp.encode(w["vae"], [(np.zeros(COUNT), p)]),
            "first in a tuple; give (batch[1] for batch in loader)",
        ),
        (
            lambda w, p: featamp.encode(w["vae"], enumerate([(p, np.zeros(COUNT))])),
            "first in a tuple; give it without enumerate",
        ),
        (
            lambda w, p: featamp.sweep(w["model"], w["codes"], 0, samples=wrong(["000002.jpg"])),
            "expected rows from 0 to 39: that of a name is codes.names.index('000002.jpg')",
        ),
        (
            lambda w, p: featamp.build_report(
                w["model"], p, folder=w["folder"], settings=wrong(["a"])
            ),
            "settings is ['a'], expected a dict of sections",
        ),
        (lambda w, p: featamp.encode(w["model"], "nowhere"), "no such folder"),
        (lambda w, p: featamp.encode(w["model"], p[..., 0]), "40 x 64 x 64, expected"),
        (
            lambda w, p: featamp.encode(w["model"], [{"pixels": p, "label": 1}]),
            "tables of label, pixels, expected images, alone or first in a tuple; give what takes"
            " them out of it, such as (batch['pixels'] for batch in loader)",
        ),
        (lambda w, p: featamp.encode(w["model"], p / 127.5 - 1), "pixels = [0, 1]"),
        (lambda w, p: featamp.encode(w["model"], p[:1]), "expected at least 2"),
        (
            lambda w, p: featamp.encode(w["model"], [p, p[:, :32]]),
            "64 x 32, 64 x 64 pixels, expected all of one size",
        ),
        (lambda w, p: featamp.encode(w["vae"], DataLoader(p, shuffle=True)), "shuffle=False"),
        (lambda w, p: featamp.encode(w["vae"], iter(DataLoader(p, shuffle=True))), "shuffle=F"),
        (
            lambda w, p: featamp.read_labels(w["root"], ["000001.jpg", "x.jpg"]),
            "no row for 'x.jpg'",
        ),
        (lambda w, p: featamp.read_labels(w["root"], ["x.jpg"]), "names none of the 1 images"),
        (lambda w, p: featamp.read_labels(w["folder"], ["x.jpg"]), "of another table of labels"),
        (lambda w, p: featamp.encode(w["model"], __file__), "api.py: a file, expected a folder"),
        (lambda w, p: featamp.read_labels(wrong(3), ["x.jpg"]), "root is 3, expected a path"),
        (lambda w, p: featamp.open_model("x.pt", folder=wrong(3)), "folder is 3, expected a path"),
        (
            lambda w, p: featamp.build_report(w["model"], p, folder=wrong(3)),
            "folder is 3, expected a path",
        ),
        (lambda w, p: featamp.read_labels("nowhere", ["x.jpg"]), "nowhere: no such folder"),
        (lambda w, p: featamp.read_labels(w["root"], wrong(3)), "names is 3, expected codes"),
        (lambda w, p: featamp.read_labels(w["root"], "x.jpg"), "names is 'x.jpg', expected codes"),
        (
            lambda w, p: featamp.correlate(
                w["codes"], pd.DataFrame([[0, 1], [1, 0]] * 20, columns=["Male", "Male"])
            ),
            "two labels have the name 'Male', expected one each",
        ),
        (lambda w, p: featamp.correlate(w["codes"], {"Male": [0, 1]}), "2 values, expected 40"),
        (
            lambda w, p: featamp.correlate(w["codes"], {"Male": np.ones((COUNT, 1))}),
            "label 'Male' has the shape 40 x 1, expected 40 values",
        ),
        (
            lambda w, p: featamp.encode(
                w["model"], (p.T / np.where(np.arange(COUNT) == 33, np.nan, 255.0)).T, batch=8
            ),
            "image 33 holds what is no finite number",
        ),
        (lambda w, p: featamp.correlate(w["codes"], {"Male": [2] * 40}), "no other value than 2"),
        (
            lambda w, p: featamp.correlate(w["codes"], {"Male": [0, 1] * 20}, people=[1, 2]),
            "people has 2 values, expected 40",
        ),
        (lambda w, p: featamp.encode(w["model"], p, batch=0), "batch is 0, expected a whole"),
        (lambda w, p: featamp.encode(w["model"], p, batch=wrong(2.5)), "batch is 2.5"),
        (lambda w, p: featamp.encode(w["model"], p, batch=wrong("16")), "batch is '16'"),
        (lambda w, p: featamp.encode(w["model"], torch.tensor(3.0)), "have no shape, expected"),
        (lambda w, p: featamp.encode(w["model"], w["root"], size=wrong(16.0)), "size is 16.0"),
        (lambda w, p: featamp.encode(w["model"], w["root"], size=wrong("16x16")), "(height, wid"),
        (lambda w, p: featamp.encode(w["model"], w["root"], size=0), "size is 0, expected pixels"),
        (lambda w, p: featamp.encode(w["model"], w["root"], crop=-1), "crop is -1, expected pix"),
        (lambda w, p: featamp.reconstruct(w["model"], w["root"], crop=0), "crop is 0, expected"),
        (lambda w, p: featamp.open_model(w["vae"], pixels=wrong((0, 1, 2))), "two rising numbers"),
        (lambda w, p: featamp.open_model(w["vae"], pixels=(1, 0)), "pixels is (1, 0), expected"),
        (lambda w, p: featamp.open_model(w["vae"], pixels=(0, np.nan)), "pixels is (0, nan)"),
        (lambda w, p: featamp.open_model(w["vae"], pixels=wrong("0,1")), "pixels is '0,1'"),
        (lambda w, p: featamp.open_model("best.pt", kwargs=wrong([1])), "kwargs is [1], expected"),
        (lambda w, p: featamp.read_labels(w["root"], [wrong(Path("1.jpg"))]), "names hold Posix"),
        (lambda w, p: featamp.read_labels(w["root"], wrong([1])), "names hold 1, expected names"),
        (lambda w, p: featamp.fit_probes(w["codes"], w["labels"], seed=-1), "seed is -1, expec"),
        (
            lambda w, p: featamp.judge(w["model"], w["swept"], w["yardstick"], w["labels"]),
            "probes is dict, expected what featamp.fit_probes returns",
        ),
        (
            lambda w, p: featamp.judge(
                w["model"], replace(w["swept"], std=np.ones(5)), w["yardstick"]
            ),
            "swept is of 5 dimensions, and the model has 8",
        ),
        (
            lambda w, p: featamp.judge(
                w["model"],
                w["swept"],
                w["yardstick"],
                replace(w["probes"], weights=w["probes"].weights[:, :5]),
            ),
            "probes is of 5 dimensions, and the model has 8",
        ),
        (lambda w, p: featamp.reconstruct(w["model"], p[:1]), "read: 1, expected 2 at least"),
        (lambda w, p: featamp.reconstruct(w["model"], p, count=1), "count is 1, expected a whole"),
        (lambda w, p: featamp.reconstruct(w["model"], p, count=wrong(2.5)), "count is 2.5"),
        (lambda w, p: featamp.rank(p), "codes is ndarray, expected what featamp.encode returns"),
        (lambda w, p: featamp.correlate(w["codes"], wrong(None)), "labels is NoneType"),
        (
            lambda w, p: featamp.correlate(w["codes"], {"Male": [0, 1] * 20}, people=wrong("x")),
            "expected whole numbers",
        ),
        (lambda w, p: featamp.sweep(w["model"], w["codes"], wrong(1.0)), "dim is 1.0"),
        (lambda w, p: featamp.sweep(w["model"], w["codes"], True), "dim is True, expected 0 to 7"),
        (
            lambda w, p: featamp.sweep(w["model"], w["codes"], 0, samples=True),
            "samples are True, expected rows from 0 to 39",
        ),
        (lambda w, p: featamp.sweep(w["model"], w["codes"], 0, alphas=wrong("ab")), "is 'ab'"),
        (
            lambda w, p: featamp.sweep(w["model"], w["codes"], 0, alphas=[0, np.nan]),
            "expected finite numbers",
        ),
        (
            lambda w, p: featamp.sweep(w["model"], w["codes"], 0, samples=wrong(2.5)),
            "samples is 2.5, expected whole numbers",
        ),
        (
            lambda w, p: featamp.judge(w["model"], w["codes"], w["codes"]),
            "swept is Codes, expected what featamp.sweep returns",
        ),
        (lambda w, p: featamp.sweep(w["model"], w["codes"], 8), "expected 0 to 7"),
        (lambda w, p: featamp.sweep(w["model"], w["codes"], 0, alphas=[1, 0]), "do not rise"),
        (lambda w, p: featamp.sweep(w["model"], w["codes"], 0, units="sd"), "one of sigma, raw"),
        (lambda w, p: featamp.sweep(w["model"], w["codes"], 0, samples=41), "expected 1 to 40"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(
    call: Callable[..., object], told: str, world: World, pixels: NDArray[np.uint8]
) -> None:
    with pytest.raises(featamp.InputError) as error:
        call(world, pixels)
    assert told in str(error.value)


def test_a_name_that_is_not_public_is_told_as_python_does() -> None:
    with pytest.raises(AttributeError, match="no attribute 'sweeps'"):
        _ = featamp.sweeps
    assert set(featamp.__all__) <= set(dir(featamp))
