"""What a browser loads: pictures made to be looked at, and few bytes of them."""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from featamp.demo.faces import draw_factors, render
from featamp.io.files.decode import preprocess
from featamp.measure.sweep import mosaic
from report.findings.pictures import (
    kept_frames,
    lossless,
    lossless_suffix,
    read_frames,
    to_look_at,
)
from report.pages.live import VENDOR
from report.pages.render import render_pages
from tests.sample_findings import person, sample_findings

EXPLORED = 20
"""Dimensions in experiment 3 where nobody asks for others."""


@pytest.fixture(scope="module")
def sweep() -> NDArray[np.uint8]:
    """[sample, alpha, height, width, 3]: eight faces that turn into others in ten steps."""
    factors = draw_factors(9, 3)
    faces = [preprocess(Image.fromarray(render(factors, i)), 178, 64) for i in range(9)]
    whole = np.stack([np.asarray(face) for face in faces]).astype(float)
    steps = np.linspace(0, 1, 10)[None, :, None, None, None]
    mixed = whole[:8, None] * (1 - steps) + whole[1:, None] * steps
    return np.rint(mixed).astype(np.uint8)


def test_a_sprite_holds_every_pixel_and_its_picture_looks_like_it(
    sweep: NDArray[np.uint8],
) -> None:
    pixels = mosaic(sweep)
    as_png = io.BytesIO()
    Image.fromarray(pixels).save(as_png, "PNG", compress_level=2)
    sprite, shown = lossless(sweep), to_look_at(sweep)
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(sprite))), pixels)
    assert len(sprite) < len(as_png.getvalue())
    seen = np.asarray(Image.open(io.BytesIO(shown)).convert("RGB")).astype(float)
    assert len(shown) < 70_000 and np.sqrt(((seen - pixels) ** 2).mean()) < 6  # of 255


def test_the_store_keeps_every_pixel_in_half_of_the_bytes(
    tmp_path: Path, sweep: NDArray[np.uint8]
) -> None:
    tall = np.random.default_rng(0).integers(0, 255, (2, 3, 8, 6000, 3), dtype=np.uint8)
    for frames in (sweep, tall):
        kept = kept_frames(frames)
        (tmp_path / "kept").write_bytes(kept)
        read = read_frames(tmp_path / "kept", (frames.shape[2], frames.shape[3]))
        np.testing.assert_array_equal(read, frames)
        first = read_frames(tmp_path / "kept", (frames.shape[2], frames.shape[3]), 1)
        np.testing.assert_array_equal(first, frames[:1])
    assert len(kept_frames(sweep)) < 0.8 * len(lossless(sweep))


def test_a_sweep_wider_than_a_webp_is_shown_smaller_and_kept_whole() -> None:
    frames = np.zeros((2, 200, 10, 100, 3), np.uint8)
    frames[:, 100:] = 200
    shown = Image.open(io.BytesIO(to_look_at(frames)))
    assert shown.size == (200 * 81, 2 * 8)
    assert np.abs(np.asarray(shown.convert("L"))[:, [100, -100]].astype(int) - [0, 200]).max() < 9
    whole = Image.open(io.BytesIO(lossless(frames)))
    assert whole.format == "PNG" and np.array_equal(np.asarray(whole), mosaic(frames))
    assert lossless_suffix(2, 200, (10, 100)) == "png"
    assert lossless_suffix(8, 10, (64, 64)) == "webp"


def test_pages_load_no_more_than_they_need(tmp_path: Path, sweep: NDArray[np.uint8]) -> None:
    site = render_pages(sample_findings(tmp_path, person(0, 2, 1)))
    for name in (name for name in site if name.endswith(".html")):
        for source in re.findall(
            r'(?:<img src|data-sprite)="(?:\.\./)?([^"]+)"', site[name].decode()
        ):
            assert re.match(r"shown/|screen/|figures/.*\.svg$", source), (name, source)
    page = site["experiment3.html"].decode()
    pictures = set(re.findall(r'<img src="(shown/\S+)"', page))
    text = sum(len(site[name]) for name in site if name.startswith(("static/", "data/selection")))
    drawn = len(pictures) * EXPLORED / 5  # where the sample has five, with what it has beside
    assert drawn >= 2 * EXPLORED
    assert drawn * len(to_look_at(sweep)) + len(page) * EXPLORED / 5 + text < 4_000_000


def test_what_runs_a_decoder_leaves_room_for_one_of_three_megabytes() -> None:
    """Of the 8.5 MB that the page Live loads, in base64, with half a megabyte of codes."""
    library = sum((VENDOR / name).stat().st_size for name in
                  ("ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm.gz"))  # fmt: skip
    assert library * 4 / 3 < 8_500_000 - 3_350_000 - 350_000
