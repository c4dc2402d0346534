"""Dimensions that processes have shared out are screened as by one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from featamp.measure.light import LightTerms
from featamp.measure.visible import PLAIN
from featamp.verdict.rule import Change, Shares
from featamp.verdict.screen import Yardstick, measure_change
from report.stages import screen
from report.stages.codes import encode_images, rank_dimensions
from report.stages.encoding.ranks import Ranks
from report.stages.images import read_images
from report.stages.labels import train_judges
from report.stages.screen import Screener
from report.stages.sweeps import take_samples
from tests.conftest import load_config, project, stage_context

Float32 = NDArray[np.float32]


@dataclass(frozen=True)
class Near(Ranks):
    """One of several processes, none of which has to be waited for."""

    def wait(self) -> None:
        """Wait for nobody."""


def about(config: Path, store: Path) -> Any:  # noqa: ANN401  the arguments of a stage
    context = stage_context(store, load_config(config))
    dataset, _ = read_images(context)
    codes, _ = encode_images(context, dataset)
    ranking, _ = rank_dimensions(context, codes)
    samples, _ = take_samples(context, codes, dataset)
    judges, _ = train_judges(context, codes, dataset)
    return context, codes, dataset, ranking, samples, judges, None


def test_the_judge_of_faces_is_asked_of_every_axis_as_of_every_rotation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However little there is to see: what is compared is judged by one rule."""
    asked = []

    class Witness:
        """A judge that agrees."""

        key = ""

        def second(self, shares: Shares, ends: object) -> Shares:
            asked.append(shares)
            return shares

    def faint(
        frames: Float32, reconstructions: Float32, yardstick: Yardstick, light: LightTerms
    ) -> Change:
        change = measure_change(frames, reconstructions, yardstick, light)
        return replace(change, amount=PLAIN / 2)

    monkeypatch.setattr(screen, "measure_change", faint)
    stages = [*about(project(tmp_path), tmp_path)[:-1], Witness()]
    screening, _ = Screener(*stages).dimensions()
    assert len(asked) == len(screening.shares) > 0


def test_what_was_shared_out_and_lost_in_part_is_joined(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screen, "PIXELS", 24 * 16 * 16)  # two dimensions a batch
    monkeypatch.setattr(screen, "BATCHES", 1)
    config = project(tmp_path)
    alone, shared = (about(config, tmp_path / name) for name in ("alone", "shared"))
    _, made = Screener(*alone).dimensions()
    parts = tmp_path / "shared/screened"
    Screener(*shared).share(Near(1, 3))
    first = {path.name for path in parts.iterdir()}
    assert len(first) == 1  # of four: the second one
    Screener(*shared).share(Near(1, 2))
    assert len({path.name for path in parts.iterdir()}) == 2
    _, joined = Screener(*shared).dimensions()
    assert len({path.name for path in parts.iterdir()}) == 4
    found, expected = (
        {p.name: p.read_bytes() for p in a.path.iterdir() if p.name != "done.json"}
        for a in (joined, made)
    )
    assert found == expected and len(found) == 9
