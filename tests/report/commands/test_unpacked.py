"""A data set in Parquet or tar files is what the same images in a folder are."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from featamp.errors import InputError
from featamp.io.celeba.lists import read_attributes
from report.commands.line import main
from report.commands.unpacked import unpacked
from report.engine.places import PROJECT
from report.engine.store import Store
from report.stages.codes import encode_images
from report.stages.images import read_images
from tests.conftest import load_config, project, stage_context


def pack(faces: Path) -> Path:
    """A CelebA folder as one Parquet file beside it, in place of it."""
    table = read_attributes(faces / "list_attr_celeba.txt")
    paths = sorted((faces / "img_align_celeba").iterdir())
    images = [{"bytes": path.read_bytes(), "path": path.name} for path in paths]
    rows = [table.rows[path.name] for path in paths]
    labels = {name: table.values[rows, n] for n, name in enumerate(table.names)}
    packed = faces.with_suffix(".parquet")
    pq.write_table(pa.table({"image": images, **labels}), packed)
    shutil.rmtree(faces)
    return packed


def test_codes_and_labels_are_those_of_the_folder_and_it_is_unpacked_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = project(tmp_path)
    config = load_config(path)
    before = stage_context(tmp_path / "before", config)
    dataset, _ = read_images(before)
    codes, _ = encode_images(before, dataset)
    packed = pack(tmp_path / "faces")
    path.write_text(path.read_text().replace('"faces"', '"faces.parquet"'))

    assert main(["check", "--config", str(path)]) == 0
    assert "40 used" in capsys.readouterr().out
    store = Store(tmp_path / ".featamp")
    now = unpacked(load_config(path), store)
    assert now.data.root.name == "faces" and now.data.root.is_relative_to(store.root)
    written = {file: file.stat().st_mtime_ns for file in now.data.root.iterdir()}
    again = stage_context(tmp_path / "again", now)
    dataset_now, _ = read_images(again)
    np.testing.assert_array_equal(encode_images(again, dataset_now)[0].mu, codes.mu)
    assert dataset_now.folder.attribute_names == dataset.folder.attribute_names
    np.testing.assert_array_equal(dataset_now.folder.attributes, dataset.folder.attributes)
    assert unpacked(load_config(path), Store(tmp_path / ".featamp")) == now
    assert {file: file.stat().st_mtime_ns for file in now.data.root.iterdir()} == written

    store.prune(0)
    assert now.data.root.is_dir()  # no result: nobody else has the images
    table = pq.read_table(packed)
    pq.write_table(table.slice(0, 30), packed)
    other = unpacked(load_config(path), Store(tmp_path / ".featamp"))
    assert other.data.root != now.data.root
    assert replace(other, data=now.data) == now


def pack_as_tar(faces: Path) -> None:
    """A CelebA folder as tar files of 15 samples in a folder, in place of it."""
    table = read_attributes(faces / "list_attr_celeba.txt")
    paths = sorted((faces / "img_align_celeba").iterdir())
    members = []
    for path in paths:
        said = zip(table.names, table.values[table.rows[path.name]].tolist(), strict=True)
        members.append((f"{path.stem}.json", json.dumps(dict(said)).encode()))
        members.append((path.name, path.read_bytes()))
    shutil.rmtree(faces)
    faces.mkdir()
    for first in range(0, len(members), 30):
        with tarfile.open(faces / f"train-{first:06d}.tar", "w") as archive:
            for name, content in members[first : first + 30]:
                told = tarfile.TarInfo(name)
                told.size = len(content)
                archive.addfile(told, io.BytesIO(content))


def test_tar_files_give_the_codes_and_labels_of_the_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = project(tmp_path)
    before = stage_context(tmp_path / "before", load_config(path))
    dataset, _ = read_images(before)
    codes, _ = encode_images(before, dataset)
    pack_as_tar(tmp_path / "faces")
    assert main(["check", "--config", str(path)]) == 0
    assert "40 used" in capsys.readouterr().out
    now = unpacked(load_config(path), Store(tmp_path / ".featamp"))
    again = stage_context(tmp_path / "again", now)
    dataset_now, _ = read_images(again)
    np.testing.assert_array_equal(encode_images(again, dataset_now)[0].mu, codes.mu)
    assert dataset_now.folder.names == dataset.folder.names
    assert dataset_now.folder.attribute_names == dataset.folder.attribute_names
    np.testing.assert_array_equal(dataset_now.folder.attributes, dataset.folder.attributes)
    parts = dataset_now.folder.partition
    assert parts is not None and set(parts.tolist()) == {0}


@pytest.mark.parametrize(
    "change",
    [
        Path.unlink,
        lambda image: image.write_bytes(b""),
        lambda image: image.rename(image.with_name("other.jpg")),
        lambda image: (image.parent / "list_eval_partition.csv").unlink(),
        lambda image: shutil.rmtree(image.parent),
    ],
    ids=["one less", "one empty", "another name", "a table less", "no folder"],
)
def test_what_was_unpacked_and_is_no_longer_there_is_unpacked_again(
    tmp_path: Path, change: Callable[[Path], object]
) -> None:
    path = project(tmp_path)
    pack_as_tar(tmp_path / "faces")
    root = unpacked(load_config(path), Store(tmp_path / ".featamp")).data.root
    before = {file.name: file.read_bytes() for file in root.iterdir()}
    change(root / "000007.jpg")
    assert unpacked(load_config(path), Store(tmp_path / ".featamp")).data.root == root
    assert {file.name: file.read_bytes() for file in root.iterdir()} == before


def test_what_a_command_that_was_killed_has_left_is_cleared_and_one_alone_unpacks(
    tmp_path: Path,
) -> None:
    path, store = project(tmp_path), Store(tmp_path / ".featamp")
    pack(tmp_path / "faces")
    path.write_text(path.read_text().replace('"faces"', '"faces.parquet"'))
    left = tmp_path / ".featamp/unpacked/other.part/faces/1.png"
    left.parent.mkdir(parents=True)
    left.touch()
    hold = (
        "import sys; from pathlib import Path; from report.engine.locks import lock;\n"
        "with lock(Path(sys.argv[1]), 'there'): print(flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold, left.parents[2] / "lock"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=PROJECT,
    ) as other:  # fmt: skip
        assert other.stdout and other.stdout.readline()
        with pytest.raises(InputError, match=r"unpacked: another command is using it \(process"):
            unpacked(load_config(path), store)
        assert left.exists()
        other.communicate(b"\n")
    assert len([*unpacked(load_config(path), store).data.root.glob("*.jpg")]) == 40
    assert not left.exists()


def test_where_one_stands_unpacks_nothing_again_and_makes_no_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "test"  # a project's, not a part's
    folder.mkdir()
    path = project(folder)
    (folder / "faces/list_eval_partition.csv").unlink(missing_ok=True)
    with tarfile.open(folder / "faces.tar", "w") as archive:
        archive.add(folder / "faces/img_align_celeba", "images")
    path.write_text(path.read_text().replace('"faces"', '"faces.tar"'))
    monkeypatch.chdir(folder)
    store = Store(folder / ".featamp")
    roots = [unpacked(load_config(config), store).data.root for config in (Path(path.name), path)]
    assert roots[0] == roots[1] and not (roots[0] / "list_eval_partition.csv").exists()


@pytest.mark.parametrize("root", ["faces", "faces/faces.tar"])
def test_a_list_that_lies_beside_a_tar_file_of_images_is_told(
    tmp_path: Path, root: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path, faces = project(tmp_path), tmp_path / "faces"
    with tarfile.open(faces / "faces.tar", "w") as archive:
        archive.add(faces / "img_align_celeba", "")
    shutil.rmtree(faces / "img_align_celeba")
    path.write_text(path.read_text().replace('"faces"', f'"{root}"'))
    assert main(["check", "--config", str(path)]) == 0
    told, near = capsys.readouterr().out, faces / "list_attr_celeba.txt"
    assert f"{near}, is not read; where it is of these images, set data.labels to it\n" in told
    labelled = path.read_text().replace("[data]\n", f'[data]\nlabels = "{near}"\n')
    path.write_text(labelled)
    assert main(["check", "--config", str(path)]) == 0
    assert "is not read" not in capsys.readouterr().out


@pytest.mark.parametrize("place", ["faces", "data/faces"])
def test_a_celeba_folder_below_the_one_named_is_told(tmp_path: Path, place: str) -> None:
    path = project(tmp_path)
    (tmp_path / place).parent.mkdir(exist_ok=True)
    (tmp_path / "faces").rename(tmp_path / place)
    path.write_text(path.read_text().replace('"faces"', '"."'))
    with pytest.raises(InputError, match=rf"but {place}/ below it does; set data\.root to that"):
        unpacked(load_config(path), Store(tmp_path / ".featamp"))
