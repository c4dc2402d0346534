"""What a config asks for by name is there, or said before any long work."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from PIL import Image

from featamp.errors import InputError
from featamp.statistics.correlation import point_biserial
from report.stages.images import check_wishes, look_over, read_images
from report.stages.plan import TARGETS, default_targets
from tests.conftest import load_config, project, stage_context


@pytest.mark.parametrize(("name", "hint"), [("rond", "did you mean 'round'"), ("Zzz", "it has")])
def test_an_unknown_target_is_named_with_the_nearest(tmp_path: Path, name: str, hint: str) -> None:
    (tmp_path / "report.toml").write_text(
        f'[model]\ncheckpoint = "x.pt"\n[data]\nroot = "x"\n[sweep]\nsamples = 1\n'
        f'[experiments]\ntargets = ["{name}"]\n'
    )
    folder = cast(
        "Any", SimpleNamespace(names=("1.png", "2.png"), attribute_names=("round", "red"))
    )
    with pytest.raises(InputError, match=f"'{name}', which the labels lack; {hint}"):
        check_wishes(load_config(tmp_path / "report.toml"), folder)
    folder.names = ("1.png",)
    with pytest.raises(InputError, match="x: 1 image to use, expected 2 at least"):
        check_wishes(load_config(tmp_path / "report.toml"), folder)


def test_targets_are_told_where_there_are_no_labels(tmp_path: Path) -> None:
    config = project(tmp_path / "project")
    (config.parent / "faces/list_attr_celeba.txt").unlink()
    read_images(named := stage_context(tmp_path / "store", load_config(config)))
    (remark,) = named.console.remarks
    assert "experiments.targets names 'Smiling', but there are no labels" in remark
    lines = config.read_text().splitlines()
    config.write_text("\n".join(line for line in lines if not line.startswith("targets")))
    read_images(unnamed := stage_context(tmp_path / "store", load_config(config)))
    assert unnamed.console.remarks == []


def test_a_build_warns_of_a_list_that_it_does_not_read(tmp_path: Path) -> None:
    config = project(tmp_path / "project")
    (config.parent / "faces/list_attr_celeba.txt").rename(
        tmp_path / "project/List_attr_celeba.txt"
    )
    dataset, _ = read_images(begun := stage_context(tmp_path / "store", load_config(config)))
    assert dataset.summary == "40 images"
    warned, idle = begun.console.remarks
    assert warned.startswith("warning: a list of attributes, ") and "targets names" in idle


def test_targets_are_celebas_four_or_the_most_balanced() -> None:
    mu = np.random.default_rng(0).normal(size=(100, 2)).astype(np.float32)
    shares = {"rare": 2, "half": 50, "third": 33, "most": 95, "two fifths": 40, "third too": 34}
    labels = np.stack([np.arange(100) < count for count in shares.values()], axis=1)
    picked = default_targets(point_biserial(mu, labels, tuple(shares)))
    assert picked == ("half", "two fifths", "third too", "third")
    names = (*TARGETS, "x", "y")
    assert default_targets(point_biserial(mu, labels, names)) == TARGETS


def test_turned_transparent_and_moving_pictures_are_counted(tmp_path: Path) -> None:
    plain = Image.new("RGB", (16, 16))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown on its side
    plain.save(tmp_path / "a.jpg", exif=exif)
    plain.save(tmp_path / "b.jpg")
    Image.new("RGBA", (16, 16)).save(tmp_path / "c.png")
    plain.save(
        tmp_path / "d.gif", save_all=True, append_images=[Image.new("RGB", (16, 16), "red")]
    )
    (tmp_path / "report.toml").write_text(
        '[model]\ncheckpoint = "x.pt"\n[data]\nroot = "x"\npreprocess = "squash"\nsize = 16\n'
    )
    found = look_over(load_config(tmp_path / "report.toml"), sorted(tmp_path.glob("?.*")))
    assert (found.turned, found.clear, found.moving) == (1, 1, 1)
