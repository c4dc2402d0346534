"""The three networks of `@vladmandic/face-api` in torch, layer by layer as in its source.

All take [n, 3, 112, 112] from `prepare`; layers of stride 2 see even sizes only, where
TensorFlow's SAME pads below and to the right, by one for a 3 x 3 kernel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from featamp.face.weights import Weights

if TYPE_CHECKING:
    from torch import Tensor

SIZE = 112
"""Pixels a side of what the networks look at."""
MEANS = (122.782, 117.001, 104.298)
"""Taken off red, green and blue in [0, 255]."""
BLOCKS = 4
"""Dense blocks of the expression and the landmark network, and convolutions in each."""
MIDDLE = 2
"""Middle blocks of the age and gender network, of three convolutions each."""


def prepare(pictures: Tensor) -> Tensor:
    """What the networks take of pictures [n, 3, 112, 112], RGB in [0, 1]."""
    return pictures - pictures.new_tensor(MEANS)[:, None, None] / 255.0


def age_and_gender(x: Tensor, weights: Weights) -> tuple[Tensor, Tensor]:
    """[n] age in years, and [n, 2] logits of male and female."""
    from torch.nn import functional as f

    x = f.relu(_conv(x, weights, "entry_flow/conv_in", 2))
    x = _reduce(x, weights, "entry_flow/reduction_block_0")
    x = _reduce(f.relu(x), weights, "entry_flow/reduction_block_1", x)
    for block in range(MIDDLE):
        inner = x
        for conv in range(3):
            name = f"middle_flow/main_block_{block}/separable_conv{conv}"
            inner = _separable(f.relu(inner), weights, name)
        x = x + inner
    x = _reduce(f.relu(x), weights, "exit_flow/reduction_block", x)
    x = f.relu(_separable(x, weights, "exit_flow/separable_conv")).mean((2, 3))
    return _linear(x, weights, "fc/age")[:, 0], _linear(x, weights, "fc/gender")


def dense(x: Tensor, weights: Weights) -> Tensor:
    """[n, outputs] of the expression network (logits of seven) or of the landmark network (68
    times x and y as shares of the picture).
    """
    from torch.nn import functional as f

    for block in range(BLOCKS):
        first = _separable if block else _conv
        total = f.relu(first(x, weights, f"dense{block}/conv0", 2))
        x = total
        for conv in range(1, BLOCKS):
            total = total + _separable(x, weights, f"dense{block}/conv{conv}")
            x = f.relu(total)
    return _linear(x.mean((2, 3)), weights, "fc")


def _reduce(x: Tensor, weights: Weights, name: str, skip: Tensor | None = None) -> Tensor:
    """Two separable convolutions and a pooling by two, beside a projection of `skip` (of x where
    None).
    """
    from torch.nn import functional as f

    inner = _separable(x, weights, f"{name}/separable_conv0")
    inner = _separable(f.relu(inner), weights, f"{name}/separable_conv1")
    pooled = f.max_pool2d(f.pad(inner, (0, 1, 0, 1), value=-float("inf")), 3, 2)
    return pooled + _conv(x if skip is None else skip, weights, f"{name}/expansion_conv", 2)


def _conv(x: Tensor, weights: Weights, name: str, stride: int) -> Tensor:
    from torch.nn import functional as f

    kernel = weights[f"{name}/filters"]
    x = f.pad(x, (0, 1, 0, 1)) if kernel.shape[-1] == 3 else x
    return f.conv2d(x, kernel, weights[f"{name}/bias"], stride)


def _separable(x: Tensor, weights: Weights, name: str, stride: int = 1) -> Tensor:
    from torch.nn import functional as f

    kernel = weights[f"{name}/depthwise_filter"]
    padding = 1 if stride == 1 else 0
    x = x if padding else f.pad(x, (0, 1, 0, 1))
    x = f.conv2d(x, kernel, None, stride, padding, groups=x.shape[1])
    return f.conv2d(x, weights[f"{name}/pointwise_filter"], weights[f"{name}/bias"])


def _linear(x: Tensor, weights: Weights, name: str) -> Tensor:
    return x @ weights[f"{name}/weights"].T + weights[f"{name}/bias"]
