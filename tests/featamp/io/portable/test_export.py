"""A decoder that is exported decodes what the network decodes, or says what stands in the way."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from functools import cache
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

import onnx
import torch
from torch import Tensor, nn

from featamp.io.network.adapters import PixelRange, find_adapter
from featamp.io.network.model import TrainedVAE
from featamp.io.portable.export import NotPortable, export_decoder
from featamp.io.portable.run import open_decoder
from featamp.io.portable.weights import halved
from featamp.io.saved import open_program

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


class OneSize(Plain):
    """Runs with any batch, and is right for that with which it was exported."""

    def decode(self, z: Tensor) -> Tensor:
        return super().decode(z) * (1 if len(z) == 1 else 1 / len(z))


class Asking(Plain):
    """Asks for shapes and for what it holds itself, which is the same for all codes."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("turned", torch.tensor(True))

    def decode(self, z: Tensor) -> Tensor:
        assert z.shape[0] > 0 and int(z.shape[1]) == DIMS, "codes"
        image = super().decode(z).view(z.shape[0], 3, SIZE, int(SIZE))
        return -image if self.turned else image


class Attending(Plain):
    """What the exporter of traces does not know as it is."""

    def __init__(self) -> None:
        super().__init__()
        self.kind = nn.Embedding(3, DIMS)
        self.norm = nn.RMSNorm(DIMS)
        self.attention = nn.TransformerEncoderLayer(DIMS, 2, 16, batch_first=True)
        nn.utils.parametrizations.spectral_norm(self.image)

    def decode(self, z: Tensor) -> Tensor:
        kind = self.kind(torch.full((z.shape[0],), 2))
        return super().decode(self.norm(self.attention(torch.stack([z, kind], 1))[:, 0]))


class Compiled(Plain):
    def __init__(self) -> None:
        super().__init__()
        self.last = torch.compile(nn.Tanh(), backend="eager")

    def decode(self, z: Tensor) -> Tensor:
        image: Tensor = self.last(super().decode(z))
        return image


class Scripted(nn.Module):
    """Chooses by values within TorchScript, which a trace keeps as it is."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.image = nn.Linear(DIMS, 3 * SIZE * SIZE)

    @torch.jit.export
    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        mu = x.flatten(1)[:, :8]
        return mu, mu

    @torch.jit.export
    def decode(self, z: Tensor) -> Tensor:
        if bool(z.mean() > 0):
            z = -2 * z
        image: Tensor = self.image(z)
        return image.view(-1, 3, 8, 8)


class Branching(Plain):
    def decode(self, z: Tensor) -> Tensor:
        image = super().decode(z)
        return image if image.mean() > 0 else -image


class BranchingLater(Plain):
    """By a value that went through a view of another tensor, and through NumPy."""

    def decode(self, z: Tensor) -> Tensor:
        held = torch.zeros(len(z), 2, DIMS)
        held[:, 0] = z
        return super().decode(z) * float(held.sum(1).numpy().max())


class Unknown(Plain):
    def decode(self, z: Tensor) -> Tensor:
        image: Tensor = torch.linalg.qr(super().decode(z))[0]
        return image


def opened(network: nn.Module, pixels: PixelRange = (0.0, 1.0)) -> TrainedVAE:
    vae = TrainedVAE(
        network.eval(), torch.device("cpu"), pixels, {}, find_adapter(network, "a test")
    )
    vae.learn((SIZE, SIZE))
    return vae


@cache
def plain() -> bytes:
    """The plain decoder, exported once."""
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
        (OneSize, (0.0, 1.0)),
        (Asking, (0.0, 1.0)),
        (Attending, (0.0, 1.0)),
        (Compiled, (0.0, 1.0)),
    ],
)
def test_the_exported_decoder_gives_the_same_pixels(
    kind: type[Plain], pixels: PixelRange, capfd: pytest.CaptureFixture[str]
) -> None:
    vae = opened(kind(), pixels)
    decoder = open_decoder(plain() if kind is Plain else export_decoder(vae))
    assert (decoder.batch is None) == (kind not in (OneByOne, OneSize))
    step = decoder.batch or 5
    wanted = np.concatenate([vae.decode(part) for part in np.split(codes(5), 5 // step)])
    decoded = decoder.decode(codes(5))
    assert decoded.shape == wanted.shape == (5, SIZE, SIZE, 3)
    assert float(np.ptp(wanted)) > 0.5
    np.testing.assert_allclose(decoded, wanted, atol=1e-5)
    assert capfd.readouterr() == ("", "")


def line_of(words: str) -> int:
    """The line of this file in which a network does that."""
    lines = Path(__file__).read_text().splitlines()
    return next(n for n, line in enumerate(lines, 1) if words in line)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (Branching, f"values of a code .*test_export.py line {line_of('image.mean() > 0')}"),
        (BranchingLater, f"values of a code .*test_export.py line {line_of('held.sum(1)')}"),
        (Unknown, "ONNX has nothing for the operation aten::linalg_qr"),
    ],
)
def test_what_cannot_be_exported_says_why(
    kind: type[Plain], said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(NotPortable, match=said):
        export_decoder(opened(kind()))
    assert capfd.readouterr() == ("", "")


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
    content = plain()
    assert str(Path(__file__).parent).encode() not in content
    assert torch.__version__.partition("+")[0].encode() not in content


def test_a_torchscript_archive_is_exported_with_its_control_flow(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.script(Scripted()).save(tmp_path / "vae.ts")  # type: ignore[no-untyped-call]
        vae = opened(open_program(tmp_path / "vae.ts", torch.device("cpu")))
    decoder = open_decoder(export_decoder(vae))
    for z in (np.ones((3, DIMS), np.float32), -np.ones((3, DIMS), np.float32)):  # each way
        np.testing.assert_allclose(decoder.decode(z), vae.decode(z), atol=1e-5)


OPENING = """
from tests.featamp.io.portable.test_export import open_decoder, plain
open_decoder(plain())
"""


def test_running_it_leaves_nothing_in_the_home(tmp_path: Path) -> None:
    """ONNX Runtime would number the device, and note the path of the interpreter."""
    home = os.environ | {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    subprocess.check_call([sys.executable, "-c", OPENING], env=home)
    left = [p for p in tmp_path.rglob("*") if p.is_file() and "atplotlib" not in str(p)]
    assert left == []


PROCESS = """
import hashlib, sys, warnings
warnings.simplefilter("error")
from tests.featamp.io.portable.test_export import Attending, export_decoder, opened
made = [hashlib.sha256(export_decoder(opened(Attending()))).hexdigest() for _ in range(2)]
assert made[0] == made[1]
print(made[0], {"onnxscript", "torch._dynamo"} & sys.modules.keys())
"""


def test_an_export_is_the_same_in_each_process_and_loads_no_compiler() -> None:
    """By the deprecated exporter of this torch, which says nothing; the other takes seconds."""
    command = [sys.executable, "-c", PROCESS]
    seeds = [os.environ | {"PYTHONHASHSEED": seed} for seed in "12"]
    said = {subprocess.check_output(command, env=seeded, text=True) for seeded in seeds}
    assert len(said) == 1 and said.pop().endswith(" set()\n")
