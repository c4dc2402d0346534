"""What a person gives in a notebook, checked: one sentence says what is wrong with it."""

from __future__ import annotations

from operator import index
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from featamp.errors import InputError, first_line, shown

if TYPE_CHECKING:
    from featamp.io.files.steps import Size

Number = TypeVar("Number", np.int64, np.float64)


def is_whole(value: object) -> bool:
    """Whether it is a whole number, of any library's: True and False are some to Python."""
    try:
        index(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return False
    return not isinstance(value, bool)


def check_whole(value: object, name: str, least: int) -> None:
    """Raise InputError unless it is a whole number, and not below the least."""
    if not is_whole(value) or int(value) < least:  # type: ignore[call-overload]
        raise InputError(f"{name} is {shown(value)}, expected a whole number, at least {least}")


def expect(value: object, kind: type, name: str, maker: str) -> None:
    """Raise InputError unless it is what one of our functions returns."""
    if not isinstance(value, kind):
        raise InputError(
            f"{name} is {type(value).__name__}, expected what featamp.{maker} returns"
        )


def check_length(values: NDArray[Any], name: str, count: int) -> None:
    """Raise InputError unless there is one value an image."""
    if values.shape != (count,):
        shape = " x ".join(map(str, values.shape))
        found = f"{values.size} values" if values.ndim < 2 else f"the shape {shape}"
        raise InputError(f"{name} has {found}, expected {count} values, one an image")


def as_path(value: object, name: str) -> Path:
    """A file or a folder."""
    if not isinstance(value, str | PathLike):
        raise InputError(f"{name} is {shown(value)}, expected a path")
    return Path(value)


def as_array(values: Any, name: str) -> NDArray[Any]:  # noqa: ANN401  an array of any library
    """Values as NumPy has them."""
    try:
        if hasattr(values, "detach"):  # a tensor, perhaps on a device, or one to be trained
            values = values.detach().cpu()
            if values.is_floating_point() and values.element_size() < 4:
                values = values.float()  # NumPy knows not every half of torch's
        return np.asarray(values)
    except Exception as error:  # whatever the library of these raises
        raise InputError(
            f"{name} is {type(values).__name__}, expected what NumPy can read as an array"
            f" ({first_line(error)})"
        ) from None


def as_numbers(values: object, kind: type[Number], name: str) -> NDArray[Number]:
    """A list of finite numbers as an array; whole ones where `kind` is."""
    array = as_array(values, name)
    try:
        made, given = np.asarray(array, kind), np.asarray(array, np.float64)
        same = bool(np.isfinite(given).all()) and np.array_equal(made, given)
    except (TypeError, ValueError, OverflowError):
        same = False
    if not same:
        whole = "whole numbers" if issubclass(kind, np.integer) else "finite numbers"
        raise InputError(f"{name} is {shown(values)}, expected {whole}")
    return made


def as_size(value: object, name: str) -> Size:
    """Height and width, of a side or of both."""
    sides = tuple(value) if isinstance(value, tuple | list) else (value, value)
    if len(sides) != 2 or not all(is_whole(side) and side > 0 for side in sides):
        raise InputError(
            f"{name} is {shown(value)}, expected pixels: a side, such as 64, or (height, width)"
        )
    return int(sides[0]), int(sides[1])


def as_pixels(value: object) -> tuple[float, float] | Literal["logits"]:
    """The range of pixels that a network reads and writes."""
    if isinstance(value, str) and value == "logits":
        return "logits"
    pair = as_array(value, "pixels")
    if (
        pair.shape != (2,)
        or pair.dtype.kind not in "iuf"
        or not -np.inf < pair[0] < pair[1] < np.inf
    ):
        raise InputError(
            f'pixels is {shown(value)}, expected two rising numbers, such as (-1, 1), or "logits"'
        )
    low, high = pair.tolist()
    return low, high
