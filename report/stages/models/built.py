"""One of several models, with all that was found of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...engine.context import Context
from ...findings.findings import Findings
from ..codes import Codes


@dataclass(frozen=True)
class Built:
    """One of the models: its codes, and what was found; `keys` of all that was."""

    context: Context
    codes: Codes
    findings: Findings
    keys: Mapping[str, Sequence[str]]

    @property
    def name(self) -> str:
        """What report.toml calls it."""
        return self.findings.config.name
