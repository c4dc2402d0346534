"""`python -m report encode`: the codes alone; of several processes that `torchrun` started, each
takes its share of the images.
"""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

from ..engine.console import Console
from ..engine.context import Context
from ..engine.hashing import run_from_source
from ..engine.locks import lock
from ..engine.processes.threads import one_thread_each
from ..engine.processes.workers import Workers
from ..engine.store import STORE, Store
from ..inputs.config import load_configs
from ..stages.codes import codes_key, encode_all
from ..stages.encoding.ranks import Ranks, joined
from ..stages.encoding.shards import encode_shards
from ..stages.images import Dataset, read_images
from .share import share_sweeps
from .unpacked import unpacked


@one_thread_each()
@run_from_source()
def encode(config_path: Path, console: Console, sweeps: bool = False) -> bool:
    """Encode the images of a config by each of its models, for the builds that follow.

    Parameters
    ----------
    sweeps : whether several processes share the screening and the sweeps, too.

    Returns
    -------
    Whether this process is the only one or the first, which goes on.

    Raises
    ------
    InputError
        The config, the data or the model is wrong.
    """
    configs = load_configs(config_path)
    root = configs[0].folder / STORE
    root.mkdir(exist_ok=True)
    with Workers() as workers:
        workers.prepare()
        with joined() as ranks, nullcontext() if ranks.rank else lock(root / "lock", str(root)):
            store = Store(root, console.line, keeps_index=not ranks.rank)
            if ranks.rank:
                ranks.wait()  # the first one reads the images, and says what they hold
            contexts = [Context(unpacked(one, store), store, console, workers) for one in configs]
            dataset, _ = read_images(contexts[0], screened=sweeps)
            if not ranks.rank:
                ranks.wait()
            if ranks.count > 1:
                _share(contexts, dataset, ranks)
            if not ranks.rank:
                _encode(contexts, dataset)
            if sweeps and ranks.count > 1:
                ranks.wait()
                for context in contexts:
                    with context.told():
                        share_sweeps(context, dataset, ranks)
            return not ranks.rank


def _share(contexts: list[Context], dataset: Dataset, ranks: Ranks) -> None:
    """Have this process encode its share of the images, and wait for the others."""
    paths = dataset.paths(range(len(dataset.folder.names)))
    for context in contexts:
        key = codes_key(context, dataset)
        if not context.store.has("codes", key):
            with context.told():
                encode_shards(context, key, paths, ranks)
    ranks.wait()


def _encode(contexts: list[Context], dataset: Dataset) -> None:
    """Encode what is left, and tell each model's codes."""
    made = zip(contexts, encode_all(contexts, dataset), strict=True)
    for context, (codes, artifact) in made:
        detail = f"{context.config.name} {len(codes.mu)} x {codes.dims}".strip()
        context.console.stage("codes", artifact.seconds, artifact.cached, detail)
