"""Health of a model: what its KL divergence, codes and reconstructions say, each in a key."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from featamp.contract.trials import tells_more
from featamp.measure.effect import Reconstruction
from featamp.statistics.variance import VarianceRanking

KL_WEIGHT_KEYS = ("kl_weight", "beta", "kld_weight", "kl_beta", "kl_coeff")
"""Names under which training scripts store the weight of the KL term, in lower case."""
KL_COLLAPSED = 1.0
"""A KL divergence of fewer nats, of all dimensions together, is a collapse."""
KL_USUAL = 1.0, 6.0
"""Nats a dimension that are usual."""
KL_IGNORED = 20.0
"""From so many nats a dimension on, the prior was ignored."""
MATCHING, FAR_WIDER = (0.5, 2.0), 10.0
"""Variance of the codes over that of the prior which is close to it, and which is far from it."""
PSNR_FAIR, PSNR_GOOD = 18.0, 24.0
"""From these on, in dB, a reconstruction is recognisable, and close."""


@dataclass(frozen=True)
class Health:
    """Health of the model: numbers, and the key of a verdict on each.

    Attributes
    ----------
    kl_each : KL divergence a dimension, in nats.
    kl : "collapse", "low", "usual", "high" or "ignored"; "none" for a deterministic encoder.
    mismatch : "narrow", "match", "wide" or "far", of codes and prior.
    active : active dimensions; activity : "none", "few", "most" or "all".
    reconstruction : "poor", "fair" or "good"; "none" where it tells no more than the images' mean.
    kl_weight : what the checkpoint says of it; None where it says nothing.
    checkpoint : "silent", "rising", "standard", "other" or "untold" (the KL weight).
    """

    kl_each: float
    kl: str
    mismatch: str
    active: int
    activity: str
    reconstruction: str
    kl_weight: object
    checkpoint: str


def judge_health(
    variance: VarianceRanking, reconstruction: Reconstruction, facts: Mapping[str, Any]
) -> Health:
    """Judge a model.

    Parameters
    ----------
    facts : what the checkpoint says of itself (epoch, loss, KL weight).
    """
    dims, active = len(variance.variance), int(variance.active.sum())
    each = variance.kl_total / dims
    weight = next((value for key, value in facts.items() if key.lower() in KL_WEIGHT_KEYS), None)
    kl = level(each, (*KL_USUAL, KL_IGNORED), ("low", "usual", "high", "ignored"))
    if variance.kl_total < KL_COLLAPSED:
        kl = "collapse"
    return Health(
        kl_each=each,
        kl="none" if variance.deterministic else kl,
        mismatch=level(
            variance.prior_mismatch, (*MATCHING, FAR_WIDER), ("narrow", "match", "wide", "far")
        ),
        active=active,
        activity=level(active / dims, (0.25, 1), ("few", "most", "all")) if active else "none",
        reconstruction=level(reconstruction.psnr, (PSNR_FAIR, PSNR_GOOD), ("poor", "fair", "good"))
        if tells_more(reconstruction.rmse, reconstruction.of_mean)
        else "none",
        kl_weight=weight,
        checkpoint=_checkpoint(facts, weight, each),
    )


def _checkpoint(facts: Mapping[str, Any], weight: object, kl_each: float) -> str:
    """What a checkpoint's own facts mean."""
    if not facts:
        return "silent"
    if isinstance(weight, int | float):
        if weight == 1:
            return "standard"
        return "rising" if weight < 1 and KL_IGNORED <= kl_each < math.inf else "other"
    return "rising" if KL_IGNORED <= kl_each < math.inf else "untold"


def level(value: float, bounds: tuple[float, ...], names: tuple[str, ...]) -> str:
    """The name of the level that a value has reached; each bound begins the next."""
    return names[sum(value >= bound for bound in bounds)]
