"""What a network must hold for its codes to mean what the report says of them: asked, not
believed.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from featamp.errors import InputError
from featamp.io.model import TrainedVAE

Float32 = NDArray[np.float32]

LEARNS = (
    "a BatchNorm that learns, or a mean over the batch; have model.factory return the network in"
    " evaluation mode"
)
SAME = 1e-2
"""Two answers are the same where they differ by less than this share of the codes' spread."""
WIDER = 2.0
"""So many times the larger of prior and codes' spread is no posterior's variance."""
MARGIN = 0.1
"""Another reading must come so much nearer, in natural logarithms, to be named."""
PROBED = 8
"""Images that are asked about, at most."""
SEEN = 2 / 255
"""Two pictures of one code are the same where no pixel, in [0, 1], differs by more."""
TRIED = 12
"""Dimensions that are moved, at most, to learn what the decoder makes of each."""
NUDGE = 0.1
"""How far each is moved, in standard deviations of its codes."""
LEAST_FIT = 0.7
"""Correlation of posterior variance and effect, both in logarithms, from which it is believed."""
HALVED = float(np.sqrt(0.5))
"""A slope nearer to 1/2 than to 1, by ratio, lies below."""


def breaches(vae: TrainedVAE, images: NDArray[np.uint8]) -> list[str]:
    """What the network does that makes its codes worthless, each with its mend; empty where
    nothing is.

    Parameters
    ----------
    images : uint8 [image, height, width, 3], two at least.
    """
    asked = images[:PROBED]
    first, again = vae.encode(asked)[0], vae.encode(asked)[0]
    scale = float(first.std()) or 1.0
    apart = float(np.abs(first - again).max())
    if apart > SAME * scale:
        return [
            f"encode gives the same image another code each time (up to {apart:.3g} apart, codes"
            f" spread by {scale:.3g}): it samples, or drops out; return mu, or write"
            f' model.adapter = "my_vae" with encode(model, images) that does, or have the mean of'
            f" several answers taken by model.encode_samples = 16"
        ]
    if vae.samples > 1:
        return _decoder_breaches(vae, first)  # the noise is drawn by the batch
    try:
        alone = np.concatenate([vae.encode(image[None])[0] for image in asked])
    except InputError:
        return [f"encode fails on an image alone, and not in a batch: {LEARNS}"]
    apart = float(np.abs(first - alone).max())
    if apart > SAME * scale:
        return [
            f"encode gives an image another code alone than in a batch (up to {apart:.3g} apart,"
            f" codes spread by {scale:.3g}): {LEARNS}"
        ]
    return _decoder_breaches(vae, first)


def _decoder_breaches(vae: TrainedVAE, codes: Float32) -> list[str]:
    """The same of the decoder: pictures that are no function of the code."""
    first, again = vae.decode(codes), vae.decode(codes)
    apart = float(np.abs(first - again).max())
    if apart > SEEN:
        return [
            f"decode gives the same code another image each time (pixels up to {apart:.3g} apart,"
            f" of 1): it samples, or drops out; return the mean image, or write model.adapter ="
            f' "my_vae" with decode(model, codes) that does'
        ]
    try:
        alone = np.concatenate([vae.decode(code[None]) for code in codes])
    except InputError:
        return [f"decode fails on a code alone, and not in a batch: {LEARNS}"]
    apart = float(np.abs(first - alone).max())
    if apart > SEEN:
        return [
            f"decode gives a code another image alone than in a batch (pixels up to {apart:.3g}"
            f" apart, of 1): {LEARNS}"
        ]
    return []


def questions(vae: TrainedVAE, mu: Float32, logvar: Float32) -> list[str]:
    """What speaks against the outputs of `encode` being what they are taken for, each with its
    mend.

    Parameters
    ----------
    mu, logvar : [image, dim] what the network gave.
    """
    if np.isfinite(logvar).all():
        return list(doubts(mu, logvar)) or list(log_sigma(vae, mu, logvar))
    shape = " x ".join(str(n) for n in vae.code_shape)
    lacks = vae.adapter.lacks
    return [f"encoder gives {shape} numbers an image and no log-variance, and {lacks}"] * bool(
        lacks
    )


def doubts(mu: Float32, logvar: Float32) -> Iterator[str]:
    """What speaks against the second output being a log-variance.

    A trained network's variance of mu and mean posterior variance add up to 1 in each dimension,
    that of the prior, whatever the weight of the KL term: scaling the codes costs a decoder
    nothing, and the KL term is least there. Another reading of the outputs is named where it
    comes nearer.

    Parameters
    ----------
    mu, logvar : [image, dim] what the network gave.
    """
    mend = "return (mu, logvar) from encode(model, images) of the module model.adapter names"
    if min(mu.min(), logvar.min()) > 0:
        yield (
            f"both outputs of encode are positive everywhere ({mu.min():.3g} to {mu.max():.3g},"
            f" {logvar.min():.3g} to {logvar.max():.3g}): the two parameters of a Beta or a Gamma"
            f" distribution? {mend}, of what the decoder takes"
        )
        return
    if logvar.min() > 0:
        yield (
            f"the second output of encode is positive everywhere ({logvar.min():.3g} to"
            f" {logvar.max():.3g}): a standard deviation or a variance, no log-variance? {mend},"
            f" such as 2 * sigma.log()"
        )
        return
    spread, variance = mu.var(axis=0), np.exp(np.minimum(logvar, 50.0)).mean(axis=0)
    as_read = _from_prior(spread, logvar)
    if _from_prior(spread, 2.0 * logvar) + MARGIN < as_read:
        yield (
            f"the second output of encode fits a posterior better as log sigma than as a"
            f" log-variance: {mend}, such as 2 * log_sigma"
        )
    elif (times := float(np.median(variance / np.maximum(spread, 1.0)))) > WIDER:
        yield (
            f"the exponential of encode's second output is {times:.3g} times as large as the"
            f" variance of the first, and larger than the prior's 1: no log-variance? {mend}"
        )


def log_sigma(vae: TrainedVAE, mu: Float32, logvar: Float32) -> Iterator[str]:
    """What speaks against a log-variance where the posterior is too narrow for `doubts`.

    Of a decoder that is near to linear around a code, the posterior variance v that costs least is
    1 / (1 + g / c), g the squared change of the picture along the dimension and c the same for all
    (as of probabilistic PCA; Lucas et al. 2019): log(1 / v - 1) rises with log g, by a slope of 1.
    Of log sigma in place of log v it is half as steep.

    Parameters
    ----------
    mu, logvar : [image, dim] what the network gave.
    """
    certain = np.flatnonzero(np.median(logvar, axis=0) < np.log(0.5))
    if len(certain) < TRIED // 2:
        return
    spread = mu.std(axis=0)
    ranked = certain[np.argsort(-spread[certain], kind="stable")]
    dims = ranked[np.unique(np.linspace(0, len(ranked) - 1, TRIED).astype(int))]
    codes, steps = mu[:PROBED], NUDGE * spread[dims]
    if not (steps > 0).all():
        return
    effect = [_effect(vae, codes, dim, step) for dim, step in zip(dims, steps, strict=True)]
    certainty = np.log(np.expm1(-np.minimum(logvar[:PROBED, dims], -1e-3))).mean(axis=0)
    if not (min(effect) > 0 and np.ptp(effect) > 0 and np.ptp(certainty) > 0):
        return
    log = np.log(effect)
    # least squares would find a loose fit less steep, whatever the output is
    fit, slope = np.corrcoef(log, certainty)[0, 1], certainty.std() / log.std()
    if fit > LEAST_FIT and slope < HALVED:
        yield (
            f"the second output of encode falls with what a dimension does to the picture by a"
            f" slope of {slope:.2f}, where a log-variance falls by 1 and log sigma by 1/2: return"
            f" (mu, logvar) from encode(model, images) of the module model.adapter names, such as"
            f" 2 * log_sigma"
        )


def _effect(vae: TrainedVAE, codes: Float32, dim: int, step: float) -> float:
    """Squared change of the picture a unit of a dimension, mean over codes."""
    moved = codes.copy()
    moved[:, dim] += step
    return float(np.square(vae.decode(moved) - vae.decode(codes)).sum((1, 2, 3)).mean() / step**2)


def _from_prior(spread: Float32, logvar: Float32) -> float:
    """How far the variance of all codes together is from the prior's 1: absolute median over
    dimensions of its logarithm.
    """
    whole = spread + np.exp(np.minimum(logvar, 50.0)).mean(axis=0)
    return abs(float(np.median(np.log(whole))))
