"""What the page on trust states: simulations, judges compared, choices by known factors."""

from __future__ import annotations

from dataclasses import dataclass, field

from featamp.proof.checks import Check, Simulations
from featamp.proof.disentanglement import BINS, BOUND, Disentanglement
from featamp.proof.truth import READABLE, Agreement, Four, Suggested, Truth
from featamp.proof.verdicts import PlantedTruth
from featamp.statistics.intruder import Intruders


@dataclass(frozen=True)
class Trust:
    """What the page 'How far to trust this' states.

    Attributes
    ----------
    simulations : of any data.
    verdicts : on planted truth, as they came out when they were last made; `code` is the hash of
        what would judge it now.
    agreement : of the two judges of attributes; None without labels.
    intruders : whether the real images at the ends of a dimension share what can be seen; None for
        too few.
    known : the data folder holds the factors behind its images.
    disentanglement : MIG, SAP and DCI; None without known factors, or with too few images or
        independent factors.
    truth : what the known factors do in the sweeps; None likewise.
    fours : the suggested dimensions, those of highest variance, those of highest |r|, and random
        ones; empty without `truth`.
    factors : of each attribute, the known factor that its label goes with most, and the sign;
        empty without `truth` or labels.
    """

    simulations: Simulations
    verdicts: PlantedTruth
    code: str
    agreement: Agreement | None
    intruders: Intruders | None
    known: bool
    disentanglement: Disentanglement | None
    truth: Truth | None
    fours: tuple[Four, ...]
    factors: dict[str, tuple[str, int]] = field(default_factory=dict)

    def named_rightly(self, dim: int, attribute: str, direction: int) -> bool | None:
        """Whether the name of a dimension, "more" of an attribute (+1) or "less" (-1), is that of
        what it moves; None where nothing known can tell.
        """
        if self.truth is None or dim not in self.truth.dims or attribute not in self.factors:
            return None
        factor, sign = self.factors[attribute]
        return self.truth.named_rightly(dim, factor, sign * direction)

    @property
    def outdated(self) -> bool:
        """The verdicts on planted truth are those of another version of the code."""
        return self.verdicts.code != self.code

    @property
    def checks(self) -> dict[str, Check]:
        """Every simulated figure that has a place where it must lie."""
        return self.simulations.checks

    @property
    def limits(self) -> dict[str, float]:
        """The |r| below which factors are independent, the bins of MIG, the R^2 from which a
        factor can be read.
        """
        return {"independent": BOUND, "bins": BINS, "readable": READABLE}

    @property
    def suggested(self) -> Suggested:
        """The suggested dimensions beside the other choices."""
        return Suggested(self.fours)
