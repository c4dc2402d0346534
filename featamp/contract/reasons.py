"""Why outputs of `encode` may not be what they are taken for, in a few words, for a notebook."""

from __future__ import annotations

from featamp.contract.network import Doubt

REASONS = {
    "parameters": "both are positive everywhere, as the parameters of a Beta or a Gamma are",
    "same": "both are the same",
    "positive": "the second is positive everywhere, as a standard deviation or a variance is",
    "drawn": "the second follows the first, as a sample of the posterior does",
    "wide": "the second's exponential is larger than both the prior and the variance of the first",
    "sample": "a sample of such a posterior changes the picture more than another image does, as"
    " also where pixels have another range, or a network has hardly learnt",
    "surface": "all codes have one {name}, and no dimension can be moved alone",
    "sigma": "the second falls with what a dimension does to the picture as log sigma does",
    "alone": "there is no second, and {parts} may belong between encode and decode",
    "between": "the network's own forward passes codes through {parts}, and neither side calls it",
}
"""By the kind of a doubt that is a question."""


def reason(doubt: Doubt) -> str:
    """A doubt as a notebook is told it; the site and `check` tell it with all its numbers."""
    found = {n: ", ".join(v) if n == "parts" else v for n, v in doubt.found.items()}  # type: ignore[arg-type]
    return REASONS[doubt.kind].format(**found)
