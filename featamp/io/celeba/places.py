"""Where a folder holds its images and the files that tell of them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from featamp.errors import InputError
from featamp.io.celeba.names import (
    HQ_FOLDER,
    IDENTITIES,
    IMAGE_FOLDER,
    LISTS,
    PARTITION,
    PARTITIONS,
    PEOPLE,
)
from featamp.io.files.listing import Listing, holding_mend, list_images, search_images
from featamp.io.files.parquet import COLUMNS
from featamp.io.files.text import named_alike


def find_images(root: Path, packed: Path | None = None) -> tuple[Path, Listing]:
    """The folder of a dataset's images and the names below it: `img_align_celeba/` where there is
    one, else `root` and all that lies in it; and which lists of labels near them, or near what
    they were unpacked from, are not read.
    """
    directory = image_directory(root)
    found = search_images(root) if directory == root else list_images(directory)
    own, parts = label_files(root)
    places = _near(packed or root, directory)
    mend = "unpack those, and put it beside them as " if packed else f"copy it to {root}/"
    aside = () if own and own.name != COLUMNS else lists_aside(packed or root, directory)
    beside = (
        *(() if parts else _aside(places, PARTITIONS, "parts", f"{mend}{PARTITION}.txt")),
        *(() if identity_file(root) else _aside(places, PEOPLE, "people", mend + IDENTITIES)),
    )
    return directory, replace(found, aside=aside, lists=beside)


def lists_aside(root: Path, directory: Path) -> tuple[str, ...]:
    """A line on a list of attributes that lies near `root` or its images, and is not read."""
    for place, path in _found(_near(root, directory), LISTS):
        other = f", or data.root to {place}" if _is_root(place, path, directory) else ""
        return (
            f"a list of attributes, {path}, is not read; where it is of these images, set"
            f" data.labels to it{other}",
        )
    return ()


def _near(root: Path, directory: Path) -> tuple[Path, ...]:
    """The places in which lists of a folder's images may lie."""
    above = (root.parent, root.parent.parent) if root.name == IMAGE_FOLDER else (root.parent,)
    return tuple(dict.fromkeys((root, directory, directory.parent, *above)))


def _aside(
    places: Iterable[Path], pattern: re.Pattern[str], what: str, mend: str
) -> tuple[str, ...]:
    """A line on a list of parts or of people that lies near."""
    for _, path in _found(places, pattern):
        return (f"a list of {what}, {path}, lies aside; where it is of these images, {mend}",)
    return ()


def _found(places: Iterable[Path], pattern: re.Pattern[str]) -> Iterator[tuple[Path, Path]]:
    """The lists of a kind in some places, each with its own."""
    for place in places:
        for folder in (place, place / "Anno", place / "Eval"):
            yield from ((place, path) for path in _listed(folder, pattern))


def _is_root(place: Path, path: Path, directory: Path) -> bool:
    """Whether with a folder above the images given as data.root this list were read of them."""
    above = place in directory.parents and path in label_files(place)
    return above and image_directory(place) == directory


def _listed(folder: Path, pattern: re.Pattern[str]) -> list[Path]:
    """The lists of a kind in a folder; none where nobody may look into it."""
    try:
        names = os.listdir(folder)  # noqa: PTH208  of many images no paths are made
    except OSError:
        return []
    found = sorted(name for name in names if pattern.fullmatch(name))
    return [folder / name for name in found if (folder / name).is_file()]


def image_directory(root: Path) -> Path:
    """The folder that holds the images: `img_align_celeba/`, or one more inside it (as in Kaggle's
    archive); `CelebA-HQ-img/` of CelebAMask-HQ; `root` itself where there is none.
    """
    if not root.is_dir():
        found = "a file" if root.is_file() else "no such folder"
        mend = f"; {what}" if root.is_file() and (what := holding_mend(root.name)) else ""
        mend = mend or ("" if root.is_file() else named_alike(root))
        raise InputError(
            f"{root}: {found} (data.root: a folder of images, or one that holds"
            f" {IMAGE_FOLDER}/){mend}"
        )
    outer = root / IMAGE_FOLDER
    places = (outer / IMAGE_FOLDER, outer, root / HQ_FOLDER)
    # of one that nobody may look into, Path would raise with the name of what is sought in it
    return next((place for place in places if os.path.isdir(place)), root)  # noqa: PTH112


def label_files(root: Path) -> tuple[Path | None, Path | None]:
    """The attribute file and the partition file of a CelebA folder, or of one of unpacked Parquet
    files, each None where there is none.
    """

    def first(stem: str) -> Path | None:
        return _table(root, f"{stem}.txt") or _table(root, f"{stem}.csv")

    own = first("list_attr_celeba") or first("CelebAMask-HQ-attribute-anno")
    return own or _table(root, COLUMNS), first(PARTITION)


def identity_file(root: Path) -> Path | None:
    """The file that says which person each image of a CelebA folder shows; None where there is
    none.
    """
    return _table(root, IDENTITIES) or _table(root, IDENTITIES.replace(".txt", ".csv"))


def _table(root: Path, name: str) -> Path | None:
    """A table of that name in the folder; None where nothing is called so."""
    path = root / name
    if os.path.lexists(path) and not path.is_file():  # a folder, a pipe, a link to nowhere
        raise InputError(f"{path}: not a file, expected a table")
    return path if path.is_file() else None
