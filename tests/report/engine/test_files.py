"""What files hold: read no more often than is sure, and never mistaken for another file."""

from __future__ import annotations

import builtins
import io
import os
import shutil
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from featamp.errors import InputError
from report.engine import files
from report.engine.disk import write_checked
from report.engine.files import Files, content_hash
from report.stages.images import read_images
from tests.conftest import load_config, stage_context, tiny_celeba

A_YEAR = (1_700_000_000, 1_700_000_000)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that counts as settled as soon as the clock has moved on."""
    monkeypatch.setattr(files, "SETTLED_NS", 0)
    path = tmp_path / "image.jpg"
    path.write_bytes(b"one")
    os.utime(path, A_YEAR)
    time.sleep(0.02)
    return path


def read(path: Path) -> str:
    """What a new build sees, and keeps."""
    known = Files(path.with_name("files.json"))
    content = known.hash(path)
    known.save()
    return content


def test_a_settled_file_is_not_read_again(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = read(path)
    monkeypatch.setattr(files, "content_hash", lambda path: "read again")
    assert read(path) == first


def test_a_file_of_another_size_or_time_is_read_again(path: Path) -> None:
    first = read(path)
    path.write_bytes(b"two")
    second = read(path)
    path.write_bytes(b"three")
    os.utime(path, A_YEAR)
    assert len({first, second, read(path)}) == 3


@pytest.mark.parametrize("how", ["in place", "moved over", "copied with its times"])
def test_another_file_of_the_same_size_and_time_is_read(path: Path, how: str) -> None:
    first, other = read(path), path.with_name("other")
    other.write_bytes(b"two")
    os.utime(other, A_YEAR)
    if how == "in place":
        path.write_bytes(b"two")
        os.utime(path, A_YEAR)
    elif how == "moved over":
        other.replace(path)
    else:
        shutil.copy2(other, path)
    assert path.stat().st_mtime == A_YEAR[1] and path.stat().st_size == 3
    assert read(path) != first


def test_the_folder_one_stands_in_is_a_folder(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    known = Files(path.with_name("files.json"))
    list(known.hash_all(Path(), [path.name], lambda name, content: None))
    known.verify([Path() / path.name])


def test_a_very_young_file_is_not_trusted(tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    path.write_bytes(b"one")
    first = read(path)
    assert Files(tmp_path / "files.json")._index == {} and read(path) == first


def test_a_file_that_changes_after_it_was_hashed_is_told(path: Path) -> None:
    known = Files(path.with_name("files.json"))
    known.hash(path)
    known.verify([path])
    for content in (b"two", b"one"):  # and back again: nobody knows which of them was read
        path.write_bytes(content)
        os.utime(path, A_YEAR)
        with pytest.raises(InputError, match=r"image\.jpg changed while the build read it"):
            known.verify([path])
    path.unlink()
    with pytest.raises(InputError, match="changed while"):
        known.verify([path])


def test_a_file_that_its_system_numbers_anew_is_the_same(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, stamp = Files(path.with_name("files.json")), files.file_stamp
    known.hash(path)
    monkeypatch.setattr(files, "file_stamp", lambda path: f"{files.written(stamp(path))} 7 7")
    known.verify([path])


def test_an_index_of_an_earlier_version_only_costs_reading_again(path: Path) -> None:
    earlier = {"files": {str(path): [[3, 1, 1, 1, 1], "0" * 32]}}
    write_checked(path.with_name("files.json"), earlier)
    assert read(path) == content_hash(path)


def test_the_index_forgets_what_is_gone(path: Path) -> None:
    read(path)
    path.unlink()
    known = Files(path.with_name("files.json"))
    known.save()
    assert Files(path.with_name("files.json"))._index == {}


@pytest.mark.parametrize("damage", ["", '{"a": [1', "[1, 2]", "flip"])
def test_a_damaged_index_only_costs_reading_again(path: Path, damage: str) -> None:
    first = read(path)
    index = path.with_name("files.json")
    index.write_text(index.read_text().replace(first, "0" * 32) if damage == "flip" else damage)
    assert read(path) == first


def test_an_image_is_opened_once_for_its_hash_and_its_head(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny_celeba(tmp_path / "faces", 10)
    min((tmp_path / "faces/img_align_celeba").iterdir()).write_bytes(b"no image")
    config = tmp_path / "report.toml"
    config.write_text(
        '[model]\ncheckpoint = "x.pt"\n[data]\nroot = "faces"\n[sweep]\nsamples = 2\n'
    )
    counts, plain = Counter[str](), io.open

    def counting(file: Any, *args: Any, **options: Any) -> Any:  # noqa: ANN401  as `open` is
        counts[str(file)] += str(file).endswith(".jpg")
        return plain(file, *args, **options)

    for place in (io, builtins):
        monkeypatch.setattr(place, "open", counting)
    monkeypatch.setattr(files, "SETTLED_NS", -(10**18))  # the images were written just now
    headers = [
        read_images(stage_context(tmp_path / "store", load_config(config)))[0].headers
        for _ in range(2)
    ]
    assert [*(+counts).values()] == 10 * [1] and headers[0] == headers[1]
    shutil.rmtree(tmp_path / "store/headers")  # as of another version, which looks anew
    again = read_images(stage_context(tmp_path / "store", load_config(config)))[0].headers
    assert [*(+counts).values()] == 10 * [2] and again == headers[0]
