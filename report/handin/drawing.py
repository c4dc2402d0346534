"""Which figures are drawn for the write-up, from which pictures; each is kept and drawn once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from featamp.measure.score import suggest
from featamp.measure.sweep import cells
from featamp.statistics.correlation import Correlations
from featamp.statistics.redraws import Stability
from featamp.statistics.variance import VarianceRanking

from ..engine.context import Context, versions
from ..engine.hashing import code_hash, digest
from ..engine.store import Artifact
from ..findings.findings import ANIMATED_SAMPLES, IN_COLUMN, MAP_GAIN, TARGET_SAMPLES
from ..inputs.config import Config
from ..inputs.selection import EXPECTED
from ..stages.evidence import Evidence
from ..stages.plan import Plan, shared_kind, sweep_alphas
from ..stages.sweeps import Samples, SweptDimension

if TYPE_CHECKING:
    from .figures import Strip

COMPARED_SAMPLES = 4
"""Samples shown in a figure of experiment 2, where narrow and wide share the width of a page."""
STRIPS_A_PAGE = 10
"""Dimensions in one figure of experiment 3."""
LABELLED = 4
"""Dimensions named in the plots of variance and KL: those of highest variance, so that a new
choice redraws nothing."""


STRIP_FORMATS = ("pdf", "png")
ANIMATION_FORMATS = ("gif",)
PLOT_FORMATS = ("pdf", "png", "svg")


@dataclass(frozen=True)
class Figure:
    """A figure to draw: its name, its formats, what it depends on, and the call that draws it
    (format to content).
    """

    name: str
    formats: tuple[str, ...]
    depends: object
    draw: Callable[[], dict[str, bytes]]


class Drawing:
    """Figures on their way: drawn in processes of their own, while the build goes on to the
    pages.
    """

    def __init__(self, context: Context, figures: list[Figure]) -> None:
        code = code_hash("report.handin.figures", "report.handin.plots", "report.handin.drawing")
        self.formats = {figure.name: figure.formats for figure in figures}
        self.keys = {
            f.name: digest(f.name, f.depends, code, versions("matplotlib")) for f in figures
        }
        self._context = context
        missing = (f for f in figures if not context.store.has("figures", self.keys[f.name]))
        self._drawn = {f.name: context.workers.submit(f.draw) for f in missing}

    @cached_property
    def artifacts(self) -> dict[str, Artifact]:
        """Each figure's files, figure.png and so on, once all are drawn."""
        artifacts = {}
        for number, (name, key) in enumerate(self.keys.items(), 1):
            artifacts[name] = self._context.store.artifact(
                "figures", key, partial(self._save, name)
            )
            self._context.console.progress("figures", number, len(self.keys))
        return artifacts

    def _save(self, name: str, part: Path) -> None:
        for suffix, content in self._drawn[name]().items():
            (part / f"figure.{suffix}").write_bytes(content)


def start_drawing(
    context: Context,
    ranking: VarianceRanking,
    correlations: Correlations | None,
    samples: Samples,
    plan: Plan,
    swept: list[SweptDimension],
    evidence: Evidence,
) -> Drawing:
    """Begin to draw every figure that is not in the store."""
    figures = [
        *_plots(ranking, correlations, plan),
        *_evidence_plots(context, correlations, swept, evidence),
        *_Pictures(context, ranking, samples, {d.dim: d for d in swept}, plan).figures(),
    ]
    return Drawing(context, figures)


def _plots(
    ranking: VarianceRanking, correlations: Correlations | None, plan: Plan
) -> list[Figure]:
    labelled = plan.explored[:LABELLED]
    plots = [
        Figure(
            "variance",
            PLOT_FORMATS,
            [labelled, ranking.variance.tolist()],
            partial(_draw_variance, ranking, labelled),
        ),
        Figure(
            "kl",
            PLOT_FORMATS,
            [labelled, ranking.kl.tolist()],
            partial(_draw_kl, ranking, labelled),
        ),
    ]
    if correlations is not None:
        dims = tuple(dict.fromkeys([*plan.targets.values(), *plan.explored]))
        depends = [dims, correlations.names, correlations.r[:, list(dims)].tolist()]
        plots.append(
            Figure(
                "correlations",
                PLOT_FORMATS,
                depends,
                partial(_draw_correlations, correlations, dims),
            )
        )
    return plots


def _evidence_plots(
    context: Context,
    correlations: Correlations | None,
    swept: list[SweptDimension],
    evidence: Evidence,
) -> list[Figure]:
    """The plots of the measures, of every swept dimension: a new choice among them redraws
    none.
    """
    keys = [dimension.artifact.key for dimension in swept]
    scored = [keys, evidence.key, asdict(context.config.ranking)]
    figures = [
        Figure("effects", PLOT_FORMATS, keys, partial(_draw_effects, context.config, swept)),
        Figure("maps", PLOT_FORMATS, keys, partial(_draw_maps, swept)),
        Figure(
            "scores", PLOT_FORMATS, scored, partial(_draw_scores, context.config, swept, evidence)
        ),
    ]
    if correlations is not None and evidence.judges is not None:
        names = correlations.names
        dims = tuple(dimension.dim for dimension in swept)
        slopes = np.full((len(names), len(dims)), np.nan)
        for column, dim in enumerate(dims):
            if seen := evidence.responses[dim].attributes:
                slopes[seen.told, column] = seen.slope[seen.told]
        responses = partial(_draw_responses, names, dims, slopes)
        figures.append(Figure("responses", PLOT_FORMATS, [keys, evidence.key], responses))
        stability = evidence.judges.labels.stability
        if stability.defined.any():
            held_out = partial(_draw_held_out, names, stability)
            figures.append(
                Figure("held-out", PLOT_FORMATS, [names, evidence.judges.key], held_out)
            )
    return figures


def _draw_effects(config: Config, swept: list[SweptDimension]) -> dict[str, bytes]:
    from .plots import effects_figure

    steps = sweep_alphas(config, 1.0)["sigma"]
    return effects_figure([d.dim for d in swept], steps, [d.effect("sigma").change for d in swept])


def _draw_maps(swept: list[SweptDimension]) -> dict[str, bytes]:
    from .plots import maps_figure

    return maps_figure([d.dim for d in swept], [d.quality().difference for d in swept], MAP_GAIN)


def _draw_scores(
    config: Config, swept: list[SweptDimension], evidence: Evidence
) -> dict[str, bytes]:
    from .plots import scores_figure

    scores = evidence.scores(config, swept)
    suggested = [suggestion.score.dim for suggestion in suggest(scores, EXPECTED)]
    return scores_figure(
        [score.dim for score in scores], [score.score for score in scores], suggested
    )


def _draw_responses(
    names: tuple[str, ...], dims: tuple[int, ...], slopes: NDArray[np.float64]
) -> dict[str, bytes]:
    from .plots import responses_figure

    return responses_figure(names, dims, slopes)


def _draw_held_out(names: tuple[str, ...], stability: Stability) -> dict[str, bytes]:
    from .plots import held_out_figure

    s, known = stability, stability.defined
    sign = np.where(s.r_selected < 0, -1.0, 1.0)
    turned = [sign * s.low, sign * s.high]
    columns = (sign * s.r_selected, sign * s.r_reported, np.minimum(*turned), np.maximum(*turned))
    return held_out_figure(
        [n for n, k in zip(names, known, strict=True) if k], *(c[known] for c in columns)
    )


def _draw_variance(ranking: VarianceRanking, labelled: tuple[int, ...]) -> dict[str, bytes]:
    from .figures import variance_figure

    return variance_figure(ranking, labelled)


def _draw_kl(ranking: VarianceRanking, labelled: tuple[int, ...]) -> dict[str, bytes]:
    from .figures import kl_figure

    return kl_figure(ranking, labelled)


def _draw_correlations(correlations: Correlations, dims: tuple[int, ...]) -> dict[str, bytes]:
    from .figures import correlations_figure

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
        from .figures import Strip

        return Strip(
            title=self.title,
            pair=_frames(self.pairs, self.size)[: self.count],
            frames=_frames(self.sprite, self.size)[: self.count],
            raw=self.raw,
            sigma=self.raw / self.std if self.std > 0 else np.zeros_like(self.raw),
        )


def _draw_strips(rows: list[_Row], columns: int, samples: tuple[str, ...]) -> dict[str, bytes]:
    from .figures import strips_figure

    return strips_figure([row.strip() for row in rows], columns, samples)


def _draw_column(row: _Row, samples: tuple[str, ...]) -> dict[str, bytes]:
    from .figures import COLUMN, strips_figure

    return strips_figure([row.strip()], 1, samples, COLUMN)


def _draw_sheet(rows: list[_Row], samples: tuple[str, ...]) -> dict[str, bytes]:
    from .figures import sheet_figure

    return sheet_figure([row.strip() for row in rows], samples)


def _draw_animation(row: _Row) -> dict[str, bytes]:
    from .animation import animate

    return animate(row.strip())


def _frames(picture: Path, size: int) -> NDArray[np.uint8]:
    """[sample, column, height, width, 3] from a sprite of square cells."""
    from PIL import Image

    with Image.open(picture) as image:
        return cells(np.asarray(image), size)


@dataclass(frozen=True)
class _Pictures:
    """The figures made of frames: one for each of the four and for each experiment, in both
    units.
    """

    context: Context
    ranking: VarianceRanking
    samples: Samples
    swept: dict[int, SweptDimension]
    plan: Plan

    def figures(self) -> list[Figure]:
        """The four on a sheet, and each large; each experiment in as many as keep it legible; the
        animations.
        """
        plan, everyone = self.plan, len(self.samples.rows)
        figures = [self._sheet()]  # first, because it takes longest
        for kind, wide in (("raw", "wide"), ("sigma", "wide-sigma")):
            for dim in plan.chosen:
                pair = [
                    (f"Dimension {dim}, narrow", dim, kind),
                    (f"Dimension {dim}, wide", dim, wide),
                ]
                figures.append(
                    self._strips(
                        f"dim{dim:03d}-{kind}", [(f"Dimension {dim}", dim, kind)], everyone
                    )
                )
                figures.append(self._column(f"dim{dim:03d}-{kind}{IN_COLUMN}", dim, kind))
                figures.append(
                    self._strips(
                        f"experiment2-dim{dim:03d}-{kind}", pair, COMPARED_SAMPLES, columns=2
                    )
                )
            targets = [
                (f"{name}: dimension {dim}", dim, kind) for name, dim in plan.targets.items()
            ]
            if targets:
                figures.append(self._strips(f"experiment1-{kind}", targets, TARGET_SAMPLES))
            explored = [
                (f"{rank}. Dimension {dim}", dim, kind)
                for rank, dim in enumerate(plan.explored, 1)
            ]
            for start in range(0, len(explored), STRIPS_A_PAGE):
                name = f"experiment3-{kind}-{start // STRIPS_A_PAGE + 1}"
                figures.append(self._strips(name, explored[start : start + STRIPS_A_PAGE], 1))
        return figures + [self._animation(dim) for dim in plan.chosen]

    def _sheet(self) -> Figure:
        """The chosen dimensions over all samples on one A4 page."""
        kind, count = self._shared_kind, len(self.samples.rows)
        rows = [self._row(f"Dimension {dim}", dim, kind, count) for dim in self.plan.chosen]
        keys = [(dim, self.swept[dim].artifact.key, kind) for dim in self.plan.chosen]
        return Figure("sheet", STRIP_FORMATS, keys, partial(_draw_sheet, rows, self.samples.names))

    def _animation(self, dim: int) -> Figure:
        row = self._row(f"Dimension {dim}", dim, self._shared_kind, ANIMATED_SAMPLES)
        depends = [self.swept[dim].artifact.key, self._shared_kind]
        return Figure(
            f"dim{dim:03d}-animation", ANIMATION_FORMATS, depends, partial(_draw_animation, row)
        )

    @property
    def _shared_kind(self) -> str:
        """The narrow sweep in which the chosen stand side by side."""
        rows = (self._row("", dim, "raw", 1) for dim in self.plan.chosen)
        return shared_kind(
            float(np.abs(row.raw).max() / row.std) if row.std > 0 else 0.0 for row in rows
        )

    def _strips(
        self, name: str, titled: list[tuple[str, int, str]], samples: int, columns: int = 1
    ) -> Figure:
        """Strips of (title, dimension, kind), the first `samples` samples of each."""
        rows = [self._row(title, dim, kind, samples) for title, dim, kind in titled]
        keys = [(title, self.swept[dim].artifact.key, kind) for title, dim, kind in titled]
        draw = partial(_draw_strips, rows, columns, self.samples.names[:samples])
        return Figure(name, STRIP_FORMATS, [keys, samples, columns], draw)

    def _column(self, name: str, dim: int, kind: str) -> Figure:
        """A dimension over all samples, for one column of a paper."""
        row = self._row(f"Dimension {dim}", dim, kind, len(self.samples.rows))
        depends = [self.swept[dim].artifact.key, kind]
        return Figure(name, STRIP_FORMATS, depends, partial(_draw_column, row, self.samples.names))

    def _row(self, title: str, dim: int, kind: str, samples: int) -> _Row:
        config, std = self.context.config, float(self.ranking.std[dim])
        raw = sweep_alphas(config, std)[kind]
        sprite = self.swept[dim].picture(kind)
        return _Row(title, self.samples.picture, sprite, config.data.size, samples, raw, std)
