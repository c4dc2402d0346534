"""The images of a folder that are used, with what is known of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from featamp.errors import InputError
from featamp.io.celeba.lists import read_identities, read_list, read_parts
from featamp.io.celeba.names import SPLITS
from featamp.io.celeba.places import find_images, identity_file, label_files
from featamp.io.files.folders import classes_of_folders, parts_of_folders
from featamp.io.files.known import Known, Numbered
from featamp.io.files.naming import match_names, unmatched
from featamp.io.files.numbers import Numbers
from featamp.io.files.parquet import COLUMNS
from featamp.io.files.table import (
    AttributeTable,
    Written,
    labels_of_columns,
    read_table,
    read_written,
)

T = TypeVar("T")


@dataclass(frozen=True)
class Sources:
    """Where labels, parts and people of images come from, "" of what is not known."""

    labels: str = ""
    parts: str = ""
    people: str = ""


@dataclass(frozen=True)
class Folder:
    """The images of a CelebA folder that are used, with what is known of each.

    Attributes
    ----------
    directory : where the image files lie.
    names : file names, sorted; axis `image` of every array below.
    attribute_names : names of the attribute columns, in the file's order; empty without an
        attribute file.
    attributes : bool [image, attribute], or None without an attribute file. Of an attribute that
        is a number: whether it is above its median.
    partition : int8 [image] (0 train, 1 valid, 2 test), or None without a partition file.
    unlabelled : images left out because the attribute or partition file has no row for them.
    missing : label rows left out because their image is not in the folder.
    unread : what of the folder was left out, a line each.
    told : what of the labels was left out or read as numbers, a line each.
    people : int64 [image] a number for each person, or None where no file says who is who.
    values : [image, number] the attributes that are numbers; None where none is.
    splits : of each of these its place among the attributes, and its median.
    sources : where each of this comes from.
    doubts : what speaks against the labels being those of these images, a line each.
    """

    directory: Path
    names: tuple[str, ...]
    attribute_names: tuple[str, ...]
    attributes: NDArray[np.bool_] | None
    partition: NDArray[np.int8] | None
    unlabelled: int
    missing: int
    unread: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    people: NDArray[np.int64] | None = None
    values: NDArray[np.float64] | None = None
    splits: tuple[tuple[int, float], ...] = ()
    sources: Sources = field(default_factory=Sources)
    doubts: tuple[str, ...] = ()

    def numbers(self, rows: NDArray[np.int64]) -> Numbers | None:
        """Those of some images; None where no attribute is a number."""
        if self.values is None:
            return None
        columns, splits = zip(*self.splits, strict=True)
        return Numbers(columns, self.values[rows], splits)


def open_folder(
    root: Path,
    images: int | None = None,
    split: str = "all",
    labels: Path | None = None,
    seed: int = 0,
    packed: Path | None = None,
) -> Folder:
    """Find the images and labels of a CelebA folder, or of any other; nothing is decoded.

    Parameters
    ----------
    root : folder that holds `img_align_celeba/` (perhaps nested once more) and, where there are
        any, `list_attr_celeba.txt` or `.csv` and `list_eval_partition.txt` or `.csv`; or any
        folder of images, searched below, whose folders are classes where all lie in such.
    images : use so many, drawn at random: the first by name are all of CelebA's training part;
        None for all.
    split : "train", "valid", "test" or "all".
    labels : any table of labels; None for what the folder says itself.
    seed : of the draw.
    packed : the file or folder that the images were unpacked from; None where they were not.

    Raises
    ------
    InputError
        No images, a label file that cannot be read, or a split without a partition file.
    """
    directory, found = find_images(root, packed)
    present = found.names
    attribute_file, partition_file = label_files(root)
    written = _written(labels, attribute_file, present, directory)
    parts = _parts(partition_file, written, present)
    if split != "all" and parts is None:
        raise InputError(
            f"{root}: split = {split!r} needs list_eval_partition.txt or .csv, a column split of"
            f" the labels, or folders train/ and test/, and there is none of them"
        )
    part_of = parts.values if parts else {}
    used = [n for n in present if split == "all" or part_of.get(n) == SPLITS[split]]
    table = _labels_of(written.among(used) if written else None, attribute_file, present)
    labelled = [n for n in present if n in table.rows and (split == "all" or n in part_of)]
    kept = [n for n in used if n in table.rows]
    if not kept:
        raise InputError(
            f"{directory}: {len(present)} images, but none of them is in the attribute file and"
            f" split {split!r}"
        )
    kept = _draw(kept, images, seed)
    people = _people(identity_file(root), written, present)
    of_parts = parts.of(kept, "part") if parts else Numbered()
    of_people = people.of(kept, "person") if people else Numbered()
    partition = of_parts.numbers
    attributes, numbers = table.select(kept) if table.names else (None, None)
    return Folder(
        directory=directory,
        names=tuple(kept),
        attribute_names=table.names,
        attributes=attributes,
        partition=None if partition is None else partition.astype(np.int8),
        unlabelled=len(present) - len(labelled),
        missing=len(table.rows.keys() - set(present)),
        unread=(replace(found, aside=()) if table.names else found).told,
        told=(*table.told, *of_parts.told, *of_people.told, *found.lists),
        people=of_people.numbers,
        values=numbers.values if numbers else None,
        splits=tuple(zip(numbers.columns, numbers.splits, strict=True)) if numbers else (),
        sources=Sources(table.source, of_parts.source, of_people.source),
        doubts=table.doubts,
    )


def find_labels(root: Path, names: Sequence[str]) -> AttributeTable:
    """The labels of images as a build reads them, whichever of these lie in the folder.

    Parameters
    ----------
    root : a folder as of `open_folder`, or any table of labels.

    Raises
    ------
    InputError
        There are none, or they cannot be read.
    """
    if root.is_file():
        return read_table(root, names)
    present: tuple[str, ...] = ()
    with suppress(InputError):  # a list may lie where no images do
        present = find_images(root)[1].names
    images = present if {*names} <= {*present} else names
    path = label_files(root)[0]
    table = _labels_of(_written(None, path, images, root), path, images)
    if not table.names:
        there = "no list_attr_celeba.txt or .csv in it, nor a folder for each class of images"
        raise InputError(
            f"{root}: {there if root.is_dir() else 'no such folder'} (of another table of labels,"
            f" give its file)"
        )
    return table


def _written(
    labels: Path | None, attribute_file: Path | None, present: Sequence[str], directory: Path
) -> Written | None:
    """The table that is named, or that was unpacked with the images; None where there is none."""
    if labels is not None:
        inside = directory in labels.parent.parents
        home = labels.parent.relative_to(directory).as_posix() if inside else ""
        return read_written(labels, present, home=home)
    if attribute_file is None or attribute_file.name != COLUMNS:
        return None
    return read_written(attribute_file, present, unpacked=True)


def _labels_of(
    written: Written | None, attribute_file: Path | None, present: Sequence[str]
) -> AttributeTable:
    """The labels: of such a table, of the folder's own file, or of its classes."""
    if written is not None:
        return labels_of_columns(written, needed=written.path.name != COLUMNS)
    if attribute_file is None:
        return classes_of_folders(present)
    table = read_list(attribute_file, present)
    rows = _by_image(attribute_file, table.rows, present)
    if not any(name in rows for name in present):
        raise InputError(
            f"{attribute_file}: names none of the {len(present)} images:"
            f" {unmatched([[*rows]], present)}"
        )
    return replace(table, rows=rows)


def _by_image(path: Path, rows: dict[str, T], images: Sequence[str]) -> dict[str, T]:
    """What a file says of each image, by the names of these: it may name them with another suffix,
    as any table of labels does.
    """
    lacking = [image for image in images if image not in rows]
    if not lacking:
        return rows
    there = set(images)
    free = [name for name in rows if name not in there]
    found = match_names(free, lacking)
    if len(set(found.values())) < len(found):
        twice = next(image for image, count in Counter(found.values()).items() if count > 1)
        raise InputError(f"{path}: {twice} has two rows, expected one")
    names = {free[row]: image for row, image in found.items()}
    return {names.get(name, name): value for name, value in rows.items()}


def _draw(names: list[str], count: int | None, seed: int) -> list[str]:
    """So many of them at random, in their order; all where there are no more."""
    if count is None or count >= len(names):
        return names
    rows = np.random.default_rng(seed).choice(len(names), count, replace=False)
    return [names[row] for row in np.sort(rows)]


def _parts(path: Path | None, written: Written | None, present: Sequence[str]) -> Known | None:
    """The parts: by the folder's own file, a column of its labels, or its folders."""
    if path is not None:
        return Known(path.name, _by_image(path, read_parts(path, present), present))
    return (written.parts if written else None) or parts_of_folders(present)


def _people(path: Path | None, written: Written | None, present: Sequence[str]) -> Known | None:
    """The people: by the folder's own file, or a column of its labels."""
    if path is not None:
        return Known(path.name, _by_image(path, read_identities(path, present), present))
    return written.people if written else None
