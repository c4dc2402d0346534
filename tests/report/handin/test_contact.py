"""The contact sheet and the small pictures: the frames are the sweep's own, and the sheet fits on
a page."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from featamp.verdict.rule import Decision
from report.handin.drafts.pictures import _called
from report.handin.figures.contact import HEIGHT, TEXT, Entry, contact_figure
from report.handin.figures.glances import glance_picture, take_columns
from report.handin.figures.strips import EDGE
from report.handin.figures.style import BODY, PAGE, shorten, style
from report.pages.render import render_pages
from report.view import contact
from report.view.words import CHANGES
from tests.sample_findings import sample_findings

COLUMNS = (0, 3, None, 6, 9)
"""As ten steps have them: no step is alpha = 0."""
STEPS = ("−3", "−1", "0", "+1", "+3")


def faces(samples: int = 3, alphas: int = 10, size: int = 64) -> NDArray[np.uint8]:
    """Frame k of each sample is of grey level 20 k, the last two the original and its
    reconstruction."""
    greys = (20 * np.arange(alphas + 2)).astype(np.uint8)
    shape = (samples, alphas + 2, size, size, 3)
    return np.broadcast_to(greys[None, :, None, None, None], shape).copy()


def decode(content: bytes) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))


@pytest.mark.parametrize(
    ("kind", "cells"),
    [
        ("strip", [[0, 60, 220, 120, 180] * 2]),
        ("ends", [[0, 180] * 2]),
        ("compact", [[0] * 3, [220] * 3, [180] * 3]),
    ],
)
def test_a_glance_shows_the_ends_and_the_reconstruction_between(
    kind: str, cells: list[list[int]]
) -> None:
    every = faces()
    picture = decode(glance_picture(kind, every[:, 10:], every[:, :10], COLUMNS, 2)["webp"])
    assert picture.shape == (64 * len(cells), 64 * len(cells[0]), 3)
    middles = picture[32::64, 32::64].mean(axis=2)
    assert np.abs(middles - np.array(cells)).max() < 6  # lossy


def test_a_large_face_is_made_small() -> None:
    every = faces(2, 3, 256)
    picture = decode(glance_picture("ends", every[:, 3:], every[:, :3], (0, 1, 2), 2)["webp"])
    assert picture.shape == (96, 4 * 96, 3)


@pytest.mark.parametrize("count", [1, 7, 24])
def test_the_sheet_fits_on_a_page_and_shows_the_frames_pixel_by_pixel(count: int) -> None:
    noise = np.random.default_rng(0).integers(0, 250, (2, 12, 64, 64, 3), dtype=np.uint8)
    shown = take_columns(noise[:, 10:], noise[:, :10], COLUMNS)
    entries = [Entry("94  a rather long label of it", ("visible", "Bald +"), shown)] * count
    made = contact_figure(entries, STEPS, "a note")
    assert set(made) == {"png", "pdf"} and made["pdf"].startswith(b"%PDF")
    page = decode(made["png"])
    times = 2 if count == 1 else 1  # as small as it may be without losing a pixel of a face
    assert page.shape[1] == PAGE * times // 2 and page.shape[0] <= HEIGHT + 1
    corner = shown[0, 0, :2, :2].repeat(times, axis=0).repeat(times, axis=1)
    side = 2 * times
    places = np.argwhere((page[:-3, :-3] == corner[0, 0]).all(axis=2))
    found = [(y, x) for y, x in places if np.array_equal(page[y : y + side, x : x + side], corner)]
    assert len(found) == count


def test_a_page_is_handed_in_with_the_choice_on_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    findings = sample_findings(tmp_path)
    every, chosen = contact.sheet_lines(findings), findings.plan.chosen
    assert contact.handed_in_lines(findings) == every
    monkeypatch.setattr(contact, "ON_A_PAGE", 1)
    shown = [line.dim for line in contact.handed_in_lines(findings)]
    assert len(every) == 5 and sorted(shown) == sorted(chosen)


def test_whatever_is_seen_fits_beside_the_faces() -> None:
    with style():
        assert [w for w in CHANGES.values() if shorten(w, BODY, TEXT - EDGE) != w] == []


@pytest.mark.parametrize(
    ("reason", "words"),
    [("side", "light from a side"), ("turn", "the head turns"), ("skin", "skin tone")],
)
def test_what_is_seen_of_a_dimension_without_a_name_is_said(
    tmp_path: Path, reason: str, words: str
) -> None:
    findings = sample_findings(tmp_path)
    findings.screening.decisions[1] = Decision("visible", reason=reason)
    (line,) = (line for line in contact.sheet_lines(findings) if line.dim == 1)
    assert _called(line)[:2] == ("visible", words)
    overview = render_pages(findings)["index.html"].decode()
    told = overview.partition('id="roll"')[2]
    assert f'<small class="said"><span>{words}</span>' in overview and f">{words}</small>" in told
