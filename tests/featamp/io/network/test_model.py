"""Opening any trained VAE: every form of network and checkpoint, and a sentence for those that
cannot be used."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.distributions import Independent, Laplace, MultivariateNormal, Normal
from torch.distributions import OneHotCategorical as Choice

from featamp.errors import InputError
from featamp.io.network.adapters import find_adapter
from featamp.io.network.model import TrainedVAE
from featamp.io.network.opening import open_model
from tests.featamp.io.conftest import open_tiny

Pair = namedtuple("Pair", ["logvar", "mu"])  # a student's, in an order of its own
Scaled = namedtuple("Scaled", ["sample", "loc", "log_scale"])


class PlainTuple(tuple[Tensor, ...]):
    pass


class Network(nn.Module):
    """Encodes to the first pixels; what it returns is shaped by `posterior` and `image`."""

    def __init__(
        self,
        posterior: Callable[[Tensor, Tensor], object] = lambda mu, logvar: (mu, logvar),
        image: Callable[[Tensor], object] = lambda image: image,
    ) -> None:
        super().__init__()
        self.posterior, self.image = posterior, image
        self.seen = torch.zeros(0)

    def encode(self, x: Tensor) -> object:
        self.seen = x
        return self.posterior(*parts(x))

    def decode(self, z: Tensor) -> object:
        return self.image(z.repeat(1, 4)[:, :12].reshape(-1, 3, 2, 2))


def parts(x: Tensor) -> tuple[Tensor, Tensor]:
    return x.flatten(1)[:, :4] * 3, -x.flatten(1)[:, 4:8]


def noisy(mu: Tensor, logvar: Tensor) -> Tensor:
    return mu + torch.randn_like(mu) * (logvar / 2).exp()


def seeded(mu: Tensor, logvar: Tensor) -> Tensor:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return noisy(mu, logvar)


def fixed(mu: Tensor, logvar: Tensor) -> Tensor:
    return mu + torch.linspace(-1, 2, mu.shape[1]) * (logvar / 2).exp()


@dataclass(slots=True)
class Slots:
    mean: Tensor
    std: Tensor


@dataclass(slots=True)
class SlotsOfVariance:
    mean: Tensor
    var: Tensor


def wrap(network: nn.Module, pixels: tuple[float, float] = (0.0, 1.0)) -> TrainedVAE:
    return TrainedVAE(network.eval(), torch.device("cpu"), pixels, {})


@pytest.fixture
def images() -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (5, 2, 2, 3), np.uint8)


POSTERIORS: dict[str, Callable[[Tensor, Tensor], object]] = {
    "(mu, logvar)": lambda mu, logvar: (mu, logvar),
    "a list": lambda mu, logvar: [mu, logvar],
    "a tuple's subclass": lambda mu, logvar: PlainTuple((mu, logvar)),
    "(mu, logvar, z)": lambda mu, logvar: (mu, logvar, noisy(mu, logvar)),
    "(z, mu, logvar)": lambda mu, logvar: (noisy(mu, logvar), mu, logvar),
    "(z, mu, logvar) with a seed": lambda mu, logvar: (seeded(mu, logvar), mu, logvar),
    "(mu, logvar, z) with a seed": lambda mu, logvar: (mu, logvar, seeded(mu, logvar)),
    "(z, mu, logvar) with fixed noise": lambda mu, logvar: (fixed(mu, logvar), mu, logvar),
    "(mu, logvar, z) with fixed noise": lambda mu, logvar: (mu, logvar, fixed(mu, logvar)),
    "(z, mu, logvar) with z = mu": lambda mu, logvar: (mu, mu, logvar),
    "(mu, logvar, z) with z = mu": lambda mu, logvar: (mu, logvar, mu),
    "(mu, logvar, std)": lambda mu, logvar: (mu, logvar, (logvar / 2).exp()),
    "(mu, logvar, features)": lambda mu, logvar: (mu, logvar, mu[:, :1], None),
    "a Normal": lambda mu, logvar: Normal(mu, (logvar / 2).exp()),
    "an independent Normal": lambda mu, logvar: Independent(Normal(mu, (logvar / 2).exp()), 1),
    "(z, (mu, logvar))": lambda mu, logvar: (noisy(mu, logvar), (mu, logvar)),
    "an object of slots": lambda mu, logvar: Slots(mu, (logvar / 2).exp()),
    "a named tuple": lambda mu, logvar: Pair(logvar=logvar, mu=mu),
    "an object": lambda mu, logvar: SimpleNamespace(mu=mu, logvar=logvar),
    "an object with sigma": lambda mu, logvar: SimpleNamespace(mean=mu, sigma=(logvar / 2).exp()),
    "a named tuple with log_scale": lambda mu, logvar: Scaled(mu * 9, mu, logvar / 2),
    "a dict with z_std": lambda mu, logvar: {"z_mean": mu, "z_std": (logvar / 2).exp()},
    "a dict": lambda mu, logvar: {"z": noisy(mu, logvar), "mu": mu, "log_var": logvar},
    "(z, a Normal)": lambda mu, logvar: (noisy(mu, logvar), Normal(mu, (logvar / 2).exp())),
    "one with covariances": lambda mu, logvar: MultivariateNormal(
        mu, covariance_matrix=torch.diag_embed(logvar.exp())
    ),
    "diffusers' object": lambda mu, logvar: SimpleNamespace(
        latent_dist=SimpleNamespace(mean=mu, logvar=logvar)
    ),
    "a dict within a dict": lambda mu, logvar: {
        "z": mu,
        "is": {"mu": mu, "logvar": logvar},
    },
    "a dict with a Normal": lambda mu, logvar: {"z": mu, "is": Normal(mu, (logvar / 2).exp())},
    "[2, batch, dim]": lambda mu, logvar: torch.stack((mu, logvar)),
    "[batch, dim, 1, 1]": lambda mu, logvar: (mu[:, :, None, None], logvar[:, :, None, None]),
}


@pytest.mark.parametrize("form", POSTERIORS)
def test_every_form_of_posterior_is_read_right(form: str, images: NDArray[np.uint8]) -> None:
    torch.manual_seed(0)
    mu, logvar = wrap(Network(POSTERIORS[form])).encode(images)
    np.testing.assert_allclose(wrap(Network(POSTERIORS[form])).encode(images[:2])[0], mu[:2])
    expected = parts(torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255)
    assert mu.shape == logvar.shape == (5, 4)
    np.testing.assert_allclose(mu, expected[0].numpy(), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(logvar, expected[1].numpy(), rtol=1e-4, atol=1e-5)


def test_an_untrained_head_of_zeros_is_not_taken_for_a_sample(images: NDArray[np.uint8]) -> None:
    zeros = wrap(Network(lambda mu, logvar: (mu * 0, logvar * 0, noisy(mu * 0, logvar * 0))))
    np.testing.assert_array_equal(np.stack(zeros.encode(images)), 0.0)


@pytest.mark.parametrize(
    "found", [None, (), {"loss": 1.0}, "text", (torch.zeros(5, 4), torch.zeros(5, 3))]
)
def test_what_is_no_posterior_is_described(found: object, images: NDArray[np.uint8]) -> None:
    with pytest.raises(InputError, match=r"encode returns an? .*, expected \(mu, logvar\)"):
        wrap(Network(lambda mu, logvar: found)).encode(images)


@pytest.mark.parametrize(
    ("posterior", "message"),
    [
        (lambda mu, logvar: Laplace(mu, logvar.exp()), r"Laplace, expected a Normal.*q\.variance"),
        (lambda mu, logvar: Choice(logits=mu), "OneHotCategorical, a choice among classes"),
        (lambda mu, logvar: mu.argmax(1), "whole numbers .*, places in a codebook"),
        (lambda mu, logvar: [(mu, logvar)] * 2, "levels of a hierarchical VAE.*joined by torch"),
        (lambda mu, logvar: [mu, logvar[:, :2]], "levels of a hierarchical VAE"),
        (lambda mu, logvar: {"mu": mu, "spread": mu}, "dict with spread beside.*call it log"),
        (
            lambda mu, logvar: {"mu": mu, "std": -mu.abs()},
            r"dict whose std goes down to -.*log_std",
        ),
        (lambda mu, logvar: SimpleNamespace(z=mu, var=mu), "SimpleNamespace with var beside"),
        (lambda mu, logvar: SlotsOfVariance(mu, mu), "SlotsOfVariance with var beside"),
        (
            lambda mu, logvar: (mu, torch.stack((mu, logvar), -1)),
            r"a code and the parameters .*such as second\[\.\.\., 0\], second\[\.\.\., 1\] \(",
        ),
        (
            lambda mu, logvar: (mu, torch.cat((mu, mu), 1)),
            r"a code and the parameters .*such as second\.chunk\(2, dim=1\) \(",
        ),
        (lambda mu, logvar: {"z": mu, "params": (mu, mu)}, "dict with params beside the mean"),
        (lambda mu, logvar: (mu, logvar[:, :1]), r"dimensions share.*logvar\.expand_as\(mu\)"),
        (lambda mu, logvar: (mu, logvar[0]), r"dimensions share, or images, write a function"),
        (lambda mu, logvar: {"a": (mu, logvar), "b": (mu, mu)}, "levels of a hierarchical VAE"),
    ],
)
def test_a_code_that_is_no_normal_of_one_level_is_refused_by_its_name(
    posterior: Callable[[Tensor, Tensor], object], message: str, images: NDArray[np.uint8]
) -> None:
    with pytest.raises(InputError, match=message):
        wrap(Network(posterior)).encode(images)


class Quantizer(nn.Module):
    pass


def test_a_vq_vae_is_refused_by_its_codebook_unless_a_function_encodes() -> None:
    network = Network()
    network.quant_conv = nn.Conv2d(4, 4, 1)  # of a VAE without a codebook
    assert find_adapter(network, "it")
    network.book = Quantizer()
    with pytest.raises(InputError, match=r"Network is a VQ-VAE: its part book \(Quantizer\)"):
        find_adapter(network, "it")
    del network.book
    network.label = nn.Embedding(10, 4)  # of a conditional VAE
    assert find_adapter(network, "it")
    network.codebook = nn.Embedding(32, 4)
    with pytest.raises(InputError, match=r"VQ-VAE: its part codebook \(Embedding\) answers"):
        find_adapter(network, "it")
    with pytest.raises(InputError, match="NetVQ is a VQ-VAE: its class, by its name, answers"):
        find_adapter(type("NetVQ", (Network,), {})(), "it")
    own = ModuleType("own")
    exec("def encode(model, images):\n    return images", own.__dict__)
    assert find_adapter(network, "it", own)


def test_a_part_that_fails_when_it_is_looked_at_is_told() -> None:
    class Later(nn.Module):
        @property
        def encoder(self) -> nn.Module:
            raise NotImplementedError("later")

    with pytest.raises(
        InputError, match=r"Later\.encoder raises NotImplementedError: later, in your"
    ):
        find_adapter(Later(), "it")


def test_what_a_grey_network_answers_is_told_and_not_that_it_takes_no_colours() -> None:
    class Grey(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.part = nn.Linear(4, 4)  # of images [1, 2, 2], flat

        def encode(self, x: Tensor) -> object:
            return {"loss": self.part(x.flatten(1))}

    with pytest.raises(InputError, match="encode returns a dict with loss, expected"):
        wrap(Grey()).encode(np.zeros((1, 2, 2, 3), np.uint8))


def test_of_an_image_on_several_scales_the_one_of_the_images_size_is_taken(
    images: NDArray[np.uint8],
) -> None:
    network = Network(image=lambda image: [image[..., :1, :1], image])
    vae = wrap(network)
    vae.encode(images)
    assert vae.decode(np.zeros((5, 4), np.float32)).shape == images.shape


IMAGES: dict[str, Callable[[Tensor], object]] = {
    "an image": lambda image: image,
    "a tuple": lambda image: (image, None),
    "a list": lambda image: [image, image * 0],
    "diffusers' object": lambda image: SimpleNamespace(sample=image),
    "a tuple with an object": lambda image: (SimpleNamespace(x_hat=image),),
    "a dict": lambda image: {"loss": 3.0, "reconstruction": image},
    "a Normal": lambda image: Normal(image, 1.0),
}


@pytest.mark.parametrize("form", IMAGES)
def test_every_form_of_decoder_is_read_right(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("featamp.io.network.model.CPU_BATCH", 3)
    codes = np.random.default_rng(0).random((7, 4)).astype(np.float32)
    frames = wrap(Network(image=IMAGES[form])).decode(codes)
    expected = np.tile(codes, (1, 3)).reshape(-1, 3, 2, 2).transpose(0, 2, 3, 1)
    np.testing.assert_allclose(frames, expected, rtol=1e-6)


@pytest.mark.parametrize(
    "found", [None, torch.zeros(2, 3), torch.zeros(2, 4, 4, 4), (), {"loss": 1.0}]
)
def test_what_is_no_image_is_described(found: object) -> None:
    with pytest.raises(InputError, match=r"decode returns a .*, expected an image batch"):
        wrap(Network(image=lambda image: found)).decode(np.zeros((2, 4), np.float32))


def test_a_list_of_images_is_refused_with_its_mend(images: NDArray[np.uint8]) -> None:
    vae = wrap(Network(image=list))
    vae.encode(images)
    with pytest.raises(InputError, match=r"gives 3 images for 5 codes.*torch\.stack\(images\)"):
        vae.decode(np.zeros((5, 4), np.float32))


def test_a_convolutional_decoder_is_given_the_codes_in_its_shape() -> None:
    class Convolutional(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.up = nn.ConvTranspose2d(4, 3, 2)

        def decode(self, z: Tensor) -> object:
            return self.up(z)

    network, codes = Convolutional(), torch.rand(5, 4)
    with torch.inference_mode():
        expected = network.up(codes[:, :, None, None]).clamp(0, 1).permute(0, 2, 3, 1)
    np.testing.assert_allclose(wrap(network).decode(codes.numpy()), expected.numpy(), rtol=1e-6)
    with pytest.raises(InputError, match=r"Convolutional\.decode fails on a batch of shape 2x5: "):
        wrap(network).decode(np.zeros((2, 5), np.float32))


def test_what_a_network_does_to_its_input_is_done_to_a_copy(images: NDArray[np.uint8]) -> None:
    class InPlace(Network):
        def encode(self, x: Tensor) -> object:
            answer = super().encode(x.clone())
            x.zero_()
            return answer

        def decode(self, z: Tensor) -> object:
            return super().decode(z.mul_(0.5) * 2)

    model, codes = replace(wrap(InPlace()), samples=2), np.full((2, 4), 0.5, np.float32)
    once, again = model.encode(images)[0], wrap(Network()).encode(images)[0]
    np.testing.assert_array_equal(once, again)
    np.testing.assert_allclose(model.decode(codes), 0.5)
    assert (codes == 0.5).all()


def test_pixels_are_mapped_into_the_models_range_and_back_and_clipped(
    images: NDArray[np.uint8],
) -> None:
    network = Network()
    model = wrap(network, (-1.0, 3.0))
    model.encode(images)
    expected = images.transpose(0, 3, 1, 2) / 255 * 4 - 1
    np.testing.assert_allclose(network.seen.numpy(), expected, atol=1e-6)
    codes = np.array([[-1.0, 3.0, 1.0, 0.0], [-9.0, 9.0, 2.0, -1.0]], np.float32)
    frames = model.decode(codes)
    np.testing.assert_allclose(frames[:, 0, 0, 0], [0.0, 0.0])
    np.testing.assert_allclose(frames[:, 0, 1, 0], [1.0, 1.0])
    np.testing.assert_allclose(frames[:, 1, 0, 0], [0.5, 0.75])
    assert model.raw_range(codes) == (-9.0, 9.0)


def test_what_the_network_raises_is_told_in_its_own_words(images: NDArray[np.uint8]) -> None:
    def fail(mu: Tensor, logvar: Tensor) -> object:
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    told = (
        r"Network\.encode fails on a batch of shape 5x3x2x2: RuntimeError: mat1 and mat2 shapes"
        r" cannot be multiplied, in your test_model\.py, line \d+ "
    )
    with pytest.raises(InputError, match=told):
        wrap(Network(fail)).encode(images)


@pytest.mark.parametrize(
    ("failure", "mend"),
    [
        (RuntimeError("Found no NVIDIA driver on your system"), r"x\.to\(images\.device\)"),
        (AssertionError("Torch not compiled with CUDA enabled"), r"x\.to\(images\.device\)"),
        (RuntimeError("must have the same dtype"), "the network is run in float32"),
    ],
)
def test_what_the_network_raises_of_devices_and_types_comes_with_its_mend(
    failure: Exception, mend: str, images: NDArray[np.uint8]
) -> None:
    def fail(mu: Tensor, logvar: Tensor) -> object:
        raise failure

    with pytest.raises(InputError, match=mend):
        wrap(Network(fail)).encode(images)


def test_of_a_network_of_flat_greys_what_fails_in_grey_is_told() -> None:
    class Flat(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(4, 4)  # of images [1, 2, 2]

        def encode(self, x: Tensor) -> object:
            return self.layer(x.flatten(1)), self.absent

    with pytest.raises(InputError, match="shape 1x1x2x2: AttributeError"):
        wrap(Flat()).encode(np.zeros((1, 2, 2, 3), np.uint8))


def test_a_network_of_volumes_is_refused_in_its_own_words(images: NDArray[np.uint8]) -> None:
    class Volumes(Network):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Conv3d(3, 4, 1)

        def encode(self, x: Tensor) -> object:
            return self.layer(x[None, None])

    with pytest.raises(InputError, match=r"Volumes\.encode fails on a batch of shape 5x3x2x2"):
        wrap(Volumes()).encode(images)


VIEWING = """
from torch import nn
class Viewing(nn.Module):
    def __init__(self):
        super().__init__()
        self.down, self.up = nn.Conv2d(3, 8, 4, 4), nn.ConvTranspose2d(4, 3, 4, 4)
    def encode(self, x):
        h = self.down(x)
        return h.view(len(x), -1)[:, :64], h.view(len(x), -1)[:, 64:]
    def decode(self, z):
        return self.up(z.view(-1, 4, 4, 4)).view(len(z), 3, 16, 16)
"""


def test_a_network_that_flattens_with_view_is_run_as_it_is(folder: Path) -> None:
    (folder / "viewing.py").write_text(VIEWING)
    torch.save(nn.ModuleDict({"down": nn.Conv2d(3, 8, 4, 4), "up": nn.ConvTranspose2d(4, 3, 4,
    4)}).state_dict(),
               folder / "viewing.pt")  # fmt: skip
    model = open_tiny(folder / "viewing.pt", "viewing:Viewing")
    mu, _ = model.encode(np.random.default_rng(0).integers(0, 256, (3, 16, 16, 3), np.uint8))
    assert model.decode(mu).shape == (3, 16, 16, 3)
    images = np.random.default_rng(0).integers(0, 256, (3, 16, 16, 3), np.uint8)
    batch = torch.from_numpy(images / np.float32(255)).permute(0, 3, 1, 2).contiguous()
    with torch.inference_mode():
        expected = model.module.to(memory_format=torch.contiguous_format).encode(batch)[0]  # type: ignore[operator]
    np.testing.assert_allclose(mu, expected.numpy(), rtol=1e-4, atol=1e-5)


def test_a_device_that_is_not_there_is_said(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(
        InputError, match=r"compute\.device is 'cuda', but this machine has no such device"
    ):
        open_model(folder / "tiny.pt", "tiny_vae:TinyVAE", {}, None, (0.0, 1.0), folder, "cuda")
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert (
        open_model(
            folder / "tiny.pt", "tiny_vae:TinyVAE", {}, None, (0.0, 1.0), folder
        ).device.type
        == "cpu"
    )
