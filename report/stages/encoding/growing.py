"""Codes on their way to disk, a batch at a time."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from featamp.measure.shrink import SIDE, shrink

from ...engine.disk import read_checked, write_checked

if TYPE_CHECKING:
    from featamp.io.network.encode import Encoded

PICTURES = 4000
"""Images that are kept small for judges that look at pixels, at most."""
AT_ONCE = 1_000_000
"""Pixels of images that are made small at a time, of one image at least: as floats, and turned to
be averaged, they take eight times what they take in the batch."""
MOST = 65535.0
"""What stands for 1 in 16 bits."""
ARRAYS = ("mu", "logvar", "pictures")
PROGRESS = "progress.json"
SAVED_EVERY = 2.0
"""Seconds of work that are lost at most where the power is cut."""


def pictured(files: int) -> NDArray[np.bool_]:
    """[file] whether its picture is kept, drawn at random: an even stride can miss all of a part
    that comes at the same stride.
    """
    drawn = np.zeros(files, np.bool_)
    drawn[np.random.default_rng(0).permutation(files)[:PICTURES]] = True
    return drawn


def small_pictures(images: NDArray[np.uint8], rows: NDArray[np.int64]) -> NDArray[np.uint16]:
    """[row, side, side, 3] these rows of [image, height, width, 3] made small, a few at a time."""
    height, width = images.shape[1:3]
    few = max(1, AT_ONCE // (height * width))
    small = np.empty((len(rows), SIDE, SIDE, 3), np.uint16)
    for first in range(0, len(rows), few):
        part = slice(first, first + few)
        shrunk = shrink(images[rows[part]].astype(np.float32) / 255.0)
        small[part] = (MOST * shrunk).round()
    return small


@dataclass
class GrowingCodes:
    """Codes on their way to disk: an .npy for each of `ARRAYS`, and progress.json, which says how
    far they are good: at each `save`, since a disk takes its time.

    Attributes
    ----------
    pictured : [file] whether its picture is kept.
    files, codes, pictures : image files done, codes written (fewer where files were broken), and
        pictures kept.
    broken : index and reason of each broken file.
    written : a running hash of what each array holds so far.
    """

    part: Path
    pictured: NDArray[np.bool_]
    files: int = 0
    codes: int = 0
    pictures: int = 0
    broken: list[tuple[int, str]] = field(default_factory=list)
    written: dict[str, Any] = field(default_factory=lambda: {n: sha256() for n in ARRAYS})
    saved: float = field(default_factory=time.monotonic)

    @classmethod
    def resume(cls, part: Path, pictured: NDArray[np.bool_]) -> GrowingCodes:
        """Go on from what an interrupted run left in `part`, or start: also where a power cut left
        less than it said.
        """
        state = read_checked(part / PROGRESS)
        if not state:
            return cls(part, pictured)
        told = state.pop("written")
        growing = cls(part, pictured, **state)
        try:
            for name, array in growing.arrays().items():
                growing.written[name].update(array)
        except (OSError, ValueError, EOFError):
            return cls(part, pictured)
        found = {name: hashed.hexdigest() for name, hashed in growing.written.items()}
        return growing if found == told else cls(part, pictured)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What is written of each array, as the file says; none before there is a code."""
        rows = {"mu": self.codes, "logvar": self.codes, "pictures": self.pictures}
        return {
            name: np.ascontiguousarray(
                np.load(self.part / f"{name}.npy", mmap_mode="r")[: rows[name]]
            )
            for name in (ARRAYS if self.codes else ())
        }

    def add(self, batch: Encoded) -> None:
        """Write a batch's codes and pictures."""
        arrays: dict[str, NDArray[Any]] = {}
        if len(batch.rows):
            kept = np.flatnonzero(self.pictured[batch.rows])
            pictures = small_pictures(batch.images, kept)
            arrays = {"mu": batch.mu, "logvar": batch.logvar, "pictures": pictures}
        self._append(arrays, batch.stop, batch.broken)

    def join(self, other: GrowingCodes) -> None:
        """Write what another has of the files that come next."""
        broken = [(self.files + row, reason) for row, reason in other.broken]
        self._append(other.arrays(), self.files + other.files, broken)

    def _append(
        self, arrays: dict[str, NDArray[Any]], files: int, broken: Iterable[tuple[int, str]]
    ) -> None:
        """Write the arrays behind what there is; `save` where that is long ago."""
        if arrays:
            count = len(self.pictured)
            self._write("mu", arrays["mu"], self.codes, count)
            self._write("logvar", arrays["logvar"], self.codes, count)
            self._write("pictures", arrays["pictures"], self.pictures, int(self.pictured.sum()))
            self.codes += len(arrays["mu"])
            self.pictures += len(arrays["pictures"])
        self.files = files
        self.broken += broken
        if time.monotonic() - self.saved > SAVED_EVERY:
            self.save()

    def save(self) -> None:
        """Have the disk hold what was added, and only then say that it is there."""
        for name in ARRAYS if self.codes else ():
            with (self.part / f"{name}.npy").open("rb") as file:
                os.fsync(file.fileno())
        state = {
            "files": self.files,
            "codes": self.codes,
            "pictures": self.pictures,
            "broken": self.broken,
            "written": {name: hashed.hexdigest() for name, hashed in self.written.items()},
        }
        write_checked(self.part / PROGRESS, state)
        self.saved = time.monotonic()

    def _write(self, name: str, values: NDArray[Any], start: int, count: int) -> None:
        """Write values from `start` on into an array of `count`, made with the first batch of
        codes.
        """
        values = np.ascontiguousarray(values)
        shape = (count, *values.shape[1:])
        with (self.part / f"{name}.npy").open("r+b" if self.codes else "w+b") as file:
            # not through a memory map, which a full disk ends with a signal in place of an error
            header = {"descr": values.dtype.str, "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(file, header)
            first, row = file.tell(), math.prod(shape[1:]) * values.itemsize
            file.truncate(first + count * row)
            file.seek(first + start * row)
            file.write(values.tobytes())
        self.written[name].update(values)
