"""Images and labels that lie in tar files, as WebDataset has them, as a folder.

A tar file is read by Python's own library: of WebDataset nothing is needed but its rule that the
members of one sample are called alike up to the first point. What it would decode for a training,
pickles among it, is never run here.
"""

from __future__ import annotations

import csv
import gzip
import json
import tarfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Self, cast

from featamp.errors import InputError, first_line, shown
from featamp.io.files.known import PeopleNumbers, is_of_people
from featamp.io.files.listing import (
    files_in_place_of_images,
    is_hidden,
    is_image,
    refuse_pointer,
)
from featamp.io.files.parquet import (
    COLUMNS,
    PARTS,
    PEOPLE,
    fits,
    numbered,
    parts_of,
)

TAR = (".tar", ".tar.gz", ".tgz")
TEXTS = ("cls", "cls2", "class", "count", "index", "inx", "id", "txt", "text", "transcript")
"""What members are called that hold one number or text, in WebDataset's own words."""
READ = (*TEXTS, "json")
"""The same and records."""
ROWS = "rows.jsonl"
"""Where the rows wait until all of their columns are known."""
GZIP = b"\x1f\x8b"
"""How a file of gzip begins."""
PLAIN = (str, int, float, bool, type(None))


def tar_files(root: Path) -> list[Path]:
    """The tar files that `root` is or, where no image lies in it or below, holds."""
    return files_in_place_of_images(root, TAR)


def unpack_tar(files: Sequence[Path], folder: Path) -> None:
    """Write the images of tar files into a folder, their bytes and folders as they are, and what
    else their samples say into tables beside them.

    Parameters
    ----------
    files : each with samples of one image and what is said of it: a number or a text (`cls`,
        `txt`), or a record (`json`).
    folder : empty.

    Raises
    ------
    InputError
        A file is damaged, or holds no images, or what belongs to none.
    """
    names = _Names(folder)
    columns: dict[str, None] = {}
    parts, people, told = [], [], parts_of(files)
    numbers = PeopleNumbers()
    with (folder / ROWS).open("w", encoding="utf-8") as rows:
        for path in files:
            for name, said in _samples(path, names):
                person = said.pop(next(filter(is_of_people, said), ""), None)
                columns |= dict.fromkeys(said)
                rows.write(json.dumps([name, said]) + "\n")
                parts.append((name, told[path]))
                people.append((name, numbers.of(person)))
    if not parts:
        raise InputError(f"{files[0]}: no images in it, expected one in each sample")
    if columns:
        _write_columns(folder, [*columns])
    (folder / ROWS).unlink()
    if None not in told.values():
        _write(folder / PARTS, [("image_id", "partition"), *parts], ",")
    if numbers:
        _write(folder / PEOPLE, [row for row in people if row[1] is not None], " ")


def _write_columns(folder: Path, columns: Sequence[str]) -> None:
    """The table of what is said of the images, a column each."""
    with ExitStack() as stack:
        rows = stack.enter_context((folder / ROWS).open(encoding="utf-8"))
        table = (folder / COLUMNS).open("w", newline="", encoding="utf-8", errors="replace")
        writer = csv.writer(stack.enter_context(table))
        writer.writerow(["image", *columns])
        for name, said in map(json.loads, rows):
            writer.writerow([name, *(said.get(column) for column in columns)])


def _write(path: Path, rows: Sequence[tuple[str, object]], mark: str) -> None:
    """A table of two columns."""
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=mark).writerows(rows)


@dataclass
class _Names:
    """Where images go in a folder: as they are called in their tar file, or by a number where
    another one is called so, or that leads elsewhere.
    """

    folder: Path
    files: set[str] = field(default_factory=set)
    folders: set[str] = field(default_factory=set)
    images: int = 0

    def place(self, name: str) -> str:
        """The place of one more image."""
        self.images += 1
        path = PurePosixPath(name)
        if not self._is_free(path):
            made = numbered(
                self.images, path.suffix.lower(), lambda name: self._is_free(PurePosixPath(name))
            )
            path = PurePosixPath(made)
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        self.files.add(str(path))
        self.folders |= _parents(path)
        return str(path)

    def _is_free(self, path: PurePosixPath) -> bool:
        inside = not path.is_absolute() and not any(part.startswith(".") for part in path.parts)
        taken = str(path) in self.files or str(path) in self.folders or _parents(path) & self.files
        called = str(path).isprintable() and all(map(fits, path.parts))
        return inside and called and not taken


def _parents(path: PurePosixPath) -> set[str]:
    return {str(parent) for parent in path.parents}


@dataclass
class _Sample:
    """The members that are called alike: their images, by what follows the first point, and what
    the others say.
    """

    images: dict[str, str] = field(default_factory=dict)
    said: dict[str, object] = field(default_factory=dict)


def _samples(path: Path, names: _Names) -> Iterator[tuple[str, dict[str, object]]]:
    """Write the images of one file; where each went, and what is said of it."""
    samples: dict[str, _Sample] = {}
    for name, content in _members(path):
        place = PurePosixPath(name)
        key, _, kind = place.name.partition(".")
        sample = samples.setdefault(str(place.with_name(key or place.name)), _Sample())
        if is_image(place.name):
            sample.images[kind] = names.place(name)
            (names.folder / sample.images[kind]).write_bytes(content)
        else:
            _add(sample.said, path, name, _said(path, name, kind.lower(), content))
    for key, sample in samples.items():
        image = _image(path, key, sample)
        for other in set(sample.images.values()) - {image}:
            (names.folder / other).unlink()
        left = {kind: "an image" for kind, place in sample.images.items() if place != image}
        _add(sample.said, path, key, left)
        yield image, sample.said


def _image(path: Path, key: str, sample: _Sample) -> str:
    """The image of a sample: of several the one whose name has no second point, as masks have."""
    plain = [place for kind, place in sample.images.items() if "." not in kind]
    images = plain if len(sample.images) > 1 else [*sample.images.values()]
    if len(images) != 1:
        found = ", ".join(sorted(sample.images)) or "none"
        raise InputError(
            f"{path}: its sample {shown(key)} has the images {found}; expected one of each sample,"
            f" as WebDataset has it (of other archives: unpack it, and give the folder as"
            f" data.root)"
        )
    return images[0]


def _add(said: dict[str, object], path: Path, name: str, more: Mapping[str, object]) -> None:
    for column, value in more.items():
        if column in said:
            raise InputError(f"{path}: {name} says {shown(column)} a second time, expected once")
        said[column] = value


class _Archive(tarfile.TarFile):
    """One that is told whether zeros follow its last member, as they end every tar file."""

    ended = False


class _Member(tarfile.TarInfo):
    """One of a file that is read to its end: at a head that is damaged `tarfile` would end as
    after the last.
    """

    @classmethod
    def fromtarfile(cls, archive: tarfile.TarFile) -> Self:
        """The next one."""
        file = cast("_Archive", archive)
        try:
            member = super().fromtarfile(archive)
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined]
            file.ended = True
            raise
        except tarfile.EmptyHeaderError:  # type: ignore[attr-defined]
            raise
        except tarfile.HeaderError as error:
            raise tarfile.ReadError(str(error)) from None
        file.ended = False
        return member


def _members(path: Path) -> Iterator[tuple[str, bytes]]:
    """Name and content of each file in a tar file but for hidden ones; no content of those that
    are not read.
    """
    refuse_pointer(path)
    try:
        with (
            _decompressed(path) as file,
            _Archive.open(fileobj=file, mode="r|*", tarinfo=_Member, ignore_zeros=True) as archive,
        ):
            for member in archive:
                if not member.isdir() and not any(
                    map(is_hidden, PurePosixPath(member.name).parts)
                ):
                    yield member.name, _content(path, archive, member)
            _require_end(path, archive)
    except InputError:
        raise
    except (tarfile.TarError, EOFError, gzip.BadGzipFile, zlib.error, ValueError) as error:
        raise InputError(
            f"{path}: no whole tar file ({first_line(error)}); fetch or write it again"
        ) from None


def _require_end(path: Path, archive: _Archive) -> None:
    """Raise InputError where nothing ends the file: it may be cut off between two members. One
    block of zeros in place of two is enough, as all members are before it.
    """
    if not archive.ended:
        raise InputError(
            f"{path}: no whole tar file (nothing follows its last member,"
            f" {shown(archive.getnames()[-1])}, where blocks of zeros end one); fetch or write"
            f" it again, or append 1024 bytes of zeros to it if that was the last"
        )


def _decompressed(path: Path) -> IO[bytes]:
    """A file as it is, or what gzip holds, whose checksum `tarfile` would not look at."""
    with path.open("rb") as file:
        packed = file.read(len(GZIP)) == GZIP
    return cast("IO[bytes]", gzip.open(path)) if packed else path.open("rb")


def _content(path: Path, archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    """What a member holds, where it is an image or says anything."""
    content = archive.extractfile(member) if member.isfile() else None
    if content is None:
        raise InputError(f"{path}: {member.name} in it is a link or a device, expected files")
    name = PurePosixPath(member.name).name
    return content.read() if is_image(name) or _kind(name) in READ else b""


def _kind(name: str) -> str:
    """What follows the first point of a name."""
    return name.partition(".")[2].lower()


def _said(path: Path, name: str, kind: str, content: bytes) -> dict[str, object]:
    """What a member says of its image, by column; of what is not read, what it is."""
    if kind not in READ:
        return {kind or name: "a file"}
    try:
        text = content.decode("utf-8-sig")
        return _columns(json.loads(text)) if kind == "json" else {kind: _one_line(text)}
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: {name} in it cannot be read as {kind} ({error})") from None


def _columns(record: object) -> dict[str, object]:
    """A record as columns; a record in it as one column a part."""
    if not isinstance(record, dict):
        return {"json": _plain(record)}
    found: dict[str, object] = {}
    for name, value in record.items():
        parts = value.items() if isinstance(value, dict) else ()
        found |= {f"{name}.{part}": _plain(inner) for part, inner in parts}
        found |= {} if isinstance(value, dict) else {name: _plain(value)}
    return found


def _plain(value: object) -> object:
    """A value that a cell can hold; of another one, what it is."""
    if isinstance(value, str):
        return _one_line(value)
    return value if isinstance(value, PLAIN) else f"a {type(value).__name__}"


def _one_line(text: str) -> str:
    return " ".join(text.split())
