"""What a network takes and gives, found by asking its two sides: no network says it of itself."""

from __future__ import annotations

import copy
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from featamp.errors import InputError
from featamp.io.describe import is_tensor
from featamp.io.network.adapters import Adapter, calls
from featamp.io.network.between import idle_parts, passed_between, what_lacks
from featamp.io.network.failures import failed
from featamp.io.network.forms import FORMS, SPLITS, likely_forms
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

LOOKED_AT = 4
"""So many images tell where the mean stands among three outputs."""


@dataclass
class Learned:
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
class Sides:
    """The two sides of a network, each asked in the form that was learnt, or that is learnt now.

    Attributes
    ----------
    module : the network, in evaluation mode, on `device`.
    device : where it runs.
    adapter : how it is asked.
    learned : what was found so far.
    """

    module: nn.Module
    device: torch.device
    adapter: Adapter
    learned: Learned

    @property
    def between(self) -> tuple[str, ...]:
        """Parts that its own `forward` passes codes through, and that neither side calls."""
        return self.learned.between or ()

    @property
    def perhaps_between(self) -> tuple[str, ...]:
        """Parts of which nobody knows whether they stand between encoder and decoder."""
        return self.adapter.beside if self.learned.between is None else ()

    def tried(self, images: Tensor) -> tuple[Tensor, Tensor | None]:
        """The posterior of images, once it was decoded; what lies between the two sides is learnt
        from it.
        """
        with calls(self.module) as called:
            mu, logvar = self.posterior(images)
            self.decoded(mu.flatten(1).float())
        if called is not None and not self.adapter.own:
            self.learned.between = self._passed_between(called, images)
        return mu, logvar

    def _passed_between(
        self, called: Collection[nn.Module], images: Tensor
    ) -> tuple[str, ...] | None:
        """Parts between the two sides that neither called; None where that is not known."""
        idle = idle_parts(self.module, called)
        if not idle:
            return ()
        module = copy_of(self.module)
        if module is None:
            return None
        other = replace(self, module=module)

        def asked() -> list[Tensor]:
            mu, _ = other.posterior(images)
            return [mu, other.decoded(mu.flatten(1).float())]

        form = FORMS[self.learned.form or "colour"]
        return passed_between(module, idle, form(images), asked)

    def told(self, mu: Tensor, logvar: Tensor | None) -> list[str]:
        """What was learnt from a posterior, where it is worth telling."""
        learned, shape = self.learned, " x ".join(str(n) for n in mu.shape[1:])
        told = {
            f"images read as {learned.form}": learned.form != "colour",
            f"one code of {shape}, taken as {mu[0].numel()} dimensions": mu.ndim > 2,
            "mean and log-variance in one tensor, one after the other": learned.stacked,
            f"mean and log-variance from {learned.split}": bool(learned.split),
            "no log-variance: deterministic, no KL": logvar is None,
        }
        return [line for line, holds in told.items() if holds]

    def posterior(self, batch: Tensor) -> tuple[Tensor, Tensor | None]:
        """Mean and log-variance of images [batch, 3, height, width], each in the code's own
        shape.
        """
        learned = self.learned
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
                self.learned.form = form
                return found
        assert failure is not None
        raise failure

    def _ask(self, batch: Tensor, form: str) -> tuple[Tensor, Tensor | None]:
        """What the network says of images in one form."""
        images = FORMS[form](batch)
        output: Any = self._call("encode", images)
        if is_tensor(output) and output.ndim > 2 and output.shape[:2] == (2, len(batch)):
            alone: Any = output if len(batch) != 2 else self._call("encode", images[:1])
            self.learned.stacked |= len(alone) == 2  # two codes of two rows look like it
            output = tuple(output) if self.learned.stacked else output
        if is_triple(output):
            if self.learned.first is None:
                twice = images[[0, *range(min(len(images), LOOKED_AT))]]
                once, again = (self._call("encode", twice) for _ in range(2))
                self.learned.first = first_of_posterior(once, again)
            output = output[self.learned.first :]
        self.learned.named = is_named(output)
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
        right = [way for way, size in sizes.items() if size == self.learned.size] or list(sizes)
        return right if right and right[0] else []

    def decoded(self, z: Tensor, shape: tuple[int, ...] = ()) -> Tensor:
        """What the network decodes from codes [batch, dim], given in the shape in which it encodes
        them; a convolutional one may want them [batch, dim, 1, 1] all the same.
        """
        dim = z.shape[1]
        shapes = dict.fromkeys((shape or self.learned.shape or (dim,), (dim,), (dim, 1, 1)))
        failure: InputError | None = None
        for form in shapes:
            if int(np.prod(form)) != dim:
                continue
            try:
                image = read_image(self._call("decode", z.reshape(-1, *form)), self.learned.size)
            except InputError as error:
                failure = failure or error  # the first shape's reason is told
            else:
                if len(image) == len(z):
                    self.learned.shape = form
                    return image
                failure = failure or InputError(
                    f"decode gives {len(image)} images for {len(z)} codes, expected one each, in"
                    f" one tensor (of a list of them, return torch.stack(images) from"
                    f" decode(model, codes) in the module of model.factory)"
                )
        assert failure is not None
        raise failure

    def _call(self, side: str, batch: Tensor) -> object:
        """Run the user's own code; whatever it raises is an error in the user's input, told with
        its own words.

        Convolutions in float32 run faster in the layout `channels_last` on a CPU, and in the plain
        one on CUDA (docs/gpu.md). A network that flattens features with `view` cannot run in
        the former, and is run in the plain one from then on: once each method has been called, the
        weights stay where they are, and threads may call the network side by side. It is given a
        copy, which it may change in place.
        """
        import torch

        failure: Exception | None = None
        function = getattr(self.adapter, side)
        first = self.learned.layout or self._fast_layout()
        for layout in dict.fromkeys((first, torch.contiguous_format)):
            try:
                output: object = function(
                    self._arranged(layout), batch.clone(memory_format=torch.contiguous_format)
                )
            except torch.OutOfMemoryError:
                raise
            except Exception as error:
                failure = error
            else:
                return output
        self._arranged(first)
        lacking = what_lacks(self.between, self.perhaps_between)
        told = failed(self.module, self.adapter, side, batch, failure, lacking)
        raise InputError(told) from failure

    def _fast_layout(self) -> torch.memory_format:
        """The one in which convolutions run faster, where weights have one for it."""
        import torch

        volumes = any(weight.ndim > 4 for weight in self.module.parameters())
        plain = volumes or self.device.type != "cpu"
        return torch.contiguous_format if plain else torch.channels_last

    def _arranged(self, layout: torch.memory_format) -> nn.Module:
        if self.learned.layout != layout:
            self.module.to(memory_format=layout)
            self.learned.layout = layout
        return self.module


def copy_of(module: nn.Module) -> nn.Module | None:
    """The same network once more; None for one that cannot be copied."""
    try:
        return copy.deepcopy(module)
    except Exception:  # whatever the person's class holds: a file, a lock
        return None
