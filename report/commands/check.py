"""`python -m report check`: eight images through the model, before any long work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from featamp.arrays import spread_rows
from featamp.contract.network import Outputs, breaches, judge_outputs, range_left
from featamp.contract.trials import Tried, rmse_of_mean
from featamp.errors import InputError
from featamp.io.batches import unread
from featamp.io.celeba.folder import Folder
from featamp.io.celeba.names import SPLITS
from featamp.io.describe import listed
from featamp.io.files.decode import read_image
from featamp.io.files.steps import Pixels, Steps, drawn_anew, wrong_size
from featamp.io.files.text import read_text
from featamp.io.network.encode import check_finite
from featamp.io.network.model import TrainedVAE
from featamp.measure.effect import Reconstruction, measure_reconstruction

from ..engine.console import Console, counted
from ..engine.files import Files
from ..engine.hashing import run_from_source
from ..engine.model_inputs import hash_weights, mark_of, open_vae, read_weights
from ..engine.store import STORE, Store, damage
from ..inputs.config import Config, load_configs
from ..inputs.preparing import open_steps
from ..inputs.selection import load_selection
from ..stages.images import check_wishes, copied, hash_all, idle_targets, look_over, open_data
from ..stages.trust import FACTORS, factors_of
from ..view.environment import worded
from .advice import Finding, better_settings
from .opening import no_better
from .unpacked import unpacked

IMAGES = 8
LEAST = 2
"""A build needs so many."""
WARNING = "warning: "
SPREAD = 256
"""Images whose codes tell whether mean and log-variance fit each other."""
UNTOLD = " cannot be told"
"""In a line on what nobody can tell."""


@run_from_source()
def check(config_path: Path, console: Console) -> None:
    """Open model and data, encode and decode eight images, tell shapes, ranges and error, and what
    looks wrong.

    Raises
    ------
    InputError
        The config, the data or the model is wrong.
    """
    store = Store(config_path.parent / STORE)
    configs = [unpacked(config, store) for config in load_configs(config_path)]
    images, warned = _tell_images(configs[0], store.files, console)
    refused = []
    for config in configs:
        if config.name:
            console.line(f"{config.name}:")
        try:
            _tell(config, images, console, warned)
        except InputError as error:
            if len(configs) == 1:
                raise
            console.line(f"error: {error}")
            refused.append(config.name)
    if refused:
        raise InputError(
            f"{config_path}: {len(refused)} of {len(configs)} models cannot be used"
            f" ({', '.join(refused)}), as said above"
        )


def _tell_images(
    config: Config, files: Files, console: Console
) -> tuple[dict[Path, Pixels], bool]:
    """Tell what is seen of the data, which all models share; images for them, and whether anybody
    was warned.
    """
    folder = open_data(config)
    console.line(f"images      {len(folder.names)} used, {folder.unlabelled} without a label row, "
                 f"{counted(folder.missing, 'row')} without an image")  # fmt: skip
    labels = (
        f"{len(folder.attribute_names)}: {listed(list(folder.attribute_names))}"
        if folder.attributes is not None
        else "no attribute file"
    )
    console.line(f"attributes  {labels}")
    for line in _sources(folder):
        console.line(line)
    for line in folder.told:
        console.line(f"attributes  {line}")
    check_wishes(config, folder)
    if (factors := config.data.root / FACTORS).is_file():
        factors_of(factors, folder.names)
    paths = [folder.directory / name for name in folder.names]
    hashes, heads = hash_all(files, console, folder)
    headers = look_over(config, paths, heads)
    for line in headers.told:
        console.line(f"images      {line}")
    images, broken = _load(_spread(paths, SPREAD), open_steps(config))
    seen = idle_targets(config, folder), copied(folder.names, hashes)
    warned = [*folder.unread, *folder.doubts, *filter(None, seen), *broken]
    for line in warned:
        console.line(f"{WARNING}{line}")
    return images, bool(warned)


def _sources(folder: Folder) -> Iterator[str]:
    """Where labels, parts and people come from, a line each."""
    sources, parts, people = folder.sources, folder.partition, folder.people
    if sources.labels:
        yield f"labels      of {sources.labels}"
    if parts is not None:
        counts = (f"{np.sum(parts == number)} {name}" for name, number in SPLITS.items())
        yield f"parts       {', '.join(counts)}, by {sources.parts}"
    else:
        yield "parts       not known"
    if people is not None:
        yield f"people      {len(np.unique(people))}, by {sources.people}"
    else:
        yield "people      not known"


def check_store(config_path: Path, console: Console) -> None:
    """Read every result that is kept and tell each that was damaged.

    Raises
    ------
    InputError
        Some were: the next build that needs one makes it again. Or there is no such config.
    """
    read_text(config_path)  # of a name that is mistyped, there is no store to be told of
    root = config_path.parent / STORE
    if not root.exists():
        console.line(f"{root}: there is no store; nothing was built yet")
        return
    if not root.is_dir():
        raise InputError(f"{root} is a file, expected the folder of results; remove it")
    store = Store(root)
    entries = [*store.entries(), *store.misplaced()]
    faults = [(path, fault) for path in entries if (fault := _fault(path))]
    for path, fault in faults:
        console.line(f"{path}: {fault}")
    if faults:
        raise InputError(
            f"{root}: {len(faults)} of {counted(len(entries), 'result')} damaged; the next build"
            f" makes again what it needs of them"
        )
    console.line(f"{root}: {counted(len(entries), 'result')}, all as they were written")


def _fault(path: Path) -> str | None:
    """What is wrong with what stands in the place of a result; None where nothing is."""
    if not path.is_dir():
        return "not a folder, expected one of results; remove it"
    try:
        return damage(path)
    except OSError as error:
        return f"{error.filename or path} cannot be read ({error.strerror})"


def _tell(config: Config, images: Mapping[Path, Pixels], console: Console, warned: bool) -> None:
    """Tell what is seen of one model, and that nothing looks wrong where nobody was `warned`."""
    untold = False
    for line in _report(open_vae(config), images, config):
        console.line(line)
        warned |= line.startswith(WARNING)
        untold |= UNTOLD in line and not line.startswith(WARNING)
    if not warned:
        console.line("nothing looks wrong" + " in what can be told" * untold)


def _spread(paths: list[Path], count: int) -> list[Path]:
    """So many of them, from the first to the last."""
    return [paths[at] for at in spread_rows(len(paths), count)]


def _load(paths: list[Path], steps: Steps) -> tuple[dict[Path, Pixels], list[str]]:
    """The images that can be decoded, and a line on those that cannot."""
    images, broken = {}, []
    for path in paths:
        try:
            images[path] = read_image(path, steps)
        except OSError as error:
            broken.append(f"{path} is left out: {unread(error)}")
    if len(images) < LEAST:
        raise InputError(
            f"{counted(len(images), 'image')} of {len(paths)} can be decoded, expected at least"
            f" {LEAST}; {broken[0]}"
        )
    if len(broken) > 1:
        broken = [f"{broken[0]}; so are {len(broken) - 1} more of the {len(paths)} tried"]
    return images, broken


@dataclass(frozen=True)
class _Seen:
    """Eight images and what the model makes of them.

    Attributes
    ----------
    written : the lowest and the highest value that the decoder writes.
    size : height and width of what it writes.
    """

    paths: list[Path]
    images: NDArray[np.uint8]
    mu: NDArray[np.float32]
    logvar: NDArray[np.float32]
    written: tuple[float, float]
    size: tuple[int, int]
    measured: Reconstruction


def _report(vae: TrainedVAE, decoded: Mapping[Path, Pixels], config: Config) -> Iterator[str]:
    """What is seen of one model, a line each, and then the warnings."""
    steps, spread = open_steps(config), np.stack([*decoded.values()])
    seen = _see(vae, decoded, steps, config)
    yield from _facts(vae, seen)
    error, mean = seen.measured.rmse, rmse_of_mean(seen.images, spread)
    tried = Tried(seen.images, seen.mu, seen.logvar, error, mean)
    outputs = judge_outputs(vae, *vae.encode(spread))
    found = list(better_settings(vae, tried, seen.paths, list(decoded), steps, config.data))
    yield from _untold(outputs, found)
    warnings = [
        *_range_warnings(vae, seen.written),
        *(one.text for one in found if one.told),
        *map(worded, outputs.questions),
    ]
    if not tried.tells:
        warnings.append(no_better(error, tried.of_mean))
    yield from (f"{WARNING}{warning}" for warning in warnings)


def _see(vae: TrainedVAE, decoded: Mapping[Path, Pixels], steps: Steps, config: Config) -> _Seen:
    """Encode and decode eight images.

    Raises
    ------
    InputError
        The model, or a function of a person's, does not do as it has to; or notes of theirs cannot
        be read.
    """
    paths = _spread(list(decoded), IMAGES)
    images = np.stack([decoded[p] for p in paths])
    if not np.array_equal(images[0], read_image(paths[0], steps)):
        raise InputError(f"{config.path}: {drawn_anew(steps.name)}")
    mu, logvar = vae.encode(images)
    check_finite(paths, mu, logvar)
    if breach := breaches(vae, images):
        raise InputError(breach[0])
    written, rebuilt = vae.raw_range(mu), vae.decode(mu)
    originals = images.astype(np.float32) / 255.0
    size = rebuilt.shape[1:3]
    if rebuilt.shape != originals.shape:
        raise InputError(wrong_size(originals.shape[1:3], size))
    _read_notes(config, vae, mu.shape[1])
    measured = measure_reconstruction(zip(originals, rebuilt, strict=True))
    return _Seen(paths, images, mu, logvar, written, size, measured)


def _facts(vae: TrainedVAE, seen: _Seen) -> Iterator[str]:
    mu, logvar, (low, high), (height, width) = seen.mu, seen.logvar, seen.written, seen.size
    yield f"device      {vae.device}"
    yield from (f"network     {line}" for line in vae.told)
    facts = ", ".join(f"{key} {value}" for key, value in vae.facts.items())
    yield f"checkpoint  {facts or 'says nothing of itself'}"
    ranges = (
        f"mu {mu.min():.2f} to {mu.max():.2f}, logvar {logvar.min():.2f} to {logvar.max():.2f}"
    )
    yield f"codes       {counted(mu.shape[1], 'dimension')}; {ranges}"
    yield f"decoder     {width} x {height} pixels, writes {low:.2f} to {high:.2f}"
    yield f"error       RMSE {seen.measured.rmse:.4f} (PSNR {seen.measured.psnr:.1f} dB)"


def _read_notes(config: Config, vae: TrainedVAE, dims: int) -> None:
    """Raise InputError where a build could not read what a person chose and wrote."""
    hashes, _ = read_weights(config)
    load_selection(
        config.selection, dims, mark_of(config, hash_weights(config, hashes, lambda: vae), dims)
    )


def _untold(outputs: Outputs, found: list[Finding]) -> Iterator[str]:
    """What nobody can tell, a line each."""
    if outputs.untold:
        yield (
            f"codes       whether logvar is the log-variance or log sigma{UNTOLD}:"
            f" {worded(outputs.untold)}"
        )
    if outputs.beside:
        parts = listed(list(outputs.beside))
        belong, them = ("belong", "them") if len(outputs.beside) > 1 else ("belongs", "it")
        yield (
            f"network     whether {parts} {belong} between encoder and decoder{UNTOLD}:"
            f" neither of them calls {them}"
        )
    for alike in (one.text for one in found if not one.told):
        yield f"pictures    whether {alike}{UNTOLD}: they are given back as well so"


def _range_warnings(vae: TrainedVAE, written: tuple[float, float]) -> Iterator[str]:
    if outside := range_left(vae, written):
        found = f"{written[0]:.2f} to {written[1]:.2f}"
        yield f"the decoder writes {found}, outside model.pixels = {list(outside)}"
