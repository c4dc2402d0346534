"""A small report with known numbers: eight dimensions, forty images, six attributes, three
samples."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from featamp.measure.effect import Effect, Reconstruction
from featamp.measure.quality import REGIONS, Quality
from featamp.measure.score import Score, score_dimension, suggest
from featamp.statistics.correlation import point_biserial
from featamp.statistics.holdout import hold_out
from featamp.statistics.probe import axis_share, fit_probes
from featamp.statistics.redraws import label_correlations, measure_stability
from featamp.statistics.variance import VarianceRanking, rank_by_variance
from report.findings.findings import (
    KINDS,
    ControlSweep,
    Findings,
    Images,
    LabelEvidence,
    Model,
    Response,
    Sweep,
)  # fmt: skip
from report.inputs.config import Config, load_config
from report.inputs.selection import Note, Selection
from report.pages.render import render_pages

ATTRIBUTES = ("Smiling", "Eyeglasses", "Male", "Young", "Bald", "Wearing_Hat")
DIMS, IMAGES, CELL = 8, 40, 16
SPREAD = np.array([20.0, 2.0, 9.0, 1.5, 1.2, 1.0, 0.8, 0.0])
"""Dimension 0 is far wider than a raw alpha of 3, dimension 1 is not, dimension 7 has
collapsed."""
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
    chosen = selection.chosen or order[:4]
    targets = {"Smiling": 1, "Eyeglasses": 1, "Male": 2, "Young": 4} if labels else {}
    shown = {*chosen, *order[:5], *targets.values()}
    swept = tuple(dim for dim in order if dim in shown)
    names = tuple(f"{i:06d}.jpg" for i in range(IMAGES))
    scores = [_score(config, dim, variance.std[dim], labels) for dim in swept]
    return Findings(
        config=config,
        selection=selection,
        images=Images(
            names,
            (("000099.jpg", "OSError: image file is truncated <1>"),),
            3,
            1234,
            "ab" * 32,
            "ef" * 32,
        ),
        model=Model("user_vae.VAE", 12345, "cpu", "cd" * 32, {"epoch": 7, "val_loss": 0.125}),
        variance=variance,
        correlations=correlations,
        reconstruction=Reconstruction(0.05, 26.0, 0.25, IMAGES, 0.01),
        chosen=chosen,
        suggested=not selection.chosen,
        samples=names[:3],
        targets=targets,
        explored=order[:5],
        swept=swept,
        sweeps={
            (dim, kind): _sweep(dim, kind, variance.std[dim]) for dim in swept for kind in KINDS
        },
        quality={dim: sample_quality(variance.std[dim] > 0) for dim in swept},
        responses={dim: _response(dim, labels) for dim in swept},
        controls=_controls(labels),
        scores={score.dim: score for score in scores},
        suggestions=tuple(suggest(scores, 4)),
        evidence=_evidence(mu, attributes, variance) if labels else None,
        trust=None,
        lowest={dim: names[:8] for dim in swept},
        highest={dim: names[-8:] for dim in swept},
        figures={f"dim{chosen[0]:03d}-raw": ("png", "pdf"), "variance": ("png", "pdf", "svg")},
        config_text=CONFIG,
        support_limit=4.5,
    )


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


def _controls(labels: bool) -> dict[str, ControlSweep]:
    steps = np.linspace(-3, 3, 10)
    wanted: list[tuple[str, str, str | None]] = [
        ("random", f"random-{number}", None) for number in (1, 2)
    ]
    wanted += [("component", "pc-1", None)]
    wanted += [("probe", "probe-Smiling", "Smiling")] if labels else []
    effect = Effect(0.01 * np.abs(steps), np.full(10, 0.01), np.full(10, 3.0), np.zeros(10))
    return {
        name: ControlSweep(
            kind,
            name,
            attribute,
            Sweep(-1, "sigma", steps, steps, effect, f"sprites/control-{name}.png"),
            sample_quality(),
            _response(1 if attribute else 0, labels),
        )
        for kind, name, attribute in wanted
    }


def _score(config: Config, dim: int, std: float, labels: bool) -> Score:
    response = _response(dim, labels).attributes
    return score_dimension(
        dim,
        sample_quality(std > 0),
        np.zeros(10),
        response,
        0.1,
        ATTRIBUTES,
        np.ones(len(ATTRIBUTES), np.bool_),
        asdict(config.ranking),
    )


def _evidence(
    mu: NDArray[np.float32], labels: NDArray[np.bool_], variance: VarianceRanking
) -> LabelEvidence:
    holdout = hold_out(IMAGES, None, 0)
    r = point_biserial(mu, labels, ATTRIBUTES).r
    stability = measure_stability(mu, labels, r, variance, holdout, 0)
    probes = fit_probes(mu, labels, ATTRIBUTES, holdout, 0)
    share = axis_share(stability.r_selected, stability.r_reported, probes)
    auc = np.full(len(ATTRIBUTES), 0.7)
    return LabelEvidence(
        stability, probes, share, (0.3, 0.5), label_correlations(labels), False, auc
    )


def person(*chosen: int) -> Selection:
    """A selection with a hostile note on its first dimension and a plain one on another."""
    first = Note(label=HOSTILE, effect=HOSTILE, quality="good", consistent="partly", notes=HOSTILE)
    return Selection(chosen, {chosen[0]: first, 3: Note(label="light")})


def write_site(findings: Findings, folder: Path, compiled: Path | None = None) -> Path:
    """Write the site of the sample, all but its figures and times; `folder`."""
    for path, data in render_pages(findings, compiled).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    write_pictures(findings, folder)
    return folder


def write_pictures(findings: Findings, site: Path) -> None:
    """Draw every picture that the pages show: frame k of a sprite has grey level 25 k."""
    count, rows = len(next(iter(findings.sweeps.values())).raw), len(findings.samples)
    greys = np.repeat(np.arange(count, dtype=np.uint8) * 25, CELL)
    _save(site / "sprites/samples.png", np.full((rows * CELL, 2 * CELL), 128, np.uint8))
    for sweep in findings.sweeps.values():
        _save(site / sweep.sprite, np.tile(greys, (rows * CELL, 1)))
        _save(
            site / f"sprites/dim{sweep.dim:03d}-extremes.png",
            np.full((2 * CELL, 8 * CELL), 90, np.uint8),
        )
        _save(site / f"sprites/dim{sweep.dim:03d}-map.png", np.full((CELL, CELL), 40, np.uint8))
    for control in findings.controls.values():
        _save(site / control.sweep.sprite, np.tile(greys, (rows * CELL, 1)))
    for name, suffixes in findings.figures.items():
        for suffix in suffixes:
            (site / "figures").mkdir(exist_ok=True)
            (site / f"figures/{name}.{suffix}").write_bytes(b"")


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


def _sweep(dim: int, kind: str, std: float) -> Sweep:
    steps = np.linspace(-5, 5, 10) if "wide" in kind else np.linspace(-3, 3, 10)
    raw = steps * std if "sigma" in kind else steps
    sigma = raw / std if std > 0 else np.zeros_like(raw)
    size = np.abs(sigma)
    outside = (size > 4).astype(float)
    effect = Effect(0.02 * size, 0.01 + 0.006 * size, 3.0 + 0.2 * size, outside)
    return Sweep(dim, kind, raw, sigma, effect, f"sprites/dim{dim:03d}-{kind}.png")
