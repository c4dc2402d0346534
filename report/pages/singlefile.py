"""The report as one HTML file that can be mailed: the same pages, each of their pictures
compressed and inside once.
"""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from bs4 import BeautifulSoup, Tag
from markupsafe import Markup

from ..view.environment import strict_environment
from .live import given
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
DROPPED = (
    "script, source, form, iframe, button, dialog, .needs-script, .downloads, .handin, .pager,"
    " p.no-script"
)
"""What only works beside the other files of the site, or with its scripts; and what tells so."""
LIVE = "live"
LIVE_DROPPED = (
    "script, .no-script, #live-opening small, #live-keep, #live-set, #live-added, #live-kept,"
    " #live-combinations"
)
"""What goes of the page that decodes, which is there with its scripts but keeps no notes."""
LIVE_SCRIPTS = (
    "static/core.js",
    "data/selection.js",
    "data/live.js",
    *(f"static/live/{name}.js" for name in ("engine", "code", "picture", "sliders")),
)
ALONE = """
featamp.keeping = { start() {}, show() {} };
for (const dimension of featamp.live.dimensions) dimension.page = false;
"""
"""There are neither notes nor other pages beside it."""
LIVE_GIVEN = ("codes", "network", "runtime")
REFERENCES = ("id", "for", "name", "aria-labelledby", "aria-describedby", "aria-controls")
"""Attributes that name an element, which may have the same name on another page."""


@dataclass(frozen=True)
class _Decoder:
    """What the page that decodes needs inside the file: its script, and by name what it opens."""

    script: Markup
    given: dict[str, Markup]

    @property
    def policy(self) -> str:
        """What the file's Content-Security-Policy allows for it: this very script."""
        found = base64.b64encode(sha256(self.script.encode()).digest()).decode()
        return f"script-src 'sha256-{found}' blob: 'wasm-unsafe-eval';"


def has_decoder(site: Path) -> bool:
    """Whether the page that decodes can be a part of the file."""
    return (site / "live/network.js").is_file()


def single_file(site: Path, live: bool = False) -> bytes:
    """One HTML file of the site's pages, with `live` of the one that decodes, too; a pure function
    of the files in `site`.

    Links between pages become links inside the file; links to other files of the site keep only
    their words.
    """
    included = (*INCLUDED, LIVE) if live else INCLUDED
    texts = {name: (site / f"{name}.html").read_text(encoding="utf-8") for name in included}
    pages = {name: _main(text) for name, text in texts.items()}
    shape = re.search(r'<html[^>]* style="([^"]*)"', texts[INCLUDED[0]])
    ids = {
        f"{name}-{element['id']}"
        for name, page in pages.items()
        for element in page.select("[id]")
    }
    pictures = _Embedded(site)
    titles = dict(PAGES)
    sections = []
    for name, page in pages.items():
        _adapt(name, page, included, ids, pictures)
        sections.append((name, titles[name], Markup(page.decode_contents())))
    style = Markup((site / "static/style.css").read_text(encoding="utf-8"))
    decoder = _decoder(site) if live else None

    def render(megabytes: float) -> bytes:
        template = strict_environment().get_template("parts/singlefile.html")
        return template.render(
            style=style,
            shape=shape and shape[1],
            sections=sections,
            pictures=pictures.inside,
            quality=QUALITY,
            megabytes=megabytes,
            decoder=decoder,
        ).encode()

    return render(len(render(0.0)) / 1e6)


def _decoder(site: Path) -> _Decoder:
    def read(names: Iterable[str]) -> list[str]:
        return [(site / name).read_text(encoding="utf-8") for name in names]

    parts = [*read(LIVE_SCRIPTS), ALONE, *read(["static/live/desk.js"])]
    inside = {name: Markup(given(site, name).replace("<", "\\u003c")) for name in LIVE_GIVEN}
    return _Decoder(Markup("\n".join(parts).replace("</", "<\\/")), inside)


def _main(page: str) -> Tag:
    """The <main> of a page."""
    main = BeautifulSoup(page, "html.parser").main
    assert main is not None  # every page extends parts/base.html
    return main


class _Embedded:
    """The pictures of the file: pixels stand in it once, as WebP, however often they are shown; a
    drawing, as it is.
    """

    def __init__(self, site: Path) -> None:
        # by path: name, width, height, data
        self.inside: dict[str, tuple[str, int, int, str]] = {}
        self._site = site

    def put(self, image: Tag) -> None:
        """Put what an <img> shows into the file, and what stands for it in its place."""
        path, alt = str(image["src"]), str(image.get("alt", ""))
        if path.endswith(".svg"):
            image["src"] = _data_uri("svg+xml", (self._site / path).read_bytes())
            return
        if path not in self.inside:
            self.inside[path] = self._compressed(path)
        name, width, height, _ = self.inside[path]
        box = {"viewBox": f"0 0 {width} {height}", "role": "img", "aria-label": alt}
        shown = Tag(name="svg", attrs=box)
        if "class" in image.attrs:
            shown["class"] = image["class"]
        shown.append(Tag(name="use", attrs={"href": f"#{name}"}))
        image.replace_with(shown)

    def _compressed(self, path: str) -> tuple[str, int, int, str]:
        from PIL import Image

        with Image.open(self._site / path) as image:
            if image.format == "WEBP":
                content = (self._site / path).read_bytes()
            else:
                buffer = io.BytesIO()
                image.convert("RGB").save(buffer, "WEBP", quality=QUALITY, method=4)
                content = buffer.getvalue()
        return f"picture-{len(self.inside)}", *image.size, _data_uri("webp", content)


def _data_uri(kind: str, content: bytes) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def _adapt(
    name: str, page: Tag, included: tuple[str, ...], ids: set[str], pictures: _Embedded
) -> None:
    """Make a page a part of a larger one: names its own, pictures inside, links that lead
    somewhere.
    """
    for element in page.select(LIVE_DROPPED if name == LIVE else DROPPED):
        element.decompose()
    for element in page.find_all(True):
        element.attrs.pop("data-sprite", None)  # for scripts, which are not here
        for reference in () if name == LIVE else REFERENCES:  # its scripts know its names
            if reference in element.attrs:
                element[reference] = f"{name}-{element[reference]}"
    for link in page.find_all("a"):
        target = _target(name, str(link.get("href", "")), included, ids)
        if target is None:
            link.unwrap()
        else:
            link["href"] = target
    for choice in page.find_all("picture"):
        choice.unwrap()  # its sources are dropped: the one picture is inside
    for image in page.find_all("img"):
        pictures.put(image)


def _target(name: str, link: str, included: tuple[str, ...], ids: set[str]) -> str | None:
    """Where a link of a page leads in this file; None where it leads to a file that is not
    inside.
    """
    if link.startswith("https://"):
        return link
    path, _, fragment = link.partition("#")
    page = path.removesuffix(".html") if path else name
    if page == LIVE in included and fragment:  # its names are as they are on the site
        return f"#{fragment}"
    if page in included:
        return f"#{page}-{fragment}" if fragment else f"#{page}"
    dimension = page.replace("dim/", "dim-")
    places = (f"{other}-{dimension}" for other in INCLUDED)
    return next((f"#{place}" for place in places if place in ids), None)
