"""A decoder that is exported decodes what the network decodes, or says what stands in the way."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("onnxscript")
pytest.importorskip("onnxruntime")

import onnx
import torch
from torch import Tensor, nn

from featamp.io.adapters import Pixels, find_adapter
from featamp.io.model import TrainedVAE
from featamp.io.portable.export import NotPortable, export_decoder
from featamp.io.portable.run import open_decoder
from featamp.io.portable.weights import halved

DIMS, SIZE = 8, 8


class Plain(nn.Module):
    """A linear decoder; `encode` is there to be asked for shapes alone."""

    code: tuple[int, ...] = (DIMS,)
    channels = 3

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.image = nn.Linear(DIMS, self.channels * SIZE * SIZE)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        mu = x.flatten(1)[:, :DIMS].reshape(-1, *self.code)
        return mu, mu

    def decode(self, z: Tensor) -> Tensor:
        image: Tensor = self.image(z.flatten(1)).view(-1, self.channels, SIZE, SIZE).mul(3)
        return image


class Grey(Plain):
    channels = 1


class Spatial(Plain):
    code = (2, 2, 2)


class OneByOne(Plain):
    """Holds only for the batch that it was exported with."""

    def decode(self, z: Tensor) -> Tensor:
        return torch.stack([super(OneByOne, self).decode(code[None])[0] for code in z])


class Branching(Plain):
    def decode(self, z: Tensor) -> Tensor:
        image = super().decode(z)
        return image if image.mean() > 0 else -image


class Unknown(Plain):
    def decode(self, z: Tensor) -> Tensor:
        image: Tensor = torch.linalg.qr(super().decode(z))[0]
        return image


def opened(network: nn.Module, pixels: Pixels = (0.0, 1.0)) -> TrainedVAE:
    vae = TrainedVAE(
        network.eval(), torch.device("cpu"), pixels, {}, find_adapter(network, "a test")
    )
    vae.learn((SIZE, SIZE))
    return vae


@cache
def plain() -> bytes:
    """The plain decoder, exported once: it takes seconds."""
    return export_decoder(opened(Plain()))


def codes(count: int) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    return np.random.default_rng(0).standard_normal((count, DIMS)).astype(np.float32)


@pytest.mark.parametrize(
    ("kind", "pixels"),
    [
        (Plain, (0.0, 1.0)),
        (Grey, (-1.0, 1.0)),
        (Spatial, "logits"),
        (OneByOne, (0.0, 1.0)),
    ],
)
def test_the_exported_decoder_gives_the_same_pixels(kind: type[Plain], pixels: Pixels) -> None:
    vae = opened(kind(), pixels)
    decoder = open_decoder(plain() if kind is Plain else export_decoder(vae))
    assert (decoder.batch is None) == (kind is not OneByOne)
    decoded, wanted = decoder.decode(codes(5)), vae.decode(codes(5))
    assert decoded.shape == wanted.shape == (5, SIZE, SIZE, 3)
    assert float(np.ptp(wanted)) > 0.5
    np.testing.assert_allclose(decoded, wanted, atol=1e-5)


@pytest.mark.parametrize(("kind", "said"), [(Branching, "control flow"), (Unknown, "qr")])
def test_what_cannot_be_exported_says_why(kind: type[Plain], said: str) -> None:
    with pytest.raises(NotPortable, match=said):
        export_decoder(opened(kind()))


def test_half_the_bytes_decode_almost_the_same() -> None:
    whole = plain()
    half = halved(whole)
    assert len(half) < 0.7 * len(whole)
    difference = open_decoder(half).decode(codes(5)) - open_decoder(whole).decode(codes(5))
    assert 0 < np.abs(difference).max() < 0.5 / 255


def test_a_weight_that_16_bits_cannot_hold_stays_whole() -> None:
    network = onnx.load_from_string(plain())
    (weight,) = (t for t in network.graph.initializer if np.prod(t.dims) > 1000)
    values = onnx.numpy_helper.to_array(weight).copy()
    values.flat[0] = 1e6
    weight.CopyFrom(onnx.numpy_helper.from_array(values, weight.name))
    tensors = onnx.load_from_string(halved(network.SerializeToString())).graph.initializer
    assert onnx.TensorProto.FLOAT16 not in {t.data_type for t in tensors}


def test_an_exported_network_says_nothing_of_the_machine() -> None:
    assert str(Path(__file__).parent).encode() not in plain()
