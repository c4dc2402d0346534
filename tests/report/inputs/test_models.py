"""Several models in report.toml: their names, their files, what they share."""

from __future__ import annotations

from pathlib import Path

import pytest

from featamp.errors import InputError
from report.inputs.config import Config, load_configs
from tests.conftest import load_config

DATA = '\n[data]\nroot = "faces"\n'


def configs(folder: Path, models: str) -> tuple[Config, ...]:
    (folder / "report.toml").write_text(models + DATA)
    return load_configs(folder / "report.toml")


def test_each_table_is_a_model_in_the_order_of_the_file_and_all_else_is_shared(
    tmp_path: Path,
) -> None:
    one, two = configs(
        tmp_path, '[models.beta]\ncheckpoint = "b.pt"\n[models.alpha]\ncheckpoint = "a.pt"\n'
    )
    assert (one.name, two.name) == ("beta", "alpha")
    assert one.model.checkpoint == tmp_path / "b.pt"
    assert one.data == two.data and one.data.root == tmp_path / "faces"
    assert one.selection == tmp_path / "selection-beta.toml"


def test_a_single_model_has_no_name(tmp_path: Path) -> None:
    (config,) = configs(tmp_path, '[model]\ncheckpoint = "a.pt"\n')
    assert config.name == "" and config.selection == tmp_path / "selection.toml"
    assert load_config(tmp_path / "report.toml") == config


def test_a_star_takes_every_file_in_the_order_of_counting(tmp_path: Path) -> None:
    for name in ("epoch_10.pt", "epoch_9.pt", "epoch_9.json", "best.pt"):
        (tmp_path / name).touch()
    found = configs(tmp_path, '[models.run]\ncheckpoint = "epoch_*"\npixels = [0, 1]\n')
    assert [config.name for config in found] == ["run-epoch_9", "run-epoch_10"]
    assert [config.model.checkpoint for config in found] == [
        tmp_path / "epoch_9.pt", tmp_path / "epoch_10.pt",
    ]  # fmt: skip
    assert {config.group for config in found} == {"run"}


def test_a_star_in_the_path_of_the_project_is_no_pattern(tmp_path: Path) -> None:
    for folder in ("st*r", "star"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "epoch_1.pt").touch()
    found = configs(tmp_path / "st*r", '[models.run]\ncheckpoint = "epoch_*"\n')
    assert [config.model.checkpoint for config in found] == [tmp_path / "st*r/epoch_1.pt"]


def test_a_star_may_stand_in_the_names_of_folders(tmp_path: Path) -> None:
    for seed in (10, 9):
        (tmp_path / f"runs/seed{seed}").mkdir(parents=True)
        (tmp_path / f"runs/seed{seed}/best.pt").touch()
    found = configs(tmp_path, '[models.beta]\ncheckpoint = "runs/seed*/best.pt"\n')
    assert [config.name for config in found] == ["beta-seed9-best", "beta-seed10-best"]
    assert found[1].model.checkpoint == tmp_path / "runs/seed10/best.pt"


def test_only_a_star_stands_for_others(tmp_path: Path) -> None:
    for name in ("[x]_1?.pt", "x_1a.pt"):
        (tmp_path / name).touch()
    found = configs(tmp_path, '[models.run]\ncheckpoint = "[x]_*?.pt"\n')
    assert [config.model.checkpoint for config in found] == [tmp_path / "[x]_1?.pt"]


def test_files_that_differ_in_their_suffix_alone_are_no_one_model(tmp_path: Path) -> None:
    for suffix in ("pt", "pth"):
        (tmp_path / f"epoch_1.{suffix}").touch()
    with pytest.raises(InputError, match="two models have the name 'run-epoch_1'"):
        configs(tmp_path, '[models.run]\ncheckpoint = "epoch_*"\n')


@pytest.mark.parametrize(
    ("models", "sentence"),
    [
        ('[model]\ncheckpoint = "a"\n[models.b]\ncheckpoint = "b"\n', "expected one of them"),
        ("models = 3\n", r"models is 3, expected tables such as \[models.beta\]"),
        ("[models]\n", r"models is {}, expected tables"),
        ("[models.b]\n", "models.b.checkpoint is missing"),
        ('[models.b]\ncheckpoit = "b"\n', "did you mean 'checkpoint'"),
        ("[models.b]\ncheckpoint = 3\n", "models.b.checkpoint is 3, expected a path"),
        ('[models."../b"]\ncheckpoint = "b"\n', "no name of a folder"),
        ('[models.Data]\ncheckpoint = "b"\n', "none of api, data"),
        ('[models.shown]\ncheckpoint = "b"\n', "none of api, data, figures, shown"),
        ('[models.b]\ncheckpoint = "run*/b.pt"\n', "models.b.checkpoint: no file matches"),
        (
            '[models.b]\ncheckpoint = "b"\n[models.B]\ncheckpoint = "b"\n',
            "two models have the name 'B'",
        ),
        ('[models.b]\ncheckpoint = "none_*.pt"\n', "models.b.checkpoint: no file matches"),
    ],
)
def test_what_is_no_table_of_models_is_told_in_a_sentence(
    models: str, sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=sentence):
        configs(tmp_path, models)
