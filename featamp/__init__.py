"""What each latent dimension of a trained VAE does: numbers in, numbers out.

The names below are what a notebook uses; they are imported when they are first asked for.

Examples
--------
>>> model = featamp.open_model(vae)  # or a checkpoint file
>>> codes = featamp.encode(model, images)
>>> labels = featamp.read_labels(root, codes.names)
>>> strongest = featamp.rank(codes).order[0]
>>> swept = featamp.sweep(model, codes, strongest, samples=3)
>>> judged = featamp.judge(model, swept, featamp.reconstruct(model, images))
>>> few = {"sweep": {"samples": 2}, "experiments": {"explore": 4}}
>>> report = featamp.build_report(model, images, folder=folder, settings=few, progress=False)
>>> report.index.name
'index.html'
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from featamp.api import (
        Codes,
        Judgement,
        Sweep,
        correlate,
        encode,
        fit_probes,
        judge,
        open_model,
        rank,
        read_labels,
        reconstruct,
        sweep,
    )
    from featamp.errors import InputError

__version__ = "0.1.0"
__all__ = [
    "Codes",
    "InputError",
    "Judgement",
    "Report",
    "Sweep",
    "build_report",
    "correlate",
    "encode",
    "fit_probes",
    "judge",
    "open_model",
    "rank",
    "read_labels",
    "reconstruct",
    "sweep",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401  whatever the name stands for
    """Import a public name when it is first asked for: `import featamp` alone loads no torch."""
    if name not in __all__:
        raise AttributeError(f"module 'featamp' has no attribute {name!r}")
    home = "featamp.errors" if name == "InputError" else "featamp.api"
    if name in ("Report", "build_report"):
        # The report stands above the numbers, and nothing here imports it: only its name is known,
        # one where featamp is installed, another in a clone.
        home = "featamp.report.api" if find_spec("featamp.report") else "report.api"
    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
