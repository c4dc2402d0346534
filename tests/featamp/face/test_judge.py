"""A judge that is believed only where the user's labels agree: on real faces, rendered ones and
none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from featamp.demo.faces.factors import Factors, draw_factors
from featamp.demo.faces.render import render
from featamp.face.crop import FaceBox
from featamp.face.judge import (
    LEAST,
    READ,
    FaceJudge,
    Faces,
    face_shares,
    measure_judge,
    read_faces,
)
from featamp.face.reader import FaceReader
from featamp.face.weights import AGE_GENDER, EXPRESSION, LANDMARKS
from featamp.io.batches import load_images
from featamp.io.celeba.folder import open_folder
from featamp.io.celeba.names import ATTRIBUTES
from featamp.io.files.decode import preprocess
from featamp.io.files.steps import Steps
from featamp.io.network.opening import open_model
from tests.conftest import REAL

needs_faces = pytest.mark.skipif(
    not REAL.is_dir(), reason="../shared/real is not beside this clone"
)
NAMES = ("Smiling", "Young", "Male", "Bald")


def as_pixels(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Pixels in [0, 1]."""
    return np.asarray(images / 255.0, np.float32)


def faces_with(scores: NDArray[np.float64]) -> Faces:
    """Faces of scores [image, attribute] that were all read, looking ahead."""
    zero = np.zeros(scores.shape[:-1])
    return Faces(scores, zero, zero, zero, zero, zero, np.ones(scores.shape[:-1], np.bool_))


def judged(generator: np.random.Generator, lost: float = 0.0, count: int = 400) -> FaceJudge:
    """A judge that reads Male well, Young not at all and has no labels of the mouth; `lost` is
    the noise in reconstructions."""
    labels = generator.random((count, 4)) < 0.5
    scores = generator.standard_normal((count, len(READ)))
    scores[:, 0] += 3 * labels[:, 2]
    scores[:, 2] += 3 * labels[:, 0]
    rebuilt = scores + lost * generator.standard_normal(scores.shape)
    return measure_judge(faces_with(scores), faces_with(rebuilt), labels, NAMES)


def test_a_sweep_from_one_group_to_the_other_goes_all_the_way(
    generator: np.random.Generator,
) -> None:
    judge = judged(generator)
    scores = np.zeros((4, 2, len(READ)))
    scores[:, 1, 0] = judge.rebuilt_apart[0]
    scores[1:, 1, 2], scores[0, 1, 2] = -judge.rebuilt_apart[2] / 2, np.nan
    shares = face_shares(faces_with(scores), judge, judge.telling)
    assert judge.telling == ("Male", "Smiling")
    assert shares == {"Male": pytest.approx((1.0, 0.0)), "Smiling": pytest.approx((-0.5, 0.0))}
    scores[1:, 1, 2] = np.nan
    assert list(face_shares(faces_with(scores), judge, judge.telling)) == ["Male"]
    assert judged(generator, lost=30.0).telling == ()  # nothing of it is left to be seen


def test_what_the_labels_do_not_confirm_is_not_told(generator: np.random.Generator) -> None:
    judge = judged(generator)
    assert judge.names == ("Male", "Young", "Smiling")
    assert judge.told.tolist() == [True, False, True]
    assert (judge.interval[:, 0] < judge.auc).all() and (judge.auc < judge.interval[:, 1]).all()


def test_a_network_that_tells_nothing_is_not_asked(generator: np.random.Generator) -> None:
    judge = judged(generator)
    untold = replace(judge, auc=np.array([0.5, 0.5, 0.9]))
    assert untold.networks == (EXPRESSION, LANDMARKS)
    assert replace(untold, rebuilt_plausible=0.2).networks == (EXPRESSION,)


def test_what_the_vae_lost_is_compared_image_by_image(generator: np.random.Generator) -> None:
    kept, lost = judged(generator), judged(generator, lost=6.0)
    assert kept.lost[0] == 0.0 and kept.lost_interval[0].tolist() == [0.0, 0.0]
    assert lost.lost_interval[0, 1] < -0.1
    assert kept.apart[0] == pytest.approx(3, abs=0.4)


def test_few_faces_say_nothing(generator: np.random.Generator) -> None:
    judge = judged(generator, count=LEAST)
    assert np.isnan(judge.auc).all() and not judge.told.any()


@pytest.fixture(scope="module")
def reader() -> FaceReader:
    return FaceReader.open(FaceBox.in_centre_crop(178))


@pytest.fixture(scope="module")
def small() -> NDArray[np.float32]:
    """160 real faces, as a VAE of 64 pixels sees them."""
    folder = open_folder(REAL / "celeba", 160)
    return as_pixels(
        load_images([folder.directory / n for n in folder.names], Steps.usual(178, 64))
    )


@pytest.fixture(scope="module")
def seen(reader: FaceReader, small: NDArray[np.float32]) -> Faces:
    return read_faces(reader, small)


@needs_faces
def test_real_faces_are_read_as_well_as_is_known(seen: Faces) -> None:
    folder = open_folder(REAL / "celeba", 160)
    assert folder.attributes is not None
    judge = measure_judge(seen, seen, folder.attributes, folder.attribute_names)
    known = {"Male": 0.993, "Young": 0.862, "Smiling": 0.954}
    for name, auc in known.items():
        low, high = judge.interval[judge.names.index(name)]
        assert low - 0.01 < auc < high + 0.01, name
    assert not judge.told[judge.names.index("Mouth_Slightly_Open")]  # .79 at 64 pixels


@needs_faces
def test_what_a_real_vae_lost(reader: FaceReader) -> None:
    folder = open_folder(REAL / "celeba", 400)
    pixels = load_images([folder.directory / name for name in folder.names], Steps.usual(178, 64))
    model = open_model(
        REAL / "best_model.pt", "user_vae:VAE", {"latent_dim": 256}, None, (-1.0, 1.0), REAL, "cpu"
    )
    assert folder.attributes is not None
    labels, names = folder.attributes, folder.attribute_names
    seen, again = (
        read_faces(reader, pictures, (AGE_GENDER,))
        for pictures in (as_pixels(pixels), model.decode(model.encode(pixels)[0]))
    )
    judge = measure_judge(seen, again, labels, names)
    young = judge.names.index("Young")
    assert judge.lost_interval[young, 1] < -0.05
    assert judge.rebuilt[young] < judge.rebuilt[judge.names.index("Male")] - 0.1


@needs_faces
def test_a_mirrored_picture_looks_the_other_way(
    reader: FaceReader, small: NDArray[np.float32], seen: Faces
) -> None:
    again = read_faces(reader, np.ascontiguousarray(small[:40, :, ::-1]), (LANDMARKS,))
    both = seen.plausible[:40] & again.plausible
    np.testing.assert_allclose(again.yaw[both], -seen.yaw[:40][both], atol=0.1)
    assert np.abs(seen.yaw[:40][both]).max() > 20  # some do look aside


@needs_faces
def test_landmarks_are_plausible_on_faces_and_on_nothing_else(
    reader: FaceReader, small: NDArray[np.float32], seen: Faces, generator: np.random.Generator
) -> None:
    pieces = small[:40].reshape(40, 4, 16, 4, 16, 3).swapaxes(2, 3).reshape(40, 16, 16, 16, 3)
    shuffled = generator.permuted(pieces, axis=1).reshape(40, 4, 4, 16, 16, 3).swapaxes(2, 3)
    others = {
        "shuffled": shuffled.reshape(40, 64, 64, 3),
        "upside down": small[:40, ::-1],
        "noise": generator.random((20, 64, 64, 3), dtype=np.float32),
        "grey": np.full((1, 64, 64, 3), 0.5, np.float32),
    }
    assert seen.plausible.mean() > 0.9
    for name, pictures in others.items():
        found = read_faces(reader, np.ascontiguousarray(pictures), (LANDMARKS,))
        assert found.plausible.mean() < 0.1, name
        assert np.isnan(found.yaw[~found.plausible]).all()


@needs_faces
def test_a_rotated_picture_has_a_rolled_face(reader: FaceReader) -> None:
    folder = open_folder(REAL / "celeba", 16)
    rolls = []
    for angle in (-8, 8):  # Pillow turns counterclockwise
        pictures = []
        for name in folder.names:
            with Image.open(Path(folder.directory / name)) as image:
                turned = image.rotate(-angle, Image.Resampling.BILINEAR, center=(89, 120))
                pictures.append(preprocess(turned, 178, 64))
        rolls.append(read_faces(reader, as_pixels(np.stack(pictures)), (LANDMARKS,)).roll)
    assert 10 < np.nanmedian(rolls[1] - rolls[0]) < 22


@pytest.fixture(scope="module")
def rendered(reader: FaceReader) -> tuple[Factors, Faces]:
    """120 of the demo's faces, and what is read in them."""
    factors = draw_factors(120, 3)
    faces = [preprocess(Image.fromarray(render(factors, i)), 178, 64) for i in range(len(factors))]
    return factors, read_faces(reader, as_pixels(np.stack(faces)))


def test_the_age_of_rendered_faces_is_not_told(rendered: tuple[Factors, Faces]) -> None:
    """The judge fails on what the demo draws as age, and must find that out by itself."""
    factors, seen = rendered
    judge = measure_judge(seen, seen, factors.attributes > 0, ATTRIBUTES)
    told = dict(zip(judge.names, judge.told.tolist(), strict=True))
    assert not told["Young"]
    assert told["Smiling"]


def test_landmarks_follow_the_turn_and_tilt_of_rendered_heads(
    rendered: tuple[Factors, Faces],
) -> None:
    factors, seen = rendered
    for name in ("yaw", "roll"):
        read, true = getattr(seen, name)[seen.plausible], factors.continuous[name][seen.plausible]
        assert np.corrcoef(read, true)[0, 1] > 0.7, name
