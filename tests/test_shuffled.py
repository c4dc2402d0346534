"""Real pictures and real codes whose labels belong to other images: nothing has a name."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from featamp.io.attributes import NAMELESS_HERE
from tests.conftest import REAL
from tests.planted import screen

pytestmark = pytest.mark.skipif(
    not (REAL / "disentangled").is_dir(), reason="../shared/real is not beside this clone"
)
CONFIG = f"""
[model]
checkpoint = "{REAL}/disentangled/VAE.pt"
factory = "burgess_vae:VAE"
[data]
root = "celeba"
preprocess = "squash"
size = 64
"""


@pytest.fixture
def shuffled(tmp_path: Path) -> Path:
    """A config of the real images, the labels dealt anew."""
    shutil.copy(REAL / "disentangled/burgess_vae.py", tmp_path)
    folder = tmp_path / "celeba"
    folder.mkdir()
    (folder / "img_align_celeba").symlink_to(REAL / "celeba/img_align_celeba")
    head, names, *lines = (REAL / "celeba/list_attr_celeba.txt").read_text().splitlines()
    rows = [line.split(maxsplit=1) for line in lines]
    order = np.random.default_rng(0).permutation(len(rows))
    dealt = [f"{row[0]} {rows[other][1]}" for row, other in zip(rows, order, strict=True)]
    (folder / "list_attr_celeba.txt").write_text("\n".join([head, names, *dealt]) + "\n")
    (tmp_path / "report.toml").write_text(CONFIG)
    return tmp_path / "report.toml"


def test_shuffled_labels_name_nothing(shuffled: Path) -> None:
    screening, judges = screen(shuffled)
    assert judges is not None and len(screening.changes) == 10
    assert not [d for d in screening.decisions.values() if d.verdict == "nameable"]
    both = judges.probes.told & judges.pixels.told
    both &= (judges.probes.auc >= 0.7) & (judges.pixels.auc >= 0.7)
    assert both.sum() <= 2 and set(judges.probes.names) > NAMELESS_HERE
