"""What CelebA's attributes are about: where in a face each shows, which are colours, which move
together, and how far their labels can be trusted.
"""

from __future__ import annotations

PLACES: dict[str, str] = {
    **dict.fromkeys(
        (
            "Bald", "Bangs", "Black_Hair", "Blond_Hair", "Brown_Hair", "Gray_Hair",
            "Receding_Hairline", "Straight_Hair", "Wavy_Hair", "Wearing_Hat",
        ),
        "hair",
    ),
    **dict.fromkeys(
        ("Arched_Eyebrows", "Bags_Under_Eyes", "Bushy_Eyebrows", "Eyeglasses", "Narrow_Eyes"),
        "eyes",
    ),
    **dict.fromkeys(
        (
            "Big_Lips", "Goatee", "Mouth_Slightly_Open", "Mustache", "Smiling",
            "Wearing_Lipstick",
        ),
        "mouth",
    ),
    **dict.fromkeys(
        (
            "5_o_Clock_Shadow", "Big_Nose", "Chubby", "Double_Chin", "Heavy_Makeup",
            "High_Cheekbones", "No_Beard", "Oval_Face", "Pale_Skin", "Pointy_Nose", "Rosy_Cheeks",
            "Sideburns",
        ),
        "face",
    ),
    **dict.fromkeys(("Attractive", "Male", "Young"), "head"),
}  # fmt: skip
"""Where an attribute shows; the others (jewellery, clothes, blur) show anywhere."""
COLOURS = frozenset(
    ("Black_Hair", "Blond_Hair", "Brown_Hair", "Gray_Hair", "Pale_Skin", "Rosy_Cheeks")
)
"""Attributes that are a colour; every other one is a shape, which light and tint do not change."""
FAMILIES: dict[str, tuple[str, ...]] = {
    "hair colour": ("Black_Hair", "Blond_Hair", "Brown_Hair", "Gray_Hair"),
    "sex": (
        "Male", "Wearing_Lipstick", "Heavy_Makeup", "No_Beard", "5_o_Clock_Shadow", "Goatee",
        "Mustache", "Sideburns", "Arched_Eyebrows", "Bushy_Eyebrows", "Wearing_Earrings",
        "Wearing_Necklace", "Wearing_Necktie", "Wavy_Hair", "Big_Nose", "Attractive",
    ),
    "age": ("Young", "Gray_Hair", "Bags_Under_Eyes", "Chubby", "Double_Chin", "Attractive"),
    "smile": ("Smiling", "High_Cheekbones", "Mouth_Slightly_Open", "Narrow_Eyes"),
    "hair line": ("Bangs", "Receding_Hairline", "Bald"),
    "skin": ("Pale_Skin", "Rosy_Cheeks"),
    "makeup": ("Heavy_Makeup", "Rosy_Cheeks"),
}  # fmt: skip
"""Attributes that move together, the one that names the family first. Whoever has rosy cheeks in
CelebA wears makeup: 43 of 43 in 600 images."""
NOISY: dict[str, str] = {
    "High_Cheekbones": "random",
    "Pointy_Nose": "random",
    "Oval_Face": "random",
    "Mouth_Slightly_Open": "fifth",
    "No_Beard": "lacking",
}
"""Attributes whose labels in CelebA are the worst that were audited (Wu et al. 2023): two
annotators agree as at "random"; about a "fifth" of the images labelled with it lack it; up to 40 %
of those labelled as "lacking" it have it. Of all 40, 12 can be labelled alike in 95 % of cases."""
OF_MEN = frozenset(("5_o_Clock_Shadow", "Goatee", "Mustache", "Sideburns"))
"""What men alone have: who has it is a man in CelebA, so a change that brings none brings none of
these either, whatever a judge of a beard answers to."""
BETWEEN = frozenset(("Brown_Hair",))
"""Attributes that lie between others of their family, and so come where any of these goes: they
name it only where no other does."""
NAMELESS_HERE = frozenset(
    (
        "Attractive", "Blurry", "Wearing_Earrings", "Wearing_Necklace", "Wearing_Necktie",
        "High_Cheekbones", "Oval_Face", "Pointy_Nose",
    )
)  # fmt: skip
"""Attributes that name no dimension: a judgement of the whole; the photograph's own; what lies
outside the face, where any judge of a small picture answers to background and clothes; and what
two people label nearly at random (Wu et al. 2023)."""
