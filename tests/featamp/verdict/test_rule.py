"""What a dimension is called, by changes and shares written down by hand."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from featamp.measure.parts import READINGS
from featamp.measure.pattern import EVEN
from featamp.measure.visible import HARDLY, PLAIN
from featamp.verdict.rule import (
    ALIKE,
    LIGHT,
    MIRRORED,
    MOVED,
    NAMED,
    Decision,
    Shares,
    decide,
)  # fmt: skip
from tests.sample_findings import sample_change

NAMES = (
    "Black_Hair", "Pale_Skin", "Male", "Wearing_Lipstick", "Smiling", "Attractive", "Gray_Hair",
    "Brown_Hair", "Eyeglasses", "Heavy_Makeup", "Rosy_Cheeks", "5_o_Clock_Shadow",
)  # fmt: skip


def parts(**moved: float) -> dict[str, Any]:
    """A change whose readings are as given, "skin_brightness" and so on, else 0."""
    values = {re.sub("_", " ", name): value for name, value in moved.items()}
    return {"parts": np.array([values.get(name, 0.0) for name in READINGS])}


def shares(pixels: dict[str, float] | None = None, **codes: float) -> Shares:
    """Shares by the codes; by the pixels the same, or as given."""
    by_codes = np.array([codes.get(name, 0.0) for name in NAMES])
    by_pixels = np.array([(codes | (pixels or {})).get(name, 0.0) for name in NAMES])
    error, able = np.full(len(NAMES), 0.1), np.ones(len(NAMES), np.bool_)
    return Shares(NAMES, by_codes, error, by_pixels, error, able, able, ~able)


@pytest.mark.parametrize(
    ("change", "verdict", "reason"),
    [
        ({"amount": 0.01}, "nothing", ""),
        ({"amount": 0.05}, "faint", ""),
        ({}, "visible", ""),
        ({"even": 0.9}, "unclear", "even"),
        ({"agreement": -0.7}, "unclear", "reverses"),
        ({"consistency": 0.2}, "unclear", "differs"),
        ({"consistency": 0.2, "shared": 0.3}, "unclear", "differs"),
        ({"consistency": 0.2, "shared": 0.7}, "visible", "shape"),
        ({"consistency": 0.2, "shared": 0.7, "mirrored": 0.7}, "pose", "turn"),
        ({"consistency": 0.2, "shared": 0.3, "mirrored": 0.7}, "unclear", "differs"),
        (
            {"consistency": 0.2, "shared": 0.7, "mirrored": 0.8, "uneven": 0.5, **parts(side=3.0)},
            "pose",
            "turn",
        ),
        ({"consistency": None}, "visible", ""),
        ({"moved": 0.7, "motion": "roll"}, "pose", "roll"),
        ({"mirrored": 0.8}, "pose", "turn"),
        ({"mirrored": 0.8, "uneven": 0.5, **parts(side=3.0)}, "light", "side"),
        ({"mirrored": 0.8, "uneven": 0.15, "moved": 0.4, **parts(side=3.0)}, "pose", "turn"),
        ({"mirrored": 0.8, "uneven": 0.15, "moved": 0.1, **parts(side=2.2)}, "light", "side"),
        ({"mirrored": 0.8, "uneven": 0.15, "moved": 0.1, **parts(side=1.8)}, "pose", "turn"),
        ({"photometric": 0.8, "consistency": 0.1}, "light", "all"),
        ({"photometric": 0.95, **parts(skin_brightness=3.0)}, "light", "all"),  # one gain
        ({"photometric": 0.85, **parts(skin_brightness=3.0)}, "visible", "skin"),
        ({"photometric": 0.95, "consistency": 0.1, **parts(hair_brightness=-1.0)}, "light", "all"),
        ({"photometric": 0.5, "uneven": 0.95, "consistency": 0.4}, "light", "slope"),
        ({"photometric": 0.4, "uneven": 0.85}, "visible", ""),
        ({"photometric": 0.6}, "light", "all"),
        ({"photometric": 0.6, **parts(hair_warmth=-0.5, hair_brightness=0.4)}, "visible", ""),
        ({"photometric": 0.6, **parts(hair_warmth=-0.2, hair_brightness=0.1)}, "light", "all"),
        (parts(surroundings_brightness=3.0, hair_brightness=1.0), "visible", "surroundings"),
        (parts(surroundings_warmth=-2.0), "visible", "tinted surroundings"),
        (parts(skin_brightness=-2.0), "visible", "skin"),
        (parts(skin_warmth=1.1, surroundings_warmth=1.7), "visible", "tint"),
        (parts(skin_warmth=-1.1, surroundings_warmth=-1.7), "visible", "tint"),
        (parts(skin_warmth=1.1, surroundings_warmth=-1.7), "visible", ""),
        (parts(skin_warmth=0.9, surroundings_warmth=1.7), "visible", ""),
        (parts(skin_warmth=1.1, surroundings_warmth=1.7, hair_brightness=1.2), "visible", ""),
    ],
)
def test_what_has_no_name_is_told_apart(change: dict[str, Any], verdict: str, reason: str) -> None:
    found = decide(sample_change(**change), None)
    assert (found.verdict, found.reason, found.attribute) == (verdict, reason, None)
    assert 0.0 <= found.confidence <= 1.0


@pytest.mark.parametrize(
    ("told", "name", "direction"),
    [
        (shares(Smiling=0.7), "Smiling", 1),
        (shares(Smiling=-0.7), "Smiling", -1),
        (shares(Smiling=0.6), None, 0),  # not far enough
        (shares({"Smiling": -0.9}, Smiling=0.9), None, 0),  # the judges disagree
        (shares(Attractive=2.0), None, 0),  # names nothing that is seen
        (shares(Wearing_Lipstick=-1.5, Male=1.0), "Male", 1),  # heads the family
        (shares(Wearing_Lipstick=-1.5, Male=0.7), "Wearing_Lipstick", -1),
        (shares(Wearing_Lipstick=-0.7, Male=0.5), "Male", 1),  # the family goes far enough
        (shares(Black_Hair=0.9), None, 0),  # the hair has not changed its colour
    ],
)
def test_a_name_is_what_goes_far_enough_by_both_judges(
    told: Shares, name: str | None, direction: int
) -> None:
    found = decide(sample_change(), told)
    assert (found.attribute, found.direction) == (name, direction)
    assert found.verdict == ("nameable" if name else "visible")


def test_a_judge_of_faces_takes_the_place_of_the_pixels_where_it_tells() -> None:
    told = shares({"Male": -0.2, "Smiling": 0.0}, Male=0.9, Smiling=0.3)
    assert told.reached == ("Male",)
    assert decide(sample_change(), told).attribute is None
    found = decide(sample_change(), told.seconded({"Male": (1.2, 0.1)}))
    assert (found.attribute, found.direction, found.share) == ("Male", 1, 0.9)
    assert decide(sample_change(), told.seconded({"Male": (-1.2, 0.1)})).attribute is None
    assert decide(sample_change(), told.seconded({"Male": (1.2, 0.7)})).attribute is None  # unsure


def test_a_faint_change_has_a_name_where_both_judges_respond() -> None:
    assert decide(sample_change(amount=0.05), shares(Smiling=0.9)).verdict == "nameable"


def test_no_dimension_does_nothing_to_which_both_judges_respond_clearly() -> None:
    hidden = sample_change(amount=0.01)
    assert decide(hidden, shares(Smiling=0.9)).verdict == "faint"
    assert decide(hidden, shares(Smiling=0.6)).verdict == "nothing"
    assert decide(hidden, shares({"Smiling": 0.1}, Smiling=0.9)).verdict == "nothing"


def test_dark_hair_is_no_light_though_light_explains_it() -> None:
    dark = sample_change(photometric=0.85, **parts(hair_brightness=-2.0, skin_brightness=-1.2))
    assert decide(dark, shares(Black_Hair=1.2)).attribute == "Black_Hair"
    exposure = replace(
        dark, **parts(hair_brightness=-2.0, skin_brightness=-1.9, surroundings_brightness=-1.3)
    )
    assert decide(exposure, shares(Black_Hair=1.2)).verdict == "light"


@pytest.mark.parametrize(("skin", "name"), [(1.1, "Pale_Skin"), (0.9, None), (-1.1, None)])
def test_a_tone_of_skin_is_named_where_the_skin_itself_changes(
    skin: float, name: str | None
) -> None:
    change = sample_change(**parts(skin_brightness=skin, hair_brightness=1.0))
    assert decide(change, shares(Pale_Skin=0.9)).attribute == name


@pytest.mark.parametrize(("hair", "verdict"), [(2.4, "visible"), (-2.4, "light")])
def test_light_leaves_no_skin_as_it_was_but_contrast_does(hair: float, verdict: str) -> None:
    around = parts(skin_brightness=0.1, hair_brightness=hair, surroundings_brightness=2.1)
    assert decide(sample_change(photometric=0.67, **around), None).verdict == verdict


@pytest.mark.parametrize(("side", "verdict"), [(2.45, "pose"), (2.55, "light"), (0.5, "pose")])
def test_what_is_nearly_called_otherwise_is_not_sure(side: float, verdict: str) -> None:
    change = sample_change(mirrored=0.9, uneven=0.5, moved=0.4, **parts(side=side))
    found = decide(change, None)
    assert found.verdict == verdict and (found.confidence < 0.55) == (side > 2)


@pytest.mark.parametrize(
    ("measure", "bound", "nothing_moves"),
    [
        ("amount", HARDLY, True),
        ("amount", PLAIN, True),
        ("consistency", ALIKE, False),
        ("even", EVEN, False),
        ("moved", MOVED, False),
        ("mirrored", MIRRORED, False),
        ("photometric", LIGHT, False),
        ("share", NAMED, False),
    ],
)
def test_on_both_sides_of_a_bound_a_verdict_is_as_unsure(
    measure: str, bound: float, nothing_moves: bool
) -> None:
    def found(value: float) -> Decision:
        other = {} if measure == "share" else {measure: value}
        moved = 0.0 if nothing_moves else 1.0
        return decide(sample_change(**other), shares(Smiling=value if not other else moved))

    below, above, far = found(0.99 * bound), found(1.01 * bound), found(min(1.9 * bound, 1.0))
    assert below.verdict != above.verdict
    assert 0.49 < below.confidence < 0.53 and 0.49 < above.confidence < 0.53
    assert far.confidence > 0.52


def test_attributes_of_ones_own_stand_beside_the_name() -> None:
    row = {"Smiling": "coarse", "Male": "fine"}
    own = shares(Smiling=2.2, Male=-2.1)
    own = replace(own, names=tuple(row.get(name, name) for name in own.names))
    found = decide(sample_change(), own)
    assert (found.attribute, found.also) == ("coarse", ("fine",))


def test_a_colour_between_others_names_hair_only_where_no_other_does() -> None:
    change = sample_change(**parts(hair_brightness=-1.2))
    found = decide(change, shares(Gray_Hair=-1.3, Brown_Hair=1.4))
    assert (found.attribute, found.direction) == ("Gray_Hair", -1)
    assert decide(change, shares(Brown_Hair=1.4)).attribute == "Brown_Hair"


def test_a_background_names_no_hair() -> None:
    change = sample_change(**parts(surroundings_warmth=-2.2, hair_warmth=-2.0))
    assert decide(change, shares(Black_Hair=1.2)).reason == "tinted surroundings"


def test_a_skin_tone_is_named_by_the_skin_and_the_pixels() -> None:
    dark = sample_change(**parts(skin_brightness=-3.0, hair_brightness=-0.5))
    found = decide(dark, shares({"Pale_Skin": -0.5}, Male=1.7))
    assert (found.attribute, found.direction, found.reason) == ("Pale_Skin", -1, "skin")
    assert decide(dark, shares({"Pale_Skin": 0.5})).attribute is None


@pytest.mark.parametrize(
    ("region", "seen", "name"),
    [("eyes", 0.9, "Eyeglasses"), ("eyes", 0.3, None), ("cheeks", 0.9, None)],
)
def test_glasses_darken_the_skin_and_are_no_tone_of_it(
    region: str, seen: float, name: str | None
) -> None:
    glasses = sample_change(region=region, **parts(skin_brightness=-2.1, hair_brightness=0.4))
    found = decide(glasses, shares({"Eyeglasses": seen}, Eyeglasses=1.6))
    assert found.attribute == name and (found.reason == "skin") == (name is None)


def test_a_skin_tone_moves_lips_along_and_is_not_called_by_them() -> None:
    dark = sample_change(region="mouth", **parts(skin_brightness=-3.0, hair_brightness=-0.5))
    found = decide(dark, shares({"Pale_Skin": -0.5}, Wearing_Lipstick=-1.5))
    assert (found.attribute, found.reason) == ("Pale_Skin", "skin")


def test_what_moves_beside_the_name_is_told() -> None:
    dark = sample_change(**parts(hair_brightness=-1.2, skin_brightness=-1.0))
    found = decide(dark, shares(Black_Hair=1.5, Wearing_Lipstick=1.4))
    assert (found.attribute, found.also) == ("Black_Hair", ("Wearing_Lipstick",))


def test_glasses_name_what_changes_most_at_the_eyes_though_the_mouth_moves_farther() -> None:
    told = shares(Eyeglasses=1.0, Smiling=-1.5)
    found = decide(sample_change(region="eyes"), told)
    assert (found.attribute, found.direction, found.also) == ("Eyeglasses", 1, ("Smiling",))
    assert decide(sample_change(region="mouth"), told).attribute == "Smiling"


def test_a_tint_of_the_whole_takes_no_name_from_what_goes_far_enough() -> None:
    tint = sample_change(**parts(skin_warmth=1.1, surroundings_warmth=1.7))
    assert decide(tint, shares(Smiling=0.9)).attribute == "Smiling"
    assert decide(tint, shares(Smiling=0.5)).reason == "tint"


@pytest.mark.parametrize(("makeup", "name"), [(-0.6, "Heavy_Makeup"), (-0.3, "Rosy_Cheeks")])
def test_cheeks_that_redden_with_makeup_are_part_of_it(makeup: float, name: str) -> None:
    found = decide(sample_change(), shares(Rosy_Cheeks=-0.9, Heavy_Makeup=makeup))
    assert (found.attribute, found.direction) == (name, -1)


@pytest.mark.parametrize(("around", "name"), [(0.5, "Black_Hair"), (-1.9, None), (1.9, None)])
def test_a_colour_of_hair_is_none_where_what_is_around_it_changes_more(
    around: float, name: str | None
) -> None:
    change = sample_change(**parts(hair_brightness=-1.6, surroundings_brightness=around))
    assert decide(change, shares(Black_Hair=0.9)).attribute == name


def test_a_beard_comes_with_men_or_is_none() -> None:
    beard = "5_o_Clock_Shadow"
    for man, name in ((0.1, None), (-0.5, None), (0.4, beard), (0.7, "Male")):
        found = decide(sample_change(), shares(None, **{beard: 0.9, "Male": man}))
        assert found.attribute == name
    alone = shares(None, **{beard: 0.9})
    blind = replace(alone, seen=np.array([name != "Male" for name in NAMES]))
    assert decide(sample_change(), blind).attribute == beard  # nobody tells men
    assert decide(sample_change(), shares(None, **{beard: -0.9, "Male": -0.4})).direction == -1


def test_a_family_is_named_by_its_head_and_the_one_that_goes_far_enough_is_told() -> None:
    found = decide(sample_change(), shares(Wearing_Lipstick=-0.7, Male=0.5))
    assert (found.attribute, found.share) == ("Male", 0.5)
    assert (found.member, found.member_share) == ("Wearing_Lipstick", 0.7)
    assert decide(sample_change(), shares(Wearing_Lipstick=-0.9, Male=0.8)).member == ""


@pytest.mark.parametrize(
    ("name", "below", "above", "verdicts"),
    [
        ("amount", 0.019, 0.021, ("nothing", "faint")),
        ("amount", 0.079, 0.081, ("faint", "visible")),
        ("even", 0.79, 0.81, ("visible", "unclear")),
        ("consistency", 0.29, 0.31, ("unclear", "visible")),
        ("moved", 0.54, 0.56, ("visible", "pose")),
        ("mirrored", 0.64, 0.66, ("visible", "pose")),
        ("photometric", 0.49, 0.51, ("visible", "light")),
    ],
)
def test_each_bound_is_where_it_is_said_to_be(
    name: str, below: float, above: float, verdicts: tuple[str, str]
) -> None:
    found = [decide(sample_change(**{name: value}), None).verdict for value in (below, above)]
    assert (*found,) == verdicts


def test_light_from_either_side_is_light() -> None:
    for side in (3.0, -3.0):
        change = sample_change(mirrored=0.8, uneven=0.5, **parts(side=side))
        assert decide(change, None).verdict == "light"


def test_codes_reach_an_attribute_beyond_two_errors() -> None:
    told = shares(Male=0.9)
    reached = [replace(told, codes_error=np.full(len(NAMES), e)).reached for e in (0.44, 0.46)]
    assert reached == [("Male",), ()]


@pytest.mark.parametrize(
    ("moved", "nearest"),
    [
        ({"Smiling": -0.5, "Male": 0.4}, ("Smiling", 0.5, -1)),
        ({"Smiling": 0.5, "Attractive": 0.9}, ("Smiling", 0.5, 1)),  # that is no name
        ({"Smiling": NAMED / 2 - 0.01}, None),
    ],
)
def test_the_nearest_name_is_that_of_the_farthest_way(
    moved: dict[str, float], nearest: tuple[str, float, int] | None
) -> None:
    assert shares(moved, **moved).nearest == nearest


def test_the_attribute_of_a_family_that_goes_farthest_stands_beside_a_name() -> None:
    found = decide(sample_change(region="eyes"), shares(Eyeglasses=1.5, Smiling=0.7, Male=0.9))
    assert found.attribute == "Eyeglasses" and found.also == ("Male", "Smiling")
