"""The pages above the reports of several models, and their tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from jinja2 import Environment

from featamp.verdict.rule import VERDICTS

from ..engine.hashing import code_hash, digest
from ..engine.site import Site
from ..findings.models import Comparison
from ..findings.pictures import read_frames, to_look_at
from ..handin.drafts.draft import Drawing
from ..view.environment import models_environment
from ..view.models.matching import matched_rows
from ..view.models.scores import counts, scores_of
from ..view.models.targets import lost, targets_of
from .publish import Outcome, figure_files, template_hashes
from .render import static_files
from .tables import to_csv

PAGES = (
    ("index", "All models"),
    ("faces", "The same face"),
    ("live", "Live"),
    ("again", "Found again"),
    ("method", "Method"),
)
"""Name and title of each page, in the order of the navigation."""
MODEL_COLUMNS = (
    "model", "latents", "active", "kl", "rmse", *VERDICTS, "prior_mismatch", "psnr",
    "axes_compared", "axes_better", "probe_share", "probe_share_by_chance",
)  # fmt: skip
SCORE_COLUMNS = ("score", "model", "value", "null")
TARGET_COLUMNS = (
    "attribute", "model", "heldout_dim", "heldout_r", "heldout_low", "heldout_high",
    "heldout_auc", "heldout_auc_low", "heldout_auc_high", "heldout_share", "share_by_chance",
)  # fmt: skip
LOST_COLUMNS = ("attribute", "model", "auc", "rebuilt_auc", "lost", "lost_low", "lost_high")
ROW_COLUMNS = ("row", "thing", "model", "dim", "turned", "response", "alike", "code_r")
AGAIN_COLUMNS = (
    "model", "dim", "other", "best", "best_r", "matched", "matched_r", "held", "rotated",
    "shuffled", "again",
)  # fmt: skip


def publish_models(comparison: Comparison, drawing: Drawing, keys: object, site: Site) -> Outcome:
    """Render the pages above the models and make the site hold them; nothing at all where nothing
    has changed.

    Parameters
    ----------
    keys : of all that the comparison was made of.
    """
    index = site.root / "index.html"
    models = [
        (name, f.config.group, [(d, f.selection.note(d).label) for d in sorted(f.selection.notes)])
        for name, f in comparison.models.items()
    ]
    drawn, code = sorted(drawing.keys.values()), code_hash("report.pages.models")
    key = digest(models, keys, drawn, template_hashes(), site.edited(), code)
    if site.is_current(key):
        return Outcome(index, 0, 0)
    files: dict[str, bytes | Path] = {**render_models(comparison), **figure_files(drawing)}
    return Outcome(index, *site.publish(key, files))


def render_models(comparison: Comparison) -> dict[str, bytes]:
    """Path in the site to the bytes of each file, but for the figures: a pure function of the
    comparison.
    """
    environment = models_environment(comparison)
    environment.globals["pages"] = PAGES
    pages = {f"{name}.html": _render(environment, name) for name, _ in PAGES}
    return {**pages, **static_files(), **_tables(comparison), **dict(_turned(comparison))}


def _render(environment: Environment, name: str) -> bytes:
    return environment.get_template(f"comparison/{name}.html").render(page=name).encode()


def _turned(comparison: Comparison) -> Iterator[tuple[str, bytes]]:
    """The sweeps that run the other way, turned round: pictures with their columns in reverse."""
    for row in matched_rows(comparison):
        for cell in row.cells:
            if cell.turned:
                f = comparison.models[cell.model]
                frames = read_frames(f.swept[cell.dim].frames("sigma"), f.config.data.size)
                yield cell.sprite, to_look_at(frames[:, ::-1])


# ---- tables -------------------------------------------------------------------------------------


def _tables(comparison: Comparison) -> dict[str, bytes]:
    return {
        "data/models.csv": to_csv(MODEL_COLUMNS, _model_rows(comparison)),
        "data/model_scores.csv": to_csv(SCORE_COLUMNS, _score_rows(comparison)),
        "data/model_targets.csv": to_csv(TARGET_COLUMNS, _target_rows(comparison)),
        "data/model_losses.csv": to_csv(LOST_COLUMNS, _lost_rows(comparison)),
        "data/model_rows.csv": to_csv(ROW_COLUMNS, _matched_rows(comparison)),
        "data/model_dimensions.csv": to_csv(AGAIN_COLUMNS, _again_rows(comparison)),
    }


def _model_rows(comparison: Comparison) -> Iterable[Sequence[object]]:
    for name, f in comparison.models.items():
        v, reconstruction = f.variance, f.samples.reconstruction
        axes = (len(f.axes.dims), len(f.axes.better)) if f.axes else ("", "")
        share = comparison.strengths[name].share
        yield (
            name, len(v.std), int(v.active.sum()), None if v.deterministic else v.kl_total,
            reconstruction.rmse,
            *counts(f).values(), v.prior_mismatch, reconstruction.psnr, *axes,
            *(("", "") if share is None or f.labels is None else (share, f.labels.null_share[0])),
        )  # fmt: skip


def _score_rows(comparison: Comparison) -> Iterable[Sequence[object]]:
    for line in scores_of(comparison):
        for dot in line.dots:
            yield (line.name, dot.model, dot.value, dot.null)


def _target_rows(comparison: Comparison) -> Iterable[Sequence[object]]:
    for attribute, row in targets_of(comparison).items():
        for model, t in row.items():
            r, area = (t.dim, t.r, t.low, t.high), (t.area, t.area_low, t.area_high)
            yield (attribute, model, *r, *area, t.share, t.by_chance)


def _lost_rows(comparison: Comparison) -> Iterable[Sequence[object]]:
    for attribute, row in lost(comparison).items():
        for model, loss in row.items():
            yield (attribute, model, loss.auc, loss.rebuilt, loss.lost, loss.low, loss.high)


def _matched_rows(comparison: Comparison) -> Iterable[Sequence[object]]:
    for number, row in enumerate(matched_rows(comparison), 1):
        for c in row.cells:
            measured = (c.response, c.alike, c.r)
            yield (number, row.thing, c.model, c.dim, c.turned, *measured)


def _again_rows(comparison: Comparison) -> Iterable[Sequence[object]]:
    """One row an active dimension of a model and another model."""
    for (model, other), found in comparison.recurrences.items():
        for dim in np.flatnonzero(comparison.models[model].variance.active).tolist():
            best, matched = int(found.best[dim]), int(found.matched[dim])
            pair = (matched, float(found.r[dim, matched])) if matched >= 0 else ("", "")
            null = (float(found.multiple_r[dim]), float(found.rotated_r[dim]), found.shuffled)
            r = float(found.r[dim, best])
            yield (model, dim, other, best, r, *pair, *null, found.again[dim])
