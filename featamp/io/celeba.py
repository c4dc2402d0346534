"""CelebA folders as people have them: images, the 40 attributes, the partition, the people."""

from __future__ import annotations

import csv
import difflib
import io
import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from featamp.errors import InputError, shown
from featamp.io.files.listing import Listing, holding_mend, list_images, search_images
from featamp.io.files.numbers import GAPS, Numbers
from featamp.io.files.parquet import COLUMNS
from featamp.io.files.table import (
    MINUS,
    NO,
    YES,
    ZERO,
    AttributeTable,
    Written,
    classes_of_folders,
    counts,
    labels_of_columns,
    match_names,
    one_word,
    parts_of_folders,
    read_table,
    read_written,
    unmatched,
)
from featamp.io.files.text import named_alike, read_text

ATTRIBUTES: tuple[str, ...] = (
    "5_o_Clock_Shadow", "Arched_Eyebrows", "Attractive", "Bags_Under_Eyes", "Bald", "Bangs",
    "Big_Lips", "Big_Nose",
    "Black_Hair", "Blond_Hair", "Blurry", "Brown_Hair", "Bushy_Eyebrows", "Chubby",
    "Double_Chin", "Eyeglasses",
    "Goatee", "Gray_Hair", "Heavy_Makeup", "High_Cheekbones", "Male", "Mouth_Slightly_Open",
    "Mustache",
    "Narrow_Eyes", "No_Beard", "Oval_Face", "Pale_Skin", "Pointy_Nose", "Receding_Hairline",
    "Rosy_Cheeks",
    "Sideburns", "Smiling", "Straight_Hair", "Wavy_Hair", "Wearing_Earrings", "Wearing_Hat",
    "Wearing_Lipstick",
    "Wearing_Necklace", "Wearing_Necktie", "Young",
)  # fmt: skip
"""The 40 attributes in CelebA's own order."""

SPLITS: dict[str, int] = {"train": 0, "valid": 1, "test": 2}
IMAGE_FOLDER = "img_align_celeba"
HQ_FOLDER = "CelebA-HQ-img"
"""Where CelebAMask-HQ, as it is downloaded, has its images; the masks beside it are none."""
LISTS = re.compile(
    r"(list_attr_celeba|celebamask-hq-attribute-anno)[ \w().-]*\.(txt|csv)", re.IGNORECASE
)
"""What lists of attributes are called, also where a browser or a system has changed the name."""
IDENTITIES = "identity_CelebA.txt"
"""The file that says which person an image shows."""
PARTITION = "list_eval_partition"
"""The file that says which part an image belongs to, but for how it ends."""
ASIDE = {
    **dict.fromkeys(("partition", "split"), f"{PARTITION}.csv"),
    "identity": IDENTITIES,
    **dict.fromkeys(("", "index", "unnamed: 0"), ""),
}
"""Columns of a list written again that are no attributes, in small letters, and the file that
says the same.
"""

T = TypeVar("T")


class _OtherHead(InputError):
    """A list of attributes does not begin as CelebA's own does."""


@dataclass(frozen=True)
class Folder:
    """The images of a CelebA folder that are used, with what is known of each.

    Attributes
    ----------
    directory : where the image files lie.
    names : file names, sorted; axis `image` of every array below.
    attribute_names : names of the attribute columns, in the file's order; empty without an
        attribute file.
    attributes : bool [image, attribute], or None without an attribute file. Of an attribute that
        is a number: whether it is above its median.
    partition : int8 [image] (0 train, 1 valid, 2 test), or None without a partition file.
    unlabelled : images left out because the attribute or partition file has no row for them.
    missing : label rows left out because their image is not in the folder.
    unread : what of the folder was left out, a line each.
    told : what of the labels was left out or read as numbers, a line each.
    people : int64 [image] a number for each person, or None where no file says who is who.
    values : [image, number] the attributes that are numbers; None where none is.
    splits : of each of these its place among the attributes, and its median.
    """

    directory: Path
    names: tuple[str, ...]
    attribute_names: tuple[str, ...]
    attributes: NDArray[np.bool_] | None
    partition: NDArray[np.int8] | None
    unlabelled: int
    missing: int
    unread: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    people: NDArray[np.int64] | None = None
    values: NDArray[np.float64] | None = None
    splits: tuple[tuple[int, float], ...] = ()

    def numbers(self, rows: NDArray[np.int64]) -> Numbers | None:
        """Those of some images; None where no attribute is a number."""
        if self.values is None:
            return None
        columns, splits = zip(*self.splits, strict=True)
        return Numbers(columns, self.values[rows], splits)


def open_folder(
    root: Path,
    images: int | None = None,
    split: str = "all",
    labels: Path | None = None,
    seed: int = 0,
    packed: Path | None = None,
) -> Folder:
    """Find the images and labels of a CelebA folder, or of any other; nothing is decoded.

    Parameters
    ----------
    root : folder that holds `img_align_celeba/` (perhaps nested once more) and, where there are
        any, `list_attr_celeba.txt` or `.csv` and `list_eval_partition.txt` or `.csv`; or any
        folder of images, searched below, whose folders are classes where all lie in such.
    images : use so many, drawn at random: the first by name are all of CelebA's training part;
        None for all.
    split : "train", "valid", "test" or "all".
    labels : any table of labels; None for what the folder says itself.
    seed : of the draw.
    packed : the file or folder that the images were unpacked from; None where they were not.

    Raises
    ------
    InputError
        No images, a label file that cannot be read, or a split without a partition file.
    """
    directory, found = find_images(root, packed)
    present = found.names
    attribute_file, partition_file = label_files(root)
    table = _labels_of(labels, attribute_file, present)
    partition = (
        _by_image(partition_file, read_partition(partition_file), present)
        if partition_file
        else parts_of_folders(present)
    )
    if split != "all" and partition is None:
        raise InputError(
            f"{root}: split = {split!r} needs list_eval_partition.txt or .csv, or folders"
            f" train/ and test/, and there is neither"
        )
    parts = partition or {}
    labelled = [
        n for n in present if (table is None or n in table.rows) and (split == "all" or n in parts)
    ]
    kept = [n for n in labelled if split == "all" or parts[n] == SPLITS[split]]
    if not kept:
        raise InputError(
            f"{directory}: {len(present)} images, but none of them is in the attribute file and"
            f" split {split!r}"
        )
    kept = _draw(kept, images, seed)
    people, left_out = _people(root, present, kept)
    known = partition is not None and all(name in partition for name in kept)
    attributes, numbers = table.select(kept) if table and table.names else (None, None)
    return Folder(
        directory=directory,
        names=tuple(kept),
        attribute_names=table.names if table else (),
        attributes=attributes,
        partition=np.array([partition[n] for n in kept], np.int8)
        if partition is not None and known
        else None,
        unlabelled=len(present) - len(labelled),
        missing=len(table.rows.keys() - set(present)) if table else 0,
        unread=(replace(found, aside=()) if table and table.names else found).told,
        told=(*(table.told if table else ()), *left_out),
        people=people,
        values=numbers.values if numbers else None,
        splits=tuple(zip(numbers.columns, numbers.splits, strict=True)) if numbers else (),
    )


def find_labels(root: Path, names: Sequence[str]) -> AttributeTable:
    """The labels of images as a build reads them, whichever of these lie in the folder.

    Parameters
    ----------
    root : a folder as of `open_folder`, or any table of labels.

    Raises
    ------
    InputError
        There are none, or they cannot be read.
    """
    if root.is_file():
        return read_table(root, names)
    present: tuple[str, ...] = ()
    with suppress(InputError):  # a list may lie where no images do
        present = find_images(root)[1].names
    images = present if {*names} <= {*present} else names
    table = _labels_of(None, label_files(root)[0], images)
    if table is None or not table.names:
        there = "no list_attr_celeba.txt or .csv in it, nor a folder for each class of images"
        raise InputError(
            f"{root}: {there if root.is_dir() else 'no such folder'} (of another table of labels,"
            f" give its file)"
        )
    return table


def _labels_of(
    labels: Path | None, attribute_file: Path | None, present: Sequence[str]
) -> AttributeTable | None:
    """The labels: of the table that is named, of the folder's own file, or of its classes."""
    if labels is not None:
        return read_table(labels, present)
    if attribute_file is None:
        return classes_of_folders(present)
    if attribute_file.name == COLUMNS:
        return read_table(attribute_file, present, needed=False)
    table = _read_own(attribute_file, present)
    rows = _by_image(attribute_file, table.rows, present)
    if not any(name in rows for name in present):
        raise InputError(
            f"{attribute_file}: names none of the {len(present)} images:"
            f" {unmatched([[*rows]], present)}"
        )
    return replace(table, rows=rows)


def _read_own(path: Path, images: Sequence[str]) -> AttributeTable:
    """CelebA's own list of attributes, as it is or as pandas or Excel have written it again."""
    try:
        return read_attributes(path)
    except InputError as error:
        first = error
    try:
        written = read_written(path, images)
    except InputError as error:
        raise (error if isinstance(first, _OtherHead) else first) from None
    return _labels_again(written)


def _labels_again(written: Written) -> AttributeTable:
    """The attributes of a list that was written again: with other words for yes and no, or with
    columns more, which are told.
    """
    own = [
        (name, column)
        for name, column in written.columns
        if name in ATTRIBUTES or not (name.lower() in ASIDE or counts(column))
    ]
    _check_names(written.path, tuple(one_word(name) for name, _ in own))
    for name, column in own:
        _check_labels(written, name, column)
    told = [
        f"column {shown(name)} left out: no attribute; what it says is read from {file}"
        for name, _ in written.columns
        if (file := ASIDE.get(name.lower()))
    ]
    table = labels_of_columns(replace(written, columns=own))
    return replace(table, told=(*told, *table.told))


def _check_labels(written: Written, name: str, column: Sequence[str]) -> None:
    """Raise InputError unless an attribute is yes or no for each image that has it."""
    rows = {column[row].strip().lower(): row for row in reversed(written.images)}
    for value, row in rows.items():
        if value not in YES | NO | GAPS:
            raise InputError(
                f"{written.path}, line {written.lines[row]}: label {shown(column[row])}, expected"
                f" -1 and 1, or 0 and 1, in column {shown(name)}"
            )
    zero, minus = (
        [written.lines[row] for value, row in rows.items() if value in no] for no in (ZERO, MINUS)
    )
    if zero and minus:
        raise _mixed(written.path, name, min(zero), min(minus))


def _mixed(path: Path, name: str, zero: int, minus: int) -> InputError:
    """Of an attribute whose 0 may mean no, or that nobody knows."""
    return InputError(
        f"{path}, line {zero}: label 0 of {name}, which is -1 on line {minus}; expected -1 and 1,"
        f" or 0 and 1"
    )


def _by_image(path: Path, rows: dict[str, T], images: Sequence[str]) -> dict[str, T]:
    """What a file says of each image, by the names of these: it may name them with another suffix,
    as any table of labels does.
    """
    lacking = [image for image in images if image not in rows]
    if not lacking:
        return rows
    there = set(images)
    free = [name for name in rows if name not in there]
    found = match_names(free, lacking)
    if len(set(found.values())) < len(found):
        twice = next(image for image, count in Counter(found.values()).items() if count > 1)
        raise InputError(f"{path}: {twice} has two rows, expected one")
    names = {free[row]: image for row, image in found.items()}
    return {names.get(name, name): value for name, value in rows.items()}


def _draw(names: list[str], count: int | None, seed: int) -> list[str]:
    """So many of them at random, in their order; all where there are no more."""
    if count is None or count >= len(names):
        return names
    rows = np.random.default_rng(seed).choice(len(names), count, replace=False)
    return [names[row] for row in np.sort(rows)]


def _people(
    root: Path, present: Sequence[str], names: Sequence[str]
) -> tuple[NDArray[np.int64] | None, tuple[str, ...]]:
    """[image] the person of each of some of the images that are present, None unless a file tells
    it of all; and what is left out.
    """
    path = identity_file(root)
    if path is None:
        return None, ()
    people = _by_image(path, read_people(path), present)
    if missing := [name for name in names if name not in people]:
        line = f"{path.name} left out: no person for {missing[0]}, nor for {len(missing) - 1} more"
        return None, (line,)
    return np.array([people[name] for name in names], np.int64), ()


def find_images(root: Path, packed: Path | None = None) -> tuple[Path, Listing]:
    """The folder of a dataset's images and the names below it: `img_align_celeba/` where there is
    one, else `root` and all that lies in it; and which lists of labels near them, or near what
    they were unpacked from, are not read.
    """
    directory = image_directory(root)
    found = search_images(root) if directory == root else list_images(directory)
    own = label_files(root)[0]
    aside = () if own and own.name != COLUMNS else lists_aside(packed or root, directory)
    return directory, replace(found, aside=aside)


def lists_aside(root: Path, directory: Path) -> tuple[str, ...]:
    """A line on a list of attributes that lies near `root` or its images, and is not read."""
    above = (root.parent, root.parent.parent) if root.name == IMAGE_FOLDER else (root.parent,)
    for place in dict.fromkeys((root, directory, directory.parent, *above)):
        for folder in (place, place / "Anno"):
            for path in _listed(folder)[:1]:
                other = f", or data.root to {place}" if _is_root(place, path, directory) else ""
                return (
                    f"a list of attributes, {path}, is not read; where it is of these images, set"
                    f" data.labels to it{other}",
                )
    return ()


def _is_root(place: Path, path: Path, directory: Path) -> bool:
    """Whether with a folder above the images given as data.root this list were read of them."""
    above = place in directory.parents and path in label_files(place)
    return above and image_directory(place) == directory


def _listed(folder: Path) -> list[Path]:
    """The lists of attributes in a folder; none where nobody may look into it."""
    try:
        names = os.listdir(folder)  # noqa: PTH208  of many images no paths are made
    except OSError:
        return []
    found = sorted(name for name in names if LISTS.fullmatch(name))
    return [folder / name for name in found if (folder / name).is_file()]


def image_directory(root: Path) -> Path:
    """The folder that holds the images: `img_align_celeba/`, or one more inside it (as in Kaggle's
    archive); `CelebA-HQ-img/` of CelebAMask-HQ; `root` itself where there is none.
    """
    if not root.is_dir():
        found = "a file" if root.is_file() else "no such folder"
        mend = f"; {what}" if root.is_file() and (what := holding_mend(root.name)) else ""
        mend = mend or ("" if root.is_file() else named_alike(root))
        raise InputError(
            f"{root}: {found} (data.root: a folder of images, or one that holds"
            f" {IMAGE_FOLDER}/){mend}"
        )
    outer = root / IMAGE_FOLDER
    places = (outer / IMAGE_FOLDER, outer, root / HQ_FOLDER)
    return next((place for place in places if place.is_dir()), root)


def label_files(root: Path) -> tuple[Path | None, Path | None]:
    """The attribute file and the partition file of a CelebA folder, or of one of unpacked Parquet
    files, each None where there is none.
    """

    def first(stem: str) -> Path | None:
        return _table(root, f"{stem}.txt") or _table(root, f"{stem}.csv")

    own = first("list_attr_celeba") or first("CelebAMask-HQ-attribute-anno")
    return own or _table(root, COLUMNS), first(PARTITION)


def identity_file(root: Path) -> Path | None:
    """The file that says which person each image of a CelebA folder shows; None where there is
    none.
    """
    return _table(root, IDENTITIES)


def _table(root: Path, name: str) -> Path | None:
    """A table of that name in the folder; None where nothing is called so."""
    path = root / name
    if os.path.lexists(path) and not path.is_file():  # a folder, a pipe, a link to nowhere
        raise InputError(f"{path}: not a file, expected a table")
    return path if path.is_file() else None


def read_attributes(path: Path) -> AttributeTable:
    """Read `list_attr_celeba.txt` (the official format) or `.csv` (Kaggle's); labels 0 / 1 or -1 /
    +1.

    Raises
    ------
    InputError
        Names the line, what was found and what was expected.
    """
    lines = _label_lines(path)
    _, header = next(lines, (0, []))
    if (
        path.suffix == ".txt" and len(header) == 1
    ):  # the official file starts with the number of rows
        _, header = next(lines, (0, []))
    names = tuple(header[1:] if header and header[0] == "image_id" else header)
    _check_names(path, names)
    rows: dict[str, int] = {}
    values: list[list[int]] = []
    numbers: list[int] = []
    for number, fields in lines:
        if fields[0] in rows:
            raise InputError(
                f"{path}, line {number}: {fields[0][:100]} has two rows, expected one"
            )
        rows[fields[0]] = len(values)
        values.append(_labels(path, number, fields, len(names)))
        numbers.append(number)
    if not values:
        raise InputError(
            f"{path}: no rows below the names (expected a file name and {len(names)} labels a row)"
        )
    labels = np.array(values, np.int8)
    zero, minus = labels == 0, labels == -1
    for column in np.flatnonzero(zero.any(axis=0) & minus.any(axis=0)):
        at = (numbers[int(labelled[:, column].argmax())] for labelled in (zero, minus))
        raise _mixed(path, names[column], *at)
    return AttributeTable(names, rows, labels > 0)


def read_partition(path: Path) -> dict[str, int]:
    """Read `list_eval_partition.txt` or `.csv`: image name to 0 (train), 1 (valid) or 2 (test)."""
    partition: dict[str, int] = {}
    for number, fields in _label_lines(path):
        if fields[0] == "image_id":
            continue
        if len(fields) != 2 or fields[1] not in {"0", "1", "2"}:
            raise InputError(
                f"{path}, line {number}: found {shown(' '.join(fields))}, expected a file name"
                f" and 0, 1 or 2"
            )
        if fields[0] in partition:
            raise InputError(
                f"{path}, line {number}: {fields[0][:100]} has two rows, expected one"
            )
        partition[fields[0]] = int(fields[1])
    return partition


def read_people(path: Path) -> dict[str, int]:
    """Read `identity_CelebA.txt`: image name to the number of the person that it shows."""
    people: dict[str, int] = {}
    for number, fields in _label_lines(path):
        if len(fields) != 2 or not re.fullmatch("[0-9]{1,18}", fields[1]):
            raise InputError(
                f"{path}, line {number}: found {shown(' '.join(fields))}, expected a file name and"
                f" the number of a person"
            )
        if fields[0] in people:
            raise InputError(
                f"{path}, line {number}: {fields[0][:100]} has two rows, expected one"
            )
        people[fields[0]] = int(fields[1])
    return people


def _label_lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Line number and fields of every line of a label file that is not blank."""
    file = io.StringIO(read_text(path), newline="")
    lines = csv.reader(file) if path.suffix == ".csv" else (line.split() for line in file)
    try:
        for number, fields in enumerate(lines, 1):
            if fields:
                yield number, fields
    except csv.Error as error:
        raise InputError(f"{path}: cannot be read as a table ({error})") from None


def _check_names(path: Path, names: tuple[str, ...]) -> None:
    if not names:
        raise _OtherHead(
            f"{path}: no attribute names in it (expected CelebA's {len(ATTRIBUTES)} names in its"
            f" head)"
        )
    for name in names:
        if name not in ATTRIBUTES:
            near = difflib.get_close_matches(name, ATTRIBUTES, 1)
            mean = f"did you mean {near[0]}?" if near else "one of others is given as data.labels"
            raise _OtherHead(
                f"{path}: unknown attribute {shown(name)} (expected a head of CelebA's"
                f" {len(ATTRIBUTES)} names; {mean})"
            )
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise _OtherHead(f"{path}: attribute {shown(twice)} stands twice in its head")


def _labels(path: Path, number: int, fields: list[str], count: int) -> list[int]:
    if len(fields) != count + 1:
        raise InputError(
            f"{path}, line {number}: {len(fields) - 1} labels, expected {count} after the file"
            f" name"
        )
    try:
        labels = [_LABELS[field] for field in fields[1:]]
    except KeyError as error:
        raise InputError(
            f"{path}, line {number}: label {shown(error.args[0])}, expected -1, 0 or 1"
        ) from None
    return labels


_LABELS = {"-1": -1, "0": 0, "1": 1, "+1": 1}
