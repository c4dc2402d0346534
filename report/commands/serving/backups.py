"""Copies of a person's file as it was before each save: all of the last ones, then the fewer the
older.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ...engine.disk import write_atomically

LATEST = 20
"""So many are kept whatever their age."""
SPANS = (
    (timedelta(days=1), "%Y-%m-%d %H"),
    (timedelta(days=30), "%Y-%m-%d"),
    (timedelta.max, "%Y-%m"),
)
"""Of an age below each, the last one of every hour, day or month."""
NAME = "%Y-%m-%dT%H-%M-%S.%fZ"


def keep_copy(path: Path, now: datetime) -> None:
    """Copy a file into the folder `<name>.backups` beside it, and thin what is there.

    Parameters
    ----------
    now : the time, in UTC.
    """
    folder = path.with_name(f"{path.stem}.backups")
    write_atomically(folder / f"{now.strftime(NAME)}{path.suffix}", path.read_bytes(), like=path)
    copies = {when: copy for copy in folder.iterdir() if (when := _moment(copy, path.suffix))}
    for when in copies.keys() - worth_keeping(copies, now):
        copies[when].unlink()


def worth_keeping(moments: Iterable[datetime], now: datetime) -> set[datetime]:
    """Which of the copies made at these moments are kept: all that a clock that was fast has put
    later than now, which else would count as the last ones.
    """
    newest_first = sorted(moments, reverse=True)
    later = [when for when in newest_first if when > now]
    newest_first = newest_first[len(later) :]
    last: dict[str, datetime] = {}
    for when in newest_first:
        form = next(form for limit, form in SPANS if now - when < limit)
        last.setdefault(when.strftime(form), when)
    return {*later, *newest_first[:LATEST], *last.values()}


def _moment(copy: Path, suffix: str) -> datetime | None:
    """When a copy was made; None for a file that is none of ours."""
    try:
        return datetime.strptime(copy.name, f"{NAME}{suffix}").replace(tzinfo=UTC)
    except ValueError:
        return None
