"""Frozen dataclasses as files, and back."""

from __future__ import annotations

import json
import os
from dataclasses import fields
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import numpy as np

from featamp.records import from_plain, to_plain

T = TypeVar("T")


def save_record(path: Path, record: object) -> None:
    """Save a frozen dataclass of arrays and plain values as .npz (a path as text); loading it runs
    nothing.
    """
    with path.open("wb") as file:
        _write(file, record)


def record_bytes(record: object) -> bytes:
    """What `save_record` saves."""
    content = BytesIO()
    _write(content, record)
    return content.getvalue()


def _write(file: BinaryIO, record: object) -> None:
    values = {field.name: getattr(record, field.name) for field in fields(record)}  # type: ignore[arg-type]
    arrays = {name: value for name, value in values.items() if isinstance(value, np.ndarray)}
    plain = {name: value for name, value in values.items() if name not in arrays}
    np.savez(
        file,
        allow_pickle=False,
        **arrays,
        _plain=np.array(json.dumps(to_plain(plain), default=os.fspath)),
    )


def load_record(path: Path, kind: type[T]) -> T:
    """Load what `save_record` saved; lists become tuples again, what is declared a record one."""
    with np.load(path, allow_pickle=False) as archive:
        plain = _tuples(json.loads(str(archive["_plain"])))
        arrays = {name: archive[name] for name in archive.files if name != "_plain"}
    return from_plain(kind, {**plain, **arrays})


def _tuples(value: Any) -> Any:  # noqa: ANN401  any JSON value
    if isinstance(value, list):
        return tuple(_tuples(item) for item in value)
    if isinstance(value, dict):
        return {key: _tuples(item) for key, item in value.items()}
    return value
