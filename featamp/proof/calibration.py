"""What the bounds of `featamp.measure.visible` were set on, as it was measured: on rendered faces,
by `tests.featamp.proof.visibility`, which a test runs anew.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Seen:
    """How much of a change there is to see.

    Attributes
    ----------
    name : what changes.
    trait : whether it is a trait over half of its range, which has to be seen, or noise, which
        must not.
    amount : as in `featamp.measure.visible.Visible`.
    """

    name: str
    trait: bool
    amount: float


CALIBRATED = (
    Seen("smile", True, 0.126),
    Seen("mouth opening", True, 0.144),
    Seen("makeup", True, 0.085),
    Seen("glasses", True, 0.432),
    Seen("bangs", True, 0.665),
    Seen("grain of 0.005", False, 0.007),
    Seen("grain of 0.01", False, 0.014),
    Seen("grain of 0.02", False, 0.028),
    Seen("grain of 0.03", False, 0.044),
    Seen("JPEG of quality 95", False, 0.039),
    Seen("JPEG of quality 90", False, 0.055),
    Seen("an unsure decoder", False, 0.044),
)
