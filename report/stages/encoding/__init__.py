"""Encoding the images: by one process, or by several that share them."""
