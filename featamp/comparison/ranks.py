"""Orders of models: whether two measures put them in one, and which models none is better than."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

CHANCE = 0.05
"""An order of models that random ones are as clear as, in so many cases or more, is none."""


@dataclass(frozen=True)
class Order:
    """Kendall's rank correlation of two measures, and how often random orders have as much
    (two-sided).
    """

    tau: float
    p: float

    @property
    def clear(self) -> bool:
        """Whether there is an order to speak of; of fewer than five models there is none."""
        return self.p < CHANCE


def rank_correlation(first: Sequence[float], second: Sequence[float]) -> Order:
    """Whether two measures [model], neither the same for all models, put them in one order."""
    from scipy.stats import kendalltau

    found = kendalltau(first, second)
    return Order(float(found.statistic), float(found.pvalue))


@dataclass(frozen=True)
class Kept:
    """A model that no other is better than by two measures, and those it can stand for: no better
    in either, worse in one.
    """

    model: str
    instead_of: tuple[str, ...]


def undominated(costs: Mapping[str, float], gains: Mapping[str, float]) -> list[Kept]:
    """The models on the Pareto front of a cost and a gain, the cheapest first.

    What several can stand for goes to that of the highest gain. Models equal in both are all kept.
    """

    def better(one: str, other: str) -> bool:
        no_worse = costs[one] <= costs[other] and gains[one] >= gains[other]
        return no_worse and (costs[one], gains[one]) != (costs[other], gains[other])

    front = [name for name in costs if not any(better(other, name) for other in costs)]
    front.sort(key=lambda name: costs[name])
    stands: dict[str, list[str]] = {name: [] for name in front}
    for name in costs:
        if name not in stands:
            rivals = (other for other in front if better(other, name))
            stands[max(rivals, key=lambda other: gains[other])].append(name)
    return [Kept(name, tuple(others)) for name, others in stands.items()]
