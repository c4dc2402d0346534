"""What is done to an image file's pixels, against torchvision and by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision import transforms

from featamp.errors import InputError
from featamp.io.files.decode import read_image
from featamp.io.files.steps import Size, Step, Steps, wrong_size

FRAMES: list[Size] = [(218, 178), (100, 161), (64, 64)]
NOISE = np.random.default_rng(0).integers(0, 256, (218, 178, 3), np.uint8)


def picture(frame: Size) -> Image.Image:
    return Image.fromarray(NOISE).resize((frame[1], frame[0]))


@pytest.mark.parametrize("frame", FRAMES)
def test_the_shorter_side_then_a_crop_is_as_in_torchvision(frame: Size) -> None:
    steps = Steps((48, 48), (Step("shorter", (48, 48)), Step("crop", (48, 48))))
    theirs = transforms.Compose([transforms.Resize(48), transforms.CenterCrop(48)])
    np.testing.assert_array_equal(steps(picture(frame)), np.asarray(theirs(picture(frame))))


@pytest.mark.parametrize("frame", FRAMES)
def test_sides_that_differ_are_height_and_width_as_in_torchvision(frame: Size) -> None:
    steps = Steps.usual((60, 40), (30, 20))
    theirs = transforms.Compose([transforms.CenterCrop((60, 40)), transforms.Resize((30, 20))])
    ours = steps(picture(frame))
    np.testing.assert_array_equal(ours, np.asarray(theirs(picture(frame))))
    assert ours.shape == (30, 20, 3)


def test_files_that_need_the_size_already_say_what_to_set() -> None:
    with pytest.raises(InputError, match=r'178 x 218 pixels, .* set data\.size = "178x218"'):
        Steps((28, 28))(picture((218, 178)))
    assert Steps((64, 64))(picture((64, 64))).shape == (64, 64, 3)


def test_only_steps_that_begin_by_resizing_take_any_size() -> None:
    assert Steps.usual(None, 64).any_size and not Steps.usual(178, 64).any_size
    assert not Steps((28, 28)).any_size


def test_a_size_that_differs_is_said_with_the_one_to_set() -> None:
    assert wrong_size((64, 64), (108, 88)) == (
        'data.size is 64, but the model decodes 88 x 108; set data.size = "88x108" where it was'
        " trained on such images"
    )


GIVEN = {
    "an image": lambda image: image.resize((16, 20)),
    "grey": lambda image: image.resize((16, 20)).convert("L"),
    "an array": lambda image: np.asarray(image.resize((16, 20))),
    "a tensor": lambda image: transforms.ToTensor()(image.resize((16, 20))),
}


@pytest.mark.parametrize("kind", GIVEN)
def test_a_function_may_give_an_image_an_array_or_a_tensor(kind: str, tmp_path: Path) -> None:
    picture((218, 178)).save(tmp_path / "x.jpg")
    pixels = read_image(tmp_path / "x.jpg", Steps((20, 16), own=GIVEN[kind], name="mine:prepare"))
    with Image.open(tmp_path / "x.jpg") as image:
        made = image.convert("RGB").resize((16, 20))
        expected = made.convert("L").convert("RGB") if kind == "grey" else made
    np.testing.assert_array_equal(pixels, np.asarray(expected))


def fails(image: Image.Image) -> object:
    raise KeyError("no")


@pytest.mark.parametrize(
    ("own", "words"),
    [
        (lambda image: torch.full((3, 20, 16), -2.1), "set data.mean and data.std"),
        (lambda image: image, r'gives 178 x 218 pixels, expected data\.size = "16x20"'),
        (lambda image: "no", "expected an image, an array"),
        (fails, "raises KeyError: 'no'"),
    ],
)
def test_a_function_that_gives_something_else_is_told_with_the_file(
    own: object, words: str, tmp_path: Path
) -> None:
    picture((218, 178)).save(tmp_path / "x.png")
    steps = Steps((20, 16), own=own, name="mine:prepare")  # type: ignore[arg-type]
    with pytest.raises(InputError, match=rf'x\.png: data\.preprocess = "mine:prepare".*{words}'):
        read_image(tmp_path / "x.png", steps)
