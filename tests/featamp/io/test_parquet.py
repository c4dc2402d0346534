"""Parquet files of images, as the package `datasets` writes them, as a folder."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from featamp.errors import InputError
from featamp.io.celeba.folder import open_folder
from featamp.io.files.decode import read_image
from featamp.io.files.parquet import COLUMNS, parquet_files, unpack
from featamp.io.files.steps import Steps
from report.engine.places import PROJECT
from tests.featamp.io.conftest import picture

CLASSES = ["cat", "dog", "owl"]


def write(path: Path, first: int, count: int, **columns: Any) -> Path:  # noqa: ANN401
    """Images first, first + 1, ..., each filled with its number, as `datasets` stores them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    numbers = range(first, first + count)
    images = [{"bytes": picture(n), "path": f"{n:03d}.png"} for n in numbers]
    told = {"info": {"features": {"kind": {"names": CLASSES}}}}
    table = pa.table({"image": images, **columns})
    pq.write_table(table.replace_schema_metadata({"huggingface": json.dumps(told)}), path)
    return path


def test_shards_become_a_folder_with_labels_parts_and_people(tmp_path: Path, there: Path) -> None:
    root = tmp_path / "faces"
    shards = (("train-00000-of-00002", 0, 3), ("train-00001-of-00002", 3, 2), ("test-00000", 5, 1))
    kind, smiling, person = [0, 1, 2, 1, 0, 2], [1, 0, 1, 0, 1, 1], [7, 7, 9, 9, 5, 5]
    for name, first, count in shards:
        rows = slice(first, first + count)
        write(root / f"data/{name}.parquet", first, count, kind=kind[rows],
              smiling=pa.array(smiling[rows]).cast(pa.bool_()), celeb_id=person[rows])  # fmt: skip
    unpack(parquet_files(root), there)
    folder = open_folder(there, None, "train")
    assert folder.names == tuple(f"{n:03d}.png" for n in range(5))
    pixels = [read_image(there / name, Steps.usual(None, 12))[0, 0, 0] for name in folder.names]
    assert pixels == [0, 1, 2, 3, 4]
    assert folder.attributes is not None and folder.people is not None
    columns = dict(zip(folder.attribute_names, folder.attributes.T.tolist(), strict=True))
    assert columns["smiling"] == [True, False, True, False, True]
    dogs = next(values for name, values in columns.items() if "dog" in name)
    assert dogs == [False, True, False, True, False]
    assert len(set(folder.people.tolist())) == 3


def table(folder: Path) -> list[list[str]]:
    with (folder / COLUMNS).open(newline="", encoding="utf-8") as file:
        return [*csv.reader(file)]


@pytest.mark.parametrize("within", [True, False], ids=["in a record", "a column"])
def test_people_may_have_names_and_some_may_have_none(
    within: bool, tmp_path: Path, there: Path
) -> None:
    people: list[Any] = ["Ann", "Bob", "Ann"]
    told = [{"celeb_id": name, "hat": n % 2} for n, name in enumerate(people)]
    columns = {"told": told} if within else {"celeb_id": people}
    unpack([write(tmp_path / "a.parquet", 0, 3, **columns)], there)
    folder = open_folder(there)
    assert folder.people is not None and folder.people.tolist() == [1, 2, 1]
    assert folder.attribute_names == (("told.hat",) if within else ())


@pytest.mark.parametrize("missing", [None, " "])
def test_people_of_whom_some_are_missing_are_told(
    missing: str | None, tmp_path: Path, there: Path
) -> None:
    unpack([write(tmp_path / "a.parquet", 0, 2, celeb_id=["Ann", missing], y=[0, 1])], there)
    folder = open_folder(there)
    assert folder.people is None
    assert folder.told == ("identity_CelebA.txt left out: no person for 001.png",)


def test_shards_may_have_their_columns_in_another_order_and_one_of_nothing(
    tmp_path: Path, there: Path
) -> None:
    one = write(tmp_path / "a.parquet", 0, 2, hat=[0, 1], age=[1.5, 2.5], boxes=pa.nulls(2))
    two = write(tmp_path / "b.parquet", 2, 1, boxes=[[1]], age=pa.nulls(1), hat=[1])
    unpack([one, two], there)
    assert table(there)[0] == ["image", "hat", "age", "boxes"]
    assert table(there)[3][:3] == ["002.png", "1", ""]
    assert open_folder(there).attribute_names == ("hat",)


@pytest.mark.parametrize("image", ["large_binary", "binary_view"])
@pytest.mark.parametrize("record", [True, False])
def test_bytes_and_texts_of_any_kind_are_read(
    image: str, record: bool, tmp_path: Path, there: Path
) -> None:
    kind = getattr(pa, image)()
    images = [picture(n) for n in range(3)]
    column = (
        pa.array([{"bytes": i} for i in images], pa.struct([("bytes", kind)]))
        if record
        else pa.array(images, kind)
    )
    sex = pa.array(["m", "f", "m"], pa.string_view())
    pq.write_table(pa.table({"image": column, "sex": sex}), tmp_path / "a.parquet")
    unpack([tmp_path / "a.parquet"], there)
    assert open_folder(there).attribute_names == ("sex_f", "sex_m")


def test_a_row_without_an_image_is_a_file_that_cannot_be_read(tmp_path: Path, there: Path) -> None:
    images = [{"bytes": picture(0), "path": None}, {"bytes": None, "path": "/away/b.png"}, None]
    table = pa.table({"image": images, "hat": [1, 0, 1]})
    pq.write_table(table, tmp_path / "a.parquet")
    unpack([tmp_path / "a.parquet"], there)
    assert open_folder(there).names == ("b.png", "row-000001.png", "row-000003.png")
    with pytest.raises(OSError, match="no image of a known kind"):
        read_image(there / "row-000003.png", Steps.usual(None, 12))


def test_the_table_is_one_that_a_person_could_have_written(tmp_path: Path, there: Path) -> None:
    unpack([write(tmp_path / "a.parquet", 0, 2, age=[31.5, 40.0])], there)
    with (there / COLUMNS).open(newline="") as file:
        assert [*csv.reader(file)] == [["image", "age"], ["000.png", "31.5"], ["001.png", "40.0"]]


def test_tables_are_in_utf8_whatever_the_language_of_the_system(
    tmp_path: Path, there: Path
) -> None:
    path = write(tmp_path / "a.parquet", 0, 2, größe=["groß", "klein"])
    run = (
        "import sys; from pathlib import Path; from featamp.io.files.parquet import unpack;"
        " unpack([Path(sys.argv[1])], Path(sys.argv[2]))"
    )
    command = [sys.executable, "-c", run, str(path), str(there)]
    environment = {**os.environ, "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    subprocess.run(command, cwd=PROJECT, env=environment, check=True)
    assert table(there)[1][1:] == ["groß"]


def test_words_records_and_captions_become_labels_a_row_each(tmp_path: Path, there: Path) -> None:
    told = [{"male": True, "boxes": [1]}, {"male": False, "boxes": [2, 3]}]
    columns = {
        "kind": [1, 7],  # 7 is the number of no class
        "sex": pa.array(["m", "f"], pa.large_string()),
        "hair": pa.array(["grey", "red"]).dictionary_encode(),
        "told": told,
        "caption": ["two\nlines", "one"],
    }
    unpack([write(tmp_path / "a.parquet", 0, 2, **columns)], there)
    with (there / COLUMNS).open(newline="") as file:
        head, *rows = csv.reader(file)
    assert head == ["image", "kind", "sex", "hair", "told.male", "caption", "told.boxes"]
    assert rows[0][1:6] == ["dog", "m", "grey", "True", "two lines"] and rows[1][1] == "7"


def test_a_class_that_nobody_knows_is_none(tmp_path: Path, there: Path) -> None:
    columns = {
        "kind": [1, -1, 2] * 2,
        "hair": ["red", None, "grey"] * 2,
        "a": [0.5, float("nan"), 1.5] * 2,
        "smiling": [1, 0, 1] * 2,
    }
    unpack([write(tmp_path / "a.parquet", 0, 6, **columns)], there)
    folder = open_folder(there)
    assert folder.attribute_names == ("smiling",)
    assert all("for '001.png'" in line for line in folder.told) and len(folder.told) == 3


def test_columns_that_are_no_labels_are_told_and_no_reason_to_stop(
    tmp_path: Path, there: Path
) -> None:
    columns = {
        "boxes": [[1], [2, 3]],
        "taken": [date(2020, 1, 1), date(2021, 1, 1)],
        "a.b": ["two", "words"],
        "told": [{"deep": {"x": 1}}, {"deep": {"x": 2}}],
    }
    unpack([write(tmp_path / "a.parquet", 0, 2, **columns)], there)
    folder = open_folder(there)
    assert (folder.attribute_names, folder.attributes) == ((), None)
    kinds = {"a.b": "2 different", "boxes": "'list<", "taken": "'date32", "told.deep": "'struct<"}
    for line, (name, kind) in zip(sorted(folder.told), kinds.items(), strict=True):
        assert line.startswith(f"column '{name}' left out: {kind}")


@pytest.mark.parametrize(
    "said", ["not json", "[1]", '{"info": null}', '{"info": {"features": []}}']
)
def test_what_a_file_says_of_its_classes_may_be_anything(
    said: str, tmp_path: Path, there: Path
) -> None:
    table = pa.table({"image": [picture(0), picture(1)], "y": [1, 0]})
    table = table.replace_schema_metadata({"huggingface": said})
    pq.write_table(table, tmp_path / "a.parquet")
    unpack([tmp_path / "a.parquet"], there)
    assert open_folder(there).attribute_names == ("y",)


@pytest.mark.parametrize("form", ["{}/0000", "partial-{}/0000", "data/{}-00000-of-00001"])
def test_parts_are_told_by_files_or_by_their_folders(
    form: str, tmp_path: Path, there: Path
) -> None:
    root = tmp_path / "faces"
    for first, part in enumerate(("test", "train", "validation")):
        write(root / f"{form.format(part)}.parquet", first, 1, y=[first % 2])
    unpack(parquet_files(root), there)
    assert open_folder(there, None, "train").names == ("001.png",)


def test_images_without_names_are_numbered_and_keep_their_kind(
    tmp_path: Path, there: Path
) -> None:
    path = tmp_path / "digits.parquet"
    kinds = ("PNG", "JPEG", "WEBP")
    pq.write_table(pa.table({"img": [picture(n, kind) for n, kind in enumerate(kinds)]}), path)
    assert parquet_files(path) == [path]
    unpack([path], there)
    names = [f"row-00000{n}.{suffix}" for n, suffix in ((1, "png"), (2, "jpg"), (3, "webp"))]
    assert sorted(p.name for p in there.iterdir()) == names


def test_a_name_that_leads_elsewhere_or_comes_twice_is_not_followed(
    tmp_path: Path, there: Path
) -> None:
    names = ["../../a.png", "b/a.png"]
    images = [{"bytes": picture(n), "path": path} for n, path in enumerate(names)]
    pq.write_table(pa.table({"image": images}), tmp_path / "one.parquet")
    unpack([tmp_path / "one.parquet"], there)
    assert sorted(p.name for p in there.iterdir()) == ["a.png", "row-000002.png"]


def test_no_name_is_given_twice_and_none_is_too_long(tmp_path: Path, there: Path) -> None:
    names = ["row-000002.png", None, "a.png", "A.JPG", "x" * 260 + ".png"]
    images = [{"bytes": picture(n), "path": path} for n, path in enumerate(names)]
    hats = [1, 0, 0, 1, 1]
    pq.write_table(pa.table({"image": images, "hat": hats}), tmp_path / "one.parquet")
    unpack([tmp_path / "one.parquet"], there)
    folder = open_folder(there)
    made = ("a.png", "row-000002.png", "row-000002x.png", "row-000004.png", "row-000005.png")
    assert folder.names == made and folder.attributes is not None
    assert folder.attributes[:, 0].tolist() == [False, True, False, True, True]


@pytest.mark.parametrize("compression", ["snappy", "zstd", "none"])
def test_damage_between_both_ends_is_said(compression: str, tmp_path: Path, there: Path) -> None:
    path = tmp_path / "a.parquet"
    texts = [f"ä{n}" * 20 for n in range(300)]
    images = [picture(n % 200) for n in range(300)]
    pq.write_table(
        pa.table({"text": texts, "image": images}), path, compression=compression,
        use_dictionary=False,
    )  # fmt: skip
    content = bytearray(path.read_bytes())
    content[200:2000] = b"\xff" * 1800
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"a\.parquet: no whole Parquet file \(.*write it again"):
        unpack([path], there)


def test_a_folder_of_images_with_a_parquet_file_beside_them_is_one_of_images(
    tmp_path: Path,
) -> None:
    path = write(tmp_path / "codes.parquet", 0, 1)
    assert parquet_files(tmp_path) == [path]
    (tmp_path / "below").mkdir()
    (tmp_path / "below/1.png").write_bytes(picture(1))
    assert parquet_files(tmp_path) == []


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"text": ["a"]}, r"no columns of images, .* \(it has text \(string\)\)"),
        ({"a": [b"x"], "b": [b"y"]}, "2 columns of images"),
        ({"image": [{"bytes": b"", "path": "x.png"}]}, r"holds any bytes \(x\.png\)"),
    ],
)
def test_what_holds_no_images_is_said(
    columns: dict[str, Any], said: str, tmp_path: Path, there: Path
) -> None:
    pq.write_table(pa.table(columns), tmp_path / "one.parquet")
    with pytest.raises(InputError, match=said):
        unpack([tmp_path / "one.parquet"], there)


def test_a_damaged_file_and_other_columns_are_said(tmp_path: Path, there: Path) -> None:
    pointer = tmp_path / "p.parquet"
    pointer.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\n")
    with pytest.raises(InputError, match="Git LFS pointer"):
        unpack([pointer], there)
    pq.write_table(pq.read_table(write(tmp_path / "n.parquet", 0, 1)).slice(0, 0), pointer)
    with pytest.raises(InputError, match=r"p\.parquet: no rows in it"):
        unpack([pointer], there)
    whole, cut = write(tmp_path / "a.parquet", 0, 1), tmp_path / "b.parquet"
    cut.write_bytes(whole.read_bytes()[:-9])
    with pytest.raises(InputError, match=r"b\.parquet: no whole Parquet file"):
        unpack([whole, cut], there)
    other = write(tmp_path / "c.parquet", 1, 1, smiling=[True])
    with pytest.raises(InputError, match=r"c\.parquet: its columns are not those of .*a\.parquet"):
        unpack([whole, other], there)


def test_without_pyarrow_the_mend_is_said(
    tmp_path: Path, there: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "a.parquet", 0, 1)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(InputError, match="pip install pyarrow"):
        unpack([path], there)
