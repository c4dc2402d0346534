"""Opening any trained VAE: every form of network and checkpoint, and a sentence for those that
cannot be used."""

from __future__ import annotations

import argparse
import io
import pickle
import sys
import zipfile
from collections import namedtuple
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.distributions import Independent, Normal

from featamp.errors import InputError
from featamp.io.model import TrainedVAE, open_model
from tests.conftest import tiny_vae

Pair = namedtuple("Pair", ["logvar", "mu"])  # a student's, in an order of its own


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
    "(z, mu, logvar) with z = mu": lambda mu, logvar: (mu, mu, logvar),
    "(mu, logvar, z) with z = mu": lambda mu, logvar: (mu, logvar, mu),
    "(mu, logvar, std)": lambda mu, logvar: (mu, logvar, (logvar / 2).exp()),
    "(mu, logvar, features)": lambda mu, logvar: (mu, logvar, mu[:, :1], None),
    "a Normal": lambda mu, logvar: Normal(mu, (logvar / 2).exp()),
    "an independent Normal": lambda mu, logvar: Independent(Normal(mu, (logvar / 2).exp()), 1),
    "a named tuple": lambda mu, logvar: Pair(logvar=logvar, mu=mu),
    "an object": lambda mu, logvar: SimpleNamespace(mu=mu, logvar=logvar),
    "an object with sigma": lambda mu, logvar: SimpleNamespace(mean=mu, sigma=(logvar / 2).exp()),
    "a dict": lambda mu, logvar: {"z": noisy(mu, logvar), "mu": mu, "log_var": logvar},
    "diffusers' object": lambda mu, logvar: SimpleNamespace(
        latent_dist=SimpleNamespace(mean=mu, logvar=logvar)
    ),
    "[batch, dim, 1, 1]": lambda mu, logvar: (mu[:, :, None, None], logvar[:, :, None, None]),
}


@pytest.mark.parametrize("form", POSTERIORS)
def test_every_form_of_posterior_is_read_right(form: str, images: NDArray[np.uint8]) -> None:
    torch.manual_seed(0)
    mu, logvar = wrap(Network(POSTERIORS[form])).encode(images)
    expected = parts(torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255)
    assert mu.shape == logvar.shape == (5, 4)
    np.testing.assert_allclose(mu, expected[0].numpy(), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(logvar, expected[1].numpy(), rtol=1e-4, atol=1e-5)


def test_an_untrained_head_of_zeros_is_not_taken_for_a_sample(images: NDArray[np.uint8]) -> None:
    zeros = wrap(Network(lambda mu, logvar: (mu * 0, logvar * 0, noisy(mu * 0, logvar * 0))))
    np.testing.assert_array_equal(np.stack(zeros.encode(images)), 0.0)


@pytest.mark.parametrize(
    "found", [torch.zeros(5, 4), None, (torch.zeros(5, 4),), {"mu": torch.zeros(5, 4)}, "text"]
)
def test_what_is_no_posterior_is_described(found: object, images: NDArray[np.uint8]) -> None:
    with pytest.raises(InputError, match=r"encode returns an? .*, expected \(mu, logvar\)"):
        wrap(Network(lambda mu, logvar: found)).encode(images)


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
    monkeypatch.setattr("featamp.io.model.DECODE_BATCH", 3)
    codes = np.random.default_rng(0).random((7, 4)).astype(np.float32)
    frames = wrap(Network(image=IMAGES[form])).decode(codes)
    expected = np.tile(codes, (1, 3)).reshape(-1, 3, 2, 2).transpose(0, 2, 3, 1)
    np.testing.assert_allclose(frames, expected, rtol=1e-6)


@pytest.mark.parametrize(
    "found", [None, torch.zeros(2, 3), torch.zeros(2, 1, 4, 4), (), {"loss": 1.0}]
)
def test_what_is_no_image_is_described(found: object) -> None:
    with pytest.raises(InputError, match=r"decode returns a .*, expected an image batch"):
        wrap(Network(image=lambda image: found)).decode(np.zeros((2, 4), np.float32))


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

    with pytest.raises(
        InputError, match=r"Network\.encode fails on a batch of shape 5x3x2x2: mat1 and mat2"
    ):
        wrap(Network(fail)).encode(images)


# ---- checkpoints


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder with the tiny VAE; modules that factories imported are forgotten afterwards."""
    known = set(sys.modules)
    tiny_vae(tmp_path)
    yield tmp_path
    for name in set(sys.modules) - known:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]


def weights(folder: Path) -> dict[str, Tensor]:
    state: dict[str, Tensor] = torch.load(folder / "tiny.pt", weights_only=True)[
        "model_state_dict"
    ]
    return state


def open_tiny(
    checkpoint: Path,
    factory: str = "tiny_vae:TinyVAE",
    state_key: str | None = None,
    **kwargs: object,
) -> TrainedVAE:
    return open_model(checkpoint, factory, kwargs, state_key, (0.0, 1.0), checkpoint.parent, "cpu")


def prefixed(prefix: str) -> Callable[[dict[str, Tensor]], dict[str, Any]]:
    return lambda state: {f"{prefix}{name}": value for name, value in state.items()}


CHECKPOINTS: dict[str, Callable[[dict[str, Tensor]], dict[str, Any]]] = {
    "at the top": lambda state: state,
    "model_state_dict": lambda state: {
        "model_state_dict": state,
        "optimizer": {"lr": 0.1},
        "epoch": 3,
    },
    "state_dict": lambda state: {"state_dict": state},
    "model": lambda state: {"model": state, "args": ["a"]},
    "module.": prefixed("module."),
    "_orig_mod.": prefixed("_orig_mod."),
    "both prefixes": lambda state: {"state_dict": prefixed("module._orig_mod.")(state)},
    "the other way round": prefixed("_orig_mod.module."),
}


@pytest.mark.parametrize("suffix", [".pt", ".pth"])
@pytest.mark.parametrize("form", CHECKPOINTS)
def test_every_form_of_checkpoint_is_read(form: str, suffix: str, folder: Path) -> None:
    state = weights(folder)
    torch.save(CHECKPOINTS[form](state), folder / f"other{suffix}")
    model = open_tiny(folder / f"other{suffix}")
    for name, value in model.module.state_dict().items():
        torch.testing.assert_close(value, state[name])
    assert not model.module.training


def test_safetensors_are_read(folder: Path) -> None:
    state = weights(folder)
    save_file(prefixed("_orig_mod.")(state), folder / "other.safetensors")
    opened = open_tiny(folder / "other.safetensors").module.state_dict()
    torch.testing.assert_close(opened["image.bias"], state["image.bias"])


def test_state_key_names_the_one_among_several(folder: Path) -> None:
    state = weights(folder)
    ema = {name: value + 1 for name, value in state.items()}
    torch.save({"model": state, "ema": ema, "epoch": 12, "note": "run 7"}, folder / "both.pt")
    model = open_tiny(folder / "both.pt", state_key="ema")
    torch.testing.assert_close(model.module.state_dict()["image.bias"], ema["image.bias"])
    assert model.facts == {"epoch": 12, "note": "run 7"}
    for key in ("emma", "epoch"):
        with pytest.raises(
            InputError,
            match=rf"both.pt: no state dict under '{key}' .*found: model, ema, epoch, note",
        ):
            open_tiny(folder / "both.pt", state_key=key)


def test_keys_that_do_not_fit_are_named(folder: Path) -> None:
    state = weights(folder)
    state["decoder.weight"] = state.pop("image.weight")
    state["posterior.bias"] = torch.zeros(5)
    torch.save(state, folder / "misfit.pt")
    with pytest.raises(InputError) as error:
        open_tiny(folder / "misfit.pt")
    message = str(error.value)
    assert "misfit.pt does not fit TinyVAE" in message
    assert "1 missing key (image.weight)" in message
    assert "1 unexpected key (decoder.weight)" in message
    assert "posterior.bias is 5, the model has 16" in message


def test_a_wrong_latent_size_is_told_by_its_shapes(folder: Path) -> None:
    with pytest.raises(
        InputError, match=r"wrong shapes .*image.weight is 768x8, the model has 768x9"
    ):
        open_tiny(folder / "tiny.pt", latent_dim=9)


def test_a_checkpoint_that_carries_code_is_refused_and_runs_nothing(folder: Path) -> None:
    class Intruder:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return Path.touch, (folder / "was-here",)  # type: ignore[return-value]

    torch.save({"model": weights(folder), "extra": Intruder()}, folder / "evil.pt")
    with pytest.raises(InputError, match=r"evil\.pt: not a checkpoint that can be read"):
        open_tiny(folder / "evil.pt")
    assert not (folder / "was-here").exists()
    torch.load(folder / "evil.pt", weights_only=False)
    assert (folder / "was-here").exists(), "the code in it would have run"


def test_a_whole_pickled_network_is_refused(folder: Path) -> None:
    torch.save(nn.Linear(2, 2), folder / "module.pt")
    with pytest.raises(InputError, match="expected a state dict saved by"):
        open_tiny(folder / "module.pt")


def picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize(
    "content", [b"", b"weights\n" * 50, picture()], ids=["empty", "text", "picture"]
)
@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
def test_a_file_that_is_no_checkpoint_is_named(content: bytes, suffix: str, folder: Path) -> None:
    path = folder / f"other{suffix}"
    path.write_bytes(content)
    with pytest.raises(
        InputError, match=f"other{suffix}: not a checkpoint that can be read"
    ) as error:
        open_tiny(path)
    assert "\n" not in str(error.value)


def test_a_truncated_or_missing_or_other_checkpoint_is_named(folder: Path) -> None:
    content = (folder / "tiny.pt").read_bytes()
    (folder / "short.pt").write_bytes(content[: len(content) // 2])
    torch.save([1, 2], folder / "list.pt")
    (folder / "folder.pt").mkdir()
    torch.save({"epoch": 3, "history": {"loss": [1.0]}}, folder / "empty.pt")
    torch.save({0: torch.zeros(2)}, folder / "numbers.pt")
    for name, message in {
        "short.pt": "not a checkpoint that can be read",
        "nothing.pt": "no such file",
        "folder.pt": "is a folder",
        "list.pt": "holds a list, expected a state dict",
        "empty.pt": "no state dict in it.*found: epoch, history",
        "numbers.pt": r"unexpected key \(0\)",
    }.items():
        with pytest.raises(InputError, match=f"{name}.*{message}"):
            open_tiny(folder / name)


# ---- factories

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


def test_a_function_may_be_the_factory(folder: Path) -> None:
    (folder / "make.py").write_text(
        "from tiny_vae import TinyVAE\n\ndef make(size):\n    return TinyVAE(8, size)\n"
    )
    assert type(open_tiny(folder / "tiny.pt", "make:make", size=16).module).__name__ == "TinyVAE"


def test_without_a_factory_it_is_the_reference_network(tmp_path: Path) -> None:
    from featamp.demo.vae import VAE

    torch.save(VAE(latent_dim=3, image_size=16).state_dict(), tmp_path / "vae.pt")
    model = open_model(
        tmp_path / "vae.pt",
        None,
        {"latent_dim": 3, "image_size": 16},
        None,
        (0.0, 1.0),
        tmp_path,
        "cpu",
    )
    assert model.decode(np.zeros((2, 3), np.float32)).shape == (2, 16, 16, 3)


FACTORIES = {
    "tiny_vae": 'expected "module:name"',
    ":TinyVAE": 'expected "module:name"',
    "tiny_vae:": 'expected "module:name"',
    "no_such_module_here:VAE": "no_such_module_here cannot be imported .*ModuleNotFoundError",
    "user:VAE": "user has no 'VAE'; it has .*TinyVAE, broken, number, headless, leave",
    "user:count": "user has no 'count'",
    "user:broken": "'user:broken' raises ZeroDivisionError: division by zero",
    "user:number": "returns an int, expected a torch.nn.Module",
    "user:headless": "Linear has no method 'encode'",
    "user:leave": "'user:leave' raises SystemExit: 3",
    "report:VAE": "report is a name of featamp's own; give the file another",
    "tests.nets:VAE": "tests.nets is a name of featamp's own",
    "syntax:VAE": "syntax cannot be imported .*SyntaxError",
    "script:VAE": "script cannot be imported .*SystemExit",
}
USER = """
from torch.nn import Linear as _Linear, Module
from tiny_vae import TinyVAE
count = 3
def broken(): return 1 / 0
def number(): return 3
def headless(): return _Linear(2, 2)
def leave(): import sys; sys.exit(3)
"""


@pytest.mark.parametrize("factory", FACTORIES)
def test_a_factory_that_cannot_be_used_is_named(factory: str, folder: Path) -> None:
    (folder / "user.py").write_text(USER)
    (folder / "syntax.py").write_text("def VAE(:\n")
    (folder / "script.py").write_text("import sys\nsys.exit(2)\n")
    (folder / "report.py").write_text("from tiny_vae import TinyVAE as VAE\n")
    path = list(sys.path)
    with pytest.raises(InputError, match=FACTORIES[factory]) as error:
        open_tiny(folder / "tiny.pt", factory)
    assert factory in str(error.value)
    assert sys.path == path


def test_wrong_arguments_are_named(folder: Path) -> None:
    with pytest.raises(
        InputError, match=r"raises TypeError: .*latent_size.*called with model.kwargs"
    ):
        open_tiny(folder / "tiny.pt", latent_size=8)


def test_two_folders_with_a_module_of_the_same_name_do_not_mix(folder: Path) -> None:
    other = folder / "other"
    tiny_vae(other)
    text = (other / "tiny_vae.py").read_text()
    (other / "tiny_vae.py").write_text(
        text.replace("class TinyVAE", "HERE = 'other'\n\nclass TinyVAE")
    )
    for place in (folder, other, folder):
        module = open_tiny(place / "tiny.pt").module
        assert ("HERE" in vars(sys.modules["tiny_vae"])) == (place == other)
        assert module.encode.__code__.co_filename == str(place / "tiny_vae.py")  # type: ignore[union-attr]


def test_a_module_in_a_package_beside_the_config_is_found(folder: Path) -> None:
    (folder / "nets_of_mine").mkdir()
    (folder / "tiny_vae.py").rename(folder / "nets_of_mine/vae.py")
    assert open_tiny(folder / "tiny.pt", "nets_of_mine.vae:TinyVAE").facts == {"epoch": 3}


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


def test_numpys_numbers_beside_the_weights_are_read(folder: Path) -> None:
    beside = {
        "val_loss": np.float64(0.25),
        "kl": np.float32(0.5),
        "epoch": np.int64(7),
        "done": np.bool_(True),
        "history": np.arange(3.0),
        "names": np.array(["a", "b"]),
    }
    torch.save({"model_state_dict": weights(folder), **beside}, folder / "numbers.pt")
    facts = open_tiny(folder / "numbers.pt").facts
    assert facts == {"val_loss": 0.25, "kl": 0.5, "epoch": 7, "done": True}
    assert {type(value) for value in facts.values()} == {float, int, bool}


def test_numbers_of_numpy_1_are_read(folder: Path) -> None:
    torch.save({"model_state_dict": weights(folder), "loss": np.float64(0.25)}, folder / "new.pt")
    with zipfile.ZipFile(folder / "new.pt") as new, zipfile.ZipFile(folder / "old.pt", "w") as old:
        for name in new.namelist():
            old.writestr(
                name, new.read(name).replace(b"numpy._core.multiarray", b"numpy.core.multiarray")
            )
    assert open_tiny(folder / "old.pt").facts == {"loss": 0.25}


@pytest.mark.parametrize(
    ("beside", "name"),
    [
        (argparse.Namespace(lr=0.1), "argparse.Namespace"),
        (nn.Linear(2, 2), "torch.nn.modules.linear.Linear"),
        (np.array([argparse.Namespace()], object), "numpy.dtypes.ObjectDType"),
    ],
)
def test_what_cannot_be_loaded_without_its_code_is_named(
    beside: object, name: str, folder: Path
) -> None:
    torch.save({"model_state_dict": weights(folder), "beside": beside}, folder / "own.pt")
    with pytest.raises(InputError) as error:
        open_tiny(folder / "own.pt")
    assert f"own.pt: not a checkpoint that can be read (it holds {name}, which cannot be" in str(
        error.value
    )
    assert "torch.save({'model_state_dict': model.state_dict()}, ...)" in str(error.value)
    assert "\n" not in str(error.value) and "\x1b" not in str(error.value)


def test_numpys_makers_run_nothing_that_a_file_brings(folder: Path) -> None:
    class Intruder:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return Path.touch, (folder / "was-here",)  # type: ignore[return-value]

    inside = pickle.dumps(Intruder())
    make_number = np.float64(0).__reduce__()[0]
    for args in (
        (np.dtype("O"), inside),
        (np.dtype("O"), Intruder()),
        (np.dtype([("a", "O")]), inside),
    ):
        crafted = type(
            "Crafted", (), {"__reduce__": lambda self, args=args: (make_number, args)}
        )()
        torch.save({"model_state_dict": weights(folder), "x": crafted}, folder / "evil.pt")
        with suppress(InputError):  # an object's own bytes may come back as bytes
            open_tiny(folder / "evil.pt")
        assert not (folder / "was-here").exists()
    pickle.loads(inside)
    assert (folder / "was-here").exists(), "the code in it would have run"
