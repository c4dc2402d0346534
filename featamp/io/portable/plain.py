"""Networks in operations that the exporter of traces knows, where it does not know their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize
from torch.overrides import TorchFunctionMode


def simplify(copied: nn.Module) -> None:
    """Put in place the weights that a network computes from others (weight or spectral norm), and
    the parts that `torch.compile` was given.
    """
    for part in list(copied.modules()):
        for name, child in part.named_children():
            if "_orig_mod" in child._modules:
                setattr(part, name, child._orig_mod)
        if parametrize.is_parametrized(part):
            kind = type(part)  # the original's as well, and it is this that loses the weight
            part.__class__ = type(kind.__name__, kind.__bases__, dict(vars(kind)))
            for name in list(part.parametrizations):  # type: ignore[arg-type]
                parametrize.remove_parametrizations(part, name)


class Plain(TorchFunctionMode):
    """Within it, the functions of `FORMS` do what stands there for them. Attention is plain, too:
    torch takes its fast form for networks that nothing looks into alone.
    """

    def __torch_function__(
        self,
        func: Callable[..., object],
        types: object,
        args: tuple[object, ...] = (),
        kwargs: Mapping[str, object] | None = None,
    ) -> object:
        return FORMS.get(func, func)(*args, **(kwargs or {}))


def _rms_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    eps: float | None = None,
) -> Tensor:
    """Over the last dimensions, as `torch.nn.RMSNorm` has it."""
    last = tuple(range(-len(normalized_shape), 0))
    least = torch.finfo(input.dtype).eps if eps is None else eps
    scaled = input * (input.square().mean(last, keepdim=True) + least).rsqrt()
    return scaled if weight is None else scaled * weight


def _full(size: Sequence[int], fill_value: complex, **kwargs: Any) -> Tensor:  # noqa: ANN401
    """With the kind of number said: without, the exporter writes a whole one as a float."""
    kwargs.setdefault("dtype", torch.as_tensor(fill_value).dtype)
    return torch.full(size, fill_value, **kwargs)


FORMS: dict[Callable[..., object], Callable[..., object]] = {
    torch.full: _full,
    torch.rms_norm: _rms_norm,
    nn.functional.rms_norm: _rms_norm,
}
