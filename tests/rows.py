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
from collections.abc import Mapping
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


def row(weights: Path, found: Disentanglement) -> str:
    """One run in a line, and its factors in another."""
    facts = json.loads(weights.with_suffix(".json").read_text(encoding="utf-8"))
    settings, final = facts["settings"], facts["final"]
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


def keep(runs: Mapping[Path, Disentanglement], target: Path) -> None:
    """Copy the run of the lowest validation loss of each objective, and say in its facts what MIG
    every seed of that objective has.
    """
    told = {run: json.loads(run.with_suffix(".json").read_text(encoding="utf-8")) for run in runs}
    for name in sorted({facts["settings"]["objective"] for facts in told.values()}):
        seeds = sorted(
            (run for run in runs if told[run]["settings"]["objective"] == name),
            key=lambda run: int(told[run]["settings"]["seed"]),
        )
        best = min(seeds, key=lambda run: float(told[run]["final"]["loss"]))
        every = ", ".join(f"{runs[run].scores['MIG']:.3f}" for run in seeds)
        facts = json.dumps(told[best] | {"mig_by_seed": every}, indent=1)
        shutil.copyfile(best, target / f"{name}.safetensors")
        (target / f"{name}.json").write_text(facts + "\n", encoding="utf-8")


if __name__ == "__main__":
    faces = Path(sys.argv[2])
    print(HEAD)
    measured: dict[Path, Disentanglement] = {}
    for run in sorted(Path(sys.argv[1]).glob("*/model.safetensors")):
        measured[run] = measure(run, faces)
        print(row(run, measured[run]), flush=True)
    if sys.argv[3:]:
        keep(measured, Path(sys.argv[3]))
