"""The decoder for the page that decodes by itself: exported, and compared with the network
itself once, whatever a person chooses.
"""

from __future__ import annotations

import gzip
import importlib.util
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from featamp.io.portable.run import Hindered
from featamp.measure.sweep import amplify
from featamp.statistics.direction import axis_direction
from featamp.statistics.support import measure_support
from featamp.statistics.variance import VarianceRanking

from ..engine.context import Context
from ..engine.hashing import code_hash, digest, find_version, versions
from ..engine.model_inputs import open_as_read
from ..engine.records import load_record, save_record
from ..engine.store import Artifact
from ..findings.images import Samples
from ..findings.live import Checked, Live, Readers
from ..findings.plan import Plan
from ..findings.sweeps import Control
from .codes import Codes
from .labels import Judges

PACKAGES = ("onnx", "onnxruntime")
"""What exports and checks a decoder; the page says so where one is not installed."""
BOUND = 1 / 255
"""The largest difference from a frame of the network's own, pixels in [0, 1]."""
TRIED = 64 * 64 * 64
"""Pixels decoded at a time, so that little is in memory."""
STARTS, FEWEST, NUMBERS = 512, 72, 49_152
"""Real codes to start from and to be near to: so many, unless that were more numbers, and never
fewer than those.
"""
DIFFERS = "differs"
"""The reason where the exported decoder gives other pictures."""
NETWORK, REASON, RECORD = "network.onnx", "reason.txt", "record.npz"
PACKED = "network.onnx.gz"


def _export(context: Context, part: Path) -> None:
    """The decoder as ONNX, or why there is none."""
    from featamp.io.portable.export import NotPortable, export_decoder

    vae, cpu = context.model, replace(context.config.compute, device="cpu")
    if vae.device.type != "cpu" and not context.given:  # it may hold more than its weights there
        vae = open_as_read(replace(context.config, compute=cpu), context.read, context.store)
    reason = ""
    try:
        (part / NETWORK).write_bytes(export_decoder(vae))
    except NotPortable as error:
        reason = str(error)
    (part / REASON).write_text(reason, encoding="utf-8")


@dataclass(frozen=True)
class LiveMaker:
    """Makes what the page decodes from what the other stages found."""

    context: Context
    codes: Codes
    ranking: VarianceRanking
    samples: Samples
    plan: Plan

    def make(
        self, judges: Judges | None, controls: Iterable[Control]
    ) -> tuple[Live, list[Artifact]]:
        """The decoder, checked, and the real codes and directions to move it by."""
        checked, network, artifacts = self._decoder()
        rows = self._starts()
        starts = np.array(self.codes.mu[rows])
        support = measure_support(
            starts, self.ranking.active_std, self.context.config.compute.seed
        )
        readers = None
        if judges is not None and judges.probes.told.any():
            told, probes = judges.probes.told, judges.probes
            names = tuple(n for n, known in zip(probes.names, told, strict=True) if known)
            readers = Readers(names, probes.weights[told])
        directions = tuple(control for control in controls if control.kind != "random")
        names = tuple(self.codes.images.names[row] for row in rows)
        live = Live(checked, network, names, starts, support.limit, directions, readers)
        return live, artifacts

    def _starts(self) -> NDArray[np.int64]:
        """Code rows to start from: the samples, then others at random."""
        samples, count = self.samples.rows, len(self.codes.mu)
        wanted = max(FEWEST, min(STARTS, NUMBERS // self.codes.dims)) - len(samples)
        others = np.setdiff1d(np.arange(count), samples)
        seed = self.context.config.compute.seed
        chosen = np.random.default_rng(seed).choice(others, min(wanted, len(others)), False)
        return np.concatenate([samples, np.sort(chosen)])

    def _exported(self) -> Artifact:
        context = self.context
        model, data = context.config.model, context.config.data
        key = digest(
            context.weights,
            list(context.model_inputs.values()),
            [model.factory, model.adapter, model.kwargs, model.state_key, model.ignore_keys],
            [model.pixels, data.size, data.mean, data.std],
            code_hash(
                "featamp.io.portable.export", "featamp.io.network.opening", "featamp.demo.vae"
            ),
            versions("torch", "numpy", *PACKAGES),
        )
        return context.store.artifact("decoder", key, partial(_export, context))

    def _decoder(self) -> tuple[Checked, Path | None, list[Artifact]]:
        if missing := [name for name in PACKAGES if importlib.util.find_spec(name) is None]:
            return Checked(", ".join(missing), missing=True), None, []
        try:
            return self._checked(self._exported())
        except Hindered as error:  # not kept: the next build tries again
            self.context.store.lacking = True
            return Checked(str(error)), None, []

    def _checked(self, exported: Artifact) -> tuple[Checked, Path | None, list[Artifact]]:
        network = exported.path / NETWORK
        if not network.exists():
            reason = (exported.path / REASON).read_text(encoding="utf-8")
            return Checked(reason), None, [exported]
        key = digest(
            exported.key,
            self.samples.key,
            self.plan.explored,
            self._ends.tolist(),
            code_hash(
                "featamp.io.portable.run", "featamp.io.portable.weights", "report.stages.live"
            ),
            find_version("onnxruntime"),
        )
        artifact = self.context.store.artifact("live", key, partial(self._check, network))
        packed = artifact.path / PACKED
        checked = load_record(artifact.path / RECORD, Checked)
        return checked, packed if packed.exists() else None, [exported, artifact]

    def _check(self, network: Path, part: Path) -> None:
        """Keep the network with its weights in 16 bits where it then still decodes the same."""
        from featamp.io.portable.weights import halved

        whole = network.read_bytes()
        for content, half in ((halved(whole), True), (whole, False)):
            checked = self._compare(content, half)
            if not checked.reason:
                (part / PACKED).write_bytes(gzip.compress(content, 9, mtime=0))
                break
        save_record(part / RECORD, checked)

    def _compare(self, network: bytes, half: bool) -> Checked:
        from featamp.io.portable.run import open_decoder

        count, difference = 0, 0.0
        try:
            decoder = open_decoder(network)
            height, width = self.context.config.data.size
            tried, at_once = self._tried(), max(1, TRIED // (height * width))
            for first in range(0, len(tried), at_once):
                some = tried[first : first + at_once]
                decoded, frames = decoder.decode(some), self.context.model.decode(some)
                count += len(frames)
                worst = np.abs(decoded - frames).max()
                difference = float(np.maximum(difference, worst))  # what is no number stays
        except ValueError as error:
            return Checked(str(error))
        reason = "" if difference <= BOUND else DIFFERS
        return Checked(reason, False, count, difference, half, decoder.batch is None)

    @property
    def _ends(self) -> NDArray[np.float64]:
        """Both ends of the wide range, in standard deviations."""
        return self.plan.steps["wide-sigma"][[0, -1]]

    def _tried(self) -> NDArray[np.float32]:
        """[code, dim] the samples' codes, and each moved to either end of the wide range along
        each of the dimensions of highest variance.
        """
        starts, std = np.array(self.codes.mu[self.samples.rows]), self.ranking.std
        moved = [
            amplify(starts, axis_direction(dim, std), self._ends) for dim in self.plan.explored
        ]
        return np.concatenate([starts, *(codes.reshape(-1, self.codes.dims) for codes in moved)])
