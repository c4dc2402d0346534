"""A process that goes ahead of the build: it computes what the store lacks and ends, and what it
had to load ends with it.

torch alone holds half a gigabyte, of which nothing is needed any more when figures are drawn.
"""

from __future__ import annotations

import ctypes
import os
import pickle
import signal
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing import Pipe, active_children
from multiprocessing.connection import Connection
from typing import NoReturn

from .console import Console
from .processes.workers import may_fork
from .store import Store

DEATH = 1
"""PR_SET_PDEATHSIG of Linux's <sys/prctl.h>."""


@contextmanager
def computed_ahead(store: Store, console: Console) -> Iterator[None]:
    """Have another process do what stands in this block, from the first result on that is not in
    the store; this one waits for it there, and then reads what it left, without telling it again.

    Raises
    ------
    MemoryError
        The system ended the other process.
    """
    ahead = _Ahead(store, console)
    store.missing = ahead.begin
    try:
        yield
    except BaseException as error:
        ahead.end(error)
        raise
    else:
        ahead.end(None)
    finally:
        store.missing = None
        console.quiet = False


class _Ahead:
    """Either of the two processes: `_back` is where the one that goes ahead answers."""

    def __init__(self, store: Store, console: Console) -> None:
        self._store, self._console = store, console
        self._begun = False
        self._back: Connection | None = None

    def begin(self) -> bool:
        """To be called where a result is missing. True where the process that went ahead has made
        it meanwhile; where there can be none, this one makes it.
        """
        if self._begun or not may_fork():
            return False
        self._begun = True
        answer, back = Pipe(duplex=False)
        parent = os.getpid()
        sys.stdout.flush()
        sys.stderr.flush()
        try:
            child = os.fork()
        except OSError:  # no more processes or memory
            return False
        if child:
            back.close()
            self._store.found |= _wait(child, answer)
            self._console.quiet = True
            return True
        answer.close()
        self._back = back
        _end_with(parent)
        return False

    def end(self, error: BaseException | None) -> None:
        """End the process that went ahead, and have the other raise what stopped it."""
        if self._back:
            _leave(self._back, _pickled(error, self._store.found))


def _wait(child: int, answer: Connection) -> dict[str, str]:
    """Wait for the process that goes ahead, for what it found; raise what it ends with."""
    try:
        with suppress(EOFError):
            error, found = pickle.loads(answer.recv_bytes())
            if error is not None:
                raise error
            return dict(found)
    except KeyboardInterrupt:  # by Ctrl+C it was told as well, but not by SIGTERM
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGTERM)
        raise
    finally:
        status = os.waitpid(child, 0)[1]
    if os.WTERMSIG(status) == signal.SIGKILL:  # as a system does that is short of memory
        raise MemoryError
    raise RuntimeError(f"the process that computes ended by itself (wait status {status})")


def _end_with(parent: int) -> None:
    """Have the system end this process with its parent, however that ends."""
    ctypes.CDLL(None).prctl(DEATH, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _leave(back: Connection, content: bytes) -> NoReturn:
    """Answer and end: Python would take more than a second to take torch down."""
    for process in active_children():
        process.terminate()
    with suppress(OSError):  # nobody waits for it any more
        back.send_bytes(content)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _pickled(error: BaseException | None, found: dict[str, str]) -> bytes:
    """What was found, or an error as the other process raises it, with where it arose."""
    if error is None:
        return pickle.dumps((None, found))
    told = "".join(traceback.format_exception(error))
    error.add_note(f"In the process that computed:\n{told}")
    try:
        content = pickle.dumps((error, found))
        pickle.loads(content)
    except Exception:
        return pickle.dumps((RuntimeError(told), found))
    return content
