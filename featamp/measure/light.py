"""How much of a change is light: brightness, contrast, tint and blur, even or from one side.

Notation as in `featamp.measure.quality`: D_sk = x_sk - x_s0, pixels in [0, 1].
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]
Float = NDArray[np.float64]

BLUR = 1 / 32
"""Standard deviation of the Gaussian blur of the photometric fit, as a share of the picture's
height."""
EVEN, TERMS = 3, 7
"""Terms of that fit: of light that is even, and of any."""


@dataclass(frozen=True)
class LightTerms:
    """What light does to pictures, to first order: made once for all sweeps of the same samples.

    Attributes
    ----------
    uneven : [sample, channel, term, pixel] offset, gain and blur, which are `even`, then gain and
        offset that run evenly across the picture.
    inverse, uneven_inverse : [sample, channel, term, term] of the Gram matrices of both.
    """

    uneven: Float
    inverse: Float
    uneven_inverse: Float

    @property
    def even(self) -> Float:
        """[sample, channel, term, pixel]."""
        return self.uneven[:, :, :EVEN]


def light_terms(reconstructions: Float32) -> LightTerms:
    """What `photometric_shares` fits to changes of reconstructions [sample, height, width, 3]."""
    pictures = reconstructions.astype(np.float64)
    samples, height, width, channels = pictures.shape
    terms = np.empty((samples, channels, TERMS, height * width))
    for at, term in enumerate(_lights(pictures)):
        terms[:, :, at] = np.moveaxis(term, 3, 1).reshape(samples, channels, -1)
    return LightTerms(terms, _inverse_gram(terms[:, :, :EVEN]), _inverse_gram(terms))


def _lights(pictures: Float) -> Iterator[Float]:
    """The terms [sample, height, width, 3], which are weighted anew for each sample, alpha and
    channel; one after another, since all take several times as much memory as the pictures.
    """
    from scipy.ndimage import gaussian_filter

    height, width = pictures.shape[1:3]
    yield np.ones_like(pictures)
    yield pictures - pictures.mean(axis=(1, 2), keepdims=True)
    spread = BLUR * height
    yield gaussian_filter(pictures, (0, spread, spread, 0), mode="nearest") - pictures
    for slope in np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]:
        yield np.broadcast_to(slope[:, :, None], pictures.shape)
        yield slope[:, :, None] * pictures


def photometric_shares(changes: Iterable[Float32], light: LightTerms) -> tuple[float, float]:
    """Share of the energy of the changes that names nothing: brightness, contrast, tint and blur;
    and uneven light.

    Each channel of each D_sk is fitted by least squares with a + b x_s0 + c (G x_s0 - x_s0), an
    offset, a gain and a blur (c > 0) or sharpening (c < 0) by a Gaussian G of `BLUR` times the
    height; the share is 1 - sum of the squared residuals / sum D^2. Gain and offset are the usual
    model of exposure (Brown and Lowe 2007), the blur term is the first order of the diffusion
    equation. For the second share, a and b are planes over the picture: light and colour that fall
    off to one side. A large hat has much of that too, so it is a reason to look, not a verdict.

    Parameters
    ----------
    changes : [alpha, height, width, 3] of each sample.
    light : of the reconstructions of these samples.
    """
    even, uneven = (light.even, light.inverse), (light.uneven, light.uneven_inverse)
    energies = [
        (
            np.square(change).sum(dtype=np.float64),
            *(_explained(change, terms[s], gram[s]) for terms, gram in (even, uneven)),
        )
        for s, change in enumerate(changes)
    ]
    energy, by_even, by_uneven = np.sum(energies, axis=0)
    if not energy > 0:
        return 0.0, 0.0
    return min(1.0, float(by_even / energy)), min(1.0, float(by_uneven / energy))


def _explained(change: Float32, terms: Float, gram: Float) -> float:
    """Energy of the changes [alpha, height, width, channel] of a sample that terms [channel, term,
    pixel] explain.
    """
    targets = change.reshape(len(change), -1, change.shape[-1]).transpose(2, 1, 0)
    products = terms @ targets  # [channel, term, alpha]
    return float((products * (gram @ products)).sum())


def _inverse_gram(design: Float) -> Float:
    """Inverses of the Gram matrices, which are singular for a flat picture."""
    return np.asarray(np.linalg.pinv(design @ design.swapaxes(2, 3), hermitian=True), np.float64)
