"""What CelebA's lists say of each image, as it has them or as others have written them again."""

from __future__ import annotations

import csv
import difflib
import io
import re
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np

from featamp.errors import InputError, shown
from featamp.io.celeba.names import ATTRIBUTES, IDENTITIES, PARTITION
from featamp.io.files.known import Known
from featamp.io.files.numbers import GAPS
from featamp.io.files.rows import counts
from featamp.io.files.table import (
    MINUS,
    NO,
    YES,
    ZERO,
    AttributeTable,
    Written,
    labels_of_columns,
    one_word,
    plain_word,
    read_written,
)
from featamp.io.files.text import read_text

ASIDE = {
    **dict.fromkeys(("partition", "split"), f"{PARTITION}.csv"),
    "identity": IDENTITIES,
    **dict.fromkeys(("", "index", "unnamed: 0"), ""),
}
"""Columns of a list written again that are no attributes, in small letters, and the file that
says the same."""
_LABELS = {"-1": -1, "0": 0, "1": 1, "+1": 1}


class _OtherHead(InputError):
    """A list of attributes does not begin as CelebA's own does."""


def read_list(path: Path, images: Sequence[str]) -> AttributeTable:
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
    rows = {plain_word(column[row]): row for row in reversed(written.images)}
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
        _require_new(path, number, fields[0], rows)
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
    return AttributeTable(names, rows, labels > 0, source=path.name)


def read_parts(path: Path, images: Sequence[str]) -> dict[str, int]:
    """What `read_partition` says, also where pandas or Excel have written the file again."""
    return _or_again(path, images, read_partition, lambda written: written.parts)


def read_identities(path: Path, images: Sequence[str]) -> dict[str, int]:
    """What `read_people` says, likewise."""
    return _or_again(path, images, read_people, lambda written: written.people)


def _or_again(
    path: Path,
    images: Sequence[str],
    read: Callable[[Path], dict[str, int]],
    known: Callable[[Written], Known | None],
) -> dict[str, int]:
    """What a file says as CelebA has it or, where it is not so, as any table."""
    try:
        return read(path)
    except InputError:
        with suppress(InputError):
            if again := known(read_written(path, images)):
                return dict(again.values)
        raise


def read_partition(path: Path) -> dict[str, int]:
    """Read `list_eval_partition.txt` or `.csv`: image name to 0 (train), 1 (valid) or 2 (test)."""
    lines = ((number, fields) for number, fields in _label_lines(path) if fields[0] != "image_id")
    return _numbers(path, lines, "[012]", "0, 1 or 2")


def read_people(path: Path) -> dict[str, int]:
    """Read `identity_CelebA.txt`: image name to the number of the person that it shows."""
    return _numbers(path, _label_lines(path), "[0-9]{1,18}", "the number of a person")


def _numbers(
    path: Path, lines: Iterable[tuple[int, list[str]]], pattern: str, expected: str
) -> dict[str, int]:
    """Image name to the number that stands behind it, once."""
    found: dict[str, int] = {}
    for number, fields in lines:
        if len(fields) != 2 or not re.fullmatch(pattern, fields[1]):
            raise InputError(
                f"{path}, line {number}: found {shown(' '.join(fields))}, expected a file name and"
                f" {expected}"
            )
        _require_new(path, number, fields[0], found)
        found[fields[0]] = int(fields[1])
    return found


def _require_new(path: Path, number: int, name: str, rows: Container[str]) -> None:
    """Raise InputError where an image has a row already."""
    if name in rows:
        raise InputError(f"{path}, line {number}: {name[:100]} has two rows, expected one")


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
