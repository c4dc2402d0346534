"""What every stage of a build may use."""

from __future__ import annotations

import importlib.metadata
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING

from ..inputs.config import Config
from .console import Console
from .store import Store
from .workers import Workers

if TYPE_CHECKING:
    from featamp.io.model import TrainedVAE


@dataclass(frozen=True)
class GivenModel:
    """A network that is in memory already; `code` is a hash of the source of its classes."""

    vae: TrainedVAE
    code: str


@dataclass(frozen=True)
class Context:
    """What every stage may use; `model` opens the network on first use and keeps it.

    `given` takes the place of the network that the config names: its weights are those of the
    checkpoint.
    """

    config: Config
    store: Store
    console: Console
    workers: Workers
    given: GivenModel | None = None

    @cached_property
    def model(self) -> TrainedVAE:
        """The trained VAE, opened on first use: a rebuild that needs no network never imports
        torch.
        """
        if self.given is not None:
            return self.given.vae
        self.workers.prepare()
        return open_vae(self.config)


def open_vae(config: Config) -> TrainedVAE:
    """The VAE that a config names."""
    from featamp.io.model import open_model

    m = config.model
    device = config.compute.device
    return open_model(
        m.checkpoint, m.factory, m.kwargs, m.state_key, m.pixels, config.folder, device
    )


def versions(*packages: str) -> dict[str, str]:
    """Installed versions, read without importing the packages."""
    return {package: _version(package) for package in packages}


@cache
def _version(package: str) -> str:
    return importlib.metadata.version(package)
