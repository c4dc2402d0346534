"""Labels however they come: any table with a column of file names, or a folder a class."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from featamp.errors import InputError, shown
from featamp.io.files.listing import IMAGE_SUFFIXES, is_image
from featamp.io.files.numbers import (
    GAPS,
    Float,
    Numbers,
    as_numbers,
    has_commas,
    split_at,
)
from featamp.io.files.text import read_text

WHOLE = ("", ".0", ",0", ".00", ",00")
"""How a 0 or 1 may end that pandas or a spreadsheet wrote as a fraction."""
YES = frozenset((*(one + end for one in ("1", "+1") for end in WHOLE), "true", "t", "yes", "y"))
ZERO = frozenset((*(f"0{end}" for end in WHOLE), "false", "f", "no", "n"))
MINUS = frozenset(f"-1{end}" for end in WHOLE)
NO = ZERO | MINUS
SEPARATOR = re.compile(r'\s*"?sep=[,;|\t]"?\s*', re.IGNORECASE)
"""The line that tells Excel how fields stand apart; the head shows it, too."""
NAMERS = ("image", "image_id", "img", "file", "filename", "file_name", "name", "path", "id")
"""How a column of images is called in a head."""
CLASSES = 20
"""A column of at most so many different values is taken for one of classes, a label each."""
SPLIT_FOLDERS = {"train": 0, "val": 1, "valid": 1, "validation": 1, "test": 2}
"""Folders that are parts of a dataset, and the part of each."""


@dataclass(frozen=True)
class AttributeTable:
    """A table of labels: `values` is bool [row, attribute]; `rows` maps an image's name to its
    row; `told` says what of it was left out, or read as numbers; `numbers` [row] by the place of
    the attribute that they are, whose `values` say nothing.
    """

    names: tuple[str, ...]
    rows: dict[str, int]
    values: NDArray[np.bool_]
    told: tuple[str, ...] = ()
    numbers: Mapping[int, Float] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        names: tuple[str, ...],
        rows: dict[str, int],
        columns: Iterable[NDArray[np.bool_] | Float],
        told: tuple[str, ...] = (),
    ) -> AttributeTable:
        """From a column an attribute, of numbers or bool."""
        made = list(columns)
        flags = [c if c.dtype == bool else np.zeros(len(c), bool) for c in made]
        values = np.stack(flags, axis=1) if flags else np.zeros((0, 0), bool)
        numbers = {at: c.astype(np.float64) for at, c in enumerate(made) if c.dtype != bool}
        return cls(names, rows, values, told, numbers)

    def select(self, names: Sequence[str]) -> tuple[NDArray[np.bool_], Numbers | None]:
        """The rows of `names`, in their order: bool [image, attribute], True of a number above
        its median; and the numbers.
        """
        rows = [self.rows[name] for name in names]
        labels = self.values[rows]
        if not self.numbers:
            return labels, None
        columns = tuple(self.numbers)
        values = np.stack([numbers[rows] for numbers in self.numbers.values()], axis=1)
        splits = tuple(split_at(column) for column in values.T)
        labels[:, columns] = values > splits
        return labels, Numbers(columns, values, splits)


@dataclass(frozen=True)
class Written:
    """A table as it is written, of which it is known what names the images.

    Attributes
    ----------
    path : its file.
    lines : [row] their numbers in the file.
    keys : an image's name, or what stands in its place, to its row.
    images : row to image, of those that have one.
    columns : name and text of each column beside the file names.
    """

    path: Path
    lines: list[int]
    keys: dict[str, int]
    images: dict[int, str]
    columns: list[tuple[str, Sequence[str]]]


def classes_of_folders(images: Sequence[str]) -> AttributeTable | None:
    """A label for each folder that images lie in, as torchvision's `ImageFolder` reads classes,
    below `train/` and `test/` too; None where some lie in none, or all in one.

    Parameters
    ----------
    images : paths below the folder of the dataset.
    """
    skipped = int(parts_of_folders(images) is not None)
    places = [PurePosixPath(name).parts[skipped:-1] for name in images]
    classes = [place[0] if place else "" for place in places]
    names = sorted(set(classes))
    if "" in names or len(names) < 2:
        return None
    values = np.array(classes)[:, None] == np.array(names)
    return AttributeTable(_words(names), {n: row for row, n in enumerate(images)}, values)


def parts_of_folders(images: Sequence[str]) -> dict[str, int] | None:
    """The part (0 train, 1 valid, 2 test) of each image, None unless all lie in such folders."""
    tops = [PurePosixPath(name).parts[0].lower() for name in images]
    if not set(tops) <= SPLIT_FOLDERS.keys():
        return None
    return {name: SPLIT_FOLDERS[top] for name, top in zip(images, tops, strict=True)}


def read_table(path: Path, images: Sequence[str], *, needed: bool = True) -> AttributeTable:
    """Read a table of labels for `images`, which it names with or without folder and suffix.

    Columns of 0 / 1, -1 / 1 or true / false are labels; a column of at most `CLASSES` different
    values is one of classes, a label each; one of more numbers, or of numbers with fractions, is a
    label that is a number, told; others, and those that lack a value of an image, are left out and
    told.

    Parameters
    ----------
    path : text with a head, its fields apart by tabs, semicolons, commas, bars or blanks.
    images : names of the image files.
    needed : whether it must hold a label.

    Raises
    ------
    InputError
        It cannot be read, has no head, or names none of the images.
    """
    return labels_of_columns(read_written(path, images), needed=needed)


def read_written(path: Path, images: Sequence[str]) -> Written:
    """Read a table as it is written; `images` tell which column names them.

    Raises
    ------
    InputError
        As of `read_table`.
    """
    head, rows = _read(path)
    columns = list(zip(*(fields for _, fields in rows), strict=True))
    found = [match_names(column, images) for column in columns]
    place = max(range(len(columns)), key=lambda at: _worth(columns[at], found[at]))
    named = set(found[place].values())
    if not named or 2 * len(named) < len(found[place]):  # the same few in all rows are labels
        raise InputError(f"{path}: names none of the images: {unmatched(columns, images)}")
    first = set(match_names(head[place : place + 1], images).values()) - named
    if first or is_image(PurePosixPath(head[place]).name):
        raise InputError(
            f"{path}: has no head, its first line is of the image {shown(head[place])}; write one"
            f" above it, {len(head)} names such as image,smiling"
        )
    twice = [name for name, count in Counter(found[place].values()).items() if count > 1]
    if twice:
        raise InputError(f"{path}: {twice[0]} has two rows, expected one")
    others: list[tuple[str, Sequence[str]]] = [
        (name, column)
        for number, (name, column) in enumerate(zip(head, columns, strict=True))
        if number != place
    ]
    keys = {found[place].get(row, text): row for row, text in enumerate(columns[place])}
    return Written(path, [number for number, _ in rows], keys, found[place], others)


def labels_of_columns(written: Written, *, needed: bool = True) -> AttributeTable:
    """The labels that the columns of a table hold, as `read_table` has them."""
    labels: dict[str, NDArray[np.bool_] | Float] = {}
    told: list[str] = []
    for name, column in written.columns:
        if counts(column):
            continue
        made, line = labels_of(name, column, written.images)
        for label in made:
            if label in labels:
                raise InputError(
                    f"{written.path}: two labels are called {shown(label)}, expected one (two"
                    f" columns of one name, or a head of several lines?)"
                )
        labels |= made
        told += [f"column {shown(name)} {line}"] if line else []
    if not labels and needed:
        if written.columns and len(written.lines) == 1:
            raise InputError(f"{written.path}: one row, expected those of two images at least")
        lines = "".join(f"; {line}" for line in told)
        raise InputError(
            f"{written.path}: no column of labels beside the file names (expected 0 / 1, -1 / 1,"
            f" true / false, at most {CLASSES} different values, or numbers){lines}"
        )
    return AttributeTable.of(_words(labels), written.keys, labels.values(), tuple(told))


def _read(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Head and rows of a table, each row with its line's number and as long as the head."""
    text = read_text(path)
    if _is_json(text):
        raise InputError(
            f"{path}: JSON, expected a table: in pandas, read_json(...).to_csv(...) writes it as"
            f" one (lines=True where each line is a record)"
        )
    try:
        return _split(path, text)
    except csv.Error as error:  # a field of a megabyte
        raise InputError(f"{path}: cannot be read as a table ({error})") from None


def _is_json(text: str) -> bool:
    """Whether a text begins with a list or a record of JSON."""
    try:
        return isinstance(json.JSONDecoder().raw_decode(text.strip())[0], list | dict)
    except (ValueError, RecursionError):
        return False


def _split(path: Path, text: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    text = "\n".join(text.splitlines())  # whatever system ended the lines
    skipped, text, mark = _begun(text)
    lines = [(n + skipped, fields) for n, fields in _fields(text, mark) if any(fields)]
    quotes = "; a comma within a field, as in 31,5, needs quotes around it" if mark == "," else ""
    if len(lines) < 2:
        raise InputError(f"{path}: no rows in it (expected a head, and a row an image)")
    head = lines[0][1]
    if "..." in head:
        raise InputError(
            f"{path}: shortened, its head has ... in place of columns; in pandas, to_csv(...)"
            f" writes all of a table"
        )
    above = ""  # what stands over the names: nothing, or a line of its own, as pandas prints it
    if len(lines) > 2 and len(lines[1][1]) == 1 and len(lines[2][1]) == len(head) + 1:
        above = lines.pop(1)[1][0]
    rows: list[tuple[int, list[str]]] = []
    for number, fields in lines[1:]:
        if not rows and len(fields) == len(head) + 1:
            head = [above, *head]
        if len(fields) != len(head):
            raise InputError(
                f"{path}, line {number}: fields: {len(fields)}, expected {len(head)} as in its"
                f" head, the first line, {shown(' '.join(head))}{quotes}"
            )
        rows.append((number, fields))
    if quotes and len(head) > len(lines[0][1]) and _is_shifted(head, rows):
        raise InputError(
            f"{path}: fields: {len(head)} in each row, expected {len(head) - 1} as in its head"
            f"{quotes}"
        )
    return head, rows


def _is_shifted(head: Sequence[str], rows: Sequence[tuple[int, list[str]]]) -> bool:
    """Whether no column before its head makes rows longer by a field, but a decimal comma: below
    the word for images stand numbers, and before those nothing that numbers the rows.
    """
    below = (fields[1].lstrip("+-") for _, fields in rows)
    numbers = head[1].lower() in NAMERS and all(map(str.isdigit, below))
    return numbers and not counts([fields[0] for _, fields in rows])


def _begun(text: str) -> tuple[int, str, str]:
    """How many lines stand above a table, the text from its head on, and what its fields are apart
    by: "" for blanks.
    """
    first, _, rest = text.lstrip().partition("\n")
    above = first.strip().isdigit() or SEPARATOR.fullmatch(first)
    skipped = text.count("\n") - rest.count("\n") if above else 0
    if skipped:  # CelebA's own begins with the number of rows
        first, text = rest.lstrip().partition("\n")[0], rest
    mark = max("\t;,|", key=first.count)
    return skipped, text, mark if first.count(mark) else ""


def _fields(text: str, mark: str) -> Iterator[tuple[int, list[str]]]:
    """Number and fields of each line; one in quotes may go over several."""
    if not mark:
        yield from enumerate((line.split() for line in text.splitlines()), 1)
        return
    reader = csv.reader(io.StringIO(text), delimiter=mark, skipinitialspace=True)
    for fields in reader:
        yield reader.line_num, [field.strip() for field in fields]


def _bare(name: str) -> str:
    """A path without an image's suffix, whatever system wrote it: macOS may write one letter with
    an accent as two.
    """
    path = unicodedata.normalize("NFC", name).replace("\\", "/")
    if "/" in path:  # else nothing is to be made plain, and a table may have 200,000 rows
        path = str(PurePosixPath(path))
    bare, point, suffix = path.rpartition(".")
    return bare if bare and (point + suffix).lower() in IMAGE_SUFFIXES else path


def _stem(name: str) -> str:
    """The same without its folders."""
    return _bare(name).rpartition("/")[2]


def match_names(column: Sequence[str], images: Sequence[str]) -> dict[int, str]:
    """The image that each row of a column names, by path or, where that tells fewer, by stem."""
    best: dict[int, str] = {}
    for key in (_bare, _stem):
        known: dict[str, str | None] = {}
        for image, name in zip(images, map(key, images), strict=True):
            known[name] = None if name in known else image
        found = {row: known.get(key(text)) for row, text in enumerate(column) if text}
        matched = {row: image for row, image in found.items() if image is not None}
        best = max(best, matched, key=len)
    return best


def _worth(column: Sequence[str], found: Mapping[int, str]) -> tuple[bool, int, bool]:
    """How well a column names images: by whether it is mostly names with their suffix, as an index
    that counts names 0.png to 59.png too; by how many different ones, since a column of 0 and 1
    names 0.png and 1.png in every row; and not by counting.
    """
    whole = sum(PurePosixPath(column[row]).name == PurePosixPath(found[row]).name for row in found)
    return 2 * whole > len(column), len(set(found.values())), not counts(column)


def unmatched(columns: Sequence[Sequence[str]], images: Sequence[str]) -> str:
    """Why no column names an image."""
    alike: dict[str, list[str]] = {}
    for image in images:
        alike.setdefault(_stem(image), []).append(image)
    for text in (text for column in columns for text in column):
        if len(both := alike.get(_stem(text), [])) > 1:
            return (
                f"{shown(text)} may be {both[0]!r} or {both[1]!r}; rename one, or write their"
                f" folders before the names"
            )
    return (
        f"it has {shown(columns[0][0])} where the folder has {images[0]!r} (expected a column of"
        f" file names, with or without suffix, and with their folders where two are called alike)"
    )


def counts(column: Sequence[str]) -> bool:
    """Whether a column only numbers the rows, as pandas writes an index."""
    return any(list(column) == [str(first + n) for n in range(len(column))] for first in (0, 1))


def labels_of(
    name: str, column: Sequence[str], images: Mapping[int, str]
) -> tuple[dict[str, NDArray[np.bool_] | Float], str]:
    """The labels that a column holds, by name: bool, or the numbers themselves; none where its
    values are neither. And what is to be said of the column, if anything.

    Parameters
    ----------
    images : the image of each row that has one: they alone tell what the column is, and no label
        or number (`GAPS`) may be missing there.
    """
    values = [value.strip().lower() for value in column]
    here = [column[row] for row in images]
    known = {values[row] for row in images} - GAPS
    if known <= YES | NO and known and not (known & ZERO and known & MINUS):
        lacking = [image for row, image in images.items() if values[row] in GAPS]
        if lacking:
            return {}, f"left out: no label for {_and_more(lacking)}"
        if len(set(column)) == 1:
            return {}, f"left out: {shown(column[0])} in every row"
        return {name: np.array([value in YES for value in values])}, ""
    kinds, numbers = sorted(set(here)), as_numbers(here)
    classes = len(kinds) <= min(CLASSES, len(here) - 1)
    if numbers is not None and _are_numbers(numbers, classes):
        gaps = [
            image for image, gap in zip(images.values(), np.isnan(numbers), strict=True) if gap
        ]
        if gaps:
            return {}, f"left out: no number for {_and_more(gaps)}"
        whole = np.full(len(column), np.nan)
        whole[[*images]] = numbers
        return {name: whole}, f"read as numbers{', with a decimal comma' * has_commas(here)}"
    if len(kinds) == 1:
        return {}, f"left out: {shown(kinds[0])} in every row"
    if not classes:
        return {}, (
            f"left out: {len(kinds)} different values that are no numbers, such as"
            f" {shown(kinds[0])}"
        )
    absent = GAPS - {"none"} if numbers is None else GAPS  # among words it is a class: no hat
    if lacking := [image for row, image in images.items() if values[row] in absent]:
        return {}, f"left out: no label for {_and_more(lacking)}"
    return {f"{name}_{kind}": np.array(column) == kind for kind in kinds}, ""


def as_text(value: object) -> str:
    """What a table holds of a value: nothing of one that is missing (None, NaN, pandas' NA)."""
    text = str(value)
    return "" if not isinstance(value, str) and text.lower() in GAPS else text


def _and_more(images: Sequence[str]) -> str:
    """The first of some images, and how many more."""
    return shown(images[0]) + (f", nor for {len(images) - 1} more" if len(images) > 1 else "")


def _are_numbers(numbers: Float, few: bool) -> bool:
    """Whether these count or measure, and do not number classes: whole ones of a few different
    values do.
    """
    known = np.unique(numbers[np.isfinite(numbers)])
    return len(known) > 2 and (not few or bool((known % 1 != 0).any()))


def _words(names: Iterable[str]) -> tuple[str, ...]:
    """Names as one word each, all different, since pages and files are called by them; a number
    would be taken for that of a dimension.
    """
    words: list[str] = []
    for word in map(one_word, names):
        taken = (f"{word}_{n}" if n > 1 else word for n in count(1))
        words.append(next(free for free in taken if free not in words))
    return tuple(words)


def one_word(name: str) -> str:
    """A name as one word that is no number."""
    word = re.sub(r"[^\w.+-]+", "_", name).strip("_.") or "label"
    return f"class_{word}" if re.fullmatch(r"[\d.+-]+", word) else word
