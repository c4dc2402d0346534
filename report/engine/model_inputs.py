"""What a network is made from, and opening it: weights, what stands beside them, the person's own
code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from featamp.io.checkpoint import checkpoint_files

from ..inputs.config import Config
from .files import Stamp, changed_meanwhile, content_hash, file_stamp, written
from .hashing import digest, factory_hash, find_version
from .processes.threads import use_one_thread
from .store import Store

if TYPE_CHECKING:
    from featamp.io.network.model import TrainedVAE

MARK = 12
"""Letters of the mark of a model."""
LIBRARIES = ("diffusers", "pythae")
"""Packages whose networks are opened from a folder of theirs, where they are installed."""


@dataclass(frozen=True)
class GivenModel:
    """A network that is in memory already; `code` is a hash of the source of what it runs."""

    vae: TrainedVAE
    code: str


@dataclass(frozen=True)
class ModelInputs:
    """Hash of each thing that a network and its images are made from, by its name, and when the
    files among them were written.
    """

    hashes: dict[str, str | None]
    written: dict[str, Stamp]

    def require(self, found: ModelInputs) -> None:
        """Raise InputError where these are not the same ones, not written since."""
        for name, content in self.hashes.items():
            if found.hashes[name] != content or found.written.get(name) != self.written.get(name):
                raise changed_meanwhile(name)


def open_as_read(config: Config, expected: ModelInputs, store: Store) -> TrainedVAE:
    """The VAE that a config names; what is run for it is noted in the store.

    Raises
    ------
    InputError
        It cannot be opened, or is no longer the one that was hashed.
    """
    vae = open_vae(config)
    use_one_thread()
    expected.require(read_model_inputs(config, None, store))
    store.note_modules()
    return vae


def read_model_inputs(config: Config, given: GivenModel | None, store: Store) -> ModelInputs:
    """Read all of it, whatever its time stamps say: nothing else is as much in doubt while a
    training goes on.
    """
    hashes, stamps = read_weights(config)
    model, prepared = config.model, config.data.function
    own = (prepared,) if given else (model.factory, model.adapter, prepared)
    code = {f"the code of {name}": own_code(config, name, store) for name in own if name}
    if given:
        code[f"the code of {model.factory}"] = given.code
    else:
        code |= {name: find_version(name) for name in LIBRARIES}
    return ModelInputs({**hashes, **code}, stamps)


def read_weights(config: Config) -> tuple[dict[str, str | None], dict[str, Stamp]]:
    """Hash of each file of the checkpoint and beside it, and when it was written, by its name."""
    hashes: dict[str, str | None] = {}
    stamps: dict[str, Stamp] = {}
    if (checkpoint := config.model.checkpoint) is not None:
        facts = checkpoint.with_suffix(".json")
        hashes[str(facts)] = None
        for path in (*checkpoint_files(checkpoint), *([facts] if facts.is_file() else ())):
            stamps[str(path)] = written(file_stamp(path))
            hashes[str(path)] = content_hash(path)
    return hashes, stamps


def own_code(config: Config, name: str, store: Store) -> str | None:
    """Hash of the code of a "module:name" of the person's: of what its imports tell, and of what
    else was run of theirs, whichever name it was for, where that is no longer as it was.
    """
    code, edited = factory_hash(name, config.folder), store.edited_modules()
    return digest(code, edited) if edited else code


def hash_weights(
    config: Config, hashes: Mapping[str, str | None], opened: Callable[[], TrainedVAE]
) -> str:
    """Hash of the checkpoint; of the network's own weights where its factory loads them from a
    place that it alone knows.

    Parameters
    ----------
    hashes : of what the network is made from.
    opened : gives the network, which is asked for where there is no checkpoint.
    """
    checkpoint = config.model.checkpoint
    if checkpoint is None:
        from featamp.io.weights import weights_hash

        return weights_hash(opened().module)
    parts = [hashes[str(path)] for path in checkpoint_files(checkpoint)]
    return str(parts[0]) if len(parts) == 1 else digest(parts)


def mark_of(config: Config, weights: str, dims: int) -> str:
    """What tells a model from another: notes are written for it."""
    model = config.model
    return digest([weights, model.factory, model.adapter, model.kwargs, dims])[:MARK]


def open_vae(config: Config) -> TrainedVAE:
    """The VAE that a config names."""
    from featamp.io.network.forms import Normal
    from featamp.io.network.opening import open_model

    m, data = config.model, config.data
    return open_model(
        m.checkpoint,
        m.factory,
        m.kwargs,
        m.state_key,
        m.pixels,
        config.folder,
        config.compute.device,
        adapter=m.adapter,
        ignore_keys=m.ignore_keys,
        size=data.size,
        encode_samples=m.encode_samples,
        normal=Normal(data.mean, data.std) if data.std else None,
    )
