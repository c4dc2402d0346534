"""What a person hands in: the write-up in three formats with its figures, tables and references,
and one archive.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Set
from functools import partial
from pathlib import Path

from jinja2 import Environment

from ..engine.places import TEMPLATES
from ..findings.findings import Findings
from ..view.environment import make_environment
from .formats.archive import archive
from .formats.document import Block, Picture, parse_document
from .formats.markdown import to_markdown
from .formats.pdf import can_set, to_pdf
from .formats.tex import to_tex
from .formats.word import to_docx

Versions = Callable[[str, bytes | Path], Mapping[str, bytes | Path]]
Make = Callable[[str, Callable[[], bytes]], Callable[[], bytes | Path]]
"""Begins a large file, by its name and what gives its content; what it returns waits for it."""
FOLDER = "writeup"
NAME = "feature_amplification"
TABLES = ("dimensions", "effects", "attributes")


def writeup_files(
    findings: Findings,
    files: Mapping[str, bytes | Path],
    versions: Versions = lambda name, source: {name: source},
    make: Make = lambda _, content: content,
) -> dict[str, bytes | Path]:
    """The folder of the write-up, and its archive: what a marker needs of it, by path in the site.

    A pure function of the findings, of `files`, which holds the site's figures and tables, and of
    `versions`: what a person edited goes into the archive as it is. `make` is asked for what is
    large.
    """
    blocks = write(make_environment(findings))
    figures = dict(_figures(blocks, files))
    setters = {"docx": to_docx, **({"pdf": to_pdf} if can_set() else {})}
    begun = {
        f"{NAME}.{suffix}": make(f"{NAME}.{suffix}", partial(set_, blocks, figures))
        for suffix, set_ in setters.items()
    }
    inside = dict(figures)
    inside |= {
        f"tables/{name}.csv": files[f"data/{name}.csv"]
        for name in TABLES
        if f"data/{name}.csv" in files
    }
    tex = to_tex(blocks)
    inside["references.bib"] = _references(tex)
    inside[f"{NAME}.md"] = to_markdown(blocks).encode()
    inside[f"{NAME}.tex"] = tex.encode()
    inside |= {name: made() for name, made in begun.items()}
    folder = {f"{FOLDER}/{name}": inside[name] for name in sorted(inside)}
    packed = dict(_packed(folder, versions))
    name = f"{FOLDER}.zip"
    return {**folder, name: make(name, partial(archive, packed))()}


def told_of_edits(edited: Set[str]) -> Iterator[str]:
    """A sentence where a person edited a source of the document, and not the document to read."""
    documents = [f"{FOLDER}/{NAME}.{suffix}" for suffix in ("docx", "pdf")]
    sources = [f"{FOLDER}/{NAME}.{suffix}" for suffix in ("tex", "md")]
    if not edited.isdisjoint(sources) and edited.isdisjoint(documents):
        yield (
            f"the document in {FOLDER}.zip is featamp's own, without what was edited in"
            f" {', '.join(path for path in sources if path in edited)}; put yours in its place, as"
            f" {documents[-1]}"
        )


def _references(tex: str) -> bytes:
    """The entries of references.bib that the write-up names."""
    entries = (TEMPLATES / "writeup/references.bib").read_text(encoding="utf-8").split("\n\n")
    named = [e.strip() for e in entries if e.partition("{")[2].partition(",")[0] in tex]
    return ("\n\n".join(named) + "\n").encode()


def _packed(
    folder: Mapping[str, bytes | Path], versions: Versions
) -> Iterator[tuple[str, bytes | Path]]:
    """What goes into the archive: one document to read, which is the one that a person edited, and
    each figure once, so that it can be uploaded; the contact sheet as a picture too, but where a
    Word file holds it or combinations take its room; and whatever else of the folder a person
    edited.
    """
    standing = {path: versions(path, made) for path, made in folder.items()}
    edited = {path for path, made in folder.items() if standing[path][path] is not made}
    documents = [f"{FOLDER}/{NAME}.{suffix}" for suffix in ("docx", "pdf")]
    read = edited.intersection(documents) or [d for d in documents if d in folder][-1:]
    full = documents[0] in read or any("/figures/combination" in path for path in folder)
    contact = "" if full else f"{FOLDER}/figures/contact.png"
    for path, there in standing.items():
        if path == contact or (path not in documents and not path.endswith((".png", ".md"))):
            yield from there.items()
        elif path in edited or path in read:
            yield path, there[path]


def write(environment: Environment) -> tuple[Block, ...]:
    """The write-up's blocks, in the words of templates/writeup/writeup.html."""
    return parse_document(environment.get_template("writeup/writeup.html").render(root=""))


def _figures(
    blocks: tuple[Block, ...], files: Mapping[str, bytes | Path]
) -> Iterator[tuple[str, bytes | Path]]:
    """Every file of the figures that the write-up shows, and of both sheets."""
    stems = {block.path for block in blocks if isinstance(block, Picture)}
    for name in files:
        if name.rpartition(".")[0] in {*stems, "figures/sheet", "figures/contact"}:
            yield name, files[name]
