"""Training the reference VAE on a CelebA folder: resumable, and 'best' means best at the final KL weight."""

from __future__ import annotations

import hashlib
import json
import math
import os
import platform
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from featamp.celeba import SPLITS, Folder, load_image
from featamp.errors import InputError
from featamp.vae import VAE, kl_divergence, reconstruction_nats

KL_WEIGHT = 1.0  # the ELBO; the decoder's variance is what balances the two terms
ACTIVE_VARIANCE = 0.01
"""A dimension is active where Var(mu) is above this (Burda, Grosse and Salakhutdinov 2016)."""
CHUNK = 1024  # images decoded at a time


@dataclass(frozen=True)
class Settings:
    """What a run depends on; the defaults are the shipped model's.

    Attributes
    ----------
    epochs : passes through the training images; the schedule ends at the last.
    batch : images a step.
    learning_rate : peak of the one-cycle schedule.
    warmup_epochs : epochs over which the KL weight rises linearly from 0 to 1; 0 for none.
    latent_dim : number of latent dimensions.
    image_size : height and width the network sees, pixels.
    crop : side of the centre crop taken from each image, pixels.
    seed : of the weights, the order of the images and the posterior's noise.
    device : "auto" (cuda, then mps, then cpu) or a name torch knows.
    """

    epochs: int = 30
    batch: int = 64
    learning_rate: float = 2e-3
    warmup_epochs: int = 2
    latent_dim: int = 256
    image_size: int = 64
    crop: int = 178
    seed: int = 0
    device: str = "auto"


@dataclass(frozen=True)
class Losses:
    """One pass over a split, in nats an image: `loss` = reconstruction + KL weight * `kl`; `mse` is of samples, pixels in [0, 1]."""

    loss: float
    kl: float
    mse: float


@dataclass(frozen=True)
class Epoch:
    """One epoch's losses: train at the KL weight of that epoch's end, valid always at the final one."""

    epoch: int
    kl_weight: float
    train: Losses
    valid: Losses


@dataclass(frozen=True)
class Progress:
    """Where a run is: `stage` is "preprocess" (images) or "train" (steps); `epoch` is set when one has just ended."""

    stage: str
    done: int
    total: int
    images_per_second: float
    seconds_left: float
    epoch: Epoch | None = None


@dataclass(frozen=True)
class Pixels:
    """Preprocessed images: `array` uint8 [image, height, width, 3], memory-mapped; rows that train and validate; files left out."""

    array: NDArray[np.uint8]
    train: NDArray[np.int64]
    valid: NDArray[np.int64]
    unreadable: tuple[str, ...]


@dataclass(frozen=True)
class Facts:
    """What a finished run is known to be; the JSON beside the weights.

    The `final` numbers are of the best epoch's weights on the validation images: `kl` in nats an image, `rmse`
    and `psnr` of reconstructions from the posterior mean, `decoder_sigma` of samples of the posterior.
    """

    settings: Settings
    kl_weight: float
    parameters: int
    train_images: int
    valid_images: int
    unreadable: tuple[str, ...]
    epochs: int
    best_epoch: int
    curves: tuple[Epoch, ...]
    final: dict[str, Any]
    versions: dict[str, str] = field(default_factory=dict)


def train(
    folder: Folder,
    settings: Settings,
    run_directory: Path,
    progress: Callable[[Progress], None] = lambda _: None,
) -> Facts:
    """Train a VAE, or go on with the run that `run_directory` holds.

    Leaves `last.pt` (resumable), `best.safetensors` (the weights of the lowest validation loss) and `best.json`.

    Raises
    ------
    InputError
        Impossible settings, too few images, an image smaller than the crop, or a run folder of another run.
    """
    check(settings)
    run_directory.mkdir(parents=True, exist_ok=True)
    pixels = preprocess(folder, settings, run_directory, progress)
    run = Run(settings, pixels, run_directory)
    run.resume()
    while len(run.curves) < settings.epochs:
        run.one_epoch(progress)
    facts = run.facts()
    _write(run_directory / "best.json", (json.dumps(asdict(facts), indent=1) + "\n").encode())
    return facts


def check(settings: Settings) -> None:
    """Refuse settings that cannot train."""
    for name in ("epochs", "batch", "latent_dim", "crop"):
        if getattr(settings, name) < 1:
            raise InputError(f"train.{name} = {getattr(settings, name)}, expected at least 1")
    if settings.image_size < 16 or settings.image_size % 16:
        raise InputError(f"train.image_size = {settings.image_size}, expected a multiple of 16")
    if settings.learning_rate <= 0:
        raise InputError(f"train.learning_rate = {settings.learning_rate}, expected more than 0")
    if not 0 <= settings.warmup_epochs < settings.epochs:
        raise InputError(
            f"train.warmup_epochs = {settings.warmup_epochs}, expected 0 or more and less than "
            f"train.epochs = {settings.epochs}, so that the run ends at the final KL weight"
        )


def choose_device(name: str) -> torch.device:
    """The device of that name; "auto" is cuda, then mps, then cpu."""
    if name == "auto":
        name = (
            "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
        )
    try:
        return torch.empty(0, device=name).device
    except (RuntimeError, AssertionError) as error:
        raise InputError(f"train.device = {name!r} cannot be used here ({error})") from error


def kl_weight_at(epoch: float, warmup_epochs: int) -> float:
    """The KL weight after `epoch` epochs (fractions count): linear from 0, then 1 for good."""
    return KL_WEIGHT * min(1.0, epoch / warmup_epochs) if warmup_epochs else KL_WEIGHT


def learning_rate_at(step: int, steps: int, peak: float) -> float:
    """One cycle: linear to `peak` over the first twentieth of `steps`, then a cosine to 0."""
    rise = max(1, steps // 20)
    if step < rise:
        return peak * (step + 1) / rise
    return peak / 2 * (1 + math.cos(math.pi * (step - rise) / max(1, steps - rise)))


class Run:
    """The state of a training run: network, optimiser and the losses of the epochs that are done.

    Order and noise of an epoch follow from (seed, epoch) alone, so that no generator's state has to be stored.
    """

    def __init__(self, settings: Settings, pixels: Pixels, directory: Path) -> None:
        self.settings, self.pixels, self.directory = settings, pixels, directory
        self.device = choose_device(settings.device)
        with torch.random.fork_rng():
            torch.manual_seed(settings.seed)
            model = VAE(settings.latent_dim, settings.image_size)
        self.model = model.to(self.device, memory_format=torch.channels_last)
        self.optimiser = torch.optim.AdamW(self.model.parameters(), weight_decay=1e-4, fused=True)
        self.curves: list[Epoch] = []
        self.steps = max(1, len(pixels.train) // settings.batch)  # an epoch; a last, smaller batch is left out

    def one_epoch(self, progress: Callable[[Progress], None]) -> None:
        """Train for an epoch, validate, and store both checkpoints."""
        epoch = len(self.curves)
        settings = self.settings
        generator = torch.Generator(self.device).manual_seed(settings.seed * 100_003 + epoch + 1)
        order = np.random.default_rng([settings.seed, epoch]).permutation(self.pixels.train)
        sums = torch.zeros(3, device=self.device)
        start = time.monotonic()
        self.model.train()
        for step in range(self.steps):
            rows = order[step * settings.batch : (step + 1) * settings.batch]
            sums += self._step(rows, epoch * self.steps + step, generator)
            rate = (step + 1) * len(rows) / (time.monotonic() - start)
            done, total = epoch * self.steps + step + 1, settings.epochs * self.steps
            progress(Progress("train", done, total, rate, (total - done) * len(rows) / rate))
        loss, kl, mse = (sums / self.steps).tolist()
        if not math.isfinite(loss):
            raise InputError(
                f"the loss is {loss} in epoch {epoch + 1}: lower train.learning_rate = {settings.learning_rate}"
            )
        valid = evaluate(self.model, self.pixels.array, self.pixels.valid, settings, self.device).losses
        weight = kl_weight_at(epoch + 1, settings.warmup_epochs)
        self.curves.append(Epoch(epoch + 1, weight, Losses(loss, kl, mse), valid))
        self._store()
        progress(Progress("train", done, total, rate, (total - done) * len(rows) / rate, self.curves[-1]))

    def _step(self, rows: NDArray[np.int64], step: int, generator: torch.Generator) -> Tensor:
        """One optimiser step; its loss, KL and MSE as a tensor [3] on the device."""
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate_at(
                step, self.settings.epochs * self.steps, self.settings.learning_rate
            )
        weight = kl_weight_at((step + 1) / self.steps, self.settings.warmup_epochs)
        x = batch_of(self.pixels.array, rows, self.device)
        with torch.autocast("cuda", torch.bfloat16, enabled=self.device.type == "cuda"):
            image, mu, logvar = self.model(x, generator)
        mse = (image.float() - x).square().mean()
        kl = kl_divergence(mu.float(), logvar.float()).sum(1).mean()
        loss = reconstruction_nats(mse, x[0].numel()) + weight * kl
        self.optimiser.zero_grad()
        (loss / x[0].numel()).backward()  # a pixel: keeps the gradient's norm near 1
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        return torch.stack([loss, kl, mse]).detach()

    def _store(self) -> None:
        """Write `best.safetensors` if this epoch is the best so far, then `last.pt`."""
        if best_epoch(self.curves) == self.curves[-1].epoch:
            weights = {name: value.contiguous() for name, value in self.model.state_dict().items()}
            _replace(self.directory / "best.safetensors", lambda path: save_file(weights, path))
        state = {
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "curves": [asdict(epoch) for epoch in self.curves],
            "identity": self._identity(),
        }
        _replace(self.directory / "last.pt", lambda path: torch.save(state, path))

    def _identity(self) -> dict[str, Any]:
        """What a run that is gone on with must share: its settings but the device, and its images."""
        settings = asdict(self.settings)
        del settings["device"]
        return settings | {"train images": len(self.pixels.train), "valid images": len(self.pixels.valid)}

    def resume(self) -> None:
        """Take up `last.pt` where there is one."""
        path = self.directory / "last.pt"
        if not path.exists():
            return
        try:
            state = torch.load(path, map_location=self.device, weights_only=True)
            stored = state["identity"]
        except Exception as error:  # torch.load raises many kinds
            raise InputError(f"{path}: not a checkpoint of a run ({error}); remove it to start anew") from error
        for name, value in self._identity().items():
            if stored.get(name) != value:
                raise InputError(
                    f"{path}: a run with {name} = {stored.get(name)}, but now {name} = {value}; "
                    "choose another run folder or remove this one"
                )
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.curves = [
            Epoch(e["epoch"], e["kl_weight"], Losses(**e["train"]), Losses(**e["valid"]))
            for e in state["curves"]
        ]

    def facts(self) -> Facts:
        """The facts of the finished run, measured on its best weights."""
        self.model.load_state_dict(load_file(self.directory / "best.safetensors"))
        result = evaluate(self.model, self.pixels.array, self.pixels.valid, self.settings, self.device)
        return Facts(
            settings=self.settings,
            kl_weight=KL_WEIGHT,
            parameters=sum(p.numel() for p in self.model.parameters()),
            train_images=len(self.pixels.train),
            valid_images=len(self.pixels.valid),
            unreadable=self.pixels.unreadable,
            epochs=len(self.curves),
            best_epoch=best_epoch(self.curves),
            curves=tuple(self.curves),
            final=result.summary(),
            versions={"python": platform.python_version()}
            | {name: version(name) for name in ("torch", "numpy", "pillow")},
        )


def best_epoch(curves: list[Epoch]) -> int:
    """The epoch of the lowest validation loss, which is always measured at the final KL weight."""
    return min(curves, key=lambda epoch: epoch.valid.loss).epoch


@dataclass(frozen=True)
class Evaluation:
    """A model on a split: losses at the final KL weight, KL and variance of mu a dimension, RMSE from posterior means."""

    losses: Losses
    kl: NDArray[np.float64]
    variance: NDArray[np.float64]
    rmse: float

    def summary(self) -> dict[str, Any]:
        """Plain numbers for the facts file."""
        return {
            "loss": self.losses.loss,
            "kl": self.losses.kl,
            "kl_per_dimension": [round(value, 4) for value in self.kl.tolist()],
            "active_units": int((self.variance > ACTIVE_VARIANCE).sum()),
            "rmse": self.rmse,
            "psnr": -20 * math.log10(self.rmse),
            "decoder_sigma": math.sqrt(self.losses.mse),
        }


@torch.inference_mode()
def evaluate(
    model: VAE, array: NDArray[np.uint8], rows: NDArray[np.int64], settings: Settings, device: torch.device
) -> Evaluation:
    """Measure `model` on the images `rows` of `array`; the posterior's noise is the same at every call."""
    model.eval()
    generator = torch.Generator(device).manual_seed(settings.seed)
    sampled, mean = 0.0, 0.0  # sums of squared errors
    codes, kl = [], []
    for start in range(0, len(rows), settings.batch):
        x = batch_of(array, rows[start : start + settings.batch], device)
        image, mu, logvar = model(x, generator)
        sampled += (image - x).square().sum().item()
        mean += (model.decode(mu) - x).square().sum().item()
        codes.append(mu.cpu().double().numpy())
        kl.append(kl_divergence(mu, logvar).cpu().double().numpy())
    pixels = 3 * settings.image_size**2
    mse = sampled / (len(rows) * pixels)
    kl_per_dimension = np.concatenate(kl).mean(0)
    total = float(kl_per_dimension.sum())
    loss = reconstruction_nats(torch.tensor(mse, dtype=torch.float64), pixels).item() + KL_WEIGHT * total
    return Evaluation(
        Losses(loss, total, mse),
        kl_per_dimension,
        np.concatenate(codes).var(0, ddof=min(1, len(rows) - 1)),
        math.sqrt(mean / (len(rows) * pixels)),
    )


def batch_of(array: NDArray[np.uint8], rows: NDArray[np.int64], device: torch.device) -> Tensor:
    """Float images [batch, 3, height, width] in [0, 1] on the device, in channels-last memory."""
    batch = torch.from_numpy(array[rows])
    if device.type == "cuda":
        batch = batch.pin_memory()
    return batch.to(device, non_blocking=True).permute(0, 3, 1, 2).float() / 255


def preprocess(
    folder: Folder, settings: Settings, run_directory: Path, progress: Callable[[Progress], None]
) -> Pixels:
    """Decode and resize the images that train or validate, once, into `pixels.npy` in the run folder.

    A truncated image is left out and named. The test images of a partition are not touched; where there is no
    partition, the last tenth validates.
    """
    partition = folder.partition
    if partition is None:
        partition = np.full(len(folder.names), SPLITS["train"], np.int8)
        partition[len(partition) - len(partition) // 10 :] = SPLITS["valid"]
    used = np.flatnonzero(partition != SPLITS["test"])
    paths = [folder.directory / folder.names[i] for i in used]
    array_path, facts_path = run_directory / "pixels.npy", run_directory / "pixels.json"
    key = _pixels_key(paths, settings)
    stored = json.loads(facts_path.read_bytes()) if facts_path.exists() else {}
    if stored.get("key") != key:
        bad = _decode(paths, array_path, settings, progress)
        stored = {"key": key, "unreadable": bad}
        _write(facts_path, json.dumps(stored).encode())
    unreadable = set(stored["unreadable"])
    rows = np.array([i for i, path in enumerate(paths) if path.name not in unreadable], np.int64)
    split = partition[used][rows]
    train_rows, valid_rows = rows[split == SPLITS["train"]], rows[split == SPLITS["valid"]]
    if not len(train_rows) or not len(valid_rows):
        raise InputError(
            f"{folder.directory}: {len(train_rows)} images to train and {len(valid_rows)} to validate on, "
            "expected some of both"
        )
    array = np.load(array_path, mmap_mode="r")
    return Pixels(array, train_rows, valid_rows, tuple(sorted(unreadable)))


def _pixels_key(paths: list[Path], settings: Settings) -> str:
    """What the cached pixels depend on, as a hash."""
    digest = hashlib.sha256(f"{settings.crop} {settings.image_size}".encode())
    for path in paths:
        stat = path.stat()
        digest.update(f"\n{path.name} {stat.st_size} {stat.st_mtime_ns}".encode())
    return digest.hexdigest()


def _decode(
    paths: list[Path], target: Path, settings: Settings, progress: Callable[[Progress], None]
) -> list[str]:
    """Fill `target` with uint8 [image, height, width, 3]; the names of the files that are no images."""
    size = settings.image_size

    def load(path: Path) -> NDArray[np.uint8] | None:
        try:
            return load_image(path, settings.crop, size)
        except OSError:
            return None
        except InputError as error:
            raise InputError(f"{path}: {error}") from error

    bad: list[str] = []
    start = time.monotonic()

    def fill(part: Path) -> None:
        array = np.lib.format.open_memmap(part, "w+", np.uint8, (len(paths), size, size, 3))
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for first in range(0, len(paths), CHUNK):
                chunk = paths[first : first + CHUNK]
                for row, (path, image) in enumerate(zip(chunk, pool.map(load, chunk), strict=True), first):
                    if image is None:
                        bad.append(path.name)
                    else:
                        array[row] = image
                done = first + len(chunk)
                rate = done / (time.monotonic() - start)
                progress(Progress("preprocess", done, len(paths), rate, (len(paths) - done) / rate))
        array.flush()

    _replace(target, fill)
    return bad


def _replace(path: Path, write: Callable[[Path], object]) -> None:
    """Have `write` make a file beside `path`, then put it in its place whole."""
    part = path.with_name(path.name + ".part")
    write(part)
    part.replace(path)


def _write(path: Path, content: bytes) -> None:
    _replace(path, lambda part: part.write_bytes(content))
