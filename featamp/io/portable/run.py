"""Running an exported decoder with the library that runs it in the browser."""

from __future__ import annotations

import os
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


@dataclass(frozen=True)
class PortableDecoder:
    """An exported decoder that is open; `batch` is how many codes it takes at once, None for any
    number.
    """

    session: InferenceSession
    batch: int | None

    def decode(self, codes: Float32) -> Float32:
        """[count, height, width, 3] in [0, 1] of codes [count, dim], raw units; ValueError where
        the library cannot run the network.
        """
        step = self.batch or BATCH
        parts = np.array_split(codes, range(step, len(codes), step))
        try:
            return np.concatenate([self.session.run([PIXELS], {CODES: p})[0] for p in parts])
        except Exception as error:  # the library has no class of errors of its own
            raise ValueError(first_line(error)) from error


def open_decoder(network: bytes) -> PortableDecoder:
    """Open an ONNX network that `export_decoder` made.

    Raises
    ------
    ValueError
        The library cannot run the network; its message says why.
    """
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # it would number this device, in the home
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4  # its errors are raised
    try:
        session = onnxruntime.InferenceSession(network, options, ["CPUExecutionProvider"])
    except Exception as error:  # as above
        raise ValueError(first_line(error)) from error
    batch = session.get_inputs()[0].shape[0]
    return PortableDecoder(session, batch if isinstance(batch, int) else None)
