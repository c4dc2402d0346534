"""What lies between the two sides of a network: parts that its own `forward` passes codes through,
and that neither side calls.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from featamp.io.describe import listed
from featamp.io.network.adapters import packages_of
from featamp.io.network.outputs import tensors_in

if TYPE_CHECKING:
    from torch import Tensor, nn


def idle_parts(network: nn.Module, called: Collection[nn.Module]) -> tuple[str, ...]:
    """Names of parts with weights of which nothing was called; those of lists, one by one."""
    return tuple(
        name
        for name, part in _callable_parts(network)
        if any(True for _ in part.parameters()) and not any(m in called for m in part.modules())
    )


def _callable_parts(network: nn.Module, front: str = "") -> Iterator[tuple[str, nn.Module]]:
    from torch import nn

    for name, part in network.named_children():
        if isinstance(part, nn.ModuleList | nn.ModuleDict):
            yield from _callable_parts(part, f"{front}{name}.")
        else:
            yield f"{front}{name}", part


def passed_between(
    network: nn.Module,
    parts: Iterable[str],
    images: Tensor,
    asked: Callable[[], Sequence[Tensor]],
) -> tuple[str, ...] | None:
    """Those of a network's parts that its own `forward` passes codes through, and neither side:
    with other weights of theirs its pictures are others, and the answers of the sides the same.
    None where `forward` does not tell.

    Parameters
    ----------
    network : one that is used for nothing else.
    parts : their names.
    images : a batch, as the network takes it.
    asked : answers of the two sides to it.
    """
    try:
        pictures, answers = _pictures(network, images), _drawn_alike(asked)
        found = []
        for name in parts:
            with _other_weights(network.get_submodule(name)):
                if _differ(pictures, _pictures(network, images)):
                    found += [name] * (not _differ(answers, _drawn_alike(asked)))
    except Exception:  # whatever the person's own code raises: it may take more than images
        return None
    return tuple(found) if pictures else None


def _pictures(network: nn.Module, images: Tensor) -> list[Tensor]:
    """What of the answers of `forward` may be pictures given back."""
    given = {"data": images} if "pythae" in packages_of(network) else images
    answers = _drawn_alike(lambda: tensors_in(network(given)))
    return [a for a in answers if a.numel() == images.numel() and _differ([a], [images])]


def _drawn_alike(answers: Callable[[], Sequence[Tensor]]) -> Sequence[Tensor]:
    """Answers of a network whose noise, where it draws some, is always the same."""
    import torch

    with torch.random.fork_rng():
        torch.manual_seed(0)
        return answers()


@contextmanager
def _other_weights(part: nn.Module) -> Iterator[None]:
    weights = [weight.data for weight in part.parameters()]
    kept = [weight.clone() for weight in weights]
    for weight in weights:
        weight.mul_(2).add_(0.1)
    try:
        yield
    finally:
        for weight, before in zip(weights, kept, strict=True):
            weight.copy_(before)


def _differ(some: Sequence[Tensor], others: Sequence[Tensor]) -> bool:
    """Whether two rows of tensors of as many numbers are not the same."""
    return any(
        not one.flatten().allclose(other.flatten(), rtol=1e-3, atol=1e-4)
        for one, other in zip(some, others, strict=True)
    )


def what_lacks(between: Sequence[str], perhaps: Sequence[str]) -> str:
    """What is to be done where parts belong between encoder and decoder; "" without any.

    Parameters
    ----------
    between : parts that `forward` passes codes through.
    perhaps : parts of which nobody knows it.
    """
    if between:
        parts = listed(list(between))
        found = f"its own forward passes codes through {parts}, which neither side calls:"
    elif perhaps:
        parts = listed(list(perhaps))
        found = f"neither its encoder nor its decoder calls {parts}: where that belongs"
        found += " between them,"
    else:
        return ""
    return (
        f"{found} write encode(model, images) and decode(model, codes) that call it into the"
        f" module of model.factory"
    )
