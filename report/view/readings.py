"""What the pages show of the findings: which sweeps, in which order, as numbers and plain keys.

Templates turn the keys into words; nothing here is prose.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..findings.experiments import Experiments
from ..findings.figures import Figure
from ..findings.findings import Findings
from ..findings.plan import widened
from ..findings.sweeps import Sweep

FORMATS = {"webp": "WebP", "png": "PNG"}
"""What a lossless picture is called, by how its file ends."""

# ---- sweeps -------------------------------------------------------------------------------------


def unit_sweeps(findings: Experiments, dim: int, first: str = "") -> list[Sweep]:
    """The narrow sweeps of a dimension, first the one in the units `first`, else the one to look
    at: raw where it shows what the dimension does.
    """
    raw, sigma = (findings.swept[dim].sweeps[kind] for kind in ("raw", "sigma"))
    first = first or ("raw" if raw.reaches == "telling" else "sigma")
    return [raw, sigma] if first == "raw" else [sigma, raw]


def shared_units(findings: Experiments, dims: Sequence[int]) -> str:
    """The units in which to show dimensions side by side: raw where every raw sweep shows what its
    dimension does.
    """
    told = all(findings.swept[dim].sweeps["raw"].reaches == "telling" for dim in dims)
    return "raw" if told else "sigma"


def without_their_best(findings: Experiments) -> list[str]:
    """The target attributes whose dimension of largest |r| serves another target."""
    known, targets = findings.correlations, findings.plan.targets
    if known is None:
        return []
    return [name for name, dim in targets.items() if known.best_dimensions(name, 1) != [dim]]


def range_pairs(findings: Experiments, dim: int) -> list[tuple[Sweep, Sweep]]:
    """Narrow and wide sweeps of a chosen dimension in both units, first the units to look at; none
    of another, which has no wide ones.
    """
    if dim not in findings.plan.chosen:
        return []
    return [
        (narrow, findings.swept[dim].sweeps[widened(narrow.kind)])
        for narrow in unit_sweeps(findings, dim)
    ]


def all_sweeps(findings: Experiments, dim: int) -> list[Sweep]:
    """Every sweep of a dimension, narrow before wide, first the units to look at."""
    pairs = range_pairs(findings, dim)
    narrow = unit_sweeps(findings, dim)
    return [*narrow, *(wide for _, wide in pairs)]


def zero_after(sweep: Sweep) -> int | None:
    """How many columns come before alpha = 0; None where a column is alpha = 0 itself."""
    return None if np.any(sweep.raw == 0) else int((sweep.raw < 0).sum())


def raw_reaching(findings: Experiments, how: str, dims: tuple[int, ...]) -> int:
    """How many of the dimensions have a raw sweep that is "near", "telling" or "far", as in
    `featamp.verdict.reach`.
    """
    return [findings.swept[dim].sweeps["raw"].reaches for dim in dims].count(how)


def most_changing(findings: Experiments, dims: tuple[int, ...]) -> int:
    """The dimension that changes the pictures most over its sweep in standard deviations."""
    return max(dims, key=lambda dim: findings.swept[dim].sweeps["sigma"].effect.end)


def noted(findings: Experiments, dims: tuple[int, ...]) -> int:
    """How many of the dimensions a person has written anything on."""
    return sum(findings.selection.note(dim).has_words for dim in dims)


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
    cards = [(str(dim), findings.swept[dim].sweeps["sigma"]) for dim in findings.plan.explored]
    cards += [
        (name, control.sweep)
        for name, control in findings.controls.items()
        if control.kind == "random"
    ]
    seed = findings.model.checkpoint + findings.images.content
    return sorted(cards, key=lambda card: hashlib.sha256(f"{seed} {card[0]}".encode()).digest())


# ---- figures ------------------------------------------------------------------------------------


def files_of(findings: Experiments, figure: Figure) -> list[tuple[str, str]]:
    """What there is of a picture to take away, as suffix and path: the figures drawn of it, else
    the frames alone.
    """
    return drawn_files(findings, figure) or [("WebP", f"shown/{figure.name}.webp")]


def drawn_files(findings: Experiments, figure: Figure) -> list[tuple[str, str]]:
    """The files of a figure that was drawn, as suffix and path; of another none."""
    return [(suffix.upper(), figure.file(suffix)) for suffix in findings.figures.get(figure, ())]


def frames_of(findings: Experiments, sweep: Sweep) -> list[tuple[str, str]]:
    """What there is of the frames alone to take away: lossless where scripts read numbers from
    them, else what the page shows.
    """
    if findings.plan.has_sprite(sweep.dim, sweep.kind):
        return [(f"lossless {FORMATS[sweep.suffix]}", sweep.sprite)]
    return [("WebP", sweep.shown)]


def combined_figure(findings: Findings, number: int) -> int:
    """The number in the write-up of the figure of a combination: after those of the chosen."""
    return len(findings.plan.chosen) + number


def contact_number(findings: Findings) -> int:
    """That of the contact sheet, which is the last."""
    return combined_figure(findings, 1) + len(findings.combinations)


# ---- one dimension ------------------------------------------------------------------------------


def share_of_distance(findings: Experiments, change: float) -> float:
    """A change as a share of the mean difference between two images."""
    return findings.samples.reconstruction.share_of_distance(change)


def neighbours(findings: Findings, dim: int) -> tuple[int | None, int | None]:
    """The swept dimensions before and after `dim` by variance rank."""
    dims = findings.plan.dims
    at = dims.index(dim)
    return dims[at - 1] if at else None, dims[at + 1] if at + 1 < len(dims) else None


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
    sweep, raw = (findings.swept[dim].sweeps[kind] for kind in ("sigma", "raw"))
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


def extent(values: NDArray[np.float64]) -> tuple[float, float]:
    """The lowest and the highest of some values."""
    return float(values.min()), float(values.max())


ASKED = (
    unit_sweeps, shared_units, without_their_best, range_pairs, all_sweeps, share_of_distance,
    files_of, drawn_files, frames_of,
)  # fmt: skip
"""What needs nothing but the experiments themselves."""
ALONE = (zero_after, extent)


def asked_reader(asked: Experiments) -> dict[str, Callable[..., Any]]:
    """The readings of the experiments as templates call them, by name, the record already
    given.
    """
    given = {function.__name__: partial(function, asked) for function in ASKED}
    return given | {function.__name__: function for function in ALONE}


def reader(findings: Findings) -> dict[str, Callable[..., Any]]:
    """All readings as templates call them, by name, the findings already given."""
    functions = (
        raw_reaching, most_changing, noted, neighbours, curve, comparable, blind_cards,
        combined_figure, contact_number,
    )  # fmt: skip
    given = {function.__name__: partial(function, findings) for function in functions}
    return asked_reader(findings) | given
