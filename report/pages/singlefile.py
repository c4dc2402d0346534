"""The report as one HTML file that can be mailed: the same pages, each of their pictures
compressed and inside once.
"""

from __future__ import annotations

import base64
import html
import io
import re
from html.parser import HTMLParser
from pathlib import Path

from markupsafe import Markup

from ..view.environment import strict_environment
from .render import PAGES

NAME = "featamp-report.html"
INCLUDED = (
    "index",
    "selection",
    "experiment1",
    "experiment2",
    "experiment3",
    "variance",
    "attributes",
    "method",
)
"""Pages in the order of the file."""
QUALITY = 85
"""Of the pictures, as WebP."""
DROPPED_TAGS = ("script", "form", "iframe", "button", "dialog")
DROPPED_CLASSES = ("needs-script", "downloads", "handin", "pager")
"""What only works beside the other files of the site, or with its scripts."""
VOID = ("img", "input", "br", "wbr", "hr", "meta", "link", "source", "mspace")
REFERENCES = ("id", "for", "name", "aria-labelledby", "aria-describedby", "aria-controls")
"""Attributes that name an element, which may have the same name on another page."""


def single_file(site: Path) -> bytes:
    """One HTML file of the site's pages; a pure function of the files in `site`.

    Links between pages become links inside the file; links to other files of the site keep only
    their words.
    """
    pages = {name: _main((site / f"{name}.html").read_text(encoding="utf-8")) for name in INCLUDED}
    ids = {
        f"{name}-{id}"
        for name, page in pages.items()
        for id in re.findall(r'\sid="([^"]+)"', page)
    }
    pictures = _Pictures(site)
    titles = dict(PAGES)
    sections = []
    for name, page in pages.items():
        rewriter = _Rewriter(name, ids, pictures)
        rewriter.feed(page)
        rewriter.close()
        sections.append((name, titles[name], Markup("".join(rewriter.parts))))
    style = Markup((site / "static/style.css").read_text(encoding="utf-8"))

    def render(megabytes: float) -> bytes:
        template = strict_environment().get_template("parts/singlefile.html")
        return template.render(
            style=style,
            sections=sections,
            pictures=pictures.inside,
            quality=QUALITY,
            megabytes=megabytes,
        ).encode()

    return render(len(render(0.0)) / 1e6)


def _main(page: str) -> str:
    """What stands between the tags of <main>."""
    return page.split("<main", 1)[1].split(">", 1)[1].rsplit("</main>", 1)[0]


class _Pictures:
    """The pictures of the file: pixels stand in it once, as WebP, however often they are shown; a
    drawing, as it is.
    """

    def __init__(self, site: Path) -> None:
        self.inside: dict[
            str, tuple[str, int, int, str]
        ] = {}  # by path: name, width, height, data
        self._site = site

    def show(self, given: dict[str, str | None]) -> str:
        """What stands for an <img> of these attributes."""
        path, alt = given["src"] or "", html.escape(given["alt"] or "")
        if path.endswith(".svg"):
            source = _data_uri("svg+xml", (self._site / path).read_bytes())
            size = f'width="{given["width"]}" height="{given["height"]}"'
            return f'<img src="{source}" {size} alt="{alt}">'
        if path not in self.inside:
            self.inside[path] = self._compressed(path)
        name, width, height, _ = self.inside[path]
        box = f'viewBox="0 0 {width} {height}" role="img" aria-label="{alt}"'
        return f'<svg {box}><use href="#{name}"/></svg>'

    def _compressed(self, path: str) -> tuple[str, int, int, str]:
        from PIL import Image

        buffer = io.BytesIO()
        with Image.open(self._site / path) as image:
            image.convert("RGB").save(buffer, "WEBP", quality=QUALITY, method=4)
        return f"picture-{len(self.inside)}", *image.size, _data_uri("webp", buffer.getvalue())


def _data_uri(kind: str, content: bytes) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


class _Rewriter(HTMLParser):
    """A page as a part of a larger one: names made its own, pictures inside, links that lead
    somewhere.
    """

    def __init__(self, page: str, ids: set[str], pictures: _Pictures) -> None:
        super().__init__(convert_charrefs=False)
        self.parts: list[str] = []
        self._page = page
        self._ids = ids
        self._pictures = pictures
        self._dropped = 0
        self._links: list[bool] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._dropped or self._drops(tag, dict(attrs)):
            self._dropped += tag not in VOID
            return
        if tag == "img":
            self.parts.append(self._pictures.show(dict(attrs)))
            return
        changed = [(name, self._value(tag, name, value)) for name, value in attrs]
        if tag == "a":
            self._links.append(dict(changed).get("href") is not None)
            if not self._links[-1]:
                return
        if changed == attrs:
            self.parts.append(self.get_starttag_text() or "")
        else:
            written = (
                name if value is None else f'{name}="{html.escape(value)}"'
                for name, value in changed
            )
            self.parts.append(f"<{' '.join([tag, *written])}>")

    def handle_endtag(self, tag: str) -> None:
        if self._dropped:
            self._dropped -= 1
        elif tag != "a" or self._links.pop():
            self.parts.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self._keep(data)

    def handle_entityref(self, name: str) -> None:
        self._keep(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._keep(f"&#{name};")

    def _keep(self, text: str) -> None:
        if not self._dropped:
            self.parts.append(text)

    def _drops(self, tag: str, given: dict[str, str | None]) -> bool:
        classes = (given.get("class") or "").split()
        told = tag == "p" and "no-script" in classes  # tells what a page without scripts cannot do
        return tag in DROPPED_TAGS or told or any(name in DROPPED_CLASSES for name in classes)

    def _value(self, tag: str, name: str, value: str | None) -> str | None:
        if value is None:
            return None
        if name in REFERENCES:
            return f"{self._page}-{value}"
        return self._target(value) if tag == "a" and name == "href" else value

    def _target(self, link: str) -> str | None:
        """Where a link leads in this file; None where it leads to a file that is not inside."""
        if link.startswith("https://"):
            return link
        path, _, fragment = link.partition("#")
        page = path.removesuffix(".html") if path else self._page
        if page in INCLUDED:
            return f"#{page}-{fragment}" if fragment else f"#{page}"
        dimension = page.replace("dim/", "dim-")
        return next(
            (f"#{name}-{dimension}" for name in INCLUDED if f"{name}-{dimension}" in self._ids),
            None,
        )
