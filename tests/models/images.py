"""Folders of images as people have them: how they come about, what is written into report.toml,
and what a call by hand gives."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image, ImageOps
from torchvision.transforms import functional as f

from featamp.io.celeba.names import ATTRIBUTES
from tests.conftest import tiny_celeba

PREPARE = """\
from PIL import ImageOps


def prepare(image):
    return ImageOps.mirror(image).crop((0, 0, 24, 24))
"""


@dataclass(frozen=True)
class Pictures:
    """One kind of folder.

    Attributes
    ----------
    name : as the docs have it.
    make : writes what the person has into a folder.
    config : lines of [data].
    first : the first image, below the folder of the config.
    prepared : by hand, what the network is given of that image.
    labels : what the images are labelled with.
    count : how many images are used.
    told : what the person is told of it.
    """

    name: str
    make: Callable[[Path], None]
    config: str
    first: str
    prepared: Callable[[Image.Image], Image.Image]
    labels: tuple[str, ...] = ()
    count: int = 4
    told: str = "4 images"


def picture(width: int, height: int, seed: int = 0) -> Image.Image:
    """Smooth colours."""
    colours = np.random.default_rng(seed).integers(0, 256, (5, 4, 3), np.uint8)
    return Image.fromarray(colours).resize((width, height), Image.Resampling.BICUBIC)


def save(folder: Path, *names: str, size: tuple[int, int] = (24, 24)) -> None:
    """A picture under each name."""
    for seed, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        picture(*size, seed).save(path)


def resized(crop: int | None, *size: int) -> Callable[[Image.Image], Image.Image]:
    """A centre crop, and then the size (height, width), by torchvision."""

    def prepared(image: Image.Image) -> Image.Image:
        image = image.convert("RGB")
        cut = f.center_crop(image, [crop, crop]) if crop else image
        made: Image.Image = f.resize(cut, list(size), antialias=True)
        return made

    return prepared


def as_it_is(image: Image.Image) -> Image.Image:
    """Nothing but three channels."""
    return image.convert("RGB")


def celeba(folder: Path) -> None:
    """As downloaded."""
    tiny_celeba(folder / "celeba", 4)


def hugging_face(folder: Path) -> None:
    """As the package `datasets` keeps a data set: parts as files, classes as numbers."""
    for part, seeds in (("train-00000-of-00001", (0, 1)), ("test-00000-of-00001", (2, 3))):
        images = []
        for seed in seeds:
            content = BytesIO()
            picture(24, 24, seed).save(content, "PNG")
            images.append({"bytes": content.getvalue(), "path": f"{seed}.png"})
        kinds = {"info": {"features": {"hair": {"names": ["grey", "red"]}}}}
        table = pa.table({"image": images, "hair": [seed % 2 for seed in seeds]})
        table = table.replace_schema_metadata({"huggingface": json.dumps(kinds)})
        path = folder / f"faces/data/{part}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, path)


def kaggle(folder: Path) -> None:
    """As Kaggle's archive unpacks: the images one folder deeper, tables with commas."""
    celeba(folder)
    root = folder / "celeba"
    (root / "img_align_celeba").rename(root / "inside")
    (root / "img_align_celeba").mkdir()
    (root / "inside").rename(root / "img_align_celeba/img_align_celeba")
    for stem, head in (("list_attr_celeba", None), ("list_eval_partition", "image_id,partition")):
        lines = (root / f"{stem}.txt").read_text().splitlines()
        lines = lines if head else ["image_id " + lines[1], *lines[2:]]
        rows = [head] if head else []
        rows += [",".join(line.split()) for line in lines]
        (root / f"{stem}.csv").write_text("\n".join(rows) + "\n")
        (root / f"{stem}.txt").unlink()


def celebamask_hq(folder: Path) -> None:
    """With the masks of the parts beside."""
    root = folder / "CelebAMask-HQ"
    save(root, "CelebA-HQ-img/0.jpg", "CelebA-HQ-img/1.jpg", "CelebA-HQ-img/2.jpg",
         "CelebA-HQ-img/3.jpg", "CelebAMask-HQ-mask-anno/0/00000_hair.png",
         size=(32, 32))  # fmt: skip
    rows = "".join(f"{n}.jpg {1 if n % 2 else -1} 1\n" for n in range(4))
    (root / "CelebAMask-HQ-attribute-anno.txt").write_text(f"4\nMale Young\n{rows}")


def classes(folder: Path) -> None:
    """As torchvision's `ImageFolder` reads it, in parts; CelebA-HQ comes so from Kaggle."""
    save(folder / "celeba_hq", "train/female/1.jpg", "train/male/2.jpg", "val/female/3.jpg",
         "val/male/4.jpg")  # fmt: skip


def table(head: str, rows: list[str]) -> Callable[[Path], None]:
    """Four images and a table of labels."""

    def make(folder: Path) -> None:
        save(folder / "pictures", *(f"{name}.png" for name in "abcd"))
        (folder / "labels.csv").write_text("\n".join([head, *rows]) + "\n")

    return make


def strewn(folder: Path) -> None:
    """At any depth, of any kind, among what is none."""
    save(folder / "pictures", "a.PNG", "more/b.jpeg", "more/still/c.webp", "more/d.tif",
         ".hidden/e.png", "._a.png")  # fmt: skip
    (folder / "pictures/Thumbs.db").write_bytes(b"no picture")


def mixed(folder: Path) -> None:
    """Of several sizes."""
    save(folder / "pictures", "a.png", size=(40, 30))
    save(folder / "pictures", "b.png", "c.png", "d.png", size=(28, 60))


def turned(folder: Path) -> None:
    """With an orientation that a camera wrote."""
    save(folder / "pictures", "a.jpg", "b.jpg", "c.jpg", "d.jpg")
    exif = Image.Exif()
    exif[0x0112] = 6
    picture(24, 24).save(folder / "pictures/a.jpg", exif=exif)


def deep(folder: Path) -> None:
    """Grey, of 16 bits."""
    save(folder / "pictures", "b.png", "c.png", "d.png")
    grey = np.linspace(0, 65535, 24 * 24).reshape(24, 24).astype(np.uint16)
    Image.fromarray(grey).save(folder / "pictures/a.png")


def clear(folder: Path) -> None:
    """Transparent in part."""
    save(folder / "pictures", "b.png", "c.png", "d.png")
    image = picture(24, 24)
    image.putalpha(Image.linear_gradient("L").resize((24, 24)))
    image.save(folder / "pictures/a.png")


def moving(folder: Path) -> None:
    """Of several frames, or pages."""
    save(folder / "pictures", "b.png", "c.png", "d.png")
    frames = [ImageOps.mirror(picture(24, 24))]
    picture(24, 24).save(folder / "pictures/a.png", save_all=True, append_images=frames)


def own(folder: Path) -> None:
    """With a function of the person's."""
    save(folder / "pictures", "a.png", "b.png", "c.png", "d.png", size=(30, 40))
    (folder / "user_vae.py").write_text(PREPARE)


def whole(folder: Path) -> None:
    """As large as CelebA's frames."""
    save(folder / "pictures", "a.png", "b.png", "c.png", "d.png", size=(178, 218))


PLAIN = 'root = "pictures"\npreprocess = "none"\nsize = 24'
LABELLED = PLAIN + '\nlabels = "labels.csv"'
PICTURES = (
    Pictures(
        "CelebA as downloaded, or by torchvision", celeba, 'root = "celeba"',
        "celeba/img_align_celeba/000001.jpg", resized(178, 64, 64), ATTRIBUTES,
    ),
    Pictures(
        "CelebA from Kaggle", kaggle, 'root = "celeba"',
        "celeba/img_align_celeba/img_align_celeba/000001.jpg", resized(178, 64, 64), ATTRIBUTES,
    ),
    Pictures(
        "CelebAMask-HQ: its masks do not count", celebamask_hq,
        'root = "CelebAMask-HQ"\npreprocess = "squash"\nsize = 16',
        "CelebAMask-HQ/CelebA-HQ-img/0.jpg", resized(None, 16, 16), ("Male", "Young"),
    ),
    Pictures(
        "a folder a class, as for `ImageFolder` (so CelebA-HQ comes), in `train/`, `val/` or not",
        classes, 'root = "celeba_hq"\npreprocess = "none"\nsize = 24',
        "celeba_hq/train/female/1.jpg", as_it_is, ("female", "male"),
    ),
    Pictures(
        "Parquet of Hugging Face, a folder of it or one file (pyarrow must be installed)",
        hugging_face, 'root = "faces"\npreprocess = "none"\nsize = 24',
        "0.png", as_it_is, ("hair_grey", "hair_red"),
    ),
    Pictures(
        "images at any depth, of any kind; hidden files do not count", strewn, PLAIN,
        "pictures/a.PNG", as_it_is,
    ),
    Pictures(
        "a table of labels: `name;smiles;hat` with 0 / 1, -1 / 1, true / false or yes / no",
        table("name;smiles;hat", ["a;1;no", "b;0;yes", "c;1;yes", "d;1;no"]), LABELLED,
        "pictures/a.png", as_it_is, ("smiles", "hat"),
    ),
    Pictures(
        "… with an index, paths from elsewhere and kinds in words",
        table(",file,hair", [f"{n},C:\\faces\\{x}.jpg,{h}" for n, (x, h) in enumerate(
            zip("abcd", ("red", "grey", "red", "grey"), strict=True))]),
        LABELLED, "pictures/a.png", as_it_is, ("hair_grey", "hair_red"),
    ),
    Pictures(
        "… with numbers: Pearson's r and a regression are theirs",
        table("name,age", ["a,31.5", "b,40.25", "c,18.0", "d,63.0"]), LABELLED,
        "pictures/a.png", as_it_is, ("age",), told="4 images, column 'age' read as numbers",
    ),
    Pictures(
        "… that does not know all of the images",
        table("name,smiles", ["a,1", "b,0", "z,1"]), LABELLED, "pictures/a.png", as_it_is,
        ("smiles",), 2, "2 images, 2 left out without a label row, 1 label row without an image",
    ),
    Pictures(
        "whole frames made square", whole, 'root = "pictures"\npreprocess = "squash"\nsize = 64',
        "pictures/a.png", resized(None, 64, 64),
    ),
    Pictures(
        "frames that are not square (width x height)", whole,
        'root = "pictures"\ncrop = "170x200"\nsize = "85x100"', "pictures/a.png",
        lambda image: f.resize(f.center_crop(image, [200, 170]), [100, 85], antialias=True),
    ),
    Pictures(
        "`Resize(24)` and `CenterCrop(24)` of images of several sizes", mixed,
        'root = "pictures"\npreprocess = ["resize 24", "crop 24x24"]', "pictures/a.png",
        lambda image: f.center_crop(f.resize(image, [24], antialias=True), [24, 24]),
    ),
    Pictures(
        "an orientation that a camera wrote: not applied, as by torchvision",
        turned, PLAIN, "pictures/a.jpg", as_it_is,
        told="4 images, 1 with an EXIF orientation, which is not applied",
    ),
    Pictures(
        "grey PNG or TIFF of 16 bits: scaled", deep, PLAIN, "pictures/a.png",
        lambda image: Image.fromarray(np.round(np.asarray(image) / 257).astype(np.uint8)).convert(
            "RGB"),
    ),
    Pictures(
        "transparent in part", clear, PLAIN, "pictures/a.png",
        lambda image: Image.alpha_composite(Image.new("RGBA", image.size, "black"), image).convert(
            "RGB"),
        told="4 images, 1 with transparency, laid on black",
    ),
    Pictures(
        "moving pictures, and TIFF of several pages", moving, PLAIN, "pictures/a.png", as_it_is,
        told="4 images, 1 of several frames or pages, of which the first is taken",
    ),
    Pictures(
        "anything else, by a function of your own", own,
        'root = "pictures"\npreprocess = "user_vae:prepare"\nsize = 24', "pictures/a.png",
        lambda image: ImageOps.mirror(image).crop((0, 0, 24, 24)),
    ),
)  # fmt: skip
