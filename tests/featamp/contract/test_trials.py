"""Images that are given back under other settings: known errors, and what chance may give."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from featamp.contract.trials import (
    Factor,
    Trials,
    Tried,
    rmse,
    rmse_of_codes,
    rmse_of_mean,
    squared_errors,
)
from featamp.io.adapters import METHODS
from featamp.io.model import TrainedVAE

GREYS = np.stack([np.full((4, 4, 3), grey, np.uint8) for grey in (51, 102, 153)])


class Mean(nn.Module):
    """Gives back an even picture of an image's mean, so much lighter."""

    def __init__(self, lighter: float) -> None:
        super().__init__()
        self.lighter = lighter

    def encode(self, images: Tensor) -> Tensor:
        return images.mean((1, 2, 3))[:, None]

    def decode(self, codes: Tensor) -> Tensor:
        return (codes + self.lighter)[:, :, None, None].expand(-1, 3, 4, 4)


def opened(lighter: float = 0.0) -> TrainedVAE:
    return TrainedVAE(Mean(lighter), torch.device("cpu"), (0.0, 1.0), {}, METHODS)


def test_errors_are_those_of_the_pixels() -> None:
    assert rmse(opened(0.2), GREYS) == pytest.approx(0.2, abs=1e-6)
    assert squared_errors(opened(0.2), GREYS) == pytest.approx([0.04] * 3, abs=1e-6)
    doubled = 2 * np.array([[0.2], [0.4], [0.6]], np.float32)  # the last two lie beyond 1
    assert rmse_of_codes(opened(), doubled[:2], GREYS[:2]) == pytest.approx(0.1**0.5, abs=1e-6)
    assert rmse_of_mean(GREYS, GREYS) == pytest.approx((2 / 3) ** 0.5 * 51 / 255)


def test_what_cannot_be_given_back_is_infinitely_wrong() -> None:
    assert rmse(opened(), GREYS[:, :2]) == np.inf
    assert rmse_of_codes(opened(), np.full((3, 1), np.nan, np.float32), GREYS) == np.inf


def test_a_sign_test_counts_images_better_less_those_worse_over_its_error() -> None:
    errors = np.ones(16, np.float32)
    trials = Trials(np.zeros((16, 4, 4, 3), np.uint8), errors)
    better = np.where(np.arange(16) < 12, 0.9, 50.0).astype(np.float32)  # by how much: no matter
    assert trials.apart(better) == pytest.approx((12 - 4) / 16**0.5)
    assert trials.apart(errors) == 0


@pytest.mark.parametrize(("error", "tells"), [(0.19, True), (0.1901, False)])
def test_pictures_tell_nothing_from_95_hundredths_of_the_means_error_on(
    error: float, tells: bool
) -> None:
    none = np.zeros((1, 1), np.float32)
    assert Tried(GREYS, none, none, error, 0.2).tells is tells


def test_a_factor_is_divided_by_or_multiplied() -> None:
    assert Factor(0.25, divided=True).times == 4 and Factor(0.25, divided=False).times == 0.25
