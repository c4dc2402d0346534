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
    Split,
    Swapped,
    Trials,
    Tried,
    apart,
    rmse,
    rmse_of_codes,
    squared_errors,
    squared_errors_of_codes,
)
from featamp.io.network.adapters import PixelRange
from featamp.io.network.forms import Normal
from featamp.io.network.model import TrainedVAE

if TYPE_CHECKING:
    from torch import Tensor

READ: tuple[tuple[tuple[float, ...], tuple[float, ...]], ...] = (
    ((0.0,), (1.0,)),
    ((0.5,), (0.5,)),
    ((0.5,), (1.0,)),
    ((0.0,), (1 / 255,)),
    ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    ((0.4914, 0.4822, 0.4465), (0.247, 0.2435, 0.2616)),
    ((0.1307,), (0.3081,)),
)
"""Mean and standard deviation by which people normalise: for [0, 1], [-1, 1], [-.5, .5], for
bytes, of ImageNet, of CIFAR and of MNIST."""
WRITTEN: tuple[PixelRange | None, ...] = (
    None, (0.0, 1.0), (-1.0, 1.0), (-0.5, 0.5), (0.0, 255.0), "logits",
)  # fmt: skip
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
    units = list(_better_unit(vae, tried, trials, errors[best]))
    yield from units
    if any(unit.how == "better" for unit in units):
        return
    if errors[best] < min(LESS * tried.error, tried.telling):
        near = {one: readings[one] for one in readings if errors[one] * LESS <= errors[best]}
        yield Found(best, "better", errors[best], _as_well(best, near, trials.images))
    elif tried.tells:
        near = {one: readings[one] for one in readings if errors[one] * LESS < tried.error}
        yield from _values_alike(vae, trials, near)


def better_split(vae: TrainedVAE, tried: Tried) -> Iterator[Found]:
    """That mean and log-variance lie in one code in the other way."""
    if otherwise := vae.split_otherwise():
        way, other = otherwise
        error = rmse(other, tried.images)
        if error < LESS * tried.error and error < tried.telling:
            yield Found(Split(way), "better", error)


def better_swapped(vae: TrainedVAE, tried: Tried) -> Iterator[Found]:
    """That the second output of `encode` is what is to be decoded."""
    error = rmse_of_codes(vae, tried.logvar, tried.images)
    if error < MUCH_LESS * tried.error and error < tried.telling:
        yield Found(Swapped(), "better", error)


def _better_unit(vae: TrainedVAE, tried: Tried, trials: Trials, least: float) -> Iterator[Found]:
    """In which unit codes are to be decoded, where pictures are given back better so; or as well,
    where a person applies the network's factor in functions of their own.

    Parameters
    ----------
    least : RMSE that is to be left below.
    """
    units = {f: rmse_of_codes(vae, f.times * tried.mu, tried.images) for f in _units(vae)}
    if not units:
        return
    best = min(units, key=units.__getitem__)
    first = next(unit for unit in units if units[unit] * LESS <= units[best])
    codes = vae.encode(trials.images)[0]
    errors = {f: squared_errors_of_codes(vae, f.times * codes, trials.images) for f in units}
    if units[first] < min(LESS * tried.error, least, tried.telling):
        if trials.apart(errors[first]) >= ERRORS:
            yield Found(first, "better", units[first])
    elif vae.adapter.own and _own_factors(vae) and trials.apart(errors[best]) > -ERRORS:
        yield Found(best, "alike")


def _as_well(
    best: Reading, near: Mapping[Reading, TrainedVAE], images: Images
) -> tuple[Reading, ...]:
    """The readings that nobody can tell from the best one.

    Parameters
    ----------
    near : the network under each, whose error is about as small; the best among them.
    """
    errors = squared_errors(near[best], images)
    return tuple(
        one
        for one, other in near.items()
        if not _same(other, near[best])
        and abs(apart(errors, squared_errors(other, images))) < ERRORS
    )


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


def _own_factors(vae: TrainedVAE) -> list[float]:
    """By which the network itself says that its codes are multiplied."""
    for holder in (getattr(vae.module, "config", None), vae.module):
        said = [getattr(holder, name, None) for name in ("scaling_factor", "scale_factor")]
        if own := [factor for factor in said if isinstance(factor, float) and factor > 0]:
            return own
    return []


def _units(vae: TrainedVAE) -> list[Factor]:
    """In which units the codes of latent diffusion may have to be decoded, where one side applies
    its factor and the other does not, or another one; the network's own factor first.
    """
    own = _own_factors(vae)
    if not own and len(vae.code_shape) < 3:
        return []
    factors = dict.fromkeys((*own, *FACTORS))
    return [
        *(Factor(divided=by) for by in factors),
        *(Factor(multiplied=by) for by in factors),
        *(Factor(one, other) for one in factors for other in factors if one != other),
    ]


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
