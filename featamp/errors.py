"""The one error that a person can mend."""

from __future__ import annotations


class InputError(ValueError):
    """The user's input is wrong; one sentence names the place, what was found, and what was
    expected.
    """
