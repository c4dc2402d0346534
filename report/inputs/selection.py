"""selection.toml: the dimensions that a person chose and what they say of them."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from featamp.errors import InputError, shown
from featamp.io.files.text import read_text

from .fields import choice, count, for_model, moves, read_moves, read_record, text
from .toml import check_keys, parse_toml

EXPECTED = 4
"""How many dimensions the assignment asks for."""


@dataclass(frozen=True)
class Note:
    """[dimension.N]: what a person says of one dimension; every field may be empty."""

    label: str = text("Label", hint="one word")
    effect: str = text("Effect", hint="what changes as alpha rises", long=True)
    quality: str = choice("Grade", "good", "medium", "poor")
    consistent: str = choice("Consistent over samples", "yes", "partly", "no")
    notes: str = text("Notes", long=True, lines=2)
    model: str = for_model()

    @property
    def has_words(self) -> bool:
        """Whether a person has said anything."""
        return _has_words(self)


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
    model: str = for_model()

    @property
    def has_words(self) -> bool:
        """Whether a person has written anything."""
        return _has_words(self)


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
    model: str = for_model()

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """As `featamp.statistics.naming.naming_verdict` takes them."""
        return self.named, self.shown, self.decoys_named, self.decoys_shown


@dataclass(frozen=True)
class Combination:
    """[combination.NAME]: dimensions that a person moved together."""

    moves: str = moves("Moves")
    notes: str = text("Notes", hint="what changes as all of them rise", long=True, lines=2)
    model: str = for_model()

    @property
    def alphas(self) -> dict[int, float]:
        """How far each dimension is moved, in its standard deviations."""
        return read_moves(self.moves)

    @property
    def has_words(self) -> bool:
        """It always says something."""
        return True


def _has_words(record: Note | Writeup) -> bool:
    values = (getattr(record, f.name) for f in fields(record) if f.name != "model")
    return any(value.strip() for value in values)


Written = TypeVar("Written", Note, Writeup, Blind, Combination)
TABLES = {"dimension": Note, "writeup": Writeup, "blind": Blind, "combination": Combination}
"""What each table of selection.toml holds, [dimension] once a dimension, [combination] once a
name.
"""
_NAME = re.compile(r"(?! )[^\x00-\x1f\x7f]{1,60}(?<! )")
"""Of a combination."""


@dataclass(frozen=True)
class Selection:
    """A person's choice and notes, each with the model that it was written for, where it says so.

    Attributes
    ----------
    chosen : empty where nobody has chosen yet; an earlier model may have had more dimensions.
    notes : by dimension.
    writeup : for the write-up.
    blind : None where nobody has named blind.
    text : the file as it stands, with the person's own comments and order.
    model : for which the choice was made; "" where the file does not say.
    here : the model of this build; "" where nobody asks.
    expected : how many dimensions are asked for: the assignment's, or all where there are fewer.
    combinations : by name, in the order of the file.
    """

    chosen: tuple[int, ...] = ()
    notes: dict[int, Note] = field(default_factory=dict)
    writeup: Writeup = Writeup()
    blind: Blind | None = None
    text: str = ""
    model: str = ""
    here: str = ""
    expected: int = EXPECTED
    combinations: dict[str, Combination] = field(default_factory=dict)

    def written(self, dim: int) -> Note:
        """The note on dimension `dim` as it stands in the file, empty where there is none."""
        return self.notes.get(dim, Note())

    def note(self, dim: int) -> Note:
        """The note on dimension `dim` of this model; one of an earlier model is none."""
        note = self.written(dim)
        return Note() if self.is_earlier(note) else note

    @property
    def said(self) -> Writeup:
        """The words for the write-up: of those on an earlier model only who wrote them, and for
        what course.
        """
        own = self.writeup
        if not self.is_earlier(own):
            return own
        return Writeup(author=own.author, course=own.course)

    @property
    def combined(self) -> dict[str, Combination]:
        """The combinations of dimensions of this model."""
        return {name: c for name, c in self.combinations.items() if not self.is_earlier(c)}

    def is_earlier(self, record: _Told) -> bool:
        """Whether something was written on another model than this one."""
        return _is_earlier(record.model, self.here)

    @property
    def earlier(self) -> tuple[str, ...]:
        """What was written on an earlier model, in words."""
        return tuple(self._told(self.is_earlier))

    @property
    def unmarked(self) -> tuple[str, ...]:
        """What does not say on which model it was written, in words."""
        return tuple(self._told(lambda record: record.model == ""))

    def _told(self, holds: Callable[[_Told], bool]) -> Iterator[str]:
        """The parts of the file of which something holds."""
        if self.chosen and holds(self):
            yield "the choice"
        if dims := [dim for dim, note in self.notes.items() if note.has_words and holds(note)]:
            yield f"notes on dimension{'s' if len(dims) > 1 else ''} {', '.join(map(str, dims))}"
        if self.writeup.has_words and holds(self.writeup):
            yield "the words for the write-up"
        if self.blind and holds(self.blind):
            yield "the blind naming"
        if names := [f"“{name}”" for name, c in self.combinations.items() if holds(c)]:
            yield f"the combination{'s' if len(names) > 1 else ''} {', '.join(names)}"

    @property
    def miscounted(self) -> bool:
        """Whether a person has chosen, but not as many as are asked for."""
        return len(self.chosen) not in (0, self.expected)


_Told: TypeAlias = Note | Writeup | Blind | Combination | Selection
"""What was written for one model or another."""


def load_selection(path: Path, latent_dimension: int, here: str = "") -> Selection:
    """Read selection.toml; an empty Selection where the file does not exist.

    `here` is the model that it is read for.

    Raises
    ------
    InputError
        A key is unknown, a dimension is out of range (but for one of an earlier model) or doubled,
        or a value is not one of those known.
    """
    if not os.path.lexists(path):
        return Selection(here=here, expected=min(EXPECTED, latent_dimension))
    return parse_selection(path, read_text(path), latent_dimension, here)


def written_elsewhere(path: Path, read: Collection[Path], here: str) -> list[str]:
    """The names of files beside `path` in which a person wrote on the model `here`, whose own file
    `path` would be, where that one is not there: the model was renamed since.

    `read` are the files of the models of report.toml.
    """
    if os.path.lexists(path):
        return []
    others = sorted(set(path.parent.glob("selection*.toml")) - set(read))
    return [other.name for other in others if _model_of(other) == here]


def written_for_nobody(path: Path) -> bool:
    """Whether a file holds what a person wrote, and does not say for which model."""
    return path.is_file() and path.stat().st_size > 0 and _model_of(path) == ""


def _model_of(path: Path) -> object:
    """The model that a file of nobody's here names; "" where it cannot be read: nothing needs
    it.
    """
    try:
        return parse_toml(path, read_text(path)).get("model", "")
    except InputError:
        return ""


def parse_selection(path: Path, content: str, latent_dimension: int, here: str = "") -> Selection:
    """The selection that `content` holds, which is in the file at `path` or is to be; errors as
    above.
    """
    table = parse_toml(path, content)
    check_keys(path, "", table, ("chosen", "model", *TABLES))
    model = table.get("model", "")
    if not isinstance(model, str):
        raise InputError(f"{path}: model is {model!r}, expected text in quotes")
    chosen = table.get("chosen", [])
    if not isinstance(chosen, list):
        raise InputError(
            f"{path}: chosen is {shown(chosen)}, expected a list of dimensions such as [94, 128]"
        )
    known = _known(model, here, latent_dimension)
    dims = tuple(_dimension(path, "chosen", value, known) for value in chosen)
    if twice := [dim for dim in dims if dims.count(dim) > 1]:
        raise InputError(f"{path}: dimension {twice[0]} is chosen twice")
    notes = {}
    for key, value in _tables(path, table, "dimension", "[dimension.94]"):
        number = int(key) if re.fullmatch("0|[1-9][0-9]{0,8}", key) else key
        note = _of(model, read_record(Note, path, f"dimension.{key}", value))
        known = _known(note.model, here, latent_dimension)
        notes[_dimension(path, f"[dimension.{key}]", number, known)] = note
    writeup = _of(model, read_record(Writeup, path, "writeup", table.get("writeup", {})))
    blind = (
        _of(model, read_record(Blind, path, "blind", table["blind"])) if "blind" in table else None
    )
    if blind and (blind.named > blind.shown or blind.decoys_named > blind.decoys_shown):
        raise InputError(f"{path}: blind says that more were named than shown")
    combinations = {
        name: _of(model, _combination(path, name, value))
        for name, value in _tables(path, table, "combination", '[combination."smile and hair"]')
    }
    for name, combination in combinations.items():
        known = _known(combination.model, here, latent_dimension)
        for dim in combination.alphas:
            _dimension(path, f"combination.{name}.moves", dim, known)
    expected = min(EXPECTED, latent_dimension)
    return Selection(dims, notes, writeup, blind, content, model, here, expected, combinations)


def _tables(
    path: Path, table: dict[str, Any], name: str, example: str
) -> Iterable[tuple[str, object]]:
    """The tables below one of the file, by their names."""
    tables = table.get(name, {})
    if not isinstance(tables, dict):
        raise InputError(f"{path}: {name} is {shown(tables)}, expected tables such as {example}")
    return tables.items()


def _combination(path: Path, name: str, value: object) -> Combination:
    if not _NAME.fullmatch(name):
        raise InputError(
            f"{path}: a combination is named {shown(name)}, expected 1 to 60 characters on one"
            " line, no space at either end"
        )
    return read_record(Combination, path, f"combination.{name}", value)


def _is_earlier(model: str, here: str) -> bool:
    return here != "" and model not in ("", here)


def _known(model: str, here: str, latent_dimension: int) -> int:
    """How many dimensions there may be: nobody knows how many an earlier model had."""
    return sys.maxsize if _is_earlier(model, here) else latent_dimension


def _of(model: str, record: Written) -> Written:
    """What does not say for which model it was written is of the one that the file names."""
    return replace(record, model=record.model or model) if any(vars(record).values()) else record


def _dimension(path: Path, place: str, value: object, latent_dimension: int) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < latent_dimension:
        return value
    raise InputError(
        f"{path}: {place} names dimension {shown(value)}, expected 0 to {latent_dimension - 1}"
    )
