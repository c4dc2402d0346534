"""Every form of checkpoint, and a sentence for those that cannot be read."""

from __future__ import annotations

import argparse
import functools
import io
import json
import os
import pickle
import shutil
import struct
import subprocess
import sys
import tarfile
import traceback
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file, save_model
from torch import Tensor, nn

from featamp.errors import InputError
from featamp.io.checkpoint import checkpoint_files, read_checkpoint
from featamp.io.network.opening import open_model
from featamp.io.pickles import scan
from featamp.io.pickles.standins import KNOWN, StandIn, Values
from featamp.io.weights import MOST_FACTS, MOST_LETTERS, facts_beside, load_weights
from tests.featamp.io.conftest import open_tiny, weights


class AttributeDict(dict[str, object]):
    """As Lightning keeps its hyper-parameters."""


def prefixed(prefix: str) -> Callable[[dict[str, Tensor]], dict[str, Any]]:
    return lambda state: {f"{prefix}{name}": value for name, value in state.items()}


def part(state: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {n.removeprefix(prefix): v for n, v in state.items() if n.startswith(prefix)}


CHECKPOINTS: dict[str, Callable[[dict[str, Tensor]], dict[str, Any]]] = {
    "at the top": lambda state: state,
    "model_state_dict": lambda state: {
        "model_state_dict": state,
        "optimizer": {"lr": 0.1},
        "epoch": 3,
    },
    "state_dict": lambda state: {"state_dict": state},
    "model": lambda state: {"model": state, "args": ["a"]},
    "module.": prefixed("module."),
    "_orig_mod.": prefixed("_orig_mod."),
    "both prefixes": lambda state: {"state_dict": prefixed("module._orig_mod.")(state)},
    "the other way round": prefixed("_orig_mod.module."),
    "Lightning's": lambda state: {"state_dict": prefixed("model.")(state), "epoch": 3},
    "any prefix": prefixed("net.vae."),
    "a wrapper inside": lambda state: {
        name.replace(".", "._orig_mod."): value for name, value in state.items()
    },
    "nested": lambda state: {"models": {"vae": state, "critic": {"w": torch.zeros(3)}}},
    "one mapping a part": lambda state: {
        "posterior": part(state, "posterior."),
        "image": part(state, "image."),
        "optimizer": {"state": {0: {"exp_avg": torch.zeros(2)}}},
    },
    "one mapping a part, called so": lambda state: {
        "posterior_state_dict": part(state, "posterior."),
        "image_state_dict": part(state, "image."),
    },
    "an average's": lambda state: {**prefixed("module.")(state), "n_averaged": torch.ones(())},
    "half precision": lambda state: {name: value.bfloat16() for name, value in state.items()},
}


@pytest.mark.parametrize("suffix", [".pt", ".pth"])
@pytest.mark.parametrize("form", CHECKPOINTS)
def test_every_form_of_checkpoint_is_read(form: str, suffix: str, folder: Path) -> None:
    state = weights(folder)
    torch.save(CHECKPOINTS[form](state), folder / f"other{suffix}")
    model = open_tiny(folder / f"other{suffix}")
    for name, value in model.module.state_dict().items():
        torch.testing.assert_close(value, state[name], rtol=0.01, atol=0.01)
    assert not model.module.training


def test_safetensors_are_read(folder: Path) -> None:
    state = weights(folder)
    save_file(prefixed("_orig_mod.")(state), folder / "other.safetensors")
    opened = open_tiny(folder / "other.safetensors").module.state_dict()
    torch.testing.assert_close(opened["image.bias"], state["image.bias"])


def test_state_key_names_the_one_among_several(folder: Path) -> None:
    state = weights(folder)
    ema = {name: value + 1 for name, value in state.items()}
    torch.save({"model": state, "ema": ema, "epoch": 12, "note": "run 7"}, folder / "both.pt")
    model = open_tiny(folder / "both.pt", state_key="ema")
    torch.testing.assert_close(model.module.state_dict()["image.bias"], ema["image.bias"])
    assert model.facts == {"epoch": 12, "note": "run 7"}
    for key in ("emma", "epoch"):
        with pytest.raises(
            InputError,
            match=rf"both.pt: no state dict under '{key}', .*found: model, ema, epoch, note",
        ):
            open_tiny(folder / "both.pt", state_key=key)


def test_an_average_beside_the_weights_is_said_and_taken_by_its_name(folder: Path) -> None:
    """In a mapping of its own, or under a prefix in the same one, as Lightning's callbacks do, the
    network's own names under another one or without any."""
    state = weights(folder)
    average = {name: value + 1 for name, value in state.items()}
    one_mapping = {**prefixed("ema_model.")(average), **prefixed("model.")(state)}
    for contents, key in (
        ({"ema": average, "net": state}, "ema"),
        ({"state_dict": one_mapping}, "state_dict.ema_model"),
        ({**prefixed("ema_model.")(average), **state}, "ema_model"),
        ({"model": {**state, **prefixed("ema.module.")(average)}}, "model.ema"),
    ):
        torch.save(contents, folder / "both.pt")
        raw = open_tiny(folder / "both.pt")
        torch.testing.assert_close(raw.module.state_dict()["image.bias"], state["image.bias"])
        assert any(f'running average? (model.state_key = "{key}"' in line for line in raw.told)
        taken = open_tiny(folder / "both.pt", state_key=key).module.state_dict()
        torch.testing.assert_close(taken["image.bias"], average["image.bias"])


def test_an_average_that_nobody_can_name_is_said(folder: Path) -> None:
    """As the package torch-ema writes one."""
    state = weights(folder)
    contents = {"model": state, "ema": {"decay": 0.999, "shadow_params": [*state.values()]}}
    torch.save(contents, folder / "both.pt")
    told = open_tiny(folder / "both.pt").told
    assert any("no names: a running average under ema.shadow_params" in line for line in told)


def test_extras_are_refused_with_the_line_that_drops_them(folder: Path) -> None:
    state = {**prefixed("vae.")(weights(folder)), "loss.lpips.weight": torch.zeros(3)}
    torch.save({"state_dict": state}, folder / "extra.pt")
    message = r'1 unexpected key \(loss\.lpips\.weight\).*ignore_keys = \["loss\.\*"\]'
    with pytest.raises(InputError, match=message):
        open_tiny(folder / "extra.pt")
    told = open_tiny(folder / "extra.pt", ignore_keys=("loss.*",)).told
    assert any("weights under 'state_dict.vae'" in line for line in told)


def test_keys_that_do_not_fit_are_named(folder: Path) -> None:
    state = weights(folder)
    state["decoder.weight"] = state.pop("image.weight")
    state["posterior.bias"] = torch.zeros(5)
    torch.save(state, folder / "misfit.pt")
    with pytest.raises(InputError) as error:
        open_tiny(folder / "misfit.pt")
    message = str(error.value)
    assert "misfit.pt does not fit TinyVAE" in message
    assert "1 missing key (image.weight)" in message
    assert "1 unexpected key (decoder.weight)" in message
    assert "posterior.bias is 5, the model has 16" in message


def test_a_wrong_latent_size_is_told_by_its_shapes(folder: Path) -> None:
    with pytest.raises(
        InputError, match=r"wrong shapes .*image.weight is 768x8, the model has 768x9"
    ):
        open_tiny(folder / "tiny.pt", latent_dim=9)


def test_the_arguments_that_a_checkpoint_tells_are_named_where_others_do_not_fit(
    folder: Path,
) -> None:
    made = {"latent_dim": 8, "image_size": 16, "lr": 1e-3}
    torch.save({"state_dict": weights(folder), "hyper_parameters": made}, folder / "last.ckpt")
    with pytest.raises(InputError, match=r"with latent_dim = 8: set model\.kwargs = { latent_dim"):
        open_tiny(folder / "last.ckpt", latent_dim=9)
    with pytest.raises(InputError, match=r"missing 1 .*set model\.kwargs = { latent_dim = 8 }"):
        (folder / "needs.py").write_text(
            "from tiny_vae import TinyVAE\n\n\ndef make(latent_dim):\n"
            "    return TinyVAE(latent_dim)\n"
        )
        open_tiny(folder / "last.ckpt", "needs:make")


def test_parameters_without_what_lies_beside_them_are_said_to_be_that(folder: Path) -> None:
    (folder / "normed.py").write_text(
        "from tiny_vae import TinyVAE, nn\n\n\n"
        "def make(**kwargs):\n    network = TinyVAE(**kwargs)\n"
        "    network.norm = nn.BatchNorm1d(3)\n    return network\n"
    )
    norm = {"norm.weight": torch.ones(3), "norm.bias": torch.zeros(3)}
    torch.save({**weights(folder), **norm}, folder / "parameters.pt")
    with pytest.raises(InputError, match=r"norm\.running_mean.*: save network\.state_dict"):
        open_tiny(folder / "parameters.pt", "normed:make")


def test_the_weights_of_one_part_are_said_to_be_that(folder: Path) -> None:
    part = {n.removeprefix("image."): v for n, v in weights(folder).items() if n[:6] == "image."}
    torch.save(part, folder / "decoder.pth")
    with pytest.raises(InputError, match="these are the weights of its part image alone"):
        open_tiny(folder / "decoder.pth")
    torch.save({"decoder": part, "other": {"weight": torch.zeros(3)}}, folder / "both.pth")
    with pytest.raises(InputError, match=r"does not fit .*check model\.factory"):
        open_tiny(folder / "both.pth")


def test_code_in_the_place_of_weights_is_told(folder: Path) -> None:
    with pytest.raises(
        InputError, match=r"it is Python code; its class is named by model\.factory"
    ):
        open_tiny(folder / "tiny_vae.py")


def test_a_checkpoint_that_carries_code_is_refused_and_runs_nothing(folder: Path) -> None:
    class Intruder:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return Path.touch, (folder / "was-here",)  # type: ignore[return-value]

    torch.save({"model": weights(folder), "extra": Intruder()}, folder / "evil.pt")
    with pytest.raises(InputError, match=r"evil\.pt: .*it holds builtins\.getattr, which cannot"):
        open_tiny(folder / "evil.pt")
    assert not (folder / "was-here").exists()
    torch.load(folder / "evil.pt", weights_only=False)
    assert (folder / "was-here").exists(), "the code in it would have run"


def test_a_command_for_the_system_is_named_and_refused(folder: Path) -> None:
    class Intruder:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.system, ("true",)

    torch.save({"model": weights(folder), "extra": Intruder()}, folder / "evil.pt")
    with pytest.raises(InputError, match=r"evil\.pt: .*it holds posix\.system, which cannot be"):
        open_tiny(folder / "evil.pt")


def test_the_weights_of_a_whole_pickled_network_are_taken_out_and_nothing_is_run(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = open_tiny(folder / "tiny.pt").module.train()
    torch.save(network, folder / "whole.pt")
    torch.save({"model": network, "epoch": 7}, folder / "inside.pt")
    monkeypatch.setattr(nn.Module, "__setstate__", None)  # its own class would be set up with it
    for name in ("whole.pt", "inside.pt"):
        opened = open_tiny(folder / name).module.state_dict()
        told = open_tiny(folder / name).told
        assert any("taken out of a whole pickled" in t for t in told) == (name == "whole.pt")
        assert opened.keys() == weights(folder).keys()
        torch.testing.assert_close(opened["image.weight"], weights(folder)["image.weight"])


def test_a_whole_pickled_network_of_another_class_is_said_to_be_one(folder: Path) -> None:
    torch.save(nn.Linear(2, 2), folder / "module.pt")
    with pytest.raises(InputError, match=r"holds a whole torch\.nn\.modules\.linear\.Linear"):
        open_tiny(folder / "module.pt")


def picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize(
    "content", [b"", b"weights\n" * 50, picture()], ids=["empty", "text", "picture"]
)
@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
def test_a_file_that_is_no_checkpoint_is_named(content: bytes, suffix: str, folder: Path) -> None:
    path = folder / f"other{suffix}"
    path.write_bytes(content)
    with pytest.raises(
        InputError, match=f"other{suffix}: not a checkpoint that can be read"
    ) as error:
        open_tiny(path)
    assert "\n" not in str(error.value)


def test_a_truncated_or_missing_or_other_checkpoint_is_named(folder: Path) -> None:
    content = (folder / "tiny.pt").read_bytes()
    (folder / "short.pt").write_bytes(content[: len(content) // 2])
    torch.save([1, 2], folder / "list.pt")
    (folder / "folder.pt").mkdir()
    torch.save({"epoch": 3, "history": {"loss": [1.0]}}, folder / "empty.pt")
    torch.save({0: torch.zeros(2)}, folder / "numbers.pt")
    for name, message in {
        "short.pt": "not a checkpoint that can be read",
        "nothing.pt": "no such file",
        "folder.pt": "is a folder",
        "list.pt": "holds a list, expected a state dict",
        "empty.pt": "no state dict in it.*found: epoch, history",
        "numbers.pt": r"unexpected key \(0\)",
    }.items():
        with pytest.raises(InputError, match=f"{name}.*{message}"):
            open_tiny(folder / name)


def test_numpys_numbers_beside_the_weights_are_read(folder: Path) -> None:
    beside = {
        "val_loss": np.float64(0.25),
        "kl": np.float32(0.5),
        "epoch": np.int64(7),
        "done": np.bool_(True),
        "history": np.arange(3.0),
        "names": np.array(["a", "b"]),
    }
    torch.save({"model_state_dict": weights(folder), **beside}, folder / "numbers.pt")
    facts = open_tiny(folder / "numbers.pt").facts
    assert facts == {"val_loss": 0.25, "kl": 0.5, "epoch": 7, "done": True}
    assert {type(value) for value in facts.values()} == {float, int, bool}


def test_numbers_of_numpy_1_are_read(folder: Path) -> None:
    torch.save({"model_state_dict": weights(folder), "loss": np.float64(0.25)}, folder / "new.pt")
    with zipfile.ZipFile(folder / "new.pt") as new, zipfile.ZipFile(folder / "old.pt", "w") as old:
        for name in new.namelist():
            old.writestr(
                name, new.read(name).replace(b"numpy._core.multiarray", b"numpy.core.multiarray")
            )
    assert open_tiny(folder / "old.pt").facts == {"loss": 0.25}


@pytest.mark.parametrize(
    ("beside", "name"),
    [
        (argparse.Namespace(lr=0.1, out=Path("runs")), "argparse.Namespace, pathlib."),
        (functools.partial(print, 1), "functools.partial, builtins.print"),
        (AttributeDict(lr=0.1), "tests.featamp.io.test_checkpoint.AttributeDict"),
    ],
)
def test_what_is_no_weight_is_left_unread_and_said(
    beside: object, name: str, folder: Path
) -> None:
    torch.save({"state_dict": weights(folder), "hyper_parameters": beside}, folder / "own.pt")
    opened = open_tiny(folder / "own.pt")
    torch.testing.assert_close(
        opened.module.state_dict()["image.weight"], weights(folder)["image.weight"]
    )
    assert any(f"left unread beside the weights: {name}" in line for line in opened.told)


def test_what_cannot_be_salvaged_comes_with_the_command_that_saves_the_weights(
    folder: Path,
) -> None:
    summary: Any = argparse.Namespace()
    state = {"state_dict": weights(folder), "x": traceback.StackSummary([summary])}
    torch.save(state, folder / "own.pt")
    with pytest.raises(InputError) as error:
        open_tiny(folder / "own.pt")
    message = str(error.value)
    assert "own.pt: not a checkpoint that can be read (it holds traceback.StackSummary" in message
    assert "\n" not in message and "\x1b" not in message
    command = message[message.index("python -c") :].replace("python", sys.executable, 1)
    subprocess.run(command, shell=True, check=True, cwd=folder)
    assert open_tiny(folder / "weights.pt")


WHAT_IT_IS: dict[str, tuple[bytes, str]] = {
    "a pointer": (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n",
        "it is a Git LFS pointer.*git lfs pull",
    ),
    "a page": (b"<!DOCTYPE html><html><title>Sign in</title>", "it is a web page"),
    "another page": (b"\n <HTML><body>", "it is a web page"),
    "an answer": (b'{"error": "Invalid username"}', 'it is a text that begins \'{"error"'),
    "Keras": (b"\x89HDF\r\n\x1a\n" + bytes(90), "it is an HDF5 file, such as Keras saves"),
    "nothing": (b"", "it is an empty file"),
}


def test_a_plain_pickle_is_refused_in_words_of_ours_alone(
    folder: Path, recwarn: pytest.WarningsRecorder
) -> None:
    plain = {name: value.numpy() for name, value in weights(folder).items()}
    (folder / "plain.pt").write_bytes(pickle.dumps(plain))
    with pytest.raises(InputError, match=r"a plain pickle\? Where you trust it, pickle\.load it"):
        open_tiny(folder / "plain.pt")
    assert not recwarn.list


@pytest.mark.parametrize("form", WHAT_IT_IS)
@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
def test_a_file_that_is_no_checkpoint_is_said_to_be_what_it_is(
    form: str, suffix: str, folder: Path
) -> None:
    content, message = WHAT_IT_IS[form]
    (folder / f"other{suffix}").write_bytes(content)
    with pytest.raises(InputError, match=message):
        open_tiny(folder / f"other{suffix}")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.999])
def test_a_truncated_file_is_said_to_be_one(share: float, folder: Path) -> None:
    save_file(weights(folder), folder / "whole.safetensors")
    for name in ("tiny.pt", "whole.safetensors"):
        content = (folder / name).read_bytes()
        (folder / f"short-{name}").write_bytes(content[: int(len(content) * share)])
        with pytest.raises(InputError, match=f"short-{name}.*truncated"):
            open_tiny(folder / f"short-{name}")


def test_shards_are_joined_and_a_lacking_one_is_named(folder: Path) -> None:
    state = weights(folder)
    names = {name: f"part-{number}.safetensors" for number, name in enumerate(state)}
    for name, file in names.items():
        save_file({name: state[name].to(torch.bfloat16)}, folder / file)
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": names}))
    opened = open_tiny(index).module.state_dict()
    expected = state["image.weight"].bfloat16().float()
    torch.testing.assert_close(opened["image.weight"], expected, rtol=0, atol=0)
    index.write_text(index.read_text(), encoding="utf-8-sig")  # as an editor on Windows saves it
    assert len(open_tiny(index).module.state_dict()) == len(names)
    (folder / "part-1.safetensors").unlink()
    with pytest.raises(InputError, match=r"part-1\.safetensors: no such file"):
        open_tiny(index)


class Crafted:
    """Pickles as a call of `maker`, whatever that is given; with a state where there is one."""

    def __init__(self, maker: object, *args: object, state: object = None) -> None:
        self.call = (maker, args) if state is None else (maker, args, state)

    def __reduce__(self) -> tuple[object, ...]:
        return self.call


NUMBER, ARRAY = np.float64(0).__reduce__()[0], np.empty(0).__reduce__()[0]


def crafted_type(code: str, *fields: object) -> Crafted:
    """A type of NumPy's whose state is whatever the file says."""
    return Crafted(np.dtype, code, False, True, state=(3, "<", *fields, -1, -1, 0))


def crafted_array(shape: tuple[int, ...], content: bytes) -> Crafted:
    """An array of doubles of any shape."""
    state = (1, shape, np.dtype("f8"), False, content)
    return Crafted(ARRAY, np.ndarray, (0,), b"b", state=state)


CRAFTED: dict[str, tuple[Crafted, object]] = {
    "a pointer as a number": (Crafted(NUMBER, np.dtype("O"), b"A" * 8), StandIn),
    "a pointer in a field": (Crafted(NUMBER, np.dtype([("a", "O")]), b"A" * 8), StandIn),
    "a pointer in a type that says it is a number": (
        Crafted(NUMBER, crafted_type("f8", None, ("a",), {"a": (np.dtype("O"), 0)}), b"A" * 8),
        struct.unpack("<d", b"A" * 8)[0],
    ),
    "pointers in an array": (
        Crafted(ARRAY, np.ndarray, (0,), b"b", state=(1, (2,), np.dtype("O"), False, b"A" * 16)),
        Values,
    ),
    "a number larger than its bytes": (Crafted(NUMBER, np.dtype("f8"), b"A"), StandIn),
    "an array larger than its bytes": (crafted_array((1 << 40,), b"A" * 8), Values),
    "an array of a negative size": (crafted_array((-1,), b"A" * 8), Values),
    "an array of nothing, of any shape": (crafted_array((0, 1 << 60), b""), Values),
    "letters that are none": (Crafted(NUMBER, np.dtype("U2"), b"\xff" * 8), "\ufffd\ufffd"),
    "a text of a gigabyte": (
        Crafted(NUMBER, crafted_type("S999999999", None, None, None), b"A"),
        StandIn,
    ),
    "memory that the file names": (Crafted(np.ndarray, (1 << 40,)), Values),
    "a buffer at an address": (
        Crafted(np.ndarray, (8,), np.dtype("u1"), b"A" * 8, 1 << 40),
        Values,
    ),
    "a state that is none": (
        Crafted(ARRAY, np.ndarray, (0,), b"b", state={"shape": 1}),
        Values,
    ),
}
"""What a file may hold, and what comes of it: what keeps the file's bytes without reading them, or
the plain value of which they are in truth."""


@pytest.mark.parametrize("form", CRAFTED)
def test_crafted_numbers_are_left_alone_and_the_weights_read(form: str, folder: Path) -> None:
    given, expected = CRAFTED[form]
    torch.save({"state_dict": weights(folder), "x": given, "n": 7}, folder / "evil.pt")
    read = read_checkpoint(folder / "evil.pt")
    found = read.contents["x"]
    if isinstance(expected, type):
        assert type(found) is expected and getattr(found, "values", None) is None
    else:
        assert found == expected
    assert facts_beside(read)["n"] == 7
    assert read.contents["state_dict"].keys() == weights(folder).keys()
    assert "numpy" not in repr([type(v).__module__ for v in read.contents.values()])


def test_numpys_values_come_as_plain_ones(folder: Path) -> None:
    given: dict[str, Any] = {
        "f2": np.float16(0.5), "f4": np.float32(0.1), "f8": np.float64(-1e300), "i1": np.int8(-3),
        "u8": np.uint64(2**64 - 1), "b": np.bool_(False), "text": np.str_("grün"),
        "bytes": np.bytes_(b"ab"), "big": np.array(3, ">i4")[()], "none": np.array([], "f4"),
        "row": np.arange(3, dtype=">i2"), "table": np.arange(6.0).reshape(2, 3),
        "one": np.array(2.5), "words": np.array([["a", "bc"]]),
    }  # fmt: skip
    torch.save({"state_dict": weights(folder), **given}, folder / "plain.pt")
    contents = read_checkpoint(folder / "plain.pt").contents
    for name, value in given.items():
        plain = value.tolist() if isinstance(value, np.ndarray) else value.item()
        assert contents[name] == plain and type(contents[name]) is type(plain), name


def test_none_of_numpy_is_let_near_a_file() -> None:
    modules = {maker.__module__ for maker, _ in KNOWN}
    assert modules == {"featamp.io.pickles.standins"}


def test_an_archive_that_unpacks_to_far_more_is_refused_and_told(folder: Path) -> None:
    torch.save({"state_dict": {"w": torch.zeros(50_000_000)}}, folder / "large.pt")
    with (
        zipfile.ZipFile(folder / "large.pt") as large,
        zipfile.ZipFile(folder / "bomb.pt", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as bomb,
    ):
        for name in large.namelist():
            with large.open(name) as source, bomb.open(name, "w") as target:
                shutil.copyfileobj(source, target, 1 << 20)
    assert read_checkpoint(folder / "large.pt").contents
    with pytest.raises(InputError, match=r"bomb\.pt: .* of [01]\.\d MB that unpacks to 200 MB"):
        read_checkpoint(folder / "bomb.pt")


def test_tables_without_an_end_are_refused(folder: Path) -> None:
    itself: dict[str, Any] = {}
    itself["again"] = itself
    laughs: dict[str, Any] = {"ha": 1}
    for _ in range(40):
        laughs = {"a": laughs, "b": laughs}
    nested: list[Any] = []
    for _ in range(150):
        nested = [nested]
    for extra in (itself, laughs, nested):
        torch.save({"state_dict": weights(folder), "extra": extra}, folder / "endless.pt")
        with pytest.raises(InputError, match=r"endless\.pt: .*hold each other without end"):
            read_checkpoint(folder / "endless.pt")


@pytest.mark.parametrize("archive", [True, False])
def test_a_pickle_of_millions_of_steps_is_told_before_it_is_read(
    archive: bool, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scan, "MOST_STEPS", 5_000)
    path = folder / "long.pt"
    log = [float(step) for step in range(5_000)]
    torch.save({"w": torch.zeros(2), "log": log}, path, _use_new_zipfile_serialization=archive)
    with pytest.raises(InputError, match=r"long\.pt: .* of more than 5,000 steps.* weights alone"):
        read_checkpoint(path)
    log.clear()
    torch.save({"w": torch.zeros(2), "log": log}, path, _use_new_zipfile_serialization=archive)
    assert set(read_checkpoint(path).contents) == {"w", "log"}


def test_facts_are_few_short_and_printable(folder: Path) -> None:
    many = {f"fact {number}": number for number in range(MOST_FACTS + 5)}
    torch.save({"w": torch.zeros(2), "long": "x" * 10**6, "odd": "a\0b\x1b[2J",
                "huge": 10**400, **many}, folder / "facts.pt")  # fmt: skip
    facts = facts_beside(read_checkpoint(folder / "facts.pt"))
    assert len(facts["long"]) < MOST_LETTERS + 50 and "1,000,000 letters" in facts["long"]
    assert facts["odd"] == "a b [2J" and "huge" not in facts
    assert len(facts) == MOST_FACTS + 1 and facts["others"] == "7 more facts, left out"


@pytest.mark.parametrize("content", ["[" * 100_000, "1" * 5000, '{"a": ' + "9" * 5000 + "}"])
def test_facts_that_are_no_json_of_ours_stop_nothing(content: str, folder: Path) -> None:
    save_file(weights(folder), folder / "own.safetensors")
    (folder / "own.json").write_text(content)
    assert facts_beside(read_checkpoint(folder / "own.safetensors")) == {"own.json": "is not JSON"}


def test_a_damaged_file_is_read_or_told(
    folder: Path, record_property: Callable[[str, object], None]
) -> None:
    """A byte flipped, the end cut off, a piece emptied: nothing but a sentence."""
    generator = np.random.default_rng(0)
    save_file(weights(folder), folder / "tiny.safetensors")
    read = refused = 0
    for name in ("tiny.pt", "tiny.safetensors"):
        content = (folder / name).read_bytes()
        places = [*range(0, 600, 7), *range(len(content) - 600, len(content), 7)]
        for place in [*places, *generator.integers(0, len(content), 60).tolist()]:
            damaged = bytearray(content)
            if place % 3 == 0:
                damaged[place] ^= 1 << int(generator.integers(8))
            elif place % 3 == 1:
                del damaged[place:]
            else:
                damaged[place : place + 200] = bytes(len(damaged[place : place + 200]))
            (folder / name).write_bytes(damaged)
            try:
                facts_beside(read_checkpoint(folder / name))
                read += 1
            except InputError as error:
                assert "\n" not in str(error)
                refused += 1
        (folder / name).write_bytes(content)
    record_property(
        "counted", f"{read + refused} damaged checkpoints: {refused} refused, {read} read"
    )
    assert refused > 100


def test_a_folder_with_one_checkpoint_stands_for_it(folder: Path) -> None:
    (folder / "checkpoints").mkdir()
    (folder / "tiny.pt").rename(folder / "checkpoints/last.ckpt")
    read = read_checkpoint(folder / "checkpoints")
    assert read.path == folder / "checkpoints" and "model_state_dict" in read.contents
    assert checkpoint_files(read.path) == [folder / "checkpoints/last.ckpt"]


def test_a_file_out_of_a_librarys_folder_is_told_to_need_the_folder(folder: Path) -> None:
    (folder / "config.json").write_text('{"_class_name": "AutoencoderKL"}')
    with pytest.raises(InputError, match=r"diffusers saved the folder .*: name that in its place"):
        open_model(folder / "tiny.pt", None, {}, None, None, folder, "cpu")


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("best.pt", r"best\.pt: no such file .*; .* holds last\.pt$"),
        ("shards", r"shards: is a folder .*; .*shards holds m\.safetensors\.index\.json$"),
        ("shards/m-00001-of-00002.safetensors", r"one shard of several: name their index"),
        ("runs", r"runs: is a folder .*; .*runs holds 1/a\.ckpt, 1/b\.ckpt$"),
        ("https://hub.org/vae.pt", "no such file .*; an address\\? download the file first"),
        ("weights.tar", "it is a tar archive; unpack it first"),
        ("vae.onnx", "it is an ONNX model; name the checkpoint"),
        ("list.pt", "holds a list, .*; load it in Python, and save the one in it"),
    ],
)
def test_what_is_meant_is_told_where_something_beside_it_is_named(
    tmp_path: Path, asked: str, message: str
) -> None:
    state = nn.Linear(2, 2).state_dict()
    (tmp_path / "shards").mkdir()
    save_file({"weight": state["weight"]}, tmp_path / "shards/m-00001-of-00002.safetensors")
    (tmp_path / "shards/m.safetensors.index.json").write_text("{}")
    torch.save(state, tmp_path / "last.pt")
    (tmp_path / "runs/1").mkdir(parents=True)
    for name in ("a.ckpt", "b.ckpt"):
        torch.save(state, tmp_path / "runs/1" / name)
    with tarfile.open(tmp_path / "weights.tar", "w") as archive:
        archive.add(tmp_path / "last.pt", "last.pt")
    if asked == "list.pt":
        torch.save([state], tmp_path / asked)
    if asked == "vae.onnx":
        (tmp_path / asked).write_bytes(b"\x08\x07\x12\x07pytorch")
    with pytest.raises(InputError, match=message):
        load_weights(nn.Linear(2, 2), read_checkpoint(tmp_path / asked), None)


def test_a_network_whose_own_way_of_loading_fails_is_told(tmp_path: Path) -> None:
    class Quantized(nn.Linear):
        """Reads what plain weights lack, as torch's quantized layers do."""

        def _load_from_state_dict(self, state: dict[str, Tensor], *_: object) -> None:
            self.scale = float(state["scale"])

    torch.save(nn.Linear(2, 2).state_dict(), tmp_path / "plain.pt")
    message = r"plain\.pt: Quantized does not take these weights: KeyError: 'scale' \(a quantized"
    with pytest.raises(InputError, match=message):
        load_weights(Quantized(2, 2), read_checkpoint(tmp_path / "plain.pt"), None)


class Tied(nn.Module):
    """One layer under two names, and one whose weight alone is another's."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(4, 4), nn.Linear(4, 4)
        self.again = self.first
        self.second.weight = self.first.weight


def test_tied_weights_may_lie_in_a_file_once(tmp_path: Path) -> None:
    module = Tied()
    save_model(module, str(tmp_path / "once.safetensors"))
    torch.save(dict(module.named_parameters()), tmp_path / "once.pt")
    torch.save(module.state_dict(), tmp_path / "all.pt")
    for name in ("once.safetensors", "once.pt", "all.pt"):
        other = Tied()
        load_weights(other, read_checkpoint(tmp_path / name))
        for key, value in module.state_dict().items():
            torch.testing.assert_close(other.state_dict()[key], value)
    state = dict(module.named_parameters())
    torch.save({"model": state, "ema": state}, tmp_path / "both.pt")
    assert load_weights(Tied(), read_checkpoint(tmp_path / "both.pt")).others == ("ema",)
    del state["second.bias"]
    torch.save(state, tmp_path / "part.pt")
    with pytest.raises(InputError, match=r"1 missing key \(second\.bias\)"):
        load_weights(Tied(), read_checkpoint(tmp_path / "part.pt"))


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (
            lambda state: {**state, "image.weight": state["image.weight"].to_sparse()},
            r"image\.weight is a sparse tensor, expected a plain one; save .*to_dense",
        ),
        (
            lambda state: {**state, "image.weight": state["image.weight"].to("meta")},
            r"image\.weight has a shape and no numbers",
        ),
        (
            lambda state: {"history": [state, state]},
            r"found: history \(history is a list of tables; save the state dict that you mean",
        ),
        (
            lambda state: {"weights": [*state.values()]},
            r"\(weights is a list of tensors without names; save network\.state_dict\(\)",
        ),
    ],
    ids=["sparse", "meta", "a list of them", "without names"],
)
def test_tensors_that_are_no_weights_are_refused_with_the_mend(
    made: Callable[[dict[str, Tensor]], dict[str, Any]], message: str, folder: Path
) -> None:
    torch.save(made(weights(folder)), folder / "other.pt")
    with pytest.raises(InputError, match=message):
        open_tiny(folder / "other.pt")


def test_weights_of_numpy_are_refused_with_what_saves_them(folder: Path) -> None:
    arrays = {name: value.numpy() for name, value in weights(folder).items()}
    np.savez(folder / "weights.npz", **arrays)  # type: ignore[arg-type]
    np.save(folder / "weights.npy", np.array(arrays, dtype=object))
    torch.save(arrays, folder / "arrays.pt")
    for name, mend in (
        ("weights.npz", r"numpy\.load\('weights\.npz'\); torch\.save\("),
        ("weights.npy", r"numpy\.load\('weights\.npy', allow_pickle=True\)\.item\(\)"),
        ("arrays.pt", r"of arrays of NumPy save tensors: torch\.save\("),
    ):
        with pytest.raises(InputError, match=mend):
            open_tiny(folder / name)
