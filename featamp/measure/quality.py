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

Float32 = NDArray[np.float32]
Float = NDArray[np.float64]
Shown = int | tuple[int, int] | None
"""What pictures show of CelebA's aligned images around their centre, pixels: the side of a square
crop, or width and height: (178, 218) where whole frames were squashed. None of pictures that are
no aligned faces: nobody knows what lies where."""

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
BLUR = 1 / 32
"""Standard deviation of the Gaussian blur of the photometric fit, as a share of the picture's
height."""
EVEN, TERMS = 3, 7
"""Terms of that fit: of light that is even, and of any."""

ALIGNED_SIDE = 178
"""Side of the centre crop of CelebA's aligned images in which the face regions are given,
pixels."""
REGIONS = ("eyes", "mouth", "cheeks", "face", "hair", "background")
"""The parts of an aligned picture; "face" is the rest of it: forehead, nose and chin. Each pixel
is in one."""
BOXES = {
    "eyes": ((0.28, 0.72, 0.44, 0.57),),
    "mouth": ((0.37, 0.63, 0.71, 0.83),),
    "cheeks": ((0.28, 0.42, 0.57, 0.71), (0.58, 0.72, 0.57, 0.71)),
}
"""Left, right, top and bottom, as shares of the crop of `ALIGNED_SIDE`: read off the mean face of
CelebA."""
FACE_OVAL = (0.5, 0.57, 0.22, 0.33)
HEAD_OVAL = (0.5, 0.42, 0.32, 0.36)
"""Centre (x, y) and semi-axes (x, y) of the face, and of the hair around it, as shares of the same
crop."""


@dataclass(frozen=True)
class Quality:
    """One sweep, judged.

    Attributes
    ----------
    effect : mean absolute change of a pixel at `EFFECT_AT` standard deviations, pixels in [0, 1];
        None for a step beyond the sweep.
    judged_at : the step, in standard deviations, of the two visibilities: 2, or the end of a
        shorter sweep.
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
        return np.divide(
            self.regions, self.areas, out=np.zeros_like(self.areas), where=self.areas > 0
        )

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
    crop: Shown = ALIGNED_SIDE,
) -> Quality:
    """Judge one sweep by its frames.

    Parameters
    ----------
    frames : [sample, alpha, height, width, 3] decoded frames, pixels in [0, 1].
    reconstructions : [sample, height, width, 3] the same samples at alpha = 0.
    steps : [alpha] in standard deviations of the dimension, ascending, at least two.
    reconstruction_rmse : root mean squared error of the model's reconstructions, pixels in [0, 1].
    image_distance : mean absolute difference between two images, pixels in [0, 1].
    crop : side of the centre crop that the pictures show of CelebA's aligned images, pixels: it
        places the regions.
    """
    if all(np.abs(c).max() <= UNCHANGED for c in changes_of(frames, reconstructions)):
        frames = np.broadcast_to(reconstructions[:, None], frames.shape)
    ends = frames[:, [0, -1]] - reconstructions[:, None]
    reach = max(0.0, float(min(steps[-1], -steps[0])))
    judged_at = min(VISIBILITY_AT, reach)
    effect, squares = _sizes(changes_of(frames, reconstructions))
    rmse = np.sqrt(squares)
    error = max(reconstruction_rmse, EIGHT_BIT_RMSE)
    energy = np.square(ends).sum(axis=(0, 1, 4), dtype=np.float64)
    photometric, uneven = photometric_shares(
        changes_of(frames, reconstructions), light_terms(reconstructions)
    )
    regions = face_regions(frames.shape[2], frames.shape[3], crop)
    return Quality(
        effect=tuple(
            at_step(effect, steps, step) if step <= reach + 1e-9 else None for step in EFFECT_AT
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
    units = _units(_flat(ends[:, 1] - ends[:, 0]))
    cosines = units @ units.T
    return float(cosines[np.triu_indices(len(units), 1)].mean(dtype=np.float64))


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


@dataclass(frozen=True)
class LightTerms:
    """What light does to pictures, to first order: made once for all sweeps of the same samples.

    Attributes
    ----------
    uneven : [sample, channel, term, pixel] offset, gain and blur, which are `even`, then gain and
        offset that run evenly across the picture.
    inverse, uneven_inverse : [sample, channel, term, term] of the Gram matrices of both.
    """

    uneven: Float
    inverse: Float
    uneven_inverse: Float

    @property
    def even(self) -> Float:
        """[sample, channel, term, pixel]."""
        return self.uneven[:, :, :EVEN]


def light_terms(reconstructions: Float32) -> LightTerms:
    """What `photometric_shares` fits to changes of reconstructions [sample, height, width, 3]."""
    pictures = reconstructions.astype(np.float64)
    samples, height, width, channels = pictures.shape
    terms = np.empty((samples, channels, TERMS, height * width))
    for at, term in enumerate(_lights(pictures)):
        terms[:, :, at] = np.moveaxis(term, 3, 1).reshape(samples, channels, -1)
    return LightTerms(terms, _inverse_gram(terms[:, :, :EVEN]), _inverse_gram(terms))


def _lights(pictures: Float) -> Iterator[Float]:
    """The terms [sample, height, width, 3], which are weighted anew for each sample, alpha and
    channel; one after another, since all take several times as much memory as the pictures.
    """
    from scipy.ndimage import gaussian_filter

    height, width = pictures.shape[1:3]
    yield np.ones_like(pictures)
    yield pictures - pictures.mean(axis=(1, 2), keepdims=True)
    spread = BLUR * height
    yield gaussian_filter(pictures, (0, spread, spread, 0), mode="nearest") - pictures
    for slope in np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]:
        yield np.broadcast_to(slope[:, :, None], pictures.shape)
        yield slope[:, :, None] * pictures


def photometric_shares(changes: Iterable[Float32], light: LightTerms) -> tuple[float, float]:
    """Share of the energy of the changes that names nothing: brightness, contrast, tint and blur;
    and uneven light.

    Each channel of each D_sk is fitted by least squares with a + b x_s0 + c (G x_s0 - x_s0), an
    offset, a gain and a blur (c > 0) or sharpening (c < 0) by a Gaussian G of `BLUR` times the
    height; the share is 1 - sum of the squared residuals / sum D^2. Gain and offset are the usual
    model of exposure (Brown and Lowe 2007), the blur term is the first order of the diffusion
    equation. For the second share, a and b are planes over the picture: light and colour that fall
    off to one side. A large hat has much of that too, so it is a reason to look, not a verdict.

    Parameters
    ----------
    changes : [alpha, height, width, 3] of each sample.
    light : of the reconstructions of these samples.
    """
    even, uneven = (light.even, light.inverse), (light.uneven, light.uneven_inverse)
    energies = [
        (
            np.square(change).sum(dtype=np.float64),
            *(_explained(change, terms[s], gram[s]) for terms, gram in (even, uneven)),
        )
        for s, change in enumerate(changes)
    ]
    energy, by_even, by_uneven = np.sum(energies, axis=0)
    return min(1.0, _share(by_even, energy)), min(1.0, _share(by_uneven, energy))


def _explained(change: Float32, terms: Float, gram: Float) -> float:
    """Energy of the changes [alpha, height, width, channel] of a sample that terms [channel, term,
    pixel] explain.
    """
    targets = change.reshape(len(change), -1, change.shape[-1]).transpose(2, 1, 0)
    products = terms @ targets  # [channel, term, alpha]
    return float((products * (gram @ products)).sum())


def _inverse_gram(design: Float) -> Float:
    """Inverses of the Gram matrices, which are singular for a flat picture."""
    return np.asarray(np.linalg.pinv(design @ design.swapaxes(2, 3), hermitian=True), np.float64)


def top_share(energy: Float) -> float:
    """Share of the energy in the `TOP` share of the pixels that have most: a point of the Lorenz
    curve (1905).

    Parameters
    ----------
    energy : [height, width].
    """
    held = np.insert(np.cumsum(np.sort(energy, axis=None)[::-1]), 0, 0.0)
    return _share(np.interp(TOP * energy.size, np.arange(len(held)), held), held[-1])


def face_regions(height: int, width: int, crop: Shown = ALIGNED_SIDE) -> NDArray[np.bool_]:
    """[region, height, width] which pixels of a picture of CelebA's aligned faces are in each of
    `REGIONS`.

    Parameters
    ----------
    height, width : of the picture.
    crop : what the picture shows of the aligned image; of other pictures all is one region.
    """
    if crop is None:
        whole = np.arange(len(REGIONS)) == REGIONS.index("face")
        return np.tile(whole[:, None, None], (1, height, width))
    across, down = crop if isinstance(crop, tuple) else (crop, crop)
    y = 0.5 + down / ALIGNED_SIDE * ((np.arange(height)[:, None] + 0.5) / height - 0.5)
    x = 0.5 + across / ALIGNED_SIDE * ((np.arange(width)[None, :] + 0.5) / width - 0.5)
    masks = [_in_boxes(x, y, boxes) for boxes in BOXES.values()]
    masks += [_oval(x, y, *FACE_OVAL), _oval(x, y, *HEAD_OVAL), np.ones((height, width), np.bool_)]
    first = np.argmax(masks, axis=0)  # a pixel belongs to the first region that has it
    return np.asarray(first == np.arange(len(REGIONS))[:, None, None], np.bool_)


def _in_boxes(
    x: Float, y: Float, boxes: tuple[tuple[float, float, float, float], ...]
) -> NDArray[np.bool_]:
    inside = [
        (left <= x) & (x < right) & (top <= y) & (y < bottom) for left, right, top, bottom in boxes
    ]
    return np.asarray(np.logical_or.reduce(inside), np.bool_)


def _oval(
    x: Float, y: Float, centre_x: float, centre_y: float, wide: float, high: float
) -> NDArray[np.bool_]:
    inside = np.square((x - centre_x) / wide) + np.square((y - centre_y) / high) <= 1
    return np.asarray(inside, np.bool_)


def _share(part: float, whole: float) -> float:
    return float(part / whole) if whole > 0 else 0.0


def _flat(pictures: Float32) -> Float:
    """[sample, ...] as [sample, value], in double precision."""
    return pictures.reshape(len(pictures), -1).astype(np.float64)


def _centred(rows: Float) -> Float:
    return np.asarray(rows - rows.mean(axis=1, keepdims=True), np.float64)


def _units(rows: Float) -> Float:
    """Each row divided by its length; a row of zeros stays one."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(
        np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > 0), np.float64
    )


def _cosines(a: Float, b: Float) -> Float:
    """[row] cosine between the rows of `a` and `b`; 0 where either is zero."""
    return np.asarray((_units(a) * _units(b)).sum(axis=1), np.float64)
