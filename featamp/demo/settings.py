"""What a training run is told, and the schedules that follow from it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from featamp.demo.objectives import OBJECTIVES
from featamp.errors import InputError

NETWORKS = ("convolutional", "components")
"""The reference network, and the small one of `featamp.demo.components`."""
IN_CONFIG = {"image_size": "data.size", "crop": "data.crop"}
"""Settings that a person gives in the config; all others are options of `train`."""
SEEDS = 2**32
"""So many there are, from 0 on: those of a config."""


@dataclass(frozen=True)
class Settings:
    """What a run depends on; the defaults are the shipped model's.

    Attributes
    ----------
    epochs : passes through the training images; the schedule ends at the last.
    batch : images a step.
    learning_rate : peak of the one-cycle schedule.
    kl_start : KL weight at the start, from which it falls to the objective's.
    kl_epochs : epochs that the fall takes, or under "capacity" the rise of the capacity; 0 for
        none of this.
    latent_dim : number of latent dimensions.
    image_size : height and width the network sees, pixels.
    crop : side of the centre crop taken from each image, pixels.
    seed : of the weights, the order of the images and the posterior's noise.
    device : "auto" (cuda, then mps, then cpu) or a name torch knows.
    network : "convolutional" or "components".
    objective : one of `featamp.demo.objectives.OBJECTIVES`.
    weight : what the objective weighs its own term by: beta under "beta" and "tc", gamma under
        "capacity" and "factor"; "standard" has none.
    capacity : the nats that the KL is held at in the end, under "capacity".
    decoder_variance : of the Gaussian decoder, pixels in [0, 1]; None for the one that fits best.
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
    network: str = "convolutional"
    objective: str = "standard"
    weight: float = 1.0
    capacity: float = 0.0
    decoder_variance: float | None = None


def told(settings: Settings, name: str) -> str:
    """A setting under the name by which a person gives it, and its value: "--epochs is 0"."""
    key = IN_CONFIG.get(name, f"--{name.replace('_', '-')}")
    return f"{key} is {getattr(settings, name)!r}"


def check(settings: Settings) -> None:
    """Refuse settings that cannot train."""
    for name in ("epochs", "batch", "latent_dim", "crop"):
        if getattr(settings, name) < 1:
            raise InputError(f"{told(settings, name)}, expected at least 1")
    for name in ("learning_rate", "kl_start", "weight", "decoder_variance"):
        if (value := getattr(settings, name)) is not None and not 0 < value < math.inf:
            raise InputError(f"{told(settings, name)}, expected a number above 0")
    if settings.image_size < 16 or settings.image_size % 16:
        raise InputError(f"{told(settings, 'image_size')}, expected a multiple of 16")
    if settings.latent_dim > (values := 3 * settings.image_size**2):
        raise InputError(
            f"{told(settings, 'latent_dim')}, expected at most {values}, the values of an image"
        )
    check_seed("--seed is", settings.seed)
    if not 0 <= settings.kl_epochs < settings.epochs:
        raise InputError(
            f"{told(settings, 'kl_epochs')}, and {told(settings, 'epochs')}, expected 0 or more"
            f" of the first and fewer than of the second, so that the run ends by its final"
            f" objective"
        )
    _check_objective(settings)
    check_batch(settings, settings.batch)


def check_seed(name: str, seed: int) -> None:
    """Refuse a seed that is none."""
    if not 0 <= seed < SEEDS:
        raise InputError(f"{name} {seed}, expected 0 to {SEEDS - 1}")


def check_batch(settings: Settings, images: int) -> None:
    """Refuse steps of one image alone where it has nothing to be compared with."""
    if images > 1:
        return
    few = f"{images} image a batch, expected at least 2"
    if settings.objective == "tc":
        raise InputError(
            f"{told(settings, 'objective')} with {few}: it compares the codes of several images"
        )
    if settings.network == "convolutional" and settings.image_size == 16:
        raise InputError(
            f"{told(settings, 'network')} and {told(settings, 'image_size')} with {few}: it"
            f" normalises over a batch what is one pixel of each image"
        )


def _check_objective(settings: Settings) -> None:
    objective = settings.objective
    for name, known in (("objective", OBJECTIVES), ("network", NETWORKS)):
        if getattr(settings, name) not in known:
            raise InputError(f"{told(settings, name)}, expected one of {', '.join(known)}")
    if objective == "standard" and settings.weight != 1:
        raise InputError(
            f"{told(settings, 'weight')}, but the objective 'standard' weighs nothing"
        )
    if not 0 <= settings.capacity < math.inf or (settings.capacity > 0) != (
        objective == "capacity"
    ):
        raise InputError(
            f"{told(settings, 'capacity')} nats under the objective {objective!r}, expected more"
            f" than 0 under 'capacity' and 0 under others"
        )


def final_kl_weight(settings: Settings) -> float:
    """The KL weight that a run ends at: beta, or 1 where the objective weighs another term."""
    return settings.weight if settings.objective == "beta" else 1.0


def told_objective(settings: Settings) -> str:
    """The objective and what it weighs, in words: "capacity, weight 100, 16 nats"."""
    words = [settings.objective]
    if settings.objective != "standard":
        words.append(f"weight {settings.weight:g}")
    if settings.objective == "capacity":
        words.append(f"{settings.capacity:g} nats")
    return ", ".join(words)


def kl_weight_at(epoch: float, settings: Settings) -> float:
    """The KL weight after `epoch` epochs (fractions count): geometric from `kl_start` to the final
    one, then that for good.

    A heavy start lets only the strongest factors into the code, a dimension each; the rest follow
    in the order of what they explain (Burgess et al. 2018). At weight 1 from the start, 256
    dimensions shared every factor evenly, and the sweep of one showed next to nothing.
    """
    final = final_kl_weight(settings)
    if settings.objective == "capacity" or epoch >= settings.kl_epochs:
        return final
    return final * math.pow(settings.kl_start / final, 1 - epoch / settings.kl_epochs)


def capacity_at(epoch: float, settings: Settings) -> float:
    """The capacity after `epoch` epochs, in nats: linear from 0, then the final one for good."""
    share = epoch / settings.kl_epochs if settings.kl_epochs else 1.0
    return settings.capacity * min(1.0, share)


def learning_rate_at(step: int, steps: int, peak: float) -> float:
    """One cycle: linear to `peak` over the first twentieth of `steps`, then a cosine to 0."""
    rise = max(1, steps // 20)
    if step < rise:
        return peak * (step + 1) / rise
    return peak / 2 * (1 + math.cos(math.pi * (step - rise) / max(1, steps - rise)))
