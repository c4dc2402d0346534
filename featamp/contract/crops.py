"""The crop of images under which a network gives them back better.

Of two crops the narrower one often leaves the lesser error, since it shows less. So the error is a
share of that of the images' mean, and the codes are asked, too: those of what a network was
trained on lie around the prior's mean, those of another crop beside it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from featamp.contract.trials import LEAST, MUCH_LESS, NO_BETTER, rmse, rmse_of_mean
from featamp.io.batches import load_images
from featamp.io.files.steps import Steps
from featamp.io.network.model import TrainedVAE


@dataclass(frozen=True)
class BetterCrop:
    """One that fits better.

    Attributes
    ----------
    name : what it is called.
    error, before : RMSE under it and as it is, pixels in [0, 1].
    share, share_before : the same over the RMSE that the mean of images so cut has: cut otherwise,
        images are harder or easier.
    """

    name: str
    error: float
    before: float
    share: float
    share_before: float


def better_crop(
    vae: TrainedVAE, paths: Sequence[Path], more: Sequence[Path], own: Steps,
    others: Mapping[str, Steps],
) -> BetterCrop | None:  # fmt: skip
    """The one of `others` under which a network fits its images best, where it does better than
    as they are.

    Parameters
    ----------
    paths : files of images that are given back.
    more : of those whose mean and whose codes are asked.
    own : what is done to their pixels.
    """
    now = _Fit.under(own, vae, paths, more)
    fits = {name: _Fit.under(steps, vae, paths, more) for name, steps in others.items()}
    better = {name: fit for name, fit in fits.items() if fit.better_than(now)}
    best = min(better, key=lambda name: better[name].share, default=None)
    if best is None:
        return None
    fit = better[best]
    return BetterCrop(best, fit.error, now.error, fit.share, now.share)


@dataclass(frozen=True)
class _Fit:
    """How well images that were cut in some way fit a network.

    Attributes
    ----------
    error : RMSE, pixels in [0, 1].
    share : of the RMSE that the images' mean has.
    drift : how far the codes' mean lies from the prior's, squared, in their own variances; mean
        over dimensions.
    """

    error: float
    share: float
    drift: float

    @classmethod
    def under(
        cls, steps: Steps, vae: TrainedVAE, paths: Sequence[Path], more: Sequence[Path]
    ) -> _Fit:
        """Of `paths` the error, of `more` the mean image and the codes."""
        images, many = load_images(paths, steps), load_images(more, steps)
        error = rmse(vae, images)
        if not math.isfinite(error):
            return cls(math.inf, math.inf, math.inf)
        mu, logvar = vae.encode(many)
        whole = mu.var(axis=0) + np.exp(np.minimum(logvar, 50.0)).mean(axis=0)
        drift = np.square(mu.mean(axis=0)) / np.maximum(whole, LEAST)
        of_mean = max(rmse_of_mean(images, many), LEAST)
        return cls(error, error / of_mean, float(drift.mean()))

    def better_than(self, other: _Fit) -> bool:
        """By far in the error, or in both error and codes."""
        if self.share > NO_BETTER:
            return False  # it tells no more than the images' mean
        both = self.share < NO_BETTER * other.share and self.drift < other.drift
        return self.error < MUCH_LESS * other.error or both
