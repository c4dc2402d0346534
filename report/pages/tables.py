"""The tables that the site carries as data: CSV and JSON, exact to the last digit."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from itertools import chain
from typing import Any

import numpy as np

from featamp.measure.quality import REGIONS, Quality
from featamp.measure.response import AttributeResponse
from featamp.measure.score import PARTS

from ..findings.findings import Findings, Response, Sweep
from ..findings.trust import Trust
from ..view import pairs
from ..view.judgements import main_attribute, standing, target_response, weighed

DIMENSION_COLUMNS = (
    "dim", "variance", "std", "variance_rank", "variance_ratio", "mean", "kl", "active",
    "top_attribute", "top_r",
)  # fmt: skip
MEASURE_COLUMNS = (
    "effect_1_sigma", "effect_2_sigma", "effect_3_sigma", "judged_at_sigma",
    "over_reconstruction_rmse",
    "over_image_distance", "consistency", "monotonicity", "symmetry", "photometric_share",
    "uneven_share",
    "top_tenth_share",
    *(f"{region}_share" for region in REGIONS), "self_response", "leakage", "outside_share",
)  # fmt: skip
EFFECT_COLUMNS = (
    "dim", *MEASURE_COLUMNS, "covered_share", "rank_low", "rank_high", "strongest_attribute",
    "off_target_mean",
    "off_target_max",
)  # fmt: skip
CURVE_COLUMNS = (
    "dim",
    "sweep",
    "alpha_raw",
    "alpha_sigma",
    "change",
    "saturated",
    "distance",
    "outside",
)
HEALTH_COLUMNS = ("measure", "value")
CONTROL_COLUMNS = ("control", *MEASURE_COLUMNS)
RESPONSE_COLUMNS = ("direction", "attribute", "response", "error", "pixel_response", "pixel_error")
SCORE_COLUMNS = ("dim", "score", *PARTS, "attribute", "region", "standing", "suggested")
ATTRIBUTE_COLUMNS = (
    "attribute", "dim", "r", "selected_dim", "r_selected", "r_reported", "ci_low", "ci_high",
    "auc_reported",
    "n_select", "n_report", "n_report_positive", "selection_frequency", "tied",
    "best_attribute_of_dim",
    "held_fixed", "partial_r", "partial_low", "partial_high", "probe_auc", "pixel_auc",
    "axis_share",
)  # fmt: skip
CORRELATION_COLUMNS = (
    "attribute",
    "dim",
    "r",
    "ci_low",
    "ci_high",
    "p",
    "q",
    "n",
    "n_positive",
    "auc",
    "d",
)


def data_files(findings: Findings) -> dict[str, bytes]:
    """Every data file of the site but report.json, by path."""
    files = {
        "data/config.toml": findings.config_text.encode(),
        "data/dimensions.csv": _csv(DIMENSION_COLUMNS, _dimension_rows(findings)),
        "data/effects.csv": _csv(EFFECT_COLUMNS, _effect_rows(findings)),
        "data/curves.csv": _csv(CURVE_COLUMNS, _curve_rows(findings)),
        "data/health.csv": _csv(HEALTH_COLUMNS, _health_rows(findings)),
        "data/controls.csv": _csv(CONTROL_COLUMNS, _control_rows(findings)),
        "data/scores.csv": _csv(SCORE_COLUMNS, _score_rows(findings)),
        "data/sweeps.json": (json.dumps(_sweep_entries(findings), indent=1) + "\n").encode(),
    }
    if findings.correlations is not None:
        files["data/correlations.csv"] = _csv(CORRELATION_COLUMNS, _correlation_rows(findings))
        files["data/attributes.csv"] = _csv(ATTRIBUTE_COLUMNS, _attribute_rows(findings))
        files["data/responses.csv"] = _csv(RESPONSE_COLUMNS, _response_rows(findings))
    if findings.trust is not None:
        files["data/trust.json"] = trust_table(findings.trust)
    return files


def _dimension_rows(findings: Findings) -> Iterable[Sequence[object]]:
    v = findings.variance
    columns = (v.variance, v.std, v.rank, v.ratio, v.mean, v.kl)
    numbers = zip(*(column.tolist() for column in columns), strict=True)
    active = ("true" if on else "false" for on in v.active.tolist())
    for dim, (row, on, top) in enumerate(
        zip(numbers, active, pairs.top_attributes(findings), strict=True)
    ):
        yield (dim, *row, on, *(top or ("", "")))


def _effect_rows(findings: Findings) -> Iterable[Sequence[object]]:
    """One row a swept dimension, by variance rank; what a sweep cannot tell stays empty."""
    stability = findings.evidence.stability if findings.evidence else None
    for dim in findings.swept:
        sweep, attribute = findings.sweeps[dim, "sigma"], main_attribute(findings, dim)
        measures = _measures(findings.quality[dim], findings.responses[dim], sweep)
        ranks = (stability.rank_low[dim], stability.rank_high[dim]) if stability else ("", "")
        response = target_response(findings, dim, attribute) if attribute else None
        others = (attribute, response.mean_off, response.max_off) if response else ("", "", "")
        yield (dim, *measures, sweep.covered, *ranks, *others)


def _curve_rows(findings: Findings) -> Iterable[Sequence[object]]:
    """One row a step of every sweep, dimensions by variance rank; pixels in [0, 1], distance in
    sigma.
    """
    for (dim, kind), sweep in findings.sweeps.items():
        e = sweep.effect
        columns = (sweep.raw, sweep.sigma, e.change, e.saturated, e.distance, e.outside)
        for row in zip(*(column.tolist() for column in columns), strict=True):
            yield (dim, kind, *row)


def _health_rows(findings: Findings) -> Iterable[Sequence[object]]:
    """What the banner of the overview says; pixels in [0, 1]."""
    variance, reconstruction = findings.variance, findings.reconstruction
    yield from (
        ("kl_total_nats", variance.kl_total),
        ("kl_per_dimension_nats", variance.kl_total / len(variance.kl)),
        ("prior_mismatch", variance.prior_mismatch),
        ("active_units", int(variance.active.sum())),
        ("dimensions", len(variance.active)),
        ("reconstruction_rmse", reconstruction.rmse),
        ("reconstruction_psnr_db", reconstruction.psnr),
        ("difference_between_images", reconstruction.change_between_images),
        ("saturated_share", reconstruction.saturated),
        ("support_limit_sigma", findings.support_limit),
    )
    yield from ((f"checkpoint_{key}", value) for key, value in findings.model.facts.items())


def _control_rows(findings: Findings) -> Iterable[Sequence[object]]:
    for name, control in findings.controls.items():
        yield (name, *_measures(control.quality, control.response, control.sweep))


def _measures(q: Quality, response: Response, sweep: Sweep) -> Sequence[object]:
    """The values of `MEASURE_COLUMNS`."""
    seen = (q.judged_at, q.over_error, q.over_distance, q.consistency, q.monotonicity, q.symmetry)
    outside = float(sweep.effect.outside.mean())
    return (
        *q.effect,
        *seen,
        q.photometric,
        q.uneven,
        q.top,
        *q.regions.tolist(),
        response.self_response,
        response.leakage,
        outside,
    )


def _score_rows(findings: Findings) -> Iterable[Sequence[object]]:
    suggested = {suggestion.score.dim for suggestion in findings.suggestions}
    for dim, score in findings.scores.items():
        told = (
            score.attribute,
            score.region,
            standing(findings, dim),
            "true" if dim in suggested else "false",
        )
        yield (dim, score.score, *score.parts.values(), *told)


def _response_rows(findings: Findings) -> Iterable[Sequence[object]]:
    """One row a direction and attribute, dimensions by number, controls by name."""
    c = findings.correlations
    assert c is not None
    dimensions = ((str(dim), response) for dim, response in findings.responses.items())
    controls = ((name, control.response) for name, control in findings.controls.items())
    for direction, response in chain(dimensions, controls):
        judged = (response.attributes, response.pixels)
        for row, name in enumerate(c.names):
            yield (direction, name, *chain.from_iterable(_told(seen, row) for seen in judged))


def _told(seen: AttributeResponse | None, row: int) -> tuple[object, object]:
    """Response and standard error of one attribute, empty where it cannot be told."""
    if seen is None or not seen.told[row]:
        return "", ""
    return float(seen.slope[row]), "" if seen.error is None else float(seen.error[row])


def _attribute_rows(findings: Findings) -> Iterable[Sequence[object]]:
    """One row an attribute that varies; what could not be held out stays empty."""
    c, e = findings.correlations, findings.evidence
    for name in c.names if c else ():
        w = weighed(findings, name)
        if w is None or e is None:
            continue
        s = e.stability
        held_out = (
            (w.selected, w.r_selected, w.r_reported, w.low, w.high, w.auc) if w.known else [""] * 6
        )
        judged = (
            (w.probe_auc, w.judge_auc, "" if w.share is None else w.share) if w.known else [""] * 3
        )
        counts = (s.select_count, s.report_count, w.positives)
        partial = (" ".join(w.confounders), w.partial, w.partial_low, w.partial_high)
        tied = " ".join(str(dim) for dim in w.tied)
        yield (
            name,
            w.dim,
            w.r,
            *held_out,
            *counts,
            w.frequency,
            tied,
            w.column[0],
            *partial,
            *judged,
        )


def _correlation_rows(findings: Findings) -> Iterable[Sequence[object]]:
    """One row a pair, attributes in their file's order; what is undefined stays empty."""
    c = findings.correlations
    assert c is not None
    for row, name in enumerate(c.names):
        columns = (
            x[row].tolist() for x in (c.defined, c.r, c.ci_low, c.ci_high, c.p, c.q, c.auc, c.d)
        )
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
    sweeps = (
        (name, findings.sweeps[dim, kind])
        for name, dims, kinds in shown
        for dim in dims
        for kind in kinds
    )
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


def trust_table(trust: Trust) -> bytes:
    """data/trust.json: every figure of the page, exact to the last digit."""
    tested = {
        name: {**asdict(check), "holds": check.holds} for name, check in trust.checks.items()
    }
    return (
        json.dumps({"checks": tested, **asdict(trust)}, default=np.ndarray.tolist, indent=1) + "\n"
    ).encode()
