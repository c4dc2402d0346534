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

from featamp.measure.layout import REGIONS
from featamp.measure.parts import READINGS
from featamp.measure.quality import Quality
from featamp.measure.response import AttributeResponse
from featamp.verdict.rule import Change
from featamp.verdict.score import PARTS

from ..findings.experiments import Experiments
from ..findings.figures import GLANCES, Figure
from ..findings.findings import Findings
from ..findings.sweeps import Response, Sweep
from ..findings.trust import Trust
from ..view import pairs

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
RESPONSE_COLUMNS = (
    "direction", "attribute", "response", "error", "pixel_response", "pixel_error",
    "face_response", "face_error",
)  # fmt: skip
SCORE_COLUMNS = ("dim", "score", *PARTS, "attribute", "region", "verdict", "suggested")
ATTRIBUTE_COLUMNS = (
    "attribute", "dim", "r", "selection_frequency", "tied", "best_attribute_of_dim",
    "heldout_dim", "heldout_r_chosen", "heldout_r", "heldout_low", "heldout_high", "heldout_auc",
    "heldout_frequency", "heldout_share", "heldout_share_low", "heldout_share_high",
    "heldout_share_p", "held_fixed", "partial_r", "partial_low", "partial_high",
    "n_select", "n_report", "n_report_positive", "probe_auc", "pixel_auc",
)  # fmt: skip
CHANGE_COLUMNS = (
    "amount", "region", "region_amount", "consistency", "shared_motion", "even_share",
    "photometric_share", "uneven_share", "motion_share", "mirrored_share", "bend",
    "samples_unlike", "samples_against",
    *(reading.replace(" ", "_") for reading in READINGS),
)  # fmt: skip
VERDICT_COLUMNS = (
    "dim", "verdict", "attribute", "direction", "confidence", "suggested", "reason",
    "share_of_way", "second_judge", "also", "swept", *CHANGE_COLUMNS,
)  # fmt: skip
NUMBER_COLUMNS = ("attribute", "split", "n_above", "n_not_above", "regression_r2")
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
    "heldout_r",
    "heldout_low",
    "heldout_high",
    "heldout_auc",
)


def asked_files(asked: Experiments) -> dict[str, bytes]:
    """The data files of the experiments themselves but report.json, by path."""
    files = {
        "data/config.toml": asked.config.text.encode(),
        "data/dimensions.csv": to_csv(DIMENSION_COLUMNS, _dimension_rows(asked)),
        "data/curves.csv": to_csv(CURVE_COLUMNS, _curve_rows(asked)),
        "data/sweeps.json": (json.dumps(_sweep_entries(asked), indent=1) + "\n").encode(),
    }
    if asked.correlations is not None:
        files["data/correlations.csv"] = to_csv(CORRELATION_COLUMNS, _correlation_rows(asked))
    return files


def data_files(findings: Findings) -> dict[str, bytes]:
    """Every data file of the site but report.json, by path."""
    files = asked_files(findings) | {
        "data/effects.csv": to_csv(EFFECT_COLUMNS, _effect_rows(findings)),
        "data/health.csv": to_csv(HEALTH_COLUMNS, _health_rows(findings)),
        "data/controls.csv": to_csv(CONTROL_COLUMNS, _control_rows(findings)),
        "data/scores.csv": to_csv(SCORE_COLUMNS, _score_rows(findings)),
        "data/verdicts.csv": to_csv(VERDICT_COLUMNS, _verdict_rows(findings)),
        "data/choice.json": (json.dumps(_choice(findings), indent=1) + "\n").encode(),
    }
    if findings.correlations is not None:
        files["data/attributes.csv"] = to_csv(ATTRIBUTE_COLUMNS, _attribute_rows(findings))
        if findings.correlations.splits:
            files["data/numbers.csv"] = to_csv(NUMBER_COLUMNS, _number_rows(findings))
        files["data/responses.csv"] = to_csv(RESPONSE_COLUMNS, _response_rows(findings))
    if findings.trust is not None:
        files["data/trust.json"] = trust_table(findings.trust)
    return files


def _dimension_rows(asked: Experiments) -> Iterable[Sequence[object]]:
    v = asked.variance
    kl = [""] * len(v.kl) if v.deterministic else v.kl.tolist()
    columns = (v.variance, v.std, v.rank, v.ratio, v.mean)
    numbers = zip(*(column.tolist() for column in columns), kl, strict=True)
    tops = pairs.top_attributes(asked)
    for dim, (row, on, top) in enumerate(zip(numbers, v.active.tolist(), tops, strict=True)):
        yield (dim, *row, on, *(top or ("", "")))


def _effect_rows(findings: Findings) -> Iterable[Sequence[object]]:
    """One row a swept dimension, by variance rank; what a sweep cannot tell stays empty."""
    stability, verdicts = findings.labels.stability if findings.labels else None, findings.verdicts
    for dim, swept in findings.swept.items():
        sweep, attribute = swept.sweeps["sigma"], verdicts.strongest[dim]
        measures = _measures(findings, swept.quality, findings.responses[dim], sweep)
        ranks = (stability.rank_low[dim], stability.rank_high[dim]) if stability else ("", "")
        response = verdicts.responses[dim, attribute] if attribute else None
        others = (attribute, response.mean_off, response.max_off) if response else ("", "", "")
        yield (dim, *measures, sweep.covered, *ranks, *others)


def _curve_rows(asked: Experiments) -> Iterable[Sequence[object]]:
    """One row a step of every sweep, dimensions by variance rank; pixels in [0, 1], distance in
    sigma.
    """
    for sweep in (s for swept in asked.swept.values() for s in swept.sweeps.values()):
        e = sweep.effect
        columns = (sweep.raw, sweep.sigma, e.change, e.saturated, e.distance, e.outside)
        for row in zip(*(column.tolist() for column in columns), strict=True):
            yield (sweep.dim, sweep.kind, *row)


def _health_rows(findings: Findings) -> Iterable[Sequence[object]]:
    """What the banner of the overview says; pixels in [0, 1]."""
    variance, reconstruction = findings.variance, findings.samples.reconstruction
    yield from (
        ("kl_total_nats", "" if variance.deterministic else variance.kl_total),
        (
            "kl_per_dimension_nats",
            "" if variance.deterministic else findings.verdicts.health.kl_each,
        ),
        ("prior_mismatch", variance.prior_mismatch),
        ("active_units", int(variance.active.sum())),
        ("dimensions", len(variance.active)),
        ("reconstruction_rmse", reconstruction.rmse),
        ("reconstruction_psnr_db", reconstruction.psnr),
        ("rmse_of_images_mean", reconstruction.of_mean),
        ("difference_between_images", reconstruction.change_between_images),
        ("saturated_share", reconstruction.saturated),
        ("support_limit_sigma", findings.support.limit),
    )
    yield from ((f"checkpoint_{key}", value) for key, value in findings.model.facts.items())


def _control_rows(findings: Findings) -> Iterable[Sequence[object]]:
    for name, control in findings.controls.items():
        yield (name, *_measures(findings, control.quality, control.response, control.sweep))


def _measures(
    findings: Findings, q: Quality, response: Response, sweep: Sweep
) -> Sequence[object]:
    """The values of `MEASURE_COLUMNS`; regions only of faces."""
    return (
        *q.effect,
        q.judged_at,
        q.over_error,
        q.over_distance,
        q.consistency,
        q.monotonicity,
        q.symmetry,
        q.photometric,
        q.uneven,
        q.top,
        *(q.regions.tolist() if findings.images.faces else [""] * len(REGIONS)),
        response.self_response,
        response.leakage,
        sweep.effect.outside_share,
    )


def _score_rows(findings: Findings) -> Iterable[Sequence[object]]:
    suggested = {suggestion.score.dim for suggestion in findings.verdicts.suggestions}
    for dim, score in findings.verdicts.scores.items():
        told = (
            score.attribute,
            score.region if findings.images.faces else "",
            findings.verdicts.dimensions[dim].verdict,
            dim in suggested,
        )
        yield (dim, score.score, *score.parts.values(), *told)


def _verdict_rows(findings: Findings) -> Iterable[Sequence[object]]:
    """One row a dimension, all of them; what cannot be told stays empty."""
    suggested = {suggestion.score.dim for suggestion in findings.verdicts.suggestions}
    for dim, d in findings.screening.decisions.items():
        direction = {1: "+", -1: "-"}.get(d.direction, "")
        told = (d.verdict, d.attribute or "", direction, d.confidence)
        swept = dim in findings.swept
        shares = findings.screening.shares.get(dim)
        by_faces = shares is not None and d.attribute in shares.by_faces
        second = ("faces" if by_faces else "pixels") if d.attribute else ""
        decided = (d.reason, d.share if d.attribute else "", second, " ".join(d.also), swept)
        c = findings.screening.changes.get(dim)
        measured = [""] * len(CHANGE_COLUMNS) if c is None else _change_values(findings, c)
        yield (dim, *told, dim in suggested, *decided, *measured)


def _change_values(findings: Findings, c: Change) -> Sequence[object]:
    """The values of `CHANGE_COLUMNS`; parts only of faces."""
    parts = c.parts.tolist() if findings.images.faces else [""] * len(c.parts)
    shares = (c.even, c.photometric, c.uneven, c.moved, c.mirrored)
    pattern = (c.bend, len(c.unlike), len(c.against))
    region = (c.region, c.regional if c.region else "")
    return (c.amount, *region, c.consistency, c.shared, *shares, *pattern, *parts)


def _response_rows(findings: Findings) -> Iterable[Sequence[object]]:
    """One row a direction and attribute, dimensions by number, controls by name."""
    c = findings.correlations
    assert c is not None
    swept, responses, looks = findings.swept, findings.responses, findings.looks
    dimensions = ((str(dim), swept[dim].stem, response) for dim, response in responses.items())
    controls = ((name, a.swept.stem, a.response) for name, a in findings.controls.items())
    for direction, stem, response in chain(dimensions, controls):
        judged = (response.attributes, response.pixels)
        for row, name in enumerate(c.names):
            by_faces = (looks[stem].of(name) if stem in looks else None) or ("", "")
            told = chain.from_iterable(_told(seen, row) for seen in judged)
            yield (direction, name, *told, *by_faces)


def _told(seen: AttributeResponse | None, row: int) -> tuple[object, object]:
    """Response and standard error of one attribute, empty where it cannot be told."""
    if seen is None or not seen.told[row]:
        return "", ""
    return float(seen.slope[row]), None if seen.error is None else float(seen.error[row])


def _attribute_rows(findings: Findings) -> Iterable[Sequence[object]]:
    """One row an attribute that varies; what could not be held out stays empty."""
    labels = findings.labels
    assert labels is not None
    for name, w in findings.verdicts.attributes.items():
        a, h = w.on_all, w.held_out
        tied = " ".join(str(dim) for dim in a.tied)
        on_all = (a.dim, a.r, a.frequency, tied, a.top_attribute)
        on_others: Sequence[object] = [""] * 15
        if h:
            on_others = (
                *(h.dim, h.r_chosen, h.r, h.low, h.high, h.auc, h.frequency),
                *(h.share, h.share_low, h.share_high, h.share_p),
                *(" ".join(h.held_fixed), h.partial_r, h.partial_low, h.partial_high),
            )
        counts = (labels.held_out.chosen_on, labels.held_out.count, w.positives)
        yield (name, *on_all, *on_others, *counts, w.probe_auc, w.judge_auc)


def _correlation_rows(asked: Experiments) -> Iterable[Sequence[object]]:
    """One row a pair, attributes in their file's order; what is undefined, or was not asked, stays
    empty.
    """
    c, labels = asked.correlations, asked.labels
    assert c is not None
    h = labels.held_out if labels else None
    for row, name in enumerate(c.names):
        on_all = (x[row].tolist() for x in (c.defined, c.r, c.ci_low, c.ci_high, c.p, c.q))
        more = (x[row].tolist() for x in (c.auc, c.d))
        held = (
            (x[row].tolist() for x in (h.defined, h.r, h.low, h.high, h.auc))
            if h
            else [[False] * c.r.shape[1]] * 5
        )
        counts = (c.count, int(c.positives[row]))
        for dim, (parts, rest, others) in enumerate(
            zip(zip(*on_all, strict=True), zip(*more, strict=True), zip(*held, strict=True),
                strict=True)
        ):  # fmt: skip
            known = parts[0]
            yield (
                name,
                dim,
                *_where(known, parts[1:]),
                *counts,
                *_where(known, rest),
                *_where(others[0], others[1:]),
            )


def _number_rows(findings: Findings) -> Iterable[Sequence[object]]:
    """One row an attribute that is a number."""
    c, weighed = findings.correlations, findings.verdicts.attributes
    assert c is not None
    for name, split in c.splits:
        above = int(c.positives[c.names.index(name)])
        r_squared = weighed[name].r_squared if name in weighed else None
        yield name, split, above, c.count - above, r_squared


def _where(known: bool, numbers: Sequence[object]) -> Sequence[object]:
    """The numbers, or as many empty cells where they say nothing."""
    return numbers if known else [""] * len(numbers)


def _choice(findings: Findings) -> dict[str, Any]:
    """The chosen dimensions and combinations for a script: who chose them, their notes, alphas and
    files.
    """
    chosen = []
    for dim in findings.plan.chosen:
        decision, swept = findings.screening.decisions[dim], findings.swept[dim]
        chosen.append(
            {
                "dim": dim,
                "note": asdict(findings.selection.note(dim)),
                "verdict": decision.verdict,
                "attribute": decision.attribute,
                "direction": decision.direction,
                "sweeps": {
                    kind: {
                        "raw": sweep.raw.tolist(),
                        "sigma": sweep.sigma.tolist(),
                        "sprite": sweep.sprite,
                    }
                    for kind, sweep in swept.sweeps.items()
                },
                "figures": [
                    figure.file(suffix)
                    for figure, suffixes in findings.figures.items()
                    if figure.dim == dim and figure.kind not in GLANCES
                    for suffix in suffixes
                ],
            }
        )
    selection = findings.selection
    by_person = not findings.plan.default and not selection.is_earlier(selection)
    samples = list(findings.samples.names)
    combinations = [_combination(findings, name) for name in findings.combinations]
    return {
        "by_person": by_person,
        "samples": samples,
        "chosen": chosen,
        "combinations": combinations,
    }


def _combination(findings: Findings, name: str) -> dict[str, Any]:
    """A combination of dimensions: what the person says of it, where it goes, what that does."""
    swept, std = findings.combinations[name], findings.variance.std
    figure = Figure("combination", page=swept.number)
    effect = swept.sweep.effect
    return {
        "name": name,
        "note": asdict(findings.selection.combinations[name]),
        "moves": [
            {"dim": dim, "sigma": alpha, "raw": alpha * float(std[dim])}
            for dim, alpha in swept.alphas.items()
        ],
        "sigma": swept.sweep.sigma.tolist(),
        "change": effect.change.tolist(),
        "outside": effect.outside.tolist(),
        "sprite": swept.sweep.sprite,
        "figures": [figure.file(suffix) for suffix in findings.figures.get(figure, ())],
    }


def _sweep_entries(asked: Experiments) -> list[dict[str, Any]]:
    """One entry a sweep that an experiment shows, and one a combination."""
    plan = asked.plan
    shown = (
        ("1", tuple(dict.fromkeys(plan.targets.values())), ("raw", "sigma")),
        ("2", plan.chosen, ("raw", "wide", "sigma", "wide-sigma")),
        ("3", plan.explored, ("raw", "sigma")),
        ("selection", plan.chosen, ("raw", "sigma")),
    )
    sweeps = (
        _sweep_entry(asked, name, asked.swept[dim].sweeps[kind])
        for name, dims, kinds in shown
        for dim in dims
        for kind in kinds
    )
    combined = (
        _sweep_entry(asked, "selection", swept.sweep, name)
        for name, swept in asked.combinations.items()
    )
    return [*sweeps, *combined]


def _sweep_entry(
    asked: Experiments, experiment: str, sweep: Sweep, combination: str | None = None
) -> dict[str, Any]:
    return {
        "experiment": experiment,
        "dim": sweep.dim if combination is None else None,
        "units": sweep.units,
        "alphas": (sweep.raw if sweep.units == "raw" else sweep.sigma).tolist(),
        "samples": list(asked.samples.names),
        "sprite": sweep.sprite,
        "cell": list(asked.config.data.size),
        "combination": combination,
    }


def to_csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A table as CSV: None is an empty cell, a boolean the word true or false."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(map(_cell, row) for row in rows)
    return text.getvalue().encode(errors="backslashreplace")


def _cell(cell: object) -> object:
    """A cell that no spreadsheet runs as a formula: a text from outside that begins like one gets
    an apostrophe before it. A sign alone is none.
    """
    if isinstance(cell, bool | np.bool_):
        return "true" if cell else "false"
    begins = isinstance(cell, str) and len(cell) > 1 and cell[0] in "=+-@\t\r\n"
    return f"'{cell}" if begins else cell


def trust_table(trust: Trust) -> bytes:
    """data/trust.json: every figure of the page, exact to the last digit."""
    tested = {
        name: {**asdict(check), "holds": check.holds} for name, check in trust.checks.items()
    }
    return (
        json.dumps({"checks": tested, **asdict(trust)}, default=np.ndarray.tolist, indent=1) + "\n"
    ).encode()
