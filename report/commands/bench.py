"""`python -m report bench`: how much of what decoding and the network allow a build reaches."""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from featamp.errors import InputError
from featamp.io.batches import load_images
from featamp.io.network.model import TrainedVAE

from ..engine.console import Console
from ..engine.context import Context
from ..engine.hashing import run_from_source
from ..engine.processes.threads import one_thread_each
from ..engine.processes.workers import Workers
from ..engine.store import Artifact, Store
from ..inputs.config import load_configs
from ..inputs.selection import Selection
from ..stages.codes import Codes, encode_images, map_real_codes, rank_dimensions
from ..stages.encoding.batches import decoded_batches
from ..stages.images import Dataset, read_images
from ..stages.plan import make_plan
from ..stages.sweeps import Sweeper, take_samples
from .unpacked import unpacked

TIMED = 1.5
"""Seconds for which the network alone is kept busy."""


@dataclass(frozen=True)
class Rates:
    """Images or frames a second.

    Attributes
    ----------
    decoding, network : of image files alone, and of the encoder alone.
    encoding : of the two together, the codes written.
    decoder : frames, of the decoder alone.
    sweeps : frames, measured, encoded again and written.
    """

    decoding: float
    network: float
    encoding: float
    decoder: float
    sweeps: float

    @property
    def told(self) -> tuple[str, ...]:
        """A line each, with the share of what is possible that is reached."""
        most = min(self.decoding, self.network)
        return (
            f"decoding alone   {self.decoding:9,.0f} images/s",
            f"encoder alone    {self.network:9,.0f} images/s",
            f"encoding         {self.encoding:9,.0f} images/s"
            f"  {self.encoding / most:4.0%} of the slower of the two",
            f"decoder alone    {self.decoder:9,.0f} frames/s",
            f"sweeps           {self.sweeps:9,.0f} frames/s"
            f"  {self.sweeps / self.decoder:4.0%} of the decoder alone",
        )


@one_thread_each()
@run_from_source()
def bench(config_path: Path, device: str | None, console: Console) -> None:
    """Encode the images of a config and sweep its dimensions, all anew, and tell the rates beside
    those of decoding alone and of the network alone.

    Parameters
    ----------
    config_path : of several models, the first is taken.
    device : in place of that of the config.

    Raises
    ------
    InputError
        The config, the data or the model is wrong, or there is no such device.
    """
    config = load_configs(config_path)[0]
    compute = replace(config.compute, device=device or config.compute.device)
    config = replace(config, compute=compute)
    with tempfile.TemporaryDirectory() as folder, Workers() as workers:
        store = Store(Path(folder))
        context = Context(unpacked(config, store), store, console, workers)
        rates = measure(context)
        for line in (*rates.told, *_peaks(context.model)):
            console.line(line)


def measure(context: Context) -> Rates:
    """The rates of one model on the images of its config; `context` has an empty store."""
    dataset, _ = read_images(context)
    paths = dataset.paths(range(len(dataset.folder.names)))
    vae, steps = context.model, context.steps
    good: list[int] = []
    start = time.perf_counter()
    for batch in decoded_batches(context, paths, steps, 0):
        good += batch.rows.tolist()
        context.console.progress("decoding", batch.stop, len(paths))
    decoding = len(paths) / (time.perf_counter() - start)
    if not good:
        raise InputError(f"{dataset.folder.directory}: no image could be decoded")
    images = load_images([paths[row] for row in good[: vae.usual]], steps)
    vae.decode(vae.encode(images)[0])  # what is loaded at the first call is not timed
    codes, encoded = encode_images(context, dataset)
    frames, swept = _sweep(context, codes, dataset)
    return Rates(
        decoding,
        _rate(vae, lambda: vae.posterior(vae.to_input(images)), len(images)),
        len(paths) / encoded.seconds,
        _decoder_rate(vae, codes),
        frames / sum(artifact.seconds for artifact in swept),
    )


def _sweep(context: Context, codes: Codes, dataset: Dataset) -> tuple[int, list[Artifact]]:
    """How many frames the sweeps of the highest variances have, and their results."""
    ranking, _ = rank_dimensions(context, codes)
    samples, _ = take_samples(context, codes, dataset)
    support, _ = map_real_codes(context, codes, ranking)
    plan = make_plan(context.config, ranking, None, Selection())
    sweeper = Sweeper(context, codes, dataset, ranking, support, samples, plan)
    swept, artifacts = sweeper.dimensions()
    artifacts += sweeper.encode_again(swept.values())
    steps = sum(len(sweep.raw) for one in swept.values() for sweep in one.sweeps.values())
    return steps * len(samples.rows), artifacts


def _decoder_rate(vae: TrainedVAE, codes: Codes) -> float:
    import torch

    some = torch.from_numpy(np.array(codes.mu[: vae.usual])).to(vae.device)
    return _rate(vae, lambda: vae.decoded(some), len(some))


def _rate(vae: TrainedVAE, work: Callable[[], object], count: int) -> float:
    """How many a second the network does of what it does `count` of at a time."""
    import torch

    from featamp.io.device import full_precision

    def wait() -> None:
        if vae.device.type == "cuda":
            torch.cuda.synchronize(vae.device)

    done = 0
    with torch.inference_mode(), full_precision():
        work()
        wait()
        start = time.perf_counter()
        while time.perf_counter() - start < TIMED:
            work()
            wait()
            done += count
    return done / (time.perf_counter() - start)


def _peaks(vae: TrainedVAE) -> tuple[str, ...]:
    """The most memory that was taken, of this process and of the device."""
    import torch

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    lines = [f"peak memory      {most:9.1f} GB"]
    if vae.device.type == "cuda":
        name = torch.cuda.get_device_name(vae.device)
        held = torch.cuda.max_memory_allocated(vae.device) / 1e9
        lines += [f"of the device    {held:9.1f} GB", f"device           {name}"]
    return tuple(lines)
