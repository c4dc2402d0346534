"""What a sweep changes, seen by the encoder and by probes: the direction itself, the rest of the
code, attributes.

The frames are encoded again, so the model judges itself; `featamp.measure.judge` is a second
judge, which sees pixels only. Notation: sample s, step k of alpha_k standard deviations, code z_sk
= encoder(x_sk), z_s0 that of the reconstruction.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featamp.arrays import divided
from featamp.statistics.samples import error_of_mean

Float32 = NDArray[np.float32]
Float = NDArray[np.float64]


@dataclass(frozen=True)
class CodeResponse:
    """What the encoder finds of a sweep in its frames.

    Attributes
    ----------
    self_response : slope of the re-encoded code along the swept direction on alpha, both in
        standard deviations: 1 where the encoder finds all of the move, 0 where it finds nothing.
    leakage : share of the energy of the re-encoded move that is off the swept direction, in
        standard deviations of each dimension; in [0, 1], 0 where nothing moved, and 1 where the
        swept direction itself counts for nothing.
    """

    self_response: float
    leakage: float


@dataclass(frozen=True)
class AttributeResponse:
    """How much one standard deviation of a sweep changes each attribute's logit.

    Attributes
    ----------
    slope : [attribute] mean over samples of the slope on alpha, in standard deviations of the
        logit over images.
    error : [attribute] standard error of that mean over samples, as of `error_of_mean`; None for a
        single sample.
    told : [attribute] False where the classifier cannot tell the attribute, so that its slope says
        nothing; not all.
    """

    slope: Float
    error: Float | None
    told: NDArray[np.bool_]

    @property
    def size(self) -> Float:
        """[attribute] |slope|; 0 where it says nothing."""
        return np.where(self.told, np.abs(self.slope), 0.0)

    @property
    def strongest(self) -> int:
        """The attribute that changes most."""
        return int(self.size.argmax())

    def clear(self, attribute: int) -> bool:
        """Whether an attribute's response is more than two standard errors from none."""
        return self.error is not None and bool(self.size[attribute] > 2 * self.error[attribute])

    def rival(self, attribute: int) -> int | None:
        """The other attribute that responds most, where it responds as much within two standard
        errors; else None.
        """
        others = np.delete(np.arange(len(self.slope)), attribute)
        if self.error is None or not self.told[others].any():
            return None
        other = int(others[self.size[others].argmax()])
        margin = 2 * float(np.hypot(self.error[attribute], self.error[other]))
        return (
            other
            if self.size[other] > 0 and self.size[other] >= self.size[attribute] - margin
            else None
        )

    def off_target(self, attribute: int) -> tuple[float, float]:
        """Mean and largest |response| of the other attributes over that of `attribute`.

        StyleSpace's attribute dependency (Wu, Lischinski and Shechtman 2021). Infinite where
        `attribute` does not respond at all and others do; 0 where none does, or there are no
        others.
        """
        size = self.size
        others = np.delete(size, attribute)[np.delete(self.told, attribute)]
        if not others.any():
            return 0.0, 0.0
        if size[attribute] == 0:
            return np.inf, np.inf
        return float(others.mean() / size[attribute]), float(others.max() / size[attribute])


@dataclass(frozen=True)
class TargetResponse:
    """What a sweep does to one attribute, beside all others and beside controls.

    Attributes
    ----------
    slope, error : response of the attribute, for one standard deviation; the error is None for a
        single sample.
    pixels : the same by the judge of pixels; None where it cannot tell the attribute.
    place : 1 where no attribute responds more.
    mean_off, max_off : responses of the others over this one.
    stronger : it is stronger than any response to a random direction.
    above : it is clear, too.
    ceiling : response to the probe's own direction; None where that was not swept.
    agreed : both judges see it respond, as in `judges_agree`.
    """

    slope: float
    error: float | None
    pixels: float | None
    place: int
    mean_off: float
    max_off: float
    stronger: bool
    above: bool
    ceiling: float | None
    agreed: bool

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


def target_response(
    seen: AttributeResponse | None,
    pixels: AttributeResponse | None,
    attribute: int,
    null: float,
    ceiling: float | None,
) -> TargetResponse | None:
    """How much a sweep moves an attribute; None where no probe tells it.

    Parameters
    ----------
    seen, pixels : by the probes and by the judge of pixels; None where that can tell none.
    null : the largest |response| of any attribute to a random direction.
    ceiling : as in `TargetResponse`.
    """
    if seen is None or not seen.told[attribute]:
        return None
    size, (mean, largest) = seen.size, seen.off_target(attribute)
    told = pixels is not None and pixels.told[attribute]
    return TargetResponse(
        slope=float(seen.slope[attribute]),
        error=None if seen.error is None else float(seen.error[attribute]),
        pixels=float(pixels.slope[attribute]) if pixels is not None and told else None,
        place=int((size > size[attribute]).sum()) + 1,
        mean_off=mean,
        max_off=largest,
        stronger=(stronger := bool(size[attribute] > null)),
        above=stronger and seen.clear(attribute),
        ceiling=ceiling,
        agreed=judges_agree(seen, pixels, attribute),
    )


def judges_agree(
    seen: AttributeResponse | None, pixels: AttributeResponse | None, attribute: int
) -> bool:
    """Whether both judges see an attribute respond, beyond two errors each, in the same
    direction.
    """
    if seen is None or pixels is None:
        return False
    clear = seen.clear(attribute) and pixels.clear(attribute)
    return clear and bool(seen.slope[attribute] * pixels.slope[attribute] > 0)


def code_response(
    codes: Float32, origins: Float32, direction: Float, steps: Float, std: Float
) -> CodeResponse:
    """Measure what the encoder finds of a sweep.

    Parameters
    ----------
    codes : [sample, alpha, dim] posterior means of the frames, raw units.
    origins : [sample, dim] posterior means of the reconstructions, raw units.
    direction : [dim] the move of one standard deviation, raw units.
    steps : [alpha] in standard deviations.
    std : [dim] standard deviation of each dimension, raw units; one of 0 counts for nothing, as
        collapsed dimensions have to (`VarianceRanking.active_std`).
    """
    scale = divided(1.0, std)
    moves = (codes.astype(np.float64) - origins[:, None].astype(np.float64)) * scale
    target = direction * scale
    length = float(np.linalg.norm(target))
    if length == 0:
        return CodeResponse(0.0, float(moves.any()))
    along = moves @ (target / length)
    total = float(np.square(moves).sum())
    leakage = 1.0 - float(np.square(along).sum()) / total if total > 0 else 0.0
    return CodeResponse(
        float(_slopes(along[:, :, None], steps).mean()) / length, max(leakage, 0.0)
    )


def attribute_response(
    logits: Float, steps: Float, told: NDArray[np.bool_] | None = None
) -> AttributeResponse:
    """Slope of each attribute's logit on alpha, with its standard error over samples.

    Parameters
    ----------
    logits : [sample, alpha, attribute] in standard deviations of the logit over images.
    steps : [alpha] in standard deviations, at least two.
    told : [attribute] whether the classifier can tell the attribute at all; None where it can tell
        all.
    """
    slopes = _slopes(logits, steps)
    error = error_of_mean(slopes) if len(slopes) > 1 else None
    told = np.ones(slopes.shape[1], np.bool_) if told is None else told
    return AttributeResponse(slopes.mean(axis=0), error, told)


def largest_response(responses: Iterable[AttributeResponse | None]) -> float:
    """The largest |response| of any attribute to any of some directions; 0 where none can be
    told.
    """
    return max((float(seen.size.max()) for seen in responses if seen is not None), default=0.0)


def _slopes(values: Float, steps: Float) -> Float:
    """[sample, quantity] least-squares slope of values [sample, alpha, quantity] on the steps."""
    centred = steps - steps.mean()
    return np.asarray(
        np.einsum("k,skq->sq", centred, values) / np.square(centred).sum(), np.float64
    )
