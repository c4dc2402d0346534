"""What a person hands in: the write-up in three formats with its figures, tables and references,
and one archive.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from jinja2 import Environment

from ..engine.places import TEMPLATES
from ..findings.findings import Findings
from ..view.environment import make_environment
from ..view.readings import shared_units
from .document import Block, parse_document
from .document import Figure as Shown
from .formats import archive, to_docx, to_markdown, to_tex

Versions = Callable[[str, bytes | Path], Mapping[str, bytes | Path]]
FOLDER = "writeup"
NAME = "feature_amplification"
TABLES = ("dimensions", "effects", "correlations")


def writeup_files(
    findings: Findings,
    files: Mapping[str, bytes | Path],
    compiled: Path | None = None,
    versions: Versions = lambda name, source: {name: source},
) -> dict[str, bytes | Path]:
    """The folder of the write-up and its archive, by path in the site.

    A pure function of the findings, of `files`, which holds the site's figures and tables, and of
    `versions`: what a person edited goes into the archive as it is, with the new version beside.
    """
    blocks = write(make_environment(findings, compiled))
    inside = dict(_figures(findings, blocks, files))
    inside |= {
        f"tables/{name}.csv": files[f"data/{name}.csv"]
        for name in TABLES
        if f"data/{name}.csv" in files
    }
    inside["references.bib"] = TEMPLATES / "writeup/references.bib"
    inside[f"{NAME}.md"] = to_markdown(blocks).encode()
    inside[f"{NAME}.tex"] = to_tex(blocks).encode()
    inside[f"{NAME}.docx"] = to_docx(blocks, inside)
    folder = {f"{FOLDER}/{name}": inside[name] for name in sorted(inside)}
    packed = {n: s for name in folder for n, s in versions(name, folder[name]).items()}
    return {**folder, f"{FOLDER}.zip": archive(packed)}


def write(environment: Environment) -> tuple[Block, ...]:
    """The write-up's blocks, in the words of templates/writeup/writeup.html."""
    return parse_document(environment.get_template("writeup/writeup.html").render(root=""))


def _figures(
    findings: Findings, blocks: tuple[Block, ...], files: Mapping[str, bytes | Path]
) -> Iterator[tuple[str, bytes | Path]]:
    """Every file of the figures that the write-up shows, of the sheet, and of the chosen
    dimensions in every unit.

    What is drawn for one column is there in the units that are shown.
    """
    chosen = findings.plan.chosen
    units = shared_units(findings, chosen)
    stems = {block.path for block in blocks if isinstance(block, Shown)}
    for figure in findings.figures:
        wide = figure.kind in ("dimension", "animation")
        if figure.dim in chosen and (wide or (figure.kind, figure.units) == ("column", units)):
            stems.add(f"figures/{figure.name}")
    for name in files:
        if name.rpartition(".")[0] in {*stems, "figures/sheet"}:
            yield name, files[name]
