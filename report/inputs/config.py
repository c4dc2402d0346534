"""report.toml: what the person wants reported, checked once and carried as frozen values."""

from __future__ import annotations

import difflib
import math
import tomllib
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from featamp.errors import InputError
from featamp.io.celeba import ATTRIBUTES, SPLITS
from featamp.measure.score import PARTS

DEVICES = ("auto", "cuda", "mps", "cpu")


@dataclass(frozen=True)
class ModelConfig:
    """[model]: the checkpoint and how to open it; `pixels` is the range that the model reads and
    writes.
    """

    checkpoint: Path
    factory: str | None = None
    kwargs: dict[str, Any] = field(default_factory=dict)
    state_key: str | None = None
    pixels: tuple[float, float] = (0.0, 1.0)


@dataclass(frozen=True)
class DataConfig:
    """[data]: the CelebA folder and the preprocessing; `images` is None for all of them."""

    root: Path
    images: int | None = 5000
    split: str = "all"
    crop: int = 178
    size: int = 64


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
    """[experiments]: the attributes of experiment 1, the number of dimensions of experiment 3."""

    targets: tuple[str, ...] = ("Smiling", "Eyeglasses", "Male", "Young")
    explore: int = 20


@dataclass(frozen=True)
class RankingConfig:
    """[ranking]: how much each part of a dimension's score counts (see `featamp.measure.score`); 0
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
    """[compute]: where the network runs, how many images at a time, and the seed of every random
    choice.
    """

    device: str = "auto"
    batch: int = 256
    seed: int = 0


@dataclass(frozen=True)
class Config:
    """A whole report.toml; `path` is the file itself, beside which selection.toml and the store
    lie.
    """

    path: Path
    model: ModelConfig
    data: DataConfig
    sweep: SweepConfig
    experiments: ExperimentsConfig
    ranking: RankingConfig
    compute: ComputeConfig

    @property
    def folder(self) -> Path:
        """The folder of the config file, to which its paths are relative."""
        return self.path.parent

    @property
    def text(self) -> str:
        """The file as the person wrote it."""
        return self.path.read_text(encoding="utf-8")


def load_config(path: Path) -> Config:
    """Read and check report.toml.

    Raises
    ------
    InputError
        The file cannot be read, a key is unknown (the nearest known one is named), or a value is
        wrong.
    """
    table = read_toml(path)
    check_keys(path, "", table, tuple(_SECTIONS))
    sections = {name: _section(path, name, table.get(name, {})) for name in _SECTIONS}
    for name, key in (("model", "checkpoint"), ("data", "root")):
        if key not in sections[name]:
            raise InputError(
                f"{path}: {name}.{key} is missing (expected a path relative to this file)"
            )
        sections[name][key] = path.parent / sections[name][key]
    config = Config(path, **{name: _SECTIONS[name](**values) for name, values in sections.items()})
    (low, high), (wide_low, wide_high) = config.sweep.range, config.sweep.wide
    if wide_low > low or wide_high < high:
        raise InputError(
            f"{path}: sweep.wide is [{wide_low}, {wide_high}], expected one that holds sweep.range"
            f" = [{low}, {high}]"
        )
    if not any(asdict(config.ranking).values()):
        raise InputError(f"{path}: every weight of [ranking] is 0, expected one above 0")
    return config


def read_toml(path: Path) -> dict[str, Any]:
    """Parse a TOML file; InputError with the file and the parser's own place where it cannot
    be.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not valid TOML ({error})") from None


def check_keys(path: Path, place: str, found: dict[str, Any], known: tuple[str, ...]) -> None:
    """Raise InputError for a key that is not known, naming the nearest one that is."""
    for key in found:
        if key not in known:
            name = f"{place}{key}"
            raise InputError(f"{path}: unknown key {name!r}; {_nearest(key, known)}")


def _nearest(name: str, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(name, known, 1, cutoff=0.5)
    return f"did you mean {near[0]!r}?" if near else f"known are: {', '.join(known)}"


def _section(path: Path, name: str, table: object) -> dict[str, Any]:
    if not isinstance(table, dict):
        raise InputError(f"{path}: {name} is {table!r}, expected a table [{name}]")
    known = tuple(f.name for f in fields(_SECTIONS[name]))
    check_keys(path, f"{name}.", table, known)
    values = {}
    for key, value in table.items():
        expected, parse = _VALUES[f"{name}.{key}"]
        try:
            values[key] = parse(value)
        except InputError as error:
            raise InputError(f"{path}: {name}.{key}: {error}") from None
        except (TypeError, ValueError):
            raise InputError(f"{path}: {name}.{key} is {value!r}, expected {expected}") from None
    return values


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError
    return value


def _integer(least: int) -> Callable[[object], int]:
    def parse(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise ValueError
        return value

    return parse


def _number(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise TypeError
    return float(value)


def _positive(value: object) -> float:
    if (number := _number(value)) <= 0:
        raise ValueError
    return number


def _weight(value: object) -> float:
    if (number := _number(value)) < 0:
        raise ValueError
    return number


def _interval(value: object) -> tuple[float, float]:
    if not isinstance(value, list) or len(value) != 2:
        raise TypeError
    low, high = _number(value[0]), _number(value[1])
    if low >= high:
        raise ValueError
    return low, high


def _swept(value: object) -> tuple[float, float]:
    low, high = _interval(value)
    if not low < 0 < high:
        raise ValueError
    return low, high


def _choice(*known: str) -> Callable[[object], str]:
    def parse(value: object) -> str:
        if value not in known:
            raise ValueError
        return str(value)

    return parse


def _names(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or len(set(value)) != len(value):
        raise TypeError
    return tuple(_text(name) for name in value)


def _targets(value: object) -> tuple[str, ...]:
    names = _names(value)
    for name in names:
        if name not in ATTRIBUTES:
            raise InputError(f"{name!r} is not a CelebA attribute; {_nearest(name, ATTRIBUTES)}")
    return names


def _table(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError
    return value


_SECTIONS: dict[str, Any] = {
    "model": ModelConfig,
    "data": DataConfig,
    "sweep": SweepConfig,
    "experiments": ExperimentsConfig,
    "ranking": RankingConfig,
    "compute": ComputeConfig,
}
_VALUES: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "model.checkpoint": ("a path", _text),
    "model.factory": ('text like "user_vae:VAE"', _text),
    "model.kwargs": ("a table of arguments", _table),
    "model.state_key": ("the name of a key in the checkpoint", _text),
    "model.pixels": ("two rising numbers, such as [-1.0, 1.0]", _interval),
    "data.root": ("a path", _text),
    "data.images": (
        'a whole number of at least 2, or "all"',
        lambda value: None if value == "all" else _integer(2)(value),
    ),
    "data.split": ("one of train, valid, test, all", _choice(*SPLITS, "all")),
    "data.crop": ("a whole number of pixels, at least 8", _integer(8)),
    "data.size": ("a whole number of pixels, at least 8", _integer(8)),
    "sweep.samples": (
        "a whole number of at least 1, or a list of different image names",
        lambda value: _names(value) if isinstance(value, list) else _integer(1)(value),
    ),
    "sweep.alphas": ("a whole number of at least 2", _integer(2)),
    "sweep.range": ("two numbers on both sides of 0, such as [-3.0, 3.0]", _swept),
    "sweep.wide": ("two numbers on both sides of 0, such as [-5.0, 5.0]", _swept),
    "sweep.sigmas": ("a number above 0", _positive),
    "experiments.targets": ("a list of different CelebA attribute names", _targets),
    "experiments.explore": ("a whole number of at least 1", _integer(1)),
    **{f"ranking.{name}": ("a weight of at least 0", _weight) for name in PARTS},
    "compute.device": (f"one of {', '.join(DEVICES)}", _choice(*DEVICES)),
    "compute.batch": ("a whole number of at least 1", _integer(1)),
    "compute.seed": ("a whole number of at least 0", _integer(0)),
}
