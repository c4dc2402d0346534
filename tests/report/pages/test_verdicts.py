"""What the pages make of what is decided: verdicts, doubts, controls, suggestions."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from featamp.io.attributes import NOISY
from featamp.io.celeba.names import ATTRIBUTES as CELEBA
from featamp.verdict.axes import compare_axes
from featamp.verdict.rule import Decision, decide
from featamp.verdict.score import Suggestion
from featamp.verdict.verdict import Verdict
from report.engine.places import TEMPLATES
from report.findings.findings import Findings
from report.findings.sweeps import Response
from report.pages.render import render_pages
from report.view.environment import make_environment
from report.view.judgements import noisy_labels
from report.view.words import fixed, signed
from tests.conftest import words
from tests.sample_findings import (
    ATTRIBUTES,
    by_chance,
    decided,
    person,
    sample_change,
    sample_faces,
    sample_findings,
    sample_shares,
    with_quality,
)


@pytest.fixture
def findings(tmp_path: Path) -> Findings:
    return sample_findings(tmp_path)


def table(site: dict[str, bytes], name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(site[f"data/{name}.csv"].decode())))


def verdict(findings: Findings, dim: int) -> Verdict:
    return findings.verdicts.dimensions[dim]


def test_a_page_says_that_another_attribute_responds_as_much(findings: Findings) -> None:
    response = findings.responses[1]
    assert response.slope is not None
    slope = response.slope.copy()
    slope[2] = -0.59
    made = decided(findings, responses=findings.responses | {1: replace(response, slope=slope)})
    assert ("rival", "Male") in verdict(made, 1).cautions and "rival" not in keys(
        verdict(findings, 1).cautions
    )
    assert "Male responds as much, within two standard errors" in words(
        render_pages(made), "dim/1.html"
    )


def test_a_page_says_that_uneven_light_could_be_all_there_is(findings: Findings) -> None:
    lit = with_quality(findings, 1, uneven=0.6)
    assert "uneven" in verdict(lit, 1).levels.doubts
    assert "uneven" not in verdict(findings, 1).levels.doubts
    assert "light or colour that falls unevenly over the picture (60 % of the change)" in words(
        render_pages(lit), "dim/1.html"
    )


def with_change(findings: Findings, dim: int, **changes: object) -> Findings:
    """The findings where the screening has measured something else of a dimension."""
    change = replace(findings.screening.changes[dim], **changes)  # type: ignore[arg-type]
    made = findings.screening.changes | {dim: change}
    return decided(findings, screening=replace(findings.screening, changes=made))


def test_a_page_tells_how_far_both_judges_see_go_what_can_hardly_be_seen(
    findings: Findings,
) -> None:
    for amount, share, said in (
        (0.01, 0.9, "without a name, though by both judges it goes 90 % of the way"),
        (0.03, 0.1, "no attribute is moved far"),
    ):
        made, shares = with_change(findings, 1, amount=amount), sample_shares(share)
        screening = replace(
            made.screening,
            shares=made.screening.shares | {1: shares},
            decisions=made.screening.decisions | {1: decide(made.screening.changes[1], shares)},
        )
        told = words(render_pages(decided(made, screening=screening)), "dim/1.html")
        assert f"hardly to be seen, and {said}" in told


def test_a_way_of_one_deviation_is_said_only_where_groups_lie_nearer(findings: Findings) -> None:
    said = "(or of one standard deviation, by a judge that tells them less far apart)"
    assert said not in words(render_pages(findings), "dim/1.html")
    near = replace(sample_shares(0.9), short=np.ones(len(sample_shares(0.9).names), np.bool_))
    decisions = {1: decide(findings.screening.changes[1], near)}
    screening = replace(findings.screening, decisions=findings.screening.decisions | decisions)
    told = words(render_pages(decided(findings, screening=screening)), "dim/1.html")
    assert f"of the way from images without it to images with it {said}, by the judge" in told


def test_alike_in_all_samples_is_said_only_where_the_worst_one_follows(findings: Findings) -> None:
    assert verdict(findings, 1).levels.consistency == "alike"
    assert "is alike in all samples" in words(render_pages(findings), "dim/1.html")
    one = with_change(findings, 1, unlike=(2,), against=(2,))
    told = words(render_pages(one), "dim/1.html")
    assert verdict(one, 1).levels.consistency == "most"
    assert "is alike in all samples" not in told and "All samples change alike" not in told
    assert "is alike in most samples (consistency 0.75), not in 000002.jpg (1 of 3)" in told
    assert "000002.jpg does not follow the other samples; 000002.jpg goes against them." in told
    assert "Not every sample follows" in told


@pytest.mark.parametrize(
    ("bend", "sentence"),
    [("saturates", "It saturates: a last step"), ("switches", "It switches: one step of α")],
)
def test_an_effect_that_saturates_or_switches_is_said(
    findings: Findings, bend: str, sentence: str
) -> None:
    site = render_pages(with_change(findings, 1, bend=bend))
    assert sentence in words(site, "dim/1.html") and sentence in words(site, "dimensions.html")
    assert sentence not in words(render_pages(findings), "dim/1.html")
    row = next(row for row in table(site, "verdicts") if row["dim"] == "1")
    assert row["bend"] == bend


def test_labels_are_marked_as_noisy_where_they_are_celebas_own(
    findings: Findings, monkeypatch: pytest.MonkeyPatch
) -> None:
    # six of the forty attributes stand for all
    monkeypatch.setattr("report.view.judgements.ATTRIBUTES", ATTRIBUTES)
    monkeypatch.setattr("report.view.judgements.NOISY", {"Smiling": "fifth"})
    site = render_pages(findings)
    sentence = "CelebA’s own label Smiling is noisy: about a fifth of the images"
    assert sentence in words(site, "dim/1.html") and sentence in words(site, "attributes.html")
    assert "Smiling noisy label" in words(site, "experiment1.html")
    first, listed = words(site, "index.html"), words(site, "dimensions.html")
    assert "nameable Smiling noisy label +" in first and "Smiling + noisy label" in first
    assert "Smiling + noisy label" in listed
    data = replace(findings.config.data, labels=Path("mine.csv"))
    own = replace(findings, config=replace(findings.config, data=data))
    assert "noisy" not in words(render_pages(own), "attributes.html")


def test_labels_of_other_sets_are_not_called_noisy(findings: Findings) -> None:
    assert noisy_labels(findings) == []  # they are not CelebA's forty
    assert set(NOISY) < set(CELEBA)


def keys(found: tuple[tuple[str, str], ...]) -> list[str]:
    return [key for key, _ in found]


def test_a_dimension_says_what_it_is_called_and_why(findings: Findings) -> None:
    site = render_pages(findings)
    named, plain = words(site, "dim/1.html"), words(site, "dim/0.html")
    assert "Raising α gives more Smiling: from −2 to +2 σ it goes 90" in named
    assert "moves no attribute far enough to bear its name" in plain
    everything = words(site, "dimensions.html")
    assert "1 nameable, 6 visible, 1 nothing." in everything
    assert "It is nearly the same for every image: its variance is 0." in everything


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("Wearing_Necktie", "an attribute that names no dimension"),
        ("Goatee", "which comes with men alone, and none come along"),
        ("Black_Hair", "yet the hair itself changes too little"),
        ("beanie", "yet something else decides"),
    ],
)
def test_a_name_that_is_withheld_is_told_with_its_reason(
    findings: Findings, name: str, why: str
) -> None:
    told = findings.screening.shares[0]
    far = np.where(np.array(told.names) == "Wearing_Hat", 1.2, 0.0)
    names = tuple(name if own == "Wearing_Hat" else own for own in told.names)
    shares = findings.screening.shares | {0: replace(told, names=names, codes=far, pixels=far)}
    made = replace(findings, screening=replace(findings.screening, shares=shares))
    macros = make_environment(made).get_template("parts/verdict.html").module
    said = " ".join(str(macros.said(0)).split())  # type: ignore[attr-defined]
    assert f"it goes 120 % of the way to more {name.replace('_', ' ')}, {why}" in said


def test_samples_are_alike_in_every_sentence_or_in_none(findings: Findings) -> None:
    assert "this can be seen, alike in the samples, but it" in words(
        render_pages(findings), "dim/0.html"
    )
    made = with_quality(findings, 0, consistency=0.4)
    told = words(render_pages(made), "dim/0.html")
    assert "only partly alike in the samples" in told and ", alike in the samples" not in told
    screening = findings.screening
    changes = {dim: replace(c, consistency=0.4) for dim, c in screening.changes.items()}
    made = decided(findings, screening=replace(screening, changes=changes))
    told = words(render_pages(made), "dimensions.html")
    kept = [dim for dim in findings.swept if screening.decisions[dim].verdict == "visible"]
    assert len(kept) < 6 and told.count("seen, alike in the samples") == len(kept)


def test_the_overview_counts_every_dimension_once(findings: Findings) -> None:
    text = words(render_pages(findings), "index.html")
    told = re.search(r"; of all, ([^.]+)\.", text)
    assert told and sum(map(int, re.findall(r"\d+", told[1]))) == len(findings.variance.std)


def test_a_page_warns_where_the_judge_of_pixels_does_not_agree(findings: Findings) -> None:
    response = findings.responses[1]
    assert response.pixel_slope is not None
    assert "judges" not in keys(verdict(findings, 1).cautions)
    turned = replace(response, pixel_slope=-response.pixel_slope)
    made = decided(findings, responses=findings.responses | {1: turned})
    assert verdict(made, 1).cautions[0] == ("judges", "Smiling")
    text = words(render_pages(made), "dim/1.html")
    assert "The classifier on pixels does not see Smiling respond in the same way" in text
    assert "do not agree" in text
    blurred = replace(response, pixel_error=np.full_like(response.pixel_slope, 9.0))
    text = words(
        render_pages(decided(findings, responses=findings.responses | {1: blurred})), "dim/1.html"
    )
    assert "pixels show no clear change" in text and "do not agree" not in text


def test_whether_a_target_is_moved_is_no_question_of_random_directions(
    findings: Findings,
) -> None:
    """Random mixtures of few dimensions move attributes as much as these do."""
    strong = {
        name: replace(c, response=louder(c.response)) for name, c in findings.controls.items()
    }
    made = decided(findings, controls=strong)
    assert not made.verdicts.responses[1, "Smiling"].above
    told = words(render_pages(made), "experiment1.html")
    smile, glasses = (told.split(f"{name}: r = ")[1] for name in ("Smiling", "Eyeglasses"))
    assert "Raising α gives more of it: from −2 to +2 σ 90" in smile.split("Raw")[0]
    assert "this names the dimension" in smile and "random direction moves" in smile
    unsure = "The two judges do not agree that it goes a clear part of the way to it"
    assert unsure not in smile.split("Eyeglasses")[0] and unsure in glasses
    shares = {
        dim: replace(s, seen=np.zeros_like(s.seen)) for dim, s in made.screening.shares.items()
    }
    made = decided(made, screening=replace(made.screening, shares=shares))
    told = words(render_pages(made), "experiment1.html")
    assert "the classifier of pixels tells it too badly to be asked (AUC" in told
    assert unsure not in told
    assert made.labels is not None
    undefined = replace(made.labels, judge_auc=np.full_like(made.labels.judge_auc, np.nan))
    site = render_pages(decided(made, labels=undefined))
    told = words(site, "experiment1.html")
    assert "the classifier of pixels could not be measured (of the images that it" in told
    assert "the classifier of pixels tells it" not in told
    assert "the pixels an AUC that could not be measured" in words(site, "attributes.html")
    assert {row["pixel_auc"] for row in table(site, "attributes")} == {""}


def louder(response: Response) -> Response:
    """The response of a random direction that moves all attributes."""
    assert response.slope is not None
    return replace(response, slope=np.full_like(response.slope, 0.8))


def test_axes_that_are_not_told_from_mixtures_are_not_called_mixtures(findings: Findings) -> None:
    """One axis of 20 beyond all of 199 rotations has q = .1, however far it goes."""
    strength = np.r_[9.0, np.zeros(19)]
    axes = compare_axes(tuple(range(20)), strength, np.linspace(0, 1, 199))
    told = words(render_pages(replace(findings, axes=axes)), "dimensions.html")
    assert "nothing tells the axes of this model from mixtures of them" in told
    assert "Of the 20 dimensions of highest variance none can be told to go farther" in told
    assert "(1 has p ≤ 0.05, where chance gives 1)" in told
    assert "199 rotations, which tell no fewer than 2 that go beyond all of them" in told
    few = compare_axes((0, 1), np.array([0.5, 0.9]), np.linspace(0, 1, 199))
    told = words(render_pages(replace(findings, axes=few)), "dimensions.html")
    assert "0 have p ≤ 0.05, where chance gives 0.1)" in told
    assert "(199 rotations, false discovery rate 0.05)" in told  # they tell a single one, too
    half = compare_axes((0, 1), np.array([0.5, 0.9]), np.linspace(0, 1, 100))
    told = words(render_pages(replace(findings, axes=half)), "dimensions.html")
    assert "(100 rotations, after which 99 more could tell none, false discovery rate" in told


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0.3, "moves no attribute far enough to bear its name."),
        (0.5, "its name: the nearest is Smiling +, 50 % of the way where a name takes 65 %."),
        (-0.5, "its name: the nearest is Smiling −, 50 % of the way where a name takes 65 %."),
    ],
)
def test_what_has_no_name_tells_the_nearest(findings: Findings, share: float, said: str) -> None:
    shares = {**findings.screening.shares, 2: sample_shares(share)}
    made = replace(findings, screening=replace(findings.screening, shares=shares))
    assert said in words(render_pages(made), "dim/2.html")


@pytest.mark.parametrize(
    ("regional", "region", "said"),
    [
        (0.4, "mouth", "two reconstructions differ by there, it changes the mouth most, by 40 %"),
        (0.1, "mouth", "by 10 %, and the hundredth of the pixels that changes most by 40 %"),
        (0.1, "", "changes most by 40 % of what that of two reconstructions differs by"),
    ],
)
def test_a_region_is_given_its_own_share_of_the_change(
    findings: Findings, regional: float, region: str, said: str
) -> None:
    made = with_change(findings, 2, amount=0.4, regional=regional, region=region)
    told = words(render_pages(made), "dim/2.html")
    assert f"{said}: this can be seen" in told
    assert ("the mouth most, by 10 %" in told) == (region == "mouth" and regional == 0.1)


def test_a_hair_colour_that_the_hair_does_not_bear_out_is_told(findings: Findings) -> None:
    names = ("Black_Hair", *sample_shares(0.0).names[1:])
    shares = {**findings.screening.shares, 2: replace(sample_shares(0.9), names=names)}
    made = replace(findings, screening=replace(findings.screening, shares=shares))
    told = words(render_pages(made), "dim/2.html")
    assert (
        "goes 90 % of the way to more Black Hair, yet the hair itself changes too little" in told
    )


def test_a_tint_of_the_whole_is_told_with_its_direction(findings: Findings) -> None:
    old, told = findings.screening, []
    for warmth in (1.5, -1.5):
        change = sample_change(parts=np.array([0, 0, 0, warmth, 0, warmth, 0]))
        screening = replace(
            old,
            changes={**old.changes, 2: change},
            decisions={**old.decisions, 2: decide(change, None)},
        )
        told.append(words(render_pages(replace(findings, screening=screening)), "dim/2.html"))
    assert "Raising α turns the whole picture warmer, skin and surroundings alike" in told[0]
    assert "Raising α turns the whole picture colder, skin and surroundings alike" in told[1]


def test_a_dimension_stands_beside_random_directions_a_component_and_its_probe(
    findings: Findings,
) -> None:
    lines = findings.verdicts.comparisons[1, "Smiling"]
    assert [line.kind for line in lines] == ["dimension", "random", "component", "probe"]
    assert lines[0].target == (0.6, 0.6) and lines[1].target == (0.02, 0.02)
    page = render_pages(findings)["dim/1.html"].decode()
    for name in ("random-1", "pc-1", "probe-Smiling"):
        assert (
            f'src="../shown/control-{name}.webp"' in page
            and f'href="../controls.html#{name}"' in page
        )


def test_an_answer_no_better_than_chance_is_compared_by_an_attribute_whose_probe_was_swept(
    findings: Findings,
) -> None:
    page = words(
        render_pages(findings), "dim/0.html"
    )  # Eyeglasses answers most, as much as to a random direction
    assert "the direction in which the linear probe of Smiling rises" in page
    assert (
        "Eyeglasses responds more, but no more than some attribute to a random direction" in page
    )
    assert "no more than some attribute" not in words(render_pages(findings), "dim/1.html")


def test_without_labels_there_are_controls_but_no_responses(tmp_path: Path) -> None:
    site = render_pages(sample_findings(tmp_path, labels=False))
    assert not {"data/responses.csv", "data/attributes.csv"} & set(site)
    assert [row["control"] for row in table(site, "controls")] == ["random-1", "random-2", "pc-1"]
    assert "Without attribute labels no response of an attribute can be measured" in words(
        site, "dim/0.html"
    )
    assert "nan" not in site["data/scores.csv"].decode()


def test_a_suggestion_has_reasons_and_leaves_a_persons_choice_alone(tmp_path: Path) -> None:
    findings = sample_findings(tmp_path, person(2, 3))
    site = render_pages(findings)
    text = words(site, "index.html")
    assert findings.plan.chosen == (2, 3)
    assert "your choice stays as it is" in text
    assert findings.verdicts.suggestions[0].score.dim == 1
    assert "Raising α gives more Smiling" in text
    suggested_dims = [s.score.dim for s in findings.verdicts.suggestions]
    suggested = ",".join(map(str, suggested_dims))
    assert f'data-choose="{suggested}"' in site["index.html"].decode()
    assert [
        int(row["dim"]) for row in table(site, "scores") if row["suggested"] == "true"
    ] == sorted(
        (s.score.dim for s in findings.verdicts.suggestions), key=list(findings.swept).index
    )


def test_a_share_is_no_more_than_chance_from_p_of_a_twentieth_on(findings: Findings) -> None:
    for p, doubted in ((0.0515, True), (0.049, False)):
        made = by_chance(findings, p)
        assert ("chance" in made.verdicts.attributes["Smiling"].doubts) is doubted
        assert f"a p of {p:.3f}" in words(render_pages(made), "attributes.html")


def test_attributes_are_weighed_with_words_for_what_is_doubtful(findings: Findings) -> None:
    smiling, hat = (findings.verdicts.attributes[name] for name in ("Smiling", "Wearing_Hat"))
    held = smiling.held_out
    assert smiling.on_all.dim == 1 and held and abs(held.r) > 0.5 and "few" in smiling.doubts
    assert held.low < held.r < held.high
    assert "tied" in hat.doubts and hat.on_all.frequency < 0.9  # nothing goes with hats here
    assert "Bald" not in findings.verdicts.attributes  # constant
    text = words(render_pages(findings), "attributes.html")
    assert "With 40 images no correlation, probe or response is worth much" in text
    assert "Bald none none" in text and "nan" not in text.lower().split()


def test_no_row_of_a_table_mixes_two_dimensions(findings: Findings) -> None:
    c, labels = findings.correlations, findings.labels
    assert c is not None and labels is not None
    site, held = render_pages(findings), labels.held_out
    rows = {row["attribute"]: row for row in table(site, "attributes")}
    assert list(rows) == [name for name in ATTRIBUTES if name != "Bald"]
    columns = {"r": held.r, "r_chosen": held.r_chosen, "low": held.low, "auc": held.auc}
    for name, row in rows.items():
        at = ATTRIBUTES.index(name)
        assert float(row["r"]) == c.r[at, int(row["dim"])]
        for column, values in columns.items():
            assert float(row[f"heldout_{column}"]) == values[at, int(row["heldout_dim"])]
    assert any(row["dim"] != row["heldout_dim"] for row in rows.values())
    assert float(rows["Male"]["probe_auc"]) == labels.probes.auc[2]
    for row in table(site, "correlations"):
        at = ATTRIBUTES.index(row["attribute"])
        if row["heldout_r"]:
            assert float(row["heldout_r"]) == held.r[at, int(row["dim"])]


def test_a_dimension_tells_its_own_r_on_the_images_held_out(findings: Findings) -> None:
    assert findings.labels is not None
    held, site = findings.labels.held_out, render_pages(findings)
    assert held.count == 20
    for dim in (1, 2):
        told = words(site, f"dim/{dim}.html").partition("Strongest attributes")[2]
        for name in ("Smiling", "Male"):
            at = ATTRIBUTES.index(name), dim
            interval = f"{signed(held.low[at])} to {signed(held.high[at])}"
            assert f"{signed(held.r[at])} {interval} {fixed(held.auc[at])}" in told
    told = words(site, "experiment1.html")
    assert "not from the VAE), on 20 other images (a random half): r = " in told


def test_the_response_table_has_every_direction_and_attribute(findings: Findings) -> None:
    rows = table(render_pages(findings), "responses")
    directions = [*map(str, findings.swept), *findings.controls]
    assert [(row["direction"], row["attribute"]) for row in rows] == [
        (d, a) for d in directions for a in ATTRIBUTES
    ]
    smile = next(row for row in rows if (row["direction"], row["attribute"]) == ("1", "Smiling"))
    assert (smile["response"], smile["error"]) == ("0.6", "0.02")


def test_a_single_sample_has_no_errors_and_says_so(findings: Findings) -> None:
    told = np.ones(6, np.bool_)
    alone = Response(0.9, 0.2, np.full(6, 0.3), None, told, np.full(6, 0.2), None, told)
    made = decided(findings, responses=findings.responses | {1: alone})
    site = render_pages(made)
    text = words(site, "dim/1.html")
    assert "one sample cannot tell" in text
    assert next(row for row in table(site, "responses") if row["direction"] == "1")["error"] == ""


@pytest.mark.parametrize(
    ("facts", "variance", "sentence"),
    [
        ({}, 1.0, "It says nothing of itself."),
        ({"epoch": 3, "beta": 1.0}, 1.0, "The standard bound."),
        ({"epoch": 3, "kl_weight": 4}, 1.0, "Another bound than the standard one"),
        ({"epoch": 1, "kl_weight": 0.0}, 50.0, "kept as “best by validation loss”"),
        ({"epoch": 7}, 1.0, "It does not say with which KL weight"),
        ({"objective": "factor, weight 25"}, 1.0, "Its objective is another than a weighed KL."),
    ],
)
def test_the_health_banner_reads_the_checkpoint(
    findings: Findings, facts: dict[str, object], variance: float, sentence: str
) -> None:
    kl = np.full_like(findings.variance.kl, variance)
    made = decided(
        findings,
        model=replace(findings.model, facts=facts),
        variance=replace(findings.variance, kl=kl),
    )
    assert sentence in words(render_pages(made), "index.html")


def test_the_curves_and_the_health_of_the_model_are_tables_too(findings: Findings) -> None:
    site = render_pages(findings)
    sweep = findings.swept[1].sweeps["wide"]
    rows = [row for row in table(site, "curves") if (row["dim"], row["sweep"]) == ("1", "wide")]
    for name, values in (
        ("alpha_sigma", sweep.sigma),
        ("change", sweep.effect.change),
        ("outside", sweep.effect.outside),
    ):
        assert [float(row[name]) for row in rows] == values.tolist()
    health = {row["measure"]: row["value"] for row in table(site, "health")}
    assert float(health["kl_total_nats"]) == findings.variance.kl_total
    assert float(health["reconstruction_psnr_db"]) == findings.samples.reconstruction.psnr


def test_a_response_is_shown_with_two_standard_errors(findings: Findings) -> None:
    text = words(render_pages(findings), "dim/1.html")  # Smiling: 0.6, standard error 0.02
    assert "Smiling +0.60 ± 0.04" in text and "+0.60 +0.56 to +0.64" in text


def test_too_few_without_an_attribute_are_told_as_too_few_with_it(findings: Findings) -> None:
    told = {}
    for positives in (100, 500, 900):
        correlations = findings.correlations
        assert correlations is not None
        counted = replace(correlations, count=1000, positives=np.full(6, positives))
        site = render_pages(decided(findings, correlations=counted))
        told[positives] = {
            name: words(site, f"{name}.html").count(" few ")
            for name in ("index", "attributes", "experiment1", "dim/1")
        }
    assert told[900] == told[100] != told[500]
    assert all(few > told[500][name] for name, few in told[900].items())


def test_the_strongest_tie_is_told_from_none_or_said_not_to_be(findings: Findings) -> None:
    weighed = findings.verdicts.attributes["Smiling"]
    assert weighed.held_out is not None
    source = '{% import "parts/macros.html" as ui with context %}{{ ui.tie(weighed) }}'
    template = make_environment(findings).from_string(source)
    told = []
    for low in (-0.1, 0.1):
        held = replace(weighed.held_out, r=0.2, low=low, high=0.4)
        told.append(template.render(weighed=replace(weighed, held_out=held), root=""))
    assert ["cannot be told from none" in text for text in told] == [True, False]


def test_what_bears_a_name_for_its_family_is_not_said_to_go_so_far_itself(
    findings: Findings,
) -> None:
    old, told = findings.screening, []
    for member in ("", "Male"):
        named = replace(old.decisions[1], member=member, member_share=0.9)
        screening = replace(old, decisions={**old.decisions, 1: named})
        told.append(words(render_pages(replace(findings, screening=screening)), "index.html"))
    said = "goes far enough towards an attribute, or one of its family, to bear its name"
    assert [said in text for text in told] == [False, True]


def test_a_tone_of_skin_is_named_by_the_pixels_alone(findings: Findings) -> None:
    old = findings.screening
    skin = Decision("nameable", "Smiling", -1, 0.4, reason="skin")
    screening = replace(old, decisions={**old.decisions, 2: skin})
    told = words(render_pages(replace(findings, screening=screening)), "dim/2.html")
    assert "by the classifier of pixels, which is asked alone of a tone of skin" in told
    assert "by the judge that says less" not in told


@pytest.mark.parametrize(("passed", "said"), [(47, True), (3, False)])
def test_p_values_filter_nothing_only_where_most_pass(
    findings: Findings, passed: int, said: bool
) -> None:
    made = replace(findings, headline=replace(findings.headline, passed=passed))
    told = words(render_pages(made), "attributes.html")
    assert ("p-values filter nothing" in told) == said
    assert "AUC counted in the direction that the choice gave" in told


@pytest.mark.parametrize(
    ("differ", "said"), [(True, "of those that"), (False, "first those that")]
)
def test_suggestions_that_repeat_one_are_not_said_to_differ(
    findings: Findings, differ: bool, said: str
) -> None:
    score = findings.verdicts.scores[1]
    suggestions = (Suggestion(score, True), Suggestion(replace(score, dim=2), differ))
    made = replace(findings, verdicts=replace(findings.verdicts, suggestions=suggestions))
    told = words(render_pages(made), "index.html")
    assert f"The 2 swept dimensions of highest score, {said} differ from each other" in told


def test_the_method_names_whom_the_pages_cite(findings: Findings) -> None:
    site = render_pages(findings)
    references = words(site, "method.html").split("References")[1]
    pages = [words(site, page) for page in ("method.html", "index.html")]
    text = " ".join([*pages, (TEMPLATES / "pages/trust.html").read_text()])
    others = r"(?: et\s+al\.| and [A-Z]\w+)?"
    cited = set(re.findall(rf"\b([A-ZÀ-Ž]\w+){others}\s+\(?(?:19|20)\d\d\)", text))
    assert {"Almudévar", "Benjamini"} <= cited
    assert cited <= set(re.findall(r"\w+", references))


def test_what_the_judge_of_faces_reads_along_a_sweep_is_told(tmp_path: Path) -> None:
    parts = make_environment(sample_findings(tmp_path)).get_template("parts/verdict.html")
    macros = parts.make_module({"root": ""})
    told = " ".join(str(macros.faces_read("dim001")).split())  # type: ignore[attr-defined]
    assert "Male +0.41 ± 0.05; Smiling in too few of the samples." in told
    assert str(macros.faces_read("dim002")).strip() == ""  # type: ignore[attr-defined]


def test_what_the_judge_of_faces_does_not_tell_here_is_said_with_its_auc(tmp_path: Path) -> None:
    judge = sample_faces()
    few = replace(judge, auc=np.array([0.99, 0.6, np.nan]))
    none = replace(judge, auc=np.array([0.5, 0.6, np.nan]))
    for made, said in (
        (judge, "−0.17). It is not asked about Young (AUC 0.60)."),
        (
            few,
            "Young (AUC 0.60), Smiling (of too few that have it, or lack it, was a face found).",
        ),
        (
            none,
            "tells no attribute well enough on these images (AUC of 0.8). It is not asked about",
        ),
    ):
        findings = replace(sample_findings(tmp_path), faces=made)
        macros = make_environment(findings).get_template("parts/verdict.html").module
        told = " ".join(str(macros.lost_said()).split())  # type: ignore[attr-defined]
        assert said in told, told
