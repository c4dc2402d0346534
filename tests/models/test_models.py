"""Every kind of network that people hold gives by featamp what it gives by hand."""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from featamp.contract.network import Doubt, judge_outputs
from featamp.errors import InputError
from featamp.io.factory import import_module
from featamp.io.network.model import TrainedVAE
from featamp.io.network.opening import open_model
from featamp.io.saved import network_of_folder
from tests.conftest import load_config
from tests.models.cases import BETWEEN, CASES, HEAD, LINEAR, Case
from tests.models.page import PAGE, page


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    """Forget the modules that a test imported."""
    yield
    sys.modules.pop("user_vae", None)


def prepare(case: Case, folder: Path) -> nn.Module:
    """Write a person's files; the network as it is by hand."""
    if case.needs:
        pytest.importorskip(case.needs, reason=f"{case.needs} is a tests-only extra")
    kind = None
    if case.source:
        (folder / "user_vae.py").write_text(case.source)
        kind = import_module("the test's", "user_vae", folder).VAE
    network = case.save(folder, kind)
    (folder / "report.toml").write_text(f'[model]\n{case.config}\n[data]\nroot = "images"\n')
    return network.eval()


def opened(case: Case, folder: Path) -> TrainedVAE:
    """The network as featamp opens it."""
    m = load_config(folder / "report.toml").model
    return open_model(
        m.checkpoint, m.factory, m.kwargs, m.state_key, m.pixels, folder, "cpu",
        adapter=m.adapter, ignore_keys=m.ignore_keys, size=case.size,
    )  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_codes_and_images_are_those_of_a_call_by_hand(case: Case, tmp_path: Path) -> None:
    network = prepare(case, tmp_path)
    vae = opened(case, tmp_path)
    images = np.random.default_rng(0).integers(0, 256, (3, *case.size, 3), np.uint8)
    images[..., 1:] = images[..., :1] if case.grey else images[..., 1:]
    x = torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255
    with torch.inference_mode():
        mean, logvar = case.posterior(network, x[:, :1] if case.grey else x)
        image = case.image(network, mean).clamp(0, 1).expand(-1, 3, -1, -1)
    mu, logs = vae.encode(images)
    assert mu.shape == (3, case.dims)
    np.testing.assert_allclose(mu, mean.flatten(1).numpy(), atol=3e-6)
    if logvar is None:
        assert np.isneginf(logs).all()
    else:
        np.testing.assert_allclose(logs, logvar.flatten(1).numpy(), atol=3e-6)
    frames = image.permute(0, 2, 3, 1).numpy()
    np.testing.assert_allclose(vae.decode(mu), frames, atol=9e-6)
    assert case.told in "; ".join(vae.told)
    # codes alone can be decoded, as a build does that encoded yesterday
    np.testing.assert_allclose(opened(case, tmp_path).decode(mu), frames, atol=9e-6)


def test_layers_between_encoder_and_decoder_are_not_passed_over_in_silence(
    tmp_path: Path,
) -> None:
    (tmp_path / "user_vae.py").write_text(HEAD + BETWEEN)
    vae = open_model(None, "user_vae:VAE", {}, None, None, tmp_path, "cpu", size=(16, 16))
    mu, logvar = vae.encode(np.zeros((2, 16, 16, 3), np.uint8))  # of features, by chance
    outputs = judge_outputs(vae, mu, logvar)
    (question,) = outputs.questions
    assert not outputs.beside  # named by the question
    parts = ("to_mean", "to_logvar", "widen")
    assert question == Doubt("alone", {"shape": (8, 4, 4), "parts": parts, "passed": False})
    (tmp_path / "user_vae.py").write_text(
        HEAD + BETWEEN.replace("to_mean", "fc_mu").replace("to_logvar", "fc_logvar")
    )
    with pytest.raises(InputError, match=r"decode fails on a batch of shape 2x6: .*calls widen: "):
        open_model(None, "user_vae:VAE", {}, None, None, tmp_path, "cpu", size=(16, 16))


ONCE = """\
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3 * 16 * 16, 6)
        self.fc_mu, self.fc_logvar = nn.Linear(6, 6), nn.Linear(6, 6)
        self.decoder = nn.Sequential(nn.Linear(6, 3 * 16 * 16), nn.Sigmoid())

    def encode(self, x):
        return self.fc_mu(self.fc(x.flatten(1)).relu())

    def decode(self, z):
        return self.decoder(z).view(-1, 3, 16, 16)
"""


def test_heads_that_encode_has_called_itself_are_not_called_again(tmp_path: Path) -> None:
    (tmp_path / "user_vae.py").write_text(HEAD + ONCE)
    vae = open_model(None, "user_vae:VAE", {}, None, None, tmp_path, "cpu", size=(16, 16))
    images = np.random.default_rng(0).integers(0, 256, (3, 16, 16, 3), np.uint8)
    network, x = vae.module, torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255
    with torch.inference_mode():
        mean = network.encode(x).numpy()  # type: ignore[operator]
    for _ in range(2):
        mu, logvar = vae.encode(images)
        np.testing.assert_allclose(mu, mean, atol=3e-6)
        assert np.isneginf(logvar).all()


FLOWING = """
        self.flow, self.discriminator = nn.Linear(6, 6), nn.Linear(6, 1)

    def forward(self, x):
        mu, logvar = self.encoder(x).chunk(2, 1)
        codes = mu + torch.randn_like(mu)
        image = self.decoder({codes})
        return {{"image": image, "mu": mu, "real": self.discriminator(codes)}}
"""


@pytest.mark.parametrize(
    ("codes", "between"),
    [
        ("self.flow(codes)", ("flow",)),
        ("codes @ self.flow.weight", ("flow",)),
        ("codes", ()),
        ("lost", None),
    ],
)
def test_forward_says_whether_a_part_lies_between_encoder_and_decoder(
    codes: str, between: tuple[str, ...] | None, tmp_path: Path
) -> None:
    (tmp_path / "user_vae.py").write_text(HEAD + LINEAR + FLOWING.format(codes=codes))
    vae = open_model(None, "user_vae:VAE", {}, None, None, tmp_path, "cpu", size=(16, 16))
    assert vae.between == (between or ())
    assert vae.perhaps_between == (("flow", "discriminator") if between is None else ())
    outputs = judge_outputs(vae, *vae.encode(np.zeros((2, 16, 16, 3), np.uint8)))
    assert any(doubt.found.get("passed") for doubt in outputs.questions) == bool(between)
    assert outputs.questions and outputs.beside == vae.perhaps_between


def test_functions_may_stand_in_a_module_of_their_own(tmp_path: Path) -> None:
    case = next(case for case in CASES if "conditional" in case.name)
    before, functions = case.source.split("\n\n\ndef classes")
    (tmp_path / "mine.py").write_text(f"import torch\n\n\ndef classes{functions}")
    network = prepare(case, tmp_path)
    (tmp_path / "user_vae.py").write_text(before)
    vae = open_model(
        tmp_path / "vae.pt", "user_vae:VAE", {}, None, None, tmp_path, "cpu",
        adapter="mine", size=case.size,
    )  # fmt: skip
    images = np.zeros((2, 16, 16, 3), np.uint8)
    with torch.inference_mode():
        mean, _ = case.posterior(network, torch.zeros(2, 3, 16, 16))
    np.testing.assert_allclose(vae.encode(images)[0], mean.numpy(), atol=3e-6)
    assert "the function encode of mine" in vae.told[0]


def test_a_program_is_not_run_unless_its_person_says_so(tmp_path: Path) -> None:
    for case in (c for c in CASES if "program" in c.config):
        prepare(case, tmp_path)
        path = load_config(tmp_path / "report.toml").model.checkpoint
        with pytest.raises(InputError, match=r'it is an? .*set model\.adapter = "program"'):
            open_model(path, "user_vae:VAE", {}, None, None, tmp_path, "cpu")


def test_an_archive_that_only_goes_through_is_refused_with_how_to_save_it(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.script(nn.Linear(4, 4)).save(tmp_path / "vae.ts")  # type: ignore[no-untyped-call]
    with pytest.raises(InputError, match=r"no method 'encode' .*torch\.jit\.trace_module"):
        open_model(tmp_path / "vae.ts", None, {}, None, None, tmp_path, "cpu", adapter="program")


def test_an_exported_program_that_cannot_serve_is_refused_with_how_to_save_it(
    tmp_path: Path,
) -> None:
    for shapes, message in (
        (({0: torch.export.Dim("batch")},), "nothing that encodes and decodes; save both"),
        (None, "takes batches of 2 alone; export it with dynamic_shapes"),
    ):
        program = torch.export.export(nn.Linear(4, 4), (torch.zeros(2, 4),), dynamic_shapes=shapes)
        torch.export.save(program, tmp_path / "vae.pt2")
        with pytest.raises(InputError, match=message):
            open_model(
                tmp_path / "vae.pt2", None, {}, None, None, tmp_path, "cpu", adapter="program"
            )


@pytest.mark.parametrize(
    ("file", "config", "package"),
    [
        ("config.json", '{"_class_name": "AutoencoderKL"}', "diffusers"),
        ("model_config.json", '{"name": "VAEConfig"}', "pythae"),
    ],
)
def test_a_library_that_is_lacking_is_said_with_how_to_install_it(
    file: str, config: str, package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lacking(name: str) -> object:
        raise ModuleNotFoundError(f"No module named '{name}'", name=name)

    torch.save({"w": torch.zeros(1)}, tmp_path / "model.pt")
    (tmp_path / file).write_text(config)
    monkeypatch.setattr(importlib, "import_module", lacking)
    with pytest.raises(InputError, match=rf"\.venv/bin/pip install {package}"):
        open_model(tmp_path, None, {}, None, None, tmp_path, "cpu")


def test_every_name_that_pythae_gives_a_config_leads_to_its_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = SimpleNamespace(
        VAEConfig=lambda: 2,
        VAE=lambda size: nn.Linear(size, 3),
        VAE_IAF_Config=lambda: 2,
        VAE_IAF=lambda size: nn.Linear(size, 4),
    )
    monkeypatch.setattr(importlib, "import_module", lambda name: models)
    for name, features in (("VAEConfig", 3), ("VAE_IAF_Config", 4)):
        (tmp_path / "model_config.json").write_text(f'{{"name": "{name}"}}')
        network = network_of_folder(tmp_path)
        assert isinstance(network, nn.Linear) and network.out_features == features


def test_a_pickled_network_of_pythaes_is_not_run(tmp_path: Path) -> None:
    torch.save({"w": torch.zeros(1)}, tmp_path / "model.pt")
    (tmp_path / "model_config.json").write_text('{"name": "VAEConfig"}')
    (tmp_path / "encoder.pkl").write_bytes(b"code")
    with pytest.raises(InputError, match=r"encoder\.pkl: this model's own network is pickled"):
        open_model(tmp_path, None, {}, None, None, tmp_path, "cpu")


@pytest.mark.parametrize("dims", [1, 2048])
@pytest.mark.parametrize("side", [28, 256])
def test_the_smallest_and_the_largest_are_opened(dims: int, side: int, tmp_path: Path) -> None:
    source = f"""
from torch import nn

class VAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(2)
        self.code = nn.Linear(12, {2 * dims})
        self.image = nn.Linear({dims}, 12)

    def encode(self, x):
        return self.code(self.pool(x).flatten(1)).chunk(2, 1)

    def decode(self, z):
        small = self.image(z).view(-1, 3, 2, 2)
        return nn.functional.interpolate(small, size=({side}, {side}))
"""
    (tmp_path / "user_vae.py").write_text(source)
    save = import_module("the test's", "user_vae", tmp_path).VAE()
    torch.save(save.state_dict(), tmp_path / "vae.pt")
    vae = open_model(
        tmp_path / "vae.pt", "user_vae:VAE", {}, None, None, tmp_path, "cpu", size=(side, side)
    )
    mu, _ = vae.encode(np.zeros((2, side, side, 3), np.uint8))
    assert mu.shape == (2, dims) and vae.decode(mu).shape == (2, side, side, 3)


def test_the_page_of_models_is_what_these_tests_try() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run python -m tests.models.page"
