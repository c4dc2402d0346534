"""selection.toml: a person's file, taken as written or refused with a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from featamp.errors import InputError
from report.inputs.selection import Blind, Note, Selection, Writeup, load_selection

HOSTILE = """<script>alert(1)</script> & "quotes" {{ 7*7 }} {% raw %} \u202e ünï 😀"""


BLIND = "[blind]\nnamed = 9\nshown = 20\ndecoys_named = 1\ndecoys_shown = 8\n"


def load(folder: Path, text: str) -> Selection:
    path = folder / "selection.toml"
    path.write_text(text, encoding="utf-8")
    return load_selection(path, 256)


def test_no_file_is_no_choice_yet(tmp_path: Path) -> None:
    selection = load_selection(tmp_path / "selection.toml", 256)
    assert selection == Selection()
    assert not selection.miscounted and selection.note(3) == Note()
    assert selection.writeup == Writeup()


def test_a_full_file(tmp_path: Path) -> None:
    selection = load(
        tmp_path,
        """chosen = [94, 128, 0, 255]
        [dimension.94]
        label = "smile"
        effect = "mouth corners rise"
        quality = "good"
        consistent = "partly"
        notes = "weakest on sample 6"
        [dimension.7]
        quality = ""
        [writeup]
        title = "Faces"
        why = "clear\\nand alike"
        """,
    )
    assert selection.chosen == (94, 128, 0, 255)
    assert selection.note(94) == Note(
        "smile", "mouth corners rise", "good", "partly", "weakest on sample 6"
    )
    assert selection.note(7) == Note()
    assert selection.writeup == Writeup(title="Faces", why="clear\nand alike")
    assert not selection.miscounted


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("chosen = [256]", "chosen names dimension 256, expected 0 to 255"),
        ("chosen = [-1]", "dimension -1, expected 0 to 255"),
        ("chosen = ['94']", "dimension '94'"),
        ("chosen = [true]", "dimension True"),
        ("chosen = [1.0]", "dimension 1.0"),
        ("chosen = [3, 5, 3, 6]", "dimension 3 is chosen twice"),
        ("chosen = 94", "expected a list of dimensions"),
        ("chosn = [1]", "unknown key 'chosn'; did you mean 'chosen'"),
        ("dimension = 3", r"expected tables such as \[dimension.94\]"),
        ("dimension.94 = 'smile'", "dimension.94 is 'smile', expected a table"),
        ("[dimension.256]", r"\[dimension.256\] names dimension 256, expected 0 to 255"),
        ("[dimension.smile]", "names dimension 'smile'"),
        ("[dimension.-1]", "names dimension '-1'"),
        ("[dimension.'²']", "names dimension '²'"),
        ("[dimension.7]\n[dimension.07]", "names dimension '07'"),
        ("[dimension.94]\nlable = 'x'", "unknown key 'dimension.94.lable'; did you mean 'label'"),
        (
            "[dimension.94]\nquality = 'great'",
            "dimension.94.quality is 'great', expected one of good, medium, poor",
        ),
        ("[dimension.94]\nconsistent = 'maybe'", "expected one of yes, partly, no"),
        ("[dimension.94]\nconsistent = true", "consistent is True, expected text"),
        ("[dimension.94]\nlabel = 3", "label is 3, expected text"),
        ("writeup = 'x'", "writeup is 'x', expected a table"),
        ("model = 3", "model is 3, expected text"),
        ("[writeup]\nwy = 'x'", "unknown key 'writeup.wy'; did you mean 'why'"),
        ("[writeup]\nwhy = ['x']", r"writeup.why is \['x'\], expected text"),
        ("chosen = [1", "not valid TOML"),
        ("chosen = " + "[" * 5000, "not valid TOML"),
        ("chosen = [" + "9" * 5000 + "]", "not valid TOML"),
        ("blind = 3", "blind is 3, expected a table"),
        ("[blind]\nshwn = 1", "unknown key 'blind.shwn'; did you mean 'shown'"),
        (BLIND.replace("decoys_shown = 8", ""), "blind.decoys_shown is None, expected a count"),
        (BLIND.replace("20", "-20"), "blind.shown is -20, expected a count"),
        (BLIND.replace("20", "true"), "blind.shown is True, expected a count"),
        (BLIND.replace("20", "8"), "more were named than shown"),
        (BLIND.replace("decoys_named = 1", "decoys_named = 9"), "more were named than shown"),
        ("combination = 3", r'expected tables such as \[combination."smile and hair"\]'),
        ("[combination]\nmoves = '1 1'", "combination.moves is '1 1', expected a table"),
        ("[combination.a]\nmove = '1 1'", "'combination.a.move'; did you mean 'moves'"),
        ("[combination.a]", "combination.a.moves is None, expected dimensions, each once"),
        ("[combination.a]\nmoves = '1 1, 1 2'", "moves is '1 1, 1 2', expected dimensions"),
        ("[combination.a]\nmoves = '1 0.0'", "is '1 0.0', .* alpha in σ other than 0, such as"),
        ("[combination.a]\nmoves = ['1 1']", r"is \['1 1'\], expected dimensions"),
        ("[combination.a]\nmoves = '256 1'", "a.moves names dimension 256, expected 0 to 255"),
        ("[combination.' a']\nmoves = '1 1'", "combination is named ' a', expected 1 to 60"),
        (f"[combination.{'a' * 61}]\nmoves = '1 1'", "aaa', expected 1 to 60 characters on one"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as error:
        load(tmp_path, text)
    assert str(tmp_path / "selection.toml") in str(error.value)


@pytest.mark.parametrize("chosen", ["[1]", "[1, 2, 3]", "[1, 2, 3, 4, 5]"])
def test_another_number_than_four_is_miscounted(tmp_path: Path, chosen: str) -> None:
    selection = load(tmp_path, f"chosen = {chosen}")
    assert len(selection.chosen) == chosen.count(",") + 1 and selection.miscounted
    assert not load(tmp_path, "chosen = []").miscounted


def test_no_more_are_asked_for_than_there_are(tmp_path: Path) -> None:
    path = tmp_path / "selection.toml"
    assert load_selection(path, 2).expected == 2 and load_selection(path, 256).expected == 4
    path.write_text("chosen = [0, 1]")
    assert not load_selection(path, 2).miscounted and load_selection(path, 3).miscounted


def test_text_arrives_as_typed(tmp_path: Path) -> None:
    assert load(tmp_path, f"[dimension.1]\nnotes = '''{HOSTILE}\nsecond line'''").note(
        1
    ).notes == (f"{HOSTILE}\nsecond line")


def test_a_blind_result_is_taken_and_none_is_none(tmp_path: Path) -> None:
    assert load(tmp_path, BLIND).blind == Blind(named=9, shown=20, decoys_named=1, decoys_shown=8)
    assert load(tmp_path, BLIND.replace("9", "0")).blind == Blind(0, 20, 1, 8)
    assert load(tmp_path, "chosen = []").blind is None


def test_the_file_itself_is_carried_with_its_comments_and_order(tmp_path: Path) -> None:
    text = f"# mine\n[dimension.7] # later\n\n{BLIND}"
    assert load(tmp_path, text).text == text
    assert load(tmp_path, "\ufeff" + text).text == text


def test_combinations_are_read_by_their_names(tmp_path: Path) -> None:
    text = '[combination."smile, and hair"]\nmoves = "94 +1.5, 12 -2"\nnotes = "wide"\n'
    selection = load(tmp_path, text + "[combination.5]\nmoves = ' 255\t7 '\n")
    assert list(selection.combined) == ["smile, and hair", "5"]
    first, second = selection.combinations.values()
    assert first.alphas == {94: 1.5, 12: -2} and first.notes == "wide"
    assert second.alphas == {255: 7}


MARKED = """model = "old"
chosen = [1, 2]
[dimension.1]
label = "smile"
[dimension.2]
label = "light"
model = "new"
[dimension.3]
quality = ""
[dimension.300]
label = "gone"
[writeup]
title = "Faces"
author = "Ann"
why = "plain to see"
[combination.wide]
moves = "1 1, 300 2"
[combination.warm]
moves = "2 1"
model = "new"
"""


def test_what_was_written_on_an_earlier_model_is_kept_and_not_said_of_this_one(
    tmp_path: Path,
) -> None:
    (tmp_path / "selection.toml").write_text(MARKED)
    selection = load_selection(tmp_path / "selection.toml", 256, "new")
    assert selection.earlier == (
        "the choice", "notes on dimensions 1, 300", "the words for the write-up",
        "the combination “wide”",
    )  # fmt: skip
    assert selection.note(1) == Note() and selection.written(1).label == "smile"
    assert selection.note(2).label == "light"
    assert selection.said == Writeup(author="Ann")
    assert selection.chosen == (1, 2) and selection.is_earlier(selection)
    assert list(selection.combined) == ["warm"]
    with pytest.raises(
        InputError, match=r"dimension.300\] names dimension 300, expected 0 to 255"
    ):
        load_selection(tmp_path / "selection.toml", 256, "old")


def test_what_says_no_model_is_of_this_one_and_told(tmp_path: Path) -> None:
    (tmp_path / "selection.toml").write_text("chosen = [1]\n[dimension.1]\nlabel = 'smile'\n")
    selection = load_selection(tmp_path / "selection.toml", 256, "new")
    assert selection.earlier == () and selection.note(1).label == "smile"
    assert selection.unmarked == ("the choice", "notes on dimension 1")
