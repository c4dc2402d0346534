"""How an error names what a person's file or network gave."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeGuard

if TYPE_CHECKING:
    from torch import Tensor


def is_tensor(value: object) -> TypeGuard[Tensor]:
    """Whether a value is one of torch's tensors, without importing torch for those who do not."""
    import torch

    return isinstance(value, torch.Tensor)


def described(output: object) -> str:
    """What a network returned: types and shapes, without the numbers."""
    if isinstance(output, tuple | list):
        return f"{kind(output)} of ({listed([described(item) for item in output], 4)})"
    if isinstance(output, Mapping):
        return f"a dict with {listed(output)}"
    shape = getattr(output, "shape", None)
    return kind(output) + (f" of shape {tuple(shape)}" if shape is not None else "")


def kind(value: object) -> str:
    """The type of a value with its article."""
    name = type(value).__name__
    return f"an {name}" if name[0] in "aeioAEIO" else f"a {name}"


def listed(names: Mapping[str, object] | list[str], most: int = 6) -> str:
    """The first names, and whether there are more."""
    shown = [str(name) for name in names]
    return ", ".join(shown[:most]) + (", …" if len(shown) > most else "") if shown else "nothing"


def shape_of(tensor: Tensor) -> str:
    """The shape of a tensor as 3x64x64."""
    return "x".join(str(n) for n in tensor.shape) or "a number"
