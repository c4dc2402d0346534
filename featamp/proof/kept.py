"""What the simulations came out as, kept beside the code: they depend on nothing else, and running
them takes seconds of every first build.

`python -m tests.featamp.proof.simulations` runs them anew.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np

RESULTS = Path(__file__).with_name("simulations.json")


def write_kept(code: str, records: Mapping[str, Any]) -> None:
    """Keep dataclasses of arrays, tuples and plain values, each by a name.

    Parameters
    ----------
    code : hash of the code that they came from.
    """
    plain = {name: asdict(record) for name, record in records.items()}
    text = json.dumps({"code": code, **plain}, default=np.ndarray.tolist, indent=1)
    RESULTS.write_text(text + "\n", encoding="utf-8")


def read_kept(code: str, kinds: Mapping[str, type]) -> dict[str, Any] | None:
    """The same of the dataclasses `kinds`; None where other code made them."""
    kept = json.loads(RESULTS.read_text(encoding="utf-8"))
    if kept["code"] != code:
        return None
    return {name: _record(kind, kept[name]) for name, kind in kinds.items()}


def _record(kind: type, plain: dict[str, Any]) -> object:
    arrays = {field.name for field in fields(kind) if field.type == "Float"}
    values = {name: np.array(plain[name]) for name in arrays}
    others = {n: tuple(v) if isinstance(v, list) else v for n, v in plain.items()}
    return kind(**{**others, **values})
