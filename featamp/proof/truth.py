"""The report's choices and responses against a second opinion: known factors read off pixels, and
the judge of pixels.

Where the factors behind the pictures are known (the rendered demo faces), a reader of each factor
is trained on pixels, so that neither the encoder nor a label has a say in what a sweep really
does.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featamp.arrays import divided
from featamp.measure.response import attribute_response
from featamp.measure.shrink import principal_components, read_linearly
from featamp.statistics.holdout import Holdout

Float32 = NDArray[np.float32]
Float = NDArray[np.float64]

COMPONENTS = 256
"""Principal components of the small pictures that the readers see at most."""
PENALTY = 0.01
"""Ridge penalty, over the number of images, on weights of components in [0, 1] pixels."""
READABLE = 0.3
"""A factor whose held-out R^2 is below this cannot be read off pixels and judges nothing."""
CHANCE = 0.05
"""What random choices do more often than this is no merit of a choice."""
RIGHTLY = 0.5
"""A name is right where its own factor responds at least so much as the one that responds most."""
NUISANCES = (
    "light_side", "light_height", "light_strength", "warmth", "exposure", "blur",
    "background_hue", "background_value", "background_chroma", "background_slope",
    "background_detail",
    "yaw", "pitch", "roll", "scale", "shift_x", "shift_y", "cloth_hue", "cloth_value",
    "cloth_style", "texture",
)  # fmt: skip
"""Factors of the photograph; all others are traits of the person."""
SHOWN = 10
"""Disagreements listed."""
DRAWS = 2000
"""Random choices of as many dimensions: what a four has to beat."""


@dataclass(frozen=True)
class Reader:
    """Reads known factors off pictures of `side` by `side` pixels, by ridge regression on
    principal components.

    Attributes
    ----------
    names : the factors that can be read.
    weights : [factor, side * side * 3] change of the factor, in its standard deviations over
        images, for a change of 1 of a pixel value in [0, 1]: so scaled that images whose factor
        differs by 1 are read as 1 apart, where the regression alone reads R^2.
    side : of the pictures it looks at, pixels.
    r2 : [factor] held-out R^2 of each of them.
    left_out : factors that cannot be read (R^2 below `READABLE`), and those that do not vary.
    """

    names: tuple[str, ...]
    weights: Float32
    side: int
    r2: Float
    left_out: tuple[str, ...]

    def read(self, pictures: Float32) -> Float:
        """Factors [..., factor] in standard deviations, up to a constant, of pictures [...,
        height, width, 3].
        """
        return read_linearly(pictures, self.weights, self.side)


def train_reader(
    pictures: Float32, factors: Float, names: tuple[str, ...], holdout: Holdout, seed: int
) -> Reader:
    """Fit a reader of each factor on `holdout.select` and keep those that read `holdout.report`
    well enough.

    Parameters
    ----------
    pictures : [image, side, side, 3] from `featamp.measure.shrink.shrink`, pixels in [0, 1].
    factors : [image, factor].
    seed : of the randomised decomposition.
    """
    from sklearn.linear_model import Ridge

    select, report = holdout.select, holdout.report
    pixels = pictures.reshape(len(pictures), -1)
    components = principal_components(pixels, select, COMPONENTS, seed)
    seen = np.asarray(pixels @ components.T, np.float64)
    spread = factors.std(axis=0)
    scaled = divided(factors, spread)
    ridge = Ridge(alpha=PENALTY * len(select)).fit(seen[select], scaled[select])
    truly, read = scaled[report], ridge.predict(seen[report])
    variance = truly.var(axis=0)
    rest = np.square(truly - read).mean(axis=0)
    r2 = 1.0 - np.divide(rest, variance, out=np.ones_like(rest), where=variance > 0)
    readable = r2 >= READABLE
    slope = divided(((truly - truly.mean(axis=0)) * read).mean(axis=0), variance)
    weights = ridge.coef_[readable] / slope[readable, None]  # above READABLE / 2 by its R^2
    return Reader(
        names=tuple(name for name, good in zip(names, readable, strict=True) if good),
        weights=np.asarray(weights @ components, np.float32),
        side=pictures.shape[1],
        r2=r2[readable],
        left_out=tuple(name for name, good in zip(names, readable, strict=True) if not good),
    )


@dataclass(frozen=True)
class Truth:
    """What known factors do in the sweeps of some dimensions.

    Attributes
    ----------
    names : the factors that can be read, with `r2` the held-out R^2 of each; `left_out` those that
        cannot.
    dims : the dimensions.
    slope, error : [dimension, factor] response to one sigma, in standard deviations of the factor,
        and its standard error over samples (0 for a single sample, where it is not known).
    """

    names: tuple[str, ...]
    r2: Float
    left_out: tuple[str, ...]
    dims: tuple[int, ...]
    slope: Float
    error: Float

    def reading(self, dim: int) -> Reading:
        """What one dimension really does."""
        row = self.dims.index(dim)
        energy = np.square(self.slope[row])
        top = int(energy.argmax())
        return Reading(
            dim=dim,
            factor=self.names[top],
            response=float(self.slope[row, top]),
            error=float(self.error[row, top]),
            specificity=float(energy[top] / energy.sum()) if energy.any() else 0.0,
            nuisance=self.names[top] in NUISANCES,
        )

    def named_rightly(self, dim: int, factor: str, sign: int) -> bool | None:
        """Whether a name fits: the factor behind it responds with `sign`, and at least `RIGHTLY`
        times as much as the one that responds most; None where the factor cannot be read.
        """
        if factor not in self.names:
            return None
        slopes = self.slope[self.dims.index(dim)]
        own = sign * slopes[self.names.index(factor)]
        return bool(own > 0 and own >= RIGHTLY * np.abs(slopes).max())


@dataclass(frozen=True)
class Reading:
    """The known factor that responds most to a dimension.

    Attributes
    ----------
    dim, factor : the dimension and the factor.
    response, error : for one sigma, in standard deviations of the factor, and its standard error
        over samples.
    specificity : share of the squared responses of all factors that is this factor's, in [0, 1].
    nuisance : the factor is one of the photograph, not a trait of the person.
    """

    dim: int
    factor: str
    response: float
    error: float
    specificity: float
    nuisance: bool


@dataclass(frozen=True)
class Four:
    """A choice of dimensions, judged by known factors.

    Attributes
    ----------
    rule : how they were chosen.
    readings : what each does, in the order of the choice.
    traits : number of different traits of the person that they name.
    by_chance : share of random choices of as many dimensions that name at least as many.
    specificity, response : means over the dimensions of `Reading.specificity` and of the size of
        `Reading.response`.
    """

    rule: str
    readings: tuple[Reading, ...]
    traits: float
    by_chance: float
    specificity: float
    response: float


@dataclass(frozen=True)
class Suggested:
    """The suggested dimensions beside other choices.

    Attributes
    ----------
    fours : all choices, that of the rule "suggested" among them; empty without known factors.
    """

    fours: tuple[Four, ...]

    @property
    def worth(self) -> str | None:
        """Traits that the suggested dimensions name: "most", "fewer" than another choice, or no
        more than "chance"; None where none are suggested.
        """
        suggested = next((four for four in self.fours if four.rule == "suggested"), None)
        if suggested is None:
            return None
        if suggested.by_chance > CHANCE:
            return "chance"
        return "fewer" if self.ahead else "most"

    @property
    def ahead(self) -> tuple[Four, ...]:
        """Choices whose dimensions name more traits than the suggested ones, most first."""
        suggested = next((four.traits for four in self.fours if four.rule == "suggested"), 0.0)
        more = [four for four in self.fours if four.traits > suggested]
        return tuple(sorted(more, key=lambda four: -four.traits))


def factors_of_labels(
    labels: NDArray[np.bool_], attributes: tuple[str, ...], factors: Float, names: tuple[str, ...]
) -> dict[str, tuple[str, int]]:
    """The known factor that each attribute's label goes with most, and the sign; constant labels
    are left out.

    Parameters
    ----------
    labels, factors : bool [image, attribute] and [image, factor] of the same images.
    """
    x, y = (v - v.mean(axis=0) for v in (factors, labels.astype(np.float64)))
    scale = np.outer(np.sqrt(np.square(y).sum(axis=0)), np.sqrt(np.square(x).sum(axis=0)))
    r = divided(y.T @ x, scale)
    best = np.abs(r).argmax(axis=1)
    return {
        attribute: (names[best[row]], int(np.sign(r[row, best[row]])))
        for row, attribute in enumerate(attributes)
        if r[row, best[row]]
    }


def measure_truth(
    reader: Reader, dims: tuple[int, ...], sweeps: Iterable[Float32], steps: Float
) -> Truth:
    """Read the known factors off the frames of each dimension's sweep.

    Parameters
    ----------
    sweeps : for each of `dims` its frames [sample, alpha, height, width, 3], pixels in [0, 1].
    steps : [alpha] in standard deviations of the dimension.
    """
    responses = [attribute_response(reader.read(frames), steps) for frames in sweeps]
    slope = np.array([response.slope for response in responses])
    error = np.array([np.zeros_like(r.slope) if r.error is None else r.error for r in responses])
    return Truth(reader.names, reader.r2, reader.left_out, dims, slope, error)


def judge_four(truth: Truth, rule: str, dims: Iterable[int], draws: NDArray[np.int64]) -> Four:
    """What a choice of dimensions really shows, beside the traits that random choices name, as in
    `random_traits`.
    """
    readings = tuple(truth.reading(dim) for dim in dims)
    traits = len(_traits(readings))
    return Four(
        rule=rule,
        readings=readings,
        traits=traits,
        by_chance=float((draws >= traits).mean()),
        specificity=float(np.mean([reading.specificity for reading in readings])),
        response=float(np.mean([abs(reading.response) for reading in readings])),
    )


def random_four(truth: Truth, rule: str, draws: NDArray[np.int64]) -> Four:
    """What random choices of dimensions show on average; no readings of its own."""
    every = judge_four(truth, rule, truth.dims, draws)
    return Four(rule, (), float(draws.mean()), 1.0, every.specificity, every.response)


def random_traits(truth: Truth, count: int, seed: int) -> NDArray[np.int64]:
    """[draw] how many different traits of the person `count` of the dimensions name, drawn at
    random.
    """
    generator = np.random.default_rng(seed)
    readings = [truth.reading(dim) for dim in truth.dims]
    draws = [generator.choice(len(readings), count, replace=False) for _ in range(DRAWS)]
    return np.array([len(_traits([readings[row] for row in draw])) for draw in draws])


def highest(dims: tuple[int, ...], values: Float, count: int) -> tuple[int, ...]:
    """The `count` dimensions of highest value [dimension], the highest first."""
    return tuple(dims[row] for row in np.argsort(-values, kind="stable")[:count])


def _traits(readings: Iterable[Reading]) -> set[str]:
    return {reading.factor for reading in readings if not reading.nuisance}


@dataclass(frozen=True)
class Agreement:
    """How far the encoder's view of the sweeps (probes of re-encoded frames) agrees with that of a
    judge of pixels.

    Attributes
    ----------
    names, dims : the attributes that both judges know, and the dimensions.
    overall : Spearman's rank correlation of their responses over all dimensions and attributes.
    by_attribute : [attribute] the same over dimensions.
    same_strongest : dimensions of which both name the same attribute as the one that responds
        most.
    clear, same_sign : pairs that respond by more than two standard errors in both views, and those
        among them that respond in the same direction.
    disagreements : dimension, attribute, the encoder's response and the pixels': the pairs that
        differ most, each judge's responses taken in units of their own root mean square.
    """

    names: tuple[str, ...]
    dims: tuple[int, ...]
    overall: float
    by_attribute: Float
    same_strongest: int
    clear: int
    same_sign: int
    disagreements: tuple[tuple[int, str, float, float], ...]


def compare_judges(
    dims: tuple[int, ...],
    names: tuple[str, ...],
    slopes: Float,
    errors: Float,
    known: NDArray[np.bool_],
) -> Agreement:
    """Compare both judges' responses of attributes to sweeps.

    Parameters
    ----------
    slopes, errors : [judge, dimension, attribute] responses in logit standard deviations per
        sigma, and their standard errors; the encoder's come first.
    known : [attribute] which attributes both judges could learn.
    """
    from scipy.stats import rankdata

    slopes, errors = slopes[:, :, known], errors[:, :, known]
    names = tuple(name for name, use in zip(names, known, strict=True) if use)
    code, pixels = slopes
    clear = (np.abs(slopes) > 2 * errors).all(axis=0)
    size = np.sqrt(np.square(slopes).mean(axis=(1, 2), keepdims=True))
    scaled = divided(slopes, size)
    apart = np.argsort(-np.abs(scaled[0] - scaled[1]), axis=None, kind="stable")[:SHOWN]
    places = [divmod(int(place), len(names)) for place in apart]
    return Agreement(
        names=names,
        dims=dims,
        overall=_correlation(rankdata(code), rankdata(pixels)),
        by_attribute=np.array(
            [_correlation(rankdata(a), rankdata(b)) for a, b in zip(code.T, pixels.T, strict=True)]
        ),
        same_strongest=int((np.abs(code).argmax(axis=1) == np.abs(pixels).argmax(axis=1)).sum()),
        clear=int(clear.sum()),
        same_sign=int((clear & (code * pixels > 0)).sum()),
        disagreements=tuple(
            (dims[d], names[a], float(code[d, a]), float(pixels[d, a])) for d, a in places
        ),
    )


def _correlation(a: Float, b: Float) -> float:
    """Pearson's r of two lists; 0 where either is constant."""
    return float(np.corrcoef(a, b)[0, 1]) if a.std() > 0 and b.std() > 0 else 0.0
