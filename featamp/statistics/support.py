"""How far a code is from the codes of real images."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

REFERENCES = 4000
LIMIT_QUANTILE = 0.95
TAIL = 0.005
"""Share of the real codes at each end of a direction beyond which a code is out of what the model
knows."""


@dataclass(frozen=True)
class Support:
    """Real codes, each dimension divided by its standard deviation.

    Attributes
    ----------
    references : [reference, dim] codes of real images in standard deviations; collapsed dimensions
        are 0.
    rows : [reference] which image each reference is.
    std : [dim] standard deviation of each dimension, raw units; infinite where the dimension has
        collapsed, so that it counts for nothing.
    limit : the 95th percentile of the distance of a real code to its nearest other real code.
    """

    references: NDArray[np.float32]
    rows: NDArray[np.int64]
    std: NDArray[np.float64]
    limit: float

    def distance(
        self, codes: NDArray[np.float32], own_rows: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Distance of each code to its nearest real code, in standard deviations.

        Parameters
        ----------
        codes : [sample, alpha, dim] raw units.
        own_rows : [sample] the image that a sample comes from, which is not counted as its
            neighbour.

        Returns
        -------
        [sample, alpha] Euclidean distances.
        """
        samples, alphas, dims = codes.shape
        flat = (codes / self.std).astype(np.float32).reshape(-1, dims)
        squares = _squared_distances(flat, self.references).reshape(samples, alphas, -1)
        itself = own_rows[:, None] == self.rows[None, :]
        squares = np.where(itself[:, None, :], np.inf, squares)
        return np.asarray(np.sqrt(squares.min(axis=2)), np.float64)

    def beyond(self, codes: NDArray[np.float32], move: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Whether each code lies farther out along a direction than all but `TAIL` of the real
        codes at either end.

        In hundreds of dimensions a step along one of them hardly changes the distance to any code;
        this sees it.

        Parameters
        ----------
        codes : [sample, alpha, dim] raw units.
        move : [dim] the direction, raw units of any length.

        Returns
        -------
        [sample, alpha]; False throughout for a direction in which nothing varies.
        """
        scaled = move / self.std
        direction = scaled / max(float(np.linalg.norm(scaled)), 1e-30)
        low, high = np.quantile(self.references @ direction, [TAIL, 1.0 - TAIL])
        along = (codes / self.std) @ direction
        return np.asarray(((along < low) | (along > high)) & (high > low), np.bool_)


def measure_support(mu: NDArray[np.float32], std: NDArray[np.float64], seed: int) -> Support:
    """Take up to `REFERENCES` real codes at random and measure how far they are from each other.

    Parameters
    ----------
    mu : [image, dim] posterior means, raw units; at least two images.
    std : [dim] their standard deviations, raw units; 0 for those that have collapsed
        (`VarianceRanking.active_std`).
    seed : of the random choice.
    """
    count = min(REFERENCES, len(mu))
    rows = np.sort(np.random.default_rng(seed).choice(len(mu), count, replace=False))
    usable = np.where(std > 1e-6 * max(float(std.max()), 1e-30), std, np.inf)
    references = references_of(mu, rows, usable)
    squares = _squared_distances(references, references)
    np.fill_diagonal(squares, np.inf)
    limit = float(np.quantile(np.sqrt(squares.min(axis=1)), LIMIT_QUANTILE))
    return Support(references, rows.astype(np.int64), usable, limit)


def references_of(
    mu: NDArray[np.float32], rows: NDArray[np.int64], std: NDArray[np.float64]
) -> NDArray[np.float32]:
    """The references of a `Support` of these rows: codes in standard deviations."""
    return np.asarray(mu[rows] / std, np.float32)


def covered_share(
    values: NDArray[np.float32], low: NDArray[np.float64], high: NDArray[np.float64]
) -> float:
    """Share of the real codes on one dimension that lie inside a swept range, the mean over
    samples.

    Parameters
    ----------
    values : [image] posterior means on the dimension, raw units.
    low, high : [sample] the ends of each sample's sweep, raw units.
    """
    ordered = np.sort(values)
    inside = np.searchsorted(ordered, high, side="right") - np.searchsorted(
        ordered, low, side="left"
    )
    return float(inside.mean() / len(values))


def _squared_distances(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    """[len(a), len(b)] squared Euclidean distances by one matrix product."""
    squares = (
        np.square(a).sum(axis=1)[:, None] + np.square(b).sum(axis=1)[None, :] - 2.0 * (a @ b.T)
    )
    return np.asarray(np.maximum(squares, 0.0), np.float32)
