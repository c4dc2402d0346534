"""A direction through the codes, swept and measured: a latent dimension, or a control for one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from featamp.measure.effect import Departure, Effect
from featamp.measure.quality import Quality
from featamp.measure.response import AttributeResponse
from featamp.verdict.reach import Reach

from .plan import WIDE, units


@dataclass(frozen=True)
class Sweep:
    """One direction swept over one range.

    Attributes
    ----------
    dim, kind : the latent dimension (-1 for a control), and which of `KINDS` this is.
    raw, sigma : [alpha] the same alphas in raw units and in standard deviations of the dimension
        (0 where it has collapsed and has none); along a control both are standard deviations.
    effect : what the sweep changes, an array of [alpha] each.
    departure : where it leaves what the model knows.
    name : how its pictures are called: "dim094-sigma", "control-random-1".
    covered : share of the real codes on the dimension inside the swept range; None for a control.
    suffix : of the lossless picture, which a WebP cannot always hold.
    """

    dim: int
    kind: str
    raw: NDArray[np.float64]
    sigma: NDArray[np.float64]
    effect: Effect
    departure: Departure
    name: str
    covered: float | None = None
    suffix: str = "webp"

    @property
    def sprite(self) -> str:
        """Path in the site of the frames alone, lossless, rows = samples, columns = alphas; of a
        dimension it is there where `Plan.has_sprite` says so, of a combination always.
        """
        return f"sprites/{self.name}.{self.suffix}"

    @property
    def shown(self) -> str:
        """Path in the site of the same to look at, as the pages show it."""
        return f"shown/{self.name}.webp"

    @property
    def units(self) -> str:
        """The units in which the alphas are round numbers: raw or sigma."""
        return units(self.kind)

    @property
    def reach(self) -> float:
        """The largest |alpha| in standard deviations."""
        return float(np.abs(self.sigma).max())

    @property
    def reaches(self) -> str:
        """Whether that shows what the dimension does, as in `featamp.verdict.reach`."""
        return Reach(self.reach).kind


@dataclass(frozen=True)
class Swept:
    """A direction, swept.

    Attributes
    ----------
    stem : begins the names of its files: "dim094", "control-random-1".
    key, folder : of all that it was made of, and where its pictures lie in the store.
    move : [dim] the move of one standard deviation, raw units.
    sweeps : by kind.
    quality : what the narrow sweep in standard deviations is worth.
    """

    stem: str
    key: str
    folder: Path
    move: NDArray[np.float64]
    sweeps: dict[str, Sweep]
    quality: Quality

    def frames(self, kind: str) -> Path:
        """The frames of a sweep, as `read_frames` reads them."""
        return self.folder / f"{kind}.frames"

    def shown(self, name: str) -> Path:
        """A sweep, "extremes", "trial" or "map" to look at."""
        return self.folder / f"{name}-shown.webp"


@dataclass(frozen=True)
class SweptDimension(Swept):
    """A latent dimension, swept.

    Attributes
    ----------
    dim : the dimension.
    lowest, highest : names of the real images lowest (highest) on it, the most extreme first.
    wide : where the pictures of its wide sweeps lie; None where it has none.
    wide_key : of them, as `key` is of the narrow ones.
    trial : pairs of real images from either side of it, none of them at its ends, on which a
        person's label is tried: the name of the upper one and of the lower one in the picture
        "trial", and whether the upper one has the higher code. Empty for too few images.
    """

    dim: int
    lowest: tuple[str, ...]
    highest: tuple[str, ...]
    trial: tuple[tuple[str, str, bool], ...] = ()
    wide: Path | None = None
    wide_key: str = ""

    @property
    def farthest(self) -> Sweep:
        """Of all its sweeps, the one that reaches farthest."""
        return max(self.sweeps.values(), key=lambda sweep: sweep.reach)

    @property
    def leaving(self) -> Sweep | None:
        """Of all its sweeps, the one with the smallest step at which most samples have left the
        real codes; None where none is.
        """
        return self._first("outside")

    @property
    def saturating(self) -> Sweep | None:
        """Of all its sweeps, the one with the smallest step at which pictures are saturated; None
        where none is.
        """
        return self._first("saturated")

    def _first(self, departure: Literal["outside", "saturated"]) -> Sweep | None:
        found = [
            (abs(float(sweep.sigma[at])), sweep)
            for sweep in self.sweeps.values()
            if (at := getattr(sweep.departure, departure)) is not None
        ]
        return min(found, key=lambda one: one[0], default=(0.0, None))[1]

    def key_of(self, kind: str) -> str:
        """The key of one of its sweeps."""
        return self.wide_key if kind in WIDE else self.key

    def frames(self, kind: str) -> Path:
        """The frames of a sweep, of a wide one too."""
        return self._place(kind) / f"{kind}.frames"

    def shown(self, name: str) -> Path:
        """Pictures to look at, of a wide sweep too."""
        return self._place(name) / f"{name}-shown.webp"

    def _place(self, name: str) -> Path:
        return self.wide if self.wide and name in WIDE else self.folder


@dataclass(frozen=True)
class SweptCombination(Swept):
    """Dimensions moved together as a person picked them, swept from the opposite to that.

    Attributes
    ----------
    number : of it, from 1 on; part of file names.
    alphas : how far each dimension is moved in all, in its standard deviations.
    """

    number: int
    alphas: dict[int, float]

    @property
    def sweep(self) -> Sweep:
        """Its one sweep."""
        return self.sweeps["sigma"]


@dataclass(frozen=True)
class Response:
    """What the narrow sweep in standard deviations does, by the model's own encoder and by a judge
    of pixels.

    Attributes
    ----------
    self_response, leakage : as in `featamp.measure.response.CodeResponse`.
    slope, error, told : [attribute] the probes' response of each attribute, its standard error,
        and whether the probe can tell the attribute; None without labels.
    pixel_slope, pixel_error, pixel_told : the same by the judge of pixels.
    """

    self_response: float
    leakage: float
    slope: NDArray[np.float64] | None = None
    error: NDArray[np.float64] | None = None
    told: NDArray[np.bool_] | None = None
    pixel_slope: NDArray[np.float64] | None = None
    pixel_error: NDArray[np.float64] | None = None
    pixel_told: NDArray[np.bool_] | None = None

    @property
    def attributes(self) -> AttributeResponse | None:
        """The response of the attributes by the probes of the re-encoded frames; None where no
        probe can tell any.
        """
        return _response(self.slope, self.error, self.told)

    @property
    def pixels(self) -> AttributeResponse | None:
        """The response of the attributes by the judge of pixels; None where it can tell none."""
        return _response(self.pixel_slope, self.pixel_error, self.pixel_told)


def _response(
    slope: NDArray[np.float64] | None,
    error: NDArray[np.float64] | None,
    told: NDArray[np.bool_] | None,
) -> AttributeResponse | None:
    return (
        None
        if slope is None or told is None or not told.any()
        else AttributeResponse(slope, error, told)
    )


@dataclass(frozen=True)
class Control:
    """A direction that is no latent dimension, swept and measured as one.

    Attributes
    ----------
    kind : "random", "component" or "probe".
    name : "random-1" and on, "pc-1", or "probe-" and an attribute.
    attribute : the attribute whose probe points this way; None for the others.
    swept : its narrow sweep in standard deviations.
    response : what that does.
    """

    kind: str
    name: str
    attribute: str | None
    swept: Swept
    response: Response

    @property
    def sweep(self) -> Sweep:
        """Its one sweep."""
        return self.swept.sweeps["sigma"]

    @property
    def quality(self) -> Quality:
        """What it is worth."""
        return self.swept.quality
