"""A figure that is to be drawn, and figures on their way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec

from ...engine.context import Context
from ...engine.hashing import code_hash, digest, versions
from ...engine.store import Artifact
from ...findings.figures import Figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Plot

PLOT_FORMATS = ("pdf", "png", "svg")
Files = dict[str, bytes]
Drawn = ParamSpec("Drawn")


@dataclass(frozen=True)
class Draft:
    """A figure to draw: what it shows, its formats, what it depends on, and the call that draws
    it (format to content).
    """

    shows: Figure
    formats: tuple[str, ...]
    depends: object
    draw: Callable[[], Files]


def plotted(draw: Callable[Drawn, Plot], *shown: Drawn.args, **more: Drawn.kwargs) -> Files:
    """What `draw` makes of what is shown, in `PLOT_FORMATS`."""
    from ..figures.saving import save
    from ..figures.style import style

    with style():
        return save(draw(*shown, **more), *PLOT_FORMATS)


class Drawing:
    """Figures on their way: drawn in processes of their own, while the build goes on to the
    pages. `module` lists them, and with it all that draws them.
    """

    def __init__(self, context: Context, drafts: list[Draft], module: str) -> None:
        code = code_hash(module)
        self.formats = {draft.shows: draft.formats for draft in drafts}
        self.keys = {
            d.shows: digest(d.shows.name, d.formats, d.depends, code, versions("matplotlib"))
            for d in drafts
        }
        self.workers = context.workers
        self._context = context
        missing = [d for d in drafts if not context.store.has("figures", self.keys[d.shows])]
        if missing:
            from ..figures import saving  # noqa: F401  by this process, for all that are forked
        self._drawn = {d.shows: context.workers.submit(d.draw) for d in missing}

    @cached_property
    def artifacts(self) -> dict[Figure, Artifact]:
        """Each figure's files, figure.png and so on, once all are drawn."""
        artifacts = {}
        for number, (figure, key) in enumerate(self.keys.items(), 1):
            artifacts[figure] = self._context.store.artifact(
                "figures", key, partial(self._save, figure)
            )
            self._context.console.progress("figures", number, len(self.keys))
        return artifacts

    def _save(self, figure: Figure, part: Path) -> None:
        for suffix, content in self._drawn.pop(figure)().items():  # not kept in memory, too
            (part / f"figure.{suffix}").write_bytes(content)
