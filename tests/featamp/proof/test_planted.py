"""Planted truth: a network of known changes, opened and read as any foreign one is."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from featamp.io.celeba.folder import open_folder
from featamp.io.files.decode import load_image
from featamp.io.network.model import TrainedVAE
from featamp.io.network.opening import open_model
from featamp.proof.planted import read_key, write_planted
from featamp.proof.planted_kinds import Key, draw_plants

Float32 = NDArray[np.float32]


@dataclass(frozen=True)
class Case:
    root: Path
    model: TrainedVAE
    keys: list[Key]
    images: NDArray[np.uint8]
    mu: Float32

    def sweep(self, kind: str, steps: tuple[float, ...] = (-2.0, 0.0, 2.0)) -> Float32:
        """[image, step, height, width, 3] of the first dimension of a kind."""
        dim = next(key.dim for key in self.keys if key.kind == kind)
        codes = np.repeat(self.mu[:12, None], len(steps), axis=1)
        codes[:, :, dim] += np.array(steps, np.float32) * self.mu[:, dim].std()
        frames = self.model.decode(codes.reshape(-1, codes.shape[2]))
        return frames.reshape(*codes.shape[:2], *frames.shape[1:])


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    root = tmp_path_factory.mktemp("planted")
    keys = write_planted(root, count=48, seed=5, people=4)
    config = tomllib.loads((root / "report.toml").read_text())["model"]
    model = open_model(
        root / config["checkpoint"], config["factory"], config["kwargs"], None, (0.0, 1.0), root
    )
    folder = open_folder(root)
    images = np.stack([load_image(folder.directory / n, 178, 64) for n in folder.names])
    return Case(root, model, keys, images, model.encode(images)[0])


def test_it_is_a_folder_as_any_other(case: Case) -> None:
    folder = open_folder(case.root)
    assert len(folder.names) == 48
    assert folder.attributes is not None and folder.partition is not None
    assert len((case.root / "identity_CelebA.txt").read_text().splitlines()) == 48
    assert read_key(case.root) == case.keys
    assert [key.dim for key in case.keys] == list(range(case.mu.shape[1]))


def test_it_gives_its_images_back(case: Case) -> None:
    lost = case.model.decode(case.mu) - case.images / np.float32(255)
    apart = case.images[1:] / 255.0 - case.images[:-1] / 255.0
    assert np.square(lost).mean() < 0.05 * np.square(apart).mean()


def test_what_drives_nothing_changes_nothing(case: Case) -> None:
    frames = case.sweep("inert")
    assert np.abs(frames - frames[:, 1:2]).max() < 1e-6


def test_an_even_one_goes_the_same_way_on_both_sides(case: Case) -> None:
    frames = case.sweep("even")
    there, back = frames[:, 2] - frames[:, 1], frames[:, 0] - frames[:, 1]
    assert np.abs(there).max() > 0.05
    assert np.corrcoef(there.ravel(), back.ravel())[0, 1] > 0.99


def test_a_flipping_one_goes_against_itself_for_half_of_the_people(case: Case) -> None:
    frames = case.sweep("flipping")
    changes = (frames[:, 2] - frames[:, 0]).reshape(12, -1)
    changes /= np.linalg.norm(changes, axis=1, keepdims=True)
    cosines = changes @ changes.T
    assert cosines.min() < -0.3 and cosines[~np.eye(12, dtype=bool)].max() > 0.3


def test_light_brightens_and_a_roll_does_not(case: Case) -> None:
    light, roll = case.sweep("light"), case.sweep("roll")
    assert abs((light[:, 2] - light[:, 0]).mean()) > 0.1
    assert abs((roll[:, 2] - roll[:, 0]).mean()) < 0.02


def test_another_seed_is_another_set() -> None:
    first, second = (draw_plants(np.random.default_rng(seed)) for seed in (1, 2))
    assert [p.kind for p in first][:4] == [p.kind for p in second][:4]
    assert [dict(p.drive) for p in first] != [dict(p.drive) for p in second]
    assert draw_plants(np.random.default_rng(1)) == first


def test_every_kind_is_planted_with_something_right_to_say() -> None:
    for seed in range(20):
        plants = draw_plants(np.random.default_rng(seed))
        assert len(plants) == 24
        for plant in plants:
            named = "nameable" in plant.verdicts or bool(plant.together)
            assert named == bool(plant.names), plant.kind


def test_a_key_asks_for_the_name_and_its_direction() -> None:
    key = Key(3, "trait", "", ("nameable",), {"Black_Hair": 1, "Blond_Hair": -1})
    assert key.right("nameable", ["Black_Hair"], 1)
    assert key.right("nameable", ["Blond_Hair", "Black_Hair"], -1)
    assert not key.right("nameable", ["Black_Hair"], -1)
    assert not key.right("nameable", ["Smiling"], 1)
    assert not key.right("nameable", [], 1)
    assert not key.right("light", [], 0)


def test_a_mixture_is_named_whole_or_not_at_all() -> None:
    names = {"Smiling": 1, "No_Beard": 1, "Goatee": -1}
    together = (("Smiling",), ("No_Beard", "Goatee"))
    key = Key(0, "mixture", "", ("visible",), names, together)
    assert key.right("visible", [], 0)
    assert key.right("nameable", ["Goatee", "Smiling"], -1)
    assert not key.right("nameable", ["Goatee", "Smiling"], 1)
    assert not key.right("nameable", ["No_Beard", "Goatee"], 1)
    assert not key.right("nameable", ["Smiling"], 1)
