"""selection.toml: the dimensions that a person chose and what they say of them."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from featamp.errors import InputError, shown

from .config import check_keys, parse_toml, read_text
from .fields import choice, count, read_record, text

EXPECTED = 4
"""How many dimensions the assignment asks for."""


@dataclass(frozen=True)
class Note:
    """[dimension.N]: what a person says of one dimension; every field may be empty."""

    label: str = text("Label", hint="one word, such as smile")
    effect: str = text("Effect", hint="what changes as alpha rises", long=True)
    quality: str = choice("Grade", "good", "medium", "poor")
    consistent: str = choice("Consistent over samples", "yes", "partly", "no")
    notes: str = text("Notes", long=True, lines=2)


@dataclass(frozen=True)
class Writeup:
    """[writeup]: what a person says in the write-up; every field may be empty."""

    title: str = text(
        "Title", hint="feature amplification in a variational autoencoder", long=True
    )
    author: str = text("Author", hint="your name")
    course: str = text("Course", hint="course and date")
    why: str = text("Why these dimensions", hint="why these dimensions", long=True, lines=3)
    experiment1: str = text(
        "Seen in experiment 1", hint="whether each attribute is seen to change", long=True, lines=3
    )
    experiment2: str = text(
        "Seen in experiment 2",
        hint="what the wide range shows that the narrow one does not",
        long=True,
        lines=3,
    )
    experiment3: str = text(
        "Seen in experiment 3", hint="what the dimensions have in common", long=True, lines=3
    )
    conclusion: str = text(
        "Conclusion", hint="what your model has learned, and what not", long=True, lines=3
    )


@dataclass(frozen=True)
class Blind:
    """[blind]: how often a person had a name for a sweep without knowing which it was.

    Attributes
    ----------
    named, shown : sweeps of dimensions that got a name, of so many.
    decoys_named, decoys_shown : the same of random directions, which have none.
    """

    named: int = count("dimensions named")
    shown: int = count("dimensions shown")
    decoys_named: int = count("decoys named")
    decoys_shown: int = count("decoys shown")


TABLES = {"dimension": Note, "writeup": Writeup, "blind": Blind}
"""What each table of selection.toml holds, [dimension] once a dimension."""


@dataclass(frozen=True)
class Selection:
    """A person's choice and notes.

    Attributes
    ----------
    chosen : empty where nobody has chosen yet.
    notes : by dimension.
    writeup : for the write-up.
    blind : None where nobody has named blind.
    text : the file as it stands, with the person's own comments and order.
    """

    chosen: tuple[int, ...] = ()
    notes: dict[int, Note] = field(default_factory=dict)
    writeup: Writeup = Writeup()
    blind: Blind | None = None
    text: str = ""

    def note(self, dim: int) -> Note:
        """The note on dimension `dim`, empty where there is none."""
        return self.notes.get(dim, Note())

    @property
    def miscounted(self) -> bool:
        """Whether a person has chosen, but not the four that the assignment asks for."""
        return len(self.chosen) not in (0, EXPECTED)


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


def parse_selection(path: Path, content: str, latent_dimension: int) -> Selection:
    """The selection that `content` holds, which is in the file at `path` or is to be; errors as
    above.
    """
    table = parse_toml(path, content)
    check_keys(path, "", table, ("chosen", *TABLES))
    chosen = table.get("chosen", [])
    if not isinstance(chosen, list):
        raise InputError(
            f"{path}: chosen is {shown(chosen)}, expected a list of dimensions such as [94, 128]"
        )
    dims = tuple(_dimension(path, "chosen", value, latent_dimension) for value in chosen)
    if twice := [dim for dim in dims if dims.count(dim) > 1]:
        raise InputError(f"{path}: dimension {twice[0]} is chosen twice")
    tables = table.get("dimension", {})
    if not isinstance(tables, dict):
        raise InputError(
            f"{path}: dimension is {shown(tables)}, expected tables such as [dimension.94]"
        )
    notes = {}
    for key, value in tables.items():
        number = int(key) if re.fullmatch("0|[1-9][0-9]{0,8}", key) else key
        dim = _dimension(path, f"[dimension.{key}]", number, latent_dimension)
        notes[dim] = read_record(Note, path, f"dimension.{key}", value)
    writeup = read_record(Writeup, path, "writeup", table.get("writeup", {}))
    blind = read_record(Blind, path, "blind", table["blind"]) if "blind" in table else None
    if blind and (blind.named > blind.shown or blind.decoys_named > blind.decoys_shown):
        raise InputError(f"{path}: blind says that more were named than shown")
    return Selection(dims, notes, writeup, blind, content)


def _dimension(path: Path, place: str, value: object, latent_dimension: int) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < latent_dimension:
        return value
    raise InputError(
        f"{path}: {place} names dimension {shown(value)}, expected 0 to {latent_dimension - 1}"
    )
