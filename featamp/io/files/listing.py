"""Which files of a folder are images: what systems leave beside them never counts."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from featamp.errors import InputError

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
    """

    names: tuple[str, ...]
    nameless: tuple[str, ...]


def is_image(name: str) -> bool:
    """Whether a file's name is an image's; those that begin with a point (`._1.jpg` of macOS)
    are hidden, and none.
    """
    return not name.startswith(".") and Path(name).suffix.lower() in IMAGE_SUFFIXES


def list_images(directory: Path) -> Listing:
    """The image files in `directory`.

    Raises
    ------
    InputError
        There are none.
    """
    with os.scandir(directory) as entries:
        found = sorted(e.name for e in entries if is_image(e.name) and e.is_file())
    if not found:
        raise InputError(
            f"{directory}: no images in it (expected {', '.join(IMAGE_SUFFIXES)} files)"
        )
    names = tuple(name for name in found if name.isprintable())
    nameless = tuple(ascii(name) for name in found if not name.isprintable())
    if not names:
        raise InputError(
            f"{directory}: no image has a name that is text ({nameless[0]}); rename the files"
        )
    return Listing(names, nameless)


def search_images(root: Path) -> Listing:
    """The image files of any folder and of those below it, as paths from there with "/".

    Raises
    ------
    InputError
        There are none; what there is is said.
    """
    found = []
    for place, folders, files in os.walk(root):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [
            (Path(place) / name).relative_to(root).as_posix()
            for name in files
            if is_image(name) and (Path(place) / name).is_file()
        ]
    names = tuple(sorted(name for name in found if name.isprintable()))
    if not names:
        there = sorted(p.name for p in root.iterdir() if not p.name.startswith("."))
        archives = [name for name in there if name.endswith((".zip", ".tar", ".gz"))]
        hint = f"; {archives[0]} is an archive: unpack it" if archives else ""
        raise InputError(
            f"{root}: no images in it or below (expected {', '.join(IMAGE_SUFFIXES)} files; it"
            f" holds {', '.join(map(ascii, there[:3])) or 'nothing'}{hint})"
        )
    return Listing(names, tuple(sorted(ascii(name) for name in found if not name.isprintable())))


def image_names(directory: Path) -> list[str]:
    """Sorted names of the image files in `directory`, all of which have one that is text.

    Raises
    ------
    InputError
        There are no images, or a name is no text.
    """
    found = list_images(directory)
    if found.nameless:
        raise InputError(
            f"{directory}: the name {found.nameless[0]} holds what is no text; give the file"
            f" another"
        )
    return list(found.names)
