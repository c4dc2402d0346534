"""What is done to an image file's pixels before a network is given them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from featamp.errors import InputError, first_line, in_own_code

if TYPE_CHECKING:
    from PIL import Image

Size = tuple[int, int]
"""Height and width, pixels."""
Pixels = NDArray[np.uint8]
SLACK = 1e-3
"""Share of the pixel range by which what a person's function gives may lie outside it."""


IF_TURNED = (
    "or, where these were turned by a quarter, turn them in encode and decode of a module that"
    " model.adapter names: images.rot90(1, (2, 3)), or images.transpose(2, 3)"
)
"""What is to be done where a network takes images of height and width exchanged."""


def spoken(size: Size) -> str:
    """A size as people write it: width x height, or the side of a square."""
    height, width = size
    return str(width) if height == width else f"{width}x{height}"


def as_toml(size: Size) -> int | str:
    """A size as the value that report.toml has for it."""
    return size[1] if size[0] == size[1] else spoken(size)


def in_quotes(size: Size) -> str:
    """A size as report.toml has it."""
    return spoken(size) if size[0] == size[1] else f'"{spoken(size)}"'


def wrong_size(given: Sequence[int], made: Sequence[int]) -> str:
    """What is wrong where a model decodes images of another (height, width) than it was given."""
    right = in_quotes((made[0], made[1]))
    across = f", {IF_TURNED}" if given == made[::-1] != made else ""
    return (
        f"data.size is {in_quotes((given[0], given[1]))}, but the model decodes {made[1]} x"
        f" {made[0]}; set data.size = {right} where it was trained on such images{across}"
    )


def drawn_anew(name: str) -> str:
    """What is wrong with a person's function that gives another image each time."""
    return (
        f'data.preprocess = "{name}" gives other pixels for the same image each time; leave out'
        f" what is random (flips, jitter, random crops)"
    )


@dataclass(frozen=True)
class Step:
    """One step; `kind` "crop" (of the centre), "resize" (to both sides), or "shorter" (the shorter
    side to `size[0]`, the other one with it, as torchvision's `Resize` of one number does).
    """

    kind: Literal["crop", "resize", "shorter"]
    size: Size

    def of(self, frame: Size) -> Size:
        """The size that a picture of the size `frame` has afterwards."""
        if self.kind != "shorter":
            return self.size
        short, long = sorted(frame)
        other = int(self.size[0] * long / short)
        return (self.size[0], other) if frame[0] <= frame[1] else (other, self.size[0])

    def __call__(self, pixels: Pixels) -> Pixels:
        """[height, width, 3] after the step, of a picture that is large enough."""
        from PIL import Image

        frame = pixels.shape[:2]
        height, width = self.of((frame[0], frame[1]))
        if self.kind != "crop":
            resized = Image.fromarray(pixels).resize((width, height), Image.Resampling.BILINEAR)
            return np.asarray(resized)
        # as torchvision's CenterCrop; resize(box=...) would let pixels from outside the crop into
        # its edges: other numbers than the model was trained on
        left, top = round((frame[1] - width) / 2), round((frame[0] - height) / 2)
        return pixels[top : top + height, left : left + width]


@dataclass(frozen=True)
class Steps:
    """All of them.

    Attributes
    ----------
    size : of what comes out, whatever the file.
    steps : in their order; none where files have that size already.
    own : a person's function in their place, of a Pillow image in RGB: it gives an image, or an
        array or tensor of one.
    name : what the config calls that function.
    """

    size: Size
    steps: tuple[Step, ...] = ()
    own: Callable[[Image.Image], object] | None = None
    name: str = ""

    @classmethod
    def usual(cls, crop: int | Size | None, size: int | Size) -> Steps:
        """A centre crop (None: the whole frame, squashed), and what it is resized to."""
        steps = () if crop is None else (Step("crop", both(crop)),)
        return cls(both(size), (*steps, Step("resize", both(size))))

    @property
    def any_size(self) -> bool:
        """Whether files may differ in size without being cut at different places."""
        return self.own is not None or (bool(self.steps) and self.steps[0].kind != "crop")

    def check_frame(self, frame: Size) -> None:
        """Raise InputError where a file of this size cannot be taken, before it is decoded."""
        if self.own is not None:
            return
        if not self.steps and frame != self.size:
            raise InputError(
                f"the image is {frame[1]} x {frame[0]} pixels, expected data.size ="
                f' {spoken(self.size)}, since data.preprocess = "none"; set data.size ='
                f" {in_quotes(frame)} where the model takes such images"
            )
        for step in self.steps:
            if step.kind == "crop" and (frame[0] < step.size[0] or frame[1] < step.size[1]):
                raise InputError(
                    f"the image is {frame[1]} x {frame[0]} pixels, smaller than data.crop ="
                    f' {in_quotes(step.size)}; set a smaller one, or data.preprocess = "squash"'
                    f' for the whole frame, or "none" where files have data.size already'
                )
            frame = step.of(frame)

    def shows(self, frame: Size) -> Size:
        """How much of a file of this size the result shows around its centre, pixels of the file;
        of a person's function nobody knows.
        """
        shown, now = (float(frame[0]), float(frame[1])), frame
        for step in self.steps:
            after = step.of(now)
            if step.kind == "crop":
                shown = shown[0] * after[0] / now[0], shown[1] * after[1] / now[1]
            now = after
        return round(shown[0]), round(shown[1])

    def __call__(self, image: Image.Image) -> Pixels:
        """uint8 [height, width, 3] of an image in RGB.

        Raises
        ------
        InputError
            The image cannot be taken, or the person's function gives no image of `size`.
        """
        return self.of_pixels(np.asarray(image)) if self.own is None else self._by_own(image)

    def of_pixels(self, pixels: Pixels) -> Pixels:
        """The same from pixels [height, width, 3], without a function of the person's."""
        self.check_frame((pixels.shape[0], pixels.shape[1]))
        for step in self.steps:
            pixels = step(pixels)
        return pixels

    def _by_own(self, image: Image.Image) -> Pixels:
        assert self.own is not None
        place = f'data.preprocess = "{self.name}"'
        try:
            made = _as_pixels(self.own(image))
        except InputError as error:
            raise InputError(f"{place}: {error}") from None
        except Exception as error:  # whatever the person's own code raises
            raise InputError(
                f"{place} raises {type(error).__name__}: {first_line(error)}{in_own_code(error)}"
            ) from error
        if made.shape[:2] != self.size:
            raise InputError(
                f"{place} gives {made.shape[1]} x {made.shape[0]} pixels, expected data.size ="
                f" {in_quotes(self.size)}"
            )
        return made


def both(side: int | Size) -> Size:
    """Height and width of a side, or of both as they are."""
    return (side, side) if isinstance(side, int) else side


def _as_pixels(made: Any) -> Pixels:  # noqa: ANN401  whatever a person's function gives
    """uint8 [height, width, 3] of an image, of an array [height, width, channel] or of a tensor
    [channel, height, width], uint8 or in [0, 1].
    """
    from PIL import Image

    if isinstance(made, Image.Image):
        return np.asarray(made.convert("RGB"))
    first = hasattr(made, "detach")  # a tensor has its channels first
    array = np.asarray(made.detach().cpu() if first else made)
    if array.ndim == 2:
        array = array[..., None]
    elif array.ndim == 3 and first:
        array = array.transpose(1, 2, 0)
    if array.ndim != 3 or array.shape[2] not in (1, 3):
        shape = " x ".join(str(n) for n in array.shape) or type(made).__name__
        raise InputError(
            f"it gives {shape}, expected an image, an array [height, width, 3] or a tensor [3,"
            f" height, width]"
        )
    if array.dtype != np.uint8:
        low, high = float(array.min()), float(array.max())
        if not (math.isfinite(low + high) and low >= -SLACK and high <= 1 + SLACK):
            raise InputError(
                f"it gives values of {low:.4g} to {high:.4g}, expected pixels in [0, 1] or uint8;"
                f" leave out what normalises them, and set data.mean and data.std"
            )
        array = np.rint(255.0 * np.clip(array, 0.0, 1.0)).astype(np.uint8)
    return np.ascontiguousarray(np.broadcast_to(array, (*array.shape[:2], 3)))
