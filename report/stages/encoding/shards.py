"""Images shared out among processes: each encodes whole shards, and one joins them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ...engine.context import Context
from ...engine.hashing import digest
from .batches import BATCHES, batches_of
from .encode import encode_into
from .growing import GrowingCodes, pictured
from .ranks import ALONE, Ranks

STAGE = "shards"


@dataclass(frozen=True)
class Shard:
    """Files `first` to `stop`, and the key of their codes in the store."""

    first: int
    stop: int
    key: str


def shards(context: Context, key: str, count: int) -> list[Shard]:
    """The shards of `count` files whose codes have the key `key`."""
    size = BATCHES * context.config.batch
    firsts = range(0, count, size)
    return [Shard(n, min(n + size, count), digest(key, n, size)) for n in firsts]


def encode_shards(context: Context, key: str, paths: Sequence[Path], ranks: Ranks = ALONE) -> None:
    """Encode this process's share of the shards that are not in the store yet."""
    kept, store, batches = pictured(len(paths)), context.store, batches_of(context, len(paths))
    missing = [s for s in shards(context, key, len(paths)) if not store.has(STAGE, s.key)]
    ranks.wait()  # all look before any of them adds one
    for shard in missing[ranks.rank :: ranks.count]:

        def make(part: Path, shard: Shard = shard) -> None:
            files = slice(shard.first, shard.stop)
            encode_into({part: context}, paths[files], kept[files], batches)

        store.artifact(STAGE, shard.key, make, resume=True)


def join_shards(context: Context, key: str, paths: Sequence[Path], part: Path) -> bool:
    """Have `part` hold what one process would have written, where the images were shared out;
    whether they were. Shards that a process left undone are done here.
    """
    several = shards(context, key, len(paths))
    if not any(context.store.has(STAGE, shard.key) for shard in several):
        return False
    encode_shards(context, key, paths)
    kept = pictured(len(paths))
    whole = GrowingCodes(part, kept)
    for shard in several:
        folder = context.store.root / STAGE / shard.key
        whole.join(GrowingCodes.resume(folder, kept[shard.first : shard.stop]))
    whole.save()
    return True
