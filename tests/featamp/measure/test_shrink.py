"""Pictures made small."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter

from featamp.measure.shrink import shrink, soften


@pytest.mark.parametrize(("size", "side"), [((64, 64), 32), ((48, 96), 16), ((12, 12), 12)])
def test_shrinking_by_a_whole_factor_is_pillows_box(size: tuple[int, int], side: int) -> None:
    picture = np.random.default_rng(0).random((2, *size, 3), np.float32)
    for ours, whole in zip(shrink(picture, side), picture, strict=True):
        for channel in range(3):
            box = Image.fromarray(whole[:, :, channel]).resize((side, side), Image.Resampling.BOX)
            np.testing.assert_allclose(ours[:, :, channel], np.asarray(box), atol=1e-6)


@pytest.mark.parametrize("length", [45, 20])
def test_shrinking_keeps_the_mean_of_any_size(length: int) -> None:
    picture = np.random.default_rng(0).random((1, length, length, 3), np.float32)
    assert shrink(picture, 32).mean() == pytest.approx(picture.mean(), abs=1e-6)


@pytest.mark.parametrize("sigma", [0.7, 3.0])
def test_softening_is_scipys_gaussian_with_repeated_edges(sigma: float) -> None:
    pictures = np.random.default_rng(0).random((2, 3, 20, 31, 3), np.float32)
    expected = gaussian_filter(pictures, (0, 0, sigma, sigma, 0), mode="nearest")
    np.testing.assert_allclose(soften(pictures, sigma), expected, atol=1e-5)
