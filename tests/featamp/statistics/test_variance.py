"""Method 1 against NumPy and PyTorch's own KL divergence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch.distributions import Normal, kl_divergence

from featamp.statistics.variance import kl_to_prior, rank_by_variance

Codes = tuple[NDArray[np.float32], NDArray[np.float32]]


@pytest.fixture
def codes() -> Codes:
    """Variances from 0.04 to hundreds; dimension 3 has collapsed."""
    generator = np.random.default_rng(0)
    scale = np.array([1.0, 0.2, 21.0, 0.0, 5.0], np.float32)
    mu = generator.normal(size=(301, 5)) * scale + 0.5 * (scale > 0)
    return mu.astype(np.float32), generator.normal(-1.0, 0.7, (301, 5)).astype(np.float32)


def test_variance_is_numpys_unbiased_one(codes: Codes) -> None:
    mu = codes[0].astype(np.float64)
    ranking = rank_by_variance(*codes)
    np.testing.assert_allclose(ranking.variance, mu.var(axis=0, ddof=1), rtol=1e-12)
    np.testing.assert_allclose(ranking.std, mu.std(axis=0, ddof=1), rtol=1e-12)
    np.testing.assert_allclose(ranking.mean, mu.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(
        ranking.ratio, ranking.variance / ranking.variance.mean(), rtol=1e-12
    )
    assert ranking.variance_mean == pytest.approx(ranking.variance.mean(), rel=1e-12)
    assert ranking.kl_mean == pytest.approx(ranking.kl_total / 5, rel=1e-12)
    assert ranking.variance[2] > 300
    assert ranking.order.tolist() == [2, 4, 0, 1, 3]
    assert ranking.rank.tolist() == [3, 4, 1, 5, 2]
    assert ranking.active.tolist() == [True, True, True, False, True]


def test_what_has_collapsed_counts_for_nothing_however_it_varies(codes: Codes) -> None:
    mu = codes[0].copy()
    mu[:, 3] = 0.02 * np.random.default_rng(1).standard_normal(len(mu))
    ranking = rank_by_variance(mu, codes[1])
    assert ranking.active_std[3] == 0 < ranking.std[3]
    np.testing.assert_array_equal(ranking.active_std[:3], ranking.std[:3])


@pytest.mark.parametrize("block", [1, 7, 300, 301, 8192])
def test_block_size_changes_nothing(
    codes: Codes, block: int, in_blocks: Callable[[int], None]
) -> None:
    whole = rank_by_variance(*codes)
    in_blocks(block)
    ours = rank_by_variance(*codes)
    for name in ("variance", "mean", "kl", "posterior_variance", "ratio"):
        np.testing.assert_allclose(
            getattr(ours, name), getattr(whole, name), rtol=1e-11, atol=1e-14, err_msg=name
        )


def test_kl_is_that_of_torch_distributions(codes: Codes, in_blocks: Callable[[int], None]) -> None:
    mu, logvar = (torch.from_numpy(array.astype(np.float64)) for array in codes)
    expected = kl_divergence(Normal(mu, (logvar / 2).exp()), Normal(torch.zeros(1), torch.ones(1)))
    np.testing.assert_allclose(
        kl_to_prior(mu.numpy(), logvar.numpy()), expected.numpy(), rtol=1e-10, atol=1e-12
    )
    in_blocks(50)
    ranking = rank_by_variance(*codes)
    np.testing.assert_allclose(ranking.kl, expected.mean(dim=0).numpy(), rtol=1e-10)
    assert ranking.kl_total == pytest.approx(float(expected.sum(dim=1).mean()))


def test_prior_mismatch_is_one_where_the_posterior_matches_the_prior() -> None:
    mu = np.random.default_rng(1).normal(0.0, 0.8, (20_000, 3)).astype(np.float32)
    ranking = rank_by_variance(mu, np.full_like(mu, np.log(1 - 0.8**2)))
    assert ranking.prior_mismatch == pytest.approx(1.0, abs=0.02)
    odd = replace(ranking, variance=ranking.variance * [1, 1, 1000])
    assert odd.prior_mismatch == pytest.approx(1.0, abs=0.02)  # one dimension decides nothing


def test_all_collapsed_gives_zeros_and_no_nan(in_blocks: Callable[[int], None]) -> None:
    in_blocks(8)
    ranking = rank_by_variance(np.full((50, 4), 0.1, np.float32), np.zeros((50, 4), np.float32))
    np.testing.assert_array_equal(ranking.variance, 0.0)
    np.testing.assert_array_equal(ranking.ratio, 0.0)
    assert not ranking.active.any()
    assert ranking.order.tolist() == [0, 1, 2, 3]


def test_what_is_active_does_not_depend_on_the_unit_of_a_code() -> None:
    generator = np.random.default_rng(3)
    unit = np.array([1.0, 0.03, 1e-3, 0.0])
    mu = (generator.normal(size=(5000, 4)) * unit).astype(np.float32)
    noise = np.array([0.1, 0.003, 1.0, 1.0])  # the second tells as much as the first
    logvar = np.broadcast_to(2 * np.log(noise), mu.shape).astype(np.float32)
    assert rank_by_variance(mu, logvar).active.tolist() == [True, True, False, False]
    plain = 0.01 * mu, np.full_like(mu, -np.inf)
    assert rank_by_variance(*plain).active.tolist() == [True, False, False, False]
    wide = mu * [40, 1 / 0.03, 1e3, 0], np.full_like(mu, -np.inf)
    assert rank_by_variance(*wide).active.tolist() == [True, True, True, False]
    rounded = mu + np.float32(1.0), np.full_like(mu, -40.0)  # surer than float32 can be
    assert rank_by_variance(*rounded).active.tolist()[-1] is False


def test_a_large_mean_loses_no_digits(in_blocks: Callable[[int], None]) -> None:
    in_blocks(100)
    mu = (np.random.default_rng(2).normal(size=(5000, 3)) + 4096.0).astype(np.float32)
    expected = mu.astype(np.float64).var(axis=0, ddof=1)
    np.testing.assert_allclose(
        rank_by_variance(mu, np.zeros_like(mu)).variance, expected, rtol=1e-9
    )


def test_the_rounding_of_a_large_variance_is_no_active_dimension() -> None:
    spread = np.array([1.0, 1e-5], np.float32)
    mu = np.random.default_rng(0).standard_normal((500, 2), np.float32) * spread
    assert rank_by_variance(mu, np.full_like(mu, -40.0)).active.tolist() == [True, False]
