"""MIG, SAP, DCI and InfoMEC where the answer is known, by hand or by scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from sklearn.metrics import mutual_info_score

from featamp.proof.disentanglement import (
    disentanglement_completeness_informativeness,
    gap_of,
    importance,
    independent,
    measure_disentanglement,
    modularity_compactness,
    normalised_information,
    random_rotation,
    separated_attribute_predictability,
)
from featamp.statistics.holdout import hold_out


def scores_of(codes: NDArray[np.float64], factors: NDArray[np.float64]) -> dict[str, float]:
    dci = disentanglement_completeness_informativeness(
        codes, factors, hold_out(len(codes), None, 0)
    )
    return {
        "MIG": gap_of(normalised_information(codes, factors)[0]).value,
        "SAP": separated_attribute_predictability(codes, factors).value,
        "disentanglement": dci.disentanglement,
        "completeness": dci.completeness,
        "informativeness": dci.informativeness,
    }


@pytest.fixture
def factors(generator: np.random.Generator) -> NDArray[np.float64]:
    return generator.random((4000, 6))


def test_factors_as_codes_score_one_whatever_their_order_sign_and_scale(
    factors: NDArray[np.float64], generator: np.random.Generator
) -> None:
    unused = generator.standard_normal((len(factors), 3))
    shuffled = np.hstack([factors[:, ::-1] * [1, -5, 0.1, 20, -1, 3] + 7, unused])
    assert scores_of(factors, factors) == pytest.approx(
        dict.fromkeys(scores_of(factors, factors), 1), abs=0.04
    )
    assert scores_of(shuffled, factors) == pytest.approx(
        dict.fromkeys(scores_of(factors, factors), 1), abs=0.04
    )


@pytest.mark.filterwarnings("error")
def test_the_lasso_ends_where_codes_nearly_depend_on_each_other(
    factors: NDArray[np.float64], generator: np.random.Generator
) -> None:
    mixed = (factors - 0.5) * np.geomspace(1, 1 / 300, 6) @ random_rotation(6, generator)
    assert scores_of(mixed, factors)["informativeness"] > 0.5


def test_turned_codes_score_low_but_hold_as_much(
    factors: NDArray[np.float64], generator: np.random.Generator
) -> None:
    turned = scores_of((factors - 0.5) @ random_rotation(6, generator), factors)
    assert turned.pop("informativeness") > 0.98
    assert max(turned.values()) < 0.45 and turned["MIG"] < 0.1


def test_a_factor_in_two_dimensions_has_no_gap_and_is_not_complete(
    factors: NDArray[np.float64],
) -> None:
    doubled = scores_of(np.hstack([factors, factors]), factors)
    assert (doubled["MIG"], doubled["SAP"]) == pytest.approx((0, 0), abs=1e-9)
    assert doubled["disentanglement"] == pytest.approx(1, abs=0.02)


def test_mutual_information_is_that_of_scikit_learn(factors: NDArray[np.float64]) -> None:
    codes = np.column_stack([factors[:, 0] + 0.3 * factors[:, 1], factors[:, 1], factors[:, 2]])
    bins = [
        np.digitize(x, np.linspace(x.min(), x.max(), 21)[1:-1]) for x in (*codes.T, factors[:, 0])
    ]
    own = mutual_info_score(bins[3], bins[3])
    information = sorted(mutual_info_score(bins[3], bins[dim]) / own for dim in range(3))
    gap = gap_of(normalised_information(codes, factors[:, :1])[0])
    assert (gap.best[0], gap.gap[0]) == pytest.approx(
        (information[2], information[2] - information[1]), rel=1e-9
    )


def test_dci_of_a_matrix_by_hand() -> None:
    # dimension 0 serves both factors alike, dimension 1 the second alone, dimension 2 nothing
    result = importance(np.array([[1.0, 1.0], [0.0, 2.0], [0.0, 0.0]]), np.array([0.5, -0.2]))
    assert result.disentanglement == pytest.approx(0.5 * 0 + 0.5 * 1)
    assert result.completeness == pytest.approx(
        (1 + 1 - stats.entropy([1 / 3, 2 / 3], base=3)) / 2
    )
    assert result.informativeness == pytest.approx(0.25)
    assert importance(np.zeros((3, 2)), np.zeros(2)).disentanglement == 0


def test_infomec_of_a_matrix_by_hand() -> None:
    # dimension 0 holds both factors alike, dimension 1 the second alone, dimension 2 nothing
    modular, compact = modularity_compactness(np.array([[0.3, 0.3], [0.0, 0.6], [0.0, 0.0]]))
    assert modular == pytest.approx((0 + 1) / 2)
    assert compact == pytest.approx((1 + (2 / 3 - 1 / 3) / (1 - 1 / 3)) / 2)
    assert modularity_compactness(np.zeros((3, 2))) == (0, 0)


def test_few_images_feign_no_information(generator: np.random.Generator) -> None:
    codes, factors = generator.random((1500, 8)), generator.random((1500, 5))
    information, bias, noise = normalised_information(codes, factors)
    assert information.mean() > 0.03
    assert abs((information - bias).mean()) < 0.003
    assert (information - bias).std() == pytest.approx(noise.mean(), rel=0.3)


@pytest.mark.parametrize("law", ["uniform", "normal", "lognormal"])
def test_scores_of_few_images_are_those_of_many(law: str, generator: np.random.Generator) -> None:
    for count in (200, 500, 2000):
        drawn = getattr(generator, law)
        factors, ignorant = drawn(size=(count, 8)), drawn(size=(count, 8))
        holdout = hold_out(count, None, 0)
        perfect, none = (
            measure_disentanglement(codes, factors, tuple("abcdefgh"), holdout, 0)
            for codes in (factors, ignorant)
        )
        assert perfect is not None and none is not None
        assert min(perfect.scores.values()) > 0.93 and perfect.information.min() > 0.99
        assert max(none.scores.values()) < 0.1 and none.information.max() < 0.2


def test_axes_that_are_the_factors_have_gaps_and_turned_ones_do_not(
    generator: np.random.Generator,
) -> None:
    factors = generator.random((2000, 12))
    names = tuple("abcdefghijkl")
    result = measure_disentanglement(factors, factors, names, hold_out(len(factors), None, 0), 0)
    assert result is not None
    for score in ("MIG", "InfoM", "InfoC"):
        assert result.scores[score] > 0.95 > 0.5 > result.turned[score]


def test_only_independent_factors_are_used_and_the_best_dimension_is_named(
    factors: NDArray[np.float64], generator: np.random.Generator
) -> None:
    constant = np.full(len(factors), 0.3)
    copy = factors[:, 5] + 0.1 * generator.random(len(factors))
    known = np.column_stack([factors, copy, constant])
    np.testing.assert_array_equal(independent(known), [True] * 5 + [False] * 3)
    names = tuple("abcdefgh")
    result = measure_disentanglement(
        3 * factors[:, ::-1], known, names, hold_out(len(known), None, 0), 0
    )
    assert result is not None
    assert (result.names, result.left_out) == (tuple("abcde"), tuple("fgh"))
    np.testing.assert_array_equal(result.best, [5, 4, 3, 2, 1])
    assert result.scores["InfoE"] > 0.98 and result.turned["InfoE"] > 0.98
    assert result.explained[:2].min() > 0.9 and result.explained[2] == 0  # what was left out
    assert (
        measure_disentanglement(factors, known[:, 5:], names[5:], hold_out(len(known), None, 0), 0)
        is None
    )
