"""Each model set against the first, for the words on method."""

from __future__ import annotations

from dataclasses import dataclass

from featamp.comparison.summary import Recurred

from ...findings.findings import Findings
from ...findings.models import Comparison
from .scores import counts


@dataclass(frozen=True)
class Contrast:
    """A model set against the first.

    Attributes
    ----------
    kl : None of a deterministic encoder.
    kl_ratio, rmse_ratio : over the first's; None for the first itself, or where that has none.
    better : axes that beat rotations; None without labels. share : as `Strength.share`.
    mig : None where no factors are known.
    objective : what the checkpoint says was asked of it; "" where it says nothing.
    again : its dimensions in the first; None for the first itself.
    """

    model: str
    kl: float | None
    kl_ratio: float | None
    rmse: float
    rmse_ratio: float | None
    active: int
    nameable: int
    better: int | None
    share: float | None
    mig: float | None
    objective: str
    again: Recurred | None


def contrasts(comparison: Comparison) -> list[Contrast]:
    """Each model set against the first; nothing for a single one."""
    first, *others = comparison.models
    return [_contrast(comparison, name, first) for name in (first, *others) if others]


def _kl(f: Findings) -> float | None:
    return None if f.variance.deterministic else f.variance.kl_total


def _contrast(comparison: Comparison, name: str, first: str) -> Contrast:
    f, base = comparison.models[name], comparison.models[first]
    kl, rmse = _kl(f), f.samples.reconstruction.rmse
    kl_base, rmse_base = _kl(base), base.samples.reconstruction.rmse
    known = f.trust.disentanglement if f.trust else None
    return Contrast(
        model=name,
        kl=kl,
        kl_ratio=None if name == first or not kl or not kl_base else kl / kl_base,
        rmse=rmse,
        rmse_ratio=None if name == first or rmse_base <= 0 else rmse / rmse_base,
        active=f.verdicts.health.active,
        nameable=counts(f)["nameable"],
        better=len(f.axes.better) if f.axes else None,
        share=comparison.strengths[name].share,
        mig=known.scores["MIG"] if known else None,
        objective=str(f.model.facts.get("objective", "")),
        again=comparison.found.get((name, first)),
    )


def facts(comparison: Comparison) -> list[str]:
    """What some checkpoint says of itself, by name, in the order in which it is met."""
    return list(dict.fromkeys(k for f in comparison.models.values() for k in f.model.facts))
