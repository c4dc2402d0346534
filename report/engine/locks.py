"""One build, or one training run, at a time."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from featamp.errors import InputError

NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL)
"""What a file system answers that has no locks."""


@contextmanager
def lock(path: Path, place: str, holder: str = "build") -> Iterator[None]:
    """Hold the file at `path` alone; it is gone afterwards.

    Parameters
    ----------
    place : what is held, as the person names it.
    holder : what another process is that may hold it.

    Raises
    ------
    InputError
        Another one holds it, or its file system has no locks.
    """
    descriptor = _hold(path, place, holder)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)  # while it is held: who waits for it sees that it went
        os.close(descriptor)


def _hold(path: Path, place: str, holder: str) -> int:
    import fcntl

    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            # unlike flock, not held on by forked workers
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if path.exists() and os.path.samestat(os.fstat(descriptor), path.stat()):
                with suppress(OSError):  # on a full disk nobody is told who it is
                    os.ftruncate(descriptor, 0)  # a process that was killed has left its number
                    os.write(descriptor, str(os.getpid()).encode())
                return descriptor
        except OSError as error:
            number = os.pread(descriptor, 20, 0)
            os.close(descriptor)
            if isinstance(error, BlockingIOError | PermissionError):
                told = f" (process {number.decode()})" if number.isdigit() else ""
                raise InputError(
                    f"{place}: another {holder} is using it{told}; wait for it to end"
                ) from None
            if error.errno in NO_LOCKS:
                raise InputError(
                    f"{place}: its file system has no locks ({error.strerror}), so two at once"
                    f" could spoil each other's work; put it on a disk of this machine"
                ) from None
            raise
        os.close(descriptor)  # another one ended meanwhile and took the file with it
