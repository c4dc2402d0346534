"""Where the simulated figures must lie for the report's statistics to be believed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from featamp.measure.quality import MOSTLY_LIGHT
from featamp.proof.simulation import Alignment, Choice, Coverage, Discovery, Planted

WITHIN = 0.02
"""A 95 % interval may hold the truth this much more or less often, at any strength."""


@dataclass(frozen=True)
class Check:
    """A simulated figure and where it must lie."""

    value: float
    low: float
    high: float

    @property
    def holds(self) -> bool:
        """Whether it lies there."""
        return self.low <= self.value <= self.high


@dataclass(frozen=True)
class Simulations:
    """The report's statistics on data whose answer is known; see `featamp.proof.simulation`."""

    coverage: Coverage
    discovery: Discovery
    choice: Choice
    axes: Alignment
    planted: Planted

    @property
    def checks(self) -> dict[str, Check]:
        """Every simulated figure that has a place where it must lie."""
        coverage, choice, axes, planted = self.coverage, self.choice, self.axes, self.planted
        light = np.array(planted.light)
        some, near = 2 * choice.error_reported, WITHIN + coverage.noise
        return {
            **{
                f"coverage {rate} {count} {spread:g}": Check(
                    float(worst), 0.95 - near, 0.95 + near
                )
                for rate, count, spread, worst in zip(
                    coverage.rates, coverage.counts, coverage.spreads, coverage.worst, strict=True
                )
            },
            "false discoveries": Check(self.discovery.false, 0.0, self.discovery.level),
            "held-out bias": Check(choice.bias_reported, -some, some),
            "held-out coverage": Check(choice.held_reported, 0.95 - WITHIN, 0.95 + WITHIN),
            "share aligned": Check(axes.share_aligned, 0.95, 1.0),
            "share turned": Check(axes.share_turned, 0.0, axes.null_high),
            "own response": Check(axes.own_aligned, 0.95, 1.05),
            "other responses": Check(axes.off_aligned, 0.0, 0.1),
            "side effect": Check(
                planted.side_effect, planted.side_expected - 0.05, planted.side_expected + 0.05
            ),
            "leakage": Check(axes.leakage_aligned, 0.0, 0.01),
            "planted leakage": Check(
                axes.leakage_planted, axes.leakage_expected - 0.01, axes.leakage_expected + 0.01
            ),
            "self-response": Check(axes.self_response, 0.99, 1.01),
            "photometric": Check(float(planted.photometric[light].min()), MOSTLY_LIGHT, 1.0),
            "not photometric": Check(float(planted.photometric[~light].max()), 0.0, MOSTLY_LIGHT),
            **{f"{name} aligned": Check(value, 0.95, 1.0) for name, value in axes.scores.items()},
        }
