"""The document as a PDF, set by Typst where it is installed: ready to hand in, without LaTeX."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

from ...engine.hashing import find_version
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
from .measures import INDEXED, UNBROKEN, UNBROKEN_CELL, fitted_width

FONTS = ("Libertinus Serif", "DejaVu Sans")
"""The first comes with Typst, the second with Matplotlib: no font of the machine's, so that bytes
repeat. What neither has stands as its code point.
"""
BREAK = "\u200b"
"""Where a word may be split."""
AT_MARKS = re.compile(r"(?<=[/?&=._-])(?=[^/])")
ENDLESS, APART = 200, 8
"""A word of more letters, such as a picture that was pasted as text, may be split behind every
eighth of them alone: each such place takes time."""
PREAMBLE = """\
#set page(paper: "a4", margin: (x: 2.5cm, y: 2.4cm), numbering: "1")
#set text(font: %s, size: 11pt, lang: "en", fallback: false)
#set par(justify: true)
#set figure(numbering: none, supplement: none)
#set table(stroke: none, inset: 3pt)
#show heading.where(level: 1): it => align(center, block(text(size: 17pt, it.body)))
#show heading: set block(above: 1.4em, below: 0.8em)
#show heading: set par(justify: false)
#show figure.where(kind: table): set figure.caption(position: top)
#show figure.caption: set text(size: 9pt)
#show figure.caption: set align(left)
#show table: set text(size: 8pt)
#show table: set par(justify: false)
"""
UNSET = (
    "What the fonts lack stands here as its code point, such as [U+1F468]: %d in all. The Markdown"
    " and Word files in the folder writeup of the site hold it as it was written."
)


def can_set() -> bool:
    """Whether Typst is installed."""
    return find_version("typst") is not None


def to_pdf(blocks: tuple[Block, ...], pictures: Mapping[str, Path | bytes]) -> bytes:
    """The document as a PDF; `pictures` holds the figures by path. The same bytes every time."""
    import matplotlib
    import typst

    with tempfile.TemporaryDirectory() as folder:
        for block in blocks:
            if isinstance(block, Picture):
                place, picture = Path(folder, f"{block.path}.pdf"), pictures[f"{block.path}.pdf"]
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(picture if isinstance(picture, bytes) else picture.read_bytes())
        made = typst.compile(  # type: ignore[misc]  # its own types contradict each other
            to_typst(blocks, pictures).encode("utf-8"),
            root=folder,
            font_paths=[Path(matplotlib.get_data_path(), "fonts/ttf")],
            ignore_system_fonts=True,
        )
    assert isinstance(made, bytes)
    return made


def to_typst(blocks: tuple[Block, ...], pictures: Mapping[str, Path | bytes]) -> str:
    """The document as Typst's source: every word of it is a string, so that none is markup."""
    title = "".join(phrase.text for phrase in getattr(blocks[0], "phrases", ()))
    fonts = f"({', '.join(map(_quoted, FONTS))})"
    head = PREAMBLE % fonts + f"#set document(title: {_string(title)}, date: none)"
    body = "\n\n".join(_block(block, pictures) for block in blocks)
    lacking = body.count("[U+")
    told = [f"#emph({_quoted(UNSET % lacking)})"] * (lacking > 0)
    return "\n\n".join([head, body, *told]) + "\n"


def _block(block: Block, pictures: Mapping[str, Path | bytes]) -> str:
    match block:
        case Heading(level, phrases):
            return f"#heading(level: {level}, {_content(phrases)})"
        case Paragraph(phrases):
            return _words(phrases)
        case Quote(paragraphs):
            first, *others = map(_words, paragraphs)
            kept = f"#block(sticky: true)[{first}]" if others else first  # no head alone on a page
            inside = "\n\n".join([kept, *others])
            return f"#quote(block: true)[\n{inside}\n]"
        case Points(items):
            return f"#list({', '.join(map(_content, items))})"
        case References(title, entries):
            listed = ", ".join(_content(entry.phrases) for entry in entries)
            return f"#heading(level: 2, {_string(title)})\n\n#list({listed})"
        case Picture(number, _, path, caption):
            width = fitted_width(pictures[f"{path}.png"])
            alt = _string("".join(phrase.text for phrase in caption))
            picture = f"image({_quoted(f'{path}.pdf')}, width: {width:.2f}cm, alt: {alt})"
            return f"#figure({picture}, kind: image, caption: {_named('Figure', number, caption)})"
        case Equation(_, plain):
            return f"$ {_equation(plain)} $"
        case Table(number, _, caption, rows, numeric):
            inside = f"{_table(rows, numeric)}, kind: table"
            return f"#figure({inside}, caption: {_named('Table', number, caption)})"


def _named(kind: str, number: int, caption: Phrases) -> str:
    return _content((Phrase(f"{kind} {number}. ", "strong"), *caption))


def _equation(plain: str) -> str:
    """A formula in Typst's own signs; an index ᵢ is set as one."""
    return INDEXED.sub(r"\1_i", plain).replace("′", "'").replace(", ", ", quad ")


def _table(rows: tuple[tuple[Phrases, ...], ...], numeric: tuple[bool, ...]) -> str:
    """Rules as in a book; numbers flush right, the rest shares the room."""
    columns = ", ".join("auto" if flush else "1fr" for flush in numeric)
    align = ", ".join("right" if flush else "left" for flush in numeric)
    head, *body = [
        ", ".join(_cell(cell, flush) for cell, flush in zip(row, numeric, strict=True))
        for row in rows
    ]
    rule, thin = "table.hline(stroke: 0.8pt)", "table.hline(stroke: 0.4pt)"
    cells = ", ".join([rule, f"table.header({head})", thin, *body, rule])
    return f"table(columns: ({columns},), align: ({align},), {cells})"


def _cell(phrases: Phrases, flush: bool) -> str:
    """Words in a narrow column may be split sooner; numbers have the room that they need."""
    return _content(phrases, UNBROKEN if flush else UNBROKEN_CELL)


def _content(phrases: Phrases, unbroken: int = UNBROKEN) -> str:
    return f"[{_words(phrases, unbroken)}]"


def _words(phrases: Phrases, unbroken: int = UNBROKEN) -> str:
    return "".join(_phrase(phrase, unbroken) for phrase in phrases)


def _phrase(phrase: Phrase, unbroken: int) -> str:
    words = _string(phrase.text, unbroken)
    match phrase.kind:
        case "strong":
            return f"#strong({words})"
        case "code":
            return f"#raw({words})"
        case "cite":
            return f"#{_string(f'({phrase.text})')}"
        case "a":
            return f"#link({_quoted(phrase.target)}, {words})"
    return f"#{words}"


def _string(text: str, unbroken: int = UNBROKEN) -> str:
    """A string of Typst's, with a code point for what the fonts lack."""
    from matplotlib.font_manager import findfont, get_font

    font = get_font(findfont(FONTS[-1]))
    words = re.split("( )", text)
    split = (_split(word, unbroken) if len(word) > unbroken else word for word in words)
    known = (
        c if c == BREAK or font.get_char_index(ord(c)) else code_point(c) for c in "".join(split)
    )
    return _quoted("".join(known))


def _split(word: str, unbroken: int) -> str:
    """A long word that may be split: an address behind its marks, so that it can be copied."""
    parts = AT_MARKS.split(word)
    if max(map(len, parts)) <= unbroken:
        return BREAK.join(parts)
    step = APART if len(word) > ENDLESS else 1
    return BREAK.join(word[at : at + step] for at in range(0, len(word), step))


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
