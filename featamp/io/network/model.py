"""A trained VAE, whatever it is made of: one way to encode, one way to decode."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from featamp.errors import InputError, first_line
from featamp.io.device import Fetch, Lane, ahead, full_precision
from featamp.io.files.steps import IF_TURNED, in_quotes
from featamp.io.network.adapters import METHODS, Adapter, PixelRange
from featamp.io.network.discovery import Learned, Sides, copy_of
from featamp.io.network.forms import Normal

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

CPU_BATCH, DEVICE_BATCH, FEWEST = 64, 512, 4
"""Images or codes that the network is given at a time: an accelerator is kept busy by more."""
CPU_PIXELS = 16 * 64 * 64
"""Of the images that a CPU is given at a time: the arrays between the layers of more leave its
cache, and those above 32 MB are asked of the system anew at each call, which takes a decoder of
transposed convolutions .7 ms an image beside its .9."""
PROBES = 2
"""Images of noise that are encoded to learn what a network takes and gives."""
Float32 = NDArray[np.float32]


@dataclass(frozen=True)
class TrainedVAE:
    """A trained VAE behind NumPy arrays; torch is known only in this room.

    Attributes
    ----------
    module : the network, in evaluation mode, on `device`.
    device : where it runs.
    pixels : the range of pixel values that the network reads and writes, or "logits" where it
        reads [0, 1] and writes logits; outside it, pixels are in [0, 1].
    facts : what the checkpoint says of itself beside the weights (epoch, losses, KL weight): plain
        numbers and text.
    adapter : how the network is asked.
    told : what was found when it was opened, a phrase each.
    samples : how many answers of `encode` are averaged, for one that samples.
    normal : how images are normalised for it, in place of the range in which it reads them.
    """

    module: nn.Module
    device: torch.device
    pixels: PixelRange
    facts: dict[str, Any]
    adapter: Adapter = METHODS
    told: tuple[str, ...] = ()
    samples: int = 1
    normal: Normal | None = None
    _learned: Learned = field(default_factory=Learned, repr=False, compare=False)

    @property
    def channels(self) -> int:
        """How many channels of an image the network reads: 1 or 3."""
        return 1 if "grey" in (self._learned.form or "") else 3

    @property
    def range(self) -> tuple[float, float]:
        """The range of pixel values that the network reads, before they are normalised."""
        return (0.0, 1.0) if self.pixels == "logits" or self.normal else self.pixels

    @property
    def code_shape(self) -> tuple[int, ...]:
        """The shape in which the network takes one code; known once it has decoded."""
        return self._learned.shape

    @property
    def named(self) -> bool:
        """Whether names say what the outputs of `encode` are; known once it has encoded."""
        return self._learned.named

    @property
    def perhaps_between(self) -> tuple[str, ...]:
        """Parts of which nobody knows whether they stand between encoder and decoder."""
        return self._sides.perhaps_between

    @property
    def between(self) -> tuple[str, ...]:
        """Parts that its own `forward` passes codes through, and that neither side calls."""
        return self._sides.between

    @property
    def image_size(self) -> tuple[int, int] | None:
        """(height, width) of the images that it was last given."""
        return self._learned.size

    @property
    def usual(self) -> int:
        """How many images or codes the network is given at a time, where the memory of the device
        takes as many; of larger images fewer, since a CPU is no slower for it.
        """
        if self.device.type != "cpu":
            return DEVICE_BATCH
        height, width = self._learned.size or (0, 0)
        return min(CPU_BATCH, max(FEWEST, CPU_PIXELS // max(1, height * width)))

    def split_otherwise(self) -> tuple[str, TrainedVAE] | None:
        """Another way, a name in `SPLITS`, in which mean and log-variance may lie in one code, and
        the same network read so; None where its decoder takes no other.
        """
        way = self._learned.otherwise
        learned = replace(self._learned, split=way, otherwise="", shape=())
        return (way, replace(self, _learned=learned)) if way else None

    def copied(self) -> TrainedVAE | None:
        """The same network once more, for another thread: one that keeps in itself what it
        computes would give one thread the codes of another. None for one that cannot be copied.
        """
        module = copy_of(self.module)
        return None if module is None else replace(self, module=module)

    def encode(self, images: NDArray[np.uint8]) -> tuple[Float32, Float32]:
        """Posterior means and log-variances of images.

        Parameters
        ----------
        images : uint8 [batch, height, width, 3].

        Returns
        -------
        mu, logvar : each [batch, dim], raw units; logvar is -inf for a network that gives no
            log-variance, the limit of one without spread.

        Raises
        ------
        InputError
            The network cannot take such images, or gives nothing that can be read as a posterior.
        """
        return self.begin_encoding(images)()

    def begin_encoding(self, images: NDArray[np.uint8]) -> Callable[[], tuple[Float32, Float32]]:
        """`encode` for one who has other work meanwhile: what is returned waits for the codes. An
        accelerator goes on by itself; a CPU is done when this returns.
        """
        begun = list(self._begun(images, self._answer))

        def codes() -> tuple[Float32, Float32]:
            parts = [[fetch() for fetch in part] for part in begun]
            mu, logvar = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
            return mu, logvar

        return codes

    def _answer(self, images: NDArray[np.uint8]) -> tuple[Tensor, Tensor]:
        """`encode` of one batch; of an encoder that samples the mean answer, the noise drawn by
        the images themselves, so that the same ones have the same codes.
        """
        import torch

        batch = self.to_input(images)
        if self.samples == 1:
            return _flat(*self.posterior(batch))
        with torch.random.fork_rng():
            torch.manual_seed(int.from_bytes(sha256(images.tobytes()).digest()[:8], "little"))
            answers = [_flat(*self.posterior(batch)) for _ in range(self.samples)]
        mu, log = (torch.stack(part).mean(dim=0) for part in zip(*answers, strict=True))
        return mu, log

    @cached_property
    def _sides(self) -> Sides:
        return Sides(self.module, self.device, self.adapter, self._learned)

    @cached_property
    def _lane(self) -> Lane:
        return Lane(self.device)

    def _begun(
        self, values: NDArray[Any], compute: Callable[[NDArray[Any]], tuple[Tensor, ...]]
    ) -> Iterator[Sequence[Fetch]]:
        """Have the network work on a part of the values after another, each as large as the memory
        of the device takes; how to wait for the results of each.
        """
        import torch

        done = 0
        while done < len(values):
            part = values[done : done + (self._learned.most or self.usual)]
            try:
                with torch.inference_mode(), full_precision():
                    fetches = [self._lane.download(output) for output in compute(part)]
            except torch.OutOfMemoryError as error:
                if len(part) == 1:
                    raise InputError(
                        f"the network needs more memory for a single image than the device has"
                        f' free ({first_line(error)}); set device = "cpu" under [compute]'
                    ) from None
                self._learned.most = len(part) // 2
            else:
                done += len(part)
                yield fetches

    def decode(self, codes: Float32) -> Float32:
        """Decode codes, a part of them at a time.

        Parameters
        ----------
        codes : [count, dim], raw units.

        Returns
        -------
        [count, height, width, 3], pixels in [0, 1], clipped; one channel three times.

        Raises
        ------
        InputError
            The network cannot take such codes, or gives nothing that can be read as an image, or
            no finite one.
        """
        images: Float32 = np.empty((0, 0, 0, 3), np.float32)
        done = 0
        for fetches in ahead(self._begun(codes, self._shown)):
            pixels, bad = (fetch() for fetch in fetches)
            if bad:
                raise InputError(
                    f"{type(self.module).__name__}.decode gives images that are not finite ({bad}"
                    f" of {len(pixels)} in a batch); the checkpoint is wrong, or [sweep] goes"
                    " farther than the network can"
                )
            if not done:
                images = np.empty((len(codes), *pixels.shape[1:]), np.float32)
            images[done : done + len(pixels)] = pixels
            done += len(pixels)
        return images

    def _shown(self, codes: Float32) -> tuple[Tensor, Tensor]:
        """Pixels of one batch of codes, and of how many images they are not finite."""
        image = self.decoded(self._lane.upload(np.array(codes, np.float32))).float()
        bad = (~image.isfinite().flatten(1).all(dim=1)).sum()
        return self.to_pixels(image), bad

    def to_pixels(self, image: Tensor) -> Tensor:
        """What the network writes, [batch, 1 or 3, height, width], as pixels [batch, height,
        width, 3] in [0, 1], clipped.
        """
        low, high = (0.0, 1.0) if self.pixels == "logits" else self.pixels
        if self.pixels == "logits":
            image = image.sigmoid()
        image = self._undone(image).sub(low).div(high - low).clamp(0.0, 1.0)
        return image.expand(-1, 3, -1, -1).permute(0, 2, 3, 1)

    def _undone(self, image: Tensor) -> Tensor:
        """What the network writes, as pixels where it writes them normalised."""
        return self.normal.undone(image) if self.normal and self.normal.written else image

    def raw_range(self, codes: Float32) -> tuple[float, float]:
        """Lowest and highest value that the decoder writes, before any clipping: to check
        `pixels`; of pixels, where it writes them normalised.

        Parameters
        ----------
        codes : [count, dim], raw units; decoded in one batch.
        """
        import torch

        with torch.inference_mode():
            image = self._undone(self.decoded(torch.from_numpy(codes).to(self.device)))
            return float(image.min()), float(image.max())

    def learn(self, size: tuple[int, int]) -> list[str]:
        """Learn from images of noise what the network takes and gives, so that it can decode; what
        was learnt, where it is worth telling.

        Parameters
        ----------
        size : (height, width) of the images.
        """
        try:
            mu, logvar = self._tried(size)
        except InputError as error:
            if size[0] == size[1] or not self._takes((size[1], size[0])):
                raise
            raise InputError(
                f"{error}; it takes images of {size[0]} x {size[1]} (width x height): set"
                f" data.size = {in_quotes((size[1], size[0]))}, {IF_TURNED}"
            ) from None
        sampled = [f"the mean of {self.samples} answers of encode"] * (self.samples > 1)
        return [*self._sides.told(mu, logvar), *sampled]

    def _tried(self, size: tuple[int, int]) -> tuple[Tensor, Tensor | None]:
        """The posterior of noise of the size (height, width), once it was decoded."""
        import torch

        noise = np.random.default_rng(0).integers(0, 256, (PROBES, *size, 3), np.uint8)
        with torch.inference_mode():
            return self._sides.tried(self.to_input(noise))

    def _takes(self, size: tuple[int, int]) -> bool:
        """Whether the network takes images of that size."""
        try:
            self._tried(size)
        except InputError:
            return False
        return True

    def to_input(self, images: NDArray[np.uint8]) -> Tensor:
        """Images as the network's numbers: [batch, 3, height, width] on its device."""

        low, high = self.range
        batch = self._lane.upload(np.ascontiguousarray(images))
        batch = batch.permute(0, 3, 1, 2).float().mul_((high - low) / 255.0).add_(low)
        return self.normal.of(batch) if self.normal else batch

    def posterior(self, batch: Tensor) -> tuple[Tensor, Tensor | None]:
        """Mean and log-variance of images [batch, 3, height, width], each in the code's own
        shape.
        """
        return self._sides.posterior(batch)

    def decoded(self, z: Tensor) -> Tensor:
        """What the network decodes from codes [batch, dim], [batch, 1 or 3, height, width]."""
        return self._sides.decoded(z)


def _flat(mu: Tensor, logvar: Tensor | None) -> tuple[Tensor, Tensor]:
    """[batch, dim] each; the log-variance of a network that gives none is -inf."""
    import torch

    mu = mu.flatten(1).float()
    return mu, mu - torch.inf if logvar is None else logvar.flatten(1).float()
