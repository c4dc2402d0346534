"""report.toml: what the person wants reported, checked once and carried as frozen values; one for
each model that it names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from featamp.errors import InputError, shown
from featamp.io.files.steps import Size, Step, Steps, spoken
from featamp.io.files.text import read_text
from featamp.io.network.adapters import PixelRange

from .toml import check_keys, parse_toml
from .values import BOUNDS, VALUES, read_step

TAKEN = ("api", "data", "figures", "shown", "static")
"""Names that no model can have: the site of several models has folders or addresses of them."""
MOST_PIXELS = 178_000_000
"""Of all frames of one sweep: Pillow opens no larger picture."""
CELEBA_PIXELS = 178 * 218
"""Of one image as it is downloaded."""


@dataclass(frozen=True)
class ModelConfig:
    """[model]: the checkpoint and how to open it; `pixels` is the range that the model reads and
    writes, None for that of its kind, and `encode_samples` how many answers of an `encode` that
    samples are averaged.
    """

    checkpoint: Path | None = None
    factory: str | None = None
    adapter: str | None = None
    kwargs: dict[str, Any] = field(default_factory=dict)
    state_key: str | None = None
    ignore_keys: tuple[str, ...] = ()
    pixels: PixelRange | None = None
    encode_samples: int = 1


@dataclass(frozen=True)
class DataConfig:
    """[data]: the folder of images, a table of their labels beside CelebA's own, and the
    preprocessing; `images` is None for all of them.

    `crop` and `size` are heights and widths in pixels, `crop` None where nothing is cut first.
    `preprocess` says in words what is done in their place; ("none",) that files have the size
    already, and one word with a colon names a function of the person's. `mean` and `std`, one for
    all channels or one each, normalise pixels in [0, 1] for the model.
    """

    root: Path
    images: int | None = 5000
    split: str = "all"
    crop: Size | None = (178, 178)
    size: Size = (64, 64)
    labels: Path | None = None
    preprocess: tuple[str, ...] = ()
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()

    @property
    def function(self) -> str | None:
        """The person's function that prepares images, as "module:name"; None where there is
        none.
        """
        word = self.preprocess[0] if len(self.preprocess) == 1 else ""
        return word if ":" in word else None

    @property
    def steps(self) -> Steps:
        """What is done to the pixels of a file, without a function of the person's."""
        if self.preprocess in ((), ("squash",)):
            return Steps.usual(self.crop, self.size)
        if self.preprocess == ("none",) or self.function:
            return Steps(self.size)
        steps = tuple(read_step(word) for word in self.preprocess)
        last = (Step("resize", self.size),) if len(steps) == 1 and steps[0].kind == "crop" else ()
        return Steps(self.size, (*steps, *last))


@dataclass(frozen=True)
class SweepConfig:
    """[sweep]: samples and alphas; `range` and `wide` are raw units, `sigmas` standard
    deviations.
    """

    samples: int | tuple[str, ...] = 8
    alphas: int = 10
    range: tuple[float, float] = (-3.0, 3.0)
    wide: tuple[float, float] = (-5.0, 5.0)
    sigmas: float = 3.0


@dataclass(frozen=True)
class ExperimentsConfig:
    """[experiments]: the attributes of experiment 1 (none for those that suit the labels), the
    number of dimensions of experiment 3, and of those that screening finds.
    """

    targets: tuple[str, ...] = ()
    explore: int = 20
    found: int = 8


@dataclass(frozen=True)
class ScoreWeights:
    """[score]: how much each part of a dimension's score counts (see `featamp.verdict.score`); 0
    leaves it out.
    """

    visible: float = 1.0
    consistent: float = 1.0
    monotone: float = 1.0
    not_photometric: float = 1.0
    specific: float = 1.0
    inside: float = 1.0


@dataclass(frozen=True)
class ComputeConfig:
    """[compute]: where the network runs, how many images at a time, the seed of every random
    choice, and the megabytes that results of earlier builds may take on the disk.

    `memory` is the megabytes that frames in work may take; None for as much as `Context.memory`
    says.
    """

    device: str = "auto"
    batch: int = 256
    seed: int = 0
    store: int = 4000
    memory: int | None = None


@dataclass(frozen=True)
class Config:
    """A whole report.toml, for one model; `path` is the file itself, beside which the selection
    and the store lie, and `text` what it held when it was read.

    `name` is that of the model among several, empty for a single one; `group` that of the table
    that names it, perhaps with others: seeds or epochs of one recipe. `packed` is what the person
    has as `data.root` where the images in there were unpacked.
    """

    path: Path
    model: ModelConfig
    data: DataConfig
    sweep: SweepConfig
    experiments: ExperimentsConfig
    score: ScoreWeights
    compute: ComputeConfig
    text: str = field(default="", compare=False, repr=False)
    name: str = ""
    group: str = ""
    packed: Path | None = None

    @property
    def batch(self) -> int:
        """Images decoded at a time: `compute.batch`, and fewer of larger ones than CelebA's, since
        several batches wait for the network.
        """
        height, width = self.data.size
        return max(1, self.compute.batch * CELEBA_PIXELS // max(CELEBA_PIXELS, height * width))

    @property
    def sweep_pixels(self) -> int:
        """Pixels of all frames of one kind of one sweep."""
        samples, (height, width) = self.sweep.samples, self.data.size
        count = samples if isinstance(samples, int) else len(samples)
        return count * self.sweep.alphas * height * width

    @property
    def selection(self) -> Path:
        """The person's file on this model: selection.toml, or selection-NAME.toml of one among
        several.
        """
        return self.folder / selection_name(self.name)

    @property
    def folder(self) -> Path:
        """The folder of the config file, to which its paths are relative."""
        return self.path.parent


def selection_name(model: str) -> str:
    """The name of the person's file on a model; an empty name is that of a single one."""
    return f"selection-{model}.toml" if model else "selection.toml"


def load_configs(path: Path) -> tuple[Config, ...]:
    """Read and check report.toml: one config a model, in the order of the file, alike in all else.

    Raises
    ------
    InputError
        The file cannot be read, a key is unknown (the nearest known one is named), or a value is
        wrong.
    """
    text = read_text(path)
    table = parse_toml(path, text)
    check_keys(path, "", table, (*_SECTIONS, "models"))
    models = _models(path, table)
    shared = [name for name in _SECTIONS if name != "model"]
    sections = {name: _section(path, name, table.get(name, {})) for name in shared}
    _set_steps(path, sections["data"])
    if "root" not in sections["data"]:
        raise InputError(f"{path}: data.root is missing (expected a path relative to this file)")
    _set_paths(path, "data", sections["data"], "root", "labels")
    parts = {name: _SECTIONS[name](**values) for name, values in sections.items()}
    configs = tuple(
        Config(path, ModelConfig(**model), **parts, text=text, name=name, group=group)
        for name, (group, model) in models.items()
    )
    _check_together(configs[0])
    return configs


def _check_together(config: Config) -> None:
    """Check what no value can tell alone."""
    (low, high), (wide_low, wide_high) = config.sweep.range, config.sweep.wide
    if wide_low > low or wide_high < high:
        raise InputError(
            f"{config.path}: sweep.wide is [{wide_low}, {wide_high}], expected one that holds"
            f" sweep.range = [{low}, {high}]"
        )
    _check_sweep(config)
    if not any(asdict(config.score).values()):
        raise InputError(f"{config.path}: every weight of [score] is 0, expected one above 0")


def _set_paths(path: Path, place: str, values: dict[str, Any], *keys: str) -> None:
    """Have the paths of a table, which stands in the file at `place`, begin at the folder of the
    config.
    """
    for key in keys:
        if key in values:
            values[key] = path.parent / _at_home(path, f"{place}.{key}", values[key])


def _models(path: Path, table: dict[str, Any]) -> dict[str, tuple[str, dict[str, Any]]]:
    """By the name of each model its group and its values: of [model], whose name is empty, or of
    the tables [models.NAME].
    """
    if "models" not in table:
        return {"": ("", _model(path, "model", table.get("model", {})))}
    if "model" in table:
        raise InputError(f"{path}: [model] and [models.NAME] are both there, expected one of them")
    tables = table["models"]
    if not isinstance(tables, dict) or not tables:
        raise InputError(
            f"{path}: models is {shown(tables)}, expected tables such as [models.beta]"
        )
    models: dict[str, tuple[str, dict[str, Any]]] = {}
    for name, values in tables.items():
        place = f"models.{name}"
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,59}", name) or name.lower() in TAKEN:
            raise InputError(
                f"{path}: [{place}] is no name of a folder of the site: expected letters, digits,"
                f" - and _, and none of {', '.join(TAKEN)}"
            )
        for each, model in _epochs(path, name, _model(path, place, values)):
            if each.lower() in (known.lower() for known in models):
                raise InputError(f"{path}: two models have the name {each!r}, expected one each")
            models[each] = name, model
    return models


def _model(path: Path, place: str, table: object) -> dict[str, Any]:
    """The values of one model."""
    model = _section(path, "model", table, place)
    if "checkpoint" not in model and "factory" not in model:
        raise InputError(
            f"{path}: {place}.checkpoint is missing (expected a path relative to this file; it may"
            f" be left out only where {place}.factory loads the weights itself)"
        )
    _set_paths(path, place, model, "checkpoint")
    return model


def _epochs(path: Path, name: str, model: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """A model for each file that a checkpoint with * stands for, in the names of files or folders,
    numbers in the order of counting; else the model itself.
    """
    checkpoint: Path | None = model.get("checkpoint")
    parts = () if checkpoint is None else checkpoint.parts
    own = path.parent.parts  # where the project lies is no pattern
    begin = len(own) if parts[: len(own)] == own else 0
    first = next((at for at in range(begin, len(parts)) if "*" in parts[at]), None)
    if first is None:
        yield name, model
        return
    root = Path(*parts[:first])
    pattern = re.sub(r"[\[?]", r"[\g<0>]", "/".join(parts[first:]))  # * alone stands for others
    files = [p for p in root.glob(pattern) if p.suffix != ".json"]
    if not files:
        raise InputError(f"{path}: models.{name}.checkpoint: no file matches {checkpoint}")
    for file in sorted(files, key=_counting):
        place = str(file.relative_to(root).with_suffix(""))
        yield f"{name}-{re.sub('[^A-Za-z0-9_-]+', '-', place)}", {**model, "checkpoint": file}


def _counting(file: Path) -> list[tuple[int, str]]:
    """Sorts epoch_9 before epoch_10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in _PARTS.split(str(file))]


def _check_sweep(config: Config) -> None:
    samples, (height, width) = config.sweep.samples, config.data.size
    count = samples if isinstance(samples, int) else len(samples)
    pixels = config.sweep_pixels
    if pixels > MOST_PIXELS:
        raise InputError(
            f"{config.path}: a sweep of {count} samples x {config.sweep.alphas} alphas x"
            f" {width} x {height} pixels has {pixels / 1e6:,.0f} million of them, expected at"
            f" most {MOST_PIXELS / 1e6:,.0f} million (sweep.samples, sweep.alphas)"
        )


def _at_home(path: Path, key: str, text: str) -> Path:
    """A path with ~ written out."""
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise InputError(f"{path}: {key} is {shown(text)}, and there is no such home") from None


def _set_steps(path: Path, data: dict[str, Any]) -> None:
    """Set the `crop` and the `size` that `data.preprocess` says in words: it takes the place of
    `crop`.
    """
    words = data.get("preprocess", ())
    if bool(data.get("mean")) != bool(data.get("std")):
        raise InputError(f"{path}: data.mean and data.std go together, expected both or neither")
    if not words:
        return
    if "crop" in data:
        raise InputError(f"{path}: data.preprocess and data.crop are both set, expected one")
    data["crop"] = None
    steps = [read_step(word) for word in words if " " in word]
    for step in steps:
        _check_step(path, step)
    if steps and steps[0].kind == "crop":
        data["crop"] = steps[0].size
    if len(steps) < 2 and not (steps and steps[0].kind == "resize"):
        return  # what is only cropped is resized to data.size
    size: Size = steps[0].size
    for step in steps:
        size = step.of(size)
    if data.get("size", size) != size:
        raise InputError(
            f"{path}: data.preprocess ends with {spoken(size)} pixels, and data.size is"
            f" {spoken(data['size'])} too, expected one of them"
        )
    data["size"] = size


def _check_step(path: Path, step: Step) -> None:
    least, most = BOUNDS["data.crop" if step.kind == "crop" else "data.size"]
    if not all(least <= side <= most for side in step.size):
        raise InputError(
            f"{path}: data.preprocess has {spoken(step.size)}, expected {least} to {most:,} pixels"
        )


def _section(path: Path, name: str, table: object, place: str = "") -> dict[str, Any]:
    """The values of a table of the section `name`, which stands in the file at `place`."""
    place = place or name
    if not isinstance(table, dict):
        raise InputError(f"{path}: {place} is {shown(table)}, expected a table [{place}]")
    known = tuple(f.name for f in fields(_SECTIONS[name]))
    check_keys(path, f"{place}.", table, known)
    values = {}
    for key, value in table.items():
        expected, parse = VALUES[f"{name}.{key}"]
        try:
            values[key] = parse(value)
        except InputError as error:
            raise InputError(f"{path}: {place}.{key}: {error}") from None
        except (TypeError, ValueError):
            raise InputError(
                f"{path}: {place}.{key} is {shown(value)}, expected {expected}"
            ) from None
    return values


_PARTS = re.compile(r"(\d+)")
_SECTIONS: dict[str, Any] = {
    "model": ModelConfig,
    "data": DataConfig,
    "sweep": SweepConfig,
    "experiments": ExperimentsConfig,
    "score": ScoreWeights,
    "compute": ComputeConfig,
}
