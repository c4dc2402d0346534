"""One build at a time."""

from __future__ import annotations

from pathlib import Path
from typing import TextIO

from featamp.errors import InputError


def lock(root: Path) -> TextIO:
    """Hold the store for this build, as long as the file is open; InputError where another build
    holds it.
    """
    import fcntl

    root.mkdir(parents=True, exist_ok=True)
    file = (root / "lock").open("w")
    try:
        fcntl.lockf(
            file, fcntl.LOCK_EX | fcntl.LOCK_NB
        )  # unlike flock, not held on by forked workers
    except (BlockingIOError, PermissionError):
        file.close()
        raise InputError(
            f"{root}: another build is using this store; wait for it to end"
        ) from None
    return file
