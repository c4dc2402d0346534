"""The person's own code: found, made, and a sentence for what cannot be used."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from featamp.errors import InputError
from featamp.io.factory import SHIPPED, make_module
from featamp.io.network.opening import open_model
from report.engine.hashing import run_from_source
from report.engine.places import PROJECT
from tests.conftest import tiny_vae
from tests.featamp.io.conftest import open_tiny


def test_a_function_may_be_the_factory(folder: Path) -> None:
    (folder / "make.py").write_text(
        "from tiny_vae import TinyVAE\n\ndef make(size):\n    return TinyVAE(8, size)\n"
    )
    assert type(open_tiny(folder / "tiny.pt", "make:make", size=16).module).__name__ == "TinyVAE"


def test_without_a_factory_it_is_the_reference_network(tmp_path: Path) -> None:
    from featamp.demo.vae import VAE

    torch.save(VAE(latent_dim=3, image_size=16).state_dict(), tmp_path / "vae.pt")
    model = open_model(
        tmp_path / "vae.pt",
        None,
        {"latent_dim": 3, "image_size": 16},
        None,
        (0.0, 1.0),
        tmp_path,
        "cpu",
    )
    assert model.decode(np.zeros((2, 3), np.float32)).shape == (2, 16, 16, 3)


def test_a_config_beside_the_package_leaves_its_modules_as_they_are(tmp_path: Path) -> None:
    """As in a clone: what was imported twice would be two of each class."""
    from featamp.io.factory import REFERENCE, import_module

    (tmp_path / "featamp").mkdir()
    before = {name: module for name, module in sys.modules.items() if name.startswith("featamp")}
    import_module("model.factory", REFERENCE.partition(":")[0], tmp_path)
    assert {name: sys.modules[name] for name in before} == before


FACTORIES = {
    "tiny_vae": 'expected "module:name"',
    ":TinyVAE": 'expected "module:name"',
    "tiny_vae:": 'expected "module:name"',
    "no_such_module_here:VAE": "no_such_module_here cannot be imported .*ModuleNotFoundError",
    "user:VAE": "user has no 'VAE'; it has .*TinyVAE, broken, number, headless, headed, leave",
    "user:count": "user has no 'count'",
    "user:made": "is a network, not what makes one; name its class, Linear, or a function",
    "user:broken": "raises ZeroDivisionError: division by zero, in your user.py, line 5",
    "user:number": "returns an int, expected a torch.nn.Module",
    "user:headless": "user:headless': Linear has no method 'encode'",
    "user:headed": r"tables of model\.kwargs come as dicts: write a function that makes what",
    "user:leave": "'user:leave' raises SystemExit: 3",
    "user:reads": r"raises FileNotFoundError: .*; such a path begins at the folder where the",
    "report:VAE": "report is a name of featamp's own; give the file another",
    "tests.nets:VAE": "tests.nets is a name of featamp's own",
    "syntax:VAE": "syntax cannot be imported .*SyntaxError",
    "script:VAE": "script cannot be imported .*SystemExit",
    "reading:VAE": r"FileNotFound.*write Path\(__file__\)\.parent / 'a\.json'",
}
USER = """
from torch.nn import Linear as _Linear, Module
from tiny_vae import TinyVAE
count = 3
def broken(): return 1 / 0
def number(): return 3
made = _Linear(2, 2)
def headless(): return _Linear(2, 2)
def headed(config={}): return _Linear(config.size, 2)
def leave(): import sys; sys.exit(3)
def reads(): return open("config.json")
"""


@pytest.mark.parametrize("factory", FACTORIES)
def test_a_factory_that_cannot_be_used_is_named(factory: str, folder: Path) -> None:
    (folder / "user.py").write_text(USER)
    (folder / "syntax.py").write_text("def VAE(:\n")
    (folder / "script.py").write_text("import sys\nsys.exit(2)\n")
    (folder / "reading.py").write_text("open('a.json')\n")
    (folder / "report.py").write_text("from tiny_vae import TinyVAE as VAE\n")
    path = list(sys.path)
    with pytest.raises(InputError, match=FACTORIES[factory]) as error:
        open_tiny(folder / "tiny.pt", factory)
    assert factory in str(error.value)
    assert sys.path == path


@pytest.mark.parametrize("factory", SHIPPED)
def test_a_network_of_ours_may_be_named_where_its_package_lies(factory: str) -> None:
    known = sys.modules["featamp"]
    assert isinstance(make_module(factory, {"latent_dim": 3}, PROJECT), nn.Module)
    assert sys.modules["featamp"] is known


def test_a_network_that_is_wrapped_for_several_devices_is_unwrapped(folder: Path) -> None:
    (folder / "user.py").write_text(
        "from torch.nn import DataParallel\nfrom tiny_vae import TinyVAE\n\n\n"
        "def wrapped(**kwargs):\n    return DataParallel(TinyVAE(**kwargs))\n"
    )
    assert open_tiny(folder / "tiny.pt", "user:wrapped").facts == {"epoch": 3}


def test_wrong_arguments_are_named(folder: Path) -> None:
    with pytest.raises(
        InputError, match=r"raises TypeError: .*latent_size.*called with model.kwargs"
    ):
        open_tiny(folder / "tiny.pt", latent_size=8)


def test_what_a_factory_does_to_its_arguments_stays_its_own(folder: Path) -> None:
    (folder / "user.py").write_text(
        "from tiny_vae import TinyVAE\n\n\ndef turned(dims):\n    dims['all'].reverse()\n"
        "    return TinyVAE(dims['all'][0], 16)\n"
    )
    dims = {"all": [8, 16]}
    with pytest.raises(InputError, match="fit"):  # made, of 16 latents
        open_tiny(folder / "tiny.pt", "user:turned", dims=dims)
    assert dims == {"all": [8, 16]}


def test_a_slip_of_the_persons_is_not_said_to_be_in_our_code(folder: Path) -> None:
    (folder / "syntax.py").write_text("def VAE(:\n")
    with run_from_source(), pytest.raises(InputError, match="SyntaxError") as error:
        open_tiny(folder / "tiny.pt", "syntax:VAE")
    assert "(syntax.py, line 1)" in str(error.value) and "in your" not in str(error.value)


def test_two_folders_with_a_module_of_the_same_name_do_not_mix(folder: Path) -> None:
    other = folder / "other"
    tiny_vae(other)
    text = (other / "tiny_vae.py").read_text()
    (other / "tiny_vae.py").write_text(
        text.replace("class TinyVAE", "HERE = 'other'\n\nclass TinyVAE")
    )
    for place in (folder, other, folder):
        module = open_tiny(place / "tiny.pt").module
        assert ("HERE" in vars(sys.modules["tiny_vae"])) == (place == other)
        assert module.encode.__code__.co_filename == str(place / "tiny_vae.py")  # type: ignore[union-attr]


def test_a_module_that_imports_from_its_own_package_is_imported_through_it(folder: Path) -> None:
    """As in PyTorch-VAE: the module's base class comes by the package's own names."""
    package = folder / "nets"
    package.mkdir()
    (package / "__init__.py").write_text("from .base import *\nfrom .vae import *\n")
    (package / "base.py").write_text("from torch import nn\nclass Base(nn.Module): pass\n")
    text = (folder / "tiny_vae.py").read_text().replace("nn.Module", "Base")
    (package / "vae.py").write_text(f"from nets import Base\n{text}")
    assert open_tiny(folder / "tiny.pt", "nets.vae:TinyVAE").facts == {"epoch": 3}


def test_a_package_that_is_lacking_is_said_with_how_to_install_it(folder: Path) -> None:
    (folder / "lacking.py").write_text("import no_such_package.nets\n")
    with pytest.raises(InputError, match=r"\.venv/bin/pip install no_such_package"):
        open_tiny(folder / "tiny.pt", "lacking:VAE")


def test_a_module_in_a_package_beside_the_config_is_found(folder: Path) -> None:
    (folder / "nets_of_mine").mkdir()
    (folder / "tiny_vae.py").rename(folder / "nets_of_mine/vae.py")
    assert open_tiny(folder / "tiny.pt", "nets_of_mine.vae:TinyVAE").facts == {"epoch": 3}


def test_a_script_in_the_place_of_a_module_is_told_with_its_mend(folder: Path) -> None:
    (folder / "script.py").write_text("raise SystemExit(2)\n")
    with pytest.raises(InputError, match=r"line 1\); put what it runs as a script under"):
        make_module("script:VAE", {}, folder)


@pytest.mark.parametrize(
    ("path", "mend"),
    [
        ("models/vae.py", r'; write "models\.vae"'),
        ("models/vae", r'; write "models\.vae"'),
        (r".\models\vae.py", r'; write "models\.vae"'),
        ("../other.py", r'; copy other\.py into .*a, and write "other"'),
        ("models/vea.py", r"; and there is no .*a/models/vea\.py"),
    ],
)
def test_a_path_in_the_place_of_a_module_is_told_with_the_modules_name(
    tmp_path: Path, path: str, mend: str
) -> None:
    for file in ("other.py", "a/models/vae.py"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    with pytest.raises(InputError, match=rf"the name of a module, not a path{mend}$"):
        make_module(f"{path}:VAE", {}, tmp_path / "a")


def test_what_a_persons_code_raises_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "from torch import nn\n\n\nclass VAE(nn.Linear):\n    def encode(self, x):\n"
        "        return self.missing[x]\n\n    def decode(self, z):\n        return z\n"
    )
    with pytest.raises(
        InputError,
        match=r"VAE\.encode fails on .*: AttributeError: .*'missing', in your mine\.py, line 6 \(",
    ):
        open_model(
            None, "mine:VAE", {"in_features": 2, "out_features": 2}, None, None, tmp_path, "cpu",
            size=(16, 16),
        )  # fmt: skip


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (
            "from lib import f",
            r"VAE\.encode fails .*import lib at the head of its file: ",
        ),
        ("self.conv(x.half())", r"VAE\.encode fails .*run in float32: have its code leave"),
    ],
)
def test_what_mends_a_call_is_told(tmp_path: Path, body: str, told: str) -> None:
    (tmp_path / "lib.py").write_text("def f(): pass\n")
    (tmp_path / "mine.py").write_text(
        "from torch import nn\n\n\nclass VAE(nn.Module):\n    def __init__(self):\n"
        "        super().__init__()\n        self.conv = nn.Conv2d(3, 3, 1)\n\n"
        f"    def encode(self, x):\n        {body}\n"
        "        return x\n\n    def decode(self, z):\n        return z\n"
    )
    with pytest.raises(InputError, match=told):
        open_model(None, "mine:VAE", {}, None, None, tmp_path, "cpu", size=(16, 16))


def test_a_helper_that_stands_before_the_networks_own_is_named(folder: Path) -> None:
    text = (folder / "tiny_vae.py").read_text()
    (folder / "tiny_vae.py").write_text(
        text + "\n\ndef encode(vae, loader):\n    raise KeyError\n"
    )
    with pytest.raises(
        InputError,
        match=r"the function encode of tiny_vae, which comes before the network's own \(rename it"
        r" if it is meant for something else\), fails on a batch",
    ):
        open_tiny(folder / "tiny.pt", "tiny_vae:TinyVAE", latent_dim=8).encode(
            np.zeros((2, 16, 16, 3), np.uint8)
        )


def test_an_encode_that_asks_for_more_is_told_how_it_is_given(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "from torch import nn\n\n\nclass VAE(nn.Identity):\n    def encode(self, x, y):\n"
        "        return x\n\n    def decode(self, z):\n        return z\n"
    )
    with pytest.raises(
        InputError, match=r"'y' \(write encode\(model, images\) that gives it into"
    ):
        open_model(None, "mine:VAE", {}, None, None, tmp_path, "cpu", size=(16, 16))


@pytest.mark.parametrize("source", ["", "def encode(x):\n    return x\n",
    "def encode(model, x):\n    return x\n\n\ndef decode(z):\n    return z\n"])  # fmt: skip
def test_an_adapter_that_cannot_be_asked_is_refused(folder: Path, source: str) -> None:
    (folder / "mine.py").write_text(source)
    with pytest.raises(InputError, match=r"model\.adapter 'mine': expected functions encode"):
        open_model(None, None, {}, None, None, folder, "cpu", adapter="mine")


def test_weights_of_another_network_without_a_factory_are_told_so(folder: Path) -> None:
    torch.save(nn.Linear(2, 2).state_dict(), folder / "vae.pt")
    with pytest.raises(InputError, match=r"without model\.factory the network is featamp's own"):
        open_model(folder / "vae.pt", None, {}, None, None, folder, "cpu")
