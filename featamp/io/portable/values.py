"""Whether a network has Python decide by values: a graph of it would hold one decision for all."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import torch
from torch import Tensor
from torch.multiprocessing.reductions import StorageWeakRef
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

READS = {
    "__array__", "__bool__", "__complex__", "__contains__", "__float__", "__index__", "__int__",
    "allclose", "equal", "is_nonzero", "item", "numpy", "tolist",
}  # fmt: skip
"""What gives Python the values of a tensor; its shape is no value."""
LIBRARY = str(Path(torch.__file__).parent)


def find_reads(network: Callable[[Tensor], object], given: Tensor) -> list[str]:
    """Where a network has Python read values that depend on what it is given: "vae.py line 12",
    in the order in which it does.

    Parameters
    ----------
    network : called with `given` once; what it raises is raised.
    """
    following = _Following(given)
    with _Reading(following) as reading, following:
        network(given)
    return list(dict.fromkeys(reading.places))


class _Following(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Knows the tensors that depend on one, whatever was called: by their memory, so that a view
    of what was written into counts, too.
    """

    def __init__(self, source: Tensor) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        # weak, so that what a network computes is freed as ever, and no later tensor has its name
        self._known = set(_memory(source))

    def knows(self, values: object) -> bool:
        return any(ref in self._known for ref in _memory(values))

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # or torch loads its compiler, which takes seconds

    def __torch_dispatch__(
        self,
        func: Callable[..., object],
        types: object,
        args: tuple[object, ...] = (),
        kwargs: Mapping[str, object] | None = None,
    ) -> object:
        kwargs = kwargs or {}
        found = func(*args, **kwargs)
        if self.knows((args, kwargs)):
            self._known.update(_memory(found))
        return found


class _Reading(TorchFunctionMode):
    """Notes where Python reads values that depend on a tensor."""

    def __init__(self, following: _Following) -> None:
        super().__init__()
        self.places: list[str] = []
        self._following = following

    def __torch_function__(
        self,
        func: Callable[..., object],
        types: object,
        args: tuple[object, ...] = (),
        kwargs: Mapping[str, object] | None = None,
    ) -> object:
        kwargs = kwargs or {}
        if getattr(func, "__name__", "") in READS and self._following.knows((args, kwargs)):
            self.places.append(_place())
        return func(*args, **kwargs)


def _memory(values: object) -> Iterator[StorageWeakRef]:
    for leaf in tree_leaves(values):
        if isinstance(leaf, Tensor):
            yield StorageWeakRef(leaf.untyped_storage())  # type: ignore[no-untyped-call]


def _place() -> str:
    """File and line of what runs, in the nearest file that is neither this nor torch's."""
    stack = traceback.extract_stack()
    own = (LIBRARY, __file__)
    frame = next((f for f in reversed(stack) if not f.filename.startswith(own)), stack[0])
    return f"{Path(frame.filename).name} line {frame.lineno}"
