"""Dimensions found again: the same axes are, mixtures of them and other codes are not."""

from __future__ import annotations

import numpy as np
from scipy.stats import ortho_group

from featamp.comparison.recurrence import find_again

DIMS, IMAGES = 8, 2000
ALL = np.ones(DIMS, np.bool_)


def codes(generator: np.random.Generator) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return generator.standard_normal((IMAGES, DIMS)).astype(np.float32)


def test_axes_in_another_order_scale_and_sign_are_found_again(
    generator: np.random.Generator,
) -> None:
    mu = codes(generator)
    noise = 0.3 * codes(generator)
    found = find_again(mu, -5 * mu[:, ::-1] + noise, ALL, ALL, 0)
    order = list(range(DIMS))[::-1]
    assert found.first.again.all() and found.second.again.all()
    assert found.first.matched.tolist() == found.second.matched.tolist() == order
    assert (found.first.r[np.arange(DIMS), order] < -0.9).all()


def test_random_mixtures_of_the_axes_are_found_again_by_chance_alone(
    generator: np.random.Generator,
) -> None:
    mu = codes(generator)
    turns = ortho_group.rvs(DIMS, size=60, random_state=0)
    found = [find_again(mu, (mu @ turn).astype(np.float32), ALL, ALL, 0).first for turn in turns]
    assert all((f.multiple_r > 0.99).all() for f in found)  # all of it is known, in other axes
    assert 0.01 < np.mean([f.again.mean() for f in found]) < 0.1


def test_codes_of_other_images_are_not_found_again(generator: np.random.Generator) -> None:
    found = find_again(codes(generator), codes(generator), ALL, ALL, 0)
    assert found.first.again.mean() <= 1 / DIMS
    assert found.first.multiple_r.max() < 0.2


def test_dimensions_that_collapsed_are_not_looked_for_nor_among(
    generator: np.random.Generator,
) -> None:
    mu, some = codes(generator), ALL.copy()
    some[3] = False
    found = find_again(mu, mu, some, ALL, 0)
    assert found.first.matched[3] == -1 and not found.first.again[3]
    assert 3 not in found.second.best
    nothing = find_again(mu, mu, ~ALL, ALL, 0)
    assert (nothing.first.matched == -1).all() and not nothing.first.again.any()


def test_many_mixed_axes_of_few_images_are_found_by_chance_alone(
    generator: np.random.Generator,
) -> None:
    every, shares = np.ones(128, np.bool_), []
    for seed in range(4):
        mu, noise = generator.standard_normal((2, 300, 128)).astype(np.float32)
        turn = np.linalg.qr(generator.standard_normal((128, 128)))[0]
        others = (mu @ turn + noise).astype(np.float32)
        shares.append(find_again(mu, others, every, every, seed).first.again.mean())
    assert np.mean(shares) < 0.1


def test_other_codes_of_the_same_people_are_found_by_chance_alone(
    generator: np.random.Generator,
) -> None:
    people, every, shares = np.tile(np.arange(50), 20), np.ones(32, np.bool_), []
    for seed in range(4):
        own = generator.standard_normal((2, 50, 32))[:, people]
        mu, others = (own + generator.standard_normal((2, 1000, 32))).astype(np.float32)
        found = find_again(mu, others, every, every, seed, people).first
        assert found.again.mean() < 0.15
        shares.append((found.strength > found.shuffled).mean())
    assert np.mean(shares) < 0.1
