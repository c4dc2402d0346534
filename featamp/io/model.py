"""Opening any trained VAE: weights without code, one way to encode, one way to decode."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import json
import re
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from featamp.errors import InputError
from featamp.io.device import pick_device

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

DECODE_BATCH = 64
"""Codes decoded at a time: more fall out of a CPU's cache and take longer each."""
STATE_KEYS = ("model_state_dict", "state_dict", "model")
PREFIXES = ("module.", "_orig_mod.")
MEAN_NAMES = ("mu", "mean", "loc", "z_mean", "latent_mean")
LOGVAR_NAMES = ("logvar", "log_var", "log_variance", "z_logvar", "z_log_var")
SCALE_NAMES = ("scale", "stddev", "std", "sigma")
IMAGE_NAMES = (
    "sample",
    "image",
    "images",
    "x",
    "x_hat",
    "x_recon",
    "recon",
    "reconstruction",
    "mean",
    "loc",
)

OURS = ("featamp", "report", "tests")
REFERENCE = "featamp.demo.vae:VAE"
"""The reference network, as a factory names it."""
"""Names under which a user's module would take the place of this project's own."""

Float32 = NDArray[np.float32]


@dataclass
class _Found:
    """What the network was found to take: the layout of its weights, and codes as [batch, dim, 1,
    1] or plain.
    """

    layout: torch.memory_format | None = None
    columns: bool = False


@dataclass(frozen=True)
class TrainedVAE:
    """A trained VAE behind NumPy arrays; torch is known only in this room.

    Attributes
    ----------
    module : the network, in evaluation mode, on `device`.
    device : where it runs.
    pixels : the range of pixel values that the network reads and writes; outside it, pixels are in
        [0, 1].
    facts : what the checkpoint says of itself beside the weights (epoch, losses, KL weight): plain
        numbers and text.
    """

    module: nn.Module
    device: torch.device
    pixels: tuple[float, float]
    facts: dict[str, Any]
    _found: _Found = field(default_factory=_Found, repr=False, compare=False)

    def encode(self, images: NDArray[np.uint8]) -> tuple[Float32, Float32]:
        """Posterior means and log-variances of images.

        Parameters
        ----------
        images : uint8 [batch, height, width, 3].

        Returns
        -------
        mu, logvar : each [batch, dim], raw units.

        Raises
        ------
        InputError
            The network cannot take such images, or gives nothing that can be read as a posterior.
        """
        import torch

        low, high = self.pixels
        with torch.inference_mode():
            batch = torch.from_numpy(np.ascontiguousarray(images)).to(
                self.device, non_blocking=True
            )
            batch = batch.permute(0, 3, 1, 2).float().mul_((high - low) / 255.0).add_(low)
            output: Any = self._call("encode", batch)
            if _is_triple(output):
                output = output[
                    _first_of_posterior(*(self._call("encode", batch[:1]) for _ in range(2))) :
                ]
            mu, logvar = _posterior(output)
            return mu.flatten(1).float().cpu().numpy(), logvar.flatten(1).float().cpu().numpy()

    def decode(self, codes: Float32) -> Float32:
        """Decode codes, `DECODE_BATCH` at a time.

        Parameters
        ----------
        codes : [count, dim], raw units.

        Returns
        -------
        [count, height, width, 3], pixels in [0, 1], clipped.

        Raises
        ------
        InputError
            The network cannot take such codes, or gives nothing that can be read as an image, or
            no finite one.
        """
        import torch

        low, high = self.pixels
        images = []
        with torch.inference_mode():
            for start in range(0, len(codes), DECODE_BATCH):
                z = torch.from_numpy(np.array(codes[start : start + DECODE_BATCH], np.float32)).to(
                    self.device
                )
                image = self._decoded(z).float()
                if bad := int((~image.isfinite().flatten(1).all(dim=1)).sum()):
                    raise InputError(
                        f"{type(self.module).__name__}.decode gives images that are not finite"
                        f" ({bad} of {len(z)} in a"
                        " batch); the checkpoint is wrong, or [sweep] goes farther than the"
                        " network can"
                    )
                image = image.sub(low).div(high - low).clamp(0.0, 1.0)
                images.append(image.permute(0, 2, 3, 1).cpu().numpy())
        return np.concatenate(images)

    def raw_range(self, codes: Float32) -> tuple[float, float]:
        """Lowest and highest value that the decoder writes, before any clipping: to check
        `pixels`.

        Parameters
        ----------
        codes : [count, dim], raw units; decoded in one batch.
        """
        import torch

        with torch.inference_mode():
            image = self._decoded(torch.from_numpy(codes).to(self.device))
            return float(image.min()), float(image.max())

    def _decoded(self, z: Tensor) -> Tensor:
        """What the network decodes from codes [batch, dim]; a convolutional one may want them
        [batch, dim, 1, 1].
        """
        columns = z[:, :, None, None]
        if self._found.columns:
            return _image(self._call("decode", columns))
        try:
            return _image(self._call("decode", z))
        except InputError:
            with suppress(
                InputError
            ):  # where neither shape is taken, the plain one's reason is told
                image = _image(self._call("decode", columns))
                self._found.columns = True
                return image
            raise

    def _call(self, name: str, batch: Tensor) -> object:
        """Run the user's own method; whatever it raises is an error in the user's input, told with
        its own words.

        Convolutions run faster in the layout `channels_last`, on a CPU and on CUDA. A network that
        flattens features with `view` cannot run in it, and is run in the plain one from then on:
        once each method has been called, the weights stay where they are, and threads may call the
        network side by side.
        """
        import torch

        failure: Exception | None = None
        first = self._found.layout or torch.channels_last
        for layout in dict.fromkeys((first, torch.contiguous_format)):
            try:
                output: object = getattr(self._arranged(layout), name)(batch.contiguous())
            except Exception as error:
                failure = error
            else:
                return output
        self._arranged(first)
        found = "x".join(str(n) for n in batch.shape)
        raise InputError(
            f"{type(self.module).__name__}.{name} fails on a batch of shape {found}:"
            f" {_first_line(failure)}"
            " (check data.size, model.kwargs and model.factory)"
        ) from failure

    def _arranged(self, layout: torch.memory_format) -> nn.Module:
        if self._found.layout != layout:
            self.module.to(memory_format=layout)
            self._found.layout = layout
        return self.module


def open_model(
    checkpoint: Path,
    factory: str | None,
    kwargs: Mapping[str, Any],
    state_key: str | None,
    pixels: tuple[float, float],
    folder: Path,
    device: str = "auto",
) -> TrainedVAE:
    """Make the network with the user's factory and give it the checkpoint's weights.

    Parameters
    ----------
    checkpoint : `.pt` or `.pth` (read with `weights_only=True`: no code runs from it) or
        `.safetensors`.
    factory : "module:name" of a class or function that returns the module; None for the reference
        VAE.
    kwargs : arguments of the factory.
    state_key : where the state dict lies in the checkpoint; found by itself when None.
    pixels : the range of pixel values that the network reads and writes.
    folder : where the factory's module is looked for before the import path.
    device : "auto" (cuda, then mps, then cpu) or one of them.

    Raises
    ------
    InputError
        The checkpoint is missing, unreadable or does not fit, or the factory cannot be imported or
        raises.
    """
    contents = read_checkpoint(checkpoint)
    state, facts = find_state(checkpoint, contents, state_key)
    module = make_module(factory, kwargs, folder)
    _load_state(module, state, checkpoint)
    place = pick_device(device)
    return TrainedVAE(module.to(place).eval(), place, pixels, facts)


def require_checkpoint(path: Path) -> None:
    """Raise InputError where no file is at `path`."""
    if not path.is_file():
        found = "is a folder" if path.is_dir() else "no such file"
        raise InputError(f"{path}: {found} (model.checkpoint: a .pt, .pth or .safetensors file)")


def read_checkpoint(path: Path) -> Mapping[str, Any]:
    """Everything that a checkpoint file holds, read without running code from it."""
    require_checkpoint(path)
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            return dict(load_file(path))
        import torch

        with torch.serialization.safe_globals(_makers_of_numbers()):
            contents = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # the readers raise many kinds; each means the same to the person
        raise InputError(
            f"{path}: not a checkpoint that can be read ({_why_not_loaded(error)}); expected a"
            f" state dict saved by"
            " torch.save({'model_state_dict': model.state_dict()}, ...) or a .safetensors file"
        ) from error
    if not isinstance(contents, Mapping):
        raise InputError(
            f"{path}: holds {_kind(contents)}, expected a state dict or a dict with one"
        )
    return contents


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


def _why_not_loaded(error: Exception) -> str:
    """The cause in one line: torch's own words begin with advice to run the code in the file."""
    if found := re.search(
        r"GLOBAL (\S+) was not an allowed global|but got <class '(.+)'>", str(error)
    ):
        kind = found[1] or found[2]
        return f"it holds {kind}, which cannot be loaded without running code from the file"
    found = re.search(r"WeightsUnpickler error:\s*(.+)", str(error))
    return found[1] if found else _first_line(error)


def find_state(
    path: Path, contents: Mapping[str, Any], state_key: str | None
) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The state dict in a checkpoint, its keys without wrappers' prefixes, and the plain facts
    beside it.
    """
    if state_key is not None and not isinstance(contents.get(state_key), Mapping):
        raise InputError(
            f"{path}: no state dict under {state_key!r} (model.state_key); found:"
            f" {_listed(contents)}"
        )
    keys = (state_key,) if state_key is not None else STATE_KEYS
    key = next((k for k in keys if isinstance(contents.get(k), Mapping)), None)
    state = contents[key] if key is not None else contents
    tensors = {name: value for name, value in state.items() if _is_tensor(value)}
    if not tensors or (key is not None and len(tensors) < len(state)):
        raise InputError(
            f"{path}: no state dict in it, neither at the top nor under {', '.join(STATE_KEYS)};"
            f" found: {_listed(contents)} (name its key as model.state_key)"
        )
    facts = _plain(contents if key is not None else read_facts(path))
    return {_without_prefixes(str(name)): value for name, value in tensors.items()}, facts


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


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers and text; the number of parameters is counted on the module itself."""
    plain = {
        n: v.item() if isinstance(v, np.generic) else v
        for n, v in values.items()
        if n != "parameters"
    }
    return {n: v for n, v in plain.items() if isinstance(v, int | float | str)}


def make_module(factory: str | None, kwargs: Mapping[str, Any], folder: Path) -> nn.Module:
    """Call the factory: the user's own named code, or the reference VAE."""
    from torch import nn

    name = factory or REFERENCE
    function = _import_factory(name, folder)
    try:
        module = function(**kwargs)
    except (Exception, SystemExit) as error:
        raise InputError(
            f"model.factory {name!r} raises {type(error).__name__}: {_first_line(error)}"
            f" (called with model.kwargs {dict(kwargs)})"
        ) from error
    if not isinstance(module, nn.Module):
        raise InputError(
            f"model.factory {name!r} returns {_kind(module)}, expected a torch.nn.Module"
        )
    for method in ("encode", "decode"):
        if not callable(getattr(module, method, None)):
            raise InputError(
                f"model.factory {name!r}: {type(module).__name__} has no method {method!r}"
            )
    return module


def _import_factory(factory: str, folder: Path) -> Callable[..., object]:
    module_name, colon, name = factory.partition(":")
    if not (colon and module_name and name):
        raise InputError(
            f'model.factory is {factory!r}, expected "module:name", such as "user_vae:VAE"'
        )
    if module_name.partition(".")[0] in OURS and factory != REFERENCE:
        raise InputError(
            f"model.factory {factory!r}: {module_name} is a name of featamp's own; give the file"
            f" another"
        )
    beside = folder.resolve() / Path(*module_name.split(".")).with_suffix(".py")
    sys.path.insert(0, str(folder.resolve()))
    try:
        module = (
            _load_source(module_name, beside)
            if beside.is_file()
            else importlib.import_module(module_name)
        )
    except (
        Exception,
        SystemExit,
    ) as error:  # a training script without a main guard parses arguments and exits
        raise InputError(
            f"model.factory {factory!r}: {module_name} cannot be imported from {folder} or the"
            f" path"
            f" ({type(error).__name__}: {_first_line(error)})"
        ) from error
    finally:
        sys.path.remove(str(folder.resolve()))
    function = getattr(module, name, None)
    if not callable(function):
        known = [
            n
            for n, value in vars(module).items()
            if inspect.isclass(value) or inspect.isfunction(value)
        ]
        raise InputError(
            f"model.factory {factory!r}: {module_name} has no {name!r}; it has {', '.join(known)}"
        )
    return function  # type: ignore[no-any-return]


def _load_source(name: str, path: Path) -> object:
    """Import a file afresh: another folder's module of the same name must not answer in its
    place.
    """
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is not a Python module")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _load_state(module: nn.Module, state: dict[str, Tensor], path: Path) -> None:
    wanted = module.state_dict()
    missing, unexpected = (
        sorted(wanted.keys() - state.keys()),
        sorted(state.keys() - wanted.keys()),
    )
    shapes = [
        f"{name} is {_shape(state[name])}, the model has {_shape(wanted[name])}"
        for name in sorted(wanted.keys() & state.keys())
        if wanted[name].shape != state[name].shape
    ]
    problems = [
        f"{len(names)} {what}{'s' * (len(names) > 1)}"
        f" ({', '.join(names[:4])}{', …' if len(names) > 4 else ''})"
        for what, names in (
            ("missing key", missing),
            ("unexpected key", unexpected),
            ("wrong shape", shapes),
        )
        if names
    ]
    if problems:
        raise InputError(
            f"{path} does not fit {type(module).__name__}: {'; '.join(problems)} (check"
            f" model.factory and model.kwargs)"
        )
    module.load_state_dict(state)


def _is_triple(output: Any) -> bool:  # noqa: ANN401  whatever the user's model returns
    """Whether `encode` gave three tensors of one shape: mean, log-variance and a sample, in an
    order not known yet.
    """
    plain = (
        isinstance(output, tuple | list) and not hasattr(output, "_fields") and len(output) >= 3
    )
    return plain and all(_is_tensor(item) and item.shape == output[0].shape for item in output[:3])


def _first_of_posterior(once: Any, again: Any) -> int:  # noqa: ANN401  two outputs of the user's model
    """Where the mean stands in a triple for one image: 1 in (z, mu, logvar), 0 in (mu, logvar, z).

    A sample differs from call to call; a network that samples nothing in evaluation mode gives z =
    mu.
    """

    def close(a: Tensor, b: Tensor) -> bool:
        return a.allclose(b, rtol=1e-3, atol=1e-4)

    samples_nothing = close(once[2], again[2]) and close(once[0], once[1])
    return int(not close(once[0], again[0]) or samples_nothing)


def _posterior(output: object) -> tuple[Tensor, Tensor]:
    """Mean and log-variance from whatever `encode` returns (see the README for the forms)."""
    import torch

    if isinstance(output, tuple | list) and not hasattr(output, "_fields") and len(output) >= 2:
        first, second = output[0], output[1]
        if _is_tensor(first) and _is_tensor(second) and first.shape == second.shape:
            return first, second
    inner = _field(output, ("latent_dist", "posterior", "dist", "q"))
    if inner is not None:
        return _posterior(inner)
    mean, logvar, scale = (
        _field(output, names) for names in (MEAN_NAMES, LOGVAR_NAMES, SCALE_NAMES)
    )
    if _is_tensor(mean) and _is_tensor(logvar):
        return mean, logvar
    if _is_tensor(mean) and _is_tensor(scale):
        return mean, 2.0 * torch.log(scale)
    raise InputError(
        f"encode returns {_described(output)}, expected (mu, logvar), a"
        f" torch.distributions.Normal, or an object or"
        f" dict with mu and logvar"
    )


def _image(output: object) -> Tensor:
    """The image [batch, 3, height, width] from whatever `decode` returns."""
    image: Any = output[0] if isinstance(output, tuple | list) and output else output
    if not _is_tensor(image):
        image = _field(image, IMAGE_NAMES)
    if not _is_tensor(image) or image.ndim != 4 or image.shape[1] != 3:
        raise InputError(
            f"decode returns {_described(output)}, expected an image batch of shape [batch, 3,"
            f" height, width],"
            " a tuple that starts with one, or an object that holds one"
        )
    return image


def _field(output: object, names: tuple[str, ...]) -> Any:  # noqa: ANN401  whatever the user's model returns
    """The first of `names` that a dict has as a key, or an object as an attribute that is not a
    method.
    """
    for name in names:
        value = output.get(name) if isinstance(output, Mapping) else getattr(output, name, None)
        if value is not None and not inspect.isroutine(value):
            return value
    return None


def _is_tensor(value: object) -> TypeGuard[Tensor]:
    import torch

    return isinstance(value, torch.Tensor)


def _without_prefixes(name: str) -> str:
    while any(name.startswith(prefix) for prefix in PREFIXES):
        name = name.split(".", 1)[1]
    return name


def _described(output: object) -> str:
    if isinstance(output, tuple | list):
        return f"{_kind(output)} of ({', '.join(_described(item) for item in output)})"
    if isinstance(output, Mapping):
        return f"a dict with {_listed(output)}"
    shape = getattr(output, "shape", None)
    return _kind(output) + (f" of shape {tuple(shape)}" if shape is not None else "")


def _kind(value: object) -> str:
    """The type of a value with its article."""
    name = type(value).__name__
    return f"an {name}" if name[0] in "aeioAEIO" else f"a {name}"


def _listed(contents: Mapping[str, Any]) -> str:
    names = [str(name) for name in contents]
    return ", ".join(names[:6]) + (", …" if len(names) > 6 else "") if names else "nothing"


def _shape(tensor: Tensor) -> str:
    return "x".join(str(n) for n in tensor.shape) or "a number"


def _first_line(error: BaseException | None) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
