"""Training the reference VAE on a CelebA folder: resumable, and 'best' means best at the final KL
weight.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import platform
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from featamp.demo.vae import VAE, kl_divergence, reconstruction_nats
from featamp.errors import InputError
from featamp.io.celeba import SPLITS, Folder
from featamp.io.device import pick_device
from featamp.io.files.decode import load_image
from featamp.statistics.variance import ACTIVE_THRESHOLD

KL_WEIGHT = 1.0  # the ELBO; the decoder's variance is what balances the two terms
CHUNK = 1024  # images decoded at a time
BEST = "best.safetensors"


@dataclass(frozen=True)
class Settings:
    """What a run depends on; the defaults are the shipped model's.

    Attributes
    ----------
    epochs : passes through the training images; the schedule ends at the last.
    batch : images a step.
    learning_rate : peak of the one-cycle schedule.
    kl_start : KL weight at the start, from which it falls to 1; 1 for none of this.
    kl_epochs : epochs that the fall takes.
    latent_dim : number of latent dimensions.
    image_size : height and width the network sees, pixels.
    crop : side of the centre crop taken from each image, pixels.
    seed : of the weights, the order of the images and the posterior's noise.
    device : "auto" (cuda, then mps, then cpu) or a name torch knows.
    """

    epochs: int = 18
    batch: int = 64
    learning_rate: float = 6e-4
    kl_start: float = 200.0
    kl_epochs: int = 6
    latent_dim: int = 256
    image_size: int = 64
    crop: int = 178
    seed: int = 0
    device: str = "auto"


@dataclass(frozen=True)
class Losses:
    """Means over a split, in nats an image: `loss` is the reconstruction term plus the KL weight
    times `kl`.

    `mse` is of images decoded from samples of the posterior, pixels in [0, 1].
    """

    loss: float
    kl: float
    mse: float


@dataclass(frozen=True)
class Epoch:
    """One epoch: `train` at the KL weight on its way to `kl_weight`, `valid` always at the final
    one.
    """

    epoch: int
    kl_weight: float
    train: Losses
    valid: Losses


@dataclass(frozen=True)
class Progress:
    """Where a run is; `done` and `total` count images, over all epochs in the stage "train".

    `stage` is "preprocess" or "train"; `epoch` is set when one has just ended.
    """

    stage: str
    done: int
    total: int
    epoch: Epoch | None = None


@dataclass(frozen=True)
class Pixels:
    """Preprocessed images, the rows that train and validate, and the files that could not be read.

    `array` is uint8 [image, height, width, 3], memory-mapped, pixels in 0..255.
    """

    array: NDArray[np.uint8]
    train: NDArray[np.int64]
    valid: NDArray[np.int64]
    unreadable: tuple[str, ...]


@dataclass(frozen=True)
class Evaluation:
    """A model on the validation images.

    Attributes
    ----------
    loss, kl : nats an image, at the final KL weight.
    mse, decoder_sigma : of images decoded from samples of the posterior, and its root; pixels in
        [0, 1].
    rmse, psnr : of reconstructions, decoded from the posterior mean; pixels in [0, 1], decibels.
    active_units : dimensions with Var(mu) > 0.01 (Burda, Grosse and Salakhutdinov 2015).
    kl_per_dimension : nats, in the order of the dimensions.
    """

    loss: float
    kl: float
    mse: float
    decoder_sigma: float
    rmse: float
    psnr: float
    active_units: int
    kl_per_dimension: tuple[float, ...]


@dataclass(frozen=True)
class Facts:
    """What a finished run is known to be, as in the JSON beside the weights.

    `final` is measured with the weights of `best_epoch`, which are the ones that are kept.
    """

    settings: Settings
    kl_weight: float
    parameters: int
    train_images: int
    valid_images: int
    unreadable: tuple[str, ...]
    epochs: int
    best_epoch: int
    final: Evaluation
    curves: tuple[Epoch, ...]
    versions: dict[str, str]


def train(
    folder: Folder,
    settings: Settings,
    run_directory: Path,
    progress: Callable[[Progress], None] = lambda _: None,
) -> Facts:
    """Train a VAE, or go on with the run that `run_directory` holds.

    Leaves `last.pt` (to go on from), `best.safetensors` (the weights of the lowest validation
    loss) and `best.json` (the facts).

    Raises
    ------
    InputError
        Impossible settings, too few images, an image smaller than the crop, a run folder of
        another run or one that cannot be written.
    """
    check(settings)
    try:
        run_directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{run_directory}: cannot be made ({error.strerror})") from error
    pixels = preprocess(folder, settings, run_directory, progress)
    run = Run(settings, pixels, run_directory)
    run.resume()
    while len(run.curves) < settings.epochs:
        run.one_epoch(progress)
    facts = run.facts()
    _write_json(run_directory / "best.json", asdict(facts))
    return facts


def check(settings: Settings) -> None:
    """Refuse settings that cannot train."""
    for name in ("epochs", "batch", "latent_dim", "crop"):
        if getattr(settings, name) < 1:
            raise InputError(f"train.{name} = {getattr(settings, name)}, expected at least 1")
    if settings.image_size < 16 or settings.image_size % 16:
        raise InputError(f"train.image_size = {settings.image_size}, expected a multiple of 16")
    if settings.seed < 0:
        raise InputError(f"train.seed = {settings.seed}, expected 0 or more")
    if settings.learning_rate <= 0:
        raise InputError(f"train.learning_rate = {settings.learning_rate}, expected more than 0")
    if settings.kl_start <= 0:
        raise InputError(f"train.kl_start = {settings.kl_start}, expected more than 0")
    if not 0 <= settings.kl_epochs < settings.epochs:
        raise InputError(
            f"train.kl_epochs = {settings.kl_epochs}, expected 0 or more and less than "
            f"train.epochs = {settings.epochs}, so that the run ends at the final KL weight"
        )


def kl_weight_at(epoch: float, settings: Settings) -> float:
    """The KL weight after `epoch` epochs (fractions count): geometric from `kl_start` to 1, then 1
    for good.

    A heavy start lets only the strongest factors into the code, a dimension each; the rest follow
    in the order of what they explain (Burgess et al. 2018). At weight 1 from the start, 256
    dimensions shared every factor evenly, and the sweep of one showed next to nothing.
    """
    left = max(0.0, 1 - epoch / settings.kl_epochs) if settings.kl_epochs else 0.0
    return KL_WEIGHT * math.pow(settings.kl_start, left)


def learning_rate_at(step: int, steps: int, peak: float) -> float:
    """One cycle: linear to `peak` over the first twentieth of `steps`, then a cosine to 0."""
    rise = max(1, steps // 20)
    if step < rise:
        return peak * (step + 1) / rise
    return peak / 2 * (1 + math.cos(math.pi * (step - rise) / max(1, steps - rise)))


class Run:
    """The state of a training run: network, optimiser and the losses of the epochs that are done.

    Order and noise of an epoch follow from seed and epoch alone: no generator's state has to be
    stored.
    """

    def __init__(self, settings: Settings, pixels: Pixels, directory: Path) -> None:
        self.settings, self.pixels, self.directory = settings, pixels, directory
        self.device = pick_device(settings.device)
        with torch.random.fork_rng():
            torch.manual_seed(settings.seed)
            model = VAE(settings.latent_dim, settings.image_size)
        self.model = model.to(self.device).to(memory_format=torch.channels_last)
        self.optimiser = torch.optim.AdamW(self.model.parameters(), weight_decay=1e-4, fused=True)
        self.batch = min(settings.batch, len(pixels.train))
        self.steps = (
            len(pixels.train) // self.batch
        )  # an epoch's; a last, smaller batch is left out
        self.curves: list[Epoch] = []

    def one_epoch(self, progress: Callable[[Progress], None]) -> None:
        """Train for an epoch, validate, and store both checkpoints.

        Images are not mirrored: the side that the light comes from and the pose are factors to be
        learnt.
        """
        epoch, settings = len(self.curves), self.settings
        generator = torch.Generator(self.device).manual_seed(settings.seed * 100_003 + epoch + 1)
        order = np.random.default_rng([settings.seed, epoch]).permutation(self.pixels.train)
        sums = torch.zeros(3, device=self.device)
        first, total = epoch * self.steps, settings.epochs * self.steps
        self.model.train()
        for step in range(self.steps):
            rows = order[step * self.batch : (step + 1) * self.batch]
            sums += self._step(rows, first + step, generator)
            progress(Progress("train", (first + step + 1) * self.batch, total * self.batch))
        losses = Losses(*(sums / self.steps).tolist())
        valid = evaluate(self.model, self.pixels, settings)
        if not (math.isfinite(losses.loss) and math.isfinite(valid.loss)):
            raise InputError(
                f"epoch {epoch + 1}: the loss is {losses.loss} in training and {valid.loss} in"
                f" validation, "
                f"expected numbers; lower train.learning_rate = {settings.learning_rate}"
            )
        weight = kl_weight_at(epoch + 1, settings)
        self.curves.append(
            Epoch(epoch + 1, weight, losses, Losses(valid.loss, valid.kl, valid.mse))
        )
        self._store()
        progress(
            Progress(
                "train", (first + self.steps) * self.batch, total * self.batch, self.curves[-1]
            )
        )

    def _step(self, rows: NDArray[np.int64], step: int, generator: torch.Generator) -> Tensor:
        """One optimiser step; its loss, KL and MSE as a tensor [3] on the device."""
        steps = self.settings.epochs * self.steps
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate_at(step, steps, self.settings.learning_rate)
        weight = kl_weight_at((step + 1) / self.steps, self.settings)
        x = batch_of(self.pixels.array, rows, self.device)
        with torch.autocast("cuda", torch.bfloat16, enabled=self.device.type == "cuda"):
            image, mu, logvar = self.model(x, generator)
        mse = (image.float() - x).square().mean()
        kl = kl_divergence(mu.float(), logvar.float()).sum(1).mean()
        loss = reconstruction_nats(mse, x[0].numel()) + weight * kl
        self.optimiser.zero_grad()
        torch.autograd.backward(
            loss / x[0].numel()
        )  # nats a pixel value: the gradient's norm is about 1
        nn.utils.clip_grad_norm_(self.model.parameters(), 10.0)  # against the rare spike
        self.optimiser.step()
        return torch.stack([loss, kl, mse]).detach()

    def _store(self) -> None:
        """Write `best.safetensors` if this epoch is the best so far, then `last.pt`."""
        if best_epoch(self.curves) == self.curves[-1].epoch:
            weights = {name: value.contiguous() for name, value in self.model.state_dict().items()}
            _replace(self.directory / BEST, lambda path: save_file(weights, path))
        state = {
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "curves": [asdict(epoch) for epoch in self.curves],
            "identity": self._identity(),
        }
        _replace(self.directory / "last.pt", lambda path: torch.save(state, path))

    def _identity(self) -> dict[str, Any]:
        """What a run that is gone on with must share: its settings but the device, and its
        images.
        """
        settings = asdict(self.settings)
        del settings["device"]
        return settings | {
            "train images": len(self.pixels.train),
            "valid images": len(self.pixels.valid),
        }

    def resume(self) -> None:
        """Take up `last.pt` where there is one."""
        path = self.directory / "last.pt"
        if not path.exists():
            return
        try:
            state = torch.load(path, map_location=self.device, weights_only=True)
            stored = state["identity"]
        except Exception as error:  # torch.load raises many kinds
            message = f"{path}: not the checkpoint of a run ({error}); remove it to start anew"
            raise InputError(message) from error
        if not (self.directory / BEST).exists():
            raise InputError(
                f"{path}: {BEST} is gone from beside it; put it back, or remove last.pt to start"
                f" anew"
            )
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
        self.model.load_state_dict(load_file(self.directory / BEST))
        return Facts(
            settings=self.settings,
            kl_weight=KL_WEIGHT,
            parameters=sum(p.numel() for p in self.model.parameters()),
            train_images=len(self.pixels.train),
            valid_images=len(self.pixels.valid),
            unreadable=self.pixels.unreadable,
            epochs=len(self.curves),
            best_epoch=best_epoch(self.curves),
            final=evaluate(self.model, self.pixels, self.settings),
            curves=tuple(self.curves),
            versions={"python": platform.python_version()}
            | {name: version(name) for name in ("torch", "numpy", "pillow")},
        )


def best_epoch(curves: Sequence[Epoch]) -> int:
    """The epoch of the lowest validation loss, which is always measured at the final KL weight."""
    return min(curves, key=lambda epoch: epoch.valid.loss).epoch


@torch.inference_mode()
def evaluate(model: VAE, pixels: Pixels, settings: Settings) -> Evaluation:
    """Measure `model` on the validation images; the posterior's noise is the same at every
    call.
    """
    model.eval()
    device = next(model.parameters()).device
    generator = torch.Generator(device).manual_seed(settings.seed)
    sampled, reconstructed = 0.0, 0.0  # sums of squared errors
    codes, kl = [], []  # a batch each, [image, latent]
    for start in range(0, len(pixels.valid), settings.batch):
        x = batch_of(pixels.array, pixels.valid[start : start + settings.batch], device)
        image, mu, logvar = model(x, generator)
        sampled += (image - x).square().sum().item()
        reconstructed += (model.decode(mu) - x).square().sum().item()
        codes.append(mu.cpu())
        kl.append(kl_divergence(mu, logvar).cpu())
    values = 3 * settings.image_size**2
    mse, error = (total / (len(pixels.valid) * values) for total in (sampled, reconstructed))
    per_dimension = torch.cat(kl).double().mean(0)
    total_kl = per_dimension.sum().item()
    nats = reconstruction_nats(torch.tensor(mse, dtype=torch.float64), values).item()
    return Evaluation(
        loss=nats + KL_WEIGHT * total_kl,
        kl=total_kl,
        mse=mse,
        decoder_sigma=math.sqrt(mse),
        rmse=math.sqrt(error),
        psnr=-10 * math.log10(error),
        active_units=int((torch.cat(codes).var(0) > ACTIVE_THRESHOLD).sum()),
        kl_per_dimension=tuple(round(value, 4) for value in per_dimension.tolist()),
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
    """Decode and resize the images that train or validate, once, into `pixels.npy` in the run
    folder.

    A truncated image is left out and named. The test images of a partition are not touched; where
    there is no partition, the last tenth validates.
    """
    partition = folder.partition
    if partition is None:
        partition = np.full(len(folder.names), SPLITS["train"], np.int8)
        partition[len(partition) - len(partition) // 10 :] = SPLITS["valid"]
    used = np.flatnonzero(partition != SPLITS["test"])
    paths = [folder.directory / folder.names[i] for i in used]
    array_path, key_path = run_directory / "pixels.npy", run_directory / "pixels.json"
    key = _pixels_key(paths, settings)
    stored = json.loads(key_path.read_bytes()) if key_path.exists() else {}
    if stored.get("key") != key:
        key_path.unlink(missing_ok=True)  # the pixels are about to change under it
        stored = {"key": key, "unreadable": _decode(paths, array_path, settings, progress)}
        _write_json(key_path, stored)
    unreadable = set(stored["unreadable"])
    rows = np.array([i for i, path in enumerate(paths) if path.name not in unreadable], np.int64)
    split = partition[used][rows]
    train_rows, valid_rows = rows[split == SPLITS["train"]], rows[split == SPLITS["valid"]]
    if not len(train_rows) or not len(valid_rows):
        raise InputError(
            f"{folder.directory}: {len(train_rows)} images to train and {len(valid_rows)} to"
            f" validate on, "
            "expected some of both"
        )
    return Pixels(
        np.load(array_path, mmap_mode="r"), train_rows, valid_rows, tuple(sorted(unreadable))
    )


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
    """Write `target`, uint8 [image, height, width, 3], a chunk at a time.

    Returns the names of the files that are no images; their rows are black.
    """
    size = settings.image_size
    black = np.zeros((size, size, 3), np.uint8)
    bad: list[str] = []

    def load(path: Path) -> NDArray[np.uint8]:
        try:
            return load_image(path, settings.crop, size)
        except OSError:
            bad.append(path.name)
            return black

    def fill(part: Path) -> None:
        head = {"descr": "|u1", "fortran_order": False, "shape": (len(paths), size, size, 3)}
        with ThreadPoolExecutor(os.cpu_count()) as pool, part.open("wb") as file:
            np.lib.format.write_array_header_1_0(file, head)
            for first in range(0, len(paths), CHUNK):
                images = list(pool.map(load, paths[first : first + CHUNK]))
                file.write(np.stack(images).tobytes())
                progress(Progress("preprocess", first + len(images), len(paths)))

    _replace(target, fill)
    return sorted(bad)


def _replace(path: Path, write: Callable[[Path], object]) -> None:
    """Have `write` make a file beside `path`, then put it in its place whole; nothing is left if
    it fails.
    """
    part = path.with_name(path.name + ".part")
    try:
        write(part)
        part.replace(path)
    except (OSError, RuntimeError, SafetensorError) as error:
        raise InputError(f"{path}: cannot be written ({error})") from error
    finally:
        part.unlink(missing_ok=True)


def _write_json(path: Path, content: dict[str, Any]) -> None:
    _replace(
        path, lambda part: part.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    )
