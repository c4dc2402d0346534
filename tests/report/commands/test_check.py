"""`report check` says what looks wrong, on models whose right settings are known."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from featamp.contract.network import Doubt
from featamp.demo.faces.folder import write_folder
from featamp.errors import InputError
from report.commands.check import check
from report.engine.console import Console
from report.stages.images import look_over
from report.view.environment import worded
from tests.conftest import REAL, damaged_png, load_config

SEEN_CROP = 108
MODELS = """
import torch
from torch import nn
from torch.nn.functional import adaptive_avg_pool2d, interpolate


class Blocks(nn.Module):
    '''Gives back 16 even blocks of colour, in [0, 1]: right for a picture without detail, and only
    for that.'''

    def __init__(self):
        super().__init__()
        self.shift = nn.Parameter(torch.zeros(1))

    def encode(self, x):
        mu = adaptive_avg_pool2d(x, 4).flatten(1)
        return mu, mu * 0 - 5

    def decode(self, z):
        return interpolate(z.view(-1, 3, 4, 4), scale_factor=8.0).clamp(0, 1)


class Grey(Blocks):
    def decode(self, z):
        return super().decode(z) * 0 + 0.98


class Warm(Blocks):
    '''Has seen little of its first channel, and much of its last.'''

    def decode(self, z):
        low, high = torch.tensor([[0.0, 0.0, 0.5], [0.5, 1.0, 1.0]])[..., None, None]
        return super().decode(z).clamp(low, high)


class Loud(Blocks):
    def decode(self, z):
        return 3 * super().decode(z) - 1


class Logits(Blocks):
    def decode(self, z):
        return super().decode(z).clamp(0.01, 0.99).logit()


class Bytes(Blocks):
    def encode(self, x):
        return super().encode(x.round() / 255)

    def decode(self, z):
        return 255 * super().decode(z)


class Painted(Blocks):
    '''Reads [0, 1] and writes bytes.'''

    def decode(self, z):
        return (255 * super().decode(z)).byte()


class Signed(Blocks):
    '''Reads [0, 1] and writes [-1, 1].'''

    def decode(self, z):
        return 2 * super().decode(z) - 1


class Unsigned(Blocks):
    '''Reads [-1, 1] and writes [0, 1].'''

    def encode(self, x):
        return super().encode((x + 1) / 2)


class Inverted(Blocks):
    '''Was trained on negatives: knows little light.'''

    def decode(self, z):
        return super().decode(z).clamp(0.5, 1)


class Upright(Blocks):
    '''Knows pictures whose colour changes from above to below alone.'''

    def encode(self, x):
        return super().encode(x.mean(3, keepdim=True).expand_as(x))


class Gravity(Blocks):
    '''Knows pictures that are darker to the right, and much darker below.'''

    def decode(self, z):
        light = torch.linspace(1, 0.2, 4).repeat_interleave(8)
        return super().decode(z).minimum(light * light[:, None] ** 2)


class Reads(Warm):
    '''Is given exchanged channels, and writes them as they are.'''

    def encode(self, x):
        return super().encode(x.flip(1))


class Writes(Warm):
    def decode(self, z):
        return super().decode(z).flip(1)


class Fallen(Gravity):
    '''Writes pictures turned by a quarter to the left.'''

    def decode(self, z):
        return super().decode(z).rot90(1, (2, 3))


class Latent(Blocks):
    '''Multiplies codes, and does not divide them.'''

    scaling_factor = 0.25

    def encode(self, x):
        mu, logvar = super().encode(x)
        return 0.25 * mu, logvar


class Confused(Latent):
    '''Multiplies codes by one factor, and divides them by another.'''

    scaling_factor = 0.18215

    def encode(self, x):
        mu, logvar = super().encode(x)
        return 0.18215 / 0.25 * mu, logvar

    def decode(self, z):
        return super().decode(z / 0.13025)


class Normalised(Blocks):
    '''Reads and writes what CIFAR's mean and standard deviation make of pixels.'''

    def __init__(self):
        super().__init__()
        self.mean = torch.tensor([0.4914, 0.4822, 0.4465])[:, None, None]
        self.std = torch.tensor([0.247, 0.2435, 0.2616])[:, None, None]

    def encode(self, x):
        mu, logvar = super().encode(x * self.std + self.mean)
        return (8 * mu).round() / 8, logvar

    def decode(self, z):
        return (super().decode(z) - self.mean) / self.std


class Pairs(Blocks):
    '''Two numbers, each with its log-variance beside it: [batch, 2, 2].'''

    def encode(self, x):
        mu = x.mean(1).unflatten(1, (2, -1)).mean((2, 3))
        return torch.stack([mu, mu * 0 - 5], dim=2)

    def decode(self, z):
        return z.repeat_interleave(16, 1)[:, None, :, None].expand(-1, 3, -1, 32)


class Itself(Blocks):
    '''Was trained on images normalised each by itself, all of one mean and spread.'''

    def decode(self, z):
        return super().decode(0.5 + 0.246 * z)


class Wide(Blocks):
    '''Knows pictures of 48 x 32, and bright columns on the right alone.'''

    def decode(self, z):
        return interpolate(z.view(-1, 3, 4, 4), size=self.size).clamp(0, 1)

    def encode(self, x):
        self.size = x.shape[2:]
        if x.shape[3] < x.shape[2]:
            x = 0 * x
        return super().encode(x)


class Lying(Blocks):
    '''Knows pictures of any size that are darker to the right, and much darker below.'''

    def encode(self, x):
        self.size = x.shape[2:]
        return super().encode(x)

    def decode(self, z):
        light = torch.linspace(1, 0.2, 4)
        known = super().decode(z)[..., ::8, ::8].minimum(light * light[:, None] ** 2)
        return interpolate(known, size=self.size)


class Tall(Lying):
    def encode(self, x):
        assert x.shape[2:] == (48, 32), "no such images"
        return super().encode(x)


class Fixed(Wide):
    def encode(self, x):
        assert x.shape[2:] == (32, 48), "no such images"
        return super().encode(x)


class Scaled(Blocks):
    '''Has no biases: was trained on [0, 255], and gives back [0, 1] as well.'''

    def encode(self, x):
        mu, logvar = super().encode(x)
        return 6 * mu / 255, logvar * 0 - 1.4

    def decode(self, z):
        return interpolate(z.view(-1, 3, 4, 4) * 255 / 6, scale_factor=8.0)


class Bare(Scaled):
    def encode(self, x):
        return super().encode(x)[0]


class Encoder(Blocks):
    def forward(self, x):
        return self.encode(x)


class Decoder(Blocks):
    def forward(self, z):
        return self.decode(z)


class Flow(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder, self.decoder, self.flow = Encoder(), Decoder(), nn.Linear(48, 48)


class Swapped(Blocks):
    def encode(self, x):
        return super().encode(x)[::-1]
"""
CONFIG = """
[model]
checkpoint = "{checkpoint}"
factory = "{factory}"
pixels = {pixels}
[data]
root = "{root}"
crop = {crop}
size = {size}
[compute]
device = "cpu"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve pictures with little detail inside the central 108 pixels and much outside, and the
    models' weights."""
    folder = tmp_path_factory.mktemp("check")
    (folder / "img_align_celeba").mkdir()
    generator = np.random.default_rng(0)
    left, top = (178 - SEEN_CROP) // 2, (218 - SEEN_CROP) // 2
    for number in range(12):
        pixels = np.asarray(
            Image.fromarray(generator.integers(0, 256, (55, 45, 3), np.uint8)).resize(
                (178, 218), 0
            )
        )
        pixels = pixels.copy()
        even = generator.integers(40, 216, 3) + generator.integers(
            -9, 10, (SEEN_CROP, SEEN_CROP, 3)
        )
        pixels[top : top + SEEN_CROP, left : left + SEEN_CROP] = even
        Image.fromarray(pixels).save(folder / "img_align_celeba" / f"{number:06d}.png")
    (folder / "models_of_check.py").write_text(MODELS)
    torch.save({"model": {"shift": torch.zeros(1)}, "epoch": 4}, folder / "blocks.pt")
    return folder


@pytest.fixture
def empty(folder: Path, tmp_path: Path) -> Path:
    """The same networks beside a folder of no images."""
    for name in ("models_of_check.py", "blocks.pt"):
        shutil.copy(folder / name, tmp_path)
    (tmp_path / "img_align_celeba").mkdir()
    return tmp_path


def printed(
    folder: Path, name: str = "Blocks", pixels: str = "[0, 1]",
    crop: int | str = SEEN_CROP, size: int | str = 32, root: str = ".",
    module: str = "models_of_check", more: str = "",
) -> list[str]:  # fmt: skip
    """The lines that `check` prints."""
    values = {
        "checkpoint": "blocks.pt",
        "factory": f"{module}:{name}",
        "pixels": pixels,
        "root": root,
    }
    (folder / "report.toml").write_text(CONFIG.format(**values, crop=crop, size=size) + more)
    stream = io.StringIO()
    check(folder / "report.toml", Console(stream))
    return stream.getvalue().splitlines()


def warnings(lines: list[str]) -> list[str]:
    return [line for line in lines if line.startswith("warning: ")]


def test_the_right_settings_look_right_and_are_told(folder: Path) -> None:
    lines = printed(folder)
    assert lines[-1] == "nothing looks wrong in what can be told" and not warnings(lines)
    text = "\n".join(lines)
    for found in (
        "12 used, 0 without",
        "no attribute file",
        "epoch 4",
        "48 dimensions",
        "32 x 32 pixels",
        "RMSE 0.0",
        "log sigma cannot be told: ",  # all of its dimensions are as certain of their codes
    ):
        assert found in text


@pytest.mark.parametrize(
    ("name", "pixels", "setting"),
    [
        ("Blocks", "[-1, 1]", "model.pixels = [0.0, 1.0], "),
        ("Blocks", '"logits"', "model.pixels = [0.0, 1.0], "),
        ("Logits", "[0, 1]", 'model.pixels = "logits", '),
        (
            "Unsigned",
            "[-1, 1]",
            "data.mean = [0.5], data.std = [0.5] and model.pixels = [0.0, 1.0]",
        ),
        ("Bytes", "[0, 1]", "model.pixels = [0.0, 255.0]"),
        ("Painted", "[0, 1]", "data.mean = [0.0], data.std = [1.0] and model.pixels = [0.0, 255"),
        ("Signed", "[0, 1]", "data.mean = [0.0], data.std = [1.0] and model.pixels = [-1.0, 1.0]"),
    ],
)
def test_a_wrong_pixel_range_is_named_with_the_right_one_alone(
    folder: Path, name: str, pixels: str, setting: str
) -> None:
    named = [line for line in warnings(printed(folder, name, pixels)) if "RMSE is" in line]
    assert len(named) == 1 and f"with {setting}" in named[0]
    assert "a wrong pixel range?" in named[0]


def test_a_range_that_pictures_do_not_show_is_told_by_the_codes(folder: Path) -> None:
    told = warnings(printed(folder, "Scaled"))
    assert told[0].startswith("warning: pictures are given back as well with model.pixels = [0.0")
    assert "255.0], and codes are as wide there as" in told[0]
    assert not warnings(printed(folder, "Scaled", pixels="[0, 255]"))
    lines = printed(folder, "Bare")
    (said,) = (line for line in lines if line.startswith("pictures    whether the pixels are"))
    assert said.endswith("cannot be told: they are given back as well so")
    assert lines[-1] == "nothing looks wrong in what can be told"


def test_a_part_that_nothing_calls_is_said(folder: Path) -> None:
    printed(folder)
    config = (folder / "report.toml").read_text()
    (folder / "report.toml").write_text(
        config.replace('checkpoint = "blocks.pt"', "").replace(":Blocks", ":Flow")
    )
    stream = io.StringIO()
    check(folder / "report.toml", Console(stream))
    said = "network     whether flow belongs between encoder and decoder cannot be told"
    assert said in stream.getvalue()


def test_exchanged_channels_that_the_pictures_do_not_show_are_said(folder: Path) -> None:
    lines = printed(folder)
    exchanged = "trained on images with red and blue exchanged (blue, green, red) cannot be told"
    assert exchanged in "\n".join(lines) and not warnings(lines)


def test_swapped_outputs_are_told_by_what_they_decode_to(folder: Path) -> None:
    (told,) = [line for line in warnings(printed(folder, "Swapped")) if "RMSE is" in line]
    assert "the two are swapped?" in told


def test_a_factor_that_one_side_alone_applies_is_named(folder: Path) -> None:
    (told,) = [line for line in warnings(printed(folder, "Latent")) if "RMSE is" in line]
    assert "where codes are divided by 0.25 before decode" in told and "scaling_factor" in told


def test_factors_that_are_confused_are_named(folder: Path) -> None:
    (told,) = [line for line in warnings(printed(folder, "Confused")) if "RMSE is" in line]
    assert "where codes are multiplied by 0.13025 and divided by 0.18215 before decode" in told


def test_of_two_ways_to_normalise_that_do_as_well_both_are_named(folder: Path) -> None:
    (told,) = [line for line in warnings(printed(folder, "Normalised")) if "RMSE is" in line]
    assert "with data.mean = [0.4914, 0.4822, 0.4465], data.std = [0.247, 0.2435, 0.2616]" in told
    assert "(as well with data.mean = [0.485, 0.456, 0.406], data.std = [0.229, 0.224," in told


def test_mean_and_logvar_of_two_dimensions_taken_for_each_other_are_told(empty: Path) -> None:
    for number in range(8):
        shades = np.array([[20 * number + 60], [240 - 3 * number**2]], np.uint8)
        image = Image.fromarray(shades.repeat(16, 0).repeat(32, 1))
        image.save(empty / f"img_align_celeba/{number}.png")
    (told,) = [w for w in warnings(printed(empty, "Pairs", crop=32)) if "RMSE is" in w]
    assert "where mean and log-variance are the last axis of one code" in told
    assert "such as code.unbind(-1), into the module of model.factory" in told


def test_images_normalised_each_by_itself_are_told_from_those_of_imagenet(empty: Path) -> None:
    for number in range(8):
        levels = np.random.default_rng(number).permutation(np.linspace(25, 230, 16))
        shades = levels.astype(np.uint8).reshape(4, 4).repeat(8, 0).repeat(8, 1)
        Image.fromarray(shades).save(empty / f"img_align_celeba/{number}.png")
    (told,) = [w for w in warnings(printed(empty, "Itself", crop=32)) if "RMSE is" in w]
    assert "with each image normalised by itself, (images - images.mean((1, 2, 3), True))" in told


@pytest.mark.parametrize(("colour", "turned"), [((200, 128, 60), True), ((60, 128, 200), False)])
def test_turned_channels_are_named(
    empty: Path, colour: tuple[int, int, int], turned: bool
) -> None:
    for number in range(8):
        shade = tuple(round(value * (1 - number / 20)) for value in colour)
        Image.new("RGB", (178, 218), shade).save(empty / f"img_align_celeba/{number}.png")
    found = [line for line in warnings(printed(empty, "Warm")) if "blue, green, red" in line]
    assert len(found) == turned and all("images.flip(1)" in line for line in found)


@pytest.mark.parametrize(("network", "side"), [("Reads", "encode"), ("Writes", "decode")])
def test_channels_that_one_side_alone_exchanges_are_named(
    empty: Path, network: str, side: str
) -> None:
    for number in range(8):
        shade = tuple(round(value * (1 - number / 20)) for value in (60, 128, 250))
        Image.new("RGB", (178, 218), shade).save(empty / f"img_align_celeba/{number}.png")
    (told,) = [w for w in warnings(printed(empty, network)) if "RMSE is" in w]
    assert f"with red and blue exchanged (blue, green, red) in {side} alone, " in told
    assert told.endswith(
        f"Turn them in {side} of a module that model.adapter names: images.flip(1)"
    )


def test_pictures_that_one_side_alone_turns_are_named(empty: Path) -> None:
    light = np.repeat(np.linspace(1, 0.2, 4), 8)
    for number in range(8):
        shades = 255 * (1 - number / 20) * light * light[:, None] ** 2
        Image.fromarray(shades.astype(np.uint8)).save(empty / f"img_align_celeba/{number}.png")
    (told,) = [w for w in warnings(printed(empty, "Fallen", crop=32)) if "RMSE is" in w]
    assert "with images turned by a quarter to the left in decode alone, " in told
    assert "in decode of a module that model.adapter names: .rot90(-1, (2, 3))" in told


@pytest.mark.parametrize(
    ("network", "found", "line"),
    [
        ("Inverted", "black and white exchanged", ": 1 - images"),
        ("Upright", "with images transposed (as well", ": images.transpose(2, 3)"),
        ("Blocks", None, ""),
    ],
)
def test_negatives_and_exchanged_rows_and_columns_are_named(
    empty: Path, network: str, found: str | None, line: str
) -> None:
    ramp = np.repeat(np.linspace(0, 120, 4), 8)[None, :, None]
    for number in range(8):
        pixels = np.broadcast_to(ramp / (1 + number % 3), (32, 32, 3)).astype(np.uint8)
        Image.fromarray(pixels).save(empty / f"img_align_celeba/{number}.png")
    told = [w for w in warnings(printed(empty, network, crop=32)) if "such images" in w]
    assert len(told) == (found is not None)
    assert all(str(found) in one and one.endswith(line) for one in told)


@pytest.mark.parametrize(
    ("axes", "flipped", "found"),
    [
        ((0, 1), 0, "upside down, "),
        ((0, 1), 1, "mirrored, "),
        ((0, 1), (0, 1), "turned by half, "),
        ((1, 0), 0, "turned by a quarter to the right, "),
        ((1, 0), 1, "turned by a quarter to the left, "),
        ((0, 1), (), None),
    ],
)
def test_turned_pictures_are_named(
    empty: Path,
    axes: tuple[int, int],
    flipped: int | tuple[int, ...],
    found: str | None,
) -> None:
    light = np.repeat(np.linspace(1, 0.2, 4), 8)
    for number in range(8):
        shades = 255 * (1 - number / 20) * light * light[:, None] ** 2
        pixels = np.flip(shades.transpose(axes), flipped).astype(np.uint8)
        Image.fromarray(pixels).save(empty / f"img_align_celeba/{number}.png")
    told = [w for w in warnings(printed(empty, "Gravity", crop=32)) if "such images" in w]
    assert len(told) == (found is not None) and all(f"with images {found}" in w for w in told)


@pytest.mark.parametrize(
    ("network", "size", "sides"),
    [("Lying", "48x32", "Turn"), ("Tall", "32x48", 'Set data.size = "48x32", and turn')],
)
def test_turned_pictures_that_are_not_square_are_named(
    empty: Path, network: str, size: str, sides: str
) -> None:
    light = np.linspace(1, 0.2, 4)
    for number in range(8):
        shades = 255 * (1 - number / 20) * light * light[:, None] ** 2
        tall = shades.repeat(12, axis=0).repeat(8, axis=1).astype(np.uint8)
        Image.fromarray(np.rot90(tall, -1)).save(empty / f"img_align_celeba/{number}.png")
    lines = printed(empty, network, crop='"48x32"', size=f'"{size}"')
    (told,) = [line for line in warnings(lines) if "such images" in line]
    assert "with images turned by a quarter to the left, " in told
    assert f"such images? {sides} them in encode" in told and "images.rot90(1, (2, 3))" in told


def test_pictures_that_are_alike_turned_are_not_taken_for_turned_ones(empty: Path) -> None:
    for number in range(8):  # one is given back badly, and better in another order of colours
        colour = (200, 128, 60) if number == 3 else (100, 128 - number, 128)
        Image.new("RGB", (178, 218), colour).save(empty / f"img_align_celeba/{number}.png")
    assert not [w for w in warnings(printed(empty, "Warm")) if "such images" in w]


def test_height_and_width_exchanged_are_named(empty: Path) -> None:
    for number in range(8):
        colours = np.random.default_rng(number).integers(0, 256, (4, 4, 3), np.uint8)
        image = Image.fromarray(colours).resize((48, 32), 0)
        image.save(empty / f"img_align_celeba/{number}.png")
    (told,) = warnings(printed(empty, "Wide", crop='"48x32"', size='"32x48"'))[:1]
    assert 'with data.size = "48x32"' in told
    mend = (
        r'images of 48 x 32 .*set data\.size = "48x32", or, where these were turned by a quarter'
    )
    with pytest.raises(InputError, match=mend):
        printed(empty, "Fixed", crop='"48x32"', size='"32x48"')
    for steps in ('"none"', '["crop 48x32", "resize 48x32"]'):
        config = empty / "report.toml"
        text = config.read_text().replace('crop = "48x32"', f"preprocess = {steps}")
        config.write_text(text.replace('"32x48"', '"48x32"'))
        check(config, Console(io.StringIO()))


def test_a_wrong_crop_is_named_with_the_right_one(folder: Path) -> None:
    found = [
        line
        for line in warnings(printed(folder, crop=178))
        if "data.crop" in line and "not seen" in line
    ]
    assert len(found) == 1 and "with data.crop = 108" in found[0]


def test_a_crop_that_is_a_little_wrong_is_told_by_the_codes_too(tmp_path: Path) -> None:
    write_folder(tmp_path / "faces", 32, seed=3)
    weights = Path(__file__).parents[3] / "models/demo.safetensors"
    for crop, told in ((178, 0), (160, 1)):
        path = tmp_path / "report.toml"
        path.write_text(
            f'[model]\ncheckpoint = "{weights}"\n[data]\nroot = "faces"\ncrop = {crop}\n'
        )
        stream = io.StringIO()
        check(path, Console(stream))
        found = warnings(stream.getvalue().splitlines())
        assert len(found) == told and all("with data.crop = 178" in line for line in found)


@pytest.mark.parametrize("contrast", [1.0, 0.1])
def test_a_model_that_answers_every_picture_alike_is_told(
    folder: Path, empty: Path, contrast: float
) -> None:
    for path in sorted((folder / "img_align_celeba").iterdir()):
        with Image.open(path) as image:
            pale = Image.blend(Image.new("RGB", image.size, (250, 250, 250)), image, contrast)
        pale.save(empty / "img_align_celeba" / path.name)
    for network, told in (("Grey", True), ("Blocks", False)):
        found = warnings(printed(empty, network))
        assert any("no better than the" in line for line in found) == told


def test_a_decoder_that_writes_outside_its_range_is_told(folder: Path) -> None:
    assert any(
        "outside model.pixels = [0.0, 1.0]" in line for line in warnings(printed(folder, "Loud"))
    )


def test_what_cannot_be_used_is_an_error(folder: Path) -> None:
    with pytest.raises(InputError, match=r"data\.size is 64, but the model decodes 32 x 32"):
        printed(folder, size=64)
    with pytest.raises(
        InputError,
        match=r"000000\.png: the image is 178 x 218 pixels, smaller than data.crop = 200",
    ):
        printed(folder, crop=200)
    with pytest.raises(InputError, match="nowhere: no such folder"):
        printed(folder, root="nowhere")


@pytest.mark.skipif(not REAL.is_dir(), reason="../shared/real is not beside this clone")
@pytest.mark.parametrize("pixels", ["[-1, 1]", "[0, 1]"])
def test_the_real_model_is_right_with_minus_one_to_one_only(pixels: str, tmp_path: Path) -> None:
    shutil.copy(REAL / "user_vae.py", tmp_path)
    config = tmp_path / "report.toml"
    values = {
        "checkpoint": REAL / "best_model.pt",
        "factory": "user_vae:VAE",
        "root": REAL / "celeba",
    }
    config.write_text(CONFIG.format(**values, pixels=pixels, crop=178, size=64))
    stream = io.StringIO()
    check(config, Console(stream))
    lines = stream.getvalue().splitlines()
    if pixels == "[-1, 1]":
        assert lines[-1] == "nothing looks wrong in what can be told"
        assert "times the variance of the prior" in "\n".join(lines)
    else:
        assert any("with model.pixels = [-1.0, 1.0]" in line for line in warnings(lines))
        assert any("outside model.pixels" in line for line in warnings(lines))


def test_an_image_that_cannot_be_decoded_is_named_and_left_out(
    folder: Path, tmp_path: Path
) -> None:
    shutil.copytree(folder, tmp_path / "copy")
    broken = tmp_path / "copy/img_align_celeba/000000.png"
    truncated = broken.read_bytes()[:500]
    damaged_png(broken)
    for content in (broken.read_bytes(), truncated):
        broken.write_bytes(content)
        lines = printed(tmp_path / "copy")
        (line,) = warnings(lines)
        assert "000000.png is left out: " in line and "nothing looks wrong" not in lines[-1]
    for image in sorted(broken.parent.iterdir())[1:11]:
        image.write_text("no image")
    with pytest.raises(InputError, match=r"1 image of 12 can be decoded, expected .*000000\.png"):
        printed(tmp_path / "copy")


def test_a_crop_is_tried_only_where_all_that_are_tried_are_large_enough(
    folder: Path, tmp_path: Path
) -> None:
    shutil.copytree(folder, tmp_path / "copy")
    config, small = tmp_path / "copy/report.toml", tmp_path / "copy/img_align_celeba/000002.png"
    values = {"checkpoint": "blocks.pt", "factory": "models_of_check:Blocks", "pixels": "[0, 1]"}
    text = CONFIG.format(**values, root=".", crop=50, size=32)
    config.write_text(text.replace("crop = 50", 'preprocess = "squash"'))

    def told() -> list[str]:
        stream = io.StringIO()
        check(config, Console(stream))
        return [line for line in warnings(stream.getvalue().splitlines()) if "data.crop" in line]

    assert len(told()) == 1 and f"with data.crop = {SEEN_CROP}" in told()[0]
    with Image.open(small) as image:  # none of the eight that are shown
        image.resize((60, 60)).save(small)
    assert told() == []


def test_targets_without_labels_are_told(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "copy")
    config = tmp_path / "copy/report.toml"
    values = {"checkpoint": "blocks.pt", "factory": "models_of_check:Blocks", "pixels": "[0, 1]"}
    text = CONFIG.format(**values, root=".", crop=50, size=32)
    config.write_text(f'{text}\n[experiments]\ntargets = ["Smiling"]\n')
    stream = io.StringIO()
    check(config, Console(stream))
    told = [line for line in warnings(stream.getvalue().splitlines()) if "targets" in line]
    assert len(told) == 1 and "names 'Smiling', but there are no labels" in told[0]


def test_where_labels_parts_and_people_come_from_is_told(folder: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(folder, tmp_path / "copy")
    assert {"parts       not known", "people      not known"} <= {*printed(copy)}
    names = sorted(path.name for path in (copy / "img_align_celeba").iterdir())
    rows = [
        f"{name},{n // 2},{'train' if n % 3 else 'test'},{n % 2}" for n, name in enumerate(names)
    ]
    (copy / "t.csv").write_text("\n".join(["image,identity,split,hat", *rows]))
    lines = printed(copy, root='."\nlabels = "t.csv')
    assert "labels      of t.csv, whose column 'image' names the images" in lines
    assert "parts       8 train, 0 valid, 4 test, by column 'split' of t.csv" in lines
    assert "people      6, by column 'identity' of t.csv" in lines


def test_a_table_whose_folders_contradict_those_of_the_images_is_doubted(
    folder: Path, tmp_path: Path
) -> None:
    copy = shutil.copytree(folder, tmp_path / "copy")
    (copy / "img_align_celeba").rename(copy / "val")
    names = sorted(path.name for path in (copy / "val").iterdir())
    rows = [f"train/{name},{n % 2}" for n, name in enumerate(names)]
    (copy / "t.csv").write_text("\n".join(["image,hat", *rows]))
    lines = printed(copy, root='."\nlabels = "t.csv')
    assert any("'train/000000.png' is taken for the image 'val/" in w for w in warnings(lines))


NOT_FINITE = """
from models_of_check import Blocks


class NoMu(Blocks):
    def encode(self, x):
        return super().encode(x)[0] * float("nan"), super().encode(x)[1]


class NoLogvar(Blocks):
    def encode(self, x):
        return super().encode(x)[0], super().encode(x)[1] + float("inf")


class NoImage(Blocks):
    def decode(self, z):
        return super().decode(z) * float("nan")


class OnlyFrom0To1(Blocks):
    def encode(self, x):
        mu, logvar = super().encode(x)
        return mu + (float("nan") if x.min() < 0 else 0), logvar
"""


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("NoMu", r"000000\.png: its code is not finite \(8 of 8 in its batch, in mu"),
        ("NoLogvar", r"000000\.png: its code is not finite \(8 of 8 in its batch, in logvar"),
        ("NoImage", r"NoImage\.decode gives images that are not finite \(8 of 8"),
    ],
)
def test_what_is_not_finite_is_refused_by_name(folder: Path, name: str, message: str) -> None:
    (folder / "not_finite.py").write_text(NOT_FINITE)
    with pytest.raises(InputError, match=message):
        printed(folder, name, module="not_finite")


def test_a_setting_that_is_only_tried_may_fail(folder: Path) -> None:
    (folder / "not_finite.py").write_text(NOT_FINITE)
    assert not warnings(printed(folder, "OnlyFrom0To1", module="not_finite"))


def test_a_choice_that_no_build_takes_is_refused_and_one_of_an_earlier_model_is_not(
    folder: Path, tmp_path: Path
) -> None:
    shutil.copytree(folder, tmp_path / "copy")
    selection = tmp_path / "copy/selection.toml"
    selection.write_text("chosen = [48]")
    with pytest.raises(
        InputError, match=r"selection\.toml: chosen names dimension 48, expected 0"
    ):
        printed(tmp_path / "copy")
    selection.write_text('model = "earlier"\nchosen = [48]')
    assert not warnings(printed(tmp_path / "copy"))


def test_known_factors_that_no_build_takes_are_refused(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "copy")
    (tmp_path / "copy/factors.csv").write_text("image_id,smile\n000000.png,much\n")
    with pytest.raises(InputError, match=r"factors\.csv: no row for 000001\.png"):
        printed(tmp_path / "copy")


def test_samples_and_targets_that_the_folder_lacks_are_an_error(
    folder: Path, tmp_path: Path
) -> None:
    shutil.copytree(folder, tmp_path / "copy")
    with pytest.raises(InputError, match=r"sweep\.samples is 13, but there are only 12 images"):
        printed(tmp_path / "copy", more="[sweep]\nsamples = 13")
    (tmp_path / "copy/list_attr_celeba.txt").write_text("2\nMale\n000000.png 1\n000001.png -1\n")
    with pytest.raises(
        InputError, match=r"experiments\.targets names 'Bald', which the labels lack"
    ):
        printed(
            tmp_path / "copy",
            more="[sweep]\nsamples = 2\n[experiments]\ntargets = ['Male', 'Bald']",
        )


def test_images_of_mixed_sizes_are_refused_as_a_build_does_with_the_mend(tmp_path: Path) -> None:
    config = tmp_path / "report.toml"
    (tmp_path / "a").mkdir()
    for number, size in enumerate([(40, 50), (60, 30)]):
        Image.new("RGB", size).save(tmp_path / f"a/{number}.png")
    paths = sorted((tmp_path / "a").iterdir())
    model = '[model]\ncheckpoint = "x.pt"\n[data]\nroot = "a"\nsize = 16\n'
    for steps in ('["resize 16", "crop 16"]', '"squash"', '"mine:prepare"'):
        config.write_text(f"{model}preprocess = {steps}\n")
        look_over(load_config(config), paths)
    config.write_text(model + "crop = 20\n")
    with pytest.raises(InputError, match=r'"squash" or \["resize 16", "crop 16"\]'):
        look_over(load_config(config), paths)


PARTS = {"parts": ("a", "<b>"), "passed": False}


@pytest.mark.parametrize(
    ("kind", "found", "said"),
    [
        (
            "parameters",
            {"first": (0.5, 2), "second": (1, 3)},
            "where (0.500 to 2.00, 1.00 to 3.00): the",
        ),
        ("same", {}, "encode are the same: no log-variance? return (mu, logvar) from encode("),
        (
            "drawn",
            {"slope": 0.97},
            "the first (a slope of 0.97, and the same mean): a sample",
        ),
        ("positive", {"second": (1, 3)}, "everywhere (1.00 to 3.00): a standard deviation"),
        ("wide", {"times": 2.5}, "encode's second output is 2.50 times as large as the"),
        ("sample", {"times": 1234.5}, "the picture 1,234 times as much as another image"),
        ("surface", {"name": "sum", "mean": 1.0}, "all codes have the same sum, 1.00: shares"),
        ("sigma", {"slope": 0.5, "twice": 1}, "by a slope of 0.50, and twice of it by 1.00, "),
        ("alone", {"shape": (8, 4), **PARTS}, "gives 8 x 4 numbers an image and no log-variance"),
        ("alone", {"shape": (8,), **PARTS}, "nor its decoder calls a, <b>: where that belongs"),
        ("between", {"parts": [*"abcdefg"], "passed": True}, "passes codes through a, b, c, d, e"),
        ("few", {"certain": 5, "dims": 12, "least": 6}, "5 of 12 dimensions are certain of their"),
        ("scaled", {"times": 400.0}, "codes have 400 times the variance of the prior"),
        ("unordered", {}, "those that do more to the picture are not the more certain ones"),
        ("either", {}, "it fits the one as well as the other"),
    ],
)
def test_the_console_words_a_doubt_as_the_pages_do(
    kind: str, found: dict[str, object], said: str
) -> None:
    assert said in worded(Doubt(kind, found))
