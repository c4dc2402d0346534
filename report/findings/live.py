"""What the page that decodes by itself is made of: the exported decoder, and where to start."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..engine.places import LIVE
from .sweeps import Control


@dataclass(frozen=True)
class Readers:
    """Linear probes that read attributes from a code.

    Attributes
    ----------
    names : the attributes that they tell.
    weights : [attribute, dim] change of the logit a raw unit, in standard deviations of that logit
        over images.
    """

    names: tuple[str, ...]
    weights: NDArray[np.float64]


@dataclass(frozen=True)
class Checked:
    """The exported decoder beside the network.

    Attributes
    ----------
    reason : why there is none that can be used; empty where there is one.
    missing : whether that is because packages are not installed.
    frames : how many frames were compared.
    difference : the largest difference of any pixel value, in [0, 1].
    halved : whether its weights are stored in 16 bits.
    batched : whether it decodes more than one code at a time.
    """

    reason: str = ""
    missing: bool = False
    frames: int = 0
    difference: float = 0.0
    halved: bool = False
    batched: bool = True


@dataclass(frozen=True)
class Live:
    """What the page decodes, and from where.

    Attributes
    ----------
    checked : what the exported decoder was found to be.
    network : the decoder as gzipped ONNX, in the store; None where there is none.
    names : of the real images to start from, the samples first.
    codes : [image, dim] their codes, raw units.
    limit : the 95th percentile of the distance of one of these codes to its nearest other one, in
        standard deviations.
    directions : the controls that the page moves along as along a dimension: the probes' and the
        principal component.
    readers : probes of attributes; None without labels.
    """

    checked: Checked
    network: Path | None
    names: tuple[str, ...]
    codes: NDArray[np.float32]
    limit: float
    directions: tuple[Control, ...]
    readers: Readers | None

    @property
    def told(self) -> str:
        """Why the page decodes nothing by itself, in a few words; empty where it does."""
        if self.checked.missing:
            return f"no decoder for the page: {LIVE} installs {self.checked.reason}"
        return "" if self.network else "no decoder for the page, which says why"
