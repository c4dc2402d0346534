"""The editor of selection.toml in the page, against Python's own reader of TOML."""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Page

from featamp.errors import InputError
from report.engine.places import TEMPLATES
from report.inputs.fields import fields_of
from report.inputs.selection import TABLES, parse_selection

HOSTILE = [
    "</script><script>alert(1)</script>",
    '"""',
    "'''''",
    "\\u0041 \\ \\",
    "a\nb\r\nc\td",
    "\u0000\u0001\u007f\u2028\u2029\u202eאב",
    "😀" * 3,
    "# not a comment",
    "[dimension.3]\nlabel = 1",
    "x" * 10_000,
]
FILES = [
    "",
    "# mine\nchosen = [1, 2]  # the first two\n\n[dimension.2] # light\nlabel = 'warm' # said"
    " Ann\n\n# the end",
    "chosen = [\n  1, # smile\n  2, # light\n  3 # no comma\n]\n",
    'chosen = [] # none\r\n[dimension.1]\r\nlabel = "a"\r\n',
    'dimension.1.label = "a"\ndimension."2".effect = """\nlong \\\n   line\n"quoted""""\n',
    "[dimension]\n1.label = 'x'\n"
    '2 = { label = \'y\', notes = """multi\n""" }\n3 = {}\n[dimension.4]\nnotes = \'\'\'\nraw'
    " \\n'''\n",
    "[blind]\nnamed = 1\nshown = 2\ndecoys_named = 0\ndecoys_shown ="
    " +1_0\n[dimension.'1']\nquality = \"good\"",
    '[writeup] # mine\ntitle = \'Faces\' # for now\nwhy = """\nclear\nand alike"""\n# the end\n',
    'chosen = [1]\nwriteup = { title = "x" }\n\n[dimension.1]\nlabel = "a"\n',
    "chosen = [1]\n\n[combination.smile] # both\nmoves = '1 +1.5, 2 -2' # by eye\nnotes = 'so'\n\n"
    '[combination."smile and \'hair\'"]\nmoves = "0 3"\n# the end\n',
    'combination.94.moves = "1 1"\ncombination."ü . 😀".moves = "7 -0.25"\n[dimension.1]\n',
    "[combination]\nconstructor.moves = '1 1'\n__proto__.moves = '2 2'\n__proto__.notes = 'x'\n",
    '  chosen=[1,2,]#x\n\n[ dimension . 1 ]\nlabel="\\u00e9\\U0001F600\\""\n',
]

MOVES = [
    *("", "1", "1 0", "1 -0.0", "1 1, 1 2", "1 1,", "1 1; 2 2", "01 1", "1 1e3", "1 .5", "1 5."),
    *("1 +-1", "x 1", "256 1", "1 nan", "1 1\t", "1  1 ,2 2", "1 +1", "1 1000000000", "1 9.5,2 1"),
    *("1 ١", "1\u00a01", "1 −1"),
]
NAMES = [
    *('""', '" a"', '"a "', '"a\\n"', '"a b"', "a" * 60, "a" * 61, '"' + "😀" * 60 + '"'),
    *('"' + "😀" * 61 + '"', '"\u00a0"', "toString", "'\"'"),
]
"""Lists of moves and names of combinations, the most of them wrong."""
WRONG = [
    "[blind]\nnamed = 9\nshown = 5\ndecoys_named = 0\ndecoys_shown = 2",
    "[blind]\nnamed = 5\nshown = 9",
    "[blind]",
    "[dimension.300]",
    "model = 3",
    "[dimension.1]\nmodel = 3",
    "[other]",
    '[dimension.1]\nlabel = "\x07"',
    '[dimension.1]\nlabel = "\\ud800"',
    "chosen = [007]",
    "chosen = [0x10, 0o10, 0b1]",  # one that is right
    "[combination.a]",
    "[combination.a]\nnotes = 'x'",
    "[combination]\nmoves = '1 1'",
    "combination = { __proto__ = { moves = '1 1', notes = 'x' }, 'y' = { moves = '2 2' } }",
    "[combination.a.b]\nmoves = '1 1'",
    *(f"[combination.a]\nmoves = '{moves}'" for moves in MOVES),
    *(f"[combination.{name}]\nmoves = '1 1'" for name in NAMES),
    "model = 'new'\n[combination.a]\nmoves = '300 1'",
]
PIECES = [
    *(
        "[",
        "]",
        "{",
        "}",
        "=",
        ".",
        "'",
        '"',
        '"""',
        "\n",
        "\r\n",
        "\r",
        "#",
        ",",
        "_",
        "\\ud800",
        "\\u00e9",
        "\x00",
        "\t",
    ),
    *(
        "0",
        "007",
        "0x10",
        "-1",
        "1.5",
        "true",
        "a",
        "label",
        "[blind]\n",
        "[writeup]\n",
        "model = 'abc'\n",
        "why",
        "[dimension.300]\n",
        "x = 1\n",
        "[combination.x]\n",
        "moves = '1 1'\n",
        "= {}",
        "",
    ),
]


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_context() as context:
        page = context.new_page()
        fields = {name: [asdict(f) for f in fields_of(record)] for name, record in TABLES.items()}
        page.evaluate("fields => { window.featamp = { report: { dims: 256, fields } } }", fields)
        for name in ("toml", "selection"):
            page.add_script_tag(content=(TEMPLATES / f"static/notes/{name}.js").read_text())
        yield page


def meant(table: dict[str, Any]) -> tuple[object, ...]:
    """What a file says, empty notes left out."""
    notes = {
        dim: {key: value for key, value in note.items() if value}
        for dim, note in table.get("dimension", {}).items()
    }
    return (
        table.get("chosen", []),
        {dim: note for dim, note in notes.items() if note},
        {key: value for key, value in table.get("writeup", {}).items() if value},
        {key: value for key, value in (table.get("blind") or {}).items() if value != ""},
        sorted(
            (name, sorted((key, value) for key, value in some.items() if value))
            for name, some in named(table.get("combination", {})).items()
        ),
    )


def named(combinations: Any) -> dict[str, dict[str, str]]:  # noqa: ANN401  a table, or a list
    """Combinations by name, from a file or from the page."""
    if isinstance(combinations, dict):
        return combinations
    return {c["name"]: {k: v for k, v in c.items() if k != "name"} for c in combinations}


def comments(text: str) -> list[str]:
    bare = re.sub(r'"(?:\\.|[^"\\\n])*"', "", text.replace("\r", ""))  # texts may hold a #
    return [line.split("#", 1)[1] for line in bare.split("\n") if "#" in line]


@pytest.mark.parametrize("text", FILES)
def test_a_file_is_read_as_python_reads_it(page: Page, text: str) -> None:
    found = page.evaluate("text => featamp.selection.parse(text)", text)
    table = tomllib.loads(text)
    assert found["chosen"] == table.get("chosen", [])
    assert found["dimension"] == {
        dim: note for dim, note in table.get("dimension", {}).items() if note
    }
    assert found["writeup"] == table.get("writeup", {})
    assert found["blind"] == table.get("blind")
    assert named(found["combination"]) == table.get("combination", {})


@pytest.mark.parametrize("text", FILES)
def test_an_edited_file_says_what_was_meant_and_keeps_every_comment(page: Page, text: str) -> None:
    draw = random.Random(text)
    for _ in range(25):
        wanted = page.evaluate("text => featamp.selection.parse(text)", text)
        for _ in range(draw.randint(1, 4)):
            note = wanted["dimension"].setdefault(str(draw.randint(0, 5)), {})
            note[draw.choice(["label", "effect", "notes"])] = draw.choice([*HOSTILE, "", "plain"])
        chosen = [dim for dim in wanted["chosen"] if draw.random() < 0.6]
        wanted["chosen"] = chosen + draw.sample(range(10, 20), draw.randint(0, 3))
        for name in draw.sample(["title", "why", "conclusion"], draw.randint(0, 2)):
            wanted["writeup"][name] = draw.choice([*HOSTILE, "", "plain"])
        if draw.random() < 0.3:
            wanted["blind"] = {"named": 3, "shown": 5, "decoys_named": 0, "decoys_shown": 2}
        together = wanted["combination"]
        draw.shuffle(together)
        del together[draw.randint(1, 3) :]  # an order, or an end, that the file has not
        for some in together:
            some["notes"] = draw.choice([*HOSTILE, "", "plain"])
        if draw.random() < 0.5:
            name = draw.choice(["bare", "with a space", 'a "quoted" \\ one', "[x]", "5", "ü . #"])
            together[:] = [some for some in together if some["name"] != name]
            together.append({"name": name, "moves": "3 +1.5, 4 -0.05", "notes": "said"})
        edited = page.evaluate(
            "([text, wanted]) => featamp.selection.edit(text, wanted)", [text, wanted]
        )
        assert meant(tomllib.loads(edited)) == meant(wanted)
        assert comments(text) == [c for c in comments(edited) if c in comments(text)]
        assert "\r\n" not in text or "\n" not in edited.replace("\r\n", "")
        whole = page.evaluate("wanted => featamp.selection.edit('', wanted)", wanted)
        assert meant(tomllib.loads(whole)) == meant(wanted)


def test_only_the_line_that_changed_changes(page: Page) -> None:
    text = FILES[1]
    wanted: dict[str, Any] = {
        "chosen": [1, 2],
        "dimension": {"2": {"label": "cold"}},
        "writeup": {},
        "blind": None,
        "combination": [],
    }
    edited = page.evaluate(
        "([text, wanted]) => featamp.selection.edit(text, wanted)", [text, wanted]
    )
    assert edited == text.replace("'warm'", '"cold"') + "\n"
    wanted["chosen"] = [2, 7]
    edited = page.evaluate(
        "([text, wanted]) => featamp.selection.edit(text, wanted)", [text, wanted]
    )
    assert edited == text.replace("'warm'", '"cold"').replace("[1, 2]", "[2, 7]") + "\n"


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("chosen = [1", "line 1"),
        ("chosen = [300]", "chosen names dimension 300, expected 0 to 255"),
        ("chosen = [1, 1]", "chosen"),
        ("[dimension.1]\nlable = 'x'", "dimension.1.lable"),
        ("[dimension.1]\nquality = 'great'", "dimension.1.quality"),
        ("[writeup]\nwy = 'x'", "writeup.wy"),
        ("[writeup]\nwhy = 1", "writeup.why"),
        ("[writeup.why]\ntitle = 'x'", "writeup.why"),
        ("dimension.label = 'x'", "dimension.label"),
        ("[dimension.1]\nlabel = 'x", "line 2"),
        ("[dimension.1]\n[dimension.1]", "line 2"),
        ("[dimension.1]\nlabel = 'x'\nlabel = 'y'", "line 3"),
        ("[dimension.1]\nlabel = 'x' 'y'", "line 2"),
        ("a = {b = 1", "line 1"),
        ("PK\u0003\u0004 not toml", "line 1"),
    ],
)
def test_what_is_no_selection_is_refused_with_its_place(page: Page, text: str, where: str) -> None:
    message = page.evaluate(
        "text => { try { featamp.selection.parse(text); return '' } catch (e) {"
        " return e.message } }",
        text,
    )
    assert where in message


def mutated(draw: random.Random) -> str:
    """One of the FILES with a few pieces of TOML put in or taken out."""
    text = draw.choice(FILES)
    for _ in range(draw.randint(1, 3)):
        start = draw.randint(0, len(text))
        text = text[:start] + draw.choice(PIECES) + text[start + draw.choice([0, 0, 1, 3]) :]
    return text


def python_reads(text: str) -> object:
    try:
        selection = parse_selection(Path(), text, 256)
    except InputError:
        return None
    read = asdict(selection)
    notes = {str(dim): note for dim, note in read["notes"].items()}
    combinations = {"combination": read["combinations"]}
    return meant(read | {"chosen": [*selection.chosen], "dimension": notes} | combinations)


def test_page_and_builder_take_and_refuse_the_same_files(page: Page) -> None:
    draw = random.Random(0)
    texts = [*WRONG, *(mutated(draw) for _ in range(2000))]
    read = "text => { try { return featamp.selection.parse(text) } catch { return null } }"
    found = page.evaluate(f"texts => texts.map({read})", texts)
    for text, selection in zip(texts, found, strict=True):
        assert (selection and meant(selection)) == python_reads(text), text


def test_a_combination_that_is_taken_out_leaves_the_file_as_it_was(page: Page) -> None:
    edit = "([text, wanted]) => featamp.selection.edit(text, wanted)"
    for text in FILES[:2]:
        wanted = page.evaluate("text => featamp.selection.parse(text)", text)
        both = [{"name": name, "moves": "1 +1", "notes": "x"} for name in ("smile", "and hair")]
        added = page.evaluate(edit, [text, wanted | {"combination": both}])
        assert tomllib.loads(added)["combination"].keys() == {"smile", "and hair"}
        alone = page.evaluate(edit, [text, wanted | {"combination": both[1:]}])
        found = page.evaluate(edit, [added, wanted | {"combination": both[1:]}])
        assert found.strip() == alone.strip()
        assert page.evaluate(edit, [added, wanted]).strip() == text.strip()


def test_what_cannot_be_edited_is_not_edited(page: Page) -> None:
    text = "dimension = { 1 = { label = 'x' } } # inline\n"
    wanted: dict[str, Any] = {
        "chosen": [],
        "dimension": {"1": {"label": "y"}},
        "writeup": {},
        "blind": None,
        "combination": [],
    }
    edited = page.evaluate(
        "([text, wanted]) => featamp.selection.edit(text, wanted)", [text, wanted]
    )
    assert tomllib.loads(edited) == {"dimension": {"1": {"label": "y"}}}
    wanted["dimension"]["2"] = {"label": "z"}  # a closed table takes no new one
    with pytest.raises(Error, match="stands twice"):
        page.evaluate("([text, wanted]) => featamp.selection.edit(text, wanted)", [text, wanted])
