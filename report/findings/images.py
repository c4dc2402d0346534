"""What the report is about: images, model, and the samples that every sweep starts from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featamp.contract.network import Doubt
from featamp.measure.effect import Reconstruction

ImageRows = NDArray[np.int64]
"""Index into the image files of the data folder."""
CodeRows = NDArray[np.int64]
"""Index into the codes, which lack the files that could not be decoded."""


@dataclass(frozen=True)
class Images:
    """Which images the report is about.

    Attributes
    ----------
    names : file names of the images that were encoded, one a code row.
    broken : name and reason of each file that could not be decoded and was left out.
    unlabelled : images in the folder that the label files do not know, left out.
    missing : label rows without an image, left out.
    content : hash of the images.
    labels : hash of the label files; None without any.
    faces : whether they show aligned faces, so that their parts have a place.
    """

    names: tuple[str, ...]
    broken: tuple[tuple[str, str], ...]
    unlabelled: int
    missing: int
    content: str
    labels: str | None
    faces: bool = True


@dataclass(frozen=True)
class Model:
    """What is known of the model.

    Attributes
    ----------
    checkpoint : hash of it.
    facts : what the checkpoint says of itself (epoch, loss, KL weight).
    pixels : the range of pixel values that it reads.
    logits : whether it writes logits, not pixels.
    told : how it was opened, a phrase each.
    doubts : what speaks against its outputs being what they are taken for.
    untold : why nobody can tell whether the second output is log sigma; None where it was told.
    beside : parts of which nobody can tell whether they stand between encoder and decoder.
    mark : tells it from another model: of the weights, the factory and what that is given, and the
        number of dimensions. Notes are written for it.
    """

    name: str
    parameters: int
    device: str
    checkpoint: str
    facts: dict[str, Any]
    pixels: tuple[float, float] = (0.0, 1.0)
    logits: bool = False
    told: tuple[str, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    untold: Doubt | None = None
    beside: tuple[str, ...] = ()
    mark: str = ""


@dataclass(frozen=True)
class Samples:
    """The images that every sweep starts from: the rows of every sprite.

    Attributes
    ----------
    key : of all that they were made of.
    rows : code row of each.
    names : file name of each.
    reconstruction : how well the model gives images back, over more images than these.
    folder : of the pictures of original and reconstruction of each, in the store.
    """

    key: str
    rows: CodeRows
    names: tuple[str, ...]
    reconstruction: Reconstruction
    folder: Path

    @property
    def frames(self) -> Path:
        """Original and reconstruction of each, as `read_frames` reads them."""
        return self.folder / "samples.frames"

    @property
    def shown(self) -> Path:
        """Original and reconstruction of each, to look at."""
        return self.folder / "samples-shown.webp"
