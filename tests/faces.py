"""What the judge of faces is worth on real and on rendered faces, and what a frame costs:
`python -m tests.faces`.
"""

from __future__ import annotations

import time

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from featamp.demo.faces.factors import draw_factors
from featamp.demo.faces.render import render
from featamp.face.crop import FaceBox
from featamp.face.judge import FaceJudge, Faces, measure_judge, read_faces
from featamp.face.reader import FaceReader
from featamp.face.weights import NETWORKS
from featamp.io.celeba.folder import open_folder
from featamp.io.celeba.names import ATTRIBUTES
from featamp.io.files.decode import preprocess
from featamp.io.network.opening import open_model
from tests.conftest import REAL

CROP, SIDE, RENDERED, FRAMES = 178, 64, 300, 64


def main() -> None:
    """Print every table."""
    torch.set_num_threads(1)
    squared = FaceReader.open(FaceBox.in_centre_crop(CROP))
    whole = FaceReader.open(FaceBox.in_whole_frame())
    if REAL.is_dir():
        print_real(squared, whole)
    else:
        print("real faces: skipped, ../shared/real is not beside this clone")
    factors = draw_factors(RENDERED, 3)
    faces = [preprocess(Image.fromarray(render(factors, i)), CROP, SIDE) for i in range(RENDERED)]
    seen = read_faces(squared, as_pixels(faces))
    show("rendered", measure_judge(seen, seen, factors.attributes > 0, ATTRIBUTES))
    for name in ("yaw", "pitch", "roll", "scale"):
        read, true = getattr(seen, name)[seen.plausible], factors.continuous[name][seen.plausible]
        print(f"rendered {name}: r = {np.corrcoef(read, true)[0, 1]:+.2f} with what was drawn")
    print_costs(squared)


def print_real(squared: FaceReader, whole: FaceReader) -> None:
    """CelebA's first 600 at several sizes, each beside the reconstructions of the real VAE."""
    folder = open_folder(REAL / "celeba")
    full = [Image.open(folder.directory / name).convert("RGB") for name in folder.names]
    small = [preprocess(image, CROP, SIDE) for image in full]
    squashed = [np.asarray(i.resize((SIDE, SIDE), Image.Resampling.BILINEAR)) for i in full]
    model = open_model(
        REAL / "best_model.pt", "user_vae:VAE", {"latent_dim": 256}, None, (-1.0, 1.0), REAL, "cpu"
    )
    rebuilt = read_faces(squared, model.decode(model.encode(np.stack(small))[0]))
    sets: dict[str, Faces] = {
        "full size": read_faces(whole, as_pixels([np.asarray(image) for image in full])),
        "64 pixels": read_faces(squared, as_pixels(small)),
        "whole frame squashed to 64 x 64": read_faces(whole, as_pixels(squashed)),
    }
    assert folder.attributes is not None
    for title, seen in sets.items():
        show(title, measure_judge(seen, rebuilt, folder.attributes, folder.attribute_names))
        halves = [part.mean() for part in np.split(seen.plausible, 2)]
        print(f"  landmarks of a face in {halves[0]:.3f} of the first half, {halves[1]:.3f} of the"
              " second")  # fmt: skip


def print_costs(reader: FaceReader) -> None:
    """Milliseconds of one core a frame, by network: the least of several runs."""
    frames = np.random.default_rng(0).random((FRAMES, SIDE, SIDE, 3), np.float32)
    for networks in ((), *((name,) for name in NETWORKS), NETWORKS):
        times = []
        for _ in range(5):
            start = time.process_time()
            reader.read(frames, networks)
            times.append(time.process_time() - start)
        print(
            f"{' + '.join(networks) or 'crop alone'}: {min(times) / FRAMES * 1e3:.1f} ms a frame"
        )


def show(title: str, judge: FaceJudge) -> None:
    """Print one judge's table."""
    print(f"{title}: {judge.images} faces; landmarks of a face in {judge.plausible:.3f},"
          f" in reconstructions {judge.rebuilt_plausible:.3f}")  # fmt: skip
    for row, name in enumerate(judge.names):
        spans = [
            f"{value[row]:+.3f} ({span[row, 0]:+.3f} to {span[row, 1]:+.3f})"
            for value, span in (
                (judge.auc, judge.interval),
                (judge.rebuilt, judge.rebuilt_interval),
                (judge.lost, judge.lost_interval),
            )
        ]
        told = "told" if judge.told[row] else "not told"
        print(f"  {name:20s} {told:8s} AUC {spans[0]}, rebuilt {spans[1]}, lost {spans[2]}")


def as_pixels(images: list[NDArray[np.uint8]]) -> NDArray[np.float32]:
    """Pixels in [0, 1]."""
    return np.asarray(np.stack(images) / 255.0, np.float32)


if __name__ == "__main__":
    main()
