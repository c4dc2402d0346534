"""Everything that a build has found, as the pages, tables and figures read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featamp.measure.effect import Effect, Reconstruction
from featamp.measure.quality import Quality
from featamp.measure.response import AttributeResponse
from featamp.measure.score import Score, Suggestion
from featamp.statistics.correlation import Correlations
from featamp.statistics.probe import Probes
from featamp.statistics.redraws import Stability
from featamp.statistics.variance import VarianceRanking

from ..inputs.config import Config
from ..inputs.selection import Selection
from .trust import Trust

KINDS = ("raw", "wide", "sigma", "wide-sigma")
"""The four sweeps of a dimension: narrow and wide, each in raw alpha and in standard
deviations."""
IN_COLUMN = "-column"
"""What the name of a dimension's figure ends in where it is drawn again for one column of a
two-column paper."""
TARGET_SAMPLES = 2
"""Samples shown a dimension in the figure of experiment 1."""
ANIMATED_SAMPLES = 8
"""Samples shown in an animation, at most."""
MAP_GAIN = 4
"""A difference map shows this many times the mean change of a pixel around mid-grey, on one scale
for all."""


@dataclass(frozen=True)
class Sweep:
    """One dimension swept over one range.

    Attributes
    ----------
    dim, kind : the latent dimension, and which of `KINDS` this is.
    raw, sigma : [alpha] the same alphas in raw units and in standard deviations of the dimension
        (0 where it has collapsed and has none).
    effect : what the sweep changes, an array of [alpha] each.
    covered : share of the real codes on the dimension inside the swept range; None for a control.
    sprite : path of the picture in the site: the frames alone, rows = samples, columns = alphas.
    """

    dim: int
    kind: str
    raw: NDArray[np.float64]
    sigma: NDArray[np.float64]
    effect: Effect
    sprite: str
    covered: float | None = None

    @property
    def units(self) -> str:
        """The units in which the alphas are round numbers: raw or sigma."""
        return "sigma" if "sigma" in self.kind else "raw"

    @property
    def reach(self) -> float:
        """The largest |alpha| in standard deviations: below 1, a raw sweep hardly leaves the image
        it starts from.
        """
        return float(np.abs(self.sigma).max())


@dataclass(frozen=True)
class Response:
    """What the narrow sweep in standard deviations does, by the model's own encoder and by a judge
    of pixels.

    Attributes
    ----------
    self_response, leakage : as in `featamp.measure.response.CodeResponse`.
    slope, error, told : [attribute] the probes' response of each attribute, its standard error,
        and whether the probe can tell the attribute; None without labels.
    pixel_slope, pixel_error, pixel_told : the same by the judge of pixels.
    """

    self_response: float
    leakage: float
    slope: NDArray[np.float64] | None = None
    error: NDArray[np.float64] | None = None
    told: NDArray[np.bool_] | None = None
    pixel_slope: NDArray[np.float64] | None = None
    pixel_error: NDArray[np.float64] | None = None
    pixel_told: NDArray[np.bool_] | None = None

    @property
    def attributes(self) -> AttributeResponse | None:
        """The response of the attributes by the probes of the re-encoded frames; None where no
        probe can tell any.
        """
        return _response(self.slope, self.error, self.told)

    @property
    def pixels(self) -> AttributeResponse | None:
        """The response of the attributes by the judge of pixels; None where it can tell none."""
        return _response(self.pixel_slope, self.pixel_error, self.pixel_told)


def _response(
    slope: NDArray[np.float64] | None,
    error: NDArray[np.float64] | None,
    told: NDArray[np.bool_] | None,
) -> AttributeResponse | None:
    return (
        None
        if slope is None or told is None or not told.any()
        else AttributeResponse(slope, error, told)
    )


@dataclass(frozen=True)
class ControlSweep:
    """A direction that is no latent dimension, swept and measured as one.

    Attributes
    ----------
    kind : "random", "component" or "probe".
    name : "random-1" and on, "pc-1", or "probe-" and an attribute.
    attribute : the attribute whose probe points this way; None for the others.
    sweep : its narrow sweep in standard deviations; `raw` is in standard deviations too, `dim` is
        -1.
    quality, response : as of a dimension.
    """

    kind: str
    name: str
    attribute: str | None
    sweep: Sweep
    quality: Quality
    response: Response


@dataclass(frozen=True)
class LabelEvidence:
    """What the correlations with the attributes are worth.

    Attributes
    ----------
    stability, probes : of the codes.
    share : [attribute] share r^2 / R^2 of what the probe explains that the selected dimension
        does, both held out; NaN where the probe finds nothing.
    null_share : mean and 95th percentile of the share that a random axis would have.
    phi : [attribute, attribute] correlation between labels.
    test_split : numbers are reported on CelebA's test split; on a random half otherwise.
    judge_auc : [attribute] held-out AUC of the judge of pixels.
    """

    stability: Stability
    probes: Probes
    share: NDArray[np.float64]
    null_share: tuple[float, float]
    phi: NDArray[np.float64]
    test_split: bool
    judge_auc: NDArray[np.float64]


@dataclass(frozen=True)
class Images:
    """Which images the report is about.

    Attributes
    ----------
    names : file names of the images that were encoded.
    broken : name and reason of each file that could not be decoded and was left out.
    unlabelled : images in the folder that the label files do not know, left out.
    missing : label rows without an image, left out.
    content : hash of the images.
    labels : hash of the label files; None without any.
    """

    names: tuple[str, ...]
    broken: tuple[tuple[str, str], ...]
    unlabelled: int
    missing: int
    content: str
    labels: str | None


@dataclass(frozen=True)
class Model:
    """What is known of the model: `facts` is what the checkpoint says of itself (epoch, loss, KL
    weight).
    """

    name: str
    parameters: int
    device: str
    checkpoint: str
    facts: dict[str, Any]


@dataclass(frozen=True)
class Findings:
    """The whole report in numbers.

    Attributes
    ----------
    correlations : None where the data folder has no attribute file.
    chosen : the four; `suggested` says that no person has chosen them yet (the four of highest
        variance).
    samples : names of the images that every sweep starts from; rows of every sprite.
    targets : best dimension of each target attribute (experiment 1); empty without correlations.
    explored : the dimensions of highest variance (experiment 3), the highest first.
    swept : every dimension that was swept, by variance rank: each has a page.
    sweeps : by dimension and kind.
    quality : for each swept dimension, what its narrow sweep in standard deviations is worth.
    responses : for each swept dimension, what that sweep does to the code and the attributes.
    controls : by name, the directions that dimensions are compared with.
    scores : for each swept dimension, how much it is worth a look; `suggestions` are those to look
        at first.
    evidence : what the correlations are worth; None without attributes.
    trust : the report's own claims, tested where the answer is known.
    lowest, highest : for each swept dimension the names of the real images lowest (highest) on it,
        the most extreme first.
    figures : suffixes of the files under figures/ by name, e.g. {"variance": ("png", "pdf",
        "svg")}.
    config_text : the config file as the person wrote it, for the reader to download.
    support_limit : distance of `Support.limit`, in standard deviations: 95 % of real codes have
        another one nearer.
    """

    config: Config
    selection: Selection
    images: Images
    model: Model
    variance: VarianceRanking
    correlations: Correlations | None
    reconstruction: Reconstruction
    chosen: tuple[int, ...]
    suggested: bool
    samples: tuple[str, ...]
    targets: dict[str, int]
    explored: tuple[int, ...]
    swept: tuple[int, ...]
    sweeps: dict[tuple[int, str], Sweep]
    quality: dict[int, Quality]
    responses: dict[int, Response]
    controls: dict[str, ControlSweep]
    scores: dict[int, Score]
    suggestions: tuple[Suggestion, ...]
    evidence: LabelEvidence | None
    trust: Trust | None
    lowest: dict[int, tuple[str, ...]]
    highest: dict[int, tuple[str, ...]]
    figures: dict[str, tuple[str, ...]]
    config_text: str
    support_limit: float

    def figures_of(self, stem: str) -> list[str]:
        """Names of the figures that start with `stem`, in order: an experiment may need more than
        one.
        """
        return [name for name in self.figures if name.startswith(stem)]
