"""Weights found by fit: which tensors of a checkpoint are the network's, whatever they lie
under.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from featamp.errors import InputError, first_line
from featamp.io.checkpoint import Checkpoint, read_facts
from featamp.io.describe import is_tensor, listed, shape_of
from featamp.io.pickles.standins import Values

if TYPE_CHECKING:
    from torch import Tensor, nn

STATE_KEYS = ("model_state_dict", "state_dict", "model")
"""Where people put the state dict, the likeliest first: which of several whole ones is taken."""
WRAPPERS = ("module", "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module")
"""Parts of names that DataParallel, torch.compile, FSDP and checkpointing put in, anywhere."""
COUNTS = ("n_averaged", "*.num_batches_tracked")
"""Names of what is no weight: how many were averaged, how many batches a BatchNorm saw."""
HYPER = ("hyper_parameters", "hparams", "hyperparameters", "args", "config")
"""Where people keep what a network was made with."""
SHARD = re.compile(r"-\d{5}-of-\d{5}\.")
"""In the name of a file that holds a part of the weights alone."""
MOST_FACTS, MOST_LETTERS = 100, 1000
"""Of what a checkpoint says of itself, and of the letters in each."""


@dataclass(frozen=True)
class Weights:
    """A network's weights as they lie in a checkpoint.

    Attributes
    ----------
    state : the network's own names to tensors; names that it lacks, where the file has such.
    place : what the names begin with in the checkpoint, its mappings' names included; "" for
        nothing.
    wrapped : wrappers' parts that stood inside the names and were taken out.
    others : places of other whole sets of weights in it, such as a running average.
    beside : names of tensors in the same mapping that are none of these.
    """

    state: dict[str, Tensor]
    place: str
    wrapped: tuple[str, ...]
    others: tuple[str, ...]
    beside: tuple[str, ...]

    def told(self) -> str:
        """Which weights were taken, what was stripped, and which might have been taken."""
        taken = f"weights under {self.place!r}" if self.place else "weights at the top"
        if self.wrapped:
            taken += f", {listed(list(self.wrapped))} taken out of their names"
        if not self.others:
            return taken
        among = ", a running average?" if any(_is_average(o) for o in self.others) else ""
        return (
            f"{taken}; others as whole under {listed(list(self.others))}{among}"
            f' (model.state_key = "{self.others[0]}" takes them)'
        )


def load_weights(
    module: nn.Module,
    checkpoint: Checkpoint,
    state_key: str | None = None,
    ignore_keys: Iterable[str] = (),
) -> Weights:
    """Find a network's weights in a checkpoint and give them to it.

    Parameters
    ----------
    state_key : what the names of the weights begin with, such as "models.vae"; found by fit when
        None.
    ignore_keys : patterns (`loss.*`) of names that one side has and the other lacks.

    Raises
    ------
    InputError
        No tensor in the checkpoint, or keys or shapes that do not fit: each is named.
    """
    wanted = module.state_dict()
    weights = find_weights(checkpoint, wanted, state_key)
    shapes = {
        name: f"{name} is {shape_of(value)}, the model has {shape_of(wanted[name])}"
        for name, value in weights.state.items()
        if name in wanted and not _fits(value, wanted[name])
    }
    fitting = {name: value for name, value in weights.state.items() if name not in shapes}
    _require_plain(checkpoint, fitting)
    try:
        found = module.load_state_dict(fitting, strict=False)  # its own hooks may mend names
    except Exception as error:  # whatever its own way of loading raises
        raise InputError(
            f"{checkpoint.path}: {type(module).__name__} does not take these weights:"
            f" {type(error).__name__}: {first_line(error)} (a quantized network? Give the one that"
            f" it was made from, with its weights)"
        ) from error
    ignored = (*ignore_keys, *COUNTS)
    given = {_memory(wanted[name]) for name in fitting if name in wanted}
    lacking = {n for n in found.missing_keys if n not in wanted or _memory(wanted[n]) not in given}
    problems = {
        "missing key": [n for n in lacking if n not in shapes],
        "unexpected key": [*found.unexpected_keys, *weights.beside],
        "wrong shape": list(shapes.values()),
    }
    kept = {
        what: sorted(n for n in names if not any(fnmatchcase(n, p) for p in ignored))
        for what, names in problems.items()
    }
    if any(kept.values()):
        whole = len(weights.state) == sum(1 for _ in _tensors(checkpoint))
        part = _part_of(weights.state, wanted) if whole else ""
        raise InputError(_misfit(checkpoint, module, weights, kept, part))
    return weights


def find_weights(
    checkpoint: Checkpoint, wanted: Mapping[str, Tensor], state_key: str | None = None
) -> Weights:
    """The tensors of a checkpoint that fit a network's names and shapes best.

    All names in the checkpoint are written out, those of the mappings before them
    (`state_dict.model.enc.weight`). The place under which most names of the network stand, with
    their shapes, is where its weights lie; wrappers' parts count on neither side.
    """
    tensors = {f"{home}{name}": (home, value) for home, name, value in _tensors(checkpoint)}
    if state_key is not None:
        tensors = {n: v for n, v in tensors.items() if f"{n}.".startswith(f"{state_key}.")}
    if not tensors:
        raise InputError(
            f"{checkpoint.path}: no state dict {f'under {state_key!r}' if state_key else 'in it'},"
            f" not one tensor; found: {listed(checkpoint.contents)} ({_mend_of_none(checkpoint)})"
        )
    front = _common_front(wanted)
    parts = {name.partition(".")[0] for name in wanted}
    targets = _compared({name.removeprefix(front): name for name in wanted}, parts)
    names = _compared({name: name for name in tensors}, parts)
    place, others = _places(names, targets, tensors, wanted, front)

    def below(place: str, name: str) -> str | None:
        return name.removeprefix(place) if name.startswith(place) else None

    matched = [original for name, original in names.items() if below(place, name) in targets]
    homes = {tensors[original][0] for original in matched or names.values()}
    state, beside = {}, []
    for name, original in names.items():
        home, value = tensors[original]
        inside = below(place, name)
        if home not in homes or (
            inside not in targets and any(name.startswith(other) for other in others)
        ):
            continue
        if inside is None:
            beside.append(original.removeprefix(home))
        else:
            state[targets.get(inside, f"{front}{inside}")] = value
    parts = {part for original in matched for part in original.split(".")}
    wrapped = tuple(part for part in WRAPPERS if part in parts)
    return Weights(
        state, place.rstrip("."), wrapped, tuple(o.rstrip(".") for o in others), tuple(beside)
    )


def nameless_averages(checkpoint: Checkpoint) -> list[str]:
    """Places of running averages that are lists of tensors, of which nobody knows the names."""
    return [
        f"{home}{name}"
        for home, name, value in _values(checkpoint)
        if isinstance(value, list | tuple) and value and all(map(is_tensor, value))
        if _is_average(f"{home}{name}")
    ]


def _tensors(checkpoint: Checkpoint) -> Iterator[tuple[str, str, Tensor]]:
    """Mapping ("state_dict."), name and value of every tensor."""
    return (found for found in _values(checkpoint) if is_tensor(found[2]))


def _values(checkpoint: Checkpoint) -> Iterator[tuple[str, str, Any]]:
    """The same of everything that is no mapping."""
    waiting: list[tuple[str, Mapping[str, Any]]] = [("", checkpoint.contents)]
    while waiting:
        home, mapping = waiting.pop(0)
        for name, value in mapping.items():
            if isinstance(value, Mapping):
                waiting.append((f"{home}{name}.", value))
            else:
                yield home, str(name), value


def _common_front(names: Iterable[str]) -> str:
    """What all names begin with, in whole parts: "model." of model.a.weight and model.b.weight."""
    split = [name.split(".") for name in names]
    shared = takewhile(lambda parts: len(set(parts)) == 1, zip(*split, strict=False))
    front = [parts[0] for parts in shared]
    return "".join(f"{part}." for part in front[: min(map(len, split), default=1) - 1])


def _compared(names: Mapping[str, str], parts: Collection[str]) -> dict[str, str]:
    """Names without wrappers' parts, and those of a network's `parts` as such where people save
    each by itself (`encoder_state_dict`); unless two would become one.
    """
    saved = {f"{part}_state_dict": part for part in parts}
    plain = {
        ".".join(saved.get(p, p) for p in name.split(".") if p not in WRAPPERS): original
        for name, original in names.items()
    }
    return plain if len(plain) == len(names) else dict(names)


def _places(
    names: Mapping[str, str],
    targets: Mapping[str, str],
    tensors: Mapping[str, tuple[str, Tensor]],
    wanted: Mapping[str, Tensor],
    front: str,
) -> tuple[str, list[str]]:
    """The place where the network's weights lie, and those of other whole sets of them; tied ones
    count once.
    """
    found: dict[str, set[Hashable]] = {}
    fitting: dict[str, set[Hashable]] = {}
    for name, original in names.items():
        cuts = [0, *(i + 1 for i, letter in enumerate(name) if letter == ".")]
        for cut in cuts:
            if (target := targets.get(name[cut:])) is not None:
                place, weight = name[:cut], _memory(wanted[target])
                found.setdefault(place, set()).add(weight)
                if _fits(tensors[original][1], wanted[target]):
                    fitting.setdefault(place, set()).add(weight)
    if not found:  # nothing fits: compare with the largest mapping, or with where people put it
        homes = Counter(tensors[original][0] for original in names.values())
        return max(homes, key=lambda home: (_likely(home), homes[home])), []
    scores = {place: (len(fitting.get(place, ())), len(found[place])) for place in found}
    best = max(scores.values())
    whole = [place for place in scores if scores[place] == best]
    places = sorted(whole, key=lambda p: (p.endswith(front), _likely(p)), reverse=True)
    return places[0], places[1:] if best[0] >= len(set(map(_memory, wanted.values()))) else []


def _likely(place: str) -> int:
    """How likely people mean these weights: by the first of the names that lead to them."""
    first = place.partition(".")[0]
    rank = len(STATE_KEYS) - STATE_KEYS.index(first) if first in STATE_KEYS else 0
    return -1 if _is_average(place) else rank


def _is_average(place: str) -> bool:
    return re.search(r"(^|[._])(ema|avg|averaged?|swa|shadow)", place.lower()) is not None


def _fits(value: Tensor, wanted: Tensor) -> bool:
    """Whether a tensor has the shape of the network's; one that is not made yet takes any."""
    from torch.nn.parameter import is_lazy

    return is_lazy(wanted) or value.shape == wanted.shape


def _memory(tensor: Tensor) -> Hashable:
    """Where a tensor of a network lies: the same for tied ones, of which a file may hold one."""
    from torch import strided
    from torch.nn.parameter import is_lazy

    if is_lazy(tensor) or tensor.layout != strided or not tensor.data_ptr():
        return id(tensor)
    return tensor.data_ptr(), tensor.shape, tensor.stride()


def _require_plain(checkpoint: Checkpoint, state: Mapping[str, Tensor]) -> None:
    """Raise InputError for a tensor whose numbers no network takes up."""
    from torch import strided

    for name, value in state.items():
        if value.is_meta:
            raise InputError(
                f"{checkpoint.path}: {name} has a shape and no numbers (it was saved on the device"
                f' "meta"); save the network once its weights are loaded'
            )
        if value.layout != strided:
            raise InputError(
                f"{checkpoint.path}: {name} is a sparse tensor, expected a plain one; save"
                f" {{n: v.to_dense() for n, v in network.state_dict().items()}}"
            )


def _mend_of_none(checkpoint: Checkpoint) -> str:
    """What mends a checkpoint in which no tensor was found."""
    kept = [(f"{home}{name}", value) for home, name, value in _values(checkpoint)]
    for name, value in kept:
        if isinstance(value, list | tuple) and any(isinstance(v, Mapping) for v in value):
            return (
                f"{name} is a list of tables; save the state dict that you mean by itself:"
                f" torch.save(the_one_meant, ...)"
            )
        if isinstance(value, list | tuple) and any(map(is_tensor, value)):
            return f"{name} is a list of tensors without names; save network.state_dict()"
    if any(isinstance(value, Values | list) for _, value in kept):
        return (
            "of arrays of NumPy save tensors: torch.save({n: torch.as_tensor(v) for n, v in"
            " weights.items()}, ...)"
        )
    return "model.state_key"


def _part_of(state: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> str:
    """The part of the network whose weights alone these are; "" where they are no part's."""
    for part in dict.fromkeys(name.partition(".")[0] for name in wanted):
        inside = {f"{part}.{name}": value for name, value in state.items()}
        fit = [name in wanted and _fits(value, wanted[name]) for name, value in inside.items()]
        if fit and all(fit):
            return part
    return ""


def _misfit(
    checkpoint: Checkpoint, network: nn.Module, weights: Weights,
    problems: Mapping[str, list[str]], part: str,
) -> str:  # fmt: skip
    said = "; ".join(
        f"{len(names)} {what}{'s' * (len(names) > 1)} ({listed(names, 4)})"
        for what, names in problems.items()
        if names
    )
    hint = "check model.factory and model.kwargs"
    missing, extra, wrong = (problems[w] for w in ("missing key", "unexpected key", "wrong shape"))
    if not extra + wrong and {name for name, _ in network.named_buffers()}.issuperset(missing):
        hint = (
            "these are what the network keeps beside its parameters: save network.state_dict(),"
            " which has both"
        )
    if extra and not missing + wrong:
        patterns = dict.fromkeys(f"{n.partition('.')[0]}.*" if "." in n else n for n in extra)
        shown = ", ".join(f'"{pattern}"' for pattern in patterns)
        hint += f", or drop what is no part of it: model.ignore_keys = [{shown}]"
    if part:
        hint = (
            f"these are the weights of its part {part} alone: torch.save(network.state_dict(),"
            f" ...) saves all; or write a function that loads each file into its part and returns"
            f" the network, and name that as model.factory, without model.checkpoint"
        )
    if SHARD.search(checkpoint.path.name):
        hint = "it is one shard of several: name their index, *.index.json, as model.checkpoint"
    if checkpoint.network:
        hint = f"the file holds a whole {checkpoint.network}: name that as model.factory"
    under = f" (its {weights.told()})" if weights.place else ""
    return f"{checkpoint.path}{under} does not fit {type(network).__name__}: {said} ({hint})"


def weights_hash(module: nn.Module) -> str:
    """Hash of a network's weights, for one whose factory reads them from who knows where."""
    import torch

    content = hashlib.blake2b(digest_size=16)
    for name, value in sorted(module.state_dict().items()):
        raw = value.detach().cpu().contiguous().reshape(-1).view(torch.uint8)
        content.update(f"{name} {value.dtype} {shape_of(value)}".encode())
        content.update(raw.numpy().tobytes())
    return content.hexdigest()


def facts_beside(checkpoint: Checkpoint) -> dict[str, Any]:
    """What a checkpoint says of itself: numbers and text at its top, or in the .json beside it.

    The number of parameters is left out: it is counted on the network. Of a text that nobody would
    read the length is said.
    """
    said = {**read_facts(checkpoint.path), **checkpoint.contents}
    facts = {
        _short(str(n)): _short(v) if isinstance(v, str) else v
        for n, v in said.items()
        if n != "parameters" and (isinstance(v, float | str) or _is_whole(v))
    }
    shown = dict(list(facts.items())[:MOST_FACTS])
    left = len(facts) - len(shown)
    return {**shown, "others": f"{left} more facts, left out"} if left else shown


def arguments_beside(
    checkpoint: Checkpoint, names: Collection[str], given: Mapping[str, Any]
) -> dict[str, Any]:
    """What a checkpoint says of the arguments `names` that its network was made with, where that
    is another than what is `given`.
    """
    said = next((v for n, v in checkpoint.contents.items() if n in HYPER), None)
    known = said if isinstance(said, Mapping) else {}
    return {
        name: known[name]
        for name in names
        if isinstance(known.get(name), int | float | str) and known[name] != given.get(name)
    }


def _short(text: str) -> str:
    """A text as one may show it: printable, and not of any length."""
    plain = "".join(letter if letter.isprintable() else " " for letter in text[:MOST_LETTERS])
    return plain if len(text) <= MOST_LETTERS else f"{plain} … ({len(text):,} letters)"


def _is_whole(value: object) -> bool:
    """Whether it is a whole number that a float can stand for."""
    return isinstance(value, int) and abs(value) < 2**63
