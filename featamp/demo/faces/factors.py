"""Known factors behind each rendered face, and the 40 CelebA attributes that follow from them.

Each factor is a linear-Gaussian score (its own noise plus weighted earlier scores), turned into a
number in [0, 1]. Trait factors cross 0.5 where their attribute begins, at CelebA's base rate;
share factors are ranks, uniform in [0, 1].
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from featamp.io.celeba.names import ATTRIBUTES

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_BLOCK = (
    1024  # faces drawn together; a face's numbers depend on the seed, its block and its row only
)
_REFERENCE = 1 << 16  # faces of the calibration sample that places the thresholds
_QUANTILES = 1025
_MALE_RATE = 0.417


@dataclass(frozen=True)
class Trait:
    """A factor that crosses 0.5 at an attribute's base rate; `steep` makes few faces undecided."""

    rate: float
    drivers: Mapping[str, float]
    steep: float = 2.0


@dataclass(frozen=True)
class Share:
    """A factor that is a rank: uniform in [0, 1] over all faces."""

    drivers: Mapping[str, float]


# Scores in the order in which they are drawn. "male" as a driver is 0 or 1, the others are earlier
# scores.
_MODEL: dict[str, Trait | Share] = {
    "masculinity": Trait(_MALE_RATE, {}, 2.5),
    "age": Trait(0.226, {"male": 0.83}, 1.0),
    "smile": Trait(0.482, {"male": -0.38}),
    "cheekbones": Trait(0.455, {"smile": 1.65, "male": -0.3}),
    "mouth_opening": Trait(0.483, {"smile": 1.1}),
    "makeup": Trait(0.387, {"male": -3.2, "age": -0.25}),
    "lipstick": Trait(0.472, {"male": -1.0, "makeup": 2.0}, 3.0),
    "earrings": Trait(0.189, {"male": -1.5, "makeup": 0.15}, 5.0),
    "necklace": Trait(0.123, {"male": -1.5, "earrings": 0.2}, 5.0),
    "skin_tone": Share({}),
    "hair_darkness": Share({"male": 0.8, "skin_tone": 0.8}),
    "hair_gray": Trait(0.048, {"age": 1.6, "male": 0.2}, 3.0),
    "baldness": Trait(0.022, {"male": 2.5, "age": 0.7}, 4.0),
    "receding": Trait(0.080, {"male": 0.9, "age": 0.6}, 3.0),
    "hair_wave": Share({"male": -0.8}),
    "hair_length": Share({"male": -3.0}),
    "hair_volume": Share({"male": -0.4}),
    "hair_part": Share({}),
    "bangs": Trait(0.152, {"male": -0.5}, 3.0),
    "beard": Share({"male": 4.0}),
    "stubble": Trait(0.111, {"male": 1.5, "beard": 0.9}, 3.0),
    "goatee": Trait(0.063, {"male": 1.5, "beard": 0.9}, 4.0),
    "mustache": Trait(0.042, {"male": 1.5, "beard": 0.9, "age": 0.2}, 4.0),
    "sideburns": Trait(0.057, {"male": 1.5, "beard": 0.9}, 4.0),
    "brow_thickness": Trait(0.142, {"male": 1.1}),
    "brow_arch": Trait(0.267, {"male": -1.0, "makeup": 0.35}),
    "eye_bags": Trait(0.205, {"male": 0.5, "age": 0.5}),
    "eye_narrowness": Trait(0.115, {"smile": 0.2}),
    "lip_fullness": Trait(0.241, {"male": -0.4, "makeup": 0.15}),
    "nose_size": Trait(0.235, {"male": 0.9, "age": 0.4}),
    "nose_point": Trait(0.277, {"male": -0.5, "nose_size": -0.3}),
    "chubbiness": Trait(0.058, {"male": 0.6, "age": 0.5}),
    "double_chin": Trait(0.047, {"chubbiness": 1.3, "age": 0.3}, 3.0),
    "face_length": Trait(0.284, {"male": -0.3, "chubbiness": -0.3}),
    "blush": Trait(0.066, {"makeup": 0.7, "male": -0.6}, 2.5),
    "glasses": Trait(0.065, {"male": 0.5, "age": 0.6}, 6.0),
    "hat": Trait(0.048, {"male": 0.5}, 6.0),
    "necktie": Trait(0.073, {"male": 2.5, "age": 0.35}, 6.0),
    "blur": Trait(0.051, {}, 2.5),
    "appeal": Trait(
        0.513, {"age": -0.6, "makeup": 0.28, "chubbiness": -0.4, "eye_bags": -0.2, "glasses": -0.2}
    ),
    "jaw_width": Share({"male": 0.8, "chubbiness": 0.3}),
    "eye_size": Share({"male": -0.3}),
    "eye_colour": Share({"skin_tone": 1.0}),
    "gaze": Share({}),
    "light_side": Share({}),
    "light_height": Share({}),
    "light_strength": Share({}),
    "warmth": Share({}),
    "exposure": Share({}),
    "background_hue": Share({}),
    "background_value": Share({}),
    "background_chroma": Share({}),
    "background_slope": Share({}),
    "background_detail": Share({}),
    "yaw": Share({}),
    "pitch": Share({}),
    "roll": Share({}),
    "scale": Share({}),
    "shift_x": Share({}),
    "shift_y": Share({}),
    "cloth_hue": Share({}),
    "cloth_value": Share({}),
    "cloth_style": Share({}),
    "glasses_style": Share({}),
    "hat_style": Share({}),
    "accent_hue": Share({}),
    "texture": Share({}),  # picks the noise: strands, mottle, grain
}
CONTINUOUS: tuple[str, ...] = tuple(_MODEL)

# Attributes that begin where one trait crosses 0.5.
_TRAIT_OF: dict[str, str] = {
    "5_o_Clock_Shadow": "stubble",
    "Arched_Eyebrows": "brow_arch",
    "Attractive": "appeal",
    "Bags_Under_Eyes": "eye_bags",
    "Bald": "baldness",
    "Bangs": "bangs",
    "Big_Lips": "lip_fullness",
    "Big_Nose": "nose_size",
    "Blurry": "blur",
    "Bushy_Eyebrows": "brow_thickness",
    "Chubby": "chubbiness",
    "Double_Chin": "double_chin",
    "Eyeglasses": "glasses",
    "Goatee": "goatee",
    "Heavy_Makeup": "makeup",
    "High_Cheekbones": "cheekbones",
    "Male": "masculinity",
    "Mouth_Slightly_Open": "mouth_opening",
    "Mustache": "mustache",
    "Narrow_Eyes": "eye_narrowness",
    "Oval_Face": "face_length",
    "Pointy_Nose": "nose_point",
    "Receding_Hairline": "receding",
    "Rosy_Cheeks": "blush",
    "Sideburns": "sideburns",
    "Smiling": "smile",
    "Wearing_Earrings": "earrings",
    "Wearing_Hat": "hat",
    "Wearing_Lipstick": "lipstick",
    "Wearing_Necklace": "necklace",
    "Wearing_Necktie": "necktie",
}
_BEARD = ("stubble", "goatee", "mustache", "sideburns")
# Ranks between which an attribute holds; CelebA has no name for the shades between the hair
# colours.
_RANKS: dict[str, tuple[str, float, float]] = {
    "Blond_Hair": ("hair_darkness", 0.0, 0.152),
    "Brown_Hair": ("hair_darkness", 0.33, 0.55),
    "Black_Hair": ("hair_darkness", 0.735, 1.0),
    "Pale_Skin": ("skin_tone", 0.0, 0.043),
    "Straight_Hair": ("hair_wave", 0.0, 0.212),
    "Wavy_Hair": ("hair_wave", 0.677, 1.0),
}
_ON, _OFF = 0.93, 0.07
# What `with_attribute` sets for -1 and +1, where that is more than one trait to a clear value.
_TYPICAL: dict[str, tuple[dict[str, float], dict[str, float]]] = {
    "Young": ({"age": 0.93}, {"age": 0.12}),
    "Male": ({"masculinity": _OFF, "hair_length": 0.72}, {"masculinity": _ON, "hair_length": 0.2}),
    "Bald": ({"baldness": _OFF}, {"baldness": _ON, "bangs": _OFF}),
    "Bangs": ({"bangs": _OFF}, {"bangs": _ON, "baldness": _OFF, "receding": _OFF}),
    "Blond_Hair": (
        {"hair_darkness": 0.62},
        {"hair_darkness": 0.05, "hair_gray": 0.02, "baldness": 0.02},
    ),
    "Brown_Hair": (
        {"hair_darkness": 0.92},
        {"hair_darkness": 0.44, "hair_gray": 0.02, "baldness": 0.02},
    ),
    "Black_Hair": (
        {"hair_darkness": 0.25},
        {"hair_darkness": 0.92, "hair_gray": 0.02, "baldness": 0.02},
    ),
    "Gray_Hair": ({"hair_gray": 0.02}, {"hair_gray": _ON, "baldness": 0.02}),
    "Pale_Skin": ({"skin_tone": 0.4}, {"skin_tone": 0.01}),
    "Straight_Hair": ({"hair_wave": 0.6}, {"hair_wave": 0.05, "baldness": 0.02}),
    "Wavy_Hair": ({"hair_wave": 0.3}, {"hair_wave": 0.95, "baldness": 0.02}),
    "No_Beard": (
        {"stubble": _ON, "goatee": _ON, "mustache": _ON, "sideburns": _ON},
        {"stubble": _OFF, "goatee": _OFF, "mustache": _OFF, "sideburns": _OFF},
    ),
}


@dataclass(frozen=True)
class Factors:
    """What is behind n faces: `continuous`, name to array [n] in [0, 1]; `attributes` [n, 40] as
    -1 / +1.
    """

    continuous: dict[str, Floats]
    attributes: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.attributes)

    def part(self, start: int, stop: int) -> Factors:
        """Faces `start` to `stop`."""
        return Factors(
            {name: column[start:stop] for name, column in self.continuous.items()},
            self.attributes[start:stop],
        )

    def row(self, index: int) -> dict[str, float]:
        """The continuous factors of one face."""
        return {name: float(column[index]) for name, column in self.continuous.items()}


def normals(count: int, seed: int, columns: int) -> Floats:
    """Standard normals `[count, columns]`; row k depends on (seed, k) only."""
    blocks = [
        np.random.Generator(np.random.Philox(key=seed, counter=[0, 0, 0, block])).standard_normal(
            (_BLOCK, columns)
        )
        for block in range(-(-count // _BLOCK))
    ]
    return np.concatenate(blocks)[:count] if blocks else np.empty((0, columns))


def _scores(noise: Floats) -> dict[str, Floats]:
    """Linear-Gaussian scores from independent normals `[n, factors]`; "male" as 0 or 1 among
    them.
    """
    scores: dict[str, Floats] = {}
    male_from = NormalDist().inv_cdf(1.0 - _MALE_RATE)
    for column, (name, rule) in enumerate(_MODEL.items()):
        score = noise[:, column].copy()
        for driver, weight in rule.drivers.items():
            score += weight * scores[driver]
        scores[name] = score
        if name == "masculinity":
            scores["male"] = (score > male_from).astype(np.float64)
    return scores


@lru_cache(maxsize=1)
def _calibration() -> dict[str, Floats]:
    """Threshold and deviation of each trait's score, quantiles of each share's, from a fixed large
    sample.
    """
    scores = _scores(normals(_REFERENCE, 0, len(_MODEL)))
    grid = np.linspace(0.0, 1.0, _QUANTILES)
    return {
        name: np.array([np.quantile(scores[name], 1.0 - rule.rate), scores[name].std()])
        if isinstance(rule, Trait)
        else np.quantile(scores[name], grid)
        for name, rule in _MODEL.items()
    }


def _squash(name: str, score: Floats) -> Floats:
    """The factor in [0, 1]: a logistic about the trait's threshold, or the share's rank."""
    rule, calibration = _MODEL[name], _calibration()[name]
    if isinstance(rule, Trait):
        threshold, deviation = calibration
        return np.asarray(
            1.0 / (1.0 + np.exp(-1.7 * rule.steep * (score - threshold) / deviation))
        )
    return np.interp(score, calibration, np.linspace(0.0, 1.0, _QUANTILES))


def _keep_possible(continuous: dict[str, Floats]) -> None:
    """A bald head has no fringe and no texture of hair."""
    bald = continuous["baldness"] > 0.5
    continuous["bangs"] = np.where(
        bald, np.minimum(continuous["bangs"], 0.02), continuous["bangs"]
    )
    continuous["hair_wave"] = np.where(bald, 0.45, continuous["hair_wave"])


def attributes_of(continuous: dict[str, Floats]) -> NDArray[np.int8]:
    """The 40 attributes `[n, 40]` as -1 / +1 that follow from the continuous factors, each
    `[n]`.
    """
    held: dict[str, Bools] = {
        attribute: continuous[trait] > 0.5 for attribute, trait in _TRAIT_OF.items()
    }
    for attribute, (rank, low, high) in _RANKS.items():
        held[attribute] = (continuous[rank] >= low) & (continuous[rank] <= high)
    held["Gray_Hair"] = (continuous["hair_gray"] > 0.5) & ~held["Bald"]
    for attribute in ("Blond_Hair", "Brown_Hair", "Black_Hair"):
        held[attribute] &= ~(held["Gray_Hair"] | held["Bald"])
    held["No_Beard"] = ~np.any([continuous[trait] > 0.5 for trait in _BEARD], axis=0)
    held["Young"] = continuous["age"] <= 0.5
    return np.where(np.stack([held[name] for name in ATTRIBUTES], axis=1), 1, -1).astype(np.int8)


def draw_factors(count: int, seed: int) -> Factors:
    """Draw the factors of `count` faces.

    Face k depends on (seed, k) only: a larger draw extends a smaller one.
    """
    scores = _scores(normals(count, seed, len(_MODEL)))
    continuous = {name: _squash(name, scores[name]) for name in CONTINUOUS}
    _keep_possible(continuous)
    return Factors(continuous, attributes_of(continuous))


def with_attribute(factors: Factors, index: int, name: str, value: int) -> Factors:
    """The same faces with attribute `name` of face `index` set to `value` (-1 or +1), all other
    factors held.

    The factor behind the attribute takes a clear value of that class, so the attributes that
    follow from the same factor (another hair colour, No_Beard) change with it. Male takes the
    length of the hair along, which no attribute names.
    """
    low, high = _TYPICAL.get(name) or ({_TRAIT_OF[name]: _OFF}, {_TRAIT_OF[name]: _ON})
    continuous = {key: column.copy() for key, column in factors.continuous.items()}
    for factor, typical in (high if value > 0 else low).items():
        continuous[factor][index] = typical
    return Factors(continuous, attributes_of(continuous))
