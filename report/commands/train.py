"""Training from the command line: a VAE on a CelebA folder, by one of five objectives."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from featamp.demo.facts import Progress
from featamp.demo.pixels import make_folder, prepare_pixels
from featamp.demo.settings import Settings, check
from featamp.demo.train import train
from featamp.errors import InputError
from featamp.io.files.steps import Steps, in_quotes

from ..engine.console import Console
from ..engine.locks import lock
from ..engine.store import STORE, Store
from ..inputs.config import Config, load_configs
from ..stages.images import open_data
from .unpacked import unpacked


def train_model(
    config_path: Path,
    run: Path,
    out: Path,
    changes: Mapping[str, Any],
    console: Console,
    cache: Path | None = None,
) -> None:
    """Train on the config's images, tell every epoch, and put the best weights and their facts at
    `out`.

    Parameters
    ----------
    changes : settings that differ from the shipped model's.
    cache : where the decoded images are kept; None for the run's own folder.

    Raises
    ------
    InputError
        The config, the data, `out` or a folder is wrong, or the run folder holds another run, or
        is held by one, or `cache` is.
    """
    config = load_configs(config_path)[0]  # of what it says of a model, training uses nothing
    settings = _settings(config, changes)
    check(settings)
    _check_out(out)
    images = cache or run
    for folder in (run, images, out.parent):
        make_folder(folder)
    config = unpacked(config, Store(config.folder / STORE))

    def tell(progress: Progress) -> None:
        console.progress(progress.stage, progress.done, progress.total)
        if (epoch := progress.epoch) is not None:
            console.line(
                f"  epoch {epoch.epoch:3d} of {settings.epochs}"
                f"   train {epoch.train.loss:10.1f}   valid {epoch.valid.loss:10.1f}"
                f"   KL {epoch.valid.kl:6.1f} nats   RMSE {epoch.valid.mse**0.5:.4f}"
            )

    faces = open_data(config)
    with lock(run / "lock", str(run), "training run"):
        with lock(images / "pixels.lock", str(images), "training run"):
            pixels = prepare_pixels(faces, settings, images, tell)
        if pixels.damaged:
            console.line(f"warning: {pixels.damaged} was damaged; the images were decoded anew")
        facts = train(pixels, settings, run, tell)
        _copy(run / "best.safetensors", out)
        _copy(run / "best.json", out.with_suffix(".json"))
    for name in facts.unreadable:
        console.line(f"warning: {name} could not be decoded and is left out")
    console.line(
        f"  best epoch {facts.best_epoch} of {facts.epochs}: KL {facts.final.kl:.1f} nats,"
        f" RMSE {facts.final.rmse:.4f}, {facts.final.active_units} active dimensions"
    )
    console.line(str(out))


def _check_out(out: Path) -> None:
    """Refuse what can be no file of weights."""
    if out.suffix != ".safetensors":
        raise InputError(
            f"--out is {out}, expected a name that ends in .safetensors, as the weights are; their"
            f" facts go beside it, into a .json"
        )
    for path in (out, out.with_suffix(".json")):
        if path.is_dir():
            raise InputError(f"--out is {out}, but {path} is a folder; choose another name")
        if path.exists() and not os.access(path, os.W_OK):
            raise InputError(f"--out is {out}, but {path} may not be written; choose another name")


def _copy(source: Path, target: Path) -> None:
    """Put a file of the run where it is wanted, if it is not there already."""
    if not (target.exists() and target.samefile(source)):
        shutil.copyfile(source, target)


def _settings(config: Config, changes: Mapping[str, Any]) -> Settings:
    """Those of the run, its images as the config has them."""
    data, compute = config.data, config.compute
    crop, (height, width) = data.crop, data.size
    if data.steps != Steps.usual(crop, data.size) or crop is None:
        raise InputError(f"{config.path}: train needs a crop alone, and data.preprocess has more")
    if height != width or crop[0] != crop[1]:
        raise InputError(
            f"{config.path}: data.size is {in_quotes(data.size)} and data.crop {in_quotes(crop)},"
            f" but train makes a network for squares; set one side for each"
        )
    settings = Settings(image_size=width, crop=crop[0], seed=compute.seed, device=compute.device)
    settings = replace(settings, **changes)
    if "kl_epochs" not in changes:
        # a short run keeps the same shape: the KL weight falls in the first third
        settings = replace(settings, kl_epochs=min(settings.kl_epochs, settings.epochs // 3))
    return settings
