"""Reading checkpoints: tensors and plain values, never code; what cannot be read is said to be
what it is.
"""

from __future__ import annotations

import _compat_pickle
import json
import pickle
import pickletools
import re
import zipfile
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from featamp.errors import InputError
from featamp.io.describe import first_line, is_tensor, kind

SHARDS = (
    "diffusion_pytorch_model.safetensors.index.json",
    "model.safetensors.index.json",
    "diffusion_pytorch_model.safetensors",
    "model.safetensors",
    "diffusion_pytorch_model.bin",
    "pytorch_model.bin",
    "model.pt",
)
"""What a folder of weights holds, the first that is there: Hugging Face's names, then pythae's."""
MAGIC = {
    b"version https://git-lfs": "a Git LFS pointer, not the file that it stands for (fetch it with"
    " `git lfs pull`)",
    b"\x89HDF": "an HDF5 file, such as Keras saves; featamp reads PyTorch's",
    b"\x1f\x8b": "a gzip archive; unpack it first",
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"7z\xbc\xaf": "a 7z archive; unpack it first",
    b"GGUF": "a GGUF file of a language model",
}
"""How files that are no checkpoint begin."""


@dataclass(frozen=True)
class Checkpoint:
    """What a checkpoint file holds, read without running code from it.

    Attributes
    ----------
    path : the file, or the folder of it.
    contents : names to tensors, plain values and mappings of them.
    unread : names of classes in the file in whose place an empty stand-in was put.
    network : the class of a whole pickled network, whose weights were taken out of it.
    """

    path: Path
    contents: Mapping[str, Any]
    unread: tuple[str, ...] = ()
    network: str | None = None


class StandIn:
    """Takes the place of a class that a file names: keeps what the file gives it, and does
    nothing.
    """

    def __init__(self, *args: object) -> None:
        self.state: object = args

    def __setstate__(self, state: object) -> None:
        self.state = state


class MappingStandIn(StandIn):
    """A stand-in for a kind of dict: torch's reader fills none but those that it knows."""

    def __new__(cls, *args: object) -> MappingStandIn:  # noqa: D102  see the class
        return OrderedDict()  # type: ignore[return-value]


def require_checkpoint(path: Path) -> None:
    """Raise InputError where there is neither a file nor a folder of weights at `path`."""
    if path.is_dir() and not any((path / name).is_file() for name in SHARDS):
        raise InputError(
            f"{path}: is a folder (model.checkpoint: a .pt, .pth or .safetensors file, or a folder"
            f" that diffusers or pythae saved)"
        )
    if not path.exists():
        raise InputError(
            f"{path}: no such file (model.checkpoint: a .pt, .pth or .safetensors file)"
        )


def checkpoint_files(path: Path) -> list[Path]:
    """The files that a checkpoint is made of: itself, or the shards and configs of a folder."""
    require_checkpoint(path)
    if path.is_dir():
        first = next(path / name for name in SHARDS if (path / name).is_file())
        configs = [p for p in sorted(path.glob("*.json")) if p != first]
        return [*configs, *checkpoint_files(first)]
    if path.name.endswith(".index.json"):
        return [path, *_shards(path)]
    return [path]


def read_checkpoint(path: Path) -> Checkpoint:
    """Everything that a checkpoint holds, read without running code from it.

    Parameters
    ----------
    path : a file of `torch.save` or of safetensors, whatever its name; an index of shards
        (`*.index.json`); or a folder that holds one of these.

    Raises
    ------
    InputError
        Says what the file is, where it is no checkpoint that can be read.
    """
    require_checkpoint(path)
    if path.is_dir():
        inside = next(path / name for name in SHARDS if (path / name).is_file())
        return Checkpoint(path, read_checkpoint(inside).contents)
    if path.name.endswith(".index.json"):
        shards = [read_checkpoint(shard).contents for shard in _shards(path)]
        return Checkpoint(path, {name: value for part in shards for name, value in part.items()})
    if what := _what_it_is(path):
        raise InputError(f"{path}: not a checkpoint that can be read: it is {what}")
    try:
        if _is_safetensors(path):
            from safetensors.torch import load_file

            return Checkpoint(path, dict(load_file(path)))
        contents, unread = _load(path)
    except Exception as error:  # the readers raise many kinds; each means the same to the person
        why = _why_not_loaded(path, error)
        raise InputError(
            f"{path}: not a checkpoint that can be read ({why}); expected a state dict saved by"
            " torch.save({'model_state_dict': model.state_dict()}, ...) or a .safetensors file."
            f" Where its classes are known, this saves the weights alone:"
            f" {_command(path)}"
        ) from error
    if isinstance(contents, StandIn) and (state := _network_state(contents)) is not None:
        return Checkpoint(path, state, network=unread[0])
    if not isinstance(contents, Mapping):
        raise InputError(
            f"{path}: holds {kind(contents)}, expected a state dict or a dict with one"
        )
    return Checkpoint(path, _without_networks(contents), unread)


def read_facts(path: Path) -> dict[str, Any]:
    """What stands in the .json beside a checkpoint of weights alone, as `report train` writes it;
    {} without one.
    """
    beside = path.with_suffix(".json")
    if path.suffix != ".safetensors" or not beside.is_file():
        return {}
    try:
        facts = json.loads(beside.read_text(encoding="utf-8"))
    except ValueError:
        return {beside.name: "is not JSON"}  # said where the facts would stand: no reason to stop
    return facts if isinstance(facts, dict) else {}


def program_kind(path: Path) -> str | None:
    """What a file is that holds a network with its code, a TorchScript archive or an exported
    program; None for any other.
    """
    if not path.is_file() or not zipfile.is_zipfile(path):
        return None
    with zipfile.ZipFile(path) as archive:
        inside = {"/".join(name.split("/")[1:]) for name in archive.namelist()} | set(
            archive.namelist()
        )
    if "constants.pkl" in inside and any(name.startswith("code/") for name in inside):
        return "a TorchScript archive"
    if inside & {"archive_format", "serialized_exported_program.json"}:
        return "an exported program"
    return None


def _load(path: Path) -> tuple[Any, tuple[str, ...]]:
    """Load a file of `torch.save`, stand-ins in place of the classes that it names.

    torch's reader builds nothing but tensors and what it is told of by name, and what it is told
    here keeps a state and does nothing: no code that the file names or brings is run.
    """
    import torch

    names = tuple(_unknown_classes(path))
    for stand_in in (StandIn, MappingStandIn):
        known = [*_makers_of_numbers(), *((stand_in, name) for name in names)]
        with torch.serialization.safe_globals(known):
            try:
                return torch.load(path, map_location="cpu", weights_only=True), names
            except pickle.UnpicklingError as error:
                if "Can only SETITEM" not in str(error) or stand_in is MappingStandIn:
                    raise
    raise AssertionError


def _unknown_classes(path: Path) -> Iterator[str]:
    """Names that a file wants imported and torch's own reader does not know, in their order."""
    import torch

    known = {*torch._weights_only_unpickler._get_allowed_globals()}  # no public list of them
    known |= {
        maker[1] if isinstance(maker, tuple) else f"{maker.__module__}.{maker.__qualname__}"
        for maker in _makers_of_numbers()
    }
    for name in dict.fromkeys(_classes(path)):
        if name not in known:
            yield name


def _classes(path: Path) -> Iterator[str]:
    """Every name that the pickles in a file want imported; nothing is run."""
    with suppress(ValueError, EOFError, KeyError):  # a damaged one: the reader says so
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                inside = next(n for n in archive.namelist() if n.endswith("data.pkl"))
                yield from _globals(pickletools.genops(archive.read(inside)))
        else:
            with path.open("rb") as file:
                for _ in range(4):  # magic number, protocol, system, and the values
                    yield from _globals(pickletools.genops(file))


def _globals(
    operations: Iterator[tuple[pickletools.OpcodeInfo, Any, int | None]],
) -> Iterator[str]:
    for code, value, _ in operations:
        if code.name == "GLOBAL":
            module, name = str(value).split(" ", 1)
            # protocol 2 writes the names of Python 2, which the reader turns into today's
            module, name = _compat_pickle.NAME_MAPPING.get(
                (module, name), (_compat_pickle.IMPORT_MAPPING.get(module, module), name)
            )
            yield f"{module}.{name}"


def _makers_of_numbers() -> list[Any]:
    """What makes NumPy's numbers, text and arrays of them again, under its names of today and of
    NumPy 1.

    People save a loss that NumPy computed beside the weights. None of these runs code that a file
    could bring.
    """
    makers: list[Any] = [np.float64(0).__reduce__()[0], np.empty(0).__reduce__()[0]]
    kinds = {
        type(np.dtype(code))
        for code in f"{np.typecodes['AllInteger']}{np.typecodes['AllFloat']}?SU"
    }
    old = [(make, f"numpy.core.multiarray.{make.__name__}") for make in makers]
    return [np.ndarray, np.dtype, *makers, *old, *kinds]


def _without_networks(contents: Mapping[str, Any]) -> dict[str, Any]:
    """The same values, each whole pickled network among them as the mapping of its weights."""
    values: dict[str, Any] = {}
    for name, value in contents.items():
        if isinstance(value, StandIn):
            value = _network_state(value) or value
        elif isinstance(value, Mapping):
            value = _without_networks(value)
        values[name] = value
    return values


def _network_state(network: StandIn) -> dict[str, Any] | None:
    """The weights of a pickled torch.nn.Module by name, as its `state_dict` would give them; None
    where it is none.
    """
    state = network.state
    if not isinstance(state, Mapping) or not {"_parameters", "_modules"} <= state.keys():
        return None
    passing = state.get("_non_persistent_buffers_set", ())
    own = {**state["_parameters"], **state.get("_buffers", {})}
    tensors = {n: v for n, v in own.items() if is_tensor(v) and n not in passing}
    for name, inside in state["_modules"].items():
        if isinstance(inside, StandIn):
            for key, value in (_network_state(inside) or {}).items():
                tensors[f"{name}.{key}"] = value
    return tensors


def _shards(index: Path) -> list[Path]:
    """The files that an index of sharded weights names."""
    try:
        names = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
    except (ValueError, KeyError, AttributeError, TypeError):
        raise InputError(
            f"{index}: not an index of shards (expected JSON with a weight_map)"
        ) from None
    shards = [index.parent / str(name) for name in sorted(names)]
    if missing := [shard for shard in shards if not shard.is_file()]:
        raise InputError(f"{missing[0]}: no such file, and {index.name} names it as a shard")
    return shards


def _is_safetensors(path: Path) -> bool:
    """By content, whatever its name: a length, and then JSON."""
    with path.open("rb") as file:
        return file.read(9)[8:] == b"{" or path.suffix == ".safetensors"


def _what_it_is(path: Path) -> str | None:
    """What a file is that is no checkpoint of weights; None where it may be one."""
    if program := program_kind(path):
        return (
            f"{program}, a network with its own code. Where you trust it, set"
            f' model.adapter = "program" and leave out model.factory, and that code is run; else'
            f" save its weights alone with torch.save(network.state_dict(), ...)"
        )
    with path.open("rb") as file:
        start = file.read(512)
    if not start:
        return "an empty file"
    if re.match(rb"\s*(<!doctype html|<html|<\?xml)", start, re.IGNORECASE):
        return "a web page: the download gave a page (of login, or of confirmation) and no file"
    if found := next((text for magic, text in MAGIC.items() if start.startswith(magic)), None):
        return found
    if start.startswith(b"PK") and not zipfile.is_zipfile(path):
        return (
            f"a truncated file: {path.stat().st_size:,} bytes whose end is missing (copy or"
            f" download it again)"
        )
    if start.startswith(b"PK"):
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
        if not any(name.endswith("data.pkl") for name in names):
            return f"a zip archive that holds {names[0] if names else 'nothing'}; unpack it first"
    return None


def _why_not_loaded(path: Path, error: Exception) -> str:
    """The cause in one line: torch's own words begin with advice to run the code in the file."""
    text = str(error)
    found = re.search(r"GLOBAL (\S+) (?:was not an|whose module)", text)
    name = found[1] if found else next(_unknown_classes(path), None)
    if name and not _is_safetensors(path):
        return f"it holds {name}, which cannot be loaded without running code from the file"
    if re.search(r"incomplete metadata|InvalidHeader|HeaderToo", text):
        return "it is truncated or damaged"
    if "invalid load key" in text or "Unsupported operand" in text or isinstance(error, EOFError):
        return "its content is none that torch.save writes"
    found = re.search(r"WeightsUnpickler error:\s*(.+)", text)
    return found[1] if found else first_line(error)


def _command(path: Path) -> str:
    """The one command that saves the weights alone, to be run where the file's classes are
    known.
    """
    return (
        f"python -c \"import torch; c = torch.load('{path.name}', map_location='cpu',"
        " weights_only=False); torch.save(c.state_dict() if hasattr(c, 'state_dict') else"
        " c.get('state_dict', c), 'weights.pt')\""
    )
