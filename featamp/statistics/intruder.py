"""Intruder detection: do the real images at one end of a dimension share what can be seen?

People are shown some images from one end and one that is not from there, and asked which it is:
what they find has a meaning to them (Chang et al. 2009, for the words of a topic). Here a machine
looks that knows nothing but pictures.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]

SHOWN = 8
"""Images from one end that are shown with an intruder."""
DRAWS = 100
"""Intruders drawn for either end."""
CHANCE = 1 / (SHOWN + 1)
"""Share of the intruders that a guess finds."""
SHRUNK = 0.5
"""Weight of the spread over all images in that over those shown, which are few."""


@dataclass(frozen=True)
class Intruders:
    """What is found of the dimensions in `dims`: `lowest` and `highest` [dim], the share of the
    intruders that are found at either end.
    """

    dims: tuple[int, ...]
    lowest: Float
    highest: Float

    @property
    def found(self) -> float:
        """The share over all dimensions and both ends."""
        return float(np.mean([self.lowest, self.highest]))

    def of(self, dim: int) -> tuple[float, float]:
        """Both ends of a dimension."""
        row = self.dims.index(dim)
        return float(self.lowest[row]), float(self.highest[row])


def detect_intruders(
    features: Float, codes: NDArray[np.float32], dims: tuple[int, ...], seed: int
) -> Intruders | None:
    """Look for intruders among the images at the ends of some dimensions; None for too few images.

    An intruder is an image of the middle half of a dimension. The one is taken for it that lies
    farthest from the mean of the others, each feature counted in the spread that the others have.

    Parameters
    ----------
    features : [image, feature] what can be seen, as `featamp.arrays.standardised` gives it.
    codes : [image, dim] of the same images.
    """
    if len(codes) < 4 * SHOWN:
        return None
    generator = np.random.default_rng(seed)
    found = []
    for dim in dims:
        order = np.argsort(codes[:, dim], kind="stable")
        middle = order[len(order) // 4 : -(len(order) // 4)]
        drawn = generator.choice(middle, (2, DRAWS))
        ends = (order[:SHOWN], order[-SHOWN:])
        found.append(
            [_found(features[end], features[some]) for end, some in zip(ends, drawn, strict=True)]
        )
    lowest, highest = np.array(found).reshape(-1, 2).T
    return Intruders(dims, lowest, highest)


def _found(shown: Float, intruders: Float) -> float:
    """Share of the intruders [intruder, feature] that stand out among those shown."""
    hits = 0
    for intruder in intruders:
        group = np.vstack([shown, intruder])
        count = len(group) - 1
        mean = (group.sum(axis=0) - group) / count
        square = (np.square(group).sum(axis=0) - np.square(group)) / count - np.square(mean)
        spread = SHRUNK + (1 - SHRUNK) * np.maximum(square, 0.0)
        hits += int((np.square(group - mean) / spread).sum(axis=1).argmax() == count)
    return hits / len(intruders)
