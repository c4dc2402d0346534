"""Tar files of images, as WebDataset writes them, as a folder."""

from __future__ import annotations

import csv
import gzip
import io
import json
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from featamp.errors import InputError
from featamp.io.celeba.folder import open_folder
from featamp.io.files.decode import read_image
from featamp.io.files.parquet import COLUMNS
from featamp.io.files.steps import Steps
from featamp.io.files.tar import tar_files, unpack_tar
from tests.featamp.io.conftest import picture

Members = Mapping[str, bytes]


def write(path: Path, members: Members, mode: str = "w") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, content in members.items():
            told = tarfile.TarInfo(name)
            told.size = len(content)
            archive.addfile(told, io.BytesIO(content))
    return path


def sample(number: int, **said: object) -> dict[str, bytes]:
    """An image filled with its number, and what is said of it."""
    told = {
        kind: json.dumps(value).encode() if kind == "json" else str(value).encode()
        for kind, value in said.items()
    }
    members = {"png": picture(number), **told}
    return {f"faces/{number:03d}.{kind}": content for kind, content in members.items()}


def table(folder: Path) -> list[list[str]]:
    with (folder / COLUMNS).open(newline="") as file:
        return [*csv.reader(file)]


def test_shards_become_a_folder_with_labels_parts_and_people(tmp_path: Path, there: Path) -> None:
    root = tmp_path / "shards"
    for name, first, count in (
        ("train-000000", 0, 3),
        ("train-000001", 3, 2),
        ("test-000000", 5, 1),
    ):
        members: dict[str, bytes] = {}
        for n in range(first, first + count):
            told = {"smiling": n % 2 == 0, "identity": f"n{n // 2:04d}", "pose": {"yaw": n / 4}}
            members |= sample(n, cls=n % 3, json=told)
        write(root / f"{name}.tar", members)
    unpack_tar(tar_files(root), there)
    folder = open_folder(there, None, "train")
    assert folder.names == tuple(f"faces/{n:03d}.png" for n in range(5))
    pixels = [read_image(there / name, Steps.usual(None, 12))[0, 0, 0] for name in folder.names]
    assert pixels == [0, 1, 2, 3, 4]
    assert folder.attributes is not None and folder.people is not None
    columns = dict(zip(folder.attribute_names, folder.attributes.T.tolist(), strict=True))
    assert columns["smiling"] == [True, False, True, False, True]
    assert columns["cls_1"] == [False, True, False, False, True]
    assert "pose.yaw" in columns and len(set(folder.people.tolist())) == 3


def test_the_table_is_one_that_a_person_could_have_written(tmp_path: Path, there: Path) -> None:
    both = sample(0, txt="\ufeffa\nface", json={"age": 31.5})
    both |= sample(1, json={"hat": None, "age": "\ud800"})
    unpack_tar([write(tmp_path / "a.tar.gz", both, "w:gz")], there)
    assert table(there) == [
        ["image", "txt", "age", "hat"],
        ["faces/000.png", "a face", "31.5", ""],
        ["faces/001.png", "", "?", ""],
    ]
    assert {p.name for p in there.iterdir()} == {"faces", COLUMNS}


def test_what_is_no_label_is_told_and_masks_are_no_images(tmp_path: Path, there: Path) -> None:
    members: dict[str, bytes] = {"./.hidden": b""}
    for n in range(3):
        members |= sample(n, json={"boxes": [n], "glasses": n % 2})
        members |= {f"faces/{n:03d}.seg.png": picture(9), f"faces/{n:03d}.emb.npy": b"\x93NUMPY"}
    unpack_tar([write(tmp_path / "a.tar", members)], there)
    folder = open_folder(there)
    assert folder.names == tuple(f"faces/{n:03d}.png" for n in range(3))
    assert folder.attribute_names == ("glasses",)
    assert sorted(folder.told) == [
        "column 'boxes' left out: 'a list' in every row",
        "column 'emb.npy' left out: 'a file' in every row",
        "column 'seg.png' left out: 'an image' in every row",
    ]


def test_folders_without_other_labels_are_classes(tmp_path: Path, there: Path) -> None:
    members = {f"./{kind}/{n}.png": picture(n) for n in range(2) for kind in ("cat", "dog")}
    assert tar_files(write(tmp_path / "pets.tar", members)) == [tmp_path / "pets.tar"]
    unpack_tar([tmp_path / "pets.tar"], there)
    assert open_folder(there).attribute_names == ("cat", "dog")


def test_a_name_that_leads_elsewhere_or_comes_twice_is_not_followed(
    tmp_path: Path, there: Path
) -> None:
    first = write(tmp_path / "a.tar", {"../../x.png": picture(0), "/y.PNG": picture(1)})
    second = write(tmp_path / "b.tar", {"z.png": picture(2)})
    third = write(
        tmp_path / "c.tar",
        {"z.png": picture(3), "z.png/q.png": picture(4), "w.png/q.png": picture(5)},
    )
    write(tmp_path / "d.tar", {"w.png": picture(6)})
    unpack_tar([first, second, third, tmp_path / "d.tar"], there)
    found = {
        p.name: int(np.asarray(Image.open(p))[0, 0, 0]) for p in there.glob("*.png") if p.is_file()
    }
    assert found == {f"row-00000{n + 1}.png": n for n in (0, 1, 3, 4, 6)} | {"z.png": 2}
    assert not (tmp_path / "x.png").exists()


def test_no_name_is_given_twice_and_none_is_too_long(tmp_path: Path, there: Path) -> None:
    names = ["row-000002.png", "/a.png", "x" * 260 + ".png"]
    unpack_tar([write(tmp_path / "a.tar", {n: picture(k) for k, n in enumerate(names)})], there)
    made = ("row-000002.png", "row-000002x.png", "row-000003.png")
    assert open_folder(there).names == made
    assert [(there / name).read_bytes() for name in made] == [picture(k) for k in range(3)]


def test_people_within_a_record_of_whom_some_are_missing_are_told(
    tmp_path: Path, there: Path
) -> None:
    members = sample(0, json={"of": {"identity": "Ann"}}) | sample(1, json={"of": {}})
    unpack_tar([write(tmp_path / "a.tar", members)], there)
    said = "identity_CelebA.txt left out: no person for faces/001.png"
    assert open_folder(there).told == (said,)


def test_a_folder_of_images_with_a_tar_file_beside_them_is_one_of_images(tmp_path: Path) -> None:
    path = write(tmp_path / "codes.tar", sample(0))
    (tmp_path / "._codes.tar").touch()
    assert tar_files(tmp_path) == [path]
    (tmp_path / "below").mkdir()
    (tmp_path / "below/1.png").write_bytes(picture(1))
    assert tar_files(tmp_path) == []


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"list_attr_celeba.txt": b"1"}, "'list_attr_celeba' has the images none; expected one"),
        ({"1.png": picture(1), "1.jpg": picture(1, "JPEG")}, "has the images jpg, png; expected"),
        ({**sample(1, cls=1, json={"cls": 2})}, "001.json says 'cls' a second time"),
        ({**sample(1), "faces/001.json": b"{"}, "001.json in it cannot be read as json"),
        ({**sample(1), "faces/001.cls": b"\xff"}, "001.cls in it cannot be read as cls"),
        ({".hidden": b""}, "no images in it, expected one in each sample"),
    ],
)
def test_what_is_no_sample_is_said(
    members: Members, said: str, tmp_path: Path, there: Path
) -> None:
    path = write(tmp_path / "one.tar", members)
    with pytest.raises(InputError, match=rf"one\.tar: .*{said}"):
        unpack_tar([path], there)


DAMAGED: dict[str, Callable[[bytearray], bytes]] = {
    "a head": lambda whole: bytes(whole[:2048]) + b"\xff" * 512 + bytes(whole[2560:]),
    "no end of a head": lambda whole: bytes(whole[:2400]),
    "no end of an image": lambda whole: bytes(whole[:2600]),
    "the images behind another": lambda whole: bytes(whole[:2048]),
    "the same in gzip": lambda whole: gzip.compress(whole[:2048]),
    "no end of gzip": lambda whole: gzip.compress(whole)[:-9],
    "one byte of gzip": lambda whole: flipped(gzip.compress(whole), 0.5),
    "its checksum": lambda whole: flipped(gzip.compress(whole, 0), 0.5),
    "more behind its end": lambda whole: bytes(whole) + b"x" * 512,
}


def flipped(content: bytes, place: float) -> bytes:
    """With one byte changed."""
    changed = bytearray(content)
    changed[int(place * len(content))] ^= 0x10
    return bytes(changed)


@pytest.mark.parametrize("how", DAMAGED)
def test_no_image_is_lost_behind_damage_unsaid(how: str, tmp_path: Path, there: Path) -> None:
    """Python's own reader ends there as at the end of the file."""
    members: dict[str, bytes] = {}
    for n in range(6):
        members |= {f"{n}.png": picture(n) + np.random.default_rng(n).bytes(300)}
    path = write(tmp_path / "one.tar", members)
    path.write_bytes(DAMAGED[how](bytearray(path.read_bytes())))
    with pytest.raises(
        InputError, match=r"one\.tar: no whole tar file .*; fetch or write it again"
    ):
        unpack_tar([path], there)


@pytest.mark.parametrize("packed", [bytes, gzip.compress])
def test_a_file_that_ends_is_whole_however_it_was_ended(
    packed: Callable[[bytes], bytes], tmp_path: Path, there: Path
) -> None:
    path = write(tmp_path / "one.tar", sample(1) | sample(2))
    members = path.read_bytes()[:2048]
    path.write_bytes(packed(members))
    with pytest.raises(InputError, match=r"its last member, 'faces/002\.png', .* append 1024"):
        unpack_tar([path], there)
    with path.open("ab") as file:
        file.write(packed(bytes(1024)))
    unpack_tar([path], there)
    path.write_bytes(packed(members + bytes(512)))
    unpack_tar([path], there)
    assert len(open_folder(there).names) == 2


def test_what_systems_leave_in_a_file_is_neither_image_nor_class(
    tmp_path: Path, there: Path
) -> None:
    members = {f"{kind}/{n}.png": picture(n) for n in range(2) for kind in ("cat", "dog")}
    for left in ("__MACOSX", "cat/@eaDir", ".thumbnails", "lost+found"):
        members |= {f"{left}/0.png": picture(0)}
    unpack_tar([write(tmp_path / "pets.tar", members)], there)
    folder = open_folder(there)
    assert (len(folder.names), folder.attribute_names) == (4, ("cat", "dog"))


def test_a_damaged_file_and_a_link_are_said(tmp_path: Path, there: Path) -> None:
    path = write(tmp_path / "one.tar", sample(1) | sample(2))
    whole = path.read_bytes()
    for damaged in (whole[:700], b"no tar file" * 99, b""):
        path.write_bytes(damaged)
        with pytest.raises(InputError, match=r"one\.tar: no whole tar file"):
            unpack_tar([path], there)
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\n")
    with pytest.raises(InputError, match="Git LFS pointer"):
        unpack_tar([path], there)
    with tarfile.open(path, "w") as archive:
        link = tarfile.TarInfo("a.png")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    with pytest.raises(InputError, match=r"one\.tar: a\.png in it is a link or a device"):
        unpack_tar([path], there)
