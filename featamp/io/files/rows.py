"""Head and rows of a table of text, however its fields stand apart."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from featamp.errors import InputError, shown
from featamp.io.files.text import read_text

SEPARATOR = re.compile(r'\s*"?sep=[,;|\t]"?\s*', re.IGNORECASE)
"""The line that tells Excel how fields stand apart; the head shows it, too."""
QUOTES = "; a comma within a field, as in 31,5, needs quotes around it"

Line = tuple[int, list[str]]
"""The number of a line in its file, and its fields."""


@dataclass(frozen=True)
class Rows:
    """A table as it is written.

    Attributes
    ----------
    path : its file.
    head : names of its columns.
    lines : [row] their numbers in the file.
    columns : text of each.
    longer : whether each row has a field more than the head was written with, commas between them.
    """

    path: Path
    head: list[str]
    lines: list[int]
    columns: list[tuple[str, ...]]
    longer: bool

    def lacks_quotes(self) -> InputError:
        """The error of a table that is `longer` by the decimal commas of its last column."""
        found, expected = len(self.head), len(self.head) - 1
        return InputError(
            f"{self.path}: fields: {found} in each row, expected {expected} as in its head{QUOTES}"
        )


def read_rows(path: Path) -> Rows:
    """Head and rows of a table, each row as long as the head.

    Raises
    ------
    InputError
        It cannot be read, or holds no table.
    """
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


def _split(path: Path, text: str) -> Rows:
    text = "\n".join(text.splitlines())  # whatever system ended the lines
    skipped, text, mark = _begun(text)
    lines = [(n + skipped, fields) for n, fields in _fields(text, mark) if any(fields)]
    if len(lines) < 2:
        raise InputError(f"{path}: no rows in it (expected a head, and a row an image)")
    (_, written), *rows = lines
    if "..." in written:
        raise InputError(
            f"{path}: shortened, its head has ... in place of columns; in pandas, to_csv(...)"
            f" writes all of a table"
        )
    head, rows = _headed(written, rows)
    for number, fields in rows:
        if len(fields) != len(head):
            raise InputError(
                f"{path}, line {number}: fields: {len(fields)}, expected {len(head)} as in its"
                f" head, the first line, {shown(' '.join(head))}{QUOTES if mark == ',' else ''}"
            )
    columns = list(zip(*(fields for _, fields in rows), strict=True))
    longer = mark == "," and len(head) > len(written)
    return Rows(path, head, [number for number, _ in rows], columns, longer)


def _headed(head: list[str], rows: list[Line]) -> tuple[list[str], list[Line]]:
    """Head and rows of one length, where the rows have a field more: the last, which is empty
    where a mark ends each row, or the first, over which nothing stands but, as pandas prints it,
    a line of its own. An index may stand before a last column that is empty, too.
    """
    more = len(head) + 1
    empty = all(len(fields) == more and not fields[-1] for _, fields in rows)
    if empty and not _begins_with_index([fields for _, fields in rows]):
        return head, [(number, fields[:-1]) for number, fields in rows]
    if len(rows) > 1 and len(rows[0][1]) == 1 and len(rows[1][1]) == more:
        return [rows[0][1][0], *head], rows[1:]
    return (["", *head] if len(rows[0][1]) == more else head), rows


def _begins_with_index(rows: list[list[str]]) -> bool:
    """Whether rows are numbered before what may be their names, all different."""
    first, second = ([fields[column] for fields in rows] for column in (0, 1))
    return counts(first) and len(set(second)) == len(second)


def counts(column: Sequence[str]) -> bool:
    """Whether a column only numbers the rows, as pandas writes an index."""
    return any(list(column) == [str(first + n) for n in range(len(column))] for first in (0, 1))


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
