"""The rendered faces: reproducible, true to CelebA's statistics, drawn where the attribute
says."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from featamp.demo import faces
from featamp.demo.faces import folder
from featamp.demo.faces.few import VARIED, draw_few
from featamp.errors import InputError
from featamp.io.celeba.names import ATTRIBUTES
from tests.conftest import contents

BASE_RATES = {
    "5_o_Clock_Shadow": 0.111, "Arched_Eyebrows": 0.267, "Attractive": 0.513,
    "Bags_Under_Eyes": 0.205,
    "Bald": 0.022,
    "Bangs": 0.152, "Big_Lips": 0.241, "Big_Nose": 0.235, "Black_Hair": 0.239, "Blond_Hair": 0.148,
    "Blurry": 0.051,
    "Brown_Hair": 0.205, "Bushy_Eyebrows": 0.142, "Chubby": 0.058, "Double_Chin": 0.047,
    "Eyeglasses": 0.065,
    "Goatee": 0.063, "Gray_Hair": 0.042, "Heavy_Makeup": 0.387, "High_Cheekbones": 0.455,
    "Male": 0.417,
    "Mouth_Slightly_Open": 0.483, "Mustache": 0.042, "Narrow_Eyes": 0.115, "No_Beard": 0.835,
    "Oval_Face": 0.284,
    "Pale_Skin": 0.043, "Pointy_Nose": 0.277, "Receding_Hairline": 0.080, "Rosy_Cheeks": 0.066,
    "Sideburns": 0.057,
    "Smiling": 0.482, "Straight_Hair": 0.208, "Wavy_Hair": 0.320, "Wearing_Earrings": 0.189,
    "Wearing_Hat": 0.048,
    "Wearing_Lipstick": 0.472, "Wearing_Necklace": 0.123, "Wearing_Necktie": 0.073, "Young": 0.774,
}  # fmt: skip
CO_OCCURRENCES = [
    ("Smiling", "High_Cheekbones", 0.58, 0.76),
    ("Smiling", "Mouth_Slightly_Open", 0.44, 0.62),
    ("Male", "Wearing_Lipstick", -0.88, -0.70),
    ("Male", "Heavy_Makeup", -0.76, -0.57),
    ("Male", "Young", -0.40, -0.20),
    ("Male", "No_Beard", -0.65, -0.45),
    ("Male", "Wearing_Necktie", 0.22, 0.45),
    ("Male", "Wearing_Earrings", -0.50, -0.28),
    ("Male", "Wavy_Hair", -0.42, -0.18),
    ("Male", "Blond_Hair", -0.40, -0.15),
    ("Heavy_Makeup", "Wearing_Lipstick", 0.70, 0.90),
    ("Young", "Gray_Hair", -0.48, -0.22),
    ("Young", "Receding_Hairline", -0.45, -0.15),
    ("Young", "Eyeglasses", -0.40, -0.12),
    ("Chubby", "Double_Chin", 0.40, 0.68),
]
# The part of the 64 x 64 crop (rows, columns) where most of the change must be, and how much of
# it.
REGIONS = {
    "Smiling": (slice(24, 60), slice(14, 50), 0.85),
    "Mouth_Slightly_Open": (slice(44, 61), slice(18, 46), 0.80),
    "Eyeglasses": (slice(24, 44), slice(8, 56), 0.95),
    "Bangs": (slice(12, 34), slice(10, 54), 0.90),
    "Wearing_Hat": (slice(0, 40), slice(0, 64), 0.95),
    "Blond_Hair": (slice(2, 64), slice(4, 60), 0.95),
    "Young": (slice(4, 64), slice(6, 58), 0.90),
    "Male": (slice(4, 64), slice(2, 62), 0.95),
}


@pytest.fixture(scope="module")
def many() -> faces.Factors:
    return faces.draw_factors(20_000, seed=3)


@pytest.fixture(scope="module")
def few() -> faces.Factors:
    return faces.draw_factors(40, seed=7)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("faces") / "demo"
    faces.write_folder(place, 12, seed=5)
    return place


def holds(factors: faces.Factors, name: str) -> NDArray[np.bool_]:
    return factors.attributes[:, ATTRIBUTES.index(name)] > 0


def crop64(image: NDArray[np.uint8]) -> NDArray[np.float64]:
    small = (
        Image.fromarray(image).crop((0, 20, 178, 198)).resize((64, 64), Image.Resampling.BILINEAR)
    )
    return np.asarray(small, dtype=np.float64) / 255.0


def flip_change(factors: faces.Factors, index: int, name: str) -> NDArray[np.float64]:
    """Squared change of the 64 x 64 crop from -1 to +1, [64, 64]."""
    low, high = (
        crop64(faces.render(faces.with_attribute(factors, index, name, v), index)) for v in (-1, 1)
    )
    return np.asarray(((high - low) ** 2).sum(axis=2))


def test_folder_is_celeba(root: Path) -> None:
    count, names, *rows = (root / "list_attr_celeba.txt").read_text().splitlines()
    assert int(count) == 12 and tuple(names.split()) == tuple(ATTRIBUTES) and len(rows) == 12
    labels = np.array([row.split()[1:] for row in rows], dtype=int)
    np.testing.assert_array_equal(labels, faces.draw_factors(12, seed=5).attributes)
    images = sorted((root / "img_align_celeba").iterdir())
    assert [image.name for image in images] == [row.split()[0] for row in rows]
    assert images[0].name == "000001.jpg"
    with Image.open(images[0]) as image:
        assert image.format == "JPEG" and image.size == (178, 218) and image.mode == "RGB"
    parts = [row.split() for row in (root / "list_eval_partition.txt").read_text().splitlines()]
    assert [name for name, _ in parts] == [image.name for image in images] and {
        p for _, p in parts
    } == {
        "0",
        "1",
        "2",
    }
    header, *factor_rows = (root / "factors.csv").read_text().splitlines()
    assert header.split(",") == ["image_id", *faces.CONTINUOUS] and len(factor_rows) == 12


def test_few_factors_are_independent_and_all_else_stands_still() -> None:
    drawn = draw_few(2000, seed=3)
    varied = np.stack([drawn.continuous[name] for name in VARIED], axis=1)
    r = np.corrcoef(varied.T) - np.eye(len(VARIED))
    assert np.abs(r).max() < 0.1
    low, high = (np.array(end) for end in zip(*VARIED.values(), strict=True))
    np.testing.assert_allclose(varied.min(axis=0), low, atol=0.01)
    np.testing.assert_allclose(varied.max(axis=0), high, atol=0.01)
    moving = {name for name, column in drawn.continuous.items() if np.ptp(column) > 0}
    assert moving == {*VARIED, "mouth_opening"}
    held = {name for name in ATTRIBUTES if 0 < holds(drawn, name).mean() < 1}
    assert {"Smiling", "Eyeglasses", "Black_Hair", "Blond_Hair"} <= held
    np.testing.assert_array_equal(draw_few(9, seed=3).attributes, drawn.attributes[:9])


def test_every_one_of_few_factors_has_pixels_enough() -> None:
    """More than a hundredth of the range over the whole crop, from one end to the other."""
    drawn = draw_few(1, seed=0)
    for name, (low, high) in VARIED.items():
        ends = []
        for value in (low, high):
            changed = dict(drawn.continuous) | {name: np.array([value])}
            if name == "smile":
                changed["mouth_opening"] = np.array([value])
            ends.append(crop64(faces.render(faces.Factors(changed, drawn.attributes), 0)))
        assert np.sqrt(np.square(ends[1] - ends[0]).mean()) > 0.03, name


def test_a_folder_of_few_factors_tells_those_and_is_no_other(tmp_path: Path) -> None:
    faces.write_folder(tmp_path / "few", 2, seed=5, factors="few")
    header = (tmp_path / "few" / "factors.csv").read_text().splitlines()[0]
    assert header.split(",") == ["image_id", *VARIED]
    assert faces.is_complete(tmp_path / "few", 2, 5, "few")
    assert not faces.is_complete(tmp_path / "few", 2, 5)


def test_processes_render_the_same_bytes(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder, "_CHUNK", 5)
    faces.write_folder(tmp_path / "again", 12, seed=5)
    assert contents(tmp_path / "again") == contents(root)


def test_larger_folder_extends_smaller(root: Path, tmp_path: Path) -> None:
    faces.write_folder(tmp_path / "small", 4, seed=5)
    small, large = contents(tmp_path / "small"), contents(root)
    assert all(large[name] == data for name, data in small.items() if name.endswith(".jpg"))
    drawn = faces.draw_factors(3000, seed=5)
    assert np.array_equal(drawn.attributes[:1500], faces.draw_factors(1500, seed=5).attributes)
    assert not np.array_equal(drawn.attributes, faces.draw_factors(3000, seed=6).attributes)


def test_interrupted_run_leaves_nothing_that_looks_complete(tmp_path: Path) -> None:
    def stop(done: int, count: int) -> None:
        assert not (tmp_path / "demo").exists(), (
            "a killed run would leave a folder under the final name"
        )
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        faces.write_folder(tmp_path / "demo", 2, seed=1, progress=stop)
    assert list(tmp_path.iterdir()) == []
    assert not faces.is_complete(tmp_path / "demo", 2, seed=1)


def test_what_a_killed_run_left_is_cleared(tmp_path: Path) -> None:
    (tmp_path / ".demo.part" / "img_align_celeba").mkdir(parents=True)
    (tmp_path / ".demo.part" / "img_align_celeba" / "000009.jpg").write_bytes(b"cut off")
    faces.write_folder(tmp_path / "demo", 1, seed=1)
    assert [file.name for file in (tmp_path / "demo" / "img_align_celeba").iterdir()] == [
        "000001.jpg"
    ]
    assert [place.name for place in tmp_path.iterdir()] == ["demo"]


def test_complete_means_this_count_seed_and_renderer(root: Path, tmp_path: Path) -> None:
    assert faces.is_complete(root, 12, seed=5)
    assert not faces.is_complete(root, 13, seed=5) and not faces.is_complete(root, 12, seed=6)
    stamp = json.loads((root / "faces.json").read_text())
    (tmp_path / "faces.json").write_text(json.dumps(stamp | {"renderer": "another"}))
    assert not faces.is_complete(tmp_path, 12, seed=5)


def test_a_folder_of_the_user_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "celeba").mkdir()
    (tmp_path / "celeba" / "mine.jpg").write_bytes(b"mine")
    with pytest.raises(InputError, match="celeba"):
        faces.write_folder(tmp_path / "celeba", 1, seed=0)
    assert (tmp_path / "celeba" / "mine.jpg").read_bytes() == b"mine"


def test_base_rates_are_celebas(many: faces.Factors) -> None:
    assert set(BASE_RATES) == set(ATTRIBUTES)
    rates = {name: holds(many, name).mean() for name in ATTRIBUTES}
    off = {
        name: round(rate, 3)
        for name, rate in rates.items()
        if abs(rate - BASE_RATES[name]) > 0.015
    }
    assert not off


@pytest.mark.parametrize(("one", "other", "low", "high"), CO_OCCURRENCES)
def test_co_occurrences(
    many: faces.Factors, one: str, other: str, low: float, high: float
) -> None:
    assert low <= np.corrcoef(holds(many, one), holds(many, other))[0, 1] <= high


def test_attributes_do_not_contradict_each_other(many: faces.Factors) -> None:
    colours = sum(
        holds(many, f"{colour}_Hair").astype(int) for colour in ("Black", "Blond", "Brown", "Gray")
    )
    assert np.max(colours) == 1
    assert not (
        holds(many, "Bald") & (holds(many, "Bangs") | holds(many, "Wavy_Hair") | (colours > 0))
    ).any()
    beard = np.any(
        [holds(many, n) for n in ("5_o_Clock_Shadow", "Goatee", "Mustache", "Sideburns")], axis=0
    )
    assert np.array_equal(holds(many, "No_Beard"), ~beard)
    assert not (holds(many, "Straight_Hair") & holds(many, "Wavy_Hair")).any()


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_every_attribute_is_drawn(few: faces.Factors, name: str) -> None:
    for value in (-1, 1):
        assert (
            faces.with_attribute(few, 3, name, value).attributes[3, ATTRIBUTES.index(name)]
            == value
        )
    change = np.sqrt(flip_change(few, 3, name))
    assert change.max() > 0.05


@pytest.mark.parametrize("name", REGIONS)
def test_attribute_changes_its_region(few: faces.Factors, name: str) -> None:
    rows, columns, share = REGIONS[name]
    change = np.sum([flip_change(few, index, name) for index in (3, 8, 12, 20)], axis=0)
    assert change[rows, columns].sum() > share * change.sum()
    assert np.sqrt(change.max()) > 0.25


def test_with_attribute_holds_all_else(few: faces.Factors) -> None:
    flipped = faces.with_attribute(few, 8, "Smiling", 1)
    changed = [
        name
        for name in faces.CONTINUOUS
        if not np.array_equal(few.continuous[name], flipped.continuous[name])
    ]
    assert changed == ["smile"]
    assert np.array_equal(
        np.delete(few.attributes, 8, axis=0), np.delete(flipped.attributes, 8, axis=0)
    )


def test_nuisances_vary_the_picture(few: faces.Factors) -> None:
    """Light, background and pose carry a good part of the pixels' variance, as on photographs."""
    pictures = np.stack([crop64(faces.render(few, index)) for index in range(24)])
    corners = pictures[:, :8, :8].mean(axis=(1, 2))
    assert corners.std(axis=0).mean() > 0.1
    assert pictures.std(axis=0).mean() > 0.12
