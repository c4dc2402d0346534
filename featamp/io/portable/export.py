"""A decoder as an ONNX network: codes to pixels in [0, 1], as the rest of featamp decodes."""

from __future__ import annotations

import copy
import math
import re
import warnings
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from featamp.io.describe import first_line
from featamp.io.outputs import read_image
from featamp.io.portable.names import CODES, PIXELS

if TYPE_CHECKING:
    import onnx

    from featamp.io.model import TrainedVAE

OPSET = 18


class NotPortable(Exception):
    """A decoder cannot be exported; the message says why."""


class _Untraced(NotPortable):
    """Not for batches of any size: perhaps for one code at a time."""


class Decoder(nn.Module):
    """What `TrainedVAE.decode` does, as a network of its own on the CPU."""

    def __init__(self, vae: TrainedVAE) -> None:
        super().__init__()
        self.network = copy.deepcopy(vae.module).cpu()
        self._vae = [vae]  # no part of the network
        self._shape = vae.code_shape

    def forward(self, codes: Tensor) -> Tensor:
        """[batch, height, width, 3] in [0, 1] of codes [batch, dim]."""
        vae = self._vae[0]
        written = vae.adapter.decode(self.network, codes.reshape(-1, *self._shape))
        return vae.to_pixels(read_image(written, vae.image_size).float())


def export_decoder(vae: TrainedVAE) -> bytes:
    """The decoder of an opened VAE as an ONNX file.

    Where the network's own code holds only for batches of one size, it is exported for one code
    at a time.

    Raises
    ------
    NotPortable
        What it computes depends on values in a way that a graph cannot say, or an operation is
        not known to ONNX.
    """
    try:
        decoder = Decoder(vae).eval()
    except Exception as error:  # of the person's own classes: not every module can be copied
        raise NotPortable(f"it cannot be copied ({first_line(error)})") from error
    codes = torch.randn(2, math.prod(vae.code_shape), generator=torch.Generator().manual_seed(0))
    try:
        return _export(decoder, codes, {0: torch.export.Dim("batch")})
    except _Untraced as error:
        try:
            return _export(decoder, codes[:1], None)
        except NotPortable:
            raise error from None


def _export(decoder: nn.Module, codes: Tensor, shapes: dict[int, object] | None) -> bytes:
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            program = torch.export.export(
                decoder, (codes,), dynamic_shapes=(shapes,), strict=False
            )
        except Exception as error:  # whatever the person's own code or the tracer raises
            raise _untraced(error) from error
        try:
            exported = torch.onnx.export(
                program,
                (codes,),
                dynamo=True,
                opset_version=OPSET,
                input_names=[CODES],
                output_names=[PIXELS],
                verbose=False,
            )
            assert exported is not None
            network = exported.model_proto
            _plain(network)
            content: bytes = network.SerializeToString(deterministic=True)
        except Exception as error:  # the exporter's own, of many kinds; a network of 2 GB or more
            raise NotPortable(_unknown(error)) from error
    return content


def _untraced(error: Exception) -> NotPortable:
    """Why torch could not trace a decoder."""
    text = str(error)
    if "data-dependent" in text.lower():
        place = re.search(r"(\w+\.py):(\d+)", text)
        where = f", {place[1]} line {place[2]}" if place else ""
        return NotPortable(f"what it does depends on the values of a code (control flow{where})")
    return _Untraced(f"torch cannot trace it ({type(error).__name__}: {first_line(error)})")


def _unknown(error: Exception) -> str:
    """Which operation ONNX does not have, as far as the exporter names it."""
    if found := re.search(r"No ONNX function found for <OpOverload\(op='([\w.:]+)'", str(error)):
        return f"ONNX has nothing for the operation {found[1]}"
    cause = error.__cause__ or error
    return f"{type(cause).__name__}: {first_line(cause)}"


def _plain(network: onnx.ModelProto) -> None:
    """Take out what says where it was made: stack traces with paths, and versions."""
    graph = network.graph
    del network.metadata_props[:]
    network.ClearField("doc_string")
    network.ClearField("producer_version")
    del graph.metadata_props[:], graph.value_info[:]
    graph.ClearField("doc_string")
    for part in (*graph.node, *graph.input, *graph.output, *graph.initializer):
        del part.metadata_props[:]
        part.ClearField("doc_string")
