"""TOML that a person wrote: parsed, and each key known; else a sentence that says where."""

from __future__ import annotations

import difflib
import re
import tomllib
from pathlib import Path
from typing import Any

from featamp.errors import InputError, shown

MOST_PARTS = 100
LONG_KEY = re.compile(rf"(?<![\w.-])(?:[\w-]++\s*+\.\s*+){{{MOST_PARTS}}}")
"""A key of so many parts with points between: the parser takes minutes for some thousands."""
VALUE = r"^[^#\"']*=\s*"
"""What a line begins with, up to the value of its key."""
SLIPS = {
    r"\r(?!$)": "save the file with line ends of Unix or Windows, not of an old Mac",
    "^[^#]*[\u201c\u201d\u201e\u2018\u2019]": "write straight quotes, not curly ones",
    "^[^#]*[\u00a0\u202f\u2007\ufeff\u200b]": "a space in it is none of TOML's: type it anew",
    r'"[^"]*\\[^"]*"': "write a Windows path in single quotes, or with / instead of \\",
    rf"{VALUE}(True|False)\b": "write true or false, in small letters",
    rf"{VALUE}(None|null|nil)\b": "leave the key out in place of a value that says nothing",
    rf"{VALUE}\(": "write [64, 64], with square brackets",
    r"[=\[,]\s*[-+]?\.\d": "write 0.5, with the 0",
    rf"{VALUE}[A-Za-z~./\\]": 'text and paths stand in quotes: key = "value"',
    r"^\s*[\w.-]+\s*:": "write key = value, with =",
}
"""By what a line has that is no TOML, the likeliest first: what mends it."""


def parse_toml(path: Path, text: str) -> dict[str, Any]:
    """Parse the text of a TOML file; InputError with the file and the parser's own place where it
    cannot be.
    """
    if LONG_KEY.search(text):
        raise InputError(f"{path}: not valid TOML (a key of more than {MOST_PARTS} parts)")
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits, brackets 5,000 deep
        raise InputError(f"{path}: not valid TOML ({error}){_slip(text, error)}") from None


def _slip(text: str, error: Exception) -> str:
    """The line in which the parser stopped, and what mends the commonest slips."""
    found = re.search(r"at line (\d+)", str(error))
    if found is None:
        return ""
    line = text.replace("\r\n", "\n").split("\n")[int(found[1]) - 1]
    mend = next((f"; {mend}" for slip, mend in SLIPS.items() if re.search(slip, line)), "")
    return f": {shown(line.strip())}{mend}" if line.strip() else mend


def check_keys(path: Path, place: str, found: dict[str, Any], known: tuple[str, ...]) -> None:
    """Raise InputError for a key that is not known, naming the nearest one that is."""
    for key in found:
        if key not in known:
            name = f"{place}{key}"
            raise InputError(f"{path}: unknown key {shown(name)}; {_nearest(key, known)}")


def _nearest(name: str, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(name, known, 1, cutoff=0.5)
    return f"did you mean {near[0]!r}?" if near else f"known are: {', '.join(known)}"
