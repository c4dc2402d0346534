"""What `check` says of other settings under which a model gives its images back better: the lines
of the config, or of an adapter, that set them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from featamp.contract.crops import better_crop
from featamp.contract.settings import other_settings
from featamp.contract.trials import Factor, Found, Reading, Split, Swapped, Tried, Turn
from featamp.contract.turns import COLOURS
from featamp.io.batches import load_images
from featamp.io.files.decode import open_image
from featamp.io.files.steps import Steps, in_quotes, spoken
from featamp.io.network.adapters import PixelRange
from featamp.io.network.model import TrainedVAE

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
APART = {"the last axis of one code": "unbind(-1)", "the halves of one code": "chunk(2, 1)"}
"""How mean and log-variance are taken out of one code, by what is said of it."""
ASKED = {
    "": "was it trained on such images",
    "encode": "does it read such images, and write others",
    "decode": "does it write such images, and read others",
}
"""What is asked of a turn, by the side that it is done to."""
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
    sides = _exchanged(data)
    across = (load_images(paths, sides), load_images(some, sides)) if sides else None
    for found in other_settings(vae, tried, load_images(some, steps), across):
        yield Finding(_worded(found, tried, vae, data), found.how != "alike")
    frames = _frames(data, min(_shortest(path) for path in (*paths, *some)))
    if best := better_crop(vae, paths, some, steps, frames):
        as_it_is = spoken(data.crop) if data.crop else "the whole frame"
        yield Finding(
            f"RMSE is {best.error:.4f} with {best.name}, {100 * best.share:.0f} % of what the mean"
            f" of such images has; {best.before:.4f} with {data.function or as_it_is},"
            f" {100 * best.share_before:.0f} %: a crop that the model has not seen?"
        )


def _worded(found: Found, tried: Tried, vae: TrainedVAE, data: DataConfig) -> str:
    better = f"RMSE is {found.error:.4f}"
    as_it_is = f"{tried.error:.4f} as it is"
    match found.setting:
        case Reading() as reading if found.how == "better":
            return (
                f"{better} with {_lines(reading, vae)}{_as_well(found, vae)}, {as_it_is}: a wrong"
                f" pixel range?"
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
            return (
                f"{better} with {_spoken(turn)}{_as_well(found, vae)}, {as_it_is}:"
                f" {ASKED[turn.alone]}? {_turned_back(turn, vae, data)}"
            )
        case Turn() as turn:
            return f"it was trained on images with {_spoken(turn)}"
        case Factor() as factor if found.how == "better":
            return (
                f"{better} where codes are {_done(factor)} before decode, {as_it_is}: a"
                f" scaling_factor that encode and decode do not share, or that one of them applies"
                f" twice? Have both of the module that model.adapter names use the same one, once,"
                f" or none"
            )
        case Factor() as factor:
            return f"codes are to be {_done(factor)} before decode"
        case Split(name):
            return (
                f"{better} where mean and log-variance are {name}, {as_it_is}: write"
                f" encode(model, images) that returns them apart, such as code.{APART[name]}, into"
                f" the module of model.factory"
            )
        case Swapped():
            return (
                f"{better} where the second output of encode is decoded, {as_it_is}: the two are"
                f" swapped? return (mu, logvar) from encode(model, images) of the module"
                f" model.adapter names"
            )


def _turned_back(turn: Turn, vae: TrainedVAE, data: DataConfig) -> str:
    """How an adapter gives a network images as it knows them."""
    first = f"Set data.size = {in_quotes(data.size[::-1])}, and turn" if turn.across else "Turn"
    line = LINES.get(turn.name) or f"{_white(vae)} - images"
    if turn.alone:  # a quarter is undone by another
        line = line.split(", and in decode ")[-1 if turn.alone == "decode" else 0]
    sides = turn.alone or "encode and decode"
    return f"{first} them in {sides} of a module that model.adapter names: {line}"


def _done(factor: Factor) -> str:
    """What is done to codes."""
    done = {"multiplied": factor.multiplied, "divided": factor.divided}
    return " and ".join(f"{how} by {by:g}" for how, by in done.items() if by != 1)


def _spoken(turn: Turn) -> str:
    colours = turn.name in {colour.name for colour in COLOURS}
    name = SPOKEN.get(turn.name, turn.name) if colours else f"images {turn.name}"
    return name + _alone(turn)


def _alone(turn: Turn) -> str:
    return f" in {turn.alone} alone" if turn.alone else ""


def _as_well(found: Found, vae: TrainedVAE) -> str:
    others = [
        other.name + _alone(other) if isinstance(other, Turn) else f"with {_lines(other, vae)}"
        for other in found.others
        if isinstance(other, Turn | Reading)
    ]
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


def _shown(pixels: PixelRange | None) -> str:
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
    if sides := _exchanged(data):
        frames[f"data.size = {in_quotes(sides.size)}"] = sides
    return {name: steps for name, steps in frames.items() if steps != data.steps}


def _exchanged(data: DataConfig) -> Steps | None:
    """What is done to pixels where data.size has its sides exchanged; None where they are alike,
    or data.preprocess says them, too.
    """
    size = data.size[::-1]
    alone = data.preprocess in ((), ("squash",))
    return replace(data, size=size).steps if alone and size != data.size else None


def _shortest(path: Path) -> int:
    """The shorter side of an image, pixels."""
    with open_image(path) as image:
        return min(image.size)
