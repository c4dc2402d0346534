"""What takes the place of the classes that a checkpoint names: it keeps what the file gives it, or
makes a plain value of it.

NumPy's own makers trust what they are given: a type and bytes that a file brings can make them
follow a pointer from it. None of NumPy is let near the file.
"""

from __future__ import annotations

import math
import re
import struct
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

CODES = {
    "b1": "?", "i1": "b", "i2": "h", "i4": "i", "i8": "q", "u1": "B", "u2": "H", "u4": "I",
    "u8": "Q", "f2": "e", "f4": "f", "f8": "d",
}  # fmt: skip
"""NumPy's names of the numbers that are read, and those of `struct`."""
TEXT = re.compile(r"([SU])(\d{1,5})", re.ASCII)
"""NumPy's names of bytes and text of so many letters."""
MOST_VALUES = 100_000
"""Of an array; a larger one is left unread."""


class StandIn:
    """Takes the place of a class that a file names: keeps what the file gives it, and does
    nothing.
    """

    def __init__(self, *args: object) -> None:
        self.state: object = args

    def __setstate__(self, state: object) -> None:
        self.state = state


class MappingStandIn(StandIn):
    """A stand-in for a kind of dict: torch's reader fills none but those that it knows."""

    def __new__(cls, *args: object) -> MappingStandIn:  # noqa: D102  see the class
        return OrderedDict()  # type: ignore[return-value]


class NumberType(StandIn):
    """In place of `numpy.dtype`: its name, and the order of its bytes."""

    def __init__(self, code: object = None, *args: object) -> None:
        super().__init__(code, *args)
        self.code, self.order = str(code), "<"

    def __setstate__(self, state: object) -> None:
        if isinstance(state, tuple) and len(state) > 1 and state[1] == ">":
            self.order = ">"

    @property
    def size(self) -> int | None:
        """Bytes of one value; None for a type whose values are no plain ones."""
        if self.code in CODES:
            return struct.calcsize(self.order + CODES[self.code])
        text = TEXT.fullmatch(self.code)
        return int(text[2]) * (4 if text[1] == "U" else 1) if text else None

    def read(self, content: object, count: int) -> list[Any] | None:
        """So many values out of their bytes; None where the bytes are not those of them."""
        size = self.size
        if size is None or not isinstance(content, bytes) or len(content) != size * count:
            return None
        if self.code in CODES:
            return list(struct.unpack(f"{self.order}{count}{CODES[self.code]}", content))
        return [self._text(content[at * size : (at + 1) * size]) for at in range(count)]

    def _text(self, content: bytes) -> str | bytes:
        if self.code.startswith("S"):
            return content.rstrip(b"\0")
        form = "utf-32-be" if self.order == ">" else "utf-32-le"
        return content.decode(form, errors="replace").rstrip("\0")


class Values(StandIn):
    """In place of `numpy.ndarray`: its values as lists, once the file has given them."""

    values: object = None

    def __setstate__(self, state: object) -> None:
        match state:
            case (_, tuple(shape), NumberType() as kind, False, bytes(content)) if _are_sizes(
                shape
            ):
                values = kind.read(content, math.prod(shape))
                self.values = None if values is None else _shaped(values, shape)


def make_values(*args: object) -> Values:
    """In place of the maker of NumPy's arrays, which gets the rest later."""
    return Values()


def make_number(kind: object, content: object = b"") -> object:
    """In place of the maker of NumPy's numbers: a plain one, or text; a stand-in for any other."""
    values = kind.read(content, 1) if isinstance(kind, NumberType) else None
    return StandIn(kind, content) if values is None else values[0]


def make_bytes(*args: object) -> object:
    """In place of `bytes`, by which an empty text of bytes is pickled."""
    return StandIn(*args) if args else b""


_MAKERS: dict[str, Callable[..., object]] = {
    "builtins.bytes": make_bytes,
    "numpy.ndarray": Values,
    "numpy.dtype": NumberType,
    **{f"numpy.{core}.multiarray.scalar": make_number for core in ("core", "_core")},
    **{f"numpy.{core}.multiarray._reconstruct": make_values for core in ("core", "_core")},
}
"""What takes the place of `bytes` and of NumPy's makers, under its names of today and of NumPy 1.
People save a loss that NumPy computed beside the weights."""
KNOWN = tuple((maker, name) for name, maker in _MAKERS.items())
"""The same as torch's reader wants it."""


def _are_sizes(shape: Sequence[object]) -> bool:
    """Whether these are the lengths of an array that is read."""
    sizes = [n for n in shape if type(n) is int and 0 <= n <= MOST_VALUES]
    return len(sizes) == len(shape) <= 8 and math.prod(sizes) <= MOST_VALUES


def _shaped(values: list[Any], shape: Sequence[int]) -> object:
    """The values as lists in lists."""
    for length in reversed(shape[1:]):
        if length == 0:
            return []
        values = [values[at : at + length] for at in range(0, len(values), length)]
    return values if shape else values[0]
