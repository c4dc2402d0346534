"""Method 1: which latent dimensions vary over the images, and how healthy the codes are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featamp.statistics.blocks import blocks_of

ACTIVE_THRESHOLD = 0.01
"""A dimension is active when Var mu exceeds this (Burda, Grosse and Salakhutdinov 2015), or the
noise of its own posterior: a code may be written in a smaller unit than the prior's. Without a
posterior there is no unit, and it must exceed this share of the median variance of those that vary
at all."""
ROUNDED = 1e-6
"""A share of the largest variance below which it may be float32's rounding."""

Float = NDArray[np.float64]


@dataclass(frozen=True)
class VarianceRanking:
    """Statistics of the posterior means, each of shape [dim], raw units.

    Attributes
    ----------
    variance : unbiased variance of the posterior mean over images.
    std : its square root, the sigma in which sweeps are counted.
    rank : 1 for the dimension of highest variance.
    order : dimensions from the highest variance to the lowest.
    ratio : variance over the mean variance of all dimensions (0 where every variance is 0).
    mean : mean of the posterior mean.
    kl : mean KL divergence from the posterior to N(0, 1), in nats; infinite where the encoder is
        `deterministic`.
    posterior_variance : mean of the posterior's own variance s^2.
    active : as `ACTIVE_THRESHOLD` has it.
    """

    variance: Float
    std: Float
    rank: NDArray[np.int64]
    order: NDArray[np.int64]
    ratio: Float
    mean: Float
    kl: Float
    posterior_variance: Float
    active: NDArray[np.bool_]

    @property
    def active_std(self) -> Float:
        """[dim] `std`, and 0 where a dimension is not active: what a code is divided by where its
        dimensions are taken together. In its own standard deviation, however small, a collapsed
        one would weigh as much as any.
        """
        return np.where(self.active, self.std, 0.0)

    @property
    def whole_std(self) -> Float:
        """[dim] standard deviation of the posterior samples: of the mean and the posterior's own
        spread together.
        """
        return np.asarray(np.sqrt(self.variance + self.posterior_variance), np.float64)

    @property
    def deterministic(self) -> bool:
        """Whether the encoder gives no log-variance: the KL divergence is infinite then."""
        return not bool(np.isfinite(self.kl).all())

    @property
    def active_above(self) -> float:
        """The variance above which a dimension is active, whatever its posterior."""
        return _active_above(self.variance, self.deterministic)

    @property
    def variance_mean(self) -> float:
        """Mean variance of all dimensions, to which `ratio` is."""
        return float(self.variance.mean())

    @property
    def kl_mean(self) -> float:
        """KL divergence of a dimension on average, in nats."""
        return float(self.kl.mean())

    @property
    def kl_total(self) -> float:
        """KL divergence of a whole code, in nats."""
        return float(self.kl.sum())

    @property
    def prior_mismatch(self) -> float:
        """Median over dimensions of Var mu + E s^2: 1 where the aggregate posterior matches N(0,
        1).
        """
        return float(np.median(self.variance + self.posterior_variance))


def rank_by_variance(mu: NDArray[np.float32], logvar: NDArray[np.float32]) -> VarianceRanking:
    """Rank latent dimensions by the variance of their posterior mean.

    Streams over blocks of images (Chan, Golub and LeVeque 1979), so that memory-mapped codes stay
    on disk.

    Parameters
    ----------
    mu, logvar : [image, dim] posterior means and log-variances, raw units; at least two images.
    """
    count, dims = mu.shape
    mean, squares, kl, spread = (np.zeros(dims) for _ in range(4))
    done = 0
    for block in blocks_of(count):
        means = np.asarray(mu[block], np.float64)
        logs = np.asarray(logvar[block], np.float64)
        size = len(means)
        centre = means.mean(axis=0)
        shift = centre - mean
        squares += np.square(means - centre).sum(axis=0) + np.square(shift) * done * size / (
            done + size
        )
        mean += shift * size / (done + size)
        kl += kl_to_prior(means, logs).sum(axis=0)
        spread += np.exp(logs).sum(axis=0)
        done += size
    variance = squares / (count - 1)
    order = np.argsort(-variance, kind="stable")
    total = variance.mean()
    return VarianceRanking(
        variance=variance,
        std=np.sqrt(variance),
        rank=np.argsort(order, kind="stable") + 1,
        order=order,
        ratio=variance / total if total > 0 else np.zeros(dims),
        mean=mean,
        kl=kl / count,
        posterior_variance=spread / count,
        active=variance > _least(variance, kl / count, spread / count),
    )


def _least(variance: Float, kl: Float, posterior_variance: Float) -> Float:
    """[dim] the variance above which each is active."""
    deterministic = not np.isfinite(kl).all()
    above = _active_above(variance, deterministic)
    noise = np.maximum(posterior_variance, ROUNDED * variance.max())
    return np.full_like(variance, above) if deterministic else np.minimum(above, noise)


def _active_above(variance: Float, deterministic: bool) -> float:
    varying = variance[variance > ROUNDED * variance.max()]
    unit = float(np.median(varying)) if deterministic and varying.size else 1.0
    return ACTIVE_THRESHOLD * unit


def kl_to_prior(mu: Float, logvar: Float) -> Float:
    """KL divergence of N(mu, exp(logvar)) to N(0, 1) in nats, elementwise (Kingma and Welling
    2014, appendix B).
    """
    return 0.5 * (np.square(mu) + np.exp(logvar) - 1.0 - logvar)
