"""Whether a build has nothing to do: told before what does it is loaded, from what it would read
and from what stands there.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from featamp.errors import InputError
from featamp.io.celeba.places import find_images, identity_file, label_files, lists_aside
from featamp.io.files.listing import is_image

from ..engine.files import Stamps, stamp_all
from ..engine.hashing import digest
from ..engine.model_inputs import ModelInputs, read_model_inputs
from ..engine.places import HOUSES, TEMPLATES
from ..engine.site import Site
from ..engine.store import STORE, UNPACKED, Store
from ..inputs.config import Config, load_configs
from .unpacked import packed, require_no_celeba_below

ENDS = (".dist-info", ".egg-info")
"""How the folders end that name a package that is installed, and its version."""


def remarks_before(config_path: Path, site_root: Path, only: str | None) -> list[str] | None:
    """What the last build remarked, where another one would find all as it was; None where it may
    not, or where something is wrong, which the build then tells.
    """
    try:
        configs, site = load_configs(config_path), Site(site_root)
        store = Store(configs[0].folder / STORE, keeps_index=False)
        inputs = [read_model_inputs(config, None, store) for config in configs]
        read = all_read(configs, inputs, only)
    except (InputError, OSError):
        return None
    if read is None or read.files.young or not site.belongs_to(config_path):
        return None
    below = [Site(site_root / config.name) for config in configs if config.name]
    whole = all(one.is_whole() for one in below)
    return site.remarks_on(asked_of(read.hash, store, site_root, configs)) if whole else None


def asked_of(read: str, store: Store, site_root: Path, configs: Sequence[Config]) -> str:
    """Hash of what a site is asked for: what was read for it, and what stands there of it, the
    results and the site of each of several models.
    """
    below = [Site(site_root / config.name).key for config in configs if config.name]
    return digest(read, store.stamp(), below)


@dataclass(frozen=True)
class Read:
    """All that a build reads: files by their stamps, and what a network is made from by what it
    holds; `others` is a hash of all but the files.
    """

    files: Stamps
    others: str

    @property
    def hash(self) -> str:
        """Hash of all of it."""
        return digest(self.files.hash, self.others)


def all_read(
    configs: Sequence[Config], inputs: Sequence[ModelInputs], only: str | None
) -> Read | None:
    """What a build reads as it is now; None where the weights lie in a place that the person's own
    code alone knows.
    """
    if any(config.model.checkpoint is None for config in configs):
        return None
    files = stamp_all(chain(_persons(configs), _images(configs[0]), _ours()))
    hashes = [one.hashes for one in inputs]
    # the text that was read: the file may have changed before its time was asked for
    return Read(files, digest(configs[0].text, hashes, only, _installed(), sys.version))


def known_again(before: Read | None, now: Callable[[], Read | None]) -> str | None:
    """Hash of what a build has read, by which the next one knows it again; None where it changed
    meanwhile, or may change again without a sign. `now` is what it reads when it is done.
    """
    if before is None:
        return None
    if not before.files.young:
        return before.hash
    after = now()
    same = after is not None and before.others == after.others and before.files.hold(after.files)
    return before.hash if same else None


def _persons(configs: Sequence[Config]) -> Iterator[Path]:
    """The files that a person writes, those on other models among them."""
    yield configs[0].path
    yield from sorted(configs[0].folder.glob("selection*.toml"))


def _images(config: Config) -> Iterator[Path | str]:
    """The images, and all that lies beside them and may say what they show."""
    root = config.data.root
    if config.data.labels:
        yield config.data.labels
    require_no_celeba_below(config)
    if files := packed(root)[0]:
        yield from files
        yield from lists_aside(root, root)
        yield from sorted(p for p in (config.folder / STORE / UNPACKED).rglob("*") if p.is_file())
        return
    yield from filter(None, (*label_files(root), identity_file(root)))
    directory, present = find_images(root)
    yield from present.told  # no paths: they stand for what is no image of these
    yield from present.lists
    with os.scandir(root) as entries:
        yield from sorted(e.path for e in entries if not is_image(e.name) and not e.is_dir())
    begin = str(directory / "_")[:-1]
    yield from (begin + name for name in present.names)


def _ours() -> Iterator[str]:
    """All that this program consists of."""
    for place in (TEMPLATES, *(house / name for name, house in HOUSES.items())):
        for folder, below, names in os.walk(place):
            below[:] = sorted(name for name in below if name != "__pycache__")
            yield from (os.path.join(folder, name) for name in sorted(names))  # noqa: PTH118


def _installed() -> list[str]:
    """Packages, with their versions."""
    places = [place for place in sys.path if os.path.isdir(place)]  # noqa: PTH112
    names = chain.from_iterable(map(os.listdir, places))
    return sorted(name for name in names if name.endswith(ENDS))
