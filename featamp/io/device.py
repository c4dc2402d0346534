"""Where a network runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from featamp.errors import InputError

if TYPE_CHECKING:
    import torch


def pick_device(name: str) -> torch.device:
    """The device called `name`; "auto" is the best one present. InputError where it is not
    present.
    """
    import torch

    present = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if name == "auto":
        return torch.device(next(device for device, there in present.items() if there))
    if not present.get(name, False):
        raise InputError(
            f"compute.device is {name!r}, but this machine has no such device (use 'auto' or"
            f" 'cpu')"
        )
    return torch.device(name)
