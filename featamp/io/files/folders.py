"""What the folders that images lie in say of them: their classes, and parts of a dataset."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

import numpy as np

from featamp.io.files.known import PARTS, Known
from featamp.io.files.table import AttributeTable, as_words


def classes_of_folders(images: Sequence[str]) -> AttributeTable | None:
    """A label for each folder that images lie in, as torchvision's `ImageFolder` reads classes,
    below `train/` and `test/` too; None where some lie in none, or all in one.

    Parameters
    ----------
    images : paths below the folder of the dataset.
    """
    skipped = int(parts_of_folders(images) is not None)
    places = [PurePosixPath(name).parts[skipped:-1] for name in images]
    classes = [place[0] if place else "" for place in places]
    names = sorted(set(classes))
    if "" in names or len(names) < 2:
        return None
    values = np.array(classes)[:, None] == np.array(names)
    rows = {name: row for row, name in enumerate(images)}
    return AttributeTable(as_words(names), rows, values, source="folders")


def parts_of_folders(images: Sequence[str]) -> Known | None:
    """The part (0 train, 1 valid, 2 test) of each image, None unless all lie in such folders."""
    tops = [PurePosixPath(name).parts[0].lower() for name in images]
    if not set(tops) <= PARTS.keys():
        return None
    return Known("folders", {name: PARTS[top] for name, top in zip(images, tops, strict=True)})
