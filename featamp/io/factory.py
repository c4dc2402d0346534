"""The person's own code: the module that a factory or an adapter names, and the network that it
makes.
"""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from featamp.errors import InputError, first_line, in_own_code, shown
from featamp.io.describe import kind

if TYPE_CHECKING:
    from torch import nn

OURS = ("featamp", "report", "tests")
"""Names under which a user's module would take the place of this project's own."""
REFERENCE = "featamp.demo.vae:VAE"
"""The reference network, as a factory names it."""
SHIPPED = (REFERENCE, "featamp.demo.components:VAE")
"""The networks of ours that a config may name."""


def make_module(factory: str, kwargs: Mapping[str, Any], folder: Path) -> nn.Module:
    """Call the factory.

    Parameters
    ----------
    factory : "module:name" of a class or function that returns the network.
    kwargs : its arguments.
    folder : where the module is looked for before the import path.

    Raises
    ------
    InputError
        The factory cannot be imported, raises, or returns something else.
    """
    from torch import nn

    function = named_function("model.factory", factory, folder)
    if isinstance(function, nn.Module):
        raise InputError(
            f"model.factory {factory!r} is a network, not what makes one; name its class,"
            f" {type(function).__name__}, or a function that returns it"
        )
    try:
        with _on_path(folder):
            module = function(**_own_copy(dict(kwargs)))
    except (Exception, SystemExit) as error:
        raise InputError(
            f"model.factory {factory!r} raises {type(error).__name__}: {first_line(error)}"
            f"{in_own_code(error)} (called with model.kwargs {shown(dict(kwargs))})"
            f"{_mend_of_call(error)}"
        ) from error
    if isinstance(module, nn.DataParallel):
        module = module.module  # its own has no encode
    if not isinstance(module, nn.Module):
        raise InputError(
            f"model.factory {factory!r} returns {kind(module)}, expected a torch.nn.Module"
        )
    return module


def _own_copy(value: Any) -> Any:  # noqa: ANN401  whatever the person gives
    """A value with lists and tables of its own: some classes turn those that they are given."""
    if isinstance(value, dict):
        return {key: _own_copy(item) for key, item in value.items()}
    return [_own_copy(item) for item in value] if isinstance(value, list) else value


def import_module(key: str, name: str, folder: Path) -> ModuleType:
    """Import a module of the person's by its name, afresh where it lies in `folder`.

    A name with dots is imported through its package, so that what the package imports from itself
    is found. Another folder's module of the same name, imported before, does not answer.

    Parameters
    ----------
    key : the config's own words, for errors.
    """
    if name.endswith(".py") or "/" in name or "\\" in name:
        raise InputError(
            f"{key}: expected the name of a module, not a path; {_as_module(name, folder)}"
        )
    top = name.partition(".")[0]
    if top in OURS and not any(network.startswith(name) for network in SHIPPED):
        raise InputError(f"{key}: {name} is a name of featamp's own; give the file another")
    own = (folder / top).is_dir() or (folder / f"{top}.py").is_file()
    if own and top not in OURS:  # ours, imported twice, would be two of each class
        for known in [n for n in sys.modules if n == top or n.startswith(f"{top}.")]:
            del sys.modules[known]
    try:
        with _on_path(folder):
            return importlib.import_module(name)
    except (Exception, SystemExit) as error:
        # a training script without a main guard parses arguments and exits
        raise InputError(
            f"{key}: {name} cannot be imported from {folder} or the path"
            f" ({type(error).__name__}: {first_line(error)}{in_own_code(error)})"
            f"{_mend(error, name)}"
        ) from error


def named_function(key: str, place: str, folder: Path) -> Callable[..., object]:
    """The class or function "module:name" of the person's that `key` of the config names.

    Raises
    ------
    InputError
        It cannot be imported, or the module has none of that name.
    """
    module_name, _, name = place.rpartition(":")
    if not (module_name and name):
        raise InputError(f'{key} is {place!r}, expected "module:name", such as "user_vae:VAE"')
    module = import_module(f"{key} {place!r}", module_name, folder)
    function = getattr(module, name, None)
    if not callable(function):
        known = [n for n, v in vars(module).items() if inspect.isclass(v) or inspect.isfunction(v)]
        raise InputError(
            f"{key} {place!r}: {module_name} has no {name!r}; it has {', '.join(known)}"
        )
    return function  # type: ignore[no-any-return]


def arguments(factory: str, folder: Path) -> tuple[str, ...]:
    """Names of what a factory can be given; none where it cannot be asked."""
    try:
        return tuple(inspect.signature(named_function("", factory, folder)).parameters)
    except (InputError, TypeError, ValueError):
        return ()


def _mend_of_call(error: BaseException) -> str:
    """What mends a call of a factory that failed; "" where only its own words tell."""
    if isinstance(error, AttributeError) and "'dict' object has no attribute" in str(error):
        return (
            "; tables of model.kwargs come as dicts: write a function that makes what the class"
            " takes of them, and the network of that, and name it as model.factory"
        )
    return _mend_of_path(error)


def _mend_of_path(error: BaseException) -> str:
    """What mends a path that the person's code looks for somewhere else."""
    if isinstance(error, FileNotFoundError) and not Path(error.filename or "/").is_absolute():
        return (
            f"; such a path begins at the folder where the command runs, {Path.cwd()}: write"
            f" Path(__file__).parent / {str(error.filename)!r}"
        )
    return ""


def _as_module(path: str, folder: Path) -> str:
    """How a file is named that somebody gave by its path."""
    file = folder / path.replace("\\", "/")
    file = file if file.suffix == ".py" else file.with_name(f"{file.name}.py")
    if not file.is_file():
        return f"and there is no {file}"
    try:
        parts = file.resolve().relative_to(folder.resolve()).with_suffix("").parts
    except ValueError:
        return f'copy {file.name} into {folder}, and write "{file.stem}"'
    return f'write "{".".join(parts)}"'


def _mend(error: BaseException, name: str) -> str:
    """What mends an import that failed; "" where only its own words tell."""
    if isinstance(error, SystemExit):
        return '; put what it runs as a script under if __name__ == "__main__":'
    missing = error.name if isinstance(error, ModuleNotFoundError) else None
    if not missing or missing == name.partition(".")[0]:
        return _mend_of_path(error)
    return f"; where it is a package: .venv/bin/pip install {missing.partition('.')[0]}"


@contextmanager
def _on_path(folder: Path) -> Iterator[None]:
    """Have imports look into the folder first."""
    place = str(folder.resolve())
    sys.path.insert(0, place)
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path.remove(place)
