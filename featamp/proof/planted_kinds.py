"""What is planted in each dimension of a network, drawn by a seed, and what a report may rightly
say of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

Generator = np.random.Generator


@dataclass(frozen=True)
class Trait:
    """Something of a face that the renderer can change.

    Attributes
    ----------
    name, words : one word for it, and how one says what more of it is.
    low, high : the renderer's factors at amounts 0 and 1.
    names : attributes that name it, each with +1 where more of it is more of the attribute, else
        -1.
    home : the amount with which a person is rendered.
    steps : the other amounts that are rendered; between them pictures are mixed.
    reach : weakest and strongest change of the amount for one sigma that is planted.
    """

    name: str
    words: str
    low: Mapping[str, float]
    high: Mapping[str, float]
    names: Mapping[str, int]
    home: float = 0.0
    steps: tuple[float, ...] = (1.0,)
    reach: tuple[float, float] = (0.15, 0.25)


def _one(
    factor: str, words: str, names: Mapping[str, int], low: float = 0.04, high: float = 0.96
) -> Trait:
    """A trait that is one factor of the renderer."""
    return Trait(factor, words, {factor: low}, {factor: high}, names)


def _shade(factor: str, words: str, names: Mapping[str, int]) -> Trait:
    """A factor that changes much of a picture, from the middle of its range."""
    low, high = {factor: 0.0}, {factor: 0.98}
    return Trait(factor, words, low, high, names, 0.5, (0.0, 1.0), (0.18, 0.26))


SMALL = (
    _one("smile", "a smile", {"Smiling": 1}),
    _one("glasses", "glasses", {"Eyeglasses": 1}),
    _one("mouth_opening", "an open mouth", {"Mouth_Slightly_Open": 1}),
    _one("bangs", "a fringe", {"Bangs": 1}),
    _one("brow_thickness", "thick brows", {"Bushy_Eyebrows": 1}),
    _one("hair_gray", "grey hair", {"Gray_Hair": 1}),
    Trait(
        "beard", "a beard",
        {"goatee": 0.05, "mustache": 0.05, "sideburns": 0.05},
        {"goatee": 0.93, "mustache": 0.93, "sideburns": 0.93},
        {"Goatee": 1, "Mustache": 1, "No_Beard": -1, "Sideburns": 1},
    ),
    _one("nose_size", "a larger nose", {"Big_Nose": 1}),
    Trait(
        "chubby", "a fuller face", {"chubbiness": 0.04, "double_chin": 0.04},
        {"chubbiness": 0.96, "double_chin": 0.96}, {"Chubby": 1, "Double_Chin": 1},
    ),
    _one("blush", "red cheeks", {"Rosy_Cheeks": 1}),
)  # fmt: skip
"""Traits of which the seed deals some alone, two together, and some to a curve that is not
straight; the first two always stand alone."""
ALONE = 4
"""So many of them stand alone."""
HAIR = _shade("hair_darkness", "darker hair", {"Black_Hair": 1, "Blond_Hair": -1})
MALE = Trait(
    "male", "woman to man",
    {"masculinity": 0.05, "hair_length": 0.75, "makeup": 0.92, "lipstick": 0.95, "stubble": 0.03},
    {"masculinity": 0.95, "hair_length": 0.20, "makeup": 0.05, "lipstick": 0.04, "stubble": 0.90},
    {"Male": 1, "Heavy_Makeup": -1, "Wearing_Lipstick": -1, "5_o_Clock_Shadow": 1,
     "No_Beard": -1},
)  # fmt: skip
AGE = Trait(
    "age", "young to old", {"age": 0.1, "eye_bags": 0.1}, {"age": 0.95, "eye_bags": 0.9},
    {"Young": -1, "Bags_Under_Eyes": 1},
)  # fmt: skip
SKIN = _shade("skin_tone", "darker skin", {"Pale_Skin": -1})
BACKGROUND = _shade("background_value", "a lighter background", {})
TRAITS = (*SMALL, HAIR, MALE, AGE, SKIN, BACKGROUND)

NAMED = ("nameable",)
SEEN = ("visible", "unclear")
"""Verdicts on what is plain to see and has no single name."""


@dataclass(frozen=True)
class Key:
    """What may rightly be said of one dimension.

    Attributes
    ----------
    dim : the latent dimension.
    kind, change : the kind of change, and what it is in words.
    verdicts : verdicts that count as right.
    names : attributes that count as right where it is nameable, each with +1 or -1 for the
        direction in which alpha moves it.
    together : names of each of the traits that are moved at once: where any is named, one of each
        has to be.
    counted : whether it belongs to the score; dimensions that choose the person do not, but no
        name is right for them.
    """

    dim: int
    kind: str
    change: str
    verdicts: tuple[str, ...]
    names: dict[str, int]
    together: tuple[tuple[str, ...], ...] = ()
    counted: bool = True

    @property
    def suggestible(self) -> bool:
        """Whether it is no mistake to suggest it for a write-up."""
        return "nameable" in self.verdicts or bool(self.together)

    def right(self, verdict: str, attributes: Sequence[str], direction: int) -> bool:
        """Whether a verdict is right.

        Parameters
        ----------
        attributes : what it is named, the first of which `direction` (+1 or -1) is of; empty where
            it has no name.
        """
        if verdict != "nameable":
            return verdict in self.verdicts
        known = bool(attributes) and all(name in self.names for name in attributes)
        enough = all(set(attributes) & set(names) for names in self.together)
        return self.suggestible and known and enough and direction == self.names[attributes[0]]


@dataclass(frozen=True)
class Plant:
    """One planted dimension: `drive` is what one sigma changes, by trait or operation; the rest as
    in `Key`.

    `fixed` where the code belongs to the person, so that no picture tells it.
    """

    kind: str
    change: str
    drive: Mapping[str, float]
    verdicts: tuple[str, ...]
    names: Mapping[str, int] = field(default_factory=dict)
    curve: str = "linear"
    together: tuple[tuple[str, ...], ...] = ()
    fixed: bool = False

    def key(self, dim: int) -> Key:
        """What may be said of it as latent dimension `dim`."""
        return Key(dim, self.kind, self.change, self.verdicts, dict(self.names), self.together)


def draw_plants(generator: Generator) -> list[Plant]:
    """What is planted: each kind once, with traits, strengths and signs drawn by the seed."""
    dealt = [*SMALL[:2], *(SMALL[2 + place] for place in generator.permutation(len(SMALL) - 2))]
    alone, rest = dealt[:ALONE], dealt[ALONE:]
    return [
        *_lights(generator),
        *_motions(generator),
        *(_trait(generator, trait, "trait") for trait in (*alone, HAIR)),
        _trait(generator, MALE, "family"),
        _trait(generator, AGE, "family"),
        _trait(generator, SKIN, "skin tone"),
        _trait(generator, BACKGROUND, "background", ("visible",)),
        _mixture(generator, rest[:2]),
        *_bends(generator, rest[2:]),
        *_little(generator, alone[int(generator.integers(ALONE))]),
    ]


def _sign(generator: Generator) -> int:
    return int(generator.choice((-1, 1)))


def _between(generator: Generator, low: float, high: float) -> float:
    """A strength between two, of either sign."""
    return _sign(generator) * float(generator.uniform(low, high))


def _lights(generator: Generator) -> list[Plant]:
    exposure = _between(generator, 0.10, 0.17)
    tint = _between(generator, 0.06, 0.11)
    tints = (("red", "blue"), ("red", "green"), ("green", "blue"))
    warm, cold = tints[generator.integers(len(tints))]
    angle = generator.uniform(-0.5, 0.5) + np.pi * generator.integers(2)
    side = generator.uniform(0.12, 0.2) * np.array([np.cos(angle), np.sin(angle)])
    return [
        Plant("light", "exposure", dict.fromkeys(("red", "green", "blue"), exposure), ("light",)),
        Plant("tint", f"{warm} against {cold}", {warm: tint, cold: -tint}, ("light",)),
        Plant("blur", "blur", {"blur": _between(generator, 0.2, 0.3)}, ("light",)),
        Plant(
            "side light", "light from one side",
            {"side_u": float(side[0]), "side_v": float(side[1])}, ("light",),
        ),
    ]  # fmt: skip


def _motions(generator: Generator) -> list[Plant]:
    roll = np.deg2rad(_between(generator, 1.5, 3.0))
    other = str(generator.choice(("shift_x", "shift_y", "zoom")))
    reach = (0.02, 0.035) if other == "zoom" else (0.7, 1.3)
    kind = "scale" if other == "zoom" else "shift"
    return [
        Plant("roll", "the picture turns", {"roll": float(roll)}, ("pose",)),
        Plant(
            kind, f"{kind} of the picture ({other})", {other: _between(generator, *reach)},
            ("pose",),
        ),
        Plant("yaw", "the head turns", {"turn": _between(generator, 0.04, 0.07)}, ("pose",)),
    ]  # fmt: skip


def _trait(
    generator: Generator,
    trait: Trait,
    kind: str,
    verdicts: tuple[str, ...] = NAMED,
    curve: str = "linear",
    share: float = 1.0,
    fixed: bool = False,
) -> Plant:
    """A dimension that changes one trait, `share` times as strongly as one would plainly see."""
    amount = _between(generator, *trait.reach) * share
    return Plant(
        kind=kind,
        change=("" if amount > 0 else "less of: ") + trait.words,
        drive={trait.name: amount},
        verdicts=verdicts,
        names=_turned(trait.names, amount) if "nameable" in verdicts else {},
        curve=curve,
        fixed=fixed,
    )


def _mixture(generator: Generator, pair: Sequence[Trait]) -> Plant:
    """Two traits, as strong in one as in the other."""
    drive = {trait.name: _between(generator, 0.17, 0.22) for trait in pair}
    names: dict[str, int] = {}
    for trait in pair:
        names |= _turned(trait.names, drive[trait.name])
    change = " and ".join(("" if drive[t.name] > 0 else "less of: ") + t.words for t in pair)
    together = tuple(tuple(trait.names) for trait in pair)
    return Plant("mixture", change, drive, SEEN, names, together=together)


def _bends(generator: Generator, traits: Sequence[Trait]) -> list[Plant]:
    """Traits that do not follow their code in a straight line."""
    saturating, switching, flipping, even = traits
    return [
        _trait(generator, saturating, "saturating", curve="saturating"),
        _trait(generator, switching, "switching", curve="switching"),
        _trait(generator, flipping, "flipping", ("unclear",), "flipping"),
        _trait(generator, even, "even", SEEN, "even", fixed=True),
    ]


def _little(generator: Generator, faint: Trait) -> list[Plant]:
    """What should be taken for nothing, or for no more than noise."""
    return [
        _trait(generator, faint, "faint", ("faint", "nothing"), share=0.08),
        Plant("inert", "nothing, though its code goes with a label", {}, ("nothing",),
              curve="inert", fixed=True),
        Plant("pattern", "a fixed pattern of noise", {"pattern": _between(generator, 0.012, 0.02)},
              ("visible", "unclear", "faint", "nothing")),
    ]  # fmt: skip


def _turned(names: Mapping[str, int], amount: float) -> dict[str, int]:
    return {name: sign if amount > 0 else -sign for name, sign in names.items()}
