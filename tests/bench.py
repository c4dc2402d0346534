"""`make bench`: how long builds take, and a plain version of the same job beside them, in one
run."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from report.engine.places import PROJECT
from tests.conftest import REAL

DEMO_TOML = f"""
[model]
checkpoint = "{PROJECT / "models/demo.safetensors"}"
[data]
root = "{PROJECT / "data/demo"}"
images = 5000
"""
REAL_TOML = f"""
[model]
checkpoint = "{REAL / "best_model.pt"}"
factory = "user_vae:VAE"
kwargs = {{ latent_dim = 256 }}
pixels = [-1.0, 1.0]
[data]
root = "{REAL / "celeba"}"
images = "all"
"""
EVIDENCE = ("labels", "responses", "controls", "verdicts", "trust")
PLAIN_GRIDS = 2
"""Grids that the plain version draws before its time a grid is known well enough."""


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        demo = Path(folder) / "demo"
        measure_demo(demo)
        compare_with_plain(demo)
        if REAL.is_dir():
            real = Path(folder) / "real"
            make_project(real, REAL_TOML)
            (real / "user_vae.py").write_bytes((REAL / "user_vae.py").read_bytes())
            show("first build, 600 real images", build(real), 40.0)
        else:
            print("no ../shared/real: the build of real images is not measured")


def measure_demo(project: Path) -> None:
    """The daily loop on the demo, against its limits."""
    make_project(project, DEMO_TOML)
    show("first build of the demo", build(project), 60.0)
    stages = json.loads((project / "site/data/report.json").read_text())["stage_seconds"]
    show("of it, what is only evidence", sum(stages[stage] for stage in EVIDENCE), 30.0)
    show("nothing changed", build(project), 1.5)
    sweeps = json.loads((project / "site/data/sweeps.json").read_text())
    explored = list(dict.fromkeys(entry["dim"] for entry in sweeps if entry["experiment"] == "3"))
    chosen, swept = explored[:4], {entry["dim"] for entry in sweeps}
    selection = project / "selection.toml"
    selection.write_text(f"chosen = {chosen}\n")
    build(project)
    selection.write_text(
        f'chosen = {chosen}\n[dimension.{chosen[0]}]\nlabel = "light from the left"\n'
    )
    show("notes changed", build(project), 2.0)
    chosen[3] = explored[7]
    selection.write_text(f"chosen = {chosen}\n")
    show("chosen dimension already swept", build(project), 3.0)
    chosen[3] = next(dim for dim in range(256) if dim not in swept)
    selection.write_text(f"chosen = {chosen}\n")
    show("chosen dimension new", build(project), 10.0)


def compare_with_plain(project: Path) -> None:
    """Each part of the job beside a plain version of it on the same data."""
    stages = json.loads((project / "site/data/report.json").read_text())["stage_seconds"]
    sweeps = json.loads((project / "site/data/sweeps.json").read_text())
    dims = len({entry["dim"] for entry in sweeps})
    grids = len(list((project / "site/figures").glob("dim*-raw.pdf"))) * 2  # in both units
    more = grids / PLAIN_GRIDS
    plain, total_plain, total_ours = Plain(), 0.0, 0.0
    print(f"\n{'':32}{'plain':>10}{'featamp':>10}{'ratio':>8}")
    for name, theirs, ours in (
        ("encode 5,000 images", clock(plain.encode), stages["codes"]),
        ("40 x 256 correlations", clock(plain.correlate), clock(plain.correlate_together)),
        (
            f"decode {dims * 320:,} frames",
            clock(lambda: plain.decode(dims * 320)),
            stages["sweeps"],
        ),
        (f"draw {grids} grids", clock(plain.draw) * more, clock(plain.draw_together) * more),
    ):
        total_plain, total_ours = total_plain + theirs, total_ours + ours
        print(f"{name:32}{theirs:8.1f} s{ours:8.1f} s{theirs / ours:8.1f}")
    print(f"{'together':32}{total_plain:8.1f} s{total_ours:8.1f} s{total_plain / total_ours:8.1f}")
    print(
        f"(grids: {PLAIN_GRIDS} are drawn by either and scaled up, with labels in ours; our frames"
        f" are measured,"
    )
    print(" encoded again and written too; the correlations are timed alone, since the stage of")
    print(
        f" {stages['correlation']:.1f} s also ranks every dimension for its AUC and writes the"
        f" tables)\n"
    )


class Plain:
    """The job as it is usually written: one thing at a time."""

    def __init__(self) -> None:
        from featamp.io.celeba import open_folder
        from featamp.io.model import open_model

        self.vae = open_model(
            PROJECT / "models/demo.safetensors", None, {}, None, (0.0, 1.0), PROJECT
        )
        self.folder = open_folder(PROJECT / "data/demo", 5000)
        self.mu = np.empty((0, 0), np.float32)

    def encode(self) -> None:
        """One image at a time through the encoder."""
        from featamp.io.files.decode import load_image

        images = (load_image(self.folder.directory / name, 178, 64) for name in self.folder.names)
        self.mu = np.concatenate([self.vae.encode(np.stack([image]))[0] for image in images])

    def correlate(self) -> None:
        """One corrcoef a pair."""
        labels = self.folder.attributes
        assert labels is not None
        for attribute in labels.T:
            for dim in self.mu.T:
                np.corrcoef(attribute, dim)

    def correlate_together(self) -> None:
        """The same by featamp: one matrix product."""
        from featamp.statistics.correlation import correlate_labels

        assert self.folder.attributes is not None
        correlate_labels(self.mu, self.folder.attributes, np.arange(len(self.mu)))

    def decode(self, frames: int) -> None:
        """One decode a frame."""
        for frame in range(frames):
            self.vae.decode(self.mu[frame % len(self.mu)][None])

    def draw(self) -> None:
        """One imshow a face, PNG and PDF."""
        import matplotlib

        matplotlib.use("Agg")
        from matplotlib import pyplot

        faces = self.vae.decode(self.mu[:96])
        for _ in range(PLAIN_GRIDS):
            figure, axes = pyplot.subplots(8, 12, figsize=(7, 5))
            for face, place in zip(faces, axes.flat, strict=True):
                place.imshow(face)
                place.axis("off")
            for suffix in ("png", "pdf"):
                figure.savefig(Path(tempfile.gettempdir()) / f"featamp-plain.{suffix}", dpi=300)
            pyplot.close(figure)

    def draw_together(self) -> None:
        """The same by featamp: a picture a grid."""
        from report.handin.figures import Strip, strips_figure

        faces = np.rint(255 * self.vae.decode(self.mu[:96])).astype(np.uint8)
        faces = faces.reshape(8, 12, *faces.shape[1:])
        raw = np.linspace(-3.0, 3.0, 10)
        for _ in range(PLAIN_GRIDS):
            strips_figure([Strip("Dimension 0", faces[:, :2], faces[:, 2:], raw, raw)])


def make_project(folder: Path, config: str) -> None:
    """A folder that holds only a config."""
    folder.mkdir(parents=True)
    (folder / "report.toml").write_text(config)


def build(project: Path) -> float:
    """Seconds of a build in a process of its own, as `make report` runs it."""
    command = [sys.executable, "-m", "report", "build", "--config", str(project / "report.toml")]
    command += ["--site", str(project / "site")]
    return clock(
        lambda: subprocess.run(command, cwd=PROJECT, check=True, stdout=subprocess.DEVNULL)
    )


def clock(job: Callable[[], object]) -> float:
    """Seconds that a job takes."""
    start = time.perf_counter()
    job()
    return time.perf_counter() - start


def show(name: str, seconds: float, limit: float) -> None:
    """Print a measurement beside its limit."""
    verdict = "" if seconds <= limit else "   OVER"
    print(f"{name:32}{seconds:8.2f} s   limit {limit:4.1f} s{verdict}", flush=True)


if __name__ == "__main__":
    main()
