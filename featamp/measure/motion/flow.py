"""Whether what is there moves alike in all samples, where their pixels do not change alike: a jaw
that widens turns dark what is light around one face, and light what is dark around another.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from featamp.arrays import divided
from featamp.measure.motion.geometry import nearest_frames
from featamp.measure.shrink import SIDE, shrink

Float32 = NDArray[np.float32]
Float = NDArray[np.float64]

KNOTS = 7
"""Points across and down, between which a motion runs evenly: 5 pixels apart of 32."""
RIDGE = 0.01
"""Share of their mean that is added to the energies: where pictures are flat no motion is told."""


def shared_motion(frames: Float32, reconstructions: Float32, steps: Float) -> Float:
    """How well a smooth motion that the other samples share tells the change of each.

    The motion is a field of displacements between `KNOTS` by `KNOTS` points, fitted to all samples
    but one by least squares (Lucas and Kanade 1981), on small pictures and from the steps nearest
    to 0 on either side.

    Parameters
    ----------
    frames : [sample, alpha, height, width, 3], pixels in [0, 1]; two samples at least.
    reconstructions : [sample, height, width, 3] the same samples at alpha = 0.
    steps : [alpha] in standard deviations.

    Returns
    -------
    [sample] cosine between what the motion of the others does to the picture and what changes in
    it, in [-1, 1]: near 0 where samples change each in its own way, or alike without any motion.
    """
    moved, changes = _linearised(frames, reconstructions, steps)
    size = np.sqrt(np.square(changes).sum(axis=1))
    scale = divided(1.0, size)
    moved, changes = moved * scale[:, None, None], changes * scale[:, None]
    terms = moved @ moved.swapaxes(1, 2)
    products = np.einsum("sfp,sp->sf", moved, changes)
    others, wanted = terms.sum(axis=0) - terms, products.sum(axis=0) - products
    knots = np.arange(others.shape[1])
    others[:, knots, knots] += RIDGE * np.einsum("sff->s", others)[:, None] / len(knots) + 1e-12
    motion = np.linalg.solve(others, wanted[:, :, None])[:, :, 0]
    expected = np.einsum("sf,sfp->sp", motion, moved)
    length = np.sqrt(np.square(expected).sum(axis=1))
    return np.asarray(divided(np.einsum("sp,sp->s", expected, changes), length), np.float64)


def _linearised(frames: Float32, reconstructions: Float32, steps: Float) -> tuple[Float, Float]:
    """What each displacement of one pixel a standard deviation does to each sample, [sample,
    displacement, value], and what changes in it, [sample, value], from the step before 0 to 0 and
    from there to the step after.
    """
    before, low = nearest_frames(frames, reconstructions, steps, steps < 0)
    after, high = nearest_frames(frames, reconstructions, steps, steps > 0)
    pictures = [shrink(some).astype(np.float64) for some in (before, reconstructions, after)]
    fields = _fields()
    moved, changes = [], []
    for first, last, way in zip(pictures, pictures[1:], (-low, high), strict=False):
        middle = (first + last) / 2
        across, down = np.gradient(middle, axis=2), np.gradient(middle, axis=1)
        both = np.stack([across, down], axis=1)
        moved.append(way * np.einsum("fij,sdijc->sdfijc", fields, both))
        changes.append(last - first)
    count = len(reconstructions)
    rows = np.stack(moved, axis=3).reshape(count, 2 * len(fields), -1)
    return rows, np.stack(changes, axis=1).reshape(count, -1)


def _fields() -> Float:
    """[knot, row, column] weight of each knot in the pixels of a small picture: 1 at the knot, 0
    at the next ones.
    """
    knots, pixels = np.linspace(0, SIDE - 1, KNOTS), np.arange(SIDE)
    hats = np.maximum(1 - np.abs(pixels - knots[:, None]) / (knots[1] - knots[0]), 0.0)
    fields = np.einsum("ai,bj->abij", hats, hats).reshape(-1, SIDE, SIDE)
    return np.asarray(fields, np.float64)
