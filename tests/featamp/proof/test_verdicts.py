"""Verdicts on planted truth, as they are kept and counted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from featamp.proof import verdicts
from featamp.proof.planted_kinds import Key
from featamp.proof.verdicts import (
    TUNED_ON,
    Choices,
    PlantedSet,
    PlantedTruth,
    Traits,
    compare_with_truth,
    read_results,
    write_results,
)
from tests.planted import judge_small

KEYS = (
    Key(0, "light", "exposure", ("light",), {}),
    Key(1, "trait", "a smile", ("nameable",), {"Smiling": 1}),
    Key(2, "person", "the person", ("unclear",), {}, counted=False),
)
TOLD = {0: ("light", (), 0), 1: ("nameable", ("Smiling",), -1), 2: ("nothing", (), 0)}


def test_what_was_said_is_set_beside_what_was_planted() -> None:
    judged = compare_with_truth(KEYS, TOLD)
    assert [(j.dim, j.right) for j in judged] == [(0, True), (1, False)]  # the other way round
    truth = PlantedTruth("code", (PlantedSet(7, 4, 48, judged, (1,), (), ()),) * 2)
    assert (truth.right, truth.counted, truth.mistaken) == (2, 4, 0)
    assert truth.confusion == {("light", "light"): 2, ("nameable", "nameable"): 2}
    assert {kind: len(found) for kind, found in truth.kinds.items()} == {"light": 2, "trait": 2}


def test_the_choices_of_each_rule_are_compared_over_all_networks() -> None:
    fours = [
        (Traits("suggested", 4.0, chance), Traits("variance", traits, 0.9))
        for chance, traits in ((0.04, 1.0), (0.2, 2.0))
    ]
    sets = tuple(PlantedSet(seed, 4, 48, (), (1,), (), four) for seed, four in enumerate(fours))
    demo = Choices("demo", (Traits("suggested", 1.0, 0.03), Traits("variance", 3.0, 0.1)))
    truth = PlantedTruth("code", sets, models=(demo,))
    assert [one.network for one in truth.choices] == [
        "planted, seed 0", "planted, seed 1", "demo",
    ]  # fmt: skip
    assert truth.traits == {"suggested": 3.0, "variance": 2.0}
    assert truth.beyond_chance(0.05) == 2
    assert truth.ahead == ()
    worse = replace(demo, fours=(Traits("suggested", 0.0, 0.9), Traits("variance", 8.0, 0.1)))
    assert replace(truth, models=(worse,)).ahead == ("variance",)


def test_the_choices_are_kept_of_five_networks_at_least_and_of_few_latents_too() -> None:
    networks = [one.network for one in read_results().choices]
    assert len(networks) >= 5 and "demo, 256 latents" in networks
    assert any(network.endswith(", 10 latents") for network in networks)


def test_what_is_kept_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verdicts, "RESULTS", tmp_path / "planted.json")
    judged = compare_with_truth(KEYS, TOLD)
    fours = (Traits("suggested", 2.0, 0.04),)
    demo = Choices("demo, 256 latents", fours)
    truth = PlantedTruth("code", (PlantedSet(7, 4, 48, judged, (1,), (1,), fours),), (), (demo,))
    write_results(truth)
    assert read_results() == truth


def test_a_small_set_is_judged_as_it_was(tmp_path: Path) -> None:
    """Where this fails on purpose: `python -m tests.planted --write` with seeds that nobody has
    looked at."""
    assert judge_small(tmp_path) == read_results().small


def test_the_verdicts_of_this_report_are_right_on_networks_that_it_was_not_made_with() -> None:
    truth = read_results()
    assert len(truth.sets) >= 3 and not {one.seed for one in truth.sets} & set(TUNED_ON)
    assert truth.right >= 0.9 * truth.counted  # 18 of 20
    assert truth.mistaken == 0
