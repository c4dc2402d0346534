"""Decoding by the model itself, for a page Live whose decoder a browser cannot run."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from werkzeug.exceptions import BadRequest, Conflict, ServiceUnavailable

from ...engine.console import Console
from ...engine.context import Context
from ...engine.processes.workers import Workers
from ...engine.store import STORE, Store
from ...inputs.config import load_configs

if TYPE_CHECKING:
    from featamp.io.network.model import TrainedVAE

MOST = 64
"""Codes decoded in one request."""
PATIENCE = 20.0
"""Seconds that a request waits for those before it."""
NUMBER = np.dtype("<f4")


@dataclass
class LiveDecoder:
    """Opens the models of a config when they are first asked for, and decodes one request at a
    time.
    """

    config: Path
    _busy: threading.Lock = field(default_factory=threading.Lock)
    _opened: dict[str, tuple[str, TrainedVAE]] = field(default_factory=dict)

    def decode(self, name: str, checkpoint: str, dims: int, content: bytes) -> bytes:
        """The pixels of codes, [code, height, width, 3] in [0, 1], one float32 after another.

        Parameters
        ----------
        name : of the model, "" for the only one.
        checkpoint : hash of the weights that the site was built from.
        content : codes [code, dim], raw units, as float32, little-endian.

        Raises
        ------
        HTTPException
            These are no such codes, the weights are others by now, or too much is asked at once.
        InputError
            The model cannot be opened, or cannot decode them.
        """
        codes = _codes(content, dims)
        with self._alone():
            pixels = self._model(name, checkpoint).decode(codes)
        return np.ascontiguousarray(pixels, NUMBER).tobytes()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if not self._busy.acquire(timeout=PATIENCE):
            raise ServiceUnavailable("others are being decoded; try again")
        try:
            yield
        finally:
            self._busy.release()

    def _model(self, name: str, checkpoint: str) -> TrainedVAE:
        known, vae = self._opened.get(name, ("", None))
        if vae is None or known != checkpoint:
            vae = self._open(name, checkpoint)
            self._opened[name] = checkpoint, vae
        return vae

    def _open(self, name: str, checkpoint: str) -> TrainedVAE:
        config = next(one for one in load_configs(self.config) if one.name == name)
        # on the CPU, where it disturbs no build; nothing is drawn, so no process is started
        config = replace(config, compute=replace(config.compute, device="cpu"))
        store, console = Store(config.folder / STORE), Console(StringIO())
        context = Context(config, store, console, Workers(apart=False))
        if context.weights != checkpoint:
            raise Conflict("the model is another than the one of this report; build again")
        return context.model


def _codes(content: bytes, dims: int) -> NDArray[Any]:
    """[code, dim] of what a request brings."""
    row = NUMBER.itemsize * dims
    if len(content) % row or not 0 < len(content) // row <= MOST:
        raise BadRequest(
            f"{len(content)} bytes came, expected 1 to {MOST} codes of {dims} numbers of"
            f" {NUMBER.itemsize} bytes"
        )
    codes = np.frombuffer(content, NUMBER).reshape(-1, dims).astype(np.float32)
    if not np.isfinite(codes).all():
        raise BadRequest("a code holds what is no number")
    return codes
