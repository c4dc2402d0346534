"""`docs/models.md`, made of the cases that the tests try: `python -m tests.models.page`."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from report.engine.places import PROJECT
from tests.models.cases import CASES, Case
from tests.models.images import PICTURES

PAGE = PROJECT / "docs/models.md"
TEMPLATE = PROJECT / "tests/models/page.md"


def rows() -> Iterator[str]:
    """A row of the table for each case."""
    for case in CASES:
        written = "<br>".join(f"`{line}`" for line in case.config.splitlines())
        grey = ", one channel shown as grey" if case.grey else ""
        package = f" ({case.needs} must be installed)" if case.needs else ""
        height, width = case.size
        yield (
            f"| {case.name}{package} | {written} | {height} x {width} pixels{grey};"
            f" {case.dims} dimensions; told: “{case.told}” |\n"
        )


def image_rows() -> Iterator[str]:
    """A row of the table for each kind of folder."""
    for case in PICTURES:
        written = "<br>".join(f"`{line}`" for line in case.config.splitlines())
        labels = len(case.labels)
        named = f"{labels} labels" if labels > 2 else ", ".join(f"`{n}`" for n in case.labels)
        yield f"| {case.name} | {written} | {case.told}; {named or 'no labels'} |\n"


def example() -> str:
    """The functions of the conditional model."""
    case: Case = next(case for case in CASES if "conditional" in case.name)
    return inspect.cleandoc(case.source[case.source.index("def classes") :]) + "\n"


def page() -> str:
    """The whole page."""
    text = TEMPLATE.read_text(encoding="utf-8")
    text = text.replace("{rows}", "".join(rows())).replace("{images}", "".join(image_rows()))
    return text.replace("{example}", example())


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
