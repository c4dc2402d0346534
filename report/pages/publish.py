"""From findings to the finished site: pages, data, provenance."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from featamp.io.files.steps import Size

from ..engine.hashing import code_hash, digest, find_version, versions
from ..engine.places import TEMPLATES
from ..engine.site import Site
from ..engine.store import Artifact
from ..findings.experiments import Experiments
from ..findings.findings import Findings
from ..findings.pictures import lossless, lossless_suffix, read_frames
from ..findings.screening import thumbnail
from ..handin.drafts.draft import Drawing

if TYPE_CHECKING:
    from ..handin.writeup import Make

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


def publish(
    findings: Findings,
    drawing: Drawing,
    done: Mapping[str, Sequence[Artifact]],
    site: Site,
) -> Outcome:
    """Render the pages and make the site hold them; nothing at all where nothing has changed.

    Parameters
    ----------
    done : the artifacts of each stage, in order.
    """
    return put(findings, drawing, done, site, partial(_files, findings, drawing, done, site))


def _write(path: Path, content: Callable[[], bytes]) -> Path:
    path.write_bytes(content())
    return path


def put(
    asked: Experiments,
    drawing: Drawing,
    done: Mapping[str, Sequence[Artifact]],
    site: Site,
    files_of: Callable[[Make], dict[str, bytes | Path]],
) -> Outcome:
    """Make the site hold some files and the sprites of all that was swept; nothing at all where
    nothing has changed.

    Parameters
    ----------
    files_of : gives the files; those that are large may be made by other processes, which write
        them.
    """
    index = site.root / "index.html"
    key = _site_key(asked, drawing, done, site)
    if site.is_current(key):
        return Outcome(index, 0, 0)
    sprites = dict(_sprites(asked))
    with site.workplace() as folder:

        def make(name: str, content: Callable[[], bytes]) -> Callable[[], Path]:
            return drawing.workers.submit(partial(_write, folder / name, content))

        making = {
            name: make(str(number), sprite.content)
            for number, (name, sprite) in enumerate(sprites.items())
            if not site.stands(name, sprite.key)
        }
        files: dict[str, bytes | Path] = {name: site.root / name for name in sprites}
        files |= files_of(make)
        files |= {name: made() for name, made in making.items()}
        made = {name: sprite.key for name, sprite in sprites.items()}
        return Outcome(index, *site.publish(key, files, made))


def _files(
    findings: Findings,
    drawing: Drawing,
    done: Mapping[str, Sequence[Artifact]],
    site: Site,
    make: Make,
) -> dict[str, bytes | Path]:
    """Every file of the site but the sprites."""
    from ..handin.writeup import writeup_files
    from .render import render_pages

    files: dict[str, bytes | Path] = {**render_pages(findings), **_swept_pictures(findings)}
    for dim in findings.screening.changes:
        files[f"screen/{thumbnail(dim)}"] = findings.screening.folder / thumbnail(dim)
    for control in findings.controls.values():
        files[control.sweep.shown] = control.swept.shown("sigma")
    for combination in findings.combinations.values():
        files[combination.sweep.shown] = combination.shown("sigma")
    files |= figure_files(drawing)
    files |= writeup_files(findings, files, site.versions, make)
    files["data/report.json"] = report_file(findings, drawing, done)
    return files


def figure_files(drawing: Drawing) -> dict[str, Path]:
    """Every figure, by path in the site; waits for those that are being drawn."""
    return {
        figure.file(suffix): artifact.path / f"figure.{suffix}"
        for figure, artifact in drawing.artifacts.items()
        for suffix in drawing.formats[figure]
    }


@dataclass(frozen=True)
class _Sprite:
    """A picture for scripts, made of frames of the store; `key` is of all that it depends on."""

    key: str
    frames: Path
    size: Size

    def content(self) -> bytes:
        """The picture's bytes."""
        return lossless(read_frames(self.frames, self.size))


def _sprites(asked: Experiments) -> Iterator[tuple[str, _Sprite]]:
    """The samples, every sweep that an experiment shows and every combination, by path in the
    site.
    """
    size, samples = asked.config.data.size, asked.samples
    code = code_hash("report.findings.pictures"), versions("pillow")
    suffix = lossless_suffix(len(samples.names), 2, size)
    yield f"sprites/samples.{suffix}", _Sprite(digest(samples.key, code), samples.frames, size)
    for dim, swept in asked.swept.items():
        for kind, sweep in swept.sweeps.items():
            if asked.plan.has_sprite(dim, kind):
                key = digest(swept.key_of(kind), kind, code)
                yield sweep.sprite, _Sprite(key, swept.frames(kind), size)
    for combined in asked.combinations.values():
        key = digest(combined.key, code)
        yield combined.sweep.sprite, _Sprite(key, combined.frames("sigma"), size)


def _swept_pictures(findings: Findings) -> dict[str, Path]:
    """The pictures to look at of the samples and of every swept dimension."""
    files = {"shown/samples.webp": findings.samples.shown}
    for swept in findings.swept.values():
        pictures = (*swept.sweeps, "extremes", "map", *(("trial",) if swept.trial else ()))
        files |= {f"shown/{swept.stem}-{name}.webp": swept.shown(name) for name in pictures}
    return files


def _site_key(
    asked: Experiments, drawing: Drawing, done: Mapping[str, Sequence[Artifact]], site: Site
) -> str:
    """Hash of all that the pages and the archive depend on."""
    checkpoint = asked.config.model.checkpoint
    keys = {stage: [artifact.key for artifact in artifacts] for stage, artifacts in done.items()}
    return digest(
        keys,
        template_hashes(),
        [asked.config.path.name, checkpoint and checkpoint.name, asked.config.text],
        site.edited(),
        asdict(asked.selection),
        [asked.plan.chosen, sorted(drawing.keys.values())],
        asked.live and asdict(asked.live.checked),
        code_hash("report.pages.publish"),
        versions("jinja2", "python-docx"),
        find_version("typst"),
    )


def template_hashes() -> dict[str, str]:
    """Hash of each file of templates/."""
    return {
        str(path.relative_to(TEMPLATES)): digest(path.read_bytes().hex())
        for path in sorted(TEMPLATES.rglob("*"))
        if path.is_file()
    }


def report_file(
    asked: Experiments, drawing: Drawing, done: Mapping[str, Sequence[Artifact]]
) -> bytes:
    """data/report.json: the one file that holds times. A stage's seconds are what computing its
    results took.
    """
    config, model, images = asked.config, asked.model, asked.images
    done = {**done, "figures": list(drawing.artifacts.values())}
    report: Mapping[str, object] = {
        "stage_seconds": {
            stage: round(sum(artifact.seconds for artifact in artifacts), 2)
            for stage, artifacts in done.items()
        },
        "checkpoint": {
            "file": config.model.checkpoint and config.model.checkpoint.name,
            "blake2b": model.checkpoint,
            "mark": model.mark,
        },
        "data": {
            "images": len(images.names),
            "blake2b": images.content,
            "labels": images.labels,
        },
        "preprocessing": {
            **asdict(config.data),
            "root": config.data.root.name,
            "labels": config.data.labels and config.data.labels.name,
            "resize": "bilinear, antialiased",
        },
        "seed": config.compute.seed,
        "device": model.device,
        "python": ".".join(str(part) for part in sys.version_info[:3]),
        "packages": versions(*PACKAGES),
    }
    return (json.dumps(report, indent=2) + "\n").encode()
