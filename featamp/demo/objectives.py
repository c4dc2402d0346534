"""What a VAE is trained for: the ELBO, and four objectives that ask for axes that mean something.

Every objective is the reconstruction term plus a penalty in nats an image, and the functions here
are those penalties and what they need. KL stands for KL(q(z|x) || N(0, 1)), summed over dimensions
and averaged over images; TC for the total correlation KL(q(z) || prod_j q(z_j)) of the aggregate
posterior q(z) = E_x q(z|x), which is 0 where the dimensions are independent.
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

OBJECTIVES = {
    "standard": "the ELBO",
    "beta": "a heavier KL (Higgins et al. 2017)",
    "capacity": "a KL that is let grow (Burgess et al. 2018)",
    "factor": "total correlation by a discriminator (Kim and Mnih 2018)",
    "tc": "total correlation by the batch (Chen et al. 2018)",
}
"""The objectives by name, and what each adds."""

FROM_Q, PERMUTED = 0, 1
"""The discriminator's classes: codes of q(z), and codes of the product of its marginals."""


def beta(kl: Tensor, weight: float) -> Tensor:
    """Beta times KL: beta-VAE (Higgins et al. 2017, equation 4); at beta 1 the ELBO (Kingma and
    Welling 2014, equation 3).

    A dimension pays for itself only where it saves the reconstruction `weight` times its KL, which
    favours one dimension for each independent cause of large change.
    """
    return weight * kl


def capacity(kl: Tensor, weight: float, nats: float) -> Tensor:
    """Gamma times |KL - C|: the code is held at a capacity of C `nats`, which rises over training
    (Burgess et al. 2018, "Understanding disentangling in beta-VAE", equation 8).
    """
    return weight * (kl - nats).abs()


def factor(kl: Tensor, weight: float, total_correlation: Tensor) -> Tensor:
    """KL + gamma TC: FactorVAE (Kim and Mnih 2018, equation 2); TC by `density_ratio`."""
    return kl + weight * total_correlation


def tc(kl: Tensor, weight: float, total_correlation: Tensor) -> Tensor:
    """I(x; z) + beta TC + sum_j KL(q(z_j) || p(z_j)): beta-TCVAE (Chen et al. 2018, equation 4).

    The three add up to KL at beta 1 (equation 2), so the penalty is KL + (beta - 1) TC; TC by
    `stratified_total_correlation`.
    """
    return kl + (weight - 1) * total_correlation


def density_ratio(logits: Tensor) -> Tensor:
    """TC in nats as a discriminator sees it: the mean of log D(z) - log(1 - D(z)) over codes of
    q(z) (Kim and Mnih 2018, equation 3). Exact for the best discriminator.

    Parameters
    ----------
    logits : [image, 2] the discriminator's, of the classes `FROM_Q` and `PERMUTED`.
    """
    return (logits[:, FROM_Q] - logits[:, PERMUTED]).mean()


def discriminator_loss(joint: Tensor, permuted: Tensor) -> Tensor:
    """Cross-entropy of telling codes of q(z) from permuted ones, logits [image, 2] each (Kim and
    Mnih 2018, algorithm 2).
    """
    classes = torch.tensor([FROM_Q, PERMUTED], device=joint.device)
    each = (cross_entropy(logits, classes[n].expand(len(logits)))
            for n, logits in enumerate((joint, permuted)))  # fmt: skip
    return torch.stack(list(each)).mean()


def permute_dimensions(z: Tensor, generator: torch.Generator) -> Tensor:
    """Codes [image, latent] with every dimension shuffled over the batch by itself: draws of
    prod_j q(z_j) (Kim and Mnih 2018, algorithm 1).
    """
    order = torch.rand(z.shape, generator=generator, device=z.device).argsort(0)
    return z.gather(0, order)


def stratified_total_correlation(z: Tensor, mu: Tensor, logvar: Tensor, images: int) -> Tensor:
    """TC in nats from one batch: log q(z) - sum_j log q(z_j), by minibatch stratified sampling
    (Chen et al. 2018, appendix C.2).

    q(z) is the mean of q(z|x) over all images; in a batch of M, the image that z comes from stands
    for itself (1/N), one other for the (N - M + 1) / N that the rest of the batch does not.

    Parameters
    ----------
    z, mu, logvar : [image, latent] a sample of each image's posterior, and its mean and
        log-variance.
    images : N, how many images there are in all.
    """
    batch = len(z)
    weights = torch.full((batch, batch), 1 / (batch - 1), device=z.device)
    weights.fill_diagonal_(1 / images)
    other = torch.arange(batch, device=z.device)
    weights[other, (other + 1) % batch] = (images - batch + 1) / (images * (batch - 1))
    deviation = (z[:, None] - mu).square() / logvar.exp()  # [sample, image, latent]
    density = -(deviation + logvar + math.log(2 * math.pi)) / 2
    joint = (density.sum(2) + weights.log()).logsumexp(1)
    marginals = (density + weights.log()[:, :, None]).logsumexp(1).sum(1)
    return (joint - marginals).mean()


class Discriminator(nn.Module):
    """Tells codes of q(z) from permuted ones: logits [image, 2] of codes [image, latent].

    The paper's has six layers of 1000; codes of ten dimensions need less.
    """

    def __init__(self, latent_dim: int, width: int = 128) -> None:
        super().__init__()
        sizes = (latent_dim, width, width, width)
        layers = [
            layer for a, b in pairwise(sizes) for layer in (nn.Linear(a, b), nn.LeakyReLU(0.2))
        ]
        self.network = nn.Sequential(*layers, nn.Linear(width, 2))

    def forward(self, z: Tensor) -> Tensor:
        """Logits [image, 2] of codes [image, latent]."""
        logits: Tensor = self.network(z)
        return logits
