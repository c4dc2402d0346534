"""Demo data: rendered face portraits with known factors, written as a CelebA folder like any
other.
"""

from __future__ import annotations

from featamp.demo.faces.factors import CONTINUOUS, Factors, draw_factors, with_attribute
from featamp.demo.faces.folder import SETS, is_complete, write_folder
from featamp.demo.faces.render import render

__all__ = [
    "CONTINUOUS",
    "SETS",
    "Factors",
    "draw_factors",
    "is_complete",
    "render",
    "with_attribute",
    "write_folder",
]
