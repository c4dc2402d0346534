"""From decoded images to posterior means, a batch at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from featamp.errors import InputError
from featamp.io.batches import Decoded
from featamp.io.network.model import TrainedVAE


@dataclass(frozen=True)
class Encoded(Decoded):
    """The codes of one batch.

    Attributes
    ----------
    mu, logvar : [good, dim] posterior means and log-variances, raw units.
    """

    mu: NDArray[np.float32]
    logvar: NDArray[np.float32]


def begin_encoding(
    model: TrainedVAE, paths: Sequence[Path], batch: Decoded
) -> Callable[[], Encoded]:
    """Encode a batch of the files `paths`; what is returned waits for the codes, so that there can
    be other work meanwhile. Several models can be given the same batch.

    Raises
    ------
    InputError
        The network cannot take the images; told by what is returned: a code is not finite.
    """
    codes = model.begin_encoding(batch.images) if len(batch.rows) else _no_codes

    def encoded() -> Encoded:
        mu, logvar = codes()
        check_finite([paths[row] for row in batch.rows], mu, logvar)
        return Encoded(**vars(batch), mu=mu, logvar=logvar)

    return encoded


def _no_codes() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    none = np.empty((0, 0), np.float32)
    return none, none


def check_finite(
    paths: Sequence[Path], mu: NDArray[np.float32], logvar: NDArray[np.float32]
) -> None:
    """Raise InputError where a number of the codes [image, dim] is not finite, naming the image
    and which of the two.

    Parameters
    ----------
    paths : file of each image.
    """
    for name, finite in (("mu", np.isfinite(mu).all(axis=1)), ("logvar", has_spread(logvar))):
        if not finite.all():
            raise InputError(
                f"{paths[int(np.argmin(finite))]}: its code is not finite ({int((~finite).sum())}"
                f" of {len(paths)} in"
                f" its batch, in {name}); the checkpoint or model.pixels is wrong"
            )


def has_spread(logvar: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Whether each row of log-variances [image, dim] is finite; -inf throughout is what a network
    without any has.
    """
    return np.asarray(np.isfinite(logvar).all(axis=1) | np.isneginf(logvar).all(axis=1))
