"""Numbers as the pages print them: Jinja filters, every rounding of the site in one place; and
what is seen of a dimension without a name, as pages and figures call it.
"""

from __future__ import annotations

import math
from typing import SupportsFloat

from featamp.io.files.steps import Size

from ..engine.console import counted

MINUS = "\N{MINUS SIGN}"
HUGE = 1e12
"""From here on no number is written out."""
SPACE = "\N{NO-BREAK SPACE}"
CHANGES = {
    "turn": "the head turns",
    "nod": "the head nods",
    "roll": "the picture turns",
    "scale": "the picture grows",
    "shift_x": "a shift to the side",
    "shift_y": "a shift up or down",
    "shear": "the picture shears",
    "stretch": "the picture stretches",
    "surroundings": "surroundings",
    "tinted surroundings": "tint of surroundings",
    "tint": "tint of the whole",
    "shape": "shape",
    "skin": "skin tone",
    "hair": "hair",
    "side": "light from a side",
    "slope": "light that falls off",
    "all": "light, tint or blur",
    "even": "the same both ways",
    "reverses": "reverses on some",
    "differs": "samples differ",
    "collapsed": "collapsed",
}
"""What is seen, by `featamp.verdict.rule.Decision.reason`."""


def fixed(value: SupportsFloat, digits: int = 2) -> str:
    """A number with a fixed count of decimals, a real minus sign, and no negative zero; one that
    nobody could read, such as the KL of a network that was never trained, as a power of ten.
    """
    if HUGE <= abs(float(value)) < math.inf:
        return f"{float(value):.2e}".replace("-", MINUS).replace("e+", " × 10^")
    text = f"{float(value):,.{digits}f}"
    return text.lstrip("-") if float(text.replace(",", "")) == 0 else text.replace("-", MINUS)


def signed(value: SupportsFloat, digits: int = 2) -> str:
    """As `fixed`, with a plus sign before what is above zero."""
    text = fixed(value, digits)
    return text if text.startswith(MINUS) or not text.strip("0.,") else f"+{text}"


def short(r: SupportsFloat) -> str:
    """A correlation in a narrow cell: .24, −.24."""
    return fixed(r).replace("0.", ".", 1)


def figures(value: SupportsFloat, count: int = 3) -> str:
    """A number with `count` significant figures, as `fixed` writes it: 455, 20.7, 0.0123."""
    number = float(value)
    if math.isinf(number):
        return "∞" if number > 0 else f"{MINUS}∞"
    if number == 0 or not math.isfinite(number):
        return fixed(number, 0)
    exponent = int(f"{number:.{count - 1}e}".partition("e")[2])  # as rounded: 9.996 is 10.0
    return fixed(number, min(max(count - 1 - exponent, 0), 12))


def alpha(value: SupportsFloat) -> str:
    """A step alpha in as many decimals as a narrow column heading holds."""
    size = abs(float(value))
    return signed(value, 2 if size < 9.995 else 1 if size < 99.95 else 0)


def step(value: SupportsFloat) -> str:
    """A step as a person wrote it: −3, 0, +2.5."""
    return "0" if float(value) == 0 else f"{float(value):+g}".replace("-", MINUS)


def bare(value: SupportsFloat) -> str:
    """A number with no more decimals than it has: 2, 1.5, −0.25."""
    return f"{float(value):g}".replace("-", MINUS)


def points(rise: SupportsFloat) -> str:
    """A difference of two shares: 2 points."""
    return f"{bare(100 * float(rise))}{SPACE}points"


def percent(share: SupportsFloat, digits: int = 0) -> str:
    """A share in percent; below the last digit it says so rather than 0."""
    number = 100 * float(share)
    least = 10.0**-digits
    if 0 < number <= least / 2:  # a half is rounded to the even 0
        return f"<{SPACE}{least:.{digits}f}{SPACE}%"
    return f"{fixed(number, digits)}{SPACE}%"


def probability(value: SupportsFloat) -> str:
    """A p- or q-value: 0.012, < 0.001."""
    return f"<{SPACE}0.001" if float(value) < 0.001 else fixed(value, 3)


def levels(change: SupportsFloat) -> str:
    """A change of pixels in [0, 1] as grey levels of 255."""
    return figures(255 * float(change), 2)


def fact(value: object) -> str:
    """What a checkpoint says of itself: text as it is, numbers short."""
    return f"{value:.6g}".replace("-", MINUS) if isinstance(value, float) else str(value)


def listing(words: list[str] | tuple[str, ...]) -> str:
    """Words as a sentence holds them: a, b and c."""
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


def spaced(name: str) -> str:
    """An attribute's name for reading: Mouth_Slightly_Open without its underscores."""
    return name.replace("_", " ")


def by(size: Size) -> str:
    """Height and width in pixels as people say them, the width first: 178 × 218."""
    return f"{size[1]} × {size[0]}"


def strength(value: SupportsFloat) -> float:
    """What a number of either sign is sorted by."""
    return abs(float(value))


def coordinate(value: SupportsFloat) -> str:
    """Where a line of a drawing goes, in hundredths: 12.50."""
    return f"{float(value):.2f}"


def place(value: SupportsFloat, limit: float) -> str:
    """Where a value lies on an axis from -limit to limit, in percent of its length."""
    return f"{50 + 50 * min(max(float(value) / limit, -1.0), 1.0):.2f}%"


FILTERS = {
    function.__name__: function
    for function in (
        counted,
        fixed,
        signed,
        short,
        figures,
        alpha,
        step,
        bare,
        points,
        percent,
        probability,
        levels,
        fact,
        listing,
        spaced,
        by,
        strength,
        coordinate,
        place,
    )
}
