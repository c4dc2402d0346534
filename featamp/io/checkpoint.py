"""Reading checkpoints: tensors and plain values, never code; what cannot be read is said to be
what it is.
"""

from __future__ import annotations

import json
import pickle
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from featamp.errors import InputError, first_line
from featamp.io.describe import is_tensor, kind, listed
from featamp.io.pickles.scan import (
    archive_names,
    endless,
    require_bounded,
    unknown_classes,
    unpacked_far_larger,
)
from featamp.io.pickles.standins import KNOWN, MappingStandIn, StandIn, Values

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
ENDINGS = (".pt", ".pth", ".ckpt", ".bin", ".safetensors", ".index.json")
"""How the names of checkpoints end."""
MAGIC = {
    b"version https://git-lfs": "a Git LFS pointer, not the file that it stands for (fetch it with"
    " `git lfs pull`)",
    b"\x89HDF": "an HDF5 file, such as Keras saves; featamp reads PyTorch's",
    b"\x1f\x8b": "a gzip archive; unpack it first",
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"7z\xbc\xaf": "a 7z archive; unpack it first",
    b"GGUF": "a GGUF file of a language model",
    b"\x93NUMPY": 'an array of NumPy. Of a dict of arrays, where you trust it: python -c "import'
    " numpy, torch; w = numpy.load('FILE', allow_pickle=True).item(); torch.save({n:"
    " torch.as_tensor(v) for n, v in w.items()}, 'weights.pt')\"",
}
"""How files that are no checkpoint begin."""
NAMED = {
    ".onnx": "an ONNX model; name the checkpoint of the network that it was exported from",
    ".keras": "a network of Keras; featamp reads PyTorch's",
    ".msgpack": "weights of Flax; featamp reads PyTorch's",
    ".py": "Python code; its class is named by model.factory, and the file of its weights here",
    ".yaml": "a config; name the file of the weights that were made with it",
    ".yml": "a config; name the file of the weights that were made with it",
}
"""What files are by how their names end."""
TAR = "a tar archive; unpack it first"
ADDRESS = re.compile(r"\b(https?|s3|gs|hf):/")
"""What a path has that is an address of the web's."""
LOOKED = 10_000
"""Files and folders that are looked at for what may be meant."""


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


def require_checkpoint(path: Path) -> None:
    """Raise InputError where there is neither a file nor a folder of weights at `path`."""
    if path.is_dir() and _inside(path) is None:
        raise InputError(
            f"{path}: is a folder (model.checkpoint: a .pt, .pth or .safetensors file, a folder"
            f" that holds one, or one that diffusers or pythae saved){_there(path, '**/*')}"
        )
    if path.exists() and not path.is_dir() and not path.is_file():
        raise InputError(f"{path}: no plain file, expected a checkpoint")  # a pipe has no end
    if not path.exists():
        far = "; an address? download the file first" if ADDRESS.search(str(path)) else ""
        raise InputError(
            f"{path}: no such file (model.checkpoint: a .pt, .pth or .safetensors file)"
            f"{far or _there(path.parent, '*')}"
        )


def _there(folder: Path, pattern: str) -> str:
    """What a folder holds that may be meant; "" where nothing is."""
    near = islice(folder.glob(pattern), LOOKED)
    files = [p for p in near if p.name.endswith(ENDINGS) and p.is_file()]
    names = [p.relative_to(folder).as_posix() for p in files]
    indices = [name for name in names if name.endswith(".index.json")]
    return f"; {folder} holds {listed(sorted(indices or names))}" if names else ""


def _inside(folder: Path) -> Path | None:
    """The file of weights that a folder stands for: one of a known name, or the only one."""
    if known := [folder / name for name in SHARDS if (folder / name).is_file()]:
        return known[0]
    files = [p for p in folder.iterdir() if p.name.endswith(ENDINGS) and p.is_file()]
    return files[0] if len(files) == 1 else None


def checkpoint_files(path: Path) -> list[Path]:
    """The files that a checkpoint is made of: itself, or the shards and configs of a folder."""
    require_checkpoint(path)
    if path.is_dir() and (first := _inside(path)):
        configs = [p for p in sorted(path.glob("*.json")) if p != first]
        return [*configs, *checkpoint_files(first)]
    if path.name.endswith(".index.json"):
        return [path, *_shards(path)]
    return [path]


def read_by(path: Path) -> list[str]:
    """What of names tells how a checkpoint is read, and whether facts beside it are of it: how its
    own ends, and the names of the files in a folder.
    """
    ending = next((end for end in ENDINGS if path.name.endswith(end)), path.suffix)
    return [ending, *(file.name for file in checkpoint_files(path) if path.is_dir())]


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
    if path.is_dir() and (inside := _inside(path)):
        return replace(read_checkpoint(inside), path=path)
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
        require_bounded(contents)
        network = _network_state(contents) if isinstance(contents, StandIn) else None
        plain = _plain(contents) if isinstance(contents, Mapping) else None
    except Exception as error:  # the readers raise many kinds; each means the same to the person
        why, lacking = _why_not_loaded(path, error)
        mend = f". Where its classes are known, this saves the weights alone: {_command(path)}"
        raise InputError(
            f"{path}: not a checkpoint that can be read ({why}); expected a state dict saved by"
            " torch.save({'model_state_dict': model.state_dict()}, ...) or a .safetensors file"
            f"{mend if lacking else ''}"
        ) from error
    if network is not None:
        return Checkpoint(path, network, network=unread[0])
    if plain is None:
        raise InputError(
            f"{path}: holds {kind(contents)}, expected a state dict or a dict with one; load it in"
            f" Python, and save the one in it with torch.save"
        )
    return Checkpoint(path, plain, unread)


def read_facts(path: Path) -> dict[str, Any]:
    """What stands in the .json beside a checkpoint of weights alone, as `report train` writes it;
    {} without one.
    """
    beside = path.with_suffix(".json")
    if path.suffix != ".safetensors" or not beside.is_file():  # others say it themselves
        return {}
    try:
        facts = json.loads(beside.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError):
        return {beside.name: "is not JSON"}  # said where the facts would stand: no reason to stop
    return facts if isinstance(facts, dict) else {}


def program_kind(path: Path) -> str | None:
    """What a file is that holds a network with its code, a TorchScript archive or an exported
    program; None for any other.
    """
    names = archive_names(path) if path.is_file() else None
    if names is None:
        return None
    inside = {"/".join(name.split("/")[1:]) for name in names} | set(names)
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

    names = tuple(unknown_classes(path))
    for stand_in in (StandIn, MappingStandIn):
        known: list[Any] = [*KNOWN, *((stand_in, name) for name in names)]
        with torch.serialization.safe_globals(known), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what matters is raised
            try:
                return torch.load(path, map_location="cpu", weights_only=True), names
            except pickle.UnpicklingError as error:
                if "Can only SETITEM" not in str(error) or stand_in is MappingStandIn:
                    raise
    raise AssertionError


def _plain(contents: Mapping[str, Any]) -> dict[str, Any]:
    """The same values, each array of NumPy's among them as lists, and each whole pickled network
    as the mapping of its weights.
    """
    values: dict[str, Any] = {}
    for name, value in contents.items():
        if isinstance(value, Values) and value.values is not None:
            value = value.values
        elif isinstance(value, StandIn):
            value = _network_state(value) or value
        elif isinstance(value, Mapping):
            value = _plain(value)
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
        names = set(json.loads(index.read_text(encoding="utf-8-sig"))["weight_map"].values())
    except (ValueError, RecursionError, KeyError, AttributeError, TypeError):
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
        return found.replace("FILE", path.name)
    if found := NAMED.get(path.suffix.lower()) or (TAR if start[257:262] == b"ustar" else None):
        return found
    if words := _text(start):
        return f"a text that begins {words!r}: the download gave an answer and no file?"
    names = archive_names(path)
    if start.startswith(b"PK") and names is None:
        return (
            f"a truncated file: {path.stat().st_size:,} bytes whose end is missing (copy or"
            f" download it again)"
        )
    if names and all(name.endswith(".npy") for name in names):
        return (
            f'arrays of NumPy. This saves them as weights: python -c "import numpy, torch; w ='
            f" numpy.load('{path.name}'); torch.save({{n: torch.as_tensor(w[n]) for n in w}},"
            f" 'weights.pt')\""
        )
    if names is not None and not any(name.endswith("data.pkl") for name in names):
        return f"a zip archive that holds {names[0] if names else 'nothing'}; unpack it first"
    return unpacked_far_larger(path) or endless(path)


def _text(start: bytes) -> str | None:
    """The first line of a file that is text; None for any other."""
    try:
        lines = start.decode("utf-8", errors="strict" if len(start) < 512 else "ignore").split(
            "\n"
        )
    except UnicodeDecodeError:
        return None
    plain = all(line.rstrip("\r").replace("\t", " ").isprintable() for line in lines)
    return next((line.strip()[:60] for line in lines if line.strip()), "") if plain else None


def _why_not_loaded(path: Path, error: Exception) -> tuple[str, bool]:
    """The cause in one line, since torch's own words begin with advice to run the code in the
    file; and whether it may be a class that is lacking.
    """
    text = str(error)
    found = re.search(r"GLOBAL (\S+) (?:was not an|whose module)", text)
    name = found[1] if found else next(unknown_classes(path), None)
    if re.search(r"incomplete metadata|InvalidHeader|HeaderToo|unexpected EOF", text):
        return "it is truncated or damaged: copy or download it again", False
    if name and not _is_safetensors(path):
        return f"it holds {name}, which cannot be loaded without running code from the file", True
    if "invalid load key" in text or "Unsupported operand" in text or isinstance(error, EOFError):
        pickled = path.read_bytes()[:1] == b"\x80"
        plain = "a plain pickle? Where you trust it, pickle.load it and torch.save its tensors: "
        return f"{plain if pickled else ''}its content is none that torch.save writes", False
    found = re.search(r"WeightsUnpickler error:\s*(.+)", text)
    return (found[1] if found else first_line(error)), True


def _command(path: Path) -> str:
    """The one command that saves the weights alone, to be run where the file's classes are
    known.
    """
    return (
        f"python -c \"import torch; c = torch.load('{path.name}', map_location='cpu',"
        " weights_only=False); torch.save(c.state_dict() if hasattr(c, 'state_dict') else"
        " c.get('state_dict', c), 'weights.pt')\""
    )
