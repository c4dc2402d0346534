"""A small report with known numbers: eight dimensions, forty images, six attributes, three
samples."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from featamp.face.judge import FaceJudge, FaceResponse
from featamp.measure.effect import Effect, Reconstruction, measure_departure
from featamp.measure.layout import REGIONS
from featamp.measure.quality import Quality
from featamp.statistics.correlation import point_biserial
from featamp.statistics.holdout import hold_out, measure_held_out
from featamp.statistics.labels.probe import fit_probes
from featamp.statistics.labels.shares import AxisShares, axis_shares
from featamp.statistics.labels.weigh import LabelStatistics
from featamp.statistics.redraws import bootstrap, partial_correlations
from featamp.statistics.support import Support
from featamp.statistics.variance import VarianceRanking, rank_by_variance
from featamp.verdict.axes import Axes, compare_axes
from featamp.verdict.rule import COLLAPSED, Change, Shares, decide
from report.findings.figures import GLANCES, Figure
from report.findings.findings import Findings
from report.findings.images import Images, Model, Samples
from report.findings.plan import Plan
from report.findings.screening import Screening, thumbnail
from report.findings.sweeps import (
    Control,
    Response,
    Sweep,
    Swept,
    SweptCombination,
    SweptDimension,
)
from report.inputs.selection import Note, Selection
from report.pages.render import render_pages
from report.stages.plan import sweep_steps
from report.stages.verdicts import Measured, names_tested, sum_up
from report.view.contact import glance_size
from tests.conftest import load_config

ATTRIBUTES = ("Smiling", "Eyeglasses", "Male", "Young", "Bald", "Wearing_Hat")
DIMS, IMAGES, CELL = 8, 40, 16
SPREAD = np.array([20.0, 2.0, 9.0, 1.5, 1.2, 1.0, 0.8, 0.0])
"""Dimension 0 is far wider than a raw alpha of 3, dimension 1 is not, dimension 7 has
collapsed."""
SATURATED = 0.01
IN_SUPPORT = np.zeros(10), np.zeros(10), 0.0
"""Share of the pixel values of the reconstructions that are saturated."""
LONG_WORD = "w" * 60  # wider than a phone
HOSTILE = (
    '</textarea><script>document.title = "hacked"</script> "quoted" \\ back\n'
    "second line \u2028 é 😀 " + LONG_WORD
)
CONFIG = """# a <b>comment</b>
[model]
checkpoint = "vae.pt"
[data]
root = "celeba"
images = 40
size = 16
[experiments]
explore = 5
"""


def sample_findings(
    folder: Path, selection: Selection | None = None, labels: bool = True
) -> Findings:
    """The findings of a build that has seen `selection` (None: nobody has chosen) and perhaps
    labels."""
    (folder / "report.toml").write_text(CONFIG)
    config = load_config(folder / "report.toml")
    selection = selection or Selection()
    mu, attributes = _codes()
    variance = rank_by_variance(mu, np.zeros_like(mu))
    correlations = point_biserial(mu, attributes, ATTRIBUTES) if labels else None
    order = tuple(int(dim) for dim in variance.order)
    chosen = tuple(dim for dim in selection.chosen if dim < DIMS) or order[:4]
    targets = {"Smiling": 1, "Eyeglasses": 1, "Male": 2, "Young": 4} if labels else {}
    shown = {*chosen, *order[:5], *targets.values()}
    dims = tuple(dim for dim in order if dim in shown)
    steps = sweep_steps(config.sweep)
    plan = Plan(targets, chosen, not selection.chosen, order[:5], (), dims, steps, tuple(targets))
    names = tuple(f"{i:06d}.jpg" for i in range(IMAGES))
    images = Images(
        names,
        (("000099.jpg", "OSError: image file is truncated <1>"),),
        3,
        1234,
        "ab" * 32,
        "ef" * 32,
    )
    reconstruction = Reconstruction(0.05, 26.0, 0.25, IMAGES, SATURATED, 0.3)
    rows = np.arange(3)
    measured = Measured(
        model=Model("user_vae.VAE", 12345, "cpu", "cd" * 32, {"epoch": 7, "val_loss": 0.125}),
        variance=variance,
        correlations=correlations,
        labels=_labels(mu, attributes, variance) if labels else None,
        plan=plan,
        samples=Samples("samples", rows, names[:3], reconstruction, folder),
        swept={dim: _swept(dim, plan, variance.std, names) for dim in dims},
        responses={dim: _response(dim, labels) for dim in dims},
        controls=_controls(labels),
        screening=sample_screening(folder, variance.std, labels),
    )
    return Findings(
        config=config,
        selection=selection,
        images=images,
        support=Support(mu, np.arange(IMAGES), variance.std, 4.5),
        **vars(measured),
        axes=sample_axes() if labels else None,
        faces=sample_faces() if labels else None,
        looks=sample_looks() if labels else {},
        verdicts=measured.verdicts(config.score),
        headline=sum_up(correlations, measured.labels, plan, measured.samples, measured.swept),
        naming=names_tested(
            len(plan.explored), 2, 4, selection.blind.counts if selection.blind else None
        ),
        trust=None,
        combinations=_combinations(selection),
        figures={
            Figure("dimension", chosen[0], "raw"): ("png", "pdf"),
            Figure("variance"): ("png", "pdf", "svg"),
            **{
                Figure("combination", page=number): ("pdf", "png")
                for number, _ in enumerate(selection.combined, 1)
            },
            **{Figure(kind, dim): ("webp",) for dim in dims for kind in GLANCES},
        },
    )


def sample_change(**other: object) -> Change:
    """A change that is plain to see around the mouth, alike in the samples, and no light."""
    change = Change(
        0.4, "mouth", 0.4, 0.75, None, 0.7, 0.05, 0.1, 0.2, 0.05, "nod", 0.1, np.zeros(7)
    )
    return replace(change, **other)  # type: ignore[arg-type]


def sample_shares(smile: float) -> Shares:
    """How far a change goes: a smile, and nothing else."""
    share = np.array([smile, *[0.05] * (len(ATTRIBUTES) - 1)])
    error, able = np.full(len(ATTRIBUTES), 0.1), np.ones(len(ATTRIBUTES), np.bool_)
    return Shares(ATTRIBUTES, share, error, share, error, able, able, ~able)


def sample_screening(folder: Path, std: NDArray[np.float64], labels: bool) -> Screening:
    """Dimension 1 is a smile, dimension 7 has collapsed, the others are seen and have no name."""
    dims = [dim for dim in range(DIMS) if std[dim] > 0]
    changes = {dim: sample_change() for dim in dims}
    shares = {dim: sample_shares(0.9 if dim == 1 else 0.1) for dim in dims} if labels else {}
    decisions = {
        dim: decide(changes[dim], shares.get(dim)) if dim in changes else COLLAPSED
        for dim in range(DIMS)
    }
    return Screening(decisions, changes, shares, (-2, -1, 0, 1, 2), folder, (CELL, CELL))


def sample_faces() -> FaceJudge:
    """A judge that tells Male and Smiling, and not Young; the VAE has lost much of the smile."""
    names = ("Male", "Young", "Smiling")
    auc, rebuilt = np.array([0.99, 0.6, 0.95]), np.array([0.98, 0.58, 0.75])
    pairs = [np.stack([values - 0.02, values + 0.02], 1) for values in (auc, rebuilt)]
    lost = rebuilt - auc
    around = np.stack([lost - 0.03, lost + 0.03], 1)
    ones = np.ones(3)
    return FaceJudge(
        names, IMAGES, np.full(3, 20), auc, pairs[0], rebuilt, pairs[1], lost, around,
        ones, ones, ones, 0.95, 0.7,
    )  # fmt: skip


def sample_looks() -> dict[str, FaceResponse]:
    """What the judge of faces reads along one dimension, of which it cannot read the smile."""
    told = np.array([0.41, np.nan]), np.array([0.05, np.nan])
    return {"dim001": FaceResponse(("Male", "Smiling"), *told)}


def sample_axes() -> Axes:
    """One of the explored dimensions goes farther than mixtures of them."""
    dims = (0, 2, 1, 3, 4)
    strength = np.array([0.1, 0.2, 0.9, 0.1, 0.1])
    return compare_axes(dims, strength, np.linspace(0, 0.5, 199))


def decided(findings: Findings, **changes: object) -> Findings:
    """The findings with other numbers, and all that is decided by them decided anew."""
    made = replace(findings, **changes)  # type: ignore[arg-type]
    measured = Measured(**{field.name: getattr(made, field.name) for field in fields(Measured)})
    told = sum_up(made.correlations, made.labels, made.plan, made.samples, made.swept)
    return replace(made, verdicts=measured.verdicts(made.config.score), headline=told)


def with_quality(findings: Findings, dim: int, **changes: object) -> Findings:
    """The findings where the sweep of a dimension is of another quality."""
    quality = replace(sample_quality(), **changes)  # type: ignore[arg-type]
    swept = replace(findings.swept[dim], quality=quality)
    return decided(findings, swept=findings.swept | {dim: swept})


def with_sweep(findings: Findings, sweep: Sweep) -> Findings:
    """The findings with another sweep in the place of the one of its dimension and kind."""
    departure = measure_departure(sweep.effect, sweep.raw, sweep.sigma, SATURATED)
    swept = findings.swept[sweep.dim]
    sweeps = swept.sweeps | {sweep.kind: replace(sweep, departure=departure)}
    return decided(findings, swept=findings.swept | {sweep.dim: replace(swept, sweeps=sweeps)})


def with_labels(findings: Findings, **changes: object) -> Findings:
    """The findings with other statistics of labels."""
    assert findings.labels is not None
    return decided(findings, labels=replace(findings.labels, **changes))  # type: ignore[arg-type]


def by_chance(findings: Findings, p: float = 0.05) -> Findings:
    """A random axis has as much with this p."""
    assert findings.labels is not None
    return with_labels(findings, shares=AxisShares(*(np.full(6, x) for x in (0.2, 0.1, 0.3, p))))


def sample_quality(visible: bool = True) -> Quality:
    """A plain, consistent, steady change that is densest around the mouth; nothing at all where
    not `visible`."""
    shares = np.array([0.1, 0.2, 0.05, 0.15, 0.1, 0.4]) * visible
    areas = np.array([0.06, 0.03, 0.04, 0.11, 0.16, 0.6])
    assert len(shares) == len(REGIONS)
    difference = np.full((CELL, CELL, 3), 0.05 * visible, np.float32)
    if not visible:
        return Quality(
            (0.0, 0.0, 0.0), 2.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, shares, areas, difference
        )
    return Quality(
        (0.02, 0.04, 0.06),
        2.0,
        1.5,
        0.16,
        0.75,
        0.97,
        0.85,
        0.1,
        0.2,
        0.35,
        shares,
        areas,
        difference,
    )


def _response(dim: int, labels: bool = True) -> Response:
    """Dimension 1 makes a clear smile, the others something faint."""
    slope = np.array([0.6 if dim == 1 else 0.02, -0.1, 0.05, 0.01, 0.0, 0.03])
    error = np.full(len(ATTRIBUTES), 0.02)
    told = np.ones(len(ATTRIBUTES), np.bool_)
    return (
        Response(0.9, 0.2, slope, error, told, 0.8 * slope, 2 * error, told)
        if labels
        else Response(0.9, 0.2)
    )


def _controls(labels: bool) -> dict[str, Control]:
    steps = np.linspace(-3, 3, 10)
    wanted: list[tuple[str, str, str | None]] = [
        ("random", f"random-{number}", None) for number in (1, 2)
    ]
    wanted += [("component", "pc-1", None)]
    wanted += [("probe", "probe-Smiling", "Smiling")] if labels else []
    effect = Effect(0.01 * np.abs(steps), np.full(10, 0.01), np.full(10, 3.0), *IN_SUPPORT)
    return {
        name: Control(
            kind,
            name,
            attribute,
            _direction(f"control-{name}", steps, effect),
            _response(1 if attribute else 0, labels),
        )
        for kind, name, attribute in wanted
    }


def _combinations(selection: Selection) -> dict[str, SweptCombination]:
    steps = np.linspace(-2.5, 2.5, 10)
    effect = Effect(0.01 * np.abs(steps), np.full(10, 0.01), np.full(10, 3.0), *IN_SUPPORT)
    return {
        name: SweptCombination(
            **vars(_direction(f"control-combination-{number}", steps, effect)),
            number=number,
            alphas=combination.alphas,
        )
        for number, (name, combination) in enumerate(selection.combined.items(), 1)
    }


def _direction(stem: str, steps: NDArray[np.float64], effect: Effect) -> Swept:
    departure = measure_departure(effect, steps, steps, SATURATED)
    sweep = Sweep(-1, "sigma", steps, steps, effect, departure, stem)
    return Swept(stem, stem, Path(), np.zeros(DIMS), {"sigma": sweep}, sample_quality())


def _labels(
    mu: NDArray[np.float32], labels: NDArray[np.bool_], variance: VarianceRanking
) -> LabelStatistics:
    holdout = hold_out(IMAGES, None, 0)
    r = point_biserial(mu, labels, ATTRIBUTES).r
    held_out = measure_held_out(mu, labels, holdout)
    probes = fit_probes(mu, labels, ATTRIBUTES, holdout, 0)
    return LabelStatistics(
        held_out=held_out,
        stability=bootstrap(mu, labels, r, variance, 0),
        probes=probes,
        shares=axis_shares(mu, labels, holdout, held_out, probes, np.linspace(0.1, 0.5, 100)),
        null_share=(0.3, 0.5),
        partials=partial_correlations(mu, labels, ATTRIBUTES, holdout, held_out),
        judge_auc=np.full(len(ATTRIBUTES), 0.7),
    )


def person(*chosen: int) -> Selection:
    """A selection with a hostile note on its first dimension and a plain one on another."""
    first = Note(label=HOSTILE, effect=HOSTILE, quality="good", consistent="partly", notes=HOSTILE)
    return Selection(chosen, {chosen[0]: first, 3: Note(label="light")})


def write_site(findings: Findings, folder: Path) -> Path:
    """Write the site of the sample, all but its figures and times; `folder`."""
    for path, data in render_pages(findings).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    write_pictures(findings, folder)
    return folder


def write_pictures(findings: Findings, site: Path) -> None:
    """Draw every picture that the pages show: frame k of a sprite has grey level 25 k."""
    sweeps = [sweep for swept in findings.swept.values() for sweep in swept.sweeps.values()]
    count, rows = len(sweeps[0].raw), len(findings.samples.names)
    greys = np.repeat(np.arange(count, dtype=np.uint8) * 25, CELL)
    _save(site / "shown/samples.webp", np.full((rows * CELL, 2 * CELL), 128, np.uint8))
    for sweep in sweeps:
        tiled, stem = np.tile(greys, (rows * CELL, 1)), f"shown/dim{sweep.dim:03d}"
        _save(site / sweep.shown, tiled)
        if findings.plan.has_sprite(sweep.dim, sweep.kind):
            _save(site / sweep.sprite, tiled)
        _save(site / f"{stem}-extremes.webp", np.full((2 * CELL, 8 * CELL), 90, np.uint8))
        _save(site / f"{stem}-map.webp", np.full((CELL, CELL), 40, np.uint8))
        _save(site / f"{stem}-trial.webp", np.full((2 * CELL, 4 * CELL), 90, np.uint8))
    for dim in findings.screening.changes:
        frames = 2 * len(findings.screening.steps)
        _save(site / "screen" / thumbnail(dim), np.full((CELL, frames * CELL), 70, np.uint8))
    for control in findings.controls.values():
        _save(site / control.sweep.shown, np.tile(greys, (rows * CELL, 1)))
    for combination in findings.combinations.values():
        _save(site / combination.sweep.shown, np.tile(greys, (rows * CELL, 1)))
    (site / "figures").mkdir(exist_ok=True)
    for figure, suffixes in findings.figures.items():
        if figure.kind in GLANCES:
            width, height = glance_size(findings, figure.kind)
            _save(site / figure.file("webp"), np.full((height * CELL, width * CELL), 60, np.uint8))
            continue
        for suffix in suffixes:
            (site / figure.file(suffix)).write_bytes(b"")


def _save(path: Path, pixels: NDArray[np.uint8]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


def _codes() -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    random = np.random.default_rng(5)
    codes = random.normal(size=(IMAGES, DIMS))
    attributes = random.random((IMAGES, len(ATTRIBUTES))) < 0.4
    attributes[:, 0] = (
        codes[:, 1] + 0.5 * random.normal(size=IMAGES) > 0
    )  # Smiling goes with dimension 1
    attributes[:, 4] = False  # Bald is constant
    return (codes * SPREAD).astype(np.float32), attributes


def _swept(
    dim: int, plan: Plan, std: NDArray[np.float64], names: tuple[str, ...]
) -> SweptDimension:
    stem, sweeps = f"dim{dim:03d}", {}
    for kind in plan.kinds(dim):
        raw, sigma = plan.alphas(kind, float(std[dim]))
        size = np.abs(sigma)
        outside = (size > 4).astype(float)
        effect = Effect(0.02 * size, 0.01 + 0.006 * size, 3.0 + 0.2 * size, outside, outside, 0.0)
        departure = measure_departure(effect, raw, sigma, SATURATED)
        sweeps[kind] = Sweep(dim, kind, raw, sigma, effect, departure, f"{stem}-{kind}")
    quality, move = sample_quality(std[dim] > 0), np.eye(DIMS)[dim] * std[dim]
    ends = names[:8], names[-8:]
    trial = tuple((names[2 * n], names[2 * n + 1], n % 3 == 0) for n in range(4))
    return SweptDimension(stem, stem, Path(), move, sweeps, quality, dim, *ends, trial)
