"""A second judge of what a sweep changes: linear classifiers on pixels, which know nothing of the
VAE.

Each looks only where its attribute shows, so that another background is no other hair. What is a
shape is read off pictures whose light is taken out first (local mean and contrast of the grey
picture made alike everywhere), so that a darker skin is no beard; what is a colour, off the
pictures as they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featamp.io.attributes import COLOURS, PLACES
from featamp.measure.layout import ALIGNED_SIDE, REGIONS, Shown, face_regions
from featamp.measure.shrink import principal_components, shrink
from featamp.statistics.holdout import Holdout
from featamp.statistics.labels.probe import fit_probes

Float32 = NDArray[np.float32]
Float = NDArray[np.float64]
Mask = NDArray[np.bool_]

COMPONENTS = 64
"""Principal components of the pictures that a judge sees at most."""
PARTS_OF = {
    "hair": ("hair",),
    "eyes": ("eyes",),
    "mouth": ("mouth",),
    "face": ("eyes", "mouth", "cheeks", "face"),
    "head": ("eyes", "mouth", "cheeks", "face", "hair"),
}
"""The regions of each place of `featamp.io.attributes.PLACES`."""
MARGIN = 1 / 16
"""A place is looked at with so much around it, as a share of the picture: faces are not aligned to
the pixel."""
LOCAL, CONTRAST = 3 / 32, 4 / 32
"""Standard deviations of the Gaussians over which brightness and contrast are made alike, as
shares of the picture."""
FLAT = 0.015
"""A contrast below this, pixels in [0, 1], is noise and is not amplified."""


@dataclass(frozen=True)
class Judge:
    """One linear classifier an attribute, on pictures of `side` by `side` pixels.

    Attributes
    ----------
    names : attribute names.
    side : of the pictures it looks at, pixels.
    colour : [attribute, side * side * 3] change of the logit, in its standard deviations as in
        `featamp.statistics.labels.probe.Probes`, for a change of 1 of a pixel value in [0, 1]; 0
        for an attribute of shape.
    shape : [attribute, side * side] the same on the pictures of `without_light`; 0 for a colour.
    auc : [attribute] held-out AUC; 0.5 where undefined.
    correlation : [attribute] held-out correlation of the logit with the label.
    defined : [attribute] False where too few images have, or lack, the attribute.
    told : [attribute] whether it finds the attribute at all, as in
        `featamp.statistics.labels.probe.Probes`.
    """

    names: tuple[str, ...]
    side: int
    colour: Float32
    shape: Float32
    auc: Float
    correlation: Float
    defined: NDArray[np.bool_]
    told: NDArray[np.bool_]

    def logits(self, pictures: Float32) -> Float:
        """Logits [..., attribute] of pictures [..., height, width, 3] in [0, 1], up to a constant,
        in the standard deviations of `colour` and `shape`.
        """
        lead = pictures.shape[:-3]
        small = shrink(pictures.reshape(-1, *pictures.shape[-3:]), self.side)
        seen = small.reshape(len(small), -1) @ self.colour.T
        seen += without_light(small).reshape(len(small), -1) @ self.shape.T
        return np.asarray(seen.reshape(*lead, -1), np.float64)


def train_judge(
    pictures: Float32,
    labels: NDArray[np.bool_],
    names: tuple[str, ...],
    holdout: Holdout,
    seed: int,
    shown: Shown = ALIGNED_SIDE,
    people: NDArray[np.int64] | None = None,
) -> Judge:
    """Train the judge: principal components of small pictures, then logistic probes.

    Parameters
    ----------
    pictures : [image, side, side, 3] from `shrink`, pixels in [0, 1].
    labels : bool [image, attribute].
    holdout : which images train and which judge.
    seed : of the randomised decomposition.
    shown : what the pictures show of CelebA's aligned images: it says where the places are.
    people : [image] as in `featamp.statistics.labels.probe.fit_probes`.
    """
    count, side = len(names), pictures.shape[1]
    colour = np.zeros((count, side, side, 3), np.float32)
    shape = np.zeros((count, side, side, 1), np.float32)
    plain = without_light(pictures)
    auc, correlation = np.full(count, 0.5), np.zeros(count)
    defined, told = np.zeros(count, np.bool_), np.zeros(count, np.bool_)
    for members, is_colour, mask in _groups(names, side, shown):
        seen, weights = (pictures, colour) if is_colour else (plain, shape)
        grouped = tuple(names[a] for a in members)
        pixels = seen[:, mask].reshape(len(seen), -1)
        components = principal_components(pixels, holdout.select, COMPONENTS, seed)
        probes = fit_probes(
            pixels @ components.T, labels[:, members], grouped, holdout, seed, people=people
        )
        for at, on_pixels in zip(members, probes.weights @ components, strict=True):
            weights[at, mask] = on_pixels.reshape(int(mask.sum()), -1)
        auc[members], correlation[members] = probes.auc, probes.correlation
        defined[members], told[members] = probes.defined, probes.told
    flat = (colour.reshape(count, -1), shape.reshape(count, -1))
    return Judge(names, side, *flat, auc, correlation, defined, told)


def without_light(pictures: Float32) -> Float32:
    """[picture, height, width, 1] grey pictures whose local brightness is 0 and local contrast 1.

    Local contrast normalisation (Jarrett et al. 2009): light, tint, skin tone and background are
    gone, edges stay.

    Parameters
    ----------
    pictures : [picture, height, width, 3] in [0, 1].
    """
    from scipy.ndimage import gaussian_filter

    side = pictures.shape[1]
    grey = pictures.mean(axis=-1)
    edges = grey - gaussian_filter(grey, (0, LOCAL * side, LOCAL * side))
    energy = gaussian_filter(np.square(edges), (0, CONTRAST * side, CONTRAST * side))
    return np.asarray((edges / np.sqrt(energy + FLAT**2))[..., None], np.float32)


def _groups(
    names: tuple[str, ...], side: int, shown: Shown
) -> Iterator[tuple[list[int], bool, Mask]]:
    """Attributes that show in the same place and are of the same sort: their numbers, whether they
    are colours, and [side, side] where they show.
    """
    keys = [(PLACES.get(name, ""), name in COLOURS) for name in names]
    for place, is_colour in dict.fromkeys(keys):
        members = [a for a, key in enumerate(keys) if key == (place, is_colour)]
        yield members, is_colour or not place, place_mask(place, side, shown)


def place_mask(place: str, side: int, shown: Shown) -> Mask:
    """[side, side] where a place lies, with a margin; everywhere for no place, or one that is out
    of the picture.
    """
    from scipy.ndimage import binary_dilation

    if place not in PARTS_OF:
        return np.ones((side, side), np.bool_)
    regions = dict(zip(REGIONS, face_regions(side, side, shown), strict=True))
    mask = np.logical_or.reduce([regions[part] for part in PARTS_OF[place]])
    wide = binary_dilation(mask, iterations=max(1, round(MARGIN * side)))
    return np.asarray(wide if wide.any() else ~wide, np.bool_)
