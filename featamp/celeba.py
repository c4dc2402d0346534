"""`load_image` where scripts and notebooks written for the first version import it from."""

from featamp.io.files.decode import load_image

__all__ = ["load_image"]
