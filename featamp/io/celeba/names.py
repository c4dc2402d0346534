"""What CelebA calls its attributes, parts and files."""

from __future__ import annotations

import re

ATTRIBUTES: tuple[str, ...] = (
    "5_o_Clock_Shadow", "Arched_Eyebrows", "Attractive", "Bags_Under_Eyes", "Bald", "Bangs",
    "Big_Lips", "Big_Nose",
    "Black_Hair", "Blond_Hair", "Blurry", "Brown_Hair", "Bushy_Eyebrows", "Chubby",
    "Double_Chin", "Eyeglasses",
    "Goatee", "Gray_Hair", "Heavy_Makeup", "High_Cheekbones", "Male", "Mouth_Slightly_Open",
    "Mustache",
    "Narrow_Eyes", "No_Beard", "Oval_Face", "Pale_Skin", "Pointy_Nose", "Receding_Hairline",
    "Rosy_Cheeks",
    "Sideburns", "Smiling", "Straight_Hair", "Wavy_Hair", "Wearing_Earrings", "Wearing_Hat",
    "Wearing_Lipstick",
    "Wearing_Necklace", "Wearing_Necktie", "Young",
)  # fmt: skip
"""The 40 attributes in CelebA's own order."""

SPLITS: dict[str, int] = {"train": 0, "valid": 1, "test": 2}
IMAGE_FOLDER = "img_align_celeba"
HQ_FOLDER = "CelebA-HQ-img"
"""Where CelebAMask-HQ, as it is downloaded, has its images; the masks beside it are none."""
LISTS = re.compile(
    r"(list_attr_celeba|celebamask-hq-attribute-anno)[ \w().-]*\.(txt|csv)", re.IGNORECASE
)
"""What lists of attributes are called, also where a browser or a system has changed the name."""
PARTITIONS, PEOPLE = (
    re.compile(rf"{name}[ \w().-]*\.(txt|csv)", re.IGNORECASE)
    for name in ("list_eval_partition", "identity_celeba")
)
"""The same of lists of parts, and of people."""
IDENTITIES = "identity_CelebA.txt"
"""The file that says which person an image shows."""
PARTITION = "list_eval_partition"
"""The file that says which part an image belongs to, but for how it ends."""
