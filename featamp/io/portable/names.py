"""What an exported decoder takes and gives, by name."""

CODES = "codes"
"""[batch, dim], raw units."""
PIXELS = "pixels"
"""[batch, height, width, 3] in [0, 1]."""
