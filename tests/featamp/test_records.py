"""Frozen dataclasses out of what JSON keeps of them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from featamp.records import from_plain


@dataclass(frozen=True)
class Inner:
    pairs: tuple[tuple[int, str], ...]
    names: dict[str, int]


@dataclass(frozen=True)
class Outer:
    inner: Inner
    others: tuple[Inner, ...]
    told: NDArray[np.bool_]
    r: NDArray[np.float64]
    maybe: Inner | None = None
    text: str | None = None


INNER = Inner(((1, "a"), (2, "b")), {"Smiling": -1})


@pytest.mark.parametrize("maybe", [INNER, None])
def test_a_record_comes_back_from_json_as_it_was(maybe: Inner | None) -> None:
    told, r = np.zeros((0, 2), np.bool_), np.array([[1.0, np.nan]])
    record = Outer(INNER, (INNER, Inner((), {})), told[:, 0], r, maybe)
    back = from_plain(Outer, json.loads(json.dumps(asdict(record), default=np.ndarray.tolist)))
    assert (back.inner, back.others, back.maybe) == (INNER, record.others, maybe)
    assert back.told.dtype == np.bool_ and back.r.dtype == np.float64
    np.testing.assert_array_equal(back.r, r)


def test_what_a_record_does_not_know_is_no_part_of_it() -> None:
    with pytest.raises(KeyError):
        from_plain(Inner, {"pairs": [], "names": {}, "more": 1})
