"""The first stage: which images there are, what is known of each, and hashes of both."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from featamp.errors import InputError
from featamp.io.celeba.folder import Folder, open_folder
from featamp.io.celeba.places import find_images, identity_file, label_files
from featamp.io.files.steps import Steps, spoken

from ..engine.console import Console, counted
from ..engine.context import Context
from ..engine.files import Files, changed_meanwhile
from ..engine.hashing import code_hash, digest
from ..engine.memory import check_memory
from ..engine.records import load_record, save_record
from ..engine.store import Artifact
from ..findings.images import ImageRows
from ..inputs.config import Config


class Head(NamedTuple):
    """What an image file says before it is decoded: its size, and what `Headers` counts."""

    height: int
    width: int
    turned: bool
    clear: bool
    moving: bool


Heads = Mapping[str, Head | None]
"""By path; None of what is no image."""


@dataclass(frozen=True)
class Headers:
    """How many images are shown otherwise than a viewer of pictures shows them.

    Attributes
    ----------
    turned : those with an EXIF orientation, which torchvision does not apply either (a TIFF's is
        applied by both).
    clear : those with a channel of transparency.
    moving : those of several frames or pages.
    """

    turned: int
    clear: int
    moving: int

    @property
    def told(self) -> list[str]:
        """A sentence for each, without its point."""
        turned = f"{self.turned} with an EXIF orientation, which is not applied"
        clear = f"{self.clear} with transparency, laid on black"
        moving = f"{self.moving} of several frames or pages, of which the first is taken"
        told = {turned: self.turned, clear: self.clear, moving: self.moving}
        return [line for line, count in told.items() if count]


@dataclass(frozen=True)
class Dataset:
    """The folder's images that are used.

    Attributes
    ----------
    content : hash of the images' names and pixels: what the codes and all that is decoded depend
        on.
    labels : hash of attributes, parts and people, as they were read; None without any.
    headers : what was seen in the images' files before any was decoded.
    """

    folder: Folder
    content: str
    labels: str | None
    headers: Headers

    @property
    def summary(self) -> str:
        """How many images are used, and what was left out, if anything."""
        parts = [counted(len(self.folder.names), "image")]
        if self.folder.unlabelled:
            parts.append(f"{self.folder.unlabelled} left out without a label row")
        if self.folder.missing:
            parts.append(f"{counted(self.folder.missing, 'label row')} without an image")
        return ", ".join([*parts, *self.folder.unread, *self.headers.told, *self.folder.told])

    def paths(self, rows: Sequence[int] | ImageRows) -> list[Path]:
        """Files of these images."""
        return [self.folder.directory / self.folder.names[int(row)] for row in rows]


def read_images(context: Context, screened: bool = True) -> tuple[Dataset, Artifact]:
    """List the images, read their labels, and hash everything; files that did not change are not
    read again. `screened`: whether dimensions are screened afterwards, which has to fit, too.
    """
    config, store = context.config, context.store
    data = config.data
    directory, present = find_images(data.root, config.packed)
    own, parts = label_files(data.root)
    files = (data.labels or own, parts, identity_file(data.root))
    labels = [path for path in files if path]
    key = digest(
        present.names,
        present.told,
        present.lists,
        [(path.name, store.files.hash(path)) if path else None for path in files],
        data.labels is not None,  # as any table; the folder's own as CelebA's
        data.images,
        data.split,
        config.compute.seed,
        code_hash("featamp.io.celeba.folder"),
    )

    def make(part: Path) -> None:
        folder = open_data(config)
        save_record(part / "folder.npz", folder)
        if find_images(data.root, config.packed)[1] != present:
            raise changed_meanwhile(str(data.root))

    artifact = store.artifact("images", key, make, reads=labels)
    # the directory is not from the store: the folder may have been moved
    folder = replace(load_record(artifact.path / "folder.npz", Folder), directory=directory)
    check_wishes(config, folder, screened)
    folder = _warn(context, folder, present.aside)
    hashes, heads = hash_all(store.files, context.console, folder)
    store.files.save()
    if len(set(hashes)) == 1:
        raise InputError(
            f"{data.root}: all {len(hashes)} images are the same file, expected pictures that"
            " differ"
        )
    if line := copied(folder.names, hashes):
        context.console.remark(f"warning: {line}")
    headers = _look_over(context, folder, hashes, heads)
    return Dataset(folder, digest(folder.names, hashes), _labels_key(folder), headers), artifact


def open_data(config: Config) -> Folder:
    """The images and labels that a config names."""
    data, seed = config.data, config.compute.seed
    return open_folder(data.root, data.images, data.split, data.labels, seed, config.packed)


def check_wishes(config: Config, folder: Folder, screened: bool = True) -> None:
    """Raise InputError where the config names samples or targets that the folder lacks, or sweeps
    that the memory does not hold: before any long work.
    """
    check_memory(config, len(folder.names), screened)
    check_samples(config, folder.names)
    for name in config.experiments.targets if folder.attribute_names else ():
        if name not in folder.attribute_names:
            near = difflib.get_close_matches(name, folder.attribute_names, 1)
            hint = (
                f"did you mean {near[0]!r}?" if near else f"it has {folder.attribute_names[0]!r}"
            )
            raise InputError(
                f"{config.path}: experiments.targets names {name!r}, which the labels lack; {hint}"
            )


def _warn(context: Context, folder: Folder, aside: Sequence[str]) -> Folder:
    """Warn of lists of labels that are not read, of labels that may be those of others, and of
    targets that nobody can look for; the folder without the first.
    """
    lists = [line for line in folder.unread if line in aside]
    idle = idle_targets(context.config, folder)
    for line in (*lists, *folder.doubts, *filter(None, [idle])):
        context.console.remark(f"warning: {line}")
    return replace(folder, unread=tuple(line for line in folder.unread if line not in lists))


def idle_targets(config: Config, folder: Folder) -> str:
    """That targets are named where there are no labels; "" where none are."""
    names = config.experiments.targets
    if not names or folder.attribute_names:
        return ""
    return (
        f"{config.path}: experiments.targets names {names[0]!r}, but there are no labels: nothing"
        f" is swept for targets; give a table of labels as data.labels"
    )


def _labels_key(folder: Folder) -> str | None:
    """Hash of what is known of the images beside their pixels; None where nothing is."""
    known = (folder.attributes, folder.partition, folder.people, folder.values)
    held = [None if of is None else hashlib.blake2b(of.tobytes()).hexdigest() for of in known]
    return digest(folder.attribute_names, folder.splits, held) if any(held) else None


def check_samples(config: Config, names: Sequence[str]) -> None:
    """Raise InputError where the samples that the config asks for are not among the images
    `names`.
    """
    if len(names) < 2:
        raise InputError(
            f"{config.data.root}: {counted(len(names), 'image')} to use, expected 2 at least"
        )
    wanted = config.sweep.samples
    if isinstance(wanted, int):
        if wanted > len(names):
            raise InputError(
                f"{config.path}: sweep.samples is {wanted}, but there are only"
                f" {counted(len(names), 'image')}; set sweep.samples to that, or give more"
            )
    elif missing := [name for name in wanted if name not in names]:
        raise InputError(
            f"{config.path}: sweep.samples names {missing[0]!r}, which is not among the images"
            f" used"
        )


def hash_all(files: Files, console: Console, folder: Folder) -> tuple[list[str], Heads]:
    """Hash of each image, and the heads of those that had to be read for it."""
    hashes: list[str] = []
    heads: dict[str, Head | None] = {}

    def see(path: str, content: bytes) -> None:
        heads[path] = read_head(BytesIO(content))

    for number, content in enumerate(files.hash_all(folder.directory, folder.names, see)):
        hashes.append(content)
        console.progress("images", number, len(folder.names))
    return hashes, heads


def copied(names: Sequence[str], hashes: Sequence[str]) -> str:
    """That images are copies of others, by [image] their names and hashes; "" where none is."""
    first = dict(zip(reversed(hashes), reversed(names), strict=True))
    copies = [(n, first[h]) for n, h in zip(names, hashes, strict=True) if first[h] != n]
    if not copies:
        return ""
    copy, of = copies[0]
    return (
        f"{len(copies)} of {len(names)} images are copies of others, such as {of!r} and {copy!r}:"
        f" each counts as an image of its own, and findings seem surer than they are; take them"
        f" out of the folder"
    )


def _look_over(context: Context, folder: Folder, hashes: list[str], heads: Heads) -> Headers:
    """Look at the headers of all images, once for as long as none changes."""
    data = context.config.data
    exact = None if data.steps.steps else data.size
    code = code_hash("report.stages.images")
    key = digest(hashes, data.preprocess, data.crop, exact, code)

    def paths() -> Iterator[Path]:  # of many files they take long: none where nothing changed
        return map(folder.directory.joinpath, folder.names)

    def look() -> Headers:
        return look_over(context.config, paths(), heads)

    return context.store.record("headers", key, Headers, look, reads=paths())[0]


def look_over(
    config: Config, paths: Iterable[Path], known: Heads = MappingProxyType({})
) -> Headers:
    """Look at the images' headers, and see that all can be taken and have the size of the first,
    unless the steps begin by resizing: one of another size would be cropped elsewhere, unseen.

    Parameters
    ----------
    known : heads that were read already; of the others the files are opened.

    Raises
    ------
    InputError
        One of them is not so.
    """
    turned = clear = moving = 0
    first = None
    for path in paths:
        name = str(path)
        head = known[name] if name in known else read_head(path)
        if head is None:
            # not an image at all: the codes stage names it, counts it and leaves it out
            continue
        turned += head.turned
        clear += head.clear
        moving += head.moving
        if not config.data.function:
            first = first or head
            _check_size(config.data.steps, path, head, first)
    return Headers(turned, clear, moving)


def read_head(file: Path | BytesIO) -> Head | None:
    """What an image file says of itself; None where it is no image."""
    from featamp.io.files.decode import is_turned, open_image

    try:
        with open_image(file) as image:
            width, height = image.size
            moving = getattr(image, "is_animated", False)
            return Head(height, width, is_turned(image), image.has_transparency_data, moving)
    except OSError:
        return None


def _check_size(steps: Steps, path: Path, head: Head, first: Head) -> None:
    """Raise InputError where the steps cannot take an image, or not beside the first one."""
    height, width = head[:2]
    try:
        steps.check_frame((height, width))
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    if not steps.any_size and (height, width) != first[:2]:
        raise InputError(
            f"{path} is {width} x {height} pixels, the images before it are"
            f" {first.width} x {first.height}; expected all of one size, as in CelebA's"
            f" aligned folder, or steps that begin by resizing, data.preprocess ="
            f' "squash" or ["resize {min(steps.size)}", "crop {spoken(steps.size)}"]'
        )
