"""The site's pages: which there are and in what order; words and layout are in templates/."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from pathlib import Path

from jinja2 import Environment

from ..engine.hashing import digest
from ..engine.places import TEMPLATES
from ..findings.findings import Findings
from ..inputs.selection import CHOICES, EXPECTED, KEYS
from ..view import readings
from ..view.environment import make_environment
from . import tables

COMMENT = re.compile(r"^\s*(//|/\*).*|(?<=[;,{}]) // .*")
"""A comment in a script or the style: a line of its own, or the end of one."""

PAGES = (
    ("index", "Overview"),
    ("variance", "Variance"),
    ("attributes", "Attributes"),
    ("experiment1", "Experiment 1"),
    ("experiment2", "Experiment 2"),
    ("experiment3", "Experiment 3"),
    ("controls", "Controls"),
    ("compare", "Compare"),
    ("selection", "Selection"),
    ("trust", "Trust"),
    ("method", "Method"),
    ("reproduction", "Reproduction"),
)
"""Name and title of each page, in the order of the navigation."""


def render_pages(findings: Findings, compiled: Path | None = None) -> dict[str, bytes]:
    """The whole site but its pictures and report.json: path in the site to the bytes of the file.

    Templates are kept in the folder `compiled` once they are compiled, which takes longer than
    rendering them.

    A pure function of the findings (and of templates/): no time, no machine path, the same bytes
    every time.
    """
    environment = make_environment(findings, compiled)
    environment.globals["pages"] = PAGES
    files = {f"{name}.html": _render(environment, name, page=name, root="") for name, _ in PAGES}
    for dim in findings.swept:
        files[f"dim/{dim}.html"] = _render(
            environment, "dimension", page="dimension", root="../", dim=dim
        )
    files["data/selection.js"] = _selection_script(findings)
    return files | _static_files() | tables.data_files(findings)


def _render(environment: Environment, template: str, **values: object) -> bytes:
    return environment.get_template(f"pages/{template}.html").render(**values).encode()


def _static_files() -> dict[str, bytes]:
    """Scripts, style and icon, without the indentation and the comments that only help whoever
    edits them.
    """
    files = {}
    for path in sorted((TEMPLATES / "static").iterdir()):
        lines = (
            COMMENT.sub("", line).strip() for line in path.read_text(encoding="utf-8").split("\n")
        )
        kept = [line for line in lines if line]
        files[f"static/{path.name}"] = ("\n".join(kept) + "\n").encode()
    return files


def _selection_script(findings: Findings) -> bytes:
    """selection.toml and what the note fields need of the report, as a script: a page on disk can
    load no other data.

    The id stays the same when the site is built again, with another choice, other labels or
    elsewhere: it is what the browser keeps notes under.
    """
    selection, config = findings.selection, findings.config
    notes = sorted(selection.notes.items())
    report = {
        "id": digest(findings.model.checkpoint, findings.images.content),
        "config": config.path.name,
        "dims": len(findings.variance.std),
        "choices": CHOICES,
        "expected": EXPECTED,
        "samples": len(findings.samples.names),
        "alphas": config.sweep.alphas,
        "pictures": {dim: readings.unit_sweeps(findings, dim)[0].sprite for dim in findings.swept},
        "built": {
            "chosen": list(selection.chosen),
            "dimension": {dim: {key: getattr(note, key) for key in KEYS} for dim, note in notes},
            "blind": asdict(selection.blind) if selection.blind else None,
        },
        "text": selection.text,
    }
    return f'"use strict";\nconst report = {json.dumps(report)};\n'.encode()
