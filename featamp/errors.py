"""The one error that a person can mend."""

from __future__ import annotations


class InputError(ValueError):
    """The user's input is wrong; one sentence names the place, what was found, and what was
    expected.
    """


LONGEST = 80
"""Letters of a value in an error."""


def shown(value: object) -> str:
    """A value as an error names it, on one line of at most `LONGEST` letters."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # thousands of digits, or tables as deep
        return f"a value of type {type(value).__name__} that is too long to show"
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} …"
