"""The write-up before it has a format: blocks of text, read from the small HTML of
templates/writeup/writeup.html.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import TypeAlias

SPACES = re.compile("[ \t\n\r\f\v\x1c-\x1f\x85\u2028\u2029]+")
CONTROLS = re.compile(
    "[\\x00-\\x1f\\x7f-\\x9f\\u202a-\\u202e\\u2066-\\u2069\\ud800-\\udfff\\ufdd0-\\ufdef\\ufffe\\uffff"
    "\\U000e0000-\\U000e007f]"
)
INLINE = ("strong", "code", "cite", "ref", "a")
STARTS = ("h1", "h2", "h3", "p", "li", "th", "td", "caption", "figcaption", "math")


@dataclass(frozen=True)
class Phrase:
    """Words of one kind: "" for plain ones, or one of `INLINE`; `target` is the key or address."""

    text: str
    kind: str = ""
    target: str = ""


Phrases: TypeAlias = tuple[Phrase, ...]


@dataclass(frozen=True)
class Heading:
    """A title (level 1), section (2) or subsection (3)."""

    level: int
    phrases: Phrases


@dataclass(frozen=True)
class Paragraph:
    """Words that the program wrote."""

    phrases: Phrases


@dataclass(frozen=True)
class Quote:
    """Paragraphs in a person's own words, set apart from what was computed."""

    paragraphs: tuple[Phrases, ...]


@dataclass(frozen=True)
class Points:
    """The points of a list."""

    items: tuple[Phrases, ...]


@dataclass(frozen=True)
class Reference:
    """A source: the key that cites it, what stands where it is cited, and what it is."""

    key: str
    label: str
    phrases: Phrases


@dataclass(frozen=True)
class References:
    """The list of sources under its title."""

    title: str
    entries: tuple[Reference, ...]


@dataclass(frozen=True)
class Table:
    """Rows of cells, the first of them the heads; `numeric` columns are set flush right, `key`
    refers to it.
    """

    number: int
    key: str
    caption: Phrases
    rows: tuple[tuple[Phrases, ...], ...]
    numeric: tuple[bool, ...]


@dataclass(frozen=True)
class Picture:
    """A picture: its path beside the write-up, without the suffix; `key` refers to it."""

    number: int
    key: str
    path: str
    caption: Phrases


@dataclass(frozen=True)
class Equation:
    """A formula on a line of its own, in TeX and in plain characters."""

    tex: str
    plain: str


Block: TypeAlias = Heading | Paragraph | Quote | Points | References | Table | Picture | Equation


def parse_document(html: str) -> tuple[Block, ...]:
    """Read the blocks of the write-up; links that lead nowhere outside the site keep only their
    words.
    """
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return tuple(reader.blocks)


class _Reader(HTMLParser):
    """Collects phrases, and makes a block of them where its tag ends."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks: list[Block] = []
        self._phrases: list[Phrase] = []
        self._inline: list[tuple[str, str]] = []
        self._given: dict[str, str] = {}
        self._quote: list[Phrases] | None = None
        self._items: list[Phrases] = []
        self._title = ""
        self._sources: list[Reference] = []
        self._rows: list[list[Phrases]] = []
        self._numeric: list[bool] = []
        self._caption: Phrases = ()
        self._key = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in INLINE:
            self._inline.append((tag, given.get("href") or given.get("data-key", "")))
        elif tag in STARTS:
            self._phrases, self._given = [], given
        elif tag == "blockquote":
            self._quote = []
        elif tag == "ul":
            self._items = []
        elif tag == "ol":
            self._sources, self._title = [], given["title"]
        elif tag == "table":
            self._rows, self._numeric, self._caption, self._key = [], [], (), given["id"]
        elif tag == "tr":
            self._rows.append([])

    def handle_data(self, data: str) -> None:
        kind, target = self._inline[-1] if self._inline else ("", "")
        if kind == "a" and not target.startswith(("https://", "tables/", "figures/")):
            kind, target = "", ""
        self._phrases.append(Phrase(data, kind, target))

    def handle_endtag(self, tag: str) -> None:
        if tag in INLINE:
            self._inline.pop()
        elif tag in STARTS:
            self._end_of_words(tag, self._taken())
        elif tag == "blockquote":
            self.blocks.append(Quote(tuple(self._quote or ())))
            self._quote = None
        elif tag == "ul":
            self.blocks.append(Points(tuple(self._items)))
        elif tag == "ol":
            self.blocks.append(References(self._title, tuple(self._sources)))
        elif tag == "table":
            rows = tuple(tuple(row) for row in self._rows)
            self.blocks.append(
                Table(self._count(Table) + 1, self._key, self._caption, rows, tuple(self._numeric))
            )

    def _end_of_words(self, tag: str, phrases: Phrases) -> None:
        """Put words where they belong: into a block of their own, or into the one that is still
        open.
        """
        match tag:
            case "h1" | "h2" | "h3":
                self.blocks.append(Heading(int(tag[1]), phrases))
            case "p" if self._quote is not None:
                self._quote.append(phrases)
            case "p":
                self.blocks.append(Paragraph(phrases))
            case "li":
                self._end_of_item(phrases)
            case "figcaption":
                self.blocks.append(
                    Picture(
                        self._count(Picture) + 1,
                        self._given["id"],
                        self._given["data-path"],
                        phrases,
                    )
                )
            case "math":
                self.blocks.append(
                    Equation(self._given["data-tex"], "".join(phrase.text for phrase in phrases))
                )
            case "caption":
                self._caption = phrases
            case "th" | "td":
                if tag == "th":
                    self._numeric.append(self._given.get("class") == "n")
                self._rows[-1].append(phrases)

    def _end_of_item(self, phrases: Phrases) -> None:
        if "id" in self._given:
            self._sources.append(Reference(self._given["id"], self._given["data-label"], phrases))
        else:
            self._items.append(phrases)

    def _count(self, kind: type[Block]) -> int:
        return sum(isinstance(block, kind) for block in self.blocks)

    def _taken(self) -> Phrases:
        """The phrases so far as a reader of HTML sees them: runs of white space are one space,
        none at the ends.
        """
        phrases, before = [], " "
        for phrase in self._phrases:
            text = SPACES.sub(" ", phrase.text)
            text = _visible(text[1:] if before.endswith(" ") and text.startswith(" ") else text)
            if text:
                phrases.append(Phrase(text, phrase.kind, phrase.target))
                before = text
        if phrases and phrases[-1].text.endswith(" "):
            last = phrases.pop()
            phrases += [Phrase(last.text[:-1], last.kind, last.target)] * (last.text != " ")
        self._phrases = []
        return tuple(phrases)


def _visible(text: str) -> str:
    """No character that XML, and so a .docx file, may not hold, nor one that turns the order of
    others or hides: its number stands for it.
    """
    return CONTROLS.sub(lambda found: code_point(found[0]), text)


def code_point(character: str) -> str:
    """What stands for a character that cannot be set: [U+1F600]."""
    return f"[U+{ord(character):04X}]"
