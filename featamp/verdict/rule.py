"""What a dimension is called: the rule, in one place.

Two questions are never mixed. Here an absolute one is answered: does this dimension move something
that has a name? Whether the axes of a model are better than mixtures of them is another one
(`featamp.verdict.axes`), and no condition for a name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from featamp.io.attributes import BETWEEN, FAMILIES, NAMELESS_HERE, OF_MEN, PLACES
from featamp.measure.parts import PARTS, READINGS
from featamp.measure.pattern import AGAINST, EVEN
from featamp.measure.visible import HARDLY, PLAIN

Float = NDArray[np.float64]

VERDICTS = ("nameable", "visible", "light", "pose", "faint", "unclear", "nothing")
"""What a dimension is. It moves an attribute as far as faces with it lie from faces without,
"nameable"; it changes pictures alike in all samples, but no attribute that far, "visible"; it is
mostly brightness, tint, blur or light from one side, "light"; it turns or shifts what is there,
"pose"; it can hardly be seen, "faint"; the samples do not change alike, "unclear"; "nothing"."""

NAMED = 0.65
"""A sweep that goes this share of the way from faces without an attribute to faces with it, by
both judges, moves it. Plain attributes of real models go .72 to 1.35, turns of a head .22 to
.62."""
ABLE_PIXELS, ABLE_CODES = 0.7, 0.6
"""AUC from which the judge of pixels, and the probes of codes, are asked for a name."""
HALF_ABLE, SURE = 0.6, 0.8
"""A judge of pixels of this AUC is asked too, where the probes of codes have the other and it sees
at least `NAMED` of the way beyond two errors: what is small in the picture, as cheeks or a mouth,
it tells worse than it sees it change."""
LIGHT, ALL_LIGHT = 0.5, 0.75
"""Shares of the energy that are brightness, tint and blur: mostly, and whatever else happens."""
PURE = 0.9
"""Share from which it is light whatever parts say: one gain for the whole picture moves skin by
more standard deviations than hair or surroundings, and one contrast leaves what is mid-grey."""
ALIKE, FLOWS = 0.3, 0.5
"""Samples whose changes have a smaller mean cosine do not change alike, unless what is there moves
alike: where a motion that the others share tells the change of each with this cosine."""
MOVED = 0.55
"""A change of which motions of the picture explain this share is one."""
MIRRORED, PARTLY_MIRRORED = 0.65, 0.55
"""Share of the energy that turns its sign with the mirrored picture: a head that turns has .8 and
more, a trait .3 and less; light from one side turns too."""
SIDE, SLOPE = 2.5, 0.2
"""Light from one side makes one half of the skin so many standard deviations brighter, and light
that falls off across the picture explains so much more than even light."""
STILL, ONE_HALF = 0.25, 2.0
"""Where motions explain less than this share, one half of the skin that grows so much brighter is
light from one side too, whatever surroundings do: a head that turns moves what is there."""
PART, ALONE = 1.5, 1.5
"""Skin, hair or surroundings change by so many standard deviations, and so many times as much as
the others do."""
COVER = "Eyeglasses"
"""What covers skin, and is no tone of it; it names the dimension where both judges see it, and the
picture changes most where it is."""
TINT = 1.0
"""Skin and surroundings that both turn warmer, or both colder, by so many standard deviations, and
by more than any part grows lighter, are a tint of the whole."""
UNLIT, LIT = 0.25, 0.3
"""Light that leaves the surroundings at less than this share of the change of face or hair is
none, where these change by so many standard deviations."""
TINTED = 1.8
"""Surroundings that turn warmer or colder by so many standard deviations are tinted."""
COLOURED = 1.0
"""Hair or skin whose own colour changes by fewer standard deviations gives no name of a colour."""
OWN = 0.6
"""The attribute that heads a family names it where its share is this part of the largest."""


@dataclass(frozen=True)
class Change:
    """What a dimension does from -2 to +2 standard deviations, measured.

    Attributes
    ----------
    amount : how much there is to see, in a region or in the pixels that change most
        (`featamp.measure.visible`).
    region, regional : the region that changes most against what two reconstructions differ by
        there, and how much.
    consistency : mean cosine of the changes of two samples; None for a single sample.
    shared : mean cosine with which a motion that the other samples share tells what changes in one
        (`featamp.measure.motion.flow`); None where pixels change alike, and for a single sample.
    agreement : smallest cosine of a sample's change with that of the others
        (`featamp.measure.pattern`), or with what their motion tells where samples move alike; None
        for a single sample.
    even : share of the energy that is the same on both sides of 0.
    photometric, uneven : shares that light explains (`featamp.measure.light`).
    moved, motion : share that motions explain, and the largest
        (`featamp.measure.motion.geometry`).
    mirrored : share that turns its sign with the mirrored picture.
    parts : [reading] of `featamp.measure.parts.READINGS`, in standard deviations over images.
    unlike, against : samples that do not change as the others do, and those of them that go
        against the others.
    bend : "switches" where most of the way lies in one step, "saturates" where an outer step adds
        little; empty otherwise (`featamp.measure.pattern`).
    """

    amount: float
    region: str
    regional: float
    consistency: float | None
    shared: float | None
    agreement: float | None
    even: float
    photometric: float
    uneven: float
    moved: float
    motion: str
    mirrored: float
    parts: Float
    unlike: tuple[int, ...] = ()
    against: tuple[int, ...] = ()
    bend: str = ""

    @property
    def flows(self) -> bool:
        """Whether samples move alike though their pixels do not change alike."""
        return self.shared is not None and self.shared >= FLOWS

    @property
    def alike(self) -> bool:
        """Whether samples change alike, or move alike; true of a single one."""
        return self.consistency is None or self.consistency >= ALIKE or self.flows

    def part(self, reading: str) -> float:
        """One of `parts` by its name."""
        return float(self.parts[READINGS.index(reading)])


@dataclass(frozen=True)
class Shares:
    """How far the change goes from images without each attribute to images with it, by two judges.

    Attributes
    ----------
    names : of the attributes.
    codes, pixels : [attribute] share of the way by the probes of re-encoded frames, and by the
        judge of pixels: 1 as far as from the one group to the other.
    codes_error, pixels_error : [attribute] standard errors over samples, as of
        `featamp.statistics.samples.error_of_mean`; infinite for a single one.
    coded, seen : [attribute] the probes, and the judge of pixels, tell the attribute well enough
        to be asked for a name.
    short : [attribute] the groups lie nearer than one standard deviation by one of the judges, and
        the way is one there.
    by_faces : attributes whose `pixels` are those of a judge of faces.
    """

    names: tuple[str, ...]
    codes: Float
    codes_error: Float
    pixels: Float
    pixels_error: Float
    coded: NDArray[np.bool_]
    seen: NDArray[np.bool_]
    short: NDArray[np.bool_]
    by_faces: tuple[str, ...] = ()

    @property
    def reached(self) -> tuple[str, ...]:
        """The attributes to which the codes go far enough for a name, whatever the pixels say."""
        far = (np.abs(self.codes) >= NAMED) & (np.abs(self.codes) > 2 * self.codes_error)
        return tuple(name for name, ok in zip(self.names, far & self.coded, strict=True) if ok)

    def seconded(self, by_faces: Mapping[str, tuple[float, float]]) -> Shares:
        """These shares with a judge of faces in the place of the judge of pixels for the
        attributes that it tells: it knows no more than pixels either, and reads faces better than
        a line does.

        Parameters
        ----------
        by_faces : share and standard error of each attribute.
        """
        pixels, error, seen = self.pixels.copy(), self.pixels_error.copy(), self.seen.copy()
        for name, told in by_faces.items():
            row = self.names.index(name)
            (pixels[row], error[row]), seen[row] = told, True
        return replace(
            self, pixels=pixels, pixels_error=error, seen=seen, by_faces=tuple(by_faces)
        )

    @property
    def nearest(self) -> tuple[str, float, int] | None:
        """The attribute towards which both judges see it go farthest, of those that can give a
        name, its share, and whether raising alpha gives more of it (+1) or less (-1); None where
        it goes not half as far as a name takes.
        """
        name, share = self._farthest
        return (name, abs(share), 1 if share > 0 else -1) if abs(share) >= NAMED / 2 else None

    @property
    def farthest(self) -> float:
        """How far it goes towards that one, however little."""
        return abs(self._farthest[1])

    @property
    def _farthest(self) -> tuple[str, float]:
        told = zip(self.names, self.agreed.tolist(), strict=True)
        moved = [(name, share) for name, share in told if name not in NAMELESS_HERE]
        return max(moved, key=lambda one: abs(one[1]), default=("", 0.0))

    @property
    def agreed(self) -> Float:
        """[attribute] the smaller of the two shares, with its sign, where both judges are able,
        clear of 0 by two errors, and of one sign; else 0.
        """
        clear = (np.abs(self.codes) > 2 * self.codes_error) & (
            np.abs(self.pixels) > 2 * self.pixels_error
        )
        agree = self.coded & self.seen & clear & (self.codes * self.pixels > 0)
        smaller = np.minimum(np.abs(self.codes), np.abs(self.pixels))
        return np.where(agree, smaller * np.sign(self.pixels), 0.0)


@dataclass(frozen=True)
class Decision:
    """What one dimension is called.

    Attributes
    ----------
    verdict : one of `VERDICTS`.
    attribute, direction : the attribute that names it, and +1 where raising alpha gives more of
        it, -1 where less; None and 0 without a name.
    share : how far it goes, as in `Shares`; 0 without a name.
    also : attributes of other families that it moves as far.
    reason : what decided it: "all", "side" or "slope" of light; a motion of
        `featamp.measure.motion.geometry` or "turn"; "skin", "hair", "surroundings" or "tinted
        surroundings" where a part of the picture changes alone; "tint" where its colour does as a
        whole; "shape" where what is there moves alike; "even", "differs" or "reverses";
        "attribute"; "collapsed" of a dimension that has no spread; empty where nothing stands
        out.
    confidence : how far what was measured lies from the nearest bound beyond which the verdict,
        or the name, would be another one: .5 at the bound, 1 far from all.
    member, member_share : the attribute that goes far enough, and how far, where it is named after
        another one that heads its family and does not; empty and 0 else.
    short : whether the way to its name is `Shares.short`.
    """

    verdict: str
    attribute: str | None = None
    direction: int = 0
    share: float = 0.0
    also: tuple[str, ...] = ()
    reason: str = ""
    confidence: float = 1.0
    member: str = ""
    member_share: float = 0.0
    short: bool = False


COLLAPSED = Decision("nothing", reason="collapsed")
"""A dimension without spread."""


def decide(change: Change, shares: Shares | None) -> Decision:
    """Decide what a dimension is called.

    Parameters
    ----------
    shares : None without labels: then nothing is named.
    """
    c = change
    if c.amount < HARDLY:
        return _hidden(c, shares)
    seen = _above(c.amount, HARDLY, PLAIN)
    for found in (_unlike(c), _moves(c), _lights(c)):
        if found:
            return _no_surer(found, seen)
    below = (
        (c.even, EVEN),
        (c.moved, MOVED),
        (c.mirrored, MIRRORED),
        (c.photometric, _light_from(c)),
        (c.uneven, PURE),
    )
    passed = [seen, *(_below(value, bound) for value, bound in below if value < bound)]
    if not c.alike:
        return Decision("unclear", reason="differs", confidence=min(1 - _alike(c), *passed))
    return _no_surer(_named(c, shares), min(_alike(c), *passed))


def _alike(c: Change) -> float:
    """Confidence that samples change alike, or move alike; below .5 where they do neither."""
    if c.consistency is None:
        return 1.0
    if c.shared is None:
        return _reached(c.consistency, ALIKE)
    return max(_reached(c.consistency, ALIKE), _reached(c.shared, FLOWS))


def _no_surer(found: Decision, than: float) -> Decision:
    return replace(found, confidence=min(found.confidence, than))


def _hidden(c: Change, shares: Shares | None) -> Decision:
    """What is too small to be seen does nothing, unless both judges see an attribute go as far as
    a name takes: then it is faint.
    """
    hidden, share = _below(c.amount, HARDLY), shares.farthest if shares else 0.0
    if share >= NAMED:
        return Decision("faint", confidence=min(hidden, _above(share, NAMED, 1.0)))
    return Decision("nothing", confidence=min(hidden, _below(share, NAMED)))


def _unlike(c: Change) -> Decision | None:
    """Changes that have no direction: the same on both sides, or reversed on some sample."""
    if c.even >= EVEN:
        return Decision("unclear", reason="even", confidence=_above(c.even, EVEN, 1.0))
    opposed = 0.0 if c.agreement is None else -c.agreement
    if opposed >= -AGAINST and c.moved < MOVED and c.photometric < ALL_LIGHT:
        other = min(_below(c.moved, MOVED), _below(c.photometric, ALL_LIGHT))
        sure = min(_above(opposed, -AGAINST, 1.0), other)
        return Decision("unclear", reason="reverses", confidence=sure)
    return None


def _moves(c: Change) -> Decision | None:
    """Motions, and light from one side, which turns with the mirrored picture as they do."""
    if c.moved >= MOVED:
        return Decision("pose", reason=c.motion, confidence=_above(c.moved, MOVED, 1.0))
    falls = 0.0 if c.flows else _falls(c)  # no light moves what is there
    if c.mirrored >= PARTLY_MIRRORED and falls >= 1:
        mirrored = _above(c.mirrored, PARTLY_MIRRORED, 1.0)
        return Decision("light", reason="side", confidence=min(mirrored, _above(falls, 1.0, 1.5)))
    if c.mirrored >= MIRRORED and c.alike:
        mirrored = _above(c.mirrored, MIRRORED, 1.0)
        return Decision("pose", reason="turn", confidence=min(mirrored, _below(falls, 1.0)))
    return None


def _falls(c: Change) -> float:
    """How far light falls from one side: 1 where it takes no more to be called so."""
    sloping, side = c.uneven - c.photometric, abs(c.part("side"))
    across = min(sloping / LIGHT, c.uneven / ALL_LIGHT)
    on_faces = min(side / ONE_HALF, STILL / max(c.moved, STILL / 2))
    return max(min(side / SIDE, sloping / SLOPE), across, on_faces)


def _part_alone(c: Change) -> tuple[str, bool]:
    """The part whose brightness changes most, and whether it does so alone."""
    sizes = {part: abs(c.part(f"{part} brightness")) for part in PARTS}
    part = max(sizes, key=lambda name: sizes[name])
    rest = max(size for name, size in sizes.items() if name != part)
    return part, sizes[part] >= PART and sizes[part] >= ALONE * rest


def _lights(c: Change) -> Decision | None:
    """Light on the whole picture, even or falling off."""
    bound = _light_from(c)
    if c.photometric >= bound:
        return Decision("light", reason="all", confidence=_above(c.photometric, bound, 1.0))
    if c.uneven >= PURE:
        return Decision("light", reason="slope", confidence=_above(c.uneven, PURE, 1.0))
    return None


def _light_from(c: Change) -> float:
    """Share from which even light is what a change is: more than mostly where samples change
    unlike, and nearly all of it where a part changes alone or others stay as they were.
    """
    if _part_alone(c)[1] or _spared(c):
        return PURE
    return LIGHT if c.consistency is None or c.consistency >= LIGHT else ALL_LIGHT


def _spared(c: Change) -> bool:
    """Whether surroundings, or a skin between hair and surroundings, stay as they were."""
    around = max(abs(c.part("surroundings brightness")), abs(c.part("surroundings warmth")))
    changed = max(
        abs(c.part(f"{name} {how}")) for name in PARTS for how in ("brightness", "warmth")
    )
    skin = max(abs(c.part("skin brightness")), abs(c.part("skin warmth")))
    together = c.part("hair brightness") * c.part("surroundings brightness") > 0
    least = min(around, skin) if together else around
    return changed >= LIT and least < UNLIT * changed


def _named(c: Change, shares: Shares | None) -> Decision:
    """What is visible, alike and no light: its name, or that it has none."""
    part, alone = _part_alone(c)
    tinted = abs(c.part("surroundings warmth"))
    brightest = max(abs(c.part(f"{name} brightness")) for name in PARTS)
    if part == "surroundings" and alone:
        return Decision("visible", reason="surroundings", confidence=_above(brightest, PART, 3.0))
    if tinted >= max(TINTED, brightest):
        confidence = _above(tinted, TINTED, 3.0)
        return Decision("visible", reason="tinted surroundings", confidence=confidence)
    candidates = {} if shares is None else _candidates(c, shares, part, alone)
    covered = COVER in candidates and c.region == PLACES[COVER]
    if part == "skin" and alone and not covered:
        return _skin(c, shares)
    if not candidates:
        seen = c.amount >= PLAIN
        reason = _stands_out(c, part if alone else "", brightest)
        amount = _above(c.amount, PLAIN, 0.3) if seen else _below(c.amount, PLAIN)
        share = min(shares.farthest, NAMED) if shares else 0.0  # beyond it, something else decided
        confidence = min(amount, _below(share, NAMED))
        return Decision("visible" if seen else "faint", reason=reason, confidence=confidence)
    assert shares is not None  # else nothing is a candidate
    agreed = dict(zip(shares.names, shares.agreed.tolist(), strict=True))
    farthest = COVER if covered else _farthest(candidates)
    name = farthest if covered else _head(farthest, agreed)
    share = agreed[name]
    decision = Decision(
        "nameable",
        name,
        1 if share > 0 else -1,
        abs(share),
        tuple(_beside(name, candidates)),
        reason="attribute",
        confidence=_above(abs(share), NAMED, 1.0),
        short=bool(shares.short[shares.names.index(name)]),
    )
    if name in candidates:
        return decision
    largest = abs(agreed[farthest])
    sure = min(_above(largest, NAMED, 1.0), _above(abs(share) / largest, OWN, 1.0))
    return replace(decision, confidence=sure, member=farthest, member_share=largest)


def _stands_out(c: Change, part: str, brightest: float) -> str:
    """What stands out in a change without a name: the part that changes alone, the colour of the
    whole, or shapes that move.
    """
    return part or ("tint" if _tints(c, brightest) else "shape" if c.flows else "")


def _tints(c: Change, brightest: float) -> bool:
    """Whether the colour of the whole picture changes more than its brightness."""
    skin, around = c.part("skin warmth"), c.part("surroundings warmth")
    return skin * around > 0 and min(abs(skin), abs(around)) >= max(TINT, brightest)


def _skin(c: Change, shares: Shares | None) -> Decision:
    """Skin that alone grows lighter or darker: its tone, where the judge of pixels says so too."""
    change = c.part("skin brightness")
    confidence = _above(abs(change), PART, 3.0)
    name = FAMILIES["skin"][0]
    if shares is not None and name in shares.names:
        row = shares.names.index(name)
        told = float(shares.pixels[row])
        if shares.seen[row] and told * change > 0 and abs(told) >= NAMED / 2:
            direction = 1 if told > 0 else -1
            confidence = min(confidence, _above(abs(told), NAMED / 2, 1.0))
            return Decision(
                "nameable", name, direction, abs(told), reason="skin", confidence=confidence,
                short=bool(shares.short[row]),
            )  # fmt: skip
    return Decision("visible", reason="skin", confidence=confidence)


def _candidates(c: Change, shares: Shares, part: str, alone: bool) -> dict[str, float]:
    """Attributes that are moved far enough, with the share of the way and its sign; a hair colour
    only where the hair changes more than what is around it, a tone of skin only where the skin
    grows lighter or darker as it says.
    """
    agreed = shares.agreed
    found = {
        name: float(agreed[row])
        for row, name in enumerate(shares.names)
        if abs(agreed[row]) >= NAMED and name not in NAMELESS_HERE
    }
    found = {name: share for name, share in found.items() if _borne(name, share, shares)}
    tone = FAMILIES["skin"][0]
    if tone in found and np.sign(found[tone]) * c.part("skin brightness") < COLOURED:
        del found[tone]
    colours = FAMILIES["hair colour"]
    hair = abs(c.part("hair brightness"))
    around = max(abs(c.part(f"surroundings {how}")) for how in ("brightness", "warmth"))
    coloured = max(hair, abs(c.part("hair warmth"))) >= COLOURED and around < max(hair, PART)
    if not coloured:
        return {name: share for name, share in found.items() if name not in colours}
    of_hair = {name: share for name, share in found.items() if name in colours}
    return of_hair if of_hair and part == "hair" and alone else found


def _borne(name: str, share: float, shares: Shares) -> bool:
    """Whether men come along with what men alone have, half as far as for a name; true of all
    else, and where no judge tells men.
    """
    man = FAMILIES["sex"][0]
    if name not in OF_MEN or man not in shares.names:
        return True
    row = shares.names.index(man)
    told = shares.coded[row] and shares.seen[row]
    return not told or bool(shares.agreed[row] * np.sign(share) >= NAMED / 2)


def _farthest(candidates: Mapping[str, float]) -> str:
    """The attribute that is moved farthest, another of its family for one between others."""
    largest = max(candidates, key=lambda name: abs(candidates[name]))
    if largest not in BETWEEN:
        return largest
    others = [name for name in candidates if name != largest and _related(name, largest)]
    return max(others, key=lambda name: abs(candidates[name]), default=largest)


def _head(farthest: str, agreed: Mapping[str, float]) -> str:
    """The attribute that names what `farthest` goes with: the one that heads its family, where
    both judges see it too, far enough or not.
    """
    for head, *others in FAMILIES.values():
        strong = abs(agreed.get(head, 0.0)) >= OWN * abs(agreed[farthest])
        if farthest in others and strong:
            return head
    return farthest


def _related(name: str, other: str) -> bool:
    """Whether two attributes are of one family."""
    return any(name in members and other in members for members in FAMILIES.values())


def _beside(name: str, candidates: Mapping[str, float]) -> Sequence[str]:
    """Attributes that share no family with the one that names, nor its place where that is known,
    the largest of each family.
    """
    own = {other for members in FAMILIES.values() if name in members for other in members}
    others = sorted(
        (n for n in candidates if n != name and n not in own), key=lambda n: -abs(candidates[n])
    )
    kept: list[str] = []
    for other in others:
        related = {n for members in FAMILIES.values() if other in members for n in members}
        elsewhere = other not in PLACES or PLACES[other] != PLACES.get(name)
        if not related & set(kept) and elsewhere:
            kept.append(other)
    return kept


def _above(value: float, bound: float, full: float) -> float:
    """Confidence of a measure above a bound: .5 at the bound, 1 from `full` on."""
    return float(np.clip(0.5 + 0.5 * (value - bound) / (full - bound), 0.0, 1.0))


def _below(value: float, bound: float) -> float:
    """Confidence of a measure below a bound: .5 at the bound, 1 at 0."""
    return float(np.clip(1.0 - 0.5 * max(value, 0.0) / bound, 0.0, 1.0))


def _reached(value: float, bound: float) -> float:
    """Confidence that a measure up to 1 reaches a bound: .5 there, 1 at 1, 0 at 0 and below."""
    return _above(value, bound, 1.0) if value >= bound else 1.0 - _below(value, bound)
