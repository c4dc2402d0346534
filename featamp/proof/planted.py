"""A folder with a trained network whose dimensions are known: images, labels, weights, factory,
key.

A report judges it as it judges any VAE, by files alone:
`python -m featamp.proof.planted FOLDER --seed 1`, then a build with `FOLDER/report.toml`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from featamp.demo.faces.factors import CONTINUOUS, Factors, attributes_of, draw_factors
from featamp.demo.faces.render import render
from featamp.io.celeba.names import ATTRIBUTES, IMAGE_FOLDER
from featamp.io.files.decode import load_image, preprocess
from featamp.proof.planted_kinds import TRAITS, Key, Plant, Trait, draw_plants
from featamp.records import from_plain

if TYPE_CHECKING:
    from torch import Tensor

    from featamp.proof.planted_vae import VAE

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
Float32 = NDArray[np.float32]

SIZE, CROP = 64, 178
IDENTITY = 7
"""Dimensions that choose the person."""
LESSONS = 4
"""Pairs of random pictures of each person and dimension from which the encoder learns."""
PENALTY = 0.02
"""Energy of a dimension's change, pixels in [0, 1], below which the encoder does not find it."""
GRAIN = 0.008
"""Standard deviation of the noise in the images that are written."""
UNTOLD = (
    "Attractive", "Arched_Eyebrows", "High_Cheekbones", "Pointy_Nose", "Oval_Face",
)  # fmt: skip
"""Labels that no planted dimension changes: the inert one goes with one of them."""
MODULE = "planted_vae"
KEY = "planted.json"
_PARTS = (0, 0, 0, 0, 0, 0, 0, 0, 1, 2)
_OPERATED = {
    "exposure": "green", "warmth": "red", "blur": "blur", "roll": "roll", "scale": "zoom",
    "shift_x": "shift_x", "shift_y": "shift_y", "light_side": "side_u", "yaw": "turn",
}  # fmt: skip
"""The renderer's factor of the photograph that each operation stands for in `factors.csv`."""


WORKERS, FEW = 2, 8
"""Processes that render, and how many people are rendered without: they are done sooner than a
process starts."""


def write_planted(root: Path, count: int = 1200, seed: int = 0, people: int = 48) -> list[Key]:
    """Make a planted network with its images, and return the key to it.

    `root` then holds a CelebA folder (`img_align_celeba/`, attributes, identities, partition,
    `factors.csv`), `planted_vae.py`, `planted.pt`, `report.toml` and `planted.json`, the key.

    Parameters
    ----------
    count : images.
    seed : of the people, the traits, the strengths, the order of the dimensions and the images.
    people : rendered people behind the images.
    """
    import torch

    generator = np.random.default_rng(seed)
    plants = draw_plants(generator)
    dims = len(plants) + IDENTITY
    order = generator.permutation(dims)
    base = _people(people, seed)
    pictures = _render(base)
    images = root / IMAGE_FOLDER
    images.mkdir(parents=True, exist_ok=True)
    with torch.inference_mode():
        network = _plant(plants, order, base, pictures, generator)
        _teach(network, generator)
        rows = generator.integers(people, size=count)
        codes = generator.standard_normal((count, len(plants))).astype(np.float32)
        codes = np.where(network.fixed.numpy(), network.own.numpy()[rows], codes)
        _write_images(network, rows, codes, images, generator)
        _know_errors(network, codes, images)
        factors = _factors(network, base, rows, codes)
    _write_labels(root, factors, rows)
    source = Path(__file__).with_name(f"{MODULE}.py").read_text(encoding="utf-8")
    (root / f"{MODULE}.py").write_text(source, encoding="utf-8")
    torch.save({"model_state_dict": network.state_dict(), "epoch": 1}, root / "planted.pt")
    (root / "report.toml").write_text(_config(network, count), encoding="utf-8")
    keys = [plant.key(int(dim)) for plant, dim in zip(plants, order, strict=False)]
    keys += [
        Key(int(dim), "person", "the person", ("unclear", "visible", "faint", "nothing"), {},
            counted=False)
        for dim in order[len(plants) :]
    ]  # fmt: skip
    keys.sort(key=lambda key: key.dim)
    (root / KEY).write_text(json.dumps([asdict(key) for key in keys], indent=1) + "\n")
    return keys


def read_key(root: Path) -> list[Key]:
    """The key to a planted network, by dimension."""
    entries = json.loads((root / KEY).read_text(encoding="utf-8"))
    return [from_plain(Key, entry) for entry in entries]


# ---- people ------------------------------------------------------------------------------------


def _people(people: int, seed: int) -> Factors:
    """The people of a network, without what is planted."""
    drawn = draw_factors(people, seed + 1000)
    continuous = dict(drawn.continuous)
    at_home = {f: v for t in TRAITS for f, v in _at(t.low, t.high, t.home).items()}
    photograph = dict.fromkeys(("roll", "scale", "shift_x", "shift_y", "light_side", "yaw"), 0.5)
    still = at_home | photograph | {"exposure": 0.5, "warmth": 0.5, "blur": 0.0}
    for factor, value in still.items():
        continuous[factor] = np.full(people, value)
    return Factors(continuous, attributes_of(continuous))


def _at(low: Mapping[str, float], high: Mapping[str, float], amount: float) -> dict[str, float]:
    """The renderer's factors at an amount of a trait."""
    return {name: low[name] + amount * (high[name] - low[name]) for name in low}


def _render(base: Factors) -> NDArray[np.uint8]:
    """[person, picture, 3 * size * size]: each person, then each step of each trait."""
    jobs = [base.part(person, person + 1) for person in range(len(base))]
    if len(jobs) <= FEW:
        return np.stack([_render_person(job) for job in jobs])
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as pool:
        return np.stack(list(pool.map(_render_person, jobs)))


def _render_person(person: Factors) -> NDArray[np.uint8]:
    changes: list[dict[str, float]] = [{}]
    changes += [_at(trait.low, trait.high, step) for trait in TRAITS for step in trait.steps]
    columns = {
        name: np.array([change.get(name, column[0]) for change in changes])
        for name, column in person.continuous.items()
    }
    faces = Factors(columns, np.repeat(person.attributes, len(changes), axis=0))
    small = [
        preprocess(Image.fromarray(render(faces, row)), CROP, SIZE) for row in range(len(faces))
    ]
    return np.stack(small).transpose(0, 3, 1, 2).reshape(len(small), -1)


# ---- the network -------------------------------------------------------------------------------


def _plant(
    plants: list[Plant],
    order: Rows,
    base: Factors,
    pictures: NDArray[np.uint8],
    generator: np.random.Generator,
) -> VAE:
    """The network with its decoder in place."""
    import torch

    from featamp.proof.planted_vae import CURVES, OPERATIONS, VAE

    people, count, _ = pictures.shape
    network = VAE(people, count, len(TRAITS), len(plants), IDENTITY, SIZE)
    columns = [*(trait.name for trait in TRAITS), *OPERATIONS]
    drive = np.zeros((len(plants), len(columns)))
    for row, plant in enumerate(plants):
        for name, amount in plant.drive.items():
            drive[row, columns.index(name)] = amount
    rest = [*generator.uniform(0.4, 0.55, len(TRAITS)), *np.zeros(len(OPERATIONS))]
    own = generator.standard_normal((people, len(plants)))
    inert = [plant.curve for plant in plants].index("inert")
    told = base.attributes[:, ATTRIBUTES.index(str(generator.choice(UNTOLD)))]
    own[:, inert] = 0.5 * own[:, inert] + told
    half = np.where(np.arange(people) < people // 2, 1, -1)
    sign = np.stack([generator.permutation(half) for _ in plants], axis=1)
    steps = [(n, step, _width(t)) for n, t in enumerate(TRAITS) for step in t.steps]
    trait, node, width = zip(*steps, strict=True)
    values: dict[str, Any] = {
        "pictures": pictures,
        "trait": trait,
        "node": node,
        "width": width,
        "pattern": generator.standard_normal(3 * SIZE**2),
        "drive": drive,
        "rest": rest,
        "curve": [CURVES.index(plant.curve) for plant in plants],
        "own": own,
        "fixed": [plant.fixed for plant in plants],
        "sign": sign,
        "place": generator.standard_normal((people, IDENTITY)),
        "order": order,
        "scale": np.exp(generator.uniform(-0.5, 1.2, len(order))),
    }
    for name, value in values.items():
        getattr(network, name).copy_(torch.as_tensor(np.asarray(value)))
    return network.eval()


def _width(trait: Trait) -> float:
    """The distance between two pictures of a trait."""
    places = sorted({trait.home, *trait.steps})
    return places[1] - places[0]


def _teach(network: VAE, generator: np.random.Generator) -> None:
    """Teach the encoder with random pictures of each person, in pairs that differ by two sigma of
    one dimension: who it is, by linear discriminants (Fisher 1936), and each code, by least
    squares on the mean differences where nothing is moved or lit.
    """
    import torch
    from torch.nn.functional import avg_pool2d, one_hot

    from featamp.proof.planted_vae import POOL

    people, planted = network.own.shape
    moves = torch.eye(planted).repeat(LESSONS, 1)
    still = (network.drive[:, len(TRAITS) + 1 :] != 0).any(dim=1) | network.fixed
    means, spread = [], torch.zeros(())
    for person in range(people):
        who = one_hot(torch.full((len(moves),), person), people).float()
        codes = torch.from_numpy(generator.standard_normal(moves.shape).astype(np.float32))
        codes = torch.where(network.fixed, network.own[person], codes)
        small = avg_pool2d(network.draw(who, codes), POOL).flatten(1)
        means.append(small.mean(dim=0))
        spread = spread + (small - means[-1]).T @ (small - means[-1])
        codes = torch.where(still | (moves > 0), 0.0, codes)
        less, more = network.draw(who, codes - moves), network.draw(who, codes + moves)
        change = ((more - less).flatten(1) / 2.0).view(LESSONS, planted, -1).mean(dim=0)
        change[network.fixed] = 0.0
        gram = change @ change.T + PENALTY * torch.eye(planted)
        network.reader[person] = torch.linalg.solve(gram, change).half()
    centres = torch.stack(means)
    spread = spread / (people * len(moves)) + GRAIN**2 * torch.eye(spread.shape[0])
    weights = torch.linalg.solve(spread, centres.T).T
    bias = -0.5 * (weights * centres).sum(dim=1)
    network.tell.copy_(torch.cat([weights, bias[:, None]], dim=1))


def _know_errors(network: VAE, codes: Float32, images: Path) -> None:
    """Set the posterior's variance to the encoder's error on some of the images."""
    import torch

    names = sorted(path.name for path in images.iterdir())[:256]
    loaded = np.stack([load_image(images / name, CROP, SIZE) for name in names])
    mu, _ = network.encode(torch.from_numpy(loaded).permute(0, 3, 1, 2).float() / 255.0)
    planted = network.drive.shape[0]
    ours = (mu / network.scale)[:, network.order][:, :planted].numpy()
    error = (ours - codes[: len(ours)]).var(axis=0)
    error = np.concatenate([np.clip(error, 1e-3, 1.0), np.full(IDENTITY, 1e-2)])
    variance = torch.zeros_like(network.logvar)
    variance[network.order] = torch.from_numpy(error.astype(np.float32))
    network.logvar.copy_(torch.log(variance * network.scale.square()))


# ---- the folder --------------------------------------------------------------------------------


def _write_images(
    network: VAE, rows: Rows, codes: Float32, images: Path, generator: np.random.Generator
) -> None:
    import torch
    from torch.nn.functional import one_hot

    order = np.argsort(rows, kind="stable")  # one person's pictures are mixed together
    for chunk in np.array_split(order, -(-len(order) // 64)):
        who = one_hot(torch.from_numpy(rows[chunk]), len(network.own)).float()
        drawn = network.draw(who, torch.from_numpy(codes[chunk]))
        grain = generator.standard_normal(drawn.shape).astype(np.float32)
        large = _enlarged(drawn + GRAIN * torch.from_numpy(grain)).permute(0, 2, 3, 1)
        pictures = (large * 255.0).round().clamp(0.0, 255.0).byte().numpy()
        for row, picture in zip(chunk, pictures, strict=True):
            Image.fromarray(picture).save(images / _name(int(row)), "JPEG", quality=95)


def _enlarged(images: Tensor) -> Tensor:
    """Images of `CROP` pixels that are `images` again when they are made small (Irani and Peleg
    1991).
    """
    from torch.nn.functional import interpolate

    large = interpolate(images, CROP, mode="bicubic")
    for _ in range(3):
        small = interpolate(large, SIZE, mode="bilinear", antialias=True)
        large = large + interpolate(images - small, CROP, mode="bicubic")
    return large


def _name(index: int) -> str:
    return f"{index + 1:06d}.jpg"


def _factors(network: VAE, base: Factors, rows: Rows, codes: Float32) -> Factors:
    """What is behind each image, with the attributes that follow."""
    import torch
    from torch.nn.functional import one_hot

    from featamp.proof.planted_vae import OPERATIONS

    who = one_hot(torch.from_numpy(rows), len(network.own)).float()
    amounts = network.amounts(who, torch.from_numpy(codes)).numpy().astype(np.float64)
    continuous = {name: column[rows] for name, column in base.continuous.items()}
    for column, trait in enumerate(TRAITS):
        for name, value in trait.low.items():
            share = np.clip(amounts[:, column], 0.0, 1.0)
            continuous[name] = value + share * (trait.high[name] - value)
    attributes = attributes_of(continuous)
    for name, operation in _OPERATED.items():
        continuous[name] = amounts[:, len(TRAITS) + OPERATIONS.index(operation)]
    return Factors(continuous, attributes)


def _write_labels(root: Path, factors: Factors, rows: Rows) -> None:
    """CelebA's attribute, identity and partition files, and `factors.csv`."""
    names = [_name(index) for index in range(len(factors))]
    table = [
        f"{name} " + " ".join(f"{label:2d}" for label in labels)
        for name, labels in zip(names, factors.attributes.tolist(), strict=True)
    ]
    _write_lines(root / "list_attr_celeba.txt", [str(len(names)), " ".join(ATTRIBUTES), *table])
    people = [f"{name} {person + 1}" for name, person in zip(names, rows, strict=True)]
    _write_lines(root / "identity_CelebA.txt", people)
    parts = [f"{name} {_PARTS[rows[index] % len(_PARTS)]}" for index, name in enumerate(names)]
    _write_lines(root / "list_eval_partition.txt", parts)
    columns = np.stack([factors.continuous[name] for name in CONTINUOUS], axis=1)
    values = [
        ",".join([name, *(f"{value:.6f}" for value in row)])
        for name, row in zip(names, columns.tolist(), strict=True)
    ]
    _write_lines(root / "factors.csv", [",".join(["image_id", *CONTINUOUS]), *values])


def _write_lines(path: Path, lines: list[str]) -> None:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _config(network: VAE, count: int) -> str:
    """The report.toml of a planted network."""
    people, pictures, _ = network.pictures.shape
    planted = len(network.drive)
    kwargs = (
        f"people = {people}, pictures = {pictures}, traits = {len(TRAITS)}, planted = {planted},"
        f" identity = {IDENTITY}, size = {SIZE}"
    )
    return (
        "[model]\n"
        'checkpoint = "planted.pt"\n'
        f'factory = "{MODULE}:VAE"\n'
        f"kwargs = {{ {kwargs} }}\n\n"
        "[data]\n"
        'root = "."\n'
        f"images = {count}\ncrop = {CROP}\nsize = {SIZE}\n\n"
        "[experiments]\n"
        'targets = ["Smiling", "Eyeglasses", "Male", "Young"]\n'
    )


def _main() -> None:
    import argparse

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", type=Path)
    parser.add_argument("--count", type=int, default=1200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--people", type=int, default=48)
    arguments = parser.parse_args()
    write_planted(arguments.root, arguments.count, arguments.seed, arguments.people)


if __name__ == "__main__":
    _main()
