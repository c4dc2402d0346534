"""selection.toml: the dimensions that a person chose and what they say of them."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from featamp.errors import InputError

from .config import check_keys, parse_toml, read_text

EXPECTED = 4
CHOICES = {"quality": ("good", "medium", "poor"), "consistent": ("yes", "partly", "no")}
KEYS = ("label", "effect", "quality", "consistent", "notes")


@dataclass(frozen=True)
class Note:
    """What a person says of one dimension; every field may be empty."""

    label: str = ""
    effect: str = ""
    quality: str = ""
    consistent: str = ""
    notes: str = ""


@dataclass(frozen=True)
class Blind:
    """How often a person had a name for a sweep without knowing which it was.

    Attributes
    ----------
    named, shown : sweeps of dimensions that got a name, of so many.
    decoys_named, decoys_shown : the same of random directions, which have none.
    """

    named: int
    shown: int
    decoys_named: int
    decoys_shown: int


@dataclass(frozen=True)
class Selection:
    """A person's choice and notes.

    Attributes
    ----------
    chosen : empty where nobody has chosen yet.
    notes : by dimension.
    blind : None where nobody has named blind.
    text : the file as it stands, with the person's own comments and order.
    """

    chosen: tuple[int, ...] = ()
    notes: dict[int, Note] = field(default_factory=dict)
    blind: Blind | None = None
    text: str = ""

    def note(self, dim: int) -> Note:
        """The note on dimension `dim`, empty where there is none."""
        return self.notes.get(dim, Note())

    @property
    def warning(self) -> str:
        """A sentence where the number chosen is not the four that the assignment asks, else
        empty.
        """
        if not self.chosen or len(self.chosen) == EXPECTED:
            return ""
        found = f"{len(self.chosen)} dimensions are chosen in selection.toml"
        return f"{found}, the assignment asks for {EXPECTED}"


def load_selection(path: Path, latent_dimension: int) -> Selection:
    """Read selection.toml; an empty Selection where the file does not exist.

    Raises
    ------
    InputError
        A key is unknown, a dimension is out of range or doubled, or a value is not one of those
        known.
    """
    if not os.path.lexists(path):
        return Selection()
    return parse_selection(path, read_text(path), latent_dimension)


def parse_selection(path: Path, text: str, latent_dimension: int) -> Selection:
    """The selection that `text` holds, the content of the file at `path` or what is to become it;
    errors as above.
    """
    table = parse_toml(path, text)
    check_keys(path, "", table, ("chosen", "dimension", "blind"))
    chosen = table.get("chosen", [])
    if not isinstance(chosen, list):
        raise InputError(
            f"{path}: chosen is {chosen!r}, expected a list of dimensions such as [94, 128]"
        )
    dims = tuple(_dimension(path, "chosen", value, latent_dimension) for value in chosen)
    if twice := [dim for dim in dims if dims.count(dim) > 1]:
        raise InputError(f"{path}: dimension {twice[0]} is chosen twice")
    tables = table.get("dimension", {})
    if not isinstance(tables, dict):
        raise InputError(
            f"{path}: dimension is {tables!r}, expected tables such as [dimension.94]"
        )
    notes = {}
    for key, value in tables.items():
        number = int(key) if re.fullmatch("0|[1-9][0-9]{0,8}", key) else key
        dim = _dimension(path, f"[dimension.{key}]", number, latent_dimension)
        notes[dim] = _note(path, f"dimension.{key}", value)
    return Selection(dims, notes, _blind(path, table["blind"]) if "blind" in table else None, text)


def _dimension(path: Path, place: str, value: object, latent_dimension: int) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < latent_dimension:
        return value
    raise InputError(
        f"{path}: {place} names dimension {value!r}, expected 0 to {latent_dimension - 1}"
    )


def _note(path: Path, place: str, table: Any) -> Note:  # noqa: ANN401  whatever the file holds
    if not isinstance(table, dict):
        raise InputError(f"{path}: {place} is {table!r}, expected a table")
    check_keys(path, f"{place}.", table, KEYS)
    for key, value in table.items():
        if not isinstance(value, str):
            raise InputError(f"{path}: {place}.{key} is {value!r}, expected text in quotes")
        known = CHOICES.get(key)
        if known and value and value not in known:
            raise InputError(
                f"{path}: {place}.{key} is {value!r}, expected one of {', '.join(known)}"
            )
    return Note(**table)


def _blind(path: Path, table: Any) -> Blind:  # noqa: ANN401  whatever the file holds
    keys = tuple(f.name for f in fields(Blind))
    if not isinstance(table, dict):
        raise InputError(f"{path}: blind is {table!r}, expected a table")
    check_keys(path, "blind.", table, keys)
    for key in keys:
        value = table.get(key)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise InputError(f"{path}: blind.{key} is {value!r}, expected a count")
    blind = Blind(**table)
    if blind.named > blind.shown or blind.decoys_named > blind.decoys_shown:
        raise InputError(f"{path}: blind says that more were named than shown")
    return blind
