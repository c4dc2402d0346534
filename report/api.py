"""A whole report from objects in memory: what `featamp.build_report` is."""

from __future__ import annotations

import csv
import inspect
import io
import json
import marshal
import math
import os
import re
import shutil
import sys
import warnings
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from featamp.api import Labels, label_table, opened
from featamp.errors import InputError, shown
from featamp.io.celeba.names import ATTRIBUTES, IMAGE_FOLDER
from featamp.io.files.steps import Size, Steps, as_toml
from featamp.io.given import as_path, as_size
from featamp.io.images import image_batches, image_files
from featamp.io.network.model import TrainedVAE
from featamp.measure.layout import ALIGNED_SIDE
from featamp.notebook import in_its_words, notebook

from .commands.build import build
from .engine import store
from .engine.console import Console
from .engine.hashing import digest
from .engine.model_inputs import GivenModel
from .view.environment import strict_environment

if TYPE_CHECKING:
    import pandas as pd
    from torch import nn

WRITTEN = "# Written by featamp.build_report, which writes it anew.\n"
GIVEN = f"{store.STORE}/{store.GIVEN}"
"""Folder of the weights, images and labels that came from memory."""
BATCH = 256

SAID = {
    "model": "featamp.open_model",
    "models": "featamp.build_report once for each model, with a folder each",
    "data.mean": "featamp.open_model",
    "data.std": "featamp.open_model",
    "data.root": "featamp.build_report as images",
    "compute.device": "featamp.open_model",
}
"""Where a notebook says what stands in these sections, or these keys of a section."""

Code: TypeAlias = "type | Callable[..., object]"


@dataclass(frozen=True)
class Report:
    """A report that was built; a notebook shows a strip of each swept dimension, and a link.

    Attributes
    ----------
    index : its first page.
    """

    index: Path

    @property
    def folder(self) -> Path:
        """The folder of the site."""
        return self.index.parent

    @cached_property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Every table of the site by name, such as "dimensions"; docs/data.md says what is in
        them.
        """
        import pandas as pd

        return {p.stem: pd.read_csv(p) for p in sorted((self.folder / "data").glob("*.csv"))}

    def _repr_html_(self) -> str:
        template = strict_environment().get_template("parts/notebook.html")
        return template.render(rows=list(self._rows()), link=self._link, index=self.index)

    @property
    def _link(self) -> str:
        """Where a notebook finds the site: by a path from its own folder, where there is one."""
        try:
            return Path(os.path.relpath(self.index)).as_posix()
        except ValueError:  # on another drive
            return self.index.as_uri()

    def _rows(self) -> Iterator[dict[str, object]]:
        """One a swept dimension, in the order of variance: its row of the table and its strip."""
        sweeps = json.loads((self.folder / "data/sweeps.json").read_text(encoding="utf-8"))
        narrow = (s for s in sweeps if s["experiment"] != "2")  # which has the wide ones beside
        sprites = {s["dim"]: s for s in narrow if s["units"] == "sigma"}
        dimensions = self.tables["dimensions"].sort_values("variance_rank")
        for row in dimensions.to_dict("records"):
            if sweep := sprites.get(row["dim"]):
                yield {**row, "strip": self._strip(sweep)}

    def _strip(self, sweep: Mapping[str, Any]) -> str:
        """The first sample of a sweep as a picture in an address."""
        with Image.open(self.folder / sweep["sprite"]) as sprite:
            first = sprite.crop((0, 0, sprite.width, sweep["cell"][0]))
        content = io.BytesIO()
        first.save(content, "PNG")
        return f"data:image/png;base64,{b64encode(content.getvalue()).decode()}"


@notebook()
def build_report(
    model: TrainedVAE | nn.Module,
    images: object,
    labels: Labels | None = None,
    *,
    folder: str | Path,
    crop: int | Size | None = ALIGNED_SIDE,
    size: int | Size = 64,
    settings: Mapping[str, Mapping[str, object]] | None = None,
    progress: bool = True,
) -> Report:
    """Build the whole report for a model in memory; what was computed before is not again.

    `folder` then holds `report.toml`, the site in `site/`, and the weights, images and labels that
    came from memory. Write `selection.toml` into it, by hand or with Save on the site, and call
    this again: only what depends on it is made anew.

    A network counts as another one when its weights change, or the source of one of its classes,
    of their bases, or of the functions that it was opened with: the whole module of each, but of
    what the notebook or script itself defines that class or function alone. Nothing else is
    noticed, such as an attribute (`self.scale = 3`), or what these import from other modules:
    after a change of that, give another `folder`.

    Parameters
    ----------
    model : from `featamp.open_model`; a bare module is opened so, with the pixels of its kind.
    images : as in `featamp.encode`: a folder, an array or a DataLoader. Images from memory must be
        of one size; they are kept as PNG files.
    labels : as in `featamp.correlate`, named as CelebA's attributes or as you like (names become
        one word each). None for those that a folder of images says itself, if any, as
        `featamp.read_labels` finds them. Parts and people are read of a folder in either case.
    folder : where the report goes; a new one, or one that this function has written.
    crop, size : of image files, as in `featamp.encode`.
    settings : what else would stand in report.toml, by section, such as
        `{"sweep": {"samples": 4}, "experiments": {"explore": 8}}`; nothing of the model, whose
        settings are those of `featamp.open_model`.
    progress : tell of each stage when it is done; else of what looks wrong alone, as a warning.

    Raises
    ------
    featamp.InputError
        The model, the images, the labels or the settings are wrong, or the folder is another's.

    Examples
    --------
    >>> few = {"sweep": {"samples": 2}, "experiments": {"explore": 4}}
    >>> report = featamp.build_report(
    ...     model, images, folder=folder, settings=few, progress=False
    ... )
    >>> report.tables["dimensions"].loc[0, "dim"].item()
    0
    """
    vae = opened(model)
    place = as_path(folder, "folder").resolve()
    config = place / "report.toml"
    if config.exists() and not config.read_text(encoding="utf-8").startswith(WRITTEN):
        raise InputError(
            f"{config} was not written by featamp.build_report and is in the way; choose another"
            f" folder"
        )
    _check_settings(settings or {})
    given = place / GIVEN
    try:
        given.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{place}: no report can be written there ({error.strerror})") from error
    _write_weights(given, vae)
    root, data = _write_data(given, images, labels, vae, (crop, size))
    model_section, normal = _as_section(vae)
    table: dict[str, Mapping[str, object]] = {
        "model": model_section,
        "data": {"root": str(root), "images": "all", **normal, **data},
        "compute": {"device": vae.device.type},
    }
    for section, values in (settings or {}).items():
        table[section] = {**table.get(section, {}), **values}
    config.write_text(WRITTEN + "".join(_toml(table)), encoding="utf-8")
    told = _Told() if progress else _Told(io.StringIO())
    report = Report(build(config, place / "site", told, GivenModel(vae, _source_hash(vae))).index)
    for remark in () if progress else told.remarks:
        warnings.warn(remark.removeprefix("warning: "), stacklevel=3)
    return report


class _Told(Console):
    """One that speaks a notebook's words."""

    def remark(self, text: str) -> None:
        super().remark(in_its_words(text))


def _check_settings(settings: object) -> None:
    """Raise InputError for a section that is none, and for what would be written and not done, as
    the model, its images and its device are in memory.
    """
    if not isinstance(settings, Mapping):
        raise InputError(f"settings is {shown(settings)}, expected a dict of sections")
    for section, values in settings.items():
        if not isinstance(values, Mapping):
            raise InputError(f"settings[{section!r}] is {shown(values)}, expected a dict of keys")
        for key in values:
            if said := SAID.get(f"{section}.{key}", SAID.get(section)):
                raise InputError(
                    f"settings[{section!r}][{key!r}] would change nothing here: say it to {said}"
                )


def _as_section(vae: TrainedVAE) -> tuple[dict[str, object], dict[str, object]]:
    """[model] as report.toml says it, and what [data] says of how images are normalised."""
    network, normal = type(vae.module), vae.normal
    pixels = vae.pixels if vae.pixels == "logits" else list(map(float, vae.pixels))
    model: dict[str, object] = {
        "checkpoint": f"{GIVEN}/model.safetensors",
        "factory": f"{network.__module__}:{network.__qualname__}",
        "pixels": None if normal and normal.written else pixels,
        "encode_samples": vae.samples,
    }
    return model, {"mean": normal.mean, "std": normal.std} if normal else {}


def _write_data(
    given: Path,
    images: object,
    labels: Labels | None,
    vae: TrainedVAE,
    prepared: tuple[int | Size | None, int | Size],
) -> tuple[Path, dict[str, object]]:
    """The folder of the images, the person's own or one of those from memory; what [data] says of
    it besides. Image files are `prepared` by a crop and a size.
    """
    if isinstance(images, str | Path):
        root = Path(images).resolve()
        _clear(given / IMAGE_FOLDER)
        there = () if labels is None else image_files(root)[1]
        own = _write_labels(given, labels, there, beside=False)
        return root, {**_prepared(*prepared), **own}
    names, size = _write_images(given, images, vae)
    own = _write_labels(given, labels, names)
    return given, {"preprocess": "none", "size": as_toml(size), **own}


def _prepared(crop: int | Size | None, size: int | Size) -> dict[str, object]:
    """[data] as report.toml says it."""
    if crop is None:
        return {"preprocess": "squash", "size": as_toml(as_size(size, "size"))}
    return {"crop": as_toml(as_size(crop, "crop")), "size": as_toml(as_size(size, "size"))}


def _write_weights(given: Path, vae: TrainedVAE) -> None:
    """The state dict, shared tensors written out, and beside it what is known of the training."""
    from safetensors.torch import save

    state = {n: t.detach().cpu().clone().contiguous() for n, t in vae.module.state_dict().items()}
    _write(given / "model.safetensors", save(state))
    _write(given / "model.json", json.dumps(vae.facts, default=str).encode())


def _source_hash(vae: TrainedVAE) -> str:
    """Hash of the source of every class in the network and of their bases, but for torch's own,
    and of the functions that it was opened with.
    """
    asked = vae.adapter
    run: set[Code] = {kind for module in vae.module.modules() for kind in type(module).__mro__}
    run |= {asked.encode, asked.decode} if asked.own else set()
    own = (code for code in run if not code.__module__.startswith("torch."))
    return digest(sorted(f"{code.__qualname__} {_source(code)}" for code in own))


def _source(code: Code) -> str:
    """The text of the module that a class or function is from; of what a notebook or a script
    holds, whose other lines change with each thought, its own; where nobody kept that (made by
    `exec`), its functions as Python runs them.
    """
    module = sys.modules.get(code.__module__)
    try:
        return inspect.getsource(module if module and module.__name__ != "__main__" else code)
    except (OSError, TypeError):
        functions = (code, *(part for _, part in sorted(vars(code).items())))
        return " ".join(
            marshal.dumps(f.__code__).hex() for f in functions if inspect.isfunction(f)
        )


def _clear(place: Path) -> None:
    if place.is_symlink():
        place.unlink()
    elif place.exists():
        shutil.rmtree(place)


def _write_images(given: Path, images: object, vae: TrainedVAE) -> tuple[list[str], Size]:
    """Images from memory as PNG files, those of an earlier call removed; names and size."""
    place = given / IMAGE_FOLDER
    names: list[str] = []
    sizes: set[Size] = set()
    if place.is_symlink():
        place.unlink()
    place.mkdir(exist_ok=True)
    whole = Steps.usual(None, ALIGNED_SIDE)
    for part in image_batches(images, vae.range, whole, BATCH):
        sizes.add((part.pixels.shape[1], part.pixels.shape[2]))
        for name, pixels in zip(part.names, part.pixels, strict=True):
            _write(place / name, _png(pixels))
        names += part.names
    if len(names) < 2:
        raise InputError(f"there are {len(names)} images, expected at least 2")
    for left in {path.name for path in place.iterdir()} - set(names):
        (place / left).unlink()
    return names, sizes.pop()


def _png(pixels: NDArray[np.uint8]) -> bytes:
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "PNG", compress_level=1)
    return content.getvalue()


def _write_labels(
    given: Path, labels: Labels | None, names: Sequence[str], *, beside: bool = True
) -> dict[str, object]:
    """The labels as a file; what [data] says of it. CelebA's attributes stand where a CelebA
    folder has them, `beside` its images; others and numbers in a table.
    """
    celeba, table = given / "list_attr_celeba.csv", given / "labels.csv"
    if labels is None:
        celeba.unlink(missing_ok=True)
        table.unlink(missing_ok=True)
        return {}
    columns, values, numbers = label_table(labels, names)
    known = beside and numbers is None and set(columns) <= set(ATTRIBUTES)
    ours, other = (celeba, table) if known else (table, celeba)
    other.unlink(missing_ok=True)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    # what could be taken for the mark between columns stands in no name
    writer.writerow(("image_id", *(re.sub(r"[,;\s]+", " ", name) for name in columns)))
    cells = (2 * values - 1).T.tolist()
    if numbers is not None:
        for column, own in zip(numbers.columns, numbers.values.T.tolist(), strict=True):
            cells[column] = own
    writer.writerows(zip(names, *cells, strict=True))
    _write(ours, text.getvalue().encode())
    return {} if ours == celeba else {"labels": f"{GIVEN}/{table.name}"}


def _write(path: Path, content: bytes) -> None:
    """Write where it changes anything: a file with an old time stamp is not read again."""
    if not path.is_file() or path.read_bytes() != content:
        path.write_bytes(content)


def _toml(table: Mapping[str, Mapping[str, object]]) -> Iterator[str]:
    """Sections of what report.toml may hold; a key that is None is left out."""
    for section, values in table.items():
        yield f"\n[{_key(section)}]\n" + "".join(f"{pair}\n" for pair in _pairs(values))


def _pairs(values: Mapping[str, object]) -> Iterator[str]:
    return (f"{_key(k)} = {_value(value)}" for k, value in values.items() if value is not None)


def _value(value: object) -> str:
    """A value on one line: text and numbers as JSON writes them, but for DEL."""
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if isinstance(value, Mapping):
        return f"{{ {', '.join(_pairs(value))} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)  # nan, inf, -inf
    if isinstance(value, Path):
        value = str(value)
    if not isinstance(value, str | int | float):
        raise InputError(
            f"settings hold {shown(value)}, expected text, numbers, and lists and dicts of them"
        )
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(name: str) -> str:
    return name if re.fullmatch("[A-Za-z0-9_-]+", name) else _value(name)
