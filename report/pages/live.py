"""What the page Live loads: a small script of what there is to move, and once a person opens the
decoder the larger ones, which hold binary content as text: a page on disk can load nothing else.
"""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featamp.measure.sweep import MAP_GAIN
from featamp.statistics.support import LIMIT_QUANTILE, TAIL

from ..engine.places import TEMPLATES
from ..findings.findings import Findings
from ..findings.live import Live

VENDOR = TEMPLATES / "vendor/onnxruntime-web"
ASKED_ABOVE = 60_000_000
"""Bytes of weights above which the page asks before it loads them."""
STEP = 0.05
"""Of a slider, in standard deviations."""


def live_files(findings: Findings) -> dict[str, bytes]:
    """Path in the site to content; without a decoder that a browser can run, what the page needs
    where `serve` decodes for it.
    """
    live = findings.live
    if live is None:
        reason = "this report holds no decoder; the page says why"
        return {"data/live.js": _script(f"featamp.live = {json.dumps({'reason': reason})};")}
    network = live.network.read_bytes() if live.network else b""
    facts = json.dumps(_facts(findings, live, network))
    files = {
        "data/live.js": _script(f"featamp.live = {facts};"),
        "live/codes.js": _given("codes", _numbers(findings, live)),
    }
    if not network:
        return files
    return {
        **files,
        "live/network.js": _given("network", {"network": _text(network)}),
        "live/runtime.js": _given("runtime", _runtime()),
        "live/LICENSE.txt": (VENDOR / "LICENSE").read_bytes(),
        "live/ThirdPartyNotices.txt.gz": (VENDOR / "ThirdPartyNotices.txt.gz").read_bytes(),
    }


def given(site: Path, name: str) -> str:
    """What a script of `live/` gives to the page, as JSON."""
    text = (site / f"live/{name}.js").read_text(encoding="utf-8")
    return text[text.index("{") : text.rindex("}") + 1]


def loaded_megabytes(files: dict[str, bytes]) -> float:
    """What is loaded when the decoder is opened."""
    return sum(len(content) for name, content in files.items() if name.endswith(".js")) / 1e6


def _facts(findings: Findings, live: Live, network: bytes) -> dict[str, object]:
    """What the page shows before anything is decoded."""
    variance, decisions = findings.variance, findings.screening.decisions
    low, high = findings.plan.steps["wide-sigma"][[0, -1]].tolist()
    dimensions = [
        {
            "key": str(dim),
            "dim": int(dim),
            "rank": int(variance.rank[dim]),
            "std": float(variance.std[dim]),
            "verdict": decisions[dim].verdict,
            "attribute": decisions[dim].attribute or "",
            "page": int(dim) in findings.swept,
        }
        for dim in variance.order
        if variance.active[dim]
    ]
    directions = [{"key": d.name, "attribute": d.attribute or ""} for d in live.directions]
    return {
        "reason": "",
        "served": not network,
        "checkpoint": findings.model.checkpoint[:12],
        "dims": len(variance.std),
        "size": list(findings.config.data.size),
        "batched": live.checked.batched,
        "weights": len(network),
        "askedAbove": ASKED_ABOVE,
        "dimensions": dimensions,
        "directions": directions,
        "names": list(live.names),
        "samples": len(findings.samples.names),
        "steps": findings.plan.steps["sigma"].tolist(),
        "low": low,
        "high": high,
        "step": STEP,
        "gain": MAP_GAIN,
        "limit": live.limit,
        "within": LIMIT_QUANTILE,
        "tail": TAIL,
        "readers": list(live.readers.names) if live.readers else [],
    }


def _numbers(findings: Findings, live: Live) -> dict[str, str]:
    """Arrays as the script reads them: float32, little-endian, in base64."""
    none = np.zeros((0, len(findings.variance.std)))
    arrays: dict[str, NDArray[Any]] = {
        "codes": live.codes,
        "mean": findings.variance.mean,
        "std": findings.variance.active_std,
        "moves": np.array([d.swept.move for d in live.directions]) if live.directions else none,
        "readers": live.readers.weights if live.readers else none,
    }
    return {name: _text(values.astype("<f4").tobytes()) for name, values in arrays.items()}


def _runtime() -> dict[str, str]:
    """The library that runs the network: its script, and its compiled part, gzipped."""
    bundle = (VENDOR / "ort.wasm.bundle.min.mjs").read_text(encoding="utf-8")
    compiled = (VENDOR / "ort-wasm-simd-threaded.wasm.gz").read_bytes()
    return {"bundle": bundle, "compiled": _text(compiled)}


def _given(name: str, values: dict[str, str]) -> bytes:
    return _script(f"featamp.live.give({json.dumps(name)}, {json.dumps(values)});")


def _script(statement: str) -> bytes:
    return f'"use strict";\n{statement}\n'.encode()


def _text(content: bytes) -> str:
    return b64encode(content).decode()
