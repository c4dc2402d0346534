"""Images in Parquet files, unpacked beside the results once; commands take them from there."""

from __future__ import annotations

import shutil
from dataclasses import replace

from featamp.errors import InputError
from featamp.io.celeba import IMAGE_FOLDER, image_directory
from featamp.io.files.parquet import parquet_files, unpack

from ..engine.hashing import code_hash, digest
from ..engine.store import PART, UNPACKED, Store
from ..inputs.config import Config


def unpacked(config: Config, store: Store) -> Config:
    """The config with a folder of images in the place of Parquet files; as it is without such.

    Raises
    ------
    InputError
        They cannot be read, or a CelebA folder lies below the one that the config names.
    """
    data = config.data
    _require_no_celeba_below(config)
    files = parquet_files(data.root)
    if not files:
        return config
    hashes = [store.files.hash(path) for path in files]
    names = [path.parts[-2:] for path in files]  # of folders, too: they tell the part
    key = digest(hashes, names, code_hash("featamp.io.files.parquet"))
    folder = store.root / UNPACKED / key
    root = folder / data.root.stem
    if not folder.is_dir():
        part = folder.with_suffix(PART)
        shutil.rmtree(part, ignore_errors=True)
        (part / root.name).mkdir(parents=True)
        unpack(files, part / root.name)
        store.files.verify(files)
        part.rename(folder)
    return replace(config, data=replace(data, root=root))


def _require_no_celeba_below(config: Config) -> None:
    """All of its images would be found below, but nobody would look there for their labels."""
    root = config.data.root
    below = min(root.glob(f"*/{IMAGE_FOLDER}"), default=None)
    if below is not None and image_directory(root) == root and config.data.labels is None:
        raise InputError(
            f"{root}: holds no {IMAGE_FOLDER}/, but {below.parent.name}/ below it does; set"
            f" data.root to that"
        )
