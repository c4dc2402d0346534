"""The forms in which networks take images, and give codes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor, nn

Form = Callable[["Tensor"], "Tensor"]

SPLITS: dict[str, Callable[[Tensor], Sequence[Tensor]]] = {
    "the last axis of one code": lambda code: code.unbind(-1),
    "the halves of one code": lambda code: code.chunk(2, dim=1),
}
"""Mean and log-variance out of one tensor [batch, dim, 2] or [batch, 2 dim, ...]."""


def _grey(batch: Tensor) -> Tensor:
    """[batch, 1, height, width], by the weights of ITU-R 601 as Pillow has them."""
    weights = batch.new_tensor([0.299, 0.587, 0.114])
    return (batch * weights[:, None, None]).sum(1, keepdim=True)


FORMS: dict[str, Form] = {
    "colour": lambda batch: batch,
    "grey": _grey,
    "flat colour": lambda batch: batch.flatten(1),
    "flat grey": lambda batch: _grey(batch).flatten(1),
}
"""Images [batch, 3, height, width] as networks take them."""


@dataclass(frozen=True)
class Normal:
    """How pixels in [0, 1] are normalised for a network: (pixel - mean) / std.

    Attributes
    ----------
    mean, std : one for all channels, or one each.
    written : whether the network writes images so, too; else in its own `pixels`.
    """

    mean: tuple[float, ...]
    std: tuple[float, ...]
    written: bool = True

    def of(self, pixels: Tensor) -> Tensor:
        """Pixels [batch, channel, height, width] as the network reads them."""
        mean, std = (pixels.new_tensor(v)[:, None, None] for v in (self.mean, self.std))
        return (pixels - mean) / std

    def undone(self, image: Tensor) -> Tensor:
        """The pixels of what a network writes, [batch, 1 or 3, height, width]."""
        mean, std = (image.new_tensor(v)[:, None, None] for v in (self.mean, self.std))
        return image * std + mean


def likely_forms(module: nn.Module, size: tuple[int, int]) -> list[str]:
    """The forms of images (height, width), that which the network's first layer takes first: its
    error is told.
    """
    from torch import nn

    layers = (layer for layer in module.modules() if isinstance(layer, nn.Conv2d | nn.Linear))
    match next(layers, None):
        case nn.Conv2d(in_channels=channels) if channels == 1:
            first = "grey"
        case nn.Linear(in_features=features) if features == size[0] * size[1]:
            first = "grey"
        case _:
            first = "colour"
    return sorted(FORMS, key=lambda form: form != first)
