"""What the stages hold in memory at once, and that it fits: said before any long work."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from featamp.errors import InputError
from featamp.io.files.steps import Size
from featamp.verdict.screen import STEPS

from ..inputs.config import Config
from .processes.threads import free_memory

SWEPT, SWEPT_ONCE = 36, 260
"""Bytes that a pixel of a sweep takes while its frames are decoded, measured and drawn, and those
that a pixel of the samples takes besides."""
SCREENED = 130
"""Those that a pixel takes while it is screened."""
COMPARED, COMPARED_EACH = 128, 24
"""Reconstructions that changes are compared with, and bytes that a pixel of them takes."""
ENCODED = 120
"""Bytes that a pixel of a batch takes while the next ones are decoded and the network encodes it;
what the network itself holds comes besides."""


@dataclass(frozen=True)
class _Need:
    """What holds so many bytes at once, and what to ask for where they are too many; `framed`
    where they are of frames in work, which `compute.memory` is about.
    """

    what: str
    held: int
    mend: str
    framed: bool = True


def sweep_memory(config: Config) -> int:
    """Bytes that one kind of one sweep takes while it is made."""
    once = config.sweep_pixels // config.sweep.alphas
    return SWEPT * config.sweep_pixels + SWEPT_ONCE * once


def screen_memory(frames: int, size: Size) -> int:
    """Bytes that so many frames take while they are screened."""
    return SCREENED * frames * size[0] * size[1]


def check_memory(config: Config, images: int, screened: bool) -> None:
    """Raise InputError where what is held at once does not fit into the memory that the config
    allows, or else into what is free: before any long work.

    Parameters
    ----------
    images : how many are used.
    screened : whether dimensions are screened.
    """
    free = free_memory()
    height, width = config.data.size
    for need in _needs(config, images, screened):
        asked = config.compute.memory if need.framed else None
        most = free if asked is None else asked * 1_000_000
        if most is not None and need.held > most:
            raise InputError(
                f"{config.path}: {need.what} of {width} x {height} pixels takes"
                f" {need.held / 1e6:,.0f} MB of memory, and {most / 1e6:,.0f} MB"
                f" {'is what compute.memory allows' if asked else 'is free'};"
                f" ask for {need.mend}{', or allow more' if asked else ''}"
            )


def _needs(config: Config, images: int, screened: bool) -> Iterator[_Need]:
    size, alphas, smaller = config.data.size, config.sweep.alphas, "smaller ones (data.size)"
    pixels = size[0] * size[1]
    frames = config.sweep_pixels // pixels
    fewer = f"fewer (sweep.samples, sweep.alphas) or {smaller}"
    yield _Need(f"one sweep of {frames:,} frames", sweep_memory(config), fewer)
    if screened:
        at_once, compared = frames // alphas * len(STEPS), min(COMPARED, images)
        fewer = f"fewer (sweep.samples) or {smaller}"
        yield _Need(f"screening {at_once:,} frames", screen_memory(at_once, size), fewer)
        held = COMPARED_EACH * compared * pixels
        yield _Need(f"comparing {compared} reconstructions", held, smaller)
    batch = min(config.batch, images)
    fewer = f"fewer (compute.batch) or {smaller}"
    yield _Need(f"encoding {batch} images", ENCODED * batch * pixels, fewer, framed=False)
