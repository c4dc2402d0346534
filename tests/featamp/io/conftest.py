"""A folder with the tiny VAE, and how to open what lies in it."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from featamp.io.network.model import TrainedVAE
from featamp.io.network.opening import open_model
from tests.conftest import tiny_vae


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder with the tiny VAE; modules that factories imported are forgotten afterwards."""
    known = set(sys.modules)
    tiny_vae(tmp_path)
    yield tmp_path
    for name in set(sys.modules) - known:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.fixture
def there(tmp_path: Path) -> Path:
    """An empty folder, to unpack into."""
    folder = tmp_path / "there"
    folder.mkdir()
    return folder


def picture(number: int, kind: str = "PNG") -> bytes:
    """An image file of which every value is `number`."""
    content = io.BytesIO()
    Image.fromarray(np.full((12, 12, 3), number, np.uint8)).save(content, kind)
    return content.getvalue()


def weights(folder: Path) -> dict[str, Tensor]:
    state: dict[str, Tensor] = torch.load(folder / "tiny.pt", weights_only=True)[
        "model_state_dict"
    ]
    return state


def open_tiny(
    checkpoint: Path,
    factory: str = "tiny_vae:TinyVAE",
    state_key: str | None = None,
    ignore_keys: tuple[str, ...] = (),
    **kwargs: object,
) -> TrainedVAE:
    """Open a checkpoint with the tiny VAE's class, or another."""
    return open_model(
        checkpoint,
        factory,
        kwargs,
        state_key,
        (0.0, 1.0),
        checkpoint.parent,
        "cpu",
        ignore_keys=ignore_keys,
    )
