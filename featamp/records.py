"""Frozen dataclasses, nested in each other, out of what JSON keeps of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from itertools import repeat
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import numpy as np

T = TypeVar("T")
_kinds = cache(get_type_hints)


def from_plain(kind: type[T], plain: Mapping[str, Any]) -> T:
    """The dataclass of that kind of which `dataclasses.asdict`, and JSON, left these values: lists
    become the tuples or arrays that its fields are declared as, mappings the dataclasses.
    """
    kinds = _kinds(kind)  # type: ignore[arg-type]  # a class is hashable
    return kind(**{name: _value(kinds[name], value) for name, value in plain.items()})


def to_plain(value: Any) -> Any:  # noqa: ANN401  of any declared type
    """What JSON keeps, and `from_plain` reads: of a mapping whose keys are no text, its pairs."""
    if is_dataclass(value):
        return {field.name: to_plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        plain = [(to_plain(key), to_plain(inner)) for key, inner in value.items()]
        return dict(plain) if all(isinstance(key, str) for key in value) else plain
    return [to_plain(inner) for inner in value] if isinstance(value, tuple) else value


def _value(kind: Any, plain: Any) -> Any:  # noqa: ANN401  of any declared type
    origin, inner = get_origin(kind), get_args(kind)
    if origin is UnionType:  # with None
        return None if plain is None else _value(inner[0], plain)
    if isinstance(kind, type) and is_dataclass(kind):
        return from_plain(kind, plain)
    if origin is tuple:
        kinds = repeat(inner[0]) if inner[-1] is Ellipsis else inner
        return tuple(map(_value, kinds, plain))
    if origin is dict:
        pairs = plain.items() if isinstance(plain, dict) else plain
        return {_value(inner[0], key): _value(inner[1], one) for key, one in pairs}
    if origin is np.ndarray:
        (number,) = get_args(inner[1])
        return np.asarray(plain, number)
    return plain
