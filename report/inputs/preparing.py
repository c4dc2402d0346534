"""How the images of a report are prepared, a person's own function included."""

from __future__ import annotations

from dataclasses import replace

from featamp.io.factory import named_function
from featamp.io.files.steps import Steps

from .config import Config


def open_steps(config: Config) -> Steps:
    """What is done to the pixels of each image file.

    Raises
    ------
    InputError
        The function that `data.preprocess` names cannot be imported.
    """
    steps, name = config.data.steps, config.data.function
    if name is None:
        return steps
    own = named_function("data.preprocess", name, config.folder)
    return replace(steps, own=own, name=name)
