"""Attributes in each model: how well the targets are found, and what its pictures lost of them."""

from __future__ import annotations

from dataclasses import dataclass

from ...findings.models import Comparison


@dataclass(frozen=True)
class TargetCell:
    """A target attribute in one model, on images held out.

    Attributes
    ----------
    dim : the dimension that the other images chose.
    sign : of its correlation on the images that chose it.
    r, low, high : its correlation and 95 % interval.
    area, area_low, area_high : its AUC and 95 % interval; None where it could not be measured.
    share : of what a probe on all dimensions explains, what this one does; None where the probe
        finds nothing. `by_chance` is what a random axis has in one case of twenty.
    """

    dim: int
    sign: int
    r: float
    low: float
    high: float
    area: float | None
    area_low: float | None
    area_high: float | None
    share: float | None
    by_chance: float

    @property
    def size(self) -> float:
        """r, turned to rise as where it was chosen: below 0 it did not hold."""
        return self.sign * self.r

    @property
    def least(self) -> float:
        """The lower end of its interval."""
        return min(self.sign * self.low, self.sign * self.high)

    @property
    def most(self) -> float:
        """The upper end of its interval."""
        return max(self.sign * self.low, self.sign * self.high)


def targets_of(comparison: Comparison) -> dict[str, dict[str, TargetCell]]:
    """By attribute and model; none without labels, or where every model has collapsed."""
    asked = dict.fromkeys(t for f in comparison.models.values() for t in f.plan.targets)
    cells = {a: {n: _target(comparison, n, a) for n in comparison.models} for a in asked}
    known = {a: {n: cell for n, cell in row.items() if cell} for a, row in cells.items()}
    return {attribute: row for attribute, row in known.items() if row}


def _target(comparison: Comparison, model: str, attribute: str) -> TargetCell | None:
    f, areas = comparison.models[model], comparison.areas[model]
    weighed = f.verdicts.attributes.get(attribute)
    if f.labels is None or weighed is None or (h := weighed.held_out) is None:
        return None
    area: tuple[float | None, float | None, float | None] = (None, None, None)
    if areas is not None and attribute in areas.names:
        at = areas.names.index(attribute)
        area = float(areas.area[at]), float(areas.low[at]), float(areas.high[at])
    sign, chance = -1 if h.r_chosen < 0 else 1, f.labels.null_share[1]
    return TargetCell(h.dim, sign, h.r, h.low, h.high, *area, h.share, chance)


@dataclass(frozen=True)
class Loss:
    """AUC of the judge of faces on originals, on reconstructions, the difference and its 95 %
    interval.
    """

    auc: float
    rebuilt: float
    lost: float
    low: float
    high: float


def lost(comparison: Comparison) -> dict[str, dict[str, Loss]]:
    """What each model lost, by attribute that the judge of faces is believed on."""
    table: dict[str, dict[str, Loss]] = {}
    for name, f in comparison.models.items():
        for attribute in f.faces.believed if f.faces else ():
            assert f.faces is not None
            row = f.faces.names.index(attribute)
            auc, rebuilt, change = (
                float(v[row]) for v in (f.faces.auc, f.faces.rebuilt, f.faces.lost)
            )
            low, high = f.faces.lost_interval[row].tolist()
            table.setdefault(attribute, {})[name] = Loss(auc, rebuilt, change, low, high)
    return table
