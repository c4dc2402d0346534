"""The site's pages: which there are and in what order; words and layout are in templates/."""

from __future__ import annotations

import json
from dataclasses import asdict

from jinja2 import Environment

from ..engine.hashing import digest
from ..engine.places import TEMPLATES
from ..findings.findings import Findings
from ..inputs.fields import fields_of
from ..inputs.selection import TABLES
from ..view import contact
from ..view.environment import make_environment
from . import tables
from .glossary import link_words
from .live import live_files, loaded_megabytes

PAGES = (
    ("index", "Overview"),
    ("dimensions", "Dimensions"),
    ("variance", "Variance"),
    ("attributes", "Attributes"),
    ("experiment1", "Experiment 1"),
    ("experiment2", "Experiment 2"),
    ("experiment3", "Experiment 3"),
    ("controls", "Controls"),
    ("compare", "Compare"),
    ("live", "Live"),
    ("selection", "Selection"),
    ("trust", "Trust"),
    ("method", "Method"),
    ("reproduction", "Reproduction"),
)
"""Name and title of each page, in the order of the navigation."""


def render_pages(findings: Findings) -> dict[str, bytes]:
    """The whole site but its pictures and report.json: path in the site to the bytes of the file.

    A pure function of the findings (and of templates/): no time, no machine path, the same bytes
    every time.
    """
    environment = make_environment(findings)
    live = live_files(findings)
    environment.globals["pages"] = PAGES
    environment.globals["live_megabytes"] = loaded_megabytes(live)
    environment.globals["boxed"] = _boxed(findings)
    files = {f"{name}.html": _render(environment, name, page=name, root="") for name, _ in PAGES}
    for dim in findings.swept:
        files[f"dim/{dim}.html"] = _render(
            environment, "dimension", page="dimension", root="../", dim=dim
        )
    files["data/selection.js"] = _selection_script(findings)
    return files | static_files() | live | tables.data_files(findings)


def _render(environment: Environment, template: str, **values: object) -> bytes:
    folder = "pages/experiments" if template.startswith("experiment") else "pages"
    page = environment.get_template(f"{folder}/{template}.html").render(**values)
    return link_words(page, str(values["root"])).encode()


def _boxed(findings: Findings) -> str:
    """The characters of a person's words for which figures show a box."""
    selection = findings.selection
    words = [*(note.label for note in selection.notes.values()), *selection.combinations]
    if all(map(str.isascii, words)):
        return ""
    from ..handin.figures.style import unlettered  # matplotlib is not loaded for less

    return unlettered(words)


def static_files() -> dict[str, bytes]:
    """Scripts, style and icon, as they are written: a reader may look into them."""
    static = (TEMPLATES / "static").rglob("*.*")
    return {path.relative_to(TEMPLATES).as_posix(): path.read_bytes() for path in sorted(static)}


def _selection_script(findings: Findings) -> bytes:
    """selection.toml and what the note fields need of the report, as a script: a page on disk can
    load no other data.

    The id stays the same when the site is built again, with another choice, other labels or
    elsewhere: it is what the browser keeps notes under.
    """
    selection, config = findings.selection, findings.config
    notes = sorted(selection.notes.items())
    named = [config.name] if config.name else []
    report = {
        "id": digest(findings.model.checkpoint, findings.images.content, *named),
        "config": config.path.name,
        "file": config.selection.name,
        "model": selection.here,
        "dims": len(findings.variance.std),
        "fields": {
            name: [asdict(f) for f in fields_of(record)] for name, record in TABLES.items()
        },
        "expected": selection.expected,
        "known": [contact.known(findings, dim) for dim in range(len(findings.variance.std))],
        "built": {
            "chosen": list(selection.chosen),
            "model": selection.model,
            "dimension": {dim: asdict(note) for dim, note in notes},
            "writeup": asdict(selection.writeup),
            "blind": asdict(selection.blind) if selection.blind else None,
            "combination": [{"name": n, **asdict(c)} for n, c in selection.combinations.items()],
        },
        "text": selection.text,
    }
    return f'"use strict";\nfeatamp.report = {json.dumps(report)};\n'.encode()
