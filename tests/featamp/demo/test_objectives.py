"""The objectives against hand computations, and total correlation against Gaussians whose own is
known."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from featamp.demo import objectives
from featamp.demo.objectives import Discriminator, stratified_total_correlation

KL = torch.tensor(12.0)
TC = torch.tensor(3.0)


def test_penalties_are_those_of_the_papers() -> None:
    assert objectives.beta(KL, 1) == 12 and objectives.beta(KL, 4) == 48
    assert objectives.capacity(KL, 100, 10) == objectives.capacity(KL, 100, 14) == 200
    assert objectives.factor(KL, 40, TC) == 12 + 40 * 3
    assert objectives.tc(KL, 6, TC) == 12 + 5 * 3
    assert objectives.tc(KL, 1, TC) == KL


def gaussian(r: float, count: int, noise: float) -> tuple[Tensor, Tensor, Tensor]:
    """Codes [image, 2] of correlation `r` whose posteriors have variance `noise`, their means and
    log-variances.
    """
    generator = torch.Generator().manual_seed(0)
    first, second, *more = torch.randn(4, count, generator=generator)
    # the noise of the posterior is independent: the means carry all of the correlation
    shared = math.sqrt(1 - noise)
    slope = r / (1 - noise)
    means = shared * torch.stack([first, slope * first + math.sqrt(1 - slope**2) * second], 1)
    z = means + math.sqrt(noise) * torch.stack(more, 1)
    return z, means, torch.full_like(means, math.log(noise))


@pytest.mark.parametrize("r", [0.0, 0.5, 0.8])
def test_total_correlation_of_a_batch_is_that_of_the_gaussian(r: float) -> None:
    """Two Gaussians of correlation r have a total correlation of -ln(1 - r^2) / 2."""
    z, mu, logvar = gaussian(r, 2000, 0.1)
    found = stratified_total_correlation(z, mu, logvar, 2000)
    assert found.item() == pytest.approx(-math.log(1 - r**2) / 2, abs=0.05)


def test_total_correlation_of_a_batch_is_that_of_its_sum_by_hand() -> None:
    """Two of five images: each stands for itself (1/5), the other for the four that are left."""
    z, mu = torch.tensor([[0.3, -0.2], [1.0, 0.5]]), torch.tensor([[0.0, 0.0], [0.8, 0.9]])
    logvar = torch.zeros(2, 2)

    def density(sample: int, image: int, dim: int) -> float:
        gap = float(z[sample, dim] - mu[image, dim])
        return math.exp(-(gap**2) / 2) / math.sqrt(2 * math.pi)

    def log_ratio(sample: int) -> float:
        weights = {sample: 1 / 5, 1 - sample: 4 / 5}
        joint = sum(w * density(sample, n, 0) * density(sample, n, 1) for n, w in weights.items())
        alone = (sum(w * density(sample, n, d) for n, w in weights.items()) for d in (0, 1))
        return math.log(joint) - sum(map(math.log, alone))

    expected = (log_ratio(0) + log_ratio(1)) / 2
    found = stratified_total_correlation(z, mu, logvar, 5)
    assert found.item() == pytest.approx(expected, abs=1e-6)


def test_the_best_discriminator_gives_the_total_correlation() -> None:
    """Its logits are the log-densities of the two classes."""
    z, _, _ = gaussian(0.7, 20_000, 0.1)
    cross = (z.square().sum(1) - 1.4 * z[:, 0] * z[:, 1]) / (1 - 0.49)
    joint = -cross / 2 - math.log(1 - 0.49) / 2
    logits = torch.stack([joint, -z.square().sum(1) / 2], 1)
    assert objectives.density_ratio(logits).item() == pytest.approx(
        -math.log(1 - 0.49) / 2, abs=0.02
    )


def test_a_discriminator_learns_the_total_correlation() -> None:
    z, _, _ = gaussian(0.8, 4000, 0.1)
    generator = torch.Generator().manual_seed(1)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = Discriminator(2, width=16)
    optimiser = torch.optim.Adam(network.parameters(), 1e-2)
    for _ in range(150):
        permuted = objectives.permute_dimensions(z, generator)
        loss = objectives.discriminator_loss(network(z), network(permuted))
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()
    found = objectives.density_ratio(network(z)).item()
    assert found == pytest.approx(-math.log(1 - 0.64) / 2, abs=0.1)


def test_a_discriminator_that_cannot_tell_loses_a_bit() -> None:
    even = torch.zeros(8, 2)
    assert objectives.discriminator_loss(even, even).item() == pytest.approx(math.log(2))
    sure = torch.tensor([[20.0, -20.0]])
    assert objectives.discriminator_loss(sure, -sure).item() < 1e-6


def test_permuting_keeps_every_dimension_and_breaks_their_bond() -> None:
    z, _, _ = gaussian(0.9, 3000, 0.05)
    permuted = objectives.permute_dimensions(z, torch.Generator().manual_seed(0))
    torch.testing.assert_close(permuted.sort(0).values, z.sort(0).values)
    assert abs(torch.corrcoef(permuted.T)[0, 1].item()) < 0.06
