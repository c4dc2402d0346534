"""Small real files that many tests work on: a CelebA folder and a trained-looking VAE."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image

from featamp.celeba import ATTRIBUTES

TINY_VAE = '''"""A VAE small enough for tests, for 16 x 16 pixels."""
import torch
from torch import nn


class TinyVAE(nn.Module):
    def __init__(self, latent_dim=8):
        super().__init__()
        self.posterior = nn.Linear(3 * 16 * 16, 2 * latent_dim)
        self.pixels = nn.Linear(latent_dim, 3 * 16 * 16)

    def encode(self, x):
        return self.posterior(x.flatten(1)).chunk(2, dim=1)

    def decode(self, z):
        return torch.sigmoid(self.pixels(z)).view(-1, 3, 16, 16)
'''


def tiny_celeba(root: Path, count: int, seed: int = 0) -> Path:
    """A CelebA folder of `count` smooth random images with random labels, as the official files are."""
    rng = np.random.default_rng(seed)
    images = root / "img_align_celeba"
    images.mkdir(parents=True)
    names = [f"{number:06d}.jpg" for number in range(1, count + 1)]
    for name in names:
        coarse = Image.fromarray(rng.integers(0, 256, (5, 4, 3), np.uint8))
        coarse.resize((178, 218), Image.Resampling.BICUBIC).save(images / name, quality=90)
    labels = np.where(rng.random((count, len(ATTRIBUTES))) < 0.4, 1, -1)
    rows = [f"{name} " + " ".join(f"{label:2d}" for label in row) for name, row in zip(names, labels, strict=True)]
    (root / "list_attr_celeba.txt").write_text("\n".join([str(count), " ".join(ATTRIBUTES), *rows]) + "\n")
    return root


def tiny_vae(folder: Path, seed: int = 0) -> Path:
    """`tiny_vae.py` and its weights `tiny.pt` in `folder`; the factory is "tiny_vae:TinyVAE"."""
    (folder / "tiny_vae.py").write_text(TINY_VAE)
    namespace: dict[str, type[torch.nn.Module]] = {}
    exec(TINY_VAE, namespace)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        module = namespace["TinyVAE"]()
    torch.save({"model_state_dict": module.state_dict(), "epoch": 3}, folder / "tiny.pt")
    return folder / "tiny.pt"
