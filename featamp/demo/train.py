"""Training a VAE on a CelebA folder: resumable, and 'best' means best by the objective that the
run ends with.
"""

from __future__ import annotations

import math
import platform
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import Tensor, nn

from featamp.demo import components, objectives
from featamp.demo.facts import Epoch, Evaluation, Facts, Losses, Progress, best_epoch
from featamp.demo.pixels import TrainingImages, batch_of, make_folder, write_json, write_whole
from featamp.demo.settings import (
    Settings,
    capacity_at,
    check,
    check_batch,
    final_kl_weight,
    kl_weight_at,
    learning_rate_at,
    told,
    told_objective,
)
from featamp.demo.vae import VAE, Coder, Sampled, gaussian_nats, kl_divergence, reconstruction_nats
from featamp.errors import InputError
from featamp.io.device import pick_device
from featamp.statistics.variance import ACTIVE_THRESHOLD

BEST = "best.safetensors"
DISCRIMINATOR_RATE = 1e-3  # a tenth of it is the paper's, for a hundred times the steps


def train(
    pixels: TrainingImages,
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
        Impossible settings, too little memory, a run folder of another run or one that cannot be
        written.
    """
    check(settings)
    make_folder(run_directory)
    with _memory_told(settings):
        run = Run(settings, pixels, run_directory)
        run.resume()
        while len(run.curves) < settings.epochs:
            run.one_epoch(progress)
    facts = run.facts()
    write_json(run_directory / "best.json", asdict(facts))
    return facts


@contextmanager
def _memory_told(settings: Settings) -> Iterator[None]:
    """Say what takes the memory that torch could not have: on a CPU its error has no kind of its
    own.
    """
    try:
        yield
    except RuntimeError as error:
        if "alloc" not in str(error):
            raise
        sizes = [f"{n} = {getattr(settings, n)}" for n in ("image_size", "latent_dim", "batch")]
        raise InputError(
            f"the memory does not suffice for train.{', train.'.join(sizes)}; lower one of them"
        ) from error


def in_batches(rows: NDArray[np.int64], size: int) -> list[NDArray[np.int64]]:
    """`rows` in batches of `size`, the last perhaps smaller, but none of one alone beside others:
    the total correlation of a batch needs two.
    """
    return np.split(rows, range(size, len(rows) - 1, size))


class PixelSource:
    """The images as the convolutional network learns them: pixels."""

    def __init__(self, pixels: TrainingImages, device: torch.device) -> None:
        self.array, self.device = pixels.array, device

    def batch(self, rows: NDArray[np.int64]) -> tuple[Tensor, float | Tensor]:
        """Images [batch, 3, height, width] of `rows`, and the squared error of an image that no
        network takes away: none.
        """
        return batch_of(self.array, rows, self.device), 0.0


class CoordinateSource:
    """The images as the network on principal components learns them: coordinates."""

    def __init__(
        self, pixels: TrainingImages, network: components.VAE, device: torch.device
    ) -> None:
        part, rest = network.project(pixels.array)
        self.part, self.rest, self.device = part.to(device), rest.to(device), device

    def batch(self, rows: NDArray[np.int64]) -> tuple[Tensor, float | Tensor]:
        """Coordinates [batch, component] of `rows`, and the mean squared error of an image outside
        the components, summed over pixels.
        """
        chosen = torch.from_numpy(rows).to(self.device)
        return self.part[chosen], self.rest[chosen].mean()


class Run:
    """The state of a training run: network, optimiser and the losses of the epochs that are done.

    Order and noise of an epoch follow from seed and epoch alone: no generator's state has to be
    stored.
    """

    def __init__(self, settings: Settings, pixels: TrainingImages, directory: Path) -> None:
        self.settings, self.pixels, self.directory = settings, pixels, directory
        self.device = pick_device(settings.device)
        size, dims = settings.image_size, settings.latent_dim
        with torch.random.fork_rng():
            torch.manual_seed(settings.seed)
            self.model: nn.Module = (
                VAE(dims, size)
                if settings.network == "convolutional"
                else components.VAE(dims, size)
            )
            self.discriminator = objectives.Discriminator(dims).to(self.device)
        self.source: PixelSource | CoordinateSource = PixelSource(pixels, self.device)
        if isinstance(self.model, components.VAE):
            self.model.fit(pixels.array, pixels.train)
            self.source = CoordinateSource(pixels, self.model, self.device)
        self.model = self.model.to(self.device).to(memory_format=torch.channels_last)
        self.coder: Coder = getattr(self.model, "core", self.model)
        # the gradient is that of a pixel value, and so is what Adam calls small: else a dimension
        # that has collapsed, whose gradient is faint, never wakes
        self.optimiser = torch.optim.AdamW(
            self.coder.parameters(), eps=1e-8 / (3 * size**2), weight_decay=1e-4, fused=True
        )
        self.opponent = torch.optim.Adam(
            self.discriminator.parameters(), DISCRIMINATOR_RATE, betas=(0.5, 0.9), fused=True
        )
        self.values = 3 * size**2
        self.batch = min(settings.batch, len(pixels.train))
        check_batch(settings, self.batch)
        if settings.objective == "tc" and len(pixels.valid) < 2:
            raise InputError(
                f"{told(settings, 'objective')} with {len(pixels.valid)} image to validate on,"
                f" expected at least 2: it compares the codes of several images"
            )
        self.steps = (
            len(pixels.train) // self.batch
        )  # an epoch's; a last, smaller batch is left out
        self.curves: list[Epoch] = []
        self.best: Evaluation | None = None

    def one_epoch(self, progress: Callable[[Progress], None]) -> None:
        """Train for an epoch, validate, and store both checkpoints.

        Images are not mirrored: the side that the light comes from and the pose are factors to be
        learnt.
        """
        epoch, settings = len(self.curves), self.settings
        generator = torch.Generator(self.device).manual_seed(settings.seed * 100_003 + epoch + 1)
        order = np.random.default_rng([settings.seed, epoch]).permutation(self.pixels.train)
        batches = order[: self.steps * self.batch].reshape(self.steps, self.batch)
        sums = torch.zeros(3, device=self.device)
        first, total = epoch * self.steps, settings.epochs * self.steps
        self.model.train()
        for step, rows in enumerate(batches):
            sums += self._step(rows, first + step, generator)
            if settings.objective == "factor":
                self._oppose(rows, batches[step - self.steps // 2], generator)
            progress(Progress("train", (first + step + 1) * self.batch, total * self.batch))
        losses = Losses(*(sums / self.steps).tolist())
        valid = self.evaluate()
        if not (math.isfinite(losses.loss) and math.isfinite(valid.loss)):
            raise InputError(
                f"epoch {epoch + 1}: the loss is {losses.loss} in training and {valid.loss} in"
                f" validation, expected numbers; {told(settings, 'learning_rate')}, lower it"
            )
        weight = kl_weight_at(epoch + 1, settings)
        self.curves.append(
            Epoch(epoch + 1, weight, losses, Losses(valid.loss, valid.kl, valid.mse))
        )
        self._store(valid)
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
        x, rest = self.source.batch(rows)
        with torch.autocast("cuda", torch.bfloat16, enabled=self.device.type == "cuda"):
            sampled = Sampled(*(part.float() for part in self.coder(x, generator)))
        mse = ((sampled.image - x).square().sum() / len(x) + rest) / self.values
        kl = kl_divergence(sampled.mu, sampled.logvar).sum(1).mean()
        loss = self._nats(mse) + self._penalty(kl, sampled, (step + 1) / self.steps)
        self.optimiser.zero_grad()
        torch.autograd.backward(
            loss / self.values
        )  # nats a pixel value: the gradient's norm is about 1
        nn.utils.clip_grad_norm_(self.coder.parameters(), 10.0)  # against the rare spike
        self.optimiser.step()
        return torch.stack([loss, kl, mse]).detach()

    def _nats(self, mse: Tensor) -> Tensor:
        """The reconstruction term of an image."""
        variance = self.settings.decoder_variance
        if variance is None:
            return reconstruction_nats(mse, self.values)
        return gaussian_nats(mse, self.values, variance)

    def _penalty(self, kl: Tensor, sampled: Sampled, epoch: float) -> Tensor:
        """What the objective adds to the reconstruction term, after `epoch` epochs."""
        settings, weight = self.settings, self.settings.weight
        weighed = objectives.beta(kl, kl_weight_at(epoch, settings))
        match settings.objective:
            case "capacity":
                return objectives.capacity(kl, weight, capacity_at(epoch, settings))
            case "factor":
                logits = self.discriminator(sampled.z)
                return objectives.factor(weighed, weight, objectives.density_ratio(logits))
            case "tc":
                dependence = objectives.stratified_total_correlation(
                    sampled.z, sampled.mu, sampled.logvar, len(self.pixels.train)
                )
                return objectives.tc(weighed, weight, dependence)
            case _:
                return weighed

    def _oppose(
        self, rows: NDArray[np.int64], others: NDArray[np.int64], generator: torch.Generator
    ) -> None:
        """Let the discriminator learn to tell codes of `rows` from permuted ones of `others`."""
        with torch.no_grad():
            z, other = (self.coder(self.source.batch(r)[0], generator).z for r in (rows, others))
            permuted = objectives.permute_dimensions(other, generator)
        loss = objectives.discriminator_loss(self.discriminator(z), self.discriminator(permuted))
        self.opponent.zero_grad()
        torch.autograd.backward(loss)
        self.opponent.step()

    @torch.inference_mode()
    def evaluate(self) -> Evaluation:
        """Measure the network on the validation images by the objective that the run ends with;
        the posterior's noise is the same at every call.
        """
        self.model.eval()
        generator = torch.Generator(self.device).manual_seed(self.settings.seed)
        sampled, reconstructed, penalty = 0.0, 0.0, 0.0  # sums over images
        codes, kl = [], []  # a batch each, [image, latent]
        for rows in in_batches(self.pixels.valid, self.settings.batch):
            x, rest = self.source.batch(rows)
            outside, out = float(rest) * len(x), self.coder(x, generator)
            sampled += (out.image - x).square().sum().item() + outside
            reconstructed += (self.coder.decode(out.mu) - x).square().sum().item() + outside
            codes.append(out.mu.cpu())
            kl.append(kl_divergence(out.mu, out.logvar).cpu())
            of_batch = self._penalty(kl[-1].sum(1).mean(), out, self.settings.epochs)
            penalty += of_batch.item() * len(x)
        count = len(self.pixels.valid)
        mse, error = (total / (count * self.values) for total in (sampled, reconstructed))
        per_dimension = torch.cat(kl).double().mean(0)
        nats = self._nats(torch.tensor(mse, dtype=torch.float64)).item()
        return Evaluation(
            loss=nats + penalty / count,
            kl=per_dimension.sum().item(),
            mse=mse,
            decoder_sigma=math.sqrt(mse),
            rmse=math.sqrt(error),
            psnr=-10 * math.log10(error),
            active_units=int((torch.cat(codes).var(0) > ACTIVE_THRESHOLD).sum()),
            kl_per_dimension=tuple(round(value, 4) for value in per_dimension.tolist()),
        )

    def _store(self, valid: Evaluation) -> None:
        """Write `best.safetensors` if this epoch is the best so far, then `last.pt`."""
        if best_epoch(self.curves) == self.curves[-1].epoch:
            self.best = valid
            weights = {name: value.contiguous() for name, value in self.model.state_dict().items()}
            write_whole(self.directory / BEST, lambda path: save_file(weights, path))
        state = {
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "discriminator": self.discriminator.state_dict(),
            "opponent": self.opponent.state_dict(),
            "curves": [asdict(epoch) for epoch in self.curves],
            "best": None if self.best is None else asdict(self.best),
            "identity": self._identity(),
        }
        write_whole(self.directory / "last.pt", lambda path: torch.save(state, path))

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
        broken = (
            f"{path}: not the checkpoint of a run, or one that was damaged; remove it to train"
            f" anew from the first epoch, or choose another run folder"
        )
        try:
            state = torch.load(path, map_location=self.device, weights_only=True)
            stored = dict(state["identity"])
        except Exception as error:  # torch.load raises many kinds
            raise InputError(broken) from error
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
        try:
            self._take_up(state)
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            raise InputError(broken) from error

    def _take_up(self, state: dict[str, Any]) -> None:
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.discriminator.load_state_dict(state["discriminator"])
        self.opponent.load_state_dict(state["opponent"])
        self.best = Evaluation(**state["best"])
        self.curves = [
            Epoch(e["epoch"], e["kl_weight"], Losses(**e["train"]), Losses(**e["valid"]))
            for e in state["curves"]
        ]

    def facts(self) -> Facts:
        """The facts of the finished run, measured on its best weights."""
        if self.best is None:
            raise ValueError("no epoch has ended")
        weighs_kl = self.settings.objective in ("standard", "beta")
        return Facts(
            settings=self.settings,
            objective=told_objective(self.settings),
            kl_weight=final_kl_weight(self.settings) if weighs_kl else None,
            parameters=sum(p.numel() for p in self.model.parameters()),
            train_images=len(self.pixels.train),
            valid_images=len(self.pixels.valid),
            unreadable=self.pixels.unreadable,
            epochs=len(self.curves),
            best_epoch=best_epoch(self.curves),
            final=self.best,
            curves=tuple(self.curves),
            versions={"python": platform.python_version()}
            | {name: version(name) for name in ("torch", "numpy", "pillow")},
        )
