"""Screening and sweeps, shared out among processes that `torchrun` has started."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from ..engine.console import Console
from ..engine.context import Context
from ..stages.codes import encode_images
from ..stages.encoding.ranks import Ranks
from ..stages.images import Dataset
from ..stages.screen import Screener
from ..stages.sweeps import Sweeper
from .opening import Stages, find_judges, open_report, plan_sweeps

T = TypeVar("T")


def share_sweeps(context: Context, dataset: Dataset, ranks: Ranks) -> None:
    """Have this process do its share of the screening and of the sweeps that are not in the store
    yet; the codes are.

    What comes before each is done by the first process, and read from the store by the others.
    """
    with Path(os.devnull).open("w", encoding="utf-8", errors="replace") as nowhere:
        stages = Stages(Console(nowhere))  # the build that follows tells it
        encoded = encode_images(context, dataset)
        opened = _in_turn(ranks, lambda: open_report(context, dataset, stages, encoded))
        judges, labels, faces = _in_turn(ranks, lambda: find_judges(opened))
    screener = Screener(
        context, opened.codes, dataset, opened.variance, opened.samples, judges, faces
    )
    screener.share(ranks)
    ranks.wait()
    screening, _ = _in_turn(ranks, screener.dimensions)
    plan = plan_sweeps(opened, labels, screening)
    mine = plan.dims[ranks.rank :: ranks.count]
    share = replace(plan, dims=mine, chosen=tuple(dim for dim in plan.chosen if dim in mine))
    sweeper = Sweeper(
        context, opened.codes, dataset, opened.variance, opened.support, opened.samples, share
    )
    swept, _ = sweeper.dimensions()
    sweeper.encode_again(swept.values())
    ranks.wait()


def _in_turn(ranks: Ranks, stage: Callable[[], T]) -> T:
    """A stage by the first process; the others find in the store what it has made."""
    if ranks.rank:
        ranks.wait()
    made = stage()
    if not ranks.rank:
        ranks.wait()
    return made
