"""Sweeps of known truth, rendered: one factor of a face moves, all others stay."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from featamp.demo.faces.factors import Factors, draw_factors
from featamp.demo.faces.render import render
from featamp.io.files.decode import preprocess

Float = NDArray[np.float64]
Float32 = NDArray[np.float32]

SIZE, CROP = 64, 178
ENDS = (0.02, 0.98)
"""The percentiles between which a factor ranges."""
POPULATION = 4096
"""Faces over which the range of a factor is taken."""


def rendered_sweep(
    factor: str, people: int, seed: int, steps: Float, share: float = 0.5, half: float = 2.0
) -> Float32:
    """Render a sweep of one factor: [person, step, size, size, 3], pixels in [0, 1].

    The middle of its range (`ENDS`) is step 0, and `share` of the range lies between `half` and
    minus `half` standard deviations.

    Parameters
    ----------
    factor : one of `featamp.demo.faces.CONTINUOUS`.
    steps : [step] in standard deviations.
    """
    low, high = np.quantile(draw_factors(POPULATION, seed).continuous[factor], ENDS)
    values = (low + high) / 2 + steps * (high - low) * share / (2 * half)
    return render_changed(draw_factors(people, seed), [{factor: float(v)} for v in values])


def render_changed(faces: Factors, changes: list[Mapping[str, float]]) -> Float32:
    """Faces with some factors changed: [face, change, size, size, 3], pixels in [0, 1]."""
    rows = []
    for index in range(len(faces)):
        columns = {
            name: np.array([change.get(name, column[index]) for change in changes])
            for name, column in faces.continuous.items()
        }
        changed = Factors(columns, np.repeat(faces.attributes[index : index + 1], len(changes), 0))
        rows.append([_picture(changed, place) for place in range(len(changes))])
    return np.array(rows, np.float32) / np.float32(255.0)


def _picture(faces: Factors, index: int) -> NDArray[np.uint8]:
    return preprocess(Image.fromarray(render(faces, index)), CROP, SIZE)
