"""Labels however they come in any table with a column of file names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from featamp.errors import InputError, shown
from featamp.io.files.known import Known, PeopleNumbers, is_of_people, parts_in
from featamp.io.files.listing import is_image
from featamp.io.files.naming import (
    Naming,
    column_of_images,
    contradictions,
    is_index,
    match_names,
)
from featamp.io.files.numbers import (
    GAPS,
    Float,
    Numbers,
    as_numbers,
    has_commas,
    split_at,
)
from featamp.io.files.rows import counts, read_rows

WHOLE = re.compile(r"([+-]?)([01])(\.0*|,(?!000$)0*)?(e[+-]?0+)?")
"""A 0 or 1 as pandas, NumPy or a spreadsheet writes it, as a fraction, too."""
YES = frozenset(("1", "true", "t", "yes", "y"))
ZERO = frozenset(("0", "false", "f", "no", "n"))
MINUS = frozenset(("-1",))
NO = ZERO | MINUS
CLASSES = 20
"""A column of at most so many different values is taken for one of classes, a label each."""


@dataclass(frozen=True)
class AttributeTable:
    """A table of labels: `values` is bool [row, attribute]; `rows` maps an image's name to its
    row; `told` says what of it was left out, or read as numbers; `numbers` [row] by the place of
    the attribute that they are, whose `values` say nothing; `source` where it comes from, `doubts`
    what speaks against it.
    """

    names: tuple[str, ...]
    rows: dict[str, int]
    values: NDArray[np.bool_]
    told: tuple[str, ...] = ()
    numbers: Mapping[int, Float] = field(default_factory=dict)
    source: str = ""
    doubts: tuple[str, ...] = ()

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
    source : its file's name, and which column names the images.
    doubts : what speaks against these being its images, a line each.
    """

    path: Path
    lines: list[int]
    keys: dict[str, int]
    images: dict[int, str]
    columns: list[tuple[str, Sequence[str]]]
    source: str
    doubts: tuple[str, ...]

    @property
    def parts(self) -> Known | None:
        """The parts of its images, by its first column that tells them."""
        told = ((head, parts_in(head, texts)) for head, texts in self.columns)
        return next((self._known(head, parts) for head, parts in told if parts), None)

    @property
    def people(self) -> Known | None:
        """The people that its images show, likewise."""
        told = ((head, texts) for head, texts in self.columns if is_of_people(head))
        return next((self._known(h, map(PeopleNumbers().of, texts)) for h, texts in told), None)

    def _known(self, head: str, numbers: Iterable[int | None]) -> Known:
        told = ((self.images.get(row), number) for row, number in enumerate(numbers))
        values = {image: number for image, number in told if image and number is not None}
        return Known(f"column {shown(head)} of {self.path.name}", values)

    def among(self, images: Iterable[str]) -> Written:
        """The same where other images than some are not used, whose labels decide nothing."""
        used = set(images)
        return replace(self, images={r: name for r, name in self.images.items() if name in used})


def read_table(path: Path, images: Sequence[str], *, unpacked: bool = False) -> AttributeTable:
    """Read a table of labels for `images`, which it names with or without folder and suffix.

    Columns of 0 / 1, -1 / 1 or true / false are labels; a column of at most `CLASSES` different
    values is one of classes, a label each; one of more numbers, or of numbers with fractions, is a
    label that is a number, told; others, and those that lack a value of an image, are left out and
    told.

    Parameters
    ----------
    path : text with a head, its fields apart by tabs, semicolons, commas, bars or blanks.
    images : names of the image files.
    unpacked : whether it was written beside images that were unpacked: its first column names
        them, and it need not hold a label.

    Raises
    ------
    InputError
        It cannot be read, has no head, or names none of the images.
    """
    return labels_of_columns(read_written(path, images, unpacked=unpacked), needed=not unpacked)


def read_written(
    path: Path, images: Sequence[str], *, unpacked: bool = False, home: str = ""
) -> Written:
    """Read a table as it is written; `images` tell which column names them, from where they all
    lie or from a folder there, the table's `home`.

    Raises
    ------
    InputError
        As of `read_table`.
    """
    rows = read_rows(path)
    naming = (
        Naming(0, match_names(rows.columns[0], images), ())
        if unpacked
        else column_of_images(rows, images, home)
    )
    place, found = naming.column, naming.images
    above = set(match_names([rows.head[place]], images).values()) - set(found.values())
    if above or is_image(PurePosixPath(rows.head[place]).name):
        raise InputError(
            f"{path}: has no head, its first line is of the image {shown(rows.head[place])}; write"
            f" one above it, {len(rows.head)} names such as image,smiling"
        )
    twice = [name for name, count in Counter(found.values()).items() if count > 1]
    if twice:
        raise InputError(f"{path}: {twice[0]} has two rows, expected one")
    keys = {found.get(row, text): row for row, text in enumerate(rows.columns[place])}
    others: list[tuple[str, Sequence[str]]] = [
        (head, texts)
        for number, (head, texts) in enumerate(zip(rows.head, rows.columns, strict=True))
        if number != place
    ]
    beside = f", not {' or '.join(map(shown, naming.rivals))}" if naming.rivals else ""
    source = f"{path.name}, whose column {shown(rows.head[place])} names the images{beside}"
    doubts = _doubts(path, rows.columns[place], found)
    return Written(path, rows.lines, keys, found, others, source, doubts)


def _doubts(path: Path, texts: Sequence[str], images: Mapping[int, str]) -> tuple[str, ...]:
    """A line where rows have other folders than the images that they are taken for."""
    if not (rows := contradictions(texts, images)):
        return ()
    more = f", and {len(rows) - 1} more likewise" if len(rows) > 1 else ""
    return (
        f"{path}: {shown(texts[rows[0]])} is taken for the image {images[rows[0]]!r}, which lies"
        f" in another folder{more}: is it a table of other images?",
    )


def labels_of_columns(written: Written, *, needed: bool = True) -> AttributeTable:
    """The labels that the columns of a table hold, as `read_table` has them."""
    labels: dict[str, NDArray[np.bool_] | Float] = {}
    columns: dict[str, str] = {}
    told: list[str] = []
    for name, column in written.columns:
        if counts(column):
            continue
        if is_index(name, column):
            told.append(f"column {shown(name)} left out: it numbers the rows")
            continue
        if is_of_people(name) or parts_in(name, column):
            what = "says who is who" if is_of_people(name) else "says which part an image is of"
            told.append(f"column {shown(name)} {what}, and is no label")
            continue
        made, line = labels_of(name, column, written.images)
        for label in made:
            if label in labels and not np.array_equal(made[label], labels[label]):
                raise InputError(
                    f"{written.path}: two labels are called {shown(label)}, of columns"
                    f" {shown(columns[label])} and {shown(name)}, which differ; expected one (two"
                    f" columns of one name, or a head of several lines?)"
                )
        labels |= made
        columns |= dict.fromkeys(made, name)
        told += [f"column {shown(name)} {line}"] if line else []
    if not labels and needed:
        if written.columns and len(written.lines) == 1:
            raise InputError(f"{written.path}: one row, expected those of two images at least")
        lines = "".join(f"; {line}" for line in told)
        raise InputError(
            f"{written.path}: no column of labels beside the file names (expected 0 / 1, -1 / 1,"
            f" true / false, at most {CLASSES} different values, or numbers){lines}"
        )
    table = AttributeTable.of(as_words(labels), written.keys, labels.values(), tuple(told))
    return replace(table, source=written.source, doubts=written.doubts)


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
    plain = {value: plain_word(value) for value in set(column)}
    values = [plain[value] for value in column]
    here = [column[row] for row in images]
    known = {values[row] for row in images} - GAPS
    if known <= YES | NO and known and not (known & ZERO and known & MINUS):
        lacking = [image for row, image in images.items() if values[row] in GAPS]
        if lacking:
            return {}, f"left out: no label for {_lacking(lacking)}"
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
            return {}, f"left out: no number for {_lacking(gaps)}"
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
        return {}, f"left out: no label for {_lacking(lacking)}"
    alike = {kind.casefold(): kind for kind in kinds}  # but for capitals, as they may be meant
    two = next(((kind, a) for kind in kinds if (a := alike[kind.casefold()]) != kind), None)
    line = f"has {shown(two[0])} and {shown(two[1])} as two classes" if two else ""
    return {f"{name}_{kind}": np.array(column) == kind for kind in kinds}, line


def plain_word(text: str) -> str:
    """A value in small letters; of a 0, 1 or -1 however it is written, that."""
    word = text.strip().lower()
    if number := WHOLE.fullmatch(word):
        sign, digit = number[1], number[2]
        return f"-{digit}" if (sign, digit) == ("-", "1") else digit
    return word


def as_text(value: object) -> str:
    """What a table holds of a value: nothing of one that is missing (None, NaN, pandas' NA)."""
    text = str(value)
    return "" if not isinstance(value, str) and text.lower() in GAPS else text


def _lacking(images: Sequence[str]) -> str:
    """The first of the images that lack a value, how many more do, and what is to be done."""
    more = f", nor for {len(images) - 1} more" if len(images) > 1 else ""
    return f"{shown(images[0])}{more}; fill it in, or leave out such rows"


def _are_numbers(numbers: Float, few: bool) -> bool:
    """Whether these count or measure, and do not number classes: whole ones of a few different
    values do.
    """
    known = np.unique(numbers[np.isfinite(numbers)])
    return len(known) > 2 and (not few or bool((known % 1 != 0).any()))


def as_words(names: Iterable[str]) -> tuple[str, ...]:
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
