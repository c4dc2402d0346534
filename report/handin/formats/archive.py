"""Many files in one."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

PACKED = (".png", ".pdf", ".gif", ".docx")
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time stamp of every file in an archive: the earliest that a .zip can hold, so that bytes
repeat."""


def archive(files: Mapping[str, bytes | Path]) -> bytes:
    """A .zip of `files`, the same bytes every time; what is compressed already is stored as it
    is.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compresslevel=9) as written:
        for name, source in files.items():
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.external_attr = 0o644 << 16
            entry.compress_type = (
                zipfile.ZIP_STORED if name.endswith(PACKED) else zipfile.ZIP_DEFLATED
            )
            written.writestr(entry, source if isinstance(source, bytes) else source.read_bytes())
    return buffer.getvalue()
