"""What is said of a whole model in one number, and of several models in their order."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featamp.comparison.ranks import Order, rank_correlation
from featamp.comparison.recurrence import Recurrence
from featamp.statistics.labels.weigh import Weighed


@dataclass(frozen=True)
class Strength:
    """How well single dimensions tell the attributes, the mean over those that could be held out
    for every model.

    Attributes
    ----------
    r : held-out r of each attribute's dimension, of the sign that chose it, so that chance gives
        0; None where none could be held out.
    share : of what a probe on all dimensions explains, what that dimension does, as in
        `AxisShares`; None where nothing can be told.
    """

    r: float | None
    share: float | None


def mean_strengths(models: Mapping[str, Collection[Weighed]]) -> dict[str, Strength]:
    """The mean of each model, by name: over the attributes that every model tells that tells any,
    since means over different ones do not compare.

    Parameters
    ----------
    models : the attributes of each model, weighed, by its name.
    """
    r, shares = {}, {}
    for model, attributes in models.items():
        held = {w.attribute: w.held_out for w in attributes if w.held_out is not None}
        r[model] = {name: one.r * float(np.sign(one.r_chosen)) for name, one in held.items()}
        shares[model] = {n: one.share for n, one in held.items() if one.share is not None}
    r_mean, share_mean = _means_in_common(r), _means_in_common(shares)
    return {model: Strength(r_mean[model], share_mean[model]) for model in models}


def _means_in_common(values: Mapping[str, Mapping[str, float]]) -> dict[str, float | None]:
    """The mean of each over the keys that all have which have any; None of one that has none."""
    keys = [set(known) for known in values.values() if known]
    common = sorted(set.intersection(*keys)) if keys else []
    return {
        name: float(np.mean([known[key] for key in common])) if known and common else None
        for name, known in values.items()
    }


@dataclass(frozen=True)
class Recurred:
    """How many of a model's active dimensions another one has again.

    Attributes
    ----------
    again, active : dimensions found again, of so many.
    strength, rotated_r, multiple_r : medians over the active ones of the largest |r|, of the |r|
        that a random rotation gives, and of the multiple correlation.
    """

    again: int
    active: int
    strength: float
    rotated_r: float
    multiple_r: float


def count_again(recurrence: Recurrence, active: NDArray[np.bool_]) -> Recurred:
    """Of the `active` dimensions [dim] of a model, those that the other has again."""
    if not active.any():
        return Recurred(0, 0, 0.0, 0.0, 0.0)
    values = (recurrence.strength, recurrence.rotated_r, recurrence.multiple_r)
    medians = (float(np.median(value[active])) for value in values)
    return Recurred(int(recurrence.again[active].sum()), int(active.sum()), *medians)


@dataclass(frozen=True)
class Span:
    """Over the models, the lowest and the highest KL (nats; None where an encoder is
    deterministic) and error (RMSE), and the order of one by the other; None for fewer than three
    models, or where either is the same for all.
    """

    kl: tuple[float, float] | None
    rmse: tuple[float, float]
    order: Order | None


def span(kl: list[float | None], rmse: list[float]) -> Span:
    """How KL [model], None of a deterministic encoder, and error [model] go together."""
    error, known = (min(rmse), max(rmse)), [value for value in kl if value is not None]
    if len(known) < len(rmse):
        return Span(None, error, None)
    ends = (min(known), max(known)), error
    if len(known) < 3 or any(low == high for low, high in ends):
        return Span(*ends, None)
    return Span(*ends, rank_correlation(known, rmse))
