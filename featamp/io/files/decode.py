"""From an image file to the pixels that a network is given.

As in torchvision's `ImageFolder`, an EXIF orientation is not applied: a photograph that was taken
with the camera turned stays turned, as the network saw it in training. A TIFF, which Pillow itself
turns as it opens it, is upright, as there.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from featamp.errors import InputError
from featamp.io.files.steps import Pixels, Size, Steps

GROUND = (0, 0, 0)
"""What transparent pixels are laid on: black, as `convert("RGB")` shows
a pixel that is written as nothing at all, (0, 0, 0, 0)."""
JPEG = b"\xff\xd8\xff"
"""How the file of a JPEG begins."""
DEEP = 65535
"""The largest value of a grey image of 16 bits."""
BITS = 0x0102
"""A tag of TIFF: how many each value has."""
MOST_PIXELS = 64_000_000
"""Of an image, as its head claims: what a large camera takes. Some bytes of a file can claim a
thousand times more, which all have to be decoded."""
MOST = f"{MOST_PIXELS / 1e6:.0f} million pixels; save it smaller"
"""The same in words, with the mend."""
ORIENTATION, UPRIGHT = 0x0112, 1
"""A tag of EXIF, and its value where a picture lies as it is stored."""
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF", "PPM")
"""What an image file may hold, whatever its name; Pillow would run other programs for some."""

# refused below; not within `catch_warnings`, which threads would spoil for each other
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
# of what is odd in a file's head; where its pixels cannot be read, that is told
warnings.filterwarnings("ignore", module=r"PIL\.")


@contextmanager
def open_image(file: Path | io.BytesIO) -> Iterator[Image.Image]:
    """Open an image file; nothing is decoded yet.

    Raises
    ------
    OSError
        It is no image, or claims more than `MOST_PIXELS`.
    """
    try:
        image = Image.open(file, formats=FORMATS)
    except UnidentifiedImageError:  # its own words are of the object that holds the bytes
        raise OSError(f"it is no image of a known kind ({', '.join(FORMATS)})") from None
    except Image.DecompressionBombError:
        raise OSError(f"it claims more than {MOST}") from None
    except OSError:
        raise
    except Exception as error:  # Pillow's decoders raise many kinds on damaged files
        raise OSError(str(error) or type(error).__name__) from error
    with image:
        width, height = image.size
        if width * height > MOST_PIXELS:
            raise OSError(f"it claims {width} x {height}, expected at most {MOST}")
        yield image


def is_turned(image: Image.Image) -> bool:
    """Whether an EXIF orientation says that it is to be shown otherwise than it is read."""
    if "exif" not in image.info or image.format == "TIFF":
        return False  # Pillow would decode a whole PNG to look for some, and turns a TIFF itself
    try:
        return bool(image.getexif().get(ORIENTATION, UPRIGHT) != UPRIGHT)
    except Exception:  # damaged, in any of the ways that Pillow's readers know: it says nothing
        return False


def to_rgb(image: Image.Image) -> Image.Image:
    """An image of any mode in 8 bits a channel: 16-bit greys scaled, transparent pixels laid on
    `GROUND`.

    Raises
    ------
    OSError
        Its pixels are no whole numbers of 8 or 16 bits: of others nobody can tell which is white.
    """
    if image.mode == "F" or image.mode.startswith("I"):
        grey, bits = np.asarray(image), max(getattr(image, "tag_v2", {}).get(BITS, (16,)))
        if image.mode == "F" or bits > 16 or grey.min() < 0 or grey.max() > DEEP:
            found = f"{bits} bits, mode {image.mode}" if bits > 16 else f"mode {image.mode}"
            raise OSError(
                f"its pixels lie between {grey.min():g} and {grey.max():g} ({found}), expected"
                f" whole numbers of 8 or 16 bits; save it so"
            )
        return Image.fromarray(np.rint(grey / (DEEP / 255)).astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        ground = Image.new("RGBA", image.size, GROUND)
        return Image.alpha_composite(ground, image.convert("RGBA")).convert("RGB")
    return image.convert("RGB")


def preprocess(image: Image.Image, crop: int | Size | None, size: int | Size) -> Pixels:
    """Centre crop of `crop` x `crop` pixels (None: the whole frame, squashed where it has another
    shape), then an antialiased bilinear resize: uint8 [height, width, 3].

    Raises
    ------
    InputError
        The image is smaller than the crop.
    """
    return Steps.usual(crop, size)(to_rgb(image))


def load_image(path: Path, crop: int | Size | None, size: int | Size) -> Pixels:
    """Decode one image file and `preprocess` it: as `read_image`."""
    return read_image(path, Steps.usual(crop, size))


def read_image(path: Path, steps: Steps) -> Pixels:
    """Decode one image file and take the steps: uint8 [height, width, 3].

    Raises
    ------
    OSError
        The file is truncated, damaged or not an image; the caller counts it.
    InputError
        The image is smaller than a crop, or a person's function fails.
    """
    try:
        content = path.read_bytes()
        pixels = None if steps.own else _jpeg(content)
        if pixels is not None:
            return steps.of_pixels(pixels)
        with open_image(io.BytesIO(content)) as image:
            return steps(to_rgb(image))
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    except OSError:
        raise
    except Exception as error:  # Pillow's decoders raise many kinds on damaged files
        raise OSError(str(error) or type(error).__name__) from error


def _jpeg(content: bytes) -> Pixels | None:
    """[height, width, 3] of a whole JPEG in colour or grey, Pillow's pixels in half its time; None
    for any other file, of which Pillow says what it is.
    """
    if not content.startswith(JPEG):
        return None
    import simplejpeg

    try:
        most = min(MOST_PIXELS, Image.MAX_IMAGE_PIXELS or MOST_PIXELS)
        height, width, colours, _ = simplejpeg.decode_jpeg_header(content)
        if colours not in ("YCbCr", "Gray") or height * width > most:
            return None
        return np.asarray(simplejpeg.decode_jpeg(content, "RGB"))
    except ValueError:
        return None
