"""Files of text however systems write them: UTF-8, or UTF-16 that says so; of any other, what it
seems to be and how it is mended.
"""

from __future__ import annotations

import codecs
import difflib
import shlex
from pathlib import Path

from featamp.errors import InputError
from featamp.io.files.listing import POINTER

MARKED = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",  # before UTF-16, whose mark it begins with
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
"""Byte order marks, and how a file is read that begins with one."""
OTHERS = {
    b"PK\x03\x04": "an Excel workbook, or another archive: save its table as CSV in UTF-8",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook: save its table as CSV in UTF-8",
    **dict.fromkeys(
        (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"Rar!", b"\x28\xb5\x2f\xfd"),
        "a packed file: unpack it",
    ),
    **dict.fromkeys((b"\xff\xd8\xff", b"\x89PNG", b"RIFF"), "an image: give the table of labels"),
    b"PAR1": "a Parquet file: in pandas, read_parquet(...).to_csv(...) writes its table as text",
    b"\x93NUMPY": "an array of NumPy: write a table with the name of each image before its value",
}
"""How files begin that people give in the place of a table."""
TAR, AT = b"ustar", 257
"""What stands in a tar file, and from which byte on."""
INSTEAD = {
    POINTER.decode(): "a Git LFS pointer, not the file that it stands for: fetch it with"
    " `git lfs pull`",
    **dict.fromkeys(
        ("<!doctype html", "<html"),
        "a web page, not the file that it leads to: download that again, logged in if need be",
    ),
}
"""How texts begin that stand in the place of a file, in small letters."""
SEEN = 1000
"""Bytes that tell whether a file is UTF-16 without a mark: of plain letters every second is 0."""
FEWER = 4
"""So many times fewer are those that are 0 on the other side."""


def read_text(path: Path) -> str:
    """The text of a file that a person gave.

    Raises
    ------
    InputError
        It cannot be read, or is no text in UTF-8; the command that makes it so is named.
    """
    if path.exists() and not path.is_file():
        raise InputError(f"{path}: not a file, expected one of text")  # a pipe would never end
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise InputError(f"{path}: no such file{named_alike(path)}") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
    form = next((form for mark, form in MARKED.items() if content.startswith(mark)), "utf-8")
    try:
        zeros = b"\0" in content[:SEEN] or content.endswith(b"\0")
        if form != "utf-8" or not zeros:
            return _required(path, content.decode(form))
    except UnicodeDecodeError:
        pass
    raise InputError(f"{path}: {_mend(path.name, content)}")


def named_alike(path: Path) -> str:
    """What may be meant where there is nothing at a path; "" where nothing beside it is called
    alike.
    """
    beside = [other.name for other in path.parent.iterdir()] if path.parent.is_dir() else []
    near = difflib.get_close_matches(path.name, beside, 1)
    return f"; did you mean {near[0]!r}?" if near else ""


def _required(path: Path, text: str) -> str:
    """A text, where it is none that stands in the place of a file."""
    start = text[:SEEN].lstrip().lower()
    if what := next((what for begin, what in INSTEAD.items() if start.startswith(begin)), None):
        raise InputError(f"{path}: {what}")
    return text


def _mend(name: str, content: bytes) -> str:
    """What a file is that is no text in UTF-8, and what makes it so."""
    if other := next((what for start, what in OTHERS.items() if content.startswith(start)), None):
        return f"no text, but {other}"
    if content.startswith(TAR, AT):
        return "no text, but a tar file: unpack it"
    whole = content.rstrip(b"\0")
    if whole != content and _is_plain(whole):
        return (
            f"{len(content) - len(whole)} zeros at its end, as of a file that was not written"
            f" whole; write it again, or take them off, `tr -d '\\0' < {shlex.quote(name)} >"
            f" whole`, and use that"
        )
    likely = _likely(content)
    if likely is None:
        return "no text in UTF-8; save it as such"
    return (
        f"not in UTF-8, but in {likely}, it seems; save it as UTF-8, in an editor or with"
        f" `iconv -f {likely} -t UTF-8 {shlex.quote(name)} > utf8`, and use that"
    )


def _is_plain(content: bytes) -> bool:
    """Whether some bytes are text in UTF-8."""
    try:
        return bool(content.decode()) and b"\0" not in content
    except UnicodeDecodeError:
        return False


def _likely(content: bytes) -> str | None:
    """The encoding of a text that is no UTF-8; None where nothing is likely."""
    start = content[:SEEN]
    even, odd = start[::2].count(0), start[1::2].count(0)
    if even or odd:
        return "UTF-16LE" if odd > FEWER * even else "UTF-16BE" if even > FEWER * odd else None
    try:
        content.decode("windows-1252")  # of Latin-1, too, which has fewer letters
    except UnicodeDecodeError:
        return None
    return "WINDOWS-1252"
