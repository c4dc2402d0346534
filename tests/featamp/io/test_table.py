"""Labels as people have them: any table, a folder a class."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from featamp.errors import InputError
from featamp.io.celeba.folder import open_folder
from featamp.io.files.folders import classes_of_folders
from featamp.io.files.table import CLASSES, read_table

IMAGES = ("cats/001.jpg", "cats/002.jpg", "dogs/003.png")
MEND = "; fill it in, or leave out such rows"
"""What is said to be done where an image lacks a label."""
TOLD = np.array([[True], [False], [True]])


@pytest.mark.parametrize(
    "text",
    [
        "image_id,round\n001.jpg,1\n002.jpg,0\n003.png,1\n",
        "round;picture\n1;cats/001\n-1;cats/002\n1;dogs/003\n",
        ",file,round\n0,cats/001.jpg,True\n1,cats/002.jpg,False\n2,dogs/003.png,True\n",
        "file|round\n001|1\n002|0\n003|1\n",
        "\ufefffile\tround\n001\tyes\n002\tno\n003\tyes\n",
        "file,round\r001,Y\r002,N\r003,Y\r",
        'file,"said, and how",round\n001,"two\nlines",1\n002,"one",0\n003,"a, b",1\n',
        "sep=;\nfile;round\n001;1\n002;0\n003;1\n",
        '"file", "round"\n"001", "1"\n"002", "0"\n"003", "1"\n',
        "3\nround\n001.jpg  1\n002.jpg -1\n003.jpg  1\n",
        'file,round\r\n"C:\\a\\001.jpg",1\r\n"C:\\a\\002.jpg",0\r\n"C:\\a\\003.jpg",1\r\n',
    ],
    ids=[
        "csv",
        "semicolons",
        "index",
        "bars",
        "tabs",
        "letters",
        "several lines",
        "excel",
        "blanks",
        "celeba",
        "windows",
    ],
)
def test_tables_of_every_form_say_the_same(tmp_path: Path, text: str) -> None:
    path = tmp_path / "labels.txt"
    path.write_text(text)
    table = read_table(path, IMAGES)
    assert table.names[-1:] == ("round",)
    table = replace(table, values=table.values[:, -1:])
    np.testing.assert_array_equal(table.select(IMAGES)[0], TOLD)


@pytest.mark.parametrize(
    ("cell", "names", "told"),
    [
        (lambda n: "" if n in (3, 5) else n % 2, (), f"'3.png', nor for 1 more{MEND}"),
        (lambda n: "NA" if n == 29 else n % 2, ("x",), ""),
        (lambda n: n % 3 - 1, ("x_-1", "x_0", "x_1"), ""),
    ],
    ids=["a gap", "a gap of no image", "three values"],
)
def test_what_is_not_yes_or_no_alone_is_no_label_of_these(
    tmp_path: Path, cell: Callable[[int], object], names: tuple[str, ...], told: str
) -> None:
    path = written(tmp_path, "round,x", lambda n: f"{n % 2},{cell(n)}")
    table = read_table(path, [f"{n}.png" for n in range(29)])
    assert table.names == ("round", *names)
    assert table.told == ((f"column 'x' left out: no label for {told}",) if told else ())


def written(folder: Path, heads: str, row: Callable[[int], str], count: int = 30) -> Path:
    """A table whose rows are those of `count` images 0.png, 1.png, ..."""
    path = folder / "labels.csv"
    lines = [f"{n}.png,{row(n)}" for n in range(count)]
    path.write_text("\n".join([f"file,{heads}", *lines]))
    return path


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        (lambda n: "unknown" if n == 29 else n % 2 * 2 - 1, ("round", "x")),
        (lambda n: "unknown" if n == 29 else n + 0.5, ("round", "x")),
        (lambda n: "abc"[(n == 29) + n % 2], ("round", "x_a", "x_b")),
    ],
    ids=["yes and no", "numbers", "classes"],
)
def test_a_row_of_no_image_says_nothing_of_what_a_column_is(
    tmp_path: Path, cell: Callable[[int], object], names: tuple[str, ...]
) -> None:
    path = written(tmp_path, "round,x", lambda n: f"{n % 2},{cell(n)}")
    table = read_table(path, [f"{n}.png" for n in range(29)])
    assert table.names == names and len(table.rows) == 30


def test_names_that_are_one_word_alike_stay_apart(tmp_path: Path) -> None:
    """As files they would write over each other."""
    (tmp_path / "labels.csv").write_text(
        "file,=1,1,% 1,1_2\n001,1,0,1,0\n002,0,1,1,0\n003,1,1,0,1\n"
    )
    assert read_table(tmp_path / "labels.csv", IMAGES).names == (
        "class_1",
        "class_1_2",
        "class_1_3",
        "1_2",
    )


@pytest.mark.parametrize(
    "text",
    ["001.jpg,1\n002.jpg,0\n003.png,1\n", "0,cats/001,cat\n1,cats/002,cat\n2,dogs/003,dog\n",
     "elsewhere.jpg;1\n001.jpg;0\n002.jpg;1\n"],
    ids=["names", "index", "of another image"],
)  # fmt: skip
def test_a_table_without_a_head_is_no_table_of_all_but_its_first_row(
    tmp_path: Path, text: str
) -> None:
    (tmp_path / "labels.csv").write_text(text)
    with pytest.raises(InputError, match=r"has no head, its first line is of the image .*; write"):
        read_table(tmp_path / "labels.csv", IMAGES)


def test_a_column_of_numbers_without_names_may_stand_over_images_that_are_numbered(
    tmp_path: Path,
) -> None:
    """As pandas writes a frame whose columns nobody named."""
    (tmp_path / "labels.csv").write_text(",0,1\n0,0.png,1\n1,1.png,0\n2,2.png,1\n")
    assert read_table(tmp_path / "labels.csv", ("0.png", "1.png", "2.png")).names == ("class_1",)


def test_a_column_that_says_the_same_everywhere_is_told(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "round,set,empty", lambda n: f"{n % 2},a,"), ["1.png"])
    assert table.names == ("round",)
    assert table.told == (
        "column 'set' left out: 'a' in every row", "column 'empty' left out: '' in every row",
    )  # fmt: skip


def test_a_table_of_one_row_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("file,smiling\n1.png,1\n")
    with pytest.raises(InputError, match="one row, expected those of two images at least"):
        read_table(tmp_path / "labels.csv", ("1.png",))


def test_few_values_are_classes_and_many_words_are_told(tmp_path: Path) -> None:
    path = written(tmp_path, "kind,title", lambda n: f"{'abc'[n % 3]} x,picture {n}")
    table = read_table(path, [f"{n}.png" for n in range(30)])
    assert table.names == ("kind_a_x", "kind_b_x", "kind_c_x")
    assert table.values.sum(axis=0).tolist() == [10, 10, 10]
    assert table.told == (
        "column 'title' left out: 30 different values that are no numbers, such as 'picture 0'",
    )


@pytest.mark.parametrize(
    ("no", "yes"),
    [("0.000000", "1.000000"), ("0.0000", "1.0000"), ("0.000e+00", "1.000e+00"), ("-1.000", "1.")],
)
def test_a_label_of_any_number_of_decimals_is_one_label(tmp_path: Path, no: str, yes: str) -> None:
    path = written(tmp_path, "round", lambda n: yes if n % 2 else no)
    table = read_table(path, [f"{n}.png" for n in range(30)])
    assert table.names == ("round",) and table.values[:, 0].tolist() == [False, True] * 15


def test_a_thousand_is_no_1(tmp_path: Path) -> None:
    path = written(tmp_path, "price", lambda n: '"1,000"' if n % 2 else "0")
    assert read_table(path, [f"{n}.png" for n in range(30)]).names == ("price_0", "price_1_000")


def test_classes_that_differ_in_capitals_alone_are_told(tmp_path: Path) -> None:
    path = written(tmp_path, "sex", lambda n: ("female", "male", "Male")[n % 3])
    table = read_table(path, [f"{n}.png" for n in range(30)])
    assert table.told == ("column 'sex' has 'Male' and 'male' as two classes",)


@pytest.mark.parametrize("gap", ["", "NA", "nan", "<NA>", "null", "?"])
def test_a_class_that_is_missing_is_no_class(tmp_path: Path, gap: str) -> None:
    path = written(tmp_path, "hair,hat", lambda n: f"{(gap, 'red', 'grey')[n % 3]},{n % 2}")
    table = read_table(path, [f"{n}.png" for n in range(30)])
    assert table.names == ("hat",)
    assert table.told == ("column 'hair' left out: no label for '0.png', nor for 9 more" + MEND,)


def test_none_is_a_class_among_words_and_missing_among_numbers(tmp_path: Path) -> None:
    cells = (("none", "none"), ("cap", "1"), ("beret", "2"))
    path = written(tmp_path, "hat,size", lambda n: ",".join(cells[n % 3]))
    table = read_table(path, [f"{n}.png" for n in range(30)])
    assert table.names == ("hat_beret", "hat_cap", "hat_none")
    assert table.told == ("column 'size' left out: no label for '0.png', nor for 9 more" + MEND,)


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        (lambda n: str(20 + n), ["age"]),
        (lambda n: str(n % 5 + 0.5), ["age"]),
        (lambda n: str(n % 3), ["age_0", "age_1", "age_2"]),
        (lambda n: "0.5" if n % 2 else "1.5", ["age_0.5", "age_1.5"]),
    ],
    ids=["many", "fractions", "few and whole", "two"],
)
def test_many_numbers_or_fractions_are_a_number_and_few_whole_ones_are_classes(
    tmp_path: Path, cell: Callable[[int], str], names: list[str]
) -> None:
    table = read_table(written(tmp_path, "age", cell), [f"{n}.png" for n in range(30)])
    assert list(table.names) == names
    assert list(table.numbers) == ([0] if names == ["age"] else [])
    assert table.told == (("column 'age' read as numbers",) if table.numbers else ())


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        (("31,5", "40,25", "18", "-3,0"), "read as numbers, with a decimal comma"),
        (("1,200", "2,300", "3,400", "800"), "left out: 4 different values that are no numbers"),
        (("31,5", "40.25", "18", "9"), "left out: 4 different values that are no numbers"),
        (("a,b", "c,d", "e,f", "g,h"), "left out: 4 different values that are no numbers"),
    ],
    ids=["decimal", "thousands", "both", "words"],
)
def test_a_decimal_comma_is_read_and_told(
    tmp_path: Path, cells: tuple[str, ...], told: str
) -> None:
    rows = "".join(f"{n};{n % 2};{cell}\n" for n, cell in enumerate(cells))
    (tmp_path / "labels.csv").write_text(f"file;hat;age\n{rows}")
    table = read_table(tmp_path / "labels.csv", [f"{n}.png" for n in range(4)])
    assert table.told[0].startswith(f"column 'age' {told}")
    if table.numbers:
        np.testing.assert_array_equal(table.numbers[1], [31.5, 40.25, 18.0, -3.0])


def test_classes_that_are_numbers_do_not_read_as_those_of_dimensions() -> None:
    names = ("0/a.png", "3/b.png", "-1.5/c.png")
    table = classes_of_folders(names)
    assert table is not None and table.names == ("class_-1.5", "class_0", "class_3")


def test_the_median_of_a_number_is_that_of_the_images_used(tmp_path: Path) -> None:
    root = folder_of(tmp_path / "images", [f"{n}.png" for n in range(3, 20)])
    labels = written(tmp_path, "round,age", lambda n: f"{n % 2},{n * 10 + 0.5}")
    folder = open_folder(root, labels=labels)
    used = [int(Path(name).stem) for name in folder.names]
    assert folder.splits == ((1, 110.5),)
    assert folder.attributes is not None
    assert folder.attributes[:, 1].tolist() == [n > 11 for n in used]
    numbers = folder.numbers(np.array([0, 5]))
    assert numbers is not None
    assert numbers.values[:, 0].tolist() == [used[0] * 10 + 0.5, used[5] * 10 + 0.5]


@pytest.mark.parametrize("gap", ["", "NaN", "?", "-"])
def test_a_label_that_an_image_lacks_is_no_class(tmp_path: Path, gap: str) -> None:
    path = written(tmp_path, "round,big", lambda n: f"{n % 2},{gap if n == 4 else n % 2}")
    table = read_table(path, [f"{n}.png" for n in range(29)])
    assert table.names == ("round",) and table.told == (
        "column 'big' left out: no label for '4.png'" + MEND,
    )


@pytest.mark.parametrize("gap", ["", "NaN", "n/a", "inf"])
def test_a_number_that_an_image_lacks_is_told(tmp_path: Path, gap: str) -> None:
    path = written(tmp_path, "round,age", lambda n: f"{n % 2},{gap if n in (4, 7, 29) else n + 9}")
    images = [f"{n}.png" for n in range(29)]
    table = read_table(path, images)
    assert table.told == ("column 'age' left out: no number for '4.png', nor for 1 more" + MEND,)
    assert table.names == ("round",)
    assert read_table(path, images[10:]).names == ("round", "age")  # nobody needs those rows


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("file,round\nx.jpg,1\n", "names none of the images: it has 'x.jpg' .* 'cats/001.jpg'"),
        ("file,round\n001.jpg,1\n001.png,1\n", "cats/001.jpg has two rows"),
        ("file,round\n001.jpg,1\n002.jpg\n", "line 3: fields: 1, expected 2"),
        ("file,age\n001.jpg,3,1\n002.jpg,4,5\n", "fields: 3 in each .* 31,5, needs quotes"),
        ("file,age\n001,3,1\n002,4,5\n003,4,1\n", "needs quotes"),
        ("file,age\n001.jpg,3\n002.jpg,4,5\n", "line 3: fields: 3, expected 2 .* needs quotes"),
        ("My labels\nfile,round\n001.jpg,1\n", "expected 2 as in its head, .* 'My labels'"),
        (",is,is\nfile,a,a\n001.jpg,1,0\n002.jpg,0,1\nx.jpg,0,0\n", "or a head of several lines"),
        ("file,round\n001.jpg,1\n002.jpg,1\n", "column 'round' left out: '1' in every row"),
        ("file,round\n", "no rows in it"),
        ("file\n001.jpg\n", "no column of labels"),
    ],
)
def test_what_is_wrong_with_a_table_is_said(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "labels.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        read_table(path, IMAGES)


@pytest.mark.parametrize(
    "text",
    [
        "round,square\n001.jpg,1,0\n002.jpg,0,1\n",
        "file,round\n1,001.jpg,1\n2,002.jpg,0\n",
    ],
)
def test_a_column_before_the_head_is_that_of_r(tmp_path: Path, text: str) -> None:
    (tmp_path / "labels.csv").write_text(text)
    assert read_table(tmp_path / "labels.csv", IMAGES[:2]).names[0] == "round"


@pytest.mark.parametrize("mark", [";", ",", "\t"])
@pytest.mark.parametrize("yes", ["1", "yes", "1.0"])
def test_a_mark_at_the_end_of_each_row_shifts_no_label(
    tmp_path: Path, mark: str, yes: str
) -> None:
    cells = ((yes, "0"), ("0", "0"), ("0", yes))
    rows = [(name, *row, "") for name, row in zip(IMAGES, cells, strict=True)]
    lines = map(mark.join, [("image", "smiling", "male"), *rows])
    (tmp_path / "labels.csv").write_text("\n".join(lines))
    table = read_table(tmp_path / "labels.csv", IMAGES)
    assert table.names == ("smiling", "male")
    assert table.select(IMAGES)[0].tolist() == [[True, False], [False, False], [False, True]]


@pytest.mark.parametrize("text", ['{"file": "1.png"}\n{"file": "2.png"}\n', "[\n  1,\n  2\n]"])
def test_json_in_the_place_of_a_table_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "labels.json").write_text(text)
    with pytest.raises(InputError, match=r"labels\.json: JSON, expected a table: in pandas"):
        read_table(tmp_path / "labels.json", ("1.png", "2.png"))


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


@pytest.mark.parametrize("parts", ["Training Validation", "training testing", "train dev eval"])
def test_folders_of_parts_are_no_classes_whatever_they_are_called(
    tmp_path: Path, parts: str
) -> None:
    names = [f"{part}/{sex}/1.png" for part in parts.split() for sex in ("female", "male")]
    folder = open_folder(folder_of(tmp_path, names))
    assert folder.attribute_names == ("female", "male")
    assert folder.partition is not None and set(folder.partition.tolist()) <= {0, 1, 2}
    assert folder.sources.parts == "folders"


def test_a_label_that_two_columns_say_alike_is_one(tmp_path: Path) -> None:
    """`pd.concat([df, pd.get_dummies(df.hair, prefix="hair")], axis=1)`."""
    hairs = ["red", "grey", "black"] * 10
    path = written(tmp_path, "hair,hair_red", lambda n: f"{hairs[n]},{hairs[n] == 'red'}")
    table = read_table(path, [f"{n}.png" for n in range(30)])
    assert table.names == ("hair_black", "hair_grey", "hair_red")


def test_images_beside_folders_have_no_classes(tmp_path: Path) -> None:
    folder = open_folder(folder_of(tmp_path, ["a/1.png", "b/2.png", "3.png"]))
    assert (folder.names, folder.attributes) == (("3.png", "a/1.png", "b/2.png"), None)


def test_an_empty_folder_says_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "images.zip").touch()
    with pytest.raises(InputError, match=r"'images\.zip': unpack it"):
        open_folder(tmp_path)
    (tmp_path / "a-train-images-idx3-ubyte").touch()
    with pytest.raises(InputError, match=r"idx3-ubyte': save each of its images as PNG"):
        open_folder(tmp_path)
    with pytest.raises(InputError, match=r"images\.zip: a file .*; unpack it"):
        open_folder(tmp_path / "images.zip")


def test_folders_of_more_than_a_few_kinds_are_no_classes_and_that_is_told(tmp_path: Path) -> None:
    names = [f"person {n}/{k}.png" for n in range(CLASSES + 1) for k in range(2)]
    folder = open_folder(folder_of(tmp_path, names))
    assert folder.attributes is None and folder.told == (
        "21 folders are not taken for classes, which at most 20 are",
    )
    few = classes_of_folders(names[2:])
    assert few is not None and len(few.names) == CLASSES


def test_a_stray_image_beside_folders_of_classes_is_told(tmp_path: Path) -> None:
    folder = open_folder(folder_of(tmp_path, ["a/1.png", "b/2.png", "preview.png"]))
    assert folder.attributes is None and folder.told == (
        "folders are not taken for classes: 1 image lies in none of them (preview.png)",
    )


def test_classes_are_found_below_a_folder_that_holds_them_all(tmp_path: Path) -> None:
    names = [f"faces/{part}/{sex}/1.png" for part in ("train", "val") for sex in ("f", "m")]
    folder = open_folder(folder_of(tmp_path, names))
    assert folder.attribute_names == ("f", "m")
    assert folder.partition is not None and folder.partition.tolist() == [0, 0, 1, 1]


def test_columns_that_make_one_label_and_differ_are_both_named(tmp_path: Path) -> None:
    path = written(tmp_path, "hair,hair_0", lambda n: f"{n % 3},{n % 2}")
    with pytest.raises(InputError, match="of columns 'hair' and 'hair_0', which differ"):
        read_table(path, [f"{n}.png" for n in range(30)])


def test_a_table_may_name_images_from_the_folder_that_it_lies_in(tmp_path: Path) -> None:
    """As `metadata.csv` of `datasets` does, below each part."""
    root = folder_of(tmp_path, [f"{part}/{n}.png" for part in ("test", "train") for n in range(4)])
    rows = [f"{n}.png,{n % 2}" for n in range(4)]
    (root / "train/metadata.csv").write_text("\n".join(["file_name,round", *rows]))
    folder = open_folder(root, labels=root / "train/metadata.csv")
    assert folder.names == tuple(f"train/{n}.png" for n in range(4))
    assert folder.attributes is not None and folder.attributes[:, 0].tolist() == [0, 1, 0, 1]
    with pytest.raises(InputError, match="not a file, expected one of text"):
        open_folder(root, labels=root)


def test_one_word_for_a_part_in_every_row_tells_no_parts(tmp_path: Path) -> None:
    path = written(tmp_path, "round,set", lambda n: f"{n % 2},test")
    table = read_table(path, [f"{n}.png" for n in range(30)])
    assert table.told == ("column 'set' left out: 'test' in every row",)
