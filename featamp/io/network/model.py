"""A trained VAE, whatever it is made of: one way to encode, one way to decode."""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from featamp.errors import InputError, first_line, in_own_code
from featamp.io.describe import is_tensor, listed
from featamp.io.device import Fetch, Lane, ahead, full_precision
from featamp.io.files.steps import IF_TURNED, in_quotes
from featamp.io.network.adapters import (
    METHODS,
    Adapter,
    Pixels,
    calls,
    idle_parts,
    passed_between,
)
from featamp.io.network.forms import FORMS, SPLITS, Normal, likely_forms
from featamp.io.network.outputs import (
    first_of_posterior,
    is_named,
    is_triple,
    read_image,
    read_posterior,
)

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

CPU_BATCH, DEVICE_BATCH, FEWEST = 64, 512, 4
"""Images or codes that the network is given at a time: more fall out of a CPU's cache and take
longer each, while an accelerator is kept busy by more."""
PROBES = 2
"""Images of noise that are encoded to learn what a network takes and gives."""
Float32 = NDArray[np.float32]


@dataclass
class _Learned:
    """What the network was found to take and to give.

    Attributes
    ----------
    layout : of its weights.
    form : name in `FORMS` of the images that it takes.
    shape : of one code; empty where the codes are decoded as [batch, dim].
    stacked : whether mean and log-variance come in one tensor [2, batch, dim].
    split : name in `SPLITS` of how they lie in one code; "" where they do not.
    otherwise : name of another way that its decoder takes as well; "" without any.
    first : where the mean stands in a triple.
    named : whether names say what the outputs of `encode` are.
    size : (height, width) of the images.
    between : parts that the network's own `forward` passes codes through, and that neither side
        calls; None where that is not known.
    most : images or codes at a time, fewer than usual where the device's memory took no more.
    """

    layout: torch.memory_format | None = None
    form: str | None = None
    shape: tuple[int, ...] = ()
    stacked: bool = False
    split: str = ""
    otherwise: str = ""
    first: int | None = None
    named: bool = False
    size: tuple[int, int] | None = None
    between: tuple[str, ...] | None = None
    most: int | None = None


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
    pixels: Pixels
    facts: dict[str, Any]
    adapter: Adapter = METHODS
    told: tuple[str, ...] = ()
    samples: int = 1
    normal: Normal | None = None
    _learned: _Learned = field(default_factory=_Learned, repr=False, compare=False)

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
        return self.adapter.beside if self._learned.between is None else ()

    @property
    def between(self) -> tuple[str, ...]:
        """Parts that its own `forward` passes codes through, and that neither side calls."""
        return self._learned.between or ()

    @property
    def lacks(self) -> str:
        """What is to be done where parts belong between encoder and decoder; "" without any."""
        if self.between:
            parts = listed(list(self.between))
            found = f"its own forward passes codes through {parts}, which neither side calls:"
        elif self.perhaps_between:
            parts = listed(list(self.perhaps_between))
            found = f"neither its encoder nor its decoder calls {parts}: where that belongs"
            found += " between them,"
        else:
            return ""
        return (
            f"{found} write encode(model, images) and decode(model, codes) that call it into the"
            f" module of model.factory"
        )

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
        return min(CPU_BATCH, max(FEWEST, CPU_BATCH * 64 * 64 // max(1, height * width)))

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
        try:
            return replace(self, module=copy.deepcopy(self.module))
        except Exception:  # whatever the person's class holds: a file, a lock
            return None

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
        shape = " x ".join(str(n) for n in mu.shape[1:])
        told = {
            f"images read as {self._learned.form}": self._learned.form != "colour",
            f"one code of {shape}, taken as {mu[0].numel()} dimensions": mu.ndim > 2,
            "mean and log-variance in one tensor, one after the other": self._learned.stacked,
            f"mean and log-variance from {self._learned.split}": bool(self._learned.split),
            "no log-variance: deterministic, no KL": logvar is None,
            f"the mean of {self.samples} answers of encode": self.samples > 1,
        }
        return [line for line, holds in told.items() if holds]

    def _tried(self, size: tuple[int, int]) -> tuple[Tensor, Tensor | None]:
        """The posterior of noise of the size (height, width), once it was decoded; what lies
        between the two sides is learnt from it.
        """
        import torch

        noise = np.random.default_rng(0).integers(0, 256, (PROBES, *size, 3), np.uint8)
        with torch.inference_mode():
            images = self.to_input(noise)
            with calls(self.module) as called:
                mu, logvar = self.posterior(images)
                self.decoded(mu.flatten(1).float())
            if called is not None and not self.adapter.own:
                self._learned.between = self._passed_between(called, images)
        return mu, logvar

    def _passed_between(
        self, called: Collection[nn.Module], images: Tensor
    ) -> tuple[str, ...] | None:
        """Parts between the two sides that neither called; None where that is not known."""
        idle = idle_parts(self.module, called)
        if not idle:
            return ()
        copy = self.copied()
        if copy is None:
            return None

        def asked() -> list[Tensor]:
            mu, _ = copy.posterior(images)
            return [mu, copy.decoded(mu.flatten(1).float())]

        form = FORMS[self._learned.form or "colour"]
        return passed_between(copy.module, idle, form(images), asked)

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
        learned = self._learned
        learned.size = (batch.shape[2], batch.shape[3])
        if learned.form is not None:
            mu, logvar = self._ask(batch, learned.form)
        else:
            mu, logvar = self._learn_form(batch)
        if logvar is None and not (learned.shape or learned.split):
            learned.split, learned.otherwise, *_ = (*self._splits_of(mu), "", "")
        if learned.split:
            mu, logvar = SPLITS[learned.split](mu)
        learned.shape = tuple(mu.shape[1:])
        return mu, logvar

    def _learn_form(self, batch: Tensor) -> tuple[Tensor, Tensor | None]:
        """The posterior, by the first form of the images that the network takes.

        Where none is read, what it answered is told before that another form is none of its own.
        """
        failure: InputError | None = None
        for form in likely_forms(self.module, (batch.shape[2], batch.shape[3])):
            try:
                found = self._ask(batch, form)
            except InputError as error:
                answered = error.__cause__ is None
                if failure is None or (answered and failure.__cause__ is not None):
                    failure = error
            else:
                self._learned.form = form
                return found
        assert failure is not None
        raise failure

    def _ask(self, batch: Tensor, form: str) -> tuple[Tensor, Tensor | None]:
        """What the network says of images in one form."""
        images = FORMS[form](batch)
        output: Any = self._call("encode", images)
        if is_tensor(output) and output.ndim > 2 and output.shape[:2] == (2, len(batch)):
            alone: Any = output if len(batch) != 2 else self._call("encode", images[:1])
            self._learned.stacked |= len(alone) == 2  # two codes of two rows look like it
            output = tuple(output) if self._learned.stacked else output
        if is_triple(output):
            if self._learned.first is None:
                once, again = (self._call("encode", images[:1]) for _ in range(2))
                self._learned.first = first_of_posterior(once, again)
            output = output[self._learned.first :]
        self._learned.named = is_named(output)
        mu, logvar = read_posterior(output)
        if len(mu) != len(batch) or mu.ndim < 2:
            raise InputError(
                f"encode gives a code of shape {tuple(mu.shape)} for {len(batch)} images, expected"
                f" [{len(batch)}, dim] (check data.size, or write encode(model, images) that gives"
                f" (mu, logvar) into the module of model.factory)"
            )
        return mu, logvar

    def _splits_of(self, code: Tensor) -> list[str]:
        """How a code may be mean and log-variance in one tensor, names in `SPLITS`, as its decoder
        takes one of them, the likeliest first; none where it takes the whole.
        """
        last, halves = SPLITS
        pairs = code.ndim == 3 and code.shape[2] == 2
        ways = [last] * pairs + [halves] * (code.shape[1] % 2 == 0)
        if code.shape[1:] == (2, 2):
            ways.reverse()
        sizes = {}
        for way in ("", *ways) if ways else ():
            mean = SPLITS[way](code)[0] if way else code
            with suppress(InputError):
                sizes[way] = self.decoded(mean.flatten(1), tuple(mean.shape[1:])).shape[2:]
        right = [way for way, size in sizes.items() if size == self._learned.size] or list(sizes)
        return right if right and right[0] else []

    def decoded(self, z: Tensor, shape: tuple[int, ...] = ()) -> Tensor:
        """What the network decodes from codes [batch, dim], given in the shape in which it encodes
        them; a convolutional one may want them [batch, dim, 1, 1] all the same.
        """
        dim = z.shape[1]
        shapes = dict.fromkeys((shape or self._learned.shape or (dim,), (dim,), (dim, 1, 1)))
        failure: InputError | None = None
        for form in shapes:
            if int(np.prod(form)) != dim:
                continue
            try:
                image = read_image(self._call("decode", z.reshape(-1, *form)), self._learned.size)
            except InputError as error:
                failure = failure or error  # the first shape's reason is told
            else:
                if len(image) == len(z):
                    self._learned.shape = form
                    return image
                failure = failure or InputError(
                    f"decode gives {len(image)} images for {len(z)} codes, expected one each, in"
                    f" one tensor (of a list of them, return torch.stack(images) from"
                    f" decode(model, codes) in the module of model.factory)"
                )
        assert failure is not None
        raise failure

    def _call(self, name: str, batch: Tensor) -> object:
        """Run the user's own code; whatever it raises is an error in the user's input, told with
        its own words.

        Convolutions in float32 run faster in the layout `channels_last` on a CPU, and in the plain
        one on CUDA (docs/gpu.md). A network that flattens features with `view` cannot run in
        the former, and is run in the plain one from then on: once each method has been called, the
        weights stay where they are, and threads may call the network side by side.
        """
        import torch

        failure: Exception | None = None
        function = getattr(self.adapter, name)
        first = self._learned.layout or self._fast_layout()
        for layout in dict.fromkeys((first, torch.contiguous_format)):
            try:
                output: object = function(self._arranged(layout), batch.contiguous())
            except torch.OutOfMemoryError:
                raise
            except Exception as error:
                failure = error
            else:
                return output
        self._arranged(first)
        found = "x".join(str(n) for n in batch.shape)
        mend = self.lacks or _mend(failure, name)
        raise InputError(
            f"{self._asked(name)} fails on a batch of shape {found}:"
            f" {type(failure).__name__}: {first_line(failure)}{in_own_code(failure)} ({mend})"
        ) from failure

    def _asked(self, name: str) -> str:
        """What is called to encode or to decode, in words."""
        function = getattr(self.adapter, name)
        if function.__module__ == Adapter.__module__:
            return f"{type(self.module).__name__}.{name}"
        return (
            f"the function {name} of {function.__module__}, which comes before the network's own"
            f" (rename it if it is meant for something else),"
        )

    def _fast_layout(self) -> torch.memory_format:
        """The one in which convolutions run faster, where weights have one for it."""
        import torch

        volumes = any(weight.ndim > 4 for weight in self.module.parameters())
        plain = volumes or self.device.type != "cpu"
        return torch.contiguous_format if plain else torch.channels_last

    def _arranged(self, layout: torch.memory_format) -> nn.Module:
        if self._learned.layout != layout:
            self.module.to(memory_format=layout)
            self._learned.layout = layout
        return self.module


def _flat(mu: Tensor, logvar: Tensor | None) -> tuple[Tensor, Tensor]:
    """[batch, dim] each; the log-variance of a network that gives none is -inf."""
    import torch

    mu = mu.flatten(1).float()
    return mu, mu - torch.inf if logvar is None else logvar.flatten(1).float()


def _mend(failure: Exception | None, name: str) -> str:
    """What mends a call of the network's own code that failed, where its words tell."""
    text = str(failure)
    if isinstance(failure, TypeError) and "required positional argument" in text:
        given = "images" if name == "encode" else "codes"
        return f"write {name}(model, {given}) that gives it into the module of model.factory"
    if isinstance(failure, ModuleNotFoundError):
        return (
            f"import {failure.name} at the head of its file: the folder of the config is looked"
            f" into while the file is imported, and not when {name} is called"
        )
    if "NVIDIA" in text or "CUDA" in text:
        return "have its code follow what it is given, x.to(images.device), and name no device"
    if any(words in text for words in ("dtype", "scalar type", "Input type")):
        return "the network is run in float32: have its code leave the type of what it is given"
    return "check data.size, model.kwargs and model.factory"
