"""The report's own statistics on simulated data whose answer is known: do they find it, and no
more than it?

Everything here is drawn from one seed and goes through the functions that the report uses, so that
their mistakes show. Notation: attribute y = [latent normal > threshold], code x = rho latent +
sqrt(1 - rho^2) noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from featamp.measure.layout import REGIONS
from featamp.measure.quality import Quality, measure_quality
from featamp.measure.response import AttributeResponse, attribute_response, code_response
from featamp.measure.sweep import amplify
from featamp.proof.disentanglement import measure_disentanglement, random_rotation
from featamp.statistics.correlation import correlate_labels, fisher_interval, point_biserial
from featamp.statistics.direction import axis_direction
from featamp.statistics.holdout import hold_out, measure_held_out
from featamp.statistics.interval import robust_intervals
from featamp.statistics.labels.probe import fit_probes
from featamp.statistics.labels.shares import axis_shares, random_axis_shares
from featamp.statistics.redraws import bootstrap
from featamp.statistics.variance import rank_by_variance

Float = NDArray[np.float64]
Float32 = NDArray[np.float32]

SEED = 0
STEPS = np.linspace(-3.0, 3.0, 10)
FACES = 4
"""Rendered faces in which one factor is swept."""
COMMON, RARE, RAREST = 0.48, 0.065, 0.02
"""Base rates of Smiling and of Eyeglasses in CelebA, and of the rarest attributes, as Bald."""
SPREADS = (1.0, 2.0)
"""Spread of the codes of images with the attribute over that of the others."""
STRENGTHS = (0.0, 0.1, 0.3, 0.5, 0.7)
"""Correlations rho of a code with the normal variable behind the label."""


@dataclass(frozen=True)
class Coverage:
    """How many 95 % intervals of r hold the true r.

    Attributes
    ----------
    rates, counts : [case] base rate of the attribute, and images in a data set.
    spreads : [case] spread of the codes of images with it over that of the others.
    truth : [case, strength] the true point-biserial r.
    held : [case, strength] share of the intervals that hold it.
    data_sets : simulated for each case.
    """

    rates: tuple[float, ...]
    counts: tuple[int, ...]
    spreads: tuple[float, ...]
    truth: Float
    held: Float
    data_sets: int

    @property
    def noise(self) -> float:
        """Two standard errors of a share of so many intervals."""
        return 2 * float(np.sqrt(0.95 * 0.05 / self.data_sets))

    @property
    def worst(self) -> Float:
        """[case] the share that lies farthest from .95, of any strength."""
        at = np.abs(self.held - 0.95).argmax(axis=1)
        return np.asarray(self.held[np.arange(len(at)), at], np.float64)


@dataclass(frozen=True)
class Discovery:
    """What q below `level` lets through (Benjamini and Hochberg 1995).

    Attributes
    ----------
    level : of q.
    false : share of the pairs let through that have nothing to find, the mean over families: at
        most `level`.
    found : share of the pairs with something to find that are let through.
    families, pairs : simulated families, and pairs in each.
    """

    level: float
    false: float
    found: float
    families: int
    pairs: int


@dataclass(frozen=True)
class Choice:
    """The best of many dimensions, on the images that chose it and on others.

    Attributes
    ----------
    dims, images, attributes : in each simulated data set, and attributes in all of them.
    truth : mean over attributes of |true r| of the chosen dimension.
    bias_selected, bias_reported : mean of what |r| shows beyond the truth, on the images that
        chose and on the others (with the sign that it had when it was chosen).
    error_selected, error_reported : standard errors of these means.
    held_selected, held_reported : share of 95 % intervals of the chosen r that hold the true one.
    tied : share of attributes whose truly best dimension is among those called tied with the best.
    """

    dims: int
    images: int
    attributes: int
    truth: float
    bias_selected: float
    bias_reported: float
    error_selected: float
    error_reported: float
    held_selected: float
    held_reported: float
    tied: float


@dataclass(frozen=True)
class Alignment:
    """Codes that are the factors themselves, against the same codes turned at random.

    Attributes
    ----------
    dims : of the codes.
    share_aligned, share_turned : mean share r^2 / R^2 of the best dimension.
    null, null_high : the share that a random axis has: mean and 95th percentile.
    own_aligned, off_aligned : response of an axis's own attribute to a sweep along it, in logit
        standard deviations per sigma, and largest response of another attribute over it (means
        over axes).
    off_turned : the same ratio for the turned codes, of the attribute that responds most.
    leakage_aligned : largest leakage of a sweep along an axis, decoder and encoder being each
        other's inverse.
    leakage_planted, leakage_expected : leakage where the encoder is made to bleed half a sigma for
        each sigma into another dimension, as measured and as it must be.
    self_response : smallest slope of the re-encoded code on the sweep: 1 where all of it is found.
    scores, scores_turned : MIG, SAP and DCI by name, as in
        `featamp.proof.disentanglement.Disentanglement`.
    """

    dims: int
    share_aligned: float
    share_turned: float
    null: float
    null_high: float
    own_aligned: float
    off_aligned: float
    off_turned: float
    leakage_aligned: float
    leakage_planted: float
    leakage_expected: float
    self_response: float
    scores: dict[str, float]
    scores_turned: dict[str, float]


@dataclass(frozen=True)
class Planted:
    """Sweeps whose content is known: one factor of the rendered faces each, all others held.

    Attributes
    ----------
    names : [sweep] what was swept.
    light : [sweep] True where that is brightness, tint or blur.
    photometric, consistency : [sweep] as in `featamp.measure.quality.Quality`.
    regions : [sweep] the face region in which the change is densest.
    side_effect, side_expected : largest off-target response of a dimension that was made to move a
        second attribute, as measured and as it was planted.
    """

    names: tuple[str, ...]
    light: tuple[bool, ...]
    photometric: Float
    consistency: Float
    regions: tuple[str, ...]
    side_effect: float
    side_expected: float


def true_point_biserial(rho: Float, rate: float, spread: float = 1.0) -> Float:
    """The point-biserial r of [latent > threshold] with a code of correlation rho (Pearson 1909;
    Tate 1955).

    r = rho phi(t) / sqrt(p (1 - p)), with t the threshold and phi the normal density there, over
    the standard deviation of a code whose noise is wider where the attribute is.

    Parameters
    ----------
    rho : correlations of the latent variable with codes.
    rate : base rate p of the attribute.
    spread : of the noise of images with it over that of the others.
    """
    normal = NormalDist()
    noise = (1.0 - np.square(rho)) * (1.0 - rate + rate * spread**2)
    size = np.sqrt(rate * (1.0 - rate) * (np.square(rho) + noise))
    return np.asarray(rho * normal.pdf(normal.inv_cdf(1.0 - rate)) / size, np.float64)


def threshold(latent: Float, rate: float) -> NDArray[np.bool_]:
    """Labels from standard normal variables: True for the share `rate` that lies highest."""
    return np.asarray(latent > NormalDist().inv_cdf(1.0 - rate), np.bool_)


def simulate_coverage() -> Coverage:
    """Count the intervals that hold the true r: a common, a rare and a very rare attribute, many
    images and few, codes of equal and of unequal spread.
    """
    generator, data_sets = np.random.default_rng(SEED), 250
    rho = np.array(STRENGTHS)
    cases = [
        (rate, count, spread)
        for rate in (COMMON, RARE, RAREST)
        for count in (1000, 300)
        for spread in SPREADS
    ]
    truth = np.array([true_point_biserial(rho, rate, spread) for rate, _, spread in cases])
    held = np.zeros_like(truth)
    for case, (rate, count, spread) in enumerate(cases):
        rows = np.arange(count)
        for _ in range(data_sets):
            # a pair of its own for each strength
            latents, noise = generator.standard_normal((2, count, len(rho)))
            labels = threshold(latents, rate)
            noise *= np.sqrt(1.0 - np.square(rho)) * np.where(labels, spread, 1.0)
            codes = np.asarray(rho * latents + noise, np.float32)
            r, _ = correlate_labels(codes, labels, rows)
            told = robust_intervals(codes, labels, rows, r)
            low, high = np.diag(told.low), np.diag(told.high)
            held[case] += (low <= truth[case]) & (truth[case] <= high)
    rates, counts, spreads = zip(*cases, strict=True)
    return Coverage(rates, counts, spreads, truth, held / data_sets, data_sets)


def simulate_discovery() -> Discovery:
    """Let pairs through by q where most dimensions go with no attribute, and attributes go with
    each other.
    """
    generator, level = np.random.default_rng(SEED), 0.05
    families, attributes, dims, images = 60, 20, 50, 500
    signal = np.repeat(
        [0.3, 0.0], [dims // 5, dims - dims // 5]
    )  # one dimension in five carries something
    rates = generator.uniform(RARE, 0.5, attributes)
    false, found = np.empty(families), np.empty(families)
    for family in range(families):
        shared = generator.standard_normal((images, 1))
        latents = np.sqrt(0.4) * shared + np.sqrt(0.6) * generator.standard_normal(
            (images, attributes)
        )
        labels = np.stack([threshold(latents[:, a], rate) for a, rate in enumerate(rates)], axis=1)
        names = tuple(str(a) for a in range(attributes))
        passed = point_biserial(_codes_of(shared, signal, generator), labels, names).q < level
        false[family] = passed[:, signal == 0].sum() / max(passed.sum(), 1)
        found[family] = passed[:, signal > 0].mean()
    return Discovery(level, float(false.mean()), float(found.mean()), families, attributes * dims)


def simulate_choice() -> Choice:
    """Choose the best of 256 dimensions for many attributes, each of them spread thinly over all
    dimensions.
    """
    generator, seed = np.random.default_rng(SEED), SEED
    data_sets, attributes, dims, images, rate = 4, 50, 256, 1000, 0.3
    parts = []
    for _ in range(data_sets):
        codes = generator.standard_normal((images, dims)).astype(np.float32)
        rho = generator.standard_normal((attributes, dims))
        rho *= np.sqrt(
            0.5 / np.square(rho).sum(axis=1, keepdims=True)
        )  # all dimensions explain half of the latent
        latents = codes @ rho.T + np.sqrt(0.5) * generator.standard_normal((images, attributes))
        labels, truth = threshold(latents, rate), true_point_biserial(rho, rate)
        r, _ = correlate_labels(codes, labels, np.arange(images))
        ranking = rank_by_variance(codes, np.zeros_like(codes))
        held = measure_held_out(codes, labels, hold_out(images, None, seed))
        tied = bootstrap(codes, labels, r, ranking, seed).tied
        true, chosen = held.at_dims(truth), held.at_dims(held.r_chosen)
        sign, (low, high) = np.sign(chosen), fisher_interval(chosen, held.chosen_on)
        parts.append(
            np.stack(
                [
                    np.abs(true),
                    (chosen - true) * sign,
                    (held.at_dims(held.r) - true) * sign,
                    (low <= true) & (true <= high),
                    (held.at_dims(held.low) <= true) & (true <= held.at_dims(held.high)),
                    tied[np.arange(attributes), np.abs(truth).argmax(axis=1)],
                ]
            )
        )
    each = np.concatenate(parts, axis=1)
    mean, error = (
        each.mean(axis=1).tolist(),
        (each.std(axis=1, ddof=1) / np.sqrt(each.shape[1])).tolist(),
    )
    return Choice(dims, images, each.shape[1], *mean[:3], *error[1:3], *mean[3:])


def simulate_alignment() -> Alignment:
    """Give the report codes that are the factors, and the same codes turned by a random
    rotation.
    """
    generator, seed, dims, images = np.random.default_rng(SEED), SEED, 16, 2000
    factors = generator.standard_normal((images, dims))
    scales = generator.uniform(0.5, 5.0, dims)
    turn = random_rotation(dims, generator)
    aligned, turned = (
        (factors @ basis * scales).astype(np.float32) for basis in (np.eye(dims), turn)
    )
    labels = threshold(factors + 0.3 * generator.standard_normal(factors.shape), 0.5)
    share, responses, leakage, own = zip(
        *(_alignment_of(codes, labels, seed) for codes in (aligned, turned)), strict=True
    )
    null = random_axis_shares(dims, seed)
    names = tuple(str(d) for d in range(dims))
    known = measure_disentanglement(factors, factors, names, hold_out(images, None, seed), seed)
    bleed = 0.5
    diagonal = [responses[0][d].slope[d] for d in range(dims)]
    return Alignment(
        dims=dims,
        share_aligned=share[0],
        share_turned=share[1],
        null=float(null.mean()),
        null_high=float(np.quantile(null, 0.95)),
        own_aligned=float(np.mean(diagonal)),
        off_aligned=float(np.mean([responses[0][d].off_target(d)[1] for d in range(dims)])),
        off_turned=float(
            np.mean([response.off_target(response.strongest)[1] for response in responses[1]])
        ),
        leakage_aligned=leakage[0],
        leakage_planted=_bleeding_leakage(aligned, scales, bleed),
        leakage_expected=bleed**2 / (1 + bleed**2),
        self_response=own[0],
        scores={} if known is None else known.scores,
        scores_turned={} if known is None else known.turned,
    )


def _alignment_of(
    codes: Float32, labels: NDArray[np.bool_], seed: int
) -> tuple[float, list[AttributeResponse], float, float]:
    """Mean axis share, the response of the attributes to each axis, largest leakage, smallest
    self-response.

    The decoder is a random orthonormal map into 64 pixel values, the encoder its inverse.
    """
    names = tuple(str(a) for a in range(labels.shape[1]))
    count, dims = codes.shape
    ranking = rank_by_variance(codes, np.zeros_like(codes))
    holdout = hold_out(count, None, seed)
    probes = fit_probes(codes, labels, names, holdout, seed)
    held_out, null = measure_held_out(codes, labels, holdout), random_axis_shares(dims, seed)
    share = axis_shares(codes, labels, holdout, held_out, probes, null).share
    decoder = random_rotation(64, np.random.default_rng(seed))[:dims]
    starts = codes[:8]
    responses, measured = [], []
    for dim in range(dims):
        move = axis_direction(dim, ranking.std)
        again = (amplify(starts, move, STEPS) @ decoder @ decoder.T).astype(np.float32)
        responses.append(attribute_response(probes.logits(again), STEPS))
        measured.append(code_response(again, starts, move, STEPS, ranking.std))
    leakage, own = max(m.leakage for m in measured), min(m.self_response for m in measured)
    return float(share.mean()), responses, leakage, own


def _bleeding_leakage(codes: Float32, std: Float, bleed: float) -> float:
    """Leakage of a sweep along axis 0 whose encoder puts `bleed` sigma into axis 1 for each sigma
    along axis 0.
    """
    move = axis_direction(0, std)
    swept = amplify(codes[:8], move, STEPS)
    swept[:, :, 1] += (bleed * std[1] * STEPS).astype(np.float32)
    return code_response(swept, codes[:8], move, STEPS, std).leakage


def simulate_planted() -> Planted:
    """Sweep single factors of a few rendered faces, and a dimension with a side effect."""
    light = {"exposure": True, "warmth": True, "blur": True}
    planted = light | {"smile": False, "glasses": False, "hair_darkness": False}
    quality = {name: _sweep_factor(name, FACES, SEED) for name in planted}
    expected = 0.6
    return Planted(
        names=tuple(planted),
        light=tuple(planted.values()),
        photometric=np.array([q.photometric for q in quality.values()]),
        consistency=np.array([q.consistency for q in quality.values()], np.float64),
        regions=tuple(REGIONS[int(q.density.argmax())] for q in quality.values()),
        side_effect=_side_effect(expected, SEED),
        side_expected=expected,
    )


def _sweep_factor(name: str, faces: int, seed: int) -> Quality:
    """Judge frames in which one factor runs from 0.1 to 0.9 and the face is otherwise the same."""
    from featamp.demo.faces import draw_factors

    factors = draw_factors(faces, seed)
    steps = STEPS[::3]  # four renderings a face
    values = 0.5 + 0.4 * steps / steps[-1]
    frames = np.stack(
        [_render_with(factors.continuous | {name: np.full(faces, value)}) for value in values],
        axis=1,
    )
    middle = _render_with(factors.continuous | {name: np.full(faces, 0.5)})
    return measure_quality(frames, middle, steps, 0.05, 0.2)


def _render_with(continuous: dict[str, Float]) -> Float32:
    """[face, 64, 64, 3] the faces of these factors, cropped and made small as the report does;
    pixels in [0, 1].
    """
    from PIL import Image

    from featamp.demo.faces import Factors, render

    faces = len(next(iter(continuous.values())))
    factors = Factors(continuous, np.zeros((faces, 0), np.int8))
    small = [
        Image.fromarray(render(factors, face)[20:198]).resize((64, 64), Image.Resampling.BILINEAR)
        for face in range(faces)
    ]
    return np.stack([np.asarray(picture, np.float32) / 255.0 for picture in small])


def _side_effect(size: float, seed: int) -> float:
    """Off-target response of dimension 0, which drives one attribute alone and a second one with
    weight `size`.
    """
    generator = np.random.default_rng(seed)
    codes = generator.standard_normal((4000, 8)).astype(np.float32)
    latents = np.stack(
        [codes[:, 0], size * codes[:, 0] + np.sqrt(1 - size**2) * codes[:, 1], codes[:, 2]], axis=1
    )
    labels = threshold(latents + 0.3 * generator.standard_normal(latents.shape), 0.5)
    probes = fit_probes(
        codes, labels, ("first", "second", "third"), hold_out(len(codes), None, seed), seed
    )
    swept = amplify(codes[:8], np.eye(codes.shape[1])[0], STEPS)
    return attribute_response(probes.logits(swept), STEPS).off_target(0)[1]


def _codes_of(latent: Float, rho: Float, generator: np.random.Generator) -> Float32:
    """[image, dim] codes that correlate by `rho` [dim] with latent variables [image, dim] or
    [image, 1].
    """
    noise = generator.standard_normal((len(latent), len(rho)))
    return np.asarray(rho * latent + np.sqrt(1.0 - np.square(rho)) * noise, np.float32)
