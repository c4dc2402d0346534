"""What a person gives in a notebook, checked: one sentence says what is wrong with it."""

from __future__ import annotations

import numpy as np

from featamp.errors import InputError, shown


def is_whole(value: object) -> bool:
    """Whether it is a whole number: True and False are some to Python."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def check_whole(value: object, name: str, least: int) -> None:
    """Raise InputError unless it is a whole number, and not below the least."""
    if not is_whole(value) or int(value) < least:  # type: ignore[call-overload]
        raise InputError(f"{name} is {shown(value)}, expected a whole number, {least} at least")
