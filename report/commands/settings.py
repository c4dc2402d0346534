"""What `check` says of other settings under which a model gives its images back better: the lines
of the config, or of an adapter, that set them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from featamp.contract.crops import better_crop
from featamp.contract.settings import other_settings
from featamp.contract.trials import Factor, Found, Reading, Swapped, Tried, Turn
from featamp.contract.turns import COLOURS
from featamp.io.adapters import Pixels
from featamp.io.encode import load_images
from featamp.io.files.decode import open_image
from featamp.io.files.steps import Steps, in_quotes, spoken
from featamp.io.model import TrainedVAE

from ..inputs.config import DataConfig

CROPS = (108, 128, 148, 160, 178)
"""What people crop CelebA's aligned images to."""
ENCODED = 32
"""Images whose codes are asked about a crop."""
LINES = {
    "upside down": "images.flip(2)",
    "mirrored": "images.flip(3)",
    "turned by half": "images.flip(2, 3)",
    "transposed": "images.transpose(2, 3)",
    "turned by a quarter to the left": "images.rot90(1, (2, 3)), and in decode .rot90(-1, (2, 3))",
    "turned by a quarter to the right": (
        "images.rot90(-1, (2, 3)), and in decode .rot90(1, (2, 3))"
    ),
    "red and blue exchanged": "images.flip(1)",
}
"""How an adapter turns pictures, by what a turn is called."""
SPOKEN = {"red and blue exchanged": "red and blue exchanged (blue, green, red)"}
"""What is said of a turn beside its name."""


@dataclass(frozen=True)
class Finding:
    """What another setting does, in words.

    Attributes
    ----------
    text : that it is better, or which two are alike.
    told : whether it is better; else nobody can tell which is right.
    """

    text: str
    told: bool = True


def better_settings(
    vae: TrainedVAE, tried: Tried, paths: list[Path], more: list[Path], steps: Steps,
    data: DataConfig,
) -> Iterator[Finding]:  # fmt: skip
    """What to try instead of the config's settings, each with the error that it leaves; and what
    leaves the same.

    Parameters
    ----------
    paths : files of the images tried.
    more : files of images whose codes tell, beside the error, whether a crop is right.
    steps : what the config has done to their pixels.
    """
    some = more[:: max(1, len(more) // ENCODED)]
    for found in other_settings(vae, tried, load_images(some, steps)):
        yield Finding(_worded(found, tried, vae), found.how != "alike")
    frames = _frames(data, min(_shortest(path) for path in (*paths, *some)))
    if best := better_crop(vae, paths, some, steps, frames):
        as_it_is = spoken(data.crop) if data.crop else "the whole frame"
        yield Finding(
            f"RMSE is {best.error:.4f} with {best.name}, {best.before:.4f} with"
            f" {data.function or as_it_is}: a crop that the model has not seen?"
        )


def _worded(found: Found, tried: Tried, vae: TrainedVAE) -> str:
    as_it_is = f"{tried.error:.4f} as it is"
    match found.setting:
        case Reading() as reading if found.how == "better":
            return (
                f"RMSE is {found.error:.4f} with {_lines(reading, vae)}, {as_it_is}: a wrong pixel"
                f" range?"
            )
        case Reading() as reading if found.how == "codes":
            return (
                f"pictures are given back as well with {_lines(reading, vae)}, and codes are as"
                f" wide there as the prior and their own spreads say, unlike as it is: a wrong"
                f" pixel range?"
            )
        case Reading() as reading:
            return f"the pixels are those of {_lines(reading, vae)}"
        case Turn() as turn if found.how == "better":
            line = LINES.get(turn.name) or f"{_white(vae)} - images"
            return (
                f"RMSE is {found.error:.4f} with {_spoken(turn)}{_as_well(found)}, {as_it_is}: was"
                f" it trained on such images? Turn them in encode and decode of a module that"
                f" model.adapter names: {line}"
            )
        case Turn() as turn:
            return f"it was trained on images with {_spoken(turn)}"
        case Factor(by, divided):
            done = f"{'divided' if divided else 'multiplied'} by {by:g}"
            return (
                f"RMSE is {found.error:.4f} where codes are {done} before decode, {as_it_is}: a"
                f" scaling_factor that encode and decode do not share? Have both of the module"
                f" that model.adapter names use the same one, or none"
            )
        case Swapped():
            return (
                f"RMSE is {found.error:.4f} where the second output of encode is decoded,"
                f" {as_it_is}: the two are swapped? return (mu, logvar) from"
                f" encode(model, images) of the module model.adapter names"
            )


def _spoken(turn: Turn) -> str:
    return SPOKEN.get(turn.name, turn.name) if turn in COLOURS else f"images {turn.name}"


def _as_well(found: Found) -> str:
    others = [other.name for other in found.others if isinstance(other, Turn)]
    return f" (as well {' or '.join(others)})" if others else ""


def _white(vae: TrainedVAE) -> str:
    """What a pixel and its negative are together, as the network reads them."""
    low, high = vae.range
    return "black + white" if vae.normal else f"{low + high:g}"


def _lines(reading: Reading, vae: TrainedVAE) -> str:
    """How report.toml says in which values a network reads and writes pixels; what no line of it
    says is done in an adapter.
    """
    normal, written = reading.normal, reading.written
    if reading.by_itself:
        return (
            f"each image normalised by itself, (images - images.mean((1, 2, 3), True)) /"
            f" images.std((1, 2, 3), keepdim=True) in encode of a module that model.adapter"
            f" names, and model.pixels = {_shown(written)}"
        )
    low, high = ((end - normal.mean[0]) / normal.std[0] for end in (0.0, 1.0))
    plain = normal.std in ((1.0,), (0.5,), (1 / 255,))
    without = " and without data.mean and data.std" if vae.normal else ""
    if plain and written is None:
        return f"model.pixels = [{low}, {high}]{without}"
    if (low, high) == (0.0, 1.0) and written == "logits":
        return f'model.pixels = "logits"{without}'
    beside = f"model.pixels = {_shown(written)}" if written else "no model.pixels"
    return f"data.mean = {list(normal.mean)}, data.std = {list(normal.std)} and {beside}"


def _shown(pixels: Pixels | None) -> str:
    return f"[{pixels[0]}, {pixels[1]}]" if isinstance(pixels, tuple) else f'"{pixels}"'


def _frames(data: DataConfig, smallest: int) -> dict[str, Steps]:
    """Other crops than the config's, and the whole frame, by the line that sets each.

    Parameters
    ----------
    smallest : side of the smallest image, pixels.
    """
    fitting = [crop for crop in CROPS if crop <= smallest]
    frames = {f"data.crop = {crop}": Steps.usual(crop, data.size) for crop in fitting}
    frames['data.preprocess = "squash"'] = Steps.usual(None, data.size)
    if data.size[0] != data.size[1] and data.preprocess in ((), ("squash",)):
        turned = data.size[::-1]
        frames[f"data.size = {in_quotes(turned)}"] = replace(data, size=turned).steps
    return {name: steps for name, steps in frames.items() if steps != data.steps}


def _shortest(path: Path) -> int:
    """The shorter side of an image, pixels."""
    with open_image(path) as image:
        return min(image.size)
