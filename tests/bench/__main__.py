"""Measure and print one table: what was measured, and the goal beside it."""

from __future__ import annotations

import io
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from featamp.io.files.decode import load_image
from featamp.statistics.holdout import hold_out
from featamp.statistics.labels.probe import fit_probes
from report.engine.places import PROJECT
from report.engine.processes.threads import one_thread_each
from tests.bench.costs import Cost, run
from tests.bench.networks import make_project
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
GB, MB = 1e9, 1e6


def main() -> None:
    """Measure and print; a line as soon as it is known."""
    print("| | measured | goal |\n|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        measure_demo(Path(folder) / "demo")
        measure_memory(Path(folder))
        measure_probes()
        if REAL.is_dir():
            measure_real(Path(folder) / "real")
            measure_reading()
        else:
            print("\nNo ../shared/real: what needs real images was not measured.")


def measure_real(project: Path) -> None:
    """A first build of real images, against the assignment written plainly, and its own calls of
    the network."""
    alone = project.with_name("experiments")
    for folder in (project, alone):
        write(folder, REAL_TOML)
        (folder / "user_vae.py").write_bytes((REAL / "user_vae.py").read_bytes())
    (project / "plain").mkdir()
    plain = run([sys.executable, "-m", "tests.bench.plain", project / "plain"])
    only = build(alone, "--only", "experiments")
    told = project / "network.json"
    full = build(project, counted=told)
    calls = json.loads(told.read_text())
    screening, of_it = calls["screening"]
    show("the assignment written plainly, 600 real images", f"{plain.cpu:.1f} s", "")
    ratio("full report, first build, against it", plain.cpu / full.cpu, 2.0)
    ratio("build --only experiments against it", plain.cpu / only.cpu, 6.0)
    ratio("full report against its network calls alone", full.cpu / calls["network"], -1.5)
    ratio("screening of 256 dimensions against its network calls", screening / of_it, -1.3)
    limit("most memory of that build", full.memory / GB, 1.0, "GB")


def measure_reading() -> None:
    """JPEG to network input, against Pillow: the same pixels."""
    files = sorted((REAL / "celeba" / "img_align_celeba").glob("*.jpg"))[:400]
    ours, theirs = [], []
    for _ in range(3):
        theirs.append(clock(lambda: [with_pillow(file) for file in files]))
        ours.append(clock(lambda: [load_image(file, 178, 64) for file in files]))
    same = all(np.array_equal(with_pillow(f), load_image(f, 178, 64)) for f in files[:100])
    name = "JPEG to network input against Pillow, " + ("same" if same else "OTHER") + " pixels"
    ratio(name, min(theirs) / min(ours), 1.5)


def with_pillow(file: Path) -> np.ndarray:
    """Crop 178 and resize to 64, as torchvision's transforms do it."""
    with Image.open(io.BytesIO(file.read_bytes())) as image:
        left, top = (image.width - 178) // 2, (image.height - 178) // 2
        cropped = image.convert("RGB").crop((left, top, left + 178, top + 178))
        return np.asarray(cropped.resize((64, 64), Image.Resampling.BILINEAR))


def measure_demo(project: Path) -> None:
    """The daily loop on the demo's 5,000 images, and what it leaves on the disk."""
    write(project, DEMO_TOML)
    limit("demo, first build", build(project).cpu, None)
    limit("demo: site", held(project / "site") / MB, 80, "MB")
    limit("demo: archive", (project / "site/writeup.zip").stat().st_size / MB, 12, "MB")
    limit("demo: store", held(project / ".featamp") / MB, 120, "MB")
    limit("nothing changed", build(project).cpu, 0.5)
    sweeps = json.loads((project / "site/data/sweeps.json").read_text())
    explored = list(dict.fromkeys(entry["dim"] for entry in sweeps if entry["experiment"] == "3"))
    chosen, swept = explored[:4], {entry["dim"] for entry in sweeps}
    selection = project / "selection.toml"
    selection.write_text(f"chosen = {chosen}\n")
    build(project)
    note = f'[dimension.{chosen[0]}]\nlabel = "light from the left"\n'
    selection.write_text(f"chosen = {chosen}\n{note}")
    limit("notes changed", build(project).cpu, 2.0)
    chosen[3] = explored[7]
    selection.write_text(f"chosen = {chosen}\n{note}")
    limit("choice changed, swept before", build(project).cpu, 1.5)
    chosen[3] = next(dim for dim in range(256) if dim not in swept)
    selection.write_text(f"chosen = {chosen}\n{note}")
    limit("choice changed, new", build(project).cpu, 4.0)


def measure_memory(folder: Path) -> None:
    """Builds that ask for much: the most memory that all processes hold together."""
    for name, latents, side, samples, alphas in (
        ("8 x 10 at 256 px", 8, 256, 8, 10),
        ("64 x 40 at 64 px", 8, 64, 64, 40),
        ("2,048 latents", 2048, 64, 8, 10),
    ):
        project = make_project(folder / name.replace(" ", ""), latents, side, samples, alphas)
        limit(f"most memory, {name}", build(project).memory / GB, 1.0, "GB")


def measure_probes() -> None:
    """Probes of the 40 attributes of CelebA on codes of many dimensions."""
    generator = np.random.default_rng(0)
    codes = generator.standard_normal((5000, 2048), np.float32)
    labels = codes[:, :40] + generator.standard_normal((5000, 40)) > generator.uniform(-2, 2, 40)
    names, holdout = tuple(map(str, range(40))), hold_out(5000, None, 0)
    with one_thread_each():
        seconds = clock(lambda: fit_probes(codes, labels, names, holdout, 0))
    limit("probes of 40 attributes, 5,000 codes of 2,048", seconds, 10.0)


def build(project: Path, *options: str, counted: Path | None = None) -> Cost:
    """A build in a process of its own, as `make report` runs it."""
    module = ["tests.bench.counted", counted] if counted else ["report"]
    command = [sys.executable, "-m", *module, "build", "--config", project / "report.toml"]
    return run([*command, "--site", project / "site", *options])


def write(project: Path, config: str) -> None:
    """A folder that holds only a config."""
    project.mkdir(parents=True)
    (project / "report.toml").write_text(config)


def held(folder: Path) -> int:
    """Bytes of all files below, each counted once."""
    stats = (path.stat() for path in folder.rglob("*") if path.is_file())
    return sum({stat.st_ino: stat.st_size for stat in stats}.values())


def clock(job: Callable[[], object]) -> float:
    """CPU seconds of this process."""
    start = time.process_time()
    job()
    return time.process_time() - start


def limit(name: str, value: float, most: float | None, unit: str = "CPU s") -> None:
    """A line of what should be at most so much."""
    goal = "" if most is None else f"{most:g}"
    show(name, f"{value:.2f} {unit}", goal)


def ratio(name: str, value: float, goal: float) -> None:
    """A line of a ratio that should be at least `goal`, or at most its negative."""
    show(name, f"{value:.2f} x", f"{'at least' if goal > 0 else 'at most'} {abs(goal):g} x")


def show(name: str, measured: str, goal: str) -> None:
    """A line of the table."""
    print(f"| {name} | {measured} | {goal} |", flush=True)


if __name__ == "__main__":
    main()
