"""The one error that a person can mend."""

from __future__ import annotations


class InputError(ValueError):
    """The user's input is wrong; the message is one sentence that names the place, what was found, what was expected."""
