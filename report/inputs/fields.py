"""The fields that a person fills in: each is declared once, where its record is, and read from
there by whoever checks, shows or writes it.
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from featamp.errors import InputError, shown

from .toml import check_keys

Record = TypeVar("Record")
_DECLARED = "declared"
_REQUIRED = ("count", "moves")
"""Kinds of fields that cannot be left out."""
_MOVES = 'dimensions, each once with an alpha in σ other than 0, such as "94 +1.5, 12 -2"'
_MOVE = re.compile(r"[ \t]*(0|[1-9][0-9]{0,8})[ \t]+([+-]?[0-9]{1,9}(?:\.[0-9]{1,9})?)[ \t]*")


@dataclass(frozen=True)
class Field:
    """One field of a table of selection.toml.

    Attributes
    ----------
    name, heading : its key in the file, and what people read.
    kind : "text", "choice" (one of `choices`, or empty), "count" (a whole number, required),
        "moves" (as `read_moves` reads them, required; no field of a form) or "model" (for which
        model the rest was written; no field of a form).
    long : it takes a line of the form for itself.
    lines : of the field in the form; with more than one it holds paragraphs.
    hint : what to fill in, as the empty field says it.
    """

    name: str
    heading: str
    kind: str
    choices: tuple[str, ...] = ()
    long: bool = False
    lines: int = 1
    hint: str = ""


def text(heading: str, *, hint: str = "", long: bool = False, lines: int = 1) -> Any:  # noqa: ANN401  as dataclasses.field
    """Declare a field of free text in a dataclass."""
    return _declare("text", heading, "", long=long, lines=lines, hint=hint)


def choice(heading: str, *choices: str) -> Any:  # noqa: ANN401  as dataclasses.field
    """Declare a field that holds one of `choices`, or nothing."""
    return _declare("choice", heading, "", choices=choices)


def count(heading: str) -> Any:  # noqa: ANN401  as dataclasses.field
    """Declare a field that holds a whole number of at least 0."""
    return _declare("count", heading, dataclasses.MISSING)


def moves(heading: str) -> Any:  # noqa: ANN401  as dataclasses.field
    """Declare a field that holds dimensions and how far each is moved."""
    return _declare("moves", heading, dataclasses.MISSING)


def for_model() -> Any:  # noqa: ANN401  as dataclasses.field
    """Declare the field that says for which model the others were written."""
    return _declare("model", "Model", "")


def _declare(kind: str, heading: str, default: object, **given: object) -> Any:  # noqa: ANN401
    declared = {"kind": kind, "heading": heading, **given}
    return dataclasses.field(default=default, metadata={_DECLARED: declared})


def fields_of(record: type) -> tuple[Field, ...]:
    """The fields that a dataclass declares, in its order."""
    return tuple(Field(f.name, **f.metadata[_DECLARED]) for f in dataclasses.fields(record))


def form_fields(record: type) -> tuple[Field, ...]:
    """The fields of a dataclass that a person fills in."""
    return tuple(field for field in fields_of(record) if field.kind not in ("model", "moves"))


def read_moves(text: str) -> dict[int, float]:
    """Alpha in standard deviations by dimension, of "94 +1.5, 12 -2"; nothing where `text` is no
    such list, moves a dimension twice or by 0.
    """
    found = [_MOVE.fullmatch(part) for part in text.split(",")]
    read = [(int(move[1]), float(move[2])) for move in found if move]
    alphas = dict(read)
    return alphas if len(alphas) == len(found) and all(alphas.values()) else {}


def read_record(record: type[Record], path: Path, place: str, table: object) -> Record:
    """The record that a table of a TOML file holds.

    Raises
    ------
    InputError
        It is no table, a key is unknown, or a value is not what its field holds.
    """
    if not isinstance(table, dict):
        raise InputError(f"{path}: {place} is {shown(table)}, expected a table")
    fields = fields_of(record)
    check_keys(path, f"{place}.", table, tuple(field.name for field in fields))
    for field in fields:
        value = table.get(field.name, None if field.kind in _REQUIRED else "")
        if expected := _expected(field, value):
            raise InputError(
                f"{path}: {place}.{field.name} is {shown(value)}, expected {expected}"
            )
    return record(**table)


def _expected(field: Field, value: object) -> str:
    """What the field should hold; empty where `value` is that."""
    if field.kind == "count":
        whole = isinstance(value, int) and not isinstance(value, bool) and value >= 0
        return "" if whole else "a count"
    if field.kind == "moves":
        return "" if isinstance(value, str) and read_moves(value) else _MOVES
    if not isinstance(value, str):
        return "text in quotes"
    known = field.kind != "choice" or value in ("", *field.choices)
    return "" if known else f"one of {', '.join(field.choices)}"
