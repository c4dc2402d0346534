"""Images and labels that lie in Parquet files, as Hugging Face has them, as a folder."""

from __future__ import annotations

import csv
import json
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Any

from featamp.errors import InputError, first_line
from featamp.io.files.known import PeopleNumbers, is_of_people
from featamp.io.files.listing import PARQUET, files_in_place_of_images, is_image, refuse_pointer

if TYPE_CHECKING:
    import pyarrow as pa

COLUMNS, PARTS, PEOPLE = "parquet_columns.csv", "list_eval_partition.csv", "identity_CelebA.txt"
"""Files of the folder beside the images: every other column, the part of each image where the
files' names say it, and the person where a column does."""
SPLITS = {"train": 0, "validation": 1, "valid": 1, "test": 2}
"""Parts as CelebA numbers them, by what a file's name begins with."""
MAGIC = {b"\xff\xd8\xff": ".jpg", b"\x89PNG": ".png", b"RIFF": ".webp", b"BM": ".bmp",
         b"II*\x00": ".tif", b"MM\x00*": ".tif"}  # fmt: skip
ROWS = 256
"""Read at a time."""
LONGEST_NAME = 255
"""Bytes of a file's name that every system takes."""

Place = tuple[str, ...]
"""Of a value in a row: the name of its column or, within a record, those of column and part."""


def parquet_files(root: Path) -> list[Path]:
    """The Parquet files that `root` is or, where no image lies in it or below, holds."""
    return files_in_place_of_images(root, (PARQUET,))


def unpack(files: Sequence[Path], folder: Path) -> None:
    """Write the images of Parquet files into a folder, their bytes as they are, and what else
    their rows say into tables beside them.

    Parameters
    ----------
    files : each with one column of images (bytes, or bytes and path as `datasets` stores them);
        of a row without one, the file that is written is empty.
    folder : empty.

    Raises
    ------
    InputError
        pyarrow is not installed, or a file is damaged, has no column of images, or other columns
        than the first; or no row has an image.
    """
    tables = [_open(path) for path in files]
    columns = _columns(tables)
    taken: set[str] = set()
    told, numbers = parts_of(files), PeopleNumbers()
    held = False
    with ExitStack() as stack:
        labels, parts, people = (
            csv.writer(stack.enter_context(_writing(folder / name)), delimiter=mark)
            for name, mark in ((COLUMNS, ","), (PARTS, ","), (PEOPLE, " "))
        )
        labels.writerow(["image", *(".".join(p) for p in (*columns.labels, *columns.others))])
        parts.writerow(["image_id", "partition"])
        for table in tables:
            for content, path, row, person in table.rows(columns):
                name = _name(path, content, taken)
                (folder / name).write_bytes(content)
                held = held or bool(content)
                labels.writerow([name, *row, *columns.others.values()])
                parts.writerow([name, told[table.path]])
                if (number := numbers.of(person)) is not None:
                    people.writerow([name, number])
    if not taken:
        raise InputError(f"{files[0]}: no rows in it, expected an image in each")
    if not held:
        raise InputError(
            f"{files[0]}: no image of its column {tables[0].image!r} holds any bytes"
            f" ({path or 'no path'}); save the data set with the images in it"
        )
    if not columns.labels and not columns.others:
        (folder / COLUMNS).unlink()
    if None in told.values():
        (folder / PARTS).unlink()
    if not numbers:
        (folder / PEOPLE).unlink()


def _writing(path: Path) -> IO[str]:
    return path.open("w", newline="", encoding="utf-8", errors="replace")


@dataclass(frozen=True)
class _Columns:
    """The columns of a data set, beside that of its images.

    Attributes
    ----------
    person : where its people are.
    labels : the others that hold one value each.
    others : those that do not, and the kind of each: it stands in the place of the values, so that
        whoever reads the table says what was left out.
    """

    person: Place | None
    labels: tuple[Place, ...]
    others: dict[Place, str]


def _columns(tables: Sequence[_Table]) -> _Columns:
    """Those that all files have, in the order of the first."""
    first = tables[0]
    for table in tables:
        if table.image != first.image or table.kinds.keys() != first.kinds.keys():
            raise InputError(
                f"{table.path}: its columns are not those of {first.path}; give the files of one"
                f" data set as data.root"
            )
    found = {place: [table.kinds[place] for table in tables] for place in first.kinds}
    odd = {
        place: [kind for kind in kinds if not _is_plain(kind)] for place, kinds in found.items()
    }
    others = {place: str(kinds[0]) for place, kinds in odd.items() if kinds}
    plain = [place for place in first.kinds if place not in others]
    person = next((place for place in plain if is_of_people(place[-1])), None)
    labels = tuple(place for place in plain if place != person)
    return _Columns(person, labels, others)


@dataclass(frozen=True)
class _Table:
    """One Parquet file.

    Attributes
    ----------
    image : name of the column of images.
    kinds : of every other column, or of each part of a record.
    words : names of a column's classes, where the file tells them.
    """

    path: Path
    image: str
    kinds: dict[Place, pa.DataType]
    words: dict[str, list[str]]

    def rows(self, columns: _Columns) -> Iterator[tuple[bytes, str, list[object], object]]:
        """The bytes of each image, none where it is missing; its name or "", its labels, and its
        person.
        """
        places = [(self.image,), *columns.labels, *filter(None, [columns.person])]
        for row in _rows(self.path, [*dict.fromkeys(place[0] for place in places)]):
            image = row[self.image]
            content, name = (
                (image.get("bytes"), image.get("path") or "")
                if isinstance(image, dict)
                else (image, "")
            )
            labels = [self._label(place, row) for place in columns.labels]
            person = self._label(columns.person, row) if columns.person else None
            yield content or b"", name, labels, person

    def _label(self, place: Place, row: dict[str, Any]) -> object:
        value: Any = row
        for name in place:
            value = None if value is None else value[name]
        words = self.words.get(place[0], []) if len(place) == 1 else []
        if words and value == -1:  # as `datasets` writes that nobody knows the class
            return ""
        if isinstance(value, int) and 0 <= value < len(words):
            return words[value]
        return " ".join(value.split()) if isinstance(value, str) else value  # one line a row


def _open(path: Path) -> _Table:
    try:
        import pyarrow.parquet as pq
    except ImportError:
        raise InputError(
            f"{path} is a Parquet file, which the package pyarrow reads; install it with"
            f" .venv/bin/python -m pip install pyarrow"
        ) from None
    refuse_pointer(path)
    with _read_whole(path):
        schema = pq.read_schema(path)
    images = [field.name for field in schema if _holds_images(field)]
    if len(images) != 1:
        found = ", ".join(f"{f.name} ({f.type})" for f in list(schema)[:4])
        raise InputError(
            f"{path}: {len(images) or 'no'} columns of images, expected one of bytes, or of bytes"
            f" and path (it has {found}){'; leave one of them' if images else ''}"
        )
    kinds = {
        place: kind for field in schema if field.name != images[0] for place, kind in _kinds(field)
    }
    return _Table(path, images[0], kinds, _words(schema))


def _rows(path: Path, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Some columns of each row."""
    import pyarrow.parquet as pq

    with _read_whole(path), pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=ROWS, columns=columns):
            yield from batch.to_pylist()


@contextmanager
def _read_whole(path: Path) -> Iterator[None]:
    """Say what is wrong with a damaged file, in whichever way pyarrow finds that."""
    from pyarrow import ArrowException

    try:
        yield
    except (ArrowException, OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path}: no whole Parquet file ({first_line(error)}); fetch or write it again"
        ) from None


def _holds_images(field: pa.Field) -> bool:
    import pyarrow.types as kinds

    kind = field.type
    if kinds.is_struct(kind):
        return any(part.name == "bytes" and _holds_bytes(part.type) for part in kind)
    return _holds_bytes(kind)


def _holds_bytes(kind: pa.DataType) -> bool:
    import pyarrow.types as kinds

    known = (kinds.is_binary, kinds.is_large_binary, kinds.is_binary_view)
    return any(is_kind(kind) for is_kind in known)


def _kinds(field: pa.Field) -> list[tuple[Place, pa.DataType]]:
    """A column and its kind, or those of each part of a record."""
    import pyarrow.types as kinds

    if kinds.is_struct(field.type):
        return [((field.name, part.name), part.type) for part in field.type]
    return [((field.name,), field.type)]


def _is_plain(kind: pa.DataType) -> bool:
    import pyarrow.types as kinds

    if kinds.is_dictionary(kind):
        kind = kind.value_type
    known = (
        kinds.is_boolean, kinds.is_integer, kinds.is_floating, kinds.is_string,
        kinds.is_large_string, kinds.is_string_view, kinds.is_null,
    )  # fmt: skip
    return any(is_kind(kind) for is_kind in known)


def _words(schema: pa.Schema) -> dict[str, list[str]]:
    """The names of classes that `datasets` leaves beside the columns; none where it says nothing
    that can be read.
    """
    try:
        told = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))
        features = told["info"]["features"].items()
        return {
            column: [str(name) for name in feature["names"]]
            for column, feature in features
            if isinstance(feature, dict) and isinstance(feature.get("names"), list)
        }
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return {}


def _name(path: str, content: bytes, taken: set[str]) -> str:
    """The name of an image's file: its own where no other is called so, in whichever letters or
    with another suffix, else its number.
    """
    name = PurePosixPath(path.replace("\\", "/")).name
    if not (is_image(name) and name.isprintable() and fits(name)) or _bare(name) in taken:
        known = (suffix for magic, suffix in MAGIC.items() if content.startswith(magic))
        suffix = next(known, ".png")
        name = numbered(len(taken) + 1, suffix, lambda made: _bare(made) not in taken)
    taken.add(_bare(name))
    return name


def _bare(name: str) -> str:
    """What a table calls an image, on a system that takes large and small letters for one."""
    return unicodedata.normalize("NFC", PurePosixPath(name).stem).casefold()


def fits(name: str) -> bool:
    """Whether a file can be called so."""
    return len(name.encode()) <= LONGEST_NAME


def numbered(number: int, suffix: str, is_free: Callable[[str], bool]) -> str:
    """The name of an image that has none of its own."""
    names = (f"row-{number:06d}{'x' * more}{suffix}" for more in count())
    return next(filter(is_free, names))


def parts_of(files: Sequence[Path]) -> dict[Path, int | None]:
    """The part that each file's name begins with, or that its folder is called; a file alone tells
    its own name alone, as its folder may be that of a project.
    """
    return {path: _part_of(path, beside=len(files) > 1) for path in files}


def _part_of(path: Path, beside: bool) -> int | None:
    stem, folder = path.stem.lower(), path.absolute().parent.name.lower()
    begun = (part for name, part in SPLITS.items() if stem.startswith(name))
    return next(begun, SPLITS.get(folder.removeprefix("partial-")) if beside else None)
