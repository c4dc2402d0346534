"""Every kind of folder that people hold gives by featamp what it gives by hand."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from featamp.io.files.decode import read_image
from report.commands.unpacked import unpacked
from report.engine.console import Console
from report.engine.context import Context
from report.engine.processes.workers import Workers
from report.engine.store import Store
from report.inputs.preparing import open_steps
from report.stages.images import read_images
from tests.conftest import load_config
from tests.models.images import PICTURES, Pictures


@pytest.mark.parametrize("case", PICTURES, ids=lambda case: case.name)
def test_images_and_labels_are_those_of_a_call_by_hand(case: Pictures, tmp_path: Path) -> None:
    case.make(tmp_path)
    model, sweep = '[model]\nfactory = "user_vae:VAE"\n', "[sweep]\nsamples = 2\n"
    (tmp_path / "report.toml").write_text(f"{model}[data]\n{case.config}\n{sweep}")
    store = Store(tmp_path / ".featamp")
    config = unpacked(load_config(tmp_path / "report.toml"), store)
    context = Context(config, store, Console(StringIO()), Workers())
    dataset = read_images(context)[0]
    assert dataset.summary == case.told
    assert dataset.folder.attribute_names == case.labels
    assert len(dataset.folder.names) == case.count
    [first] = dataset.paths([0])
    assert first.is_relative_to(tmp_path) and first.match(case.first)
    with Image.open(first) as image:
        expected = np.asarray(case.prepared(image), np.int16)
    np.testing.assert_allclose(
        read_image(first, open_steps(config)).astype(np.int16), expected, atol=1
    )
