"""Whether names hold: given blind, more often than to random directions; tried on other images."""

from __future__ import annotations

from bisect import bisect_left
from math import comb, perm

LEVEL = 0.05
"""Of the test: names are told from chance where its p-value is below."""


def naming_p_value(named: int, shown: int, decoys_named: int, decoys_shown: int) -> float:
    """The chance that as many names, dealt out over all that was shown, fall on dimensions as
    often or more often: Fisher's exact test, one-sided.

    Each way to deal them out is counted by the decoys among those named, which are few.
    """
    total, names = shown + decoys_shown, named + decoys_named
    ways = (
        comb(decoys_shown, decoys)
        * perm(names, decoys)
        * perm(total - names, decoys_shown - decoys)
        for decoys in range(decoys_named + 1)
    )
    return sum(ways) / perm(total, decoys_shown)


def least_named(shown: int, decoys_shown: int, decoys_named: int) -> int | None:
    """How many dimensions, of `shown`, must have got a name to be told from chance; None where not
    even all would be enough.
    """

    def told(named: int) -> bool:
        return naming_p_value(named, shown, decoys_named, decoys_shown) < LEVEL

    least = bisect_left(range(shown + 1), True, key=told)  # of more names p is never larger
    return least if least <= shown else None


def naming_verdict(named: int, shown: int, decoys_named: int, decoys_shown: int) -> str:
    """What naming blind has shown: "few" where no outcome of so many answers could be told from
    chance, else "chance" or "more".
    """
    if least_named(shown, decoys_shown, 0) is None:
        return "few"
    p = naming_p_value(named, shown, decoys_named, decoys_shown)
    return "more" if p < LEVEL else "chance"


def guess_p_values(pairs: int) -> list[float]:
    """[count] how often guesses agree in so many of the pairs or more, or disagree in so many or
    more: which way a label goes is not known beforehand (sign test, two-sided).
    """
    ways = [comb(pairs, count) for count in range(pairs + 1)]
    return [min(1.0, 2 * sum(ways[count:]) / 2**pairs) for count in range(pairs + 1)]
