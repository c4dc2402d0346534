"""What is known of an image beside its labels: its part of the dataset, and its person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PARTS = {
    **dict.fromkeys(("train", "training"), 0),
    **dict.fromkeys(("val", "valid", "validation", "dev", "development", "eval", "evaluation"), 1),
    **dict.fromkeys(("test", "testing"), 2),
}
"""What folders and rows call parts of a dataset, in small letters, and CelebA's number of each."""
NUMBERS = {f"{part}{end}": part for part in range(3) for end in ("", ".0")}
"""The same number as a file has it."""
PART_COLUMNS = ("partition", "split")
"""Heads below which numbers are those of parts."""
PEOPLE_COLUMNS = ("celeb_id", "identity")


class PeopleNumbers:
    """Numbers of the people that files call by a number or a text, in the order they come."""

    def __init__(self) -> None:
        self._known: dict[object, int] = {}

    def __bool__(self) -> bool:
        return bool(self._known)

    def of(self, person: object) -> int | None:
        """The number of a person; None where it is missing: of no value, blank, or no number."""
        if person is None or person != person or not str(person).strip():
            return None
        return self._known.setdefault(person, len(self._known) + 1)


@dataclass(frozen=True)
class Numbered:
    """[image] numbers and where they are told, or a line on why there are none."""

    numbers: NDArray[np.int64] | None = None
    source: str = ""
    told: tuple[str, ...] = ()


@dataclass(frozen=True)
class Known:
    """The number of an image's part or person.

    Attributes
    ----------
    source : where it is told.
    values : by the image's name; of some of the images.
    """

    source: str
    values: Mapping[str, int]

    def of(self, names: Sequence[str], what: str) -> Numbered:
        """Those of some images, in their order; none where one lacks its own."""
        if lacking := [name for name in names if name not in self.values]:
            more = f", nor for {len(lacking) - 1} more" if len(lacking) > 1 else ""
            told = f"{self.source} left out: no {what} for {lacking[0]}{more}"
            return Numbered(None, told=(told,))
        return Numbered(np.array([self.values[name] for name in names], np.int64), self.source)


def is_of_people(head: str) -> bool:
    """Whether a column says who is who."""
    return head.rpartition(".")[2].lower() in PEOPLE_COLUMNS


def parts_in(head: str, texts: Iterable[str]) -> list[int | None] | None:
    """[row] the parts that a column tells, None in a row that is empty; None of another column."""
    called = head.lower() in PART_COLUMNS
    known = PARTS | NUMBERS if called else PARTS
    values = [text.lower() for text in texts]
    told = set(values) - {""}
    some = len(told) > (0 if called else 1)
    return [known.get(value) for value in values] if some and told <= known.keys() else None
