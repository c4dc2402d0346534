"""A judge of faces that never saw the VAE: whom to believe, what it reads in sweeps, and what the
VAE lost.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featamp.face.pose import eye_opening, measure_pose, mouth_opening
from featamp.face.reader import EXPRESSIONS, FaceReader
from featamp.face.weights import AGE_GENDER, EXPRESSION, LANDMARKS, NETWORKS
from featamp.statistics.auc import compare_areas
from featamp.statistics.interval import fewest
from featamp.statistics.samples import error_of_mean

Float32 = NDArray[np.float32]
Float = NDArray[np.float64]

READ = {
    "Male": AGE_GENDER,
    "Young": AGE_GENDER,
    "Smiling": EXPRESSION,
    "Mouth_Slightly_Open": LANDMARKS,
}
"""Attributes of CelebA that it reads, each by what the name says (never by what goes along with
it, as lipstick goes along with sex), and the network that does."""
TELLS = 0.8
"""An attribute is believed where the AUC on the user's own labels is at least this."""
LEAST = 20
"""Images with, and images without, the attribute: of fewer an AUC says little."""
AGREES = 0.12
"""Landmarks of a picture and of its mirror image that lie at most so far apart (in distances of
the eyes' outer corners) are those of a face: true of 98 % of CelebA's faces, of 3 % of the same
with their parts shuffled or upside down."""


@dataclass(frozen=True)
class Faces:
    """What is read in pictures of faces; NaN where a network was not asked, and all that comes
    from landmarks also where they are not a face's.

    Attributes
    ----------
    scores : [..., attribute] more where there is more of each of `READ`: logit of male; less years
        of age; logit of a smile; gap of the lips in distances of the eyes.
    yaw, pitch, roll, scale : [...] as in `featamp.face.pose.Pose`.
    eyes : [...] height of the eyes over their width.
    plausible : bool [...] whether the landmarks are a face's.
    """

    scores: Float
    yaw: Float
    pitch: Float
    roll: Float
    scale: Float
    eyes: Float
    plausible: NDArray[np.bool_]


@dataclass(frozen=True)
class FaceJudge:
    """How far the judge is to be believed on a user's pictures, and what their VAE lost.

    Every [attribute] is one of `names`, in the order of `READ`.

    Attributes
    ----------
    names : attributes that it reads and the user's labels have.
    images : pictures that it was measured on.
    positives : [attribute] of them with the attribute.
    auc, interval : [attribute] AUC on the originals, as the VAE sees them, and [attribute, 2] its
        95 % interval; NaN where fewer than `LEAST`, or of a single person, are read with or
        without the attribute.
    rebuilt, rebuilt_interval : the same on the VAE's reconstructions of the very same images.
    lost, lost_interval : AUC of the reconstructions less that of the originals.
    apart, rebuilt_apart : [attribute] mean score with the attribute less that without, in
        originals and in reconstructions: what a sweep's change is a share of.
    spread : [attribute] standard deviation of the score over reconstructions.
    plausible, rebuilt_plausible : share of the pictures whose landmarks are a face's.
    """

    names: tuple[str, ...]
    images: int
    positives: NDArray[np.int64]
    auc: Float
    interval: Float
    rebuilt: Float
    rebuilt_interval: Float
    lost: Float
    lost_interval: Float
    apart: Float
    rebuilt_apart: Float
    spread: Float
    plausible: float
    rebuilt_plausible: float

    @property
    def told(self) -> NDArray[np.bool_]:
        """[attribute] whether it is believed on such pictures."""
        return np.asarray(self.auc >= TELLS, np.bool_)

    @property
    def believed(self) -> tuple[str, ...]:
        """The attributes that it tells."""
        return tuple(name for name, told in zip(self.names, self.told, strict=True) if told)

    @property
    def telling(self) -> tuple[str, ...]:
        """The attributes that it tells in what the VAE writes too: on blurred faces the groups lie
        so near to each other that a sweep seems to go far, whatever it does.
        """
        kept = self.told & (self.rebuilt >= TELLS)
        return tuple(name for name, told in zip(self.names, kept, strict=True) if told)

    @property
    def networks(self) -> tuple[str, ...]:
        """The networks that are worth their time on such pictures; that of landmarks where most
        originals and most reconstructions have some.
        """
        used = {READ[name] for name, told in zip(self.names, self.told, strict=True) if told}
        if min(self.plausible, self.rebuilt_plausible) > 0.5:
            used.add(LANDMARKS)
        return tuple(network for network in NETWORKS if network in used)


@dataclass(frozen=True)
class FaceResponse:
    """What the judge sees of a sweep.

    Attributes
    ----------
    names : the attributes that it tells (`FaceJudge.telling`).
    slope, error : [attribute] change of the score for one standard deviation of the direction, in
        standard deviations of the score over reconstructions, and its standard error over samples;
        NaN where fewer than two samples are read.
    """

    names: tuple[str, ...]
    slope: Float
    error: Float

    def of(self, name: str) -> tuple[float, float] | None:
        """Slope and error of an attribute; None where it is not told."""
        if name not in self.names or not np.isfinite(self.slope[self.names.index(name)]):
            return None
        row = self.names.index(name)
        return float(self.slope[row]), float(self.error[row])


def read_faces(reader: FaceReader, frames: Float32, networks: Collection[str] = NETWORKS) -> Faces:
    """Read frames [..., height, width, 3], as those of a sweep [sample, alpha, ...].

    Parameters
    ----------
    networks : those that look: `FaceJudge.networks`, or fewer where time is short.
    """
    seen = reader.read(frames, networks)
    plausible = np.asarray(seen.disagreement <= AGREES, np.bool_)
    landmarks = np.where(plausible[..., None, None], seen.landmarks.astype(np.float64), np.nan)
    happy = seen.expressions[..., EXPRESSIONS.index("happy")]
    scores = np.stack([seen.male, -seen.age, happy, mouth_opening(landmarks)], axis=-1)
    pose = measure_pose(landmarks)
    return Faces(
        scores.astype(np.float64), pose.yaw, pose.pitch, pose.roll, pose.scale,
        eye_opening(landmarks), plausible,
    )  # fmt: skip


def measure_judge(
    originals: Faces,
    reconstructions: Faces,
    labels: NDArray[np.bool_],
    names: tuple[str, ...],
    people: NDArray[np.int64] | None = None,
) -> FaceJudge:
    """Compare what is read in originals, as the VAE sees them, and in its reconstructions with
    the user's labels.

    Parameters
    ----------
    originals, reconstructions : of the same images, with scores [image, attribute].
    labels : bool [image, name].
    names : of the labels.
    people : [image] the person that each image shows, so that people are the units of the
        intervals; None where nobody knows.
    """
    known = tuple(name for name in READ if name in names)
    rows = [
        _measure(
            originals.scores[:, list(READ).index(name)],
            reconstructions.scores[:, list(READ).index(name)],
            labels[:, names.index(name)],
            people,
        )
        for name in known
    ]
    table = np.array(rows).reshape(len(known), 12)
    return FaceJudge(
        names=known,
        images=len(labels),
        positives=labels[:, [names.index(name) for name in known]].sum(axis=0, dtype=np.int64),
        auc=table[:, 0],
        interval=table[:, 1:3],
        rebuilt=table[:, 3],
        rebuilt_interval=table[:, 4:6],
        lost=table[:, 6],
        lost_interval=table[:, 7:9],
        apart=table[:, 9],
        rebuilt_apart=table[:, 10],
        spread=table[:, 11],
        plausible=float(originals.plausible.mean()),
        rebuilt_plausible=float(reconstructions.plausible.mean()),
    )


def face_shares(
    seen: Faces, judge: FaceJudge, names: Collection[str]
) -> dict[str, tuple[float, float]]:
    """How far sweeps go from reconstructions without each attribute to those with it, and its
    standard error over samples; an attribute that is read in fewer than two samples is left out.

    Parameters
    ----------
    seen : scores [sample, 2, attribute] of the first and the last step.
    names : of those that `judge` tells.
    """
    found = {}
    for name in names:
        change, error = _change(seen, name)
        if np.isfinite(change):
            apart = float(judge.rebuilt_apart[judge.names.index(name)])
            found[name] = change / apart, error / abs(apart)
    return found


def face_response(seen: Faces, judge: FaceJudge, reach: float) -> FaceResponse:
    """What `judge` sees of a sweep.

    Parameters
    ----------
    seen : scores [sample, 2, attribute] of a step below 0 and of one above.
    reach : from the one to the other, in standard deviations.
    """
    names = judge.telling
    spread = judge.spread[[judge.names.index(name) for name in names]]
    changes = np.array([_change(seen, name) for name in names]).reshape(len(names), 2)
    slope, error = changes.T / (spread * reach)
    return FaceResponse(names, slope, error)


def _change(seen: Faces, name: str) -> tuple[float, float]:
    """Mean change of a score from the first to the last of two steps, and its standard error; NaN
    where it is read in fewer than two samples.
    """
    column = list(READ).index(name)
    change = seen.scores[:, 1, column] - seen.scores[:, 0, column]
    read = change[np.isfinite(change)]
    if len(read) < 2:
        return np.nan, np.nan
    return float(read.mean()), float(error_of_mean(read))


def _measure(
    original: Float,
    rebuilt: Float,
    labels: NDArray[np.bool_],
    people: NDArray[np.int64] | None,
) -> list[float]:
    """AUC, its interval, both again for reconstructions and for the difference; how far the groups
    lie apart in either, and the spread: on images that are read both ways.
    """
    read = np.isfinite(original) & np.isfinite(rebuilt)
    scores, labels = np.stack([original, rebuilt])[:, read], labels[read]
    whose = None if people is None else people[read]
    if min(labels.sum(), (~labels).sum()) < LEAST or fewest(labels, whose) < 2:
        return [np.nan] * 12
    areas = compare_areas(scores, labels, whose)
    apart = scores[:, labels].mean(axis=1) - scores[:, ~labels].mean(axis=1)
    return [
        areas.area[0], *areas.interval(0), areas.area[1], *areas.interval(1),
        *areas.difference(0, 1), *apart, scores[1].std(),
    ]  # fmt: skip
