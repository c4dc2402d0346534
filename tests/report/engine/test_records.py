"""A record comes back from the disk as it was."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from report.engine.records import load_record, save_record


@dataclass(frozen=True)
class Record:
    values: NDArray[np.float32]
    flags: NDArray[np.bool_] | None
    pairs: tuple[tuple[str, tuple[int, ...]], ...]
    number: object
    facts: dict[str, Any]


@pytest.mark.parametrize("flags", [None, np.array([[True], [False]])])
def test_a_record_comes_back_as_it_was(tmp_path: Path, flags: NDArray[np.bool_] | None) -> None:
    record = Record(
        np.array([[0.1, -2.0]], np.float32),
        flags,
        (("ü<b>", (1, 2)), ("", ())),
        0.1,
        {"a": (None, 1), "b": "x"},
    )
    save_record(tmp_path / "record.npz", record)
    loaded = load_record(tmp_path / "record.npz", Record)
    assert (loaded.pairs, loaded.number, loaded.facts) == (
        record.pairs,
        record.number,
        record.facts,
    )
    assert loaded.values.dtype == np.float32
    np.testing.assert_array_equal(loaded.values, record.values)
    np.testing.assert_array_equal(loaded.flags, flags)


def test_a_value_that_would_change_its_kind_is_not_saved(tmp_path: Path) -> None:
    record = Record(np.zeros(1, np.float32), None, (), np.int64(3), {})
    with pytest.raises(TypeError):
        save_record(tmp_path / "record.npz", record)
