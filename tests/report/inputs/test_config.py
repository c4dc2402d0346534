"""report.toml: defaults, every key, and a sentence for everything that can be wrong."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from featamp.errors import InputError
from report.inputs.config import (
    _SECTIONS,
    ComputeConfig,
    Config,
    DataConfig,
    ExperimentsConfig,
    ModelConfig,
    ScoreWeights,
    SweepConfig,
)
from report.inputs.values import BOUNDS
from tests.conftest import load_config

LEAST = {"model.checkpoint": '"vae.pt"', "data.root": '"celeba"'}
FULL = """
[model]
checkpoint = "models/vae.pth"
factory = "user_vae:VAE"
kwargs = { latent_dim = 128 }
state_key = "weights"
adapter = "my_adapter"
ignore_keys = ["loss.*", "ema.*"]
pixels = [-1, 1]
[data]
root = "../celeba"
images = "all"
split = "test"
crop = 148
size = 128
[sweep]
samples = ["000001.jpg", "000007.jpg"]
alphas = 7
range = [-2, 4.5]
wide = [-8.0, 8.0]
sigmas = 2
[experiments]
targets = ["Bald", "Male"]
explore = 5
[score]
visible = 2
specific = 0
[compute]
device = "cpu"
batch = 32
seed = 9
"""


def load(folder: Path, changes: dict[str, str] | None = None, text: str | None = None) -> Config:
    """Load a config of the least keys with `changes` ("section.key" to TOML text), or of
    `text`."""
    if text is None:
        text = ""
        for place, value in {**LEAST, **(changes or {})}.items():
            section, _, key = place.partition(".")
            text = f"{section}.{key} = {value}\n{text}"
    path = folder / "report.toml"
    path.write_text(text)
    return load_config(path)


def test_defaults(tmp_path: Path) -> None:
    config = load(tmp_path)
    assert config == Config(
        path=tmp_path / "report.toml",
        model=ModelConfig(tmp_path / "vae.pt", None, None, {}, None, (), None),
        data=DataConfig(tmp_path / "celeba", 5000, "all", (178, 178), (64, 64)),
        sweep=SweepConfig(8, 10, (-3.0, 3.0), (-5.0, 5.0), 3.0),
        experiments=ExperimentsConfig((), 20),
        score=ScoreWeights(1.0, 1.0, 1.0, 1.0, 1.0, 1.0),
        compute=ComputeConfig("auto", 256, 0),
    )
    assert config.folder == tmp_path


def test_every_key(tmp_path: Path) -> None:
    assert load(tmp_path, text=FULL) == Config(
        path=tmp_path / "report.toml",
        model=ModelConfig(
            tmp_path / "models/vae.pth",
            "user_vae:VAE",
            "my_adapter",
            {"latent_dim": 128},
            "weights",
            ("loss.*", "ema.*"),
            (-1.0, 1.0),
        ),
        data=DataConfig(tmp_path / "../celeba", None, "test", (148, 148), (128, 128)),
        sweep=SweepConfig(("000001.jpg", "000007.jpg"), 7, (-2.0, 4.5), (-8.0, 8.0), 2.0),
        experiments=ExperimentsConfig(("Bald", "Male"), 5),
        score=ScoreWeights(visible=2.0, specific=0.0),
        compute=ComputeConfig("cpu", 32, 9),
    )


def test_the_projects_own_config_is_valid() -> None:
    assert load_config(Path(__file__).parents[3] / "report.toml").sweep == SweepConfig()


def test_paths_are_relative_to_the_file_and_absolute_ones_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = load(tmp_path, {"data.root": f'"{tmp_path}/elsewhere"'})
    assert config.data.root == tmp_path / "elsewhere"
    monkeypatch.chdir(tmp_path)
    assert load_config(Path("report.toml")).model.checkpoint == Path("vae.pt")


@pytest.mark.parametrize(
    ("place", "nearest"),
    [("model.checkpont", "checkpoint"), ("data.image", "images"), ("sweep.alpha", "alphas"),
     ("compute.seeds", "seed"),
     ("experiments.target", "targets"), ("swep.alphas", "sweep")],
)  # fmt: skip
def test_an_unknown_key_names_the_nearest(tmp_path: Path, place: str, nearest: str) -> None:
    with pytest.raises(InputError, match=f"unknown key .*did you mean '{nearest}'") as error:
        load(tmp_path, {place: "1"})
    assert str(tmp_path / "report.toml") in str(error.value)


def test_a_key_like_no_other_gets_the_list(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"unknown key 'compute\.xyz'; known are: device, batch, seed"
    ):
        load(tmp_path, {"compute.xyz": "1"})


WRONG = {
    "model.checkpoint": ["1", '""', "['a']"],
    "model.factory": ["1", '""'],
    "model.kwargs": ["3", '"latent_dim = 3"', "[1]"],
    "model.state_key": ["0", '""'],
    "model.adapter": ["0", '""'],
    "model.ignore_keys": ['"loss"', "[]", "[1]"],
    "model.pixels": [
        "1",
        "[0]",
        "[1, 0]",
        "[1, 1]",
        "['a', 'b']",
        "[0, 1, 2]",
        '"logit"',
        "[0, inf]",
        "[nan, 1]",
        "[false, true]",
    ],
    "data.root": ["1", '""'],
    "data.images": ["1", "0", "-5", "2.5", '"some"', "true"],
    "data.split": ['"training"', "1", "['all']"],
    "data.crop": ["7", '"178"', "178.0", '"178x4"'],
    "data.preprocess": ['"crop"', "[]", '["resize 64"]', '["resize 64", "resize 32x32"]', '"a:"'],
    "data.size": ["0", "true", "64.5", '"64*80"'],
    "data.mean": ["[]", "[0.5, 0.5]", "true", "[inf]"],
    "data.std": ["0", "[0.5, 0.5, -1]"],
    "sweep.samples": ["0", "[]", "['a', 'a']", "[1]", '"8"', "true", "[['a']]"],
    "sweep.alphas": ["1", "0", "10.0", "true"],
    "sweep.range": ["3", "[1, 3]", "[-3, 0]", "[0, 3]", "[3, -3]", "[-3, inf]", "[]"],
    "sweep.wide": ["[5]", "[2, 5]", "['-5', '5']"],
    "sweep.sigmas": ["0", "-1", '"3"', "inf", "nan", "true"],
    "experiments.targets": ["[]", '"Smiling"', "['Male', 'Male']", "[1]", "[['Male']]"],
    "experiments.explore": ["0", "2.0"],
    "compute.device": ['"gpu"', "0"],
    "compute.batch": ["0", '"256"'],
    "score.visible": ["-1", "true", "inf"],
    "compute.seed": ["-1", "0.5", "false"],
}


@pytest.mark.parametrize(
    ("place", "value"), [(place, value) for place, values in WRONG.items() for value in values]
)
def test_a_wrong_value_is_named_with_its_key(tmp_path: Path, place: str, value: str) -> None:
    with pytest.raises(InputError, match=rf"report\.toml: {place} is .*, expected "):
        load(tmp_path, {place: value})


@pytest.mark.parametrize("missing", LEAST)
def test_what_must_be_there_is_named(tmp_path: Path, missing: str) -> None:
    (place, value), = [(p, v) for p, v in LEAST.items() if p != missing]  # fmt: skip
    with pytest.raises(InputError, match=f"{missing} is missing"):
        load(tmp_path, text=f"{place} = {value}\n")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing\.toml: no such file"):
        load_config(tmp_path / "nothing.toml")
    with pytest.raises(InputError, match="not a file, expected one of text"):
        load_config(tmp_path)
    with pytest.raises(InputError, match=r"not valid TOML .*line 1"):
        load(tmp_path, text="[model\n")
    (tmp_path / "latin.toml").write_bytes(b"# \xe9\n")
    with pytest.raises(InputError, match=r"latin\.toml: not in UTF-8, but in WINDOWS-1252"):
        load_config(tmp_path / "latin.toml")
    with pytest.raises(InputError, match="model is 3, expected a table"):
        load(tmp_path, text="model = 3\n")


def test_a_file_that_notepad_saved_is_read(tmp_path: Path) -> None:
    before = load(tmp_path)
    config = tmp_path / "report.toml"
    config.write_bytes(b"\xef\xbb\xbf" + config.read_bytes())
    assert load_config(config) == before


@pytest.mark.parametrize("path", ["C:\\Users\\me\\vae.pt", "D:\\data\\vae.pt"])
def test_a_windows_path_in_double_quotes_gets_a_hint(tmp_path: Path, path: str) -> None:
    with pytest.raises(InputError, match="write a Windows path in single quotes"):
        load(tmp_path, {"model.checkpoint": f'"{path}"'})
    assert str(load(tmp_path, {"model.checkpoint": f"'{path}'"}).model.checkpoint).endswith(path)


def test_a_home_folder_is_meant_by_its_sign(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    config = load(tmp_path, {"model.checkpoint": '"~/vae.pt"', "data.root": '"~/celeba"'})
    assert config.model.checkpoint == tmp_path / "home/vae.pt"
    assert config.data.root == tmp_path / "home/celeba"


def test_a_factory_may_stand_without_a_checkpoint(tmp_path: Path) -> None:
    config = load(tmp_path, text="model.factory = 'user_vae:VAE'\ndata.root = 'celeba'\n")
    assert config.model.checkpoint is None


def test_a_score_without_any_weight_is_refused(tmp_path: Path) -> None:
    parts = ("visible", "consistent", "monotone", "not_photometric", "specific", "inside")
    with pytest.raises(InputError, match=r"every weight of \[score\] is 0"):
        load(tmp_path, {f"score.{part}": "0" for part in parts})


@pytest.mark.parametrize(
    ("range", "wide"), [("[-1, 4]", "[-2, 3]"), ("[-4, 1]", "[-3, 2]"), ("[-6, 6]", None)]
)
def test_the_wide_range_holds_the_narrow_one(tmp_path: Path, range: str, wide: str | None) -> None:
    ranges = {"sweep.range": range} | ({"sweep.wide": wide} if wide else {})
    with pytest.raises(
        InputError,
        match=r"report\.toml: sweep\.wide is .*, expected one that holds sweep\.range = ",
    ):
        load(tmp_path, ranges)
    assert load(tmp_path, {"sweep.range": "[-2, 2]", "sweep.wide": "[-2, 2]"}).sweep.wide == (
        -2.0,
        2.0,
    )


@pytest.mark.parametrize("key", ["alphas", "samples"])
def test_a_sweep_may_be_wider_than_a_webp_but_no_larger_than_pillow_opens(
    tmp_path: Path, key: str
) -> None:
    assert load(tmp_path, {f"sweep.{key}": "200", "data.size": '"178x218"'}).data.size == (
        218,
        178,
    )
    with pytest.raises(InputError, match="has 205 million of them, expected at most 178 million"):
        load(tmp_path, {"sweep.samples": "125", "sweep.alphas": "100", "data.size": "128"})


FRAME = (218, 178)
WRITTEN = {
    '["crop 148", "resize 32x32"]': ((148, 148), (32, 32), (148, 148)),
    '["crop 148", "resize 32"]': ((148, 148), (32, 32), (148, 148)),
    '["crop 148"]': ((148, 148), (64, 64), (148, 148)),
    '["crop 160x200", "resize 80"]': ((200, 160), (100, 80), (200, 160)),
    '["resize 32x40"]': (None, (40, 32), FRAME),
    '["resize 64", "crop 64"]': (None, (64, 64), (179, 178)),
    '["resize 89x109", "crop 80x100"]': (None, (100, 80), (200, 160)),
    '"squash"': (None, (64, 64), FRAME),
    '"none"': (None, (64, 64), FRAME),
    '"mine:prepare"': (None, (64, 64), FRAME),
}
"""Steps as people write them: the crop, the size that comes out, and what of a frame is shown."""


@pytest.mark.parametrize("steps", WRITTEN)
def test_steps_in_words_are_crop_and_size(tmp_path: Path, steps: str) -> None:
    data = load(tmp_path, {"data.preprocess": steps}).data
    assert (data.crop, data.size, data.steps.shows(FRAME)) == WRITTEN[steps]


def test_sides_may_differ(tmp_path: Path) -> None:
    data = load(tmp_path, {"data.crop": '"170x210"', "data.size": '"64x80"'}).data
    assert (data.crop, data.size) == ((210, 170), (80, 64))


def test_steps_that_contradict_each_other_are_refused_with_the_mend(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"data\.preprocess and data\.crop are both set"):
        load(tmp_path, {"data.preprocess": '["crop 148"]', "data.crop": "148"})
    with pytest.raises(InputError, match=r"ends with 32x40 pixels, and data\.size is 64 too"):
        load(tmp_path, {"data.preprocess": '["resize 32x40"]', "data.size": "64"})
    with pytest.raises(InputError, match=r"data\.mean and data\.std go together"):
        load(tmp_path, {"data.mean": "0.5"})


NUMBERS = {
    "model.pixels": "[0, {}]", "sweep.range": "[-1, {}]", "sweep.wide": "[-5, {}]",
}  # fmt: skip
BEYOND = {
    f"{key} {name}": (key, NUMBERS.get(key, "{}").format(value))
    for key, (least, most) in BOUNDS.items()
    for name, value in {
        "above": most + 1, "far above": "9" * 30, "hexadecimal": "0x" + "f" * 5000,
        "infinite": "1e999", "not a number": "nan", "below": f"{least - 1}",
    }.items()
    if not (name == "below" and key in NUMBERS)
}  # fmt: skip


@pytest.mark.parametrize(("key", "value"), BEYOND.values(), ids=BEYOND)
def test_every_number_has_bounds_that_are_told(tmp_path: Path, key: str, value: str) -> None:
    with pytest.raises(InputError, match=rf"report\.toml: {key} is .*, expected ") as error:
        load(tmp_path, {key: value})
    assert len(str(error.value)) < 400 + len(str(tmp_path))


def test_every_number_of_the_config_is_in_the_table_of_bounds() -> None:
    numbers = {
        f"{name}.{f.name}"
        for name, section in _SECTIONS.items()
        for f in fields(section)
        if re.search("int|float|PixelRange|Size", str(f.type))
    }
    assert numbers == BOUNDS.keys()


def test_a_sweep_that_fills_the_memory_is_told_before_it_does(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="200 samples x 200 alphas x 256 x 256 pixels"):
        load(tmp_path, {"sweep.samples": "200", "sweep.alphas": "200", "data.size": "256"})


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [
        ("model.checkpoint", '"' + "a" * 5000 + '"', "expected a path"),
        ("model.checkpoint", '"a\\u0000b"', "expected a path"),
        (
            "data.root",
            '"~nobody_of_that_name/faces"',
            "data.root is '~nobody_of_that_name/faces', and there is no such home",
        ),
        ("model.kwargs", "{a=" * 60 + "1" + "}" * 60, "not very long or deep"),
        ("model.kwargs", "{ a = 0x" + "f" * 5000 + " }", "not very long or deep"),
        ("model.kwargs", "{ a = [{ b = -" + "9" * 4200 + " }] }", "at most 64 bits"),
        ("data.preprocess", '["crop 10001"]', "expected 8 to 10,000 pixels"),
        ("data.preprocess", '["resize 4x4"]', "expected 8 to 2,048 pixels"),
    ],
)
def test_what_no_system_could_use_is_told(
    tmp_path: Path, place: str, value: str, words: str
) -> None:
    with pytest.raises(InputError, match=words) as error:
        load(tmp_path, {place: value})
    assert len(str(error.value)) < 400 + len(str(tmp_path))


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 5000, "a = " + "{b=" * 5000, "a = " + "9" * 5000, "a" * 10**5 + " = 1",
        "a" + ".b" * 10**5 + " = 1", "[a" + " . b" * 10**5 + "]",
    ],
)  # fmt: skip
def test_toml_that_is_too_deep_or_long_is_told(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError, match=r"report\.toml: (not valid TOML|unknown key)") as error:
        load(tmp_path, text=text)
    assert len(str(error.value)) < 600 + len(str(tmp_path))


@pytest.mark.parametrize(
    ("line", "mend"),
    [
        ("root = \u201cfaces\u201d", "write straight quotes"),
        ("root =\u00a0'faces'", "type it anew"),
        ("root = faces/celeba", "in quotes: key = "),
        ("root = ~/faces", "in quotes: key = "),
        ("root = True", "write true or false, in small letters"),
        ("root = None", "leave the key out"),
        ("size = (64, 64)", "with square brackets"),
        ("root: 'faces'", "write key = value, with ="),
        ('root = "C:\\Users\\me"', "write a Windows path in single quotes"),
        ("size = 64 x 64", ""),
    ],
)
def test_a_slip_in_the_file_is_shown_with_what_mends_it(
    line: str, mend: str, tmp_path: Path
) -> None:
    for end in ("\n", "\r\n"):
        with pytest.raises(InputError, match=r"not valid TOML .*line 3") as told:
            load(tmp_path, text=f"# \x85 mine{end}[data]{end}{line}  # a note{end}")
        assert str(told.value).count("\n") == 0
        assert mend in str(told.value) and repr(f"{line}  # a note")[1:-1] in str(told.value)


def test_lines_that_end_as_on_an_old_mac_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"save the file with line ends of Unix or Windows"):
        load(tmp_path, text="[data]\rroot = 'faces'\r")


def test_a_byte_order_mark_is_no_error(tmp_path: Path) -> None:
    text = "".join(f"{key} = {value}\n" for key, value in LEAST.items())
    assert load(tmp_path, text="\ufeff" + text) == load(tmp_path, text=text)
