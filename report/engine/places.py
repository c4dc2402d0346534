"""Where our own files lie: in a clone, or as a wheel installs them."""

from __future__ import annotations

from pathlib import Path

import featamp

PROJECT = Path(__file__).resolve().parents[2]
"""The folder that holds `report/` and `templates/`."""
TEMPLATES = PROJECT / "templates"
HOUSES = {"report": PROJECT, "featamp": Path(featamp.__path__[0]).resolve().parent}
"""The folder that holds each package of ours, by its name; installed, `report` is a part of
`featamp`.
"""
INSTALLED = __name__.startswith("featamp.")
PROGRAM = "featamp" if INSTALLED else "python -m report"
"""How a person starts a command of ours."""
LIVE = 'pip install "featamp[live]"' if INSTALLED else "make live"
"""What installs that which the page Live needs besides."""
