"""Which figures are drawn for the write-up, from which pictures; each is kept and drawn once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
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
STRIPS_A_PAGE = 10
"""Dimensions in one figure of experiment 3."""
LABELLED = 4
"""Dimensions named in the plots of variance and KL: those of highest variance, so that a new choice redraws nothing."""


@dataclass(frozen=True)
class Figure:
    """A figure to draw: its name, what it depends on, and how it is drawn (suffix to content)."""

    name: str
    depends: object
    draw: Callable[[], dict[str, bytes]]


def draw_figures(
    context: Context,
    ranking: VarianceRanking,
    correlations: Correlations | None,
    samples: Samples,
    plan: Plan,
    swept: list[SweptDimension],
) -> dict[str, Artifact]:
    """Draw every figure that is not in the store: figure.png, .pdf and, for plots, .svg in each artifact."""
    figures = [
        *_plots(ranking, correlations, plan),
        *_Pictures(context, ranking, samples, {d.dim: d for d in swept}, plan).figures(),
    ]
    code = code_hash("report.figures", "report.drawing")
    drawn = {}
    for number, figure in enumerate(figures):
        key = digest(figure.name, figure.depends, code, versions("matplotlib"))
        drawn[figure.name] = context.store.artifact("figures", key, _saver(figure))
        context.console.progress("figures", number + 1, len(figures))
    return drawn


def _saver(figure: Figure) -> Callable[[Path], None]:
    def make(part: Path) -> None:
        for suffix, content in figure.draw().items():
            (part / f"figure.{suffix}").write_bytes(content)

    return make


def _plots(ranking: VarianceRanking, correlations: Correlations | None, plan: Plan) -> list[Figure]:
    def variance() -> dict[str, bytes]:
        from report.figures import variance_figure

        return variance_figure(ranking, labelled)

    def kl() -> dict[str, bytes]:
        from report.figures import kl_figure

        return kl_figure(ranking, labelled)

    labelled = plan.explored[:LABELLED]
    plots = [
        Figure("variance", [labelled, ranking.variance.tolist()], variance),
        Figure("kl", [labelled, ranking.kl.tolist()], kl),
    ]
    if correlations is None:
        return plots
    known = correlations
    dims = tuple(dict.fromkeys([*plan.targets.values(), *plan.explored]))

    def heatmap() -> dict[str, bytes]:
        from report.figures import correlations_figure

        return correlations_figure(known, dims)

    return [*plots, Figure("correlations", [dims, known.names, known.r[:, list(dims)].tolist()], heatmap)]


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
                figures.append(self._sweep(f"dim{dim:03d}-{kind}", dim, kind))
                figures.append(self._strips(f"experiment2-dim{dim:03d}-{kind}", pair, everyone, columns=2))
            targets = [(f"{name}: dimension {dim}", dim, kind) for name, dim in plan.targets.items()]
            if targets:
                figures.append(self._strips(f"experiment1-{kind}", targets, TARGET_SAMPLES))
            explored = [(f"{rank}. Dimension {dim}", dim, kind) for rank, dim in enumerate(plan.explored, 1)]
            for start in range(0, len(explored), STRIPS_A_PAGE):
                name = f"experiment3-{kind}-{start // STRIPS_A_PAGE + 1}"
                figures.append(self._strips(name, explored[start : start + STRIPS_A_PAGE], 1))
        return figures

    def _sweep(self, name: str, dim: int, kind: str) -> Figure:
        def draw() -> dict[str, bytes]:
            from report.figures import sweep_figure

            return sweep_figure(self._strip(f"Dimension {dim}", dim, kind, None), self.samples.names)

        return Figure(name, [self.swept[dim].artifact.key, kind], draw)

    def _strips(self, name: str, titled: list[tuple[str, int, str]], samples: int, columns: int = 1) -> Figure:
        """Strips of (title, dimension, kind), the first `samples` samples of each."""

        def draw() -> dict[str, bytes]:
            from report.figures import strips_figure

            strips = [self._strip(title, dim, kind, samples) for title, dim, kind in titled]
            return strips_figure(strips, columns, self.samples.names[:samples])

        keys = [(title, self.swept[dim].artifact.key, kind) for title, dim, kind in titled]
        return Figure(name, [keys, samples, columns], draw)

    def _strip(self, title: str, dim: int, kind: str, samples: int | None) -> Strip:
        from report.figures import Strip

        std = float(self.ranking.std[dim])
        raw = sweep_alphas(self.context.config, std)[kind]
        return Strip(
            title=title,
            pair=self._frames(self.samples.picture)[:samples],
            frames=self._frames(self.swept[dim].picture(kind))[:samples],
            raw=raw,
            sigma=raw / std if std > 0 else np.zeros_like(raw),
        )

    def _frames(self, picture: Path) -> NDArray[np.uint8]:
        """[sample, column, height, width, 3] from a sprite."""
        from PIL import Image

        size = self.context.config.data.size
        with Image.open(picture) as image:
            pixels = np.asarray(image)
        rows, columns = pixels.shape[0] // size, pixels.shape[1] // size
        return pixels.reshape(rows, size, columns, size, 3).swapaxes(1, 2)
