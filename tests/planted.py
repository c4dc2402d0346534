"""How verdicts stand to planted truth: `python -m tests.planted [--write] SEED [SEED ...]`.

Makes a planted set for each seed, has the stages of a report judge it, and prints what was judged
wrongly and how often each verdict was given for each truth. With `--write` this is what the trust
page states from then on, beside the choices of dimensions in the models that ship, on the faces of
`make report` and `make compare`; seeds that were looked at while the rule was made are refused
there.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from featamp.proof.planted import read_key, write_planted
from featamp.proof.verdicts import (
    TUNED_ON,
    Choices,
    Judged,
    PlantedSet,
    PlantedTruth,
    Told,
    Traits,
    compare_with_truth,
    write_results,
)
from report.commands.build import _compute
from report.commands.opening import Stages, open_report, read
from report.engine.console import Console
from report.engine.context import Context
from report.engine.processes.workers import Workers
from report.engine.store import STORE, Store
from report.findings.findings import Findings
from report.findings.screening import Screening
from report.inputs.config import Config, load_configs
from report.stages.codes import encode_images, rank_dimensions
from report.stages.images import read_images
from report.stages.labels import Judges, train_judges
from report.stages.screen import Screener
from report.stages.sweeps import take_samples
from report.stages.trust import judging_code

T = TypeVar("T")
ROOT = Path(__file__).parents[1]


class _NobodyWaits(Workers):
    """Does what is asked for when its result is: no figure of a planted set ever is."""

    def submit(self, job: Callable[[], T]) -> Callable[[], T]:
        return job


@contextmanager
def judged(config: Config) -> Iterator[Findings]:
    """What the stages of a report find in the project of a config."""
    (config.folder / STORE).mkdir(exist_ok=True)
    with _NobodyWaits() as workers:
        console = Console()
        store = Store(config.folder / STORE, console.line)
        context = Context(config, store, console, workers)
        stages = Stages(console)
        dataset = read(context, stages)
        encoded = encode_images(context, dataset)
        yield _compute(open_report(context, dataset, stages, encoded)).findings


def screen(path: Path) -> tuple[Screening, Judges | None]:
    """What the stages find up to the screening, for a config."""
    (path.parent / STORE).mkdir(exist_ok=True)
    with Workers(apart=False) as workers:
        (config,) = load_configs(path)
        context = Context(config, Store(path.parent / STORE), Console(), workers)
        dataset, _ = read_images(context)
        codes, _ = encode_images(context, dataset)
        ranking, _ = rank_dimensions(context, codes)
        samples, _ = take_samples(context, codes, dataset)
        judges, _ = train_judges(context, codes, dataset)
        screener = Screener(context, codes, dataset, ranking, samples, judges, None)
        found, _ = screener.dimensions()
        return found, judges


def judge_small(root: Path) -> tuple[Judged, ...]:
    """Make a small set in a folder, and what the screening says of it."""
    keys = write_planted(root, count=240, seed=4, people=8)
    return compare_with_truth(keys, told_of(screen(root / "report.toml")[0]))


def told_of(screening: Screening) -> dict[int, Told]:
    """Verdict, attributes and direction of each dimension."""
    return {
        dim: (d.verdict, [name for name in (d.attribute, *d.also) if name], d.direction)
        for dim, d in screening.decisions.items()
    }


def judge_set(root: Path, seed: int, count: int = 1200, people: int = 48) -> PlantedSet:
    """Make the set of a seed in a folder, and judge it."""
    keys = write_planted(root, count, seed, people)
    (config,) = load_configs(root / "report.toml")
    with judged(config) as findings:
        assert findings.images.faces, "no face is recognised: what comes out proves nothing"
        suggested = tuple(s.score.dim for s in findings.verdicts.suggestions)
        fours = traits_of(findings)
        told = told_of(findings.screening)
    by_dim = {key.dim: key for key in read_key(root)}
    return PlantedSet(
        seed,
        people,
        count,
        compare_with_truth(keys, told),
        suggested,
        tuple(dim for dim in suggested if not by_dim[dim].suggestible),
        fours,
    )


def judge_models() -> tuple[Choices, ...]:
    """The choices of dimensions in the models that ship."""
    found = []
    for path in (ROOT / "report.toml", ROOT / "models" / "compare.toml"):
        for config in load_configs(path):
            with judged(config) as findings:
                count = len(findings.variance.variance)
                name = f"{config.name or 'demo'}, {count} latents"
                found.append(Choices(name, traits_of(findings)))
    return tuple(found)


def traits_of(findings: Findings) -> tuple[Traits, ...]:
    """The suggested dimensions beside other choices."""
    fours = () if findings.trust is None else findings.trust.fours
    return tuple(Traits(four.rule, four.traits, four.by_chance) for four in fours)


def tell(one: PlantedSet) -> str:
    """The counts and the mistakes in lines."""
    lines = [f"seed {one.seed}: {one.right} of {len(one.dimensions)} right"]
    lines += [
        f"  wrong: dimension {d.dim}, {d.kind}, {d.change}: {d.verdict} {', '.join(d.attributes)}"
        f" {d.direction}"
        for d in one.dimensions
        if not d.right
    ]
    table = PlantedTruth("", (one,)).confusion
    lines += [f"  {truth} called {called}: {n}" for (truth, called), n in sorted(table.items())]
    lines.append(f"  suggested {one.suggested}, of them by mistake {one.mistaken}")
    lines += [f"  {f.rule}: {f.traits:.2f} traits, by chance {f.by_chance:.3f}" for f in one.fours]
    return "\n".join(lines)


def main(arguments: list[str]) -> None:
    """Judge the sets of some seeds."""
    write = "--write" in arguments
    seeds = [int(argument) for argument in arguments if argument != "--write"]
    if write and set(seeds) & set(TUNED_ON):
        sys.exit(f"the rule was made with the seeds {TUNED_ON}: they prove nothing of it")
    sets = []
    for seed in seeds:
        with TemporaryDirectory() as folder:
            sets.append(judge_set(Path(folder), seed))
        print(tell(sets[-1]), flush=True)
    if write:
        with TemporaryDirectory() as folder:
            small = judge_small(Path(folder))
        write_results(PlantedTruth(judging_code(), tuple(sets), small, judge_models()))


if __name__ == "__main__":
    main(sys.argv[1:])
