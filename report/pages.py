"""The site's pages: which there are and in what order; words and layout are in templates/."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemBytecodeCache, FileSystemLoader, StrictUndefined

from featamp.quality import REGIONS
from report import readings, tables, words
from report.findings import MAP_GAIN, Findings
from report.selection import CHOICES, EXPECTED, KEYS

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"

PAGES = (
    ("index", "Overview"),
    ("variance", "Variance"),
    ("attributes", "Attributes"),
    ("experiment1", "Experiment 1"),
    ("experiment2", "Experiment 2"),
    ("experiment3", "Experiment 3"),
    ("selection", "Selection"),
    ("method", "Method"),
    ("reproduction", "Reproduction"),
)
"""Name and title of each page, in the order of the navigation."""


def render_pages(findings: Findings, compiled: Path | None = None) -> dict[str, bytes]:
    """The whole site but its pictures and report.json: path in the site to the bytes of the file.

    Templates are kept in the folder `compiled` once they are compiled, which takes longer than rendering them.

    A pure function of the findings (and of templates/): no time, no machine path, the same bytes every time.
    """
    environment = _environment(findings, compiled)
    files = {f"{name}.html": _render(environment, name, page=name, root="") for name, _ in PAGES}
    for dim in findings.swept:
        files[f"dim/{dim}.html"] = _render(environment, "dimension", page="dimension", root="../", dim=dim)
    return files | _static_files() | tables.data_files(findings)


def _environment(findings: Findings, compiled: Path | None) -> Environment:
    """A strict Jinja environment that knows the findings, the filters and the readings."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        bytecode_cache=FileSystemBytecodeCache(str(compiled)) if compiled else None,
    )
    environment.filters.update(words.FILTERS)
    environment.globals.update(readings.reader(findings))
    environment.globals.update(
        f=findings,
        pages=PAGES,
        tops=tables.top_attributes(findings),
        notes=_notes(findings),
        choices=CHOICES,
        expected=EXPECTED,
        regions=REGIONS,
        bounds=readings.BOUNDS,
        map_gain=MAP_GAIN,
        abs=abs,
        zip=zip,
    )
    return environment


def _render(environment: Environment, template: str, **values: object) -> bytes:
    return environment.get_template(f"{template}.html").render(**values).encode()


def _static_files() -> dict[str, bytes]:
    folder = TEMPLATES / "static"
    return {f"static/{path.name}": path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}


def _notes(findings: Findings) -> dict[str, object]:
    """selection.toml as the note fields of a page start from it."""
    notes = sorted(findings.selection.notes.items())
    return {
        "chosen": list(findings.selection.chosen),
        "dimension": {str(dim): {key: getattr(note, key) for key in KEYS} for dim, note in notes},
    }
