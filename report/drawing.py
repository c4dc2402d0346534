"""Which figures are drawn for the write-up, from which pictures; each is kept and drawn once."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from featamp.correlation import Correlations
from featamp.variance import VarianceRanking
from report.context import Context, versions
from report.experiments import Plan, sweep_alphas
from report.store import Artifact, code_hash, digest
from report.sweeps import Samples, SweptDimension

if TYPE_CHECKING:
    from report.figures import Strip

TARGET_SAMPLES = 2
"""Samples shown a dimension in the figure of experiment 1."""
WORKERS = min(4, os.cpu_count() or 1)
COMPARED_SAMPLES = 4
"""Samples shown in a figure of experiment 2, where narrow and wide share the width of a page."""
STRIPS_A_PAGE = 10
"""Dimensions in one figure of experiment 3."""
LABELLED = 4
"""Dimensions named in the plots of variance and KL: those of highest variance, so that a new choice redraws nothing."""


STRIP_FORMATS = ("pdf", "png")
PLOT_FORMATS = ("pdf", "png", "svg")


@dataclass(frozen=True)
class Figure:
    """A figure to draw: its name, its formats, what it depends on, and the call that draws it (format to content)."""

    name: str
    formats: tuple[str, ...]
    depends: object
    draw: Callable[[], dict[str, bytes]]


class Drawing:
    """Figures on their way: drawn in processes of their own, while the build goes on to the pages."""

    def __init__(self, context: Context, figures: list[Figure], pool: Executor) -> None:
        code = code_hash("report.figures", "report.drawing")
        self.formats = {figure.name: figure.formats for figure in figures}
        self.keys = {f.name: digest(f.name, f.depends, code, versions("matplotlib")) for f in figures}
        self._context = context
        has = context.store.has
        self._drawn = {f.name: pool.submit(f.draw) for f in figures if not has("figures", self.keys[f.name])}

    @cached_property
    def artifacts(self) -> dict[str, Artifact]:
        """Each figure's files, figure.png and so on, once all are drawn."""
        artifacts = {}
        for number, (name, key) in enumerate(self.keys.items(), 1):
            artifacts[name] = self._context.store.artifact("figures", key, partial(self._save, name))
            self._context.console.progress("figures", number, len(self.keys))
        return artifacts

    def _save(self, name: str, part: Path) -> None:
        for suffix, content in self._drawn[name].result().items():
            (part / f"figure.{suffix}").write_bytes(content)


@contextmanager
def start_drawing(
    context: Context,
    ranking: VarianceRanking,
    correlations: Correlations | None,
    samples: Samples,
    plan: Plan,
    swept: list[SweptDimension],
) -> Iterator[Drawing]:
    """Begin to draw every figure that is not in the store; the processes end with the block."""
    figures = [
        *_plots(ranking, correlations, plan),
        *_Pictures(context, ranking, samples, {d.dim: d for d in swept}, plan).figures(),
    ]
    with _workers() as pool:
        yield Drawing(context, figures, pool)


def _workers() -> Executor:
    """Processes to draw in, started when they get work: matplotlib draws one figure at a time in each.

    Forking is quick, but not safe once torch has started its threads; elsewhere than on Linux, never.
    """
    forks = sys.platform == "linux" and "torch" not in sys.modules
    return ProcessPoolExecutor(WORKERS, get_context("fork" if forks else "spawn"), initializer=_end_with_parent)


def _end_with_parent() -> None:
    """A worker whose build was killed would wait for work for ever."""

    def watch() -> None:
        if parent := parent_process():
            parent.join()
            os._exit(1)

    Thread(target=watch, daemon=True).start()


def _plots(ranking: VarianceRanking, correlations: Correlations | None, plan: Plan) -> list[Figure]:
    labelled = plan.explored[:LABELLED]
    plots = [
        Figure(
            "variance", PLOT_FORMATS, [labelled, ranking.variance.tolist()], partial(_draw_variance, ranking, labelled)
        ),
        Figure("kl", PLOT_FORMATS, [labelled, ranking.kl.tolist()], partial(_draw_kl, ranking, labelled)),
    ]
    if correlations is not None:
        dims = tuple(dict.fromkeys([*plan.targets.values(), *plan.explored]))
        depends = [dims, correlations.names, correlations.r[:, list(dims)].tolist()]
        plots.append(Figure("correlations", PLOT_FORMATS, depends, partial(_draw_correlations, correlations, dims)))
    return plots


def _draw_variance(ranking: VarianceRanking, labelled: tuple[int, ...]) -> dict[str, bytes]:
    from report.figures import variance_figure

    return variance_figure(ranking, labelled)


def _draw_kl(ranking: VarianceRanking, labelled: tuple[int, ...]) -> dict[str, bytes]:
    from report.figures import kl_figure

    return kl_figure(ranking, labelled)


def _draw_correlations(correlations: Correlations, dims: tuple[int, ...]) -> dict[str, bytes]:
    from report.figures import correlations_figure

    return correlations_figure(correlations, dims)


@dataclass(frozen=True)
class _Row:
    """Where a strip's pictures are, and what stands at them; `count` samples of it are shown."""

    title: str
    pairs: Path
    sprite: Path
    size: int
    count: int
    raw: NDArray[np.float64]
    std: float

    def strip(self) -> Strip:
        """The strip with its pictures read."""
        from report.figures import Strip

        return Strip(
            title=self.title,
            pair=_frames(self.pairs, self.size)[: self.count],
            frames=_frames(self.sprite, self.size)[: self.count],
            raw=self.raw,
            sigma=self.raw / self.std if self.std > 0 else np.zeros_like(self.raw),
        )


def _draw_strips(rows: list[_Row], columns: int, samples: tuple[str, ...]) -> dict[str, bytes]:
    from report.figures import strips_figure

    return strips_figure([row.strip() for row in rows], columns, samples)


def _frames(picture: Path, size: int) -> NDArray[np.uint8]:
    """[sample, column, height, width, 3] from a sprite of square cells."""
    from PIL import Image

    with Image.open(picture) as image:
        pixels = np.asarray(image)
    rows, columns = pixels.shape[0] // size, pixels.shape[1] // size
    return pixels.reshape(rows, size, columns, size, 3).swapaxes(1, 2)


@dataclass(frozen=True)
class _Pictures:
    """The figures made of frames: one for each of the four and for each experiment, in both units."""

    context: Context
    ranking: VarianceRanking
    samples: Samples
    swept: dict[int, SweptDimension]
    plan: Plan

    def figures(self) -> list[Figure]:
        """The four, large; then each experiment in one figure, or in as many as keep it legible on a page."""
        plan, everyone = self.plan, len(self.samples.rows)
        figures = []
        for kind, wide in (("raw", "wide"), ("sigma", "wide-sigma")):
            for dim in plan.chosen:
                pair = [(f"Dimension {dim}, narrow", dim, kind), (f"Dimension {dim}, wide", dim, wide)]
                figures.append(self._strips(f"dim{dim:03d}-{kind}", [(f"Dimension {dim}", dim, kind)], everyone))
                figures.append(self._strips(f"experiment2-dim{dim:03d}-{kind}", pair, COMPARED_SAMPLES, columns=2))
            targets = [(f"{name}: dimension {dim}", dim, kind) for name, dim in plan.targets.items()]
            if targets:
                figures.append(self._strips(f"experiment1-{kind}", targets, TARGET_SAMPLES))
            explored = [(f"{rank}. Dimension {dim}", dim, kind) for rank, dim in enumerate(plan.explored, 1)]
            for start in range(0, len(explored), STRIPS_A_PAGE):
                name = f"experiment3-{kind}-{start // STRIPS_A_PAGE + 1}"
                figures.append(self._strips(name, explored[start : start + STRIPS_A_PAGE], 1))
        return figures

    def _strips(self, name: str, titled: list[tuple[str, int, str]], samples: int, columns: int = 1) -> Figure:
        """Strips of (title, dimension, kind), the first `samples` samples of each."""
        rows = [self._row(title, dim, kind, samples) for title, dim, kind in titled]
        keys = [(title, self.swept[dim].artifact.key, kind) for title, dim, kind in titled]
        draw = partial(_draw_strips, rows, columns, self.samples.names[:samples])
        return Figure(name, STRIP_FORMATS, [keys, samples, columns], draw)

    def _row(self, title: str, dim: int, kind: str, samples: int) -> _Row:
        config, std = self.context.config, float(self.ranking.std[dim])
        raw = sweep_alphas(config, std)[kind]
        sprite = self.swept[dim].picture(kind)
        return _Row(title, self.samples.picture, sprite, config.data.size, samples, raw, std)
