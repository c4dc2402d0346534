"""How verdicts stand to planted truth: `python -m tests.planted SEED [SEED ...]`.

Makes a planted set for each seed, builds its report as a user does, and prints what was judged
wrongly and how often each verdict was given for each truth.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from featamp.proof.planted import read_key, write_planted
from featamp.proof.planted_kinds import Key, confusion
from report.commands.line import main

Verdict = tuple[str, list[str], int]
SIGNS = {"+": 1, "-": -1, "": 0}


def read_verdicts(site: Path) -> tuple[dict[int, Verdict], set[int]]:
    """Verdict, attributes and direction of each dimension of a built site, and the suggested."""
    with (site / "data/verdicts.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    told = {
        int(row["dim"]): (
            row["verdict"],
            [name for name in (row["attribute"], *row["also"].split()) if name],
            SIGNS[row["direction"]],
        )
        for row in rows
    }
    return told, {int(row["dim"]) for row in rows if row["suggested"] == "true"}


def tell(keys: list[Key], verdicts: dict[int, Verdict], suggested: Iterable[int]) -> str:
    """The counts and the mistakes in lines."""
    table, wrong = confusion(keys, verdicts)
    counted = sum(table.values())
    by_dim = {key.dim: key for key in keys}
    lines = [f"{counted - len(wrong)} of {counted} right"]
    lines += [f"  wrong: dimension {dim}, {by_dim[dim].change}: {verdicts[dim]}" for dim in wrong]
    lines += [f"  {truth} called {called}: {n}" for (truth, called), n in sorted(table.items())]
    bad = [dim for dim in suggested if not by_dim[dim].suggestible]
    lines.append(f"  suggested {sorted(suggested)}, of them by mistake {bad}")
    return "\n".join(lines)


def run(seed: int) -> str:
    """Make, build and judge the set of a seed."""
    with TemporaryDirectory() as folder:
        root = Path(folder)
        write_planted(root, seed=seed)
        main(["build", "--config", str(root / "report.toml"), "--site", str(root / "site")])
        return f"seed {seed}: " + tell(read_key(root), *read_verdicts(root / "site"))


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        print(run(int(argument)), flush=True)
