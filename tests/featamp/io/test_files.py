"""Image files as people have them: which count, and what is read from each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from featamp.errors import InputError
from featamp.io.celeba import open_folder
from featamp.io.files.decode import load_image, preprocess
from featamp.io.files.listing import image_names, list_images
from tests.conftest import tiny_celeba

GREYS = np.arange(256, dtype=np.uint8).reshape(16, 16)


def test_what_systems_leave_beside_images_never_counts(tmp_path: Path) -> None:
    for name in ("._a.jpg", ".DS_Store", "Thumbs.db", ".hidden.png", "notes.txt"):
        (tmp_path / name).touch()
    kept = ["a.JPG", "b.jpeg", "c.PNG", "d.webp", "e.bmp", "f.tif", "g.TIFF"]
    for name in kept:
        (tmp_path / name).touch()
    assert image_names(tmp_path) == kept


def test_a_name_that_is_no_text_is_counted_and_named(tmp_path: Path) -> None:
    root = tiny_celeba(tmp_path, 3, (20, 24))
    image = root / "img_align_celeba/000001.jpg"
    image.with_name("caf\udce9.jpg").write_bytes(image.read_bytes())
    folder = open_folder(root)
    assert (len(folder.names), folder.nameless) == (3, (r"'caf\udce9.jpg'",))
    with pytest.raises(InputError, match="holds what is no text"):
        image_names(root / "img_align_celeba")
    assert len(list_images(root / "img_align_celeba").names) == 3


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_16_bit_greys_are_scaled(tmp_path: Path, suffix: str) -> None:
    Image.fromarray(GREYS.astype(np.uint16) * 257).save(tmp_path / f"deep.{suffix}")
    deep = load_image(tmp_path / f"deep.{suffix}", 16, 16)
    np.testing.assert_array_equal(deep, np.repeat(GREYS[..., None], 3, axis=2))


def test_pixels_that_are_no_whole_numbers_of_16_bits_are_told(tmp_path: Path) -> None:
    Image.fromarray(GREYS.astype(np.float32)).save(tmp_path / "float.tif")
    with pytest.raises(OSError, match=r"lie between 0 and 255 .mode F., expected whole numbers"):
        load_image(tmp_path / "float.tif", 16, 16)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparent_pixels_lie_on_black(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "transparent.png"
    clear = Image.new("RGBA", (16, 16), (200, 200, 200, 0))
    clear.paste((200, 200, 200, 255), (8, 0, 16, 16))
    if mode == "P":
        whole = clear.convert("L").point(lambda _: 0).convert("P")
        whole.paste(1, (8, 0, 16, 16))
        whole.putpalette([200] * 6)
        whole.save(path, transparency=0)
    else:
        clear.convert(mode).save(path)
    pixels = load_image(path, 16, 16)
    assert (pixels[:, :8] == 0).all() and (pixels[:, 8:] == 200).all()


def test_a_frame_that_is_not_cropped_is_squashed_as_torchvision_does() -> None:
    from torchvision import transforms

    noise = np.random.default_rng(0).integers(0, 256, (218, 178, 3), np.uint8)
    expected = transforms.Resize((64, 64), antialias=True)(Image.fromarray(noise))
    ours = preprocess(Image.fromarray(noise), None, 64)
    assert np.abs(ours.astype(int) - np.asarray(expected, int)).max() <= 1


def test_an_exif_orientation_is_not_applied_as_in_torchvision(tmp_path: Path) -> None:
    from torchvision.datasets.folder import default_loader

    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(GREYS).save(tmp_path / "turned.png", exif=exif)
    expected = np.asarray(default_loader(str(tmp_path / "turned.png")))
    np.testing.assert_array_equal(load_image(tmp_path / "turned.png", 16, 16), expected)


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("how", [{}, {"progressive": True}, {"subsampling": 0}])
def test_a_jpeg_has_the_pixels_that_pillow_gives_it(
    tmp_path: Path, mode: str, how: dict[str, Any]
) -> None:
    path, generator = tmp_path / "x.jpg", np.random.default_rng(4)
    noise = Image.fromarray(generator.integers(0, 256, (23, 17, 3), np.uint8))
    noise.resize((170, 218), Image.Resampling.BICUBIC).convert(mode).save(path, **how)
    with Image.open(path) as image:
        expected = preprocess(image, 150, 48)
    np.testing.assert_array_equal(load_image(path, 150, 48), expected)


def test_a_jpeg_that_ends_too_soon_is_told_as_pillow_tells_it(tmp_path: Path) -> None:
    path = tmp_path / "x.jpg"
    Image.fromarray(np.random.default_rng(4).integers(0, 256, (64, 64, 3), np.uint8)).save(path)
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(OSError, match="truncated"):
        load_image(path, 48, 32)


def test_a_jpeg_of_more_pixels_than_pillow_opens_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.new("RGB", (64, 64)).save(tmp_path / "x.jpg")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    with pytest.raises(OSError, match="decompression bomb"):
        load_image(tmp_path / "x.jpg", 48, 32)
