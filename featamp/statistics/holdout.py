"""Which images choose and which judge, so that nothing is reported on the images that it was
chosen on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featamp.io.celeba import SPLITS

LEAST_TEST = 200
"""A test split of fewer images than this judges too little: halves are used instead."""

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Holdout:
    """Two parts of the images.

    Attributes
    ----------
    select : rows on which a dimension is chosen, or a probe is fitted.
    report : rows on which it is judged.
    split : True where `report` is CelebA's own test split, which shares no person with the rest;
        False for random halves.
    """

    select: Rows
    report: Rows
    split: bool

    @property
    def folds(self) -> list[tuple[Rows, Rows]]:
        """(fit, judge) pairs: halves serve both ways, a test split is never fitted on."""
        one_way = [(self.select, self.report)]
        return one_way if self.split else [*one_way, (self.report, self.select)]


def hold_out(count: int, partition: NDArray[np.int8] | None, seed: int) -> Holdout:
    """Report on the test split where there is a large enough one and others to choose on;
    otherwise on a random half.

    Parameters
    ----------
    count : number of images, at least two.
    partition : [image] 0 train, 1 valid, 2 test; None without a partition file.
    seed : of the halves.
    """
    if partition is not None:
        test = partition == SPLITS["test"]
        if test.sum() >= LEAST_TEST and not test.all():
            return Holdout(np.flatnonzero(~test), np.flatnonzero(test), split=True)
    order = np.random.default_rng(seed).permutation(count)
    return Holdout(np.sort(order[: count // 2]), np.sort(order[count // 2 :]), split=False)
