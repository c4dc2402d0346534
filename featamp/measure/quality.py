"""How good a sweep is, from its decoded frames alone: visible, the same in all samples, steady,
more than light.

Notation: sample s, step k of alpha_k standard deviations, frame x_sk, reconstruction x_s0, change
D_sk = x_sk - x_s0, pixels in [0, 1]. A sweep that changes nothing has 0 for every number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featamp.arrays import divided, unit_rows
from featamp.measure.layout import ALIGNED_SIDE, REGIONS, Shown, face_regions
from featamp.measure.light import light_terms, photometric_shares

Float32 = NDArray[np.float32]
Float = NDArray[np.float64]

EFFECT_AT = (1.0, 2.0, 3.0)
"""Steps, in standard deviations, at which the effect is given."""
VISIBILITY_AT = 2.0
"""Step, in standard deviations, at which the visibility is judged."""
TOP = 0.1
"""Share of the pixels, those that change most, in which the energy of a change is counted."""
UNCHANGED = 1e-4
"""A sweep of which no pixel changes by more than this, a fortieth of a grey level, is the
decoder's rounding."""
EIGHT_BIT_RMSE = 1 / (255 * np.sqrt(12))
"""Root mean squared error of rounding to 8 bits: no reconstruction of an image file is known to be
nearer."""
DENSER = 1.5
"""A change is in a region when its energy is so many times denser there than in an even change."""
MOSTLY = 0.75
"""The background, most of a picture, is never that much denser: a change is in it when it holds
this share."""
MOSTLY_LIGHT = 0.5
"""A change of which gain, offset and blur explain this share names little: it is mostly light."""


@dataclass(frozen=True)
class Quality:
    """One sweep, judged.

    Attributes
    ----------
    effect : mean absolute change of a pixel at `EFFECT_AT` standard deviations, pixels in [0, 1];
        None for a step beyond the sweep, or nearer than its first one.
    judged_at : the step, in standard deviations, of the two visibilities: 2, or the end of a
        shorter sweep, or the first step of one that has none nearer.
    over_error : RMSE of the change there over the RMSE of the reconstruction; above 1, it is not
        hidden in it.
    over_distance : mean absolute change there over that between two images; 0 where all images are
        the same.
    consistency : mean cosine between the changes of two samples, in [-1, 1]; None for a single
        sample.
    monotonicity : mean rank correlation of alpha with the change along the other samples'
        direction, in [-1, 1]; None for a single sample.
    symmetry : mean cosine between the change at one end and minus the change at the other, in [-1,
        1].
    photometric : share of the energy of the change that gain, offset and blur explain, in [0, 1].
    uneven : the same with gain and offset that run evenly across the picture, as light from one
        side does; at least `photometric`.
    top : share of the energy at the ends in the tenth of the pixels that change most: 0.1 if even,
        1 at most.
    regions, areas : [region] share of the energy at the ends, and of the pixels, in each of
        `REGIONS`.
    difference : [height, width, 3] what one end adds and the other takes away: the mean over
        samples of (x_last - x_first) / 2, pixels in [0, 1].
    """

    effect: tuple[float | None, ...]
    judged_at: float
    over_error: float
    over_distance: float
    consistency: float | None
    monotonicity: float | None
    symmetry: float
    photometric: float
    uneven: float
    top: float
    regions: Float
    areas: Float
    difference: Float32

    @property
    def density(self) -> Float:
        """[region] how many times denser the energy is than in an even change; 0 for a region
        without a pixel.
        """
        return divided(self.regions, self.areas)

    @property
    def densest(self) -> tuple[str, float]:
        """The region in which the energy is densest, and how many times denser than in an even
        change.
        """
        at = int(self.density.argmax())
        return REGIONS[at], float(self.density[at])

    @property
    def place(self) -> str | None:
        """The region that the change is in: clearly denser there, or most of it in the background;
        None for neither.
        """
        region, density = self.densest
        if density >= DENSER:
            return region
        return "background" if self.regions[REGIONS.index("background")] >= MOSTLY else None


def measure_quality(
    frames: Float32,
    reconstructions: Float32,
    steps: Float,
    reconstruction_rmse: float,
    image_distance: float,
    shown: Shown = ALIGNED_SIDE,
) -> Quality:
    """Judge one sweep by its frames.

    Parameters
    ----------
    frames : [sample, alpha, height, width, 3] decoded frames, pixels in [0, 1].
    reconstructions : [sample, height, width, 3] the same samples at alpha = 0.
    steps : [alpha] in standard deviations of the dimension, ascending, at least two.
    reconstruction_rmse : root mean squared error of the model's reconstructions, pixels in [0, 1].
    image_distance : mean absolute difference between two images, pixels in [0, 1].
    shown : what the pictures show of CelebA's aligned images: it places the regions.
    """
    if all(np.abs(c).max() <= UNCHANGED for c in changes_of(frames, reconstructions)):
        frames = np.broadcast_to(reconstructions[:, None], frames.shape)
    ends = frames[:, [0, -1]] - reconstructions[:, None]
    reach = max(0.0, float(min(steps[-1], -steps[0])))
    first = float(np.abs(steps[steps != 0]).min(initial=np.inf))  # nothing is known nearer
    judged_at = max(min(VISIBILITY_AT, reach), min(first, reach))
    effect, squares = _sizes(changes_of(frames, reconstructions))
    rmse = np.sqrt(squares)
    error = max(reconstruction_rmse, EIGHT_BIT_RMSE)
    energy = np.square(ends).sum(axis=(0, 1, 4), dtype=np.float64)
    photometric, uneven = photometric_shares(
        changes_of(frames, reconstructions), light_terms(reconstructions)
    )
    regions = face_regions(frames.shape[2], frames.shape[3], shown)
    return Quality(
        effect=tuple(
            at_step(effect, steps, step) if first - 1e-9 <= step <= reach + 1e-9 else None
            for step in EFFECT_AT
        ),
        judged_at=judged_at,
        over_error=at_step(rmse, steps, judged_at) / error,
        over_distance=at_step(effect, steps, judged_at) / image_distance
        if image_distance > 0
        else 0.0,
        consistency=consistency(ends),
        monotonicity=monotonicity(changes_of(frames, reconstructions), ends, steps),
        symmetry=symmetry(ends),
        photometric=photometric,
        uneven=uneven,
        top=top_share(energy),
        regions=np.array([_share(energy[region].sum(), energy.sum()) for region in regions]),
        areas=regions.mean(axis=(1, 2)),
        difference=((ends[:, 1] - ends[:, 0]) / 2).mean(axis=0),
    )


def changes_of(frames: Float32, reconstructions: Float32) -> Iterator[Float32]:
    """[alpha, height, width, 3] the changes of one sample after another: those of all would take
    as much memory as the frames themselves.
    """
    for swept, before in zip(frames, reconstructions, strict=True):
        yield swept - before


def _sizes(changes: Iterable[Float32]) -> tuple[Float, Float]:
    """[alpha] the mean absolute and the mean squared change, over samples and pixels."""
    sizes = [
        [measure(change).mean(axis=(1, 2, 3), dtype=np.float64) for measure in (np.abs, np.square)]
        for change in changes
    ]
    effect, squares = np.mean(sizes, axis=0)
    return effect, squares


def at_step(curve: Float, steps: Float, step: float) -> float:
    """A curve over alpha, 0 at alpha = 0, read at +-`step` by linear interpolation: the mean of
    both sides.

    Parameters
    ----------
    curve, steps : [alpha] values, and the steps at which they were measured, ascending.
    step : in the units of `steps`, within their range.
    """
    zero = int(np.searchsorted(steps, 0.0))
    with_zero = np.insert(steps, zero, 0.0), np.insert(curve, zero, 0.0)
    return float(np.interp([-step, step], *with_zero).mean())


def consistency(ends: Float32) -> float | None:
    """Mean cosine between the changes x_s,last - x_s,first of each pair of samples: do all samples
    change alike.

    1 where all change the same way, 0 where they have nothing in common (Salton's cosine over
    pixels and channels).

    Parameters
    ----------
    ends : [sample, 2, height, width, 3] changes at the first and the last step.

    Returns
    -------
    None for a single sample, which has no pair.
    """
    if len(ends) < 2:
        return None
    changes = unit_rows(_flat(ends[:, 1] - ends[:, 0]))
    cosines = changes @ changes.T
    return float(cosines[np.triu_indices(len(changes), 1)].mean(dtype=np.float64))


def monotonicity(changes: Iterable[Float32], ends: Float32, steps: Float) -> float | None:
    """Mean over samples of Spearman's rho (1904) between alpha_k and <D_sk, m_s>: does the change
    grow with alpha.

    m_s is the mean of x_last - x_first over the other samples, so that no sample is judged by its
    own direction.

    Parameters
    ----------
    changes : [alpha, height, width, 3] of each sample.
    ends : [sample, 2, height, width, 3] at the first and the last step.
    steps : [alpha], ascending.

    Returns
    -------
    None for a single sample, which has no others.
    """
    from scipy.stats import rankdata

    samples = len(ends)
    if samples < 2:
        return None
    spans = _flat(ends[:, 1] - ends[:, 0])
    others = (spans.sum(axis=0) - spans) / (samples - 1)
    along = np.stack(
        [
            np.einsum("kp,p->k", change.reshape(len(change), -1), other)
            for change, other in zip(changes, others, strict=True)
        ]
    )
    ranks = rankdata(along, axis=1)
    expected = np.tile(rankdata(steps), (samples, 1))
    return float(_cosines(_centred(ranks), _centred(expected)).mean())


def symmetry(ends: Float32) -> float:
    """Mean over samples of the cosine between D_last and -D_first: does going back undo what going
    on does.

    Parameters
    ----------
    ends : [sample, 2, height, width, 3] changes at the first and the last step.
    """
    return float(_cosines(_flat(ends[:, 1]), _flat(-ends[:, 0])).mean())


def top_share(energy: Float) -> float:
    """Share of the energy in the `TOP` share of the pixels that have most: a point of the Lorenz
    curve (1905).

    Parameters
    ----------
    energy : [height, width].
    """
    held = np.insert(np.cumsum(np.sort(energy, axis=None)[::-1]), 0, 0.0)
    return _share(np.interp(TOP * energy.size, np.arange(len(held)), held), held[-1])


def _share(part: float, whole: float) -> float:
    return float(part / whole) if whole > 0 else 0.0


def _flat(pictures: Float32) -> Float:
    """[sample, ...] as [sample, value], in double precision."""
    return pictures.reshape(len(pictures), -1).astype(np.float64)


def _centred(rows: Float) -> Float:
    return np.asarray(rows - rows.mean(axis=1, keepdims=True), np.float64)


def _cosines(a: Float, b: Float) -> Float:
    """[row] cosine between the rows of `a` and `b`; 0 where either is zero."""
    return np.asarray((unit_rows(a) * unit_rows(b)).sum(axis=1), np.float64)
