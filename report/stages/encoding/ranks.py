"""Processes of one build that `torchrun` has started side by side."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from featamp.errors import InputError

PATIENCE = timedelta(days=7)
"""For how long one waits for the others; `torchrun` ends all where one has died."""


@dataclass(frozen=True)
class Ranks:
    """Which of how many this process is; the first one, 0, does what is done once."""

    rank: int = 0
    count: int = 1

    def wait(self) -> None:
        """Wait until all have come here.

        Raises
        ------
        InputError
            One of them has died.
        """
        if self.count > 1:
            from torch import distributed

            try:
                distributed.barrier()
            except RuntimeError as error:  # gloo's, of a connection that was closed
                raise InputError(
                    f"process {self.rank} waited for another that has ended; what is whole is"
                    f" kept, and the next run takes up the rest"
                ) from error


ALONE = Ranks()


@contextmanager
def joined() -> Iterator[Ranks]:
    """The place of this process among those of `torchrun`; alone without it.

    They exchange nothing but when to go on, for which gloo serves on CPUs and GPUs: what they make
    goes through the store.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) < 2:
        yield ALONE
        return
    import torch
    from torch import distributed

    distributed.init_process_group("gloo", timeout=PATIENCE)
    if cards := torch.cuda.device_count():
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]) % cards)
    try:
        yield Ranks(distributed.get_rank(), distributed.get_world_size())
    finally:
        distributed.destroy_process_group()
