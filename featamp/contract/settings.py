"""Other settings than those that a network is used with, under which it gives images back
better.
"""

from __future__ import annotations

from collections.abc import Iterator

from featamp.contract.trials import LESS, Found, Images, Trials, Tried
from featamp.contract.turns import better_colours, better_turn
from featamp.contract.values import better_swapped, better_values
from featamp.io.model import TrainedVAE


def other_settings(vae: TrainedVAE, tried: Tried, images: Images) -> Iterator[Found]:
    """What to try instead, with the error that it leaves; and what leaves the same.

    Parameters
    ----------
    images : uint8 [image, height, width, 3] more of them, each of which is asked by itself.
    """
    trials = Trials.of(vae, images)
    found = list(better_values(vae, tried, trials))
    yield from found
    least = min(LESS * tried.error, tried.telling, *(one.error for one in found))
    yield from better_colours(vae, tried, trials, least)
    yield from better_turn(vae, tried, trials, least)
    yield from better_swapped(vae, tried)
