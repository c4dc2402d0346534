"""Labels as people have them: any table, a folder a class."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from featamp.errors import InputError
from featamp.io.celeba import open_folder
from featamp.io.files.table import read_table

IMAGES = ("cats/001.jpg", "cats/002.jpg", "dogs/003.png")
TOLD = np.array([[True], [False], [True]])


@pytest.mark.parametrize(
    "text",
    [
        "image_id,round\n001.jpg,1\n002.jpg,0\n003.png,1\n",
        "round;picture\n1;cats/001\n-1;cats/002\n1;dogs/003\n",
        ",file,round\n0,cats/001.jpg,True\n1,cats/002.jpg,False\n2,dogs/003.png,True\n",
        "\ufefffile\tround\n001\tyes\n002\tno\n003\tyes\n",
        "3\nround\n001.jpg  1\n002.jpg -1\n003.jpg  1\n",
        'file,round\r\n"C:\\a\\001.jpg",1\r\n"C:\\a\\002.jpg",0\r\n"C:\\a\\003.jpg",1\r\n',
    ],
    ids=["csv", "semicolons", "index", "tabs", "celeba", "windows"],
)
def test_tables_of_every_form_say_the_same(tmp_path: Path, text: str) -> None:
    path = tmp_path / "labels.txt"
    path.write_text(text)
    table = read_table(path, IMAGES)
    assert table.names == ("round",)
    np.testing.assert_array_equal(table.select(IMAGES), TOLD)


def test_few_values_are_classes_and_many_are_told(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    images = [f"{n}.png" for n in range(30)]
    rows = (f"{n}.png,{'abc'[n % 3]} x,{n * 1.5}" for n in range(30))
    path.write_text("\n".join(["file,kind,size", *rows]))
    table = read_table(path, images)
    assert table.names == ("kind_a_x", "kind_b_x", "kind_c_x")
    assert table.values.sum(axis=0).tolist() == [10, 10, 10]
    assert table.told == ("column 'size' left out: more than 20 different values",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("file,round\nx.jpg,1\n", "names none of the images: it has 'x.jpg' .* 'cats/001.jpg'"),
        ("file,round\n001.jpg,1\n001.png,1\n", "cats/001.jpg has two rows"),
        ("file,round\n001.jpg,1\n002.jpg\n", "line 3: 1 fields, expected 2"),
        ("file,round\n", "no rows in it"),
        ("file\n001.jpg\n", "no column of labels"),
    ],
)
def test_what_is_wrong_with_a_table_is_said(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "labels.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        read_table(path, IMAGES)


def folder_of(root: Path, names: list[str]) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (16, 16)).save(root / name)
    return root


def test_folders_are_classes_also_below_train_and_test(tmp_path: Path) -> None:
    plain = open_folder(folder_of(tmp_path / "plain", ["hen/1.png", "big cat/1.png"]))
    assert plain.names == ("big cat/1.png", "hen/1.png")
    assert plain.attribute_names == ("big_cat", "hen")
    parts = open_folder(folder_of(tmp_path / "parts", ["train/hen/1.png", "val/cat/2.png"]))
    assert parts.attribute_names == ("cat", "hen")
    assert parts.partition is not None and parts.partition.tolist() == [0, 1]
    assert parts.attributes is not None and parts.attributes.tolist() == [[0, 1], [1, 0]]


def test_images_beside_folders_have_no_classes(tmp_path: Path) -> None:
    folder = open_folder(folder_of(tmp_path, ["a/1.png", "b/2.png", "3.png"]))
    assert (folder.names, folder.attributes) == (("3.png", "a/1.png", "b/2.png"), None)


def test_an_empty_folder_says_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "images.zip").touch()
    with pytest.raises(InputError, match=r"images\.zip is an archive: unpack it"):
        open_folder(tmp_path)
