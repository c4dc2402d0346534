"""Running an exported decoder with the library that runs it in the browser."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from featamp.errors import first_line
from featamp.io.portable.names import CODES, PIXELS

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

Float32 = NDArray[np.float32]
BATCH = 16
"""Codes decoded at a time, where the network takes more than one."""
NO_MEMORY = "the memory does not suffice; the next build tries it again"
NO_TEXT = "torch reads no code in a folder whose name is no text in UTF-8; rename it, build again"
HINDRANCES = {
    re.compile("bad_alloc|allocate|out of memory", re.IGNORECASE): NO_MEMORY,
    re.compile("unpacking string as utf-8"): NO_TEXT,
}
"""What torch and the library say of what is no fault of a decoder, and what that is: where memory
is lacking neither raises MemoryError."""


class Hindered(Exception):
    """A decoder could not be exported or run this time, which is no fault of its own; the message
    says why.
    """


def blamed(error: Exception, fault: Exception) -> Exception:
    """What to raise for an error: the `fault` of a decoder, unless it was hindered."""
    if isinstance(error, Hindered):
        return error
    if isinstance(error, MemoryError):
        return Hindered(NO_MEMORY)
    told = (why for said, why in HINDRANCES.items() if said.search(str(error)))
    return next((Hindered(why) for why in told), fault)


@dataclass(frozen=True)
class PortableDecoder:
    """An exported decoder that is open; `batch` is how many codes it takes at once, None for any
    number.
    """

    session: InferenceSession
    batch: int | None

    def decode(self, codes: Float32) -> Float32:
        """[count, height, width, 3] in [0, 1] of codes [count, dim], raw units; ValueError where
        the library cannot run the network, Hindered where the memory does not suffice.
        """
        step = self.batch or BATCH
        parts = np.array_split(codes, range(step, len(codes), step))
        try:
            return np.concatenate([self.session.run([PIXELS], {CODES: p})[0] for p in parts])
        except Exception as error:  # the library has no class of errors of its own
            raise blamed(error, ValueError(first_line(error))) from error


def open_decoder(network: bytes) -> PortableDecoder:
    """Open an ONNX network that `export_decoder` made.

    Raises
    ------
    ValueError
        The library cannot run the network; its message says why.
    Hindered
        The memory does not suffice.
    """
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # it would number this device, in the home
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4  # its errors are raised
    try:
        session = onnxruntime.InferenceSession(network, options, ["CPUExecutionProvider"])
    except Exception as error:  # as above
        raise blamed(error, ValueError(first_line(error))) from error
    batch = session.get_inputs()[0].shape[0]
    return PortableDecoder(session, batch if isinstance(batch, int) else None)
