"""A report from a network, images and labels that are in memory."""

from __future__ import annotations

import html
import importlib
import json
import re
import shutil
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

import featamp
from featamp.io.celeba.folder import open_folder
from featamp.io.celeba.lists import read_attributes
from featamp.io.celeba.names import HQ_FOLDER, IMAGE_FOLDER
from featamp.io.files.table import read_table
from report.api import (
    GIVEN,
    Report,
    _as_section,
    _source_hash,
    _toml,
    _write_data,
    _write_images,
    _write_labels,
)
from report.engine.places import PROJECT
from tests.conftest import tiny_vae, undrawing

COUNT, SIDE, DIMS = 40, 16, 6
FEW = {"sweep": {"samples": 2, "alphas": 4}, "experiments": {"explore": 3}}


class Network(nn.Module):
    """A linear VAE that was never in a file of its own; it counts what it encodes."""

    def __init__(self) -> None:
        super().__init__()
        self.encoded = 0
        self.posterior = nn.Linear(3 * SIDE * SIDE, 2 * DIMS)
        self.image = nn.Linear(DIMS, 3 * SIDE * SIDE)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        self.encoded += len(x)
        mu, logvar = self.posterior(x.flatten(1)).chunk(2, dim=1)
        return mu, logvar

    def decode(self, z: Tensor) -> Tensor:
        return torch.sigmoid(self.image(z)).view(-1, 3, SIDE, SIDE)


@dataclass(frozen=True)
class Built:
    network: Network
    images: NDArray[np.uint8]
    labels: dict[str, NDArray[Any]]
    folder: Path
    report: Report

    def again(self) -> Report:
        model = featamp.open_model(self.network)
        self.network.train()  # as in the next epoch
        return featamp.build_report(  # type: ignore[no-any-return]
            model,
            self.images,
            self.labels,
            folder=self.folder,
            settings=FEW,
            progress=False,
        )


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    torch.manual_seed(0)
    generator = np.random.default_rng(0)
    network = Network()
    images = generator.integers(0, 256, (COUNT, SIDE, SIDE, 3), np.uint8)
    with torch.no_grad():  # what one dimension holds
        pixels = torch.from_numpy(images).permute(0, 3, 1, 2).flatten(1) / 255
        held = network.posterior(pixels)[:, 2].numpy()
    labels: dict[str, NDArray[Any]] = {
        "Smiling": generator.random(COUNT) < 0.5,
        "round eyes": generator.random(COUNT) < 0.5,
        "age": generator.normal(30, 1, COUNT) + 50 * held,
    }
    folder = tmp_path_factory.mktemp("memory") / "report"
    with undrawing():
        report = featamp.build_report(
            network, images, labels, folder=folder, settings=FEW, progress=False
        )
    return Built(network, images, labels, folder, report)


def test_its_tables_hold_what_the_functions_of_a_notebook_find(built: Built) -> None:
    codes = featamp.encode(built.network, built.images)
    dimensions, pairs = (built.report.tables[n] for n in ("dimensions", "correlations"))
    np.testing.assert_allclose(dimensions["std"], featamp.rank(codes).std, rtol=1e-5)
    found = featamp.correlate(codes, built.labels).r.ravel()
    np.testing.assert_allclose(pairs["r"], found, rtol=1e-4, atol=1e-6)


def test_a_number_is_correlated_as_one_and_called_one(built: Built) -> None:
    codes, age = featamp.encode(built.network, built.images), built.labels["age"]
    tables = built.report.tables
    pairs = tables["correlations"].query("attribute == 'age'")
    known = [np.corrcoef(column, age)[0, 1] for column in codes.mu.astype(np.float64).T]
    np.testing.assert_allclose(pairs["r"], known, rtol=1e-4, atol=1e-6)
    assert set(pairs["n_positive"]) == {COUNT // 2}
    (row,) = tables["numbers"].to_dict("records")
    assert (row["attribute"], row["split"]) == ("age", pytest.approx(np.median(age)))
    probes = featamp.fit_probes(codes, built.labels)
    assert row["regression_r2"] == pytest.approx(probes.r_squared[2], abs=1e-3)
    told = f"above {np.median(age):g}, split at its median"
    for page, words in {
        "attributes.html": (
            f"age (a number: {told})",
            "Pearson’s r of age, a number",
            "regression",
        ),
        "method.html": ("Pearson’s r of age, a number", "a linear (ridge) regression"),
        "experiment1.html": ("age: Pearson’s r = ", f"20 of 40 images are {told}"),
        "writeup/feature_amplification.md": ("Pearson’s r of age, a number",),
    }.items():
        read = (built.report.folder / page).read_text(encoding="utf-8")
        text = " ".join(html.unescape(re.sub("<[^>]+>", "", read)).split())
        assert [w for w in words if w not in text] == [], page


def documented() -> dict[str, list[str]]:
    """The columns or keys of each file that docs/data.md lists, in its order."""
    text = (PROJECT / "docs/data.md").read_text(encoding="utf-8")
    sections = dict(s.split("\n", 1) for s in re.split(r"^## ", text, flags=re.M)[1:])
    measures = re.findall(r"^\| `([^`]+)`", sections["The measures of a sweep"], re.M)
    files = {}
    for title, section in sections.items():
        if found := re.fullmatch(r"`data/(.+)`", title):
            rows = re.findall(r"^\| (`[^`]+`|\*the measures of a sweep\*) \|", section, re.M)
            lists = [measures if row[0] == "*" else [row.strip("`")] for row in rows]
            files[found[1]] = [name for names in lists for name in names]
    return files


def keys(value: dict[str, object], depth: int = 2) -> Iterator[str]:
    """Keys of a record, those of a record inside it after a dot."""
    for key, inner in value.items():
        if isinstance(inner, dict) and inner and depth > 1:
            yield from (f"{key}.{name}" for name in keys(inner, depth - 1))
        else:
            yield key


def test_the_data_dictionary_has_every_file_and_column_and_no_other(built: Built) -> None:
    folder, pages = built.report.folder / "data", documented()
    files = {p.name: p for p in folder.iterdir() if p.suffix in (".csv", ".json")}
    assert files.keys() == pages.keys()
    for name, path in files.items():
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".csv":
            assert text.partition("\n")[0].split(",") == pages[name], name
            continue
        content = json.loads(text)
        found = set(keys(content[0] if isinstance(content, list) else content))
        patterns = pages[name]
        assert [k for k in found if not any(fnmatch(k, p) for p in patterns)] == [], name
        assert [p for p in patterns if not any(fnmatch(k, p) for k in found)] == [], name


def test_a_notebook_shows_a_strip_of_every_swept_dimension_and_a_link(
    built: Built, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(built.folder)
    shown = built.report._repr_html_()
    swept = set(built.report.tables["effects"]["dim"])
    assert shown.count("data:image/png;base64,") == len(swept) >= 3
    assert all(f"Sweep of dimension {dim}" in shown for dim in swept)
    assert 'href="site/index.html"' in shown


def test_the_strips_are_of_the_narrow_sweeps_however_their_pictures_are_stored(
    built: Built, tmp_path: Path
) -> None:
    shutil.copytree(built.report.folder / "data", tmp_path / "data")
    listed = tmp_path / "data/sweeps.json"
    entries = json.loads(listed.read_text())
    for entry in entries:
        sprite, entry["sprite"] = entry["sprite"], entry["sprite"].replace(".webp", ".png")
        (tmp_path / "sprites").mkdir(exist_ok=True)
        with Image.open(built.report.folder / sprite) as picture:
            picture.save(tmp_path / entry["sprite"])
    listed.write_text(json.dumps(sorted(entries, key=lambda entry: "wide" in entry["sprite"])))
    stored_otherwise = Report(tmp_path / "index.html")._repr_html_()
    strips = re.findall(r"data:image[^\"]+", stored_otherwise)
    assert strips == re.findall(r"data:image[^\"]+", built.report._repr_html_()) != []


def test_what_came_from_memory_stays_when_earlier_results_are_removed(built: Built) -> None:
    assert len(list((built.folder / GIVEN / IMAGE_FOLDER).iterdir())) == COUNT


def test_labels_in_memory_go_with_a_folder_of_images_which_stays_where_it_is(
    built: Built, tmp_path: Path
) -> None:
    images = tmp_path / "images"
    images.mkdir()
    for name, pixels in zip("abcdefghijkl", built.images, strict=False):
        Image.fromarray(pixels).save(images / f"{name}.png")
    labels = {"Smiling": [True, False] * 6}
    with undrawing():
        report = featamp.build_report(
            built.network, images, labels, folder=tmp_path / "report",
            crop=None, size=SIDE, settings=FEW, progress=False,
        )  # fmt: skip
    assert set(report.tables["correlations"]["n_positive"]) == {6}
    assert not (tmp_path / "report" / GIVEN / IMAGE_FOLDER).exists()
    assert f'root = "{images}"' in (tmp_path / "report/report.toml").read_text()


@pytest.mark.parametrize("kind", ["celeba", "flat", "classes", "hq"])
def test_a_folder_is_read_as_a_build_reads_it(kind: str, built: Built, tmp_path: Path) -> None:
    names = ["a/1.png", "b/2.png", "b/3.png"] if kind == "classes" else ["1.png", "2.png", "3.png"]
    place = tmp_path / {"celeba": IMAGE_FOLDER, "hq": HQ_FOLDER}.get(kind, "")
    for name, pixels in zip(names, built.images, strict=False):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(place / name)
    if kind != "classes":
        stem = "CelebAMask-HQ-attribute-anno" if kind == "hq" else "list_attr_celeba"
        rows = "1.png 1 -1\n2.png -1 1\n3.png 1 1\n"
        (tmp_path / f"{stem}.txt").write_text(f"3\nSmiling Male\n{rows}")
        (tmp_path / "list_eval_partition.txt").write_text("1.png 0\n2.png 1\n3.png 2\n")
        (tmp_path / "identity_CelebA.txt").write_text("1.png 7\n2.png 7\n3.png 8\n")
    vae, given = featamp.open_model(built.network), tmp_path / ".given"
    given.mkdir()
    expected = open_folder(tmp_path)
    assert featamp.encode(vae, tmp_path, crop=None, size=SIDE).names == expected.names
    for labels in (None, {"mood": [0, 1, 1]}):
        root, data = _write_data(given, tmp_path, labels, vae, (None, SIDE))
        found = open_folder(root, labels=given / "labels.csv" if "labels" in data else None)
        own = ("mood",) if labels else expected.attribute_names
        assert (found.names, found.attribute_names) == (expected.names, own)
        for known, read in (
            (expected.partition, found.partition),
            (expected.people, found.people),
        ):
            np.testing.assert_array_equal(known, read)


def test_building_again_asks_the_network_nothing(built: Built) -> None:
    before = built.network.encoded
    with pytest.warns(match=r"images' mean: wrong weights, pixels or crop, .* learnt\?$"):
        built.again()
    assert built.network.encoded == before
    assert not built.network.training


def test_other_weights_are_another_network(built: Built) -> None:
    scale = built.network.posterior.weight.data.clone()
    try:
        built.network.posterior.weight.data *= 2
        again = built.again()
        assert built.network.encoded > 2 * COUNT
        std = featamp.rank(featamp.encode(built.network, built.images)).std
        np.testing.assert_allclose(again.tables["dimensions"]["std"], std, rtol=1e-5)
    finally:
        built.network.posterior.weight.data = scale


@pytest.mark.parametrize("kept", [True, False], ids=["source", "bytecode"])
def test_another_source_of_a_class_is_another_network(
    kept: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def network(body: str) -> nn.Module:
        names: dict[str, Any] = {"Module": nn.Module, "__name__": "mine"}
        exec(f"class Inner(Module):\n  def encode(self, x): return {body}", names)
        outer = Network()
        outer.inner = names["Inner"]()
        if kept:
            monkeypatch.setattr("inspect.getsource", lambda code: f"{code.__name__}: {body}")
        return outer

    hashes = [
        _source_hash(featamp.open_model(network(b))) for b in ("x", "x + 1", "x + 2", "x + 2")
    ]
    assert len(set(hashes)) == 3


@pytest.mark.parametrize(
    ("source", "old", "new"),
    [
        ("class Sub(TinyVAE): pass", "self.image(z)", "self.image(2 * z)"),
        ("def decode(model, z): return model.decode(3 * z)", "3 * z", "2 * z"),
        ("scale = 3\ndef decode(model, z): return model.decode(scale * z)", "= 3", "= 2"),
    ],
    ids=["base class", "function", "what it reads"],
)
def test_another_source_of_what_the_network_runs_is_another_network(
    source: str, old: str, new: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny_vae(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "net_q8.py").write_text(f"from tiny_vae import TinyVAE\n{source}\n")

    def opened() -> str:
        for name in ("net_q8", "tiny_vae"):
            sys.modules.pop(name, None)
        importlib.invalidate_caches()
        name = "Sub" if "Sub" in source else "TinyVAE"
        vae = featamp.open_model(
            tmp_path / "tiny.pt", factory=f"net_q8:{name}", folder=tmp_path, device="cpu"
        )
        return _source_hash(vae)

    before = opened()
    assert opened() == before
    for file in ("tiny_vae.py", "net_q8.py"):
        text = (tmp_path / file).read_text()
        (tmp_path / file).write_text(text.replace(old, new))
    assert opened() != before


@pytest.mark.parametrize(
    ("names", "read"),
    [
        (("Smiling", "Male"), ("Smiling", "Male")),
        (("hair, blonde", 'a "hat"'), ("hair_blonde", "a_hat")),
        (("a;b;c", "d\ne"), ("a_b_c", "d_e")),
    ],
)
def test_labels_of_any_name_are_read_back_as_they_were_given(
    names: tuple[str, ...], read: tuple[str, ...], tmp_path: Path
) -> None:
    images = [f"{number:06d}.png" for number in range(4)]
    values = np.array([[1, 0], [0, 1], [1, 1], [0, 0]])
    _write_labels(tmp_path, {"earlier": [0, 1, 1, 0], "Male": [0, 1, 1, 0]}, images)
    told = _write_labels(tmp_path, dict(zip(names, values.T, strict=True)), images)
    (file,) = tmp_path.iterdir()
    if told:
        assert told == {"labels": f"{GIVEN}/{file.name}"}
        table = read_table(file, images)
    else:
        table = read_attributes(file)
    assert table.names == read
    assert (table.select(images)[0] == values).all()


def test_images_of_an_earlier_call_are_gone(built: Built, tmp_path: Path) -> None:
    vae = featamp.open_model(built.network)
    for images in (built.images, built.images[:30]):
        names, size = _write_images(tmp_path, images, vae)
    assert [p.name for p in sorted((tmp_path / "img_align_celeba").iterdir())] == names
    assert (len(names), size) == (30, (SIDE, SIDE))


def test_settings_are_read_back_as_they_were_given() -> None:
    kwargs = {"a": 8, "kinds": ["x", {"a b": True}], "none": None, "rate": float("inf")}
    path = 'C:\\\N{GRINNING FACE} "\x7f\n'
    model: dict[str, object] = {"kwargs": kwargs, "factory": path}
    given: dict[str, dict[str, object]] = {"model": model, "data": {"root": Path("here")}}
    del (left := {**kwargs})["none"]
    read = {"model": {"kwargs": left, "factory": path}, "data": {"root": "here"}}
    assert tomllib.loads("".join(_toml(given))) == read


def test_the_config_of_a_report_says_how_its_model_was_opened() -> None:
    def written(**said: Any) -> dict[str, Any]:  # noqa: ANN401  of any argument
        model, data = _as_section(featamp.open_model(Network(), **said))
        return tomllib.loads("".join(_toml({"model": model, "data": data})))

    said = {"mean": (0.5, 0.4, 0.3), "std": (0.2, 0.2, 0.2)}
    normed, sampled = written(**said), written(pixels=(-1, 1), encode_samples=16)
    assert normed["data"] == {name: list(values) for name, values in said.items()}
    assert "pixels" not in normed["model"]
    assert (sampled["model"]["pixels"], sampled["model"]["encode_samples"]) == ([-1, 1], 16)


@pytest.mark.parametrize(
    ("section", "key", "door"),
    [
        ("model", "pixels", "featamp.open_model"),
        ("model", "factory", "featamp.open_model"),
        ("data", "mean", "featamp.open_model"),
        ("data", "root", "featamp.build_report as images"),
        ("compute", "device", "featamp.open_model"),
    ],
)
def test_a_setting_that_would_change_nothing_is_refused(
    section: str, key: str, door: str, built: Built, tmp_path: Path
) -> None:
    settings = {section: {key: "cpu"}}
    with pytest.raises(featamp.InputError, match=rf"\['{key}'\] would change .* to {door}$"):
        featamp.build_report(built.network, built.images, folder=tmp_path, settings=settings)
    assert list(tmp_path.iterdir()) == []


def test_what_is_wrong_is_said_and_nothing_of_a_person_is_touched(
    built: Built, tmp_path: Path
) -> None:
    def refused(images: object = built.images, **arguments: object) -> str:
        folder = arguments.pop("folder", tmp_path / "new")
        with pytest.raises(featamp.InputError) as error:
            featamp.build_report(built.network, images, folder=folder, **arguments)
        return str(error.value)

    assert "16 x 8, 16 x 16 pixels, expected all of one" in refused(
        [built.images[:2], built.images[:2, :8]]
    )
    assert "2 values, expected 40" in refused(labels={"Male": [0, 1]})
    assert "unknown key 'sweeps'" in refused(settings={"sweeps": {}})
    assert "expected a dict of keys" in refused(settings={"sweep": 3})
    assert "settings hold {1}, expected text" in refused(settings={"sweep": {"samples": {1}}})
    (tmp_path / "file").touch()
    assert "no report can be written there" in refused(folder=tmp_path / "file/report")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/report.toml").write_text("[model]\n")
    assert "choose another folder" in refused(folder=tmp_path / "mine")
    assert (tmp_path / "mine/report.toml").read_text() == "[model]\n"
    assert [p.name for p in (tmp_path / "mine").iterdir()] == ["report.toml"]
