"""Processes that work while the build goes on: matplotlib draws one figure at a time in each, and
where there are many cores they decode images.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import cached_property
from multiprocessing import active_children, get_context, parent_process
from threading import Thread
from types import TracebackType
from typing import TypeVar

from .threads import cores, give_back

T = TypeVar("T")

COUNT = min(16, cores())
DECODING = 4
"""Of more cores than these, processes decode: so many threads get in each other's way."""
LINUX = sys.platform == "linux"


class Workers:
    """Processes that are started when they get work, or by `prepare`; they end with the block.

    Forking is quick, but not safe once torch has started its threads; elsewhere than on Linux,
    never. A process that is not forked loads everything anew and runs the person's own script
    again, so one thread draws where `apart` is False (a script or a notebook), and where torch
    stands in the way of forking.
    """

    def __init__(self, apart: bool = True) -> None:
        self._apart = apart

    @cached_property
    def _pool(self) -> Executor | None:
        """None where a system has no shared memory (no /dev/shm in a small container)."""
        if not self._apart or (LINUX and not may_fork()):
            return ThreadPoolExecutor(1)
        context = get_context("fork" if LINUX else "spawn")
        try:
            return ProcessPoolExecutor(COUNT, context, initializer=_end_with_parent)
        except (OSError, ImportError, NotImplementedError):
            return None

    @property
    def processes(self) -> int:
        """How many jobs are done side by side without getting in each other's way."""
        return COUNT if isinstance(self._pool, ProcessPoolExecutor) else 1

    def prepare(self) -> None:
        """Start those that decode while forking is safe: to be called before torch is loaded."""
        if self._apart and COUNT > DECODING and may_fork():
            self._begin(os.getpid)

    def submit(self, job: Callable[[], T]) -> Callable[[], T]:
        """Have a job done; what is returned waits for its result.

        A job whose process could not be started, or was killed for want of memory, is done by this
        one.
        """
        future = self._begin(job)

        def result() -> T:
            try:
                return job() if future is None else future.result()
            except BrokenProcessPool:
                return job()

        return result

    def _begin(self, job: Callable[[], T]) -> Future[T] | None:
        try:
            return None if self._pool is None else self._pool.submit(_done, job)
        except (OSError, BrokenProcessPool):  # no more processes or memory
            return None

    def __enter__(self) -> Workers:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        pool = self.__dict__.get("_pool")
        if pool and error:  # nobody waits for what is still drawn
            pool.shutdown(wait=False, cancel_futures=True)
            for process in active_children() if self._apart else ():
                process.terminate()
        elif pool:
            pool.shutdown()


def _done(job: Callable[[], T]) -> T:
    """Do a job, and give back to the system what it held: the next one may be another's."""
    try:
        return job()
    finally:
        give_back()


def may_fork() -> bool:
    """Whether a fork of this process can use all that it has loaded."""
    return LINUX and "torch" not in sys.modules


def _end_with_parent() -> None:
    """A worker whose build was killed would wait for work for ever; and it ends at SIGTERM, of
    which the build tells.
    """
    signal.signal(signal.SIGTERM, signal.SIG_DFL)

    def watch() -> None:
        if parent := parent_process():
            parent.join()
            os._exit(1)

    Thread(target=watch, daemon=True).start()
