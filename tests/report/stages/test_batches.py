"""Images that were decoded once are not decoded for another checkpoint, and are the same."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from featamp.errors import InputError
from featamp.io.batches import Decoded
from featamp.io.files import decode
from featamp.io.files.steps import Pixels, Steps
from report.engine.processes import workers
from report.engine.store import SPARE
from report.stages.codes import encode_images
from report.stages.encoding import batches
from report.stages.encoding.batches import (
    Batches,
    _by_processes,
    _files_a_piece,
    batches_of,
    decoded_batches,
    kept_batches,
)
from report.stages.images import read_images
from tests.conftest import context_of, damaged_png, project

BROKEN = 20


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A project of 40 images, one of them broken, in pieces of two batches."""
    config = project(tmp_path)
    config.write_text(config.read_text().replace("batch = 16", "batch = 4"))
    damaged_png(sorted((tmp_path / "faces/img_align_celeba").iterdir())[BROKEN])
    return config


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "BATCHES", 2)
    monkeypatch.setattr(batches, "WORTH", 40)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that are decoded."""
    paths: list[Path] = []

    def reading(path: Path, steps: Steps) -> Pixels:
        paths.append(path)
        return read_image(path, steps)

    read_image = decode.read_image
    monkeypatch.setattr("featamp.io.batches.read_image", reading)
    return paths


def encode(config: Path) -> tuple[NDArray[np.float32], tuple[str, ...]]:
    context = context_of(config)
    codes, _ = encode_images(context, read_images(context)[0])
    return np.array(codes.mu), tuple(name for name, _ in codes.images.broken)


def train_on(config: Path) -> None:
    """Another checkpoint."""
    path = config.parent / "tiny.pt"
    state = torch.load(path, weights_only=True)
    state["model_state_dict"]["posterior.bias"] += 1
    torch.save(state, path)


def kept(config: Path) -> int:
    return len([*(config.parent / ".featamp" / SPARE).glob("*/done.json")])


def test_another_checkpoint_decodes_no_file_and_has_the_codes_that_it_would_have(
    config: Path, tmp_path: Path, read: list[Path]
) -> None:
    encode(config)
    assert len(read) == 40 and kept(config) == 5
    read.clear()
    train_on(config)
    mu, broken = encode(config)
    assert read == [] and len(mu) == 39 and len(broken) == 1
    (config.parent / ".featamp").rename(tmp_path / "away")
    np.testing.assert_array_equal(encode(config)[0], mu)


def test_other_pixels_are_decoded_anew(config: Path, read: list[Path]) -> None:
    encode(config)
    config.write_text(config.read_text().replace("crop = 160", "crop = 150"))
    read.clear()
    encode(config)
    assert len(read) == 40
    changed = config.parent / "faces/img_align_celeba/000003.jpg"
    changed.write_bytes((changed.parent / "000004.jpg").read_bytes())
    read.clear()
    encode(config)
    assert sorted(path.name for path in read) == [f"{n:06d}.jpg" for n in range(1, 9)]


def test_from_the_middle_on_it_hands_out_what_decoding_does(
    config: Path, read: list[Path]
) -> None:
    context = context_of(config)
    dataset, _ = read_images(context)
    paths = dataset.paths(range(40))

    def told(batches: Batches, start: int) -> list[tuple[int, list[int], bytes, list[int]]]:
        return [
            (b.stop, b.rows.tolist(), b.images.tobytes(), [row for row, _ in b.broken])
            for b in batches(context, paths, context.steps, start)
        ]

    first = told(kept_batches, 12)
    assert len(read) == 32 and kept(config) == 4  # the piece that begins at 8 is kept whole
    assert told(kept_batches, 12) == first and len(read) == 32
    assert told(kept_batches, 0)[3:] == first == told(decoded_batches, 12)
    assert [row for *_, rows in first for row in rows] == [BROKEN]


def test_what_is_done_to_a_batch_is_not_kept(config: Path) -> None:
    context = context_of(config)
    paths = read_images(context)[0].paths(range(8))

    def first() -> Decoded:
        return next(kept_batches(context, paths, context.steps, 0))

    before = first().images.copy()
    first().images[:] = 0
    np.testing.assert_array_equal(first().images, before)


def test_what_was_read_longest_ago_is_removed_first(config: Path) -> None:
    context = context_of(config)
    paths = read_images(context)[0].paths(range(16))
    [*kept_batches(context, paths, context.steps, 0)]
    pieces = [*(config.parent / ".featamp" / SPARE).iterdir()]
    for piece in pieces:
        os.utime(piece, (0, 0))
    [*kept_batches(context, paths[:8], context.steps, 0)]
    assert len(pieces) == 2 and sorted(p.stat().st_mtime > 0 for p in pieces) == [False, True]


def test_a_piece_of_large_images_holds_fewer_of_them(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = context_of(config)
    assert _files_a_piece(context, context.steps) == 8
    monkeypatch.setattr(batches, "PIECE", 8 * 16 * 16 * 3 - 1)
    assert _files_a_piece(context, context.steps) == 4
    monkeypatch.setattr(batches, "PIECE", 1)  # never less than a batch
    assert _files_a_piece(context, context.steps) == 4


def test_a_file_that_changes_while_its_pixels_are_kept_is_told_and_none_is(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def save_late(paths: Sequence[Path], steps: Steps, part: Path) -> None:
        save(paths, steps, part)
        paths[0].write_bytes(paths[1].read_bytes())

    save = batches._save
    monkeypatch.setattr(batches, "_save", save_late)
    context = context_of(config)
    paths = read_images(context)[0].paths(range(8))
    with pytest.raises(InputError, match="changed"):
        next(kept_batches(context, paths, context.steps, 0))
    assert kept(config) == 0


def test_pixels_of_another_function_are_decoded_anew(config: Path) -> None:
    text = config.read_text()
    config.write_text(text.replace("crop = 160", 'preprocess = "mine:prepare"'))
    found = []
    for side in (16, 8):
        body = f"image.resize(({side}, {side})).resize((16, 16))"
        (config.parent / "mine.py").write_text(f"def prepare(image):\n    return {body}\n")
        context = context_of(config)
        paths = read_images(context)[0].paths(range(8))
        found.append(next(kept_batches(context, paths, context.steps, 0)).images.copy())
    before, after = found
    assert not np.array_equal(before, after)


def test_a_function_of_ones_own_is_called_in_this_process(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("report.stages.encoding.batches.DECODING", 0)  # any process is one more
    context = context_of(config)
    assert _by_processes(context, context.steps)
    assert not _by_processes(context, replace(context.steps, own=np.asarray))


def test_processes_keep_what_threads_keep(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read: list[Path]
) -> None:
    codes = encode(config)[0]
    (config.parent / ".featamp").rename(tmp_path / "away")
    monkeypatch.setattr(workers, "LINUX", False)  # torch is loaded: no forking
    monkeypatch.setattr(workers, "COUNT", 2)
    monkeypatch.setattr("report.stages.encoding.batches.DECODING", 1)
    read.clear()
    context = context_of(config)
    with context.workers:
        mu = encode_images(context, read_images(context)[0])[0].mu
    np.testing.assert_array_equal(mu, codes)
    assert kept(config) == 5 and read == []


def test_what_the_store_has_no_room_for_is_not_kept(config: Path) -> None:
    text = config.read_text()
    config.write_text(text.replace("[compute]", "[compute]\nstore = 0"))
    encode(config)
    assert kept(config) == 0
    config.write_text(text.replace("[compute]", "[compute]\nstore = 1"))
    train_on(config)
    encode(config)
    assert kept(config) == 5


def test_all_images_must_have_room_not_those_of_one_process_alone(config: Path) -> None:
    config.write_text(config.read_text().replace("[compute]", "[compute]\nstore = 1"))
    context, most = context_of(config), 1_000_000 // (16 * 16 * 3)
    assert batches_of(context, most) is kept_batches
    assert batches_of(context, most + 1) is decoded_batches


def test_few_images_leave_the_store_small(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "WORTH", 41)
    encode(config)
    assert kept(config) == 0
