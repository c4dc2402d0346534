"""Other settings than those that a network is used with, under which it gives images back
better.
"""

from __future__ import annotations

from collections.abc import Iterator

from featamp.contract.trials import LESS, Found, Images, Trials, Tried
from featamp.contract.turns import better_colours, better_side, better_turn
from featamp.contract.values import better_split, better_swapped, better_values
from featamp.io.network.model import TrainedVAE


def other_settings(
    vae: TrainedVAE, tried: Tried, images: Images, across: tuple[Images, Images] | None = None
) -> Iterator[Found]:
    """What to try instead, with the error that it leaves; and what leaves the same.

    Parameters
    ----------
    images : uint8 [image, height, width, 3] more of them, each of which is asked by itself.
    across : those tried and these, cut and resized with their sides exchanged; None where that
        changes nothing.
    """
    trials = Trials.of(vae, images)
    found = list(better_split(vae, tried)) or list(better_values(vae, tried, trials))
    yield from found
    least = min(LESS * tried.error, tried.telling, *(one.error for one in found))
    yield from better_swapped(vae, tried)
    turned = list(better_colours(vae, tried, trials, least))
    turned += better_turn(vae, tried, trials, least, across)  # last: of codes of other shapes
    least = min([least, *(LESS * one.error for one in turned)])
    yield from list(better_side(vae, tried, trials, least)) or turned
