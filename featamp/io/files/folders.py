"""What the folders that images lie in say of them: their classes, and parts of a dataset."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

import numpy as np

from featamp.io.files.known import PARTS, Known
from featamp.io.files.table import CLASSES, AttributeTable, as_words

Places = list[tuple[str, ...]]
"""[image] the folders that it lies in, the outermost first."""


def classes_of_folders(images: Sequence[str]) -> AttributeTable:
    """A label for each folder that images lie in, as torchvision's `ImageFolder` reads classes,
    below `train/` and `test/` and below one that holds them all, too. None where there are no two
    such folders; nor, and that is told, where some images lie in none, or folders are many.

    Parameters
    ----------
    images : paths below the folder of the dataset.
    """
    places, _ = _beyond_parts(images)
    classes = [place[0] if place else "" for place in places]
    names = sorted({*classes} - {""})
    told = _no_classes(images, classes, len(names))
    if told or len(names) < 2:
        names = []
    values = np.array(classes)[:, None] == np.array(names, str)
    rows = {name: row for row, name in enumerate(images)}
    return AttributeTable(as_words(names), rows, values, told, source="folders" if names else "")


def _no_classes(images: Sequence[str], classes: Sequence[str], count: int) -> tuple[str, ...]:
    """A line on why folders, so many, are no classes."""
    lost = [image for image, name in zip(images, classes, strict=True) if not name]
    if count > 1 and lost:
        lie = "1 image lies" if len(lost) == 1 else f"{len(lost)} images lie"
        return (f"folders are not taken for classes: {lie} in none of them ({lost[0]})",)
    if count > CLASSES:
        return (f"{count} folders are not taken for classes, which at most {CLASSES} are",)
    return ()


def parts_of_folders(images: Sequence[str]) -> Known | None:
    """The part (0 train, 1 valid, 2 test) of each image, None unless all lie in such folders."""
    _, parts = _beyond_parts(images)
    return Known("folders", dict(zip(images, parts, strict=True))) if parts else None


def _beyond_parts(images: Sequence[str]) -> tuple[Places, list[int]]:
    """Where images lie below the folders that are parts, or that hold them all; and the part of
    each, none where there are no such folders.
    """
    places = [PurePosixPath(name).parts[:-1] for name in images]
    parts: list[int] = []
    while all(places):
        tops = [place[0].lower() for place in places]
        if not parts and set(tops) <= PARTS.keys():
            parts = [PARTS[top] for top in tops]
        elif len(set(tops)) > 1:
            break
        places = [place[1:] for place in places]
    return places, parts
