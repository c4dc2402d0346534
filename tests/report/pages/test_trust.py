"""The page 'How far to trust this': what it states, and its table."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from featamp.proof.checks import Simulations
from featamp.proof.disentanglement import (
    measure_disentanglement,
)
from featamp.proof.truth import (
    Truth,
    compare_judges,
)
from featamp.proof.verdicts import Choices, Judged, PlantedSet, PlantedTruth, Traits
from featamp.statistics.holdout import hold_out
from featamp.statistics.intruder import Intruders
from report.findings.trust import Trust
from report.pages.render import PAGES
from report.pages.tables import trust_table
from report.stages.trust import (
    judge_fours,
)
from report.view.environment import make_environment
from tests.featamp.proof.visibility import visibility_table
from tests.sample_findings import sample_findings


@pytest.fixture
def trust(simulations: Simulations, truth: Truth, generator: np.random.Generator) -> Trust:
    slopes = generator.standard_normal((2, 5, 2))
    agreement = compare_judges(
        truth.dims, ("Smiling", "Male"), slopes, np.ones_like(slopes), np.ones(2, bool)
    )
    known = generator.random((600, 3))
    measured = measure_disentanglement(
        known, known, ("yaw", "hat", "smile"), hold_out(600, None, 0), 0
    )
    fours = judge_fours(truth, (7, 4), np.arange(10.0), generator.random((2, 10)), 2, 0)
    one = PlantedSet(
        7, 4, 48,
        (
            Judged(3, "trait", "a smile", ("nameable",), "nameable", ("Smiling",), 1, True),
            Judged(4, "roll", "the picture turns", ("pose",), "light", (), 0, False),
        ),
        (3,), (), (Traits("suggested", 1, 0.02), Traits("random", 0.7, 1.0)),
    )  # fmt: skip
    verdicts = PlantedTruth("code", (one,))
    intruders = Intruders((7, 4), np.array([0.5, 0.1]), np.array([0.7, 0.14]))
    return Trust(simulations, verdicts, "code", agreement, intruders, True, measured, truth, fours)


Page = Callable[[Trust | None], str]


@pytest.fixture
def page(tmp_path: Path) -> Page:
    """The page of `trust`, its white space made single."""

    findings = sample_findings(tmp_path)

    def render(trust: Trust | None) -> str:
        environment = make_environment(replace(findings, trust=trust))
        template = environment.get_template("pages/trust.html")
        return re.sub("[ \n]+", " ", template.render(page="trust", root="", pages=PAGES))

    return render


def test_the_page_states_what_came_out(page: Page, trust: Trust) -> None:
    text = page(trust)
    held = trust.simulations.coverage.held[0].min()
    assert f"{100 * held:.1f}\N{NO-BREAK SPACE}%" in text
    assert f"All {len(trust.checks)} simulated figures lie where they must" in text
    assert "the model judges itself" in text and "Where they disagree most" in text
    assert "label alignment" not in text and "Codes turned at random" in text
    assert text.count('class="warn"') == (trust.suggested.worth == "chance")


def test_the_page_shows_what_the_bounds_of_what_is_seen_were_set_on(
    page: Page, trust: Trust
) -> None:
    text = page(trust).replace("\N{NO-BREAK SPACE}", " ")
    assert (
        "is less than 2 % of what two reconstructions differ by there, unless two judges see an"
        " attribute go as far as a name takes; what has no name is faint below 8 %" in text
    )
    for line in visibility_table():
        name, seen = line.name.replace("_", " "), "yes" if line.trait else "no"
        cells = rf'>{name}</th><td>{seen}</td><td class="n">([\d.]+) %'
        (shown,) = re.findall(cells, text)
        assert float(shown) / 100 == pytest.approx(line.amount, abs=0.002)


def test_the_page_says_so_where_a_figure_is_not_what_it_should_be(
    page: Page, trust: Trust
) -> None:
    discovery = replace(trust.simulations.discovery, false=0.3)
    text = page(replace(trust, simulations=replace(trust.simulations, discovery=discovery)))
    assert f"1 of {len(trust.checks)} simulated figures do not lie where they must" in text
    assert (
        '<td><span class="warn">no</span></td>' in text and "30.0\N{NO-BREAK SPACE}% false" in text
    )


def test_the_page_states_how_often_an_intruder_is_found(page: Page, trust: Trust) -> None:
    assert "in 36\N{NO-BREAK SPACE}% of the draws" in page(trust)
    assert "intruder" not in page(replace(trust, intruders=None))


def test_the_page_states_verdicts_on_planted_truth(page: Page, trust: Trust) -> None:
    text = page(trust)
    assert "<strong>1 of 2</strong> dimensions are judged rightly" in text
    assert "none is suggested that has nothing to name" in text
    assert "the picture turns: light" in text and "a smile: nameable" not in text
    assert "another version of the code" not in text and "named whole" not in text
    assert "suggested by the score 1.0; drawn at random, on average 0.7." in text
    assert "beats chance at p = 0.05 on each of them" in text
    [one] = trust.verdicts.sets
    mixture = Judged(5, "mixture", "two traits", ("visible",), "nameable", ("A", "B"), 1, True)
    mixed = replace(one, dimensions=(*one.dimensions, mixture))
    text = page(replace(trust, verdicts=replace(trust.verdicts, sets=(mixed,))))
    assert "visible, or a name of each" in text
    models = (Choices("demo, 256 latents", (Traits("suggested", 3, 0.4),)),)
    text = page(replace(trust, verdicts=replace(trust.verdicts, models=models)))
    assert "mean over 2 networks, these and those that ship with featamp" in text
    assert "suggested by the score 2.0" in text and "<td>demo, 256 latents</td>" in text
    assert "beats chance at p = 0.05 on 1 of 2" in text
    mistaken = replace(trust.verdicts, sets=(replace(one, mistaken=(3,)),))
    text = page(replace(trust, verdicts=mistaken, code="other"))
    assert '<span class="warn">1</span> of those suggested have nothing to name' in text
    assert "These are the results of another version of the code" in text


def test_without_known_factors_the_page_claims_no_mig(page: Page, trust: Trust) -> None:
    text = page(replace(trust, known=False, disentanglement=None, truth=None, fours=()))
    assert (
        "MIG, SAP, DCI and InfoMEC cannot be computed here" in text
        and "<strong>label alignment</strong>" in text
    )
    assert 'id="fours"' not in text
    bare = page(replace(trust, agreement=None, disentanglement=None, truth=None, fours=()))
    assert "There are no attribute labels" in bare and "too few images" in bare
    assert "Nothing was tested" in page(None)


@pytest.mark.parametrize(
    ("suggested", "other", "by_chance", "verdict", "sentence"),
    [
        (3, 2, 0.01, "most", "as many traits of the person as the best"),
        (2, 3, 0.05, "fewer", "p = 0.050), and fewer than another"),
        (
            2,
            1,
            0.59,
            "chance",
            "2 different traits of the person, which cannot",
        ),
        (4, 1, 0.06, "chance", "as many or more with p = 0.060"),
        (
            2,
            3,
            0.6,
            "chance",
            "by the choice of highest |r| with any attribute, of those swept (3).",
        ),
    ],
)
def test_the_page_says_what_the_suggestion_is_worth(
    page: Page,
    trust: Trust,
    suggested: int,
    other: int,
    by_chance: float,
    verdict: str,
    sentence: str,
) -> None:
    traits = {"suggested": suggested, "correlation": other, "random": 1.5}
    shown = (four for four in trust.fours if four.rule in traits)
    fours = tuple(replace(four, traits=traits[four.rule], by_chance=by_chance) for four in shown)
    changed = replace(trust, fours=fours)
    assert changed.suggested.worth == verdict and sentence in page(changed)
    assert ("More are named by" in page(changed)) == (other > suggested)


@pytest.mark.parametrize(
    ("factor", "sign", "right", "sentence"),
    [
        ("smile", -1, True, "1 is named rightly (1 Smiling +, most: smile"),  # it moves -.3
        ("smile", 1, False, "Wrongly: 1 Smiling +, most: smile"),  # the other way
        ("exposure", 1, False, "Wrongly: 1 Smiling +, most: smile"),  # .1, a third of it
        ("hat", 1, None, "cannot be read off pixels"),
    ],
)
def test_a_name_is_right_where_the_factor_behind_it_is_what_moves(
    page: Page, trust: Trust, factor: str, sign: int, right: bool | None, sentence: str
) -> None:
    known = replace(trust, factors={"Smiling": (factor, sign)})
    assert known.named_rightly(1, "Smiling", 1) is right
    assert sentence in re.sub("<[^>]*>", "", page(known))


def test_the_table_is_exact(trust: Trust) -> None:
    table = json.loads(trust_table(trust))
    assert table["checks"]["false discoveries"]["value"] == trust.simulations.discovery.false
    assert all(check["holds"] for check in table["checks"].values())
    assert table["simulations"]["coverage"]["held"] == trust.simulations.coverage.held.tolist()
    assert trust.truth is not None and table["truth"]["slope"] == trust.truth.slope.tolist()
    assert [four["rule"] for four in table["fours"]] == [
        "suggested",
        "variance",
        "correlation",
        "random",
    ]
