"""Image files as people have them: which count, and what is read from each."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from featamp.errors import InputError, first_line
from featamp.io.celeba.folder import open_folder
from featamp.io.files.decode import (
    MOST_PIXELS,
    is_turned,
    load_image,
    open_image,
    preprocess,
)
from featamp.io.files.listing import list_images, search_images
from featamp.io.files.parquet import parquet_files
from featamp.io.images import image_files
from tests.conftest import tiny_celeba

GREYS = np.arange(256, dtype=np.uint8).reshape(16, 16)


def test_what_systems_leave_beside_images_never_counts(tmp_path: Path) -> None:
    for name in ("._a.jpg", ".DS_Store", "Thumbs.db", ".hidden.png", "notes.txt"):
        (tmp_path / name).touch()
    kept = ["a.JPG", "b.jpeg", "c.PNG", "d.webp", "e.bmp", "f.tif", "g.TIFF"]
    for name in kept:
        (tmp_path / name).touch()
    assert list(list_images(tmp_path).names) == kept


def test_folders_that_systems_make_hold_no_images(tmp_path: Path) -> None:
    """Synology's thumbnails would be faces twice, and a class."""
    systems = ("@eaDir/1.jpg", "#recycle", "__MACOSX", "$RECYCLE.BIN", "lost+found")
    for name in ("cat", "dog", "cat/@eaDir/1.jpg", "System Volume Information", *systems):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "1.jpg").touch()
    folder = open_folder(tmp_path)
    assert folder.names == ("cat/1.jpg", "dog/1.jpg")
    assert folder.attribute_names == ("cat", "dog")


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_no_library_says_where_in_memory_an_image_lay(tmp_path: Path) -> None:
    contents = (b"", b"no image", b"RIFF" + b"\0" * 40, b"II*\0\x08\0\0\0", b"\x89PNG\r\n\x1a\n")
    for content in contents:
        (tmp_path / "a.png").write_bytes(content)
        with pytest.raises(OSError, match=r"\w") as error:
            load_image(tmp_path / "a.png", None, 8)
        assert " object" not in str(error.value) and "0x" not in str(error.value)
    run = "from featamp.io.files.decode import *\nread_image(Path('a.tif'), Steps((8, 8)))"
    (tmp_path / "a.tif").write_bytes(b"II*\0\x08\0\0\0")
    env = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    said = subprocess.run(
        [sys.executable, "-c", run], cwd=tmp_path, env=env, capture_output=True, text=True
    ).stderr  # not within pytest, which shows every warning
    assert "no image of a known kind" in said and "Warning" not in said
    shown = first_line(ValueError("cannot take <_io.BytesIO object at 0x7f00aa> here"))
    assert shown == "cannot take <_io.BytesIO object> here"


def test_files_that_may_hold_images_are_told_beside_images(tmp_path: Path) -> None:
    Image.fromarray(GREYS).save(tmp_path / "a.png")
    assert open_folder(tmp_path).unread == ()
    for name in ("below/train.parquet", "old.ZIP", "old.tar.gz", "b.heic", "._b.zip", "labels.gz"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert open_folder(tmp_path).unread == (
        "'b.heic' beside them not read; save it as PNG where its images count",
        "'below/train.parquet' beside them not read; give it as data.root where its images count",
        "'old.ZIP' and 1 more beside them not read; unpack it where its images count",
    )


def test_a_link_to_no_file_is_told(tmp_path: Path) -> None:
    Image.fromarray(GREYS).save(tmp_path / "a.png")
    (tmp_path / "b.png").symlink_to(tmp_path / "gone.png")
    folder = open_folder(tmp_path)
    assert folder.names == ("a.png",)
    assert folder.unread == ("1 left out as a link to a file that is not there ('b.png')",)


def test_folders_that_are_links_are_searched_once_each(tmp_path: Path) -> None:
    for name in ("images/cat/1.png", "elsewhere/2.png"):
        (tmp_path / name).parent.mkdir(parents=True)
        Image.fromarray(GREYS).save(tmp_path / name)
    (tmp_path / "images/dog").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere/round").symlink_to(tmp_path / "images")  # without end
    assert open_folder(tmp_path / "images").names == ("cat/1.png", "dog/2.png")
    assert parquet_files(tmp_path / "images") == []


def test_the_pictures_of_a_report_are_no_data(tmp_path: Path) -> None:
    for name in ("photos/1.jpg", "site/shown/1.webp", "site/a/screen/1.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "site/.featamp.json").touch()
    assert search_images(tmp_path).names == ("photos/1.jpg",)


def test_images_without_one_name_that_is_text_are_told_so(tmp_path: Path) -> None:
    Image.fromarray(GREYS).save(tmp_path / "caf\udce9.png")
    with pytest.raises(InputError, match="no image has a name that is text"):
        open_folder(tmp_path)


def test_a_name_that_is_no_text_is_counted_and_named(tmp_path: Path) -> None:
    root = tiny_celeba(tmp_path, 3, (20, 24))
    image = root / "img_align_celeba/000001.jpg"
    image.with_name("caf\udce9.jpg").write_bytes(image.read_bytes())
    folder = open_folder(root)
    assert len(folder.names) == 3
    assert folder.unread == (r"1 left out whose name is no text ('caf\udce9.jpg'); rename it",)
    with pytest.raises(InputError, match="holds what is no text"):
        image_files(root / "img_align_celeba")
    assert len(list_images(root / "img_align_celeba").names) == 3


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_16_bit_greys_are_scaled(tmp_path: Path, suffix: str) -> None:
    Image.fromarray(GREYS.astype(np.uint16) * 257).save(tmp_path / f"deep.{suffix}")
    deep = load_image(tmp_path / f"deep.{suffix}", 16, 16)
    np.testing.assert_array_equal(deep, np.repeat(GREYS[..., None], 3, axis=2))


def test_pixels_that_are_no_whole_numbers_of_16_bits_are_told(tmp_path: Path) -> None:
    Image.fromarray(GREYS.astype(np.float32)).save(tmp_path / "float.tif")
    said = r"lie between 0 and 255 .32 bits, mode F., expected whole numbers .*; save it so"
    with pytest.raises(OSError, match=said):
        load_image(tmp_path / "float.tif", 16, 16)
    Image.fromarray(GREYS.astype(np.int32)).save(tmp_path / "wide.tif")  # it would be black
    with pytest.raises(OSError, match=r"lie between 0 and 255 .32 bits, mode I., expected whole"):
        load_image(tmp_path / "wide.tif", 16, 16)


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


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif"])
def test_an_exif_orientation_is_applied_where_torchvision_does(
    tmp_path: Path, suffix: str
) -> None:
    from torchvision.datasets.folder import default_loader

    exif, path = Image.Exif(), tmp_path / f"turned.{suffix}"
    exif[0x0112] = 6
    image = Image.fromarray(GREYS)
    image.save(path, exif=exif, quality=95)
    expected = np.asarray(default_loader(str(path)))
    np.testing.assert_array_equal(load_image(path, 16, 16), expected)
    across = np.abs(np.diff(expected[..., 0].astype(int), axis=1)).sum()
    down = np.abs(np.diff(expected[..., 0].astype(int), axis=0)).sum()
    with open_image(path) as opened:
        assert is_turned(opened) is bool(across < down), "or it is told of what is upright"


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
    with pytest.raises(OSError, match="more than 64 million pixels; save it smaller"):
        load_image(tmp_path / "x.jpg", 48, 32)


def claiming(path: Path, side: int) -> Path:
    """A small image file whose head claims `side` x `side` pixels."""
    Image.fromarray(GREYS).save(path)
    content = bytearray(path.read_bytes())
    if path.suffix == ".png":
        content[16:24] = 2 * side.to_bytes(4, "big")
        content[29:33] = zlib.crc32(content[12:29]).to_bytes(4, "big")
    else:
        frame = content.index(b"\xff\xc0")
        content[frame + 5 : frame + 9] = 2 * side.to_bytes(2, "big")
    path.write_bytes(content)
    return path


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("suffix", ["png", "jpg"])
@pytest.mark.parametrize("side", [8001, 13000, 20000, 65000])
def test_an_image_that_claims_to_be_huge_is_told_and_not_decoded(
    tmp_path: Path, suffix: str, side: int
) -> None:
    path = claiming(tmp_path / f"huge.{suffix}", side)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(OSError, match=r"huge|claims|pixels"):
        load_image(path, None, 16)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000, "in KiB"
    assert side * side > MOST_PIXELS


def test_no_other_program_is_run_for_what_a_file_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pillow has Ghostscript draw a PostScript file, whatever it is called."""
    drawing = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 20 20\n%%EndComments\n%%EOF\n"
    (tmp_path / "face.jpg").write_bytes(drawing)
    monkeypatch.setattr(subprocess, "check_call", None)
    monkeypatch.setattr(subprocess, "Popen", None)
    with pytest.raises(OSError, match="no image of a known kind"):
        load_image(tmp_path / "face.jpg", None, 16)


def test_folders_are_listed_in_one_pass_and_links_in_a_circle_are_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("a/deep", "b", ".hidden"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "1.png").touch()
    (tmp_path / "again").symlink_to("a")
    (tmp_path / "b/circle.png").symlink_to("circle.png")
    asked, stat = [], os.stat

    def counting(path: Any, **options: Any) -> os.stat_result:  # noqa: ANN401  as `os.stat` is
        asked.append(Path(path).name)
        return stat(path, **options)

    monkeypatch.setattr(os, "stat", counting)
    found = search_images(tmp_path)
    assert len(found.names) == 2 and found.names[1] == "b/1.png"
    assert found.lost == ("'b/circle.png'",)
    assert "1.png" not in asked
