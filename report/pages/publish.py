"""From results to the finished site: findings, pages, data, provenance."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from featamp.measure.score import Suggestion, suggest
from featamp.proof.truth import Four
from featamp.statistics.correlation import Correlations
from featamp.statistics.support import Support
from featamp.statistics.variance import VarianceRanking

from ..engine.context import versions
from ..engine.store import TEMPLATES, Artifact, Site, code_hash, digest
from ..findings.findings import KINDS, ControlSweep, Findings, Sweep
from ..findings.trust import Trust
from ..handin.drawing import Drawing
from ..inputs.config import Config
from ..inputs.selection import EXPECTED, Selection
from ..stages.codes import Codes
from ..stages.evidence import Evidence, SweptControl
from ..stages.plan import Plan, sigma_steps
from ..stages.sweeps import Samples, SweptDimension
from ..stages.trust import judge_fours

PACKAGES = (
    "torch",
    "numpy",
    "pandas",
    "scipy",
    "scikit-learn",
    "matplotlib",
    "jinja2",
    "pillow",
)


@dataclass(frozen=True)
class Outcome:
    """What a build did to the site."""

    index: Path
    written: int
    removed: int


@dataclass(frozen=True)
class Results:
    """What the stages gave; `done` holds each stage's artifacts, in order."""

    config: Config
    selection: Selection
    codes: Codes
    ranking: VarianceRanking
    correlations: Correlations | None
    support: Support
    samples: Samples
    plan: Plan
    swept: list[SweptDimension]
    evidence: Evidence
    trust: Trust
    drawing: Drawing
    done: dict[str, list[Artifact]]


def publish(results: Results, site: Site, compiled: Path) -> Outcome:
    """Render the pages and make the site hold them; nothing at all where nothing has changed.

    `compiled` is a folder for compiled templates.
    """
    index = site.root / "index.html"
    key = _site_key(results)
    if site.is_current(key):
        return Outcome(index, 0, 0)
    from ..handin.writeup import writeup_files
    from .render import render_pages

    compiled.mkdir(exist_ok=True)
    findings = _findings(results)
    files: dict[str, bytes | Path] = dict(render_pages(findings, compiled))
    files["sprites/samples.png"] = results.samples.picture
    for dimension in results.swept:
        for picture in (*KINDS, "extremes", "map"):
            files[f"sprites/dim{dimension.dim:03d}-{picture}.png"] = dimension.picture(picture)
    for control in results.evidence.controls:
        files[f"sprites/{control.swept.name}.png"] = control.swept.picture("sigma")
    for (
        name,
        artifact,
    ) in results.drawing.artifacts.items():  # waits for the figures, which were drawn meanwhile
        for suffix in results.drawing.formats[name]:
            files[f"figures/{name}.{suffix}"] = artifact.path / f"figure.{suffix}"
    files |= writeup_files(findings, files, compiled)
    files["data/report.json"] = _provenance(results)
    return Outcome(index, *site.publish(key, files))


def _site_key(results: Results) -> str:
    """Hash of all that the pages depend on."""
    keys = {
        stage: [artifact.key for artifact in artifacts]
        for stage, artifacts in results.done.items()
    }
    templates = {
        str(path.relative_to(TEMPLATES)): digest(path.read_bytes().hex())
        for path in sorted(TEMPLATES.rglob("*"))
        if path.is_file()
    }
    config = results.config.path.read_text(encoding="utf-8")
    return digest(
        keys,
        templates,
        config,
        asdict(results.selection),
        [results.plan.chosen, results.drawing.keys],
        code_hash("report.pages.publish"),
        versions("jinja2", "python-docx"),
    )


def _findings(results: Results) -> Findings:
    config, codes, ranking, plan = results.config, results.codes, results.ranking, results.plan
    names = codes.images.names
    ends = {dimension.dim: dimension.extremes() for dimension in results.swept}
    scores = results.evidence.scores(config, results.swept)
    suggestions = tuple(suggest(scores, EXPECTED))
    judges = results.evidence.judges
    return Findings(
        config=config,
        selection=results.selection,
        images=codes.images,
        model=codes.model,
        variance=ranking,
        correlations=results.correlations,
        reconstruction=results.samples.reconstruction,
        chosen=plan.chosen,
        suggested=plan.suggested,
        samples=results.samples.names,
        targets=plan.targets,
        explored=plan.explored,
        swept=plan.swept,
        sweeps={
            (d.dim, kind): d.sweep(config, kind, float(ranking.std[d.dim]))
            for d in results.swept
            for kind in KINDS
        },
        quality={dimension.dim: dimension.quality() for dimension in results.swept},
        responses=results.evidence.responses,
        controls={
            control.control.name: _control(results, control)
            for control in results.evidence.controls
        },
        scores={score.dim: score for score in scores},
        suggestions=suggestions,
        evidence=judges.labels if judges else None,
        trust=replace(results.trust, fours=_fours(results, suggestions)),
        lowest={dim: tuple(names[row] for row in rows) for dim, (rows, _) in ends.items()},
        highest={dim: tuple(names[row] for row in rows) for dim, (_, rows) in ends.items()},
        figures=results.drawing.formats,
        config_text=config.path.read_text(encoding="utf-8"),
        support_limit=results.support.limit,
    )


def _fours(results: Results, suggestions: tuple[Suggestion, ...]) -> tuple[Four, ...]:
    """The suggested dimensions and other choices, judged by known factors."""
    r = results.correlations.r if results.correlations else None
    suggested = [suggestion.score.dim for suggestion in suggestions]
    seed = results.config.compute.seed
    return judge_fours(results.trust.truth, suggested, results.ranking.variance, r, EXPECTED, seed)


def _control(results: Results, control: SweptControl) -> ControlSweep:
    """A control as the pages show it; along it, a raw unit is a standard deviation."""
    direction, swept, steps = control.control, control.swept, sigma_steps(results.config)
    shown = Sweep(-1, "sigma", steps, steps, swept.effect("sigma"), f"sprites/{swept.name}.png")
    return ControlSweep(
        direction.kind,
        direction.name,
        direction.attribute,
        shown,
        swept.quality(),
        control.response,
    )


def _provenance(results: Results) -> bytes:
    """data/report.json: the one file that holds times. A stage's seconds are what computing its
    results took.
    """
    config, codes = results.config, results.codes
    report: Mapping[str, object] = {
        "stage_seconds": {
            stage: round(sum(artifact.seconds for artifact in artifacts), 2)
            for stage, artifacts in {
                **results.done,
                "figures": list(results.drawing.artifacts.values()),
            }.items()
        },
        "checkpoint": {"file": config.model.checkpoint.name, "blake2b": codes.model.checkpoint},
        "data": {
            "images": len(codes.rows),
            "blake2b": codes.images.content,
            "labels": codes.images.labels,
        },
        "preprocessing": {
            **asdict(config.data),
            "root": config.data.root.name,
            "resize": "bilinear, antialiased",
        },
        "seed": config.compute.seed,
        "device": codes.model.device,
        "python": ".".join(str(part) for part in sys.version_info[:3]),
        "packages": versions(*PACKAGES),
    }
    return (json.dumps(report, indent=2) + "\n").encode()
