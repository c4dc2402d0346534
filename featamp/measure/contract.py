"""What a network must hold for its codes to mean what the report says of them: asked, not
believed.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from featamp.io.model import TrainedVAE

Float32 = NDArray[np.float32]

SAME = 1e-2
"""Two answers are the same where they differ by less than this share of the codes' spread."""
MARGIN = 0.1
"""Another reading must come so much nearer, in natural logarithms, to be named."""
PROBED = 8
"""Images that are asked about, at most."""


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
            f" spread by {scale:.3g}): it samples; return mu, or write"
            f' model.adapter = "my_vae" with encode(model, images) that does, or have the mean of'
            f" several answers taken by model.encode_samples = 16"
        ]
    if vae.samples > 1:
        return []  # the noise is drawn by the batch
    alone = np.concatenate([vae.encode(image[None])[0] for image in asked])
    apart = float(np.abs(first - alone).max())
    if apart > SAME * scale:
        return [
            f"encode gives an image another code alone than in a batch (up to {apart:.3g} apart,"
            f" codes spread by {scale:.3g}): a BatchNorm that learns, or a mean over the batch;"
            f" have model.factory return the network in evaluation mode"
        ]
    return []


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
    if not np.isfinite(logvar).all():
        return
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
    spread = mu.var(axis=0)
    as_read = _from_prior(spread, logvar)
    if _from_prior(logvar.var(axis=0), mu) + MARGIN < as_read and logvar.mean() > mu.mean():
        yield (
            f"the two outputs of encode fit a posterior better the other way round: swapped?"
            f" {mend}"
        )
    elif _from_prior(spread, 2.0 * logvar) + MARGIN < as_read:
        yield (
            f"the second output of encode fits a posterior better as log sigma than as a"
            f" log-variance: {mend}, such as 2 * log_sigma"
        )


def _from_prior(spread: Float32, logvar: Float32) -> float:
    """How far the variance of all codes together is from the prior's 1: absolute median over
    dimensions of its logarithm.
    """
    whole = spread + np.exp(np.minimum(logvar, 50.0)).mean(axis=0)
    return abs(float(np.median(np.log(whole))))
