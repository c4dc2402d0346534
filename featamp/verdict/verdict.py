"""What is said of a swept dimension beside its name: levels of its measures, and doubts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from featamp.measure.effect import EARLY, OUTSIDE
from featamp.measure.quality import MOSTLY_LIGHT, Quality
from featamp.measure.response import AttributeResponse, judges_agree
from featamp.statistics.labels.weigh import Weighed
from featamp.verdict.health import level
from featamp.verdict.rule import Change, Decision

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
    "outside": OUTSIDE,
    "early": EARLY,
}
"""Where a measure of a sweep turns from one level to the next: all of them, for words and tables
alike.

`nothing`, `little` and `large` bound the change against the difference between two images;
`outside` the share of samples, or of frames, that have left the real codes; `early` the standard
deviations within which that counts.
"""


@dataclass(frozen=True)
class Levels:
    """What the measures of a sweep say of it, against `BOUNDS`.

    Attributes
    ----------
    amount : "nothing", "little", "clear" or "large", against the difference between two images.
    visible : the change is not smaller than the error of the reconstruction.
    consistency : "differs", "partly", "most" or "alike" over the samples: "alike" only where the
        worst of them follows too; "moves" and "most move" where their pixels change otherwise, but
        what is there moves alike; None where a single one cannot tell.
    monotone : None where a single sample, or samples that move, cannot tell.
    photometric : "hardly", "partly" or "mostly" brightness, tint and blur.
    local : half of the energy lies in a tenth of the pixels.
    place : the region that the change is in more than others; None where it is in none.
    densest : the region in which its energy is densest, and how many times that of an even change.
    doubts : what speaks against naming the dimension: "nothing" alone, or any of "differs",
        "partly", "most" (but not all samples follow, or move alike), "photometric", "uneven"
        (light and colour that fall unevenly could be most of it) and "unsteady".
    """

    amount: str
    visible: bool
    consistency: str | None
    monotone: bool | None
    symmetric: bool
    photometric: str
    local: bool
    place: str | None
    densest: tuple[str, float]
    doubts: tuple[str, ...]


@dataclass(frozen=True)
class Verdict:
    """What one dimension is called.

    Attributes
    ----------
    dim, decision : the latent dimension, and what it is called.
    rival : another attribute, which responds as much within two standard errors; None without.
    levels : what decided it.
    cautions : what speaks against the names that it could get: keys, each with an attribute.
        Of the attribute that responds: "judges", they disagree on it; "rival", another one, given,
        responds as much. Of it and of every target that the dimension was chosen for:
        "correlation", another attribute goes more with the dimension over images; "tied" and
        "confounded" as in `Weighed`. "support", with no attribute: the sweep leaves the real codes
        early.
    """

    dim: int
    decision: Decision
    rival: str | None
    levels: Levels
    cautions: tuple[tuple[str, str], ...]

    @property
    def verdict(self) -> str:
        """One of `featamp.verdict.rule.VERDICTS`."""
        return self.decision.verdict

    @property
    def attribute(self) -> str | None:
        """The attribute that names it; None without one."""
        return self.decision.attribute


@dataclass(frozen=True)
class OverImages:
    """What is known of a dimension beside its sweep.

    Attributes
    ----------
    targets : the target attributes whose dimension it is: what it would be named without a name of
        its own.
    top_attribute : the attribute of largest |r| with it; None without.
    weighed : every attribute that varies, by name.
    leaves_codes : its sweep leaves the real codes early, within 2 standard deviations.
    """

    targets: tuple[str, ...] = ()
    top_attribute: str | None = None
    weighed: Mapping[str, Weighed] | None = None
    leaves_codes: bool = False


def judge_dimension(
    dim: int,
    quality: Quality,
    decision: Decision,
    seen: AttributeResponse | None,
    pixels: AttributeResponse | None,
    names: Sequence[str],
    over_images: OverImages,
    change: Change | None = None,
) -> Verdict:
    """Judge a swept dimension.

    Parameters
    ----------
    quality : its sweep in standard deviations, by its frames.
    decision : what it is called.
    seen, pixels : the response of the attributes by the probes and by the judge of pixels; None
        where that judge can tell none.
    names : of the attributes of the responses.
    change : what its screening measured; None where it was not screened.
    """
    levels, attribute = judge_sweep(quality, change), decision.attribute
    row = None if attribute is None else list(names).index(attribute)
    agreed = row is not None and judges_agree(seen, pixels, row)
    other = None if row is None or seen is None else seen.rival(row)
    rival = None if other is None else names[other]
    return Verdict(
        dim=dim,
        decision=decision,
        rival=rival,
        levels=levels,
        cautions=_cautions(dim, attribute, agreed, rival, over_images),
    )


def judge_sweep(quality: Quality, change: Change | None = None) -> Levels:
    """Judge the narrow sweep of a direction in standard deviations, by its frames, and by what the
    screening says of samples that do not change, or move, as the others do.
    """
    q, b = quality, BOUNDS
    amount = level(
        q.over_distance,
        (b["nothing"], b["little"], b["large"]),
        ("nothing", "little", "clear", "large"),
    )
    consistency = _consistency(q, change)
    moves = consistency in ("moves", "most move")
    monotone = None if q.monotonicity is None or moves else q.monotonicity >= b["monotonicity"]
    photometric = level(
        q.photometric, (b["photometric_part"], b["photometric"]), ("hardly", "partly", "mostly")
    )
    doubts = {
        "differs": consistency == "differs",
        "partly": consistency == "partly",
        "most": consistency in ("most", "most move"),
        "photometric": photometric == "mostly",
        "uneven": photometric != "mostly" and q.uneven >= b["photometric"] and not moves,
        "unsteady": monotone is False,
    }
    return Levels(
        amount=amount,
        visible=q.over_error >= b["over_error"],
        consistency=consistency,
        monotone=monotone,
        symmetric=q.symmetry >= b["symmetry"],
        photometric=photometric,
        local=q.top >= b["top"],
        place=q.place,
        densest=q.densest,
        doubts=("nothing",)
        if amount == "nothing"
        else tuple(key for key, holds in doubts.items() if holds),
    )


def _consistency(quality: Quality, change: Change | None) -> str | None:
    """Whether the samples change alike, or move alike; None for a single one."""
    parts = (BOUNDS["consistency_part"], BOUNDS["consistency"])
    if quality.consistency is None:
        return None
    told = level(quality.consistency, parts, ("differs", "partly", "alike"))
    if told == "alike":
        return "most" if change and change.unlike else told
    if change and change.flows:
        return "most move" if change.unlike else "moves"
    return told


def samples_alike(change: Change, levels: Levels | None) -> bool:
    """Whether all samples of a screened dimension change, or move, alike: as its sweep has it,
    where it was swept.
    """
    if levels:
        return levels.consistency in ("alike", "moves")
    mean = change.consistency
    alike = change.flows or (mean is not None and mean >= BOUNDS["consistency"])
    return alike and not change.unlike


def _cautions(
    dim: int, attribute: str | None, agreed: bool, rival: str | None, over: OverImages
) -> tuple[tuple[str, str], ...]:
    found = []
    if attribute and not agreed:
        found.append(("judges", attribute))
    if rival:
        found.append(("rival", rival))
    for name in [attribute] if attribute else dict.fromkeys(over.targets):
        if over.top_attribute not in (None, name):
            found.append(("correlation", name))
        weighed = (over.weighed or {}).get(name)
        if weighed and weighed.on_all.dim == dim and "tied" in weighed.doubts:
            found.append(("tied", name))
        held = weighed.held_out if weighed else None
        if weighed and held and held.dim == dim and "confounded" in weighed.doubts:
            found.append(("confounded", name))
    return (*found, *([("support", "")] if over.leaves_codes else []))
