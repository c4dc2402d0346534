"""The tables that the site carries as data: CSV and JSON, exact to the last digit."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from typing import Any

from featamp.quality import REGIONS
from report.findings import Findings

DIMENSION_COLUMNS = (
    "dim", "variance", "std", "variance_rank", "variance_ratio", "mean", "kl", "active", "top_attribute", "top_r",
)  # fmt: skip
EFFECT_COLUMNS = (
    "dim", "effect_1_sigma", "effect_2_sigma", "effect_3_sigma", "judged_at_sigma", "over_reconstruction_rmse",
    "over_image_distance", "consistency", "monotonicity", "symmetry", "photometric_share", "top_tenth_share",
    *(f"{region}_share" for region in REGIONS),
)  # fmt: skip
CORRELATION_COLUMNS = ("attribute", "dim", "r", "ci_low", "ci_high", "p", "q", "n", "n_positive", "auc", "d")


def data_files(findings: Findings) -> dict[str, bytes]:
    """Every data file of the site but report.json, by path."""
    files = {
        "data/config.toml": findings.config_text.encode(),
        "data/dimensions.csv": _csv(DIMENSION_COLUMNS, _dimension_rows(findings)),
        "data/effects.csv": _csv(EFFECT_COLUMNS, _effect_rows(findings)),
        "data/sweeps.json": (json.dumps(_sweep_entries(findings), indent=1) + "\n").encode(),
    }
    if findings.correlations is not None:
        files["data/correlations.csv"] = _csv(CORRELATION_COLUMNS, _correlation_rows(findings))
    return files


def top_attributes(findings: Findings) -> list[tuple[str, float] | None]:
    """For each dimension the attribute of largest |r| and that r; None where no correlation is defined."""
    c = findings.correlations
    if c is None or not c.names:
        return [None] * len(findings.variance.variance)
    rows = abs(c.r).argmax(axis=0)
    return [(c.names[row], float(c.r[row, dim])) if c.defined[row, dim] else None for dim, row in enumerate(rows)]


def _dimension_rows(findings: Findings) -> Iterable[Sequence[object]]:
    v = findings.variance
    columns = (v.variance, v.std, v.rank, v.ratio, v.mean, v.kl)
    numbers = zip(*(column.tolist() for column in columns), strict=True)
    active = ("true" if on else "false" for on in v.active.tolist())
    for dim, (row, on, top) in enumerate(zip(numbers, active, top_attributes(findings), strict=True)):
        yield (dim, *row, on, *(top or ("", "")))


def _effect_rows(findings: Findings) -> Iterable[Sequence[object]]:
    """One row a swept dimension, by variance rank; what a sweep cannot tell stays empty."""
    for dim in findings.swept:
        q = findings.quality[dim]
        seen = (q.judged_at, q.over_error, q.over_distance, q.consistency, q.monotonicity, q.symmetry)
        yield (dim, *q.effect, *seen, q.photometric, q.top, *q.regions.tolist())


def _correlation_rows(findings: Findings) -> Iterable[Sequence[object]]:
    """One row a pair, attributes in their file's order; what is undefined stays empty."""
    c = findings.correlations
    assert c is not None
    for row, name in enumerate(c.names):
        columns = (x[row].tolist() for x in (c.defined, c.r, c.ci_low, c.ci_high, c.p, c.q, c.auc, c.d))
        for dim, (defined, *numbers) in enumerate(zip(*columns, strict=True)):
            known = numbers if defined else [""] * 7
            yield (name, dim, *known[:5], c.count, int(c.positives[row]), *known[5:])


def _sweep_entries(findings: Findings) -> list[dict[str, Any]]:
    """One entry a sweep that an experiment shows."""
    size = findings.config.data.size
    shown = (
        ("1", tuple(dict.fromkeys(findings.targets.values())), ("raw", "sigma")),
        ("2", findings.chosen, ("raw", "wide", "sigma", "wide-sigma")),
        ("3", findings.explored, ("raw", "sigma")),
        ("selection", findings.chosen, ("raw", "sigma")),
    )
    sweeps = ((name, findings.sweeps[dim, kind]) for name, dims, kinds in shown for dim in dims for kind in kinds)
    return [
        {
            "experiment": name,
            "dim": sweep.dim,
            "units": sweep.units,
            "alphas": (sweep.raw if sweep.units == "raw" else sweep.sigma).tolist(),
            "samples": list(findings.samples),
            "sprite": sweep.sprite,
            "cell": [size, size],
        }
        for name, sweep in sweeps
    ]


def _csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue().encode()
