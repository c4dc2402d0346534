"""What is measured for the page 'How far to trust this'."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from featamp.errors import InputError
from featamp.proof.checks import Simulations
from featamp.proof.truth import (
    Truth,
    factors_of_labels,
)
from featamp.statistics.correlation import point_biserial
from featamp.statistics.holdout import hold_out
from featamp.statistics.labels.probe import fit_probes
from featamp.statistics.variance import VarianceRanking, rank_by_variance
from report.engine.context import Context
from report.findings.sweeps import Response
from report.stages.codes import SmallPictures
from report.stages.encoding.growing import MOST
from report.stages.labels import weigh_labels
from report.stages.trust import (
    KnownFactors,
    disentangle,
    judge_fours,
    read_factors,
    read_sweeps,
    simulate,
    weigh_judges,
)
from tests.conftest import STEPS, edit_source, planted_pictures, stage_context


def test_fours_are_compared_whatever_comes_out(truth: Truth) -> None:
    variance, r = np.zeros(10), np.zeros((2, 10))
    variance[[1, 2, 5]], r[1, [9, 4]] = [3, 2, 9], [-0.5, 0.4]  # dimension 5 was not swept
    fours = judge_fours(truth, (7, 4), variance, r, 2, 0)
    dims = {four.rule: tuple(reading.dim for reading in four.readings) for four in fours}
    assert dims == {"suggested": (7, 4), "variance": (1, 2), "correlation": (9, 4), "random": ()}
    assert [four.rule for four in judge_fours(truth, (), variance, None, 2, 0)] == [
        "variance",
        "random",
    ]
    assert judge_fours(None, (7,), variance, r, 2, 0) == ()


def test_a_short_suggestion_is_set_beside_choices_as_short(truth: Truth) -> None:
    slope = np.array([[0.8, 0, 0], [0, 0.1, 0], [0.1, 0, 0.5], [0, 0.1, 0], [0, 0.1, 0]])
    few = replace(truth, slope=slope)  # two of five dimensions move a trait
    suggested, variance, _ = judge_fours(few, (7,), np.zeros(10), None, 2, 0)
    assert len(suggested.readings) == len(variance.readings) == 1
    assert suggested.by_chance == pytest.approx(0.4, abs=0.05)  # of two together .7


@pytest.fixture
def context(tmp_path: Path) -> Context:
    config = SimpleNamespace(
        data=SimpleNamespace(root=tmp_path),
        compute=SimpleNamespace(seed=0),
    )
    return stage_context(tmp_path / ".featamp", config)


def ranked(mu: NDArray[np.float32]) -> VarianceRanking:
    """Their ranking, each code as uncertain as the prior."""
    return rank_by_variance(mu, np.zeros_like(mu))


RANKING = ranked(np.random.default_rng(0).random((400, 3)).astype(np.float32))
"""Of three dimensions, all active."""


def codes_of(mu: NDArray[np.float32], names: tuple[str, ...]) -> Any:  # noqa: ANN401  what the stages read of the codes
    return SimpleNamespace(
        key="codes",
        mu=mu,
        dims=mu.shape[1],
        images=SimpleNamespace(names=names),
    )


def test_known_factors_are_matched_by_image_and_measured(
    context: Context, generator: np.random.Generator
) -> None:
    names = tuple(f"{i:06d}.jpg" for i in range(400))
    values = generator.random((400, 3)).round(6)
    lines = [f"{n},{a},{b},{c}" for n, (a, b, c) in zip(names, values, strict=True)]
    table = context.config.data.root / "factors.csv"
    table.write_text("\n".join(["image_id,smile,yaw,hat", *lines[::-1]]) + "\n")
    codes = codes_of(values[:, ::-1].astype(np.float32), names)
    factors, _ = read_factors(context, codes)
    assert factors is not None and factors.names == ("smile", "yaw", "hat")
    np.testing.assert_array_equal(factors.values, values)
    table.write_text(table.read_text().replace("smile", "grin"))
    later = stage_context(context.store.root, context.config)
    changed, _ = read_factors(later, codes)
    assert changed is not None and changed.names == ("grin", "yaw", "hat")
    result, _ = disentangle(context, codes, RANKING, factors)
    again, artifacts = disentangle(context, codes, RANKING, factors)
    assert result is not None and again is not None and artifacts[0].cached
    np.testing.assert_array_equal(result.best, [2, 1, 0])
    assert again.scores == result.scores
    few = codes_of(codes.mu[:199], names[:199])
    assert disentangle(context, few, RANKING, factors) == (None, [])


def test_how_many_images_are_measured_is_a_part_of_the_key(
    context: Context,
    generator: np.random.Generator,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    values = generator.random((400, 3))
    codes = codes_of(values.astype(np.float32), tuple(map(str, range(400))))
    factors = KnownFactors("factors", ("smile", "yaw", "hat"), values)
    disentangle(context, codes, RANKING, factors)
    edit_source(
        "report.stages.trust", "MOST_IMAGES = 20_000", "MOST_IMAGES = 300", tmp_path, monkeypatch
    )
    monkeypatch.setattr("report.stages.trust.MOST_IMAGES", 300)
    _, artifacts = disentangle(context, codes, RANKING, factors)
    assert not artifacts[0].cached


def with_collapsed(mu: NDArray[np.float64], count: int) -> NDArray[np.float32]:
    """Codes, behind as many that hold next to nothing."""
    rest = 0.02 * np.random.default_rng(1).standard_normal((len(mu), count))
    return np.concatenate([rest, mu], axis=1).astype(np.float32)


def test_dimensions_that_have_collapsed_neither_lead_nor_are_turned_among_the_others(
    context: Context, generator: np.random.Generator
) -> None:
    values = generator.uniform(-1, 1, (600, 3))
    factors = KnownFactors("factors", ("smile", "yaw", "hat"), values)
    alone, padded = values.astype(np.float32), with_collapsed(values, 20)
    found = []
    for key, mu in (("alone", alone), ("padded", padded)):
        codes = codes_of(mu, ())
        codes.key = key
        found.append(disentangle(context, codes, ranked(mu), factors)[0])
    one, other = found
    assert one is not None and other is not None
    assert other.scores == pytest.approx(one.scores) and other.turned == pytest.approx(one.turned)
    assert other.best.tolist() == [20, 21, 22]


def test_a_random_axis_is_one_of_those_that_hold_something(
    context: Context, generator: np.random.Generator
) -> None:
    codes = generator.standard_normal((1200, 5))
    ways = generator.standard_normal((5, 24))  # no axis means more than another
    known = codes @ (ways / np.linalg.norm(ways, axis=0))
    labels = known + 0.5 * generator.standard_normal(known.shape) > 0
    mu, names = with_collapsed(codes, 59), tuple(map(str, range(24)))
    folder = SimpleNamespace(
        attributes=labels, attribute_names=names, people=None, partition=None,
        numbers=lambda rows: None,
    )  # fmt: skip
    dataset: Any = SimpleNamespace(folder=folder, labels="labels")
    given: Any = SimpleNamespace(key="codes", mu=mu, dims=64, image_rows=np.arange(1200))
    holdout = hold_out(1200, None, 0)
    judges: Any = SimpleNamespace(
        key="judges", probes=fit_probes(mu, labels, names, holdout, 0),
        pixels=SimpleNamespace(defined=np.ones(24, np.bool_), auc=np.ones(24)),
    )  # fmt: skip
    weighed, _ = weigh_labels(
        context, given, dataset, ranked(mu), point_biserial(mu, labels, names), judges
    )
    assert weighed is not None and weighed.null_share[0] > 0.4  # of 64 dimensions .1
    assert np.mean(weighed.shares.p < 0.05) < 0.2  # of 64 all


def test_without_known_factors_there_is_nothing_to_read(context: Context) -> None:
    assert read_factors(context, codes_of(np.zeros((2, 2), np.float32), ("1.jpg", "2.jpg"))) == (
        None,
        [],
    )


@pytest.mark.parametrize(
    ("text", "words_of_it"),
    [
        ("smile,yaw\n1,2\n", "found columns 'smile', 'yaw'"),
        ("image_id,smile\n1.jpg,0.5\n", "no row for 2.jpg"),
        ("image_id,smile\n1.jpg,0.5\n1.jpg,0.5\n2.jpg,0.5\n", "'1.jpg' has two rows"),
        ("image_id,smile\n1.jpg,0.5\n2.jpg,much\n", "'smile' of '2.jpg' is 'much', expected"),
        ("image_id,smile\n1.jpg,0.5\n2.jpg,\n", "'smile' of '2.jpg' is 'nan', expected"),
        ('image_id,smile\n1.jpg,"0.5\n', "not a CSV table"),
        ("", "not a CSV table"),
    ],
)
def test_a_malformed_table_of_factors_is_told_in_one_sentence(
    context: Context, text: str, words_of_it: str
) -> None:
    path = context.config.data.root / "factors.csv"
    path.write_text(text)
    with pytest.raises(InputError) as error:
        read_factors(context, codes_of(np.zeros((2, 2), np.float32), ("1.jpg", "2.jpg")))
    assert (
        words_of_it in str(error.value)
        and str(path) in str(error.value)
        and "\n" not in str(error.value)
    )


def swept_of(*dims: int) -> Any:  # noqa: ANN401  what the stages read of swept dimensions
    return {dim: SimpleNamespace(key=f"swept {dim}") for dim in dims}


def test_the_encoder_is_weighed_against_the_pixels(context: Context) -> None:
    seen, pixels = np.array([[0.1, -0.2], [0.3, 0.8]]), np.array([[0.1, 0.5], [0.4, 0.9]])
    known, error = np.ones(2, bool), np.full(2, 0.01)
    responses = {
        dim: Response(1.0, 0.0, a, error, known, b, 9 * error, known)
        for dim, a, b in zip((7, 4), seen, pixels, strict=True)
    }
    judges: Any = SimpleNamespace(
        key="judges",
        pixels=SimpleNamespace(names=("Smiling", "Male"), told=known),
        probes=SimpleNamespace(told=known),
    )
    agreement, _ = weigh_judges(context, swept_of(7, 4), responses, judges)
    assert agreement is not None and agreement.dims == (7, 4)
    assert agreement.disagreements[0] == (7, "Male", -0.2, 0.5)
    assert (agreement.clear, agreement.same_sign) == (
        3,
        2,
    )  # 0.1 of the pixels lies within two of their errors
    assert weigh_judges(context, swept_of(7, 4), responses, None) == (None, [])
    judges.key, judges.pixels.told = "of one attribute", np.array([True, False])
    alone, _ = weigh_judges(context, swept_of(7, 4), responses, judges)
    assert alone is not None and (alone.clear, alone.same_sign) == (1, 1)  # both must tell it


def small_pictures(key: str, pixels: NDArray[np.float32]) -> SmallPictures:
    stored = (MOST * pixels).round().clip(0, MOST).astype(np.uint16)
    return SmallPictures(key, np.arange(len(pixels)), stored)


def test_known_factors_are_read_off_the_frames_of_each_sweep(
    context: Context, generator: np.random.Generator
) -> None:
    strength = generator.standard_normal(800)
    codes = codes_of(np.zeros((800, 2), np.float32), ())
    codes.pictures = small_pictures("some", planted_pictures(generator, strength))
    factors = KnownFactors(
        "factors", ("noise", "smile"), np.column_stack([generator.random(800), strength])
    )
    frames = [
        planted_pictures(generator, np.tile(size * STEPS, 4)).reshape(4, 10, 16, 16, 3)
        for size in (0.5, -1.0)
    ]
    truth, _ = read_sweeps(context, factors, codes, STEPS, swept_of(7, 4), iter(frames))
    assert truth is not None and (truth.dims, truth.names) == ((7, 4), ("smile",))
    assert truth.slope[:, 0] == pytest.approx([0.5, -1.0], rel=0.1)
    again, artifacts = read_sweeps(
        context, factors, codes, STEPS, swept_of(7, 4), iter([])
    )  # kept: no frame is read
    assert again is not None and all(artifact.cached for artifact in artifacts)
    codes.pictures = small_pictures("few", codes.pictures.pixels[:50])
    assert read_sweeps(context, factors, codes, STEPS, swept_of(7, 4), iter([])) == (None, [])


def test_the_factor_behind_a_label_is_the_one_that_it_goes_with_most(
    generator: np.random.Generator,
) -> None:
    factors = generator.random((300, 3))
    labels = np.stack([factors[:, 1] > 0.7, factors[:, 2] < 0.5, np.ones(300, bool)], axis=1)
    found = factors_of_labels(labels, ("a", "b", "constant"), factors, ("x", "y", "z"))
    assert found == {"a": ("y", 1), "b": ("z", -1)}


EDGES: list[tuple[str, str, str, Callable[[Any], float], float]] = [
    ("coverage 0.48 1000 1", "coverage", "held", lambda c: 0.93 - c.noise, -0.002),
    ("coverage 0.48 1000 1", "coverage", "held", lambda c: 0.97 + c.noise, 0.002),
    ("false discoveries", "discovery", "false", lambda _: 0.05, 0.005),
    ("held-out bias", "choice", "bias_reported", lambda c: 2 * c.error_reported, 1e-6),
    ("held-out bias", "choice", "bias_reported", lambda c: -2 * c.error_reported, -1e-6),
    ("held-out coverage", "choice", "held_reported", lambda _: 0.93, -0.002),
    ("share aligned", "axes", "share_aligned", lambda _: 0.95, -0.005),
    ("share turned", "axes", "share_turned", lambda axes: axes.null_high, 0.005),
    ("own response", "axes", "own_aligned", lambda _: 0.95, -0.005),
    ("own response", "axes", "own_aligned", lambda _: 1.05, 0.005),
    ("other responses", "axes", "off_aligned", lambda _: 0.1, 0.01),
    ("side effect", "planted", "side_effect", lambda p: p.side_expected + 0.05, 0.005),
    ("side effect", "planted", "side_effect", lambda p: p.side_expected - 0.05, -0.005),
    ("leakage", "axes", "leakage_aligned", lambda _: 0.01, 0.001),
    ("planted leakage", "axes", "leakage_planted", lambda a: a.leakage_expected + 0.01, 0.001),
    ("planted leakage", "axes", "leakage_planted", lambda a: a.leakage_expected - 0.01, -0.001),
    ("self-response", "axes", "self_response", lambda _: 0.99, -0.001),
    ("self-response", "axes", "self_response", lambda _: 1.01, 0.001),
    ("photometric", "planted", "photometric", lambda _: 0.5, -0.005),
    ("not photometric", "planted", "photometric", lambda _: 0.5, 0.005),
    ("MIG aligned", "axes", "scores", lambda _: 0.95, -0.005),
]
"""A check, the simulated figure behind it, where that may lie at most, and a step outwards."""


@pytest.mark.parametrize(("check", "part", "figure", "edge", "step"), EDGES)
def test_a_simulated_figure_holds_up_to_its_limit_and_no_farther(
    simulations: Simulations,
    check: str,
    part: str,
    figure: str,
    edge: Callable[[Any], float],
    step: float,
) -> None:
    whole: Any = getattr(simulations, part)

    def holds(value: float) -> bool:
        old = getattr(whole, figure)
        new: object = value
        if isinstance(old, dict):
            new = dict.fromkeys(old, value)
        elif isinstance(old, np.ndarray):
            new = np.full_like(old, value)
        changed: Any = {part: replace(whole, **{figure: new})}
        return replace(simulations, **changed).checks[check].holds

    limit = edge(whole)
    assert holds(limit - step) and not holds(limit + step)


def test_every_simulated_figure_has_a_limit_that_is_tested(simulations: Simulations) -> None:
    more = set(simulations.checks) - {check for check, *_ in EDGES}
    assert {name.removesuffix(" aligned") for name in more if "coverage" not in name} == (
        set(simulations.axes.scores) - {"MIG"}
    )


@dataclass(frozen=True)
class Simulated:
    """What a simulation of a test comes out as."""

    value: float


def test_simulations_under_other_names_are_not_read_from_the_results_of_the_old(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = "report.stages.trust"
    monkeypatch.setattr(f"{stage}.Simulations", dict)
    monkeypatch.setattr(f"{stage}.read_kept", lambda *_: None)
    for name, value in (("before", 1.0), ("after", 2.0)):
        run = partial(Simulated, value)
        monkeypatch.setattr(f"{stage}.SIMULATIONS", {name: (Simulated, run)})
        found: Any = simulate(context)[0]
        assert found == {name: Simulated(value)}
