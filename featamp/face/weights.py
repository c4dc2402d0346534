"""Where the weights lie and how they are stored: bytes, each tensor with its scale and least
value.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

WEIGHTS = Path(__file__).parent / "weights" / "faces.safetensors"
"""What `featamp.face.convert` writes; LICENSE and SOURCE.md lie beside it."""
AGE_GENDER, EXPRESSION, LANDMARKS = "age_gender", "face_expression", "face_landmark_68"
NETWORKS = (AGE_GENDER, EXPRESSION, LANDMARKS)
QUANTIZATION = "quantization"
"""Key of the file's metadata: JSON, name to (scale, least value)."""

Weights = dict[str, "torch.Tensor"]


def load_networks() -> dict[str, Weights]:
    """Weights of each of `NETWORKS` by name, in torch's order of axes, float32.

    Raises
    ------
    FileNotFoundError
        The file is not there: the project is whole without it.
    """
    import torch
    from safetensors import safe_open

    networks: dict[str, Weights] = {network: {} for network in NETWORKS}
    with safe_open(WEIGHTS, "pt") as file:
        scales = json.loads(file.metadata()[QUANTIZATION])
        for name in file.keys():  # noqa: SIM118  no mapping
            scale, least = scales.get(name, (1.0, 0.0))
            network, _, inner = name.partition("/")
            values = file.get_tensor(name).to(torch.float32) * scale + least
            if values.ndim == 4:  # on one core twice as fast
                values = values.contiguous(memory_format=torch.channels_last)
            networks[network][inner] = values
    return networks
