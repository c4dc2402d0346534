"""A decoder as an ONNX network: codes to pixels in [0, 1], as the rest of featamp decodes."""

from __future__ import annotations

import copy
import math
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn
from torch.onnx import OnnxExporterError

from featamp.errors import first_line
from featamp.io.network.outputs import read_image
from featamp.io.portable.names import CODES, PIXELS
from featamp.io.portable.plain import Plain, simplify
from featamp.io.portable.run import blamed, open_decoder
from featamp.io.portable.values import find_reads

if TYPE_CHECKING:
    from featamp.io.network.model import TrainedVAE

OPSET = 20
"""The newest that this exporter writes, so that most operations have one of ONNX's."""
TRACED, OTHERS = 2, (1, 3)
"""Codes in the batch that is traced, and in those that show whether any batch will do."""
CLOSE = 1e-3
"""Largest difference in a batch of another size, pixels in [0, 1]; rounding is far below."""


class NotPortable(Exception):
    """A decoder cannot be exported; the message says why."""


class Decoder(nn.Module):
    """What `TrainedVAE.decode` does, as a network of its own on the CPU."""

    def __init__(self, vae: TrainedVAE) -> None:
        super().__init__()
        self.network = copy.deepcopy(vae.module).cpu()
        simplify(self.network)
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
    Hindered
        The memory does not suffice.
    """
    dim, seeded = math.prod(vae.code_shape), torch.Generator().manual_seed(0)
    codes = torch.randn(TRACED + max(OTHERS), dim, generator=seeded)
    traced, others = codes[:TRACED], codes[TRACED:]
    with torch.no_grad(), warnings.catch_warnings():
        # that the exporter is the old one, and of each size that Python was told: whether another
        # batch decodes as it should is tried
        warnings.simplefilter("ignore")
        decoder = _copied(vae)
        _require_no_choice(decoder, traced)
        try:
            network = _trace(decoder, traced, {name: {0: "batch"} for name in (CODES, PIXELS)})
            _require_any_size(network, decoder, others)
        except NotPortable as error:
            try:
                network = _trace(decoder, traced[:1], {})
            except NotPortable:
                raise error from None
    return network


def _copied(vae: TrainedVAE) -> Decoder:
    try:
        return Decoder(vae).eval()
    except Exception as error:  # of the person's own classes: not every module can be copied
        fault = NotPortable(f"it cannot be copied ({first_line(error)})")
        raise blamed(error, fault) from error


def _require_no_choice(decoder: nn.Module, codes: Tensor) -> None:
    """Raise NotPortable where Python decides by values: a trace would do as for these codes."""
    try:
        places = find_reads(decoder, codes)
    except Exception as error:  # whatever the person's own code raises
        raise blamed(error, NotPortable(_untraced(error))) from error
    if places:
        raise NotPortable(
            f"what it does depends on the values of a code (control flow, {places[0]})"
        )


def _require_any_size(network: bytes, decoder: nn.Module, codes: Tensor) -> None:
    """Raise NotPortable where a graph gives other pixels for batches that were not traced."""
    try:
        portable = open_decoder(network)
        for count in OTHERS:
            wanted = decoder(codes[:count]).numpy()
            found = portable.decode(codes[:count].numpy())
            if found.shape != wanted.shape or not np.allclose(found, wanted, 0, CLOSE):
                raise ValueError(f"its graph is wrong for a batch of {count}")
    except Exception as error:  # the graph does not run, or the person's own code does not
        raise blamed(error, NotPortable(_untraced(error))) from error


def _trace(decoder: nn.Module, codes: Tensor, axes: dict[str, dict[int, str]]) -> bytes:
    """The graph of what a decoder does with some codes.

    By the exporter of traces, deprecated as it is: that of `torch.export` takes seconds of each
    first build, as much as a third of it, and needs a package more.
    """
    import onnx

    file = BytesIO()
    try:
        with Plain(), _unlogged():
            torch.onnx.export(
                _followed(decoder, codes),
                (codes,),
                file,  # type: ignore[arg-type]  # it takes what can be written to
                dynamo=False,
                opset_version=OPSET,
                input_names=[CODES],
                output_names=[PIXELS],
                dynamic_axes=axes,
            )
    except Exception as error:  # the person's own code's, the exporter's; a network of 2 GB
        raise blamed(error, NotPortable(_untraced(error))) from error
    network = onnx.load_from_string(file.getvalue())
    network.ClearField("producer_version")
    content: bytes = network.SerializeToString(deterministic=True)
    return content


def _followed(decoder: nn.Module, codes: Tensor) -> nn.Module:
    """What the exporter can follow: TorchScript only within a trace that knows of it. Of such a
    trace the exporter knows fewer shapes, so for others it makes its own.
    """
    if any(isinstance(part, torch.jit.ScriptModule) for part in decoder.modules()):
        trace: Callable[..., nn.Module] = torch.jit.trace
        return trace(decoder, (codes,), check_trace=False)
    return decoder


@contextmanager
def _unlogged() -> Iterator[None]:
    """Where the exporter fails it prints the whole graph, whatever `verbose` is."""
    log = torch._C._jit_onnx_log
    torch._C._jit_onnx_log = lambda *parts: None
    try:
        yield
    finally:
        torch._C._jit_onnx_log = log


def _untraced(error: Exception) -> str:
    """Why a decoder cannot be traced: the operation that ONNX lacks, where there is one."""
    lacks = re.search(r"operator (?:with unrecognized namespace )?'?([^'.]+)", str(error))
    if lacks and isinstance(error, OnnxExporterError):
        return f"ONNX has nothing for the operation {lacks[1]}"
    return f"torch cannot trace it ({type(error).__name__}: {first_line(error)})"
