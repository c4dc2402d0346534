"""The document as LaTeX, in plain ASCII."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

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
from .measures import UNBROKEN, UNBROKEN_CELL

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
    "©": r"\copyright{}", "£": r"\pounds{}", "€": "EUR", "™": r"\texttrademark{}",
    "®": r"\textregistered{}", "„": ",,", "‚": ",",
}  # fmt: skip
FORMULAS = {
    "−": "-", "×": r"\times", "±": r"\pm", "·": r"\cdot", "′": "'", "°": r"^\circ", "²": "^2",
    "³": "^3", "ᵢ": "_i",
    "≤": r"\le", "≥": r"\ge", "≠": r"\ne", "≈": r"\approx", "∞": r"\infty", "→": r"\rightarrow",
    "←": r"\leftarrow", "↑": r"\uparrow", "↓": r"\downarrow", "µ": r"\mu", "«": r"\ll",
    "»": r"\gg", "½": r"\frac12", "¼": r"\frac14", "¾": r"\frac34", "÷": r"\div",
    "•": r"\bullet", "†": r"\dagger", "‡": r"\ddagger", "√": r"\surd", "∈": r"\in",
}  # fmt: skip
HEADINGS = {
    1: r"\begin{center}\LARGE %s\end{center}", 2: r"\section*{%s}",
    3: r"\filbreak\subsection*{%s}",
}  # fmt: skip
"""A subsection starts a new page rather than run over to it, if it fits on one."""
UNSET = r"""\medskip\noindent\emph{What plain \LaTeX{} cannot set stands here as its code point,
such as [U+1F600]: %d in all. The Markdown and Word files in the folder \texttt{writeup} of the
site hold it as it was written.}"""
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
    words = re.split("( )", unicodedata.normalize("NFC", text))
    atoms = (atom for word in words for atom in _tex_word(word, unbroken))
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
