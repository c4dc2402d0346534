"""Whether names hold: given blind, more often than to random directions; tried on other images."""

from __future__ import annotations

from math import comb

import numpy as np
from numpy.typing import NDArray

LEVEL = 0.05
"""Of the test: names are told from chance where its p-value is below."""


def naming_p_values(shown: int, decoys_shown: int, decoys_named: int) -> NDArray[np.float64]:
    """The p-value of every outcome by how many dimensions, of `shown`, got a name: [0 .. shown].

    Fisher's exact test, one-sided: the chance that as many names, dealt out over all that was
    shown, fall on dimensions as often or more often.
    """
    from scipy.stats import hypergeom

    named = np.arange(shown + 1)
    if (total := shown + decoys_shown) == 0:
        return np.ones(1)
    return np.asarray(hypergeom.sf(named - 1, total, shown, named + decoys_named), np.float64)


def least_named(shown: int, decoys_shown: int, decoys_named: int) -> int | None:
    """How many dimensions, of `shown`, must have got a name to be told from chance; None where not
    even all would be enough.
    """
    told = naming_p_values(shown, decoys_shown, decoys_named) < LEVEL
    return int(told.argmax()) if told.any() else None


def naming_verdict(named: int, shown: int, decoys_named: int, decoys_shown: int) -> str:
    """What naming blind has shown: "few" where no outcome of so many answers could be told from
    chance, else "chance" or "more".
    """
    if least_named(shown, decoys_shown, 0) is None:
        return "few"
    p = naming_p_values(shown, decoys_shown, decoys_named)[named]
    return "more" if p < LEVEL else "chance"


def guess_p_values(pairs: int) -> list[float]:
    """[count] how often guesses agree in so many of the pairs or more, or disagree in so many or
    more: which way a label goes is not known beforehand (sign test, two-sided).
    """
    ways = [comb(pairs, count) for count in range(pairs + 1)]
    return [min(1.0, 2 * sum(ways[count:]) / 2**pairs) for count in range(pairs + 1)]
