"""Which image a row names, and which column of a table names the images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from featamp.errors import InputError
from featamp.io.files.table import read_table


@pytest.mark.parametrize("named", ["{}.jpg", "me/{}.jpg", "{}"])
def test_an_index_that_names_every_image_too_stands_back(tmp_path: Path, named: str) -> None:
    """What pandas writes of names in the order of `os.listdir`: 0 before 10.jpg is no name."""
    images = tuple(sorted(f"{number}.jpg" for number in range(30)))
    own = {name: int(name.removesuffix(".jpg")) % 3 == 0 for name in images}
    rows = [f"{n},{named.format(name[:-4])},{own[name]:d}" for n, name in enumerate(images)]
    (tmp_path / "labels.csv").write_text("\n".join([",file,round", *rows]))
    values, _ = read_table(tmp_path / "labels.csv", images).select(images)
    np.testing.assert_array_equal(values[:, -1], [own[name] for name in images])


def test_labels_that_could_be_two_names_are_none(tmp_path: Path) -> None:
    images = tuple(f"{number}.jpg" for number in range(30))
    rows = [f"{number:05}.jpg,{number % 2}" for number in range(30)]
    (tmp_path / "labels.csv").write_text("\n".join(["file,round", *rows]))
    with pytest.raises(InputError, match=r"names none of the images: it has '00000\.jpg' where"):
        read_table(tmp_path / "labels.csv", images)


def test_one_name_that_is_mistyped_gives_no_index_the_word(tmp_path: Path) -> None:
    images = tuple(sorted(f"{number}.jpg" for number in range(30)))
    rows = [f"{name},{n % 2},{n}" for n, name in enumerate(images)]
    text = "\n".join(["file,round,row", *rows]).replace("17.jpg,", "17x.jpg,")
    (tmp_path / "labels.csv").write_text(text)
    assert "17.jpg" not in (table := read_table(tmp_path / "labels.csv", images)).rows
    known = [name for name in images if name != "17.jpg"]
    told = [n % 2 == 1 for n, name in enumerate(images) if name in known]
    assert table.select(known)[0][:, -1].tolist() == told


SHUFFLED = [7 * n % 30 for n in range(30)]
"""Numbers of 30 images in another order."""


@pytest.mark.parametrize(
    ("head", "row"),
    [
        (",image,smiling", "{n},{n:05}.jpg,{label}"),
        ("image,age,smiling", "{n:05}.jpg,{n},{label}"),
        (",img_name,smiling", "{n},face{n},{label}"),
        ("id,file_name,smiling", "{n},img_{n}.jpg,{label}"),
        (",foto,smiling", "{n},img_{n},{label}"),
        ("id,image,smiling", "{n},face {n},{label}"),
        ("nr,orig,smiling", "{n},face {n}.jpg,{label}"),
        ("nearest,image,smiling", "{n}.jpg,img_{n}.jpg,{label}"),
    ],
)
def test_no_other_column_names_images_by_chance_where_one_holds_their_names(
    tmp_path: Path, head: str, row: str
) -> None:
    rows = [row.format(n=n, label=n % 2) for n in SHUFFLED]
    (tmp_path / "labels.csv").write_text("\n".join([head, *rows]))
    images = [f"{n}.jpg" for n in range(30)]
    message = r"names none of the images by column '\w+': it has .* leave that out where column"
    with pytest.raises(InputError, match=message):
        read_table(tmp_path / "labels.csv", images)


def test_numbers_that_are_called_ids_name_images_beside_their_old_names(tmp_path: Path) -> None:
    """CelebA-HQ's own table of which image is which of CelebA."""
    rows = [f"{n},{n * 9 % 31},{n * 9 % 31:06}.jpg,{n % 2}" for n in range(30)]
    (tmp_path / "labels.csv").write_text("\n".join(["idx,orig_idx,orig_file,smiling", *rows]))
    table = read_table(tmp_path / "labels.csv", images := [f"{n}.jpg" for n in range(30)])
    assert table.select(images)[0][:, -1].tolist() == [n % 2 == 1 for n in range(30)]


@pytest.mark.parametrize(
    ("head", "row"),
    [
        (",image,smiling", "{other},{n},{label}"),
        ("nearest,image,smiling", "{other}.jpg,{n}.jpg,{label}"),
        ("row,c,smiling", "{other},a/{n},{label}"),
        ("id,c,smiling", "{other},a/{n},{label}"),
    ],
)
def test_of_two_columns_that_match_the_one_called_so_or_with_folders_names_the_images(
    tmp_path: Path, head: str, row: str
) -> None:
    rows = [row.format(n=n, other=(n + 1) % 30, label=n % 2) for n in SHUFFLED]
    (tmp_path / "labels.csv").write_text("\n".join([head, *rows]))
    table = read_table(tmp_path / "labels.csv", images := [f"a/{n}.jpg" for n in range(30)])
    assert table.select(images)[0][:, -1].tolist() == [n % 2 == 1 for n in range(30)]


@pytest.mark.parametrize(
    ("head", "row"),
    [
        ("face,age,smiling", "{n},{other},{label}"),
        ("image1,image2,smiling", "{n}.jpg,{other}.jpg,{label}"),
        ("image,twin,smiling", "{far}.jpg,{other}.jpg,{label}"),
        (",age,smiling", "{n},{far},{label}"),
        ("image,nearest,smiling", "{n},{other}.jpg,{label}"),
    ],
    ids=["no words", "pairs", "the other names more", "an index names more", "a suffix"],
)
def test_two_columns_that_name_images_and_differ_are_both_named(
    tmp_path: Path, head: str, row: str
) -> None:
    rows = [row.format(n=n, other=k, far=k + 10, label=n % 2) for k, n in enumerate(SHUFFLED)]
    (tmp_path / "labels.csv").write_text("\n".join([head, *rows]))
    message = (
        r"line \d+: columns '\w*' and '\w*' both name images, and differ: '\d+.*; leave out the"
    )
    with pytest.raises(InputError, match=message):
        read_table(tmp_path / "labels.csv", [f"{n}.jpg" for n in range(30)])


@pytest.mark.parametrize("head", ["photo", "ImagePath", "img_name", "fname"])
@pytest.mark.parametrize("label", ["1", "yes"])
def test_a_decimal_comma_without_quotes_is_told_below_any_word_for_images(
    tmp_path: Path, head: str, label: str
) -> None:
    rows = f"001.jpg,{label},12,6\n002.jpg,{label},9,5\n"
    (tmp_path / "labels.csv").write_text(f"{head},male,weight\n{rows}")
    with pytest.raises(InputError, match=r"fields: 4 in each row, expected 3 .* needs quotes"):
        read_table(tmp_path / "labels.csv", ["001.jpg", "002.jpg"])


@pytest.mark.parametrize("begun", ["/data/faces/", "faces/", "C:\\faces\\", "./"])
def test_names_with_their_folders_are_known_below_any_others(tmp_path: Path, begun: str) -> None:
    images = [f"{folder}/{n}.png" for folder in "abc" for n in range(4)]
    rows = [f"{begun}{name},{n % 2}" for n, name in enumerate(images)]
    (tmp_path / "labels.csv").write_text("\n".join(["file,round", *rows]))
    assert read_table(tmp_path / "labels.csv", images).rows == {n: k for k, n in enumerate(images)}
    higher = [f"all/{name}" for name in images]
    assert len(read_table(tmp_path / "labels.csv", higher).rows.keys() & {*higher}) == 12


def test_names_that_differ_in_their_suffix_alone_are_those_of_two_images(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("file,round\n1.png,1\n1.bmp,0\n")
    table = read_table(tmp_path / "labels.csv", ("1.bmp", "1.png"))
    assert table.select(("1.bmp", "1.png"))[0].tolist() == [[False], [True]]


def test_names_that_two_folders_share_are_told_to_need_their_folders(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("file,round\n1,1\n2,0\n")
    alike = ("a/1.png", "a/2.png", "b/1.png", "b/2.png")
    message = "'1' may be 'a/1.png' or 'b/1.png'; rename one, or write their folders"
    with pytest.raises(InputError, match=message):
        read_table(tmp_path / "labels.csv", alike)
    with pytest.raises(InputError, match=r"'1' may be '1\.jpg' or '1\.png'; rename"):
        read_table(tmp_path / "labels.csv", ("1.jpg", "1.png", "2.jpg", "2.png"))


def test_a_letter_that_macos_writes_as_two_is_the_same(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("file,round\nGr\u00f6n,1\nx,0\n", encoding="utf-8")
    images = ("Gro\u0308n.png", "x.png")
    assert read_table(tmp_path / "labels.csv", images).rows == {images[0]: 0, images[1]: 1}


def test_rows_of_another_folder_than_their_images_are_doubted(tmp_path: Path) -> None:
    """The training part's table beside the images of another one, both numbered from 1."""
    (tmp_path / "labels.csv").write_text("file,round\ntrain/1.jpg,1\ntrain/2.jpg,0\n")
    (line,) = read_table(tmp_path / "labels.csv", ("val/1.jpg", "val/2.jpg")).doubts
    assert "'train/1.jpg' is taken for the image 'val/1.jpg'" in line and "1 more" in line
    assert not read_table(tmp_path / "labels.csv", ("train/1.jpg", "train/2.jpg")).doubts
    assert not read_table(tmp_path / "labels.csv", ("1.jpg", "2.jpg")).doubts


@pytest.mark.parametrize(
    ("head", "source"),
    [
        ("image,x", "labels.csv, whose column 'image' names the images"),
        (",image", "labels.csv, whose column 'image' names the images, not ''"),
    ],
)
def test_the_column_that_names_the_images_is_told_and_which_could(
    tmp_path: Path, head: str, source: str
) -> None:
    cells = {"image": "{n}", "x": "a", "": "{k}"}
    row = ",".join(cells[name] for name in head.split(",")) + ",{label}"
    rows = [row.format(n=n, k=k, label=n % 2) for k, n in enumerate(SHUFFLED)]
    (tmp_path / "labels.csv").write_text("\n".join([f"{head},smiling", *rows]))
    table = read_table(tmp_path / "labels.csv", [f"{n}.jpg" for n in range(30)])
    assert table.source == source


@pytest.mark.parametrize("head", ["", "Unnamed: 0", "index"])
def test_an_index_of_shuffled_rows_is_no_label(tmp_path: Path, head: str) -> None:
    rows = [f"{n},face{n}.jpg,{n % 2}" for n in SHUFFLED]
    (tmp_path / "labels.csv").write_text("\n".join([f"{head},image,smiling", *rows]))
    table = read_table(tmp_path / "labels.csv", [f"face{n}.jpg" for n in range(30)])
    assert table.names == ("smiling",)
    assert table.told == (f"column {head!r} left out: it numbers the rows",)


def test_a_number_that_is_missing_makes_no_names_of_the_others(tmp_path: Path) -> None:
    rows = [f"face {n},{n or ''},{n % 2}" for n in SHUFFLED]
    (tmp_path / "labels.csv").write_text("\n".join(["image,age,smiling", *rows]))
    with pytest.raises(InputError, match="names none of the images by column 'image'"):
        read_table(tmp_path / "labels.csv", [f"{n}.jpg" for n in range(30)])


def test_rows_of_the_parts_that_are_not_here_are_no_second_rows(tmp_path: Path) -> None:
    rows = [
        f"{part}/{n}.jpg,{n % 2 ^ (part == 'val')}" for part in ("train", "val") for n in (1, 2)
    ]
    (tmp_path / "labels.csv").write_text("\n".join(["file,round", *rows]))
    table = read_table(tmp_path / "labels.csv", images := ("val/1.jpg", "val/2.jpg"))
    assert table.select(images)[0][:, 0].tolist() == [False, True]


def test_names_that_have_their_folders_are_not_told_to_need_them(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("file,round\nc/1.png,1\nc/2.png,0\n")
    with pytest.raises(InputError, match=r"it has 'c/1\.png' where the folder has 'a/1\.png'"):
        read_table(tmp_path / "labels.csv", ("a/1.png", "a/2.png", "b/1.png", "b/2.png"))


@pytest.mark.parametrize(
    ("head", "row"),
    [
        ("image,smiling,note", "{n},{other},{label},"),  # an index, and nothing in the last column
        ("subject,age,smiling", "{other},{age},{label}"),
        ("id,file,smiling", "{other}.jpg,DSC{other}.jpg,{label}"),
        (",url,smiling", "{other},https://example.org/{other}a.jpg,{label}"),
    ],
)
def test_a_column_that_can_name_no_image_stands_in_no_way(
    tmp_path: Path, head: str, row: str
) -> None:
    images = tuple(f"{number}.jpg" for number in range(30))
    own = {number: number % 3 == 0 for number in range(30)}
    rows = [
        row.format(n=n, other=SHUFFLED[n], age=20 + n % 20, label=int(own[SHUFFLED[n]]))
        for n in range(30)
    ]
    (tmp_path / "labels.csv").write_text("\n".join([head, *rows]))
    table = read_table(tmp_path / "labels.csv", images)
    values, _ = table.select(images)
    assert values[:, table.names.index("smiling")].tolist() == [*own.values()]


def test_file_names_beside_their_paths_say_nothing_else(tmp_path: Path) -> None:
    images = tuple(f"{folder}/{number}.jpg" for folder in "ab" for number in range(30))
    rows = [f"{name},{name[2:]},{n % 3 == 0:d}" for n, name in enumerate(images)]
    (tmp_path / "labels.csv").write_text("\n".join(["path,filename,smiling", *rows]))
    values, _ = read_table(tmp_path / "labels.csv", images).select(images)
    assert values[:, -1].tolist() == [n % 3 == 0 for n in range(60)]
