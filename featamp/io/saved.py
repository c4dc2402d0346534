"""Networks that are saved whole: programs with their own code, and folders that say of which
library they are.
"""

from __future__ import annotations

import importlib
import json
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from featamp.errors import InputError, first_line
from featamp.io.checkpoint import program_kind, require_checkpoint
from featamp.io.describe import listed

if TYPE_CHECKING:
    import torch
    from torch import nn
    from torch.export import ExportedProgram

PROGRAM = "program"
"""`model.adapter` of a checkpoint that is a network with its own code."""
SIDES = {"encode": ("encode", "encoder"), "decode": ("decode", "decoder")}
"""Names under which the two programs of an exported network stand."""
DIFFUSERS, PYTHAE = "config.json", "model_config.json"
"""Names of the configs that the libraries write beside the weights."""


def open_program(path: Path, device: torch.device) -> nn.Module:
    """Open a network saved with its code: a TorchScript archive, or exported programs (`.pt2`).

    That code is run: only for a file that its person names so, as they name a factory.

    Raises
    ------
    InputError
        The file is no program, cannot be read, or has nothing that encodes and decodes.
    """
    import torch

    require_checkpoint(path)
    kind = program_kind(path)
    if kind is None:
        raise InputError(
            f'{path}: neither a TorchScript archive nor an exported program (model.adapter ="'
            f'{PROGRAM}" is for these; for weights, name model.factory)'
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that TorchScript is old
            if kind == "a TorchScript archive":
                network: nn.Module = torch.jit.load(path, map_location=device)  # type: ignore[no-untyped-call]
                return network
            return _exported(path, device)
    except InputError:
        raise
    except Exception as error:
        raise InputError(f"{path}: {kind} that cannot be read ({first_line(error)})") from error


def _exported(path: Path, device: torch.device) -> nn.Module:
    """Two exported programs in one file, or one whose encoder and decoder kept their own calls."""
    import torch
    from torch.export.passes import move_to_device_pass
    from torch.export.pt2_archive._package import load_pt2  # the package tells no name

    programs = load_pt2(path).exported_programs
    fixed = {n: count for n, one in programs.items() if isinstance(count := _batch(one), int)}
    if fixed:
        name, count = next(iter(fixed.items()))
        raise InputError(
            f"{path}: its program {name!r} takes batches of {count} alone; export it with"
            f' dynamic_shapes=({{0: torch.export.Dim("batch")}},)'
        )
    moved = {name: move_to_device_pass(program, device) for name, program in programs.items()}
    if len(moved) == 1:
        whole = torch.export.unflatten(next(iter(moved.values())))
        parts = {side: getattr(whole, names[1], None) for side, names in SIDES.items()}
    else:
        parts = {
            side: next((moved[n].module() for n in names if n in moved), None)
            for side, names in SIDES.items()
        }
    if any(part is None for part in parts.values()):
        raise InputError(
            f"{path}: this exported program holds {listed(list(moved))}, and nothing that encodes"
            f" and decodes; save both in one file with torch.export.pt2_archive.package_pt2(path,"
            ' exported_programs={"encode": ..., "decode": ...}), the batch a dynamic dimension'
        )
    return _exported_network(parts)


def _batch(program: ExportedProgram) -> int | torch.SymInt:
    """How many images or codes a program takes at a time; a symbol for any number."""
    first = program.graph_signature.user_inputs[0]
    [node] = [node for node in program.graph.nodes if node.name == first]
    count: int | torch.SymInt = node.meta["val"].shape[0]
    return count


def _exported_network(parts: dict[str, Any]) -> nn.Module:
    from torch import Tensor, nn

    class Exported(nn.Module):
        """An encoding and a decoding program as one network."""

        def __init__(self) -> None:
            super().__init__()
            self.parts = nn.ModuleDict(parts)

        def train(self, mode: bool = True) -> Exported:
            return self  # a program is what it was when it was exported, and refuses to be asked

        def encode(self, images: Tensor) -> object:
            return self.parts["encode"](images)

        def decode(self, codes: Tensor) -> object:
            return self.parts["decode"](codes)

    return Exported()


def network_of_folder(folder: Path) -> nn.Module | None:
    """The network, without its weights, that a folder of diffusers' or pythae's describes; None
    for any other folder or file.

    Raises
    ------
    InputError
        The library is not installed, or the folder's network is not one of its own.
    """
    library = library_of(folder)
    if library == "diffusers":
        config = _config(folder / DIFFUSERS)
        made = _library(library, str(config["_class_name"]), folder)
        network: nn.Module = made.from_config(config)
        return network
    return _pythae(folder, _config(folder / PYTHAE)) if library == "pythae" else None


def library_of(folder: Path) -> str | None:
    """Which library saved a folder, by the config in it; None for any other."""
    if (folder / DIFFUSERS).is_file() and "_class_name" in _config(folder / DIFFUSERS):
        return "diffusers"
    return "pythae" if (folder / PYTHAE).is_file() else None


def _pythae(folder: Path, config: dict[str, Any]) -> nn.Module:
    own = [name for name in ("encoder.pkl", "decoder.pkl") if (folder / name).is_file()]
    if own:
        raise InputError(
            f"{folder / own[0]}: this model's own network is pickled with its code, which is not"
            " run; name a function that makes the model as model.factory, with this folder as"
            " model.checkpoint"
        )
    name = str(config.pop("name", ""))
    settings = _library("pythae", name, folder, "pythae.models")(**config)
    plain = name.removesuffix("Config").removesuffix("_")  # VAE_IAF_Config, VAEConfig
    network: nn.Module = _library("pythae", plain, folder, "pythae.models")(settings)
    return network


def _library(package: str, name: str, folder: Path, module: str | None = None) -> Any:  # noqa: ANN401
    """A class of a library that the person may have."""
    try:
        found = getattr(importlib.import_module(module or package), name, None)
    except ImportError as error:
        raise InputError(
            f"{folder} holds a model of {package}, which cannot be imported"
            f" ({first_line(error)}); install it: .venv/bin/pip install {package}"
        ) from error
    if found is None:
        raise InputError(f"{folder}: {package} has no {name!r}, which its config names")
    return found


def _config(path: Path) -> dict[str, Any]:
    try:
        config = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: not JSON ({error})") from None
    if not isinstance(config, dict):
        raise InputError(f"{path}: holds no table, expected the config of a model")
    return config
