"""The model itself decodes for a page that cannot: so many codes, of the model of the report."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from werkzeug.exceptions import BadRequest, Conflict, ServiceUnavailable

from featamp.io.network.opening import open_model
from report.commands.serving.decoding import MOST, LiveDecoder
from tests.conftest import context_of, project

DIMS = 8
CODES = np.random.default_rng(0).standard_normal((3, DIMS)).astype("<f4")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return project(tmp_path)


@pytest.fixture
def weights(config: Path) -> str:
    return context_of(config).weights


def test_it_gives_the_pixels_of_the_model(config: Path, weights: str) -> None:
    folder = config.parent
    vae = open_model(folder / "tiny.pt", "tiny_vae:TinyVAE", {}, None, (0.0, 1.0), folder, "cpu")
    content = LiveDecoder(config).decode("", weights, DIMS, CODES.tobytes())
    pixels = np.frombuffer(content, "<f4").reshape(3, 16, 16, 3)
    np.testing.assert_allclose(pixels, vae.decode(CODES), atol=1e-6)


@pytest.mark.parametrize(
    "content",
    [
        b"", CODES.tobytes()[:-1], CODES[:, :-1].tobytes(), (CODES + np.inf).tobytes(),
        np.zeros((MOST + 1, DIMS), "<f4").tobytes(),
    ],
    ids=["nothing", "cut", "too narrow", "infinite", "too many"],
)  # fmt: skip
def test_what_is_no_code_is_refused(config: Path, weights: str, content: bytes) -> None:
    with pytest.raises(BadRequest):
        LiveDecoder(config).decode("", weights, DIMS, content)


def test_a_model_that_is_no_longer_that_of_the_report_is_not_taken(
    config: Path, weights: str
) -> None:
    decoder = LiveDecoder(config)
    decoder.decode("", weights, DIMS, CODES.tobytes())
    with pytest.raises(Conflict, match="build again"):
        decoder.decode("", "another", DIMS, CODES.tobytes())


def test_one_request_at_a_time(
    config: Path, weights: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("report.commands.serving.decoding.PATIENCE", 0.01)
    decoder = LiveDecoder(config)
    with decoder._busy, pytest.raises(ServiceUnavailable):
        decoder.decode("", weights, DIMS, CODES.tobytes())
    decoder.decode("", weights, DIMS, CODES.tobytes())
