"""Whatever a person or a stranger writes into a file ends in a value or in a sentence.

Thousands of inputs a run, the same ones each time; `FEATAMP_FUZZ=20` tries twenty times as many,
others each time.
"""

from __future__ import annotations

import csv
import io
import json
import math
import os
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from featamp.errors import InputError
from featamp.io.celeba.lists import read_attributes, read_partition
from featamp.io.celeba.names import ATTRIBUTES
from featamp.io.checkpoint import read_checkpoint
from featamp.io.files.table import read_table
from featamp.io.weights import facts_beside
from report.engine.hashing import digest
from report.handin.formats.markdown import to_markdown
from report.handin.formats.tex import to_tex
from report.handin.formats.word import to_docx
from report.handin.writeup import write
from report.inputs.config import _SECTIONS
from report.inputs.fields import fields_of
from report.inputs.selection import TABLES, Note, Selection, Writeup, parse_selection
from report.inputs.values import BOUNDS
from report.pages.tables import to_csv
from report.stages.trust import factors_of
from report.view.environment import make_environment
from tests.conftest import load_config
from tests.report.handin.test_writeup import findings_of, picture

EFFORT = float(os.environ.get("FEATAMP_FUZZ", "1"))
TRIED: Counter[str] = Counter()
"""How many inputs of each kind were tried, and how many of them were taken for good."""
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")

Test = Callable[..., None]


def inputs(count: int) -> Callable[[Test], Test]:
    """So many examples, without a clock: a machine may be busy. What fails is made small only
    where there is time.
    """
    return settings(
        max_examples=int(count * EFFORT), deadline=None, database=None, derandomize=EFFORT <= 1,
        phases=[Phase.generate, *([Phase.shrink] if EFFORT > 1 else [])],
    )  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


@pytest.fixture(autouse=True)
def told(record_property: Callable[[str, object], None]) -> Iterator[None]:
    """Say at the end of the run how many inputs were tried."""
    before = Counter(TRIED)
    yield
    for kind in KINDS:
        if tried := TRIED[kind] - before[kind]:
            good = TRIED[f"{kind}: good"] - before[f"{kind}: good"]
            record_property("counted", f"{tried} {kind} tried: {good} good, {tried - good} told")


KINDS = (
    "configs", "selections", "label files", "known factors", "checkpoints", "pickles", "facts",
    "notes",
)  # fmt: skip


def attempt(kind: str, read: Callable[[], Any]) -> Any:  # noqa: ANN401  whatever is read
    """What is read; None where that is refused in a sentence."""
    TRIED[kind] += 1
    try:
        value = read()
    except InputError as error:
        text = str(error)
        assert text and "\n" not in text and len(text) < 2000, text
        return None
    TRIED[f"{kind}: good"] += 1
    return value


# ---- TOML ---------------------------------------------------------------------------------------

HUGE = "0x" + "f" * 5000
NUMBERS = st.sampled_from([
    HUGE, "9" * 5000, "-1", "0", "1", "2", "8", "10", "64", "1e400", "-0.0", "nan", "-inf",
    "1e-320", "4294967295", "18446744073709551616", "0.1", "3.0",
])  # fmt: skip
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | st.sampled_from([
    "../" * 2000, "~nobody_at_all/x", "a\0b", "=cmd|' /C calc'!A0", "\u202e", "x:y", "crop 178",
    "resize 99999x99999", "all", "logits", "squash", "\ufeff",
])  # fmt: skip
QUOTED = st.builds(lambda text: json.dumps(text, ensure_ascii=False), TEXTS)
PLAIN = NUMBERS | QUOTED | st.sampled_from(["true", "false", "1979-05-27", "[]", "{}"])
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.builds(lambda items: f"[{', '.join(items)}]", st.lists(inner, max_size=4))
    | st.builds(lambda item: f"{{ a = {item} }}", inner),
    max_leaves=6,
) | st.sampled_from(["[" * 3000 + "]" * 3000, "{a=" * 300 + "1" + "}" * 300])  # fmt: skip
KEYS = [f"{name}.{f.name}" for name, section in _SECTIONS.items() for f in fields(section)]
LEAST = {"model.checkpoint": '"a.pt"', "data.root": '"faces"'}
USUAL = {
    **{key: st.integers(math.ceil(low), min(int(high), 100)).map(str) for key, (low, high) in
       BOUNDS.items()},
    "model.kwargs": st.just("{ latent_dim = 8, name = [1.5, 'a'] }"),
    "model.pixels": st.sampled_from(["[0, 1]", "[-1.0, 1.0]", '"logits"']),
    "sweep.range": st.just("[-2, 2]"), "sweep.wide": st.just("[-7.5, 8]"),
    "data.images": st.sampled_from(['"all"', "2", "40"]), "data.split": st.just('"test"'),
    "data.preprocess": st.sampled_from(['"none"', '"squash"', '["crop 160", "resize 32x32"]']),
    "compute.device": st.just('"cpu"'), "experiments.targets": st.just('["Smiling"]'),
    "model.ignore_keys": st.just('["loss.*"]'),
}  # fmt: skip
"""What people write; of any other key, a text."""
SETTINGS = st.sampled_from(KEYS).flatmap(
    lambda key: st.tuples(st.just(key), USUAL.get(key, QUOTED))
)
ODD = st.tuples(st.sampled_from(KEYS), VALUES)


def damaged(text: str, at: float, put: bytes) -> bytes:
    """The text with some bytes put over it."""
    content = text.encode()
    start = int(at * len(content))
    return content[:start] + put + content[start + len(put) // 2 :]


DAMAGE = st.tuples(st.floats(0, 1), st.binary(max_size=8))


@inputs(600)
@given(
    usual=st.lists(SETTINGS, max_size=8),
    odd=st.lists(ODD, max_size=1),
    damage=st.none() | st.none() | DAMAGE,
)
def test_any_config_is_read_or_refused(
    usual: list[tuple[str, str]],
    odd: list[tuple[str, str]],
    damage: tuple[float, bytes] | None,
    folder: Path,
) -> None:
    values = LEAST | dict([*usual, *odd])
    text = "".join(f"{key} = {value}\n" for key, value in values.items())
    path = folder / "report.toml"
    path.write_bytes(damaged(text, *damage) if damage else text.encode())
    config = attempt("configs", lambda: load_config(path))
    if config is None:
        return
    digest(config.model.kwargs, config.data, config.sweep)
    for key, (least, most) in BOUNDS.items():
        section, name = key.split(".")
        value = getattr(getattr(config, section), name)
        numbers = value if isinstance(value, tuple) else (value,)
        assert all(least <= n <= most for n in numbers if isinstance(n, int | float)), key


SELECTED = [f"{t}.{f.name}" for t in ("writeup", "blind") for f in fields_of(TABLES[t])]
NOTED = [f"dimension.{n}.{f.name}" for n in ("0", "7") for f in fields_of(Note)]
ELSEWHERE = [f"dimension.{n}.notes" for n in ("8", "01", "-1", HUGE[:400])]
ELSEWHERE += ["combination", "combination.a", "combination.a.moves", "combination.'ü .'.moves"]
WRITTEN = st.dictionaries(st.sampled_from([k for k in SELECTED + NOTED if k[:5] != "blind"
                                           and not k.endswith(("quality", "consistent"))]),
                          QUOTED, max_size=5)  # fmt: skip


@inputs(500)
@given(
    chosen=st.lists(st.integers(-1, 8), max_size=4),
    usual=WRITTEN,
    odd=st.dictionaries(
        st.sampled_from(["chosen", "dimension", *SELECTED, *NOTED, *ELSEWHERE]), VALUES, max_size=1
    ),
    damage=st.none() | st.none() | DAMAGE,
)
def test_any_selection_is_read_or_refused(
    chosen: list[int],
    usual: dict[str, str],
    odd: dict[str, str],
    damage: tuple[float, bytes] | None,
) -> None:
    values = {"chosen": str(chosen)} | usual | odd
    text = "".join(f"{key} = {value}\n" for key, value in values.items())
    if damage:
        text = damaged(text, *damage).decode(errors="replace")
    selection = attempt("selections", lambda: parse_selection(Path("selection.toml"), text, 8))
    if selection is not None:
        assert all(0 <= dim < 8 for dim in (*selection.chosen, *selection.notes))
        assert all(isinstance(v, str) for n in selection.notes.values() for v in vars(n).values())
        assert all(0 <= dim < 8 for c in selection.combinations.values() for dim in c.alphas)


# ---- labels -------------------------------------------------------------------------------------

IMAGES = [f"{number:06d}.jpg" for number in range(1, 5)]
CELLS = st.sampled_from(
    [*IMAGES, "000001", "faces\\000002.png", "-1", "1", "0", "1.0", "true", "", "Smiling", "Male",
     "image_id", "=1+1", '"', '"a,b"', "4", "9" * 5000, "\ufeff", "x" * 200_000]
) | st.text(max_size=6)  # fmt: skip
ROWS = st.lists(st.lists(CELLS, min_size=1, max_size=4), max_size=6)
GOOD = st.builds(
    lambda head, labels: [[*head], *([n, *row] for n, row in zip(IMAGES, labels, strict=True))],
    st.lists(st.sampled_from(ATTRIBUTES[:4]), min_size=2, max_size=2),
    st.lists(st.lists(st.sampled_from(["-1", "1", "0"]), min_size=2, max_size=2),
             min_size=4, max_size=4),
)  # fmt: skip


@inputs(500)
@given(rows=ROWS | GOOD, mark=st.sampled_from([",", " ", "\t", ";"]), damage=st.none() | DAMAGE)
def test_any_label_file_is_read_or_refused(
    rows: list[list[str]], mark: str, damage: tuple[float, bytes] | None, folder: Path
) -> None:
    text = "\n".join(mark.join(row) for row in rows)
    for name in ("labels.csv", "labels.txt"):
        path = folder / name
        content = damaged(text, *damage) if damage else text.encode(errors="surrogatepass")
        path.write_bytes(content)
        table = attempt("label files", partial(read_table, path, IMAGES))
        if table is not None:
            assert table.values.shape[1] == len(table.names) == len({*table.names}) > 0
        attempt("label files", partial(read_attributes, path))
        attempt("label files", partial(read_partition, path))


FACTOR_CELLS = st.sampled_from(
    [*IMAGES, "0.5", "-1", "1e400", "9" * 5000, "0x10", "", "nan", "inf", "image_id", "=1+1",
     '"a\nb"', "True", "2026-01-01", "1_0", "1+2j", "x" * 3000, "\0"]
) | st.text(max_size=4)  # fmt: skip
FACTORS = st.builds(
    lambda name, cells: [["image_id", name], *map(list, zip(IMAGES, cells, strict=True))],
    FACTOR_CELLS,
    st.lists(st.sampled_from(["0.5", "-1", "3"]), min_size=4, max_size=4)
    | st.lists(FACTOR_CELLS, min_size=4, max_size=4),
)


@inputs(150)
@given(rows=ROWS | FACTORS, damage=st.none() | st.none() | DAMAGE)
def test_any_table_of_known_factors_is_read_or_refused(
    rows: list[list[str]], damage: tuple[float, bytes] | None, folder: Path
) -> None:
    path = folder / "factors.csv"
    text = "\n".join(",".join(row) for row in rows)
    path.write_bytes(damaged(text, *damage) if damage else text.encode(errors="surrogatepass"))
    found = attempt("known factors", lambda: factors_of(path, tuple(IMAGES), "key"))
    if found is not None:
        assert found.values.shape == (4, len(found.names)) and np.isfinite(found.values).all()


# ---- checkpoints --------------------------------------------------------------------------------

TYPES = ["f2", "f4", "f8", ">f8", "i1", "u8", ">i4", "b1", "U3", "S2", "c16", "M8[s]"]
SCALARS = arrays.arrays(
    st.sampled_from(TYPES),
    arrays.array_shapes(min_dims=0, max_dims=2, min_side=0, max_side=3),
)  # fmt: skip
FACTS = st.recursive(
    st.integers() | st.floats() | st.booleans() | st.none() | TEXTS | st.binary(max_size=5)
    | SCALARS | SCALARS.filter(lambda a: a.size > 0).map(lambda a: a.ravel()[0]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)  # fmt: skip


def require_tellable(facts: dict[str, Any]) -> None:
    """What a checkpoint says of itself can be shown, and no spreadsheet runs it."""
    json.dumps(facts).encode()
    for name, value in facts.items():
        assert name.isprintable() and isinstance(value, int | float | str)
        assert not isinstance(value, str) or value.isprintable()
        assert not isinstance(value, int) or math.isfinite(float(value))
    table = io.StringIO(to_csv(("measure", "value"), list(facts.items())).decode(), newline="")
    for row, value in zip(list(csv.reader(table))[1:], facts.values(), strict=True):
        cells = row if isinstance(value, str) else row[:1]
        assert not any(len(cell) > 1 and cell.startswith(FORMULA) for cell in cells), row


@inputs(300)
@given(said=st.dictionaries(TEXTS | st.integers(0, 9), FACTS, max_size=4))
def test_any_checkpoint_says_what_can_be_shown(said: dict[Any, Any], folder: Path) -> None:
    torch.save({**said, "state_dict": {"w": torch.zeros(2)}}, folder / "any.pt")
    read = attempt("checkpoints", lambda: read_checkpoint(folder / "any.pt"))
    require_tellable(facts_beside(read))
    assert torch.equal(read.contents["state_dict"]["w"], torch.zeros(2))


@pytest.fixture(scope="module")
def parts() -> dict[str, bytes]:
    """What is inside a checkpoint with all that pickles hold."""
    file = io.BytesIO()
    beside = {"loss": np.float64(0.5), "row": np.arange(3), "n": 3, "b": b"ab", "l": [1, (2.0,)]}
    state = {"a.weight": torch.zeros(2, 3), "a.bias": torch.ones(2).half()}
    torch.save({"model": state, **beside}, file)
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@inputs(400)
@given(changes=st.lists(st.tuples(st.floats(0, 0.9999), st.binary(max_size=4)), max_size=3))
def test_any_pickle_is_read_or_refused(
    changes: list[tuple[float, bytes]], parts: dict[str, bytes], folder: Path
) -> None:
    path = folder / "pickle.pt"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            if name.endswith("data.pkl"):
                for at, put in changes:
                    start = int(at * len(content))
                    content = content[:start] + put + content[start + len(put) :]
            archive.writestr(name, content)
    read = attempt("pickles", lambda: read_checkpoint(path))
    if read is not None:
        require_tellable(facts_beside(read))


@inputs(300)
@given(
    content=st.builds(json.dumps, st.dictionaries(TEXTS, st.integers() | st.floats() | TEXTS))
    | st.sampled_from(["[" * 9999, "1" * 9999, "null", "[]", '{"a": ' + "1" * 4000 + "}", ""])
    | TEXTS,
)
def test_any_facts_beside_weights_can_be_shown(content: str, folder: Path) -> None:
    from safetensors.torch import save_file

    path = folder / "own.safetensors"
    if not path.exists():
        save_file({"w": torch.zeros(2)}, path)
    path.with_suffix(".json").write_text(content)
    require_tellable(facts_beside(attempt("facts", lambda: read_checkpoint(path))))


# ---- notes --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def findings(folder: Path) -> Any:  # noqa: ANN401  Findings
    return findings_of(folder / "findings", Selection((1, 2, 3, 4)))


@inputs(25)
@given(
    notes=st.lists(st.builds(Note, TEXTS, TEXTS, st.just("good"), st.just("yes"), TEXTS),
                   min_size=4, max_size=4),
    said=st.lists(TEXTS, min_size=8, max_size=8),
)  # fmt: skip
def test_any_note_is_written_in_every_format(
    notes: list[Note],
    said: list[str],
    findings: Any,  # noqa: ANN401
) -> None:
    TRIED["notes"] += 1
    selection = Selection((1, 2, 3, 4), dict(enumerate(notes, 1)), Writeup(*said))
    blocks = write(make_environment(replace(findings, selection=selection)))
    to_markdown(blocks).encode()
    to_tex(blocks).encode("ascii")
    pictures = {f"figures/{figure.name}.png": picture("png") for figure in findings.figures}
    assert to_docx(blocks, {**pictures, **{f"../{n}": p for n, p in pictures.items()}})
    TRIED["notes: good"] += 1
