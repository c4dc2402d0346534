"""Verdicts of this report on planted truth, as they came out when they were last made.

Making a planted network and its report takes minutes, so what came out is kept beside the code in
`planted.json`: `python -m tests.planted --write SEED...` makes it anew, and a test fails where the
code no longer judges a small set as it did.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean

from featamp.proof.planted_kinds import Key
from featamp.records import from_plain

RESULTS = Path(__file__).with_name("planted.json")
TUNED_ON = tuple(range(1, 12))
"""Seeds of the sets that were looked at while the rule was made: they prove nothing of it."""

Told = tuple[str, Sequence[str], int]
"""Verdict, attributes and direction of a dimension, as in `Key.right`."""


@dataclass(frozen=True)
class Judged:
    """What a planted dimension is, and what was said of it.

    Attributes
    ----------
    dim, kind, change, wanted : as in `Key`, `wanted` being the verdicts that are right.
    verdict, attributes, direction : what was said.
    right : whether that is right, the name and its direction too.
    """

    dim: int
    kind: str
    change: str
    wanted: tuple[str, ...]
    verdict: str
    attributes: tuple[str, ...]
    direction: int
    right: bool


@dataclass(frozen=True)
class Traits:
    """How many different traits of the person a choice of dimensions really moves, by the factors
    that are known; `by_chance` as in `featamp.proof.truth.Four`.
    """

    rule: str
    traits: float
    by_chance: float


@dataclass(frozen=True)
class Choices:
    """What choices of dimensions of one network show, by the factors that are known.

    Attributes
    ----------
    network : which it is, in words.
    fours : of each rule.
    """

    network: str
    fours: tuple[Traits, ...]


@dataclass(frozen=True)
class PlantedSet:
    """One planted network, judged.

    Attributes
    ----------
    seed, people, images : what it was made with.
    dimensions : those that count, by number.
    suggested, mistaken : dimensions that were suggested for a write-up, and those of them that
        have nothing to name.
    fours : the suggested dimensions beside other choices.
    """

    seed: int
    people: int
    images: int
    dimensions: tuple[Judged, ...]
    suggested: tuple[int, ...]
    mistaken: tuple[int, ...]
    fours: tuple[Traits, ...]

    @property
    def right(self) -> int:
        """Dimensions that are judged rightly."""
        return sum(judged.right for judged in self.dimensions)


@dataclass(frozen=True)
class PlantedTruth:
    """What came out on all sets.

    Attributes
    ----------
    code : hash of the code that judged, when it did.
    sets : the sets.
    small : what was said of a set so small that a test can make it anew, to see that the code
        still judges as it did.
    models : the trained networks that ship, whose factors are known as well.
    """

    code: str
    sets: tuple[PlantedSet, ...]
    small: tuple[Judged, ...] = ()
    models: tuple[Choices, ...] = ()

    @property
    def counted(self) -> int:
        """Dimensions that were judged."""
        return sum(len(one.dimensions) for one in self.sets)

    @property
    def right(self) -> int:
        """Dimensions that were judged rightly."""
        return sum(one.right for one in self.sets)

    @property
    def mistaken(self) -> int:
        """Dimensions that were suggested for a write-up and have nothing to name."""
        return sum(len(one.mistaken) for one in self.sets)

    @property
    def choices(self) -> tuple[Choices, ...]:
        """The choices of dimensions in every network, planted or trained."""
        planted = (Choices(f"planted, seed {s.seed}", s.fours) for s in self.sets)
        return (*planted, *self.models)

    @property
    def traits(self) -> dict[str, float]:
        """Different traits of the person that the choice by each rule moves, mean over the
        networks.
        """
        found: dict[str, list[float]] = {}
        for four in (four for one in self.choices for four in one.fours):
            found.setdefault(four.rule, []).append(four.traits)
        return {rule: fmean(traits) for rule, traits in found.items()}

    @property
    def ahead(self) -> tuple[str, ...]:
        """Rules whose choice moves more traits than the suggested dimensions do, most first."""
        means = self.traits
        suggested = means.get("suggested", 0.0)
        return tuple(
            rule
            for rule in sorted(means, key=lambda name: -means[name])
            if means[rule] > suggested
        )

    def beyond_chance(self, chance: float) -> int:
        """Networks in which fewer than this share of random choices move as many traits as the
        suggested dimensions do.
        """
        return sum(
            four.rule == "suggested" and four.by_chance <= chance
            for one in self.choices
            for four in one.fours
        )

    @property
    def confusion(self) -> dict[tuple[str, str], int]:
        """How many dimensions were given each verdict, by (first right one, given one)."""
        return Counter((j.wanted[0], j.verdict) for one in self.sets for j in one.dimensions)

    @property
    def kinds(self) -> dict[str, tuple[Judged, ...]]:
        """The dimensions of each kind of change, of all sets."""
        found: dict[str, tuple[Judged, ...]] = {}
        for judged in (j for one in self.sets for j in one.dimensions):
            found[judged.kind] = (*found.get(judged.kind, ()), judged)
        return found


def compare_with_truth(keys: Iterable[Key], told: Mapping[int, Told]) -> tuple[Judged, ...]:
    """Set what was said of the dimensions that count beside what was planted in them."""
    return tuple(
        Judged(
            key.dim, key.kind, key.change, key.verdicts, told[key.dim][0],
            tuple(told[key.dim][1]), told[key.dim][2], key.right(*told[key.dim]),
        )
        for key in keys
        if key.counted
    )  # fmt: skip


def write_results(truth: PlantedTruth) -> None:
    """Keep what came out beside the code."""
    RESULTS.write_text(json.dumps(asdict(truth), indent=1) + "\n", encoding="utf-8")


def read_results(path: Path | None = None) -> PlantedTruth:
    """What came out when it was last made; `path` is that of a copy."""
    return from_plain(PlantedTruth, json.loads((path or RESULTS).read_text(encoding="utf-8")))
