"""The page and the tables of a site that holds the experiments alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ..engine.site import Site
from ..engine.store import Artifact
from ..findings.experiments import Experiments
from ..handin.drafts.draft import Drawing
from ..view.environment import experiments_environment
from .publish import Outcome, figure_files, put, report_file
from .render import static_files
from .tables import asked_files

SCRIPTS = ("core.js", "tables.js", "caption.js")
"""The scripts that work without notes and verdicts."""


def publish_experiments(
    asked: Experiments, drawing: Drawing, done: Mapping[str, Sequence[Artifact]], site: Site
) -> Outcome:
    """Render the page and make the site hold it; nothing at all where nothing has changed.

    Parameters
    ----------
    done : the artifacts of each stage, in order.
    """
    shown = replace(asked, figures=drawing.formats)
    return put(shown, drawing, done, site, lambda _: _files(shown, drawing, done))


def _files(
    asked: Experiments, drawing: Drawing, done: Mapping[str, Sequence[Artifact]]
) -> dict[str, bytes | Path]:
    """Every file of the site but the sprites."""
    pictures = {
        sweep.shown: swept.shown(kind)
        for swept in asked.swept.values()
        for kind, sweep in swept.sweeps.items()
    }
    return {
        **render_experiments(asked),
        "shown/samples.webp": asked.samples.shown,
        **pictures,
        **figure_files(drawing),
        "data/report.json": report_file(asked, drawing, done),
    }


def render_experiments(asked: Experiments) -> dict[str, bytes]:
    """Path in the site to the bytes of each file that is words and numbers: a pure function of the
    record.
    """
    template = experiments_environment(asked).get_template("experiments/index.html")
    page = template.render(root="", scripts=SCRIPTS).encode()
    static = {
        name: content
        for name, content in static_files().items()
        if not name.endswith(".js") or Path(name).name in SCRIPTS
    }
    return {"index.html": page, **static, **asked_files(asked)}
