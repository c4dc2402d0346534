"""CelebA folders as people have them, and the preprocessing against torchvision."""

from __future__ import annotations

import importlib
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from featamp.errors import InputError
from featamp.io.celeba.folder import open_folder
from featamp.io.celeba.lists import read_attributes, read_partition
from featamp.io.celeba.names import ATTRIBUTES
from featamp.io.celeba.places import find_images
from featamp.io.files.decode import load_image, preprocess
from tests.conftest import damaged_png, tiny_celeba

OFFICIAL = "list_attr_celeba.txt"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tiny_celeba(tmp_path / "celeba", 9, size=(20, 24))


def write_labels(path: Path, names: list[str], rows: list[str]) -> Path:
    """A file of one or more attributes in the official format."""
    path.write_text("\n".join([str(len(rows)), " ".join(names), *rows]) + "\n")
    return path


def to_kaggle(root: Path, no: str = "-1") -> None:
    """Replace the official label files by Kaggle's."""
    lines = [line.split() for line in (root / OFFICIAL).read_text().splitlines()[1:]]
    table = [
        ["image_id", *lines[0]],
        *([no if field == "-1" else field for field in row] for row in lines[1:]),
    ]
    (root / "list_attr_celeba.csv").write_text("".join(",".join(row) + "\n" for row in table))
    parts = (root / "list_eval_partition.txt").read_text().replace(" ", ",")
    (root / "list_eval_partition.csv").write_text("image_id,partition\n" + parts)
    (root / OFFICIAL).unlink()
    (root / "list_eval_partition.txt").unlink()


def test_official_folder(root: Path) -> None:
    folder = open_folder(root)
    assert folder.directory == root / "img_align_celeba"
    assert folder.names == tuple(f"{n:06d}.jpg" for n in range(1, 10))
    assert folder.attribute_names == ATTRIBUTES
    rows = [line.split()[1:] for line in (root / OFFICIAL).read_text().splitlines()[2:]]
    assert folder.attributes is not None
    np.testing.assert_array_equal(folder.attributes, np.array(rows) == "1")
    assert folder.partition is not None
    assert folder.partition.tolist() == [0, 1, 2] * 3
    assert (folder.unlabelled, folder.missing) == (0, 0)


@pytest.mark.parametrize("no", ["-1", "0"])
def test_kaggles_files_say_the_same(root: Path, no: str) -> None:
    official = open_folder(root)
    to_kaggle(root, no)
    kaggle = open_folder(root)
    assert (kaggle.names, kaggle.attribute_names) == (official.names, official.attribute_names)
    assert kaggle.attributes is not None and official.attributes is not None
    np.testing.assert_array_equal(kaggle.attributes, official.attributes)
    assert kaggle.partition is not None
    assert kaggle.partition.tolist() == [0, 1, 2] * 3


def test_images_nested_once_more_are_found(root: Path) -> None:
    (root / "img_align_celeba").rename(root / "images")
    (root / "img_align_celeba").mkdir()
    (root / "images").rename(root / "img_align_celeba/img_align_celeba")
    folder = open_folder(root)
    assert folder.directory == root / "img_align_celeba/img_align_celeba"
    assert len(folder.names) == 9


def test_split_takes_its_images_and_needs_a_partition(root: Path) -> None:
    assert open_folder(root, split="valid").names == ("000002.jpg", "000005.jpg", "000008.jpg")
    (root / "list_eval_partition.txt").unlink()
    assert open_folder(root).partition is None
    with pytest.raises(InputError, match=r"split = 'valid' needs list_eval_partition"):
        open_folder(root, split="valid")


def test_some_images_are_drawn_from_all_parts_by_seed(root: Path) -> None:
    drawn = [open_folder(root, images=4, seed=seed) for seed in (2, 2, 3)]
    assert len(drawn[0].names) == 4 and list(drawn[0].names) == sorted(drawn[0].names)
    assert drawn[0].names == drawn[1].names != drawn[2].names
    assert drawn[0].names != open_folder(root).names[:4]
    assert drawn[0].attributes is not None and drawn[0].partition is not None
    whole = open_folder(root)
    at = [whole.names.index(name) for name in drawn[0].names]
    np.testing.assert_array_equal(drawn[0].partition, np.array([0, 1, 2] * 3)[at])
    assert open_folder(root, images=9).names == open_folder(root, images=99).names == whole.names
    assert set(open_folder(root, images=2, split="test").names) <= {
        "000003.jpg", "000006.jpg", "000009.jpg",
    }  # fmt: skip


@pytest.mark.parametrize("number", ["9" * 5000, "9" * 20, "-1", "x" * 5000])
def test_a_number_of_a_person_that_is_none_is_told(root: Path, number: str) -> None:
    (root / "identity_CelebA.txt").write_text(f"000001.jpg {number}\n")
    with pytest.raises(InputError, match=r"line 1: found .* the number of a person") as error:
        open_folder(root)
    assert len(str(error.value)) < 1000


def test_people_are_read_where_a_file_names_them_all(root: Path) -> None:
    assert open_folder(root).people is None
    path = root / "identity_CelebA.txt"
    rows = [f"{n:06d}.jpg {n % 4}" for n in range(1, 10)]
    path.write_text("\n".join(rows))
    folder = open_folder(root)
    assert folder.people is not None and folder.people.tolist() == [1, 2, 3, 0, 1, 2, 3, 0, 1]
    path.write_text("\n".join(rows[:-2]))
    folder = open_folder(root)
    assert folder.people is None
    assert "no person for 000008.jpg, nor for 1 more" in folder.told[-1]
    path.write_text("000001.jpg x")
    with pytest.raises(InputError, match=r"identity_CelebA.txt, line 1: found '000001.jpg x'"):
        open_folder(root)


def test_where_parts_and_people_come_from_and_what_they_lack_is_told(root: Path) -> None:
    (root / "identity_CelebA.txt").write_text("".join(f"{n:06d}.jpg 1\n" for n in range(1, 10)))
    sources = open_folder(root).sources
    assert (sources.labels, sources.parts, sources.people) == (
        OFFICIAL, "list_eval_partition.txt", "identity_CelebA.txt",
    )  # fmt: skip
    lines = (root / "list_eval_partition.txt").read_text().splitlines(keepends=True)
    (root / "list_eval_partition.txt").write_text("".join(lines[:-2]))
    folder = open_folder(root)
    assert folder.partition is None and folder.sources.parts == ""
    assert folder.told == (
        "list_eval_partition.txt left out: no part for 000008.jpg, nor for 1 more",
    )


@pytest.mark.parametrize("place", ["Anno/identity_CelebA.txt", "../identity_CelebA.csv"])
def test_lists_of_parts_and_people_that_lie_aside_are_named(root: Path, place: str) -> None:
    assert open_folder(root).told == ()
    (root / "Eval").mkdir()
    (root / "list_eval_partition.txt").rename(root / "Eval/list_eval_partition.txt")
    (root / place).parent.mkdir(exist_ok=True)
    (root / place).write_text("000001.jpg 1\n")
    parts, people = open_folder(root).told
    assert "Eval/list_eval_partition.txt, lies aside; where it is of these images, " in parts
    assert people.endswith(f"copy it to {root}/identity_CelebA.txt") and place[3:] in people


def test_columns_that_tell_people_and_parts_are_read_as_such(root: Path) -> None:
    for name in (OFFICIAL, "list_eval_partition.txt"):
        (root / name).unlink()
    table = root / "labels.csv"
    rows = [
        f"{n:06d}.jpg,p{n // 2},{('train', 'val', 'test')[n % 3]},{n % 2}" for n in range(1, 10)
    ]
    table.write_text("\n".join(["image,identity,split,hat", *rows]))
    folder = open_folder(root, labels=table)
    assert folder.attribute_names == ("hat",)
    assert folder.people is not None and len({*folder.people.tolist()}) == 5
    assert folder.partition is not None and folder.partition.tolist() == [1, 2, 0] * 3
    assert folder.sources.people == "column 'identity' of labels.csv"
    assert folder.told == (
        "column 'identity' says who is who, and is no label",
        "column 'split' says which part an image is of, and is no label",
    )
    assert open_folder(root, labels=table, split="test").names[0] == "000002.jpg"


def test_labels_that_only_images_of_another_part_lack_are_kept(root: Path) -> None:
    """As those of a test that nobody may see."""
    rows = [f"{n:06d}.jpg,{'' if n % 3 == 0 else n % 2}" for n in range(1, 10)]
    (root / "labels.csv").write_text("\n".join(["image,hat", *rows]))
    folder = open_folder(root, labels=root / "labels.csv", split="train")
    assert folder.attribute_names == ("hat",) and len(folder.names) == 3
    with pytest.raises(InputError, match=r"column 'hat' left out: no label for '000003\.jpg'"):
        open_folder(root, labels=root / "labels.csv")


def test_fewer_images_than_rows_and_the_reverse_are_counted(root: Path) -> None:
    for name in ("000002.jpg", "000003.jpg"):
        (root / "img_align_celeba" / name).unlink()
    shutil.copy(root / "img_align_celeba/000001.jpg", root / "img_align_celeba/999999.jpg")
    (root / "img_align_celeba/notes.txt").write_text("not an image")
    folder = open_folder(root)
    assert len(folder.names) == 7
    assert "999999.jpg" not in folder.names
    assert (folder.unlabelled, folder.missing) == (1, 2)
    assert folder.attributes is not None
    np.testing.assert_array_equal(
        folder.attributes[1], read_attributes(root / OFFICIAL).select(["000004.jpg"])[0][0]
    )


def test_an_image_that_the_partition_does_not_know_is_counted_in_a_split(root: Path) -> None:
    lines = (root / "list_eval_partition.txt").read_text().splitlines(keepends=True)
    (root / "list_eval_partition.txt").write_text("".join(lines[1:]))
    assert open_folder(root, split="train").unlabelled == 1
    whole = open_folder(root)
    assert (len(whole.names), whole.unlabelled, whole.partition) == (9, 0, None)


def test_without_an_attribute_file_the_images_remain(root: Path) -> None:
    (root / OFFICIAL).unlink()
    folder = open_folder(root)
    assert (len(folder.names), folder.attributes, folder.attribute_names) == (9, None, ())


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["a.jpg 1 -1", "b.jpg 1"], "line 4: 1 labels, expected 2"),
        (["a.jpg 1 -1", "b.jpg 1 1 1"], "line 4: 3 labels, expected 2"),
        (["a.jpg 1 yes"], "line 3: label 'yes', expected -1, 0 or 1"),
        (["a.jpg 1 2"], "line 3: label '2'"),
        (["a.jpg 1 -1", "Smiling Male"], "line 4: 1 labels"),
        ([], "no rows"),
    ],
)
def test_a_bad_row_is_named_by_its_line(tmp_path: Path, rows: list[str], message: str) -> None:
    path = write_labels(tmp_path / OFFICIAL, ["Smiling", "Male"], rows)
    with pytest.raises(InputError, match=message) as error:
        read_attributes(path)
    assert str(path) in str(error.value)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["Smiling", "Eyeglases"], "unknown attribute 'Eyeglases'.*did you mean Eyeglasses"),
        (["Smiling", "Zzz"], "unknown attribute 'Zzz'.*given as data.labels"),
        (["Smiling", "Smiling"], "'Smiling' stands twice"),
    ],
)
def test_a_bad_head_is_named(tmp_path: Path, names: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_attributes(write_labels(tmp_path / OFFICIAL, names, ["a.jpg 1 1"]))


def test_a_second_head_in_a_csv_is_a_bad_row(tmp_path: Path) -> None:
    path = tmp_path / "list_attr_celeba.csv"
    path.write_text("image_id,Smiling\na.jpg,1\nimage_id,Smiling\nb.jpg,0\n")
    with pytest.raises(InputError, match="line 3: label 'Smiling'"):
        read_attributes(path)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xff\xfe\x00\x80", b"a" * 200_000 + b",1\n"])
@pytest.mark.parametrize("suffix", [".txt", ".csv"])
def test_a_file_that_is_no_table_is_named(tmp_path: Path, content: bytes, suffix: str) -> None:
    path = tmp_path / f"list_attr_celeba{suffix}"
    path.write_bytes(content)
    with pytest.raises(InputError, match="list_attr_celeba"):
        read_attributes(path)


def test_two_rows_for_one_image_are_refused(tmp_path: Path) -> None:
    path = write_labels(tmp_path / OFFICIAL, ["Smiling"], ["a.jpg 1", "b.jpg 1", "a.jpg -1"])
    with pytest.raises(InputError) as error:
        read_attributes(path)
    assert str(error.value) == f"{path}, line 5: a.jpg has two rows, expected one"
    partition = tmp_path / "list_eval_partition.csv"
    partition.write_text("image_id,partition\na.jpg,0\na.jpg,2\n")
    with pytest.raises(InputError) as error:
        read_partition(partition)
    assert str(error.value) == f"{partition}, line 3: a.jpg has two rows, expected one"


def test_a_bad_partition_is_named_by_its_line(tmp_path: Path) -> None:
    path = tmp_path / "list_eval_partition.txt"
    path.write_text("a.jpg 0\nb.jpg 3\n")
    with pytest.raises(InputError, match=r"line 2: found 'b.jpg 3'"):
        read_partition(path)


def test_a_folder_without_images_is_named(root: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere: no such folder"):
        open_folder(tmp_path / "nowhere")
    for image in (root / "img_align_celeba").iterdir():
        image.unlink()
    with pytest.raises(InputError, match="img_align_celeba: no images"):
        open_folder(root)


def test_images_of_which_none_is_labelled_are_an_error(root: Path) -> None:
    for image in (root / "img_align_celeba").iterdir():
        image.rename(image.with_name(f"x{image.name}"))
    with pytest.raises(InputError, match=r"none of the 9 images: it has '000001.jpg' where the"):
        open_folder(root)


@pytest.mark.parametrize(
    ("size", "crop", "out"), [((178, 218), 178, 64), ((178, 218), 108, 64), ((179, 217), 148, 33)]
)
def test_preprocessing_is_torchvisions(size: tuple[int, int], crop: int, out: int) -> None:
    from torchvision import transforms

    noise = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), np.uint8)
    image = Image.fromarray(noise)
    expected = transforms.Resize(out, antialias=True)(transforms.CenterCrop(crop)(image))
    ours = preprocess(image, crop, out)
    assert ours.shape == (out, out, 3) and ours.dtype == np.uint8
    assert np.abs(ours.astype(int) - np.asarray(expected, int)).max() <= 1


def test_scripts_of_the_first_version_find_what_they_import() -> None:
    assert importlib.import_module("featamp.celeba").load_image is load_image


def test_grey_and_transparent_files_become_rgb(tmp_path: Path) -> None:
    for mode in ("L", "RGBA", "P", "CMYK"):
        path = tmp_path / f"{mode}.{'jpg' if mode == 'CMYK' else 'png'}"
        Image.new(mode, (20, 24)).save(path)
        assert load_image(path, 20, 8).shape == (8, 8, 3)


def test_a_crop_larger_than_the_image_names_the_file(root: Path) -> None:
    path = root / "img_align_celeba/000001.jpg"
    with pytest.raises(
        InputError, match=r"000001\.jpg: the image is 20 x 24 pixels, smaller than data.crop = 21"
    ):
        load_image(path, 21, 16)


def test_whatever_is_wrong_with_a_file_is_an_os_error_with_a_reason(tmp_path: Path) -> None:
    damaged_png(tmp_path / "damaged.png")
    with pytest.raises(OSError, match="broken PNG file"):
        load_image(tmp_path / "damaged.png", 178, 64)
    (tmp_path / "empty.jpg").touch()
    with pytest.raises(OSError, match="no image of a known kind"):
        load_image(tmp_path / "empty.jpg", 178, 64)


def test_a_broken_link_and_a_folder_are_no_images(root: Path) -> None:
    images = root / "img_align_celeba"
    (images / "000003.jpg").rename(root / "elsewhere.jpg")
    (images / "000003.jpg").symlink_to(root / "elsewhere.jpg")
    assert open_folder(root).missing == 0
    (root / "elsewhere.jpg").unlink()
    (images / "000007.jpg").unlink()
    (images / "000007.jpg").mkdir()
    folder = open_folder(root)
    assert not {"000003.jpg", "000007.jpg"} & set(folder.names)
    assert (len(folder.names), folder.missing) == (7, 2)


@pytest.mark.parametrize("name", ["list_attr_celeba.txt", "identity_CelebA.txt"])
@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo, lambda path: path.symlink_to(path)])
def test_what_has_the_name_of_a_table_and_is_none_is_told(
    root: Path, name: str, make: Callable[[Path], None]
) -> None:
    (root / name).unlink(missing_ok=True)
    make(root / name)
    with pytest.raises(InputError, match=rf"{name}: not a file, expected a table"):
        open_folder(root)


@pytest.mark.parametrize("name", ["list_attr_celeba.csv", "list_eval_partition.csv"])
def test_a_csv_that_excel_saved_is_read(root: Path, name: str) -> None:
    to_kaggle(root)
    before = open_folder(root)
    content = (root / name).read_bytes()
    (root / name).write_bytes(b"\xef\xbb\xbf" + content.replace(b"\n", b"\r\n"))
    after = open_folder(root)
    assert after.names == before.names
    np.testing.assert_array_equal(after.attributes, before.attributes)
    np.testing.assert_array_equal(after.partition, before.partition)


def test_images_that_were_saved_as_png_are_those_of_the_lists(root: Path) -> None:
    (root / "identity_CelebA.txt").write_text("".join(f"{n:06d}.jpg {n}\n" for n in range(1, 10)))
    before = open_folder(root)
    for image in (root / "img_align_celeba").iterdir():
        image.rename(image.with_suffix(".png"))
    after = open_folder(root, split="valid")
    assert after.names == ("000002.png", "000005.png", "000008.png")
    assert before.attributes is not None and after.attributes is not None
    np.testing.assert_array_equal(after.attributes, before.attributes[[1, 4, 7]])
    assert after.people is not None and after.people.tolist() == [2, 5, 8]
    assert (after.unlabelled, after.missing) == (0, 0)
    rows = (root / OFFICIAL).read_text()
    (root / OFFICIAL).write_text(rows + rows.splitlines()[2].replace(".jpg", ".jpeg") + "\n")
    with pytest.raises(InputError, match=rf"{OFFICIAL}: 000001\.png has two rows, expected one"):
        open_folder(root)


def indexed(text: str) -> str:
    head, *rows = text.splitlines()
    return "\n".join([f",{head}", *(f"{n},{row}" for n, row in enumerate(rows))])


def joined(text: str, column: str) -> str:
    head, *rows = text.splitlines()
    return "\n".join([f"{head},{column}", *(f"{row},{n % 3}" for n, row in enumerate(rows))])


@pytest.mark.parametrize(
    "again",
    [
        indexed,
        lambda text: text.replace("\n", ",\n"),
        lambda text: text.replace("image_id", "filename"),
        lambda text: text.replace(",", ";"),
        lambda text: "sep=;\n" + text.replace(",", ";"),
        lambda text: text.replace(",-1", ",False").replace(",1", ",True"),
        lambda text: text.replace(",-1", ",-1.0").replace(",1", ",1.0"),
        lambda text: text.replace(",", ", "),
        lambda text: text.replace(",", ";").replace(";-1", ";-1,0").replace(";1", ";1,0"),
        lambda text: joined(text, "partition"),
        lambda text: joined(text, "identity"),
        lambda text: (
            text.replace("image_id,", "").replace("\n", "\nimage_id\n", 1).replace(",", " ")
        ),
    ],
    ids=[
        "index",
        "comma",
        "name",
        "semicolons",
        "sep",
        "words",
        "fractions",
        "blanks",
        "decimal commas",
        "partition",
        "identity",
        "printed",
    ],
)
def test_a_list_that_pandas_or_excel_wrote_again_says_the_same(
    root: Path, again: Callable[[str], str]
) -> None:
    to_kaggle(root)
    before, path = open_folder(root), root / "list_attr_celeba.csv"
    path.write_text(again(path.read_text()))
    after = open_folder(root)
    assert before.attributes is not None and after.attributes is not None
    differ = [
        n
        for n, column in zip(ATTRIBUTES, before.attributes.T, strict=True)
        if len({*column.tolist()}) > 1
    ]
    assert {*differ} <= {*after.attribute_names}, "one that is the same everywhere may be lacking"
    at = [ATTRIBUTES.index(name) for name in after.attribute_names]
    np.testing.assert_array_equal(after.attributes, before.attributes[:, at])


def test_what_a_list_has_beside_the_attributes_is_told(root: Path) -> None:
    to_kaggle(root)
    path = root / "list_attr_celeba.csv"
    path.write_text(joined(path.read_text(), "partition"))
    (line,) = (line for line in open_folder(root).told if "every row" not in line)
    assert line.startswith("column 'partition' left out: no attribute; what it says is read from")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<!DOCTYPE html>\n<html>", "a web page, not the file"),
        ("version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "a Git LFS pointer"),
        ("image_id;Eyeglases\n000001.jpg;1\n000002.jpg;0\n", "did you mean Eyeglasses"),
        ("image_id;Smiling\nx.jpg;1\ny.jpg;0\n", "names none of the images"),
        ("image_id,Smiling\n000001.jpg,1\n000002.jpg,2\n", "line 3: label '2', expected -1"),
        ("image_id;Smiling\n000001.jpg;1\n000002.jpg;maybe\n", "line 3: label 'maybe', expected"),
        (
            "image_id,Bald\n000001.jpg,1\n000002.jpg,-1\n000003.jpg,0\n",
            "line 4: label 0 of Bald, which is -1 on line 3",
        ),
        (
            "image_id;Bald\n000001;1.0\n000002;0.0\n000003;-1.0\n",
            "line 3: label 0 of Bald, .* on line 4",
        ),
        ("Bald ... Young\n000001.jpg 1 ... 1\n000002.jpg 0 ... 1\n", "shortened, its head has"),
    ],
)
def test_what_is_no_such_list_is_said(root: Path, text: str, said: str) -> None:
    (root / OFFICIAL).unlink()
    (root / "list_attr_celeba.csv").write_text(text)
    with pytest.raises(InputError, match=rf"list_attr_celeba\.csv.*{said}"):
        open_folder(root)


@pytest.mark.parametrize(
    ("place", "given", "mend"),
    [
        (OFFICIAL, "img_align_celeba", r"to it, or data\.root to .*celeba$"),
        ("Anno/list_attr_celeba.txt", "img_align_celeba", "to it$"),
        ("Anno/list_attr_celeba.txt", ".", "to it$"),
        ("../Anno/list_attr_celeba.txt", ".", "to it$"),
        ("img_align_celeba/list_attr_celeba.csv", ".", "to it$"),
        ("LIST_ATTR_CELEBA.TXT", ".", "to it$"),
        ("list_attr_celeba (1).csv", ".", "to it$"),
    ],
)
def test_a_list_that_lies_near_and_is_not_read_is_told(
    root: Path, place: str, given: str, mend: str
) -> None:
    moved = root / place
    moved.parent.mkdir(exist_ok=True)
    (root / OFFICIAL).rename(moved)
    folder = open_folder(root / given)
    assert folder.attributes is None
    (line,) = folder.unread
    assert re.search(f"{re.escape(moved.name)}, is not read; .* set data.labels {mend}", line)
    assert find_images(root / given)[1].told == folder.unread, "or a build would not see it come"
    assert open_folder(root / given, labels=moved).unread == ()


@pytest.mark.parametrize("place", [".", "img_align_celeba"])
@pytest.mark.parametrize("given", [".", "img_align_celeba", "img_align_celeba/img_align_celeba"])
def test_a_list_near_images_that_are_nested_once_more_is_read_or_told(
    root: Path, given: str, place: str
) -> None:
    outer = root / "img_align_celeba"
    outer.rename(root / "inner")
    outer.mkdir()
    (root / "inner").rename(outer / "img_align_celeba")
    (root / OFFICIAL).rename(root / place / OFFICIAL)
    folder = open_folder(root / given)
    assert (folder.attributes is None) == (given != place)
    if given != place:
        (line,) = folder.unread
        assert line.endswith(f"set data.labels to it, or data.root to {root / place}")
        assert open_folder(root / place).attributes is not None, "as it is told"


def test_celebamask_hq_is_read_as_downloaded(tmp_path: Path) -> None:
    for place in ("CelebA-HQ-img", "CelebAMask-HQ-mask-anno/0"):
        (tmp_path / place).mkdir(parents=True)
    for number in range(3):
        Image.new("RGB", (8, 8)).save(tmp_path / f"CelebA-HQ-img/{number}.jpg")
        Image.new("L", (8, 8)).save(tmp_path / f"CelebAMask-HQ-mask-anno/0/{number:05d}_hair.png")
    rows = "".join(f"{number}.jpg  {1 if number else -1} -1\n" for number in range(3))
    (tmp_path / "CelebAMask-HQ-attribute-anno.txt").write_text(f"3\nMale Young\n{rows}")
    folder = open_folder(tmp_path)
    assert (folder.names, folder.attribute_names) == (
        ("0.jpg", "1.jpg", "2.jpg"), ("Male", "Young"),
    )  # fmt: skip
    assert folder.attributes is not None
    assert folder.attributes[:, 0].tolist() == [False, True, True]


@pytest.mark.parametrize(
    ("parts", "people"),
    [
        (
            ",image_id,partition\n0,{},{}\n1,{},{}\n2,{},{}\n",
            ",image_id,identity\n0,{},{}\n1,{},{}\n2,{},{}\n",
        ),
        ("image_id;partition\n{};{}\n{};{}\n{};{}\n", "image_id;identity\n{};{}\n{};{}\n{};{}\n"),
        (
            "image_id,partition\n{},{}.0\n{},{}.0\n{},{}.0\n",
            "image_id identity\n{} {}\n{} {}\n{} {}\n",
        ),
    ],
    ids=["index", "semicolons", "fractions and a head"],
)
@pytest.mark.parametrize("suffix", ["csv", "txt"])
def test_parts_and_people_that_were_written_again_are_read(
    tmp_path: Path, parts: str, people: str, suffix: str
) -> None:
    root = tiny_celeba(tmp_path / "celeba", 3, size=(20, 24))
    (root / "list_eval_partition.txt").unlink()
    cells = ["000001.jpg", 2, "000002.jpg", 0, "000003.jpg", 2]
    (root / f"list_eval_partition.{suffix}").write_text(parts.format(*cells))
    (root / f"identity_CelebA.{suffix}").write_text(people.format(*cells))
    folder = open_folder(root)
    assert folder.partition is not None and folder.partition.tolist() == [2, 0, 2]
    assert folder.people is not None and len({*folder.people.tolist()}) == 2


def test_parts_that_words_tell_are_read_and_what_is_no_part_is_named(root: Path) -> None:
    path = root / "list_eval_partition.txt"
    rows = [f"{n:06d}.jpg {('train', 'valid', 'test')[n % 3]}" for n in range(1, 10)]
    path.write_text("\n".join(["image_id partition", *rows]))
    partition = open_folder(root).partition
    assert partition is not None and partition.tolist() == [1, 2, 0] * 3
    path.write_text("\n".join(["image_id partition", *rows[:-1], "000009.jpg elsewhere"]))
    with pytest.raises(InputError, match=r"list_eval_partition\.txt, line 2: found .*, expected"):
        open_folder(root)
