"""What pictures show of CelebA's aligned images, and which pixels are eyes, mouth, hair and the
rest.

Of files that were cropped or squashed before nobody says what they show: it is found from where
eyes and mouth lie in their mean.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]
Bools = NDArray[np.bool_]

Shown = int | tuple[int, int] | None
"""What pictures show of CelebA's aligned images around their centre, pixels: the side of a square
crop, or width and height: (178, 218) where whole frames were squashed. None of pictures that are
no aligned faces: nobody knows what lies where."""
ALIGNED = (178, 218)
"""Width and height of CelebA's aligned images, pixels."""
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
LAYOUTS = ((178, 178), ALIGNED, (148, 148), (128, 128), (108, 108))
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


def face_regions(height: int, width: int, shown: Shown = ALIGNED_SIDE) -> Bools:
    """[region, height, width] which pixels of a picture of CelebA's aligned faces are in each of
    `REGIONS`.

    Parameters
    ----------
    height, width : of the picture.
    shown : what the picture shows of the aligned image; of other pictures all is one region.
    """
    if shown is None:
        whole = np.arange(len(REGIONS)) == REGIONS.index("face")
        return np.tile(whole[:, None, None], (1, height, width))
    x, y = _aligned(height, width, shown)
    masks = [_in_boxes(x, y, boxes) for boxes in BOXES.values()]
    masks += [_from_centre(x, y, *oval) <= 1 for oval in (FACE_OVAL, HEAD_OVAL)]
    masks += [np.ones((height, width), np.bool_)]
    first = np.argmax(masks, axis=0)  # a pixel belongs to the first region that has it
    return np.asarray(first == np.arange(len(REGIONS))[:, None, None], np.bool_)


def face_nearness(height: int, width: int, shown: Shown) -> Float:
    """[height, width] how near to the camera a head is: an ellipsoid over the face's oval; flat
    where there is no face.
    """
    if shown is None:
        return np.zeros((height, width))
    x, y = _aligned(height, width, shown)
    return np.sqrt(np.maximum(0.0, 1.0 - _from_centre(x, y, *FACE_OVAL)))


def _aligned(height: int, width: int, shown: int | tuple[int, int]) -> tuple[Float, Float]:
    """[1, width] and [height, 1] where pixels lie, as shares of the crop of `ALIGNED_SIDE`."""
    across, down = shown if isinstance(shown, tuple) else (shown, shown)
    x = 0.5 + across / ALIGNED_SIDE * ((np.arange(width)[None, :] + 0.5) / width - 0.5)
    y = 0.5 + down / ALIGNED_SIDE * ((np.arange(height)[:, None] + 0.5) / height - 0.5)
    return x, y


def _from_centre(
    x: Float, y: Float, centre_x: float, centre_y: float, wide: float, high: float
) -> Float:
    """[height, width] squared distance from the centre of an oval, 1 on its edge."""
    far = np.square((x - centre_x) / wide) + np.square((y - centre_y) / high)
    return np.asarray(far, np.float64)


def _in_boxes(x: Float, y: Float, boxes: tuple[tuple[float, float, float, float], ...]) -> Bools:
    inside = [
        (left <= x) & (x < right) & (top <= y) & (y < bottom) for left, right, top, bottom in boxes
    ]
    return np.asarray(np.logical_or.reduce(inside), np.bool_)


def find_shown(
    mean: NDArray[np.float32], labelled: bool = False, likely: tuple[int, int] | None = None
) -> tuple[int, int] | None:
    """Which of `LAYOUTS` puts the eyes where the mean of many pictures is dark, and the mouth
    where it is red.

    Parameters
    ----------
    mean : [height, width, 3] mean of many pictures of aligned faces, pixels in [0, 1].
    labelled : whether labels say that these are faces: then only their place is asked, and eyes
        need not be darker by `A_FACE`. Cut off the centre, what stands there is brighter than
        what is around it.
    likely : the layout that something else speaks for, taken where eyes are there at all.

    Returns
    -------
    None where none does: these are no aligned faces.
    """
    scores = {layout: _score(mean.astype(np.float64), layout) for layout in LAYOUTS}
    least = 0.0 if labelled else A_FACE
    if likely in scores and scores[likely][0] > least:
        return likely
    best = max(LAYOUTS, key=lambda layout: sum(scores[layout]))
    return best if scores[best][0] > least else None


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
