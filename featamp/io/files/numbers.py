"""Labels that are numbers: an age, an angle, a score."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featamp.arrays import divided

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

COMMA = re.compile(r"[+-]?\d*,\d+(e[+-]?\d+)?", re.IGNORECASE)
THOUSANDS = re.compile(r"[+-]?\d{1,3},\d{3}")
GAPS = frozenset(("", "na", "n/a", "none", "null", "<na>", "nan", "?", "-", "--"))
"""What stands in a column of numbers where there is none, beside what is not finite."""


@dataclass(frozen=True)
class Numbers:
    """The numbers of some labels. Beside them stands bool [image, label], where such a label says
    whether its number lies above its split.

    Attributes
    ----------
    columns : [number] which of the labels they are.
    values : [image, number].
    splits : [number] from `split_at`.
    """

    columns: tuple[int, ...]
    values: Float
    splits: tuple[float, ...]

    def among(self, rows: NDArray[np.int64]) -> Numbers:
        """Those of some images."""
        return replace(self, values=self.values[rows])

    def of(self, label: int) -> Float | None:
        """[image] the numbers of a label; None where it has none."""
        return self.values[:, self.columns.index(label)] if label in self.columns else None


def as_values(labels: Bool, numbers: Numbers | None) -> NDArray[Any]:
    """[image, label] what correlations are of: numbers as they are (in their own standard
    deviations, so that single precision holds them), other labels as 0 and 1.
    """
    if numbers is None:
        return labels
    spread = np.where(np.ptp(numbers.values, axis=0) > 0, numbers.values.std(axis=0), 0.0)
    centred = numbers.values - numbers.values.mean(axis=0)
    values = labels.astype(np.float64)
    values[:, numbers.columns] = divided(centred, spread)
    return values


def split_at(values: Float) -> float:
    """The value above which a number counts as high: its median, or the nearest below it that any
    lies above.
    """
    middle = float(np.median(values))
    below = values[values < values.max()]
    return middle if middle < values.max() or not len(below) else float(below.max())


def has_commas(texts: Sequence[str]) -> bool:
    """Whether a column of text has numbers with a decimal comma, as spreadsheets write them in
    much of Europe; where each has three digits after it, they may be thousands.
    """
    with_comma = [text for text in texts if "," in text]
    return bool(with_comma) and (
        all(COMMA.fullmatch(text) for text in with_comma)
        and not all(THOUSANDS.fullmatch(text) for text in with_comma)
        and not any("." in text for text in texts)
    )


def as_numbers(texts: Sequence[str]) -> Float | None:
    """The numbers of a column of text, nan where there is none; None where it holds anything
    else.
    """
    commas = has_commas(texts)
    try:
        return np.array([_number(text.replace(",", ".") if commas else text) for text in texts])
    except ValueError:
        return None


def _number(text: str) -> float:
    if text.strip().lower() in GAPS:
        return np.nan
    if "_" in text:  # Python would read 12_34 as a number
        raise ValueError(text)
    number = float(text)
    return number if np.isfinite(number) else np.nan
