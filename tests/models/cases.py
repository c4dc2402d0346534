"""Trained VAEs as people hold them: their code, what is written into report.toml, and what a call
by hand gives."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

Posterior = tuple[Tensor, Tensor | None]


@dataclass(frozen=True)
class Case:
    """One kind of network.

    Attributes
    ----------
    name : as the docs have it.
    source : the person's `user_vae.py`; "" where there is none.
    save : writes the checkpoint into a folder and gives the network.
    config : lines of [model].
    size : (height, width) of the images.
    grey : whether the network reads one channel.
    posterior, image : by hand, of images [batch, 1 or 3, height, width] in [0, 1] and of codes.
    told : what the person is told of it, in part.
    dims : how many dimensions come out.
    needs : a package that must be installed.
    """

    name: str
    source: str
    save: Callable[[Path, type[nn.Module] | None], nn.Module]
    config: str
    size: tuple[int, int]
    grey: bool
    posterior: Callable[[Any, Tensor], Posterior]
    image: Callable[[Any, Tensor], Tensor]
    told: str
    dims: int
    needs: str = ""


def save_weights(folder: Path, kind: type[nn.Module] | None) -> nn.Module:
    """A network of the person's class with random weights, saved as people save it."""
    assert kind is not None
    torch.manual_seed(0)
    network = kind().eval()
    torch.save({"state_dict": network.state_dict(), "epoch": 3}, folder / "vae.pt")
    return network


WRITTEN = 'checkpoint = "vae.pt"\nfactory = "user_vae:VAE"'
HEAD = "import torch\nfrom torch import nn\n\n\nclass VAE(nn.Module):\n"
LINEAR = """\
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Flatten(), nn.Linear(3 * 16 * 16, 12))
        self.decoder = nn.Sequential(nn.Linear(6, 3 * 16 * 16), nn.Sigmoid())
"""
BETWEEN = """\
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Conv2d(3, 8, 4, 4), nn.ReLU())
        self.to_mean, self.to_logvar = nn.Linear(128, 6), nn.Linear(128, 6)
        self.widen = nn.Linear(6, 128)
        self.decoder = nn.Sequential(nn.ConvTranspose2d(8, 3, 4, 4), nn.Sigmoid())
"""
CONVOLUTIONS = """\
    def __init__(self):
        super().__init__()
        self.down = nn.Conv2d(3, 8, 4, 4)
        self.up = nn.ConvTranspose2d(4, 3, 4, 4)

    def encode(self, x):
        return self.down(x).chunk(2, dim=1)

    def decode(self, z):
        return self.up(z).sigmoid()
"""


def halves(network: Any, x: Tensor) -> Posterior:  # noqa: ANN401
    """Mean and log-variance in one tensor of the part `encoder`."""
    mu, logvar = network.encoder(x).chunk(2, dim=1)
    return mu, logvar


def methods(network: Any, x: Tensor) -> Posterior:  # noqa: ANN401
    """What the method `encode` gives."""
    mu, logvar = network.encode(x)
    return mu, logvar


def unflat(image: Tensor, size: tuple[int, int]) -> Tensor:
    """A flat image in its shape."""
    return image.reshape(len(image), -1, *size)


def _torchscript(folder: Path, kind: type[nn.Module] | None) -> nn.Module:
    network = save_weights(folder, kind)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.script(network).save(folder / "vae.ts")  # type: ignore[no-untyped-call]
    return network


class _Side(nn.Module):
    def __init__(self, network: nn.Module, side: str) -> None:
        super().__init__()
        self.network, self.side = network, side

    def forward(self, batch: Tensor) -> object:
        return getattr(self.network, self.side)(batch)


def _exported(folder: Path, kind: type[nn.Module] | None) -> nn.Module:
    from torch.export.pt2_archive._package import package_pt2

    network = save_weights(folder, kind)
    batch = torch.export.Dim("batch")
    examples = {"encode": torch.zeros(2, 3, 16, 16), "decode": torch.zeros(2, 4, 4, 4)}
    programs = {
        side: torch.export.export(
            _Side(network, side).eval(), (example,), dynamic_shapes=({0: batch},)
        )
        for side, example in examples.items()
    }
    package_pt2(folder / "vae.pt2", exported_programs=programs)
    return network


def _pythae(folder: Path, kind: type[nn.Module] | None) -> nn.Module:
    models = importlib.import_module("pythae.models")
    torch.manual_seed(0)
    network: nn.Module = models.BetaVAE(
        models.BetaVAEConfig(input_dim=(1, 28, 28), latent_dim=6)
    ).eval()
    network.save(str(folder / "final_model"))  # type: ignore[operator]
    return network


def _diffusers(folder: Path, kind: type[nn.Module] | None) -> nn.Module:
    diffusers = importlib.import_module("diffusers")
    torch.manual_seed(0)
    network: nn.Module = diffusers.AutoencoderKL(
        block_out_channels=(8, 16),
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
        latent_channels=2,
        norm_num_groups=4,
    ).eval()
    network.save_pretrained(folder / "vae")  # type: ignore[operator]
    return network


def _diffusers_posterior(network: Any, x: Tensor) -> Posterior:  # noqa: ANN401
    found = network.encode(2 * x - 1).latent_dist
    return found.mean, found.logvar


def stacked(shape: str, posterior: str, told: str) -> Case:
    """A linear network that gives mean and log-variance in one tensor."""
    return Case(
        f"… of shape {shape}",
        HEAD
        + LINEAR
        + f"""
    def encode(self, x):
        return {posterior}

    def decode(self, z):
        return self.decoder(z)
""",
        save_weights,
        WRITTEN,
        (16, 16),
        False,
        halves,
        lambda network, z: unflat(network.decoder(z), (16, 16)),
        told,
        6,
    )


CASES = (
    Case(
        "methods `encode` and `decode`",
        HEAD + CONVOLUTIONS,
        save_weights,
        WRITTEN,
        (16, 16),
        False,
        methods,
        lambda network, z: network.decode(z),
        "its encode, its decode",
        64,
    ),
    Case(
        "the same for images that are not square",
        HEAD + CONVOLUTIONS,
        save_weights,
        WRITTEN,
        (20, 16),
        False,
        methods,
        lambda network, z: network.decode(z),
        "its encode, its decode",
        80,
    ),
    Case(
        "codes of shape [dim, 1, 1]",
        HEAD + CONVOLUTIONS.replace("3, 8, 4, 4", "3, 8, 16").replace("4, 3, 4, 4", "4, 3, 16"),
        save_weights,
        WRITTEN,
        (16, 16),
        False,
        methods,
        lambda network, z: network.decode(z),
        "its encode, its decode",
        4,
    ),
    Case(
        "parts `encoder` and `decoder` (disentangling-vae)",
        HEAD + LINEAR.replace("3 * 16 * 16, 12)", "3 * 16 * 16, 12), nn.Unflatten(1, (2, 6))")
        + "        self.encoder.register_forward_hook(lambda m, x, y: tuple(y.unbind(1)))\n",
        save_weights,
        WRITTEN,
        (16, 16),
        False,
        lambda network, x: network.encoder(x),
        lambda network, z: unflat(network.decoder(z), (16, 16)),
        "its encoder, its decoder",
        6,
    ),
    Case(
        "mu and logvar in one tensor, logits (Beta-VAE by 1Konny)",
        HEAD
        + LINEAR.replace(", nn.Sigmoid()", ", nn.Unflatten(1, (3, 16, 16))")
        + """
    def _encode(self, x):
        return self.encoder(x)

    def _decode(self, z):
        return self.decoder(z)
""",
        save_weights,
        WRITTEN,
        (16, 16),
        False,
        halves,
        lambda network, z: network.decoder(z).sigmoid(),
        "whose decoder writes logits",
        6,
    ),
    stacked(
        "[batch, dim, 2]",
        "torch.stack(self.encoder(x).chunk(2, 1), dim=-1)",
        "mean and log-variance from the last axis of one code",
    ),
    stacked(
        "[2, batch, dim]",
        "torch.stack(self.encoder(x).chunk(2, 1))",
        "mean and log-variance in one tensor",
    ),
    Case(
        "a network that holds the VAE, as one that trains it",
        HEAD.replace("VAE", "Inner")
        + CONVOLUTIONS
        + """

class VAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.vae, self.critic = Inner(), nn.Linear(4, 1)
""",
        save_weights,
        WRITTEN,
        (16, 16),
        False,
        lambda network, x: network.vae.encode(x),
        lambda network, z: network.vae.decode(z),
        "its part vae, Inner: its encode, its decode",
        64,
    ),
    Case(
        "784 numbers in and out (the MNIST example of PyTorch)",
        HEAD
        + """\
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(784, 40)
        self.fc21 = nn.Linear(40, 20)
        self.fc22 = nn.Linear(40, 20)
        self.fc3 = nn.Linear(20, 40)
        self.fc4 = nn.Linear(40, 784)

    def encode(self, x):
        h1 = self.fc1(x).relu()
        return self.fc21(h1), self.fc22(h1)

    def decode(self, z):
        return self.fc4(self.fc3(z).relu()).sigmoid()
""",
        save_weights,
        WRITTEN,
        (28, 28),
        True,
        lambda network, x: network.encode(x.flatten(1)),
        lambda network, z: unflat(network.decode(z), (28, 28)),
        "its encode",
        20,
    ),
    Case(
        "`fc_mu` and `fc_var` apart (Lightning)",
        HEAD
        + LINEAR
        + """\
        self.fc_mu, self.fc_var = nn.Linear(12, 6), nn.Linear(12, 6)
""",
        save_weights,
        WRITTEN,
        (16, 16),
        False,
        lambda network, x: (
            network.fc_mu(network.encoder(x)),
            network.fc_var(network.encoder(x)),
        ),
        lambda network, z: unflat(network.decoder(z), (16, 16)),
        "(features by fc_mu and fc_var)",
        6,
    ),
    Case(
        "`encode` that gives z alone",
        HEAD
        + LINEAR
        + """
    def encode(self, x):
        return self.encoder(x)[:, :6]

    def decode(self, z):
        return self.decoder(z)
""",
        save_weights,
        WRITTEN,
        (16, 16),
        False,
        lambda network, x: (network.encode(x), None),
        lambda network, z: unflat(network.decode(z), (16, 16)),
        "no log-variance",
        6,
    ),
    Case(
        "one channel",
        HEAD + CONVOLUTIONS.replace("(3, 8", "(1, 8").replace("(4, 3", "(4, 1"),
        save_weights,
        WRITTEN,
        (16, 16),
        True,
        methods,
        lambda network, z: network.decode(z),
        "its encode, its decode",
        64,
    ),
    Case(
        "functions in the class's file, here for a conditional model",
        HEAD
        + """\
    def __init__(self):
        super().__init__()
        self.encoder = nn.Linear(3 * 16 * 16 + 10, 12)
        self.decoder = nn.Linear(6 + 10, 3 * 16 * 16)


def classes(batch):
    one_hot = torch.zeros(len(batch), 10, device=batch.device)
    one_hot[:, 3] = 1  # every picture as a 3: what is left is how it is written
    return one_hot


def encode(model, images):
    return model.encoder(torch.cat([images.flatten(1), classes(images)], 1)).chunk(2, 1)


def decode(model, codes):
    flat = model.decoder(torch.cat([codes, classes(codes)], 1))
    return flat.sigmoid().view(-1, 3, 16, 16)
""",
        save_weights,
        WRITTEN,
        (16, 16),
        False,
        lambda network, x: network.encoder(
            torch.cat([x.flatten(1), torch.eye(10)[3].expand(len(x), -1)], 1)
        ).chunk(2, 1),
        lambda network, z: unflat(
            network.decoder(torch.cat([z, torch.eye(10)[3].expand(len(z), -1)], 1)).sigmoid(),
            (16, 16),
        ),
        "the function encode of user_vae, the function decode of user_vae",
        6,
    ),
    Case(
        "… and for layers between `encoder` and `decoder`",
        HEAD + BETWEEN + """

def encode(model, images):
    features = model.encoder(images).flatten(1)
    return model.to_mean(features), model.to_logvar(features)


def decode(model, codes):
    return model.decoder(model.widen(codes).view(-1, 8, 4, 4))
""",
        save_weights,
        WRITTEN,
        (16, 16),
        False,
        lambda network, x: (
            network.to_mean(network.encoder(x).flatten(1)),
            network.to_logvar(network.encoder(x).flatten(1)),
        ),
        lambda network, z: network.decoder(network.widen(z).view(-1, 8, 4, 4)),
        "the function encode of user_vae, the function decode of user_vae",
        6,
    ),
    Case(
        "a factory that loads its own weights",
        HEAD
        + CONVOLUTIONS
        + """

def load():
    from pathlib import Path

    model = VAE()
    state = torch.load(Path(__file__).with_name("vae.pt"), weights_only=True)
    model.load_state_dict(state["state_dict"])
    return model
""",
        save_weights,
        'factory = "user_vae:load"',
        (16, 16),
        False,
        methods,
        lambda network, z: network.decode(z),
        "its encode, its decode",
        64,
    ),
    Case(
        "a TorchScript archive",
        HEAD + CONVOLUTIONS.replace("    def encode", "    @torch.jit.export\n    def encode")
        .replace("    def decode", "    @torch.jit.export\n    def decode")
        .replace("return self.down(x).chunk(2, dim=1)", "a, b = self.down(x).chunk(2, dim=1)\n"
                 "        return a, b"),
        _torchscript,
        'checkpoint = "vae.ts"\nadapter = "program"',
        (16, 16),
        False,
        methods,
        lambda network, z: network.decode(z),
        "a TorchScript archive",
        64,
    ),
    Case(
        "exported programs (`.pt2`)",
        HEAD + CONVOLUTIONS,
        _exported,
        'checkpoint = "vae.pt2"\nadapter = "program"',
        (16, 16),
        False,
        methods,
        lambda network, z: network.decode(z),
        "an exported program",
        64,
    ),
    Case(
        "a folder of pythae's",
        "",
        _pythae,
        'checkpoint = "final_model"',
        (28, 28),
        True,
        lambda network, x: (
            network.encoder(x).embedding,
            network.encoder(x).log_covariance,
        ),
        lambda network, z: network.decoder(z).reconstruction,
        "BetaVAE of pythae",
        6,
        needs="pythae",
    ),
    Case(
        "a folder of diffusers' `AutoencoderKL`",
        "",
        _diffusers,
        'checkpoint = "vae"',
        (32, 32),
        False,
        _diffusers_posterior,
        lambda network, z: network.decode(z).sample / 2 + 0.5,
        "AutoencoderKL of diffusers (codes before its scaling_factor",
        512,
        needs="diffusers",
    ),
)  # fmt: skip
