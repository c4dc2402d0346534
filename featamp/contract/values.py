"""Other values of the same pixels, and other units of the same codes, under which a network gives
images back better.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from featamp.contract.network import SCALED, noise, widths
from featamp.contract.trials import (
    ERRORS,
    LEAST,
    LESS,
    MUCH_LESS,
    Factor,
    Found,
    Images,
    Reading,
    Swapped,
    Trials,
    Tried,
    rmse,
    rmse_of_codes,
    squared_errors,
)
from featamp.io.adapters import Pixels
from featamp.io.model import Normal, TrainedVAE

if TYPE_CHECKING:
    from torch import Tensor

READ: tuple[tuple[tuple[float, ...], tuple[float, ...]], ...] = (
    ((0.0,), (1.0,)),
    ((0.5,), (0.5,)),
    ((0.0,), (1 / 255,)),
    ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    ((0.4914, 0.4822, 0.4465), (0.247, 0.2435, 0.2616)),
    ((0.1307,), (0.3081,)),
)
"""Mean and standard deviation by which people normalise: for [0, 1], for [-1, 1], for bytes, of
ImageNet, of CIFAR and of MNIST."""
WRITTEN: tuple[Pixels | None, ...] = (None, (0.0, 1.0), (-1.0, 1.0), (0.0, 255.0), "logits")
"""What networks write: images as they read them, or in a range."""
FACTORS = (0.18215, 0.13025)
"""By which latent diffusion multiplies codes: of Stable Diffusion and of its XL."""


def better_values(vae: TrainedVAE, tried: Tried, trials: Trials) -> Iterator[Found]:
    """In which values pixels are read and written, or codes in which unit; in a wrong range the
    negatives may lie nearer, too.
    """
    readings = dict(_readings(vae))
    errors = {reading: rmse(other, tried.images) for reading, other in readings.items()}
    best = min(errors, key=errors.__getitem__)
    units = {f: rmse_of_codes(vae, f.times * tried.mu, tried.images) for f in _units(vae)}
    scaled = next((unit for unit in units if units[unit] * LESS < min(units.values())), None)
    if scaled and units[scaled] < min(MUCH_LESS * tried.error, errors[best], tried.telling):
        yield Found(scaled, "better", units[scaled])
    elif errors[best] < min(LESS * tried.error, tried.telling):
        yield Found(best, "better", errors[best])
    elif tried.error < tried.telling:
        near = {one: readings[one] for one in readings if errors[one] * LESS < tried.error}
        yield from _values_alike(vae, trials, near)


def better_swapped(vae: TrainedVAE, tried: Tried) -> Iterator[Found]:
    """That the second output of `encode` is what is to be decoded."""
    error = rmse_of_codes(vae, tried.logvar, tried.images)
    if error < MUCH_LESS * tried.error and error < tried.telling:
        yield Found(Swapped(), "better", error)


def _values_alike(
    vae: TrainedVAE, trials: Trials, near: Mapping[Reading, TrainedVAE]
) -> Iterator[Found]:
    """What the codes say of other values of the pixels, under which pictures are given back as
    well: through a network without biases their scale is not seen.

    Parameters
    ----------
    near : the network under each, whose error is about as small.
    """
    images = trials.images
    codes, now = vae.encode(images)[0], _unlike_prior(vae, images)
    alike = {
        reading: _unlike_prior(other, images)
        for reading, other in near.items()
        if trials.apart(squared_errors(other, images)) > -ERRORS
        and not np.allclose(codes, other.encode(images)[0], rtol=1e-3)
    }
    best = min(alike, key=alike.__getitem__, default=None)
    if best and alike[best] < now - math.log(SCALED):
        yield Found(best, "codes")
    elif best and alike[best] <= now + math.log(SCALED):
        yield Found(best, "alike")


def _unlike_prior(vae: TrainedVAE, images: Images) -> float:
    """How unlike the prior's the codes of some images are, as the largest logarithm of a ratio of
    variances; infinite where a sample of one is no picture of its image.
    """
    mu, logvar = vae.encode(images)
    if not np.isfinite(logvar).all():
        return 0.0  # says nothing of it
    if noise(vae, mu, logvar) > 1:
        return math.inf
    return float(np.abs(np.log(np.maximum(widths(mu, logvar), LEAST))).max())


def _units(vae: TrainedVAE) -> list[Factor]:
    """In which units the codes of latent diffusion may have to be decoded, where one side applies
    its factor and the other does not; the network's own factor first.
    """
    holders = (vae.module, getattr(vae.module, "config", None))
    own = (getattr(h, name, None) for h in holders for name in ("scaling_factor", "scale_factor"))
    factors = [f for f in own if isinstance(f, float) and f > 0]
    if not factors and len(vae.code_shape) < 3:
        return []
    return [Factor(by, divided) for divided in (True, False) for by in (*factors, *FACTORS)]


class _Itself(Normal):
    """Each image less its own mean, over its own standard deviation."""

    def of(self, pixels: Tensor) -> Tensor:
        mean = pixels.mean((1, 2, 3), keepdim=True)
        return (pixels - mean) / pixels.std((1, 2, 3), keepdim=True).clamp_min(LEAST)


def _readings(vae: TrainedVAE) -> Iterator[tuple[Reading, TrainedVAE]]:
    """What people give a network and have it write, but what this one is given and read as."""
    for mean, std in READ:
        for written in WRITTEN:
            normal = Normal(mean, std, written is None)
            other = replace(vae, pixels=written or (0.0, 1.0), normal=normal)
            if not _same(vae, other):
                yield Reading(normal, written), other
    itself = _Itself((0.0,), (1.0,), False)
    for written in (pixels for pixels in WRITTEN if pixels):
        yield Reading(itself, written, True), replace(vae, pixels=written, normal=itself)


def _same(one: TrainedVAE, other: TrainedVAE) -> bool:
    """Whether two give a network the same numbers, and read the same from it."""
    ramp = np.repeat(np.linspace(0, 255, 16).astype(np.uint8), 3).reshape(1, 1, 16, 3)
    given = [vae.to_input(ramp) for vae in (one, other)]
    read = [vae.to_pixels(given[0]) for vae in (one, other)]
    return bool(given[0].allclose(given[1], atol=1e-4) and read[0].allclose(read[1], atol=1e-4))
