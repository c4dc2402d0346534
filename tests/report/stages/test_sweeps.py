"""What a sweep is shown beside: real images at both ends, pairs for a label, controls; what it
covers, and who says what it does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray

from featamp.statistics.variance import rank_by_variance
from report.commands.experiments import sweep_experiments
from report.commands.opening import Opened, Stages, open_report, read
from report.engine.console import Console
from report.engine.context import Context
from report.engine.processes.workers import Workers
from report.engine.records import save_record
from report.engine.store import RECORD, STORE, Store
from report.findings.pictures import kept_frames
from report.findings.sweeps import Control, Response, SweptDimension
from report.stages.codes import encode_images
from report.stages.controls import largest_by_chance, sweep_controls
from report.stages.responses import measure_responses
from report.stages.sweeps import EncodedAgain
from tests.conftest import CONFIG, STEPS, load_config, stage_context, tiny_celeba, tiny_vae


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Opened, list[SweptDimension]]:
    """Dimensions of a small network, swept from eighty images."""
    folder = tmp_path_factory.mktemp("swept")
    tiny_celeba(folder / "faces", 80)
    tiny_vae(folder)
    (folder / "report.toml").write_text(CONFIG.format(alphas=5))
    console = Console(StringIO())
    config = load_config(folder / "report.toml")
    context, stages = Context(config, Store(folder / STORE), console, Workers()), Stages(console)
    dataset = read(context, stages)
    opened = open_report(context, dataset, stages, encode_images(context, dataset))
    return opened, list(sweep_experiments(opened).swept.values())


def test_images_at_the_ends_and_pairs_for_a_label_are_told_by_their_codes(
    swept: tuple[Opened, list[SweptDimension]],
) -> None:
    opened, dimensions = swept
    assert dimensions
    for found in dimensions:
        values = opened.codes.mu[:, found.dim]
        named = dict(zip(opened.codes.images.names, values.tolist(), strict=True))
        order = sorted(named, key=named.__getitem__)
        assert found.lowest == tuple(order[:8])
        assert found.highest == tuple(order[::-1][:8])
        assert len(found.trial) == 8
        for upper, lower, higher in found.trial:
            assert (named[upper] > named[lower]) is higher


def test_a_sweep_covers_the_codes_between_its_ends(
    swept: tuple[Opened, list[SweptDimension]],
) -> None:
    opened, dimensions = swept
    for found in dimensions:
        values, sweep = opened.codes.mu[:, found.dim], found.sweeps["raw"]
        shares = [
            np.mean((start + sweep.raw[0] <= values) & (values <= start + sweep.raw[-1]))
            for start in values[opened.samples.rows]
        ]
        assert sweep.covered == pytest.approx(np.mean(shares))


class Planted:
    """Sweeps of black pictures, the encoder of which answers with the codes that were meant."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.plan = SimpleNamespace(steps={"sigma": STEPS}, targets={"Young": 0})

    def controls(self, moves: Mapping[str, NDArray[np.float64]]) -> tuple[list[Any], list[Any]]:
        return [self.swept(name, move) for name, move in moves.items()], []

    def swept(self, name: str, move: NDArray[np.float64]) -> Any:  # noqa: ANN401  what a stage reads of a sweep
        frames = self.folder / f"{name}.frames"
        frames.write_bytes(kept_frames(np.zeros((2, len(STEPS), 8, 8, 3), np.uint8)))
        return SimpleNamespace(key=name, move=move, frames=lambda kind: frames)

    def again(self, move: NDArray[np.float64]) -> NDArray[np.float64]:
        """[alpha, dim] the codes of a sweep's frames."""
        return np.asarray(STEPS[:, None] * move)

    def encode_again(self, swept: Sequence[Any]) -> list[Any]:
        for one in swept:
            (self.folder / one.key).mkdir()
            codes = np.tile(self.again(one.move), (2, 1, 1)).astype(np.float32)
            again = EncodedAgain(codes, np.zeros((2, len(one.move)), np.float32))
            save_record(self.folder / one.key / RECORD, again)
        return [SimpleNamespace(path=self.folder / one.key) for one in swept]


def judges(weights: NDArray[np.float64], probes: list[bool], pixels: list[bool]) -> Any:  # noqa: ANN401  what the stages read of judges
    """Probes of these weights [attribute, dim], and a judge who sees twice as much of a step;
    which attributes each of them tells."""
    names = ("Smiling", "Male", "Young")[: len(weights)]
    seen = np.tile(2 * STEPS[:, None], (2, 1, len(weights)))
    return SimpleNamespace(
        key="judges",
        pixels=SimpleNamespace(logits=lambda frames: seen, told=np.array(pixels)),
        probes=SimpleNamespace(
            names=names, weights=weights, defined=np.ones(len(names), bool),
            logits=lambda codes: codes @ weights.T, told=np.array(probes),
        ),
    )  # fmt: skip


def sized(folder: Path) -> Context:
    """A build of 8 x 8 pixels."""
    parts = {"data": SimpleNamespace(size=(8, 8)), "compute": SimpleNamespace(seed=0)}
    return stage_context(folder / ".featamp", SimpleNamespace(**parts))


RANKING = rank_by_variance(np.eye(2, dtype=np.float32), np.zeros((2, 2), np.float32))


def test_each_judge_answers_for_the_attributes_that_it_tells(tmp_path: Path) -> None:
    sweeper: Any = Planted(tmp_path)
    both = judges(np.array([[1.0, 0.0], [1.0, 0.0]]), [False, True], [True, False])
    swept = [sweeper.swept("one", np.array([1.0, 0.0]))]
    (found,), _ = measure_responses(sized(tmp_path), RANKING, both, sweeper, swept)
    assert found.attributes is not None and found.pixels is not None
    assert found.attributes.size.tolist() == pytest.approx([0, 1])
    assert found.pixels.size.tolist() == pytest.approx([2, 0])


def test_the_probe_of_an_answer_is_swept_where_it_goes_beyond_chance(tmp_path: Path) -> None:
    def moved(*slope: float) -> Response:
        return Response(1.0, 0.0, np.array(slope), np.zeros(3), np.ones(3, np.bool_))

    sweeper: Any = Planted(tmp_path)
    codes: Any = SimpleNamespace(key="codes", mu=np.eye(2, dtype=np.float32))
    told = judges(np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]), [True] * 3, [True] * 3)
    answers = [moved(9.0, 0.1, 0.0), moved(0.0, 0.1, 0.0)]  # to chance, about 1
    controls, _ = sweep_controls(
        sized(tmp_path), codes, RANKING, told, sweeper, sweeper.plan, answers
    )
    assert {one.attribute for one in controls.values()} == {None, "Smiling", "Young"}


class Whispering(Planted):
    """All but five of its dimensions have collapsed: their means pick up from a picture what they
    can, which is little."""

    def again(self, move: NDArray[np.float64]) -> NDArray[np.float64]:
        codes = super().again(move)
        codes[:, 5:] = 0.02 * np.tanh(codes[:, :5].sum(axis=1, keepdims=True))
        return codes


def test_what_has_collapsed_is_no_leakage_and_no_part_of_a_random_direction(
    tmp_path: Path, generator: np.random.Generator
) -> None:
    mu = generator.standard_normal((500, 64), np.float32)
    mu[:, 5:] *= 0.02
    ranking = rank_by_variance(mu, np.zeros_like(mu))
    codes: Any = SimpleNamespace(key="codes", mu=mu)
    sweeper: Any = Whispering(tmp_path)
    made, _ = sweep_controls(sized(tmp_path), codes, ranking, None, sweeper, sweeper.plan, [])
    drawn = [control for control in made.values() if control.kind == "random"]
    lengths = [np.linalg.norm(one.swept.move[:5] / ranking.std[:5]) for one in drawn]
    np.testing.assert_allclose(lengths, 1)
    assert max(one.response.leakage for one in drawn) < 1e-6


def test_chance_is_what_random_directions_do_and_no_other_control() -> None:
    told, made = np.ones(2, np.bool_), {}
    for kind, largest in (("random", 0.1), ("other", 0.2), ("component", 0.4), ("probe", 0.8)):
        response = Response(1.0, 0.0, np.array([0.05, -largest]), np.zeros(2), told)
        given = "random" if kind == "other" else kind
        made[kind] = Control(given, kind, None, cast(Any, None), response)
    assert largest_by_chance(made) == 0.2
