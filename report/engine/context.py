"""What every stage of a build may use."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import cache, cached_property
from threading import Lock, local
from typing import TYPE_CHECKING

from featamp.errors import InputError
from featamp.io.checkpoint import checkpoint_files

from ..inputs.config import Config
from ..inputs.preparing import open_steps
from .console import Console
from .files import Stamp, changed_meanwhile, content_hash, file_stamp, written
from .hashing import digest, factory_hash
from .processes.threads import free_memory, side_by_side, use_one_thread
from .processes.workers import Workers
from .store import Store

if TYPE_CHECKING:
    from featamp.io.files.steps import Steps
    from featamp.io.network.model import TrainedVAE


_OPENING = Lock()
"""Held while a person's module is imported."""
IN_WORK = 250_000_000
"""Bytes that frames in work take where nobody asks for others: with the libraries, of which torch
alone takes twice as much, less than a gigabyte."""
MARK = 12
"""Letters of the mark of a model."""
LIBRARIES = ("diffusers", "pythae")
"""Packages whose networks are opened from a folder of theirs, where they are installed."""


@dataclass(frozen=True)
class GivenModel:
    """A network that is in memory already; `code` is a hash of the source of its classes."""

    vae: TrainedVAE
    code: str


@dataclass(frozen=True)
class Context:
    """What every stage may use; `model` opens the network on first use and keeps it.

    `given` takes the place of the network that the config names: its weights are those of the
    checkpoint. `_own` is what each thread has for itself, `_alone` for those that have to share.
    """

    config: Config
    store: Store
    console: Console
    workers: Workers
    given: GivenModel | None = None
    _own: local = field(default_factory=local, init=False, repr=False, compare=False)
    _alone: Lock = field(default_factory=Lock, init=False, repr=False, compare=False)

    @contextmanager
    def told(self) -> Iterator[None]:
        """Have an error of what a person gave say which of several models it is about."""
        try:
            yield
        except InputError as error:
            name = self.config.name
            raise InputError(f"models.{name}: {error}" if name else str(error)) from None

    @cached_property
    def read(self) -> ModelInputs:
        """What the network and its images are made from, as it was when it was first asked for."""
        return read_model_inputs(self.config, self.given, self.store)

    @property
    def model_inputs(self) -> dict[str, str | None]:
        """Hash of each thing that the network and its images are made from, by its name: the
        weights, what stands beside them, and the person's own code.
        """
        return self.read.hashes

    @cached_property
    def weights(self) -> str:
        """Hash of the network's weights, as `hash_weights` gives it."""
        if self.config.model.checkpoint is not None:
            return hash_weights(self.config, self.model_inputs, lambda: self.model)
        return self.store.find(
            f"weights of {self.config.name}",
            lambda: hash_weights(self.config, self.model_inputs, lambda: self.model),
        )

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
        expected = self.read
        self.workers.prepare()
        return open_as_read(self.config, expected, self.store)

    @contextmanager
    def own_model(self) -> Iterator[TrainedVAE]:
        """The network, for this thread alone: a copy, or the one that there is while the others
        wait. Before threads copy it, it has been called both ways, which settles its layout.
        """
        if not hasattr(self._own, "model"):
            self._own.model = self.model.copied()
        if self._own.model is not None:
            yield self._own.model
        else:
            with self._alone:
                yield self.model

    @cached_property
    def memory(self) -> int:
        """Bytes that frames in work may take: what the config says, else `IN_WORK`, or a quarter
        of what is free where that is less.
        """
        asked, free = self.config.compute.memory, free_memory()
        if asked is not None:
            return asked * 1_000_000
        return IN_WORK if free is None else min(IN_WORK, free // 4)

    def side_by_side(self, tasks: int, each: int) -> AbstractContextManager[Executor]:
        """Threads for so many tasks of so many bytes each: as many as `memory` holds, and one at
        least.
        """
        return side_by_side(min(tasks, self.memory // each))

    @property
    def steps(self) -> Steps:
        """What is done to the pixels of each image file.

        Raises
        ------
        InputError
            A person's function cannot be imported, or is no longer the one that was hashed.
        """
        config, name = self.config, self.config.data.function
        with _OPENING:  # threads ask for them, and each import takes the module out of the last
            expected = self.model_inputs
            steps = open_steps(config)
            code = f"the code of {name}"
            if name and own_code(config, name, self.store) != expected[code]:
                raise changed_meanwhile(code)
            self.store.note_modules()
        return steps


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


def find_version(package: str) -> str | None:
    """Installed version of a package that need not be there."""
    try:
        return _version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def versions(*packages: str) -> dict[str, str]:
    """Installed versions, read without importing the packages."""
    return {package: _version(package) for package in packages}


@cache
def _version(package: str) -> str:
    return importlib.metadata.version(package)
