"""A small VAE on principal components: faces that differ in few ways, learnt in minutes on a core.

An image is its mean picture plus a few hundred numbers' worth of "eigenfaces" (Turk and Pentland
1991), and the network codes those numbers. The components are orthonormal, so the squared error of
an image is that of its coordinates plus what lies outside them, which no weight can change: the
likelihood in pixels is kept, and a step costs a hundredth of a convolution's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from featamp.demo.vae import Coder

if TYPE_CHECKING:
    from collections.abc import Iterator

SAMPLE = 2048
"""Images from which the components are taken, evenly spread over those that train."""
BLOCK = 512
"""Images projected at a time."""


class Core(Coder):
    """The VAE of coordinates: two layers on either side of the code.

    Parameters
    ----------
    latent_dim : number of latent dimensions.
    components : coordinates of an image.
    width : units of a layer.
    """

    def __init__(self, latent_dim: int, components: int, width: int) -> None:
        super().__init__()
        self.scale: Tensor
        self.register_buffer("scale", torch.ones(()))
        self.encoder = _layers(components, width, 2 * latent_dim)
        self.decoder = _layers(latent_dim, width, components)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Posterior mean and log-variance [batch, latent] of coordinates [batch, component]."""
        mu, logvar = self.encoder(x / self.scale).chunk(2, dim=1)
        return mu, logvar

    def decode(self, z: Tensor) -> Tensor:
        """Coordinates [batch, component] of codes [batch, latent]."""
        coordinates: Tensor = self.decoder(z) * self.scale
        return coordinates


class VAE(Coder):
    """`Core` between the components of images in [0, 1], which are fixed.

    Parameters
    ----------
    latent_dim : number of latent dimensions.
    image_size : height and width of the images in pixels.
    components, width : of the core.
    """

    def __init__(
        self, latent_dim: int = 10, image_size: int = 64, components: int = 64, width: int = 128
    ) -> None:
        super().__init__()
        self.shape = (3, image_size, image_size)
        values = 3 * image_size**2
        self.mean: Tensor
        self.basis: Tensor
        self.register_buffer("mean", torch.zeros(values))
        self.register_buffer("basis", torch.zeros(components, values, dtype=torch.half))
        self.core = Core(latent_dim, components, width)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Posterior mean and log-variance [batch, latent] of images [batch, 3, size, size]."""
        return self.core.encode((x.flatten(1) - self.mean) @ self.basis.float().T)

    def decode(self, z: Tensor) -> Tensor:
        """Images [batch, 3, size, size] in [0, 1] of codes [batch, latent]."""
        image: Tensor = self.mean + self.core.decode(z) @ self.basis.float()
        return image.clamp(0, 1).view(-1, *self.shape)

    def fit(self, images: NDArray[np.uint8], rows: NDArray[np.int64]) -> None:
        """Take mean and components from `rows` of images uint8 [image, height, width, 3]."""
        chosen = rows[:: max(1, len(rows) // SAMPLE)][:SAMPLE]
        pixels = _flat(images[chosen])
        self.mean.copy_(pixels.mean(0))
        count = len(self.basis)
        # the small side: the images' products among each other have the same components
        values, vectors = torch.linalg.eigh((pixels - self.mean) @ (pixels - self.mean).T)
        leading = (pixels - self.mean).T @ vectors.flip(1)[:, :count]
        leading = torch.linalg.qr(leading).Q.T
        self.basis[: len(leading)].copy_(leading)  # half precision is enough, and half as large
        self.core.scale.copy_((values.flip(0)[:count].mean() / len(chosen)).sqrt())

    def project(self, images: NDArray[np.uint8]) -> tuple[Tensor, Tensor]:
        """Coordinates of images, and what lies outside the components.

        Parameters
        ----------
        images : uint8 [image, height, width, 3].

        Returns
        -------
        [image, component] coordinates, and [image] the squared error of each outside them, summed
        over its pixels.
        """
        parts = list(self._project(images))
        return torch.cat([part for part, _ in parts]), torch.cat([rest for _, rest in parts])

    def _project(self, images: NDArray[np.uint8]) -> Iterator[tuple[Tensor, Tensor]]:
        for start in range(0, len(images), BLOCK):
            centred = _flat(images[start : start + BLOCK]) - self.mean
            part = centred @ self.basis.float().T
            yield part, centred.square().sum(1) - part.square().sum(1)


def _flat(images: NDArray[np.uint8]) -> Tensor:
    """Pixels in [0, 1], [image, value], channel first as `encode` flattens them."""
    return torch.from_numpy(np.array(images)).permute(0, 3, 1, 2).flatten(1).float() / 255


def _layers(inputs: int, width: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(inputs, width),
        nn.LeakyReLU(0.1),
        nn.Linear(width, width),
        nn.LeakyReLU(0.1),
        nn.Linear(width, outputs),
    )
