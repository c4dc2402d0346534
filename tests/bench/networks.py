"""Projects that ask for much memory: random pictures, and a small network of any size."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

VAE = """
import torch
from torch import nn


class VAE(nn.Module):
    def __init__(self, latents, side):
        super().__init__()
        torch.manual_seed(0)
        self.side = side
        self.enc = nn.Linear(3 * 64, 2 * latents)
        self.dec = nn.Linear(latents, 3 * 64)
        nn.init.normal_(self.enc.weight[:latents], std=0.5)

    def encode(self, images):
        small = nn.functional.adaptive_avg_pool2d(images, 8).flatten(1)
        mu, logvar = self.enc(small - 0.5).chunk(2, 1)
        return mu, logvar - 4

    def decode(self, codes):
        small = torch.sigmoid(self.dec(codes)).reshape(-1, 3, 8, 8)
        return nn.functional.interpolate(small, size=(self.side, self.side), mode="bilinear")
"""


def make_project(folder: Path, latents: int, side: int, samples: int, alphas: int) -> Path:
    """Write pictures, network and config of such a size.

    Parameters
    ----------
    side : of the pictures, pixels.
    samples, alphas : rows and columns of each sweep.
    """
    (folder / "images").mkdir(parents=True)
    (folder / "user_vae.py").write_text(VAE)
    generator = np.random.default_rng(0)
    for number in range(300):
        small = Image.fromarray(generator.integers(0, 256, (8, 8, 3), dtype=np.uint8))
        small.resize((side, side), Image.Resampling.BICUBIC).save(folder / f"images/{number}.jpg")
    (folder / "report.toml").write_text(
        f'[model]\nfactory = "user_vae:VAE"\nkwargs = {{ latents = {latents}, side = {side} }}\n'
        f'[data]\nroot = "images"\nimages = "all"\npreprocess = "none"\nsize = {side}\n'
        f"[sweep]\nsamples = {samples}\nalphas = {alphas}\n"
    )
    return folder
