"""Every run behind the disentangled models, in a table: `python -m tests.rows RUNS FACES [KEEP]`.

RUNS holds a folder a run, as `make models` leaves them; FACES is a rendered folder that no run has
seen, with its factors. MIG and its like stand beside those of the same codes after a random
rotation. With KEEP, the weights and facts of one run of each objective are copied
there: the run of the lowest validation loss, which no factor has a say in.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

import featamp
from featamp.proof.disentanglement import Disentanglement, measure_disentanglement
from featamp.statistics.holdout import hold_out

FACTORY = "featamp.demo.components:VAE"
HEAD = (
    "objective weight C seed | RMSE KL active | MIG rotated | SAP rotated |"
    " completeness rotated, and how much of each factor's entropy its best dimension tells"
)


def measure(weights: Path, faces: Path) -> Disentanglement:
    """MIG, SAP and DCI of a run on faces with known factors."""
    model = featamp.open_model(weights, factory=FACTORY, pixels=(0, 1), device="cpu")
    codes = featamp.encode(model, faces)
    table = pd.read_csv(faces / "factors.csv", index_col="image_id").loc[list(codes.names)]
    found = measure_disentanglement(
        codes.mu.astype(np.float64),
        table.to_numpy(np.float64),
        tuple(table.columns),
        hold_out(len(codes), None, seed=0),
        seed=0,
    )
    if found is None:
        raise ValueError(f"{faces}: no two independent factors")
    return found


def row(weights: Path, faces: Path) -> str:
    """One run in a line, and its factors in another."""
    facts = json.loads(weights.with_suffix(".json").read_text(encoding="utf-8"))
    settings, final, found = facts["settings"], facts["final"], measure(weights, faces)
    pairs = (
        f"{found.scores[name]:.3f} {found.turned[name]:.3f}"
        for name in ("MIG", "SAP", "completeness")
    )
    factors = "  ".join(
        f"{name} {best:.2f}" for name, best in zip(found.names, found.information, strict=True)
    )
    return (
        f"{settings['objective']:9} {settings['weight']:g} {settings['capacity']:g}"
        f" {settings['seed']} | {final['rmse']:.4f} {final['kl']:.1f} {final['active_units']} | "
        + " | ".join(pairs)
        + f"\n    {factors}"
    )


def keep(runs: Iterable[Path], target: Path) -> None:
    """Copy the run of the lowest validation loss of each objective."""
    best: dict[str, tuple[float, Path]] = {}
    for weights in runs:
        facts = json.loads(weights.with_suffix(".json").read_text(encoding="utf-8"))
        name, loss = facts["settings"]["objective"], facts["final"]["loss"]
        if name not in best or loss < best[name][0]:
            best[name] = (loss, weights)
    for name, (_, weights) in best.items():
        for suffix in (".safetensors", ".json"):
            shutil.copyfile(weights.with_suffix(suffix), target / f"{name}{suffix}")


if __name__ == "__main__":
    every = sorted(Path(sys.argv[1]).glob("*/model.safetensors"))
    print(HEAD)
    for run in every:
        print(row(run, Path(sys.argv[2])), flush=True)
    if sys.argv[3:]:
        keep(every, Path(sys.argv[3]))
