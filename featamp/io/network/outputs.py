"""What a network returns, in all the forms that people give it: a posterior, an image."""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from featamp.errors import InputError
from featamp.io.describe import described, is_tensor, kind, listed

if TYPE_CHECKING:
    from torch import Tensor

MEAN_NAMES = ("mu", "mean", "loc", "z_mean", "latent_mean", "z_mu", "embedding")
LOGVAR_NAMES = (
    "logvar",
    "log_var",
    "log_variance",
    "z_logvar",
    "z_log_var",
    "z_log_variance",
    "log_covariance",
)
SCALE_NAMES = ("scale", "stddev", "std", "sigma", "z_scale", "z_std", "z_sigma")
LOG_SCALE_NAMES = (
    "log_scale",
    "logscale",
    "log_std",
    "logstd",
    "log_stddev",
    "log_sigma",
    "logsigma",
    "z_log_std",
    "z_log_sigma",
)
CODE_NAMES = ("z", "code", "latent", "latents")
DRAWN_NAMES = ("sample", "samples", "z_sample", "eps", "epsilon", "noise")
"""What stands beside a mean and says nothing of its spread."""
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
UNMOVED = "and no dimension of such a code can be moved by a little, which is all featamp does"
"""Why a code of choices is refused."""
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
    """Where the mean stands in a triple: 1 in (z, mu, logvar), 0 in (mu, logvar, z).

    A sample differs from call to call or, where each call begins with the same seed, between the
    first two rows, which are of one image. A network that samples nothing in evaluation mode gives
    z = mu; one whose noise is fixed moves all images alike.
    """

    def is_sample(at: int) -> bool:
        return not (_close(once[at], again[at]) and _close(once[at][0], once[at][1]))

    if is_sample(0) or is_sample(2):
        return int(is_sample(0))
    return int(_close(once[0], once[1]) or _has_fixed_noise(*once[:3]))


def _has_fixed_noise(z: Tensor, mu: Tensor, logvar: Tensor) -> bool:
    """Whether different images are all as many of their standard deviations away from the mean."""
    noise = (z - mu) / (logvar / 2).exp()
    differ = not _close(mu[1:], mu[1].expand_as(mu[1:]))
    return differ and _close(noise, noise[0].expand_as(noise))


def _close(a: Tensor, b: Tensor) -> bool:
    return a.allclose(b, rtol=1e-3, atol=1e-4)


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
    if is_tensor(output):
        return _continuous(output), None
    found = _of_distribution(output) or _of_tuple(output) or _of_names(output)
    if found is not None:
        return _continuous(found[0]), found[1]
    perhaps, made = _supposed(output)
    raise InputError(
        f"encode returns {described(output)}{perhaps}, expected (mu, logvar), mu alone, a"
        f" torch.distributions.Normal, or an object or dict with mu and logvar; write a function"
        f" encode(model, images) that returns one{made} into the module of model.factory"
    )


def _supposed(output: object) -> tuple[str, str]:
    """What an output may be that is read as no posterior, and how one is made of it."""
    if pair := _parameters(output):
        return (
            ", a code and the parameters of its posterior?",
            f", such as {pair} (twice the latter where it is log sigma),",
        )
    if _has_levels(output):
        return (
            ", the levels of a hierarchical VAE?",
            " of all levels, joined by torch.cat, and a decode that splits them",
        )
    return "", ""


def _parameters(output: object) -> str:
    """How the second of two tensors is split into two of the shape of the first; "" where it is
    not twice as large.
    """
    if not isinstance(output, tuple | list) or len(output) != 2 or not all(map(is_tensor, output)):
        return ""
    code, second = (tuple(item.shape) for item in output)
    if second == (*code, 2):
        return "second[..., 0], second[..., 1]"
    wide = len(code) > 1 and second == (code[0], 2 * code[1], *code[2:])
    return "second.chunk(2, dim=1)" if wide else ""


def _of_tuple(output: object) -> tuple[Tensor, Tensor | None] | None:
    """Of one that begins with mean and log-variance, or that holds one distribution, or one pair
    beside a code.
    """
    from torch.distributions import Distribution

    if not isinstance(output, tuple | list) or hasattr(output, "_fields"):
        return None
    if len(output) == 1:
        return read_posterior(output[0])
    if len(output) >= 2 and is_tensor(output[0]) and is_tensor(output[1]):
        first, second = output[0], output[1]
        if first.shape == second.shape:
            return first, second
        if len(output) == 2 and second.numel() > 1 and _spreads(second, first):
            raise InputError(
                f"encode returns {described(output)}: where the second is a log-variance that"
                f" dimensions share, or images, write a function encode(model, images) that"
                f" returns (mu, logvar.expand_as(mu)) into the module of model.factory"
            )
    found = [i for i in output if isinstance(i, Distribution) or _is_pair(i, output[0])]
    return read_posterior(found[0]) if len(found) == 1 else None


def _is_pair(item: object, code: object) -> bool:
    """Whether it is two tensors, each of the shape of a code."""
    return (
        isinstance(item, tuple | list) and len(item) == 2 and all(_is_alike(i, code) for i in item)
    )


def _is_alike(item: object, code: object) -> bool:
    return is_tensor(item) and is_tensor(code) and item.shape == code.shape


def _spreads(some: Tensor, whole: Tensor) -> bool:
    """Whether a tensor can be spread over another one's shape."""
    sizes = zip(reversed(some.shape), reversed(whole.shape), strict=False)
    return some.ndim <= whole.ndim and all(size in (1, wanted) for size, wanted in sizes)


def _of_names(output: object) -> tuple[Tensor, Tensor | None] | None:
    """Of an object or a dict that says by names what it holds."""
    import torch

    inner = _field(output, ("latent_dist", "posterior", "dist", "q"))
    if inner is not None:
        return read_posterior(inner)
    mean, logvar, scale, log_scale, code = (
        _field(output, names)
        for names in (MEAN_NAMES, LOGVAR_NAMES, SCALE_NAMES, LOG_SCALE_NAMES, CODE_NAMES)
    )
    if is_tensor(mean) and is_tensor(logvar):
        return mean, logvar
    if is_tensor(mean) and is_tensor(log_scale):
        return mean, 2.0 * log_scale
    if is_tensor(mean) and is_tensor(scale):
        if bool((scale < 0).any()):
            name = next(name for name in SCALE_NAMES if _field(output, (name,)) is scale)
            raise InputError(
                f"encode returns {kind(output)} whose {name} goes down to {scale.min():.3g},"
                f" expected a standard deviation; call it log_{name} where it is the logarithm of"
                f" one, logvar where it is that of its square"
            )
        return mean, 2.0 * torch.log(scale)
    if inner := _nested(output):
        return inner
    alone = mean if is_tensor(mean) else code
    if not is_tensor(alone):
        return None
    if unknown := _alike(output, alone):
        raise InputError(
            f"encode returns {kind(output)} with {listed(unknown)} beside the mean, whose name"
            f" does not say whether it is the log-variance; call it logvar (scale or log_scale"
            f" where it is the standard deviation or its logarithm), or write a function"
            f" encode(model, images) that returns (mu, logvar) into the module of model.factory"
        )
    return alone, None


def _nested(output: object) -> tuple[Tensor, Tensor] | None:
    """Of the one value among those with names that is a distribution, or says by names itself what
    it holds, and has a spread.
    """
    from torch.distributions import Distribution

    found = []
    for value in _named(output).values():
        if isinstance(value, Mapping | Distribution) or hasattr(value, "_fields"):
            with suppress(InputError):
                found.append(read_posterior(value))
    wide = [(mean, logvar) for mean, logvar in found if logvar is not None]
    return wide[0] if len(wide) == 1 else None


def _alike(output: object, code: Tensor) -> list[str]:
    """Names of tensors of a code's shape in what `encode` gave, or of pairs of such, that may say
    how wide it is.
    """
    known = {*MEAN_NAMES, *CODE_NAMES, *DRAWN_NAMES}
    found = []
    for name, value in _named(output).items():
        if name not in known and (_is_alike(value, code) or _is_pair(value, code)):
            found.append(name)
    return found


def _named(output: object) -> Mapping[str, object]:
    """The values of a dict, a named tuple or an object by their names."""
    if isinstance(output, Mapping):
        return output
    fields = getattr(output, "_fields", None)
    if fields:
        return {name: getattr(output, name) for name in fields}
    slots = [vars(kind).get("__slots__", ()) for kind in type(output).__mro__]
    names = [name for own in slots for name in ([own] if isinstance(own, str) else own)]
    kept = {name: getattr(output, name) for name in names if hasattr(output, name)}
    return {**kept, **getattr(output, "__dict__", {})}


def tensors_in(output: object) -> list[Tensor]:
    """All tensors of what a network gave, however it holds them."""
    if is_tensor(output):
        return [output]
    plain = isinstance(output, tuple | list) and not hasattr(output, "_fields")
    items = output if plain else _named(output).values()
    return [tensor for item in items for tensor in tensors_in(item)]  # type: ignore[attr-defined]


def _continuous(code: Tensor) -> Tensor:
    """A code, where it is one of numbers that can be moved by a little."""
    if not code.is_floating_point():
        raise InputError(
            f"encode returns whole numbers ({code.dtype}), places in a codebook as a VQ-VAE has"
            f" one, {UNMOVED}"
        )
    return code


def _of_distribution(posterior: object) -> tuple[Tensor, Tensor] | None:
    """Mean and log-variance of one of torch's, where it is a Normal; None of what is none."""
    from torch import distributions as d

    if not isinstance(posterior, d.Distribution):
        return None
    plain = posterior.base_dist if isinstance(posterior, d.Independent) else posterior
    if isinstance(plain, d.Normal | d.MultivariateNormal | d.LowRankMultivariateNormal):
        return plain.mean, plain.variance.log()
    name = f"a torch.distributions.{type(plain).__name__}"
    if isinstance(plain, d.Categorical | d.OneHotCategorical | d.Bernoulli):
        raise InputError(f"encode returns {name}, a choice among classes, {UNMOVED}")
    raise InputError(
        f"encode returns {name}, expected a Normal, of which KL and spread are told; where one of"
        f" the same mean and variance will do, write a function encode(model, images) that returns"
        f" (q.mean, q.variance.log()) into the module of model.factory"
    )


def _has_levels(output: object) -> bool:
    """Whether it may be the parts of a code that lies on several levels: codes of several shapes,
    or several of what holds some.
    """
    from torch.distributions import Distribution

    items = list(output.values()) if isinstance(output, Mapping) else output
    if not isinstance(items, tuple | list) or len(items) < 2:
        return False
    if all(is_tensor(i) and i.is_floating_point() and i.ndim > 1 for i in items):
        return True
    return all(isinstance(item, (tuple, list, Distribution)) for item in items)


def read_image(output: object, size: tuple[int, int] | None = None) -> Tensor:
    """The image [batch, 1 or 3, height, width] from whatever `decode` returns.

    Parameters
    ----------
    size : (height, width) of the images that the network was given, for a decoder that writes them
        flat, or on several scales.
    """
    image: Any = output
    if isinstance(output, tuple | list) and output:
        scales = [i for i in output if is_tensor(i) and i.ndim == 4 and i.shape[2:] == size]
        image = scales[0] if scales and is_tensor(output[0]) else output[0]
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
