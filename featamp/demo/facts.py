"""What a training run tells on its way, and what is known of it when it has ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from featamp.demo.settings import Settings


@dataclass(frozen=True)
class Losses:
    """Means over a split, in nats an image: `loss` is the reconstruction term plus the objective's
    penalty.

    `mse` is of images decoded from samples of the posterior, pixels in [0, 1].
    """

    loss: float
    kl: float
    mse: float


@dataclass(frozen=True)
class Epoch:
    """One epoch: `train` at the KL weight on its way to `kl_weight`, `valid` always by the final
    objective.
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
class Evaluation:
    """A model on the validation images.

    Attributes
    ----------
    loss, kl : nats an image, by the final objective.
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

    `final` is measured with the weights of `best_epoch`, which are the ones that are kept;
    `objective` is what was asked of it, in words, and `kl_weight` the weight that the run ended
    at; None where the objective weighs something else.
    """

    settings: Settings
    objective: str
    kl_weight: float | None
    parameters: int
    train_images: int
    valid_images: int
    unreadable: tuple[str, ...]
    epochs: int
    best_epoch: int
    final: Evaluation
    curves: tuple[Epoch, ...]
    versions: dict[str, str]


def best_epoch(curves: Sequence[Epoch]) -> int:
    """The epoch of the lowest validation loss, which is always that of the final objective."""
    return min(curves, key=lambda epoch: epoch.valid.loss).epoch
