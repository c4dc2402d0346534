"""Which files of a folder are images: what systems leave beside them never counts."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from featamp.errors import InputError

PARQUET = ".parquet"
UNREAD = {
    PARQUET: "give it as data.root",
    **dict.fromkeys((".zip", ".tar", ".tgz", ".tar.gz", ".7z", ".rar"), "unpack it"),
    **dict.fromkeys(
        (".gif", ".jfif", ".heic", ".heif", ".avif", ".jp2", ".ppm", ".pgm", ".npy", ".npz"),
        "save it as PNG",
    ),
}
"""How files end that may hold images and are not read, and what makes that their images count."""
HOLDERS = re.compile(
    r"(\.(npy|npz|pt|pth|pkl|mat|h5|hdf5|mdb|tfrecords?|bin|mp4|avi|mov)|-ubyte)(\.gz)?$"
)
"""How files end that may hold many, where there are no images: beside some they hold others."""
OURS = ".featamp.json"
"""What a folder holds that is a report's site: its pictures are no data."""
POINTER = b"version https://git-lfs"
"""How a file begins that Git LFS has in place of a large one."""
SYSTEMS = frozenset(
    (
        "@eadir", "#recycle", "__macosx", "$recycle.bin", "system volume information",
        "lost+found",
    )
)  # fmt: skip
"""Folders that systems make, in small letters: copies of images, and what was thrown away."""
IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")
"""Of image files, in any case."""


@dataclass(frozen=True)
class Listing:
    """The image files of a folder.

    Attributes
    ----------
    names : sorted.
    nameless : names that hold what is no text (bytes that are no UTF-8, a line feed), as Python
        writes them; their files are left out.
    unread : names of files beside or below that may hold more of them, as Python writes names.
    lost : names of links to images that lead to no file.
    aside : lists of labels that lie near and are not read, a line each.
    lists : those of parts and of people, likewise.
    """

    names: tuple[str, ...]
    nameless: tuple[str, ...]
    unread: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    aside: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()

    @property
    def told(self) -> tuple[str, ...]:
        """What is left out, a line each."""
        told = []
        if self.nameless:
            count, first = len(self.nameless), self.nameless[0]
            told.append(f"{count} left out whose name is no text ({first}); rename it")
        if self.lost:
            count, first = len(self.lost), self.lost[0]
            told.append(f"{count} left out as a link to a file that is not there ({first})")
        mends: dict[str, list[str]] = {}
        for name in self.unread:
            mends.setdefault(unread_mend(name), []).append(name)
        for mend, names in mends.items():
            rest = f" and {len(names) - 1} more" if len(names) > 1 else ""
            told.append(f"{names[0]}{rest} beside them not read; {mend} where its images count")
        return (*told, *self.aside)


def is_image(name: str) -> bool:
    """Whether a file's name is an image's; those that begin with a point (`._1.jpg` of macOS)
    are hidden, and none.
    """
    return not name.startswith(".") and name.lower().endswith(IMAGE_SUFFIXES)


def is_hidden(name: str) -> bool:
    """Whether a file's or a folder's name begins with a point, or is one that a system gives."""
    return (name.startswith(".") and name != "..") or name.lower() in SYSTEMS


def unread_mend(name: str) -> str:
    """What makes that the images count that a file may hold, by its name; "" where it holds
    none.
    """
    mends = (mend for end, mend in UNREAD.items() if name.lower().rstrip("'").endswith(end))
    return next(mends, "")


def holding_mend(name: str) -> str:
    """What makes that a file's images count where there are no others; "" where it holds none."""
    many = HOLDERS.search(name.lower())
    return "save each of its images as PNG" if many else unread_mend(name)


def list_images(directory: Path) -> Listing:
    """The image files in `directory`.

    Raises
    ------
    InputError
        There are none.
    """
    with os.scandir(directory) as entries:
        found = [e.name for e in entries if is_image(e.name) and e.is_file()]
    if not found:
        raise InputError(
            f"{directory}: no images in it (expected {', '.join(IMAGE_SUFFIXES)} files)"
        )
    return _listing(directory, found)


def _listing(
    directory: Path, found: list[str], unread: Iterable[str] = (), lost: Iterable[str] = ()
) -> Listing:
    """Those that have a name that is text, and those that have none."""
    names = tuple(sorted(name for name in found if name.isprintable()))
    nameless = tuple(sorted(ascii(name) for name in found if not name.isprintable()))
    if not names:
        raise InputError(
            f"{directory}: no image has a name that is text ({nameless[0]}); rename the files"
        )
    beside, nowhere = (tuple(sorted(map(ascii, those))) for those in (unread, lost))
    return Listing(names, nameless, beside, nowhere)


def search_images(root: Path) -> Listing:
    """The image files of any folder and of those below it, as paths from there with "/".

    Raises
    ------
    InputError
        There are none; what there is is said.
    """
    found, lost, others = [], [], []
    for below, entry in walk(root):
        name = below + entry.name
        if not is_image(entry.name):
            others += [name] * (entry.name[0] != ".")
        elif _is_file(entry):
            found.append(name)
        elif entry.is_symlink() and not Path(entry).exists():
            lost.append(name)
    if not found:
        there = sorted(p.name for p in root.iterdir() if not p.name.startswith("."))
        held = min(filter(holding_mend, others), default="")
        hint = f"; {held!a}: {holding_mend(held)}" if held else ""
        raise InputError(
            f"{root}: no images in it or below (expected {', '.join(IMAGE_SUFFIXES)} files; it"
            f" holds {', '.join(map(ascii, there[:3])) or 'nothing'}{hint})"
        )
    return _listing(root, found, [n for n in others if unread_mend(n)], lost)


def walk(root: Path) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """The files of every folder that is neither hidden (`is_hidden`) nor a report's site, each
    with the begin of a path from `root` with "/"; each folder once: links are followed, as
    torchvision's `ImageFolder` does.
    """
    seen: set[str] = set()
    waiting = [""]
    while waiting:
        below = waiting.pop()
        folder = os.path.realpath(root / below)
        if folder in seen or os.path.lexists(os.path.join(folder, OURS)):  # noqa: PTH118
            continue
        seen.add(folder)
        folders = []
        try:
            entries = os.scandir(root / below)
        except OSError:  # nobody may look into it
            continue
        with entries:
            for entry in entries:
                if not _is_folder(entry):
                    yield below, entry
                elif not is_hidden(entry.name):
                    folders.append(f"{below}{entry.name}/")
        waiting += reversed(folders)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether it is one or a link to one; only a link has to be asked, and may lead nowhere."""
    return Path(entry).is_dir() if entry.is_symlink() else entry.is_dir()


def _is_file(entry: os.DirEntry[str]) -> bool:
    """The same of files."""
    return Path(entry).is_file() if entry.is_symlink() else entry.is_file()


def files_in_place_of_images(root: Path, endings: tuple[str, ...]) -> list[Path]:
    """The files with one of these endings that `root` is or, where no image lies in it or below,
    holds.
    """

    def wanted(name: str) -> bool:
        return name.lower().endswith(endings) and not name.startswith(".")

    if wanted(root.name) and root.is_file():
        return [root]
    found: list[Path] = []
    for below, entry in walk(root):
        if is_image(entry.name):
            return []  # at the first: a folder may hold many
        if wanted(entry.name):
            found.append(root / below / entry.name)
    return sorted(found)


def refuse_pointer(path: Path) -> None:
    """Raise InputError where Git LFS has left a pointer in place of a large file."""
    with path.open("rb") as start:
        if start.read(len(POINTER)) == POINTER:
            raise InputError(
                f"{path}: a Git LFS pointer, not the file that it stands for (fetch it with `git"
                f" lfs pull`)"
            )
