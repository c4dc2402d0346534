"""The figures that are made of faces."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from featamp.io.files.steps import Size

from ...findings.experiments import TARGET_SAMPLES, Experiments
from ...findings.figures import GLANCES, Figure
from ...findings.findings import ANIMATED_SAMPLES, GLANCED_SAMPLES, Findings
from ...findings.pictures import read_frames
from ...findings.plan import NARROW, widened
from ...findings.sweeps import SweptCombination
from ...view.contact import SheetLine, handed_in_lines, sheet_steps
from ...view.readings import shared_units
from ...view.words import spaced, step
from .draft import Draft

if TYPE_CHECKING:
    from ..figures.strips import Strip

COMPARED_SAMPLES = 4
"""Samples shown in a figure of experiment 2, where narrow and wide share the width of a page."""
STRIPS_A_PAGE = 10
"""Dimensions in one figure of experiment 3."""
HANDED_IN = ("pdf", "png")
"""Of the chosen in the units in which they are shown: for TeX and for Word."""
VECTORS = ("pdf",)
PIXELS = ("png",)
ANIMATION_FORMATS = ("gif",)
GLANCE_FORMATS = ("webp",)
COMBINED_NOTE = "times the combination as picked, and standard deviations σ along it"
CONTACT_NOTE = (
    "α in standard deviations σ of each dimension; 0 is the reconstruction. In brackets: responds"
    " most by both judges, but bears no name."
)


@dataclass(frozen=True)
class _Row:
    """Where a strip's pictures are, and what stands at them; `count` samples of it are shown.
    `note` says what `raw` and `sigma` are where it is no dimension.
    """

    title: str
    pairs: Path
    swept: Path
    size: Size
    count: int
    raw: NDArray[np.float64]
    sigma: NDArray[np.float64]
    note: str = ""

    def strip(self) -> Strip:
        """The strip with its pictures read."""
        from ..figures.strips import Strip

        strip = Strip(
            title=self.title,
            pair=read_frames(self.pairs, self.size, self.count),
            frames=read_frames(self.swept, self.size, self.count),
            raw=self.raw,
            sigma=self.sigma,
        )
        return replace(strip, note=self.note) if self.note else strip


def _draw_strips(
    rows: list[_Row], columns: int, samples: tuple[str, ...], formats: tuple[str, ...]
) -> dict[str, bytes]:
    from ..figures.strips import strips_figure

    return strips_figure([row.strip() for row in rows], columns, samples, formats=formats)


def _draw_column(row: _Row, samples: tuple[str, ...]) -> dict[str, bytes]:
    from ..figures.strips import strips_figure
    from ..figures.style import COLUMN

    return strips_figure([row.strip()], 1, samples, COLUMN, VECTORS)


def _draw_sheet(rows: list[_Row], samples: tuple[str, ...]) -> dict[str, bytes]:
    from ..figures.sheet import sheet_figure

    return sheet_figure([row.strip() for row in rows], samples)


def _draw_animation(row: _Row) -> dict[str, bytes]:
    from ..figures.animation import animate

    return animate(row.strip())


def _draw_glance(
    kind: str, row: _Row, columns: tuple[int | None, ...], few: int
) -> dict[str, bytes]:
    from ..figures.glances import glance_picture

    count = None if kind == "compact" else few
    pair, frames = (read_frames(at, row.size, count) for at in (row.pairs, row.swept))
    return glance_picture(kind, pair, frames, columns, few)


def _draw_contact(
    rows: list[_Row],
    words: list[tuple[str, ...]],
    columns: tuple[int | None, ...],
    steps: list[str],
) -> dict[str, bytes]:
    from ..figures.contact import Entry, contact_figure
    from ..figures.glances import take_columns

    entries = []
    for row, told in zip(rows, words, strict=True):
        pair, frames = (read_frames(at, row.size, row.count) for at in (row.pairs, row.swept))
        entries.append(Entry(row.title, told, take_columns(pair, frames, columns)))
    return contact_figure(entries, steps, CONTACT_NOTE)


def _called(line: SheetLine) -> tuple[str, ...]:
    """What a dimension is called, in the lines beside its faces."""
    attribute = ""
    if line.attribute is not None and line.place is not None:
        attribute = f"{spaced(line.attribute)} {'+' if line.sign > 0 else '−'}"
    told = attribute if line.named or not attribute else f"({attribute})"
    words = line.verdict, line.told, told, "" if line.told else line.place or ""
    return tuple(filter(None, words))


@dataclass(frozen=True)
class Asked:
    """The figures of the experiments themselves: of each of the four, and of each experiment, in
    the units in which the four are shown.
    """

    findings: Experiments

    def figures(self) -> list[Draft]:
        """The four on a sheet, and each large; each experiment in as many as keep it legible."""
        chosen, kind = self.findings.plan.chosen, self._shared_kind
        figures = [self._sheet()]  # first, because it takes longest
        for dim in chosen:
            figures += [self._dimension(dim, kind), self._ranges(dim, kind)]
        return [*figures, *self._targets(kind), *self._explored(kind)]

    def _dimension(self, dim: int, kind: str) -> Draft:
        """A dimension over all samples; in the other units for whoever wants them."""
        formats = HANDED_IN if kind == self._shared_kind else VECTORS
        one = [(self._title(dim), dim, kind)]
        return self._strips(Figure("dimension", dim, kind), one, len(self._names), formats)

    def _ranges(self, dim: int, kind: str) -> Draft:
        """The narrow range beside the wide one."""
        pair = [
            (self._titled(f"Dimension {dim}, narrow", dim), dim, kind),
            (self._titled(f"Dimension {dim}, wide", dim), dim, widened(kind)),
        ]
        shows = Figure("experiment2", dim, kind)
        return self._strips(shows, pair, COMPARED_SAMPLES, PIXELS, columns=2)

    def _targets(self, kind: str) -> Iterator[Draft]:
        targets = [
            (self._titled(f"{name}, dimension {dim}", dim), dim, kind)
            for name, dim in self.findings.plan.targets.items()
        ]
        if targets:
            shows = Figure("experiment1", None, kind)
            yield self._strips(shows, targets, TARGET_SAMPLES, PIXELS)

    def _explored(self, kind: str) -> Iterator[Draft]:
        explored = [
            (self._titled(f"{rank}. Dimension {dim}", dim), dim, kind)
            for rank, dim in enumerate(self.findings.plan.explored, 1)
        ]
        for start in range(0, len(explored), STRIPS_A_PAGE):
            shows = Figure("experiment3", None, kind, start // STRIPS_A_PAGE + 1)
            yield self._strips(shows, explored[start : start + STRIPS_A_PAGE], 1, PIXELS)

    def _sheet(self) -> Draft:
        """The chosen dimensions over all samples on one A4 page."""
        kind, names, chosen = self._shared_kind, self._names, self.findings.plan.chosen
        rows = [self._row(self._title(dim), dim, kind, len(names)) for dim in chosen]
        keys = [(self._title(dim), self._key(dim), kind) for dim in chosen]
        return Draft(Figure("sheet"), VECTORS, keys, partial(_draw_sheet, rows, names))

    def _title(self, dim: int) -> str:
        return self._titled(f"Dimension {dim}", dim)

    def _titled(self, head: str, dim: int) -> str:
        """What stands above a strip of a dimension: `head`, and what a person calls it."""
        label = self.findings.selection.note(dim).label.strip()
        return f"{head}: {label}" if label else head

    @property
    def _shared_kind(self) -> str:
        """The narrow sweep in which the chosen stand side by side."""
        return shared_units(self.findings, self.findings.plan.chosen)

    @property
    def _names(self) -> tuple[str, ...]:
        return self.findings.samples.names

    def _key(self, dim: int) -> str:
        return self.findings.swept[dim].key

    def _strips(
        self,
        shows: Figure,
        titled: list[tuple[str, int, str]],
        samples: int,
        formats: tuple[str, ...],
        columns: int = 1,
    ) -> Draft:
        """Strips of (title, dimension, kind), the first `samples` samples of each."""
        rows = [self._row(title, dim, kind, samples) for title, dim, kind in titled]
        swept = self.findings.swept
        keys = [(title, swept[dim].key_of(kind), kind) for title, dim, kind in titled]
        draw = partial(_draw_strips, rows, columns, self._names[:samples], formats)
        return Draft(shows, formats, [keys, samples, columns], draw)

    def _column(self, dim: int, kind: str) -> Draft:
        """A dimension over all samples, for one column of a paper."""
        row = self._row(self._title(dim), dim, kind, len(self._names))
        depends = [row.title, self._key(dim), kind]
        shows = Figure("column", dim, kind)
        return Draft(shows, VECTORS, depends, partial(_draw_column, row, self._names))

    def _row(self, title: str, dim: int, kind: str, samples: int) -> _Row:
        f, swept = self.findings, self.findings.swept[dim]
        sweep, size = swept.sweeps[kind], f.config.data.size
        pairs, frames = f.samples.frames, swept.frames(kind)
        return _Row(title, pairs, frames, size, samples, sweep.raw, sweep.sigma)


@dataclass(frozen=True)
class Pictures(Asked):
    """All that is made of frames: the four in the other units and for one column, the animations,
    the combinations, what is looked at, too.
    """

    findings: Findings

    def figures(self) -> list[Draft]:
        """The figures of the experiments, and the others behind them."""
        plan, shared = self.findings.plan, self._shared_kind
        other = next(kind for kind in NARROW if kind != shared)
        return [
            *super().figures(),
            *(self._dimension(dim, other) for dim in plan.chosen),
            *(self._column(dim, shared) for dim in plan.chosen),
            *(self._animation(dim) for dim in plan.chosen),
            *(self._combination(*item) for item in self.findings.combinations.items()),
            self._contact(),
            *(self._glance(kind, dim) for dim in plan.dims for kind in GLANCES),
        ]

    def _animation(self, dim: int) -> Draft:
        row = self._row(self._title(dim), dim, self._shared_kind, ANIMATED_SAMPLES)
        depends = [row.title, self._key(dim), self._shared_kind]
        return Draft(
            Figure("animation", dim), ANIMATION_FORMATS, depends, partial(_draw_animation, row)
        )

    def _combination(self, name: str, swept: SweptCombination) -> Draft:
        """Over all samples, from its opposite to the combination as picked."""
        f, names, sigma = self.findings, self._names, swept.sweep.sigma
        row = _Row(
            name, f.samples.frames, swept.frames("sigma"), f.config.data.size, len(names),
            sigma / sigma[-1], sigma, COMBINED_NOTE,
        )  # fmt: skip
        draw = partial(_draw_strips, [row], 1, names, HANDED_IN)
        depends = [name, swept.key, sigma.tolist()]
        return Draft(Figure("combination", page=swept.number), HANDED_IN, depends, draw)

    def _contact(self) -> Draft:
        """The best of the swept dimensions in a few frames."""
        lines, columns = handed_in_lines(self.findings), self.findings.plan.glanced
        titles = [f"{n.dim}  {self.findings.selection.note(n.dim).label}".strip() for n in lines]
        rows = [
            self._row(title, line.dim, "sigma", GLANCED_SAMPLES)
            for title, line in zip(titles, lines, strict=True)
        ]
        words = [_called(line) for line in lines]
        steps = [step(alpha) for alpha in sheet_steps(self.findings)]
        depends = [titles, words, [self._key(line.dim) for line in lines], columns, steps]
        draw = partial(_draw_contact, rows, words, columns, steps)
        return Draft(Figure("contact"), HANDED_IN, depends, draw)

    def _glance(self, kind: str, dim: int) -> Draft:
        """A small picture of a dimension, for the pages."""
        columns = self.findings.plan.glanced
        row = self._row("", dim, "sigma", len(self._names))
        depends = [self._key(dim), self.findings.samples.key, columns, GLANCED_SAMPLES]
        draw = partial(_draw_glance, kind, row, columns, GLANCED_SAMPLES)
        return Draft(Figure(kind, dim), GLANCE_FORMATS, depends, draw)
