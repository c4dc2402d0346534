"""The document as a Word file."""

from __future__ import annotations

import html
import io
import re
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from .archive import archive
from .document import (
    Block,
    Equation,
    Heading,
    Paragraph,
    Phrase,
    Phrases,
    Picture,
    Points,
    Quote,
    References,
    Table,
)
from .measures import INDEXED, WIDTH, fitted_width

CORE = "docProps/core.xml"
MATH = "http://schemas.openxmlformats.org/officeDocument/2006/math"
LONGEST_TITLE = 255
"""Letters of a title in the properties of a Word file."""
SMALL_PRINT = 8.0
"""Size of the letters in a table, in points."""


def to_docx(blocks: tuple[Block, ...], pictures: Mapping[str, Path | bytes]) -> bytes:
    """The document as a Word file; `pictures` holds the figures by path. The same bytes every
    time.
    """
    import docx
    from docx.shared import Cm, Pt

    document = docx.Document()
    document.styles["Normal"].font.size = Pt(11)
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm((21 - WIDTH) / 2)
    properties = document.core_properties
    properties.author = properties.last_modified_by = properties.comments = ""
    title = "".join(phrase.text for phrase in getattr(blocks[0], "phrases", ()))
    properties.title = title[:LONGEST_TITLE]
    for block in blocks:
        _docx_block(document, block, pictures)
    buffer = io.BytesIO()
    document.save(buffer)
    del document  # it holds the pictures, too
    with zipfile.ZipFile(buffer) as saved:
        parts = {name: saved.read(name) for name in saved.namelist()}
    parts[CORE] = re.sub(
        rb"<dcterms:(created|modified).*?</dcterms:\1>", b"", parts[CORE]
    )  # the template's own
    return archive(parts)


def _docx_block(document: Any, block: Block, pictures: Mapping[str, Path | bytes]) -> None:  # noqa: ANN401
    match block:
        case Heading(level, phrases):
            _docx_phrases(document.add_heading("", level - 1), phrases)
        case Paragraph(phrases):
            _docx_phrases(document.add_paragraph(), phrases)
        case Quote(paragraphs):
            _docx_paragraphs(document, "Quote", paragraphs)
        case Points(items):
            _docx_paragraphs(document, "List Bullet", items)
        case References(title, entries):
            document.add_heading(title, 1)
            _docx_paragraphs(document, "List Bullet", [entry.phrases for entry in entries])
        case Picture(number, _, path, caption):
            _docx_picture(
                document.add_paragraph(),
                pictures[f"{path}.png"],
                "".join(phrase.text for phrase in caption),
            )
            _docx_paragraphs(document, "Caption", [(Phrase(f"Figure {number}. "), *caption)])
        case Equation(_, plain):
            document.add_paragraph()._p.append(_docx_equation(plain))
        case Table(number, _, caption, rows, numeric):
            _docx_paragraphs(document, "Caption", [(Phrase(f"Table {number}. "), *caption)])
            document.paragraphs[-1].paragraph_format.keep_with_next = True
            _docx_table(
                document.add_table(len(rows), len(numeric), style="Light Grid Accent 1"),
                rows,
                numeric,
            )


def _docx_equation(plain: str) -> Any:  # noqa: ANN401  python-docx has no name for it
    """A formula that Word can edit; an index ᵢ is set as one."""
    from docx.oxml import parse_xml

    def run(text: str) -> str:
        return f'<m:r><m:t xml:space="preserve">{html.escape(text)}</m:t></m:r>'

    def indexed(text: str) -> str:
        return f"<m:sSub><m:e>{run(text)}</m:e><m:sub>{run('i')}</m:sub></m:sSub>"

    parts = INDEXED.split(plain.replace(", ", ",\u2003"))
    inside = "".join((indexed if at % 2 else run)(part) for at, part in enumerate(parts))
    return parse_xml(f'<m:oMathPara xmlns:m="{MATH}"><m:oMath>{inside}</m:oMath></m:oMathPara>')


def _docx_picture(paragraph: Any, picture: Path | bytes, alt: str) -> None:  # noqa: ANN401
    """A picture on the page of the caption that follows; `alt` is for who cannot see it."""
    from docx.shared import Cm

    source = io.BytesIO(picture) if isinstance(picture, bytes) else str(picture)
    paragraph.add_run().add_picture(source, width=Cm(fitted_width(picture)))
    paragraph.paragraph_format.keep_with_next = True
    paragraph._p.xpath(".//wp:docPr")[0].set("descr", alt)  # python-docx has no name for it


def _docx_paragraphs(document: Any, style: str, paragraphs: Iterable[Phrases]) -> None:  # noqa: ANN401
    """One below another; python-docx looks through the whole document for the place of a new one
    at its end, and through all styles each time.
    """
    known = document.styles[style].style_id
    end = document.add_paragraph()
    for phrases in paragraphs:
        paragraph = end.insert_paragraph_before()
        paragraph._p.style = known
        _docx_phrases(paragraph, phrases)
    end._p.getparent().remove(end._p)


def _docx_table(
    table: Any,  # noqa: ANN401  python-docx has no types
    rows: tuple[tuple[Phrases, ...], ...],
    numeric: tuple[bool, ...],
) -> None:
    """Cells in small print, numbers flush right; the heads stand again on a page that the table
    runs over to.
    """
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml import OxmlElement

    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    for row, cells in zip(table.rows, rows, strict=True):
        for cell, phrases, flush in zip(row.cells, cells, numeric, strict=True):
            _docx_phrases(cell.paragraphs[0], phrases, SMALL_PRINT)
            cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.RIGHT if flush else None


def _docx_phrases(paragraph: Any, phrases: Phrases, points: float | None = None) -> None:  # noqa: ANN401
    from docx.shared import Pt

    for phrase in phrases:
        run = paragraph.add_run(f"({phrase.text})" if phrase.kind == "cite" else phrase.text)
        run.bold = True if phrase.kind == "strong" else None
        run.font.size = Pt(points) if points else None
        if phrase.kind == "code":
            run.font.name = "Courier New"
        if phrase.kind == "a":
            _docx_link(paragraph, run, phrase.target)


def _docx_link(paragraph: Any, run: Any, target: str) -> None:  # noqa: ANN401
    """Make a run, the last of its paragraph, a link that can be pressed."""
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn
    from docx.shared import RGBColor

    run.font.underline, run.font.color.rgb = True, RGBColor(0x05, 0x63, 0xC1)
    link = OxmlElement("w:hyperlink")
    link.set(
        qn("r:id"), paragraph.part.relate_to(target, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
    )
    link.append(run._r)
    paragraph._p.append(link)
