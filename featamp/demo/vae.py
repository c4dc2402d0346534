"""The reference network: a convolutional VAE for 64 x 64 faces, and the two terms of its loss."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn

WIDTHS = (32, 64, 128, 192)
"""Channels at 1/2, 1/4, 1/8 and 1/16 of the image's size."""

QUANTISATION_VARIANCE = (1 / 255) ** 2 / 12
"""Variance of the rounding to 8 bits, pixels in [0, 1]: no decoder variance below it means
anything."""


class Coder(nn.Module):
    """A VAE as training sees it: it encodes to a diagonal Gaussian and decodes a sample of it."""

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Posterior mean and log-variance [batch, latent]."""
        raise NotImplementedError

    def decode(self, z: Tensor) -> Tensor:
        """What codes [batch, latent] stand for, in the shape that `encode` takes."""
        raise NotImplementedError

    def forward(self, x: Tensor, generator: torch.Generator | None = None) -> Sampled:
        """Encode, sample the posterior and decode."""
        mu, logvar = self.encode(x)
        noise = torch.randn(mu.shape, generator=generator, device=mu.device, dtype=mu.dtype)
        z = mu + torch.exp(logvar / 2) * noise
        return Sampled(self.decode(z), mu, logvar, z)


class Sampled(NamedTuple):
    """`image` decoded from `z`, a sample of the posterior `mu`, `logvar` [batch, latent]."""

    image: Tensor
    mu: Tensor
    logvar: Tensor
    z: Tensor


class VAE(Coder):
    """Convolutional VAE with a diagonal Gaussian posterior and a Gaussian decoder.

    Batch normalisation uses its stored statistics in `eval()`, so that a result does not depend on
    the batch.

    Parameters
    ----------
    latent_dim : number of latent dimensions.
    image_size : height and width of the images in pixels; a multiple of 16.
    """

    def __init__(self, latent_dim: int = 256, image_size: int = 64) -> None:
        super().__init__()
        self.latent_dim, self.image_size = latent_dim, image_size
        self.base = image_size // 2 ** len(WIDTHS)  # height and width of the smallest feature map
        features = WIDTHS[-1] * self.base**2
        self.encoder = nn.Sequential(
            *(_down(a, b) for a, b in pairwise((3, *WIDTHS))), nn.Flatten()
        )
        self.posterior = nn.Linear(features, 2 * latent_dim)
        self.expand = nn.Linear(latent_dim, features)
        self.decoder = nn.Sequential(
            nn.Unflatten(1, (WIDTHS[-1], self.base, self.base)),
            *(_up(a, b) for a, b in pairwise(reversed(WIDTHS))),
            Residual(WIDTHS[0]),
            nn.Conv2d(WIDTHS[0], 3 * 4, 3, padding=1),
            nn.PixelShuffle(2),
            nn.Sigmoid(),
        )

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Posterior mean and log-variance [batch, latent] of images [batch, 3, size, size] in [0,
        1].
        """
        mu, logvar = self.posterior(self.encoder(x)).chunk(2, dim=1)
        return mu, logvar

    def decode(self, z: Tensor) -> Tensor:
        """Images [batch, 3, size, size] in [0, 1] of codes [batch, latent]."""
        image: Tensor = self.decoder(self.expand(z))
        return image


class Residual(nn.Module):
    """x + conv(x) at one resolution, then normalised: a little depth where edges are drawn."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.finish = _finish(channels)

    def forward(self, x: Tensor) -> Tensor:
        """Features [batch, channel, height, width] in, the same shape out."""
        out: Tensor = self.finish(x + self.convolution(x))
        return out


def _finish(channels: int) -> nn.Sequential:
    return nn.Sequential(nn.BatchNorm2d(channels), nn.LeakyReLU(0.1, inplace=True))


def _down(channels: int, out: int) -> nn.Sequential:
    """Half the resolution."""
    return nn.Sequential(
        nn.Conv2d(channels, out, 4, stride=2, padding=1, bias=False), _finish(out)
    )


def _up(channels: int, out: int) -> nn.Sequential:
    """Twice the resolution."""
    return nn.Sequential(
        nn.ConvTranspose2d(channels, out, 4, stride=2, padding=1, bias=False), _finish(out)
    )


def kl_divergence(mu: Tensor, logvar: Tensor) -> Tensor:
    """KL(N(mu, exp(logvar)) || N(0, 1)) in nats of every image and dimension, [batch, latent].

    Kingma and Welling 2014, appendix B.
    """
    return (mu.square() + logvar.exp() - 1 - logvar) / 2


def reconstruction_nats(mse: Tensor, pixels: int) -> Tensor:
    """Negative Gaussian log-likelihood of an image, in nats, at the decoder variance that fits
    best.

    The variance that minimises it is the mean squared error itself, which leaves D/2 (log(2 pi
    mse) + 1): sigma-VAE, Rybkin, Daniilidis and Levine 2021, "Simple and Effective VAE Training
    with Calibrated Decoders".

    Parameters
    ----------
    mse : scalar, mean squared error over the batch, its images and pixels; pixels in [0, 1].
    pixels : D, the values of one image (3 * height * width).
    """
    return pixels / 2 * (torch.log(2 * math.pi * mse.clamp_min(QUANTISATION_VARIANCE)) + 1)


def gaussian_nats(mse: Tensor, pixels: int, variance: float) -> Tensor:
    """Negative Gaussian log-likelihood of an image, in nats, at a decoder variance that is fixed.

    Parameters
    ----------
    mse, pixels : as in `reconstruction_nats`.
    variance : of the decoder, pixels in [0, 1].
    """
    return pixels / 2 * (mse / variance + math.log(2 * math.pi * variance))
