"""Images however they come: a folder, an array, a DataLoader; always uint8 batches in the end."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featamp.errors import InputError
from featamp.io.batches import decoded_batches
from featamp.io.celeba.places import find_images
from featamp.io.describe import described, kind, listed
from featamp.io.files.steps import Steps
from featamp.io.given import as_array

BRIGHT, WIDE = 0.5, 2.0
"""Images in [0, 1] have a pixel above the former; in a range as wide as the latter, they would
fill half of it at most."""
SLACK = 0.02
"""Share of the pixel range by which a resized image may lie outside it: a cubic filter rings."""


@dataclass(frozen=True)
class ImageBatch:
    """Some images, in order.

    Attributes
    ----------
    names : of the images; those of an array or a loader are numbered, "000001.png" and on.
    pixels : uint8 [image, height, width, 3].
    broken : name and reason of each file between them that could not be decoded.
    """

    names: tuple[str, ...]
    pixels: NDArray[np.uint8]
    broken: tuple[tuple[str, str], ...] = ()


def image_batches(
    images: object,
    pixels: tuple[float, float],
    steps: Steps,
    batch: int,
    most: int = sys.maxsize,
) -> Iterator[ImageBatch]:
    """Read images a batch at a time.

    Parameters
    ----------
    images : a folder as of `open_folder`; an array or tensor [image, height, width, 3] or [image,
        3, height, width], of grey ones with 1 in place of 3; or anything that yields such batches,
        alone or first in a tuple, as a `torch.utils.data.DataLoader` does.
    pixels : the range of arrays that are not uint8: that of the model. They are rounded to 8 bits,
        as an image file is.
    steps : what is done to image files.
    batch : images at a time, of a folder or an array.
    most : the first so many alone.

    Raises
    ------
    InputError
        These are no images, they lie outside the range, or all where those of [0, 1] do, or nobody
        knows in which order a loader gives them.
    """
    if isinstance(images, str | Path):
        yield from _from_files(Path(images), steps, batch, most)
    elif hasattr(images, "shape"):
        if len(images.shape) != 4:
            raise _wrong_shape(images.shape)
        starts = range(0, len(images), batch)  # type: ignore[arg-type]
        yield from _numbered((images[i : i + batch] for i in starts), pixels, most)  # type: ignore[index]
    elif isinstance(images, Iterable):
        _check_order(images)
        yield from _numbered((_first(item) for item in images), pixels, most)
    else:
        made = ": of a data set, torch.utils.data.DataLoader(images, batch_size=256)"
        raise InputError(
            f"images is {type(images).__name__}, expected a folder, an array of images or a"
            f" DataLoader{made if hasattr(images, '__getitem__') else ''}"
        )


def _check_order(images: object) -> None:
    """Raise InputError where a loader, or `iter` of one, is not known to give the images in one
    order each time; that of a data set that is iterated, and of batches in a list or a generator,
    is its own.
    """
    sampler = getattr(images, "sampler", getattr(images, "_index_sampler", None))
    if sampler is None:
        return
    from torch.utils.data import BatchSampler, IterableDataset, SequentialSampler

    if isinstance(getattr(images, "dataset", getattr(images, "_dataset", None)), IterableDataset):
        return
    batches = getattr(images, "batch_sampler", None)
    sampler = sampler if batches is None else batches
    while type(sampler) is BatchSampler:
        sampler = sampler.sampler
    if type(sampler) not in (SequentialSampler, list, tuple, range):
        raise InputError(
            f"the DataLoader's order is that of {kind(sampler)}, so that nobody knows which code"
            f" is of which image; make it with shuffle=False and without a sampler"
        )
    if getattr(images, "num_workers", 0) and not getattr(images, "in_order", True):
        raise InputError(
            "the DataLoader gives batches in whatever order its workers finish them, so that"
            " nobody knows which code is of which image; make it with in_order=True"
        )


def image_files(root: Path) -> tuple[Path, tuple[str, ...]]:
    """The folder in which the images of a data set lie and their names below it, as a build finds
    them; InputError where one has a name that is no text.
    """
    if not root.is_dir():
        found = "a file" if root.is_file() else "no such folder"
        raise InputError(f"{root}: {found}, expected a folder of images")
    directory, listing = find_images(root)
    if listing.nameless:
        raise InputError(
            f"{directory}: the name {listing.nameless[0]} holds what is no text; give the file"
            f" another"
        )
    return directory, listing.names


def _from_files(root: Path, steps: Steps, batch: int, most: int) -> Iterator[ImageBatch]:
    directory, names = image_files(root)
    paths = [directory / name for name in names]
    done = 0
    for decoded in decoded_batches(paths, steps, batch):
        good = tuple(names[row] for row in decoded.rows)[: most - done]
        broken = tuple((names[row], reason) for row, reason in decoded.broken)
        yield ImageBatch(good, decoded.images[: most - done], broken)
        done += len(good)
        if done == most:
            return


def _numbered(
    batches: Iterable[object], pixels: tuple[float, float], most: int
) -> Iterator[ImageBatch]:
    done = 0
    sizes: set[tuple[int, ...]] = set()
    ends, read = [0.0], pixels
    for values in batches:
        array = _channels_last(values)[: most - done]
        if array.size:
            read = (0.0, 255.0) if array.dtype == np.uint8 else pixels
            ends += float(array.min()), float(array.max())
        sizes.add(array.shape[1:3])
        if len(sizes) > 1:
            found = ", ".join(f"{width} x {height}" for height, width in sorted(sizes))
            raise InputError(f"images are {found} pixels, expected all of one size")
        image = _to_bytes(array, pixels, done)
        names = tuple(f"{done + number:06d}.png" for number in range(1, len(image) + 1))
        yield ImageBatch(names, image)
        done += len(image)
        if done == most:
            break
    _check_filled(min(ends), max(ends), read)


def _check_filled(least: float, largest: float, read: tuple[float, float]) -> None:
    """Raise InputError where all values of all images lie in [0, 1], and more is `read`: a single
    image may be as dark.
    """
    low, high = read
    if high - low >= WIDE and least >= 0 and BRIGHT < largest <= 1:
        raise InputError(
            f"images lie between 0 and {largest:g}, and are read as [{low:g}, {high:g}] (uint8 as"
            f" 0 to 255, others as the model's pixels): give"
            f" {high - low:g} * images{f' - {-low:g}' if low else ''}"
        )


def _first(item: object) -> object:
    """The images of what a loader yields: itself, or the first of a tuple."""
    if isinstance(item, Mapping):
        raise InputError(
            f"the loader yields tables of {listed(sorted(map(str, item)))}, expected images, alone"
            f" or first in a tuple; give what takes them out of it, such as"
            f" (batch[{str(next(iter(item), 'image'))!r}] for batch in loader)"
        )
    if not isinstance(item, tuple | list) or not item:
        return item
    places = [at for at, part in enumerate(item) if len(getattr(part, "shape", ())) == 4]
    if isinstance(item[0], int) or (places and places[0]):
        mend = f"(batch[{places[0]}] for batch in loader)" if places else "it without enumerate"
        raise InputError(
            f"the loader yields {described(item)}, expected images, alone or first in a tuple;"
            f" give {mend}"
        )
    return item[0]


def _channels_last(values: object) -> NDArray[Any]:
    array = as_array(values, "images")
    for channels in (3, 1):
        if array.ndim == 4 and channels in (array.shape[-1], array.shape[1]):
            last = array if array.shape[-1] == channels else array.transpose(0, 2, 3, 1)
            return last.repeat(3 // channels, axis=-1)
    raise _wrong_shape(array.shape)


def _wrong_shape(shape: Iterable[int]) -> InputError:
    found = " x ".join(str(n) for n in shape)
    return InputError(
        f"images have {f'the shape {found}' if found else 'no shape'}, expected [image, height,"
        f" width, 3] or [image, 3, height, width], and 1 in place of 3 for grey ones"
    )


def _to_bytes(array: NDArray[Any], pixels: tuple[float, float], before: int) -> NDArray[np.uint8]:
    """The images of a batch, so many `before` it, as those of files are."""
    if array.dtype == np.uint8 or not len(array):
        return array.astype(np.uint8, copy=False)
    low, high = pixels
    shares = (array.astype(np.float64) - low) / (high - low)
    finite = np.isfinite(shares).all(axis=(1, 2, 3))
    if not finite.all():
        raise InputError(
            f"image {before + int(finite.argmin())} holds what is no finite number, expected"
            f" pixels (the first is image 0)"
        )
    if shares.min() < -SLACK or shares.max() > 1 + SLACK:
        raise InputError(
            f"images lie between {array.min():.4g} and {array.max():.4g}, expected the model's"
            f" pixels = [{low:g}, {high:g}] (say what it reads where you open it; of normalised"
            f" ones give images * std + mean), or uint8"
        )
    return np.rint(255.0 * np.clip(shares, 0.0, 1.0)).astype(np.uint8)
