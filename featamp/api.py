"""What a notebook calls: a few functions over the rooms, from a model and images to pictures."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from featamp.arrays import divided, spread_rows
from featamp.contract.network import breaches, judge_outputs
from featamp.contract.reasons import reason
from featamp.errors import InputError, shown
from featamp.io.celeba.folder import find_labels
from featamp.io.describe import kind as kind_of
from featamp.io.device import pick_device
from featamp.io.files.numbers import Numbers
from featamp.io.files.steps import Size, Steps
from featamp.io.files.table import AttributeTable, as_text, labels_of
from featamp.io.given import (
    as_array,
    as_numbers,
    as_path,
    as_pixels,
    as_size,
    check_length,
    check_whole,
    expect,
    is_whole,
)
from featamp.io.images import ImageBatch, image_batches
from featamp.io.network.adapters import PixelRange, find_adapter
from featamp.io.network.encode import has_spread
from featamp.io.network.forms import Normal
from featamp.io.network.model import TrainedVAE
from featamp.io.network.opening import open_model as open_checkpoint
from featamp.io.network.opening import own_module, wrapped
from featamp.measure.effect import Reconstruction, measure_reconstruction
from featamp.measure.layout import ALIGNED, ALIGNED_SIDE
from featamp.measure.quality import Quality, measure_quality
from featamp.measure.response import AttributeResponse, attribute_response, code_response
from featamp.measure.sweep import amplify, decode_sweep, mosaic, to_bytes
from featamp.notebook import notebook
from featamp.statistics.correlation import Correlations, point_biserial
from featamp.statistics.direction import axis_direction
from featamp.statistics.holdout import hold_out
from featamp.statistics.labels.probe import Probes
from featamp.statistics.labels.probe import fit_probes as fit
from featamp.statistics.variance import VarianceRanking, rank_by_variance

if TYPE_CHECKING:
    import torch
    from PIL import Image
    from torch import nn

Labels = Mapping[str, Any]
"""A column a label, one value an image: a dict, or a pandas DataFrame."""
UNITS = ("sigma", "raw")
BATCH = 256
"""Images at a time."""
ASKED = 256
"""Images whose codes tell whether mean and log-variance are what they are taken for."""
STEPS = tuple(np.linspace(-3.0, 3.0, 10).tolist())


@dataclass(frozen=True)
class Codes:
    """Codes of images.

    Attributes
    ----------
    mu, logvar : [image, dim] posterior means and log-variances, raw units.
    names : [image] of the image files; "000001.png" and on where they came from memory.
    broken : name and reason of each file that could not be decoded and was left out.
    size : (height, width) of the images, which a model that has not seen them decodes; None where
        nobody knows.
    """

    mu: NDArray[np.float32]
    logvar: NDArray[np.float32]
    names: tuple[str, ...]
    broken: tuple[tuple[str, str], ...] = ()
    size: Size | None = None

    def __len__(self) -> int:
        """Number of images."""
        return len(self.mu)


@dataclass(frozen=True)
class Sweep:
    """One dimension swept: z' = z + alpha e_i, decoded. A notebook shows it as a picture.

    Attributes
    ----------
    dim : the latent dimension i.
    raw, sigma : [alpha] the same alphas in raw units and in standard deviations of the dimension.
    samples : [sample] rows of the codes that it starts from.
    frames : [sample, alpha, height, width, 3], pixels in [0, 1].
    reconstructions : [sample, height, width, 3] the same samples at alpha = 0.
    std : [dim] standard deviation of every dimension over the images, raw units.
    active : [dim] False of a collapsed dimension, as in `rank`.
    """

    dim: int
    raw: NDArray[np.float64]
    sigma: NDArray[np.float64]
    samples: NDArray[np.int64]
    frames: NDArray[np.float32]
    reconstructions: NDArray[np.float32]
    std: NDArray[np.float64]
    active: NDArray[np.bool_]

    @property
    def picture(self) -> Image.Image:
        """The frames without gaps: a row a sample, a column an alpha; nothing is stretched."""
        from PIL import Image

        return Image.fromarray(mosaic(to_bytes(self.frames)))

    def _repr_png_(self) -> bytes:
        content = BytesIO()
        self.picture.save(content, "PNG")
        return content.getvalue()


@dataclass(frozen=True)
class Judgement:
    """What a sweep does, by its pictures and by encoding them again.

    Attributes
    ----------
    quality : by the pictures: how visible, how alike in all samples, how much of it is light.
    self_response : how much of the move the encoder finds again, along the dimension; 1 is all.
    leakage : share of what it finds that is off the dimension, in [0, 1].
    names, attributes : what the probes see change; () and None without probes that tell anything.
    """

    quality: Quality
    self_response: float
    leakage: float
    names: tuple[str, ...] = ()
    attributes: AttributeResponse | None = None


@notebook()
def open_model(
    source: str | Path | nn.Module,
    *,
    factory: str | None = None,
    kwargs: Mapping[str, Any] | None = None,
    state_key: str | None = None,
    ignore_keys: Sequence[str] = (),
    pixels: PixelRange | None = None,
    mean: float | Sequence[float] | None = None,
    std: float | Sequence[float] | None = None,
    adapter: str | type | ModuleType | None = None,
    encode_samples: int = 1,
    device: str | torch.device | None = None,
    folder: str | Path = ".",
) -> TrainedVAE:
    """Open a trained VAE: from a checkpoint, or one that is in memory already.

    Parameters
    ----------
    source : a `.pt`, `.pth` or `.safetensors` file (no code from it runs), or a module with
        `encode` and `decode`. A module is used as it is, and put into evaluation mode, again by
        each function that is given it: call `train()` before you train on. Of one that is not in
        float32, a copy that is.
    factory : of a file: "module:name" of the class or function that makes the network; None for
        featamp's reference VAE.
    kwargs : of a file: arguments of the factory.
    state_key : of a file: where the weights lie in it; found by itself when None.
    ignore_keys : of a file: patterns of weights' names that one side may lack.
    pixels : the range of pixel values that the network reads and writes; None for that of its
        kind, which is (0, 1) but for diffusers' networks.
    mean, std : how pixels in [0, 1] are normalised for the network, a number or three; images are
        given as they were before. It writes them normalised too, unless `pixels` says how.
    adapter : what has functions `encode(model, images)` and `decode(model, codes)`, or one of
        them, in place of the network's own: a class of yours, a module or the name of one.
    encode_samples : how many answers of an `encode` that samples are averaged.
    device : "auto", "cuda", "mps" or "cpu", or one of torch's; None for where a module is, and
        "auto" for a file.
    folder : where the modules of factory and adapter are looked for before the import path.

    Raises
    ------
    InputError
        The file cannot be read or does not fit, or the module cannot encode and decode.

    Examples
    --------
    >>> model = featamp.open_model(vae, pixels=(0, 1))
    >>> model.pixels
    (0, 1)
    """
    place = None if device is None else str(device)
    pixels = None if pixels is None else as_pixels(pixels)
    normal, beside = _normal(mean, std), as_path(folder, "folder")
    check_whole(encode_samples, "encode_samples", 1)
    if isinstance(source, str | Path):
        if not isinstance(factory, str | None):
            raise InputError(
                f"factory is {shown(factory)}, expected \"module:name\", such as 'user_vae:VAE';"
                f" or make the network, load its weights into it, and open it in place of the file"
            )
        if not isinstance(kwargs, Mapping | None):
            raise InputError(
                f"kwargs is {shown(kwargs)}, expected a dict of the factory's arguments"
            )
        return open_checkpoint(
            Path(source), factory, kwargs or {}, state_key, pixels, beside, place or "auto",
            adapter=adapter, ignore_keys=ignore_keys, encode_samples=encode_samples, normal=normal,
        )  # fmt: skip
    if isinstance(source, Mapping):
        raise InputError(
            f"the model is {kind_of(source)}, expected a file or a torch.nn.Module; of weights,"
            f" load them into their network, and open that"
        )
    if ignore_keys or any(given is not None for given in (factory, kwargs, state_key)):
        raise InputError(
            "factory, kwargs, state_key and ignore_keys are of a file; this module is made already"
        )
    module, told = _in_float32(_made(source))
    asked = find_adapter(module, "the model", own_module(adapter, None, beside))
    placed = _place_of(module) if place is None else pick_device(place)
    return wrapped(module, placed, asked, pixels, {}, told, encode_samples, normal)


def _normal(mean: object, std: object) -> Normal | None:
    """How images are normalised for a network; None where neither number is given."""
    if (mean is None) != (std is None):
        raise InputError("mean and std go together, expected both or neither")
    if mean is None:
        return None
    means, spreads = (
        np.atleast_1d(as_numbers(values, np.float64, name))
        for values, name in ((mean, "mean"), (std, "std"))
    )
    if not {means.shape, spreads.shape} <= {(1,), (3,)} or spreads.min() <= 0:
        raise InputError(
            f"mean is {shown(mean)} and std {shown(std)}, expected a number each, or three, of"
            f" pixels in [0, 1], and a std above 0"
        )
    return Normal(tuple(means.tolist()), tuple(spreads.tolist()))


def _made(model: object) -> nn.Module:
    """What a person gives as a network that is in memory."""
    from torch import nn

    if isinstance(model, nn.Module):
        return model
    found, mend = kind_of(model), ""
    if isinstance(model, type) and issubclass(model, nn.Module):
        found = f"the class {model.__name__}"
        mend = f"; make it, {model.__name__}(...), and load its weights into it"
    elif isinstance(model, tuple | list):
        mend = "; of parts make one, such as torch.nn.ModuleDict({'encoder': ..., 'decoder': ...})"
    raise InputError(f"the model is {found}, expected a file or a torch.nn.Module{mend}")


def _place_of(module: nn.Module) -> torch.device:
    """The device that a network lies on."""
    import torch

    tensors = [*module.parameters(), *module.buffers()]
    return tensors[0].device if tensors else torch.device("cpu")


def _in_float32(module: nn.Module) -> tuple[nn.Module, tuple[str, ...]]:
    """The network, or a copy in float32 of one whose weights are of another type, and a phrase
    that tells it: the person's own stays as it is.
    """
    import torch

    from featamp.io.network.discovery import copy_of

    types = {weight.dtype for weight in module.parameters() if weight.is_floating_point()}
    names = ", ".join(sorted(str(kind).removeprefix("torch.") for kind in types))
    if types <= {torch.float32}:
        return module, ()
    made = copy_of(module)
    if made is None:
        raise InputError(
            f"the model's weights are {names}, expected float32, and it cannot be copied; give"
            f" it as model.float()"
        )
    return made.float(), (f"copied into float32: its weights are {names}",)


@notebook()
def encode(
    model: TrainedVAE | nn.Module,
    images: object,
    *,
    crop: int | Size | None = ALIGNED_SIDE,
    size: int | Size = 64,
    batch: int = BATCH,
) -> Codes:
    """Encode images; posterior means are what everything else is about, never samples: a network
    that gives an image another code each time is refused, and of outputs that may be no mean and
    log-variance one is warned.

    Parameters
    ----------
    model : from `open_model`; a bare module is opened so, with the pixels of its kind.
    images : a folder of image files, also in folders below, or a CelebA folder; an array [image,
        height, width, 3] or [image, 3, height, width]; or a DataLoader of such batches, alone or
        first in a tuple. Arrays are uint8, or in the model's own pixel range.
    crop, size : of image files, pixels: the centre crop (None: the whole frame), and what it is
        resized to; a side, or (height, width).
    batch : images at a time.

    Raises
    ------
    InputError
        These are no images, or not such as the model takes; or a code is not finite, or no
        function of the image, or a picture none of the code.

    Examples
    --------
    >>> codes = featamp.encode(model, images)
    >>> codes.mu.shape
    (40, 8)
    """
    check_whole(batch, "batch", 1)
    vae = opened(model)
    mu: list[NDArray[np.float32]] = []
    logvar: list[NDArray[np.float32]] = []
    names: list[str] = []
    broken: list[tuple[str, str]] = []
    for part in image_batches(images, vae.range, _steps(crop, size), batch):
        broken += part.broken
        if not part.names:
            continue
        _learn(vae, part.pixels.shape[1:3])
        means, logs = vae.encode(part.pixels)
        finite = np.isfinite(means).all(axis=1) & has_spread(logs)
        if not finite.all():
            raise InputError(
                f"{part.names[int(np.argmin(finite))]}: its code is not finite; the weights or"
                f" pixels = {vae.pixels} are wrong"
            )
        if not names and (breach := breaches(vae, part.pixels)):
            raise InputError(breach[0])
        mu.append(means)
        logvar.append(logs)
        names += part.names
    if len(names) < 2:
        raise InputError(f"images that could be encoded: {len(names)}, expected at least 2")
    codes = Codes(
        np.concatenate(mu), np.concatenate(logvar), tuple(names), tuple(broken), vae.image_size
    )
    _warn_of_doubts(vae, codes)
    return codes


def _warn_of_doubts(vae: TrainedVAE, codes: Codes) -> None:
    """Warn where what a network encodes may not be mean and log-variance."""
    rows = spread_rows(len(codes), ASKED)
    for doubt in judge_outputs(vae, codes.mu[rows], codes.logvar[rows]).questions:
        warnings.warn(
            f"{type(vae.module).__name__}.encode may not return (mu, logvar) of the codes that"
            f" decode takes: {reason(doubt)}",
            stacklevel=4,  # of who called `encode`, which is wrapped
        )


def _steps(crop: int | Size | None, size: int | Size) -> Steps:
    return Steps.usual(None if crop is None else as_size(crop, "crop"), as_size(size, "size"))


@notebook()
def read_labels(root: str | Path, names: Codes | Sequence[str]) -> dict[str, NDArray[Any]]:
    """The labels of images as `correlate` takes them, from all that a build reads.

    Parameters
    ----------
    root : folder that holds `list_attr_celeba.txt` or `.csv`, or a folder for each class; or any
        table of labels with a column of file names.
    names : of the images wanted, in order; or the codes of these.

    Raises
    ------
    InputError
        There are no labels, they cannot be read, or an image has no row.

    Examples
    --------
    >>> labels = featamp.read_labels(root, codes.names)
    >>> labels["Smiling"].shape
    (40,)
    """
    names = names.names if isinstance(names, Codes) else names
    if isinstance(names, str) or not isinstance(names, Iterable):
        raise InputError(f"names is {shown(names)}, expected codes, or names of images")
    names = list(names)
    if odd := [name for name in names if not isinstance(name, str)]:
        raise InputError(f"names hold {shown(odd[0])}, expected names of images, as text")
    table = find_labels(as_path(root, "root"), names)
    if missing := [name for name in names if name not in table.rows]:
        raise InputError(f"{root}: no row for {missing[0]!r}")
    labels, numbers = table.select(names)
    found: dict[str, NDArray[Any]] = dict(zip(table.names, labels.T, strict=True))
    if numbers is not None:
        measured = (table.names[column] for column in numbers.columns)
        found |= zip(measured, numbers.values.T, strict=True)
    return found


def rank(codes: Codes) -> VarianceRanking:
    """Rank the dimensions by the variance of their posterior mean, and tell how healthy they are.

    Examples
    --------
    >>> ranking = featamp.rank(codes)
    >>> ranking.rank[ranking.order[0]].item()
    1
    """
    expect(codes, Codes, "codes", "encode")
    return rank_by_variance(codes.mu, codes.logvar)


def correlate(codes: Codes, labels: Labels, *, people: ArrayLike | None = None) -> Correlations:
    """Correlate every label with every dimension (point-biserial r, Pearson's of a number; its
    interval, AUC).

    Parameters
    ----------
    codes : of the images.
    labels : a column a label, one value an image in the order of the codes: 0 / 1, -1 / 1 or bool;
        numbers; or at most 20 different values, each a label. A dict or a pandas DataFrame, whose
        index may be the names of the images in any order.
    people : a number for the person that each image shows, so that people are the units of the
        intervals; None where every image stands for itself.

    Raises
    ------
    InputError
        A column has another length or other values, or one is missing.

    Examples
    --------
    >>> correlations = featamp.correlate(codes, labels)
    >>> correlations.r.shape  # [attribute, dim]
    (40, 8)
    """
    expect(codes, Codes, "codes", "encode")
    names, values, numbers = label_table(labels, codes.names)
    persons = _persons(people, len(codes))
    return point_biserial(codes.mu, values, names, persons, numbers=numbers)


def _persons(people: ArrayLike | None, count: int) -> NDArray[np.int64] | None:
    """Who is on each of so many images; None where nobody knows."""
    if people is None:
        return None
    persons = as_numbers(people, np.int64, "people")
    check_length(persons, "people", count)
    return persons


def label_table(
    labels: Labels, images: Sequence[str]
) -> tuple[tuple[str, ...], NDArray[np.bool_], Numbers | None]:
    """Names, bool [image, label] and numbers of a table of labels, checked against the images: in
    their order, or with their names as its index.
    """
    count, labels = len(images), _in_order(labels, images)
    if not hasattr(labels, "items"):
        raise InputError(
            f"labels is {type(labels).__name__}, expected a dict or a pandas DataFrame"
        )
    made: dict[str, NDArray[Any]] = {}
    for name, column in labels.items():
        values = as_array(column, f"label {name!r}")
        check_length(values, f"label {name!r}", count)
        found = _labels_of(str(name), values)
        if twice := found.keys() & made.keys():
            raise InputError(f"two labels have the name {min(twice)!r}, expected one each")
        made |= found
    if not made:
        raise InputError("no labels in it, expected a column a label")
    table = AttributeTable.of(tuple(made), {str(row): row for row in range(count)}, made.values())
    return (tuple(made), *table.select(tuple(table.rows)))


def _in_order(labels: Any, images: Sequence[str]) -> Any:  # noqa: ANN401  of pandas, or none
    """A DataFrame, or a Series as one, whose index has the images' names in another order, in the
    order of these; anything else as it is.
    """
    if hasattr(labels, "to_frame") and not hasattr(labels, "columns"):
        labels = labels.to_frame("label" if labels.name is None else labels.name)
    rows = list(labels.index) if hasattr(labels, "columns") else list(images)
    same = rows != list(images) and len(rows) == len(images) and set(rows) == set(images)
    return labels.loc[list(images)] if same else labels


def _labels_of(name: str, values: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """The labels of one column, by name."""
    if values.dtype.kind in "biuf" and any(np.isin(values, (no, 1)).all() for no in (0, -1)):
        return {name: values > 0}  # of few images, all may lack it
    texts = [as_text(value) for value in values.tolist()]
    if len(set(texts)) == 1:
        raise InputError(f"label {name!r} has no other value than {values[0]}, expected two")
    found, line = labels_of(name, texts, {row: f"image {row}" for row in range(len(texts))})
    if not found:
        raise InputError(f"label {name!r}: {line.removeprefix('left out: ')}")
    return found


@notebook()
def sweep(
    model: TrainedVAE | nn.Module,
    codes: Codes,
    dim: int,
    *,
    alphas: Sequence[float] = STEPS,
    units: str = "sigma",
    samples: int | Sequence[int] = 8,
) -> Sweep:
    """Sweep one dimension: z' = z + alpha e_i, everything else unchanged, decoded.

    Parameters
    ----------
    model : as in `encode`.
    codes : of the images.
    dim : the latent dimension i.
    alphas : rising, at least two; from -3 to 3 in ten steps when not given.
    units : of the alphas: "sigma" for standard deviations of the dimension over the images, or
        "raw".
    samples : how many images to start from, evenly spread, or their rows in the codes.

    Raises
    ------
    InputError
        There is no such dimension or sample, or the alphas do not rise.

    Examples
    --------
    >>> swept = featamp.sweep(model, codes, 3, samples=4)
    >>> swept.frames.shape  # [sample, alpha, height, width, 3]
    (4, 10, 64, 64, 3)
    >>> swept.picture.size
    (640, 256)
    """
    expect(codes, Codes, "codes", "encode")
    dims = codes.mu.shape[1]
    steps = as_numbers(alphas, np.float64, "alphas")
    if not is_whole(dim) or dim not in range(dims):
        raise InputError(f"dim is {shown(dim)}, expected 0 to {dims - 1}, a whole number")
    if units not in UNITS:
        raise InputError(f"units is {units!r}, expected one of {', '.join(UNITS)}")
    if steps.ndim != 1 or len(steps) < 2 or not (np.diff(steps) > 0).all():
        raise InputError("alphas do not rise, expected at least two rising numbers")
    dim, rows = int(dim), _rows(samples, len(codes))
    ranking = rank(codes)
    std = ranking.std
    scale = 1.0 if units == "raw" else std[dim]
    raw = steps * scale
    sigma = steps if units == "sigma" else divided(raw, std[dim])
    starts, vae = np.array(codes.mu[rows]), opened(model)
    _learn(vae, codes.size)
    frames = decode_sweep(vae.decode, amplify(starts, np.eye(dims)[dim], raw))
    return Sweep(dim, raw, sigma, rows, frames, vae.decode(starts), std, ranking.active)


def _learn(vae: TrainedVAE, size: tuple[int, ...] | None) -> None:
    """Have a model that was last given images of another size learn what it takes and gives: a
    flat decoder does not say how wide its pictures are.
    """
    if size is not None and size != vae.image_size:
        vae.learn((size[0], size[1]))


def _rows(samples: int | Sequence[int], count: int) -> NDArray[np.int64]:
    if isinstance(samples, int | np.integer) and is_whole(samples):
        if not 1 <= samples <= count:
            raise InputError(f"samples is {samples}, expected 1 to {count}")
        return spread_rows(count, samples)
    given = as_array(samples, "samples")
    if named := [value for value in given.ravel().tolist() if isinstance(value, str)]:
        raise InputError(
            f"samples are {shown(samples)}, expected rows from 0 to {count - 1}: that of a name is"
            f" codes.names.index({named[0]!r})"
        )
    rows = as_numbers(samples, np.int64, "samples")
    if rows.ndim != 1 or not len(rows) or rows.min() < 0 or rows.max() >= count:
        raise InputError(f"samples are {shown(samples)}, expected rows from 0 to {count - 1}")
    return rows


@notebook()
def reconstruct(
    model: TrainedVAE | nn.Module,
    images: object,
    *,
    crop: int | Size | None = ALIGNED_SIDE,
    size: int | Size = 64,
    count: int = 256,
) -> Reconstruction:
    """How well the model gives images back: the yardstick for every sweep.

    Parameters
    ----------
    model, images, crop, size : as in `encode`.
    count : the first so many images; two at least, as their distance is half of the yardstick.

    Raises
    ------
    InputError
        As of `encode`.

    Examples
    --------
    >>> yardstick = featamp.reconstruct(model, images)
    >>> yardstick.count
    40
    """
    check_whole(count, "count", 2)
    vae = opened(model)
    batches = image_batches(images, vae.range, _steps(crop, size), min(count, BATCH), count)
    return measure_reconstruction(_given_back(vae, batches))


def _given_back(
    vae: TrainedVAE, batches: Iterable[ImageBatch]
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Each image and its reconstruction."""
    done = 0
    for part in batches:
        if len(part.pixels):
            originals = part.pixels.astype(np.float32) / 255.0
            yield from zip(originals, vae.decode(vae.encode(part.pixels)[0]), strict=True)
        done += len(part.pixels)
    if done < 2:
        raise InputError(f"images that could be read: {done}, expected 2 at least")


def fit_probes(
    codes: Codes, labels: Labels, *, people: ArrayLike | None = None, seed: int = 0
) -> Probes:
    """Fit a logistic probe for each label, a ridge regression for a number, and judge it on images
    that it has not seen.

    Parameters
    ----------
    codes, labels, people : as in `correlate`; nobody's images fit a probe and judge it too.
    seed : of the halves that serve in turn to fit and to judge.

    Examples
    --------
    >>> probes = featamp.fit_probes(codes, labels)
    >>> probes.auc.shape
    (40,)
    """
    expect(codes, Codes, "codes", "encode")
    check_whole(seed, "seed", 0)
    names, values, numbers = label_table(labels, codes.names)
    persons = _persons(people, len(codes))
    halves = hold_out(len(codes), None, seed, persons)
    return fit(codes.mu, values, names, halves, seed, numbers, persons)


@notebook()
def judge(
    model: TrainedVAE | nn.Module,
    swept: Sweep,
    reconstruction: Reconstruction,
    probes: Probes | None = None,
    *,
    crop: int | Size | None = ALIGNED_SIDE,
) -> Judgement:
    """Judge a sweep by its pictures, by encoding them again, and by probes where there are any.

    Parameters
    ----------
    model : that made it, as in `encode`.
    swept : from `sweep`.
    reconstruction : from `reconstruct`.
    probes : from `fit_probes`.
    crop : as in `encode`, of CelebA's aligned faces: it places the regions of a face.

    Raises
    ------
    InputError
        The dimension has collapsed, and has no standard deviation to count in; or the sweep goes
        one way alone.

    Examples
    --------
    >>> judged = featamp.judge(model, swept, yardstick, probes)
    >>> 0 <= judged.leakage <= 1
    True
    """
    expect(swept, Sweep, "swept", "sweep")
    expect(reconstruction, Reconstruction, "reconstruction", "reconstruct")
    if probes is not None:
        expect(probes, Probes, "probes", "fit_probes")
    if not swept.active[swept.dim]:
        raise InputError(
            f"dimension {swept.dim} has collapsed: no image moves it by more than noise;"
            f" sweep one that is active, as featamp.rank(codes).active tells"
        )
    if not swept.sigma[0] < 0 < swept.sigma[-1]:
        raise InputError(
            f"swept goes from alpha {swept.raw[0]:g} to {swept.raw[-1]:g}, expected both ways from"
            f" 0: a dimension is judged by what it does to either side"
        )
    vae = opened(model)
    count, steps = swept.frames.shape[:2]
    frames = to_bytes(swept.frames.reshape(-1, *swept.frames.shape[2:]))
    again = vae.encode(frames)[0].reshape(count, steps, -1)
    _check_dims(again.shape[-1], "swept", len(swept.std))
    if probes is not None:
        _check_dims(again.shape[-1], "probes", probes.weights.shape[1])
    origins = vae.encode(to_bytes(swept.reconstructions))[0]
    move = axis_direction(swept.dim, swept.std)
    counted = np.where(swept.active, swept.std, 0.0)
    found = code_response(again, origins, move, swept.sigma, counted)
    quality = measure_quality(
        swept.frames,
        swept.reconstructions,
        swept.sigma,
        reconstruction.rmse,
        reconstruction.change_between_images,
        ALIGNED if crop is None else as_size(crop, "crop")[::-1],
    )
    if probes is None or not probes.told.any():
        return Judgement(quality, found.self_response, found.leakage)
    seen = attribute_response(probes.logits(again), swept.sigma, probes.told)
    return Judgement(quality, found.self_response, found.leakage, probes.names, seen)


def _check_dims(dims: int, name: str, found: int) -> None:
    """Raise InputError where a sweep or probes are of another model."""
    if found != dims:
        raise InputError(
            f"{name} is of {found} dimensions, and the model has {dims}; give what was made with"
            f" it"
        )


def opened(model: TrainedVAE | nn.Module) -> TrainedVAE:
    """The model of a notebook, in evaluation mode: it may have trained on meanwhile, and a
    BatchNorm would learn from what it is asked.
    """
    vae = model if isinstance(model, TrainedVAE) else open_model(model)
    vae.module.eval()
    return vae
