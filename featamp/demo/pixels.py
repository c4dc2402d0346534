"""The images of a run, decoded once into one file, and its files, each written whole or not at
all.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from torch import Tensor

from featamp.demo.facts import Progress
from featamp.demo.settings import Settings
from featamp.errors import InputError, first_line
from featamp.io.celeba.folder import Folder
from featamp.io.celeba.names import SPLITS
from featamp.io.files.decode import load_image

CHUNK = 1024  # images decoded at a time


@dataclass(frozen=True)
class TrainingImages:
    """Preprocessed images, the rows that train and validate, and the files that could not be read.

    `array` is uint8 [image, height, width, 3], memory-mapped, pixels in 0..255; `damaged` is the
    file in which an earlier run had kept them, where it could not be read and was made anew.
    """

    array: NDArray[np.uint8]
    train: NDArray[np.int64]
    valid: NDArray[np.int64]
    unreadable: tuple[str, ...]
    damaged: Path | None = None


def batch_of(array: NDArray[np.uint8], rows: NDArray[np.int64], device: torch.device) -> Tensor:
    """Float images [batch, 3, height, width] in [0, 1] on the device, in channels-last memory."""
    batch = torch.from_numpy(array[rows])
    if device.type == "cuda":
        batch = batch.pin_memory()
    return batch.to(device, non_blocking=True).permute(0, 3, 1, 2).float() / 255


def make_folder(path: Path) -> None:
    """Make a folder, with those above it, where there is none.

    Raises
    ------
    InputError
        It cannot be made, or nothing may be written into it.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"{path}: this folder cannot be made ({error.strerror}); give another"
        ) from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise InputError(f"{path}: nothing may be written into this folder; give another")


def prepare_pixels(
    folder: Folder, settings: Settings, directory: Path, progress: Callable[[Progress], None]
) -> TrainingImages:
    """Decode and resize the images that train or validate, once, into `pixels.npy` in a
    folder; anew where what lies there is damaged.

    A truncated image is left out and named. The test images of a partition are not touched; where
    there is no partition, the last tenth validates.

    Raises
    ------
    InputError
        Too few images, an image smaller than the crop, or a folder that cannot be written.
    """
    make_folder(directory)
    partition = folder.partition
    if partition is None:
        partition = np.full(len(folder.names), SPLITS["train"], np.int8)
        partition[len(partition) - len(partition) // 10 :] = SPLITS["valid"]
    used = np.flatnonzero(partition != SPLITS["test"])
    names = [folder.names[i] for i in used]
    array_path, key_path = directory / "pixels.npy", directory / "pixels.json"
    key = _pixels_key(folder.directory, names, settings)
    size = settings.image_size
    shape, damaged = (len(names), size, size, 3), None
    stored = _read_key(key_path)
    array = _read_array(array_path, shape) if stored.get("key") == key else None
    if array is None:
        if key_path.exists() and stored.get("key") in (None, key):
            damaged = array_path if stored else key_path
        key_path.unlink(missing_ok=True)  # the pixels are about to change under it
        bad = _decode(folder.directory, names, array_path, settings, progress)
        stored = {"key": key, "unreadable": bad}
        write_json(key_path, stored)
        array = np.load(array_path, mmap_mode="r")
    unreadable = set(stored["unreadable"])
    rows = np.array([i for i, name in enumerate(names) if name not in unreadable], np.int64)
    split = partition[used][rows]
    train_rows, valid_rows = rows[split == SPLITS["train"]], rows[split == SPLITS["valid"]]
    if not len(train_rows) or not len(valid_rows):
        raise InputError(
            f"{folder.directory}: {len(train_rows)} images to train and {len(valid_rows)} to"
            f" validate on, "
            "expected some of both"
        )
    return TrainingImages(array, train_rows, valid_rows, tuple(sorted(unreadable)), damaged)


def _read_key(path: Path) -> dict[str, Any]:
    """What `pixels.json` says: the `key` of the pixels beside it and the `unreadable` images; {}
    where it says neither.
    """
    try:
        stored = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError, RecursionError):
        return {}
    match stored:
        case {"key": str(), "unreadable": [*names]} if all(isinstance(n, str) for n in names):
            return dict(stored)
    return {}


def _read_array(path: Path, shape: tuple[int, ...]) -> NDArray[np.uint8] | None:
    """The pixels that lie in a file; None where they are not whole."""
    try:
        array = np.load(path, mmap_mode="r")
    except (FileNotFoundError, EOFError, ValueError):  # one that is emptied, cut short, zeroed
        return None
    return array if array.shape == shape and array.dtype == np.uint8 else None


def _pixels_key(directory: Path, names: list[str], settings: Settings) -> str:
    """What the cached pixels depend on, as a hash: of an image what tells it from one that is as
    large and as old (unpacked from an archive, copied with its times).
    """
    digest = hashlib.sha256(f"{settings.crop} {settings.image_size}".encode())
    for name in names:
        stat = (directory / name).stat()
        times = f"{stat.st_mtime_ns} {stat.st_ctime_ns}"
        digest.update(f"\n{name} {stat.st_size} {times} {stat.st_ino} {stat.st_dev}".encode())
    return digest.hexdigest()


def _decode(
    directory: Path, names: list[str], target: Path, settings: Settings,
    progress: Callable[[Progress], None],
) -> list[str]:  # fmt: skip
    """Write `target`, uint8 [image, height, width, 3], a chunk at a time.

    Returns those of the `names` that are no images; their rows are black.
    """
    size = settings.image_size
    black = np.zeros((size, size, 3), np.uint8)
    bad: list[str] = []

    def load(name: str) -> NDArray[np.uint8]:
        try:
            return load_image(directory / name, settings.crop, size)
        except OSError:
            bad.append(name)
            return black

    def fill(part: Path) -> None:
        head = {"descr": "|u1", "fortran_order": False, "shape": (len(names), size, size, 3)}
        with ThreadPoolExecutor(os.cpu_count()) as pool, part.open("wb") as file:
            np.lib.format.write_array_header_1_0(file, head)
            for first in range(0, len(names), CHUNK):
                images = list(pool.map(load, names[first : first + CHUNK]))
                file.write(np.stack(images).tobytes())
                progress(Progress("preprocess", first + len(images), len(names)))

    write_whole(target, fill)
    return sorted(bad)


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Have `write` make a file beside `path`, then put it in its place whole; nothing is left if
    it fails.
    """
    part = path.with_name(path.name + ".part")
    try:
        write(part)
        with part.open("r+b") as file:
            os.fsync(file.fileno())  # else a power cut may leave a new name without its content
        part.replace(path)
    except (OSError, RuntimeError, SafetensorError) as error:
        why = getattr(error, "strerror", None) or first_line(error)  # without the name again
        raise InputError(f"{path}: cannot be written ({why})") from error
    finally:
        part.unlink(missing_ok=True)


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write `content` as JSON, whole or not at all."""
    write_whole(
        path, lambda part: part.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    )
