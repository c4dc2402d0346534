"""One thread a task: what is computed does not depend on how many cores there are; and what tasks
held goes back to the system.

Linear algebra in several threads adds its terms up in another order, which rounds otherwise; with
one thread there is one order. Cores are used by doing tasks side by side.
"""

from __future__ import annotations

import ctypes
import os
import platform
import sys
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

VARIABLES = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS",
)  # fmt: skip
"""What the libraries read that are loaded while a build runs."""

MALLOC = ((-1, 32 << 20), (-3, 32 << 20), (-8, 2))
"""M_TRIM_THRESHOLD and M_MMAP_THRESHOLD, bytes, and M_ARENA_MAX, of glibc's <malloc.h>."""

MEMORY, GROUP = Path("/proc/meminfo"), Path("/sys/fs/cgroup")
"""Where Linux tells what is free, and what a container may take."""

SIDE_BY_SIDE = 4
"""Tasks at most: each holds a few hundred frames in memory."""


def cores() -> int:
    """How many cores this process may use: a cluster or a container may give it few of many."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def free_memory() -> int | None:
    """Bytes that this process may take besides: a container may give it few of many. None where
    the system does not say.
    """
    free = []
    with suppress(OSError, KeyError):
        free.append(1024 * _numbers(MEMORY)["MemAvailable:"])
    with suppress(OSError, KeyError, ValueError):  # "max" where there is no limit
        limit, used = (int((GROUP / f"memory.{of}").read_text()) for of in ("max", "current"))
        files = _numbers(GROUP / "memory.stat")  # read before, and let go of when need be
        free.append(max(0, limit - used + files["active_file"] + files["inactive_file"]))
    return min(free, default=None)


def _numbers(path: Path) -> dict[str, int]:
    """The number behind the first word of each line."""
    words = (line.split() for line in path.read_text(encoding="ascii").splitlines())
    return {word: int(number) for word, number, *_ in words}


@contextmanager
def side_by_side(tasks: int) -> Iterator[Executor]:
    """Threads for so many tasks, a core each; those that have not begun when one fails are
    dropped. In the end what they held is given back.
    """
    with ThreadPoolExecutor(max(1, min(cores(), SIDE_BY_SIDE, tasks))) as pool:
        try:
            yield pool
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    give_back()


def hold_little() -> None:
    """Have the C library give large arrays back to the system when they are freed. By itself glibc
    keeps up to 32 MB of each kind, a heap a thread: a build would hold half as much again.
    """
    if library := _glibc():
        for parameter, value in MALLOC:
            library.mallopt(parameter, value)


def give_back() -> None:
    """Give back what is free now, also between what is still in use: the small results of many
    tasks would hold as much again as all tasks at work.
    """
    if library := _glibc():
        library.malloc_trim(0)


@cache
def _glibc() -> ctypes.CDLL | None:
    return ctypes.CDLL(None) if platform.libc_ver()[0] == "glibc" else None


@contextmanager
def one_thread_each() -> Iterator[None]:
    """Have linear algebra and networks use one thread, also in libraries that are loaded
    meanwhile; what a notebook had set holds again afterwards.
    """
    from threadpoolctl import threadpool_limits

    before = {name: os.environ.get(name) for name in VARIABLES}
    torch = sys.modules.get("torch")
    threads = torch.get_num_threads() if torch else cores()
    os.environ |= dict.fromkeys(VARIABLES, "1")
    if torch:
        torch.set_num_threads(1)
    try:
        with threadpool_limits(1, "blas"):
            yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
        if torch := sys.modules.get("torch"):
            torch.set_num_threads(threads)


def use_one_thread() -> None:
    """Have torch use one thread, whatever a person's module asked it for when it was loaded."""
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(1)
