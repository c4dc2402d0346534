"""Many logistic regressions at once are scikit-learn's, one after another."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from featamp.statistics.labels.logistic import fit_logistic


@pytest.mark.parametrize(
    ("images", "features", "penalty"),
    [(600, 40, 100.0), (600, 40, 0.1), (120, 300, 100.0), (50, 1, 1.0)],
)
def test_weights_are_scikit_learns_to_a_ten_thousandth(
    images: int, features: int, penalty: float, generator: np.random.Generator
) -> None:
    mixed = generator.standard_normal((features, features)) * generator.exponential(size=features)
    x = generator.standard_normal((images, features)) @ mixed
    x = ((x - x.mean(axis=0)) / x.std(axis=0)).astype(np.float32)
    logits = 3 * x[:, :1] - 2 * x[:, -1:] + np.array([-6.0, -2.0, 0.0, 4.0])
    labels = logits + generator.logistic(size=logits.shape) > 0
    labels[:2] = [[True], [False]]
    weights = fit_logistic(x, labels, penalty)
    for label, found in zip(labels.T, weights, strict=True):
        model = LogisticRegression(C=1 / penalty, tol=1e-10, solver="newton-cholesky")
        expected = model.fit(x.astype(np.float64), label).coef_[0]
        np.testing.assert_allclose(found, expected, atol=1e-4 * max(1.0, np.abs(expected).max()))


def test_features_that_repeat_or_do_not_vary_and_labels_that_they_tell_are_no_trouble(
    generator: np.random.Generator,
) -> None:
    x = generator.standard_normal((200, 1)).astype(np.float32)
    x -= x.mean()
    three = np.hstack([x, x, np.zeros_like(x)])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        (weights,) = fit_logistic(three, x > 0, 1e-3)
    assert weights[0] == pytest.approx(weights[1], rel=1e-3) and weights[2] == 0
    assert (np.sign(three @ weights) == np.sign(x[:, 0])).mean() > 0.98
