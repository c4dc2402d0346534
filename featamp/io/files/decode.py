"""From an image file to the pixels that a network is given.

As in torchvision's `ImageFolder`, an EXIF orientation is not applied: a photograph that was taken
with the camera turned stays turned, as the network saw it in training.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from featamp.errors import InputError

GROUND = (0, 0, 0)
"""What transparent pixels are laid on: black, as `convert("RGB")` shows
a pixel that is written as nothing at all, (0, 0, 0, 0)."""
DEEP = 65535
"""The largest value of a grey image of 16 bits."""


def to_rgb(image: Image.Image) -> Image.Image:
    """An image of any mode in 8 bits a channel: 16-bit greys scaled, transparent pixels laid on
    `GROUND`.

    Raises
    ------
    OSError
        Its pixels are no whole numbers of 8 or 16 bits.
    """
    if image.mode == "F" or image.mode.startswith("I"):
        grey = np.asarray(image)
        if image.mode == "F" or grey.min() < 0 or grey.max() > DEEP:
            raise OSError(
                f"its pixels lie between {grey.min():g} and {grey.max():g} (mode {image.mode}),"
                f" expected whole numbers of 8 or 16 bits"
            )
        return Image.fromarray(np.rint(grey / (DEEP / 255)).astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        ground = Image.new("RGBA", image.size, GROUND)
        return Image.alpha_composite(ground, image.convert("RGBA")).convert("RGB")
    return image.convert("RGB")


def preprocess(image: Image.Image, crop: int | None, size: int) -> NDArray[np.uint8]:
    """Centre crop of `crop` x `crop` pixels (None: the whole frame, squashed where it is no
    square), then an antialiased bilinear resize: uint8 [size, size, 3].

    Raises
    ------
    InputError
        The image is smaller than the crop.
    """
    if crop is None:
        whole = to_rgb(image).resize((size, size), Image.Resampling.BILINEAR)
        return np.asarray(whole)
    width, height = image.size
    if min(width, height) < crop:
        raise InputError(
            f"the image is {width} x {height} pixels, smaller than data.crop = {crop}"
        )
    left, top = (
        round((width - crop) / 2),
        round((height - crop) / 2),
    )  # as torchvision's CenterCrop
    # resize(box=...) would let pixels from outside the crop into its edges: other numbers than the
    # model was trained on
    cropped = to_rgb(image).crop((left, top, left + crop, top + crop))
    return np.asarray(cropped.resize((size, size), Image.Resampling.BILINEAR))


def load_image(path: Path, crop: int | None, size: int) -> NDArray[np.uint8]:
    """Decode one image file and preprocess it: uint8 [size, size, 3].

    Raises
    ------
    OSError
        The file is truncated, damaged or not an image; the caller counts it.
    InputError
        The image is smaller than the crop.
    """
    try:
        with Image.open(path) as image:
            return preprocess(image, crop, size)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    except OSError:
        raise
    except Exception as error:  # Pillow's decoders raise many kinds on damaged files
        raise OSError(str(error) or type(error).__name__) from error
