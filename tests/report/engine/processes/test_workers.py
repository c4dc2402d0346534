"""Figures are drawn wherever processes can be had, and where they cannot."""

from __future__ import annotations

import os
import signal
import time
from functools import partial
from multiprocessing import active_children
from multiprocessing.connection import wait

import pytest

from featamp.errors import InputError
from report.engine.processes import workers
from report.engine.processes.workers import Workers


def end_at_once(parent: int) -> int:
    """In a worker, what a kernel short of memory does to it."""
    if os.getpid() != parent:
        os._exit(1)
    return os.getpid()


def test_without_shared_memory_this_process_does_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object, **named: object) -> None:
        raise FileNotFoundError(2, "No such file or directory")  # as without /dev/shm

    monkeypatch.setattr(workers, "ProcessPoolExecutor", refuse)
    with Workers() as pool:
        pool.prepare()
        assert pool.submit(os.getpid)() == os.getpid()


def test_a_job_whose_process_was_killed_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "LINUX", False)  # torch is loaded: no forking
    with Workers() as pool:
        jobs = [pool.submit(partial(end_at_once, os.getpid())) for _ in range(3)]
        assert [job() for job in jobs] == [os.getpid()] * 3


def test_one_thread_draws_where_torch_stands_in_the_way_of_forking() -> None:
    import torch  # noqa: F401

    with Workers() as pool:
        pool.prepare()
        assert pool.submit(os.getpid)() == os.getpid()


def test_an_error_waits_for_nothing_that_is_still_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "LINUX", False)  # torch is loaded: no forking
    start = time.monotonic()
    with pytest.raises(InputError), Workers() as pool:
        pool.submit(partial(time.sleep, 90))
        (process,) = active_children()
        raise InputError("the images are no images")
    assert wait([process.sentinel], 60) and time.monotonic() - start < 60


def test_a_worker_ends_at_sigterm_whatever_the_build_does_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(workers, "may_fork", lambda: True)
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with Workers() as pool:
            assert pool.submit(partial(signal.getsignal, signal.SIGTERM))() == signal.SIG_DFL
    finally:
        signal.signal(signal.SIGTERM, before)
