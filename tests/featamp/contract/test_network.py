"""A network that breaks what the report takes for granted is told; one that holds it is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import batch_norm

from featamp.contract.network import (
    Doubt,
    Float32,
    Outputs,
    breaches,
    doubts,
    judge_outputs,
    log_sigma,
    noise,
    range_left,
)
from featamp.io.network.model import TrainedVAE

IMAGES = np.random.default_rng(0).integers(0, 256, (12, 8, 8, 3), np.uint8)


Change = Callable[[Tensor], Tensor]


def same(values: Tensor) -> Tensor:
    return values


class Linear(nn.Module):
    """Encodes and decodes by a fixed matrix, in one of the ways that go wrong."""

    def __init__(self, encoded: Change, decoded: Change) -> None:
        super().__init__()
        self.encoded, self.decoded = encoded, decoded
        self.matrix = torch.randn(192, 4, generator=torch.Generator().manual_seed(0))

    def encode(self, images: Tensor) -> Tensor:
        return self.encoded(images.flatten(1) @ self.matrix)

    def decode(self, codes: Tensor) -> Tensor:
        image = (codes @ self.matrix.T).view(-1, 3, 8, 8) / 100 + 0.5
        return self.decoded(image)


def opened(encoded: Change = same, decoded: Change = same) -> TrainedVAE:
    from featamp.io.network.adapters import METHODS

    return TrainedVAE(Linear(encoded, decoded), torch.device("cpu"), (0.0, 1.0), {}, METHODS)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda mu: mu + torch.randn_like(mu), "it samples"),
        (lambda mu: mu - mu.mean(0), "alone than in a batch"),
        (lambda mu: batch_norm(mu, None, None, training=True), "encode fails on an image alone"),
        (
            torch.squeeze,
            "code of shape (4,) for 1 images, expected [1, dim]",
        ),
    ],
)
def test_codes_that_are_no_function_of_the_image_are_told(change: Change, message: str) -> None:
    (told,) = breaches(opened(change), IMAGES)
    assert message in told


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (torch.nn.Dropout(0.2), "decode gives the same code another image each time"),
        (lambda image: image - image.mean(0) + 0.5, "another image alone than in a batch"),
        (lambda image: image / (len(image) > 1 or "no batch"), "decode fails on a code alone"),
    ],
)
def test_images_that_are_no_function_of_the_code_are_told(change: Change, message: str) -> None:
    vae = opened(decoded=change)
    (told,) = breaches(vae, IMAGES)
    assert message in told


def test_a_decoder_that_uses_what_encode_left_is_told() -> None:
    class Skips(Linear):
        left: Tensor

        def encode(self, images: Tensor) -> Tensor:
            self.left = images.mean()
            return super().encode(images)

        def decode(self, codes: Tensor) -> Tensor:
            return super().decode(codes) / 2 + self.left / 2

    (told,) = breaches(replace(opened(), module=Skips(same, same)), IMAGES)
    assert "another image once encode has seen others" in told


def test_the_mean_of_several_answers_is_nearer_and_always_the_same() -> None:
    plain = opened().encode(IMAGES)[0]
    sampling = replace(opened(lambda mu: mu + torch.randn_like(mu)), samples=256)
    mean = sampling.encode(IMAGES)[0]
    assert np.abs(mean - plain).std() < 2 / np.sqrt(256)
    np.testing.assert_array_equal(sampling.encode(IMAGES)[0], mean)
    assert breaches(sampling, IMAGES) == []


def test_a_network_that_holds_it_is_not_told() -> None:
    assert breaches(opened(), IMAGES) == []


@pytest.mark.parametrize(
    ("written", "left"), [((-0.25, 1.25), False), ((-0.26, 1.0), True), ((0.0, 1.26), True)]
)
def test_a_decoder_leaves_its_range_where_it_writes_farther_than_one_overshoots(
    written: tuple[float, float], left: bool
) -> None:
    assert range_left(opened(), written) == ((0.0, 1.0) if left else None)
    assert range_left(replace(opened(), pixels="logits"), written) is None


def posterior() -> tuple[Float32, Float32]:
    """mu and logvar of a posterior whose aggregate is the prior: active and collapsed ones."""
    generator = np.random.default_rng(0)
    variance = np.array([0.05, 0.2, 0.4, 0.02, 0.3, 0.1, 0.99, 1.0])
    mu = generator.normal(size=(400, 8)) * np.sqrt(1 - variance)
    logvar = np.log(variance) + 0.05 * generator.normal(size=mu.shape)
    return mu.astype(np.float32), logvar.astype(np.float32)


def test_a_second_output_that_is_no_log_variance_is_told() -> None:
    mu, logvar = posterior()
    assert list(doubts(mu, logvar)) == []
    assert next(doubts(mu, np.exp(logvar * np.float32(0.5)))).kind == "positive"
    assert next(doubts(mu, mu)) == Doubt("same")
    noise = np.random.default_rng(1).normal(size=mu.shape).astype(np.float32)
    assert next(doubts(mu, mu + noise * np.exp(logvar / 2))).kind == "drawn"
    assert list(doubts(mu, logvar + mu)) == []  # it rises with it, and is no sample of it
    assert next(doubts(np.exp(mu), np.exp(logvar))).kind == "parameters"
    assert next(doubts(mu, -logvar - np.float32(0.02))).kind == "wide"


class Decoder(nn.Module):
    """Moves as many pixels as there are dimensions, each by another amount."""

    def __init__(self) -> None:
        super().__init__()
        self.effects = torch.logspace(-3, -1, 12)

    def encode(self, images: Tensor) -> Tensor:
        raise NotImplementedError

    def decode(self, codes: Tensor) -> Tensor:
        return (codes * self.effects).view(-1, 1, 4, 3) + 0.5


def test_log_sigma_is_told_of_a_narrow_posterior_too() -> None:
    network = Decoder()
    vae = replace(opened(), module=network)
    variance = 1 / (1 + network.effects.numpy() ** 2 / 1e-8)
    mu = np.random.default_rng(0).normal(size=(400, 12)).astype(np.float32)
    logvar = np.tile(np.log(variance), (400, 1)).astype(np.float32)
    half = logvar * np.float32(0.5)
    assert log_sigma(vae, mu, logvar) == Outputs()
    told = log_sigma(vae, mu, half)
    assert told.questions[0].kind == "sigma" and not told.untold
    assert judge_outputs(vae, mu, half) == told
    assert judge_outputs(vae, mu, np.full_like(mu, -np.inf)) == Outputs()  # has none


def test_a_dimension_that_is_all_but_certain_is_no_log_sigma() -> None:
    network = Decoder()
    vae = replace(opened(), module=network)
    variance = 1 / (1 + network.effects.numpy().astype(np.float64) ** 2 / 1e-80)
    mu = np.random.default_rng(0).normal(size=(400, 12)).astype(np.float32)
    logvar = np.tile(np.log(variance), (400, 1)).astype(np.float32)
    assert logvar.min() < -176  # beyond what e to its power is as a number in 32 bits
    assert log_sigma(vae, mu, logvar) == Outputs()


def test_a_network_that_has_not_trained_for_long_is_not_taken_for_one_of_log_sigma() -> None:
    network = Decoder()
    vae = replace(opened(), module=network)
    mu = np.random.default_rng(0).normal(size=(400, 12)).astype(np.float32) * np.float32(1.1)
    variance = 1 / (1 + network.effects.numpy() ** 2 / 1e-4)
    logvar = np.tile(np.log(variance), (400, 1)).astype(np.float32)
    # as log sigma the sum of variances is nearer to the prior's 1
    assert judge_outputs(vae, mu, logvar) == Outputs()


def test_where_log_sigma_cannot_be_told_the_reason_is() -> None:
    network = Decoder()
    vae = replace(opened(), module=network)
    generator = np.random.default_rng(0)
    effect = np.log(network.effects.numpy() ** 2 / 1e-8)
    mu = generator.normal(size=(400, 12)).astype(np.float32)

    def untold(mu: Float32, certainty: NDArray[np.float64]) -> Doubt:
        logvar = np.tile(-np.log1p(np.exp(certainty)), (400, 1)).astype(np.float32)
        told = log_sigma(vae, mu, logvar)
        assert not told.questions
        return told.untold or Doubt("none")

    assert untold(mu, effect) == Doubt("none")
    assert untold(mu * np.float32(20), effect).kind == "scaled"
    assert untold(mu, generator.permutation(effect)) == Doubt("unordered")
    few = np.where(np.arange(12) < 5, effect, -5.0)
    assert untold(mu, few) == Doubt("few", {"certain": 5, "dims": 12, "least": 6})
    assert untold(mu, 0.72 * effect) == Doubt("either")


def test_a_sample_that_is_no_picture_of_its_image_is_told() -> None:
    network = Decoder()
    vae = replace(opened(), module=network)
    mu = np.random.default_rng(0).normal(size=(400, 12)).astype(np.float32)
    logvar = np.full_like(mu, np.log(0.1))
    assert noise(vae, mu, logvar) == pytest.approx(0.1, rel=0.2)
    assert "sample" not in [doubt.kind for doubt in judge_outputs(vae, mu, logvar).questions]
    dark = mu / np.float32(255)  # what a linear map without biases gives of images in [0, 1]
    (told,) = judge_outputs(vae, dark, logvar).questions
    assert told.kind == "sample"
    assert noise(vae, mu / np.float32(1e6), logvar - 20) == 0  # says nothing, and shows nothing


@pytest.mark.parametrize("spread", ["known", "not known"])
def test_codes_of_which_no_dimension_moves_alone_are_told(spread: str) -> None:
    codes = np.random.default_rng(0).exponential(size=(400, 12)).astype(np.float32)
    logvar = np.full_like(codes, -5.0 if spread == "known" else -np.inf)
    for kind, shares in (
        ("sum", codes / codes.sum(1, keepdims=True)),
        ("length", codes / np.linalg.norm(codes, axis=1, keepdims=True)),
    ):
        (told,) = judge_outputs(opened(), shares, logvar).questions
        assert told == Doubt("surface", {"name": kind, "mean": pytest.approx(1)})
    assert not judge_outputs(opened(), codes * 0 + 1, codes * 0 - np.inf).questions


def test_outputs_that_bear_names_are_not_asked_whether_they_are_log_sigma() -> None:
    class Named(Linear):
        def encode(self, images: Tensor) -> Any:  # noqa: ANN401
            mu = super().encode(images)
            return {"mu": mu, "logvar": mu * 0 - 5}

    vae = replace(opened(), module=Named(same, same))
    vae.encode(IMAGES)
    assert vae.named and not opened().named


def test_log_sigma_is_told_of_a_posterior_that_fits_loosely_and_no_log_variance_is() -> None:
    network = Decoder()
    vae = replace(opened(), module=network)
    generator = np.random.default_rng(1)
    effect = np.log(network.effects.numpy() ** 2 / 1e-8)
    certainty = effect + generator.permutation(np.linspace(-0.8, 0.8, 12)) * effect.std()
    assert 0.8 < np.corrcoef(effect, certainty)[0, 1] < 0.95
    mu = generator.normal(size=(400, 12)).astype(np.float32)
    logvar = np.tile(-np.log1p(np.exp(certainty)), (400, 1)).astype(np.float32)
    assert not log_sigma(vae, mu, logvar).questions
    assert log_sigma(vae, mu, logvar / np.float32(2)).questions
