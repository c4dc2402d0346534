"""What a notebook calls the things that report.toml has keys for: an error names what it can
change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from featamp.errors import InputError

ADAPTED = "a class that you give as adapter to featamp.open_model"
WORDS = {
    r"the module of model\.factory, or into one that model\.adapter names": ADAPTED,
    r"the module of model\.factory|(the|a) module (that )?model\.adapter names": ADAPTED,
    r'write model\.adapter = "my_vae" with': "give featamp.open_model as adapter a class with",
    r"have model\.factory return the network in evaluation mode": "have its eval() end that",
    r"check data\.size, model\.kwargs and model\.factory": (
        "check the size of the images, and what the network was made with"
    ),
    r'data\.preprocess = "squash" for the whole frame, or "none" .* already': (
        "crop = None for the whole frame"
    ),
    r'set device = "cpu" under \[compute\]': 'say device = "cpu" in featamp.open_model',
    r"\[sweep\]": "the sweep",
    r'"(\d+)x(\d+)"': r"(\2, \1)",
    r"\b(?:model|data|compute)\.(factory|kwargs|state_key|ignore_keys|pixels|adapter|"
    r"encode_samples|crop|size|mean|std|device)\b": r"\1",
}
"""What stands in a notebook for words of the config, those of a sentence before those of a key."""


def in_its_words(text: str) -> str:
    """An error or a warning as a notebook is told it."""
    for pattern, words in WORDS.items():
        text = re.sub(pattern, words, text)
    return text


@contextmanager
def notebook() -> Iterator[None]:
    """Have an error that is raised meanwhile tell what a notebook can do."""
    try:
        yield
    except InputError as error:
        error.args = (in_its_words(str(error)),)
        raise
