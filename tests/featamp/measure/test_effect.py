"""What a sweep changes, and the distance to real codes, against planted answers and brute
force."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from featamp.measure.effect import measure_effect, measure_reconstruction, saturated_share
from featamp.statistics import support as support_module
from featamp.statistics.support import Support, measure_support

Floats = NDArray[np.float32]


@pytest.fixture
def mu() -> Floats:
    """120 codes of 5 dimensions, scales 0.1 to 20 and off centre; dimension 4 has collapsed."""
    generator = np.random.default_rng(0)
    scale = np.array([1.0, 20.0, 0.1, 3.0, 0.0])
    return np.asarray(generator.normal(size=(120, 5)) * scale + 2 * scale, np.float32)


def std(mu: Floats) -> NDArray[np.float64]:
    return np.asarray(mu.astype(np.float64).std(axis=0, ddof=1))


def nearest(codes: Floats, mu: Floats, own: int) -> NDArray[np.float64]:
    """Brute force: distance of each code to the nearest of `mu` but row `own`, in sigmas, without
    dimension 4."""
    others = np.delete(mu, own, axis=0)[:, :4] / std(mu)[:4]
    return np.asarray(cdist(codes[:, :4] / std(mu)[:4], others).min(axis=1))


def test_distance_is_to_the_nearest_other_real_code(mu: Floats) -> None:
    support = measure_support(mu, std(mu), seed=0)
    rows = np.array([3, 77], np.int64)
    codes = (
        mu[rows][:, None, :]
        + np.linspace(-5, 5, 7, dtype=np.float32)[None, :, None] * np.eye(5, dtype=np.float32)[1]
    )
    expected = [nearest(codes[k], mu, int(row)) for k, row in enumerate(rows)]
    np.testing.assert_allclose(support.distance(codes, rows), expected, rtol=2e-4)
    assert support.distance(codes, rows)[0, 3] > 0, "a sample's own row would be at distance 0"
    strangers = support.distance(codes[:, 3:4], np.array([-1, -1]))
    np.testing.assert_allclose(strangers, 0.0, atol=5e-3)


def test_a_collapsed_dimension_counts_for_nothing(mu: Floats) -> None:
    support = measure_support(mu, std(mu), seed=0)
    code, moved = mu[:1, None].copy(), mu[:1, None].copy()
    moved[..., 4] += 1000.0
    own = np.array([0])
    np.testing.assert_array_equal(support.distance(moved, own), support.distance(code, own))


def test_limit_is_the_95th_percentile_of_nearest_neighbour_distances(mu: Floats) -> None:
    between = cdist(mu[:, :4] / std(mu)[:4], mu[:, :4] / std(mu)[:4])
    np.fill_diagonal(between, np.inf)
    assert measure_support(mu, std(mu), seed=0).limit == pytest.approx(
        np.quantile(between.min(axis=1), 0.95), rel=1e-4
    )


def test_references_are_a_random_choice_by_seed(
    mu: Floats, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(support_module, "REFERENCES", 30)
    one, same, other = (measure_support(mu, std(mu), seed) for seed in (1, 1, 2))
    assert one.references.shape == (30, 5)
    assert len(set(one.rows.tolist())) == 30
    np.testing.assert_array_equal(one.rows, same.rows)
    assert not np.array_equal(one.rows, other.rows)
    np.testing.assert_allclose(one.references[:, :4], mu[one.rows][:, :4] / std(mu)[:4], rtol=1e-5)
    row = one.rows[4:5]
    expected = np.delete(one.references, 4, axis=0)
    np.testing.assert_allclose(
        one.distance(mu[row][:, None], row),
        cdist(one.references[4:5], expected).min(axis=1)[:, None],
        rtol=1e-3,
    )


def test_effect_tells_the_planted_change_saturation_and_distance() -> None:
    support = Support(np.zeros((1, 2), np.float32), np.array([9]), np.array([1.0, 2.0]), limit=1.0)
    reconstructions = np.full((2, 4, 4, 3), 0.5, np.float32)
    frames = np.repeat(reconstructions[:, None], 3, axis=1)
    frames[:, 0] += 0.1  # every value by 0.1
    frames[0, 2, :2] = 1.0  # half of one sample of two, by 0.5
    starts = np.array([[0, 0], [0, 4]], np.float32)
    codes = np.array([[[0, 0], [1, 0], [3, 8]], [[0, 2], [2, 0], [0, 2]]], np.float32)
    effect = measure_effect(
        frames, reconstructions, starts, codes, np.array([1.0, 0.0]), np.array([0, 1]), support
    )
    np.testing.assert_allclose(effect.change, [0.1, 0.0, 0.125], atol=1e-7)
    np.testing.assert_allclose(effect.saturated, [0.0, 0.0, 0.25])
    np.testing.assert_allclose(effect.distance, [0.5, 1.5, 3.0])
    np.testing.assert_allclose(effect.outside, [0.0, 0.5, 0.5])
    np.testing.assert_allclose(effect.left, [0.0, 0.0, 1.0])  # the second was outside before
    assert effect.before == 0.5


def test_a_pixel_is_saturated_where_its_byte_is_0_or_255() -> None:
    levels = np.array([0.0, 0.4 / 255, 0.6 / 255, 0.5, 254.4 / 255, 254.6 / 255, 1.0], np.float32)
    assert saturated_share(levels) == pytest.approx(4 / 7)


def test_a_step_along_one_of_many_axes_is_beyond_the_real_codes_before_it_is_far() -> None:
    mu = np.random.default_rng(0).normal(0, 2, (1000, 256)).astype(np.float32)
    support = measure_support(mu, std(mu), 0)
    move = np.zeros(256)
    move[3] = std(mu)[3]
    starts = mu[np.argsort(np.abs(mu[:, 3]))[:2]]  # in the middle of the axis
    codes = (starts[:, None] + np.array([0.0, 2.0, -4.0])[:, None] * move).astype(np.float32)
    np.testing.assert_array_equal(support.beyond(codes, move), [[False, False, True]] * 2)
    assert (support.distance(codes, np.array([-1, -1])) < support.limit).all()
    assert not support.beyond(codes, np.zeros(256)).any()


def test_a_reconstruction_is_measured_beside_other_images_and_by_what_was_decoded() -> None:
    flat = np.array([0.0, 0.3, 0.9], np.float32)  # no difference within an image
    originals = np.broadcast_to(flat[:, None, None, None], (3, 4, 4, 3))
    decoded = originals + np.float32(0.1)
    decoded[0, :2] = 1.0  # one value of six; of the originals, a third is black
    found = measure_reconstruction(zip(originals, decoded, strict=True))
    assert found.change_between_images == pytest.approx((0.3 + 0.6 + 0.9) / 3)
    assert found.saturated == pytest.approx(1 / 6 + 1 / 3)
    assert found.rmse == pytest.approx(np.sqrt((5 * 0.01 + 1) / 6))
    assert found.psnr == pytest.approx(-20 * np.log10(found.rmse)) and found.count == 3
    assert found.of_mean == pytest.approx(flat.std())
