"""Images that a network gives back: how wrong each one is, and whether chance may be why another
setting has the lesser error.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from featamp.errors import InputError
from featamp.io.network.adapters import PixelRange
from featamp.io.network.forms import Normal
from featamp.io.network.model import TrainedVAE

Float32 = NDArray[np.float32]
Images = NDArray[np.uint8]

NO_BETTER = 0.95
"""From this share on of another RMSE, one is no better."""
MUCH_LESS = 0.8
"""Another crop is suggested, whatever the codes, where it leaves less than this share of the
error."""
LESS = 0.9
"""And other values of the same pixels: no right network reads turned colours better."""
ERRORS = 2.5
"""Standard errors by which more images are given back better than worse, each by itself, where a
setting is called the better: those that look alike turned may be so on the whole by chance."""
LEAST = 1e-6
"""What is divided by is at least so large."""


@dataclass(frozen=True)
class Reading:
    """In which values a network is given pixels, and writes them.

    Attributes
    ----------
    normal : how pixels are normalised for it.
    written : in which range it writes; None: as it reads.
    by_itself : each image is normalised by its own mean and standard deviation.
    """

    normal: Normal
    written: PixelRange | None
    by_itself: bool = False


@dataclass(frozen=True)
class Turn:
    """What may have been done to pictures when a network was trained.

    Attributes
    ----------
    name : what it is called.
    done : it, to [image, height, width, 3].
    across : whether they are cut and resized with their sides exchanged first.
    alone : "encode" or "decode" where the network reads, or writes, such pictures, and not both;
        "" where it does.
    """

    name: str
    done: Callable[[Images], Images]
    across: bool = False
    alone: Literal["", "encode", "decode"] = ""

    def of(self, images: tuple[Images, Images]) -> tuple[Images, Images]:
        """It, done to some images and to more."""
        return self.done(images[0]), self.done(images[1])


@dataclass(frozen=True)
class Factor:
    """What codes are multiplied and divided by before they are decoded; 1 for nothing."""

    multiplied: float = 1.0
    divided: float = 1.0

    @property
    def times(self) -> float:
        """Both at once."""
        return self.multiplied / self.divided


@dataclass(frozen=True)
class Split:
    """How mean and log-variance lie in one code: a name in `featamp.io.network.forms.SPLITS`."""

    name: str


@dataclass(frozen=True)
class Swapped:
    """The second output of `encode` is decoded."""


Setting = Reading | Turn | Factor | Split | Swapped


@dataclass(frozen=True)
class Found:
    """What another setting does.

    Attributes
    ----------
    setting : which.
    how : "better": images are given back so by far; "codes": as well, and codes are those of a
        trained network under it alone; "alike": nobody can tell which is right.
    error : RMSE under it, pixels in [0, 1], where it is better.
    others : settings that do as well.
    """

    setting: Setting
    how: Literal["better", "codes", "alike"]
    error: float = math.inf
    others: tuple[Setting, ...] = ()


@dataclass(frozen=True)
class Tried:
    """Some images that are given back.

    Attributes
    ----------
    images : uint8 [image, height, width, 3].
    mu, logvar : [image, dim] their codes.
    error : RMSE, pixels in [0, 1].
    of_mean : that of answering each with the mean of many.
    """

    images: Images
    mu: Float32
    logvar: Float32
    error: float
    of_mean: float

    @property
    def telling(self) -> float:
        """RMSE below which pictures tell more than the images' mean."""
        return NO_BETTER * self.of_mean

    @property
    def tells(self) -> bool:
        """Whether these do."""
        return tells_more(self.error, self.of_mean)


@dataclass(frozen=True)
class Trials:
    """Images that several settings are tried on, each asked by itself.

    Attributes
    ----------
    images : uint8 [image, height, width, 3].
    errors : [image] mean squared error of each with the config's.
    """

    images: Images
    errors: Float32

    @classmethod
    def of(cls, vae: TrainedVAE, images: Images) -> Trials:
        """Those of a network as the config has it."""
        return cls(images, squared_errors(vae, images))

    def apart(self, errors: Float32) -> float:
        """How many more images are given back better with these errors [image] than worse, in
        standard errors of what chance gives (a sign test).
        """
        return apart(self.errors, errors)


def apart(some: Float32, others: Float32) -> float:
    """The same of any two errors [image]."""
    signs = np.sign(some - others)
    return float(signs.mean() * math.sqrt(len(signs)))


def tells_more(error: float, of_mean: float) -> bool:
    """Whether pictures given back with that RMSE tell more than the images' mean, whose RMSE is
    `of_mean`.
    """
    return error <= NO_BETTER * of_mean


def rmse_of_mean(images: Images, many: Images) -> float:
    """RMSE, pixels in [0, 1], of answering each image with the mean of many."""
    mean = many.mean(axis=0, dtype=np.float64)
    return float(np.sqrt(np.square(images - mean).mean()) / 255.0)


def rmse(vae: TrainedVAE, images: Images) -> float:
    """RMSE of the reconstructions, pixels in [0, 1]; infinite where the model has none for such
    images.
    """
    return math.sqrt(squared_errors(vae, images).mean())


def rmse_of_codes(vae: TrainedVAE, codes: Float32, images: Images) -> float:
    """The same of what is decoded from some codes."""
    return math.sqrt(squared_errors_of_codes(vae, codes, images).mean())


def squared_errors(vae: TrainedVAE, images: Images, written: Images | None = None) -> Float32:
    """[image] mean squared error of each reconstruction, against others than its own image where
    they are given; infinite as there.
    """
    try:
        codes = vae.encode(images)[0]
    except InputError:
        return np.full(len(images), np.inf, np.float32)
    return squared_errors_of_codes(vae, codes, images if written is None else written)


def squared_errors_of_codes(vae: TrainedVAE, codes: Float32, images: Images) -> Float32:
    """The same of what is decoded from some codes."""
    try:
        decoded = vae.decode(codes) if np.isfinite(codes).all() else None
    except InputError:
        decoded = None
    if decoded is None or decoded.shape != images.shape:
        return np.full(len(images), np.inf, np.float32)
    wrong: Float32 = np.square(decoded - images.astype(np.float32) / 255.0).mean(axis=(1, 2, 3))
    return wrong
