"""Logistic regressions of many labels on the same features, fitted together.

Their features, the matrix that all share, are turned into its principal axes once; Newton's steps
of all labels are then found side by side by conjugate gradients, which on these axes need few
steps (Nocedal and Wright 2006, 5.1 and 7.1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featamp.arrays import divided

Float32 = NDArray[np.float32]

NEWTON, CONJUGATE, HALVINGS = 50, 50, 20
"""Steps at most: of Newton, of conjugate gradients in each, and halvings of one that goes too
far."""
TOLERANCE = 2e-5
"""A fit has ended with a step that changes no weight by more: a tenth of it is left."""
EXACT = 0.1
"""How exactly a Newton step is found, as a share of the slope: the next one mends the rest."""
ROUNDED = 1e-6
"""Share of a loss by which it may seem to rise where it does not: all is in single precision."""


def fit_logistic(features: Float32, labels: NDArray[np.bool_], penalty: float) -> Float32:
    """Fit a logistic regression with an L2 penalty on its weights for each label.

    Parameters
    ----------
    features : [image, feature] standardised: their means are 0.
    labels : bool [image, label], each with both values.
    penalty : of half of the squared weights, beside the sum of the losses (1 / scikit-learn's C).

    Returns
    -------
    [label, feature] weights.
    """
    sizes, axes = np.linalg.eigh(features.T @ features)
    turned = _Fits(features @ axes, np.maximum(sizes, 0.0), labels.astype(np.float32), penalty)
    return (axes @ turned.fit()).T


@dataclass(frozen=True)
class _Fits:
    """The regressions on principal axes. Of all that is [axis + 1, label], the last row is that of
    the constants, which have no penalty.

    Attributes
    ----------
    x : [image, axis] features.
    sizes : [axis] sum of their squares.
    y : [image, label] 0 or 1.
    """

    x: Float32
    sizes: Float32
    y: Float32
    penalty: float

    def fit(self) -> Float32:
        """[axis, label] weights."""
        from scipy.special import expit

        weights = np.zeros((self.x.shape[1] + 1, self.y.shape[1]), np.float32)
        logits = self._times(weights)
        for _ in range(NEWTON):
            shares = expit(logits)
            slope = self._back(shares - self.y) + self._pull(weights)
            step = self._step(slope, shares * (1.0 - shares))
            weights, logits = self._moved(weights, logits, step)
            if np.abs(step).max() <= TOLERANCE:
                break
        return weights[:-1]

    def _times(self, weights: Float32) -> Float32:
        logits: Float32 = self.x @ weights[:-1] + weights[-1]
        return logits

    def _back(self, each: Float32) -> Float32:
        return np.vstack([self.x.T @ each, each.sum(axis=0)])

    def _pull(self, weights: Float32) -> Float32:
        """What the penalty adds to the slope."""
        pull = np.float32(self.penalty) * weights
        pull[-1] = 0.0
        return pull

    def _step(self, slope: Float32, curvature: Float32) -> Float32:
        """Newton's step, by conjugate gradients: as if the curvature were the same of all images
        to begin with, where the axes do not depend on each other.
        """
        mean = curvature.mean(axis=0)
        scale = np.vstack([mean * self.sizes[:, None] + self.penalty, mean * len(self.x)])
        step, rest = np.zeros_like(slope), -slope
        towards = ahead = rest / scale
        product = (rest * ahead).sum(axis=0)
        enough = EXACT**2 * product
        for _ in range(CONJUGATE):
            if (product <= enough).all():
                break
            bent = self._back(curvature * self._times(towards)) + self._pull(towards)
            along = (towards * bent).sum(axis=0)
            far = divided(product, along)
            step, rest = step + far * towards, rest - far * bent
            ahead = rest / scale
            before, product = product, (rest * ahead).sum(axis=0)
            towards = ahead + towards * divided(product, before)
        return step

    def _moved(self, weights: Float32, logits: Float32, step: Float32) -> tuple[Float32, Float32]:
        """Weights and logits after a step, which is halved where it goes too far."""
        most, move = self._loss(weights, logits) * (1.0 + ROUNDED), self._times(step)
        length = np.ones(len(most), np.float32)
        for _ in range(HALVINGS):
            after = self._loss(weights + length * step, logits + length * move)
            worse = after > most
            if not worse.any():
                break
            length[worse] /= 2
        return weights + length * step, logits + length * move

    def _loss(self, weights: Float32, logits: Float32) -> NDArray[np.float64]:
        """[label] the sum that is made small."""
        losses = np.logaddexp(np.float32(0.0), logits) - self.y * logits
        pull = np.square(weights[:-1], dtype=np.float64).sum(axis=0)
        return np.asarray(losses.sum(axis=0, dtype=np.float64) + self.penalty / 2 * pull)
