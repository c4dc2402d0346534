"""The command line: `python -m report build | encode | serve | check | bench | train | demo |
clean`, and `featamp` with the same where it is installed.
"""

from __future__ import annotations

import argparse
import errno
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from io import TextIOWrapper
from multiprocessing import active_children
from pathlib import Path
from types import FrameType
from typing import NoReturn, TextIO, TypeAlias

from featamp.errors import InputError

from ..engine.console import Console, counted
from ..engine.places import PROGRAM
from ..engine.processes.threads import hold_little
from ..inputs.values import DEVICES

DONE, WRONG_INPUT, INTERRUPTED, ENDED = 0, 2, 130, 143
BUILT = "the next build goes on from here", "the site is left as it was"
"""What is left of a build that was interrupted, and where the disk refused."""
REFUSALS = {
    errno.ENOSPC: "no space is left on the disk",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "the file is larger than the system allows",
    errno.EACCES: "permission denied",
    errno.EPERM: "not permitted",
    errno.EROFS: "the file system is read-only",
    errno.ENOTDIR: "a file stands where a folder is needed",
    errno.EISDIR: "a folder stands where a file is needed",
    errno.ELOOP: "the link leads back to itself",
    errno.ENAMETOOLONG: "the path is longer than the system allows",
    errno.EEXIST: "something else stands there",
    errno.ENOENT: "it is not there any more",
    errno.ENXIO: "it is no file",
    errno.ENODEV: "it is no file",
    errno.ENOMEM: "the memory does not suffice",
    errno.EIO: "the disk failed to read or write",
    errno.ESTALE: "the network drive has lost the file",
    errno.EMFILE: "too many files are open",
}
"""What an operating system refuses that the person can mend."""
UNMAPPED = "failed to map segment from shared object"
"""How the system's refusal ends of the memory for a library, such as torch's under `ulimit -v`."""
SETTINGS: dict[str, tuple[type, str]] = {
    "objective": (str, "standard, beta, capacity, factor or tc (default: standard)"),
    "weight": (float, "beta of beta and tc, gamma of capacity and factor (default: 1)"),
    "capacity": (float, "nats that the objective capacity ends with"),
    "decoder_variance": (float, "of the decoder, pixels in [0, 1] (default: what fits best)"),
    "kl_start": (float, "KL weight at the start, from which it falls (default: 200)"),
    "kl_epochs": (int, "epochs of that fall, or of the capacity's rise (default: 6)"),
    "network": (str, "convolutional or components, a small one (default: convolutional)"),
    "latent_dim": (int, "latent dimensions (default: 256)"),
    "epochs": (int, "passes over the images (default: 18)"),
    "batch": (int, "images a step (default: 64)"),
    "learning_rate": (float, "the largest of the run (default: 0.0006)"),
    "seed": (int, "of weights, order and noise (default: the config's)"),
}
"""What `train` may be told of a run: the fields of `featamp.demo.settings.Settings`."""


Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    The exit code is 0 (done, and `serve` that was told to end), 2 (the input is wrong), 130
    (interrupted by Ctrl+C), 143 (ended by SIGTERM), or 1 (a bug of ours, with its traceback).
    """
    _open_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a path may hold what the terminal has no sign for
            stream.reconfigure(errors="backslashreplace")
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], None] = options.command
    try:
        _require_working_folder()
        with _told_to_end(), _library_refused():
            command(options)
        sys.stdout.flush()
    except InputError as error:
        _tell(f"error: {error}")
        return WRONG_INPUT
    except BrokenPipeError:
        _silence(sys.stdout)
        _tell(f"error: nobody reads the output any more; {options.stopped}")
        return WRONG_INPUT
    except OSError as error:
        if error.errno not in REFUSALS:
            raise
        place = error.filename2 or error.filename or "writing"  # of a copy, where it was going
        _tell(f"error: {place}: {REFUSALS[error.errno]}; {options.refused}")
        return WRONG_INPUT
    except MemoryError:
        _tell(f"error: the memory does not suffice; {options.stopped}")
        return WRONG_INPUT
    except _Ended:
        _tell(f"ended; {options.stopped}")
        return ENDED
    except KeyboardInterrupt:
        _tell(f"interrupted; {options.stopped}")
        return INTERRUPTED
    return DONE


@contextmanager
def _library_refused() -> Iterator[None]:
    """Take a library that the memory does not suffice to load for what it is."""
    try:
        yield
    except ImportError as error:
        if not str(error).endswith(UNMAPPED):
            raise
        raise MemoryError from error


def _require_working_folder() -> None:
    """Raise InputError where that is gone: relative paths lead nowhere from it, and torch ends a
    process that loads it there.
    """
    try:
        Path.cwd()
    except FileNotFoundError:
        raise InputError("the working folder is not there any more; change to another") from None


class _Ended(KeyboardInterrupt):
    """A system that shuts down, or a queue whose time is up, has sent SIGTERM."""


@contextmanager
def _told_to_end() -> Iterator[None]:
    """Have SIGTERM end a command as Ctrl+C does, which ends its other processes, too."""

    def end(_number: int, _frame: FrameType | None) -> None:
        for process in active_children():
            process.terminate()
        raise _Ended

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def run() -> NoReturn:
    """Run one command as this process, which ends with it: Python would take more than a second
    to take torch down, and leave nothing but memory behind.
    """
    hold_little()
    os._exit(main())


def _open_streams() -> None:
    """Give a process that was started without them (`>&-`) streams that lead nowhere: else a file
    of ours takes their number, and what a library prints is written into it.
    """
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        if getattr(sys, name) is None:
            os.dup2(os.open(os.devnull, os.O_RDWR), number)
            setattr(sys, name, open(number, mode, closefd=False))  # noqa: SIM115  stays open


def _tell(sentence: str) -> None:
    """Print the last sentence of a command, where anybody reads it."""
    try:
        print(sentence, file=sys.stderr, flush=True)
    except OSError:
        _silence(sys.stderr)


def _silence(stream: TextIO) -> None:
    """Have a stream lead nowhere that nobody reads any more: Python flushes it at the very end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=PROGRAM, description="What each latent dimension of a VAE does."
    )
    commands = parser.add_subparsers(required=True, metavar="command")
    _add_build(commands)
    _add_encode(commands)
    _add_serve(commands)
    _add_check(commands)
    _add_bench(commands)
    _add_train(commands)
    _add_demo(commands)
    _add_clean(commands)
    return parser


def _add(
    commands: Commands,
    name: str,
    command: Callable[[argparse.Namespace], None],
    text: str,
    stopped: str,
    refused: str = "",
) -> argparse.ArgumentParser:
    """Add a command; `stopped` says what is left of it when it is interrupted, or the disk
    refuses.
    """
    sub = commands.add_parser(name, help=text, description=text)
    sub.set_defaults(command=command, stopped=stopped, refused=refused or stopped)
    return sub


def _add_config(sub: argparse.ArgumentParser) -> None:
    text = "report.toml (default: %(default)s)"
    sub.add_argument("--config", type=Path, default=Path("report.toml"), help=text)


def _add_site(sub: argparse.ArgumentParser, text: str = "where the site goes") -> None:
    text = f"{text} (default: %(default)s)"
    sub.add_argument("--site", type=Path, default=Path("site"), help=text)


def _add_build(commands: Commands) -> None:
    text = "Build the site; what was computed before is not computed again."
    sub = _add(commands, "build", _build, text, *BUILT)
    _add_config(sub)
    _add_site(sub)
    text = "also put the whole report into one HTML file, to be mailed; says how large it is"
    sub.add_argument("--single-file", action="store_true", help=text)
    text = "what the assignment itself asks for, without anything that judges it"
    sub.add_argument("--only", choices=("experiments",), default=None, help=text)
    text = "with --single-file: the page Live in it, too, which decodes (8.5 MB more for the demo)"
    sub.add_argument("--live", action="store_true", help=text)


def _add_encode(commands: Commands) -> None:
    text = "Encode the images alone; of several processes of torchrun, each takes its share."
    _add_config(_add(commands, "encode", _encode, text, "the next run goes on from here"))


def _add_serve(commands: Commands) -> None:
    text = (
        "Build the site and serve it on this machine; Save there writes selection.toml and builds"
        " again."
    )
    sub = _add(commands, "serve", _serve, text, *BUILT)
    _add_config(sub)
    _add_site(sub)
    sub.add_argument("--port", type=int, default=8000, help="of 127.0.0.1 (default: %(default)s)")
    text = (
        "another address under which it may be asked, such as localhost:9000 of a forwarded port"
    )
    sub.add_argument("--allow", action="append", metavar="NAME:PORT", help=text)


def _add_check(commands: Commands) -> None:
    text = "Open model and data, try eight images, and say what looks wrong."
    sub = _add(commands, "check", _check, text, "no result was written")
    _add_config(sub)
    text = "look at every result that is kept instead, and tell each that was damaged"
    sub.add_argument("--store", action="store_true", help=text)


def _add_bench(commands: Commands) -> None:
    text = "Tell how fast images are encoded and dimensions swept, and what would be possible."
    sub = _add(commands, "bench", _bench, text, "no result was written")
    _add_config(sub)
    text = "cuda, mps, cpu or auto, in place of what the config says"
    sub.add_argument("--device", choices=DEVICES, default=None, help=text)


def _add_train(commands: Commands) -> None:
    text = "Train a VAE on a CelebA folder; an interrupted run goes on."
    stopped = "the next run goes on from the last whole epoch"
    sub = _add(commands, "train", _train, text, stopped)
    _add_config(sub)
    text = "folder of the run (default: %(default)s)"
    sub.add_argument("--run", type=Path, default=Path("data/run"), help=text)
    text = "where the best weights go, with a .json of facts beside them (default: %(default)s)"
    sub.add_argument("--out", type=Path, default=Path("models/trained.safetensors"), help=text)
    text = "where the decoded images are kept, for several runs (default: the run's folder)"
    sub.add_argument("--cache", type=Path, default=None, help=text)
    for name, (kind, text) in SETTINGS.items():
        sub.add_argument(f"--{name.replace('_', '-')}", type=kind, default=None, help=text)


def _add_demo(commands: Commands) -> None:
    text = "Render a CelebA folder of faces with known factors."
    sub = _add(commands, "demo", _demo, text, "the folder is left as it was")
    text = "the folder (default: %(default)s)"
    sub.add_argument("--root", type=Path, default=Path("data/demo"), help=text)
    text = "how many faces (default: %(default)s)"
    sub.add_argument("--count", type=int, default=5000, help=text)
    sub.add_argument("--seed", type=int, default=0, help="of the faces (default: %(default)s)")
    text = "all: 67 dependent factors; few: eight independent ones (default: %(default)s)"
    sub.add_argument("--factors", choices=("all", "few"), default="all", help=text)


def _add_clean(commands: Commands) -> None:
    text = "Remove the site's files and the store of results; data, models and notes stay."
    sub = _add(commands, "clean", _clean, text, "run it again to remove what is left")
    _add_config(sub)
    _add_site(sub, "the site")


def _build(options: argparse.Namespace) -> None:
    if options.only and options.single_file:
        raise InputError("--single-file needs the whole report; leave out --only")
    if options.live and not options.single_file:
        raise InputError("--live goes with --single-file: the site has its page Live without it")
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:  # one of several that torchrun has started
        from .build import open_asked
        from .encode import encode

        open_asked(options.config, options.site, options.only)
        if not encode(options.config, Console(), sweeps=not options.only):
            return
    _build_site(options)
    print(options.site / "index.html")
    if options.single_file:
        _write_single_files(options)


def _build_site(options: argparse.Namespace) -> None:
    """Build, where there is anything to do: what does it takes longer to load than to find out."""
    from .unchanged import remarks_before

    console = Console()
    remarks = remarks_before(options.config, options.site, options.only)
    if remarks is None:
        from .build import build

        build(options.config, options.site, console, only=options.only, ahead=True)
        return
    for remark in remarks:
        console.line(remark)
    console.line("  nothing to do    all that the last build read, and made, is as it was")


def _write_single_files(options: argparse.Namespace) -> None:
    """The report of each model as one file."""
    from ..engine.site import Site, sites_below
    from ..pages.singlefile import NAME, has_decoder, single_file

    several = sites_below(options.site, options.config).values()
    for site in several or [Site(options.site)]:
        with site.claimed(options.config):
            live = options.live and has_decoder(site.root)
            content = single_file(site.root, live)
            site.add(NAME, content)
        print(f"{site.root / NAME}: {len(content) / 1e6:.1f} MB")
        if options.live and not live:
            print(f"note: it decodes nothing; {site.root / 'live.html'} says why")


def _encode(options: argparse.Namespace) -> None:
    from .encode import encode

    encode(options.config, Console())


def _serve(options: argparse.Namespace) -> None:
    from .serve import serve

    serve(options.config, options.site, options.port, Console(), tuple(options.allow or ()))


def _check(options: argparse.Namespace) -> None:
    from .check import check, check_store

    if options.store:
        check_store(options.config, Console())
    else:
        check(options.config, Console())


def _bench(options: argparse.Namespace) -> None:
    from .bench import bench

    bench(options.config, options.device, Console())


def _train(options: argparse.Namespace) -> None:
    from .train import train_model

    given = {name: getattr(options, name) for name in SETTINGS}
    changes = {name: value for name, value in given.items() if value is not None}
    train_model(options.config, options.run, options.out, changes, Console(), options.cache)


def _demo(options: argparse.Namespace) -> None:
    from featamp.demo import faces
    from featamp.demo.settings import check_seed

    check_seed("--seed is", options.seed)
    if options.count < 2:
        raise InputError(f"--count is {options.count}, expected at least 2")
    if faces.is_complete(options.root, options.count, options.seed, options.factors):
        return
    console = Console()
    faces.write_folder(
        options.root,
        options.count,
        options.seed,
        options.factors,
        progress=lambda done, total: console.progress("faces", done, total),
    )
    console.line(f"  faces            {options.count} rendered into {options.root}")


def _clean(options: argparse.Namespace) -> None:
    from featamp.io.files.text import read_text

    from ..engine.locks import lock
    from ..engine.site import Site, clear_below, sites_below
    from ..engine.store import STORE

    read_text(options.config)  # of a name that is mistyped, neither site nor store
    site, store = Site(options.site), options.config.parent / STORE
    if store.is_symlink():
        raise InputError(
            f"{store} is a link to {store.readlink()}, where more than results may lie; empty that"
            f" folder by hand, remove the link, and run `clean` again"
        )
    there = store.is_dir()
    held = lock(store / "lock", str(store)) if there else nullcontext()
    with held, site.claimed(options.config):
        removed = clear_below(options.site, options.config) + site.clear()
        several = sites_below(options.site, options.config).values()
        for sentence in (told for one in (*several, site) for told in one.told()):
            print(f"note: {sentence}")
        if there:
            shutil.rmtree(store)
    results = "and the store of results" if there else "and there is no store of results"
    print(f"{counted(removed, 'file')} of ours removed from {options.site}, {results}")
