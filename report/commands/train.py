"""Training from the command line: the reference VAE on a CelebA folder."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from featamp.demo.train import Progress, Settings, train
from featamp.errors import InputError
from featamp.io.celeba import open_folder

from ..engine.console import Console
from ..inputs.config import load_configs


def train_model(
    config_path: Path, run: Path, out: Path, epochs: int | None, console: Console
) -> None:
    """Train on the config's images, tell every epoch, and put the best weights and their facts at
    `out`.

    Raises
    ------
    InputError
        The config or the data is wrong, or the run folder holds another run.
    """
    config = load_configs(config_path)[0]  # of what it says of a model, training uses nothing
    data, compute = config.data, config.compute
    if data.crop is None:
        raise InputError(f"{config.path}: train needs a crop, and data.preprocess has none")
    settings = Settings(
        image_size=data.size, crop=data.crop, seed=compute.seed, device=compute.device
    )
    if epochs is not None:
        # a short run keeps the same shape: the KL weight falls to 1 in the first third
        settings = replace(settings, epochs=epochs, kl_epochs=min(settings.kl_epochs, epochs // 3))

    def tell(progress: Progress) -> None:
        console.progress(progress.stage, progress.done, progress.total)
        if (epoch := progress.epoch) is not None:
            console.line(
                f"  epoch {epoch.epoch:3d} of {settings.epochs}"
                f"   train {epoch.train.loss:10.1f}   valid {epoch.valid.loss:10.1f}"
                f"   KL {epoch.valid.kl:6.1f} nats   RMSE {epoch.valid.mse**0.5:.4f}"
            )

    facts = train(
        open_folder(data.root, data.images, data.split, data.labels), settings, run, tell
    )
    for name in facts.unreadable:
        console.line(f"warning: {name} could not be decoded and is left out")
    out.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(run / "best.safetensors", out)
    shutil.copyfile(run / "best.json", out.with_suffix(".json"))
    console.line(
        f"  best epoch {facts.best_epoch} of {facts.epochs}: KL {facts.final.kl:.1f} nats,"
        f" RMSE {facts.final.rmse:.4f}, {facts.final.active_units} active dimensions"
    )
    console.line(str(out))
