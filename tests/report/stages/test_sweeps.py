"""What a sweep is shown beside: real images at both ends, pairs for a label, controls; what it
covers, and who says what it does.
"""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from report.findings.sweeps import Response
from report.stages import controls, responses, sweeps
from report.stages.controls import Direction
from report.stages.responses import _Measurer
from report.stages.sweeps import Sweeper


@pytest.fixture
def sweeper(monkeypatch: pytest.MonkeyPatch) -> Sweeper:
    """Of eighty codes whose values say their order, none of which is decoded."""
    pictures = np.zeros((1, 4, 4, 3), np.uint8)
    monkeypatch.setattr(
        sweeps, "_load_images", lambda *given: pictures.repeat(len(given[-1]), axis=0)
    )
    monkeypatch.setattr(sweeps, "load_record", lambda *_: None)
    monkeypatch.setattr(Sweeper, "_sweep", lambda *_: {})
    values = np.random.default_rng(0).permutation(80).astype(np.float32)
    codes = SimpleNamespace(
        mu=values[:, None],
        dims=1,
        images=SimpleNamespace(names=tuple(f"{value:.0f}" for value in values)),
    )
    steps = np.array([-10.0, 20.0])
    plan = SimpleNamespace(kinds=lambda _: (), alphas=lambda *_: (steps, steps))
    context = SimpleNamespace(config=SimpleNamespace(compute=SimpleNamespace(seed=0)))
    samples = SimpleNamespace(rows=np.flatnonzero(np.isin(values, (5, 40))))
    ranking = SimpleNamespace(std=np.ones(1))
    parts: Any = (context, codes, None, ranking, None, samples, plan)
    return Sweeper(*parts)


def test_images_at_the_ends_and_pairs_for_a_label_are_told_by_their_codes(
    sweeper: Sweeper, tmp_path: Path
) -> None:
    for name, content in (sweeper._extremes(0) | sweeper._trial(0)).items():
        (tmp_path / name).write_bytes(content)
    artifact: Any = SimpleNamespace(path=tmp_path, key="")
    swept = sweeper._swept_dimension(0, artifact, None)
    assert swept.lowest == tuple("01234567")
    assert swept.highest == tuple(map(str, range(79, 71, -1)))
    assert len(swept.trial) == 8
    assert {higher for *_, higher in swept.trial} == {True, False}
    for upper, lower, higher in swept.trial:
        assert (int(upper) > int(lower)) is higher
        low, high = sorted((int(upper), int(lower)))
        assert 8 <= low < 20 and 60 <= high < 72


def test_a_sweep_covers_the_codes_between_its_ends(sweeper: Sweeper) -> None:
    found = json.loads(sweeper._sweep_kinds(0, ("raw",))["covered.json"])
    assert found == {"raw": pytest.approx((26 / 80 + 31 / 80) / 2)}


def test_each_judge_answers_for_the_attributes_that_it_tells(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    again = SimpleNamespace(codes=np.zeros((2, 3, 1)), origins=np.zeros((2, 1)))
    monkeypatch.setattr(responses, "load_record", lambda *_: again)
    monkeypatch.setattr(responses, "frames", lambda *_: None)
    logits = np.zeros((2, 3, 2)) + np.arange(3.0)[None, :, None]
    judge, probe = np.array([True, False]), np.array([False, True])
    judges = SimpleNamespace(
        probes=SimpleNamespace(logits=lambda _: logits, told=probe),
        pixels=SimpleNamespace(logits=lambda _: 2 * logits, told=judge),
    )
    parts: Any = ((8, 8), SimpleNamespace(std=np.ones(1)), judges, np.array([-1.0, 0.0, 1.0]))
    swept: Any = SimpleNamespace(move=np.ones(1))
    found = _Measurer(*parts).measure(swept, tmp_path)
    assert found.attributes is not None and found.pixels is not None
    assert found.attributes.size.tolist() == pytest.approx([0, 1])
    assert found.pixels.size.tolist() == pytest.approx([2, 0])


def test_the_probe_of_an_answer_is_swept_where_it_goes_beyond_chance(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def probed(_: object, names: set[str], __: object) -> list[Direction]:
        asked.append(set(names))
        return []

    def moved(*slope: float) -> Response:
        return Response(1.0, 0.0, np.array(slope), np.zeros(2), np.ones(2, np.bool_))

    asked: list[set[str]] = []
    random = Direction("random", "random-1", None, np.ones(1))
    monkeypatch.setattr(controls, "plain_controls", lambda *_: ([random], None))
    monkeypatch.setattr(
        controls, "measure_responses", lambda *given: ([moved(0.3, 0.0)] * len(given[-1]), [])
    )
    monkeypatch.setattr(controls, "probe_controls", probed)
    sweeper = SimpleNamespace(controls=lambda moves: ([None] * len(moves), []))
    judges = SimpleNamespace(probes=SimpleNamespace(names=("Smiling", "Male")))
    plan = SimpleNamespace(targets={})
    answers = [moved(0.5, 0.0), moved(0.0, 0.2)]
    parts: Any = (None, None, None, judges, sweeper, plan, answers)
    controls.sweep_controls(*parts)
    assert asked == [{"Smiling"}]
