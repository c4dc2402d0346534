"""The assignment as it is usually written, one thing at a time: `python -m tests.bench.plain
FOLDER`, with the VAE and the faces of `../shared/real`; figures go to that folder."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from tests.conftest import REAL

SAMPLES, ALPHAS = 8, 10
Decode = Callable[[torch.Tensor], tuple[torch.Tensor, ...]]


def main(out: Path) -> None:
    """Encode, correlate, and draw the grids of the three experiments."""
    torch.set_num_threads(1)
    sys.path.insert(0, str(REAL))
    vae = importlib.import_module("user_vae").VAE(latent_dim=256)
    vae.load_state_dict(torch.load(REAL / "best_model.pt")["model_state_dict"])
    vae.eval()
    names, labels = read_labels(REAL / "celeba" / "list_attr_celeba.txt")
    folder = REAL / "celeba" / "img_align_celeba"
    with torch.no_grad():
        mu = np.concatenate([vae.encode(read(folder / name))[0].numpy() for name in names])
        r = np.array([[np.corrcoef(a, d)[0, 1] for d in mu.T] for a in labels.T])
        strongest = np.argsort(-np.abs(r).max(axis=0))[:4]
        explored = np.argsort(-mu.var(axis=0))[:20]
        for number, dims, reach in ((1, strongest, 3), (2, strongest, 3), (2, strongest, 5)):
            for dim in dims:
                draw(vae.decode, mu[:SAMPLES], dim, reach, out / f"exp{number}-{dim}-{reach}.png")
        for dim in explored:
            draw(vae.decode, mu[:SAMPLES], dim, 3, out / f"exp3-{dim}.png")


def read_labels(path: Path) -> tuple[list[str], NDArray[np.float64]]:
    """Names of the images, and [image, attribute] their labels."""
    rows = [line.split() for line in path.read_text().splitlines()[2:]]
    return [row[0] for row in rows], np.array([[float(v) for v in row[1:]] for row in rows])


def read(path: Path) -> torch.Tensor:
    """One image as the network reads it: [1, 3, 64, 64] in [-1, 1]."""
    image = Image.open(path).convert("RGB")
    left, top = (image.width - 178) // 2, (image.height - 178) // 2
    image = image.crop((left, top, left + 178, top + 178)).resize(
        (64, 64), Image.Resampling.BILINEAR
    )
    return torch.from_numpy(np.asarray(image, np.float32) / 127.5 - 1).permute(2, 0, 1)[None]


def draw(decode: Decode, codes: NDArray[np.float32], dim: int, reach: int, to: Path) -> None:
    """One grid, an axes a face."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(SAMPLES, ALPHAS, figsize=(ALPHAS, SAMPLES))
    for code, row in zip(codes, axes, strict=True):
        for alpha, place in zip(np.linspace(-reach, reach, ALPHAS), row, strict=True):
            moved = torch.from_numpy(code.copy())[None]
            moved[0, dim] += alpha
            face = decode(moved)[0][0].permute(1, 2, 0).numpy()
            place.imshow(np.clip(face / 2 + 0.5, 0, 1))
            place.set_title(f"{alpha:+.1f}", fontsize=6)
            place.axis("off")
    figure.savefig(to, dpi=150)
    pyplot.close(figure)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
