"""Opening any trained VAE: its weights are loaded without running code of theirs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from featamp.errors import InputError
from featamp.io.checkpoint import Checkpoint, program_kind, read_checkpoint
from featamp.io.describe import listed
from featamp.io.device import pick_device
from featamp.io.factory import REFERENCE, arguments, import_module, make_module
from featamp.io.network.adapters import (
    Adapter,
    PixelRange,
    find_adapter,
    takes_two,
)
from featamp.io.network.forms import Normal
from featamp.io.network.model import TrainedVAE
from featamp.io.saved import PROGRAM, library_of, network_of_folder, open_program
from featamp.io.weights import (
    arguments_beside,
    facts_beside,
    load_weights,
    nameless_averages,
)

if TYPE_CHECKING:
    import torch
    from torch import nn


def open_model(
    checkpoint: Path | None,
    factory: str | None,
    kwargs: Mapping[str, Any],
    state_key: str | None,
    pixels: PixelRange | None,
    folder: Path,
    device: str = "auto",
    *,
    adapter: str | type | ModuleType | None = None,
    ignore_keys: Iterable[str] = (),
    size: tuple[int, int] | None = None,
    encode_samples: int = 1,
    normal: Normal | None = None,
) -> TrainedVAE:
    """Make the network and give it the checkpoint's weights.

    Parameters
    ----------
    checkpoint : `.pt` or `.pth` (read with `weights_only=True`: no code runs from it),
        `.safetensors`, an index of shards, a folder of diffusers' or pythae's; None where the
        factory loads its own weights.
    factory : "module:name" of a class or function that returns the module; None for the reference
        VAE, or for a folder that says what it holds.
    kwargs : arguments of the factory.
    state_key : what the weights' names begin with in the checkpoint; found by itself when None.
    pixels : the range of pixel values that the network reads and writes; None for that of its
        kind.
    folder : where the person's modules are looked for before the import path.
    device : "auto" (cuda, then mps, then cpu) or one of them.
    adapter : what has functions `encode(model, images)` and `decode(model, codes)`, or its name
        where it is a module; "program" for a checkpoint that is a network with its own code. None:
        the factory's module, and the network's own parts.
    ignore_keys : patterns of weights' names that one side may lack.
    size : (height, width) of the images, to learn what the network takes and gives.
    encode_samples : how many answers of an `encode` that samples are averaged.
    normal : how images are normalised for the network, where they are; it writes them so, too,
        unless `pixels` or its kind says how.

    Raises
    ------
    InputError
        The checkpoint is missing, unreadable or does not fit, or the factory cannot be imported or
        raises.
    """
    place = pick_device(device)
    told: list[str] = []
    facts: dict[str, Any] = {}
    if adapter == PROGRAM and checkpoint is not None:
        module = open_program(checkpoint, place)
        asked = find_adapter(module, str(checkpoint))
        told.append(f"{program_kind(checkpoint)}, whose own code is run")
    else:
        read = read_checkpoint(checkpoint) if checkpoint is not None else None
        with _told_arguments(read, factory, kwargs, folder):
            module = _make(checkpoint, factory, kwargs, folder)
        source = f"model.factory {factory!r}" if factory else str(checkpoint)
        asked = find_adapter(module, source, own_module(adapter, factory, folder))
        if read is not None:
            with _told_arguments(read, factory, kwargs, folder):
                told.append(_loaded(module, read, state_key, ignore_keys, factory))
            facts = facts_beside(read)
            told += _told_beside(read)
    vae = wrapped(module.float(), place, asked, pixels, facts, told, encode_samples, normal)
    return vae if size is None else replace(vae, told=(*vae.told, *vae.learn(size)))


def wrapped(
    module: nn.Module,
    place: torch.device,
    asked: Adapter,
    pixels: PixelRange | None,
    facts: dict[str, Any],
    told: Iterable[str],
    samples: int,
    normal: Normal | None,
) -> TrainedVAE:
    """A network that is made, and in float32, as `open_model` gives it."""
    if normal:
        normal = replace(normal, written=pixels is None and asked.pixels != "logits")
    known = asked.pixels if pixels is None else pixels
    phrases = asked.name, *told
    return TrainedVAE(
        module.to(place).eval(), place, known, facts, asked, phrases, samples, normal
    )


def _told_beside(read: Checkpoint) -> Iterator[str]:
    """What a checkpoint holds beside the weights that are taken, and where it has them from."""
    if averages := nameless_averages(read):
        yield (
            f"left aside, as it has no names: a running average under {listed(averages)}, to be"
            f" loaded into the network in Python and saved from there"
        )
    if read.network:
        yield f"taken out of a whole pickled network ({read.network})"
    if read.unread:
        yield f"left unread beside the weights: {listed(list(read.unread))}"


@contextmanager
def _told_arguments(
    read: Checkpoint | None, factory: str | None, kwargs: Mapping[str, Any], folder: Path
) -> Iterator[None]:
    """Where a network cannot be made, or its weights do not fit, tell the arguments that the
    checkpoint says it was made with.
    """
    try:
        yield
    except InputError as error:
        names = arguments(factory, folder) if factory else ()
        said = arguments_beside(read, names, kwargs) if read else {}
        if not said:
            raise
        values = {name: f"{name} = {json.dumps(v)}" for name, v in {**kwargs, **said}.items()}
        raise InputError(
            f"{error}; the checkpoint says that it was made with"
            f" {', '.join(values[name] for name in said)}: set model.kwargs ="
            f" {{ {', '.join(values.values())} }}"
        ) from error


def _make(
    checkpoint: Path | None, factory: str | None, kwargs: Mapping[str, Any], folder: Path
) -> nn.Module:
    """The network without its weights."""
    if factory is None and checkpoint is not None:
        known = network_of_folder(checkpoint)
        if known is not None:
            return known
    return make_module(factory or REFERENCE, kwargs, folder)


def _loaded(
    module: nn.Module,
    read: Checkpoint,
    state_key: str | None,
    ignore_keys: Iterable[str],
    factory: str | None,
) -> str:
    """Give the network its weights; what is told of them."""
    try:
        return load_weights(module, read, state_key, ignore_keys).told()
    except InputError as error:
        if factory is None and not read.path.is_dir():
            mend = 'name the class of yours, such as model.factory = "user_vae:VAE"'
            if library := library_of(read.path.parent):
                mend = f"{library} saved the folder {read.path.parent}: name that in its place"
            raise InputError(
                f"{error}; without model.factory the network is featamp's own: {mend}"
            ) from None
        raise


def own_module(adapter: str | type | ModuleType | None, factory: str | None, folder: Path) -> Any:  # noqa: ANN401
    """Where a person may have written functions that encode and decode."""
    import sys

    if adapter is not None:
        own: Any = adapter
        if isinstance(adapter, str):
            own = import_module(f"model.adapter {adapter!r}", adapter, folder)
        functions = [getattr(own, side) for side in ("encode", "decode") if hasattr(own, side)]
        if not functions or not all(map(takes_two, functions)):
            raise InputError(
                f"model.adapter {adapter!r}: expected functions encode(model, images) and"
                f" decode(model, codes) in it, or one of them"
            )
        return own
    return sys.modules.get(factory.partition(":")[0]) if factory else None
