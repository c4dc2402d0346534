"""Where a network runs, how arrays get there and back, and in which numbers it counts."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from featamp.errors import InputError

if TYPE_CHECKING:
    import torch
    from torch import Tensor

T = TypeVar("T")
IN_FLIGHT = 2
"""Pieces of work that an accelerator has before it while the result of one is taken."""
Fetch = Callable[[], NDArray[Any]]
"""Waits for an array that is on its way."""


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


class Lane:
    """The way of arrays to a device and back.

    On CUDA they go through pinned memory, which torch keeps and gives out again, and on streams of
    their own: what is copied in, computed and copied out overlaps, and no thread waits before it
    asks for a result. Elsewhere each step is done when it is asked for.
    """

    def __init__(self, device: torch.device) -> None:
        import torch

        self._device = device
        self._streams: tuple[torch.cuda.Stream, torch.cuda.Stream] | None = None
        if device.type == "cuda":
            new: Callable[..., torch.cuda.Stream] = torch.cuda.Stream
            self._streams = (new(device), new(device))

    def upload(self, array: NDArray[Any]) -> Tensor:
        """The array as a tensor on the device."""
        import torch

        tensor = torch.from_numpy(array)
        if self._streams is None:
            return tensor.to(self._device)
        computing = torch.cuda.current_stream(self._device)
        with torch.cuda.stream(self._streams[0]):
            moved = tensor.pin_memory().to(self._device, non_blocking=True)
        computing.wait_stream(self._streams[0])
        moved.record_stream(computing)
        return moved

    def download(self, tensor: Tensor) -> Fetch:
        """Have a tensor of the device come back."""
        import torch

        if self._streams is None:
            array = tensor.cpu().numpy()
            return lambda: array
        leaving = self._streams[1]
        tensor = tensor.contiguous()
        leaving.wait_stream(torch.cuda.current_stream(self._device))
        with torch.cuda.stream(leaving):
            host = torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=True)
            host.copy_(tensor, non_blocking=True)
            tensor.record_stream(leaving)
            arrived = leaving.record_event()

        def fetch() -> NDArray[Any]:
            arrived.synchronize()
            return np.asarray(host.numpy())

        return fetch


def ahead(begun: Iterable[T], count: int = IN_FLIGHT) -> Iterator[T]:
    """What is begun by being drawn, each given out after the next `count` are drawn; where one
    cannot be begun, those before it come first.
    """
    waiting: deque[T] = deque()
    failure: BaseException | None = None
    try:
        for work in begun:
            waiting.append(work)
            if len(waiting) > count:
                yield waiting.popleft()
    except (Exception, KeyboardInterrupt) as error:
        failure = error
    yield from waiting
    if failure:
        raise failure


_COUNTING = Lock()
_inside = 0
_before: list[Any] = []


@contextmanager
def full_precision() -> Iterator[None]:
    """Have networks on CUDA count in float32 throughout, and in one order; what was set holds
    again when the last thread has left.

    TF32, which torch uses for convolutions unless it is told otherwise, moves codes by up to .013
    standard deviations and pixels by .3 of 255; bfloat16 by .39 and 4.6 (docs/gpu.md).
    """
    global _inside
    with _COUNTING:
        if not _inside:
            _before[:] = _set_precision(["ieee", "ieee", "ieee", True, False])
        _inside += 1
    try:
        yield
    finally:
        with _COUNTING:
            _inside -= 1
            if not _inside:
                _set_precision(_before)


def _set_precision(wanted: list[Any]) -> list[Any]:
    """Set how CUDA counts; how it did before."""
    from torch import backends

    cudnn: Any = backends.cudnn
    places = (
        (backends.cuda.matmul, "fp32_precision"),
        (cudnn.conv, "fp32_precision"),
        (cudnn.rnn, "fp32_precision"),
        (cudnn, "deterministic"),
        (cudnn, "benchmark"),
    )
    found = [getattr(place, name) for place, name in places]
    for (place, name), value in zip(places, wanted, strict=True):
        setattr(place, name, value)
    return found
