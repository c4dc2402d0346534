"""Verdicts as the pages group them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from math import isfinite
from typing import Any

import numpy as np

from featamp.io.attributes import FAMILIES, NAMELESS_HERE, NOISY, OF_MEN
from featamp.io.celeba.names import ATTRIBUTES
from featamp.verdict.rule import NAMED, VERDICTS

from ..findings.findings import Findings
from ..findings.screening import THUMBNAILS, thumbnail

FEW_IMAGES = 100
"""Below this many images no interval, probe or bootstrap is worth much."""
FEW_NAMES = 6
"""Dimensions that a sentence names before it counts the rest."""


def random_count(findings: Findings) -> int:
    """How many random directions were measured."""
    return sum(control.kind == "random" for control in findings.controls.values())


def random_leakage(findings: Findings) -> tuple[float, float]:
    """Lowest and highest leakage of the random directions."""
    controls = findings.controls.values()
    leakage = [c.response.leakage for c in controls if c.kind == "random"]
    return min(leakage), max(leakage)


def by_verdict(findings: Findings, dims: tuple[int, ...]) -> dict[str, list[int]]:
    """The dimensions of each verdict, in the order given."""
    groups: dict[str, list[int]] = {key: [] for key in VERDICTS}
    for dim in dims:
        groups[findings.screening.decisions[dim].verdict].append(dim)
    return groups


def screened(findings: Findings, dim: int) -> str:
    """The path in the site of the small picture of a screened dimension."""
    return f"screen/{thumbnail(dim)}"


def screened_size(findings: Findings) -> tuple[int, int]:
    """Width and height of such a picture, pixels."""
    height, width = findings.screening.cell
    count = min(THUMBNAILS, len(findings.samples.names)) * len(findings.screening.steps)
    return count * width, height


def share_moved(findings: Findings, dim: int, attribute: str) -> tuple[float, int]:
    """How far the sweep of a dimension goes towards an attribute, by both judges, and whether
    raising alpha gives more of it (+1) or less (-1); 0 where they do not agree that it goes there.
    """
    decision = findings.screening.decisions[dim]
    if decision.attribute == attribute:
        return decision.share, decision.direction
    shares = findings.screening.shares.get(dim)
    share = 0.0 if shares is None else float(shares.agreed[shares.names.index(attribute)])
    return abs(share), 1 if share > 0 else -1


def unasked_judges(findings: Findings, dim: int, attribute: str) -> list[tuple[str, float | None]]:
    """The judges, "codes" and "pixels", that tell an attribute too badly to be asked how far the
    sweep of a dimension goes towards it, and the AUC of each; None where it is undefined.
    """
    shares = findings.screening.shares.get(dim)
    if shares is None:
        return []
    row, weighed = shares.names.index(attribute), findings.verdicts.attributes[attribute]
    judges = (
        ("codes", bool(shares.coded[row]), weighed.probe_auc),
        ("pixels", bool(shares.seen[row]), weighed.judge_auc),
    )
    return [(name, auc) for name, asked, auc in judges if not asked]


def nearest_name(findings: Findings, dim: int) -> tuple[str, float, int] | None:
    """The attribute towards which a dimension without a name goes farthest, as
    `featamp.verdict.rule.Shares.nearest` has it.
    """
    shares = findings.screening.shares.get(dim)
    return shares.nearest if shares else None


def withheld_name(findings: Findings, dim: int) -> tuple[str, float, int, str] | None:
    """The attribute towards which a dimension without a name goes farthest, where that is far
    enough for one: its share, its direction as in `nearest_name`, and why it gives none: "never"
    of one that names no dimension, "men" where no men come along, "hair" where hair itself does
    not change enough, "skin" where skin does not; empty where something else decided.
    """
    shares = findings.screening.shares.get(dim)
    if shares is None:
        return None
    row = int(np.abs(shares.agreed).argmax())
    name, share = shares.names[row], float(shares.agreed[row])
    reasons = {
        "never": NAMELESS_HERE,
        "men": OF_MEN,
        "hair": FAMILIES["hair colour"],
        "skin": FAMILIES["skin"][:1],
    }
    why = next((key for key, names in reasons.items() if name in names), "")
    return (name, abs(share), 1 if share > 0 else -1, why) if abs(share) >= NAMED else None


def nameless(findings: Findings) -> list[str]:
    """The attributes of these labels that name no dimension."""
    names = () if findings.correlations is None else findings.correlations.names
    return [name for name in names if name in NAMELESS_HERE]


def named_by_family(findings: Findings, dims: Sequence[int]) -> bool:
    """Whether any of them bears a name for another attribute of its family."""
    return any(findings.screening.decisions[dim].member for dim in dims)


def samples_named(findings: Findings, samples: Sequence[int]) -> list[str]:
    """Names of the images of these samples."""
    return [findings.samples.names[sample] for sample in samples]


def label_noise(findings: Findings, name: str | None) -> str | None:
    """How bad CelebA's own labels of an attribute are, one of `featamp.io.attributes.NOISY`; None
    where they are not known to be, or the labels are not CelebA's.
    """
    c = findings.correlations
    if c is None or name is None or findings.config.data.labels is not None:
        return None
    rendered = findings.trust is not None and findings.trust.known  # faces that were drawn
    return None if rendered or set(c.names) != set(ATTRIBUTES) else NOISY.get(name)


def noisy_labels(findings: Findings) -> list[str]:
    """The attributes whose labels are known to be bad."""
    names = () if findings.correlations is None else findings.correlations.names
    return [name for name in names if label_noise(findings, name)]


def faces_unasked(findings: Findings) -> list[tuple[str, float | None]]:
    """What the judge of faces reads but does not tell on these images, each with its AUC; None
    where too few images have the attribute or lack it.
    """
    judge = findings.faces
    if judge is None:
        return []
    pairs = zip(judge.names, judge.auc.tolist(), strict=True)
    return [
        (name, area if isfinite(area) else None)
        for name, area in pairs
        if name not in judge.believed
    ]


def named_rightly(findings: Findings) -> dict[bool | None, list[int]] | None:
    """The dimensions called nameable, by whether the name is that of what they move
    (`Trust.named_rightly`); None where no factor is known.
    """
    trust = findings.trust
    if trust is None or trust.truth is None:
        return None
    groups: dict[bool | None, list[int]] = {True: [], False: [], None: []}
    for dim in by_verdict(findings, findings.plan.dims)["nameable"]:
        decision = findings.screening.decisions[dim]
        name = decision.attribute or ""
        groups[trust.named_rightly(dim, name, decision.direction)].append(dim)
    return groups


def judger(findings: Findings) -> dict[str, Callable[..., Any]]:
    """The judgements as templates call them, by name, the findings already given."""
    functions = (
        random_count, random_leakage, by_verdict, screened, screened_size, share_moved,
        unasked_judges, nearest_name, withheld_name, nameless, named_by_family, samples_named,
        faces_unasked, named_rightly, label_noise, noisy_labels,
    )  # fmt: skip
    return {function.__name__: partial(function, findings) for function in functions}
