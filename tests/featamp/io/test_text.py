"""Files of text as systems write them."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import shlex
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from featamp.errors import InputError
from featamp.io.celeba.folder import open_folder
from featamp.io.celeba.lists import read_attributes
from featamp.io.files.table import read_table
from featamp.io.files.text import read_text
from tests.conftest import load_config

TEXT = "file,fröhlich\na.png,1\nb.png,0\n"


@pytest.mark.parametrize("form", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_what_says_how_it_is_written_is_read(tmp_path: Path, form: str) -> None:
    (tmp_path / "labels.csv").write_bytes(TEXT.encode(form))
    assert read_text(tmp_path / "labels.csv") == TEXT
    big = b"\xfe\xff" + TEXT.encode("utf-16-be")
    (tmp_path / "labels.csv").write_bytes(big)
    assert read_text(tmp_path / "labels.csv") == TEXT


def test_what_is_called_alike_is_named_where_there_is_nothing(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text(TEXT)
    (tmp_path / "Bilder").mkdir()
    with pytest.raises(
        InputError, match=r"label\.csv: no such file; did you mean 'labels\.csv'\?"
    ):
        read_text(tmp_path / "label.csv")
    with pytest.raises(InputError, match=r"no such folder .*; did you mean 'Bilder'\?"):
        open_folder(tmp_path / "Bildr")
    with pytest.raises(InputError, match=r"no such file$"):
        read_text(tmp_path / "absent/other.txt")


def tarred(text: bytes) -> bytes:
    member, file = tarfile.TarInfo("labels.csv"), io.BytesIO()
    member.size = len(text)
    with tarfile.open(fileobj=file, mode="w") as archive:
        archive.addfile(member, io.BytesIO(text))
    return file.getvalue()


@pytest.mark.parametrize(
    ("pack", "kind"),
    [
        (gzip.compress, "a packed file"),
        (bz2.compress, "a packed file"),
        (lzma.compress, "a packed file"),
        (tarred, "a tar file"),
    ],
)
def test_a_table_that_is_packed_is_told(
    pack: Callable[[bytes], bytes], kind: str, tmp_path: Path
) -> None:
    (tmp_path / "labels").write_bytes(pack(TEXT.encode()))
    with pytest.raises(InputError, match=f"no text, but {kind}: unpack it"):
        read_text(tmp_path / "labels")


@pytest.mark.parametrize(
    "read", [lambda p: read_table(p, ["a.png"]), read_attributes, load_config]
)
@pytest.mark.parametrize("form", ["latin-1", "utf-16-le", "utf-16-be"])
def test_the_command_that_is_named_makes_it_readable(
    tmp_path: Path, form: str, read: Callable[[Path], object]
) -> None:
    path = tmp_path / "list attr.csv"
    path.write_bytes(TEXT.encode(form))
    with pytest.raises(InputError, match="not in UTF-8, but in") as error:
        read(path)
    command = str(error.value).split("`")[1]
    assert shlex.split(command)[0] == "iconv"
    subprocess.run(command, shell=True, check=True, cwd=tmp_path)
    assert read_text(tmp_path / "utf8") == TEXT


@pytest.mark.parametrize("rows", [1, 500])
def test_zeros_at_the_end_are_told_with_the_command_that_takes_them_off(
    tmp_path: Path, rows: int
) -> None:
    (tmp_path / "labels.csv").write_bytes((TEXT * rows).encode() + b"\0" * 700)
    with pytest.raises(InputError, match=r"700 zeros at its end, .* not written whole") as error:
        read_text(tmp_path / "labels.csv")
    command = str(error.value).split("`")[1]
    subprocess.run(command, shell=True, check=True, cwd=tmp_path)
    assert read_text(tmp_path / "whole") == TEXT * rows


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PK\x03\x04\x14\x00", "no text, but an Excel workbook"),
        (b"PAR1\x15\x00", "no text, but a Parquet file"),
        (b"\x00\x00\x01\x00\x00\x01", "no text in UTF-8; save it as such"),
        (b"\x81\x8d caf", "no text in UTF-8; save it as such"),
    ],
)
def test_what_is_no_text_is_said_to_be_what_it_is(
    tmp_path: Path, content: bytes, said: str
) -> None:
    (tmp_path / "labels.csv").write_bytes(content)
    with pytest.raises(InputError, match=said):
        read_table(tmp_path / "labels.csv", ["a.png"])
