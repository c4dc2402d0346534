"""What a checkpoint's file holds, looked at from outside before it is read."""

from __future__ import annotations

import _compat_pickle
import pickle
import pickletools
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

from featamp.io.pickles.standins import KNOWN, StandIn

Operation = tuple[pickletools.OpcodeInfo, Any, int | None]
UNPACKED = 100_000_000
"""Bytes that any archive may unpack to."""
PACKED_TIMES = 4
"""So many times as large as its file may an archive be that unpacks to more."""
DEEPEST, MOST_TABLES = 100, 1_000_000
"""Of what a checkpoint may hold: tables within each other, and all of them together. A pickle may
let a table hold itself, or the same one many times over."""
MOST_STEPS = 5_000_000
"""Of a pickle: each takes a microsecond and up to a hundred bytes of memory."""
DAMAGE = (
    ValueError, EOFError, LookupError, OverflowError, NotImplementedError, RuntimeError,
    zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""What the readers of zip and pickle raise for one that is damaged."""


def archive_names(path: Path) -> list[str] | None:
    """What a zip archive holds; None for a file that is none, or a damaged one."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()
    except DAMAGE:
        return None


def unpacked_far_larger(path: Path) -> str | None:
    """What to say of a zip archive that would fill the memory; None for any other file.

    `torch.save` packs nothing: what it writes is as large in memory as on the disk.
    """
    with suppress(*DAMAGE), zipfile.ZipFile(path) as archive:
        size, unpacked = path.stat().st_size, sum(i.file_size for i in archive.infolist())
        if unpacked > max(UNPACKED, PACKED_TIMES * size):
            return (
                f"an archive of {size / 1e6:,.1f} MB that unpacks to {unpacked / 1e6:,.0f} MB,"
                " which torch.save does not write; where you trust it, load it in Python and save"
                " it again"
            )
    return None


def require_bounded(contents: object) -> None:
    """Raise UnpicklingError where walking through all that was loaded would have no end."""
    waiting, seen = [(contents, 0)], 0
    while waiting:
        table, depth = waiting.pop()
        inside: object = table.state if isinstance(table, StandIn) else table
        if isinstance(inside, Mapping):
            inside = list(inside.values())
        if not isinstance(inside, list | tuple):
            continue
        seen += 1
        if depth > DEEPEST or seen > MOST_TABLES:
            raise pickle.UnpicklingError("its tables hold each other without end")
        tables = (v for v in inside if isinstance(v, Mapping | list | tuple | StandIn))
        waiting += ((value, depth + 1) for value in tables)


def unknown_classes(path: Path) -> Iterator[str]:
    """Names that a file wants imported and its reader does not know, in their order."""
    import torch

    known = {*torch._weights_only_unpickler._get_allowed_globals()}  # no public list of them
    known |= {name for _, name in KNOWN}
    for name in dict.fromkeys(_classes(path)):
        if name not in known:
            yield name


def endless(path: Path) -> str | None:
    """What to say of a file whose pickle takes minutes to read; None for any other.

    Tensors lie beside the pickle, which has some twenty steps for each.
    """
    steps = sum(1 for _ in islice(_operations(path), MOST_STEPS + 1))
    if steps > MOST_STEPS:
        return (
            f"a pickle of more than {MOST_STEPS:,} steps, as of a long log kept in lists; where"
            " you trust it, load it in Python and save the weights alone"
        )
    return None


def _classes(path: Path) -> Iterator[str]:
    """Every name that the pickles in a file want imported; nothing is run."""
    for code, value, _ in _operations(path):
        if code.name == "GLOBAL":
            module, name = str(value).split(" ", 1)
            # protocol 2 writes the names of Python 2, which the reader turns into today's
            module, name = _compat_pickle.NAME_MAPPING.get(
                (module, name), (_compat_pickle.IMPORT_MAPPING.get(module, module), name)
            )
            yield f"{module}.{name}"


def _operations(path: Path) -> Iterator[Operation]:
    """Every step of the pickles in a file; nothing is run."""
    with suppress(*DAMAGE):  # a damaged one: the reader says so
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                inside = [n for n in archive.namelist() if n.endswith("data.pkl")]
                yield from pickletools.genops(archive.read(inside[0]))
        else:
            with path.open("rb") as file:
                for _ in range(4):  # magic number, protocol, system, and the values
                    yield from pickletools.genops(file)
