"""What a result depends on, in hashes: plain values, and code with all that it imports; and the
versions of packages.
"""

from __future__ import annotations

import ast
import hashlib
import importlib
import importlib.metadata
import json
import os
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType

from .places import HOUSES

INSTALLED = ("site-packages", "dist-packages")
"""Folders of packages that somebody installed."""
BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")
"""Where a statement of Python holds others."""
KEPT = Path(__file__).with_name("__pycache__") / "imports.json"
"""Where Python keeps what it compiled of this room: what each source of ours imports. To read
that takes longer than all else in a build that has nothing to do."""
KEPT_SOURCES = 2_000
"""Where more were kept, edited again and again, those that this process met are kept alone."""
_run: dict[str, bytes] = {}
"""The source of each module of a person's that was run, by its file."""
_followed: dict[tuple[str, ...], set[str]] = {}
"""The files of a person's that `code_hash` has met, by the modules that it was asked of."""
_met: dict[str, list[str]] = {}
"""What each source of ours imports that this process met."""


def digest(*parts: object) -> str:
    """Short hash of plain values (text, numbers, lists, dicts, None), the same in every
    process.
    """
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False, default=str)
    # a path may hold what is no UTF-8, as half of a pair of surrogates
    return hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=16).hexdigest()


def code_hash(*modules: str, root: Path | None = None) -> str:
    """Hash of the source of `modules` and of every module that they import, directly or not: of
    those below `root`, or of ours.

    The imports are read, not run: torch stays unloaded, and no list of dependencies has to be kept
    by hand. The hash is the same in a clone and installed. Of a module that `run_from_source` had
    run it is that of the source that was run, whatever the file holds by now.
    """
    sources: dict[str, bytes] = {}
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        place = root or HOUSES.get(name.partition(".")[0])
        path = source_file(place, name) if place else None
        if name in sources or path is None:
            continue
        if root:
            _followed.setdefault(modules, set()).add(str(path.resolve()))
        sources[name] = _source(path) if root else path.read_bytes()
        read = _imports if root else _our_imports
        waiting += read(name, path.stem == "__init__", sources[name])
    if not root:
        _keep_imports()
    return digest({name: hashlib.blake2b(source).hexdigest() for name, source in sources.items()})


@cache
def source_file(root: Path, module: str) -> Path | None:
    """The file of a module or of a package below `root`; None where there is none."""
    place = root.joinpath(*module.split("."))
    return next(
        (p for p in (place.with_suffix(".py"), place / "__init__.py") if p.is_file()), None
    )


@cache
def _imports(module: str, is_package: bool, source: bytes) -> list[str]:
    """Names that may be modules; a name that is not one simply has no file.

    What is no Python (a user's slip) imports nothing: its bytes are hashed all the same, and
    whoever runs it says so.
    """
    outer = module.rpartition(".")[0]
    names, package = [outer] if outer else [], module if is_package else outer
    try:
        waiting: list[ast.AST] = [ast.parse(source)]
    except (SyntaxError, ValueError):
        return names
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            start = package.rsplit(".", node.level - 1)[0] if node.level else ""
            base = ".".join(part for part in (start, node.module or "") if part)
            names += [base, *(f"{base}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            waiting += node.orelse  # the body never runs
            continue
        for block in BLOCKS:
            inside = getattr(node, block, ())
            waiting += inside if isinstance(inside, list) else ()
    return names


def _our_imports(module: str, is_package: bool, source: bytes) -> list[str]:
    """`_imports` of a source of ours, as it is kept."""
    key = digest(module, is_package, hashlib.blake2b(source).hexdigest(), _reader())
    if key not in _met:
        kept = _kept().get(key)
        _met[key] = _imports(module, is_package, source) if kept is None else kept
    return _met[key]


@cache
def _reader() -> str:
    """Which source reads imports: another one may read others."""
    return hashlib.blake2b(Path(__file__).read_bytes()).hexdigest()


@cache
def _kept() -> dict[str, list[str]]:
    """What is kept, where it is whole."""
    try:
        told = json.loads(KEPT.read_bytes())
        return told["imports"] if told["digest"] == digest(told["imports"]) else {}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}


def _keep_imports() -> None:
    """Keep what was read, where one may: as Python does with what it compiles."""
    kept = _kept()
    if _met.keys() <= kept.keys():
        return
    if len(kept) > KEPT_SOURCES:
        kept.clear()
    kept.update(_met)
    beside = KEPT.with_name(f"{KEPT.name}.{os.getpid()}")
    with suppress(OSError):  # installed for all
        KEPT.parent.mkdir(exist_ok=True)
        beside.write_text(json.dumps({"imports": kept, "digest": digest(kept)}))
        beside.replace(KEPT)


def factory_hash(factory: str, folder: Path) -> str | None:
    """Hash of the code of "module:name", looked for beside the config and then on the path, and of
    what it imports from beside it; None where there is no such module.
    """
    module = factory.partition(":")[0]
    if source_file(folder, module):
        return code_hash(module, root=folder)
    # of a name without a dot: nothing is imported
    spec = _find_spec(module.partition(".")[0])
    places = [*(spec.submodule_search_locations or ())] if spec else []
    if spec and spec.origin and spec.has_location:
        places.append(spec.origin)
    if not places:
        return None
    root = Path(places[0]).parent
    if root.name in INSTALLED:  # following imports would read all of torch
        path = source_file(root, module)
        return digest(path.read_bytes().hex()) if path else None
    return code_hash(module, root=root)


def _find_spec(module: str) -> ModuleSpec | None:
    """Where Python would import a module from: each finder is asked in turn, as those are that
    `pip install -e` adds.
    """
    specs = (
        finder.find_spec(module, None) for finder in sys.meta_path if hasattr(finder, "find_spec")
    )
    return next((spec for spec in specs if spec), None)


def find_version(package: str) -> str | None:
    """Installed version of a package that need not be there."""
    try:
        return _version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def versions(*packages: str) -> dict[str, str]:
    """Installed versions, read without importing the packages."""
    return {package: _version(package) for package in packages}


@cache
def _version(package: str) -> str:
    return importlib.metadata.version(package)


def run_besides() -> dict[str, str]:
    """Hash of each module of a person's that was run though not every `code_hash` met it: from
    another folder, or imported by a name that is put together; by its file. One that is gone by
    now was made for the run alone.
    """
    followed = set.intersection(*_followed.values()) if _followed else set()
    besides = [file for file in sorted(_run.keys() - followed) if Path(file).exists()]
    return {file: _content(_run[file]) for file in besides}


def module_hash(path: Path) -> str | None:
    """Hash of a module of a person's, as `run_besides` gives it; None where it cannot be read."""
    try:
        return _content(_source(path))
    except OSError:
        return None


def _source(path: Path) -> bytes:
    """What was run of a file, or else what it holds."""
    run = _run.get(str(path.resolve()))
    return path.read_bytes() if run is None else run


def _content(source: bytes) -> str:
    return hashlib.blake2b(source, digest_size=16).hexdigest()


@cache
def _is_own(folder: str) -> bool:
    """Whether modules in a folder are a person's: not installed, nor Python's, nor ours."""
    path = Path(folder).resolve()
    return not (_others() & {path, *path.parents} or set(INSTALLED) & set(path.parts))


@cache
def _others() -> set[Path]:
    """Folders of Python's and of ours."""
    python = (sysconfig.get_path(name) for name in ("stdlib", "platstdlib"))
    return {Path(place).resolve() for place in python} | {h / name for name, h in HOUSES.items()}


@contextmanager
def run_from_source() -> Iterator[None]:
    """Have imports, whoever finds the module, run the very sources that are hashed, but for those
    of packages that somebody installed, of Python and of ours; afterwards they are forgotten, so
    that the next build imports what stands in the files then.

    Python itself takes the byte code that it kept for that of any source of the same size and
    second: an edit may pass unseen, and be hashed.
    """
    kept = SourceFileLoader.get_code
    ran: list[SourceFileLoader] = []
    _others()  # Python imports what tells it, which may not be asked for while it imports

    def get_code(loader: SourceFileLoader, name: str) -> CodeType | None:
        place = loader.get_filename(name)
        if not _is_own(os.path.dirname(place)):  # noqa: PTH120  a path costs more, for each import
            return kept(loader, name)
        source = loader.get_data(place)
        _run[str(Path(place).resolve())] = source
        ran.append(loader)
        return loader.source_to_code(source, place)

    SourceFileLoader.get_code = get_code  # type: ignore[assignment,method-assign]
    importlib.invalidate_caches()
    try:
        yield
    finally:
        SourceFileLoader.get_code = kept  # type: ignore[method-assign]
        for name, module in list(sys.modules.items()):
            if getattr(module, "__loader__", None) in ran:
                del sys.modules[name]
        _run.clear()
        _followed.clear()
