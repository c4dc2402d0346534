"""Straight directions through the codes, each as the move of one standard deviation: an axis, or a
control for one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from featamp.arrays import unit_rows
from featamp.statistics.blocks import blocks_of

Float = NDArray[np.float64]


def axis_direction(dim: int, std: Float) -> Float:
    """The move sigma_i e_i along latent dimension `dim`: [dim] raw units."""
    move = np.zeros_like(std)
    move[dim] = std[dim]
    return move


def random_directions(std: Float, count: int, seed: int) -> Float:
    """Moves in random directions, as long as one standard deviation along an axis: what an axis
    has to beat.

    A random unit vector, each coordinate times the dimension's standard deviation (GANSpace's
    control, Harkonen et al. 2020).

    Parameters
    ----------
    std : [dim] standard deviation of each dimension, raw units; along one of 0 none goes.
    count : number of directions.
    seed : of the directions.

    Returns
    -------
    [count, dim] raw units.
    """
    vectors = np.random.default_rng(seed).standard_normal((count, len(std))) * (std > 0)
    return np.asarray(unit_rows(vectors) * std, np.float64)


def first_component(mu: NDArray[np.float32], mean: Float) -> Float:
    """The first principal component of the codes, times the standard deviation of the codes along
    it.

    Its sign makes its largest coordinate positive.

    Parameters
    ----------
    mu : [image, dim] posterior means, raw units; streamed in blocks.
    mean : [dim] their mean.

    Returns
    -------
    [dim] raw units.
    """
    covariance = np.zeros((mu.shape[1], mu.shape[1]))
    for block in blocks_of(len(mu)):
        centred = mu[block].astype(np.float64) - mean
        covariance += centred.T @ centred
    values, vectors = np.linalg.eigh(covariance / (len(mu) - 1))
    vector = vectors[:, -1] * np.sign(vectors[np.abs(vectors[:, -1]).argmax(), -1])
    return np.asarray(vector * np.sqrt(max(float(values[-1]), 0.0)), np.float64)


def probe_direction(weights: Float, std: Float) -> Float:
    """The direction in which a linear probe's logit rises, as long as one standard deviation along
    an axis.

    In codes divided by their standard deviations the probe's normal (as InterFaceGAN edits, Shen
    et al. 2020): the steepest straight edit.

    Parameters
    ----------
    weights : [dim] change of the logit a raw unit; not zero wherever `std` is not.
    std : [dim] standard deviation of each dimension, raw units; one of 0 has no part.

    Returns
    -------
    [dim] raw units.
    """
    normal = weights * std
    return np.asarray(normal / np.linalg.norm(normal) * std, np.float64)
