"""What the simulations came out as, kept beside the code: they depend on nothing else, and running
them takes seconds of every first build.

`python -m tests.featamp.proof.simulations` runs them anew.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from featamp.records import from_plain

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
    """What `write_kept` kept, by name, each of its kind; None where other code made it."""
    kept = json.loads(RESULTS.read_text(encoding="utf-8"))
    if kept["code"] != code:
        return None
    return {name: from_plain(kind, kept[name]) for name, kind in kinds.items()}
