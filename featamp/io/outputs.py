"""What a network returns, in all the forms that people give it: a posterior, an image."""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from featamp.errors import InputError
from featamp.io.describe import described, is_tensor

if TYPE_CHECKING:
    from torch import Tensor

MEAN_NAMES = ("mu", "mean", "loc", "z_mean", "latent_mean", "z_mu", "embedding")
LOGVAR_NAMES = (
    "logvar",
    "log_var",
    "log_variance",
    "z_logvar",
    "z_log_var",
    "log_covariance",
)
SCALE_NAMES = ("scale", "stddev", "std", "sigma")
CODE_NAMES = ("z", "code", "latent", "latents")
IMAGE_NAMES = (
    "sample",
    "image",
    "images",
    "x",
    "x_hat",
    "x_recon",
    "recon",
    "reconstruction",
    "mean",
    "loc",
)
LEAST_SIDE = 8
"""A flat image whose size nobody told is taken for a square of at least this side."""


def is_triple(output: Any) -> bool:  # noqa: ANN401  whatever the user's model returns
    """Whether `encode` gave three tensors of one shape: mean, log-variance and a sample, in an
    order not known yet.
    """
    plain = (
        isinstance(output, tuple | list) and not hasattr(output, "_fields") and len(output) >= 3
    )
    return plain and all(is_tensor(item) and item.shape == output[0].shape for item in output[:3])


def first_of_posterior(once: Any, again: Any) -> int:  # noqa: ANN401  two outputs of the user's model
    """Where the mean stands in a triple for one image: 1 in (z, mu, logvar), 0 in (mu, logvar, z).

    A sample differs from call to call; a network that samples nothing in evaluation mode gives z =
    mu.
    """

    def close(a: Tensor, b: Tensor) -> bool:
        return a.allclose(b, rtol=1e-3, atol=1e-4)

    samples_nothing = close(once[2], again[2]) and close(once[0], once[1])
    return int(not close(once[0], again[0]) or samples_nothing)


def is_named(output: object) -> bool:
    """Whether what `encode` gave says by names what its parts are: a distribution, an object or a
    dict.
    """
    bare = isinstance(output, tuple | list) and not hasattr(output, "_fields")
    return not bare and not is_tensor(output)


def read_posterior(output: object) -> tuple[Tensor, Tensor | None]:
    """Mean and log-variance from whatever `encode` returns (see the README for the forms); None
    for a log-variance that it does not give.
    """
    import torch

    if is_tensor(output):
        return output, None
    if isinstance(output, tuple | list) and not hasattr(output, "_fields"):
        if len(output) == 1:
            return read_posterior(output[0])
        if len(output) >= 2 and is_tensor(output[0]) and is_tensor(output[1]):
            first, second = output[0], output[1]
            if first.shape == second.shape:
                return first, second
    inner = _field(output, ("latent_dist", "posterior", "dist", "q"))
    if inner is not None:
        return read_posterior(inner)
    mean, logvar, scale, code = (
        _field(output, names) for names in (MEAN_NAMES, LOGVAR_NAMES, SCALE_NAMES, CODE_NAMES)
    )
    if is_tensor(mean) and is_tensor(logvar):
        return mean, logvar
    if is_tensor(mean) and is_tensor(scale):
        return mean, 2.0 * torch.log(scale)
    if is_tensor(mean) or is_tensor(code):
        return (mean if is_tensor(mean) else code), None
    raise InputError(
        f"encode returns {described(output)}, expected (mu, logvar), mu alone, a"
        f" torch.distributions.Normal, or an object or dict with mu and logvar; write a function"
        f" encode(model, images) that returns one into the module of model.factory"
    )


def read_image(output: object, size: tuple[int, int] | None = None) -> Tensor:
    """The image [batch, 1 or 3, height, width] from whatever `decode` returns.

    Parameters
    ----------
    size : (height, width) of the images that the network was given, for a decoder that writes them
        flat.
    """
    image: Any = output[0] if isinstance(output, tuple | list) and output else output
    if not is_tensor(image):
        image = _field(image, IMAGE_NAMES)
    if is_tensor(image) and image.ndim == 3:
        image = image[:, None]
    if is_tensor(image) and image.ndim == 2:
        image = _unflattened(image, size)
    if not is_tensor(image) or image.ndim != 4 or image.shape[1] not in (1, 3):
        raise InputError(
            f"decode returns {described(output)}, expected an image batch of shape [batch, 3 or 1,"
            f" height, width], a tuple that starts with one, or an object that holds one; write"
            f" a function decode(model, codes) that returns one into the module of model.factory"
        )
    return image


def _unflattened(image: Tensor, size: tuple[int, int] | None) -> Tensor | None:
    """[batch, values] as the image that it is, None where the number of values is none's."""
    values = image.shape[1]
    for channels in (1, 3):
        side = math.isqrt(values // channels)
        height, width = size or (max(side, LEAST_SIDE),) * 2
        if channels * height * width == values:
            return image.reshape(-1, channels, height, width)
    return None


def _field(output: object, names: tuple[str, ...]) -> Any:  # noqa: ANN401  whatever the user's model returns
    """The first of `names` that a dict has as a key, or an object as an attribute that is not a
    method.
    """
    for name in names:
        value = output.get(name) if isinstance(output, Mapping) else getattr(output, name, None)
        if value is not None and not inspect.isroutine(value):
            return value
    return None
