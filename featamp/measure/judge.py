"""A second judge of what a sweep changes: linear classifiers on pixels, which know nothing of the
VAE.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featamp.measure.shrink import principal_components, read_linearly
from featamp.statistics.holdout import Holdout
from featamp.statistics.probe import fit_probes

Float32 = NDArray[np.float32]
Float = NDArray[np.float64]

COMPONENTS = 128
"""Principal components of the pictures that the judge sees at most."""


@dataclass(frozen=True)
class Judge:
    """One linear classifier an attribute, on pictures of `side` by `side` pixels.

    Attributes
    ----------
    names : attribute names.
    side : of the pictures it looks at, pixels.
    weights : [attribute, side * side * 3] change of the logit, in standard deviations of the logit
        over images, for a change of 1 of a pixel value in [0, 1].
    auc : [attribute] held-out AUC; 0.5 where undefined.
    defined : [attribute] False where too few images have, or lack, the attribute.
    told : [attribute] whether it finds the attribute at all, as in
        `featamp.statistics.probe.Probes`.
    """

    names: tuple[str, ...]
    side: int
    weights: Float32
    auc: Float
    defined: NDArray[np.bool_]
    told: NDArray[np.bool_]

    def logits(self, pictures: Float32) -> Float:
        """Logits [..., attribute] of pictures [..., height, width, 3] in [0, 1], up to a constant,
        in their own standard deviations.
        """
        return read_linearly(pictures, self.weights, self.side)


def train_judge(
    pictures: Float32,
    labels: NDArray[np.bool_],
    names: tuple[str, ...],
    holdout: Holdout,
    seed: int,
) -> Judge:
    """Train the judge: principal components of small pictures, then logistic probes.

    Parameters
    ----------
    pictures : [image, side, side, 3] from `shrink`, pixels in [0, 1].
    labels : bool [image, attribute].
    holdout : which images train and which judge.
    seed : of the randomised decomposition.
    """
    components = principal_components(pictures, holdout.select, COMPONENTS, seed)
    seen = pictures.reshape(len(pictures), -1) @ components.T
    probes = fit_probes(seen, labels, names, holdout, seed)
    weights = (probes.scaled @ components).astype(np.float32)
    return Judge(names, pictures.shape[1], weights, probes.auc, probes.defined, probes.told)
