"""How well a score tells those with a label from those without, and how surely that is known."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]

REACH = NormalDist().inv_cdf(0.975)
"""Standard errors on either side of a 95 % interval."""


@dataclass(frozen=True)
class Areas:
    """Areas under the ROC curves of several scores for one label, on the same images.

    Attributes
    ----------
    area : [score] in [0, 1].
    covariance : [score, score] of the areas.
    """

    area: Float
    covariance: Float

    def interval(self, score: int) -> tuple[float, float]:
        """Where an area lies, 95 %: normal on the logit's scale, so as to stay in [0, 1]; for an
        area of 0 or 1, which shows no spread, the area itself.
        """
        area, error = float(self.area[score]), float(np.sqrt(self.covariance[score, score]))
        if not 0.0 < area < 1.0:
            return area, area
        from scipy.special import expit, logit

        reach = REACH * error / (area * (1.0 - area))
        return float(expit(logit(area) - reach)), float(expit(logit(area) + reach))

    def difference(self, first: int, second: int) -> tuple[float, float, float]:
        """The second area less the first, and its 95 % interval: scores of the same images vary
        together.
        """
        change = float(self.area[second] - self.area[first])
        pair = self.covariance[np.ix_((first, second), (first, second))]
        error = math.sqrt(max(float(pair[0, 0] + pair[1, 1] - 2 * pair[0, 1]), 0.0))
        reach = REACH * error
        return change, change - reach, change + reach


def compare_areas(
    scores: Float, labels: NDArray[np.bool_], people: NDArray[np.int64] | None = None
) -> Areas:
    """Areas of several scores for one label, with their covariance (DeLong, DeLong and
    Clarke-Pearson 1988); where people are known, they are what is drawn (Obuchowski 1997).

    Parameters
    ----------
    scores : [score, image] finite.
    labels : bool [image], at least two people of either (`fewest`).
    people : [image] the person that each image shows; None where every image stands for itself.
    """
    from scipy.stats import rankdata

    yes, no = scores[:, labels], scores[:, ~labels]
    together = np.concatenate([yes, no], axis=1)
    ranks = rankdata(together, axis=1)
    # share of the others that each image is told from, a tie as half
    above = (ranks[:, : yes.shape[1]] - rankdata(yes, axis=1)) / no.shape[1]
    below = 1.0 - (ranks[:, yes.shape[1] :] - rankdata(no, axis=1)) / yes.shape[1]
    area = above.mean(axis=1)
    whose = np.unique(np.arange(len(labels)) if people is None else people, return_inverse=True)[1]
    moved = np.empty_like(scores)  # how much each image moves the area
    for group, told in ((labels, above), (~labels, below)):
        drawn = len(np.unique(whose[group]))
        moved[:, group] = (told - area[:, None]) * np.sqrt(drawn / (drawn - 1)) / told.shape[1]
    by_person = np.array([np.bincount(whose, row) for row in moved])
    return Areas(area, by_person @ by_person.T)
