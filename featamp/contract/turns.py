"""Pictures turned, or their colours exchanged, that a network gives back better."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from featamp.contract.trials import (
    ERRORS,
    LESS,
    Found,
    Images,
    Trials,
    Tried,
    Turn,
    rmse,
    squared_errors,
)
from featamp.io.model import TrainedVAE

TURNS = (
    Turn("upside down", lambda x: x[:, ::-1]),
    Turn("mirrored", lambda x: x[:, :, ::-1]),
    Turn("turned by half", lambda x: x[:, ::-1, ::-1]),
)
"""How whole pictures may have been turned by a mistake in an array's axes."""
OF_SQUARES = (
    Turn("transposed", lambda x: x.transpose(0, 2, 1, 3)),
    Turn("turned by a quarter to the left", lambda x: np.rot90(x, 1, (1, 2))),
    Turn("turned by a quarter to the right", lambda x: np.rot90(x, -1, (1, 2))),
)
"""And square ones."""
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


def better_turn(vae: TrainedVAE, tried: Tried, trials: Trials, least: float) -> Iterator[Found]:
    """How images are turned that are given back best, where they are by far; nothing of pictures
    that are as well one way as another, such as a mirrored face.

    Parameters
    ----------
    least : RMSE that is to be left below.
    """
    height, width = tried.images.shape[1:3]
    turns = TURNS + (OF_SQUARES if height == width else ())
    errors = {turn: rmse(vae, turn.done(tried.images)) for turn in turns}
    best = min(errors, key=errors.__getitem__)
    apart = trials.apart(squared_errors(vae, best.done(trials.images)))
    if errors[best] < least and apart >= ERRORS:
        first, *others = (turn for turn in turns if errors[turn] * LESS <= errors[best])
        yield Found(first, "better", errors[first], tuple(others))


def _differ(images: Images, turn: Turn) -> bool:
    """Whether images are others once they are turned: greys have no channels to exchange."""
    return not np.array_equal(images, turn.done(images))
