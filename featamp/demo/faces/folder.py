"""Rendered faces as a CelebA folder, written whole or not at all."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from PIL import Image

from featamp.demo.faces.factors import CONTINUOUS, Factors, draw_factors
from featamp.demo.faces.few import VARIED, draw_few
from featamp.demo.faces.render import render
from featamp.errors import InputError
from featamp.io.celeba.names import ATTRIBUTES

STAMP = "faces.json"
SETS: dict[str, tuple[Callable[[int, int], Factors], tuple[str, ...]]] = {
    "all": (draw_factors, CONTINUOUS),
    "few": (draw_few, tuple(VARIED)),
}
"""The sets of faces: how each draws (count, seed), and the factors that `factors.csv` tells."""
_CHUNK = 128  # faces a worker renders at a time
_WORKERS = 2
_QUALITY = 92
_PARTS = (0, 0, 0, 0, 0, 0, 0, 0, 1, 2)  # train, valid, test at CelebA's proportions


def image_name(index: int) -> str:
    """CelebA's file name of face `index` (counted from 0)."""
    return f"{index + 1:06d}.jpg"


@lru_cache(maxsize=1)
def _renderer_hash() -> str:
    """Hash of this package's source: another renderer makes other faces."""
    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.name.encode() + b"\0" + source.read_bytes())
    return digest.hexdigest()[:16]


def _stamp(count: int, seed: int, factors: str) -> dict[str, int | str]:
    return {"count": count, "seed": seed, "factors": factors, "renderer": _renderer_hash()}


def is_complete(root: Path, count: int, seed: int, factors: str = "all") -> bool:
    """Whether `root` holds the whole folder of `count` faces from `seed`, made by this very
    renderer.
    """
    try:
        found = json.loads((root / STAMP).read_text())
    except (FileNotFoundError, NotADirectoryError, json.JSONDecodeError):
        return False
    return bool(found == _stamp(count, seed, factors))


def write_folder(
    root: Path,
    count: int,
    seed: int,
    factors: str = "all",
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Render `count` faces of the set `factors` into `root` as a CelebA folder with `factors.csv`
    beside the official files.

    The folder is made under another name beside `root` and renamed when it is whole; a rendered
    folder that stood there is replaced. `progress` is called with (faces done, faces in all).

    Raises
    ------
    InputError
        If `root` holds anything but an earlier rendered folder.
    """
    if root.exists() and not (root / STAMP).is_file() and any(root.iterdir()):
        raise InputError(
            f"{root}: holds files that featamp.demo.faces did not make; expected no folder or an"
            f" earlier rendered one"
        )
    root.parent.mkdir(parents=True, exist_ok=True)
    making = root.parent / f".{root.name}.part"
    shutil.rmtree(making, ignore_errors=True)  # what a killed run left
    try:
        _fill(making, count, seed, factors, progress)
        if root.exists():
            shutil.rmtree(root)
        making.rename(root)
    finally:
        shutil.rmtree(making, ignore_errors=True)


def _fill(
    root: Path,
    count: int,
    seed: int,
    factors: str,
    progress: Callable[[int, int], None] | None,
) -> None:
    images = root / "img_align_celeba"
    images.mkdir(parents=True)
    draw, told = SETS[factors]
    drawn = draw(count, seed)
    chunks = [
        (images, start, drawn.part(start, start + _CHUNK)) for start in range(0, count, _CHUNK)
    ]
    done = 0
    for finished in _run(chunks):
        done += finished
        if progress is not None:
            progress(done, count)
    (root / "list_attr_celeba.txt").write_text(_attribute_table(drawn))
    (root / "list_eval_partition.txt").write_text(_partition_table(drawn))
    (root / "factors.csv").write_text(_factor_table(drawn, told))
    (root / STAMP).write_text(json.dumps(_stamp(count, seed, factors), indent=1) + "\n")


def _run(chunks: list[tuple[Path, int, Factors]]) -> Iterator[int]:
    """Render the chunks, yielding how many faces each held; a single one needs no process."""
    if len(chunks) == 1:
        yield _render_chunk(*chunks[0])
        return
    with ProcessPoolExecutor(_WORKERS, mp_context=get_context("spawn")) as pool:
        for job in as_completed([pool.submit(_render_chunk, *chunk) for chunk in chunks]):
            yield job.result()


def _render_chunk(images: Path, start: int, factors: Factors) -> int:
    """Render and write these faces, which are numbered from `start`; return how many they are."""
    for index in range(len(factors)):
        encoded = io.BytesIO()
        Image.fromarray(render(factors, index)).save(encoded, "JPEG", quality=_QUALITY)
        (images / image_name(start + index)).write_bytes(encoded.getvalue())
    return len(factors)


def _attribute_table(factors: Factors) -> str:
    """CelebA's official text: the count, the 40 names, a line a face."""
    rows = (
        f"{image_name(index)} " + " ".join(f"{label:2d}" for label in labels)
        for index, labels in enumerate(factors.attributes.tolist())
    )
    return "\n".join([str(len(factors)), " ".join(ATTRIBUTES), *rows]) + "\n"


def _partition_table(factors: Factors) -> str:
    """80 / 10 / 10 for train (0), valid (1) and test (2), dealt in turn."""
    return "".join(
        f"{image_name(index)} {_PARTS[index % len(_PARTS)]}\n" for index in range(len(factors))
    )


def _factor_table(factors: Factors, names: tuple[str, ...]) -> str:
    columns = np.stack([factors.continuous[name] for name in names], axis=1)
    rows = (
        ",".join([image_name(index), *(f"{value:.6f}" for value in row)])
        for index, row in enumerate(columns.tolist())
    )
    return "\n".join([",".join(["image_id", *names]), *rows]) + "\n"
