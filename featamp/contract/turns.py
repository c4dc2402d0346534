"""Pictures turned, or their colours exchanged, that a network gives back better."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from featamp.contract.trials import (
    ERRORS,
    LESS,
    NO_BETTER,
    Float32,
    Found,
    Images,
    Trials,
    Tried,
    Turn,
    rmse,
    squared_errors,
)
from featamp.io.network.model import TrainedVAE

TURNS = (
    Turn("upside down", lambda x: x[:, ::-1]),
    Turn("mirrored", lambda x: x[:, :, ::-1]),
    Turn("turned by half", lambda x: x[:, ::-1, ::-1]),
)
"""How whole pictures may have been turned by a mistake in an array's axes."""
QUARTERS = (
    Turn("transposed", lambda x: x.transpose(0, 2, 1, 3)),
    Turn("turned by a quarter to the left", lambda x: np.rot90(x, 1, (1, 2))),
    Turn("turned by a quarter to the right", lambda x: np.rot90(x, -1, (1, 2))),
)
"""The same, with height and width exchanged."""
COLOURS = (
    Turn("red and blue exchanged", lambda x: x[..., ::-1]),
    Turn("black and white exchanged", lambda x: 255 - x),
)
"""What may have been done to their colours, by mistake or by habit."""


def better_colours(vae: TrainedVAE, tried: Tried, trials: Trials, least: float) -> Iterator[Found]:
    """What was done to the colours of images that are given back better, or as well.

    Parameters
    ----------
    least : RMSE that is to be left below.
    """
    images = trials.images
    for turn in COLOURS:
        error = rmse(vae, turn.done(tried.images))
        apart = trials.apart(squared_errors(vae, turn.done(images)))
        if error < least and apart >= ERRORS:
            yield Found(turn, "better", error)
        elif error < tried.telling and apart > -ERRORS and _differ(images, turn):
            yield Found(turn, "alike")


def better_turn(
    vae: TrainedVAE, tried: Tried, trials: Trials, least: float,
    across: tuple[Images, Images] | None = None,
) -> Iterator[Found]:  # fmt: skip
    """How images are turned that are given back best, where they are by far; nothing of pictures
    that are as well one way as another, such as a mirrored face.

    Parameters
    ----------
    least : RMSE that is to be left below.
    across : the images of `tried` and of `trials`, cut and resized with their sides exchanged;
        None where that changes nothing.
    """
    upright = tried.images, trials.images
    turned = {turn: turn.of(upright) for turn in (*TURNS, *QUARTERS)}
    if across:
        least = min(least, LESS * rmse(vae, across[0]))
        turned |= {other: other.of(across) for other in map(_across, QUARTERS)}
    errors = {turn: rmse(vae, some) for turn, (some, _) in turned.items()}
    for turn in QUARTERS if across else ():  # one of its two ways, the plainer where it does
        better = errors[_across(turn)] < NO_BETTER * errors[turn]
        del errors[turn if better else _across(turn)]
    best = min(errors, key=errors.__getitem__)
    apart = trials.apart(squared_errors(vae, turned[best][1]))
    if errors[best] < least and apart >= ERRORS:
        first, *others = (turn for turn in errors if errors[turn] * LESS <= errors[best])
        yield Found(first, "better", errors[first], tuple(others))


def better_side(vae: TrainedVAE, tried: Tried, trials: Trials, least: float) -> Iterator[Found]:
    """What is done to the images that one side of a network reads, or writes, and not to the
    other's, where they are given back best so by far.

    Parameters
    ----------
    least : RMSE that is to be left below.
    """
    square = tried.images.shape[1] == tried.images.shape[2]
    turns = (*COLOURS, *TURNS, *(QUARTERS if square else ()))
    sides = [replace(turn, alone=side) for turn in turns for side in ("encode", "decode")]
    errors = {turn: math.sqrt(_errors_of_side(vae, turn, tried.images).mean()) for turn in sides}
    best = min(errors, key=errors.__getitem__)
    if errors[best] < least and trials.apart(_errors_of_side(vae, best, trials.images)) >= ERRORS:
        first, *others = (turn for turn in errors if errors[turn] * LESS <= errors[best])
        yield Found(first, "better", errors[first], tuple(others))


def _errors_of_side(vae: TrainedVAE, turn: Turn, images: Images) -> Float32:
    """[image] mean squared error where one side alone has to do with turned images."""
    pair = images, turn.done(images)
    read, written = pair if turn.alone == "decode" else pair[::-1]
    return squared_errors(vae, read, written)


def _across(turn: Turn) -> Turn:
    return replace(turn, across=True)


def _differ(images: Images, turn: Turn) -> bool:
    """Whether images are others once they are turned: greys have no channels to exchange."""
    return not np.array_equal(images, turn.done(images))
