"""What every stage of a build may use."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from threading import Lock, local
from typing import TYPE_CHECKING

from featamp.errors import InputError

from ..inputs.config import Config
from ..inputs.preparing import open_steps
from .console import Console
from .files import changed_meanwhile
from .model_inputs import (
    GivenModel,
    ModelInputs,
    hash_weights,
    open_as_read,
    own_code,
    read_model_inputs,
)
from .processes.threads import free_memory, side_by_side
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
