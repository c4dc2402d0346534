"""Dimensions found again: the same axes are, mixtures of them and other codes are not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.stats import ortho_group

from featamp.comparison.recurrence import find_again

Codes = NDArray[np.float32]
Int = NDArray[np.int64]

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


def found_by_chance(pairs: Callable[[], tuple[Codes, Codes]], people: Int | None = None) -> float:
    """Share of the dimensions found again, over 4 pairs of codes."""
    shares = []
    for seed in range(4):
        mu, others = pairs()
        every = np.ones(mu.shape[1], np.bool_)
        shares.append(find_again(mu, others, every, every, seed, people).first.again.mean())
    return float(np.mean(shares))


def test_many_mixed_axes_of_few_images_are_found_by_chance_alone(
    generator: np.random.Generator,
) -> None:
    def mixed() -> tuple[Codes, Codes]:
        mu, noise = generator.standard_normal((2, 300, 128)).astype(np.float32)
        turn = np.linalg.qr(generator.standard_normal((128, 128)))[0]
        return mu, (mu @ turn + noise).astype(np.float32)

    assert found_by_chance(mixed) < 0.1


def test_other_codes_of_the_same_people_are_found_by_chance_alone(
    generator: np.random.Generator,
) -> None:
    people = np.tile(np.arange(50), 20)

    def of_people() -> tuple[Codes, Codes]:
        own = generator.standard_normal((2, 50, 32))[:, people]
        mu, others = (own + generator.standard_normal((2, 1000, 32))).astype(np.float32)
        return mu, others

    assert found_by_chance(of_people, people) < 0.1
