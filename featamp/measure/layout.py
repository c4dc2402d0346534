"""How much of CelebA's aligned images pictures show, found from where eyes and mouth lie in their
mean: of files that were cropped or squashed before, nobody says.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]

LAYOUTS = ((178, 178), (178, 218), (148, 148), (128, 128), (108, 108))
"""Width and height that pictures are taken to show: the usual crops, and whole frames squashed."""
EYE, MOUTH = (19.4, 3.0), 52.0
"""Where an eye lies, to either side of the centre and below it, and the mouth below it, in pixels
of the aligned images: read off the mean face of CelebA."""
EYE_SIZE, MOUTH_SIZE = (4.0, 6.0), (4.0, 9.0)
"""Standard deviations (down, across) of what is dark as an eye, and red as a mouth."""
AROUND = 2.5
"""What is around it is so many times as large."""
CHIN = 14.0
"""The mouth is redder than what lies so far above and below it."""
CHEEK = 21.0
"""Forehead and cheek lie so far above and below an eye."""
A_FACE = 0.5
"""Eyes that are darker than the bridge of the nose, forehead or cheeks by less than this, in
standard deviations of the mean picture, are none: beside a bright thing in the middle all is
dark."""


def find_shown(mean: NDArray[np.float32]) -> tuple[int, int] | None:
    """Which of `LAYOUTS` puts the eyes where the mean of many pictures is dark, and the mouth
    where it is red.

    Parameters
    ----------
    mean : [height, width, 3] mean of many pictures of aligned faces, pixels in [0, 1].

    Returns
    -------
    None where none does: these are no aligned faces.
    """
    scores = {layout: _score(mean.astype(np.float64), layout) for layout in LAYOUTS}
    best = max(LAYOUTS, key=lambda layout: sum(scores[layout]))
    return best if scores[best][0] >= A_FACE else None


def _score(mean: Float, layout: tuple[int, int]) -> tuple[float, float]:
    """How much darker the eyes are than the bridge between them and what is above and below, and
    how much redder the mouth than that, each in standard deviations of the mean picture.
    """
    height, width = mean.shape[:2]
    scale = height / layout[1], width / layout[0]
    grey = mean.mean(axis=-1)
    red = mean[..., 0] - mean[..., 1:].mean(axis=-1)
    if grey.std() == 0 or red.std() == 0:
        return 0.0, 0.0
    dark = -_against_around(grey, EYE_SIZE, scale) / grey.std()
    redder = _against_around(red, MOUTH_SIZE, scale) / red.std()
    across, down = EYE
    eyes = min(_at(dark, scale, down, side) for side in (across, -across))
    around = [_at(dark, scale, down + a, s) for a in (CHEEK, -CHEEK) for s in (across, -across)]
    chin = max(_at(redder, scale, MOUTH - CHIN), _at(redder, scale, MOUTH + CHIN))
    return eyes - max(*around, _at(dark, scale, down)), _at(redder, scale, MOUTH) - chin


def _against_around(values: Float, size: tuple[float, float], scale: tuple[float, float]) -> Float:
    """[row, column] difference of Gaussians of `size` aligned pixels and `AROUND` times that."""
    from scipy.ndimage import gaussian_filter

    sigma = [s * k for s, k in zip(size, scale, strict=True)]
    around = gaussian_filter(values, [AROUND * s for s in sigma])
    return np.asarray(gaussian_filter(values, sigma) - around, np.float64)


def _at(values: Float, scale: tuple[float, float], down: float, across: float = 0.0) -> float:
    """The value so many aligned pixels from the centre, between pixels by linear interpolation."""
    from scipy.ndimage import map_coordinates

    centre = [(length - 1) / 2 for length in values.shape]
    place = [[centre[0] + down * scale[0]], [centre[1] + across * scale[1]]]
    return float(map_coordinates(values, place, order=1, mode="nearest")[0])
