"""The document as Markdown."""

from __future__ import annotations

import re

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
