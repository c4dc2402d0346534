"""Words that a student may not know, linked to what they mean where a page first uses them."""

from __future__ import annotations

import re

WORDS = {
    "nat": r"nats?",
    "logit": r"logits?",
    "probe": r"probes?",
    "self-response": r"[Ss]elf-response",
    "leakage": r"[Ll]eakage",
    "photometric-share": r"[Pp]hotometric(?: share)?",
    "held-out": r"[Hh]eld out",
    "q": r"q",
}
"""What the glossary of the page on the method explains, by the end of its anchor."""
WHOLE = (
    "a", "button", "caption", "code", "dfn", "h1", "h2", "h3", "label", "math", "option", "pre",
    "script", "style", "summary", "svg", "textarea", "title",
)  # fmt: skip
"""Elements that stay as they are."""

_WORDS = {anchor: re.compile(rf"(?<![\w-]){word}(?![\w-])") for anchor, word in WORDS.items()}
_ANY = re.compile("|".join(WORDS.values()))
_TAG = re.compile(r"""(<(?:[^<>"']|"[^"]*"|'[^']*')*>)""")
_NAME = re.compile(r"</?([a-z0-9]+)")


def link_words(page: str, root: str) -> str:
    """A page whose `main` links each of `WORDS` once, where it comes first.

    Parameters
    ----------
    page : HTML.
    root : the path from the page to the folder of the site.
    """
    before, main, rest = page.partition("<main")
    body, end, after = rest.partition("</main>")
    left, inside, parts = dict(_WORDS), 0, []
    for part in _TAG.split(main + body):
        if part.startswith("<"):
            inside += _opens(part)
        elif not inside and _ANY.search(part):  # few parts have one
            part = _link_first(part, left, root)
        parts.append(part)
    return before + "".join(parts) + end + after


def _opens(tag: str) -> int:
    """1 where a tag opens an element that stays as it is, -1 where it closes one, else 0."""
    name = _NAME.match(tag)
    if not name or name[1] not in WHOLE:
        return 0
    return -1 if tag.startswith("</") else 1


def _link_first(text: str, left: dict[str, re.Pattern[str]], root: str) -> str:
    """The text with a link on each word that is left; those are taken out."""
    for anchor, word in list(left.items()):
        if found := word.search(text):
            del left[anchor]
            link = f'<a class="word" href="{root}method.html#word-{anchor}">{found[0]}</a>'
            text = text[: found.start()] + link + text[found.end() :]
    return text
