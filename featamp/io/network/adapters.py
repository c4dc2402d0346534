"""How each kind of network is asked for a code and for an image: as the person says, or as its own
parts show.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Container, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from types import ModuleType
from typing import TYPE_CHECKING, Literal

from featamp.errors import InputError, first_line, in_own_code
from featamp.io.describe import is_tensor
from featamp.io.network.outputs import UNMOVED

if TYPE_CHECKING:
    from torch import Tensor, nn

PixelRange = tuple[float, float] | Literal["logits"]
"""The range of values that a network reads and writes; one of logits reads [0, 1]."""
HEADS = (
    ("fc_mu", "fc_var"),
    ("fc_mu", "fc_logvar"),
    ("fc_mu", "fc_log_var"),
    ("fc_mean", "fc_var"),
    ("fc_mean", "fc_logvar"),
    ("fc_mean", "fc_log_var"),
    ("mu", "logvar"),
    ("mu", "log_var"),
    ("mean", "logvar"),
    ("fc21", "fc22"),
    ("mean_layer", "logvar_layer"),
    ("to_mu", "to_logvar"),
)
"""Names of the two last layers of an encoder that keeps them apart."""
ENCODERS, DECODERS = ("encode", "_encode", "encoder"), ("decode", "_decode", "decoder")
"""Names of methods or parts that encode and decode, the likeliest first."""
CODEBOOK = re.compile("VQ|[Vv]ector_?[Qq]uant|[Qq]uanti[sz]er|[Cc]odebook|^(FSQ|LFQ|vq)$")
"""In the name of a class that answers a code with the nearest entry of a codebook, or of the part
that holds the entries."""

Call = Callable[["nn.Module", "Tensor"], object]


@dataclass(frozen=True)
class Adapter:
    """How a network is asked.

    Attributes
    ----------
    name : what is told of it.
    encode, decode : called with the network and a batch.
    pixels : the range that such networks read and write, where the config names none.
    beside : parts with weights that nothing calls where the parts `encoder` and `decoder` are
        called as they are: what a network's own `forward` may have between them.
    own : whether its person wrote a function that encodes or decodes.
    """

    name: str
    encode: Call
    decode: Call
    pixels: PixelRange = (0.0, 1.0)
    beside: tuple[str, ...] = ()
    own: bool = False


def find_adapter(network: nn.Module, source: str, own: ModuleType | None = None) -> Adapter:
    """How to ask a network.

    Parameters
    ----------
    source : where the network is from, for errors.
    own : a module whose functions `encode(model, images)` and `decode(model, codes)`, where it has
        them, come before anything of the network's.

    Raises
    ------
    InputError
        Nothing encodes, or nothing decodes, or to places in a codebook.
    """
    if held := _held(network, own):
        return _of_part(held, find_adapter(getattr(network, held), source))
    encode, encoding = _side(network, "encode", ENCODERS, own, source)
    decode, decoding = _side(network, "decode", DECODERS, own, source)
    if not encoding.startswith("the function"):
        _refuse_codebook(network, source)
    called = {encoding.removeprefix("its "), decoding.removeprefix("its ")}
    if (heads := _heads(network)) and not encoding.startswith("the function"):
        encode = _with_heads(encode, heads)
        encoding = f"{encoding} (features by {' and '.join(heads)})"
    family, pixels = _family(network)
    beside = _uncalled(network, {*called, *(heads or ())}) if _are_parts(network, called) else ()
    written = "the function" in f"{encoding} {decoding}"
    return Adapter(f"{family}: {encoding}, {decoding}", encode, decode, pixels, beside, written)


METHODS = Adapter(
    "a network: its encode, its decode",
    lambda network, batch: network.encode(batch),  # type: ignore[operator]
    lambda network, batch: network.decode(batch),  # type: ignore[operator]
)


def _held(network: nn.Module, own: ModuleType | None) -> str:
    """The part that encodes and decodes, of a network that does neither and has one such part, as
    one that trains a VAE has; "" for any other.
    """
    sides = [f for f in ("encode", "decode") if takes_two(getattr(own, f, None))]
    if sides or any(_has(network, name) for name in (*ENCODERS, *DECODERS)):
        return ""
    able = [name for name, part in network.named_children() if _has_sides(part)]
    return able[0] if len(able) == 1 else ""


def _has_sides(part: nn.Module) -> bool:
    return all(
        any(_has(part, name) and callable(getattr(part, name)) for name in names)
        for names in (ENCODERS, DECODERS)
    )


def _has(network: nn.Module, name: str) -> bool:
    """Whether a network has something of a name: what computes it may fail."""
    try:
        return hasattr(network, name)
    except Exception as error:  # whatever the person's own code raises
        raise InputError(
            f"{type(network).__name__}.{name} raises {type(error).__name__}: {first_line(error)}"
            f"{in_own_code(error)}; write encode(model, images) and decode(model, codes) into the"
            f" module of model.factory"
        ) from error


def _of_part(held: str, inner: Adapter) -> Adapter:
    """How a network is asked by a part of it."""
    return replace(
        inner,
        name=f"its part {held}, {inner.name}",
        encode=lambda network, batch: inner.encode(getattr(network, held), batch),
        decode=lambda network, batch: inner.decode(getattr(network, held), batch),
        beside=tuple(f"{held}.{name}" for name in inner.beside),
    )


def _side(
    network: nn.Module, side: str, names: tuple[str, ...], own: ModuleType | None, source: str
) -> tuple[Call, str]:
    """What encodes or decodes, and what is told of it."""
    from torch.jit import ScriptModule

    function = getattr(own, side, None)
    if own is not None and function is not None and takes_two(function):
        return function, f"the function {side} of {own.__name__}"
    for name in names:
        if _has(network, name) and callable(getattr(network, name)):
            return _part(name), f"its {name}"
    given = "images" if side == "encode" else "codes"
    if isinstance(network, ScriptModule):
        raise InputError(
            f"{source}: this TorchScript archive has no method {side!r} and no part {names[-1]!r};"
            f" save it by torch.jit.trace_module(network, {{'encode': images, 'decode': codes}})"
        )
    raise InputError(
        f"{source}: {type(network).__name__} has no method {side!r} and no part {names[-1]!r};"
        f" write a function {side}(model, {given}) into the module of model.factory, or into one"
        f" that model.adapter names"
    )


def _refuse_codebook(network: nn.Module, source: str) -> None:
    """Raise InputError for a VQ-VAE, by its part that holds the codebook, or by its own name."""
    from torch import nn

    own, *parts = network.named_modules()
    for name, part in (*parts, own):
        kind = type(part).__name__
        held = name.split(".") if isinstance(part, nn.Embedding) else ()
        if any(CODEBOOK.search(word) for word in (kind, *held)):
            which = f"its part {name} ({kind})" if name else "its class, by its name,"
            raise InputError(
                f"{source}: {type(network).__name__} is a VQ-VAE: {which} answers with entries of"
                f" a codebook, {UNMOVED}; where the codes before it are those of a VAE, write"
                f" encode(model, images) and decode(model, codes) into the module of model.factory"
            )


def _part(name: str) -> Call:
    def call(network: nn.Module, batch: Tensor) -> object:
        output: object = getattr(network, name)(batch)
        return output

    return call


def takes_two(function: object) -> bool:
    """Whether a function can be called with a network and a batch: another `encode` may stand in a
    person's file.
    """
    try:
        return inspect.isfunction(function) and bool(inspect.signature(function).bind(None, None))
    except TypeError:
        return False


def _heads(network: nn.Module) -> tuple[str, str] | None:
    return next((pair for pair in HEADS if _are_parts(network, pair)), None)


def _are_parts(network: nn.Module, names: Iterable[str]) -> bool:
    from torch import nn

    return all(isinstance(getattr(network, name, None), nn.Module) for name in names)


def _uncalled(network: nn.Module, called: Container[str]) -> tuple[str, ...]:
    """The network's parts with weights that are none of those."""
    parts = dict(network.named_children())
    return tuple(n for n in parts if n not in called and any(True for _ in parts[n].parameters()))


@contextmanager
def calls(network: nn.Module) -> Iterator[set[nn.Module] | None]:
    """The modules of a network that are called meanwhile; None for one of TorchScript, which does
    not say.
    """
    from torch.jit import ScriptModule

    modules = list(network.modules())
    if any(isinstance(module, ScriptModule) for module in modules):
        yield None
        return
    called: set[nn.Module] = set()
    hooks = [m.register_forward_pre_hook(lambda part, _: called.add(part)) for m in modules]
    try:
        with _uncompiled():
            yield called
    finally:
        for hook in hooks:
            hook.remove()


def _uncompiled() -> AbstractContextManager[object]:
    """Have what torch.compile made run as it was written, where there is such: it would compile
    the hooks, too. The compiler itself is slow to import.
    """
    from torch.compiler import set_stance

    return set_stance("force_eager") if "torch._dynamo" in sys.modules else nullcontext()


def _with_heads(encode: Call, heads: tuple[str, str]) -> Call:
    """Mean and log-variance of the features that `encode` gives, where it gives features: a tensor
    alone, without having called the heads itself, which its first call tells.
    """
    given: list[bool] = []

    def call(network: nn.Module, batch: Tensor) -> object:
        with calls(network) if not given else nullcontext() as called:
            output = encode(network, batch)
        if not given:
            own = {getattr(network, name) for name in heads}
            given.append(called is not None and not own.isdisjoint(called))
        if given[0] or not is_tensor(output):
            return output
        layers = [getattr(network, name) for name in heads]
        wide = getattr(layers[0], "in_features", None)
        features = output.flatten(1) if wide is not None else output
        if wide is not None and features.shape[1] != wide:
            return output
        return layers[0](features), layers[1](features)

    return call


def packages_of(network: nn.Module) -> set[str]:
    """The packages that a network's classes are from."""
    return {base.__module__.partition(".")[0] for base in type(network).__mro__}


def _family(network: nn.Module) -> tuple[str, PixelRange]:
    """What kind of network it is, and the range of pixels of its kind."""
    name = type(network).__name__
    packages = packages_of(network)
    if "diffusers" in packages:
        factor = getattr(getattr(network, "config", None), "scaling_factor", None)
        scaled = f" (codes before its scaling_factor {factor})" if factor else ""
        return f"{name} of diffusers{scaled}", (-1.0, 1.0)
    if "pythae" in packages:
        return f"{name} of pythae", (0.0, 1.0)
    if all(callable(getattr(network, side, None)) for side in ("_encode", "_decode", "decoder")):
        return f"{name}, whose decoder writes logits", "logits"
    return name, (0.0, 1.0)
