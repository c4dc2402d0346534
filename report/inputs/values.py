"""What each key of report.toml may hold: bounds, what is expected in words, and what reads it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from featamp.io.celeba.names import SPLITS
from featamp.io.files.steps import Size, Step
from featamp.io.network.adapters import PixelRange
from featamp.verdict.score import PARTS

DEVICES = ("auto", "cuda", "mps", "cpu")
BOUNDS: dict[str, tuple[float, float]] = {
    "model.pixels": (-1e6, 1e6),
    "model.encode_samples": (1, 1000),
    "data.images": (2, 10_000_000),
    "data.crop": (8, 10_000),
    "data.size": (8, 2048),
    "data.mean": (-1000, 1000),
    "data.std": (-1000, 1000),
    "sweep.samples": (1, 200),
    "sweep.alphas": (2, 200),
    "sweep.range": (-1e6, 1e6),
    "sweep.wide": (-1e6, 1e6),
    "sweep.sigmas": (0.01, 1000),
    "experiments.explore": (1, 100_000),
    "experiments.found": (0, 100_000),
    **{f"score.{name}": (0, 1000) for name in PARTS},
    "compute.batch": (1, 100_000),
    "compute.seed": (0, 2**32 - 1),
    "compute.store": (0, 100_000_000),
    "compute.memory": (1, 100_000_000),
}
"""Least and most of every number that a person may give."""
NARROWEST = 1e-6
"""Two numbers of an interval are at least so far apart."""
WHOLE = (-(2**63), 2**63 - 1)
"""Least and most of a whole number that a model is given: what its arrays hold."""
DEEPEST = 20
"""So many tables and lists within each other may be given to a model."""
SIDES = r"[1-9]\d{0,4}( ?x ?[1-9]\d{0,4})?"
"""A side, or width and height, as people write them."""
MOST_LETTERS = 4000
"""Of a text in the config: no path of a system is longer."""


def _text(value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= MOST_LETTERS or min(value) < " ":
        raise TypeError
    return value


def _whole(key: str, *, unit: str = "") -> tuple[str, Callable[[object], int]]:
    """What is expected of a whole number, and what reads it."""
    least, most = BOUNDS[key]

    def parse(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise ValueError
        return value

    return f"a whole number{unit} of {least:,} to {most:,}", parse


def _number(key: str) -> tuple[str, Callable[[object], float]]:
    """What is expected of a number, and what reads it."""
    least, most = BOUNDS[key]

    def parse(value: object) -> float:
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise TypeError
        if not least <= value <= most:
            raise ValueError
        return float(value)

    return f"a number of {least:,} to {most:,}", parse


def _interval(key: str) -> Callable[[object], tuple[float, float]]:
    parse_number = _number(key)[1]

    def parse(value: object) -> tuple[float, float]:
        if not isinstance(value, list) or len(value) != 2:
            raise TypeError
        low, high = (parse_number(end) for end in value)
        if high - low < NARROWEST:
            raise ValueError
        return low, high

    return parse


def _swept(key: str) -> tuple[str, Callable[[object], tuple[float, float]]]:
    """What is expected of a range of alphas, and what reads it."""
    parse_interval = _interval(key)

    def parse(value: object) -> tuple[float, float]:
        low, high = parse_interval(value)
        if not low < 0 < high:
            raise ValueError
        return low, high

    widest = BOUNDS[key][1]
    return f"two numbers on both sides of 0, up to {widest:,.0f}, such as [-3.0, 3.0]", parse


def _pixels(value: object) -> PixelRange:
    return "logits" if value == "logits" else _interval("model.pixels")(value)


def _or(
    special: Callable[[object], Any], other: tuple[str, Callable[[object], Any]], text: str
) -> tuple[str, Callable[[object], Any]]:
    """What is expected of a value that is one of two kinds; `special` raises for the other."""
    expected, parse = other

    def either(value: object) -> object:
        try:
            return special(value)
        except TypeError:
            return parse(value)

    return f"{expected}, or {text}", either


def _choice(*known: str) -> Callable[[object], str]:
    def parse(value: object) -> str:
        if value not in known:
            raise ValueError
        return str(value)

    return parse


def _all(value: object) -> None:
    if value != "all":
        raise TypeError


def _names(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or len(set(value)) != len(value):
        raise TypeError
    return tuple(_text(name) for name in value)


def _side(key: str) -> tuple[str, Callable[[object], Size]]:
    """What is expected of a size, and what reads it."""
    expected, whole = _whole(key, unit=" of pixels")

    def parse(value: object) -> Size:
        if not isinstance(value, str):
            return whole(value), whole(value)
        if not re.fullmatch(SIDES, value) or "x" not in value:
            raise ValueError
        height, width = _sides(value)
        return whole(height), whole(width)

    return f'{expected}, or width and height such as "178x218"', parse


def _steps(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        if value not in ("none", "squash") and not re.fullmatch(r"[\w.]+:\w+", value):
            raise ValueError
        return (value,)
    steps = _names(value)
    kinds = [step.partition(" ")[0] for step in steps]
    if kinds == ["resize"] and "x" not in steps[0]:
        raise ValueError  # of torchvision's Resize(64) nobody knows the other side
    known = all(re.fullmatch(f"(crop|resize) {SIDES}", step) for step in steps)
    if kinds not in (["crop"], ["resize"], ["crop", "resize"], ["resize", "crop"]) or not known:
        raise ValueError
    return steps


def read_step(word: str) -> Step:
    """One step in words: "crop 178", "crop 178x218", "resize 64x64", "resize 64"."""
    kind, _, size = word.partition(" ")
    sides = _sides(size)
    if kind == "crop":
        return Step("crop", sides)
    return Step("resize" if "x" in size else "shorter", sides)


def _sides(text: str) -> Size:
    """Height and width of "178x218", which is a width and a height, or of one side."""
    width, _, height = text.replace(" ", "").partition("x")
    return int(height or width), int(width)


def _channels(value: object) -> tuple[float, ...]:
    values = value if isinstance(value, list) else [value]
    if len(values) not in (1, 3):
        raise ValueError
    read = _number("data.mean")[1]
    return tuple(read(number) for number in values)


def _spreads(value: object) -> tuple[float, ...]:
    spreads = _channels(value)
    if min(spreads) < NARROWEST:
        raise ValueError
    return spreads


def _arguments(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError
    if _depth(value) > DEEPEST or not all(map(_bounded, _leaves(value))):
        raise ValueError
    if len(json.dumps(value, default=str)) > 100 * MOST_LETTERS:
        raise ValueError
    return value


def _bounded(value: object) -> bool:
    """Whether a whole number is within `WHOLE`; no other value has bounds."""
    return not isinstance(value, int) or WHOLE[0] <= value <= WHOLE[1]


def _leaves(value: object) -> Iterator[object]:
    """Every value in tables and lists within each other."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for inside in value:
            yield from _leaves(inside)
    else:
        yield value


def _depth(value: object) -> int:
    """How many tables and lists lie within each other."""
    if isinstance(value, dict):
        value = list(value.values())
    return 1 + max(map(_depth, value), default=0) if isinstance(value, list) else 0


VALUES: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "model.checkpoint": ("a path", _text),
    "model.factory": ('text like "user_vae:VAE"', _text),
    "model.kwargs": (
        "a table of arguments, not very long or deep, whole numbers of at most 64 bits",
        _arguments,
    ),
    "model.adapter": ("the name of a module with encode and decode", _text),
    "model.state_key": ("the name of a key in the checkpoint", _text),
    "model.ignore_keys": ('a list of different patterns, such as ["loss.*"]', _names),
    "model.pixels": ('two rising numbers, such as [-1.0, 1.0], or "logits"', _pixels),
    "model.encode_samples": _whole("model.encode_samples"),
    "data.root": ("a path", _text),
    "data.labels": ("a path", _text),
    "data.preprocess": (
        '["crop 178", "resize 64x64"], ["resize 64", "crop 64x64"], "squash", "none", or a'
        ' function of yours such as "user_vae:prepare"',
        _steps,
    ),
    "data.images": _or(_all, _whole("data.images"), '"all"'),
    "data.split": ("one of train, valid, test, all", _choice(*SPLITS, "all")),
    "data.crop": _side("data.crop"),
    "data.size": _side("data.size"),
    "data.mean": ("a number, or one a channel: [red, green, blue] of pixels in [0, 1]", _channels),
    "data.std": ("a number above 0, or one a channel: [red, green, blue]", _spreads),
    "sweep.samples": _or(_names, _whole("sweep.samples"), "a list of different image names"),
    "sweep.alphas": _whole("sweep.alphas"),
    "sweep.range": _swept("sweep.range"),
    "sweep.wide": _swept("sweep.wide"),
    "sweep.sigmas": _number("sweep.sigmas"),
    "experiments.targets": ("a list of different attribute names", _names),
    "experiments.explore": _whole("experiments.explore"),
    "experiments.found": _whole("experiments.found"),
    **{key: _number(key) for key in BOUNDS if key.startswith("score.")},
    "compute.device": (f"one of {', '.join(DEVICES)}", _choice(*DEVICES)),
    "compute.batch": _whole("compute.batch"),
    "compute.seed": _whole("compute.seed"),
    "compute.store": _whole("compute.store", unit=" of megabytes"),
    "compute.memory": _whole("compute.memory", unit=" of megabytes"),
}
