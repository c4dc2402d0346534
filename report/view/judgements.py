"""What the evidence amounts to, for the pages: attributes weighed, responses in order, dimensions
beside controls.

As in `report.view.readings`, numbers and plain keys; templates turn the keys into words.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from featamp.measure.quality import Quality
from featamp.measure.response import AttributeResponse, largest_response
from featamp.statistics.redraws import confounders, partial_interval, partial_r

from ..findings.findings import ControlSweep, Findings, LabelEvidence, Response
from .pairs import FEW_POSITIVES, strongest
from .readings import departure, verdict

STANDINGS = ("nameable", "visible", "light", "faint", "unclear", "untold", "nothing")
"""What a dimension is: "nameable", visible, moving an attribute more than any random direction
does, and alike in all samples or moving it by both judges; "visible" and alike, but no attribute
stands out; mostly "light": brightness, tint or blur; "faint", smaller than the model's own error,
but alike; "unclear", the samples share only part of the change; "untold", a single sample cannot
tell; next to "nothing"."""
FEW_IMAGES = 100
"""Below this many images no interval, probe or bootstrap is worth much."""


# ---- attributes ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Weighed:
    """One attribute and the dimension chosen for it, weighed.

    Attributes
    ----------
    attribute, dim : the attribute, and its dimension: the assigned one of a target, else the one
        of largest |r|.
    best : the dimension of largest |r|, which a target may have had to leave to another.
    r : of `dim`, over all images.
    known : the attribute varies in both parts of the images, so that the numbers up to `share`
        mean something.
    selected : the dimension of largest |r| on the part of the images that chooses.
    r_selected, r_reported, low, high : its r there, and on the part that judges with a 95 %
        interval.
    auc : its AUC on the part that judges.
    positives : images of that part that have the attribute.
    probe_auc : AUC of the probe on all dimensions, held out.
    judge_auc : AUC of the judge of pixels, held out.
    share : what `selected` explains over what the probe explains, r^2 / R^2, both held out; None
        where the probe finds nothing.
    frequency : share of the redraws in which `dim` is the best.
    tied : other dimensions within 2 standard errors of the best, the strongest first.
    column : the attribute that goes most with `dim`, and that r.
    confounders : attributes held fixed, and r with `dim` then, with a 95 % interval.
    warnings : any of "few", "unstable", "tied", "reciprocal", "confounded", "faded", "chance".
    """

    attribute: str
    dim: int
    best: int
    r: float
    known: bool
    selected: int
    r_selected: float
    r_reported: float
    low: float
    high: float
    auc: float
    positives: int
    probe_auc: float
    judge_auc: float
    share: float | None
    frequency: float
    tied: list[int]
    column: tuple[str, float]
    confounders: tuple[str, ...]
    partial: float
    partial_low: float
    partial_high: float
    warnings: list[str]


def weighed(findings: Findings, attribute: str) -> Weighed | None:
    """Weigh the dimension of an attribute; None without labels, or where the attribute is
    constant.
    """
    c, e = findings.correlations, findings.evidence
    if c is None or e is None or attribute in c.constant:
        return None
    row = c.names.index(attribute)
    s = e.stability
    best = c.best_dimensions(attribute, 1)[0]
    dim = findings.targets.get(attribute, best)
    column = c.best_attributes(dim, 1)[0]
    held, partial_value, low, high = _partial(findings, e, attribute, dim)
    order = c.best_dimensions(attribute, c.r.shape[1])
    few = min(int(c.positives[row]), c.count - int(c.positives[row])) < FEW_POSITIVES
    tied = [d for d in order if s.tied[row, d] and d != dim]
    known = bool(s.defined[row])
    share = float(e.share[row])
    warnings = {
        "few": few,
        "unstable": known and int(s.selected[row]) != best,
        "tied": bool(tied),
        "reciprocal": c.names[column] != attribute,
        "confounded": abs(partial_value) < abs(float(c.r[row, dim])) / 2,
        "faded": known and float(s.r_selected[row] * s.r_reported[row]) <= 0,
        "chance": known and share <= e.null_share[1],
    }
    return Weighed(
        attribute=attribute,
        dim=dim,
        best=best,
        r=float(c.r[row, dim]),
        known=known,
        selected=int(s.selected[row]),
        r_selected=float(s.r_selected[row]),
        r_reported=float(s.r_reported[row]),
        low=float(s.low[row]),
        high=float(s.high[row]),
        auc=float(s.auc_reported[row]),
        positives=int(s.reported_positives[row]),
        probe_auc=float(e.probes.auc[row]),
        judge_auc=float(e.judge_auc[row]),
        share=None if np.isnan(share) else share,
        frequency=float(s.frequency[row, dim]),
        tied=tied,
        column=(c.names[column], float(c.r[column, dim])),
        confounders=held,
        partial=partial_value,
        partial_low=low,
        partial_high=high,
        warnings=[key for key, holds in warnings.items() if holds],
    )


def _partial(
    findings: Findings, evidence: LabelEvidence, attribute: str, dim: int
) -> tuple[tuple[str, ...], float, float, float]:
    """What is held fixed for an attribute, and r with a dimension then, with its 95 % interval."""
    c = findings.correlations
    assert c is not None
    held = confounders(attribute, c.names, evidence.phi)
    row, rows = c.names.index(attribute), [c.names.index(name) for name in held]
    value = partial_r(
        c.r[row], c.r[rows], evidence.phi[row, rows], evidence.phi[np.ix_(rows, rows)]
    )[dim]
    low, high = partial_interval(np.array([value]), c.count, len(rows))
    return held, float(value), float(low[0]), float(high[0])


# ---- responses ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class AttributeBar:
    """The response of one attribute: `slope` by the probes with a `margin` of 2 standard errors,
    `pixels` beside.

    `margin` is None for a single sample, `pixels` where that judge cannot tell the attribute.
    `clear` says that the interval leaves out 0; `agrees` that both judges give the same sign,
    beyond 2 errors each.
    """

    attribute: str
    slope: float
    margin: float | None
    pixels: float | None
    clear: bool
    agrees: bool

    @property
    def low(self) -> float:
        """The lower end of the interval; the slope itself where there is none."""
        return self.slope - (self.margin or 0.0)

    @property
    def high(self) -> float:
        """The upper end."""
        return self.slope + (self.margin or 0.0)


def response_bars(findings: Findings, response: Response, top: int) -> list[AttributeBar]:
    """The attributes that respond most, by the probes; none without labels."""
    seen, pixels, c = response.attributes, response.pixels, findings.correlations
    if seen is None or pixels is None or c is None:
        return []
    bars = []
    for row in (int(a) for a in np.argsort(-seen.size, kind="stable")[:top] if seen.told[a]):
        slope = float(seen.slope[row])
        margin = None if seen.error is None else 2 * float(seen.error[row])
        other = float(pixels.slope[row]) if pixels.told[row] else None
        clear, agrees = seen.clear(row), agree(seen, pixels, row)
        bars.append(AttributeBar(c.names[row], slope, margin, other, clear, agrees))
    return bars


def agree(seen: AttributeResponse, pixels: AttributeResponse, attribute: int) -> bool:
    """Whether both judges see an attribute respond, beyond two errors each, in the same
    direction.
    """
    clear = seen.clear(attribute) and pixels.clear(attribute)
    return clear and bool(seen.slope[attribute] * pixels.slope[attribute] > 0)


def null_response(findings: Findings) -> float:
    """The largest |response| of any attribute to a random direction; 0 without labels."""
    return largest_response(control.response.attributes for control in random_controls(findings))


@dataclass(frozen=True)
class TargetResponse:
    """What a sweep does to the attribute that it was chosen for.

    Attributes
    ----------
    slope, error : response of the attribute, for one standard deviation.
    pixels : the same by the judge of pixels; None where it cannot tell the attribute.
    place : 1 where no attribute responds more.
    mean_off, max_off : responses of the others over this one.
    above : it is clear, and stronger than any response to a random direction.
    ceiling : response to the probe's own direction; None where that was not swept.
    """

    slope: float
    error: float | None
    pixels: float | None
    place: int
    mean_off: float
    max_off: float
    above: bool
    ceiling: float | None

    @property
    def margin(self) -> float | None:
        """Two standard errors."""
        return None if self.error is None else 2 * self.error

    @property
    def ahead(self) -> int:
        """How many attributes respond more."""
        return self.place - 1

    @property
    def of_ceiling(self) -> float | None:
        """The response over that to the probe's own direction."""
        return abs(self.slope) / abs(self.ceiling) if self.ceiling else None


def target_response(findings: Findings, dim: int, attribute: str) -> TargetResponse | None:
    """How much a dimension moves an attribute, beside all others and beside the controls; None
    where no probe tells.
    """
    c, response = findings.correlations, findings.responses[dim]
    seen, pixels = response.attributes, response.pixels
    if c is None or seen is None:
        return None
    row = c.names.index(attribute)
    if not seen.told[row]:
        return None
    size = seen.size
    probe = findings.controls.get(f"probe-{attribute}")
    ceiling = (
        None if probe is None or probe.response.slope is None else float(probe.response.slope[row])
    )
    mean, largest = seen.off_target(row)
    return TargetResponse(
        slope=float(seen.slope[row]),
        error=None if seen.error is None else float(seen.error[row]),
        pixels=float(pixels.slope[row]) if pixels is not None and pixels.told[row] else None,
        place=int((size > size[row]).sum()) + 1,
        mean_off=mean,
        max_off=largest,
        above=seen.clear(row) and float(size[row]) > null_response(findings),
        ceiling=ceiling,
    )


def main_attribute(findings: Findings, dim: int) -> str | None:
    """The attribute that a dimension is compared by: the one that responds most; None without
    labels.
    """
    c, seen = findings.correlations, findings.responses[dim].attributes
    return None if c is None or seen is None else c.names[seen.strongest]


def compared_attribute(findings: Findings, dim: int) -> str | None:
    """The attribute that a dimension is compared with controls by: what responds most of those
    whose probe was swept.

    That is what responds most of all, unless it responds no more than some attribute does to a
    random direction.
    """
    c, seen = findings.correlations, findings.responses[dim].attributes
    if c is None or seen is None:
        return None
    order = [str(c.names[row]) for row in np.argsort(-seen.size, kind="stable") if seen.told[row]]
    return next((name for name in order if f"probe-{name}" in findings.controls), order[0])


# ---- controls -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Compared:
    """One line of the comparison with controls; ranges are those of the random directions, else
    both ends are equal.

    Attributes
    ----------
    kind : "dimension", "random", "component" or "probe".
    name : of the control to show; empty for the dimension itself.
    visible, consistent, photometric, target, off_target : lowest and highest value; `target` is
        the response of the attribute in question; None where it cannot be told.
    """

    kind: str
    name: str
    visible: tuple[float, float]
    consistent: tuple[float, float] | None
    photometric: tuple[float, float]
    target: tuple[float, float] | None
    off_target: tuple[float, float] | None


def compared(findings: Findings, dim: int, attribute: str | None) -> list[Compared]:
    """A dimension beside random directions, the first principal component and the probe of
    `attribute`.
    """
    groups: list[tuple[str, str, list[tuple[Quality, Response]]]] = [
        ("dimension", "", [(findings.quality[dim], findings.responses[dim])])
    ]
    controls = findings.controls
    groups += [
        ("random", "random-1", [(c.quality, c.response) for c in random_controls(findings)])
    ]
    shown = [("component", "pc-1"), ("probe", f"probe-{attribute}")]
    groups += [
        (kind, name, [(controls[name].quality, controls[name].response)])
        for kind, name in shown
        if name in controls
    ]
    return [
        _compare(findings, kind, name, members, attribute)
        for kind, name, members in groups
        if members
    ]


def _compare(
    findings: Findings,
    kind: str,
    name: str,
    members: list[tuple[Quality, Response]],
    attribute: str | None,
) -> Compared:
    c = findings.correlations
    row = c.names.index(attribute) if c is not None and attribute is not None else None
    seen = [
        a
        for _, response in members
        if (a := response.attributes) is not None and (row is None or a.told[row])
    ]
    consistent = [quality.consistency for quality, _ in members if quality.consistency is not None]
    return Compared(
        kind=kind,
        name=name,
        visible=_range([quality.over_distance for quality, _ in members]),
        consistent=_range(consistent) if consistent else None,
        photometric=_range([quality.photometric for quality, _ in members]),
        target=None if row is None or not seen else _range([float(s.slope[row]) for s in seen]),
        off_target=None
        if row is None or not seen
        else _range([s.off_target(row)[0] for s in seen]),
    )


def _range(values: list[float]) -> tuple[float, float]:
    return min(values), max(values)


def random_controls(findings: Findings) -> list[ControlSweep]:
    """The random directions."""
    return [control for control in findings.controls.values() if control.kind == "random"]


def control_response(findings: Findings, control: ControlSweep) -> tuple[str, float] | None:
    """The attribute that a control is judged by, its probe's own or the strongest, and its
    response.
    """
    c, seen = findings.correlations, control.response.attributes
    if c is None or seen is None:
        return None
    row = c.names.index(control.attribute) if control.attribute else seen.strongest
    return (c.names[row], float(seen.slope[row])) if seen.told[row] else None


def random_count(findings: Findings) -> int:
    """How many random directions were measured."""
    return len(random_controls(findings))


def random_leakage(findings: Findings) -> tuple[float, float]:
    """Lowest and highest leakage of the random directions."""
    return _range([control.response.leakage for control in random_controls(findings)])


# ---- the choice, by known factors ---------------------------------------------------------------


def named_rightly(findings: Findings) -> dict[bool, list[int]] | None:
    """The dimensions called nameable, by whether a trait of the person is the known factor that
    responds most.

    None where no factor is known.
    """
    if findings.trust is None or findings.trust.truth is None:
        return None
    called = standings(findings, findings.swept)["nameable"]
    read = {dim: findings.trust.truth.reading(dim) for dim in called}
    return {
        right: [dim for dim in called if read[dim].nuisance is not right]
        for right in (True, False)
    }


# ---- one dimension ------------------------------------------------------------------------------


def standing(findings: Findings, dim: int) -> str:
    """What a dimension is, in one key: one of `STANDINGS`."""
    v = verdict(findings, dim)
    if v.amount == "nothing":
        return "nothing"
    if v.photometric == "mostly":
        return "light"
    if v.consistency is None:
        return "untold"
    named = findings.scores[dim].attribute
    if v.consistency != "alike" and not (named and judges_agree(findings, dim, named)):
        return "unclear"
    if v.amount == "little" and not v.visible:
        return "faint"
    return "nameable" if named else "visible"


def judges_agree(findings: Findings, dim: int, attribute: str) -> bool:
    """Whether both judges see an attribute respond to a dimension, in the same direction."""
    c, response = findings.correlations, findings.responses[dim]
    seen, pixels = response.attributes, response.pixels
    if c is None or seen is None or pixels is None:
        return False
    return agree(seen, pixels, c.names.index(attribute))


def standings(findings: Findings, dims: tuple[int, ...]) -> dict[str, list[int]]:
    """The dimensions of each standing, in the order given."""
    groups: dict[str, list[int]] = {key: [] for key in STANDINGS}
    for dim in dims:
        groups[standing(findings, dim)].append(dim)
    return groups


def cautions(findings: Findings, dim: int) -> list[tuple[str, str]]:
    """What speaks against the names that a dimension could get: keys for the page, each with an
    attribute.

    Of the attribute that responds: "judges", they disagree on it; "rival", another one, given,
    responds as much. Of it and of every target that the dimension was chosen for: "correlation",
    another attribute goes more with the dimension over images; "tied" and "confounded" as in
    `Weighed`. "support", with no attribute: the sweep leaves the real codes before its last step.
    """
    named = findings.scores[dim].attribute
    found = [] if named is None else _cautions_of_response(findings, dim, named)
    targets = [
        target for target, best in findings.targets.items() if best == dim and target != named
    ]
    for attribute in [named, *targets] if named else targets:
        if any(pair.attribute != attribute for pair in strongest(findings, dim, 1)):
            found.append(("correlation", attribute))
        view = weighed(findings, attribute)
        known = () if view is None or view.dim != dim else view.warnings
        found += [(key, attribute) for key in ("tied", "confounded") if key in known]
    sweep = findings.sweeps[dim, "sigma"]
    leaves = departure(findings, sweep).outside
    if leaves is not None and leaves not in (0, len(sweep.raw) - 1):
        found.append(("support", ""))
    return found


def _cautions_of_response(findings: Findings, dim: int, attribute: str) -> list[tuple[str, str]]:
    c, seen = findings.correlations, findings.responses[dim].attributes
    assert c is not None and seen is not None  # else no attribute responds
    found = [] if judges_agree(findings, dim, attribute) else [("judges", attribute)]
    rival = seen.rival(c.names.index(attribute))
    if rival is not None:
        found.append(("rival", c.names[rival]))
    return found


def weight(findings: Findings, part: str) -> float:
    """The weight of a part of the score."""
    return float(getattr(findings.config.ranking, part))


def judger(findings: Findings) -> dict[str, Callable[..., Any]]:
    """The judgements as templates call them, by name, the findings already given."""
    functions = (
        weighed, response_bars, null_response, target_response, main_attribute,
        compared_attribute, compared,
        control_response, random_count, random_leakage,
        standing, standings, cautions, weight, named_rightly,
    )  # fmt: skip
    return {function.__name__: partial(function, findings) for function in functions}
