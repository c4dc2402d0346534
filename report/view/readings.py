"""What the findings amount to: choices, comparisons and verdicts for the pages, as numbers and
plain keys.

Templates turn the keys into words; nothing here is prose.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featamp.measure.quality import MOSTLY_LIGHT, REGIONS, Quality
from featamp.statistics.naming import least_named, naming_verdict

from ..findings.findings import IN_COLUMN, Findings, Sweep
from ..inputs.selection import Blind, Note
from ..stages.plan import FAR, shared_kind, telling
from .pairs import Pair, strongest_pair

KL_WEIGHT_KEYS = ("kl_weight", "beta", "kld_weight", "kl_beta", "kl_coeff")
"""Names under which training scripts store the weight of the KL term, in lower case."""
FIGURE_NAME = re.compile(r"(?:(experiment\d)-)?(?:dim(\d+)-)?(raw|sigma|animation)(?:-(\d+))?")
SATURATION_RISE = 0.02
"""A sweep saturates when this share of pixel values more than in the reconstructions does."""
BOUNDS = {
    "over_error": 1.0,
    "nothing": 0.02,
    "little": 0.1,
    "large": 0.5,
    "consistency_part": 0.25,
    "consistency": 0.5,
    "monotonicity": 0.9,
    "symmetry": 0.7,
    "photometric_part": 0.25,
    "photometric": MOSTLY_LIGHT,
    "top": 0.5,
    "self_response": 0.5,
    "off_target": 0.5,
    "outside": 0.5,
    "psnr_fair": 18.0,
    "psnr_good": 24.0,
}
"""Where a measure of a sweep turns from one verdict to the next: all of them, for words and tables
alike.

`nothing`, `little` and `large` bound the change against the difference between two images;
`outside` the share of samples, or of frames, that have left the real codes; `psnr_fair` and
`psnr_good` are in dB.
"""


# ---- sweeps -------------------------------------------------------------------------------------


def unit_sweeps(findings: Findings, dim: int) -> list[Sweep]:
    """The narrow sweeps of a dimension, first the one to look at: raw where it shows what the
    dimension does.
    """
    raw, sigma = findings.sweeps[dim, "raw"], findings.sweeps[dim, "sigma"]
    return [raw, sigma] if telling(raw.reach) else [sigma, raw]


def shared_units(findings: Findings, dims: Sequence[int]) -> str:
    """The units in which to show dimensions side by side: raw where every raw sweep shows what its
    dimension does.
    """
    return shared_kind(findings.sweeps[dim, "raw"].reach for dim in dims)


def range_pairs(findings: Findings, dim: int) -> list[tuple[Sweep, Sweep]]:
    """Narrow and wide sweeps of a chosen dimension in both units, first the units to look at."""
    wide = {"raw": "wide", "sigma": "wide-sigma"}
    return [
        (narrow, findings.sweeps[dim, wide[narrow.kind]]) for narrow in unit_sweeps(findings, dim)
    ]


def all_sweeps(findings: Findings, dim: int) -> list[Sweep]:
    """Every sweep of a dimension, narrow before wide, first the units to look at."""
    narrow = unit_sweeps(findings, dim)
    wide = [
        findings.sweeps.get((dim, "wide" if s.kind == "raw" else "wide-sigma")) for s in narrow
    ]
    return narrow + [s for s in wide if s is not None]


def zero_after(sweep: Sweep) -> int | None:
    """How many columns come before alpha = 0; None where a column is alpha = 0 itself."""
    return None if np.any(sweep.raw == 0) else int((sweep.raw < 0).sum())


def too_far(sweep: Sweep) -> bool:
    """Whether a sweep goes far beyond any real code, as raw alpha does on a dimension that has all
    but collapsed.
    """
    return sweep.reach > FAR


def end_change(sweep: Sweep) -> float:
    """The largest mean change of a pixel at either end of the sweep, pixels in [0, 1]."""
    return float(max(sweep.effect.change[0], sweep.effect.change[-1]))


@dataclass(frozen=True)
class Departure:
    """Where a sweep leaves what the model knows: index of the smallest such |alpha|, None where it
    never does.

    Attributes
    ----------
    outside : most samples are farther from real codes than real codes are from each other.
    saturated : the share of saturated pixel values has risen by `SATURATION_RISE`.
    from_start : `outside` already holds at the smallest |alpha|, so it is the samples, not the
        sweep.
    """

    outside: int | None
    saturated: int | None
    from_start: bool


def departure(findings: Findings, sweep: Sweep) -> Departure:
    """Where the pictures of a sweep leave what the model knows."""
    nearest = np.argsort(np.abs(sweep.raw), kind="stable")
    limit = findings.reconstruction.saturated + SATURATION_RISE
    outside = _first(nearest, sweep.effect.outside > BOUNDS["outside"])
    saturated = _first(nearest, sweep.effect.saturated > limit)
    return Departure(outside, saturated, outside == int(nearest[0]))


def _first(order: NDArray[np.int64], holds: NDArray[np.bool_]) -> int | None:
    return next((int(i) for i in order if holds[i]), None)


def outside_share(sweep: Sweep) -> float:
    """Share of the frames of a sweep that lie outside the real codes."""
    return float(sweep.effect.outside.mean())


def raw_below(findings: Findings, dims: tuple[int, ...]) -> int:
    """How many of the dimensions have a raw sweep that stays below one standard deviation,
    collapsed ones left out.
    """
    return sum(0 < findings.sweeps[dim, "raw"].reach < 1 for dim in dims)


def most_changing(findings: Findings, dims: tuple[int, ...]) -> int:
    """The dimension that changes the pictures most over its sweep in standard deviations."""
    return max(dims, key=lambda dim: end_change(findings.sweeps[dim, "sigma"]))


@dataclass(frozen=True)
class Verdict:
    """What the measures of a sweep say of it, against `BOUNDS`.

    Attributes
    ----------
    amount : "nothing", "little", "clear" or "large", against the difference between two images.
    visible : the change is not smaller than the error of the reconstruction.
    consistency : "differs", "partly" or "alike" over the samples; None where a single one cannot
        tell.
    monotone : None where a single sample cannot tell.
    photometric : "hardly", "partly" or "mostly" brightness, tint and blur.
    local : half of the energy lies in a tenth of the pixels.
    place : the region that the change is in more than others; None where it is in none.
    warnings : what speaks against naming the dimension: "nothing" alone, or any of "differs",
        "partly", "photometric", "uneven" (light and colour that fall unevenly could be most of it)
        and "unsteady".
    """

    amount: str
    visible: bool
    consistency: str | None
    monotone: bool | None
    symmetric: bool
    photometric: str
    local: bool
    place: str | None
    warnings: list[str]


def verdict(findings: Findings, dim: int) -> Verdict:
    """Judge the narrow sweep of a dimension in standard deviations."""
    q, b = findings.quality[dim], BOUNDS
    amount = _level(
        q.over_distance,
        (b["nothing"], b["little"], b["large"]),
        ("nothing", "little", "clear", "large"),
    )
    parts = (b["consistency_part"], b["consistency"])
    consistency = (
        None
        if q.consistency is None
        else _level(q.consistency, parts, ("differs", "partly", "alike"))
    )
    monotone = None if q.monotonicity is None else q.monotonicity >= b["monotonicity"]
    photometric = _level(
        q.photometric, (b["photometric_part"], b["photometric"]), ("hardly", "partly", "mostly")
    )
    doubts = {
        "differs": consistency == "differs",
        "partly": consistency == "partly",
        "photometric": photometric == "mostly",
        "uneven": photometric != "mostly" and q.uneven >= b["photometric"],
        "unsteady": monotone is False,
    }
    return Verdict(
        amount=amount,
        visible=q.over_error >= b["over_error"],
        consistency=consistency,
        monotone=monotone,
        symmetric=q.symmetry >= b["symmetry"],
        photometric=photometric,
        local=q.top >= b["top"],
        place=q.place,
        warnings=["nothing"]
        if amount == "nothing"
        else [key for key, holds in doubts.items() if holds],
    )


def densest(quality: Quality) -> tuple[str, float]:
    """The region in which the energy of a change is densest, and how many times denser than in an
    even change.
    """
    at = int(quality.density.argmax())
    return REGIONS[at], float(quality.density[at])


def noted(findings: Findings, dims: tuple[int, ...]) -> int:
    """How many of the dimensions a person has written anything on."""
    return sum(findings.selection.note(dim) != Note() for dim in dims)


# ---- working by hand ----------------------------------------------------------------------------


def comparable(findings: Findings) -> list[tuple[str, Sweep]]:
    """Every sweep that can be laid beside another, dimensions by rank, then controls, with its
    name in an address.

    "dim-94-sigma" is a sweep of dimension 94, "control-random-1" that of the control "random-1".
    """
    sweeps = [
        (f"dim-{dim}-{s.kind}", s) for dim in findings.swept for s in all_sweeps(findings, dim)
    ]
    return sweeps + [
        (f"control-{name}", control.sweep) for name, control in findings.controls.items()
    ]


def blind_cards(findings: Findings) -> list[tuple[str, Sweep]]:
    """The explored dimensions' sweeps in standard deviations and the random directions', shuffled.

    Each with the dimension or the control's name. The order depends on the checkpoint and the
    images alone.
    """
    cards = [(str(dim), findings.sweeps[dim, "sigma"]) for dim in findings.explored]
    cards += [
        (name, control.sweep)
        for name, control in findings.controls.items()
        if control.kind == "random"
    ]
    seed = findings.model.checkpoint + findings.images.content
    return sorted(cards, key=lambda card: hashlib.sha256(f"{seed} {card[0]}".encode()).digest())


def blind_verdict(blind: Blind) -> str:
    """What a blind result has shown: "few" answers to tell, "chance" or "more"."""
    return naming_verdict(blind.named, blind.shown, blind.decoys_named, blind.decoys_shown)


def blind_table(findings: Findings) -> list[list[list[int | None]]]:
    """[dimensions answered, decoys answered, decoys named]: how many dimensions must have got a
    name to be told from chance, for the script to judge by while a person names.
    """
    cards = [name for name, _ in blind_cards(findings)]
    dims, decoys = len(findings.explored), len(cards) - len(findings.explored)
    return [
        [
            [least_named(shown, among, named) for named in range(among + 1)]
            for among in range(decoys + 1)
        ]
        for shown in range(dims + 1)
    ]


# ---- figures ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pictured:
    """What a figure shows, as its name tells: "dim094-raw", "experiment2-dim094-sigma",
    "experiment3-raw-1".

    Attributes
    ----------
    kind : "dimension", "animation", "experiment1", "experiment2", "experiment3", or the whole
        name.
    dim, units, page : None where the figure is not of one dimension, in one of the units, or one
        of several.
    """

    kind: str
    dim: int | None
    units: str | None
    page: int | None


def pictured(name: str) -> Pictured:
    """Read the name of a figure."""
    found = FIGURE_NAME.fullmatch(name)
    if found is None:
        return Pictured(name, None, None, None)
    experiment, dim, last, page = found.groups()
    units = last if last in ("raw", "sigma") else None
    kind = experiment or ("dimension" if units else last)
    return Pictured(kind, int(dim) if dim else None, units, int(page) if page else None)


def files_of(findings: Findings, name: str) -> list[tuple[str, str]]:
    """What there is of a picture to take away, as suffix and path: the figures drawn of it, else
    the frames alone.

    Sprites have the names of the figures: "dim094-raw" is figures/dim094-raw.pdf or
    sprites/dim094-raw.png.
    """
    return _drawn(findings, name) or [("PNG", f"sprites/{name}.png")]


def column_files_of(findings: Findings, name: str) -> list[tuple[str, str]]:
    """The same where the figure was also drawn for one column of a paper."""
    return _drawn(findings, name + IN_COLUMN)


def _drawn(findings: Findings, name: str) -> list[tuple[str, str]]:
    return [
        (suffix.upper(), f"figures/{name}.{suffix}") for suffix in findings.figures.get(name, ())
    ]


def picture_name(sweep: Sweep) -> str:
    """The name of the picture of a sweep: "dim094-raw", "control-random-1"."""
    return PurePosixPath(sweep.sprite).stem


# ---- health and headline ------------------------------------------------------------------------


@dataclass(frozen=True)
class Health:
    """Health of the model: numbers, and the key of a verdict on each.

    `kl_weight` is what the checkpoint says of it, None where it says nothing.
    """

    kl_each: float
    kl: str
    mismatch: str
    active: int
    activity: str
    reconstruction: str
    kl_weight: object
    checkpoint: str


def health(findings: Findings) -> Health:
    """Judge the model by its KL divergence, prior mismatch, active units and reconstructions."""
    variance, dims = findings.variance, len(findings.variance.variance)
    each, active = variance.kl_total / dims, int(variance.active.sum())
    return Health(
        kl_each=each,
        kl="collapse"
        if variance.kl_total < 1
        else _level(each, (1, 6, 20), ("low", "usual", "high", "ignored")),
        mismatch=_level(variance.prior_mismatch, (0.5, 2, 10), ("narrow", "match", "wide", "far")),
        active=active,
        activity="none"
        if active == 0
        else _level(active / dims, (0.25, 1), ("few", "most", "all")),
        reconstruction=_level(
            findings.reconstruction.psnr,
            (BOUNDS["psnr_fair"], BOUNDS["psnr_good"]),
            ("poor", "fair", "good"),
        ),
        kl_weight=(weight := _kl_weight(findings.model.facts)),
        checkpoint=_checkpoint(findings.model.facts, weight, each),
    )


def _kl_weight(facts: dict[str, Any]) -> object:
    """The KL weight that a checkpoint says it was trained with; None where it does not."""
    return next((value for key, value in facts.items() if key.lower() in KL_WEIGHT_KEYS), None)


def _checkpoint(facts: dict[str, Any], weight: object, kl_each: float) -> str:
    """What a checkpoint's own facts mean: "silent", "rising", "standard", "other" or "untold" (the
    KL weight).
    """
    if not facts:
        return "silent"
    if isinstance(weight, int | float):
        if weight == 1:
            return "standard"
        return "rising" if weight < 1 and kl_each >= 20 else "other"
    return "rising" if kl_each >= 20 else "untold"


def _level(value: float, bounds: tuple[float, ...], names: tuple[str, ...]) -> str:
    return names[sum(value >= bound for bound in bounds)]


@dataclass(frozen=True)
class Headline:
    """The report in a handful of numbers.

    Attributes
    ----------
    top : the dimension of highest variance.
    pair : the strongest correlation of all; None without correlations.
    collapsed : how many of the swept dimensions have no standard deviation at all.
    below, beyond : how many have a raw sweep that stays below one standard deviation, or goes far
        beyond real codes.
    reach_low, reach_high : smallest and largest reach of the raw sweeps that do not go far beyond,
        in standard deviations; 0 where there are none.
    change : mean over the chosen dimensions of the change at the ends of the sweep in standard
        deviations.
    share : `change` over the change between two images.
    masked : the reconstruction's own error is enough to hide such a change.
    """

    top: int
    pair: Pair | None
    collapsed: int
    below: int
    beyond: int
    reach_low: float
    reach_high: float
    change: float
    share: float
    masked: bool


def headline(findings: Findings) -> Headline:
    """What the overview says first."""
    raw = [findings.sweeps[dim, "raw"] for dim in findings.swept]
    reach = [sweep.reach for sweep in raw if sweep.reach > 0 and not too_far(sweep)]
    change = float(np.mean([end_change(findings.sweeps[dim, "sigma"]) for dim in findings.chosen]))
    return Headline(
        top=int(findings.variance.order[0]),
        pair=strongest_pair(findings),
        collapsed=sum(sweep.reach == 0 for sweep in raw),
        below=raw_below(findings, findings.swept),
        beyond=sum(map(too_far, raw)),
        reach_low=min(reach, default=0.0),
        reach_high=max(reach, default=0.0),
        change=change,
        share=share_of_distance(findings, change),
        masked=change < 2 * findings.reconstruction.rmse,
    )


def share_of_distance(findings: Findings, change: float) -> float:
    """A change as a share of the mean difference between two images; 0 where all images are the
    same.
    """
    between = findings.reconstruction.change_between_images
    return change / between if between > 0 else 0.0


# ---- one dimension ------------------------------------------------------------------------------


def neighbours(findings: Findings, dim: int) -> tuple[int | None, int | None]:
    """The swept dimensions before and after `dim` by variance rank."""
    at = findings.swept.index(dim)
    before = findings.swept[at - 1] if at else None
    return before, findings.swept[at + 1] if at + 1 < len(findings.swept) else None


@dataclass(frozen=True)
class Curve:
    """The effect curve of a sweep in a box of 100 by 100, y downwards.

    Attributes
    ----------
    points : x, y, alpha in standard deviations, change; alpha = 0, where nothing changes,
        included.
    top : change at the top of the box.
    zero : x of alpha = 0.
    band : x of the left end of the raw sweep and its width, where it lies inside the box; None
        otherwise.
    """

    points: list[tuple[float, float, float, float]]
    top: float
    zero: float
    band: tuple[float, float] | None


def curve(findings: Findings, dim: int) -> Curve | None:
    """Change against alpha in standard deviations; None for a dimension that has collapsed or
    changes nothing.
    """
    sweep, raw = findings.sweeps[dim, "sigma"], findings.sweeps[dim, "raw"]
    order = np.argsort(np.append(sweep.sigma, 0.0), kind="stable")
    alphas = np.append(sweep.sigma, 0.0)[order]
    changes = np.append(sweep.effect.change, 0.0)[order]
    low, width, top = float(alphas[0]), float(np.ptp(alphas)), float(changes.max())
    if width == 0 or top == 0:
        return None
    xs, ys = 100 * (alphas - low) / width, 100 * (1 - changes / top)
    points = [
        (float(x), float(y), float(a), float(c))
        for x, y, a, c in zip(xs, ys, alphas, changes, strict=True)
    ]
    left, right = (100 * (float(end) - low) / width for end in (raw.sigma[0], raw.sigma[-1]))
    return Curve(
        points, top, -100 * low / width, (left, right - left) if left > 0 and right < 100 else None
    )


def whole_spread(findings: Findings, dim: int) -> float:
    """Standard deviation of the posterior samples of a dimension: of its mean and its own spread
    together.
    """
    v = findings.variance
    return float(np.sqrt(v.variance[dim] + v.posterior_variance[dim]))


def extent(values: NDArray[np.float64]) -> tuple[float, float]:
    """The lowest and the highest of some values."""
    return float(values.min()), float(values.max())


def reader(findings: Findings) -> dict[str, Callable[..., Any]]:
    """The readings as templates call them, by name, the findings already given."""
    functions = (
        unit_sweeps, shared_units, range_pairs, all_sweeps, departure, raw_below, most_changing,
        noted, health,
        headline, share_of_distance, neighbours, curve,
        verdict, comparable, blind_cards, blind_table, files_of, column_files_of, whole_spread,
    )  # fmt: skip
    given = {function.__name__: partial(function, findings) for function in functions}
    alone = (
        zero_after, too_far, end_change, densest, pictured, picture_name, outside_share, extent,
        blind_verdict,
    )  # fmt: skip
    return given | {function.__name__: function for function in alone}
