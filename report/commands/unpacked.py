"""Images in Parquet or tar files, unpacked beside the results once, and again where they are no
longer there as they were; commands take them from there.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from featamp.errors import InputError
from featamp.io.celeba.names import IMAGE_FOLDER
from featamp.io.celeba.places import image_directory
from featamp.io.files.parquet import parquet_files, unpack
from featamp.io.files.tar import tar_files, unpack_tar

from ..engine.disk import read_checked, write_checked
from ..engine.hashing import code_hash, digest
from ..engine.locks import lock
from ..engine.store import PART, UNPACKED, Store
from ..inputs.config import Config

Unpack: TypeAlias = Callable[[Sequence[Path], Path], None]
KINDS: tuple[tuple[Callable[[Path], list[Path]], Unpack, str], ...] = (
    (parquet_files, unpack, "featamp.io.files.parquet"),
    (tar_files, unpack_tar, "featamp.io.files.tar"),
)
"""What finds files of a kind, what unpacks them, and where its code lies."""


def unpacked(config: Config, store: Store) -> Config:
    """The config with a folder of images in the place of such files; as it is without.

    Raises
    ------
    InputError
        They cannot be read, or a CelebA folder lies below the one that the config names.
    """
    data = config.data
    require_no_celeba_below(config)
    files, write, code = packed(data.root)
    if not files:
        return config
    hashes = [store.files.hash(path) for path in files]
    names = [path.absolute().parts[-2:] for path in files]  # of folders, too: they tell the part
    key = digest(hashes, names, code_hash(code))
    folder = store.root / UNPACKED / key
    root = folder / data.root.stem
    mark = folder.with_suffix(".json")
    if not folder.is_dir() or read_checked(mark).get("files") != _files_below(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with lock(folder.parent / "lock", str(folder.parent), "command"):
            for left in folder.parent.glob(f"*{PART}"):  # by one that was killed
                shutil.rmtree(left)
            part = folder.with_suffix(PART)
            (part / root.name).mkdir(parents=True)
            write(files, part / root.name)
            store.files.verify(files)
            if folder.is_dir():
                shutil.rmtree(folder)
            part.rename(folder)
            write_checked(mark, {"files": _files_below(folder)})
    return replace(config, data=replace(data, root=root), packed=data.root)


def _files_below(folder: Path) -> str:
    """Hash of the names, sizes and times of all files below a folder."""
    found = []
    for place, _, names in os.walk(folder):
        below = os.path.relpath(place, folder)
        for name in names:
            stat = os.stat(os.path.join(place, name))  # noqa: PTH116, PTH118  of many files
            found.append((below, name, stat.st_size, stat.st_mtime_ns))
    return digest(sorted(found))


def packed(root: Path) -> tuple[list[Path], Unpack, str]:
    """The files that hold the images; none where they are files themselves. What unpacks them,
    and where its code lies.
    """
    kinds = ((find(root), write, code) for find, write, code in KINDS)
    return next((kind for kind in kinds if kind[0]), ([], unpack, ""))


def require_no_celeba_below(config: Config) -> None:
    """Raise InputError where all images would be found in a CelebA folder below, but nobody would
    look there for their labels.
    """
    root = config.data.root
    if config.data.labels is not None or not root.is_dir() or image_directory(root) != root:
        return
    for depth in ("*", "*/*"):
        if below := min(root.glob(f"{depth}/{IMAGE_FOLDER}"), default=None):
            raise InputError(
                f"{root}: holds no {IMAGE_FOLDER}/, but {below.parent.relative_to(root)}/ below it"
                f" does; set data.root to that"
            )
