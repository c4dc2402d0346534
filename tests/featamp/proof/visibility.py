"""What the bounds of `featamp.measure.visible` are calibrated on: traits of rendered faces, and
noise that names nothing.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from featamp.demo.faces.factors import draw_factors
from featamp.measure.visible import image_amounts, measure_visible
from tests.featamp.proof.rendered import render_changed, rendered_sweep

Float32 = NDArray[np.float32]

TRAITS = ("smile", "mouth_opening", "makeup", "glasses", "bangs")
"""Half the range of each, from -2 to +2 standard deviations, is plain to see."""
GRAINS = (0.005, 0.01, 0.02, 0.03)
"""Standard deviations of noise as a sensor's, from pixel to pixel."""
QUALITIES = (95, 90)
"""Of JPEG."""
UNSURE = 0.01
"""Standard deviation of noise as a decoder's that is not sure: smooth over two pixels."""
IMAGES = 32
"""Images between which the yardstick is taken."""
STEPS = np.array([-2.0, 2.0])


@dataclass(frozen=True)
class Seen:
    """One line of the calibration.

    Attributes
    ----------
    name : what changes.
    trait : whether it is one of `TRAITS`, which have to be seen, or noise, which must not.
    region, amount, top : as in `featamp.measure.visible.Visible`.
    """

    name: str
    trait: bool
    region: str
    amount: float
    top: float


def visibility_table(people: int = 6, seed: int = 11) -> tuple[Seen, ...]:
    """Measure what there is to see of each trait and of each noise, on the faces of a seed."""
    generator = np.random.default_rng(seed)
    images = render_changed(draw_factors(IMAGES, seed + 1), [{}])[:, 0]
    yardstick = image_amounts(images)
    faces = images[:people]

    def line_of(name: str, trait: bool, frames: Float32, origins: Float32) -> Seen:
        seen = measure_visible(frames, origins, STEPS, yardstick)
        return Seen(name, trait, seen.region, seen.amount, seen.top)

    def noisy(name: str, change: Callable[[Float32], Float32]) -> Seen:
        frames = [[np.clip(change(face), 0.0, 1.0) for _ in STEPS] for face in faces]
        return line_of(name, False, np.array(frames, np.float32), faces)

    lines = []
    for trait in TRAITS:
        sweep = rendered_sweep(trait, people, seed, np.array([-2.0, 0.0, 2.0]))
        lines.append(line_of(trait, True, sweep[:, [0, 2]], sweep[:, 1]))
    for grain in GRAINS:
        lines.append(noisy(f"grain of {grain}", partial(_grainy, generator, grain)))
    for quality in QUALITIES:
        lines.append(noisy(f"JPEG of quality {quality}", partial(_jpeg, quality)))
    lines.append(noisy("an unsure decoder", partial(_unsure, generator)))
    return tuple(lines)


def _grainy(generator: np.random.Generator, grain: float, picture: Float32) -> Float32:
    return picture + np.float32(grain) * generator.standard_normal(picture.shape, np.float32)


def _unsure(generator: np.random.Generator, picture: Float32) -> Float32:
    from scipy.ndimage import gaussian_filter

    noise = gaussian_filter(generator.standard_normal(picture.shape, np.float32), (2.0, 2.0, 0.0))
    return np.asarray(picture + UNSURE * noise / noise.std(), np.float32)


def _jpeg(quality: int, picture: Float32) -> Float32:
    encoded = io.BytesIO()
    Image.fromarray(np.rint(picture * 255.0).astype(np.uint8)).save(
        encoded, "JPEG", quality=quality
    )
    return np.asarray(Image.open(encoded), np.float32) / np.float32(255.0)
