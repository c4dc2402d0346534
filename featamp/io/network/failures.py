"""What is told where a network's own code fails: whose it is, its words, and what mends it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from featamp.errors import first_line, in_own_code
from featamp.io.network.adapters import Adapter

if TYPE_CHECKING:
    from torch import Tensor, nn

MISSING = re.compile("required (positional|keyword-only) argument")
"""What Python says of an argument that nobody gave."""


def failed(
    network: nn.Module,
    adapter: Adapter,
    side: str,
    batch: Tensor,
    failure: Exception | None,
    lacking: str,
) -> str:
    """That a side of a network failed on a batch.

    Parameters
    ----------
    side : "encode" or "decode".
    lacking : what is to be done where parts belong between the two sides; "" without any.
    """
    shape = "x".join(str(n) for n in batch.shape)
    return (
        f"{_asked(network, adapter, side)} fails on a batch of shape {shape}:"
        f" {type(failure).__name__}: {first_line(failure)}{in_own_code(failure)}"
        f" ({lacking or _mend(failure, side)})"
    )


def _asked(network: nn.Module, adapter: Adapter, side: str) -> str:
    """What is called to encode or to decode, in words."""
    function = getattr(adapter, side)
    if function.__module__ == Adapter.__module__:
        return f"{type(network).__name__}.{side}"
    return (
        f"the function {side} of {function.__module__}, which comes before the network's own"
        f" (rename it if it is meant for something else),"
    )


def _mend(failure: Exception | None, side: str) -> str:
    """What mends a call of the network's own code that failed, where its words tell."""
    text = str(failure)
    if isinstance(failure, TypeError) and MISSING.search(text):
        given = "images" if side == "encode" else "codes"
        return f"write {side}(model, {given}) that gives it into the module of model.factory"
    if isinstance(failure, ModuleNotFoundError):
        return (
            f"import {failure.name} at the head of its file: the folder of the config is looked"
            f" into while the file is imported, and not when {side} is called"
        )
    if "NVIDIA" in text or "CUDA" in text:
        return "have its code follow what it is given, x.to(images.device), and name no device"
    if any(words in text for words in ("dtype", "scalar type", "Input type")):
        return "the network is run in float32: have its code leave the type of what it is given"
    return "check data.size, model.kwargs and model.factory"
