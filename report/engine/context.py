"""What every stage of a build may use."""

from __future__ import annotations

import importlib.metadata
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ..inputs.config import Config
from .console import Console
from .files import changed_meanwhile, content_hash
from .hashing import factory_hash
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
    def model_inputs(self) -> dict[str, str | None]:
        """Hash of each thing that the network is made from, by its name: the weights, what stands
        beside them, and the person's own code.
        """
        return _hash_model_inputs(self.config, self.given)

    @cached_property
    def model(self) -> TrainedVAE:
        """The trained VAE, opened on first use: a rebuild that needs no network never imports
        torch.

        Raises
        ------
        InputError
            It cannot be opened, or is no longer the one that was hashed.
        """
        if self.given is not None:
            return self.given.vae
        expected = self.model_inputs
        self.workers.prepare()
        vae = open_vae(self.config)
        found = _hash_model_inputs(self.config, None)
        for name, content in expected.items():
            if found[name] != content:
                raise changed_meanwhile(name)
        return vae


def _hash_model_inputs(config: Config, given: GivenModel | None) -> dict[str, str | None]:
    """Read all of it, whatever its time stamps say: nothing else is as much in doubt while a
    training goes on.
    """
    checkpoint, factory = config.model.checkpoint, config.model.factory
    facts = checkpoint.with_suffix(".json")
    return {
        str(checkpoint): _hash(checkpoint),
        str(facts): _hash(facts),
        f"the code of {factory}": given.code if given else _factory_code(config),
    }


def _factory_code(config: Config) -> str | None:
    factory = config.model.factory
    return factory_hash(factory, config.folder) if factory else None


def _hash(path: Path) -> str | None:
    return content_hash(path) if path.is_file() else None


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
