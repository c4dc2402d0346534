"""Other settings than the config's, under which a model gives its images back better: what `check`
names, with the lines that set them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from featamp.errors import InputError
from featamp.io.adapters import Pixels
from featamp.io.encode import load_images
from featamp.io.files.decode import open_image
from featamp.io.files.steps import Steps, in_quotes, spoken
from featamp.io.model import Float32, Normal, TrainedVAE
from featamp.measure.contract import SCALED, noise, widths

from ..inputs.config import DataConfig

if TYPE_CHECKING:
    from torch import Tensor

NO_BETTER = 0.95
"""From this share on of another RMSE, one is no better."""
MUCH_LESS = 0.8
"""Another crop is suggested, whatever the codes, where it leaves less than this share of the
error."""
LESS = 0.9
"""And other values of the same pixels: no right network reads turned colours better."""
ERRORS = 2.5
"""Standard errors by which more images are given back better than worse, each by itself, where a
setting is called the better: those that look alike turned may be so on the whole by chance."""
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
CROPS = (108, 128, 148, 160, 178)
"""What people crop CelebA's aligned images to."""
ENCODED = 32
"""Images whose codes are asked about a crop."""
LEAST = 1e-6
"""What is divided by is at least so large."""


@dataclass(frozen=True)
class Tried:
    """Some images that are given back.

    Attributes
    ----------
    paths : their files.
    images : uint8 [image, height, width, 3].
    mu, logvar : [image, dim] their codes.
    error : RMSE, pixels in [0, 1].
    of_mean : that of answering each with the mean of many.
    """

    paths: list[Path]
    images: NDArray[np.uint8]
    mu: Float32
    logvar: Float32
    error: float
    of_mean: float

    @property
    def as_it_is(self) -> str:
        """What is told of the error beside another."""
        return f"{self.error:.4f} as it is"


def rmse_of_mean(images: NDArray[np.uint8], many: NDArray[np.uint8]) -> float:
    """RMSE, pixels in [0, 1], of answering each image with the mean of many."""
    mean = many.mean(axis=0, dtype=np.float64)
    return float(np.sqrt(np.square(images - mean).mean()) / 255.0)


@dataclass(frozen=True)
class Finding:
    """What another setting does.

    Attributes
    ----------
    text : that it is better, or which two are alike.
    told : whether it is better; else nobody can tell which is right.
    error : RMSE under it, where others are to be better still.
    """

    text: str
    told: bool = True
    error: float = math.inf


@dataclass(frozen=True)
class Trials:
    """Images that several settings are tried on, each asked by itself.

    Attributes
    ----------
    images : uint8 [image, height, width, 3].
    errors : [image] mean squared error of each with the config's.
    """

    images: NDArray[np.uint8]
    errors: Float32

    def apart(self, errors: Float32) -> float:
        """How many more images are given back better with these errors than worse, in standard
        errors of what chance gives.
        """
        signs = np.sign(self.errors - errors)
        return float(signs.mean() * math.sqrt(len(signs)))


def better_settings(
    vae: TrainedVAE, tried: Tried, more: list[Path], steps: Steps, data: DataConfig
) -> Iterator[Finding]:
    """What to try instead of the config's settings, each with the error that it leaves; and what
    leaves the same.

    Parameters
    ----------
    more : files of images whose codes tell, beside the error, whether a crop is right.
    steps : what the config has done to their pixels.
    """
    images = load_images(_some(more), steps)
    trials = Trials(images, _each(vae, images))
    found = list(_better_values(vae, tried, trials))
    yield from found
    least = min(LESS * tried.error, NO_BETTER * tried.of_mean, *(one.error for one in found))
    yield from _better_colours(vae, tried, trials, least)
    yield from _better_turn(vae, tried, trials, least)
    better = math.sqrt(_each_of_codes(vae, tried.logvar, tried.images).mean())
    if better < MUCH_LESS * tried.error and better < NO_BETTER * tried.of_mean:
        yield Finding(
            f"RMSE is {better:.4f} where the second output of encode is decoded, {tried.as_it_is}:"
            f" the two are swapped? return (mu, logvar) from encode(model, images) of the module"
            f" model.adapter names"
        )
    yield from map(Finding, _better_crops(vae, tried, more, steps, data))


def _better_values(vae: TrainedVAE, tried: Tried, trials: Trials) -> Iterator[Finding]:
    """In which values pixels are read and written, or codes in which unit; in a wrong range the
    negatives may lie nearer, too.
    """
    readings = dict(_readings(vae))
    values = {line: _error(other, tried.images) for line, other in readings.items()}
    setting = min(values, key=values.__getitem__)
    units = {
        done: math.sqrt(_each_of_codes(vae, unit * tried.mu, tried.images).mean())
        for done, unit in _units(vae).items()
    }
    scaled = next((done for done in units if units[done] * LESS < min(units.values())), "")
    bound = min(MUCH_LESS * tried.error, values[setting], NO_BETTER * tried.of_mean)
    if scaled and units[scaled] < bound:
        yield Finding(
            f"RMSE is {units[scaled]:.4f} where codes are {scaled} before decode,"
            f" {tried.as_it_is}: a scaling_factor that encode and decode do not share? Have both"
            f" of the module that model.adapter names use the same one, or none",
            error=units[scaled],
        )
    elif values[setting] < min(LESS * tried.error, NO_BETTER * tried.of_mean):
        yield Finding(
            f"RMSE is {values[setting]:.4f} with {setting}, {tried.as_it_is}: a wrong pixel"
            f" range?",
            error=values[setting],
        )
    elif tried.error < NO_BETTER * tried.of_mean:
        near = {n: other for n, other in readings.items() if values[n] * LESS < tried.error}
        yield from _values_alike(vae, trials, near)


def _better_colours(
    vae: TrainedVAE, tried: Tried, trials: Trials, least: float
) -> Iterator[Finding]:
    """What was done to the colours of images that are given back better, or as well.

    Parameters
    ----------
    least : RMSE that is to be left below.
    """
    images = trials.images
    for found, turn, line in _colours(vae):
        better, apart = _error(vae, turn(tried.images)), trials.apart(_each(vae, turn(images)))
        if better < least and apart >= ERRORS:
            yield _trained_on(f"{better:.4f} with {found}, {tried.as_it_is}", line)
        elif better < NO_BETTER * tried.of_mean and apart > -ERRORS and _differ(images, turn):
            yield Finding(f"it was trained on images with {found}", told=False)


def _values_alike(
    vae: TrainedVAE, trials: Trials, near: Mapping[str, TrainedVAE]
) -> Iterator[Finding]:
    """What the codes say of other values of the pixels, under which pictures are given back as
    well: through a network without biases their scale is not seen.

    Parameters
    ----------
    near : lines of the config, and the network under each, whose error is about as small.
    """
    images = trials.images
    codes, now = vae.encode(images)[0], _unlike_prior(vae, images)
    alike = {
        line: _unlike_prior(other, images)
        for line, other in near.items()
        if trials.apart(_each(other, images)) > -ERRORS
        and not np.allclose(codes, other.encode(images)[0], rtol=1e-3)
    }
    line = min(alike, key=alike.__getitem__, default="")
    if line and alike[line] < now - math.log(SCALED):
        yield Finding(
            f"pictures are given back as well with {line}, and codes are as wide there as the"
            f" prior and their own spreads say, unlike as it is: a wrong pixel range?"
        )
    elif line and alike[line] <= now + math.log(SCALED):
        yield Finding(f"the pixels are those of {line}", told=False)


def _unlike_prior(vae: TrainedVAE, images: NDArray[np.uint8]) -> float:
    """How unlike the prior's the codes of some images are, as the largest logarithm of a ratio of
    variances; infinite where a sample of one is no picture of its image.
    """
    mu, logvar = vae.encode(images)
    if not np.isfinite(logvar).all():
        return 0.0  # says nothing of it
    if noise(vae, mu, logvar) > 1:
        return math.inf
    return float(np.abs(np.log(np.maximum(widths(mu, logvar), LEAST))).max())


Turn = Callable[[NDArray[np.uint8]], NDArray[np.uint8]]


TURNS: dict[str, tuple[Turn, str]] = {
    "upside down": (lambda x: x[:, ::-1], "images.flip(2)"),
    "mirrored": (lambda x: x[:, :, ::-1], "images.flip(3)"),
    "turned by half": (lambda x: x[:, ::-1, ::-1], "images.flip(2, 3)"),
    "transposed": (
        lambda x: x.transpose(0, 2, 1, 3),
        "images.transpose(2, 3)",
    ),
    "turned by a quarter to the left": (
        lambda x: np.rot90(x, 1, (1, 2)),
        "images.rot90(1, (2, 3)), and in decode .rot90(-1, (2, 3))",
    ),
    "turned by a quarter to the right": (
        lambda x: np.rot90(x, -1, (1, 2)),
        "images.rot90(-1, (2, 3)), and in decode .rot90(1, (2, 3))",
    ),
}
"""How whole pictures may have been turned when a network was trained, by a mistake in an array's
axes: how it is told, done, and done in an adapter. The last three are of square ones."""


def _colours(vae: TrainedVAE) -> Iterator[tuple[str, Turn, str]]:
    """The same of what may have been done to their colours, by mistake or by habit."""
    low, high = vae.range
    white = "black + white" if vae.normal else f"{low + high:g}"
    yield "red and blue exchanged (blue, green, red)", lambda x: x[..., ::-1], "images.flip(1)"
    yield "black and white exchanged", lambda x: 255 - x, f"{white} - images"


def _better_turn(vae: TrainedVAE, tried: Tried, trials: Trials, least: float) -> Iterator[Finding]:
    """How images are turned that are given back best, where they are by far; nothing of pictures
    that are as well one way as another, such as a mirrored face.

    Parameters
    ----------
    least : RMSE that is to be left below.
    """
    height, width = vae.image_size or (0, 1)
    turns = dict(list(TURNS.items())[: None if height == width else 3])
    errors = {name: _error(vae, turn(tried.images)) for name, (turn, _) in turns.items()}
    best = min(errors, key=errors.__getitem__)
    turn, _ = turns[best]
    if errors[best] >= least or trials.apart(_each(vae, turn(trials.images))) < ERRORS:
        return
    first, *others = (name for name in turns if errors[name] * LESS < errors[best])
    as_well = f" (as well {' or '.join(others)})" if others else ""
    found = f"{errors[first]:.4f} with images {first}{as_well}, {tried.as_it_is}"
    yield _trained_on(found, turns[first][1])


def _trained_on(found: str, line: str) -> Finding:
    """That a network was trained on images with something done to them, and the mend."""
    return Finding(
        f"RMSE is {found}: was it trained on such images? Turn them in encode and decode of a"
        f" module that model.adapter names: {line}"
    )


def _units(vae: TrainedVAE) -> dict[str, float]:
    """In which units the codes of latent diffusion may have to be decoded, where one side applies
    its factor and the other does not; the network's own factor first.
    """
    holders = (vae.module, getattr(vae.module, "config", None))
    own = (getattr(h, name, None) for h in holders for name in ("scaling_factor", "scale_factor"))
    factors = [f for f in own if isinstance(f, float) and f > 0]
    if not factors and len(vae.code_shape) < 3:
        return {}
    ways = [(f"divided by {f:g}", 1 / f) for f in (*factors, *FACTORS)]
    ways += [(f"multiplied by {f:g}", f) for f in (*factors, *FACTORS)]
    return dict(ways)


def _some(paths: list[Path]) -> list[Path]:
    """`ENCODED` of them or a few more, from the first on."""
    return paths[:: max(1, len(paths) // ENCODED)]


def _differ(images: NDArray[np.uint8], turn: Turn) -> bool:
    """Whether images are others once they are turned: greys have no channels to exchange."""
    return not np.array_equal(images, turn(images))


class _Itself(Normal):
    """Each image less its own mean, over its own standard deviation."""

    def of(self, pixels: Tensor) -> Tensor:
        mean = pixels.mean((1, 2, 3), keepdim=True)
        return (pixels - mean) / pixels.std((1, 2, 3), keepdim=True).clamp_min(LEAST)


def _readings(vae: TrainedVAE) -> Iterator[tuple[str, TrainedVAE]]:
    """The lines of the config that say in which values a network reads and writes pixels, and that
    network; the config's own are not among them. What no line says is done in an adapter.
    """
    for mean, std in READ:
        for written in WRITTEN:
            normal = Normal(mean, std, written is None)
            other = replace(vae, pixels=written or (0.0, 1.0), normal=normal)
            if not _same(vae, other):
                yield _lines(normal, written, vae), other
    for written in (pixels for pixels in WRITTEN if pixels):
        yield (
            f"each image normalised by itself, (images - images.mean((1, 2, 3), True)) /"
            f" images.std((1, 2, 3), keepdim=True) in encode of a module that model.adapter"
            f" names, and model.pixels = {_shown(written)}",
            replace(vae, pixels=written, normal=_Itself((0.0,), (1.0,), False)),
        )


def _same(one: TrainedVAE, other: TrainedVAE) -> bool:
    """Whether two give a network the same numbers, and read the same from it."""
    ramp = np.repeat(np.linspace(0, 255, 16).astype(np.uint8), 3).reshape(1, 1, 16, 3)
    given = [vae.to_input(ramp) for vae in (one, other)]
    read = [vae.to_pixels(given[0]) for vae in (one, other)]
    return bool(given[0].allclose(given[1], atol=1e-4) and read[0].allclose(read[1], atol=1e-4))


def _lines(normal: Normal, written: Pixels | None, vae: TrainedVAE) -> str:
    """How report.toml says so."""
    low, high = ((end - normal.mean[0]) / normal.std[0] for end in (0.0, 1.0))
    plain = normal.std in ((1.0,), (0.5,), (1 / 255,))
    without = " and without data.mean and data.std" if vae.normal else ""
    if plain and written is None:
        return f"model.pixels = [{low}, {high}]{without}"
    if (low, high) == (0.0, 1.0) and written == "logits":
        return f'model.pixels = "logits"{without}'
    beside = f"model.pixels = {_shown(written)}" if written else "no model.pixels"
    return f"data.mean = {list(normal.mean)}, data.std = {list(normal.std)} and {beside}"


def _shown(pixels: Pixels) -> str:
    return '"logits"' if pixels == "logits" else f"[{pixels[0]}, {pixels[1]}]"


def _better_crops(
    vae: TrainedVAE, tried: Tried, more: list[Path], own: Steps, data: DataConfig
) -> Iterator[str]:
    """The crop, or the whole frame, under which the model gives images back better.

    Of two crops the narrower one often leaves the lesser error, since it shows less. So the error
    is a share of that of the images' mean, and the codes are asked, too: those of what a network
    was trained on lie around the prior's mean, those of another crop beside it.
    """
    some = _some(more)
    smallest = min(_shortest(path) for path in (*tried.paths, *some))
    fitting = [crop for crop in CROPS if crop <= smallest]
    frames = {f"data.crop = {crop}": Steps.usual(crop, data.size) for crop in fitting}
    frames['data.preprocess = "squash"'] = Steps.usual(None, data.size)
    if data.size[0] != data.size[1] and data.preprocess in ((), ("squash",)):
        turned = data.size[::-1]
        frames[f"data.size = {in_quotes(turned)}"] = replace(data, size=turned).steps
    now = _Fit.under(own, vae, tried.paths, some)
    fits = {
        setting: _Fit.under(steps, vae, tried.paths, some)
        for setting, steps in frames.items()
        if steps != data.steps
    }
    better = {setting: fit for setting, fit in fits.items() if fit.better_than(now)}
    if best := min(better, key=lambda setting: better[setting].share, default=None):
        as_it_is = spoken(data.crop) if data.crop else "the whole frame"
        yield (
            f"RMSE is {better[best].error:.4f} with {best}, {now.error:.4f} with"
            f" {data.function or as_it_is}: a crop that the model has not seen?"
        )


@dataclass(frozen=True)
class _Fit:
    """How well images that were cut in some way fit a network.

    Attributes
    ----------
    error : RMSE, pixels in [0, 1].
    share : of the RMSE that the images' mean has.
    drift : how far the codes' mean lies from the prior's, squared, in their own variances; mean
        over dimensions.
    """

    error: float
    share: float
    drift: float

    @classmethod
    def under(cls, steps: Steps, vae: TrainedVAE, paths: list[Path], some: list[Path]) -> _Fit:
        """Of `paths` the error, of `some` more the mean image and the codes."""
        images, many = load_images(paths, steps), load_images(some, steps)
        error = _error(vae, images)
        if not math.isfinite(error):
            return cls(math.inf, math.inf, math.inf)
        mu, logvar = vae.encode(many)
        whole = mu.var(axis=0) + np.exp(np.minimum(logvar, 50.0)).mean(axis=0)
        drift = np.square(mu.mean(axis=0)) / np.maximum(whole, LEAST)
        of_mean = max(rmse_of_mean(images, many), LEAST)
        return cls(error, error / of_mean, float(drift.mean()))

    def better_than(self, other: _Fit) -> bool:
        """By far in the error, or in both error and codes."""
        if self.share > NO_BETTER:
            return False  # it tells no more than the images' mean
        both = self.share < NO_BETTER * other.share and self.drift < other.drift
        return self.error < MUCH_LESS * other.error or both


def _shortest(path: Path) -> int:
    """The shorter side of an image, pixels."""
    with open_image(path) as image:
        return min(image.size)


def _error(vae: TrainedVAE, images: NDArray[np.uint8]) -> float:
    """RMSE of the reconstructions; infinite where the model has none for such images."""
    return math.sqrt(_each(vae, images).mean())


def _each(vae: TrainedVAE, images: NDArray[np.uint8]) -> Float32:
    """[image] mean squared error of each reconstruction; infinite as there."""
    try:
        return _each_of_codes(vae, vae.encode(images)[0], images)
    except InputError:
        return np.full(len(images), np.inf, np.float32)


def _each_of_codes(vae: TrainedVAE, codes: Float32, images: NDArray[np.uint8]) -> Float32:
    """The same of what is decoded from some codes."""
    try:
        decoded = vae.decode(codes) if np.isfinite(codes).all() else None
    except InputError:
        decoded = None
    if decoded is None or decoded.shape != images.shape:
        return np.full(len(images), np.inf, np.float32)
    wrong: Float32 = np.square(decoded - images.astype(np.float32) / 255.0).mean(axis=(1, 2, 3))
    return wrong
