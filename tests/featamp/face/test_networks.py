"""The networks give the numbers of the package that they come from, and the crop Pillow's."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from featamp.face.crop import FaceBox, cut_out
from featamp.face.networks import SIZE, age_and_gender, dense, prepare
from featamp.face.reader import EXPRESSIONS, FaceReader
from featamp.face.weights import AGE_GENDER, EXPRESSION, LANDMARKS, load_networks
from featamp.measure.layout import ALIGNED

RAMP = torch.stack(
    [
        torch.linspace(0, 1, SIZE)[None].expand(SIZE, -1),
        torch.linspace(0, 1, SIZE)[:, None].expand(-1, SIZE),
        torch.full((SIZE, SIZE), 0.25),
    ]
)[None]
"""A picture that needs no file: red to the right, green downwards."""
TFJS = {
    "age": 7.865991,
    "male": 0.9918646,
    "expressions": [0.6613567, 0.1548558, 0.0778210, 0.0111819, 0.0001655, 0.0795350, 0.0150841],
    "points": [0.3664805, 0.5717698, 0.5820751, 0.6326618, 0.6721118, 0.6064730],
}
"""What the package gives of `RAMP`, rounded to bytes, run by its TensorFlow.js 4.22."""


def test_the_networks_are_those_of_the_package() -> None:
    weights, faces = load_networks(), prepare((RAMP * 255).round() / 255)
    age, gender = age_and_gender(faces, weights[AGE_GENDER])
    happy = dense(faces, weights[EXPRESSION]).softmax(1)[0]
    points = dense(faces, weights[LANDMARKS])[0]
    assert age.item() == pytest.approx(TFJS["age"], abs=1e-3)
    assert gender.softmax(1)[0, 0].item() == pytest.approx(TFJS["male"], abs=1e-5)
    assert happy.tolist() == pytest.approx(TFJS["expressions"], abs=1e-5)
    assert points[:6].tolist() == pytest.approx(TFJS["points"], abs=1e-5)


@pytest.mark.parametrize("size", [(178, 218), (64, 64), (400, 300)])
def test_a_face_is_cut_out_as_pillow_does(
    size: tuple[int, int], generator: np.random.Generator
) -> None:
    box = FaceBox.in_whole_frame()
    picture = generator.random((size[1], size[0]), dtype=np.float32)
    edges = (box.left * size[0], box.top * size[1], box.right * size[0], box.bottom * size[1])
    expected = Image.fromarray(picture).resize((40, 40), Image.Resampling.BILINEAR, edges)
    ours = cut_out(torch.from_numpy(picture).expand(1, 3, -1, -1), box, 40)[0, 0]
    np.testing.assert_allclose(ours, np.asarray(expected), atol=1e-4)


@pytest.mark.parametrize("crop", [178, 148])
def test_the_box_is_at_the_same_place_in_every_crop(crop: int) -> None:
    frame, part = FaceBox.in_whole_frame(), FaceBox.in_centre_crop(crop)
    left, top = (ALIGNED[0] - crop) / 2, (ALIGNED[1] - crop) / 2
    assert left + part.left * crop == pytest.approx(frame.left * ALIGNED[0])
    assert top + part.bottom * crop == pytest.approx(frame.bottom * ALIGNED[1])


def test_a_box_that_leaves_the_picture_repeats_its_edge() -> None:
    picture = torch.full((1, 3, 20, 20), 0.5)
    cut = cut_out(picture, FaceBox(-0.3, 0.2, 1.2, 1.4), 30)
    np.testing.assert_allclose(cut, 0.5, atol=1e-6)


def test_only_the_networks_that_are_asked_look(generator: np.random.Generator) -> None:
    reader = FaceReader.open(FaceBox.in_centre_crop(178))
    frames = generator.random((2, 3, 32, 32, 3), dtype=np.float32)
    seen = reader.read(frames, (EXPRESSION,))
    assert seen.expressions.shape == (2, 3, len(EXPRESSIONS))
    assert np.isfinite(seen.expressions).all()
    assert np.isnan(seen.age).all() and np.isnan(seen.landmarks).all()
    whole = reader.read(frames)
    np.testing.assert_allclose(whole.expressions, seen.expressions, atol=1e-4)
    assert whole.landmarks.shape == (2, 3, 68, 2)


def test_a_sure_expression_keeps_its_digits(generator: np.random.Generator) -> None:
    from featamp.face.reader import _against_others

    logits = torch.tensor([[40.0, 0.0, 0.0], [60.0, 0.0, 0.0]], dtype=torch.float32)
    ours = _against_others(logits)[:, 0].tolist()
    assert ours == pytest.approx([40 - np.log(2), 60 - np.log(2)])
