"""Images and labels that lie in Parquet files, as Hugging Face has them, as a folder."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from featamp.errors import InputError
from featamp.io.files.listing import PARQUET, files_in_place_of_images, is_image, refuse_pointer

if TYPE_CHECKING:
    import pyarrow as pa

COLUMNS, PARTS, PEOPLE = "parquet_columns.csv", "list_eval_partition.csv", "identity_CelebA.txt"
"""Files of the folder beside the images: every other column, the part of each image where the
files' names say it, and the person where a column does."""
PEOPLE_COLUMNS = ("celeb_id", "identity")
SPLITS = {"train": 0, "validation": 1, "valid": 1, "test": 2}
"""Parts as CelebA numbers them, by what a file's name begins with."""
MAGIC = {b"\xff\xd8\xff": ".jpg", b"\x89PNG": ".png", b"RIFF": ".webp", b"BM": ".bmp",
         b"II*\x00": ".tif", b"MM\x00*": ".tif"}  # fmt: skip
ROWS = 256
"""Read at a time."""

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
    files : each with one column of images (bytes, or bytes and path as `datasets` stores them).
    folder : empty.

    Raises
    ------
    InputError
        pyarrow is not installed, or a file is damaged, has no column of images, or other columns
        than the first.
    """
    first = _open(files[0])
    taken: set[str] = set()
    told = parts_of(files)
    with ExitStack() as stack:
        labels, parts, people = (
            csv.writer(stack.enter_context((folder / name).open("w", newline="")), delimiter=mark)
            for name, mark in ((COLUMNS, ","), (PARTS, ","), (PEOPLE, " "))
        )
        labels.writerow(["image", *(".".join(p) for p in (*first.labels, *first.others))])
        parts.writerow(["image_id", "partition"])
        for path in files:
            table = _open(path)
            if (table.image, table.labels, table.others) != (
                first.image,
                first.labels,
                first.others,
            ):
                raise InputError(
                    f"{path}: its columns are not those of {files[0]}; give the files of one data"
                    f" set as data.root"
                )
            for content, name, row, person in table.rows():
                name = _name(name, content, taken)
                (folder / name).write_bytes(content)
                labels.writerow([name, *row, *table.others.values()])
                parts.writerow([name, told[path]])
                people.writerow([name, person])
    if not taken:
        raise InputError(f"{files[0]}: no rows in it, expected an image in each")
    if not first.labels and not first.others:
        (folder / COLUMNS).unlink()
    if None in told.values():
        (folder / PARTS).unlink()
    if first.person is None:
        (folder / PEOPLE).unlink()


@dataclass(frozen=True)
class _Table:
    """One Parquet file.

    Attributes
    ----------
    image, person : names of the columns of images and, where there is one, of people.
    labels : the others that hold one value each.
    others : those that do not, and the kind of each: it stands in the place of the values, so that
        whoever reads the table says what was left out.
    words : names of a column's classes, where the file tells them.
    """

    path: Path
    file: Any
    image: str
    person: str | None
    labels: tuple[Place, ...]
    others: dict[Place, str]
    words: dict[str, list[str]]

    def rows(self) -> Iterator[tuple[bytes, str, list[object], object]]:
        """The bytes of each image, its name or "", its labels, and its person."""
        people = [self.person] if self.person else []
        columns = [*dict.fromkeys([self.image, *people, *(place[0] for place in self.labels)])]
        for batch in self.file.iter_batches(batch_size=ROWS, columns=columns):
            for row in batch.to_pylist():
                image = row[self.image]
                content, name = (
                    (image.get("bytes"), image.get("path") or "")
                    if isinstance(image, dict)
                    else (image, "")
                )
                if not content:
                    raise InputError(
                        f"{self.path}: an image of its column {self.image!r} holds no bytes"
                        f" ({name or 'no path'}); save the data set with the images in it"
                    )
                labels = [self._label(place, row) for place in self.labels]
                yield content, name, labels, self.person and row[self.person]

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
        from pyarrow import ArrowException
    except ImportError:
        raise InputError(
            f"{path} is a Parquet file, which the package pyarrow reads; install it with"
            f" .venv/bin/python -m pip install pyarrow"
        ) from None
    refuse_pointer(path)
    try:
        file = pq.ParquetFile(path)
    except (ArrowException, OSError) as error:
        raise InputError(f"{path}: no whole Parquet file ({error})") from None
    schema = file.schema_arrow
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
    plain = [place for place, kind in kinds.items() if _is_plain(kind)]
    person = next((place[0] for place in plain if place[-1] in PEOPLE_COLUMNS), None)
    labels = tuple(place for place in plain if place[0] != person)
    others = {place: str(kind) for place, kind in kinds.items() if place not in plain}
    return _Table(path, file, images[0], person, labels, others, _words(schema))


def _holds_images(field: pa.Field) -> bool:
    import pyarrow.types as kinds

    kind = field.type
    if kinds.is_struct(kind):
        return any(part.name == "bytes" and kinds.is_binary(part.type) for part in kind)
    return bool(kinds.is_binary(kind) or kinds.is_large_binary(kind))


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
        kinds.is_large_string,
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
    """The name of an image's file: its own where it is one that no other has, else its number."""
    name = PurePosixPath(path.replace("\\", "/")).name
    if not is_image(name) or not name.isprintable() or name in taken:
        known = (suffix for magic, suffix in MAGIC.items() if content.startswith(magic))
        name = f"row-{len(taken) + 1:06d}{next(known, '.png')}"
    taken.add(name)
    return name


def parts_of(files: Sequence[Path]) -> dict[Path, int | None]:
    """The part that each file's name begins with, or that its folder is called; a file alone tells
    its own name alone, as its folder may be that of a project.
    """
    return {path: _part_of(path, beside=len(files) > 1) for path in files}


def _part_of(path: Path, beside: bool) -> int | None:
    stem, folder = path.stem.lower(), path.absolute().parent.name.lower()
    begun = (part for name, part in SPLITS.items() if stem.startswith(name))
    return next(begun, SPLITS.get(folder.removeprefix("partial-")) if beside else None)
