"""All that is read of several models, as templates take it."""

from __future__ import annotations

from functools import partial
from typing import Any

from ..findings.models import Comparison
from .judgements import label_noise
from .layout import across, columns, down, shape
from .models.contrasts import contrasts, facts
from .models.matching import matched_rows, probed, unmatched
from .models.scores import counts, groups, keep, scores_of, spreads, unseen
from .models.targets import lost, targets_of
from .models.traces import traces


def models_reader(comparison: Comparison) -> dict[str, Any]:
    """These readings as templates take them, by name."""
    first = next(iter(comparison.models.values()))
    told = {name: counts(f) for name, f in comparison.models.items()}
    return {
        "keep": keep(comparison),
        "unseen": {name: unseen(verdicts) for name, verdicts in told.items()},
        "known": any(f.trust and f.trust.disentanglement for f in comparison.models.values()),
        "factors": all(f.trust and f.trust.truth for f in comparison.models.values()),
        "held_out": first.labels.held_out.count if first.labels else 0,
        "images": first.images,
        "samples": first.samples.names,
        "across": partial(across, first),
        "down": partial(down, first),
        "shape": partial(shape, first),
        "label_noise": partial(label_noise, first),
        "steps": first.plan.steps["sigma"].tolist(),
        "cells": columns([first.swept[first.plan.dims[0]].sweeps["sigma"]]),
        "scores": scores_of(comparison),
        "targets": targets_of(comparison),
        "losses": lost(comparison),
        "rows": matched_rows(comparison),
        "left": unmatched(comparison),
        "probed": probed(comparison),
        "found": comparison.found,
        "traced": traces(comparison),
        "counts": told,
        "contrasts": contrasts(comparison),
        "span": comparison.span,
        "facts": facts(comparison),
        "groups": groups(comparison),
        "spreads": spreads(comparison),
    }
