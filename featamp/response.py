"""What a sweep changes, seen by the encoder and by probes: the direction itself, the rest of the code, attributes.

The frames are encoded again, so the model judges itself; `featamp.judge` is a second judge, which sees pixels only.
Notation: sample s, step k of alpha_k standard deviations, code z_sk = encoder(x_sk), z_s0 that of the reconstruction.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]
Float = NDArray[np.float64]


@dataclass(frozen=True)
class CodeResponse:
    """What the encoder finds of a sweep in its frames.

    Attributes
    ----------
    self_response : slope of the re-encoded code along the swept direction on alpha, both in standard deviations: 1
        where the encoder finds all of the move, 0 where it finds nothing.
    leakage : share of the energy of the re-encoded move that is off the swept direction, in standard deviations of
        each dimension; in [0, 1], 0 where nothing moved.
    """

    self_response: float
    leakage: float


@dataclass(frozen=True)
class AttributeResponse:
    """How much one standard deviation of a sweep changes each attribute's logit.

    Attributes
    ----------
    slope : [attribute] mean over samples of the slope on alpha, in standard deviations of the logit over images.
    error : [attribute] standard error of that mean over samples; None for a single sample.
    """

    slope: Float
    error: Float | None

    @property
    def strongest(self) -> int:
        """The attribute that changes most."""
        return int(np.abs(self.slope).argmax())

    def clear(self, attribute: int) -> bool:
        """Whether an attribute's response is more than two standard errors from none."""
        return self.error is not None and bool(abs(self.slope[attribute]) > 2 * self.error[attribute])

    def off_target(self, attribute: int) -> tuple[float, float]:
        """Mean and largest |response| of the other attributes over that of `attribute`.

        StyleSpace's attribute dependency (Wu, Lischinski and Shechtman 2021). Infinite where `attribute` does not
        respond at all and others do; 0 where none does, or there are no others.
        """
        size = np.abs(self.slope)
        others = np.delete(size, attribute)
        if not others.any():
            return 0.0, 0.0
        if size[attribute] == 0:
            return np.inf, np.inf
        return float(others.mean() / size[attribute]), float(others.max() / size[attribute])


def code_response(codes: Float32, origins: Float32, direction: Float, steps: Float, std: Float) -> CodeResponse:
    """Measure what the encoder finds of a sweep.

    Parameters
    ----------
    codes : [sample, alpha, dim] posterior means of the frames, raw units.
    origins : [sample, dim] posterior means of the reconstructions, raw units.
    direction : [dim] the move of one standard deviation, raw units.
    steps : [alpha] in standard deviations.
    std : [dim] standard deviation of each dimension, raw units; a collapsed dimension counts for nothing.
    """
    scale = np.divide(1.0, std, out=np.zeros_like(std), where=std > 0)
    moves = (codes.astype(np.float64) - origins[:, None].astype(np.float64)) * scale
    target = direction * scale
    length = float(np.linalg.norm(target))
    if length == 0:
        return CodeResponse(0.0, 0.0)
    along = moves @ (target / length)
    total = float(np.square(moves).sum())
    leakage = 1.0 - float(np.square(along).sum()) / total if total > 0 else 0.0
    return CodeResponse(float(_slopes(along[:, :, None], steps).mean()) / length, max(leakage, 0.0))


def attribute_response(logits: Float, steps: Float) -> AttributeResponse:
    """Slope of each attribute's logit on alpha, with its standard error over samples.

    Parameters
    ----------
    logits : [sample, alpha, attribute] in standard deviations of the logit over images.
    steps : [alpha] in standard deviations, at least two.
    """
    slopes = _slopes(logits, steps)
    samples = len(slopes)
    error = slopes.std(axis=0, ddof=1) / np.sqrt(samples) if samples > 1 else None
    return AttributeResponse(slopes.mean(axis=0), error)


def _slopes(values: Float, steps: Float) -> Float:
    """[sample, quantity] least-squares slope of values [sample, alpha, quantity] on the steps."""
    centred = steps - steps.mean()
    return np.asarray(np.einsum("k,skq->sq", centred, values) / np.square(centred).sum(), np.float64)
