"""What a person's names are tested by: from how many on they are no chance."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Naming:
    """What the scripts of the pages judge by while a person names, and what came out so far.

    Attributes
    ----------
    least : [dimensions answered, decoys answered, decoys named]: how many dimensions must have got
        a name to be told from chance; None where not even all would be enough.
    guesses : [pairs, pairs guessed]: how often chance alone guesses as many of the pairs that a
        label is tried on.
    blind : what naming blind has shown, as `featamp.statistics.naming.naming_verdict`; None where
        nobody has.
    """

    least: tuple[tuple[tuple[int | None, ...], ...], ...]
    guesses: tuple[tuple[float, ...], ...]
    blind: str | None
