"""The site's pages: links, words from numbers, data files, hostile text, determinism."""

from __future__ import annotations

import csv
import html
import io
import json
import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from featamp.contract.network import Doubt
from featamp.verdict.rule import Decision
from featamp.verdict.verdict import BOUNDS
from report.engine.places import TEMPLATES
from report.findings.figures import GLANCES, Figure
from report.findings.findings import Findings
from report.findings.live import Checked, Live
from report.findings.screening import thumbnail
from report.inputs.selection import Combination, Note, Selection
from report.pages.render import PAGES, render_pages
from report.pages.tables import EFFECT_COLUMNS, MEASURE_COLUMNS
from report.view import pairs, readings
from report.view.environment import strict_environment
from report.view.words import alpha, bare, figures, fixed, percent, points, short, signed
from tests.conftest import words
from tests.sample_findings import (
    ATTRIBUTES,
    HOSTILE,
    person,
    sample_findings,
    sample_quality,
    with_quality,
    with_sweep,
)

VOID = {"meta", "link", "img", "input", "br", "wbr", "mspace", "source", "hr"}


def flat(page: bytes) -> str:
    """A page whose lines are broken nowhere, as a browser reads it; no-break spaces stay."""
    return re.sub(r"[ \n]+", " ", page.decode())


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> Findings:
    return sample_findings(tmp_path_factory.mktemp("report"))


@pytest.fixture(scope="module")
def site(findings: Findings) -> dict[str, bytes]:
    return render_pages(findings)


@pytest.fixture(scope="module")
def chosen(tmp_path_factory: pytest.TempPathFactory) -> Findings:
    return sample_findings(tmp_path_factory.mktemp("chosen"), person(0, 2, 1))


def test_method_says_how_to_see_models_side_by_side(
    findings: Findings, site: dict[str, bytes]
) -> None:
    assert "make compare" in words(site, "method.html")
    among = replace(findings, config=replace(findings.config, name="one"))
    text = words(render_pages(among), "method.html")
    assert "make compare" not in text and "how models are compared" in text


def test_advice_of_a_page_can_be_followed_in_a_clone_and_where_it_is_installed(
    findings: Findings, tmp_path: Path
) -> None:
    health = replace(findings.verdicts.health, reconstruction="none")
    untrained = replace(findings, verdicts=replace(findings.verdicts, health=health))
    unlabelled = sample_findings(tmp_path, labels=False)
    found = set()
    codes = np.zeros((0, 8), np.float32)
    live = Live(Checked("no decoder"), None, (), codes, 1.0, (), None)
    for shown in (untrained, replace(findings, live=live), unlabelled):
        site = render_pages(shown)
        for path in filter(lambda path: path.endswith(".html"), site):
            text = words(site, path)
            for told in re.findall(r"make report|make serve|report check", text):
                command = {"make report": "build", "make serve": "serve"}.get(told, "check")
                assert f"featamp {command}" in text, (path, told)
                found.add(command)
    assert found == {"build", "check", "serve"}


class Page(HTMLParser):
    """What the tests ask of a page; fails on tags that are not closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.images: list[dict[str, str]] = []
        self.headings: list[int] = []
        self.labels: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {key: value or "" for key, value in attrs}
        self.ids += [values["id"]] if "id" in values else []
        self.links += [values[key] for key in ("href", "src") if key in values]
        self.labels += [values[key] for key in ("for", "aria-labelledby") if key in values]
        if tag == "img":
            self.images.append(values)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in VOID and not self.get_starttag_text().endswith("/>"):  # type: ignore[union-attr]
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


def pages(site: dict[str, bytes]) -> dict[str, Page]:
    return {path: Page(data.decode()) for path, data in site.items() if path.endswith(".html")}


def built_beside(findings: Findings) -> set[str]:
    """Files that the build puts beside the pages."""
    sweeps = [sweep for swept in findings.swept.values() for sweep in swept.sweeps.values()]
    sprites = {s.sprite for s in sweeps if findings.plan.has_sprite(s.dim, s.kind)}
    sprites |= {sweep.shown for sweep in sweeps}
    sprites |= {control.sweep.shown for control in findings.controls.values()}
    extremes = {
        f"shown/dim{dim:03d}-{picture}.webp"
        for dim in findings.swept
        for picture in ("extremes", "map", "trial")
    }
    figures = {figure.file(suffix) for figure, all in findings.figures.items() for suffix in all}
    suffixes = ("md", "tex", "docx", "pdf")
    handin = {f"writeup/feature_amplification.{suffix}" for suffix in suffixes} | {"writeup.zip"}
    screened = {f"screen/{thumbnail(dim)}" for dim in findings.screening.changes}
    return (
        sprites
        | screened
        | extremes
        | figures
        | handin
        | {"shown/samples.webp", "data/report.json", "writeup/references.bib"}
    )


@pytest.mark.parametrize("labels", [True, False])
def test_every_link_fragment_and_id_resolves(tmp_path: Path, labels: bool) -> None:
    findings = sample_findings(tmp_path, person(0, 2, 1), labels)
    site = render_pages(findings)
    parsed = pages(site)
    there = set(site) | built_beside(findings)
    followed = 0
    for path, page in parsed.items():
        assert len(page.ids) == len(set(page.ids)), path
        assert set(page.labels) <= set(page.ids), path
        for link in page.links:
            if link.startswith("https://"):
                continue
            file, _, fragment = link.partition("#")
            file = file.partition("?")[0]
            target = (
                str(PurePosixPath(*_resolve(PurePosixPath(path).parent, file))) if file else path
            )
            assert target in there, (path, link)
            assert not fragment or fragment in parsed[target].ids, (path, link)
            followed += 1
    assert followed > 200


def _resolve(folder: PurePosixPath, link: str) -> list[str]:
    parts: list[str] = []
    for part in (folder / link).parts:
        parts = parts[:-1] if part == ".." else [*parts, part]
    return parts


def test_pictures_have_size_and_words_and_headings_are_in_order(site: dict[str, bytes]) -> None:
    for path, page in pages(site).items():
        assert all(
            image.get("alt") and image.get("width") and image.get("height")
            for image in page.images
        ), path
        assert page.headings[0] == 1 and page.headings.count(1) == 1, path
        assert all(b - a <= 1 for a, b in zip(page.headings, page.headings[1:], strict=False)), (
            path
        )


def test_a_page_for_every_swept_dimension_and_each_experiment(
    findings: Findings, site: dict[str, bytes]
) -> None:
    names = [name for name, _ in PAGES]
    expected = {f"{name}.html" for name in names} | {f"dim/{dim}.html" for dim in findings.swept}
    assert {path for path in site if path.endswith(".html")} == expected
    assert site["experiment3.html"].count(b'<form class="note') == len(findings.plan.explored)


def test_page_code_and_style_stay_small(site: dict[str, bytes]) -> None:
    for path, page in pages(site).items():
        loaded = {
            link.removeprefix("../") for link in page.links if link.endswith((".js", ".css"))
        }
        live = {name for name in loaded if name.startswith("static/live/")}  # of one page alone
        assert sum(len(site[name]) for name in live) <= 30_000
        assert 10_000 < sum(len(site[name]) for name in loaded - live) <= 106_000, path
    assert not any(
        b"http://" in data
        for path, data in site.items()
        if path.endswith((".js", ".css", ".html"))
    )


def test_dimensions_table_is_exact(findings: Findings, site: dict[str, bytes]) -> None:
    rows = list(csv.DictReader(io.StringIO(site["data/dimensions.csv"].decode())))
    columns = "dim,variance,std,variance_rank,variance_ratio,mean,kl,active,top_attribute,top_r"
    assert site["data/dimensions.csv"].split(b"\n")[0].decode() == columns
    v, c = findings.variance, findings.correlations
    assert c is not None
    for key, values in (
        ("variance", v.variance),
        ("std", v.std),
        ("variance_ratio", v.ratio),
        ("mean", v.mean),
        ("kl", v.kl),
    ):
        assert [float(row[key]) for row in rows] == values.tolist()
    assert [int(row["variance_rank"]) for row in rows] == v.rank.tolist()
    assert [row["active"] == "true" for row in rows] == v.active.tolist()
    best = np.abs(c.r).argmax(axis=0)
    assert [row["top_attribute"] for row in rows[:7]] == [ATTRIBUTES[a] for a in best[:7]]
    assert [float(row["top_r"]) for row in rows[:7]] == [c.r[a, d] for d, a in enumerate(best[:7])]
    assert (rows[7]["top_attribute"], rows[7]["top_r"]) == (
        "",
        "",
    )  # collapsed: nothing correlates with it


def test_correlations_table_is_exact_and_empty_where_undefined(
    findings: Findings, site: dict[str, bytes]
) -> None:
    rows = list(csv.DictReader(io.StringIO(site["data/correlations.csv"].decode())))
    c = findings.correlations
    assert c is not None
    assert list(rows[0]) == [
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
    ]
    assert len(rows) == c.r.size
    for row in rows:
        at = (ATTRIBUTES.index(row["attribute"]), int(row["dim"]))
        numbers = [row[key] for key in ("r", "ci_low", "ci_high", "p", "q", "auc", "d")]
        exact = [float(x[at]) for x in (c.r, c.ci_low, c.ci_high, c.p, c.q, c.auc, c.d)]
        assert ([float(n) for n in numbers] == exact) if c.defined[at] else (numbers == [""] * 7)
        assert (int(row["n"]), int(row["n_positive"])) == (c.count, c.positives[at[0]])


def test_a_row_of_held_out_numbers_counts_the_positives_held_out(tmp_path: Path) -> None:
    findings = sample_findings(tmp_path)
    correlations, labels = findings.correlations, findings.labels
    assert correlations is not None and labels is not None
    table = render_pages(findings)["data/attributes.csv"].decode()
    told = {
        r["attribute"]: int(r["n_report_positive"]) for r in csv.DictReader(io.StringIO(table))
    }
    held, every = (
        dict(zip(correlations.names, counted.positives.tolist(), strict=True))
        for counted in (labels.held_out, correlations)
    )
    assert told == {name: held[name] for name in told} != {name: every[name] for name in told}


def test_effects_table_is_exact_and_its_columns_are_explained(tmp_path: Path) -> None:
    findings = sample_findings(
        tmp_path, person(7, 0)
    )  # dimension 7 is swept without being explored
    findings = with_quality(
        findings, findings.plan.dims[1], effect=(0.02, 0.04, None), consistency=None
    )
    site = render_pages(findings)
    rows = list(csv.DictReader(io.StringIO(site["data/effects.csv"].decode())))
    assert [int(row["dim"]) for row in rows] == list(findings.swept)
    for row in rows:
        q = findings.swept[int(row["dim"])].quality
        seen = (
            q.judged_at,
            q.over_error,
            q.over_distance,
            q.consistency,
            q.monotonicity,
            q.symmetry,
        )
        response, outside = (
            findings.responses[int(row["dim"])],
            findings.swept[int(row["dim"])].sweeps["sigma"].effect.outside,
        )
        again = (response.self_response, response.leakage, outside.mean())
        exact = (*q.effect, *seen, q.photometric, q.uneven, q.top, *q.regions, *again)
        assert [float(row[name]) if row[name] else None for name in MEASURE_COLUMNS] == list(exact)
    assert (rows[1]["effect_3_sigma"], rows[1]["consistency"]) == ("", "")
    assert (rows[0]["mouth_share"], rows[0]["photometric_share"]) == ("0.2", "0.1")
    page = site["experiment3.html"].decode()
    assert [column for column in EFFECT_COLUMNS if f"<code>{column}</code>" not in page] == []
    assert 'href="data/effects.csv"' in page


GOOD_SENTENCE = (
    "±2 σ moves a picture by 16 % of the difference between two images; the change is alike in all"
    " samples "
    "(consistency 0.75), grows steadily with α, is more than brightness, tint or blur (which"
    " explain 10 %) and "
    "is widespread but densest around the mouth."
)


@pytest.mark.parametrize(
    ("changes", "sentence", "warning"),
    [
        ({}, GOOD_SENTENCE, None),
        ({"over_distance": 0.05}, "by only 5 % of the difference", None),
        ({"over_distance": 0.6}, "by as much as 60 % of the difference", None),
        (
            {"over_distance": 0.01},
            "by only 1 % of the difference between two images; the change is alike in all samples",
            "It changes a small part of the pictures",
        ),
        (
            {"consistency": 0.2},
            "differs from sample to sample (consistency 0.20)",
            "not do the same thing to every",
        ),
        (
            {"consistency": 0.4},
            "is only partly alike in the samples (consistency 0.40)",
            "share only part of the",
        ),
        (
            {"monotonicity": 0.4},
            "does not grow steadily with α",
            "a larger α is not more of the same",
        ),
        (
            {"photometric": 0.7},
            "is mostly brightness, tint or blur (70 %)",
            "tint or blur, which names nothing",
        ),
        ({"photometric": 0.3}, "is in part only brightness, tint or blur (30 %)", None),
        ({"consistency": None, "monotonicity": None}, "the change is more than brightness", None),
        ({"top": 0.8}, "lies in a small part of the picture, mostly around the mouth.", None),
        (
            {"areas": np.array([0, 0.05, 0.05, 0.1, 0.2, 0.6])},
            "is widespread but densest around the mouth",
            None,
        ),
        ({"judged_at": 1.5}, "±1.5 σ moves a picture by 16 %", None),
        (
            {"regions": np.array([0, 0, 0, 0, 0.2, 0.8])},
            "lies mostly in the background (80 % of it)",
            None,
        ),
        (
            {"regions": np.array([0, 0, 0, 0, 1, 0])},
            "is widespread but densest in the hair",
            None,
        ),
        ({"regions": sample_quality().areas}, "is spread over the whole picture.", None),
    ],
)
def test_a_page_says_what_the_sweep_does_in_one_sentence(
    findings: Findings, changes: dict[str, Any], sentence: str, warning: str | None
) -> None:
    made = with_quality(findings, 0, **changes)
    text = words(render_pages(made), "dim/0.html")
    assert sentence in text
    assert ("Be careful with this dimension" in text) == (warning is not None)
    assert warning is None or warning in text


@pytest.mark.parametrize(
    ("verdict", "said", "unsaid"),
    [
        ("nothing", ("does next to nothing", "too small to see", "small a change"), ()),
        ("faint", ("by only 1 %", "can hardly be seen", "small a change"), ("does next to",)),
        ("visible", ("Little of the whole",), ("does next to", "small a change")),
    ],
)
def test_what_is_little_of_a_picture_is_nothing_only_where_nothing_is_to_be_seen(
    findings: Findings, verdict: str, said: tuple[str, ...], unsaid: tuple[str, ...]
) -> None:
    made = with_quality(findings, 0, over_distance=0.01)
    decision = Decision(verdict)
    screening = replace(made.screening, decisions=made.screening.decisions | {0: decision})
    text = words(render_pages(replace(made, screening=screening)), "dim/0.html")
    assert [part for part in said if part not in text] == []
    assert [part for part in unsaid if part in text] == []


def test_an_r_is_called_held_out_only_where_the_others_chose_its_dimension(
    findings: Findings,
) -> None:
    name, dim = next(iter(findings.plan.targets.items()))
    weighed = findings.verdicts.attributes[name]
    assert weighed.held_out is not None
    claim = "Held out (from the choice, not from the VAE), on"
    shared = "after they had a part in that choice; the other images choose dimension"
    for chosen, said in ((dim, claim), (dim + 1, shared)):
        held = replace(weighed.held_out, dim=chosen)
        attributes = findings.verdicts.attributes | {name: replace(weighed, held_out=held)}
        verdicts = replace(findings.verdicts, attributes=attributes)
        page = words(render_pages(replace(findings, verdicts=verdicts)), "experiment1.html")
        (about,) = re.findall(rf"{name}: r = \S+ on all images, which chose it.*?Amplified", page)
        assert [text in about for text in (claim, shared)] == [said == claim, said == shared]


def test_a_single_suggestion_is_counted_as_one(findings: Findings) -> None:
    verdicts = replace(findings.verdicts, suggestions=findings.verdicts.suggestions[:1])
    text = words(render_pages(replace(findings, verdicts=verdicts)), "index.html")
    assert "The one swept dimension that has a score" in text and "Choose it" in text
    assert "The 1 " not in text and "Choose these" not in text


def test_experiment_3_compares_the_sweeps_and_leads_to_their_cards(findings: Findings) -> None:
    weak = findings.plan.explored[2]
    made = with_quality(findings, weak, consistency=0.31, photometric=0.66)
    page = flat(render_pages(made)["experiment3.html"])
    table = page[page.index('<table class="sortable">') : page.index("</table>")]
    assert re.findall(r'href="#dim-(\d+)"', table) == [str(dim) for dim in findings.plan.explored]
    faint = "−0.10"  # no more than a random direction does, in all but one
    warned = re.findall(r'<span class="warn">(.*?)</span>', table)
    other = "50\N{NO-BREAK SPACE}%"  # the largest response but one, as much as half of it
    rest = len(findings.plan.explored) - 1
    assert Counter(warned) == {"0.31": 1, "66\N{NO-BREAK SPACE}%": 1, faint: rest, other: rest}
    assert 'data-value="0.31"' in table and "mouth (6.7 ×)" in table


def test_the_overview_says_what_an_attribute_in_italics_is(
    site: dict[str, bytes], tmp_path: Path
) -> None:
    assert 'class="unnamed"' in site["index.html"].decode()
    assert "In italics what responds most, by both judges, where nothing names it" in words(
        site, "index.html"
    )
    bare = render_pages(sample_findings(tmp_path, labels=False))
    assert "In italics" not in words(bare, "index.html")


def test_the_overview_counts_the_verdicts_of_all_dimensions(site: dict[str, bytes]) -> None:
    lead = words(site, "index.html")
    assert "1 of 8 dimensions goes far enough towards an attribute to bear its name" in lead
    assert "of all, 1 nameable, 6 visible, 1 nothing." in lead


def test_experiment_3_says_which_names_variance_has_missed(findings: Findings) -> None:
    smile, beyond = findings.screening.decisions[1], 6
    assert beyond not in findings.plan.explored
    decisions = findings.screening.decisions | {beyond: replace(smile, direction=-1)}
    made = replace(
        findings,
        screening=replace(findings.screening, decisions=decisions),
        plan=replace(findings.plan, found=(1, beyond)),
    )
    text = words(render_pages(made), "experiment3.html")
    assert "1 of these 5 bears a name: 1 Smiling + . Of all 8 dimensions 2 do." in text
    assert "variance has missed 1: 6 Smiling \N{MINUS SIGN} ." in text


def test_a_map_says_its_gain_and_shares(site: dict[str, bytes]) -> None:
    text = words(site, "dim/0.html")
    assert "Mid-grey is nothing" in text
    assert "4 times as large, less where it is large, on one scale for every dimension" in text
    assert "mouth 20 % of the energy, 3 % of the picture" in text


def test_every_picture_has_its_files_and_a_caption_to_copy_beside_it(chosen: Findings) -> None:
    assert {figure.name for figure in chosen.figures if figure.kind not in GLANCES} == {
        "dim000-raw",
        "variance",
    }  # all else is not drawn
    site = render_pages(chosen)
    for path in (name for name in site if name.endswith(".html")):
        shown = (
            site[path].decode().partition('id="blind"')[0]
        )  # there names would tell what a card is
        pictures = set(re.findall(r'<img src="(?:\.\./)?shown/(\S+)\.webp"', shown)) - {"samples"}
        told = captions(shown)
        for name in (name for name in pictures if "trial" not in name):  # no result, but a task
            kept = rf'href="(\.\./)?(figures|sprites|shown)/{name}\.\w+" download'
            assert re.search(kept, shown), (path, name)
            assert len(told[name]) > 80, (path, name)
    told = captions(site["dim/2.html"].decode())
    assert told["dim002-wide"].endswith("for 10 values of α from −5 to +5 raw (σ = 9.64 raw).")
    assert "z′ = z + α on dimension 2, for 10 values of α from −3 to +3 σ" in told["dim002-sigma"]
    assert "grey levels of 255 over α in standard deviations" in told["curve of dimension 2"]
    assert (
        "3 samples, around mid-grey, 4 times as large and less where it is" in told["dim002-map"]
    )
    assert told["control-random-1"].startswith("Random direction 1. Rows: 3 samples.")


def test_a_figure_for_one_column_stands_beside_the_wide_one_under_one_caption(
    chosen: Findings,
) -> None:
    drawn: dict[Figure, tuple[str, ...]] = dict.fromkeys(
        (Figure("dimension", 0, "raw"), Figure("column", 0, "raw")), ("pdf", "png")
    )
    page = flat(render_pages(replace(chosen, figures=drawn))["selection.html"])
    line = next(
        span for span in re.findall(r"<span>(.*?)</span>", page) if span.startswith("dim000-raw ")
    )
    assert re.findall(r'href="figures/(\S+)" download', line) == [
        f"dim000-raw{width}.{suffix}" for width in ("", "-column") for suffix in ("pdf", "png")
    ]
    assert "dim000-raw-column" not in captions(page)


def captions(page: str) -> dict[str, str]:
    """The captions of a page by the name of their picture."""
    found = re.findall(r'data-caption="([^"]+)"\s+aria-label="Copy caption of ([^"]+)"', page)
    return {name: html.unescape(caption) for caption, name in found}


def test_sweeps_table_lists_what_each_experiment_shows(
    findings: Findings, site: dict[str, bytes]
) -> None:
    entries = json.loads(site["data/sweeps.json"])
    shown = {(e["experiment"], e["dim"], e["units"]) for e in entries}
    assert {(e, d) for e, d, _ in shown if e == "1"} == {("1", 1), ("1", 2), ("1", 4)}
    assert len([e for e in entries if e["experiment"] == "2"]) == 4 * 4
    assert len([e for e in entries if e["experiment"] == "3"]) == 5 * 2
    assert len([e for e in entries if e["experiment"] == "selection"]) == 4 * 2
    sweeps = [s for swept in findings.swept.values() for s in swept.sweeps.values()]
    for entry in entries:
        keys = ["experiment", "dim", "units", "alphas", "samples", "sprite", "cell", "combination"]
        assert list(entry) == keys and entry["combination"] is None
        assert entry["samples"] == list(findings.samples.names) and entry["cell"] == [16, 16]
        sweep = next(s for s in sweeps if s.sprite == entry["sprite"])
        assert entry["alphas"] == (sweep.raw if entry["units"] == "raw" else sweep.sigma).tolist()


def test_a_template_that_was_kept_is_taken_where_it_is_whole_and_none_need_be_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rendered() -> str:
        template = strict_environment().get_template("parts/notebook.html")
        return template.render(rows=[], link="site", index=Path("site"))

    monkeypatch.setattr("report.view.environment.COMPILED", tmp_path / "kept")
    first = rendered()
    [kept] = (tmp_path / "kept").glob("*.cache")
    whole = kept.read_bytes()
    kept.write_bytes(whole.replace(b"The whole report", b"Not what is said"))
    assert rendered() == first and kept.read_bytes() == whole
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setattr("report.view.environment.COMPILED", tmp_path / "file/kept")
    assert rendered() == first


def test_config_is_carried_verbatim(findings: Findings, site: dict[str, bytes]) -> None:
    assert site["data/config.toml"].decode() == findings.config.text
    assert "&lt;b&gt;comment&lt;/b&gt;" in site["reproduction.html"].decode()


def test_without_labels_the_pages_say_what_to_add(tmp_path: Path) -> None:
    site = render_pages(sample_findings(tmp_path, labels=False))
    assert "data/correlations.csv" not in site
    for path in ("attributes.html", "experiment1.html", "index.html"):
        assert "list_attr_celeba.txt" in words(site, path)
    assert "and without attribute labels it has no name" in words(site, "dimensions.html")
    assert "moves no attribute far enough" not in words(site, "dimensions.html")
    assert "probe" not in words(site, "controls.html")


OF_FACES = r"\b(faces?|skin|hair|mouth|eyes|cheeks|forehead|heads?|celeba\w*|smil\w+|people)\b"
"""Words that nobody needs for digits or sprites."""


def other_pictures(folder: Path) -> Findings:
    """Findings about pictures that are no faces."""
    f = sample_findings(folder, labels=False)
    changes = {dim: replace(c, region="") for dim, c in f.screening.changes.items()}
    screening = replace(f.screening, changes=changes)
    return replace(f, images=replace(f.images, faces=False), screening=screening)


def test_pages_of_other_pictures_speak_of_no_faces(tmp_path: Path) -> None:
    site = render_pages(other_pictures(tmp_path))
    apart = ("trust.html", "reproduction.html")  # tests on rendered faces; the config itself
    pages = [path for path in site if path.endswith(".html") and path not in apart]
    found = {path: re.findall(OF_FACES, words(site, path), re.I) for path in pages}
    assert {path: said for path, said in found.items() if said} == {}
    first, *rows = csv.reader(io.StringIO(site["data/effects.csv"].decode()))
    assert {row[first.index("mouth_share")] for row in rows} == {""}


def test_who_judges_is_said_as_it_is_for_other_pictures(
    findings: Findings, site: dict[str, bytes], tmp_path: Path
) -> None:
    where = "a classifier that looks only where the attribute shows"
    assert where in words(site, "dimensions.html")
    others = render_pages(replace(findings, images=replace(findings.images, faces=False)))
    assert "and a classifier of pixels. Pictures: two" in words(others, "dimensions.html")
    bare = words(render_pages(other_pictures(tmp_path)), "dimensions.html")
    assert "Without attribute labels none is given a name. Pictures" in bare


def test_where_all_labels_are_numbers_the_correlation_is_pearsons(findings: Findings) -> None:
    assert findings.correlations
    splits = tuple((name, 0.5) for name in findings.correlations.names)
    numbers = replace(findings, correlations=replace(findings.correlations, splits=splits))
    for path in ("attributes.html", "method.html"):
        told = words(render_pages(numbers), path)
        assert "Pearson’s correlation r of" in told and "point-biserial" not in told.lower()
    assert "decide r" not in words(render_pages(numbers), "attributes.html")
    tailed = replace(findings.correlations, splits=splits, long_tailed=(splits[0][0],))
    far_out = render_pages(replace(findings, correlations=tailed))
    assert words(far_out, "attributes.html").count("A few images lie far out and decide r") == 1


def test_a_constant_attribute_is_told_in_words(site: dict[str, bytes]) -> None:
    text = words(site, "attributes.html")
    assert "Bald is constant here" in text
    assert not any(
        re.search(r"\bnan\b|\binf\b", words(site, p), re.I) for p in site if p.endswith(".html")
    )


def test_what_stands_in_for_a_choice_is_said(site: dict[str, bytes], chosen: Findings) -> None:
    made = render_pages(chosen)
    for path in ("index.html", "selection.html", "experiment2.html"):
        assert "To do: choose 4." in words(site, path)
        assert "To do: choose 4." not in words(made, path)
        assert "3 dimensions are chosen in selection.toml, the assignment asks for 4" in words(
            made, path
        )


def test_a_raw_sweep_below_one_sigma_says_so_and_comes_second(
    findings: Findings, site: dict[str, bytes]
) -> None:
    reach = findings.swept[0].sweeps["raw"].reach
    assert reach < 1 < findings.swept[1].sweeps["raw"].reach
    assert f"The raw sweep covers only ±{reach:.2f} σ" in words(site, "dim/0.html")
    assert "covers only" not in words(site, "dim/1.html").split("All samples")[0]
    order = [
        re.findall(r'id="grid-([\w-]+)"', site[f"dim/{dim}.html"].decode())[0] for dim in (0, 1)
    ]
    assert order == ["sigma", "raw"]


@pytest.mark.parametrize(("dims", "range_end"), [((0, 1, 2), "σ"), ((1, 3), "raw")])
def test_ranges_of_the_chosen_are_compared_in_one_unit(
    tmp_path: Path, dims: tuple[int, ...], range_end: str
) -> None:
    site = render_pages(sample_findings(tmp_path, person(*dims)))
    text = words(site, "experiment2.html").partition("Result")[2].partition("Where it leaves")[0]
    assert f"the narrow range is −3 to +3 {range_end}, the wide one −5 to +5 {range_end}." in text
    left = text.count("Up to 2 σ no step takes more than half of the samples out")
    assert left == (3 if range_end == "σ" else 2)  # whichever of its sweeps goes so far


def test_a_card_tells_the_strongest_attribute_by_the_images_that_did_not_choose_it(
    findings: Findings, site: dict[str, bytes]
) -> None:
    top = pairs.held_top(findings, 1)
    assert top is not None and top.held_out is not None
    said = f"strongest on images that choose Smiling, r = {signed(top.held_out.r)} on others ("
    assert said in words(site, "selection.html") and said in words(site, "experiment3.html")
    assert "on all images)" not in words(site, "selection.html")


def test_a_collapsed_dimension_has_a_page_that_says_so(tmp_path: Path) -> None:
    site = render_pages(sample_findings(tmp_path, person(7, 1, 2, 0)))
    assert "Dimension 7 has collapsed" in words(site, "dim/7.html")
    assert "Effect over" not in words(site, "dim/7.html")
    assert words(site, "dim/7.html").count("Too small a change to tell.") == 5


def test_headings_give_alpha_in_both_units_and_mark_zero(
    findings: Findings, site: dict[str, bytes]
) -> None:
    page = site["dim/0.html"].decode()
    sweep = findings.swept[0].sweeps["sigma"]
    for raw, sigma in zip(sweep.raw, sweep.sigma, strict=True):
        assert f"<b>{alpha(raw)}</b><i>{alpha(sigma)}</i>" in page
    assert '<span class="zero" style="--after:5"' in page


def test_wide_sweep_says_where_it_leaves_the_real_codes(
    findings: Findings, site: dict[str, bytes]
) -> None:
    """That hardly a code lies beyond 2 sigma is true of nearly every dimension."""

    def told(site: dict[str, bytes]) -> str:
        text = words(site, "experiment2.html")
        return text[text.index("Dimension 0 :") : text.index("Dimension 2 :")]

    assert "Up to 2 σ no step takes more than half of the samples out" in told(site)
    assert re.search(r"2 points at α = [+−][\d.]+ \([+−]3\.89 σ\)", told(site))
    made = findings
    for kind in ("wide", "wide-sigma"):
        sweep = findings.swept[0].sweeps[kind]
        out = (np.abs(sweep.sigma) > 1).astype(float)
        made = with_sweep(made, replace(sweep, effect=replace(sweep.effect, left=out)))
    early = r"have left the real codes from α = [+−][\d.]+ \([+−]1\.67 σ\) on, early"
    assert re.search(early, told(render_pages(made)))


def test_shared_best_dimension_is_swept_once_and_said(site: dict[str, bytes]) -> None:
    assert "2 targets have the same best dimension" in words(site, "experiment1.html")
    assert site["experiment1.html"].count(b'id="dim-1"') == 1


def test_a_blank_stands_between_sentences(site: dict[str, bytes]) -> None:
    """What ends a block of a template takes the end of its line with it."""
    pages = [path for path in site if path.endswith(".html")]
    glued = [
        found
        for path in pages
        for found in re.findall(r"\S*[a-zσ)][.;:][A-Z“][a-z ]+", words(site, path))
    ]
    assert len(pages) > 10 and glued == []


def test_text_from_outside_is_escaped(chosen: Findings) -> None:
    for path, data in render_pages(chosen).items():
        if path.endswith(".html"):
            assert b"</textarea><script>" not in data and b"truncated <1>" not in data, path
    baked = re.search(r"=\s*(\{.*\})", render_pages(chosen)["data/selection.js"].decode(), re.S)
    assert baked and json.loads(baked[1])["built"]["dimension"]["0"]["notes"] == HOSTILE


def test_the_same_findings_give_the_same_bytes(findings: Findings) -> None:
    assert render_pages(findings) == render_pages(findings)


def test_only_pages_that_show_a_note_change_with_it(tmp_path: Path) -> None:
    before = sample_findings(tmp_path, person(0, 1, 2, 4))
    notes = before.selection.notes | {0: replace(before.selection.notes[0], notes="other")}
    after = replace(before, selection=replace(before.selection, notes=notes))
    old, new = render_pages(before), render_pages(after)
    changed = {path for path in new if new[path] != old[path]}
    data = {"data/selection.js", "data/choice.json"}
    assert changed == {"selection.html", "experiment3.html", "dim/0.html", *data}


def test_rendering_needs_no_heavy_library() -> None:
    names = ("torch", "pandas", "matplotlib", "sklearn")
    loaded = f"[m for m in {names} if m in sys.modules]"
    code = f"import sys, report.pages.render; print({loaded})"
    root = Path(__file__).parents[3]
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"


def test_a_limit_stands_in_the_words_as_in_the_code(
    findings: Findings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("featamp.statistics.correlation.FEW_POSITIVES", 150)
    monkeypatch.setattr("report.view.environment.FEW_POSITIVES", 150)
    monkeypatch.setattr("report.view.environment.SATURATION_RISE", 0.03)
    monkeypatch.setattr("report.view.environment.SCREENING_Q", 0.01)
    monkeypatch.setattr("featamp.statistics.variance.ACTIVE_THRESHOLD", 0.02)
    monkeypatch.setattr("report.view.environment.TIE_ERRORS", 3.0)
    monkeypatch.setitem(BOUNDS, "off_target", 0.4)
    site = render_pages(findings)
    text = " ".join(words(site, path) for path in site if path.endswith(".html"))
    new = (
        "fewer than 150 images",
        "more than 3 points",
        "q below 0.01",
        "above 0.02, or above that of its own posterior",
        "within 3 standard errors",
    )
    assert [limit for limit in (*new, "below 40 % is good") if limit not in text] == []
    caption = "the highest first. A dimension is active with a variance above 0.02, or above that"
    assert caption in " ".join(site["variance.html"].decode().split())
    assert not re.search(
        "than 200 images|2 points|q below 0.05|above 0.01|within two|50.% is good", text
    )


def test_every_bound_stands_in_the_words_as_in_the_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = {
        "TELLS": 0.85, "LIMIT_QUANTILE": 0.91, "TOP": 0.12, "QUALITY": 83, "KL_IGNORED": 25.0,
        "KL_USUAL": (1.5, 7.0), "KL_COLLAPSED": 0.5, "MATCHING": (0.4, 2.5),
    }  # fmt: skip
    for name, bound in changed.items():
        monkeypatch.setattr(f"report.view.environment.{name}", bound)
    findings = sample_findings(tmp_path)
    screening = replace(findings.screening, steps=(-2.5, -1.25, 0.0, 1.25, 2.5))
    site = render_pages(replace(findings, screening=screening))
    text = " ".join(words(site, path) for path in site if path.endswith(".html"))
    new = (
        "is at least 0.85, and", "AUC of 0.85 on", "91 % of real codes", "12 % if even",
        "quality 83", "from 25 on the prior was ignored; a total below 0.5 means collapse",
        "1.5 to 7 nats", "from 0.4 to 2.5 is close", "is swept from −2.5 to +2.5 σ on",
        "at −2.5, −1.25, 0, +1.25 and +2.5 σ",
    )  # fmt: skip
    assert [bound for bound in new if bound not in text.replace("\xa0", " ")] == []
    old = r"2 to \+2 σ|of \.8|50 means|95 % of real|10 % if even|quality 80"
    assert not re.search(old, "".join(map(str, site.values())).replace("\xa0", " "))


def test_an_axis_ends_where_its_label_says() -> None:
    bar = SimpleNamespace(low=-0.243, high=0.1)
    assert [pairs.axis_limit([bar]), pairs.axis_limit([SimpleNamespace(low=0.0, high=0.04)])] == [
        0.3,
        0.2,
    ]


def test_templates_round_by_the_filters_alone() -> None:
    rounding = re.compile(r'"%[.\d]*[efg]|\| *round\b|\*\*|\.(mean|sum|min|max)\(')
    found = [
        (path.name, *rounding.findall(path.read_text()))
        for path in sorted(TEMPLATES.rglob("*.html"))
    ]
    assert len(found) > 20 and [name for name, *hits in found if hits] == []


def test_a_number_that_nobody_could_read_is_a_power_of_ten() -> None:
    assert [fixed(8.4773e200), figures(-3.21e15), fixed(1e9, 0)] == [
        "8.48 × 10^200", "−3.21 × 10^15", "1,000,000,000",
    ]  # fmt: skip


def test_numbers_in_words() -> None:
    assert [fixed(-0.001), signed(0.0), signed(0.5), signed(-0.5)] == [
        "0.00",
        "0.00",
        "+0.50",
        "−0.50",
    ]
    assert [figures(455.1), figures(0.01234), figures(0)] == ["455", "0.0123", "0"]
    assert [figures(9.996), figures(-0.9996), figures(99.96, 2)] == ["10.0", "−1.00", "100"]
    assert [alpha(-64.02), alpha(3), alpha(107.4)] == ["−64.0", "+3.00", "+107"]
    shares = [percent(0.5), percent(0.006), percent(0.005), percent(0.0001), percent(0)]
    tenths = [percent(0.0006, 1), percent(0.0004, 1)]
    assert [share.replace("\N{NO-BREAK SPACE}", " ") for share in shares + tenths] == (
        ["50 %", "1 %", "< 1 %", "< 1 %", "0 %", "0.1 %", "< 0.1 %"]  # never 0 of what is there
    )
    assert [bare(2.0), bare(-1.5), points(0.025)] == ["2", "−1.5", "2.5\N{NO-BREAK SPACE}points"]
    assert [short(0.24), short(-0.24), short(1.0)] == [".24", "−.24", "1.00"]


def test_what_the_network_leaves_to_doubt_stands_on_the_first_page(findings: Findings) -> None:
    plain = words(render_pages(findings), "index.html")
    assert "in doubt" not in plain and "Not told" not in plain
    model = replace(
        findings.model,
        doubts=(Doubt("sample", {"times": 1.5}), Doubt("same")),
        beside=("flow", "critic"),
        untold=Doubt("either"),
    )
    site = render_pages(replace(findings, model=model))
    told = words(site, "index.html")
    assert "The network is in doubt: a sample of the posterior, as decoders are trained" in told
    assert "of the codes that decode takes." in told
    assert "Not told: whether flow and critic belong between encoder and decoder" in told
    assert "is the log-variance or log sigma (it fits the one as well as the other);" in told
    again = words(site, "reproduction.html")
    assert "takes; both outputs of encode are the same: no log-variance?" in again
    assert "log sigma: it fits the one as well as the other" in again


@pytest.mark.parametrize(
    ("reaches", "sentence"),
    [
        ([0.0] * 8, "Every swept dimension has collapsed"),
        ([0.5] * 8, "so large that every raw sweep stays below it"),
        ([3.0] * 8, "Every raw sweep reaches at least 3.0 standard deviations"),
        ([2.0, 0.5, 80.0, 0.0] * 2, "beyond ±10 σ, far from any real code"),
        ([2.0, 0.5, 80.0, 0.0] * 2, "collapsed: the same for every image"),
        ([2.0, 0.5, 80.0, 0.0] * 2, "reach up to ±2.0 σ for the others"),
    ],
)
def test_the_overview_tells_wide_narrow_and_collapsed_dimensions_apart(
    findings: Findings, reaches: list[float], sentence: str
) -> None:
    steps = np.linspace(-1, 1, 10)
    made = findings
    for dim, reach in zip(findings.swept, reaches, strict=False):
        made = with_sweep(made, replace(findings.swept[dim].sweeps["raw"], sigma=reach * steps))
    text = words(render_pages(made), "index.html")
    assert sentence in text
    finding = text.partition("In short")[2].partition("Health of the model")[0]
    assert len(re.findall(r"[.] (?=[A-Z]|$)", finding)) == 3, finding
    for dim, reach in zip(findings.swept, reaches, strict=False):
        assert readings.unit_sweeps(made, dim)[0].units == ("raw" if 1 <= reach <= 10 else "sigma")


def test_the_choice_is_there_for_scripts(chosen: Findings) -> None:
    told = json.loads(render_pages(chosen)["data/choice.json"])
    assert told["by_person"] and told["samples"] == list(chosen.samples.names)
    assert [entry["dim"] for entry in told["chosen"]] == list(chosen.plan.chosen)
    first = told["chosen"][0]
    assert first["note"]["label"] == chosen.selection.note(0).label
    assert first["sweeps"]["sigma"]["sprite"] == "sprites/dim000-sigma.webp"
    assert "figures/dim000-raw.pdf" in first["figures"]
    earlier = replace(chosen.selection, model="another", here="this")
    told = json.loads(render_pages(replace(chosen, selection=earlier))["data/choice.json"])
    assert not told["by_person"] and told["chosen"]


def test_a_combination_stands_in_the_tables_with_its_moves_and_frames(tmp_path: Path) -> None:
    both = {"smile and hair": Combination("0 +1.5, 2 -2", "a wide smile")}
    findings = sample_findings(tmp_path, replace(person(0, 2, 1), combinations=both))
    site, swept = render_pages(findings), findings.combinations["smile and hair"]
    *_, entry = json.loads(site["data/sweeps.json"])
    assert (entry["combination"], entry["dim"]) == ("smile and hair", None)
    assert entry["alphas"] == swept.sweep.sigma.tolist()
    (told,) = json.loads(site["data/choice.json"])["combinations"]
    assert (told["name"], told["note"]["notes"]) == ("smile and hair", "a wide smile")
    moves = {move["dim"]: (move["sigma"], move["raw"]) for move in told["moves"]}
    std = findings.variance.std
    assert moves == {0: (1.5, 1.5 * std[0]), 2: (-2, -2 * std[2])}
    assert len(told["sigma"]) == len(told["change"]) == len(told["outside"]) == 10
    assert told["sprite"] == entry["sprite"] == "sprites/control-combination-1.webp"
    assert "figures/combination-1.pdf" in told["figures"]


@pytest.mark.parametrize(
    ("label", "said"),
    [("微笑 and a smile", "Figures are drawn in letters that have no 微 and 笑"), ("größer", "")],
)
def test_letters_that_figures_do_not_have_are_said(tmp_path: Path, label: str, said: str) -> None:
    selection = Selection((0,), {0: Note(label)})
    text = words(render_pages(sample_findings(tmp_path, selection)), "selection.html")
    assert said in text if said else "letters that have no" not in text
