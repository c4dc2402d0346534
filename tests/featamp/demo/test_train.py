"""Training: it learns, goes on where it stopped, keeps the right epoch, and refuses what cannot
work."""

from __future__ import annotations

import json
import math
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw
from safetensors.torch import load_file

from featamp.demo.facts import Epoch, Facts, Losses, Progress, best_epoch
from featamp.demo.pixels import prepare_pixels
from featamp.demo.settings import Settings, capacity_at, kl_weight_at, learning_rate_at
from featamp.demo.train import train as train_on
from featamp.errors import InputError
from featamp.io.celeba.folder import Folder, open_folder

TINY = Settings(
    epochs=4,
    batch=16,
    learning_rate=2e-3,
    kl_start=20.0,
    kl_epochs=2,
    latent_dim=6,
    image_size=16,
    crop=40,
    device="cpu",
)


def train(
    folder: Folder,
    settings: Settings,
    run: Path,
    progress: Callable[[Progress], None] = lambda _: None,
    cache: Path | None = None,
) -> Facts:
    """Train on a folder's images, decoded into `cache`, or into the folder of the run."""
    pixels = prepare_pixels(folder, settings, cache or run, progress)
    return train_on(pixels, settings, run, progress)


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Networks this small only wait for one another's threads."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def discs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CelebA folder of 80 discs on plain grounds: 64 to train, 10 to validate, 6 to test."""
    root = tmp_path_factory.mktemp("discs")
    directory = root / "img_align_celeba"
    directory.mkdir()
    random = np.random.default_rng(0)
    rows = []
    for number in range(80):
        ground, ink = (tuple(int(v) for v in random.integers(0, 256, 3)) for _ in range(2))
        image = Image.new("RGB", (40, 48), ground)
        left = int(random.integers(2, 14))
        ImageDraw.Draw(image).ellipse((left, 12, left + 20, 32), fill=ink)
        image.save(directory / f"{number:06}.jpg", quality=95)
        rows.append(f"{number:06}.jpg {0 if number < 64 else 1 if number < 74 else 2}")
    (root / "list_eval_partition.txt").write_text("\n".join(rows) + "\n")
    return root


@pytest.fixture
def folder(discs: Path) -> Folder:
    return open_folder(discs)


def test_a_run_learns_and_tells_how(folder: Folder, tmp_path: Path) -> None:
    heard: list[Progress] = []
    facts = train(folder, replace(TINY, epochs=8), tmp_path, heard.append)
    assert (facts.train_images, facts.valid_images, facts.epochs) == (64, 10, 8)
    assert facts.curves[-1].valid.loss < facts.curves[0].valid.loss - 100
    assert facts.final.loss == pytest.approx(
        facts.curves[facts.best_epoch - 1].valid.loss, rel=1e-4
    )
    assert facts.final.kl == pytest.approx(sum(facts.final.kl_per_dimension), abs=1e-3)
    assert facts.final.psnr == pytest.approx(-20 * math.log10(facts.final.rmse))
    assert [p.epoch.epoch for p in heard if p.epoch] == list(range(1, 9))
    steps = [p for p in heard if p.stage == "train"]
    assert (steps[0].done, steps[-1].done, steps[-1].total) == (16, 512, 512)
    stored = json.loads((tmp_path / "best.json").read_text())
    assert stored["settings"]["epochs"] == 8
    assert stored["final"]["rmse"] == facts.final.rmse
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [
        ".json", ".json", ".npy", ".pt", ".safetensors",
    ]  # fmt: skip


def test_an_interrupted_run_ends_like_one_that_was_not(folder: Folder, tmp_path: Path) -> None:
    def stop(progress: Progress) -> None:
        if progress.stage == "train" and progress.done == 16 * 10:  # in the third epoch
            raise KeyboardInterrupt

    whole = train(folder, TINY, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        train(folder, TINY, tmp_path / "stopped", stop)
    heard: list[Progress] = []
    resumed = train(folder, TINY, tmp_path / "stopped", heard.append)

    assert [p.epoch.epoch for p in heard if p.epoch] == [3, 4]
    assert not [p for p in heard if p.stage == "preprocess"]
    assert resumed.curves[:2] == whole.curves[:2]
    expected, found = (
        load_file(tmp_path / run / "best.safetensors") for run in ("whole", "stopped")
    )
    for name, value in expected.items():
        torch.testing.assert_close(found[name], value, msg=name)


def test_a_run_does_not_depend_on_the_generators_of_its_caller(
    folder: Folder, tmp_path: Path
) -> None:
    settings = replace(TINY, epochs=1, kl_epochs=0)
    torch.manual_seed(1)
    first = train(folder, settings, tmp_path / "a")
    state = torch.random.get_rng_state()
    torch.manual_seed(2)
    assert train(folder, settings, tmp_path / "b").curves == first.curves
    torch.manual_seed(1)
    assert torch.equal(torch.random.get_rng_state(), state)


@pytest.mark.parametrize("objective", ["beta", "capacity", "factor", "tc"])
def test_every_objective_learns_and_goes_on_where_it_stopped(
    folder: Folder, tmp_path: Path, objective: str
) -> None:
    settings = replace(
        TINY,
        network="components",
        objective=objective,
        weight=8.0,
        capacity=6.0 if objective == "capacity" else 0.0,
        decoder_variance=0.02,
    )

    def stop(progress: Progress) -> None:
        if progress.stage == "train" and progress.done == 16 * 10:  # in the third epoch
            raise KeyboardInterrupt

    pixels = tmp_path / "pixels"
    whole = train(folder, settings, tmp_path / "whole", cache=pixels)
    assert whole.final.mse < whole.curves[0].valid.mse
    with pytest.raises(KeyboardInterrupt):
        train(folder, settings, tmp_path / "stopped", stop, pixels)
    resumed = train(folder, settings, tmp_path / "stopped", cache=pixels)
    assert resumed.curves == whole.curves
    assert resumed.final == whole.final
    assert whole.objective == f"{objective}, weight 8" + ", 6 nats" * (objective == "capacity")
    assert whole.kl_weight == (8 if objective == "beta" else None)
    assert {path.name for path in (tmp_path / "whole").iterdir()} == {
        "best.json", "best.safetensors", "last.pt",
    }  # fmt: skip


def test_total_correlation_is_validated_where_one_image_is_left_over(
    folder: Folder, tmp_path: Path
) -> None:
    settings = replace(TINY, epochs=1, kl_epochs=0, batch=9, objective="tc", weight=4.0)
    facts = train(folder, settings, tmp_path)
    assert facts.valid_images == 10 and math.isfinite(facts.final.loss)


def test_capacity_holds_the_kl_where_it_is_told(folder: Folder, tmp_path: Path) -> None:
    settings = replace(
        TINY,
        network="components",
        epochs=60,
        kl_epochs=20,
        objective="capacity",
        weight=300.0,
        capacity=4.0,
        decoder_variance=0.02,
    )
    facts = train(folder, settings, tmp_path)
    assert facts.curves[-1].train.kl == pytest.approx(4, abs=0.5)
    last = facts.curves[-1].valid
    nats = 768 / 2 * (last.mse / 0.02 + math.log(2 * math.pi * 0.02))
    assert last.loss == pytest.approx(nats + 300 * abs(last.kl - 4), abs=0.05)


@pytest.mark.parametrize("kl_start", [1e-6, 50.0])
def test_validation_is_at_the_final_kl_weight_before_the_weight_is_there(
    folder: Folder, tmp_path: Path, kl_start: float
) -> None:
    """Else the first epoch of a run whose KL costs nothing at first would be 'best' for ever."""
    pixels = 3 * TINY.image_size**2
    for epoch in train(folder, replace(TINY, kl_start=kl_start, kl_epochs=3), tmp_path).curves:
        reconstruction = pixels / 2 * (math.log(2 * math.pi * epoch.valid.mse) + 1)
        assert epoch.valid.loss == pytest.approx(reconstruction + epoch.valid.kl, rel=1e-5)


def test_best_is_the_epoch_of_the_lowest_elbo_not_of_the_lowest_training_loss() -> None:
    early = Epoch(1, 0.0, Losses(-9000, 14000, 0.002), Losses(4000, 14000, 0.002))
    middle = Epoch(2, 1.0, Losses(-7000, 300, 0.004), Losses(-6800, 310, 0.0041))
    late = Epoch(3, 1.0, Losses(-7500, 320, 0.003), Losses(-6500, 330, 0.0045))
    assert best_epoch([early, middle, late]) == 2


def test_the_kept_weights_are_those_of_the_best_epoch(
    folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A learning rate that is far too high from the fifth epoch on must not cost the good
    weights."""
    monkeypatch.setattr(
        "featamp.demo.train.learning_rate_at", lambda step, *_: 2e-3 if step < 16 else 0.02
    )
    facts = train(folder, replace(TINY, epochs=6, kl_epochs=0), tmp_path)
    assert facts.best_epoch <= 4
    assert facts.curves[-1].valid.loss > facts.curves[facts.best_epoch - 1].valid.loss + 10
    assert facts.final.loss == pytest.approx(
        facts.curves[facts.best_epoch - 1].valid.loss, rel=1e-4
    )


def test_schedules_end_where_they_must() -> None:
    settings = replace(TINY, kl_start=25.0, kl_epochs=2)
    assert [kl_weight_at(e, settings) for e in (0, 1, 2, 3)] == [25, 5, 1, 1]
    assert kl_weight_at(0, replace(settings, kl_epochs=0)) == 1
    beta = replace(settings, objective="beta", weight=4.0, kl_start=16.0)
    assert [kl_weight_at(e, beta) for e in (0, 1, 2, 3)] == [16, 8, 4, 4]
    rising = replace(settings, objective="capacity", capacity=10.0)
    assert [capacity_at(e, rising) for e in (0, 1, 2, 3)] == [0, 5, 10, 10]
    assert capacity_at(0, replace(rising, kl_epochs=0)) == 10
    rates = [learning_rate_at(step, 400, 2e-3) for step in range(400)]
    assert max(rates) == rates[20] == pytest.approx(2e-3)
    assert rates[0] == pytest.approx(1e-4)
    assert rates[-1] < 1e-7
    assert rates[20:] == sorted(rates[20:], reverse=True)


def test_without_a_partition_the_last_tenth_validates(discs: Path, tmp_path: Path) -> None:
    root = tmp_path / "no partition"
    shutil.copytree(discs / "img_align_celeba", root / "img_align_celeba")
    facts = train(open_folder(root), replace(TINY, epochs=1, kl_epochs=0), tmp_path / "run")
    assert (facts.train_images, facts.valid_images) == (72, 8)


def test_a_truncated_image_is_named_and_left_out(discs: Path, tmp_path: Path) -> None:
    root = tmp_path / "data"
    shutil.copytree(discs, root)
    broken = root / "img_align_celeba" / "000003.jpg"
    broken.write_bytes(broken.read_bytes()[:300])
    settings = replace(TINY, epochs=1, kl_epochs=0)
    for _ in range(2):  # the second time from the cache
        facts = train(open_folder(root), settings, tmp_path / "run")
        assert facts.unreadable == ("000003.jpg",)
        assert facts.train_images == 63


def test_an_unreadable_image_leaves_out_none_of_its_name(discs: Path, tmp_path: Path) -> None:
    root = tmp_path / "data"
    for number, image in enumerate(sorted((discs / "img_align_celeba").iterdir())):
        place = root / f"{number % 4}" / f"{number // 4}.jpg"
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(image, place)
    broken = root / "2" / "3.jpg"
    broken.write_bytes(broken.read_bytes()[:300])
    pixels = prepare_pixels(open_folder(root), TINY, tmp_path / "run", lambda _: None)
    assert pixels.unreadable == ("2/3.jpg",)
    assert len(pixels.train) + len(pixels.valid) == number


def test_changed_images_are_decoded_anew(discs: Path, tmp_path: Path) -> None:
    root = tmp_path / "data"
    shutil.copytree(discs, root)
    settings = replace(TINY, epochs=1, kl_epochs=0)
    train(open_folder(root), settings, tmp_path / "run")
    Image.new("RGB", (40, 48), (255, 0, 0)).save(root / "img_align_celeba" / "000000.jpg")
    train(open_folder(root), settings, tmp_path / "run")
    pixels = np.load(tmp_path / "run" / "pixels.npy")
    assert np.abs(pixels[0].astype(int) - [255, 0, 0]).max() < 10


def test_images_as_large_and_as_old_as_the_last_are_decoded_anew(
    discs: Path, tmp_path: Path
) -> None:
    root, place = tmp_path / "data", tmp_path / "run"
    shutil.copytree(discs, root)
    for grey in (50, 200):  # a folder of bitmaps, all of one size, put in the place of the other
        for image in sorted((root / "img_align_celeba").iterdir()):
            image.unlink()
            image = image.with_suffix(".bmp")
            Image.new("RGB", (40, 48), (grey, grey, grey)).save(image)
            os.utime(image, (946684800, 946684800))
        pixels = prepare_pixels(open_folder(root), TINY, place, lambda _: None)
        assert (pixels.array == grey).all()


@pytest.mark.parametrize("name", ["pixels.json", "pixels.npy"])
@pytest.mark.parametrize(
    "harm",
    [
        lambda content: b"",
        lambda content: content[: len(content) // 2],
        lambda content: bytes(len(content)),
        lambda content: b'{"key": 1}',
    ],
    ids=["emptied", "halved", "zeroed", "of another kind"],
)
def test_decoded_images_that_a_power_cut_damaged_are_decoded_anew_and_told(
    folder: Folder, tmp_path: Path, name: str, harm: Callable[[bytes], bytes]
) -> None:
    whole = prepare_pixels(folder, TINY, tmp_path, lambda _: None)
    assert whole.damaged is None
    (tmp_path / name).write_bytes(harm((tmp_path / name).read_bytes()))
    again = prepare_pixels(folder, TINY, tmp_path, lambda _: None)
    assert again.damaged == tmp_path / name
    assert prepare_pixels(folder, TINY, tmp_path, lambda _: None).damaged is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"epochs": 0}, "--epochs is 0, expected at least 1"),
        ({"image_size": 50}, "data.size is 50, expected a multiple of 16"),
        ({"learning_rate": 0.0}, "--learning-rate is 0.0, expected a number above 0"),
        ({"seed": -1}, "--seed is -1, expected 0 to 4294967295"),
        ({"seed": 10**20}, "--seed is 100000000000000000000, expected 0 to 4294967295"),
        ({"latent_dim": 10**8}, "--latent-dim is 100000000, expected at most 768"),
        ({"batch": 1}, "data.size is 16 with 1 image a batch, expected at least 2"),
        ({"capacity": math.nan}, "--capacity is nan nats under the objective 'standard'"),
        ({"kl_start": 0.0}, "--kl-start is 0.0, expected a number above 0"),
        (
            {"kl_epochs": 4},
            "--kl-epochs is 4, and --epochs is 4, expected 0 or more of the first and fewer",
        ),
        ({"objective": "gamma"}, "--objective is 'gamma', expected one of standard, beta, "),
        ({"network": "deep"}, "--network is 'deep', expected one of convolutional, components"),
        ({"objective": "beta", "weight": math.nan}, "--weight is nan, expected a number above"),
        ({"objective": "tc", "batch": 1}, "--objective is 'tc' with 1 image a batch"),
        ({"weight": 4.0}, "--weight is 4.0, but the objective 'standard' weighs nothing"),
        ({"capacity": 9.0}, "--capacity is 9.0 nats under the objective 'standard'"),
        ({"objective": "capacity"}, "--capacity is 0.0 nats under the objective 'capacity'"),
        ({"decoder_variance": 0.0}, "--decoder-variance is 0.0, expected a number above 0"),
        ({"device": "toaster"}, "compute.device is 'toaster'"),
        ({"learning_rate": 1e30}, "--learning-rate is 1e+30, lower it"),
    ],
)
def test_bad_settings_are_refused_in_a_sentence(
    folder: Folder, tmp_path: Path, change: dict[str, object], message: str
) -> None:
    with pytest.raises(InputError) as caught:
        train(folder, replace(TINY, **change), tmp_path)  # type: ignore[arg-type]
    assert message in str(caught.value)
    assert not list(tmp_path.glob("*.part"))


def test_memory_that_does_not_suffice_is_told_with_what_takes_it(
    folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("featamp.demo.train.VAE", lambda dims, _: torch.empty(dims, 10**15))
    with pytest.raises(InputError, match=r"train\.latent_dim = 6, train\.batch = 16; lower one"):
        train(folder, TINY, tmp_path)


def test_an_image_smaller_than_the_crop_is_named_once(folder: Folder, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        train(folder, replace(TINY, crop=178), tmp_path)
    image = folder.directory / "000000.jpg"
    assert f"{image}: the image is 40 x 48 pixels, smaller than data.crop = 178" in str(
        caught.value
    )


def test_a_run_folder_of_another_run_is_refused(folder: Folder, tmp_path: Path) -> None:
    settings = replace(TINY, epochs=1, kl_epochs=0)
    train(folder, settings, tmp_path)
    with pytest.raises(
        InputError, match=r"last\.pt: a run with latent_dim = 6, but now latent_dim = 7"
    ):
        train(folder, replace(settings, latent_dim=7), tmp_path)
    (tmp_path / "best.safetensors").unlink()
    with pytest.raises(InputError, match=r"last\.pt: best\.safetensors is gone"):
        train(folder, settings, tmp_path)


def test_a_damaged_checkpoint_of_a_run_is_told_in_our_own_words(
    folder: Folder, tmp_path: Path
) -> None:
    settings, last = replace(TINY, epochs=1, kl_epochs=0), tmp_path / "last.pt"
    train(folder, settings, tmp_path)
    whole = last.read_bytes()
    state = torch.load(last, weights_only=True)
    del state["model"]
    torch.save(state, last)
    part = last.read_bytes()
    for content in (b"", b"no checkpoint", whole[: len(whole) // 2], bytes(len(whole)), part):
        last.write_bytes(content)
        with pytest.raises(InputError, match=r"last\.pt: not the checkpoint of a run, or") as told:
            train(folder, settings, tmp_path)
        assert "remove it to train anew" in str(told.value)
        assert "weights_only" not in str(told.value)


def test_a_run_folder_that_cannot_be_made_or_written_is_refused(
    folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be made"):
        train(folder, TINY, tmp_path / "file" / "run")
    monkeypatch.setattr(os, "access", lambda *_: False)  # whoever is root has every right
    with pytest.raises(InputError, match="nothing may be written into this folder"):
        train(folder, TINY, tmp_path / "run")
    assert not [*(tmp_path / "run").iterdir()]
