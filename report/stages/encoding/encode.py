"""From image files to codes on disk, each file decoded once for all models of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from featamp.arrays import spread_rows
from featamp.errors import InputError
from featamp.io.device import ahead
from featamp.io.files.steps import Steps, drawn_anew

from ...engine.context import Context
from ...findings.images import Model
from .batches import Batches
from .growing import GrowingCodes

if TYPE_CHECKING:
    from featamp.io.batches import Decoded
    from featamp.io.network.encode import Encoded

ASKED = 256
"""Images whose codes are asked whether they are what they are taken for."""
FACTS = "model.json"
"""What is known of the network, beside its codes."""


def encode_into(
    parts: Mapping[Path, Context],
    paths: Sequence[Path],
    pictured: NDArray[np.bool_],
    batches: Batches,
) -> None:
    """Encode what interrupted runs have not of some files, into a folder a model.

    Parameters
    ----------
    pictured : [file] whether its picture is kept.
    batches : where the pixels come from.
    """
    for context in parts.values():
        with context.told():
            _ = context.model
    growing = {part: GrowingCodes.resume(part, pictured) for part in parts}
    first = next(iter(parts.values()))
    try:
        for batch, encoding in ahead(_begun(parts, growing, paths, batches)):
            for part, codes in encoding.items():
                with parts[part].told():
                    encoded = codes()
                    _check_contract(parts[part], growing[part], encoded)
                growing[part].add(encoded)
            first.console.progress("codes", batch.stop, len(paths))
    finally:
        first.store.note_modules()  # it may have imported more when it was called
        for one in growing.values():
            one.save()


def _begun(
    parts: Mapping[Path, Context],
    growing: Mapping[Path, GrowingCodes],
    paths: Sequence[Path],
    batches: Batches,
) -> Iterator[tuple[Decoded, dict[Path, Callable[[], Encoded]]]]:
    """Have each batch encoded by the models that have not; how to wait for the codes."""
    from featamp.io.network.encode import begin_encoding

    first = next(iter(parts.values()))
    steps = first.steps
    done = min(one.files for one in growing.values())
    for batch in batches(first, paths, steps, done):
        _check_steps(steps, paths, batch)
        first.store.files.verify(paths[done : batch.stop])
        encoding = {}
        for part, context in parts.items():
            if growing[part].files <= done:  # another one was interrupted earlier
                with context.told():
                    encoding[part] = begin_encoding(context.model, paths, batch)
        done = batch.stop
        yield batch, encoding


def _check_steps(steps: Steps, paths: Sequence[Path], batch: Decoded) -> None:
    """Raise InputError where a person's function gives the first image of a batch otherwise."""
    from featamp.io.files.decode import read_image

    if steps.own and len(batch.rows):
        again = read_image(paths[int(batch.rows[0])], steps)
        if not np.array_equal(again, batch.images[0]):
            raise InputError(drawn_anew(steps.name))


def _check_contract(context: Context, growing: GrowingCodes, batch: Encoded) -> None:
    """Raise InputError where the first images that a network encodes show that it breaks what is
    asked of it.
    """
    from featamp.contract.network import breaches

    if growing.codes or not len(batch.images):
        return
    if breach := breaches(context.model, batch.images):
        raise InputError(breach[0])


def write_facts(part: Path, context: Context, codes: int) -> None:
    """Say which model has encoded so many images, and what its codes leave to ask."""
    from featamp.contract.network import judge_outputs

    with context.told():
        model = context.model
    rows = spread_rows(codes, ASKED)
    mu, logvar = (np.load(part / f"{name}.npy", mmap_mode="r")[rows] for name in ("mu", "logvar"))
    outputs = judge_outputs(model, mu, logvar)
    facts = Model(
        name=context.config.model.factory or type(model.module).__name__,
        parameters=sum(p.numel() for p in model.module.parameters()),
        device=str(model.device),
        checkpoint=context.weights,
        facts=model.facts,
        pixels=model.range,
        logits=model.pixels == "logits",
        told=model.told,
        doubts=outputs.questions,
        untold=outputs.untold,
        beside=outputs.beside,
    )
    (part / FACTS).write_text(json.dumps(asdict(facts), sort_keys=True), encoding="utf-8")
