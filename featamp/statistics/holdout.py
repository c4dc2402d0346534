"""Which images choose and which judge, so that nothing is reported on the images that it was
chosen on; and what every correlation is on those that judge.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from featamp.io.celeba.names import SPLITS
from featamp.io.files.numbers import Numbers
from featamp.statistics.correlation import area_under_curve, correlate_labels
from featamp.statistics.interval import robust_intervals

T = TypeVar("T", bound=np.generic)

LEAST_TEST = 200
"""A test split of fewer images than this judges too little: halves are used instead."""

Float = NDArray[np.float64]
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

    def among(self, rows: Rows) -> Holdout:
        """Both parts of some of the images, ascending, numbered as these are."""
        select, report = (np.flatnonzero(np.isin(rows, p)) for p in (self.select, self.report))
        return Holdout(select, report, self.split)

    @property
    def folds(self) -> list[tuple[Rows, Rows]]:
        """(fit, judge) pairs: halves serve both ways, a test split is never fitted on."""
        one_way = [(self.select, self.report)]
        return one_way if self.split else [*one_way, (self.report, self.select)]


def hold_out(
    count: int,
    partition: NDArray[np.int8] | None,
    seed: int,
    people: NDArray[np.int64] | None = None,
) -> Holdout:
    """Report on the test split where there is a large enough one and others to choose on;
    otherwise on a random half, of the people where they are known.

    Parameters
    ----------
    count : number of images, at least two.
    partition : [image] 0 train, 1 valid, 2 test; None without a partition file.
    seed : of the halves.
    people : [image] the person that each image shows; None where nobody knows.
    """
    if partition is not None:
        test = partition == SPLITS["test"]
        if test.sum() >= LEAST_TEST and not test.all():
            return Holdout(np.flatnonzero(~test), np.flatnonzero(test), split=True)
    generator = np.random.default_rng(seed)
    if people is not None:
        persons, whose = np.unique(people, return_inverse=True)
        if len(persons) > 1:
            mixed = generator.permutation(len(persons))
            images = np.cumsum(np.bincount(whose)[mixed])
            # at least one person, and at most half of the images or all persons but one
            take = np.clip(np.searchsorted(images, count // 2, side="right"), 1, len(persons) - 1)
            chosen = np.isin(whose, mixed[:take])
            return Holdout(np.flatnonzero(chosen), np.flatnonzero(~chosen), split=False)
    order = generator.permutation(count)
    return Holdout(np.sort(order[: count // 2]), np.sort(order[count // 2 :]), split=False)


@dataclass(frozen=True)
class HeldOut:
    """Every (attribute, dimension) pair on the two parts of a `Holdout`.

    Attributes
    ----------
    dims : [attribute] the dimension that the choosing images choose: the largest |r| there.
    r_chosen : [attribute, dim] r on the images that choose; optimistic at `dims`.
    r, low, high : [attribute, dim] r on the images that judge, with its 95 % interval.
    auc : [attribute, dim] AUC there, turned by the sign of `r_chosen`: below .5, the direction
        does not hold.
    defined : [attribute, dim] False where the attribute is constant in either part, or the
        dimension in the part that judges: the numbers say nothing.
    positives : [attribute] judging images that have the attribute.
    chosen_on, count : images that choose, and that judge.
    test_split : the judging images are CelebA's test split; a random half otherwise.
    """

    dims: NDArray[np.int64]
    r_chosen: Float
    r: Float
    low: Float
    high: Float
    auc: Float
    defined: NDArray[np.bool_]
    positives: NDArray[np.int64]
    chosen_on: int
    count: int
    test_split: bool

    def at_dims(self, values: NDArray[T]) -> NDArray[T]:
        """[attribute] the values [attribute, dim] of each attribute's own dimension."""
        return values[np.arange(len(self.dims)), self.dims]


def measure_held_out(
    mu: NDArray[np.float32],
    labels: NDArray[np.bool_],
    holdout: Holdout,
    people: NDArray[np.int64] | None = None,
    numbers: Numbers | None = None,
) -> HeldOut:
    """Correlate every pair on the images that choose, and again on those that judge.

    Parameters
    ----------
    mu : [image, dim] posterior means, raw units.
    labels : bool [image, attribute].
    people : [image] as in `hold_out`: the units of the intervals.
    numbers : of the labels that are numbers: r is of them, and AUC of what lies above their split.
    """
    select, report = holdout.select, holdout.report
    r_chosen, _ = correlate_labels(mu, labels, select, numbers=numbers)
    r, known = correlate_labels(mu, labels, report, numbers=numbers)
    told = robust_intervals(mu, labels, report, r, people, numbers=numbers)
    judged = labels[report]
    turned = np.where(r_chosen < 0, -1.0, 1.0)
    parted = [part.any(axis=0) & ~part.all(axis=0) for part in (labels[select], judged)]
    varied = np.asarray(parted[0] & parted[1])
    return HeldOut(
        dims=np.abs(r_chosen).argmax(axis=1),
        r_chosen=r_chosen,
        r=r,
        low=told.low,
        high=told.high,
        auc=0.5 + turned * (area_under_curve(mu, judged, report) - 0.5),
        defined=varied[:, None] & known,
        positives=judged.sum(axis=0, dtype=np.int64),
        chosen_on=len(select),
        count=len(report),
        test_split=holdout.split,
    )
