"""The three renderers of a document: Markdown, TeX and Word."""

from __future__ import annotations

import html
import io
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

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
    code_point,
)

PACKED = (".png", ".pdf", ".gif", ".docx")
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time stamp of every file in an archive: the earliest that a .zip can hold, so that bytes
repeat."""


# ---- Markdown -----------------------------------------------------------------------------------


def to_markdown(blocks: tuple[Block, ...]) -> str:
    """The document as Markdown (CommonMark, with GitHub's tables and formulas)."""
    return "\n\n".join(_markdown_block(block) for block in blocks) + "\n"


def _markdown_block(block: Block) -> str:
    match block:
        case Heading(level, phrases):
            return f"{'#' * level} {_markdown(phrases)}"
        case Paragraph(phrases):
            return _markdown(phrases)
        case Quote(paragraphs):
            return "\n>\n".join(f"> {_markdown(phrases)}" for phrases in paragraphs)
        case Points(items):
            return "\n".join(f"- {_markdown(phrases)}" for phrases in items)
        case References(title, entries):
            return "\n".join(
                [f"## {title}", "", *(f"- {_markdown(entry.phrases)}" for entry in entries)]
            )
        case Picture(number, _, path, caption):
            return f"![Figure {number}]({path}.png)\n\n**Figure {number}.** {_markdown(caption)}"
        case Equation(tex):
            return f"$$\n{tex}\n$$"
        case Table(number, _, caption, rows, numeric):
            head, *body = [f"| {' | '.join(_markdown(cell) for cell in row)} |" for row in rows]
            rule = f"| {' | '.join('---:' if flush else '---' for flush in numeric)} |"
            return "\n".join([f"**Table {number}.** {_markdown(caption)}", "", head, rule, *body])


def _markdown(phrases: Phrases) -> str:
    """Words of one line, which no sign at its start makes a point of a list, a rule or a
    heading.
    """
    line = "".join(_markdown_phrase(phrase) for phrase in phrases)
    return re.sub(r"^(\d+(?=[.)](?: |$))|(?=[-+=]+(?: |$)))", r"\1\\", line)


def _markdown_phrase(phrase: Phrase) -> str:
    escaped = re.sub(r"([\\`*_{}\[\]<>#|~$&])", r"\\\1", phrase.text)
    match phrase.kind:
        case "strong":
            return f"**{escaped}**"
        case "a":
            return f"[{escaped}]({phrase.target})"
        case "cite":
            return f"({escaped})"
    return escaped


# ---- TeX ----------------------------------------------------------------------------------------

PREAMBLE = r"""% Run pdflatex twice, so that citations find their references.
% The entries are also in references.bib.
\documentclass[a4paper]{article}
\usepackage{graphicx}
\usepackage{booktabs}
\usepackage{float} % figures and tables stay where they are referred to
\usepackage[hidelinks,bookmarks=false]{hyperref}
\setlength{\textwidth}{16cm}
\setlength{\oddsidemargin}{0cm}
\setlength{\textheight}{24cm}
\setlength{\topmargin}{-1cm}
\emergencystretch=\textwidth % a line may be short, never too long
\newcommand{\splitword}{\penalty1000 } % a long word may be split here, at worst
"""
SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#",
    "%": r"\%", "_": r"\_",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}", '"': r"{\ttfamily\char34}", "`": r"{\char96}",
    "\u00a0": "~", "\u2009": r"\,", "–": r"\textendash{}", "—": r"\textemdash{}",
    "“": r"\textquotedblleft{}",
    "”": r"\textquotedblright{}", "‘": r"\textquoteleft{}", "’": r"\textquoteright{}",
    "…": r"\ldots{}", "ß": r"\ss{}", "æ": r"\ae{}", "Æ": r"\AE{}", "œ": r"\oe{}", "Œ": r"\OE{}",
    "ø": r"\o{}",
    "Ø": r"\O{}", "ł": r"\l{}", "Ł": r"\L{}", "ı": r"\i{}", "¡": "!`{}", "¿": "?`{}",
    "§": r"\S{}", "¶": r"\P{}",
    "©": r"\copyright{}", "£": r"\pounds{}",
}  # fmt: skip
FORMULAS = {
    "−": "-", "×": r"\times", "±": r"\pm", "·": r"\cdot", "′": "'", "°": r"^\circ", "²": "^2",
    "³": "^3", "ᵢ": "_i",
    "≤": r"\le", "≥": r"\ge", "≠": r"\ne", "≈": r"\approx", "∞": r"\infty", "→": r"\rightarrow",
    "←": r"\leftarrow", "↑": r"\uparrow", "↓": r"\downarrow", "µ": r"\mu",
}  # fmt: skip
HEADINGS = {
    1: r"\begin{center}\LARGE %s\end{center}", 2: r"\section*{%s}",
    3: r"\filbreak\subsection*{%s}",
}  # fmt: skip
"""A subsection starts a new page rather than run over to it, if it fits on one."""
UNSET = r"""\medskip\noindent\emph{%d characters that plain \LaTeX{} cannot set stand here as their
code points, such as [U+1F600]. The Markdown and Word files hold them as they were written.}"""
LIGATURE = re.compile(r"([-'])(?=\1)")
"""Two hyphens would become a dash, two apostrophes a quotation mark."""
CODE_POINT = re.compile(r"\[U\+[0-9A-F]{4,6}\]")
GREEK = (
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa",
    "lambda", "mu", "nu", "xi",
    "o", "pi", "rho", "varsigma", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega",
)  # fmt: skip
FORMULAS |= {
    chr(ord("α") + at): "o" if name == "o" else f"\\{name}" for at, name in enumerate(GREEK)
}
FORMULAS |= {
    letter: f"\\{unicodedata.name(letter).split()[-1].capitalize()}" for letter in "ΓΔΘΞΠΣΦΨΩ"
}
ACCENTS = dict(zip(
    "\u0300\u0301\u0302\u0303\u0304\u0306\u0307\u0308\u030a\u030b\u030c\u0323\u0327\u0331",
                   "`'^~=u.\"rHvdcb", strict=True))  # fmt: skip
PIECE = 20_000
"""Characters of TeX after which a paragraph, however long, is handed over to be set: TeX holds so
many and no more, in a line of its input as in memory.
"""
JOINT = "{\\parfillskip=0pt\\par}\\noindent\n"
"""Between two pieces: what follows goes on as if nothing were there."""
UNBROKEN, UNBROKEN_CELL = 30, 6
"""TeX may split a word of more letters than these, in the text and in a cell: whatever is written
stays on the page."""


def to_tex(blocks: tuple[Block, ...]) -> str:
    """The document as LaTeX: plain ASCII, for the article class with graphicx, booktabs and
    hyperref.
    """
    body = [_tex_block(block) for block in blocks]
    if count := len(CODE_POINT.findall("".join(body))):
        body.append(UNSET % count)
    return "\n\n".join([PREAMBLE, r"\begin{document}", *body, r"\end{document}"]) + "\n"


def _tex_block(block: Block) -> str:
    match block:
        case Heading(level, phrases):
            return HEADINGS[level] % _tex(phrases)
        case Paragraph(phrases):
            return _tex(phrases)
        case Quote(paragraphs):
            return _tex_environment("quote", "\n\n".join(_tex(phrases) for phrases in paragraphs))
        case Points(items):
            return _tex_environment(
                "itemize", "\n".join(rf"\item {_tex(phrases)}" for phrases in items)
            )
        case References(title, entries):
            sources = [
                f"\\bibitem[{_tex_text(e.label)}]{{{e.key}}} {_tex(e.phrases)}" for e in entries
            ]
            listed = _tex_environment("thebibliography", "\n".join(["{9}", *sources]))
            return f"\\renewcommand{{\\refname}}{{{_tex_text(title)}}}\n{listed}"
        case Picture(_, key, path, caption):
            size = r"width=\textwidth,height=0.8\textheight,keepaspectratio"
            picture = rf"\includegraphics[{size}]{{{path}.pdf}}"
            return _tex_environment(
                "figure", "\n".join(["[H]", r"\centering", picture, _tex_caption(caption, key)])
            )
        case Equation(tex):
            return f"\\[\n{tex}\n\\]"
        case Table(_, key, caption, rows, numeric):
            columns = "".join("r" if flush else r"p{2.2cm}" for flush in numeric)
            head, *body = [_tex_row(row, numeric) for row in rows]
            lines = [
                f"{{@{{}}{columns}@{{}}}}",
                r"\toprule",
                head,
                r"\midrule",
                *body,
                r"\bottomrule",
            ]
            tabular = _tex_environment("tabular", "\n".join(lines))
            lines = ["[H]", r"\centering\small", _tex_caption(caption, key), tabular]
            return _tex_environment("table", "\n".join(lines))


def _tex_environment(name: str, content: str) -> str:
    joint = "" if content[0] in "[{" else "\n"  # what it is given stands on its own line
    return f"\\begin{{{name}}}{joint}{content}\n\\end{{{name}}}"


def _tex_row(cells: tuple[Phrases, ...], numeric: tuple[bool, ...]) -> str:
    """A line of a table, its words flush left and split where a column is too narrow for one."""
    set_cells = [_tex(cell, UNBROKEN_CELL) for cell in cells]
    aligned = (
        cell if flush else rf"\raggedright {cell}"
        for flush, cell in zip(numeric, set_cells, strict=True)
    )
    return " & ".join(aligned) + r" \tabularnewline"


def _tex_caption(phrases: Phrases, key: str) -> str:
    return rf"\caption{{{_tex(phrases)}}}\label{{{key}}}"


def _tex(phrases: Phrases, unbroken: int = UNBROKEN) -> str:
    return "".join(_tex_phrase(phrase, unbroken) for phrase in phrases)


def _tex_phrase(phrase: Phrase, unbroken: int) -> str:
    text = _tex_text(phrase.text, unbroken)
    match phrase.kind:
        case "strong":
            return rf"\textbf{{{text}}}"
        case "code":
            return rf"\texttt{{{text}}}"
        case "cite":
            return rf"\cite{{{phrase.target}}}"  # its label stands in brackets
        case "ref":
            return rf"\ref{{{phrase.target}}}"
        case "a":
            return rf"\href{{{phrase.target}}}{{{text}}}"
    return text


def _tex_text(text: str, unbroken: int = UNBROKEN) -> str:
    """Words that TeX sets as they are, in ASCII; what it cannot set stands as its code point."""
    atoms = (atom for word in re.split("( )", text) for atom in _tex_word(word, unbroken))
    return LIGATURE.sub(r"\1{}", "".join(_tex_pieces(atoms)))


def _tex_word(word: str, unbroken: int) -> Iterator[str]:
    """A word, or the letters of a long one."""
    letters = map(_tex_character, word)
    if len(word) > unbroken:
        yield from (rf"{letter}\splitword{{}}" for letter in letters)
    else:
        yield "".join(letters)


def _tex_pieces(atoms: Iterable[str]) -> Iterator[str]:
    length = 0
    for atom in atoms:
        if length > PIECE:
            yield JOINT
            length = 0
        yield atom
        length += len(atom)


def _tex_character(character: str) -> str:
    if character in SPECIAL:
        return SPECIAL[character]
    if character in FORMULAS:
        return f"${FORMULAS[character]}$"
    if character.isascii():
        return character
    letter, *accents = list(unicodedata.normalize("NFD", character))
    if letter.isascii() and len(accents) == 1 and accents[0] in ACCENTS:
        return rf"\{ACCENTS[accents[0]]}{{{letter}}}"
    return code_point(character) + r"\splitword{}"


# ---- Word ---------------------------------------------------------------------------------------

CORE = "docProps/core.xml"
INDEXED = re.compile("([^\\W\\d_]′?)ᵢ")
"""A letter with the index i, in plain characters."""
MATH = "http://schemas.openxmlformats.org/officeDocument/2006/math"
WIDTH, HEIGHT = 16.0, 20.0
"""Width of the text in cm, and the most that a picture may be high."""
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


def fitted_width(picture: Path | bytes) -> float:
    """How wide a picture stands in the text, in cm: as the text, or less where it would be too
    high.
    """
    from PIL import Image

    with Image.open(io.BytesIO(picture) if isinstance(picture, bytes) else picture) as image:
        return min(WIDTH, HEIGHT * image.width / image.height)


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


# ---- archives -----------------------------------------------------------------------------------


def archive(files: Mapping[str, bytes | Path]) -> bytes:
    """A .zip of `files`, the same bytes every time; what is compressed already is stored as it
    is.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compresslevel=9) as written:
        for name, source in files.items():
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.external_attr = 0o644 << 16
            entry.compress_type = (
                zipfile.ZIP_STORED if name.endswith(PACKED) else zipfile.ZIP_DEFLATED
            )
            written.writestr(entry, source if isinstance(source, bytes) else source.read_bytes())
    return buffer.getvalue()
