"""The pages above several models: what they say, and of what they say nothing."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from featamp.comparison.matching import Move, SweptModel, match_dimensions
from featamp.comparison.recurrence import find_again
from featamp.comparison.summary import span
from featamp.verdict.rule import Decision
from report.findings.models import Comparison
from report.pages.models import render_models
from report.stages.models.compare import comparison_of
from report.view.models.scores import spreads
from tests.conftest import words
from tests.sample_findings import ATTRIBUTES, sample_findings


def comparison(folder: Path, labels: bool = True, **changes: Any) -> Comparison:  # noqa: ANN401
    """The sample report as three models of two recipes, whose codes say nothing of each other."""
    found = {}
    for number, name in enumerate(("one", "two", "three")):
        (folder / name).mkdir()
        f = sample_findings(folder / name, labels=labels)
        config = replace(f.config, name=name, group="pair" if number < 2 else "three")
        kl = f.variance.kl * (number + 1)
        f = replace(f, config=config, variance=replace(f.variance, kl=kl))
        found[name] = replace(f, model=replace(f.model, **changes))
    generator, active = np.random.default_rng(0), found["one"].variance.active
    mu = [generator.standard_normal((200, len(active))).astype(np.float32) for _ in found]
    again = {
        (a, b): find_again(mu[i], mu[j], active, active, 0).first
        for i, a in enumerate(found)
        for j, b in enumerate(found)
        if a != b
    }
    moves = SweptModel((0, 1), ({}, {"smile": Move("smile", 0.9, 1)}), np.eye(2))
    return comparison_of(found, again, match_dimensions([moves] * 3), dict.fromkeys(found))


def test_a_row_names_what_moves_and_each_model_s_own_dimension(tmp_path: Path) -> None:
    text = words(render_models(comparison(tmp_path)), "faces.html")
    assert "1. By the pictures 3 of 3 models" in text and "2. Smile 3 of 3 models" in text
    assert "one 1: Smiling +" in text and "goes 90" in text


def test_a_name_by_a_noisy_label_is_marked_there_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("report.view.judgements.ATTRIBUTES", ATTRIBUTES)
    monkeypatch.setattr("report.view.judgements.NOISY", {"Smiling": "fifth"})
    text = words(render_models(comparison(tmp_path)), "faces.html")
    assert "one 1: Smiling + noisy label" in text


def test_codes_as_wide_as_the_prior_are_no_mismatch_of_one(tmp_path: Path) -> None:
    text = words(render_models(comparison(tmp_path)), "index.html")
    assert "Variance over the prior’s: 1 where" in text and "mismatch" not in text


def test_what_is_active_is_said_as_the_rule_has_it(tmp_path: Path) -> None:
    text = words(render_models(comparison(tmp_path)), "index.html")
    assert "above .01, or above that of its own posterior; of codes without a posterior" in text


def test_held_out_is_said_to_be_from_the_choice_alone(tmp_path: Path) -> None:
    text = words(render_models(comparison(tmp_path)), "index.html")
    assert "held out from the choice of the dimension, not from the VAEs, which may" in text


def test_a_row_without_a_name_says_what_is_seen_in_most_models(tmp_path: Path) -> None:
    compared = comparison(tmp_path)
    for name in ("one", "three"):
        compared.models[name].screening.decisions[0] = Decision("pose", reason="turn")
    assert "1. The head turns 3 of 3 models" in words(render_models(compared), "faces.html")
    compared.models["one"].screening.decisions[0] = Decision("visible")
    assert "1. By the pictures 3 of 3 models" in words(render_models(compared), "faces.html")


def blurred(compared: Comparison, **errors: float) -> Comparison:
    """The same models with other errors of reconstruction."""
    models = dict(compared.models)
    for name, rmse in errors.items():
        samples = models[name].samples
        measured = replace(samples.reconstruction, rmse=rmse)
        models[name] = replace(models[name], samples=replace(samples, reconstruction=measured))
    return comparison_of(models, compared.recurrences, compared.rows, compared.areas)


def test_the_first_page_says_which_models_to_keep(tmp_path: Path) -> None:
    compared = comparison(tmp_path)
    compared.models["three"].screening.decisions[0] = Decision("nameable", "Smiling", 1, 0.9)
    text = words(render_models(blurred(compared, one=0.1, two=0.2, three=0.3)), "index.html")
    assert "2 of 3 are worth keeping" in text
    assert "rather than one 0.1000 1 two (0.2000, 1) three 0.3000 2 –" in text


def test_without_labels_the_first_page_keeps_by_what_is_seen(tmp_path: Path) -> None:
    compared = blurred(comparison(tmp_path, labels=False), one=0.1, two=0.2, three=0.3)
    text = words(render_models(compared), "index.html")
    assert "rather than one 0.1000 7 two (0.2000, 7) , three (0.3000, 7)" in text


def test_the_first_page_tells_whether_checkpoints_say_what_was_asked_of_them(
    tmp_path: Path,
) -> None:
    (tmp_path / "silent").mkdir()
    silent = words(render_models(comparison(tmp_path / "silent", facts={})), "index.html")
    assert "a checkpoint does not say" in silent
    telling = words(render_models(comparison(tmp_path, facts={"objective": "tc"})), "index.html")
    assert "its checkpoint says" in telling and "does not say" not in telling


@pytest.mark.parametrize(
    ("factor", "sentence"),
    [((1, 2, 3), "does not order the models by the other beyond chance"), ((1, 1, 1), None)],
)
def test_three_models_are_in_no_order_to_speak_of(
    factor: tuple[int, ...], sentence: str | None, tmp_path: Path
) -> None:
    compared = comparison(tmp_path)
    kl: list[float | None] = [10.0 * one for one in factor]
    text = words(render_models(replace(compared, span=span(kl, [0.1, 0.2, 0.3]))), "method.html")
    assert (sentence or "KL runs from 10.0 to 10.0 nats") in text
    assert ("Kendall" in text) == bool(sentence) and "have the larger error" not in text


def test_five_models_in_one_order_are_told_to_be(tmp_path: Path) -> None:
    kl, errors = [50.0, 40.0, 30.0, 20.0, 10.0], [0.1, 0.2, 0.3, 0.4, 0.5]
    compared = replace(comparison(tmp_path), span=span(list(kl), errors))
    text = words(render_models(compared), "method.html")
    assert "the models with fewer nats have the larger error (Kendall’s τ −1.00" in text


def test_silent_checkpoints_are_given_no_objective(tmp_path: Path) -> None:
    site = render_models(comparison(tmp_path, facts={}))
    assert "this site says of no model which objective it had" in words(site, "method.html")


def test_what_checkpoints_say_of_themselves_is_shown(tmp_path: Path) -> None:
    text = words(render_models(comparison(tmp_path, facts={"objective": "<b>beta</b>"})),
                 "method.html")  # fmt: skip
    assert "objective" in text and "<b>beta</b>" in text and "says of no model" not in text


def test_models_are_set_against_the_first_in_their_own_numbers(tmp_path: Path) -> None:
    text = words(render_models(comparison(tmp_path)), "method.html")
    assert "2.0 ×" in text and "3.0 ×" in text
    assert "Each model set against one" in text


def test_the_contrast_names_what_was_asked_and_the_mig_where_factors_are_known(
    tmp_path: Path,
) -> None:
    compared = comparison(tmp_path, facts={"objective": "tc, weight 6"})
    assert "MIG" not in words(render_models(compared), "method.html")
    names = ("MIG", "SAP", "disentanglement", "completeness", "informativeness")
    known = SimpleNamespace(scores=dict.fromkeys(names, 0.4321), turned={})
    models = {
        name: replace(f, trust=SimpleNamespace(disentanglement=known, truth=None, known=True))  # type: ignore[arg-type]
        for name, f in compared.models.items()
    }
    text = words(render_models(replace(compared, models=models)), "method.html")
    assert "two tc, weight 6" in text and "share of the probe MIG found again" in text
    assert "0.432" in text


def test_the_spread_is_that_of_the_models_of_one_table(tmp_path: Path) -> None:
    compared = comparison(tmp_path)
    assert spreads(compared)["nameable dimensions"] == {"pair": (1.0, 1.0)}
    assert "pair 2 models" in words(render_models(compared), "method.html")


def test_the_spread_over_seeds_that_checkpoints_tell_is_shown(tmp_path: Path) -> None:
    compared = comparison(tmp_path, facts={"mig_by_seed": "0.468, 0.324"})
    alone = {n: replace(f, config=replace(f.config, group=n)) for n, f in compared.models.items()}
    text = words(render_models(replace(compared, models=alone)), "method.html")
    assert "0.468, 0.324 for one; " in text and "cannot be seen here" not in text


def test_codes_that_share_nothing_are_not_called_found_again(tmp_path: Path) -> None:
    text = words(render_models(comparison(tmp_path)), "again.html")
    assert "0 of 7" in text or "1 of 7" in text
    assert "7 of 7" not in text


@pytest.mark.parametrize("name", ["index", "faces", "live", "again", "method"])
def test_without_labels_the_pages_have_what_is_left(name: str, tmp_path: Path) -> None:
    site = render_models(comparison(tmp_path, labels=False))
    text = words(site, f"{name}.html")
    assert not re.search(r"\bNone\b(?! of)|\bnan\b", text)
    assert "Each target attribute" not in text


def test_the_table_of_models_tells_active_dimensions_from_all(tmp_path: Path) -> None:
    compared = comparison(tmp_path)
    text = render_models(compared)["data/models.csv"].decode()
    row = next(csv.DictReader(io.StringIO(text)))
    found = compared.models["one"]
    assert (row["latents"], row["active"]) == ("8", str(int(found.variance.active.sum())))
    assert row["active"] != row["latents"]
    reconstruction = found.samples.reconstruction
    assert float(row["rmse"]) == reconstruction.rmse
    assert float(row["psnr"]) == reconstruction.psnr
